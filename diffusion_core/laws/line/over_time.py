"""The exact law q_t of Y_t beside p_t at every t on the line: what an animation shows.

The same propagation as for Y_1, read off on the way. ``measure`` refines for one distance and is
more precise; here every t gets a density on one grid and a total variation with its own error.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from diffusion_core.distances.mass_partition import target_masses
from diffusion_core.distances.of_masses import Distance
from diffusion_core.distances.on_grid import half_modulus
from diffusion_core.experiment import Experiment
from diffusion_core.laws.density_grid import Density
from diffusion_core.laws.line import law
from diffusion_core.laws.line.folded import parts_of
from diffusion_core.laws.line.pushforward import bounded_chain, outside
from diffusion_core.laws.noisy_steps import densities, finest
from diffusion_core.monotone_cubic import monotone_cubic
from diffusion_core.schedules import Array
from diffusion_core.scores.exact import Score
from diffusion_core.targets.base import Marginal

MOST_NODES = 3000  # start points that a deterministic sampler carries, about
CLOSE = 0.05  # of the finest detail of p_t: neighbours
UNSEEN = 1e-9  # the mass of a cell whose place does not matter
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
    for t, marginal, below, tv in states(experiment, edges, set(times), stop):
        target = marginal.cdf(edges[:1]) + np.cumsum(np.append(0.0, marginal.interval_mass(edges)))
        yield Snapshot(t, edges, below, target, tv)


def _cell_edges(grid: Array) -> Array:
    step = grid[1] - grid[0]
    return np.append(grid - 0.5 * step, grid[-1] + 0.5 * step)


State = tuple[int, Marginal, Array, Distance]


def _deterministic(
    experiment: Experiment, edges: Array, wanted: set[int], stop: Callable[[], None]
) -> Iterator[State]:
    chain, target = experiment.chain, experiment.target
    start = law.start_marginal(target, chain, experiment.exact_start)
    score = experiment.score
    x = _carried_nodes(experiment, score, stop)
    mass, tails = start.interval_mass(x), outside(start, x)
    for t, y in bounded_chain(experiment.record, chain, score, x):
        stop()
        if t not in wanted:
            continue
        marginal, bounds = (
            target.marginal(chain.level(t)),
            law.marginal_bounds(target, chain.level(t)),
        )
        folded = bool((np.diff(y) < 0).any())
        images, q = _partition(y, mass) if folded else (y, mass)
        p = target_masses(marginal, images, bounds)
        tv = _partition_tv(images, q, p, tails)
        if folded:
            # the branches are only modelled: with half the nodes the model is twice as rough
            images, q = _partition(y[::2], mass.reshape(-1, 2).sum(axis=1))
            rough = _partition_tv(images, q, target_masses(marginal, images, bounds), tails)
            tv = Distance(tv.value, tv.error + abs(tv.value - rough.value))
        yield t, marginal, tails[0] + mass_below(y, mass, edges), tv


def _carried_nodes(experiment: Experiment, score: Score, stop: Callable[[], None]) -> Array:
    """An odd number of start points, close enough for the score's own detail.

    Between them and their images lies no more than a share of the finest detail of p_t, as far as
    ``MOST_NODES`` reach.
    """
    e, chain, target = experiment, experiment.chain, experiment.target
    nodes = law.run_nodes(e, stop)
    lo, hi = law.start_interval(target, chain, e.exact_start)
    nodes = nodes[(nodes >= lo) & (nodes <= hi)]
    scale = [CLOSE * finest(target, chain.level(t)) for t in range(e.steps + 1)]
    span = law.stretched(e, score, nodes, np.array(scale), stop)
    span[law.start_marginal(target, chain, e.exact_start).interval_mass(nodes) < UNSEEN] = 0.0
    span *= min(1.0, MOST_NODES / max(1.0, span.sum()))
    x = law.divided(nodes, np.ceil(np.maximum(span, 1.0)).astype(int))
    return x if len(x) % 2 else np.delete(x, len(x) // 2)


def _partition_tv(edges: Array, q: Array, p: Array, tails: Array) -> Distance:
    """TV of masses between the edges (M,), q (M-1,) and p (M+1,), and of the tails beyond.

    What is left is of third order in the cells, so that merged in pairs, in both ways, they are off
    by some seven times as much; twice the larger change, because both may come near by chance.
    """
    gap, width = q - p[1:-1], np.diff(edges)
    beyond = float(np.abs(tails - p[[0, -1]]).sum())
    found = 0.5 * (_modulus(gap, width) + beyond)
    merged = [_modulus(_in_pairs(gap, k), _in_pairs(width, k)) for k in (0, 1)]
    change = max(abs(found - 0.5 * (half + beyond)) for half in merged)
    return Distance(min(found, 1.0), max(2 * change, FIXED_NODES * found) + 1e-12)


def _in_pairs(cells: Array, first: int) -> Array:
    """Neighbours added from ``first`` on; what has none stays as it is."""
    even = first + (len(cells) - first) // 2 * 2
    paired = cells[first:even:2] + cells[first + 1 : even : 2]
    return np.concatenate([cells[:first], paired, cells[even:]])


def _modulus(gap: Array, width: Array) -> float:
    """int |f| for a smooth f with these integrals over neighbouring cells.

    A zero at a distance z inside a cell hides g z^2, g the slope there: f is taken to be linear
    between the middles of two cells of different sign.
    """
    total = float(np.abs(gap).sum())
    i = np.flatnonzero((gap[:-1] * gap[1:] < 0) & (width[:-1] > 0) & (width[1:] > 0))
    left, right = width[i], width[i + 1]
    a, b = np.abs(gap[i]) / left, np.abs(gap[i + 1]) / right
    span = 0.5 * (left + right)
    z = a / (a + b) * span - 0.5 * left
    return total + float(((a + b) / span * z * z).sum())


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
    chain = experiment.chain
    for t, density, unresolved in densities(experiment, law.RESOLUTION, stop):
        if t not in wanted:
            continue
        marginal = experiment.target.marginal(chain.level(t))
        fine = density.upsampled(FINER)
        yield t, marginal, fine.distribution(1)(edges), grid_tv(fine, marginal, unresolved)


def grid_tv(density: Density, marginal: Marginal, unresolved: float) -> Distance:
    """(1/2) int |q - p|, p's mass outside the grid included.

    The mass that is lacking, what the grids left out and a billionth join the error.
    """
    x = density.axes[0]
    size, error = half_modulus(density.values - np.exp(marginal.log_density(x[:, None])), density.h)
    tails = max(0.0, 1.0 - float(marginal.interval_mass(x[[0, -1]])[0]))
    error += abs(density.mass - 1.0) + unresolved + 1e-9
    return Distance(min(size + 0.5 * tails, 1.0), error)
