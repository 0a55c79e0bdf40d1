"""The exact law of Y_1 on the line, for any sampler, target, schedule and start."""

from __future__ import annotations

import math

import numpy as np

from diffusion_core.distances.mass_partition import LineLaw, MassPair, resolve
from diffusion_core.errors import Refused
from diffusion_core.experiment import Experiment
from diffusion_core.laws.density_grid import Density, Resolution
from diffusion_core.laws.line.folded import FoldedLaw
from diffusion_core.laws.line.pushforward import TransportLaw, bounded_chain
from diffusion_core.laws.noisy_steps import (
    REACH,
    Stop,
    final_density,
    finest,
    law_box,
    never,
)
from diffusion_core.schedules import Array, Chain, Index, Mask, NoiseLevel
from diffusion_core.scores.exact import Score, score_detail
from diffusion_core.targets.base import Marginal, Target
from diffusion_core.targets.gaussian_mixture import GaussianMixture1D

START_NODES, MOST_START_NODES = 401, 20_001
FAR_OUT, FAR_NODES = 12.0, 49  # standard deviations beyond, where mass falls to 1e-90
RESOLVED = 0.4  # of a score's own detail may lie between neighbouring images
RESOLVING_ROUNDS, MOST_PARTS, MOST_RESOLVED = 12, 16, 300_000
UNSEEN = 1e-12  # the mass of a cell whose detail does not matter
MOST_FOLDED = 20_000  # start points of a law whose branches are summed
TOO_FINE = (
    "score_error: this error of the score has too fine a detail for the exact law of this run; "
    "use a longer wave, a smaller size, more steps or the particles method"
)
RESOLUTION = Resolution(band=7.5, oversampled=2.0)  # what a grid leaves out: exp(-7.5^2/2)


def marginal_bounds(target: Target, level: NoiseLevel) -> tuple[float, float]:
    """An interval that holds X_t but for about 1e-16 of its mass."""
    lo, hi = law_box(target, level)[:, 0].tolist()
    return lo, hi


def standard_normal() -> GaussianMixture1D:
    """N(0, 1)."""
    one = np.ones(1)
    return GaussianMixture1D(one, 0 * one, one)


class GridLaw:
    """A law known by its density on a grid."""

    def __init__(self, density: Density, error: float) -> None:
        self.density, self.error = density, error
        self._below = density.distribution()
        self.edges = density.upsampled(2).axes[0]
        width = float(self.edges[-1] - self.edges[0])
        self.displacement = (error * width, math.sqrt(error) * width)

    @property
    def masses(self) -> Array:
        return np.maximum(np.diff(self._below(self.edges)), 0.0)

    @property
    def tails(self) -> Array:
        return np.zeros(2)

    @property
    def divisible(self) -> Mask:
        return np.diff(self.edges) > 4 * np.spacing(np.abs(self.edges[1:]))

    def split(self, cells: Index) -> None:
        middle = 0.5 * (self.edges[cells] + self.edges[cells + 1])
        self.edges = np.insert(self.edges, cells + 1, middle)


def start_marginal(target: Target, chain: Chain, exact: bool) -> Marginal:
    """The law of Y_T: p_T when ``exact``, otherwise N(0, 1)."""
    return target.marginal(chain.level(chain.steps)) if exact else standard_normal()


def start_interval(target: Target, chain: Chain, exact: bool) -> tuple[float, float]:
    """An interval that holds Y_T but for about 1e-16 of its mass."""
    return marginal_bounds(target, chain.level(chain.steps)) if exact else (-REACH, REACH)


def start_nodes(target: Target, chain: Chain, exact: bool) -> Array:
    """Start points over the law of Y_T and, sparser, far beyond it.

    Far tails matter where the map contracts so much that they alone cover the target.
    """
    deviation = finest(target, chain.level(chain.steps)) if exact else 1.0
    return nodes_over(*start_interval(target, chain, exact), deviation)


def nodes_over(lo: float, hi: float, deviation: float) -> Array:
    """Points from lo to hi, eight a deviation, and sparser ones far beyond."""
    count = max(START_NODES, math.ceil(8 * (hi - lo) / max(deviation, 1e-9)))
    outer = deviation * np.linspace(0.0, FAR_OUT, FAR_NODES)[1:]
    nodes = np.linspace(lo, hi, min(count, MOST_START_NODES))
    return np.concatenate([lo - outer[::-1], nodes, hi + outer])


def run_nodes(experiment: Experiment, stop: Stop = never) -> Array:
    """Start points so close that at no t a score's own detail falls between their images.

    Refused where that takes too many: a map that stretches such detail again at every t mixes.
    """
    e, chain, score = experiment, experiment.chain, experiment.score
    nodes = start_nodes(e.target, chain, e.exact_start)
    details = _details(score, chain)
    if not np.isfinite(details).any():
        return nodes
    start = start_marginal(e.target, chain, e.exact_start)
    for _ in range(RESOLVING_ROUNDS):
        span = stretched(e, score, nodes, RESOLVED * details, stop)
        span[start.interval_mass(nodes) < UNSEEN] = 0.0
        parts = np.clip(np.ceil(span), 1, MOST_PARTS).astype(int)
        if (parts == 1).all():
            return nodes
        if parts.sum() > MOST_RESOLVED:
            break
        nodes = divided(nodes, parts)
    raise Refused(TOO_FINE)


def stretched(
    experiment: Experiment, score: Score, nodes: Array, scale: Array, stop: Stop = never
) -> Array:
    """How far apart neighbours of the start points come at any t, over the scale of that t: (M-1,).

    scale: (T+1,), for t = 0..T.
    """
    span = np.zeros(len(nodes) - 1)
    for t, y in bounded_chain(experiment.record, experiment.chain, score, nodes):
        stop()
        np.maximum(span, np.abs(np.diff(y)) / scale[t], out=span)
    return span


def _details(score: Score, chain: Chain) -> Array:
    """The finest detail that an update from t meets, t = 0..T."""
    own = [math.inf, *(score_detail(score, t) for t in range(1, chain.steps + 2)), math.inf]
    return np.array([min(own[max(0, t - 1) : t + 2]) for t in range(chain.steps + 1)])


def divided(nodes: Array, parts: Index) -> Array:
    """Every cell cut into so many equal parts."""
    cell = np.repeat(np.arange(len(parts)), parts)
    rank = np.arange(len(cell)) - np.repeat(np.cumsum(parts) - parts, parts)
    inner = nodes[cell] + np.diff(nodes)[cell] * (rank / parts[cell])
    return np.append(inner, nodes[-1])


def transport_law(experiment: Experiment, stop: Stop = never) -> TransportLaw:
    """The law of a deterministic sampler's Y_1, folds not yet looked for."""
    e, chain, score = experiment, experiment.chain, experiment.score

    def flow(x: Array) -> Array:
        image = x
        for _, y in bounded_chain(e.record, chain, score, x):
            stop()
            image = y
        return image

    start = start_marginal(e.target, chain, e.exact_start)
    return TransportLaw(flow, start, run_nodes(e, stop))


def grid_law(experiment: Experiment, stop: Stop = never) -> GridLaw:
    """The law of a stochastic sampler's Y_1."""
    density, unresolved = final_density(experiment, RESOLUTION, stop)
    return GridLaw(density, max(abs(density.mass - 1.0), unresolved))


def unfold(law: TransportLaw, tolerance: float, stop: Stop = never) -> LineLaw:
    """The law itself where F increases, otherwise its branches summed; Refused for too many."""
    if law.folded and law.begun > MOST_FOLDED:
        raise Refused(TOO_FINE)
    return FoldedLaw(law, tolerance, stop) if law.folded else law


def partitioned(
    law: TransportLaw,
    marginal: Marginal,
    bounds: tuple[float, float],
    tolerance: float,
    unfolded: float,
    stop: Stop = never,
) -> MassPair:
    """``resolve`` of the law, with its branches summed where the map folds.

    unfolded: the mass that the sum may miss.
    """
    pair = None if law.folded else resolve(law, marginal, bounds, tolerance, stop)
    if pair is None or law.folded:  # looking closer may have found a fold
        pair = resolve(unfold(law, unfolded, stop), marginal, bounds, tolerance, stop)
    return pair
