"""What the page on guidance measures: three laws, and distances against w and against T."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from dashboard.compute import cached, cost
from dashboard.compute.cached import Outcome
from dashboard.compute.studies import Study, value
from dashboard.compute.tasks import Progress
from dashboard.experiment.guidance import of_experiment
from dashboard.prose import prose
from dashboard.text.labels import PRESETS as PRESET_LABELS
from diffusion_core import PRESETS, Experiment, Measurement
from diffusion_core.schedules import Custom
from diffusion_core.scores.guided import Guided
from diffusion_core.studies.guidance import Guidance, guided_laws
from diffusion_core.targets import DEFAULT_1D
from diffusion_core.targets.base import Target

phrase = prose("phrases/guidance")
SCALES = (0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0, 12.0)
STEPS = (8, 16, 32, 64, 128, 256, 512, 1024)
PLANE_SCALES, PLANE_STEPS = (0.0, 1.0, 2.0, 3.0, 5.0), STEPS[:4]
PLAIN = 1.0  # the scale at which guidance is the class's own score
LEVEL = 0.05  # a doubling of T that changes less has reached a level
BESIDE = ("ode", "ddpm")
FALLBACK = PRESETS[DEFAULT_1D].target
FALLBACK_LABEL = PRESET_LABELS[DEFAULT_1D]


def subject(target: Target) -> tuple[Target, str]:
    """The target that is guided, and the block that says why it is not the reader's own."""
    if target.dim > 2:
        return FALLBACK, "far"
    return (target, "") if target.classes else (FALLBACK, "no-classes")


def begun(experiment: Experiment, target: Target) -> Guided:
    """What the page begins with: the experiment's own guidance, else the usual."""
    found = of_experiment(experiment, target)
    assert found is not None
    return found


def kept(experiment: Experiment, target: Target, guided: Guided, begun: Guided) -> Any:
    """The score that the link and other pages get: their own until the reader chooses here."""
    error = experiment.score_error
    if isinstance(error, Guided):
        return guided if target.classes else None
    return guided if guided != begun and target.classes else error


def shown(experiment: Experiment, target: Target, guided: Guided) -> Experiment:
    """The run that the page shows."""
    if target == experiment.target:
        return experiment.with_(score_error=guided)
    return experiment.with_(score_error=guided, target=target, preset=DEFAULT_1D)


def shown_laws(experiment: Experiment, place: Any) -> Guidance:
    """q_1, the tilted law and the class's; Refused where one is. place: for progress."""
    plain = experiment.with_(seed=0)
    found: Guidance = value(
        Study(_laws, (plain,), cost.study(plain, "guidance")), phrase("comparing-three-laws"), place
    )
    return found


def _laws(experiment: Experiment, progress: Progress) -> Guidance:
    return guided_laws(experiment, progress)


def samplers(experiment: Experiment) -> tuple[str, ...]:
    """The experiment's own and those that it stands beside."""
    return tuple(dict.fromkeys((str(experiment.sampler), *BESIDE)))


def labels(experiment: Experiment) -> dict[str, str]:
    """What these samplers are called."""
    return {name: turned(experiment, name).record.label for name in samplers(experiment)}


def turned(experiment: Experiment, sampler: str, **changes: Any) -> Experiment:
    """The experiment with another of the samplers; its own keeps what it takes."""
    if sampler != experiment.sampler:
        changes |= {"sampler": sampler, "eta": 0.0}
    return experiment.with_(seed=0, **changes)


def distances(experiment: Experiment, place: Any) -> list[Outcome]:
    """TV to the tilted law and to the class; place: for progress."""
    plain = experiment.with_(seed=0)
    return [cached.distance(plain, "tv", "exact", 0, law, place) for law in ("tilted", "class")]


@dataclass(frozen=True)
class ByScale:
    """Every sampler at every scale of the page and at the reader's own, and the tilted law."""

    experiment: Experiment

    @property
    def scales(self) -> tuple[float, ...]:
        usual = SCALES if self.experiment.target.dim == 1 else PLANE_SCALES
        return tuple(sorted({*usual, _guided(self.experiment).scale}))

    def run(self, sampler: str, scale: float) -> Experiment:
        guided = replace(_guided(self.experiment), scale=scale)
        return turned(self.experiment, sampler, score_error=guided)

    @property
    def runs(self) -> list[Experiment]:
        return [self.run(s, w) for w in self.scales for s in samplers(self.experiment)]

    @property
    def how(self) -> tuple[str, str, int, str]:
        return "tv", "exact", 0, "tilted"

    def curves(
        self, found: Mapping[Experiment, Outcome]
    ) -> dict[str, list[tuple[float, Measurement]]]:
        """(w, distance) of what has a value, by sampler."""
        return {
            s: [
                (w, m)
                for w in self.scales
                if isinstance(m := found.get(self.run(s, w)), Measurement)
            ]
            for s in samplers(self.experiment)
        }


@dataclass(frozen=True)
class ToClass:
    """The reader's sampler at every scale, compared with the class."""

    experiment: Experiment

    @property
    def runs(self) -> list[Experiment]:
        scales = ByScale(self.experiment)
        return [scales.run(str(self.experiment.sampler), w) for w in scales.scales]

    @property
    def how(self) -> tuple[str, str, int, str]:
        return "tv", "exact", 0, "class"

    def curve(self, found: Mapping[Experiment, Outcome]) -> list[tuple[float, Measurement]]:
        """(w, distance) of what has a value."""
        return [
            (_guided(e).scale, m) for e in self.runs if isinstance(m := found.get(e), Measurement)
        ]


@dataclass(frozen=True)
class BySteps:
    """Every sampler at every T, at the reader's scale and at w = 1, where nothing is left over."""

    experiment: Experiment

    @property
    def steps(self) -> tuple[int, ...]:
        e = self.experiment
        if isinstance(e.schedule, Custom):
            return (e.steps,)
        return _steps(e.target)

    @property
    def scales(self) -> tuple[float, ...]:
        return tuple(dict.fromkeys((_guided(self.experiment).scale, PLAIN)))

    def run(self, sampler: str, scale: float, steps: int) -> Experiment:
        guided = replace(_guided(self.experiment), scale=scale)
        return turned(self.experiment, sampler, score_error=guided, steps=steps)

    @property
    def runs(self) -> list[Experiment]:
        names = samplers(self.experiment)
        return [self.run(s, w, t) for t in self.steps for w in self.scales for s in names]

    @property
    def how(self) -> tuple[str, str, int, str]:
        return "tv", "exact", 0, "tilted"

    def curves(
        self, found: Mapping[Experiment, Outcome]
    ) -> dict[tuple[str, float], list[Measurement]]:
        """The measured points by sampler and scale, in the order of T."""
        return {
            (s, w): [
                m for t in self.steps if isinstance(m := found.get(self.run(s, w, t)), Measurement)
            ]
            for w in self.scales
            for s in samplers(self.experiment)
        }


def _steps(target: Target) -> tuple[int, ...]:
    return STEPS if target.dim == 1 else PLANE_STEPS


def _guided(experiment: Experiment) -> Guided:
    assert isinstance(experiment.score_error, Guided)
    return experiment.score_error


def level(curve: list[Measurement]) -> float | None:
    """The distance at the largest T, where doubling T changed it little; None elsewhere."""
    if len(curve) < 2:
        return None
    before, last = curve[-2:]
    settled = abs(before.value - last.value) < LEVEL * last.value
    return last.value if settled else None
