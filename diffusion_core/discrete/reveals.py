"""Steps of masked sequences, where every MASK goes with one chance and no other symbol moves.

A sequence then has few ends: (2S + 1)^d pairs of a state and an end in place of (S + 1)^{2d}. They
are listed once for a model, since what it believes does not depend on the noise time.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from diffusion_core.discrete.states import states
from diffusion_core.schedules import Array, Index


@dataclass(frozen=True, eq=False)
class Ends:
    """Pairs of a state and where it may end, among all states: (P,) each.

    chance: prod pi_i(end_i | state) over the ``drawn`` MASKs that became symbols.
    """

    source: Index
    end: Index
    chance: Array
    drawn: Index
    masks: Index  # of every state, (A^d,)

    def advance(self, law: Array, stays: float) -> Array:
        """sum_x law(x) chance(y | x) (1 - stays)^drawn stays^(MASKs of y), (A,) * d."""
        powers = np.arange(law.ndim + 1)
        gone, kept = (1 - stays) ** powers, stays**powers
        mass = law.ravel()[self.source] * self.chance * gone[self.drawn]
        out = np.bincount(self.end, mass, minlength=law.size) * kept[self.masks]
        return out.reshape(law.shape)


def ends_of(believed: Array) -> Ends:
    """Every pair, from what is believed of every state, (A^d, d, S)."""
    _, d, symbols = believed.shape
    masked = states(symbols + 1, d) == symbols
    masks, order = masked.sum(axis=1), np.argsort(~masked, axis=1, kind="stable")
    stride = (symbols + 1) ** np.arange(d)[::-1]
    move = np.append(np.arange(symbols) - symbols, 0)  # what a MASK becomes; at last, a MASK
    found = []
    for count in range(d + 1):
        source = np.flatnonzero(masks == count)
        end, chance = source[:, None], np.ones((len(source), 1))
        for i in order[source, :count].T:
            every = np.insert(believed[source, i], symbols, 1.0, axis=1)
            end = (end[:, :, None] + (stride[i, None] * move)[:, None]).reshape(len(source), -1)
            chance = (chance[:, :, None] * every[:, None]).reshape(len(source), -1)
        found.append((np.repeat(source, end.shape[1]), end.ravel(), chance.ravel()))
    source, end, chance = (np.concatenate(part) for part in zip(*found, strict=True))
    return Ends(source, end, chance, masks[source] - masks[end], masks)
