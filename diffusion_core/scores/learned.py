"""Scores learned from samples: what theorems about an error of the score are for.

``Learned`` is denoising score matching (Vincent 2011) on n draws of the target, one small
regression for every t: an affine score, which alone is that of the Gaussian with the data's
moments, plus D Gaussian bumps (``bumps``). ``Empirical`` is what a model without limits would
learn: the exact score of the n draws themselves, whose samplers return the draws.

The accelerated samplers of arXiv 2306.09251 need w_t and v_t beside the score: the learned score's
own derivatives imply them, or they are regressed as it is (``regressed``).

Both are plain numbers: the same description trains the same model.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import ClassVar

import numpy as np

from diffusion_core.errors import InputError
from diffusion_core.schedules import Array, NoiseLevel, check_range
from diffusion_core.scores.bumps import Bumps, Fit, fitted
from diffusion_core.scores.closed_form import ClosedForm, Numbers
from diffusion_core.scores.exact import ExactScore, Remembered, Score
from diffusion_core.scores.regressed import Regressed
from diffusion_core.targets.base import Target, unit_rows
from diffusion_core.targets.points import Points

LEAST_SAMPLES, MOST_SAMPLES = 10, 5000
MOST_FEATURES = 400
SHORTEST, LONGEST = 0.01, 10.0
MOST_RIDGE = 1e3
MAX_SEED = 2**32 - 1
DERIVATIVES, BOTH, ONLY = EXTRAS = ("derivatives", "regressed", "regressed-only")
DATA, CENTRES, FRESH = 2, 3, 4  # streams of a seed; 0 and 1 are the particles' and the estimates'
NODES = {1: 16, 2: 6}  # of Gauss-Hermite along each axis

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Learned:
    """s_hat_t learned from ``samples`` draws of the target with ``features`` Gaussian bumps.

    length: the bumps' width over the root mean square deviation of the data, per axis; at t a bump
    is as wide as such a bump noised to t. ridge: the penalty on the bumps' weights, in units of the
    trace of their Gram matrix over n, so that its smoothing fades as data come in. seed: of the
    draws and of the places of the bumps, draws of the noised training set moved by a bump's width.
    extra: what ``ode-taylor`` and ``ddpm-covariance`` take for w_t and v_t, of no account to other
    samplers: "derivatives" of the learned score; "regressed" on the same draws; "regressed-only",
    regressed beside the exact score, which every sampler then gets too. Far from the data the bumps
    vanish and the affine part remains. InputError beyond 10 to 5000 samples, 0 to 400 features, a
    length from 0.01 to 10, a ridge from 0 to 1000 and the three extras.
    """

    kind: ClassVar[str] = "learned"
    samples: int = 1000
    features: int = 64
    length: float = 0.3
    ridge: float = 0.02
    seed: int = 0
    extra: str = field(default=DERIVATIVES, metadata={"quiet": True})

    def __post_init__(self) -> None:
        _check_whole("samples", self.samples, LEAST_SAMPLES, MOST_SAMPLES)
        _check_whole("features", self.features, 0, MOST_FEATURES)
        check_range("score_error.length", self.length, SHORTEST, LONGEST)
        check_range("score_error.ridge", self.ridge, 0.0, MOST_RIDGE)
        _check_whole("seed", self.seed, 0, MAX_SEED)
        if self.extra not in EXTRAS:
            allowed = ", ".join(EXTRAS)
            raise InputError(f"score_error.extra: one of {allowed}, got {self.extra[:40]!r}")

    def score(self, exact: ExactScore) -> LearnedScore | Regressed:
        """The model, trained at each t when it is first asked there."""
        learned = LearnedScore(self, exact)
        if self.extra == DERIVATIVES:
            return learned
        return Regressed(learned, exact if self.extra == ONLY else learned)


@dataclass(frozen=True)
class Empirical:
    """The exact score of the empirical law of n = ``samples`` draws of the target.

    The minimiser of the denoising loss on these draws over all functions: its sampler returns
    them. InputError beyond 10 to 5000 samples.
    """

    kind: ClassVar[str] = "empirical"
    samples: int = 100
    seed: int = 0

    def __post_init__(self) -> None:
        _check_whole("samples", self.samples, LEAST_SAMPLES, MOST_SAMPLES)
        _check_whole("seed", self.seed, 0, MAX_SEED)

    def score(self, exact: ExactScore) -> Score:
        """ExactScore of the draws as atoms, on the same chain."""
        return ExactScore(empirical_law(self, exact.target), exact.chain)


def training_points(error: Learned | Empirical, target: Target) -> Array:
    """The training set, (n, d): the same for both kinds at the same n and seed."""
    return target.sample(error.samples, np.random.default_rng([error.seed, DATA]))


def empirical_law(error: Learned | Empirical, target: Target) -> Points:
    """The uniform law on the training set, a target as any other."""
    return Points(tuple(tuple(float(v) for v in row) for row in training_points(error, target)))


@dataclass(frozen=True)
class Loss:
    """E |sqrt(1 - abar_t) s(X_t) + Z|^2 / d at one t: the mean squared error of predicted noise.

    training, exact: of the learned and of the exact score on the training set, where the learned
    one can win. fresh, fresh_exact: on as many new draws, where it cannot but by chance: on
    average, fresh - fresh_exact = (1 - abar_t) E |e_t(X_t)|^2 / d.
    """

    t: int
    training: float
    exact: float
    fresh: float
    fresh_exact: float


class LearnedScore:
    """The learned score of ``description``; every t is trained when it is first asked for."""

    def __init__(self, description: Learned, exact: ExactScore) -> None:
        self.description, self.exact, self.ridge = description, exact, description.ridge
        self.data = training_points(description, exact.target)
        self._mean = self.data.mean(axis=0)
        self._deviation = math.sqrt(float(((self.data - self._mean) ** 2).mean()))
        rng = np.random.default_rng([description.seed, CENTRES])
        n, count = description.samples, description.features
        self._near = np.resize(rng.permutation(n), count)
        self._off = rng.standard_normal((count, exact.target.dim))
        self._fits: Remembered[Fit] = Remembered()
        self._lock = threading.Lock()

    def __call__(self, t: float, x: Array) -> Array:
        fit = self.fit(t)
        return fit.model(fit.standard(x)) / fit.spread

    def jacobian(self, t: float, x: Array) -> Array:
        fit = self.fit(t)
        return fit.model.jacobian(fit.standard(x)) / fit.spread**2

    def trace_gradient(self, t: float, x: Array) -> Array:
        fit = self.fit(t)
        return fit.model.trace_gradient(fit.standard(x)) / fit.spread**3

    def closed_form(self) -> ClosedForm:
        """The score in numbers; every t is trained for them that was not before."""
        dim, steps = self.exact.target.dim, self.exact.chain.steps
        count = len(self._near)
        size = (steps + 2) * (1 + dim + count) * dim
        return ClosedForm("bumps", dim, count, size, self._numbers)

    def _numbers(self) -> Numbers:
        """theta (T+2, 1 + d + D, d); at t the centres of the bumps, in units of ``spread`` and seen

        from root m, are root near/spread + width off, and their length is ``length``.
        """
        chain = self.exact.chain
        fits = [self.fit(t) for t in range(1, chain.steps + 2)]
        spread = np.array([1.0, *(fit.spread for fit in fits)])
        length = np.array([1.0, *(fit.model.bumps.length for fit in fits)])
        theta = [fit.model.theta for fit in fits]
        return {
            "abar": chain.abar,
            "theta": np.stack([np.zeros_like(theta[0]), *theta]),
            "mean": self._mean,
            "near": self.data[self._near] - self._mean,
            "off": self._off,
            "spread": spread,
            "length": length,
            "width": np.hypot(np.sqrt(chain.var) / spread, length),
        }

    def fit(self, t: float) -> Fit:
        """The trained model at t, 1 <= t <= T+1; safe to ask for from several threads.

        Trained again where the models of all t would need too much memory (``scores.Room``).
        """
        found = self._fits.get(t)
        if found is None:
            with self._lock:
                found = self._fits.get(t)
                if found is None:
                    found = self._trained(t)
                    self._fits.put(t, found, found.model.size)
        return found

    def _trained(self, t: float) -> Fit:
        level, of = self.exact.chain.level(t), self.description
        root, noise = math.sqrt(level.abar), math.sqrt(level.var)
        spread = math.hypot(root * self._deviation, noise)
        v, tau = self._standard(self.data, t, spread), noise / spread
        length = math.hypot(root * of.length * self._deviation, noise) / spread
        # a bump's own width apart, so that fewer data than bumps leave no two in one place
        centres = v[self._near] + math.hypot(tau, length) * self._off
        model, loss = fitted(Bumps(centres, length), v, tau, self.ridge)
        return Fit(root * self._mean, spread, model, loss)

    def _standard(self, x0: Array, t: float, spread: float) -> Array:
        return math.sqrt(self.exact.chain.level(t).abar) * (x0 - self._mean) / spread

    def train(self, progress: Progress = lambda done, of: None, every: int = 4) -> tuple[Loss, ...]:
        """Train t = T+1, T, ..., 1, calling ``progress(done, T + 1)`` after each.

        Returns the losses at t = 1, 1 + every, 1 + 2 every, ...: they cost ten times the training.
        """
        count = self.exact.chain.steps + 1
        losses = []
        for done, t in enumerate(range(count, 0, -1), 1):
            self.fit(t)
            if (t - 1) % every == 0:
                losses.append(self.loss(t))
            progress(done, count)
        return tuple(reversed(losses))

    def loss(self, t: int) -> Loss:
        """The losses at one t, on the training set and on as many fresh draws, always the same."""
        fit, noise = self.fit(t), math.sqrt(self.exact.chain.var[t])
        on_fresh = fit.model.loss(self._standard(self._fresh, t, fit.spread), noise / fit.spread)
        exact = fit.loss + self._excess(t, self.data)
        return Loss(t, fit.loss, exact, on_fresh, on_fresh + self._excess(t, self._fresh))

    @cached_property
    def _fresh(self) -> Array:
        rng = np.random.default_rng([self.description.seed, FRESH])
        return self.exact.target.sample(len(self.data), rng)

    def _excess(self, t: int, x0: Array) -> float:
        """By how much the exact score's loss is larger; two like scores share their quadrature's
        error, and the learned one's loss is known without."""
        level = self.exact.chain.level(t)
        return noise_loss(self.exact, t, x0, level) - noise_loss(self, t, x0, level)


def noise_loss(score: Score, t: int, x0: Array, level: NoiseLevel) -> float:
    """(1/n) sum_i E_Z |sigma s_t(sqrt(abar) x_i + sigma Z) + Z|^2 / d, sigma^2 = 1 - abar_t.

    By Gauss-Hermite rules of 16 nodes on the line, of 6 along each axis in the plane, and beyond
    with the 2d nodes +-sqrt(d) e_k, exact for polynomials of degree 3.
    """
    n, d = x0.shape
    nodes, weights = _normal_nodes(d)
    root, sigma, total = math.sqrt(level.abar), math.sqrt(level.var), 0.0
    for some in unit_rows(len(nodes), n * d):
        z = nodes[some, None, :]
        x = (root * x0 + sigma * z).reshape(-1, d)
        error = sigma * score(t, x).reshape(-1, n, d) + z
        total += float(weights[some] @ (error**2).sum(axis=2).mean(axis=1))
    return total / d


def _normal_nodes(d: int) -> tuple[Array, Array]:
    """Nodes (K, d) and weights (K,) for N(0, I)."""
    if d not in NODES:
        far = math.sqrt(d) * np.eye(d)
        return np.concatenate([far, -far]), np.full(2 * d, 1 / (2 * d))
    z, w = np.polynomial.hermite_e.hermegauss(NODES[d])
    axes = np.meshgrid(*[z] * d, indexing="ij")
    product = np.prod(np.meshgrid(*[w / w.sum()] * d, indexing="ij"), axis=0)
    return np.stack([a.ravel() for a in axes], axis=1), product.ravel()


def _check_whole(name: str, value: int, low: int, high: int) -> None:
    if type(value) is not int or not low <= value <= high:
        raise InputError(f"score_error.{name}: a whole number from {low} to {high}, got {value!r}")
