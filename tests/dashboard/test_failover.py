"""A reader whose server is another one from now on: what they do first there is not lost.

The browser brings what its widgets hold to a session that has made none of them.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from typing import Any
from urllib.parse import parse_qs, urlencode

import pytest
import websockets
from streamlit.proto.Slider_pb2 import Slider

from benchmarks._reader import Held, Reader
from benchmarks._servers import served
from dashboard import navigation
from diffusion_core import PRESETS, Experiment
from diffusion_core.schedules import Custom
from diffusion_core.targets import DEFAULT_1D

LINE = Experiment(steps=8, preset=DEFAULT_1D)
PLANE = Experiment(
    PRESETS["two-moons"].target, preset="two-moons", sampler="ddim", eta=0.5, steps=4
)
OWN = Experiment(schedule=Custom((0.99, 0.8, 0.4, 0.1, 0.01)), steps=5, preset=DEFAULT_1D)
MOVE = {"lesson": "noising", "step": "3", "answers": "50.c"}
PAGES = {
    "line": ("trajectories", {"e": LINE.to_json(), "particles": "200"}),
    "plane": ("trajectories", {"e": PLANE.to_json(), "particles": "200"}),
    "drawn": ("forward", {"e": LINE.to_json(), "particles": "200"}),
    "own": ("forward", {"e": OWN.to_json(), "particles": "200"}),
    "compare": ("compare", {"e": LINE.to_json()}),
    "question": ("lessons", {"lesson": "score", "step": "2"}),
    "move": ("lessons", MOVE),
    "deck": ("lessons", {**MOVE, "present": "on"}),
}
FOLLOWS = "layers"  # as many as the picture of the moment has
COLUMNS = [0] * 30 + [40, 90, 40] + [0] * 31
TOLD = {  # page and link, the component's name, what it tells, and what the link says then
    "picture": (*PAGES["line"], "preset_gallery", "picked", "claw", '"claw"'),
    "pad": (
        *("trajectories", {"e": LINE.to_json(), "particles": "200"}),
        *("sketch_line", "drawn", {"by": "a pad", "content": COLUMNS}, '"boxes"'),
    ),
    "handle": (*PAGES["drawn"], "schedule_editor", "points", None, '"custom"'),
    "drag": (
        *PAGES["line"],
        *("reverse_process_player", "told", {"name": "steps", "value": 10, "id": "1"}),
        '"steps":10',
    ),
}

PRESSED = {  # page and link, what is chosen before, and what the link says before or after
    "Commit and measure": (
        *("lessons", "lesson=score&step=2"),
        *({"control: lessons.score.pull": "To the left, towards the other points."}, "answers=b"),
    ),
    "Next": ("lessons", "lesson=score&step=1", {}, "step=2"),
    "No bend": ("schedule_design", "bend=0,0,0,0.5,0&T=10", {}, "bend="),
}


class Moving(Reader):
    """A reader who may be led to another server, with what the browser knows."""

    def __init__(self, address: str) -> None:
        super().__init__(address)
        self.components: dict[str, Any] = {}  # by name

    def _take(self, message: Any) -> None:
        super()._take(message)
        element = message.delta.new_element
        if element.WhichOneof("type") == "bidi_component":
            self.components[element.bidi_component.component_name] = element.bidi_component

    async def from_elsewhere(self, other: Moving, brings: dict[str, Held]) -> None:
        """Open a session here, whose first run has what ``other`` holds, and this besides."""
        self._query, self._page, self.pages = other._query, other._page, other.pages
        self._held = other._held | brings
        self._socket = await websockets.connect(
            self._address, subprotocols=["streamlit"], max_size=None
        )
        await self._run({})
        for name in brings.keys() & other._held.keys() ^ brings.keys():
            del self._held[name]  # what was pressed is pressed once

    def choice(self, name: str) -> Any:
        """Another value than the widget of this id holds; None where it has no other."""
        widget, value = self.widgets[name], self._held[name][1]
        kind = type(widget).DESCRIPTOR.name
        if widget.disabled:
            return None
        if kind == "Checkbox":
            return not value
        if kind == "NumberInput":
            return None if value is None else type(value)(value + (widget.step or 1))
        if kind == "Slider" and widget.type != Slider.SELECT_SLIDER:
            step = widget.step if value[0] + widget.step <= widget.max else -widget.step
            return [value[0] + step, *value[1:]]
        held = value if isinstance(value, list) else [value]
        offered = [getattr(option, "content", option) for option in widget.options]
        free = [option for option in offered if option not in held]
        if not free or len(held) > 1:
            return held[:1] if len(held) > 1 else None
        return free[:1] if isinstance(value, list) else free[0]

    def settings(self) -> dict[str, list[str]]:
        """What the address holds, without what follows from the rest of it."""
        return {name: said for name, said in parse_qs(self.query).items() if name != FOLLOWS}


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DIFFUSION_LAB_WORKERS", "1")
        patch.setenv("STREAMLIT_SERVER_ADDRESS", "127.0.0.1")
        with served("app.py") as server:
            yield server.address


def run(address: str, visit: Callable[[Callable[[], Moving]], Awaitable[None]]) -> None:
    """In a thread: tests with a browser, run before, leave an event loop at work in this one.

    visit: gets what makes a reader, who leaves at the end.
    """

    async def visited() -> None:
        async with AsyncExitStack() as stack:

            def reader() -> Moving:
                made = Moving(address)
                stack.push_async_callback(made.close)
                return made

            await visit(reader)

    with ThreadPoolExecutor(1) as other:
        other.submit(lambda: asyncio.run(visited())).result()


def test_every_page_goes_on_at_another_server(address: str) -> None:
    async def visit(reader: Callable[[], Moving]) -> None:
        for page in sorted(navigation.PAGES):
            before, there = reader(), reader()
            await before.open(urlencode({"e": LINE.to_json()}), page)
            await there.from_elsewhere(before, {})
            assert there.settings() == before.settings(), page
            assert there._held == before._held, page

    run(address, visit)


@pytest.mark.parametrize("place", PAGES)
def test_the_first_choice_at_another_server_counts_whatever_it_is(address: str, place: str) -> None:
    page, query = PAGES[place]

    async def visit(reader: Callable[[], Moving]) -> None:
        before, chosen = reader(), 0
        await before.open(urlencode(query), page)
        for name in list(before.widgets):
            value = before.choice(name)
            if value is None:
                continue
            here, there = reader(), reader()
            await here.open(before.query, page)
            await here.choose(name, value)
            await there.from_elsewhere(before, {name: (before._held[name][0], value)})
            said = f"{name[-40:]}: {before.value(name)} -> {value}"
            assert there.settings() == here.settings(), said
            assert there.value(name) == here.value(name), said
            chosen += 1
        assert chosen > (place == "line") * 10

    run(address, visit)


@pytest.mark.parametrize("what", TOLD)
def test_what_is_drawn_or_dragged_first_at_another_server_counts(address: str, what: str) -> None:
    page, query, component, trigger, value, said = TOLD[what]

    async def visit(reader: Callable[[], Moving]) -> None:
        before, there = reader(), reader()
        await before.open(urlencode(query), page)
        if what == "pad":
            await before.choose("control: family", ["Draw"])
        shown = before.components[component]
        tells = value
        if what == "handle":
            tells = json.loads(shown.json)["points"]
            tells[3][1] += 0.5
        event = json.dumps([{"event": trigger, "value": tells}])
        brings = {f"$$STREAMLIT_INTERNAL_KEY_{shown.id}__events": ("json_trigger_value", event)}
        await there.from_elsewhere(before, brings)
        assert said in there.settings().get("e", [""])[0]

    run(address, visit)


@pytest.mark.parametrize("label", PRESSED)
def test_the_first_press_at_another_server_counts(address: str, label: str) -> None:
    page, query, held, said = PRESSED[label]

    async def visit(reader: Callable[[], Moving]) -> None:
        before, there = reader(), reader()
        await before.open(query, page)
        for key, value in held.items():
            await before.choose(key, value)
        [button] = [b for b in before._buttons.values() if b.label == label]
        await there.from_elsewhere(before, {button.id: ("trigger_value", True)})
        assert (said in there.query) != (said in before.query)

    run(address, visit)
