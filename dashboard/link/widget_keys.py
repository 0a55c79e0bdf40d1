"""Keys of widgets: each starts from a value of ours and then belongs to the reader.

Streamlit tells a browser such a value once. Where that is lost, because the connection broke or the
next run began before it was sent, the browser would show an empty field or the first of a scale;
so the value is told again in every run until the browser has sent it back. A browser that comes
back to a server that does not know it, because that was started again, brings its values along;
they are what the reader chose last.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from functools import partial
from typing import Any, NoReturn

import streamlit as st
from streamlit.errors import StreamlitAPIException
from streamlit.runtime.scriptrunner import get_script_run_ctx

from dashboard.link.permalink import HIDE, LOCK, shared

KEY = "control: "
BEGUN = "names of the controls that this session has made"
LATE = "what to call before the next run"
_fixed: ContextVar[bool] = ContextVar("fixed", default=False)


def key(name: str, value: Any) -> str:
    """The key of a widget that holds ``value`` until the reader moves it."""
    first, known = is_first(KEY + name), _is_known(KEY + name)
    if first and known:
        return KEY + name
    held = st.session_state.setdefault(KEY + name, value)
    if not known:
        with suppress(StreamlitAPIException):  # it is on this run's page already
            st.session_state[KEY + name] = held
    return KEY + name


def is_first(name: str) -> bool:
    """Whether this session has not asked for this name before: it has not made the widget yet."""
    begun: set[str] = st.session_state.setdefault(BEGUN, set())
    first = name not in begun
    begun.add(name)
    return first


def _is_known(name: str) -> bool:
    """Whether the browser has sent the value of the widget with this key."""
    context = get_script_run_ctx()
    if context is None:
        return False
    sent = context.session_state.get_widget_states()  # their ids end with the key
    return any(state.id.endswith(f"-{name}") for state in sent)


def late(do: Callable[..., None], *args: Any) -> NoReturn:
    """Call ``do`` as a callback would be, before the next run's widgets, which begins now.

    A server that was started again while the page stood open hears what the reader does, but has
    made no widget yet that would call anything.
    """
    st.session_state[LATE] = partial(do, *args)
    st.rerun()


def catch_up() -> None:
    """Before a run's first widget: what came too late for the last one."""
    st.session_state.pop(LATE, lambda: None)()


def mounted(
    component: Callable[..., Any], name: str, trigger: str, tell: Callable[[Any], None], data: Any
) -> None:
    """Mount a component of ours; ``tell`` gets what its ``trigger`` brings, before the next run."""

    def told() -> None:
        tell(st.session_state[name].get(trigger))

    first = is_first(name)
    brought = component(key=name, data=data, **{f"on_{trigger}_change": told}).get(trigger)
    if first and brought is not None:
        late(tell, brought)


def widget(name: str, value: Any) -> dict[str, Any]:
    """``key`` and ``disabled`` of a widget that a lecturer's link may fix.

    A page's own choices are named after it, such as "convergence.metric".
    """
    own = name.startswith(f"{st.session_state.get('keys of page')}.")
    return {"key": key(name, value), "disabled": _fixed.get() or (own and is_fixed("page"))}


def refilled(name: str, value: float) -> dict[str, Any]:
    """``widget`` of a number that is there again where its field was cleared."""
    held = widget(name, value)

    def refill() -> None:
        if st.session_state[held["key"]] is None:
            st.session_state[held["key"]] = value

    return held | {"on_change": refill}


def button(
    place: Any, label: str, do: Callable[..., None], args: Sequence[Any] = (), **options: Any
) -> None:
    """A button of ``place`` (st, a column) that calls ``do`` with ``args`` before the next run."""
    first = is_first(str(options.get("key", label)))
    if place.button(label, on_click=do, args=args, **options) and first:
        late(do, *args)


@st.fragment
def expander(label: str, fill: Callable[[], None]) -> None:
    """An expander that is filled while it is open, and runs for itself alone."""
    with st.expander(label, key=label.lower(), on_change="rerun") as part:
        if part.open:
            fill()


def is_fixed(part: str) -> bool:
    """Whether this part of the page is locked or hidden by the link."""
    return part in shared(LOCK) or part in shared(HIDE)


@contextmanager
def fixing(fixed: bool) -> Iterator[None]:
    """Whether the widgets made meanwhile are fixed."""
    token = _fixed.set(fixed)
    try:
        yield
    finally:
        _fixed.reset(token)


def forget() -> None:
    """Let every widget start again from the experiment, which came from elsewhere."""
    for name in [str(name) for name in st.session_state if str(name).startswith(KEY)]:
        del st.session_state[name]


def start_value(name: str, value: Any) -> Any:
    """The first ``value`` since the experiment came from elsewhere: what a scale has to hold."""
    return st.session_state.setdefault(f"{KEY}start of {name}", value)


def forget_start(name: str) -> None:
    """Let the next ``start_value`` be told anew."""
    st.session_state.pop(f"{KEY}start of {name}", None)


def start_again(name: str) -> None:
    """Let one widget start again from its value, because what it offers has changed."""
    st.session_state.pop(KEY + name, None)
