"""One frozen description of a run: at once the link, the file, the cache key and the task.

``Experiment.from_json`` refuses whatever it does not understand with one sentence that names the
field and what is allowed. Nothing is clipped silently. The limits are checked before any work:

- JSON: 2,000,000 bytes of UTF-8 (a byte order mark is allowed), no key twice, finite numbers;
- steps: T from 2 to 8192; seed: 0 to 2^32 - 1;
- targets: at most 256 dimensions, 500 Gaussians, 5000 points, 4096 boxes, coordinates up to 1e6;
- score_error: size 0 to 100; a wave's frequency 0.01 to 1000 radians and phase -10 to 10; a Fourier
  field's length 0.001 to 1000 and seed 0 to 2^32 - 1; a guided score's scale 0 to 20, its class
  one of the target's.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

from diffusion_core.errors import InputError
from diffusion_core.samplers import (
    LANGEVIN,
    ODE_ORDER,
    SAMPLERS,
    Corrector,
    Sampler,
    corrected,
    sampler_record,
)
from diffusion_core.samplers.langevin import ANNEALED
from diffusion_core.samplers.ode_order import DEFAULT_ORDER, spelled
from diffusion_core.schedules import SCHEDULES, Chain, Custom, Schedule, Theory, check_steps
from diffusion_core.scores.errors import SCORE_ERRORS, ScoreError
from diffusion_core.scores.exact import ExactScore, Score
from diffusion_core.scores.guided import Guided
from diffusion_core.scores.own import OwnScore
from diffusion_core.strict_json import build, described, kind_of, load, record, shown, typed
from diffusion_core.targets import DEFAULT_1D, PRESETS, TARGETS
from diffusion_core.targets.base import Target

MAX_SEED = 2**32 - 1
STARTS = ("noise", "exact")
NOT_DESCRIBED = (
    "{name}: your own lives in this program only; a file or a link holds what has a name here"
)
SIGNAL_LEFT = 0.01  # an abar_T above it is noted where the run starts from N(0, I)


@dataclass(frozen=True)
class Experiment:
    """What to run: target, schedule, sampler, T, start, score and seed. Hashable.

    start: "noise" for Y_T ~ N(0, I), "exact" for Y_T ~ p_T. score_error: None for the exact score.
    ``preset`` remembers that the target came from the gallery, so that links stay short.
    order, rounds: of the sampler ode-order alone, where they are 3 and as many unless given.
    corrector: Langevin steps after every update; of the sampler langevin, its steps themselves.
    sampler: a name, or a record as ``own_sampler`` makes it. score_error may be an ``own_score``,
    target any ``Target``. What is a reader's own lives in this program: JSON and links refuse it.
    InputError for a combination that cannot run.
    """

    target: Target = field(default_factory=lambda: PRESETS[DEFAULT_1D].target)
    schedule: Schedule = field(default_factory=Theory)
    sampler: str | Sampler = "ode"
    eta: float = 0.0
    steps: int = 100
    start: str = "noise"
    score_error: ScoreError | None = None
    seed: int = 0
    preset: str | None = None
    order: int | None = None
    rounds: int | None = None
    corrector: Corrector | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "steps", check_steps(self.steps))
        check_parts(self.target, self.sampler, self.score_error, self.eta)
        self._settle_order()
        self._settle_corrector()
        if isinstance(self.sampler, Sampler) and self.sampler == SAMPLERS.get(self.sampler.name):
            object.__setattr__(self, "sampler", self.sampler.name)
        if self.start not in STARTS:
            raise InputError(f"start: one of {', '.join(STARTS)}, got {shown(self.start)}")
        if type(self.seed) is not int or not 0 <= self.seed <= MAX_SEED:
            raise InputError(f"seed: a whole number from 0 to {MAX_SEED}, got {shown(self.seed)}")
        if self.preset is not None and (
            self.preset not in PRESETS or PRESETS[self.preset].target != self.target
        ):
            raise InputError(f"preset: {shown(self.preset)} does not name this target")
        if isinstance(self.schedule, Custom):
            self.schedule.chain(self.steps)

    def _settle_order(self) -> None:
        """Order and rounds in numbers where the sampler has them; InputError where it has none."""
        if isinstance(self.sampler, Sampler):
            if self.order is not None or self.rounds is not None:
                raise InputError(f"sampler.order: only {ODE_ORDER} takes order and rounds")
            return
        sampler_record(self.sampler, self.eta, self.order, self.rounds)
        if self.sampler == ODE_ORDER:
            object.__setattr__(self, "order", self.order or DEFAULT_ORDER)
            object.__setattr__(self, "rounds", self.rounds or self.order)

    def _settle_corrector(self) -> None:
        """None where it makes no step, langevin's in numbers; InputError where none can follow."""
        if self.corrector is not None and not isinstance(self.corrector, Corrector):
            raise InputError(f"sampler.corrector: a Corrector, got {shown(self.corrector)}")
        if self.sampler == LANGEVIN:
            object.__setattr__(self, "corrector", self.corrector or ANNEALED)
        elif self.corrector is not None and self.corrector.steps == 0:
            object.__setattr__(self, "corrector", None)
        _ = self.record  # refuses what does not go together

    @property
    def record(self) -> Sampler:
        if not isinstance(self.sampler, Sampler):
            return sampler_record(self.sampler, self.eta, self.order, self.rounds, self.corrector)
        return corrected(self.sampler, self.corrector) if self.corrector else self.sampler

    @property
    def called(self) -> str:
        """What a sweep calls its sampler: its name, with the order where that is not the usual."""
        usual = self.order in (None, DEFAULT_ORDER)
        return self.record.name if usual else f"{self.record.name}-{self.order}"

    @property
    def chain(self) -> Chain:
        return self.schedule.chain(self.steps)

    @property
    def score(self) -> Score:
        """The score that the sampler is given: exact unless there is a ``score_error``."""
        if self.score_error is None:
            return ExactScore(self.target, self.chain)
        return _inexact_score(self.score_error, self.target, self.schedule, self.steps)

    @property
    def exact_start(self) -> bool:
        return self.start == "exact"

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader of any result of this run has to know: those of the chain, and its end."""
        chain = self.chain
        left = float(chain.abar[self.steps])
        notes = chain.notes
        differenced = self.record.derivatives or self.target.dim > 1
        if isinstance(self.score_error, OwnScore) and differenced:
            notes = (*notes, self.score_error.note)
        if isinstance(self.score_error, Guided):
            notes = (*notes, self.score_error.note)
        if self.exact_start or left <= SIGNAL_LEFT:
            return notes
        return (
            *notes,
            f"X_T still has abar_T = {left:.2g} of the data's variance: p_T may be far from "
            "N(0, I), where the sampler starts",
        )

    def with_(self, **changes: Any) -> Experiment:
        """A copy with some fields changed; a preset's name goes when its target does.

        Order, rounds and corrector go when the sampler is another, rounds when the order is.
        """
        if changes.get("sampler", self.sampler) != self.sampler:
            changes = {"order": None, "rounds": None, "corrector": None} | changes
        if changes.get("order", self.order) != self.order:
            changes = {"rounds": None} | changes
        if "target" in changes and "preset" not in changes:
            changes["preset"] = None
        return replace(self, **changes)

    def by(self, sampler: str | Sampler) -> Experiment:
        """The same by another sampler, as a sweep asks for it.

        sampler: a record or a name, and "ode-order-2", "-3" or "-4" for that order. The eta goes to
        ddim only, the order, rounds and corrector to the sampler that the experiment has.
        """
        name, order = spelled(sampler) if isinstance(sampler, str) else (sampler, None)
        changes: dict[str, Any] = {} if order is None else {"order": order}
        if order not in (None, self.order):
            changes["corrector"] = None
        return self.with_(sampler=name, eta=self.eta if name == "ddim" else 0.0, **changes)

    def to_dict(self) -> dict[str, Any]:
        """The description as plain JSON values; from_dict reads it back to an equal Experiment.

        InputError for parts of a reader's own.
        """
        for name, part, kinds in (
            ("target", self.target, TARGETS),
            ("score_error", self.score_error, SCORE_ERRORS),
        ):
            if part is not None and getattr(part, "kind", None) not in kinds:
                raise InputError(NOT_DESCRIBED.format(name=name))
        if isinstance(self.sampler, Sampler):
            raise InputError(NOT_DESCRIBED.format(name="sampler"))
        sampler: dict[str, Any] = {"kind": self.sampler}
        if self.sampler == "ddim":
            sampler["eta"] = float(self.eta)
        if self.sampler == ODE_ORDER:
            sampler["order"] = self.order
            if self.rounds != self.order:
                sampler["rounds"] = self.rounds
        if self.corrector is not None:
            steps = {"steps": self.corrector.steps, "size": self.corrector.size}
            sampler |= steps if self.sampler == LANGEVIN else {"corrector": steps}
        return {
            "target": target_to_dict(self.target, self.preset),
            "schedule": described(self.schedule),
            "sampler": sampler,
            "steps": self.steps,
            "start": self.start,
            "score_error": None if self.score_error is None else described(self.score_error),
            "seed": self.seed,
        }

    def to_json(self, indent: int | None = None) -> str:
        separators = (",", ":") if indent is None else None
        return json.dumps(self.to_dict(), indent=indent, separators=separators)

    @classmethod
    def from_json(cls, text: str | bytes) -> Experiment:
        """Parse and check; InputError for anything that is not a description."""
        return cls.from_dict(load(text))

    @classmethod
    def from_dict(cls, data: Any) -> Experiment:
        known = ("target", "schedule", "sampler", "steps", "start", "score_error", "seed")
        data = record("experiment", data, known)
        for required in ("target", "schedule", "sampler", "steps"):
            if required not in data:
                raise InputError(
                    f"{required}: is missing; an experiment needs target, schedule, sampler, steps"
                )
        target, preset = target_from_dict(data["target"])
        sampler = _sampler_from_dict(data["sampler"])
        return cls(
            target=target,
            schedule=schedule_from_dict(data["schedule"]),
            **sampler,
            steps=typed("steps", data["steps"], int),
            start=typed("start", data.get("start", "noise"), str),
            score_error=score_error_from_dict(data.get("score_error")),
            seed=typed("seed", data.get("seed", 0), int),
            preset=preset,
        )


def check_parts(target: object, sampler: object, score_error: object, eta: float) -> None:
    """InputError unless these are parts of an experiment, ours or a reader's own."""
    if not isinstance(target, Target):
        raise InputError(
            f"target: a Target, such as a preset's or what own_target makes, got {shown(target)}"
        )
    try:
        hash(target)
    except TypeError:
        raise InputError("target: must be hashable, as a frozen dataclass of numbers is") from None
    if score_error is not None and not callable(getattr(score_error, "score", None)):
        raise InputError(
            "score_error: None for the exact score, an error of it, or what own_score makes, got "
            f"{shown(score_error)}"
        )
    if isinstance(score_error, Guided):
        score_error.split(target)
    if isinstance(sampler, Sampler):
        if sampler.name in SAMPLERS and sampler != SAMPLERS[sampler.name]:
            raise InputError(f"sampler: {sampler.name} is the name of another; choose one of yours")
        if eta != 0.0:
            raise InputError(f"sampler.eta: only ddim takes eta, not {sampler.name}")
    elif isinstance(sampler, str):
        sampler_record(sampler, eta)
    else:
        raise InputError(
            f"sampler: a name, or what own_sampler makes of a step, got {shown(sampler)}"
        )


@lru_cache(maxsize=16)
def _inexact_score(error: ScoreError, target: Target, schedule: Schedule, steps: int) -> Score:
    """One object for all that ask, because some scores are trained when they are first used."""
    return error.score(ExactScore(target, schedule.chain(steps)))


def target_to_dict(target: Target, preset: str | None = None) -> dict[str, Any]:
    """The target as plain JSON values, by name where it is a preset."""
    if preset is not None:
        return {"kind": "preset", "name": preset}
    return described(target)


def target_from_dict(data: Any) -> tuple[Target, str | None]:
    """The target and, for kind "preset", the preset's name."""
    kind = kind_of("target", data, ("preset", *TARGETS))
    if kind == "preset":
        name = typed("target.name", record("target", data, ("kind", "name")).get("name"), str)
        if name not in PRESETS:
            raise InputError(f"target.name: one of {', '.join(PRESETS)}, got {shown(name)}")
        return PRESETS[name].target, name
    return build("target", TARGETS[kind], data), None


def schedule_from_dict(data: Any) -> Schedule:
    """The schedule from JSON values; InputError for anything that is none."""
    return build("schedule", SCHEDULES[kind_of("schedule", data, tuple(SCHEDULES))], data)


def score_error_from_dict(data: Any) -> ScoreError | None:
    """The error of the score from JSON values; null is the exact score."""
    if data is None:
        return None
    if not isinstance(data, dict):
        raise InputError(f"score_error: must be null or an object with a kind, got {shown(data)}")
    kind = kind_of("score_error", data, tuple(SCORE_ERRORS))
    return build("score_error", SCORE_ERRORS[kind], data)


def _sampler_from_dict(data: Any) -> dict[str, Any]:
    """The experiment's fields for the sampler: its kind and what that takes."""
    kind = kind_of("sampler", data, tuple(SAMPLERS))
    if kind != "ddim" and "eta" in data:
        raise InputError(f"sampler.eta: only ddim takes eta, not {kind}")
    settings: dict[str, dict[str, Any]] = {
        "ddim": {"eta": float},
        ODE_ORDER: {"order": int, "rounds": int},
        LANGEVIN: _STEPS,
    }
    takes = settings.get(kind, {})
    after = () if kind == LANGEVIN else ("corrector",)
    data = record("sampler", data, ("kind", *takes, *after))
    if kind == LANGEVIN:
        return {"sampler": kind, "corrector": _corrector("sampler", data, ANNEALED)}
    given = {k: typed(f"sampler.{k}", data[k], of) for k, of in takes.items() if k in data}
    if data.get("corrector") is not None:
        steps = record("sampler.corrector", data["corrector"], tuple(_STEPS))
        given["corrector"] = _corrector("sampler.corrector", steps, Corrector())
    return {"sampler": kind, **given}


_STEPS: dict[str, Any] = {"steps": int, "size": float}


def _corrector(where: str, data: dict[str, Any], usual: Corrector) -> Corrector:
    """Number and size of Langevin steps; ``usual`` says those that are not said."""
    said = {k: typed(f"{where}.{k}", data[k], of) for k, of in _STEPS.items() if k in data}
    return replace(usual, **said)
