"""Distances on the line by brute force: dense nodes, no adaptivity, none of the core's code."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy.interpolate import make_interp_spline
from scipy.special import ndtr

from diffusion_core import Experiment
from diffusion_core.targets.boxes import Boxes
from diffusion_core.targets.gaussian_mixture import GaussianMixture, Points
from tests.core.reference import (
    Betas,
    NormalMixture,
    UniformMixture,
    chapman_kolmogorov,
    flow,
    pushed_masses,
)

Law = Any
REACH = 9.0


def betas_of(experiment: Experiment) -> Betas:
    """The chain's betas as plain floats: their products are formed anew."""
    return Betas([float(b) for b in experiment.chain.beta])


def law_of(experiment: Experiment, betas: Betas) -> Law:
    """p_t of the experiment's target."""
    target = experiment.target
    if isinstance(target, GaussianMixture):
        means = [m[0] for m in target.means]
        return NormalMixture(
            target.weights, means, [math.sqrt(c[0][0]) for c in target.covariances], betas
        )
    if isinstance(target, Points):
        n = len(target.points)
        rows = [1 / n] * n, [p[0] for p in target.points], [target.bandwidth] * n
        return NormalMixture(*rows, betas)
    assert isinstance(target, Boxes)
    return UniformMixture(
        target.weights, [row[0] for row in target.lows], [row[0] for row in target.highs], betas
    )


def interval(experiment: Experiment, betas: Betas, t: int) -> tuple[float, float]:
    lo, hi = math.sqrt(betas.abar[t]) * experiment.target.bounds[:, 0]
    reach = REACH * math.sqrt(betas.var[t])
    return lo - reach, hi + reach


def deterministic(experiment: Experiment, nodes: int = 60_001, t: int = 1) -> dict[str, float]:
    """Distances to p_t (t = 0: the data), the start law's nodes pushed through the map.

    Nodes are moved until equal shares of both laws lie between neighbours.
    """
    betas = betas_of(experiment)
    law = law_of(experiment, betas)
    exact = experiment.start == "exact"
    # KL needs q where it is tiny: both tails of the normal start to 1e-89
    lo, hi = interval(experiment, betas, betas.steps) if exact else (-20.0, 20.0)

    def start(x: np.ndarray) -> np.ndarray:
        if exact:
            return np.diff(law.cdf(betas.steps, x))
        return np.where(x[1:] > 0, -np.diff(ndtr(-x)), np.diff(ndtr(x)))

    x = np.linspace(lo, hi, 20_001)
    for size in (20_001, 20_001, nodes):
        y = flow(experiment.sampler, x, betas, law, np.log)
        share = start(x) + np.abs(np.diff(law.cdf(t, y))) + np.diff(x) / (hi - lo)
        total = np.concatenate([[0.0], np.cumsum(share)])
        x = np.interp(np.linspace(0, total[-1], size), total, x)
    y = flow(experiment.sampler, x, betas, law, np.log)
    q_mass = start(x)
    support = np.linspace(*interval(experiment, betas, t), 20_001)
    if (np.diff(y) > 0).all():
        below, above = support[support < y[0]], support[support > y[-1]]
        edges = np.concatenate([below, y, above])
        q = np.concatenate([np.zeros(len(below) + 1), q_mass, np.zeros(len(above) + 1)])
    else:
        rising = np.diff(y) > 0
        turns = y[1:-1][rising[1:] != rising[:-1]]
        far = np.quantile(y, np.linspace(0, 1, 5001))
        edges = np.unique(np.concatenate([support, far, turns]))
        q = pushed_masses(x, y, q_mass, edges)
    return on_edges(edges, np.maximum(q, 0.0), law.cdf(t, edges))


def stochastic(experiment: Experiment, grid: np.ndarray, t: int = 1) -> dict[str, float]:
    """Distances to p_t by dense Chapman-Kolmogorov sums on one grid."""
    betas = betas_of(experiment)
    law = law_of(experiment, betas)
    if experiment.start == "exact":
        f = law.density(betas.steps, grid)
    else:
        f = np.exp(-0.5 * grid**2) / math.sqrt(2 * math.pi)
    f = chapman_kolmogorov(experiment.sampler, betas, law, grid, f, experiment.eta)
    distribution = make_interp_spline(grid, f, k=5).antiderivative()
    near = np.linspace(*interval(experiment, betas, t), 40_001)
    edges = np.union1d(np.linspace(grid[0], grid[-1], 20_001), near)
    q = np.maximum(np.diff(distribution(edges)), 0.0)
    return on_edges(edges, np.concatenate([[0.0], q, [0.0]]), law.cdf(t, edges))


def on_edges(edges: np.ndarray, q: np.ndarray, p_below: np.ndarray) -> dict[str, float]:
    """All distances between masses q (M+1,) and a distribution function on M edges."""
    p = np.maximum(np.diff(np.concatenate([[0.0], p_below, [1.0]])), 0.0)
    some = (p > 1e-17) & (q > 0)
    q_below = np.cumsum(q)[:-1]
    levels = np.unique(np.clip(np.concatenate([q_below, p_below]), 1e-14, 1 - 1e-14))
    middle, width = 0.5 * (levels[1:] + levels[:-1]), np.diff(levels)
    gap = _inverse(q_below, edges, middle) - _inverse(p_below, edges, middle)
    return {
        "tv": 0.5 * float(np.abs(q - p).sum()),
        "kl": float((p[some] * np.log(p[some] / q[some])).sum() - p.sum() + q.sum()),
        "hellinger": math.sqrt(0.5 * float(((np.sqrt(q) - np.sqrt(p)) ** 2).sum())),
        "w1": float(width @ np.abs(gap)),
        "w2": math.sqrt(float(width @ gap**2)),
    }


def _inverse(below: np.ndarray, edges: np.ndarray, levels: np.ndarray) -> np.ndarray:
    rises = np.concatenate([[True], np.diff(np.maximum.accumulate(below)) > 0])
    return np.interp(levels, below[rises], edges[rises])
