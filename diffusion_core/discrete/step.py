"""What a sampler of discrete diffusion in noise time is, and how symbols are drawn."""

from __future__ import annotations

from typing import ClassVar, Protocol

import numpy as np

from diffusion_core.discrete.dynamics import Dynamics
from diffusion_core.discrete.posterior import Model
from diffusion_core.schedules import Array, Index


class Step(Protocol):
    """A sampler that goes from one noise time to the next; ``kind`` and fields are its JSON."""

    kind: ClassVar[str]
    label: ClassVar[str]
    reference: ClassVar[str]

    def check(self, dynamics: Dynamics) -> None:
        """InputError for a noise that it is not made for."""
        ...

    def advance(self, model: Model, law: Array, s: float, u: float) -> Array:
        """The law at u from that at s, both (A,) * d."""
        ...

    def draw(self, model: Model, x: Index, s: float, u: float, rng: np.random.Generator) -> Index:
        """Sequences at u from sequences at s, (n, d)."""
        ...

    def evaluations(self, model: Model, s: float, u: float) -> float:
        """How often the model is asked in this step, on average."""
        ...


def drawn(kernel: Array, rng: np.random.Generator) -> Index:
    """A symbol for every coordinate from its chances, (n, d, A) to (n, d)."""
    below = np.cumsum(kernel, axis=2)
    u = rng.random((*kernel.shape[:2], 1)) * below[:, :, -1:]
    return np.minimum((below <= u).sum(axis=2), kernel.shape[2] - 1)


def place(model: Model, x: Index) -> Index:
    """Where each sequence is among all states, (n,)."""
    return np.ravel_multi_index(tuple(x.T), (model.alphabet,) * model.length)
