"""What one deterministic step does to p_t, beside p_{t-1}: exactly, on the line.

Where a step increases, the distribution function of its image is known at the images of points. So
D = (that function) - P_{t-1} is known there to all digits, and TV is half the total variation of D:
between its extrema, which parabolas find, differences telescope.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import numpy as np
import scipy

from diffusion_core.distances.mass_partition import resolve, target_masses
from diffusion_core.distances.of_masses import Distance, total_variation
from diffusion_core.experiment import Experiment
from diffusion_core.laws.line import law as line_law
from diffusion_core.laws.line.over_time import evolution, mass_below
from diffusion_core.laws.line.pushforward import NEGLIGIBLE, TransportLaw, bounded_chain, outside
from diffusion_core.laws.step import NOTHING, StepError
from diffusion_core.samplers import advance
from diffusion_core.schedules import Array, Mask
from diffusion_core.scores.exact import ExactScore, Score
from diffusion_core.targets.base import Marginal

NODES = 801  # points that a step carries
PICTURE_NODES = 6401
ROUNDS = 6
GOOD = 4e-4  # relative: with a larger error, more nodes
NOISE = 1e-14  # changes of D below are rounding
MOST_START = 2500  # start points
ROUNDING = 5e-14
FOLDED_NODES, FOLDED_CELLS = 40_001, 1600
NEWTON = 8
CAREFUL = 1e-5  # relative, where no number of fixed nodes will do


class DeterministicSteps:
    """Steps that are maps. A one-to-one map moves both laws alike: it takes nothing away."""

    def __init__(self, experiment: Experiment, stop: line_law.Stop = line_law.never) -> None:
        self._experiment, self._stop = experiment, stop
        self._exact, self._score = ExactScore(experiment.target, experiment.chain), experiment.score

    def steps(self) -> Iterator[StepError]:
        e = self._experiment
        x = line_law.start_nodes(e.target, e.chain, True)
        run = self._run(e.exact_start)
        folds, _ = next(run)
        for t, (folded, reached) in zip(range(e.steps, 1, -1), run, strict=True):
            self._stop()
            score = self._score_share(t, x)
            x, found = self._local(t, x)
            folds |= folded
            yield StepError(t, found, reached, None if folds else 0.0, score)

    def local_errors(self) -> Iterator[Distance]:
        """TV(K p_t, p_{t-1}) for t = T..2, without the rest."""
        e = self._experiment
        x = line_law.start_nodes(e.target, e.chain, True)
        for t in range(e.steps, 1, -1):
            self._stop()
            x, found = self._local(t, x)
            yield found

    def total(self, exact_start: bool) -> Distance:
        """TV(q_1, p_1)."""
        return self._resolved(exact_start)[1]

    def _resolved(self, exact_start: bool) -> tuple[TransportLaw, Distance]:
        """The law of Y_1 on start points that resolve it, and TV(q_1, p_1)."""
        e, ahead, bounds = self._experiment, self._exact.marginal(1), self._bounds(1)
        law = line_law.transport_law(e.with_(start="exact" if exact_start else "noise"), self._stop)
        pair = line_law.partitioned(law, ahead, bounds, CAREFUL, 1e-9, self._stop)
        return law, total_variation(pair)

    def _run(self, exact_start: bool) -> Iterator[tuple[bool, Distance]]:
        """Whether the run has mapped different points to one, and TV(q_t, p_t), for t = T..1."""
        law, total = self._resolved(exact_start)
        x = law.x[:: math.ceil(len(law.x) / MOST_START)]
        mass, (low, high) = law.start.interval_mass(x), outside(law.start, x)
        q = np.concatenate([[low], mass, [high]])
        folded: dict[int, Distance] = {}
        for t, y in bounded_chain(self._experiment.record, self._experiment.chain, self._score, x):
            if folded or (_falls(y) & (mass > NEGLIGIBLE)).any():
                folded = folded or self._folded(exact_start)
                yield True, folded[t] if t > 1 else total
                continue
            y = np.maximum.accumulate(y)
            found = _from_masses(y, q - self._masses(t, y)) if t > 1 else total
            yield t == 1 and law.folded, found

    def _folded(self, exact_start: bool) -> dict[int, Distance]:
        """TV(q_t, p_t) of a run that folds."""
        e, unused = self._experiment, np.array([-1.0, 1.0])
        run = e.with_(start="exact" if exact_start else "noise")
        return {s.t: s.tv for s in evolution(run, unused, range(e.steps, 0, -1), self._stop)}

    def _masses(self, t: int, y: Array) -> Array:
        """What p_t has between the y, the outside included."""
        return target_masses(self._exact.marginal(t), y, self._bounds(t))

    def step(self, t: int, x: Array, score: Score | None = None) -> Array:
        """Y_{t-1} from Y_t = x (M,), with the exact score unless another is given."""
        e = self._experiment
        y, _ = advance(e.record, x[:, None], t, e.chain, score or self._exact, np.zeros)
        return y[:, 0]

    def _bounds(self, t: int) -> tuple[float, float]:
        return line_law.marginal_bounds(self._experiment.target, self._experiment.chain.level(t))

    def _local(self, t: int, x: Array) -> tuple[Array, Distance]:
        """Nodes for the next step, and the distance."""
        p, ahead = self._exact.marginal(t), self._exact.marginal(t - 1)
        for _ in range(ROUNDS):
            y = self.step(t, x)
            q = p.interval_mass(x)
            if (_falls(y) & (q > NEGLIGIBLE)).any():
                break
            y = np.maximum.accumulate(y)
            r = self._masses(t - 1, y)
            tails = outside(p, x)
            gap = np.concatenate([tails[:1], q, tails[1:]]) - r
            found = _from_masses(y, gap)
            if found.error <= GOOD * found.value + 2 * ROUNDING:
                return _spread(y, r[1:-1], self._bounds(t - 1)), found
            x = _refined(x, gap)
        law = self._law(t)
        pair = resolve(line_law.unfold(law, 1e-9), ahead, self._bounds(t - 1), CAREFUL, self._stop)
        lo, hi = self._bounds(t - 1)
        even = np.linspace(lo, hi, 4 * NODES)
        return _spread(even, ahead.interval_mass(even), (lo, hi)), total_variation(pair)

    def _score_share(self, t: int, x: Array) -> Distance:
        """TV(K^ p_t, K p_t): D = P_t(x) - P_t(z) at K^(x), where K(z) = K^(x)."""
        if self._experiment.score_error is None:
            return NOTHING
        p = self._exact.marginal(t)
        for _ in range(ROUNDS):
            y, here = self.step(t, x, self._score), self.step(t, x)
            mass = p.interval_mass(x)
            if ((_falls(y) | _falls(here)) & (mass > NEGLIGIBLE)).any():
                return self._folded_share(t)
            y, here = np.maximum.accumulate(y), np.maximum.accumulate(here)
            z = _solved(lambda x: self.step(t, x), y, np.interp(y, here, x))
            sides = outside(p, x) - outside(p, z)
            gap = np.concatenate([sides[:1], mass - p.interval_mass(z), sides[1:]])
            found = _from_masses(y, gap)
            if found.error <= GOOD * found.value + 2 * ROUNDING:
                break
            x = _refined(x, gap)
        return found

    def _folded_share(self, t: int) -> Distance:
        """The same where either map folds: by masses in cells, the change from half of them twice.

        The cells' mean densities know nothing of the walls at a fold, so their TV is too small.
        """
        x = np.linspace(*self._bounds(t), FOLDED_NODES)
        mass = self._exact.marginal(t).interval_mass(x)
        images = [self.step(t, x, score) for score in (self._score, self._exact)]
        middle = 0.5 * (images[0] + images[1])[:-1]
        lo, hi = np.interp([1e-7, 1 - 1e-7], *_below(middle, mass))
        edges = np.linspace(lo, hi, FOLDED_CELLS + 1)
        below = [mass_below(y, mass, edges) for y in images]
        sizes = [float(np.abs(np.diff((below[0] - below[1])[::k])).sum()) / 2 for k in (1, 2)]
        return Distance(min(sizes[0], 1.0), 2 * abs(sizes[0] - sizes[1]) + 1e-6)

    def _law(self, t: int) -> TransportLaw:
        """The law of the step's image of p_t."""
        nodes = np.linspace(*self._bounds(t), line_law.START_NODES)
        return TransportLaw(lambda x: self.step(t, x), self._exact.marginal(t), nodes)

    def difference(self, t: int, edges: Array) -> Array:
        """Mass of K^ p_t minus that of p_{t-1} between the edges (G + 1,): (G,)."""
        lo, hi = self._bounds(t)
        even = np.linspace(lo, hi, PICTURE_NODES)
        p = self._exact.marginal(t)
        x = _spread(even, p.interval_mass(even), (lo, hi), PICTURE_NODES)
        ahead = self._exact.marginal(t - 1)
        y = self.step(t, x, self._score)
        return _mass_between(p, x, y, ahead, self._bounds(t - 1), edges)

    def outcome(self, edges: Array) -> Array:
        """Mass of q_1 minus that of p_1 between the edges."""
        e = self._experiment
        start = line_law.start_marginal(e.target, e.chain, e.exact_start)
        x = np.linspace(*line_law.start_interval(e.target, e.chain, e.exact_start), PICTURE_NODES)
        *_, (_, y) = bounded_chain(e.record, e.chain, self._score, x)
        return _mass_between(start, x, y, self._exact.marginal(1), self._bounds(1), edges)


def _refined(x: Array, increments: Array) -> Array:
    """With the middles of the intervals around the extrema of D."""
    rise = increments[1:-1]
    turns = (rise[:-1] * rise[1:] < 0) & (np.abs(rise[:-1]) + np.abs(rise[1:]) > NOISE)
    near = np.convolve(np.append(turns, False), np.ones(6), "same") > 0
    cells = np.flatnonzero(near)
    return np.insert(x, cells + 1, 0.5 * (x[cells] + x[cells + 1]))


def _solved(step: Callable[[Array], Array], y: Array, z: Array) -> Array:
    """z with step(z) = y for an increasing step, by Newton from near; sorted."""
    width = 1e-5 * max(float(z[-1] - z[0]), 1e-9)
    for _ in range(NEWTON):
        rise = (step(z + width) - step(z - width)) / (2 * width)
        z = z + (y - step(z)) / np.maximum(rise, 1e-9)
    return np.maximum.accumulate(z)


def _below(x: Array, mass: Array) -> tuple[Array, Array]:
    """Cumulated masses and, in their order, the points that carry them."""
    order = np.argsort(x)
    return np.cumsum(mass[order]), x[order]


def _falls(y: Array) -> Mask:
    return np.diff(y) < -1e-12 * np.abs(y[1:])


def _from_masses(x: Array, increments: Array) -> Distance:
    """Half the total variation of D on nodes x (M,) from its increments (M + 1,).

    The error is the larger change when every second node is left out, from either side.
    """
    d = np.cumsum(increments)[:-1]
    fine = _variation(x, d)
    halves = [_variation(x[k::2], d[k::2]) for k in (0, 1)]
    return Distance(min(fine, 1.0), max(abs(fine - half) for half in halves) + ROUNDING)


def _variation(x: Array, d: Array) -> float:
    """Half the variation of a function that is 0 at both infinities, by parabolas at extrema."""
    rise = np.diff(d)
    total = 0.5 * (abs(float(d[0])) + float(np.abs(rise).sum()) + abs(float(d[-1])))
    turns = np.flatnonzero(rise[:-1] * rise[1:] < 0) + 1
    a, b = x[turns] - x[turns - 1], x[turns + 1] - x[turns]
    left, right = rise[turns - 1], rise[turns]
    wide = (a > 0) & (b > 0)
    a, b, left, right = a[wide], b[wide], left[wide], right[wide]
    bend = (right / b - left / a) / (a + b)
    slope = (right * a / b + left * b / a) / (a + b)
    return total + float((slope * slope / (4 * np.abs(bend))).sum())


def _spread(y: Array, mass: Array, bounds: tuple[float, float], count: int = NODES) -> Array:
    """Nodes over the bounds: half of them evenly spread, half by the masses between the y."""
    inside = np.clip(np.concatenate([[bounds[0]], y, [bounds[1]]]), *bounds)
    below = np.concatenate([[0.0, 0.0], np.cumsum(mass), [0.0]])
    below[-1] = below[-2]
    below = below / max(below[-1], 1e-300) + (inside - bounds[0]) / (bounds[1] - bounds[0])
    first = np.append(True, np.diff(below) > 0)
    return np.interp(np.linspace(below[0], below[-1], count), below[first], inside[first])


def _mass_between(
    start: Marginal,
    x: Array,
    y: Array,
    marginal: Marginal,
    bounds: tuple[float, float],
    edges: Array,
) -> Array:
    """The mass that x -> y puts between edges minus the marginal's."""
    mass = start.interval_mass(x)
    heavy = mass > NEGLIGIBLE
    if (_falls(y) & heavy).any():
        return np.diff(mass_below(y, mass, edges)) - marginal.interval_mass(edges)
    y = np.maximum.accumulate(y)
    low, high = outside(start, x)
    gap = np.concatenate([[low], mass, [high]]) - target_masses(marginal, y, bounds)
    d = np.cumsum(gap)[:-1]
    apart = np.append(True, np.diff(y) > 1e-9 * (1 + np.abs(y[1:])))
    curve = scipy.interpolate.CubicSpline(y[apart], d[apart])
    beyond = (edges < y[0]) | (edges > y[-1])
    far = np.where(edges < y[0], -marginal.cdf(edges), 1.0 - marginal.cdf(edges))
    return np.diff(np.where(beyond, far, curve(np.clip(edges, y[0], y[-1]))))
