"""Scores that are wrong by a known amount: s_hat_t = s_t + e_t.

The theorems of arXiv 2306.09251 measure an error in two numbers,

    eps_score^2 = (1/T) sum_{t=1}^T E_{X ~ p_t} |e_t(X)|^2,
    eps_Jacobi = (1/T) sum_{t=1}^T E_{X ~ p_t} |J_{e_t}(X)|   (spectral norm).

An error is described by plain numbers and turns the exact score of any target into its own.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar, Protocol

import numpy as np

from diffusion_core.errors import InputError
from diffusion_core.schedules import Array
from diffusion_core.scores import ExactScore, Score

MOST = 100.0


class ScoreError(Protocol):
    """A frozen description of how a score is wrong."""

    kind: ClassVar[str]

    def __hash__(self) -> int: ...

    def score(self, exact: ExactScore) -> Score:
        """The inexact score of the same target on the same chain."""
        ...


class Shifted:
    """s_t + v for a constant vector v (d,)."""

    def __init__(self, exact: ExactScore, vector: Array) -> None:
        self._exact, self._vector = exact, vector

    def __call__(self, t: int, x: Array) -> Array:
        return self._exact(t, x) + self._vector

    def jacobian(self, t: int, x: Array) -> Array:
        return self._exact.jacobian(t, x)

    def trace_gradient(self, t: int, x: Array) -> Array:
        return self._exact.trace_gradient(t, x)


@dataclass(frozen=True)
class Shift:
    """e_t = size (1, ..., 1)/sqrt(d): eps_score = size, eps_Jacobi = 0."""

    kind: ClassVar[str] = "shift"
    size: float = 0.1

    def __post_init__(self) -> None:
        if not 0 <= self.size <= MOST:
            raise InputError(f"score_error.size: from 0 to {MOST:g}, got {self.size!r}")

    def score(self, exact: ExactScore) -> Score:
        """s_t + size (1, ..., 1)/sqrt(d)."""
        dim = exact.target.dim
        return Shifted(exact, np.full(dim, self.size / math.sqrt(dim)))


SCORE_ERRORS: dict[str, type[ScoreError]] = {cls.kind: cls for cls in (Shift,)}
