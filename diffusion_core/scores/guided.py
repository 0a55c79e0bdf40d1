"""Classifier-free guidance (Ho and Salimans, arXiv 2207.12598) with exact scores.

Where the components of a target have classes, the score of a class C, s_t^C = grad log p_t(. | C),
is known as s_t is, and so is the guided one of scale w,

    s_t + w (s_t^C - s_t) = grad log [ p_t P(C | x)^w ],

P(C | x) that of the noised data: w = 0 is the score of all data, w = 1 that of the class. Ho and
Salimans write 1 + w for what is w here. For other w the densities p_t P(C | x)^w / Z_t are not what
noise makes of one of them, so the guided score belongs to no forward chain, and what a sampler
makes of it is not the tilted law p_1 P(C | x)^w / Z (Bradley and Nakkiran, arXiv 2408.09000;
Chidambaram, Gatmiry, Chen, Lee and Lu, arXiv 2409.13074).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import ClassVar

import numpy as np

from diffusion_core.errors import InputError
from diffusion_core.schedules import Array, check_range
from diffusion_core.scores.closed_form import ClosedForm, Numbers
from diffusion_core.scores.exact import ExactScore
from diffusion_core.strict_json import shown
from diffusion_core.targets.base import Marginal, Target
from diffusion_core.targets.classes import JOIN

MOST_SCALE = 20.0  # a larger one throws particles far beyond the data at any usual T
NAMED = 12  # classes that a refusal lists


@dataclass(frozen=True)
class Guided:
    """The score s_t + w (s_t^C - s_t), w the ``scale``.

    label: a class of the target, or several as one, joined by +, as "1+3". InputError beyond
    0 <= w <= 20 and, from ``split``, for what is no class of a target.
    """

    kind: ClassVar[str] = "guided"
    label: str = field(default="1", metadata={"called": "class"})
    scale: float = 3.0

    def __post_init__(self) -> None:
        check_range("score_error.scale", self.scale, 0.0, MOST_SCALE)

    @property
    def names(self) -> tuple[str, ...]:
        """The classes that C is made of."""
        return tuple(name.strip() for name in self.label.split(JOIN))

    def split(self, target: Target) -> tuple[float, Target]:
        """P(C) and the law of X_0 given C; InputError where the target has no such class."""
        classes = target.classes
        if not classes:
            raise InputError(
                "score_error.class: guidance needs a target whose parts have classes, a mixture of "
                f"Gaussians or points with labels; kind {getattr(target, 'kind', 'own')} has none"
            )
        for name in self.names:
            if name not in classes:
                known = ", ".join(classes[:NAMED]) + (", ..." if len(classes) > NAMED else "")
                raise InputError(
                    f"score_error.class: one of {known}, or several joined by {JOIN}, "
                    f"got {shown(name)}"
                )
        return target.within(self.names)

    def score(self, exact: ExactScore) -> GuidedScore:
        """The guided score on the chain of ``exact``."""
        return GuidedScore(self, exact)

    @property
    def note(self) -> str:
        """What a reader of any distance to p_1 has to know."""
        return (
            f"the score is guided to class {self.label} at scale {self.scale:g}: p_1 still is the "
            "law of all data; compare with the tilted law or with the class"
        )


class Tilt(Marginal):
    """p P(C | x)^w without its constant: what w tilts p by, and the guided score of one t.

    law: p; part: p(. | C); share: P(C).
    """

    def __init__(self, law: Marginal, part: Marginal, share: float, scale: float) -> None:
        self.dim = law.dim
        self._law, self._part, self._log_share, self._w = law, part, math.log(share), scale

    def log_class(self, x: Array) -> Array:
        """log P(C | x), (N,)."""
        inside = self._part.log_density(x)
        return np.minimum(self._log_share + inside - self._law.log_density(x), 0.0)

    def log_density(self, x: Array) -> Array:
        return self._law.log_density(x) + self._w * self.log_class(x)

    def score(self, x: Array) -> Array:
        return self._mixed(self._law.score(x), self._part.score(x))

    def jacobian(self, x: Array) -> Array:
        return self._mixed(self._law.jacobian(x), self._part.jacobian(x))

    def score_and_jacobian(self, x: Array) -> tuple[Array, Array]:
        of_law, of_part = self._law.score_and_jacobian(x), self._part.score_and_jacobian(x)
        return self._mixed(of_law[0], of_part[0]), self._mixed(of_law[1], of_part[1])

    def trace_gradient(self, x: Array) -> Array:
        return self._mixed(self._law.trace_gradient(x), self._part.trace_gradient(x))

    def _mixed(self, law: Array, part: Array) -> Array:
        return law + self._w * (part - law)


class GuidedScore:
    """The guided score on a chain; at w = 0 and w = 1 the two scores themselves, up to rounding."""

    def __init__(self, guided: Guided, exact: ExactScore) -> None:
        self._share, target = guided.split(exact.target)
        self._scale = guided.scale
        self.exact, self.of_class = exact, ExactScore(target, exact.chain)

    def tilt(self, t: float) -> Tilt:
        """p_t P(C | x)^w, whose score this is at t."""
        return Tilt(self.exact.marginal(t), self.of_class.marginal(t), self._share, self._scale)

    def closed_form(self) -> ClosedForm | None:
        """Both scores in numbers, those of the class under names that begin with "class:"."""
        law, part = self.exact.closed_form(), self.of_class.closed_form()
        if law is None or part is None:
            return None
        scale = np.array([self._scale])

        def numbers() -> Numbers:
            return {f"class:{name}": of for name, of in part.numbers().items()} | {"guided": scale}

        return replace(law.beside(numbers, part.size + 1), terms=law.terms + part.terms)

    def __call__(self, t: float, x: Array) -> Array:
        return self.tilt(t).score(x)

    def jacobian(self, t: float, x: Array) -> Array:
        return self.tilt(t).jacobian(x)

    def score_and_jacobian(self, t: float, x: Array) -> tuple[Array, Array]:
        """The score and its Jacobian in one pass."""
        return self.tilt(t).score_and_jacobian(x)

    def trace_gradient(self, t: float, x: Array) -> Array:
        return self.tilt(t).trace_gradient(x)
