"""Scores in numbers: what a machine that knows no target and no training needs for them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from diffusion_core.schedules import Array, Chain
from diffusion_core.scores.series import bessel, normal_tail
from diffusion_core.targets.base import Target
from diffusion_core.targets.forms import Gaussians, Uniforms
from diffusion_core.targets.truncated_normal import FAR_RULE, SHORT_RULE

Numbers = dict[str, Array]


@dataclass(frozen=True, eq=False)
class ClosedForm:
    """s_hat_t(x) = c_t s_t(x) + b_t + a_t sum_k v_k sin(w_k.x + p_k), s_t of one of these forms:

        gaussians   grad log sum_k w_k N(x; root m_k, abar C_k + var I), root = sqrt(abar)
        boxes       grad log p_t of uniform laws on boxes, noised
        circle      grad log p_t of the uniform law on a circle, noised
        bumps       g((x - root m)/l_t)/l_t, g affine plus Gaussian bumps, as ``scores.bumps``

    or, with an array "guided", s_t + w (s_t^C - s_t) of two of one form (``scores.guided``).

    numbers: makes the arrays, by name. terms: how many of its kind an evaluation sums. size: how
    many numbers there are, about.
    """

    kind: str
    dim: int
    terms: int
    size: int
    numbers: Callable[[], Numbers]

    def beside(self, more: Callable[[], Numbers], size: int) -> ClosedForm:
        """With other arrays beside its own."""
        numbers = self.numbers
        return replace(self, numbers=lambda: numbers() | more(), size=self.size + size)


class Described(Protocol):
    """A score that may have a closed form."""

    def closed_form(self) -> ClosedForm | None: ...


def closed_form(score: object) -> ClosedForm | None:
    """The score in numbers, None where it has no such form or does not say."""
    say = getattr(score, "closed_form", None)
    return say() if say else None


def of_target(target: Target, chain: Chain) -> ClosedForm | None:
    """The exact score of a target whose form is known."""
    form = target.form
    if form is None:
        return None
    more: Numbers = {"abar": chain.abar, "var": chain.var}
    if isinstance(form, Gaussians):
        kind, terms = "gaussians", len(form.weights)
    elif isinstance(form, Uniforms):
        kind, terms = "boxes", len(form.weights)
        rules = {"short": SHORT_RULE, "far": FAR_RULE}
        more |= {"tail": normal_tail()} | {name: np.array(rule) for name, rule in rules.items()}
    else:
        kind, terms = "circle", 1
        more |= {"bessel": bessel()}
    arrays = more | form._asdict()
    size = sum(a.size for a in arrays.values())
    return ClosedForm(kind, target.dim, terms, size, lambda: arrays)
