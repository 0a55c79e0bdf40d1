"""Noised Gaussian mixtures in any dimension: fast by matrix products, careful where those round."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

import numpy as np

from diffusion_core.schedules import Array, NoiseLevel
from diffusion_core.targets.base import (
    CHUNK,
    Index,
    Marginal,
    Separable,
    climb,
    exponentiate,
    normalise,
    unit_rows,
)
from diffusion_core.targets.posterior import (
    Posterior,
    by_sums,
    mean,
    of_common,
    pairs,
    score_and_jacobian,
    summed,
    third_moment,
)
from diffusion_core.targets.precisions import precision_gaps
from diffusion_core.targets.separable import gaussian_factors

BLOCK = 16_384  # numbers in a (K, n) array: a few of them fit the cache
MOST_FEATURES_DIM = 6  # above, (d + 1)(d + 2)/2 features of x cost more than they save
ROUNDING = 1e6  # largest (|y| + R)^2/v of the fast form, whose log weights round at 1e-16 of it
NEAR, FAR = 8.0, 1e5  # |y| in units of R, and squared deviations: where whitening still serves
MOMENTS = 1e4  # largest R^2/v whose moments of s_k are plain sums, rounding at 1e-16 of its powers
LARGEST = 600.0  # log weights up to this size need no shift before exp


class NormalMixture(Marginal):
    """sum_k w_k N(root m_k, S_k), S_k = abar C_k + var I, root = sqrt(abar).

    ``covariances`` are C_k, (K, d, d), or (1, d, d) when all are equal; ``spectrum`` holds their
    eigenvalues and eigenvectors. With P_k = S_k^{-1}, r_k the posterior weights and c_k = s_k - s:
    s = E_r s_k, H = E_r[c c^T - P], grad tr H = E_r[c (|c|^2 - tr P) - 2 P c].

    Fast form: log weights linear in the features 1, y_i, y_i y_j of y = x - origin, one matrix
    product. They are sums of terms up to B = (|y| + R)^2/v, R the largest |root m_k - origin| and
    v the smallest variance, and round at a few 1e-16 B; so only where B <= ROUNDING. Beyond, with
    one covariance, squares of whitened differences x - root m_k, which round no worse than x
    itself does while |y| is not far larger than R; else and farther out the careful form. Where
    B <= MOMENTS, s and H are sums over r_k of products of P_k and P_k y_k, y_k those of the means.

    Careful form, relative to the dominant component j with z = x - root m_j, g = P_j z:
    s_k - s_j = root P_k (m_k - m_j) - (P_k - P_j) z and
    log (w_k p_k/w_j p_j) = log norms + ((x - root m_k).(s_k - s_j) + root (m_k - m_j).g)/2.
    """

    def __init__(
        self,
        weights: Array,
        means: Array,
        covariances: Array,
        spectrum: tuple[Array, Array],
        level: NoiseLevel,
    ) -> None:
        values, vectors = spectrum
        variances = level.abar * values + level.var
        self.n_components, self.dim = means.shape
        self._raw, self._root = means, math.sqrt(level.abar)
        self._m = self._root * means
        self._common, self._by_sums = len(covariances) == 1, False
        self._p = np.matmul(vectors / variances[:, None, :], vectors.transpose(0, 2, 1))
        self._precision_gaps = partial(
            precision_gaps, covariances, self._p, variances.prod(axis=1), level
        )
        self._trace = (1 / variances).sum(axis=1)
        self._log_norm = np.log(weights) - 0.5 * np.log(2 * np.pi * variances).sum(axis=1)
        self._origin = weights @ self._m
        self._prepare_fast_form(variances, vectors)

    def _prepare_fast_form(self, values: Array, vectors: Array) -> None:
        y, smallest = self._m - self._origin, float(values.min())
        radius = math.sqrt((y * y).sum(axis=1).max())
        self._top = self._log_norm.max()
        shift = self._log_norm - self._top
        spare = math.sqrt(2 * max(0.0, LARGEST + shift.min()) * smallest)
        self._tame2 = (spare - radius) ** 2 if spare > radius else -1.0
        self._reach2 = self._careful2 = max(0.0, math.sqrt(ROUNDING * smallest) - radius) ** 2
        self._summed2 = -1.0
        self._careful_only = not self._common and self.dim > MOST_FEATURES_DIM
        if self._careful_only:
            return
        self._b = np.matmul(self._p, y[:, :, None])[:, :, 0]
        columns = [(shift - 0.5 * (self._b * y).sum(axis=1))[:, None], self._b]
        sums = [np.ones((1, self.n_components)), self._b.T]
        self._pairs = pairs(self.dim)
        if self._common:
            far = max(NEAR * radius, radius + math.sqrt(FAR * smallest))
            self._careful2 = max(self._reach2, far**2)
            self._white = (vectors[0] / np.sqrt(2 * values[0])).T
            self._white_means = self._white @ y.T
            self._by_sums = radius**2 <= MOMENTS * smallest and self.dim <= MOST_FEATURES_DIM
            if self._by_sums:
                sums += [self._b.T[i] * self._b.T[j : j + 1] for i, j in self._pairs]
                sums.append(self._b.T * np.square(self._b).sum(axis=1))
        else:
            squares = np.stack([self._p[:, i, j] for i, j in self._pairs])
            sums.append(squares)
            if self.dim == 2:
                self._second = summed(self._b, self._p)
                self._summed2 = max(0.0, math.sqrt(MOMENTS * smallest) - radius) ** 2
            columns.append(squares.T * [-0.5 if i == j else -1.0 for i, j in self._pairs])
        self._features, self._sums = np.concatenate(columns, axis=1), np.concatenate(sums)

    def log_density(self, x: Array) -> Array:
        return self._split(x, (), self._fast_log_density, lambda p: p.log_p)

    def score(self, x: Array) -> Array:
        return self._split(
            x, (self.dim,), self._fast_score, lambda p: (p.base + mean(p.r, p.delta)).T
        )

    def jacobian(self, x: Array) -> Array:
        return self.score_and_jacobian(x)[1]

    def score_and_jacobian(self, x: Array) -> tuple[Array, Array]:
        def of(p: Posterior) -> Array:
            return score_and_jacobian(p, self._p)

        def fast(features: Array, largest: float) -> Array:
            if self._by_sums:
                sums = self._moments(features, largest, -self.dim)
                return of_common(sums, features[1:], self._p[0])
            if largest <= self._summed2:
                return by_sums(self._second @ self._exponentials(features, largest)[0], features)
            return of(self._fast(features, largest))

        both = self._split(x, (self.dim + 1, self.dim), fast, of, not self._by_sums)
        return both[:, 0], both[:, 1:]

    def trace_gradient(self, x: Array) -> Array:
        def of(p: Posterior) -> Array:
            c = p.delta - mean(p.r, p.delta)[:, None, :]
            square = np.einsum("ikn,ikn->kn", c, c)
            if self._common:
                return np.einsum("kn,ikn->ni", square * p.r, c)
            square -= self._trace[:, None]
            weighted = p.r * c
            pull = np.tensordot(weighted, self._p, axes=([0, 1], [1, 0]))
            return np.einsum("ikn,kn->ni", weighted, square) - 2 * pull

        if self._by_sums:

            def third(features: Array, largest: float) -> Array:
                return third_moment(self._moments(features, largest), self.dim).T

            return self._split(x, (self.dim,), third, of)
        return self._split(x, (self.dim,), lambda *y: of(self._fast(*y)), of, True)

    def separable(self, axes: tuple[Array, Array]) -> Separable | None:
        if self.dim != 2 or self._p[:, 0, 1].any():
            return None
        return gaussian_factors(self._log_norm, self._m, self._p, axes)

    def _split(
        self,
        x: Array,
        shape: tuple[int, ...],
        fast: Callable[[Array, float], Array],
        careful: Callable[[Posterior], Array],
        centred: bool = False,
    ) -> Array:
        """``fast`` of 1 and y = (x - origin)^T, and the largest |y|^2, block by block;
        ``careful`` where that would round.

        centred: ``fast`` makes arrays (d, K, n), not only (K, n).
        """
        out = np.empty((len(x), *shape))
        features = np.empty((1 + self.dim, len(x)))
        features[0], y = 1.0, features[1:]
        np.subtract(x.T, self._origin[:, None], out=y)
        rows = np.arange(len(x))
        if not self._careful_only:
            square = np.einsum("in,in->n", y, y)
            rows = np.flatnonzero(square > self._careful2)
            y[:, rows] = square[rows] = 0.0
            size = max(64, BLOCK // (self.n_components + self.dim**2))
            if centred:
                size = max(1, min(size, CHUNK // (self.n_components * self.dim)))
            for i in range(0, len(x) if len(rows) < len(x) else 0, size):
                block = features[:, i : i + size], square[i : i + size].max()
                out[i : i + size] = fast(*block)
        for cut in unit_rows(len(rows), self.n_components * self.dim):
            out[rows[cut]] = careful(self._careful(x[rows[cut]]))
        return out

    def _log_weights(self, features: Array, largest: float) -> Array:
        """log w_k + log p_k (K, n) less ``_left_out``, of 1 and y (1 + d, n); largest: |y|^2."""
        y = features[1:]
        if self._common:
            return self._whitened(y) if largest > self._reach2 else self._features @ features
        both = np.empty((self._features.shape[1], y.shape[1]))
        both[: 1 + self.dim] = features
        for row, (i, j) in zip(both[1 + self.dim :], self._pairs, strict=True):
            np.multiply(y[i], y[j], out=row)
        return self._features @ both

    def _left_out(self, y: Array, largest: float) -> Array | float:
        """What all of ``_log_weights`` lack, (n,) or a number."""
        if not self._common or largest > self._reach2:
            return self._top
        return self._top - 0.5 * np.einsum("in,in->n", y, self._p[0] @ y)

    def _whitened(self, y: Array) -> Array:
        log_w = np.repeat((self._log_norm - self._top)[:, None], y.shape[1], axis=1)
        for row, means in zip(self._white @ y, self._white_means, strict=True):
            log_w -= np.square(row - means[:, None])
        return log_w

    def _exponentials(self, features: Array, largest: float) -> tuple[Array, Array | float]:
        """Unnormalised weights (K, n), and the log of what they were divided by (n,)."""
        w = self._log_weights(features, largest)
        return (np.exp(w, out=w), 0.0) if largest <= self._tame2 else (w, exponentiate(w))

    def _fast_log_density(self, features: Array, largest: float) -> Array:
        w, top = self._exponentials(features, largest)
        return np.log(w.sum(axis=0)) + (self._left_out(features[1:], largest) + top)

    def _fast_score(self, features: Array, largest: float) -> Array:
        y = features[1:]
        if self._common:
            s = self._moments(features, largest, 1 + self.dim)[1:]
            s -= self._p[0] @ y
            return s.T
        sums = self._sums @ self._exponentials(features, largest)[0]
        s = sums[1 : self.dim + 1]
        for row, (i, j) in zip(sums[self.dim + 1 :], self._pairs, strict=True):
            s[i] -= row * y[j]
            if i != j:
                s[j] -= row * y[i]
        s /= sums[0]
        return s.T

    def _moments(self, features: Array, largest: float, count: int | None = None) -> Array:
        """1, E_r b_i, E_r b_i b_j (i <= j), E_r |b|^2 b_i, with one covariance: the first so many.

        b_k = P (root m_k - origin) is s_k less what all have in common.
        """
        sums: Array = self._sums[:count] @ self._exponentials(features, largest)[0]
        sums *= 1 / sums[0]
        return sums

    def _fast(self, features: Array, largest: float) -> Posterior:
        r, y = self._log_weights(features, largest), features[1:]
        log_p = normalise(r) + self._left_out(y, largest)
        if self._common:
            return Posterior(log_p, r, -self._p[0] @ y, self._b.T[:, :, None])
        delta = self._b.T[:, :, None] - np.matmul(self._p.transpose(1, 0, 2), y)
        return Posterior(log_p, r, np.zeros(y.shape), delta)

    def _careful(self, x: Array) -> Posterior:
        if self._careful_only:
            j = np.zeros(len(x), dtype=np.intp)
        else:
            features = np.concatenate([np.ones((1, len(x))), (x - self._origin).T])
            largest = float(np.square(features[1:]).sum(axis=0).max())
            j = self._log_weights(features, largest).argmax(axis=0)
        r, delta = climb(lambda rows, j: self._relative(x[rows], j), j)
        z = x - self._m[j]
        base = -z @ self._p[0] if self._common else -np.matmul(z[:, None, :], self._p[j])[:, 0]
        log_p = normalise(r) + self._log_norm[j] + 0.5 * (z * base).sum(axis=1)
        return Posterior(log_p, r, base.T, delta)

    def _relative(self, x: Array, j: Index) -> tuple[Array, Array]:
        """log (w_k p_k/w_j p_j) (K, n) and s_k - s_j (d, K, n), point by point its own j."""
        ratio = np.empty((self.n_components, len(x)))
        delta = np.empty((self.dim, self.n_components, len(x)))
        for one in np.unique(j):
            rows = np.flatnonzero(j == one)
            of = self._relative_to_common if self._common else self._relative_to
            ratio[:, rows], delta[:, :, rows] = of(x[rows] - self._m[one], one)
        return ratio, delta

    def _relative_to_common(self, z: Array, j: int) -> tuple[Array, Array]:
        shift = self._root * (self._raw - self._raw[j])
        delta = shift @ self._p[0]
        ratio = delta @ z.T - 0.5 * (delta * shift).sum(axis=1)[:, None]
        ratio += (self._log_norm - self._log_norm[j])[:, None]
        return ratio, delta.T[:, :, None]

    def _relative_to(self, z: Array, j: int) -> tuple[Array, Array]:
        shift = self._root * (self._raw - self._raw[j])
        g = z @ self._p[j]
        delta = np.matmul(shift[:, None, :], self._p) - np.matmul(z, self._precision_gaps(j))
        ratio = ((z - shift[:, None, :]) * delta).sum(axis=2) + shift @ g.T
        ratio *= 0.5
        ratio += (self._log_norm - self._log_norm[j])[:, None]
        return ratio, delta.transpose(2, 0, 1)
