"""What a model of a discrete diffusion is asked for: a coordinate's data symbol, given the others.

pi_i(a | x) = Pr(X_0^i = a | X_s^j = x_j for all j != i) is all that a sampler needs. With it the
reverse rate from x_i to b is Q(b, x_i) (pi_i P_s)(b)/(pi_i P_s)(x_i), exactly the ratio
q_s(x with b in place i)/q_s(x) times the forward rate ("concrete score", Lou, Meng and Ermon,
arXiv 2310.16834).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np

from diffusion_core.discrete.dynamics import Dynamics, Masked
from diffusion_core.discrete.reveals import Ends, ends_of
from diffusion_core.discrete.states import along, product
from diffusion_core.schedules import Array, Index, check_range


@dataclass(frozen=True)
class Blurred:
    """A model that believes (1 - size) pi + size/S in the place of pi."""

    size: float
    kind: ClassVar[str] = "blurred"

    def __post_init__(self) -> None:
        check_range("ratio_error.size", self.size, 0.0, 1.0)

    def of(self, believed: Array) -> Array:
        """(.., S) to (.., S)."""
        return (1 - self.size) * believed + self.size / believed.shape[-1]


@dataclass(frozen=True)
class Sharpened:
    """A model that believes pi^{1 + size}, normalised: too sure, or too unsure where size < 0."""

    size: float
    kind: ClassVar[str] = "sharpened"

    def __post_init__(self) -> None:
        check_range("ratio_error.size", self.size, -1.0, 10.0)

    def of(self, believed: Array) -> Array:
        """(.., S) to (.., S)."""
        power = np.power(believed, 1 + self.size)
        return power / power.sum(axis=-1, keepdims=True)


RATIO_ERRORS: dict[str, type[Blurred] | type[Sharpened]] = {c.kind: c for c in (Blurred, Sharpened)}
RatioError = Blurred | Sharpened


@dataclass(frozen=True, eq=False)
class Model:
    """The posteriors of a data law under a noise, exact or wrong by a known amount.

    data: the law of X_0, (S,) * d.
    """

    data: Array
    dynamics: Dynamics
    error: RatioError | None = None

    @property
    def symbols(self) -> int:
        return int(self.data.shape[0])

    @property
    def length(self) -> int:
        return self.data.ndim

    @property
    def alphabet(self) -> int:
        return self.dynamics.alphabet(self.symbols)

    def emission(self, s: float) -> Array:
        """P_s from the data's symbols to the alphabet, (S, A)."""
        return self.dynamics.transition(self.symbols, s)[: self.symbols]

    def noised(self, s: float) -> Array:
        """q_s, (A,) * d."""
        law = self.data
        for axis in range(law.ndim):
            law = along(law, self.emission(s), axis)
        return law

    def exact_posterior(self, s: float) -> Array:
        """pi_i(a | x) for every state, (A^d, d, S); uniform where x has no probability."""
        d, k, a = self.length, self.symbols, self.alphabet
        out = np.empty((a**d, d, k))
        for i, joint in self._joints(self.data, 0, d, self.emission(s)):
            joint = np.moveaxis(joint, i, -1)
            total = joint.sum(axis=-1, keepdims=True)
            believed = np.divide(joint, total, out=np.full(joint.shape, 1 / k), where=total > 0)
            shape = (*(a,) * d, k)
            out[:, i] = np.broadcast_to(np.expand_dims(believed, i), shape).reshape(-1, k)
        return out

    def _joints(
        self, law: Array, first: int, last: int, emission: Array
    ) -> Iterator[tuple[int, Array]]:
        """(i, the law of X_0^i and all other X_s^j), by halves: an axis is noised log2 d times."""
        if last - first == 1:
            yield first, law
            return
        middle = (first + last) // 2
        for inner, outer in (((first, middle), (middle, last)), ((middle, last), (first, middle))):
            noised = law
            for axis in range(*outer):
                noised = along(noised, emission, axis)
            yield from self._joints(noised, *inner, emission)

    def posterior(self, s: float) -> Array:
        """What the model believes of every state, (A^d, d, S)."""
        return self._without_clock if isinstance(self.dynamics, Masked) else self._believed(s)

    @cached_property
    def _without_clock(self) -> Array:
        """Of masked sequences: a MASK says nothing, so that no noise time matters."""
        return self._believed(1.0)

    @cached_property
    def ends(self) -> Ends:
        """Of masked sequences: what every state may become in a step."""
        return ends_of(self._without_clock)

    def _believed(self, s: float) -> Array:
        exact = self.exact_posterior(s)
        return exact if self.error is None else self.error.of(exact)

    def reverse_rates(self, s: float, x: Index, believed: Array) -> Array:
        """From x_i to every b != x_i, 0 for b = x_i: (n, d, A), of states x (n, d)."""
        shown = believed @ self.emission(s)
        own = np.take_along_axis(shown, x[:, :, None], axis=2)
        forward = self.dynamics.rates(self.symbols).T[x]
        rates = np.divide(forward * shown, own, out=np.zeros_like(shown), where=own > 0)
        np.put_along_axis(rates, x[:, :, None], 0.0, axis=2)
        return rates


def initial(model: Model, horizon: float, exact: bool) -> Array:
    """The law a reverse run starts from: q at the horizon, or pure noise in every coordinate."""
    if exact:
        return model.noised(horizon)
    return product(np.tile(model.dynamics.noise(model.symbols), (model.length, 1)))
