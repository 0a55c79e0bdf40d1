"""One frozen description of a discrete run, as ``Experiment`` is of a continuous one.

Limits, checked before any work: A^d at most 20,000 states (A the target's symbols, and one more
for MASK), N from 1 to 4,096 steps, 5,000 words, horizon 0.1 to 50, end 1e-9 to half of it.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field, replace
from typing import Any

from diffusion_core.discrete.dynamics import DYNAMICS, Dynamics, Uniform
from diffusion_core.discrete.grids import GRIDS, MOST_STEPS, GeometricGrid, Grid
from diffusion_core.discrete.posterior import RATIO_ERRORS, Model, RatioError
from diffusion_core.discrete.samplers import DISCRETE_SAMPLERS, AnySampler, Bridge
from diffusion_core.discrete.states import check_states
from diffusion_core.discrete.targets import SEQUENCES, MarkovChain, Sequences
from diffusion_core.discrete.unmasking import Reveals
from diffusion_core.errors import InputError
from diffusion_core.strict_json import build, described, kind_of, load, record, shown, typed

MAX_SEED = 2**32 - 1
STARTS = ("noise", "exact")
DATA_LEFT = 0.01  # a share e^-horizon above it is noted where the run starts from pure noise
KEYS = ("target", "dynamics", "grid", "sampler", "steps", "start", "ratio_error", "seed")
NEEDED = ("target", "dynamics", "sampler", "steps")


@dataclass(frozen=True)
class DiscreteExperiment:
    """What to run: target, dynamics, grid, sampler, N, start, error of the ratios and seed.

    start: "noise" for pure noise (all MASK), "exact" for the data noised to the horizon.
    InputError for a combination that cannot run.
    """

    target: Sequences = field(default_factory=lambda: MarkovChain(length=8, change=0.25))
    dynamics: Dynamics = field(default_factory=Uniform)
    grid: Grid = field(default_factory=GeometricGrid)
    sampler: AnySampler = field(default_factory=Bridge)
    steps: int = 16
    start: str = "noise"
    ratio_error: RatioError | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        if type(self.steps) is not int or not 1 <= self.steps <= MOST_STEPS:
            raise InputError(
                f"steps: a whole number from 1 to {MOST_STEPS:,}, got {shown(self.steps)}"
            )
        if self.start not in STARTS:
            raise InputError(f"start: one of {', '.join(STARTS)}, got {shown(self.start)}")
        if type(self.seed) is not int or not 0 <= self.seed <= MAX_SEED:
            raise InputError(f"seed: a whole number from 0 to {MAX_SEED}, got {shown(self.seed)}")
        self.sampler.check(self.dynamics)
        shape = self.target.law.shape
        check_states("target", self.dynamics.alphabet(shape[0]), len(shape))

    @property
    def model(self) -> Model:
        """What the sampler asks."""
        return Model(self.target.law, self.dynamics, self.ratio_error)

    @property
    def times(self) -> tuple[float, ...]:
        """s_0..s_N."""
        return tuple(self.grid.times(self.steps).tolist())

    @property
    def called(self) -> str:
        """What a sweep calls its sampler."""
        return self.sampler.kind

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader of any result of this run has to know."""
        left = math.exp(-self.grid.horizon)
        if self.start == "exact" or left <= DATA_LEFT or isinstance(self.sampler, Reveals):
            return ()
        return (
            f"at the horizon {left:.2g} of the data is left: their law may be far from the noise "
            "that the run starts from",
        )

    def with_(self, **changes: Any) -> DiscreteExperiment:
        """A copy with some fields changed."""
        return replace(self, **changes)

    def by(self, kind: str) -> DiscreteExperiment:
        """The same by another sampler, as a sweep asks for it; InputError for none."""
        if kind not in DISCRETE_SAMPLERS:
            raise InputError(f"sampler: one of {', '.join(DISCRETE_SAMPLERS)}, got {shown(kind)}")
        return self if kind == self.called else self.with_(sampler=DISCRETE_SAMPLERS[kind]())

    def to_dict(self) -> dict[str, Any]:
        """The description as plain JSON values; from_dict reads it back to an equal one."""
        return {
            "target": described(self.target),
            "dynamics": described(self.dynamics),
            "grid": described(self.grid),
            "sampler": described(self.sampler),
            "steps": self.steps,
            "start": self.start,
            "ratio_error": None if self.ratio_error is None else described(self.ratio_error),
            "seed": self.seed,
        }

    def to_json(self, indent: int | None = None) -> str:
        separators = (",", ":") if indent is None else None
        return json.dumps(self.to_dict(), indent=indent, separators=separators)

    @classmethod
    def from_json(cls, text: str | bytes) -> DiscreteExperiment:
        """Parse and check; InputError for anything that is not a description."""
        return cls.from_dict(load(text))

    @classmethod
    def from_dict(cls, data: Any) -> DiscreteExperiment:
        data = record("experiment", data, KEYS)
        for needed in NEEDED:
            if needed not in data:
                raise InputError(
                    f"{needed}: is missing; a discrete experiment needs {', '.join(NEEDED)}"
                )
        error = data.get("ratio_error")
        return cls(
            target=_part("target", data["target"], SEQUENCES),
            dynamics=_part("dynamics", data["dynamics"], DYNAMICS),
            grid=_part("grid", data["grid"], GRIDS) if "grid" in data else GeometricGrid(),
            sampler=_part("sampler", data["sampler"], DISCRETE_SAMPLERS),
            steps=typed("steps", data["steps"], int),
            start=typed("start", data.get("start", "noise"), str),
            ratio_error=None if error is None else _part("ratio_error", error, RATIO_ERRORS),
            seed=typed("seed", data.get("seed", 0), int),
        )


def _part(name: str, data: Any, kinds: dict[str, Any]) -> Any:
    return build(name, kinds[kind_of(name, data, tuple(kinds))], data)
