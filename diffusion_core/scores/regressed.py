"""w_t and v_t of the accelerated samplers of arXiv 2306.09251, learned as the score is.

With W the noise in X_t = sqrt(abar_t) X_0 + sigma W, sigma^2 = 1 - abar_t, Assumptions 3 and 4 of
Li, Wei, Chen and Chi define

    w_t = argmin_w E | |W|^2 (W/sigma + s_t(X_t)) + W W' s_t(X_t) - w(X_t) |^2,    (26)
    v_t = argmin_v E | W W' Z - v(X_t, Z) |^2,  Z ~ N(0, I) independent.           (32)

Here both are taken over n samples, with the learned score s where (26) has s_t, and over

    w = sigma^2 |s|^2 s - s - sigma^2 k,    v(x, z) = (I + sigma^2 (H + s s')) z,

k and H being affine plus the Gaussian bumps of the score (``bumps``), with its ridge. The true ones
have this form, with k_t = grad tr H_t + H_t s_t and H_t the Jacobian of s_t. So only what the score
does not say by itself is learned, and with affine features alone one Gaussian is exact. Were w and
v themselves sums of bumps, the cubic and the quadratic part of what they are off by would be left
to itself where data are rare, and throw particles far out.

Expectations over the noise are sums over nodes that are exact to about 1e-9 (``noise_nodes``).
"""

from __future__ import annotations

import math
import threading
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import scipy

from diffusion_core.errors import Refused
from diffusion_core.schedules import Array
from diffusion_core.scores.bumps import CACHED, Bumps, Fit, penalised, solved
from diffusion_core.scores.closed_form import ClosedForm, Numbers, closed_form
from diffusion_core.scores.exact import ExactScore, Remembered, Score, numbers
from diffusion_core.targets.base import unit_rows

MOST_DIM = 2
STEP = 0.35  # of the noise, between grid nodes: what is summed is never narrower than 0.447 of it
HALF = 25  # grid steps on either side of a sample: 8.7 standard deviations of its noise
FAINT = 1e-14  # of the heaviest node: lighter ones are left out
RULE = 1e-9  # what a Gauss-Hermite rule may miss of four bumps' product
LEAST_RULE = 6


@dataclass(frozen=True, eq=False)
class Nodes:
    """Places and weights for E f(U), U = v_i + tau W, and E[. | U] of W, W W' and |W|^2 W there.

    u (N, d), weight (N,), first (N, d), second (N, d, d), third (N, d).
    """

    u: Array
    weight: Array
    first: Array
    second: Array
    third: Array


def noise_nodes(v: Array, tau: float, length: float) -> Nodes:
    """Nodes for the law of U = v_i + tau W, v (n, d), d <= 2, and bumps of that length >= tau.

    Where that takes fewer nodes, a grid over U with the moments of W given U; otherwise a
    Gauss-Hermite rule around every sample.
    """
    ratio = 4 * (tau / length) ** 2
    rule = max(LEAST_RULE, math.ceil(math.log(RULE) / math.log(ratio / (2 + ratio))))
    step, pad = STEP * tau, (HALF + 1) * STEP * tau
    axes = [np.arange(c.min() - pad, c.max() + pad + step, step) for c in v.T]
    if math.prod(map(len, axes)) < len(v) * rule ** v.shape[1]:
        return _on_a_grid(v, tau, axes)
    return _around_samples(v, tau, rule)


def _around_samples(v: Array, tau: float, rule: int) -> Nodes:
    z, weight = np.polynomial.hermite_e.hermegauss(rule)
    d = v.shape[1]
    w = np.stack([a.ravel() for a in np.meshgrid(*[z] * d, indexing="ij")], axis=1)
    share = np.prod(np.meshgrid(*[weight / weight.sum()] * d, indexing="ij"), axis=0).ravel()
    u, w = (v + tau * w[:, None, :]).reshape(-1, d), np.repeat(w, len(v), axis=0)
    square = np.square(w).sum(axis=1, keepdims=True)
    weights = np.repeat(share, len(v)) / len(v)
    return Nodes(u, weights, w, w[:, :, None] * w[:, None, :], square * w)


def _on_a_grid(v: Array, tau: float, axes: list[Array]) -> Nodes:
    """sum_i of products of w_k^a exp(-w_k^2/2), w = (u - v_i)/tau, at every node u."""
    d = len(axes)
    powers = [_kernels(axis, c, tau) for axis, c in zip(axes, v.T, strict=True)]
    across = [k.toarray() for k in powers[1]] if d == 2 else [np.ones((len(v), 1))]

    def moment(*along: int) -> Array:
        """Of the product of w_k over k in ``along``."""
        first, second = (along.count(k) for k in range(MOST_DIM))
        return np.asarray(powers[0][first].T @ across[second]).ravel()

    mass = moment()
    kept = mass > FAINT * mass.max()
    u = np.stack([a.ravel() for a in np.meshgrid(*axes, indexing="ij")], axis=1)[kept]
    first, second, third = np.zeros(u.shape), np.zeros((*u.shape, d)), np.zeros(u.shape)
    for k in range(d):
        first[:, k] = moment(k)[kept]
        for m in range(d):
            second[:, k, m] = moment(k, m)[kept]
            third[:, k] += moment(k, m, m)[kept]
    mass = mass[kept]
    given = (first / mass[:, None], second / mass[:, None, None], third / mass[:, None])
    return Nodes(u, mass / mass.sum(), *given)


def _kernels(axis: Array, c: Array, tau: float) -> list[scipy.sparse.csr_array]:
    """w^a exp(-w^2/2), a = 0..3, w = (axis - c)/tau, where that is not nothing, (n, G) each."""
    offsets = np.arange(-HALF, HALF + 1)
    nearest = np.rint((c - axis[0]) / (STEP * tau)).astype(int)
    columns = nearest[:, None] + offsets
    w = (axis[columns] - c[:, None]) / tau
    kernel, made = np.exp(-0.5 * w * w), []
    begins = len(offsets) * np.arange(len(c) + 1)
    for _ in range(4):
        made.append(
            scipy.sparse.csr_array((kernel.ravel(), columns.ravel(), begins), (len(c), len(axis)))
        )
        kernel = kernel * w
    return made


@dataclass(frozen=True, eq=False)
class Sums:
    """theta' phi(u), theta (1 + d + D, K): k and the rows of H, in standard coordinates."""

    bumps: Bumps
    theta: Array

    def __call__(self, u: Array) -> Array:
        """(N, K)."""
        out = np.empty((len(u), self.theta.shape[1]))
        for rows in unit_rows(len(u), CACHED * len(self.theta)):
            out[rows] = features(self.bumps, u[rows]) @ self.theta
        return out


class Trained(Protocol):
    """A score learned from ``data`` (n, d), one fit for every t, with the ridge of its bumps."""

    exact: ExactScore
    data: Array
    ridge: float

    def fit(self, t: float) -> Fit: ...

    def closed_form(self) -> ClosedForm: ...


class Regressed:
    """The score of ``plain``, and what regressed w_t and v_t say in the place of its derivatives.

    ``jacobian`` is H and ``trace_gradient`` is k - H s: so the accelerated samplers, which ask a
    score for its derivatives, run on w_t and v_t. learned: whose samples and bumps they are learned
    with. plain: the score, ``learned`` itself or the exact one. Every t is trained when it is first
    asked for. Refused beyond the plane.
    """

    def __init__(self, learned: Trained, plain: Score) -> None:
        if (dim := learned.exact.target.dim) > MOST_DIM:
            raise Refused(
                f"score_error.extra: w_t and v_t are regressed in at most {MOST_DIM} dimensions, "
                f"not in {dim}; use derivatives"
            )
        self.learned, self.plain = learned, plain
        self._models: Remembered[Sums] = Remembered()
        self._lock = threading.Lock()

    def __call__(self, t: float, x: Array) -> Array:
        return self.plain(t, x)

    def jacobian(self, t: float, x: Array) -> Array:
        """H of v_t, (N, d, d); the score's own Jacobian is that of ``plain``."""
        fit, d = self.learned.fit(t), x.shape[1]
        found = self.model(t)(fit.standard(x))[:, d:].reshape(-1, d, d)
        return np.asarray(found / fit.spread**2)

    def trace_gradient(self, t: float, x: Array) -> Array:
        """k - H s, (N, d): so that grad tr H + H s of an update is k."""
        fit, d = self.learned.fit(t), x.shape[1]
        found = self.model(t)(fit.standard(x))
        turned = np.einsum("nij,nj->ni", found[:, d:].reshape(-1, d, d), self.plain(t, x))
        return np.asarray(found[:, :d] / fit.spread**3 - turned / fit.spread**2)

    def closed_form(self) -> ClosedForm | None:
        """``plain`` in numbers, and ``sums`` (T+2, 1 + d + D, d + d^2): k and the rows of H."""
        plain, bumps = closed_form(self.plain), self.learned.closed_form()
        steps, dim = self.learned.exact.chain.steps, bumps.dim

        def numbers() -> Numbers:
            theta = [self.model(t).theta for t in range(1, steps + 2)]
            return bumps.numbers() | {"sums": np.stack([np.zeros_like(theta[0]), *theta])}

        return plain and plain.beside(numbers, bumps.size * (2 + dim))

    def model(self, t: float) -> Sums:
        """The trained sums at t, 1 <= t <= T+1; safe to ask for from several threads."""
        found = self._models.get(t)
        if found is None:
            with self._lock:
                found = self._models.get(t) or self._remembered(t)
        return found

    def _remembered(self, t: float) -> Sums:
        made = self._trained(t)
        return self._models.put(t, made, numbers(made))

    def _trained(self, t: float) -> Sums:
        fit, of = self.learned.fit(t), self.learned
        level, bumps = of.exact.chain.level(t), fit.model.bumps
        v = fit.standard(math.sqrt(level.abar) * of.data)
        tau = math.sqrt(level.var) / fit.spread
        nodes = noise_nodes(v, tau, bumps.length)
        size, d = 1 + bumps.dim + len(bumps.centres), bumps.dim
        gram, right = np.zeros((size, size)), np.zeros((size, d + d * d))
        for rows in unit_rows(len(nodes.u), size):
            phi = features(bumps, nodes.u[rows])
            weighted = nodes.weight[rows, None] * phi
            gram += phi.T @ weighted
            right += weighted.T @ self._targets(t, fit, nodes, rows, tau)
        matrix, regular = penalised(gram, 1 + d, of.ridge, len(v))
        return Sums(bumps, solved(matrix, right, regular))

    def _targets(self, t: float, fit: Fit, nodes: Nodes, rows: slice, tau: float) -> Array:
        """What k and H are regressed on: (26) and (32) given U, less what the score says."""
        second = nodes.second[rows]
        s = self.plain(t, fit.centre + fit.spread * nodes.u[rows]) * fit.spread
        square = np.square(s).sum(axis=1, keepdims=True)
        trace = np.trace(second, axis1=1, axis2=2)[:, None]
        w = nodes.third[rows] / tau + trace * s + np.einsum("nij,nj->ni", second, s)
        k = (tau**2 * square * s - s - w) / tau**2
        h = (second - np.eye(s.shape[1])) / tau**2 - s[:, :, None] * s[:, None, :]
        return np.concatenate([k, h.reshape(len(s), -1)], axis=1)


def features(bumps: Bumps, u: Array) -> Array:
    """(1, u, bumps), (N, 1 + d + D)."""
    return np.concatenate([np.ones((len(u), 1)), u, bumps.values(u)], axis=1)
