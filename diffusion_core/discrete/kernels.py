"""One step of a reverse run from noise time s to u < s, in every coordinate by itself.

Each kernel maps states x (n, d) and what the model believes of them, (n, d, S), to the chances of
every symbol in every coordinate, (n, d, A): given x the coordinates move independently, which is
where the error of a long step comes from.
"""

from __future__ import annotations

import numpy as np

from diffusion_core.discrete.dynamics import Masked
from diffusion_core.discrete.posterior import Model
from diffusion_core.discrete.states import over_symbols
from diffusion_core.schedules import Array, Index


def euler(model: Model, x: Index, believed: Array, s: float, u: float) -> Array:
    """Jump to b with the chance (s - u) rate(b); where these exceed 1 they are scaled to 1."""
    jumps = (s - u) * model.reverse_rates(s, x, believed)
    total = over_symbols(jumps)[:, :, None]
    jumps /= np.maximum(total, 1.0)
    np.put_along_axis(jumps, x[:, :, None], np.maximum(1 - total, 0.0), axis=2)
    return jumps


def excess(model: Model, x: Index, believed: Array, s: float, u: float) -> Array:
    """Whether Euler's chances exceed 1 in some coordinate, (n,)."""
    total = (s - u) * over_symbols(model.reverse_rates(s, x, believed))
    return np.asarray((total > 1).any(axis=1))


def tau_leaping(model: Model, x: Index, believed: Array, s: float, u: float) -> Array:
    """Rates frozen at s, jumps drawn from Poisson laws (Campbell et al., arXiv 2205.14987)."""
    return leap(model, x, channels(model, x, model.reverse_rates(s, x, believed)), s - u)


def channels(model: Model, x: Index, rates: Array) -> Array:
    """Rates by what a jump does: by b - x_i modulo S, or by the symbol that a MASK turns into."""
    if isinstance(model.dynamics, Masked):
        return rates
    symbols = np.arange(model.alphabet)
    return np.take_along_axis(rates, (x[:, :, None] + symbols) % model.alphabet, axis=2)


def leap(model: Model, x: Index, rates: Array, h: float) -> Array:
    """Poisson jumps of every channel for a time h.

    Jumps of one coordinate add up modulo S; of a MASK the first one counts. The law of the sum is
    a product over the waves of Z_S: exp(h sum_m rate_m (e^{-2 pi i k m/S} - 1)).
    """
    total = over_symbols(rates)[:, :, None]
    if isinstance(model.dynamics, Masked):
        share = np.divide(rates, total, out=np.zeros_like(rates), where=total > 0)
        moved = share * -np.expm1(-h * total)
        stays = np.exp(-h * total)
        own = np.take_along_axis(moved, x[:, :, None], axis=2)
        np.put_along_axis(moved, x[:, :, None], own + stays, axis=2)
        return moved
    waves = np.exp(h * (np.fft.fft(rates, axis=2) - total))
    sums = np.maximum(np.fft.ifft(waves, axis=2).real, 0.0)
    symbols = np.arange(model.alphabet)
    kernel = np.take_along_axis(sums, (symbols - x[:, :, None]) % model.alphabet, axis=2)
    return np.asarray(kernel / over_symbols(kernel)[:, :, None])


def bridge(model: Model, x: Index, believed: Array, s: float, u: float) -> Array:
    """Draw X_0^i as believed, noise it to u, and condition on what s shows.

    k_i(b | x) prop. to (pi_i P_u)(b) P_{s-u}(b, x_i): the leave-one-out bridge of arXiv 2608.23554;
    of a masked sequence it is parallel unmasking, where a MASK stays with the chance
    (1 - e^{-u})/(1 - e^{-s}) and else becomes a symbol as believed.
    """
    onward = model.dynamics.transition(model.symbols, s - u)
    chances = (believed @ model.emission(u)) * onward.T[x]
    stuck = over_symbols(chances)[:, :, None] == 0  # shows what a wrong run has made: it stays
    if stuck.any():
        chances += stuck * np.eye(model.alphabet)[x]
    return np.asarray(chances / over_symbols(chances)[:, :, None])
