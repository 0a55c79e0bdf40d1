"""What a worker computes: functions of small arguments, told how to report and when to stop."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from dashboard.animation.ladder import Dial
from dashboard.animation.ladder import ladder as ladder_of
from dashboard.animation.line import Scene, scene
from dashboard.animation.plane import PlaneLaw, plane_law
from dashboard.player import Run, pack
from diffusion_core import Experiment, InputError, Measurement, Refused
from diffusion_core.distances.of_masses import Distance
from diffusion_core.measure import measure_each
from diffusion_core.schedules import Array
from diffusion_core.studies.convergence import initialisation_tv
from diffusion_core.studies.score_sizes import ScoreSize, eps_jacobi, eps_score

Outcome = Measurement | str  # a distance, or the reason why there is none
Progress = Callable[..., None]  # with the share that is done, or without it where that is unknown


@dataclass(frozen=True, eq=False)
class Panel:
    """The t of the frames, TV(q_t, p_t) by t where it is known, and Y_1 (N, d).

    ``refusal`` says why the exact law is missing; ``made``: whether the browser makes the run.
    """

    times: tuple[int, ...]
    tv: dict[int, Distance]
    refusal: str
    final: Array
    made: bool


@dataclass(frozen=True, eq=False)
class Shown:
    """The player's bytes and what each of its panels shows."""

    blob: bytes
    panels: tuple[Panel, ...]

    @property
    def weight(self) -> int:
        return len(self.blob) + sum(panel.final.nbytes for panel in self.panels)


class Share:
    """Progress for functions that are told apart when to stop and how far they are.

    part: which of so many that come one after the other this function is.
    """

    def __init__(self, progress: Progress, part: tuple[int, int] = (0, 1)) -> None:
        self._progress = progress
        self._before, self._parts = part
        self._share: float | None = None

    def __call__(self, share: float | None = None) -> None:
        if share is not None:
            self._share = (self._before + share) / self._parts
        self._progress(self._share)


def studied(function: Callable[..., Any], *args_and_progress: Any) -> Any:
    """What the function gives for these arguments, or the reason why there is nothing."""
    try:
        return function(*args_and_progress)
    except (Refused, InputError) as reason:
        return str(reason)


def score_sizes(experiment: Experiment, progress: Progress) -> tuple[ScoreSize, ScoreSize]:
    """eps_score and eps_Jacobi as arXiv 2306.09251 defines them."""
    return eps_score(experiment, progress), eps_jacobi(experiment, progress)


def initialisation(experiment: Experiment, progress: Progress) -> float:
    """TV(p_T, N(0, 1)) on the line."""
    return initialisation_tv(experiment)


def shown(
    pairs: Sequence[tuple[Experiment, str]],
    particles: int,
    laws: Sequence[PlaneLaw | None],
    progress: Progress,
) -> Shown:
    """The reverse chains of (experiment, title) side by side, in the plane over ``laws``.

    Refused where there is nothing to draw.
    """
    scenes = []
    for k, ((experiment, title), law) in enumerate(zip(pairs, laws, strict=True)):
        made = scene(experiment, particles, Share(progress, (k, len(pairs))), law)
        scenes.append(replace(made, animation=replace(made.animation, title=title)))
    panels = tuple(_panel(made) for made in scenes)
    return Shown(pack([s.animation for s in scenes]), panels)


def _panel(made: Scene) -> Panel:
    times, run = tuple(made.animation.times), isinstance(made.animation.positions, Run)
    return Panel(times, dict(made.tv), made.refusal, made.final, run)


def ladder(experiment: Experiment, dial: Dial, progress: Progress) -> bytes:
    """What the player needs to make the run at all values of ``dial``."""
    return ladder_of(experiment, dial, progress)


def law(experiment: Experiment, progress: Progress) -> PlaneLaw:
    """The exact q_t in the plane, or why it is refused."""
    return plane_law(experiment, progress)


def measured(
    experiment: Experiment,
    metrics: tuple[str, ...],
    method: str,
    particles: int,
    against: str,
    points: Array | None,
    progress: Progress,
) -> dict[str, Outcome]:
    """Distances together; one that is refused by its name leaves the others, with its reason."""
    how = (method, particles, against)
    try:
        each = measure_each(experiment, metrics, *how, progress, points)
        return {m: str(f) if isinstance(f, Refused) else f for m, f in each.items()}
    except (Refused, InputError) as reason:
        text = str(reason)
    named = text.split(":")[0].split(", ")
    refused = [m for m in metrics if m in named] or metrics
    rest = tuple(m for m in metrics if m not in refused)
    others = measured(experiment, rest, *how, points, progress) if rest else {}
    return dict.fromkeys(refused, text) | others
