"""A reader's own score, such as a trained network, in the place of the exact one."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from diffusion_core.errors import InputError, Refused
from diffusion_core.schedules import Array, check_range
from diffusion_core.scores.exact import ExactScore
from diffusion_core.strict_json import shown

STENCIL = ((-2, 1 / 12), (-1, -2 / 3), (1, 2 / 3), (2, -1 / 12))  # a derivative, to fourth order
STEP = 3e-3  # of a difference, in units of the finest detail of p_t: errors of 1e-10 in float64
BETWEEN = (
    "score_error: ode-order of order 3 and 4 asks for the score between the grid's noise levels, "
    "where your own is not known; use order 2 or another sampler"
)

Function = Callable[[int, Array], Any]


def own_score(f: Function, step: float = STEP, detail: float = math.inf) -> OwnScore:
    """Your own score, for ``Experiment(score_error=...)``.

    f(t, x): s_hat_t at points x (N, d), (N, d), for t = 1..T+1; the exact one is s_t = grad log p_t
    on the experiment's chain. A network that predicts the noise gives -eps/sqrt(1 - abar_t).
    Where derivatives are asked for (the plane's deterministic laws, ``ode-taylor``,
    ``ddpm-covariance``, eps_Jacobi) they are central differences of fourth order over ``step``
    times the finest detail of p_t, 1e-6 to 1: 3e-3 suits float64, 0.03 a network in float32, whose
    rounding also limits what distances can be told apart.
    detail: the length over which f varies where that is finer than p_t; exact laws on the line
    then follow it. InputError for what is no function, in a run for a wrong shape; Refused where
    f returns what is no number.
    """
    if not callable(f):
        raise InputError(f"score_error: own_score needs a function f(t, x), got {shown(f)}")
    check_range("score_error.step", step, 1e-6, 1.0)
    if not detail > 0:
        raise InputError(f"score_error.detail: a length above 0, got {shown(detail)}")
    try:
        hash(f)
    except TypeError:
        raise InputError(
            "score_error: own_score needs a hashable function, so that a run can be remembered: "
            "wrap yours, lambda t, x: f(t, x)"
        ) from None
    return OwnScore(f, float(step), float(detail))


@dataclass(frozen=True)
class OwnScore:
    """A description that lives in this program only; equal where the function is the same."""

    kind: ClassVar[str] = "own"
    f: Function
    step: float
    detail: float

    def score(self, exact: ExactScore) -> DifferencedScore:
        """The function on this chain."""
        return DifferencedScore(self, exact)

    @property
    def note(self) -> str:
        """What a reader of a number that took derivatives has to know."""
        return (
            "derivatives of your own score are central differences over "
            f"{self.step:g} of the finest detail of p_t"
        )


class DifferencedScore:
    """s_hat_t as it is given, its derivatives by central differences."""

    def __init__(self, own: OwnScore, exact: ExactScore) -> None:
        self._own, self._target, self._chain = own, exact.target, exact.chain

    def __call__(self, t: float, x: Array) -> Array:
        if t != int(t):
            raise InputError(BETWEEN)
        out = self._own.f(int(t), x)
        try:
            found = np.asarray(out, dtype=float)
        except (TypeError, ValueError):
            raise InputError(
                f"score_error: your score must return an array of real numbers at t = {t}, got "
                f"{shown(out)}"
            ) from None
        if found.shape != x.shape:
            raise InputError(
                f"score_error: your score must return the shape of x, {x.shape}, got "
                f"{found.shape} at t = {t}"
            )
        if np.isnan(found).any():
            raise Refused(f"score_error: your score returns what is no number at t = {t}")
        return found

    def detail(self, t: int) -> float:
        """The length that the reader stated."""
        return self._own.detail

    def jacobian(self, t: float, x: Array) -> Array:
        """(N, d, d), by differences along every axis."""
        return np.stack([self._along(self, t, x, k) for k in range(x.shape[1])], axis=2)

    def trace_gradient(self, t: float, x: Array) -> Array:
        """grad tr H, (N, d), by differences of differences."""

        def trace(t: float, x: Array) -> Array:
            return sum(self._along(self, t, x, k)[:, k] for k in range(x.shape[1]))  # type: ignore[return-value]

        return np.stack([self._along(trace, t, x, k) for k in range(x.shape[1])], axis=1)

    def _along(self, of: Callable[[float, Array], Array], t: float, x: Array, axis: int) -> Array:
        level = self._chain.level(t)
        scale = math.sqrt(level.abar * self._target.finest_scale**2 + level.var)
        h = np.zeros(x.shape[1])
        h[axis] = self._own.step * scale
        total = sum(w * of(t, x + k * h) for k, w in STENCIL)
        return np.asarray(total / h[axis])
