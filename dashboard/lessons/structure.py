"""What a lesson is made of: records only, no Streamlit."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

import plotly.graph_objects as go

from dashboard.lessons.lab import Lab
from dashboard.link.permalink import encode
from dashboard.prose import Prose, prose
from dashboard.text.numbers import percent, rounded
from diffusion_core import Experiment

LETTERS = "abcdefgh"
Numbers = Mapping[str, float]


@dataclass(frozen=True)
class Full:
    """A page that shows more of a run: its name, the experiment and the page's own settings."""

    page: str
    experiment: Experiment
    settings: tuple[tuple[str, str], ...] = ()

    def query(self) -> dict[str, str]:
        text = encode(self.experiment)
        assert text is not None  # a preset fits into every link
        return {"e": text, **dict(self.settings)}


@dataclass(frozen=True)
class Run:
    """What a step computes and shows.

    numbers: by name, for the prose. figure: (lab, dark) -> what is drawn, and its words for those
    who do not see it. chains: by title, played side by side. full: where to see more.
    """

    numbers: Callable[[Lab], Numbers]
    figure: Callable[[Lab, bool], tuple[go.Figure, str]] | None = None
    chains: tuple[tuple[str, Experiment], ...] = ()
    full: tuple[Full, ...] = ()


@dataclass(frozen=True)
class Read:
    """Text, and what it may show."""

    name: str
    run: Run | None = None

    def blocks(self, say: Prose) -> set[str]:
        """The blocks of prose that this step can show."""
        return {self.name}


@dataclass(frozen=True)
class Predict:
    """A choice made before the run; ``truth`` finds the option that the numbers bear out."""

    name: str
    options: int
    truth: Callable[[Numbers], str]
    run: Run

    @property
    def letters(self) -> str:
        return LETTERS[: self.options]

    def blocks(self, say: Prose) -> set[str]:
        found = {self.name, f"{self.name}-found"}
        for letter in self.letters:
            found |= {f"{self.name}-{letter}", f"{self.name}-is-{letter}"}
            if f"{self.name}-not-{letter}" in say.blocks:
                found.add(f"{self.name}-not-{letter}")
        return found

    def reaction(self, numbers: Numbers, answer: str, say: Prose) -> list[str]:
        """The blocks after the run: what was found, why, and what the wrong answer overlooks."""
        truth = self.truth(numbers)
        said = [f"{self.name}-found", f"{self.name}-is-{truth}"]
        comment = f"{self.name}-not-{answer}"
        return said + ([comment] if answer != truth and comment in say.blocks else [])


@dataclass(frozen=True)
class Guess:
    """A number named before the run, from ``low`` to ``high``; ``number`` is the one measured.

    within: the factor by which a guess may be off and still be close.
    """

    name: str
    low: float
    high: float
    number: str
    run: Run
    within: float = 1.1

    def blocks(self, say: Prose) -> set[str]:
        return {self.name} | {f"{self.name}-{end}" for end in ("found", "low", "close", "high")}

    def judge(self, measured: float, guess: float) -> str:
        if guess <= 0 or measured <= 0:
            return "close" if guess == measured else "low" if guess < measured else "high"
        off = math.log(guess / measured)
        if abs(off) <= math.log(self.within):
            return "close"
        return "low" if off < 0 else "high"

    def reaction(self, numbers: Numbers, answer: str, say: Prose) -> list[str]:
        found = self.judge(numbers[self.number], as_number(answer))
        return [f"{self.name}-found", f"{self.name}-{found}"]


@dataclass(frozen=True)
class Question:
    """A question with one right option, and a sentence of feedback for each."""

    name: str
    options: int
    right: str

    @property
    def letters(self) -> str:
        return LETTERS[: self.options]

    def blocks(self, say: Prose) -> set[str]:
        ends = [f"{letter}{end}" for letter in self.letters for end in ("", "-said")]
        return {self.name} | {f"{self.name}-{end}" for end in ends}


Step = Read | Predict | Guess | Question


@dataclass(frozen=True)
class Lesson:
    """Ten minutes on one misconception; its words are dashboard/prose/en/lessons/<name>.md."""

    name: str
    steps: tuple[Step, ...]
    minutes: int = 10

    @property
    def say(self) -> Prose:
        return prose(f"lessons/{self.name}")

    @property
    def title(self) -> str:
        return self.say("title")

    @cached_property
    def asking(self) -> tuple[int, ...]:
        """The places of the steps that ask for an answer."""
        return tuple(i for i, step in enumerate(self.steps) if not isinstance(step, Read))

    def reachable(self, answers: int) -> int:
        """The number of the last step that may be shown, from 1, after so many answers."""
        return len(self.steps) if answers >= len(self.asking) else self.asking[answers] + 1

    def answer(self, place: int, answers: tuple[str, ...]) -> str | None:
        """What was answered at the step of this place, from 0."""
        if place not in self.asking:
            return None
        turn = self.asking.index(place)
        return answers[turn] if turn < len(answers) else None


def as_number(answer: str) -> float:
    """A number of the link, whose point is a hyphen there: "0-2" is 0.2."""
    return float(answer.replace("-", "."))


def as_answer(number: float) -> str:
    return f"{number:.12g}".replace(".", "-")


def texts(numbers: Numbers) -> dict[str, str]:
    """What fills the places of prose: [[name]] to three digits, [[name_pc]] in per cent."""
    said = {name: _said(value) for name, value in numbers.items()}
    return said | {f"{name}_pc": percent(value) for name, value in numbers.items()}


def _said(value: float) -> str:
    """Counts as they are, measured numbers to three digits."""
    return f"{value:,}" if isinstance(value, int) else rounded(value).replace("-", "−")
