"""The link: what the address bar holds, so that the same address shows the same picture.

``e`` is the experiment as compact JSON (compressed where that is long), and every page adds plain
settings of its own, such as ``particles=2000``. What a default says is left out, unless that
default has changed since (``Setting.unsaid``). A link that cannot be read is answered by one
sentence, and stays in the address bar until the reader changes something.
"""

from __future__ import annotations

import base64
import binascii
import time
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from dashboard.link import axis_names
from dashboard.link.axis_names import AXES
from dashboard.prose import prose
from dashboard.prose.library import spoken
from diffusion_core import DiscreteExperiment, Experiment, InputError
from diffusion_core.strict_json import MAX_JSON_BYTES
from diffusion_core.targets import DEFAULT_1D

phrase = prose("phrases/link")
EXPERIMENT = "e"
OWN_EXPERIMENT = "experiment of "  # and a page's name
BEFORE = "experiment before"  # the one that another one has replaced
LARGE_TYPE, LOCK, HIDE, PRESENT = "large", "lock", "hide", "present"
PARTS = ("target", "schedule", "sampler", "steps", "start", "score", "seed", "page")
DEFAULT = Experiment(preset=DEFAULT_1D)
PLAIN = 1200  # characters of JSON that are still sent as they are
MAX_LINK = 6000  # characters of the experiment's part; servers and mail programs cut longer ones
MOST_LISTED = 24  # words that a refusal names
_PACKED = "z."
IN_FLIGHT = 2.0  # seconds in which a request may still carry the address from before
BUILDER = phrase("for-a-class")  # what shows the address on the page
_UNTOLD = "whether the browser may show another address"
ELSEWHERE = "file"  # what a link says whose experiment is too large for it


@dataclass(frozen=True)
class Setting:
    """One choice of a page: its name in the link, its default, and how it is read and written.

    unsaid: what a link means that says other things but not this, where that is no longer the
    default: such links were written before. New ones always say it.
    """

    name: str
    default: Any
    read: Callable[[str], Any]
    write: Callable[[Any], str] = str
    unsaid: Any = None

    def says(self, value: Any) -> bool:
        """Whether a link has to say this value."""
        return self.unsaid is not None or bool(value != self.default)


def whole(name: str, default: int, allowed: Sequence[int]) -> Setting:
    """A whole number out of a list."""
    return choice(name, default, allowed, int)


def choice(
    name: str, default: Any, allowed: Sequence[Any], kind: Callable[[str], Any] = str
) -> Setting:
    def read(text: str) -> Any:
        try:
            value = kind(text)
        except ValueError:
            value = None
        if value not in allowed:
            raise InputError(
                phrase("one-of-got", name=name, allowed=_listed(allowed), text=repr(text[:40]))
            )
        return value

    return Setting(name, default, read)


def several(
    name: str, default: Sequence[str], allowed: Sequence[str], unsaid: Sequence[str] | None = None
) -> Setting:
    """One or more of the allowed words, separated by commas."""

    def read(text: str) -> tuple[str, ...]:
        words = tuple(dict.fromkeys(text.split(",")))
        unknown = [word for word in words if word not in allowed]
        if unknown:
            raise InputError(
                phrase(
                    "out-of-got", name=name, allowed=_listed(allowed), unknown=repr(unknown[0][:40])
                )
            )
        return words

    return Setting(name, tuple(default), read, ",".join, unsaid and tuple(unsaid))


def switch(name: str, default: bool) -> Setting:
    words = {"on": True, "off": False}

    def read(text: str) -> bool:
        if text not in words:
            raise InputError(phrase("on-or-off-got", name=name, text=repr(text[:40])))
        return words[text]

    return Setting(name, default, read, lambda value: "on" if value else "off")


Clash = tuple[Sequence[str], str]


def no_clash(values: Mapping[str, Any]) -> Clash:
    return (), ""


Section = Literal["", "Learn", "Watch", "Measure", "Understand"]
"""The sections of the menu, in their order; pages of the first stand in the menu itself."""


@dataclass(frozen=True)
class Page:
    """The one record of a page, which menu, links, widgets and exports ask.

    name: its address and the name of its file in ``pages``; place: in its section of the menu;
    clash: the names of settings that do not go together, and why: they become the defaults;
    keys: what the keys of its widgets begin with, where that is not its name;
    after: the names of the pages that a reader may go on to, offered at its foot;
    own: whether its experiment is its own, and that of the other pages waits meanwhile.
    """

    name: str
    title: str
    section: Section
    place: int
    settings: Sequence[Setting] = ()
    clash: Callable[[Mapping[str, Any]], Clash] = no_clash
    keys: str = ""
    after: Sequence[str] = ()
    own: bool = False

    def __str__(self) -> str:
        """What the keys of its widgets begin with."""
        return self.keys or self.name

    @property
    def path(self) -> str:
        """Its file, by which Streamlit knows it."""
        return f"pages/{self.name}.py"


# what a link says on every page: how it is shown, and what a lecturer fixes or hides
SHARED = {
    s.name: s
    for s in (
        switch(LARGE_TYPE, False),
        switch(PRESENT, False),
        several(LOCK, (), PARTS),
        several(HIDE, (), PARTS),
        Setting(AXES, (), axis_names.read, axis_names.write),
    )
}


def shared(name: str) -> Any:
    """The present value of one of ``SHARED``."""
    return st.session_state.get(name, SHARED[name].default)


def _listed(allowed: Sequence[Any]) -> str:
    few = ", ".join(map(str, allowed[:MOST_LISTED]))
    more = len(allowed) - MOST_LISTED
    return f"{few} and {more} more" if more > 0 else few


# ---- the experiment as text


def encode(experiment: Experiment | DiscreteExperiment) -> str | None:
    """The experiment for a link, or None where it is too large for one."""
    text = experiment.to_json()
    if len(text) > PLAIN:
        packed = zlib.compress(text.encode(), 9)
        text = _PACKED + base64.urlsafe_b64encode(packed).decode().rstrip("=")
    return text if len(text) <= MAX_LINK else None


def decode(text: str) -> Experiment:
    """The experiment in a link; InputError, in one sentence, where there is none."""
    return Experiment.from_json(decoded(text))


def decoded(text: str) -> str:
    """What ``encode`` made a link of, as JSON; InputError, in one sentence, where there is none."""
    if text == ELSEWHERE:
        raise InputError(
            "experiment: was too large for this link; open its file under Link and file"
        )
    if text.startswith(_PACKED):
        text = _unpack(text[len(_PACKED) :])
    return text


def _unpack(text: str) -> str:
    if len(text) > MAX_JSON_BYTES:
        raise InputError(f"experiment: at most {MAX_JSON_BYTES:,} characters of a link")
    try:
        packed = base64.b64decode(text + "=" * (-len(text) % 4), b"-_", validate=True)
        reader = zlib.decompressobj()
        data = reader.decompress(packed, MAX_JSON_BYTES + 1)
        if not reader.eof and len(data) <= MAX_JSON_BYTES:
            raise InputError("experiment: this link is cut off; copy the whole of it")
        return data.decode()
    except (binascii.Error, zlib.error, UnicodeDecodeError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError("experiment: this link is damaged; copy the whole of it") from None


# ---- the state of a session


@dataclass(frozen=True)
class State:
    """What a page starts from: experiment, and settings by name."""

    experiment: Experiment
    values: Mapping[str, Any]
    fresh: bool = False  # whether widgets have to forget what they held


def open_link(page: Page) -> State:
    """Read the address where it is not what this session wrote itself, else the session's state."""
    session, settings = st.session_state, page.settings
    address = st.query_params.to_dict()
    moved, place = session.get("page") != page.name, experiment_of(page)
    session["page"], session["keys of page"] = page.name, str(page)
    ours = not address or _is_ours(address)
    if ours and place in session:
        values = {s.name: s.default for s in settings} | session.get(values_of(page), {})
        fresh = session.pop("opened anew", False) or moved
        return State(session[place], values, fresh)
    if ours:  # another page's, while this one has no experiment yet
        address = {}
    experiment, values, complaints = _read(address, settings)
    names, why = page.clash(values)
    if names:
        values |= {s.name: s.default for s in settings if s.name in names}
        complaints.append(f"{why}.")
    session[_UNTOLD] = not moved  # a link within the page leaves the browser's address as it was
    if session.get(place, experiment) != experiment:
        session[BEFORE] = session[place]
    session[place], session[values_of(page)] = experiment, values
    session["address"], session["complaint"] = address, " ".join(complaints)
    session["read"] = (experiment, values)
    if LOCK in address or HIDE in address:
        session["lecturer"] = (page.path, address)
    return State(experiment, values, fresh=True)


def experiment_of(page: Page) -> str:
    """Where the session keeps the experiment of a page."""
    return f"{OWN_EXPERIMENT}{page.name}" if page.own else "experiment"


def values_of(page: Page) -> str:
    """Where the session keeps a page's settings by name."""
    return f"values of {page.name}"


def _is_ours(address: Mapping[str, str]) -> bool:
    """Whether this session wrote the address itself, now or a moment ago.

    A choice made while the last one is still on its way comes with the address from before it.
    """
    session, now = st.session_state, time.monotonic()
    left = [(old, when) for old, when in session.get("left", ()) if now - when < IN_FLIGHT]
    session["left"] = left
    return address == session.get("address") or any(address == old for old, _ in left)


def _read(
    address: Mapping[str, str], settings: Sequence[Setting]
) -> tuple[Experiment, dict[str, Any], list[str]]:
    known = {s.name: s for s in settings}
    experiment, complaints = DEFAULT, list[str]()
    named: tuple[str, ...] = ()
    said = any(not name.startswith("embed") for name in address)
    values = {s.name: s.default if s.unsaid is None or not said else s.unsaid for s in settings}
    for name, text in address.items():
        try:
            if name == EXPERIMENT:
                experiment = decode(text)
            elif name == AXES:
                named = axis_names.read(text)
            elif name in SHARED:
                st.session_state[name] = SHARED[name].read(text)
            elif name in known:
                values[name] = known[name].read(text)
            elif not name.startswith("embed"):  # Streamlit's own
                raise InputError(phrase("this-page-has-no-such", name=name[:40]))
        except InputError as error:
            complaints.append(f"{spoken(str(error)).rstrip('.')}.")
    if named:
        try:
            axis_names.name_axes(experiment.target, named)
        except InputError as error:
            complaints.append(f"{spoken(str(error))}.")
    return experiment, values, complaints


def save(page: Page, experiment: Experiment, values: Mapping[str, Any]) -> str | None:
    """Keep the state and show it in the address bar; returns why the link does not hold it all."""
    session = st.session_state
    session[experiment_of(page)], session[values_of(page)] = experiment, dict(values)
    if session.get("complaint") and session.get("read") == (experiment, dict(values)):
        return None
    session["complaint"] = ""
    address = {}
    text = encode(experiment)
    if experiment != DEFAULT:
        address[EXPERIMENT] = ELSEWHERE if text is None else text
    address |= {s.name: s.write(values[s.name]) for s in page.settings if s.says(values[s.name])}
    kept = {s.name: (s, shared(s.name)) for s in SHARED.values()}
    kept[AXES] = SHARED[AXES], axis_names.axis_names(experiment.target)
    address |= {name: s.write(value) for name, (s, value) in kept.items() if value != s.default}
    session["address"], shown = address, st.query_params.to_dict()
    if address != shown:
        session["left"] = [*session.get("left", ()), (shown, time.monotonic())]
    if session.pop(_UNTOLD, False) or address != shown:
        st.query_params.from_dict(address)
    return None if text is not None else "too large"


def keep(page: Page, **changed: Any) -> None:
    """In a fragment that runs alone: keep these settings as ``save`` does for the whole page."""
    context, session = get_script_run_ctx(), st.session_state
    if context is None or not context.fragment_ids_this_run:
        return
    values = session[values_of(page)]
    if values != values | changed:
        save(page, session[experiment_of(page)], values | changed)
        if session.get(BUILDER.lower()):
            st.rerun()
