"""What a lesson is made of: records only, no Streamlit."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import plotly.graph_objects as go

from dashboard.lessons.figures import Marks
from dashboard.lessons.lab import Lab
from dashboard.lessons.scale import Numbers as Numbers
from dashboard.lessons.scale import Scale as Scale
from dashboard.lessons.scale import Spot
from dashboard.link.permalink import encode
from dashboard.prose import Prose, prose
from dashboard.text.numbers import percent, rounded
from diffusion_core import Experiment
from diffusion_core.theory.theorems import Theorem

LETTERS = "abcdefgh"


@dataclass(frozen=True)
class Full:
    """A page that shows more of a run: its name, the experiment and the page's own settings.

    experiment: what it shows; or what it makes of the reader's own.
    """

    page: str
    experiment: Experiment | Callable[[Experiment], Experiment]
    settings: tuple[tuple[str, str], ...] = ()

    def shown(self, own: Experiment) -> Experiment:
        return self.experiment(own) if callable(self.experiment) else self.experiment

    def query(self, own: Experiment) -> dict[str, str]:
        """The link's settings; without the experiment where that is too large for a link."""
        text = encode(self.shown(own))
        return ({"e": text} if text else {}) | dict(self.settings)


@dataclass(frozen=True)
class Ground:
    """What a lesson rests on: a page, a section of it by its heading, or a theorem's card there."""

    page: str
    section: str = ""
    theorem: Theorem | None = None

    def experiment(self, own: Experiment) -> Experiment:
        """The reader's own, with the theorem's sampler, so that its card is shown."""
        if self.theorem is None:
            return own
        return own.with_(sampler=self.theorem.sampler, eta=self.theorem.eta or 0.0)


@dataclass(frozen=True)
class Move:
    """One thing that the reader moves after the answer; the picture answers with ``run(option)``.

    options: as the reader sees them; ``start`` is the one that the step is about.
    """

    label: str
    options: tuple[str, ...]
    start: str
    run: Callable[[str], Run]


def nothing(lab: Lab) -> Numbers:
    """No numbers, for a run that is only looked at."""
    return {}


@dataclass(frozen=True)
class Run:
    """What a step computes and shows.

    numbers: by name, for the prose. figure: (lab, dark) -> what is drawn, and its words for those
    who do not see it. chains: by title, played side by side. noised: whose forward chain is played.
    layers: of the player. full: where to see more. move: what may be moved; it draws the picture in
    place of this run.
    """

    numbers: Callable[[Lab], Numbers] = nothing
    figure: Callable[[Lab, bool], tuple[go.Figure, str]] | None = None
    chains: tuple[tuple[str, Experiment], ...] = ()
    noised: Experiment | None = None
    layers: tuple[str, ...] | None = None
    full: tuple[Full, ...] = ()
    move: Move | None = None

    def blocks(self, step: str) -> set[str]:
        return {f"{step}-moved"} if self.move else set()


@dataclass(frozen=True)
class Read:
    """Text, and what it may show."""

    name: str
    run: Run | None = None

    def blocks(self, say: Prose) -> set[str]:
        """The blocks of prose that this step can show."""
        return {self.name} | (self.run.blocks(self.name) if self.run else set())


@dataclass(frozen=True)
class Predict:
    """A choice made before the run, between stretches of a scale."""

    name: str
    scale: Scale
    run: Run

    @property
    def letters(self) -> str:
        return LETTERS[: len(self.scale.order)]

    def truth(self, numbers: Numbers) -> str:
        """The option that the numbers bear out."""
        return self.scale.truth(numbers)

    def marks(self, numbers: Numbers, answer: str) -> Marks:
        return self.scale.marks(numbers, *self.scale.stretch(numbers, answer))

    def blocks(self, say: Prose) -> set[str]:
        found = {self.name, f"{self.name}-found"} | self.run.blocks(self.name)
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

    within: the factor by which a guess may be off and still be close. at: where in the figure a
    value lies; without it ``axis`` is the title of an axis for it alone.
    """

    name: str
    low: float
    high: float
    number: str
    run: Run
    within: float = 1.1
    at: Spot | None = None
    axis: str = ""

    def blocks(self, say: Prose) -> set[str]:
        ends = {f"{self.name}-{end}" for end in ("found", "low", "close", "high")}
        return {self.name} | ends | self.run.blocks(self.name)

    def marks(self, numbers: Numbers, answer: str) -> Marks:
        guess, ends = as_number(answer), (self.low, self.high)
        scale = Scale(self.axis, lambda n: n[self.number], (), "a", ends, self.at)
        return scale.marks(numbers, guess, guess)

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
    """Ten minutes on one misconception; its words are dashboard/prose/en/lessons/<name>.md.

    rests: what it rests on, drawn at its end. terms: of the glossary, that it explains beside its
    text. own: it measures the reader's own target.
    """

    name: str
    steps: tuple[Step, ...]
    rests: tuple[Ground, ...] = ()
    terms: tuple[str, ...] = ()
    minutes: int = 10
    own: bool = False

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
