"""Samplers of discrete diffusion: how each carries the law of its sequence, and how it draws one.

``advance`` maps the law at noise time s to that at u, ``draw`` sequences; both use the same
kernels. Where given the sequence all coordinates move independently the law is one matrix product
a step; the others sum over what they may choose.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from diffusion_core.discrete.dynamics import Dynamics, Masked
from diffusion_core.discrete.kernels import bridge, channels, euler, leap, tau_leaping
from diffusion_core.discrete.posterior import Model
from diffusion_core.discrete.states import along_all, pushed, states
from diffusion_core.discrete.step import Step, drawn, place
from diffusion_core.discrete.unmasking import FirstHitting, Reveals, Unmasking
from diffusion_core.errors import Refused
from diffusion_core.schedules import Array, Index, check_range

MOST_PAIRS = 256  # states of a law whose step depends on two of them
Kernel = Callable[[Model, Index, Array, float, float], Array]


@dataclass(frozen=True)
class _Product:
    """Coordinates that move independently, given all of them at s."""

    kernel: ClassVar[Kernel]

    def check(self, dynamics: Dynamics) -> None:
        pass

    def advance(self, model: Model, law: Array, s: float, u: float) -> Array:
        if isinstance(model.dynamics, Masked):
            return model.ends.advance(law, self._stays(model, s, u))
        weight = law.ravel()
        seen = weight > 0
        x = states(model.alphabet, model.length)[seen]
        kernel = type(self).kernel(model, x, model.posterior(s)[seen], s, u)
        return pushed(weight[seen], kernel)

    def _stays(self, model: Model, s: float, u: float) -> float:
        """The chance of a MASK to stay one, which does not depend on what is believed."""
        one = np.full((1, 1), model.symbols)
        believed = np.full((1, 1, model.symbols), 1 / model.symbols)
        return float(type(self).kernel(model, one, believed, s, u)[0, 0, -1])

    def draw(self, model: Model, x: Index, s: float, u: float, rng: np.random.Generator) -> Index:
        believed = model.posterior(s)[place(model, x)]
        return drawn(type(self).kernel(model, x, believed, s, u), rng)

    def evaluations(self, model: Model, s: float, u: float) -> float:
        return 1.0


@dataclass(frozen=True)
class Euler(_Product):
    """Rates frozen over a step, at most one jump of every coordinate."""

    kind: ClassVar[str] = "euler"
    label: ClassVar[str] = "Euler"
    reference: ClassVar[str] = "Conforti, Durmus, Pham, Raoul, arXiv 2512.00580"
    kernel: ClassVar[Kernel] = staticmethod(euler)


@dataclass(frozen=True)
class TauLeaping(_Product):
    """Rates frozen over a step, Poisson many jumps."""

    kind: ClassVar[str] = "tau-leaping"
    label: ClassVar[str] = "tau-leaping"
    reference: ClassVar[str] = "Campbell et al., arXiv 2205.14987"
    kernel: ClassVar[Kernel] = staticmethod(tau_leaping)


@dataclass(frozen=True)
class Bridge(_Product):
    """Each coordinate drawn from its law given the others; masked: parallel unmasking."""

    kind: ClassVar[str] = "bridge"
    label: ClassVar[str] = "leave-one-out bridge"
    reference: ClassVar[str] = "arXiv 2608.23554"
    kernel: ClassVar[Kernel] = staticmethod(bridge)


@dataclass(frozen=True)
class Uniformisation:
    """Exact in law: jumps are proposed at a rate above all others and thinned.

    What varies is how often it asks: (s - u) d times the bound of a coordinate's rate, on average
    (Chen and Ying, arXiv 2402.08095). With a wrong model it is not offered here.
    """

    kind: ClassVar[str] = "uniformisation"
    label: ClassVar[str] = "uniformisation"
    reference: ClassVar[str] = "Chen and Ying, arXiv 2402.08095"

    def check(self, dynamics: Dynamics) -> None:
        pass

    def advance(self, model: Model, law: Array, s: float, u: float) -> Array:
        """q_u(y) sum_x P_{s-u}(y, x) law(x)/q_s(x)."""
        _exact_only(model, self.label)
        q, onward = model.noised(s), model.dynamics.transition(model.symbols, s - u)
        ratio = np.divide(law, q, out=np.zeros_like(law), where=q > 0)
        return model.noised(u) * along_all(ratio, onward.T)

    def draw(self, model: Model, x: Index, s: float, u: float, rng: np.random.Generator) -> Index:
        _exact_only(model, self.label)
        onward, q = model.dynamics.transition(model.symbols, s - u), model.noised(u).ravel()
        places, out = place(model, x), np.empty_like(x)
        every = states(model.alphabet, model.length)
        for at in np.unique(places):
            rows = np.flatnonzero(places == at)
            chances = q * np.prod(onward[every, every[at]], axis=1)
            out[rows] = every[rng.choice(len(every), len(rows), p=chances / chances.sum())]
        return out

    def evaluations(self, model: Model, s: float, u: float) -> float:
        return (s - u) * model.length * model.dynamics.exit_rate(model.symbols, u)


@dataclass(frozen=True)
class Trapezoidal:
    """tau-leaping in two stages: theta of the step, then the rest at extrapolated rates.

    From x to y* with the rates at s for theta h, then for (1 - theta) h with
    (a_1 rate(y*) - a_2 rate(x))_+, a_1 = 1/(2 theta (1 - theta)), a_2 = a_1 - 1, at the noise time
    between (Ren et al., arXiv 2502.00234; Anderson and Mattingly, Commun. Math. Sci. 9, 2011). Of
    second order as long as no jump more than halves another rate: what is cut at 0 costs an order.
    """

    theta: float = 0.5
    kind: ClassVar[str] = "trapezoidal"
    label: ClassVar[str] = "theta-trapezoidal"
    reference: ClassVar[str] = "Ren et al., arXiv 2502.00234"

    def __post_init__(self) -> None:
        check_range("sampler.theta", self.theta, 0.05, 0.95)

    def check(self, dynamics: Dynamics) -> None:
        pass

    def advance(self, model: Model, law: Array, s: float, u: float) -> Array:
        every = states(model.alphabet, model.length)
        if len(every) > MOST_PAIRS:
            raise Refused(
                f"sampler: the exact law of {self.label} needs every pair of states, and "
                f"{len(every):,} are too many: at most {MOST_PAIRS}; use a shorter sequence"
            )
        middle = s - self.theta * (s - u)
        before, after = model.posterior(s), model.posterior(middle)
        early = channels(model, every, model.reverse_rates(s, every, before))
        later = channels(model, every, model.reverse_rates(middle, every, after))
        first = leap(model, every, early, self.theta * (s - u))
        weight, out = law.ravel(), np.zeros_like(law)
        for k in np.flatnonzero(weight > 0):
            reached = weight[k] * pushed(np.ones(1), first[k : k + 1]).ravel()
            seen = reached > 0
            kernel = self._second(model, every[seen], later[seen], early[k], (s - u))
            out += pushed(reached[seen], kernel)
        return out

    def draw(self, model: Model, x: Index, s: float, u: float, rng: np.random.Generator) -> Index:
        middle = s - self.theta * (s - u)
        before = model.posterior(s)[place(model, x)]
        early = channels(model, x, model.reverse_rates(s, x, before))
        y = drawn(leap(model, x, early, self.theta * (s - u)), rng)
        after = model.posterior(middle)[place(model, y)]
        later = channels(model, y, model.reverse_rates(middle, y, after))
        return drawn(self._second(model, y, later, early, s - u), rng)

    def _second(self, model: Model, y: Index, later: Array, early: Array, h: float) -> Array:
        a = 1 / (2 * self.theta * (1 - self.theta))
        rates = np.maximum(a * later - (a - 1) * early, 0.0)
        if isinstance(model.dynamics, Masked):
            rates[y != model.symbols] = 0.0
        return leap(model, y, rates, (1 - self.theta) * h)

    def evaluations(self, model: Model, s: float, u: float) -> float:
        return 2.0


def _exact_only(model: Model, label: str) -> None:
    if model.error is not None:
        raise Refused(
            f"ratio_error: {label} is exact for exact ratios and has no closed law for wrong ones"
        )


AnySampler = Step | Reveals
DISCRETE_SAMPLERS: dict[str, type[AnySampler]] = {
    c.kind: c
    for c in (Euler, TauLeaping, Bridge, Uniformisation, Trapezoidal, Unmasking, FirstHitting)
}
