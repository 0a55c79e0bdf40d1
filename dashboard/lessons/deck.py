"""A presented lesson as a deck of cards: one in sight at a time, turned by the keys of a remote.

PageDown shows what comes next: the answer, its figure, each explanation, the next step, the next
lesson; PageUp goes back the same way. O shows the contents.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import streamlit as st

from dashboard.lessons import LESSONS
from dashboard.lessons.progress import at_step, beginning
from dashboard.lessons.structure import Lesson
from dashboard.link.permalink import PRESENT, shared
from dashboard.link.widget_keys import button
from dashboard.prose import prose

phrase = prose("phrases/lessons")
UP, DOWN, CONTENTS = "PageUp", "PageDown", "O"
_CARD = "card of the deck"
_COUNTS = "cards of every step"
_REVEALED = "steps whose answer was shown"
_LONG = 90  # characters of a step in the contents
Values = Mapping[str, Any]
Go = Callable[[Values], None]


class Deck:
    """The cards of one step of a lesson; without a presentation all of them are in sight.

    go: takes the values of the step that the reader is at from the next run on.
    """

    def __init__(self, lesson: Lesson, values: Values, go: Go) -> None:
        self.on = bool(shared(PRESENT))
        self._lesson, self._values, self._go = lesson, values, go
        self._place = (lesson.name, values["step"], len(values["answers"]))
        place, card = st.session_state.get(_CARD, (None, 0))
        self._card, self._count = (card if place == self._place else 0), 0
        if self.on:
            others = f'[class*="st-key-card-"]:not(.st-key-card-{self._card})'
            hidden = f'[data-testid="stLayoutWrapper"]:has(> {others}) {{ display: none; }}'
            st.html(f"<style>{hidden}</style>")

    @contextmanager
    def card(self) -> Iterator[None]:
        """What is drawn meanwhile is in sight together."""
        if not self.on:
            yield
            return
        with st.container(key=f"card {self._count}"):
            self._count += 1
            yield

    @property
    def _asks(self) -> bool:
        return self._values["step"] - 1 in self._lesson.asking

    @property
    def revealed(self) -> bool:
        """Whether this step's answer is not the room's."""
        return self._place[:2] in st.session_state.get(_REVEALED, ())

    def reveal(self) -> None:
        """This step is answered for the room."""
        st.session_state.setdefault(_REVEALED, set()).add(self._place[:2])

    def ways(self) -> None:
        """Back, on, and the contents."""
        counts = st.session_state.setdefault(_COUNTS, {})
        counts[self._place] = self._count
        if self._card >= self._count:  # a link or another figure has left fewer cards than before
            self._turn(self._values, self._count - 1)
            st.rerun()
        with st.container(horizontal=True, key="ways"):
            self._button(phrase("back"), self._before(), UP)
            self._button(phrase("next"), self._after(), DOWN)
            if st.button(phrase("contents"), shortcut=CONTENTS, type="tertiary"):
                self._contents()

    def _button(self, label: str, where: tuple[Values, int] | None, shortcut: str) -> None:
        how = {"type": "tertiary", "shortcut": shortcut, "disabled": where is None}
        button(st, label, self._turn, where or (), **how)

    def _before(self) -> tuple[Values, int] | None:
        if self._card > 0:
            return self._values, self._card - 1
        if self._values["step"] == 1:
            return None
        before = at_step(self._values, self._values["step"] - 1)
        count = st.session_state[_COUNTS].get(_place(self._lesson.name, before), 1)
        return before, count - 1

    def _after(self) -> tuple[Values, int] | None:
        step = self._values["step"]
        if self._card + 1 < self._count:
            return self._values, self._card + 1
        if self._lesson.answer(step - 1, self._values["answers"]) is None and self._asks:
            return None
        if step < len(self._lesson.steps):
            return at_step(self._values, step + 1), 0
        order = [*LESSONS, None]
        following = order[order.index(self._lesson.name) + 1]
        return (beginning(following), 0) if following else None

    def _turn(self, values: Values, card: int) -> None:
        st.session_state[_CARD] = (_place(values["lesson"], values), card)
        self._go(values)

    @st.dialog(phrase("contents"), width="large")
    def _contents(self) -> None:
        reachable = self._lesson.reachable(len(self._values["answers"]))
        for number, step in enumerate(self._lesson.steps, 1):
            label = f"{number}. {_beginning_of(self._lesson.say(step.name))}"
            if st.button(label, key=f"to {number}", type="tertiary", disabled=number > reachable):
                self._turn(at_step(self._values, number), 0)
                st.rerun()
        st.divider()
        for name, lesson in LESSONS.items():
            if name != self._lesson.name and st.button(lesson.title, type="tertiary"):
                self._turn(beginning(name), 0)
                st.rerun()


def _place(lesson: str, values: Values) -> tuple[str, int, int]:
    return lesson, values["step"], len(values["answers"])


def _beginning_of(text: str) -> str:
    """The first sentence, cut between words and outside formulas where it is long."""
    first = re.split(r"(?<=[.:?!])\s|\n\n", text.strip(), maxsplit=1)[0].replace("\n", " ")
    if len(first) <= _LONG:
        return first
    cut = first[:_LONG].rsplit(" ", 1)[0]
    return (cut.rsplit("$", 1)[0] if cut.count("$") % 2 else cut).replace("**", "") + " …"
