"""The exact law q_t of Y_t beside p_t at every t on the line: what an animation shows.

The same propagation as for Y_1, read off on the way. ``measure`` refines for one distance and is
more precise; here every t gets a density on one grid and a total variation with its own error.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from diffusion_core.distances.mass_partition import MassPair, target_masses
from diffusion_core.distances.of_masses import Distance, total_variation
from diffusion_core.distances.on_grid import half_modulus
from diffusion_core.experiment import Experiment
from diffusion_core.laws.density_grid import Density
from diffusion_core.laws.line import law
from diffusion_core.laws.line.folded import parts_of
from diffusion_core.laws.line.pushforward import bounded_chain, outside
from diffusion_core.laws.noisy_steps import densities
from diffusion_core.monotone_cubic import monotone_cubic
from diffusion_core.schedules import Array
from diffusion_core.targets.base import Marginal

NODES = 3001  # start points that a deterministic sampler carries, an odd number
FINER = 4  # nodes at which a density is compared with p_t, for each that carries it
FIXED_NODES = 1e-4  # relative: nodes that are not refined promise no more


@dataclass(frozen=True, eq=False)
class Snapshot:
    """q_t and p_t in cells around a grid's nodes, and TV(q_t, p_t).

    edges, output_below, target_below: (G + 1,), the ends of the cells and the mass of q_t and p_t
    below each of them.
    """

    t: int
    edges: Array
    output_below: Array
    target_below: Array
    tv: Distance

    @property
    def output(self) -> Array:
        """The density of q_t, averaged over each node's cell, (G,)."""
        return np.maximum(np.diff(self.output_below), 0.0) / np.diff(self.edges)

    @property
    def target(self) -> Array:
        """The density of p_t, averaged over each node's cell, (G,)."""
        return np.maximum(np.diff(self.target_below), 0.0) / np.diff(self.edges)

    def quantiles(self, levels: Sequence[float]) -> tuple[Array, Array]:
        """Those of q_t and of p_t; outside the grid they are put at its end."""
        ends = (self.output_below, self.target_below)
        output, target = (np.interp(levels, below, self.edges) for below in ends)
        return output, target


def evolution(
    experiment: Experiment,
    grid: Array,
    times: Sequence[int],
    stop: Callable[[], None] = law.never,
) -> Iterator[Snapshot]:
    """A snapshot for each t of ``times`` (descending), of a target in one dimension.

    grid: (G,) equally spaced. Refused where the exact law is, see ``measure``.
    """
    states = _stochastic if experiment.record.stochastic else _deterministic
    edges = _cell_edges(grid)
    for t, below, tv in states(experiment, edges, set(times), stop):
        marginal = experiment.target.marginal(experiment.chain.level(t))
        target = marginal.cdf(edges[:1]) + np.cumsum(np.append(0.0, marginal.interval_mass(edges)))
        yield Snapshot(t, edges, below, target, tv)


def _cell_edges(grid: Array) -> Array:
    step = grid[1] - grid[0]
    return np.append(grid - 0.5 * step, grid[-1] + 0.5 * step)


State = tuple[int, Array, Distance]


def _deterministic(
    experiment: Experiment, edges: Array, wanted: set[int], stop: Callable[[], None]
) -> Iterator[State]:
    chain, target = experiment.chain, experiment.target
    start = law.start_marginal(target, chain, experiment.exact_start)
    x = _carried_nodes(experiment, stop)
    mass, tails = start.interval_mass(x), outside(start, x)
    for t, y in bounded_chain(experiment.record, chain, experiment.score, x):
        stop()
        if t not in wanted:
            continue
        tv = _partition_tv(_pair_at(experiment, t, *_partition(y, mass), tails))
        if (np.diff(y) < 0).any():
            # the branches are only modelled: with half the nodes the model is twice as rough
            rough = _partition(y[::2], mass.reshape(-1, 2).sum(axis=1))
            change = tv.value - total_variation(_pair_at(experiment, t, *rough, tails)).value
            tv = Distance(tv.value, tv.error + abs(change))
        yield t, tails[0] + mass_below(y, mass, edges), tv


def _carried_nodes(experiment: Experiment, stop: Callable[[], None]) -> Array:
    """An odd number of start points, close enough for the score's own detail."""
    chain, target = experiment.chain, experiment.target
    nodes = law.run_nodes(experiment, stop)
    plain = law.start_nodes(target, chain, experiment.exact_start)
    lo, hi = law.start_interval(target, chain, experiment.exact_start)
    even = np.linspace(lo, hi, max(NODES, len(plain) | 1))
    if len(nodes) == len(plain):
        return even
    x = np.union1d(even, nodes[(nodes > lo) & (nodes < hi)])
    return x if len(x) % 2 else np.delete(x, len(x) // 2)


def _partition_tv(pair: MassPair) -> Distance:
    """TV on the partition, which falls short of the truth like the square of the cells' size.

    So half the cells lose three times as much again; the error is three times the larger loss of
    the two ways to halve them, and never less than what fixed nodes can promise.
    """
    found = total_variation(pair)
    q, p = _without_first(pair.q), _without_first(pair.p)
    shifted = MassPair(pair.edges[1:], q, p, 0.0)
    halves = [total_variation(half.coarsened()).value for half in (pair, shifted)]
    error = max(3 * (found.value - min(halves)), FIXED_NODES * found.value)
    return Distance(found.value, error + 1e-12)


def _without_first(mass: Array) -> Array:
    """The masses when the first edge is taken away."""
    return np.concatenate([[mass[0] + mass[1]], mass[2:]])


def _partition(y: Array, mass: Array) -> tuple[Array, Array]:
    """Edges and the masses between them: at the images, or on fewer where F folds."""
    if (np.diff(y) >= 0).all():
        return y, mass
    wanted = max(1000, min(len(y) // 4, 20_000))
    edges = np.unique(y)[:: max(1, len(y) // wanted)]
    return edges, np.diff(_spread_evenly(y, mass, edges))


def mass_below(y: Array, mass: Array, edges: Array) -> Array:
    """Mass below each of ``edges``: through a monotone cubic where F increases."""
    if not (np.diff(y) >= 0).all():
        return _spread_evenly(y, mass, edges)
    below = np.concatenate([[0.0], np.cumsum(mass)])
    last = np.append(np.diff(y) > 0, True)  # of the start points with one image
    return monotone_cubic(y[last], below[last], np.clip(edges, y[0], y[-1]))


def _spread_evenly(y: Array, mass: Array, edges: Array) -> Array:
    """Mass below each of ``edges``; a start cell's is spread evenly between its ends' images.

    As a function of position the mass below is piecewise linear, and branches add up.
    """
    low, high = np.minimum(y[:-1], y[1:]), np.maximum(y[:-1], y[1:])
    width = np.maximum(high - low, 1e-300)
    below = np.zeros(len(edges))
    # cells wholly below an edge, then the parts of those that contain one
    order = np.argsort(high)
    total = np.concatenate([[0.0], np.cumsum(mass[order])])
    below += total[np.searchsorted(high[order], edges, side="right")]
    first = np.searchsorted(edges, low, side="right")
    last = np.searchsorted(edges, high, side="left")
    count = np.maximum(last - first, 0)
    for part in parts_of(count):  # each cell may hold every edge
        cell = np.repeat(np.arange(part.start, part.stop), count[part])
        begin = np.repeat(np.cumsum(count[part]) - count[part], count[part])
        edge = first[cell] + np.arange(len(cell)) - begin
        share = (edges[edge] - low[cell]) / width[cell]
        below += np.bincount(edge, share * mass[cell], minlength=len(edges))
    return below


def _stochastic(
    experiment: Experiment, edges: Array, wanted: set[int], stop: Callable[[], None]
) -> Iterator[State]:
    for t, density, unresolved in densities(experiment, law.RESOLUTION, stop):
        if t not in wanted:
            continue
        marginal = experiment.target.marginal(experiment.chain.level(t))
        tv = grid_tv(density.upsampled(FINER), marginal, unresolved)
        yield t, density.distribution(FINER)(edges), tv


def grid_tv(density: Density, marginal: Marginal, unresolved: float) -> Distance:
    """(1/2) int |q - p|, p's mass outside the grid included.

    The mass that is lacking, what the grids left out and a billionth join the error.
    """
    x = density.axes[0]
    size, error = half_modulus(density.values - np.exp(marginal.log_density(x[:, None])), density.h)
    tails = max(0.0, 1.0 - float(marginal.interval_mass(x[[0, -1]])[0]))
    error += abs(density.mass - 1.0) + unresolved + 1e-9
    return Distance(min(size + 0.5 * tails, 1.0), error)


def _pair_at(experiment: Experiment, t: int, edges: Array, q: Array, tails: Array) -> MassPair:
    level = experiment.chain.level(t)
    bounds = law.marginal_bounds(experiment.target, level)
    p = target_masses(experiment.target.marginal(level), edges, bounds)
    return MassPair(edges, np.concatenate([tails[:1], q, tails[1:]]), p, 0.0)
