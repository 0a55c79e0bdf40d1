"""The forward process: its paths, how far p_t still is from noise, what the schedule promises.

X_t = sqrt(alpha_t) X_{t-1} + sqrt(beta_t) W_t, so that from any s < t, with r = abar_t/abar_s,
X_t = sqrt(r) X_s + sqrt(1 - r) W. A path may be sampled at some t only and keeps its law.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from diffusion_core.distances.mass_partition import MassPair, ambiguity
from diffusion_core.distances.of_masses import Distance, total_variation
from diffusion_core.errors import InputError, Refused
from diffusion_core.experiment import Experiment
from diffusion_core.laws.gaussian import AxisGaussian, gaussian_tv, is_gaussian
from diffusion_core.laws.line.law import REACH, standard_normal
from diffusion_core.laws.particles import check_trajectory
from diffusion_core.schedules import Array, Chain, Index, Theory
from diffusion_core.targets.base import Marginal
from diffusion_core.targets.gaussian_mixture import GaussianMixture

NOISE_CELLS = 84  # that a law's partition gets at least where N(0, 1) has mass
SPLITS = 4  # parts of a cell that is in doubt
ROUNDS = 8
DOUBT = 1e-7  # what a cell may leave open of a total variation


def forward_paths(
    experiment: Experiment,
    n: int,
    times: Sequence[int] | None = None,
    rng: np.random.Generator | None = None,
) -> Array:
    """n paths of the forward chain at ascending t, (F, n, d); at t = 0..T where none are given."""
    chain, target = experiment.chain, experiment.target
    times = range(chain.steps + 1) if times is None else times
    check_trajectory(experiment, n, len(times))
    rng = np.random.default_rng(experiment.seed) if rng is None else rng
    log_abar = np.cumsum(np.log1p(-chain.beta))
    out = np.empty((len(times), n, target.dim))
    x, s = target.sample(n, rng), 0
    for i, t in enumerate(times):
        if t > s:
            log_ratio = log_abar[t] - log_abar[s]
            noise = rng.standard_normal(x.shape)
            x = math.exp(log_ratio / 2) * x + math.sqrt(-math.expm1(log_ratio)) * noise
            s = t
        out[i] = x
    return out


def noise_distance(experiment: Experiment, t: int) -> Distance:
    """TV(p_t, N(0, I)): on the line, and for one Gaussian in any dimension; else Refused."""
    chain, target = experiment.chain, experiment.target
    if not 0 <= t <= chain.steps:
        raise InputError(f"t: between 0 and {chain.steps}, got {t}")
    if t == 0 and is_singular(experiment):
        return Distance(1.0, 0.0)
    if target.dim == 1:
        return line_noise_distance(target.marginal(chain.level(t)), np.empty(0))
    if not isinstance(target, GaussianMixture) or not is_gaussian(target):
        raise Refused(
            "TV(p_t, N(0, I)) is computed on the line, and for one Gaussian in any dimension"
        )
    values, vectors = target.spectrum
    mean = math.sqrt(chain.abar[t]) * (vectors[0].T @ np.array(target.means[0]))
    law = AxisGaussian(mean, chain.abar[t] * values[0] + chain.var[t])
    noise = AxisGaussian(np.zeros(target.dim), np.ones(target.dim))
    return Distance(*gaussian_tv(noise, law))


def is_singular(experiment: Experiment) -> bool:
    """Whether X_0 lies in a set of measure zero, so that its law is at TV 1 from every density.

    False, too, for a law with atoms beside a density.
    """
    target = experiment.target
    if target.has_density or not isinstance(target, GaussianMixture):
        return not target.has_density
    return all(np.linalg.matrix_rank(np.array(c)) < target.dim for c in target.covariances)


def line_noise_distance(marginal: Marginal, edges: Array) -> Distance:
    """TV(p, N(0, 1)) for a law on the line: cells are cut where p - phi may change sign.

    edges: what else the partition starts with, such as the cells of a picture.
    """
    edges = np.unique(np.concatenate([edges, np.linspace(-REACH, REACH, NOISE_CELLS + 1)]))
    noise = standard_normal()
    p, q = marginal.cdf(edges), noise.cdf(edges)
    for _ in range(ROUNDS):
        pair = _pair(edges, q, p)
        cells = np.flatnonzero(ambiguity(pair)[1:-1] > DOUBT)
        if not cells.size:
            break
        parts = np.arange(1, SPLITS) / SPLITS
        new = (edges[cells, None] + np.diff(edges)[cells, None] * parts).ravel()
        at = np.repeat(cells + 1, SPLITS - 1)
        edges = np.insert(edges, at, new)
        p, q = np.insert(p, at, marginal.cdf(new)), np.insert(q, at, noise.cdf(new))
    return total_variation(_pair(edges, q, p))


def _pair(edges: Array, q: Array, p: Array) -> MassPair:
    """Masses from the distribution functions at the edges."""
    below = (np.concatenate([[0.0], f, [1.0]]) for f in (q, p))
    masses = [np.maximum(np.diff(f), 0.0) for f in below]
    return MassPair(edges, masses[0], masses[1], 0.0)


@dataclass(frozen=True)
class Fact:
    """One promise of the theory's schedule: ``value`` is at most ``bound``, if ``applies``."""

    name: str
    value: float
    bound: float
    t: int
    applies: bool

    @property
    def holds(self) -> bool:
        return self.value <= self.bound


def new_share(chain: Chain, t: Index) -> Array:
    """(1 - alpha_t)/(1 - abar_t): the share of the noise in X_t that came with step t >= 1."""
    return np.asarray(chain.beta[t] / chain.var[t])


def log_snr(chain: Chain, t: Index) -> Array:
    """log(abar_t/(1 - abar_t)) for t >= 1; -inf where abar_t is 0 in double precision."""
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(chain.abar[t]) - np.log(chain.var[t]))


def relative_steps(chain: Chain) -> Array:
    """(1 - alpha_t)/(alpha_t - abar_t) for t = 2..T: by how much step t multiplies sigma^2, less 1.

    sigma_t^2 = (1 - abar_t)/abar_t is the noise in units of the signal.
    """
    t = np.arange(2, chain.steps + 1)
    return chain.beta[t] / (chain.alpha[t] * chain.var[t - 1])


def theory_facts(schedule: Theory, steps: int) -> tuple[Fact, Fact]:
    """What is proven of the theory's schedule, checked at this T.

    (1 - alpha_t)/(alpha_t - abar_t) <= 8 c1 log T / T for 2 <= t <= T, and abar_T <= T^{-c1/2}
    when c1 >= 2 c0. Li and Yan, arXiv 2409.18959.
    """
    chain = schedule.chain(steps)
    found = relative_steps(chain)
    worst = int(found.argmax())
    bound = 8 * schedule.c1 * math.log(steps) / steps
    end = steps ** (-schedule.c1 / 2)
    return (
        Fact("step", float(found[worst]), bound, worst + 2, True),
        Fact("end", float(chain.abar[steps]), end, steps, schedule.c1 >= 2 * schedule.c0),
    )
