"""Samplers of masked sequences that count MASKs: so many are drawn a step, whatever the time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from math import comb
from typing import ClassVar

import numpy as np

from diffusion_core.discrete.dynamics import Dynamics, Masked
from diffusion_core.discrete.posterior import Model
from diffusion_core.discrete.states import states
from diffusion_core.discrete.step import drawn, place
from diffusion_core.errors import InputError
from diffusion_core.schedules import Array, Index, Mask
from diffusion_core.strict_json import shown

ORDERS = ("random", "left to right", "confident")


class Reveals:
    """Some MASKs a step, drawn independently as believed; ``kind`` and fields are its JSON."""

    kind: ClassVar[str]
    label: ClassVar[str]
    reference: ClassVar[str]
    one_by_one: ClassVar[bool] = False

    @property
    def chosen_by(self) -> str:
        """One of ORDERS."""
        raise NotImplementedError

    def check(self, dynamics: Dynamics) -> None:
        """InputError for sequences without MASKs."""
        if not isinstance(dynamics, Masked):
            raise InputError(f"sampler: {self.kind} needs masked sequences (dynamics masked)")

    def revealed(self, model: Model, law: Array, count: int) -> Array:
        """The law once ``count`` more MASKs are drawn."""
        believed = model.posterior(1.0)
        every, weight = states(model.alphabet, model.length), law.ravel()
        stride = model.alphabet ** np.arange(model.length)[::-1]
        out = np.zeros(law.size)
        for chosen, share in self._choices(model, every, believed, count):
            rows = np.flatnonzero(share * weight > 0)
            if not len(rows):
                continue
            mass = (share * weight)[rows, None]
            at = rows[:, None]
            for i in chosen:
                drawn_symbol = stride[i] * (np.arange(model.symbols) - model.symbols)
                at = (at[:, :, None] + drawn_symbol).reshape(len(rows), -1)
                mass = (mass[:, :, None] * believed[rows, i][:, None]).reshape(len(rows), -1)
            out += np.bincount(at.ravel(), mass.ravel(), minlength=len(out))
        return out.reshape(law.shape)

    def _choices(
        self, model: Model, x: Index, believed: Array, count: int
    ) -> Iterator[tuple[tuple[int, ...], Array]]:
        """Which coordinates are drawn, and each state's chance to choose these: (N,)."""
        masked = x == model.symbols
        left = masked.sum(axis=1)
        ranks = self._ranks(masked, believed)
        yield (), left == 0
        for size in range(1, min(count, model.length) + 1):
            due = np.minimum(count, left) == size
            ways = np.array([max(1, comb(n, size)) for n in range(model.length + 1)])[left]
            for chosen in combinations(range(model.length), size):
                fits = due & masked[:, chosen].all(axis=1)
                if ranks is None:
                    yield chosen, fits / ways
                else:
                    yield chosen, fits * (ranks[:, chosen] < size).all(axis=1)

    def _ranks(self, masked: Mask, believed: Array) -> Index | None:
        """A coordinate's place in the order of a state, (n, d); None where chance decides."""
        if self.chosen_by == "random":
            return None
        if self.chosen_by == "left to right":
            worth = np.broadcast_to(-np.arange(masked.shape[1], dtype=float), masked.shape)
        else:
            worth = np.round(believed.max(axis=2), 12)
        worth = np.where(masked, worth, -np.inf)
        order = np.argsort(-worth, axis=1, kind="stable")
        return np.argsort(order, axis=1, kind="stable")

    def reveal(self, model: Model, x: Index, count: int, rng: np.random.Generator) -> Index:
        """Sequences with ``count`` more MASKs drawn, (n, d)."""
        believed = model.posterior(1.0)[place(model, x)]
        masked = x == model.symbols
        ranks = self._ranks(masked, believed)
        if ranks is None:
            chance = np.where(masked, rng.random(x.shape), 2.0)
            ranks = np.argsort(np.argsort(chance, axis=1), axis=1)
        chosen = masked & (ranks < count)
        return np.where(chosen, drawn(believed, rng), x)


@dataclass(frozen=True)
class Unmasking(Reveals):
    """N steps for d coordinates, as even as whole numbers allow, the larger ones first.

    order: "random", "left to right", or "confident", those whose likeliest symbol is likeliest.
    """

    order: str = "random"
    kind: ClassVar[str] = "unmasking"
    label: ClassVar[str] = "unmasking"
    reference: ClassVar[str] = "Li and Cai, arXiv 2505.21400"

    def __post_init__(self) -> None:
        if self.order not in ORDERS:
            raise InputError(f"sampler.order: one of {', '.join(ORDERS)}, got {shown(self.order)}")

    @property
    def chosen_by(self) -> str:
        return self.order


@dataclass(frozen=True)
class FirstHitting(Reveals):
    """One MASK after the other in random order: no error of discretisation at all.

    Zheng et al., arXiv 2409.02908: as exact as the model, with d questions.
    """

    chosen_by: ClassVar[str] = "random"
    one_by_one: ClassVar[bool] = True
    kind: ClassVar[str] = "first-hitting"
    label: ClassVar[str] = "first hitting"
    reference: ClassVar[str] = "Zheng et al., arXiv 2409.02908"
