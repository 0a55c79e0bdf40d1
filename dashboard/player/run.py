"""What defines a run, so that the browser can move the particles itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from diffusion_core.samplers import Sampler
from diffusion_core.samplers.program import Program
from diffusion_core.schedules import Array
from diffusion_core.scores.closed_form import ClosedForm

LIMB, LIMBS = 24, 6  # bits of a part of the generator's 128, which a double multiplies exactly
COST = {"gaussians": 25, "boxes": 300, "circle": 400, "bumps": 40}  # ns of a term, in a browser


@dataclass(frozen=True, eq=False)
class Run:
    """N particles of a reverse chain, made by the browser from the updates' own coefficients.

    frames: how many of the t = T..1 are shown. followed: M, of how many of the particles the parts
    of every step are shown; 0 where a t is left out.
    generator: the one of Python, PCG64, that draws Y_T, or only what comes after it where ``start``
    (N, d) gives that.
    """

    sampler: Sampler
    program: Program
    score: ClosedForm
    particles: int
    frames: int
    followed: int
    generator: np.random.Generator
    start: Array | None = None

    @property
    def shape(self) -> tuple[int, int, int]:
        """(F, N, d), as of positions."""
        return self.frames, self.particles, self.score.dim

    def header(self) -> dict[str, Any]:
        """What the browser is told beside the arrays."""
        return {
            "shape": self.shape,
            "order": self.program.order,
            "followed": self.followed,
            "cost": cost_of(self.score),
            "steps": [vars(step) for step in self.program.steps],
        }

    def arrays(self) -> dict[str, Array]:
        """The numbers: the score, coefficients, and where the randomness begins."""
        found: dict[str, Any] = self.score.numbers() | {
            f"coefficients:{k}": c for k, c in enumerate(self.program.coefficients)
        }
        if self.start is not None:
            found["start"] = self.start
        found["generator"] = limbs(self.generator)
        return {name: np.asarray(values, dtype="<f8") for name, values in found.items()}


def cost_of(score: ClosedForm) -> int:
    """Nanoseconds that a browser takes for the score at a point."""
    return COST[score.kind] * score.terms


def limbs(generator: np.random.Generator) -> Sequence[float]:
    """State and increment of a PCG64, in parts that the browser computes with."""
    state: Any = generator.bit_generator.state
    parts = [LIMB * k for k in range(LIMBS)]
    return [float(state["state"][of] >> k & 2**LIMB - 1) for of in ("state", "inc") for k in parts]
