"""A reader's own update as a sampler that runs, is measured and is compared like the others."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from diffusion_core.errors import InputError, Refused
from diffusion_core.samplers.record import Part, Sampler
from diffusion_core.samplers.step import Mark, Normal, Out
from diffusion_core.schedules import Array, Chain
from diffusion_core.scores.exact import Score
from diffusion_core.strict_json import shown

Step = Callable[[Array, int, Chain, Score], Any]


def own_sampler(
    step: Step,
    name: str = "mine",
    stochastic: bool = False,
    evaluations: int = 1,
    order: int = 1,
    derivatives: str = "",
) -> Sampler:
    """The record of an update of your own, for ``Experiment(sampler=...)`` and ``plan``.

    step(y, t, chain, score): from Y_t = y, (N, d), to Y_{t-1}. A deterministic one returns where y
    goes, (N, d). A stochastic one returns (mean, spread) of the normal law of Y_{t-1} given Y_t:
    mean (N, d), spread a number, (N,) numbers, or matrices S (N, d, d) with covariance S S^T.
    chain.beta[t], chain.alpha[t], chain.abar[t], chain.var[t] = 1 - abar[t]; score(t, y) is s_t,
    score.jacobian(t, y) its Jacobian, score.trace_gradient(t, y) the gradient of its trace.
    evaluations: of the score in a step, for counting. order: as you state it, for labels.
    derivatives: what a step asks for beside the score, in words; not empty where it asks for any.

    Exact on the line. In the plane a deterministic step also runs on complex numbers y + i v, which
    carry its derivative: sums, products and functions such as np.exp and np.tanh do that, np.abs
    does not, and is refused. Beyond, particles. InputError for a name that is taken, and in a run
    for results of a wrong kind or shape; Refused where they are not numbers.
    """
    _check(step, name, {"evaluations": evaluations, "order": order})
    return Sampler(
        name=name,
        label=name,
        order=order,
        evaluations=evaluations,
        stochastic=bool(stochastic),
        reference="your own",
        derivatives=derivatives,
        stages=(OwnStage(step, name, bool(stochastic)),),
        parts=(Part(name, "{p1}"),),
        own=True,
    )


def _check(step: object, name: object, numbers: dict[str, int]) -> None:
    """InputError for what is no function, no name or no whole number."""
    if not callable(step):
        raise InputError(f"sampler: needs a function (y, t, chain, score), got {shown(step)}")
    if not isinstance(name, str) or not name.strip() or set(name) & set(",\"'\n\r"):
        raise InputError(f"sampler: a name without commas, quotes and ends of lines, got {name!r}")
    for what, value in numbers.items():
        if type(value) is not int or not 1 <= value <= 100:
            raise InputError(f"sampler: {what} is a whole number from 1 to 100, got {shown(value)}")


@dataclass(frozen=True)
class OwnStage:
    """The step with its results checked: a stage like those of other samplers."""

    step: Step
    name: str
    stochastic: bool

    def __call__(self, y: Array, t: int, chain: Chain, score: Score, mark: Mark) -> Out:
        out = self.step(y, t, chain, score)
        if not self.stochastic:
            if isinstance(out, tuple):
                raise InputError(
                    f"sampler: the step of {self.name} returns {len(out)} things; one that draws "
                    "noise is made by own_sampler(..., stochastic=True), another returns one array"
                )
            mean: Array = mark(self._points("points ", out, y, t))
            return mean
        if not isinstance(out, tuple) or len(out) != 2:
            raise InputError(
                f"sampler: the step of {self.name} is stochastic: it must return (mean, spread)"
            )
        law: Normal = mark(Normal(self._points("mean ", out[0], y, t), self._spread(out[1], y, t)))
        return law

    def _points(self, what: str, out: Any, y: Array, t: int) -> Array:
        points = self._numbers(what, out, t)
        if points.shape != y.shape:
            raise InputError(
                f"sampler: the step of {self.name} must return {what}of the shape of y, {y.shape}"
                f", got {points.shape} at t = {t}"
            )
        if np.iscomplexobj(y) and not np.iscomplexobj(points):
            raise InputError(self.real())
        return points if np.iscomplexobj(y) else self._real(points)

    def _spread(self, out: Any, y: Array, t: int) -> Any:
        spread, (n, d) = self._real(self._numbers("spread ", out, t)), y.shape
        if spread.ndim == 0:
            return float(spread)
        if spread.shape in ((n,), (n, 1)):
            return spread.reshape(n, 1, 1) * np.eye(d)
        if spread.shape == (n, d, d):
            return spread
        raise InputError(
            f"sampler: the spread of {self.name} must be a number, ({n},) or ({n}, {d}, {d}), "
            f"got {spread.shape} at t = {t}"
        )

    def _numbers(self, what: str, out: Any, t: int) -> Array:
        try:
            found = np.asarray(out)
        except ValueError:
            found = np.asarray(None)
        if found.dtype.kind not in "iufc":
            raise InputError(f"sampler: the step of {self.name} must return {what}in numbers")
        if np.isnan(found).any():
            raise Refused(f"sampler: the step of {self.name} returns what is no number at t = {t}")
        return found

    def _real(self, found: Array) -> Array:
        if np.iscomplexobj(found):
            raise InputError(f"sampler: the step of {self.name} must return real numbers")
        return found.astype(float, copy=False)

    def real(self) -> str:
        """Why a step without a derivative has no exact law in the plane."""
        return (
            f"sampler: the step of {self.name} loses its derivative, as np.abs and .real do, which "
            "the exact law in the plane needs: use np.where or the particles method"
        )
