"""One reader of a Streamlit app: its websocket, its messages, and what its widgets hold.

Like a browser it sends the state of every widget and the hashes of the large messages that it still
has with every rerun, and starts the reruns that fragments ask for. It reads no more of a message
than that needs, so that a hundred of them are a small share of a core.
"""

from __future__ import annotations

import asyncio
import time
import urllib.request
from collections.abc import Callable
from typing import Any

import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.Slider_pb2 import Slider
from streamlit.proto.WidgetStates_pb2 import WidgetState

KEPT_RUNS = 2  # a browser forgets a large message that so many runs have not used
PATIENCE = 300.0  # seconds; who waits longer counts as an error

Path = tuple[int, ...]
Held = tuple[str, Any]  # a field of WidgetState, and its value


class Failed(Exception):
    """No answer, or one that a reader would not want."""


def _slider(w: Any) -> Held:
    if w.type == Slider.SELECT_SLIDER:
        chosen = w.raw_value if w.set_value else [w.options[int(i)] for i in w.default]
        return "string_array_value", list(chosen)
    return "double_array_value", list(w.value if w.set_value else w.default)


def _one_of(w: Any) -> Held:
    if w.set_value:
        return "string_value", w.raw_value if w.HasField("raw_value") else None
    return "string_value", w.options[w.default] if w.HasField("default") else None


def _buttons(w: Any) -> Held:
    chosen = w.raw_values if w.set_value else [w.options[i].content for i in w.default]
    return "string_array_value", list(chosen)


def _several(w: Any) -> Held:
    chosen = w.raw_values if w.set_value else [w.options[i] for i in w.default]
    return "string_array_value", list(chosen)


def _number(w: Any) -> Held:
    held = "value" if w.set_value else "default"
    value = getattr(w, held) if w.HasField(held) else None
    if w.data_type == w.DataType.FLOAT or value is None:
        return "double_value", value
    return "int_value", int(value)


HOLDS: dict[str, Callable[[Any], Held]] = {
    "slider": _slider,
    "selectbox": _one_of,
    "radio": _one_of,
    "button_group": _buttons,
    "multiselect": _several,
    "number_input": _number,
    "checkbox": lambda w: ("bool_value", w.value if w.set_value else w.default),
}


def _fill(state: WidgetState, field: str, value: Any) -> None:
    if isinstance(value, list):
        getattr(state, field).data.extend(value)
    else:
        setattr(state, field, value)


def _cookies(address: str, patience: float) -> str:
    """What a browser is asked to keep with the page itself: a proxy's process, say."""
    with urllib.request.urlopen(address, timeout=patience) as page:
        set_by_it = page.headers.get_all("Set-Cookie", [])
    return "; ".join(cookie.partition(";")[0] for cookie in set_by_it)


class Reader:
    """A session. ``rerun`` and its like return the seconds until the answer is complete."""

    def __init__(self, address: str, patience: float = PATIENCE) -> None:
        self._server = address.rstrip("/") + "/"
        self._address = self._server.replace("http", "ws", 1) + "_stcore/stream"
        self._patience, self._socket = patience, None
        self.bytes = self.reruns = self.messages = 0
        self._query, self._name, self._page = "", "", ""
        self.pages: dict[str, str] = {}
        self._held: dict[str, Held] = {}
        self.widgets: dict[str, Any] = {}  # by id
        self._fragments: dict[str, str] = {}  # in which a widget stands, by its id
        self._buttons: dict[Path, Any] = {}
        self._fresh: set[Path] = set()
        self._hashes: dict[str, int] = {}
        self._timers: list[asyncio.Task[None]] = []

    async def close(self) -> None:
        self._stop_timers()
        if self._socket is not None:
            await self._socket.close()

    async def open(self, query: str = "", page: str = "") -> float:
        """Connect and open a page, by its address, with this query; "" is the front door."""
        cookies = await asyncio.to_thread(_cookies, self._server, self._patience)
        begun, self._query, self._name = time.perf_counter(), query, page
        self._socket = await websockets.connect(
            self._address,
            subprotocols=["streamlit"],
            additional_headers={"Cookie": cookies} if cookies else None,
            max_size=None,
            open_timeout=self._patience,
        )
        await self._run({})
        return time.perf_counter() - begun

    async def visit(self, page: str, query: str = "") -> float:
        """Another page, by its address, as from the menu; its widgets begin anew."""
        self._query, self._page = query, self.pages.get(page, self._page)
        self._held.clear()
        self.widgets.clear()
        return await self._run({})

    async def choose(self, key: str, value: Any) -> float:
        """Give the widget whose key ends so another value."""
        name = self._id(key)
        field, _ = self._held[name]
        self._held[name] = field, value
        return await self._run({}, self._fragments.get(name, ""))

    async def press(self, label: str) -> float:
        """Press the button with this label."""
        for button in self._buttons.values():
            if button.label == label and not button.disabled:
                return await self._run({button.id: ("trigger_value", True)})
        raise Failed(f"no button {label!r}")

    def shows_button(self, label: str) -> bool:
        return any(b.label == label for b in self._buttons.values())

    @property
    def query(self) -> str:
        """The settings in the address bar."""
        return self._query

    def value(self, key: str) -> Any:
        """What the widget whose key ends so holds."""
        return self._held[self._id(key)][1]

    def options(self, key: str) -> list[str]:
        """What the widget whose key ends so offers."""
        return [getattr(o, "content", o) for o in self.widgets[self._id(key)].options]

    def _id(self, key: str) -> str:
        found = [name for name in self.widgets if name.endswith(key)]
        if not found:
            raise Failed(f"no widget {key!r}")
        return found[-1]

    async def _run(self, pressed: dict[str, Held], fragment: str = "") -> float:
        """One rerun, and all that follow from it; a page with a button Stop is still at work."""
        begun = time.perf_counter()
        self.reruns += 1
        await self._send(pressed, fragment)
        try:
            async with asyncio.timeout(self._patience):
                while not await self._finished() or self.shows_button("Stop"):
                    pass
        except TimeoutError:
            raise Failed(f"no answer in {self._patience:.0f} s") from None
        finally:
            self._stop_timers()
        return time.perf_counter() - begun

    async def _send(
        self, pressed: dict[str, Held], fragment: str = "", timer: bool = False
    ) -> None:
        message = BackMsg()
        client = message.rerun_script
        client.query_string, client.page_script_hash = self._query, self._page
        client.page_name = "" if self._page else self._name
        client.fragment_id, client.is_auto_rerun = fragment, timer
        client.cached_message_hashes.extend(self._hashes)
        for name, (field, value) in (self._held | pressed).items():
            if value is not None:
                _fill(client.widget_states.widgets.add(id=name), field, value)
        await self._socket.send(message.SerializeToString())

    async def _finished(self) -> bool:
        """Read one message; whether it ends the run of the whole page or of a fragment."""
        raw = await self._socket.recv()
        self.bytes += len(raw)
        self.messages += 1
        message = ForwardMsg.FromString(raw)
        kind = message.WhichOneof("type")
        if kind == "delta":
            self._take(message)
        elif kind == "ref_hash":
            self._hashes[message.ref_hash] = self.reruns
        elif kind == "navigation":
            self.pages = {p.url_pathname: p.page_script_hash for p in message.navigation.app_pages}
            self._page = message.navigation.page_script_hash
        elif kind == "page_info_changed":
            self._query = message.page_info_changed.query_string
        elif kind == "new_session":
            self._fresh.clear()
            self._stop_timers()
        elif kind == "auto_rerun":
            self._timers.append(asyncio.create_task(self._again(message.auto_rerun)))
        elif kind == "script_finished":
            return self._end(message.script_finished)
        return False

    async def _again(self, asked: Any) -> None:
        """The reruns of a fragment with ``run_every``."""
        while True:
            await asyncio.sleep(asked.interval)
            await self._send({}, asked.fragment_id, timer=True)

    def _stop_timers(self) -> None:
        for timer in self._timers:
            timer.cancel()
        self._timers.clear()

    def _take(self, message: Any) -> None:
        path, delta = tuple(message.metadata.delta_path), message.delta
        if message.metadata.cacheable:
            self._hashes[message.hash] = self.reruns
        if delta.WhichOneof("type") != "new_element":
            return
        kind = delta.new_element.WhichOneof("type")
        if kind == "exception":
            raise Failed(f"exception: {delta.new_element.exception.message[:200]}")
        for old in [p for p in self._buttons if p[: len(path)] == path]:
            del self._buttons[old]
        if kind == "button":
            self._buttons[path] = delta.new_element.button
            self._fresh.add(path)
        elif kind in HOLDS:
            element = getattr(delta.new_element, kind)
            self.widgets[element.id], self._fragments[element.id] = element, delta.fragment_id
            if element.id not in self._held or getattr(element, "set_value", False):
                self._held[element.id] = HOLDS[kind](element)

    def _end(self, how: int) -> bool:
        if how == ForwardMsg.FINISHED_EARLY_FOR_RERUN:
            return False
        if how == ForwardMsg.FINISHED_WITH_COMPILE_ERROR:
            raise Failed("the script does not compile")
        if how == ForwardMsg.FINISHED_SUCCESSFULLY:
            self._buttons = {p: b for p, b in self._buttons.items() if p in self._fresh}
            self._hashes = {
                h: used for h, used in self._hashes.items() if used > self.reruns - KEPT_RUNS
            }
        return True
