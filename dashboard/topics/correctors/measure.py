"""What Langevin steps do after a sampler, at equal score evaluations, and at one level alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dashboard.compute import cost
from dashboard.compute.cached import Outcome
from dashboard.compute.studies import Study, outcomes
from dashboard.compute.tasks import Progress, Share
from dashboard.prose import prose
from dashboard.topics.correctors.page import NOISES
from diffusion_core import SAMPLERS, Experiment, Measurement
from diffusion_core.samplers import LANGEVIN, Corrector
from diffusion_core.schedules import MIN_STEPS, Custom
from diffusion_core.scores.errors import ScoreError, WaveError
from diffusion_core.studies.mixing import Mixing, Modes, mixing

COUNTS = (0, 1, 2, 4)
BUDGETS = (24, 48, 96, 192, 384)
HOW = ("tv", "exact", 0, "p1")
DISTANCES = (1.5, 2.5, 3.5, 4.5)
DEVIATION = 0.3
ALONG = NOISES[::2]  # for the number of steps against the noise
say = prose("correctors")

Curves = dict[int, list[tuple[int, Measurement]]]  # by the number of corrector steps; a budget, TV


@dataclass(frozen=True)
class Repair:
    """One sampler with 0, 1, 2, 4 corrector steps at equal budgets; exact and with a wrong score.

    The sampler is the reader's, the ODE for one that has no corrector. The wrong score is the
    reader's, a wave for the exact one. On the line, and on a schedule that has every T.
    """

    experiment: Experiment
    size: float

    @property
    def sampler(self) -> str:
        own = self.experiment.sampler
        assert isinstance(own, str)
        return "ode" if own == LANGEVIN or SAMPLERS[own].multistep else own

    @property
    def wrong(self) -> ScoreError:
        return self.experiment.score_error or WaveError(size=0.1, frequency=5.0)

    @property
    def counts(self) -> tuple[int, ...]:
        own = self.experiment.corrector
        kept = own and self.experiment.sampler == self.sampler
        return tuple(sorted({*COUNTS, own.steps if own and kept else 0}))

    def run(self, count: int, budget: int, exact: bool) -> Experiment | None:
        """The run with the largest T that the budget pays for; None where that is none."""
        made = self.experiment.with_(
            sampler=self.sampler,
            eta=self.experiment.eta if self.sampler == "ddim" else 0.0,
            corrector=Corrector(count, self.size),
            score_error=None if exact else self.wrong,
            seed=0,
        )
        steps = made.record.steps_for(budget)
        return made.with_(steps=steps) if steps >= MIN_STEPS else None

    @property
    def runs(self) -> list[Experiment]:
        asked = [
            self.run(count, budget, exact)
            for budget in BUDGETS
            for exact in (True, False)
            for count in self.counts
        ]
        return list(dict.fromkeys(run for run in asked if run is not None))

    @property
    def how(self) -> tuple[str, str, int, str]:
        return HOW


def why_not(experiment: Experiment) -> str:
    """Why there is nothing to compare, or nothing."""
    if experiment.target.dim > 1:
        return say("no-plane")
    return say("no-schedule") if isinstance(experiment.schedule, Custom) else ""


def curves(work: Repair, found: Mapping[Experiment, Outcome], exact: bool) -> Curves:
    """The measured points by the number of corrector steps."""
    drawn: Curves = {}
    for count in work.counts:
        for budget in BUDGETS:
            run = work.run(count, budget, exact)
            if run is not None and isinstance(m := found.get(run), Measurement):
                drawn.setdefault(count, []).append((budget, m))
    return drawn


# ---- one noise level


def modes(distance: float, noise: float, size: float) -> Modes:
    return Modes(distance, DEVIATION, noise, size)


def at_level(noise: float, size: float, place: Any) -> list[Mixing | str]:
    """The law against the number of steps, for every distance; or why it is not known."""
    return _mixings([modes(d, noise, size) for d in DISTANCES], place)


def along_noise(size: float, place: Any) -> dict[float, list[Mixing]]:
    """For every distance the laws at every noise level where they are known."""
    asked = [modes(d, noise, size) for d in DISTANCES for noise in ALONG]
    found = dict(zip(asked, _mixings(asked, place), strict=True))
    return {
        d: [m for e, m in found.items() if e.distance == d and not isinstance(m, str)]
        for d in DISTANCES
    }


def _mixings(asked: Sequence[Modes], place: Any) -> list[Mixing | str]:
    studies = [Study(_mixing, (one,), cost.about("mixing", 0.5)) for one in asked]
    return outcomes(studies, say("mixing-wait"), place)


def _mixing(one: Modes, progress: Progress) -> Mixing:
    return mixing(one, stop=Share(progress))
