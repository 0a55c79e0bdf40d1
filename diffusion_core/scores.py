"""The score s_t = grad log p_t of a target along a chain, and its derivatives."""

from __future__ import annotations

import math
from typing import Protocol

from diffusion_core.schedules import Array, Chain
from diffusion_core.targets.base import Marginal, Target


class Score(Protocol):
    """s_t(x) for x of shape (N, d), and its derivatives."""

    def __call__(self, t: int, x: Array) -> Array:
        """s_t(x), shape (N, d)."""
        ...

    def jacobian(self, t: int, x: Array) -> Array:
        """H_t(x) = the Jacobian of s_t, shape (N, d, d)."""
        ...

    def trace_gradient(self, t: int, x: Array) -> Array:
        """grad tr H_t(x), shape (N, d)."""
        ...


def score_detail(score: Score, t: int) -> float:
    """The length over which the score changes beyond what p_t explains, infinite where none does.

    Scores that have finer detail than p_t say so by a method ``detail(t)``.
    """
    own = getattr(score, "detail", None)
    return math.inf if own is None else float(own(t))


def own_score(score: Score) -> Score:
    """The score whose ``jacobian`` is that of the function itself.

    Most are their own. One that stands for learned w_t and v_t has those in the place of its
    derivatives, and names this one ``plain``.
    """
    own: Score = getattr(score, "plain", score)
    return own


class ExactScore:
    """The closed-form score of ``target`` on ``chain``; remembers every p_t it was asked for."""

    def __init__(self, target: Target, chain: Chain) -> None:
        self.target, self.chain = target, chain
        self._marginals: dict[int, Marginal] = {}

    def marginal(self, t: int) -> Marginal:
        """p_t, 1 <= t <= T+1."""
        if t not in self._marginals:
            self._marginals[t] = self.target.marginal(self.chain.level(t))
        return self._marginals[t]

    def __call__(self, t: int, x: Array) -> Array:
        return self.marginal(t).score(x)

    def jacobian(self, t: int, x: Array) -> Array:
        return self.marginal(t).jacobian(x)

    def score_and_jacobian(self, t: int, x: Array) -> tuple[Array, Array]:
        """s_t(x) and H_t(x) in one pass."""
        return self.marginal(t).score_and_jacobian(x)

    def trace_gradient(self, t: int, x: Array) -> Array:
        return self.marginal(t).trace_gradient(x)
