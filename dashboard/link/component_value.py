"""What a component of ours holds between runs: a value of the page, until the reader changes it.

The page passes ``current``, which may change from outside (a link, a file, another widget); the
reader's own choice arrives by a trigger of the component. The later of the two counts.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import streamlit as st

from dashboard.link.widget_keys import KEY


@dataclass(frozen=True)
class Held:
    """seen: the last ``current``; value: what counts; given: what counted in the last run;

    note: what the component sent with the value.
    """

    seen: Any
    value: Any
    given: Any
    note: Any = None


def hold(name: str, current: Any) -> Held:
    """What counts in this run: ``current`` where it is new, else what the reader chose since."""
    held = st.session_state.get(KEY + name)
    if held is not None and current in (held.seen, held.given):
        # a choice comes back as ``current`` one run later, when there may be a newer one
        held = replace(held, seen=current, given=held.value)
    else:
        held = Held(current, current, current)
    st.session_state[KEY + name] = held
    return held


def choose(name: str, value: Any, note: Any = None) -> None:
    """The reader chose ``value``; for callbacks, which run before the page's script."""
    held = st.session_state.get(KEY + name)
    if held is not None:
        st.session_state[KEY + name] = replace(held, value=value, note=note)
