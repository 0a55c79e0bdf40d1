"""A reader in a lesson, and the way to another place."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import streamlit as st

from dashboard import navigation
from dashboard.lessons.deck import Deck
from dashboard.lessons.structure import Guess, Lesson, Predict, Question, Read
from dashboard.link.permalink import values_of
from diffusion_core import Experiment

PAGE = navigation.PAGES["lessons"]
Values = Mapping[str, Any]


def go_to(values: Values) -> None:
    """For callbacks: where the reader is from the next run on."""
    st.session_state[values_of(PAGE)] = dict(values)


@dataclass(frozen=True)
class Visit:
    """A reader in a lesson: where, with which experiment of their own.

    noised: the bytes of a player with the forward chain of an experiment, with so many particles,
    telling its progress at a place.
    """

    lesson: Lesson
    values: Values
    own: Experiment
    noised: Callable[[Experiment, int, Any], bytes]

    @cached_property
    def deck(self) -> Deck:
        """The cards of this run of the page."""
        return Deck(self.lesson, self.values, go_to)

    def key(self, step: Read | Predict | Guess | Question, what: str = "") -> str:
        return f"{PAGE}.{self.lesson.name}.{step.name}{what}"
