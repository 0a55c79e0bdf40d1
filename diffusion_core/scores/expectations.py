"""E f(X_t), X_t ~ p_t, for functions that are only known by their values, each with its error.

On the line: Gauss-Legendre panels where p_t has mass, halved until that changes nothing. In the
plane: Gauss-Hermite nodes around every Gaussian, when there are few, otherwise scrambled Sobol'
points pushed through X_t = sqrt(abar) X_0 + sqrt(var) W. Beyond: independent draws of X_t. The
last two have standard errors instead of bounds, and say so.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import scipy
from scipy.special import ndtri

from diffusion_core.schedules import Array, Chain, NoiseLevel
from diffusion_core.targets.base import Marginal, Target
from diffusion_core.targets.gaussian_mixture import GaussianMixture

QUADRATURE, SOBOL, DRAWS = "quadrature", "Sobol' points", "Monte Carlo"
CLOSED_FORM = "closed form"

REACH = 8.4  # standard deviations of the noise beyond the target's own bounds
HEAVY = 1 / 48  # no panel begins with more mass
NODES, WEIGHTS = np.polynomial.legendre.leggauss(12)
WORK = 60_000_000  # nodes times components on the line
MOST_NODES, LEAST_NODES = 600_000, 6_000
HERMITE = (18, 20, 23, 25, 28)  # nodes along each axis; the last against those before
FEW = 24  # Gaussians that get nodes of their own
POINTS, SCRAMBLES = 4096, 8
MOST_DRAWS = 8192
PLANE_WORK = 6_000_000  # points times components in the plane and beyond
LEAST_POINTS = 32
TOLERANCE = 1e-9
CHANCE = 1e4
ALL_STEPS = 200  # of a chain whose every t is worked out
CURVE_NODES = 121
STANDARD_ERRORS = 3.0  # that bound a mean of draws, or of scrambled points
FAINT = 1e-12  # abar, below which p_t is noise

Function = Callable[[Array], Array]


@dataclass(frozen=True, eq=False)
class Mean:
    """E f for K functions: value and error (K,); ``how`` says what the error is of."""

    value: Array
    error: Array
    how: str


def expectation(
    target: Target, level: NoiseLevel, f: Function, seed: int = 0, most: int = MOST_DRAWS
) -> Mean:
    """E f(X_t) for f from points (N, d) to values (K, N), with at most ``most`` draws of X_t."""
    if target.dim == 1:
        return _on_the_line(target, level, f)
    if isinstance(target, GaussianMixture) and target.dim == 2 and len(target.weights) <= FEW:
        return _around_gaussians(target, level, f)
    if target.dim == 2 and level.var > 0:
        return _from_sobol(target, level, f, seed)
    return _from_draws(target, level, f, seed, most)


def fisher_information(target: Target, level: NoiseLevel) -> Mean:
    """E |s_t(X_t)|^2, (1,); in closed form for one Gaussian, the trace of its precision."""
    if isinstance(target, GaussianMixture) and len(target.weights) == 1:
        variance = level.abar * target.spectrum[0][0] + level.var
        value = np.array([float((1 / variance).sum())])
        return Mean(value, 1e-15 * value, CLOSED_FORM)
    marginal = target.marginal(level)

    def square(x: Array) -> Array:
        return np.square(marginal.score(x)).sum(axis=1)[None]

    return expectation(target, level, square)


def _on_the_line(target: Target, level: NoiseLevel, f: Function) -> Mean:
    marginal = target.marginal(level)
    most = min(MOST_NODES, max(LEAST_NODES, WORK // target.terms))
    edges = _panels(marginal, target, level)
    left, right = edges[:-1], edges[1:]
    whole = _panel_sums(marginal, f, left, right)
    spent = 12 * len(left)
    before = np.full(whole.shape, np.inf)
    value = error = np.zeros(len(whole))
    while len(left):
        middle = 0.5 * (left + right)
        first = _panel_sums(marginal, f, left, middle)
        second = _panel_sums(marginal, f, middle, right)
        spent += 24 * len(left)
        change = np.abs(first + second - whole)
        total = np.abs(value) + np.abs(first + second).sum(axis=1)
        share = TOLERANCE * np.maximum(total, 1e-300)[:, None] / 200
        # once may be chance, where f has kinks or waves shorter than the panel
        unsettled = (change > share) | (before > CHANCE * share)
        wanted = unsettled.any(axis=0) & (right - left > 1e-13 * np.abs(middle))
        if spent + 48 * np.count_nonzero(wanted) > most:
            wanted[:] = False
        value = value + (first + second)[:, ~wanted].sum(axis=1)
        error = error + change[:, ~wanted].sum(axis=1)
        before = np.tile(change[:, wanted], 2)
        left, middle, right = left[wanted], middle[wanted], right[wanted]
        whole = np.concatenate([first[:, wanted], second[:, wanted]], axis=1)
        left, right = np.concatenate([left, middle]), np.concatenate([middle, right])
    return Mean(value, error + 1e-13 * np.abs(value), QUADRATURE)


def _panels(marginal: Marginal, target: Target, level: NoiseLevel) -> Array:
    """Ends of panels over p_t, none with much of its mass."""
    reach = REACH * math.sqrt(level.var)
    lo, hi = math.sqrt(level.abar) * target.bounds[:, 0] + np.array([-reach, reach])
    edges = np.linspace(lo, hi, 33)
    for _ in range(120):
        heavy = np.flatnonzero(marginal.interval_mass(edges) > HEAVY)
        heavy = heavy[np.diff(edges)[heavy] > 1e-12 * np.abs(edges[heavy])]
        if not len(heavy):
            break
        edges = np.insert(edges, heavy + 1, 0.5 * (edges[heavy] + edges[heavy + 1]))
    return edges


def _panel_sums(marginal: Marginal, f: Function, left: Array, right: Array) -> Array:
    """int f p over every panel, (K, P)."""
    half = 0.5 * (right - left)
    x = (0.5 * (left + right))[:, None] + half[:, None] * NODES
    flat = x.reshape(-1, 1)
    values = f(flat) * np.exp(marginal.log_density(flat))
    return np.asarray((values.reshape(len(values), *x.shape) @ WEIGHTS) * half)


def _around_gaussians(target: GaussianMixture, level: NoiseLevel, f: Function) -> Mean:
    """sum_k w_k E f(m_k + S_k^{1/2} Z), a product of Gauss-Hermite rules for each."""
    values, vectors = target.spectrum
    means = math.sqrt(level.abar) * np.array(target.means)
    deviations = np.sqrt(level.abar * values + level.var)
    weights = np.array(target.weights) / sum(target.weights)
    found = []
    for n in HERMITE:
        z, w = np.polynomial.hermite_e.hermegauss(n)
        grid = np.stack([g.ravel() for g in np.meshgrid(z, z)], axis=1)
        share = np.outer(w, w).ravel() / w.sum() ** 2
        x = means[:, None, :] + np.einsum("kij,kj,nj->kni", vectors, deviations, grid)
        of = f(x.reshape(-1, 2))
        found.append(of.reshape(len(of), len(means), -1) @ share @ weights)
    best, change = found[-1], np.abs(found[-1] - np.array(found[:-1])).max(axis=0)
    # they converge slowly where one Gaussian gives way to another within either
    return Mean(best, 2 * change + 1e-14 * np.abs(best), QUADRATURE)


def _from_sobol(target: Target, level: NoiseLevel, f: Function, seed: int) -> Mean:
    from scipy.stats import qmc  # slow to import

    most = max(LEAST_POINTS, PLANE_WORK // (target.terms * SCRAMBLES))
    n = 1 << min(int(math.log2(POINTS)), int(math.log2(most)))
    means = []
    for k in range(SCRAMBLES):
        cube = qmc.Sobol(5, rng=np.random.default_rng([seed, k])).random(n)
        cube = np.clip(cube, 1e-15, 1 - 1e-15)
        x0 = target.from_uniform(cube[:, 2:])
        x = math.sqrt(level.abar) * x0 + math.sqrt(level.var) * ndtri(cube[:, :2])
        means.append(f(x).mean(axis=1))
    found = np.array(means)
    error = found.std(axis=0, ddof=1) / math.sqrt(SCRAMBLES)
    return Mean(found.mean(axis=0), error, SOBOL)


def _from_draws(target: Target, level: NoiseLevel, f: Function, seed: int, most: int) -> Mean:
    work = PLANE_WORK // (target.terms * target.dim)
    n = max(LEAST_POINTS, min(most, work))
    x = target.sample_marginal(n, level, np.random.default_rng([seed, 2]))
    values = f(x)
    return Mean(values.mean(axis=1), values.std(axis=1, ddof=1) / math.sqrt(n), DRAWS)


class FisherCurve:
    """E |s_t(X_t)|^2 along a chain: at every t asked for, on long chains from a smooth curve.

    With sigma^2 = var/abar, abar E |s_t|^2 is a function of sigma^2 alone, smooth in logarithms.
    """

    def __init__(self, target: Target, chain: Chain) -> None:
        self._target, self._chain = target, chain
        self._spline: scipy.interpolate.BSpline | None = None
        self._doubt: Function | None = None
        self._means: dict[float, Mean] = {}

    def __call__(self, t: float) -> float:
        level = self._chain.level(t)
        if self._at_every(level):
            return float(self._mean(t).value[0])
        spline, _ = self._curve()
        return math.exp(float(spline(_log_noise(level)))) / level.abar

    def relative_error(self, t: int) -> float:
        """What that may be wrong by over itself: three standard errors where it has those."""
        level = self._chain.level(t)
        if self._at_every(level):
            return _relative_error(self._mean(t))
        _, doubt = self._curve()
        return float(doubt(np.array([_log_noise(level)]))[0])

    @property
    def how(self) -> str:
        """Where the numbers come from, as a ``Mean`` says."""
        return self._mean(1).how

    def _at_every(self, level: NoiseLevel) -> bool:
        return self._chain.steps <= ALL_STEPS or level.abar < FAINT

    def _mean(self, t: float) -> Mean:
        if t not in self._means:
            self._means[t] = fisher_information(self._target, self._chain.level(t))
        return self._means[t]

    def _curve(self) -> tuple[scipy.interpolate.BSpline, Function]:
        """log(abar E |s_t|^2) over log sigma^2, and its error there."""
        if self._spline is None or self._doubt is None:
            last = int(np.flatnonzero(self._chain.abar[1:-1] >= FAINT)[-1]) + 1
            ends = [_log_noise(self._chain.level(t)) for t in (1, last)]
            u = np.linspace(ends[0], ends[1] + 1e-9, CURVE_NODES)
            sigma2 = np.exp(u)
            levels = [NoiseLevel(1 / (1 + s), s / (1 + s)) for s in sigma2.tolist()]
            means = [fisher_information(self._target, level) for level in levels]
            logs = np.log([v.abar * m.value[0] for v, m in zip(levels, means, strict=True)])
            errors = np.array([_relative_error(m) for m in means])
            fine, rough = (
                scipy.interpolate.make_interp_spline(u[::k], logs[::k], k=5) for k in (1, 2)
            )
            self._spline = fine
            # halving the distance of the nodes of a quintic spline leaves 1/64 of its error
            self._doubt = lambda v: np.interp(v, u, errors) + np.abs(fine(v) - rough(v)) / 8
        return self._spline, self._doubt


def _relative_error(mean: Mean) -> float:
    certain = 1.0 if mean.how in (QUADRATURE, CLOSED_FORM) else STANDARD_ERRORS
    return float(certain * mean.error[0] / max(mean.value[0], 1e-300))


def _log_noise(level: NoiseLevel) -> float:
    return math.log(level.var / level.abar)
