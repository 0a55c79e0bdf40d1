"""Noised Gaussian mixtures in any dimension: fast by matrix products, careful where those round."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from diffusion_core.schedules import Array, NoiseLevel
from diffusion_core.targets.base import (
    CHUNK,
    Index,
    Marginal,
    climb,
    exponentiate,
    normalise,
    unit_rows,
)

BLOCK = 16_384  # numbers in a (K, n) array: a few of them fit the cache
MOST_FEATURES_DIM = 6  # above, (d + 1)(d + 2)/2 features of x cost more than they save
ROUNDING = 1e6  # largest (|y| + R)^2/v of the fast form, whose log weights round at 1e-16 of it

NEAR, FAR = 8.0, 1e5  # |y| in units of R, and squared deviations: where whitening still serves
LARGEST = 600.0  # log weights up to this size need no shift before exp
MAGNIFIED = 100  # rounding of P_k - P_j by way of C_k - C_j over that of plain subtraction


class Posterior(NamedTuple):
    """log p(x) (n,), r_k (K, n), a reference score (d, n), s_k minus it (d, K, n) or (d, K, 1)."""

    log_p: Array
    r: Array
    base: Array
    delta: Array


class NormalMixture(Marginal):
    """sum_k w_k N(root m_k, S_k), S_k = abar C_k + var I, root = sqrt(abar).

    ``covariances`` are C_k, (K, d, d), or (1, d, d) when all are equal; ``spectrum`` holds their
    eigenvalues and eigenvectors. With P_k = S_k^{-1}, r_k the posterior weights and c_k = s_k - s:
    s = E_r s_k, H = E_r[c c^T - P], grad tr H = E_r[c (|c|^2 - tr P) - 2 P c].

    Fast form: log weights linear in the features 1, y_i, y_i y_j of y = x - origin, one matrix
    product. They are sums of terms up to B = (|y| + R)^2/v, R the largest |root m_k - origin| and
    v the smallest variance, and round at a few 1e-16 B; so only where B <= ROUNDING. Beyond, with
    one covariance, squares of whitened differences x - root m_k, which round no worse than x
    itself does while |y| is not far larger than R; else and farther out the careful form.

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
        self._covariances, self._level = covariances, level
        self._common = len(covariances) == 1
        self._p = np.matmul(vectors / variances[:, None, :], vectors.transpose(0, 2, 1))
        self._det = variances.prod(axis=1)
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
        self._careful_only = not self._common and self.dim > MOST_FEATURES_DIM
        if self._careful_only:
            return
        self._b = np.matmul(self._p, y[:, :, None])[:, :, 0]
        columns = [(shift - 0.5 * (self._b * y).sum(axis=1))[:, None], self._b]
        sums = [np.ones((1, self.n_components)), self._b.T]
        self._pairs = [(i, j) for i in range(self.dim) for j in range(i, self.dim)]
        if self._common:
            far = max(NEAR * radius, radius + math.sqrt(FAR * smallest))
            self._careful2 = max(self._reach2, far**2)
            self._white = (vectors[0] / np.sqrt(2 * values[0])).T
            self._white_means = self._white @ y.T
        else:
            squares = np.stack([self._p[:, i, j] for i, j in self._pairs])
            sums.append(squares)
            columns.append(squares.T * [-0.5 if i == j else -1.0 for i, j in self._pairs])
        self._features, self._sums = np.concatenate(columns, axis=1), np.concatenate(sums)

    def log_density(self, x: Array) -> Array:
        return self._split(x, (), self._fast_log_density, lambda p: p.log_p)

    def score(self, x: Array) -> Array:
        def of(p: Posterior) -> Array:
            return (p.base + _mean(p.r, p.delta)).T

        return self._split(x, (self.dim,), self._fast_score, of)

    def jacobian(self, x: Array) -> Array:
        return self.score_and_jacobian(x)[1]

    def score_and_jacobian(self, x: Array) -> tuple[Array, Array]:
        def of(p: Posterior) -> Array:
            mean = _mean(p.r, p.delta)
            c = p.delta - mean[:, None, :]
            both = np.empty((p.r.shape[1], self.dim + 1, self.dim))
            both[:, 0] = (p.base + mean).T
            for i in range(self.dim):
                weighted = p.r * c[i]
                for j in range(i + 1):
                    both[:, i + 1, j] = both[:, j + 1, i] = np.einsum("kn,kn->n", weighted, c[j])
            both[:, 1:] -= self._mean_precision(p.r)
            return both

        both = self._split(x, (self.dim + 1, self.dim), lambda y: of(self._fast(y)), of, True)
        return both[:, 0], both[:, 1:]

    def trace_gradient(self, x: Array) -> Array:
        def of(p: Posterior) -> Array:
            c = p.delta - _mean(p.r, p.delta)[:, None, :]
            square = np.einsum("ikn,ikn->kn", c, c)
            if self._common:
                square *= p.r
                return np.einsum("kn,ikn->ni", square, c)
            square -= self._trace[:, None]
            weighted = p.r * c
            pull = np.tensordot(weighted, self._p, axes=([0, 1], [1, 0]))
            return np.einsum("ikn,kn->ni", weighted, square) - 2 * pull

        return self._split(x, (self.dim,), lambda y: of(self._fast(y)), of, True)

    def _mean_precision(self, r: Array) -> Array:
        return self._p if self._common else np.tensordot(r, self._p, axes=([0], [0]))

    def _split(
        self,
        x: Array,
        shape: tuple[int, ...],
        fast: Callable[[Array], Array],
        careful: Callable[[Posterior], Array],
        centred: bool = False,
    ) -> Array:
        """``fast`` of y = (x - origin)^T block by block, ``careful`` where that would round.

        centred: ``fast`` makes arrays (d, K, n), not only (K, n).
        """
        out = np.empty((len(x), *shape))
        y = np.ascontiguousarray((x - self._origin).T)
        rows = np.arange(len(x))
        if not self._careful_only:
            rows = np.flatnonzero((y * y).sum(axis=0) > self._careful2)
            y[:, rows] = 0.0
            size = max(64, BLOCK // (self.n_components + self.dim**2))
            if centred:
                size = max(1, min(size, CHUNK // (self.n_components * self.dim)))
            for i in range(0, len(x) if len(rows) < len(x) else 0, size):
                out[i : i + size] = fast(y[:, i : i + size])
        for cut in unit_rows(len(rows), self.n_components * self.dim):
            out[rows[cut]] = careful(self._careful(x[rows[cut]]))
        return out

    def _log_weights(self, y: Array) -> tuple[Array, Array | float]:
        """log w_k + log p_k (K, n) less a common term, and that term."""
        if self._common and (y * y).sum(axis=0).max() > self._reach2:
            return self._whitened(y), self._top
        ones = np.ones((1, y.shape[1]))
        if self._common:
            common = self._top - 0.5 * (y * (self._p[0] @ y)).sum(axis=0)
            return self._features @ np.concatenate([ones, y]), common
        squares = np.stack([y[i] * y[j] for i, j in self._pairs])
        return self._features @ np.concatenate([ones, y, squares]), self._top

    def _whitened(self, y: Array) -> Array:
        log_w = np.repeat((self._log_norm - self._top)[:, None], y.shape[1], axis=1)
        for row, means in zip(self._white @ y, self._white_means, strict=True):
            step = row - means[:, None]
            step *= step
            log_w -= step
        return log_w

    def _exponentials(self, y: Array) -> tuple[Array, Array | float]:
        """Unnormalised weights (K, n), and the log of what they were divided by (n,)."""
        log_w, common = self._log_weights(y)
        if (y * y).sum(axis=0).max() <= self._tame2:
            return np.exp(log_w, out=log_w), common
        return log_w, common + exponentiate(log_w)

    def _fast_log_density(self, y: Array) -> Array:
        w, common = self._exponentials(y)
        return np.log(w.sum(axis=0)) + common

    def _fast_score(self, y: Array) -> Array:
        w, _ = self._exponentials(y)
        sums = self._sums @ w
        sums /= sums[0]
        s = sums[1 : self.dim + 1]
        if self._common:
            return (s - self._p[0] @ y).T
        for row, (i, j) in zip(sums[self.dim + 1 :], self._pairs, strict=True):
            s[i] -= row * y[j]
            if i != j:
                s[j] -= row * y[i]
        return s.T

    def _fast(self, y: Array) -> Posterior:
        r, common = self._log_weights(y)
        log_p = normalise(r) + common
        if self._common:
            return Posterior(log_p, r, -self._p[0] @ y, self._b.T[:, :, None])
        delta = self._b.T[:, :, None] - np.matmul(self._p.transpose(1, 0, 2), y)
        return Posterior(log_p, r, np.zeros(y.shape), delta)

    def _careful(self, x: Array) -> Posterior:
        if self._careful_only:
            j = np.zeros(len(x), dtype=np.intp)
        else:
            j = self._log_weights((x - self._origin).T)[0].argmax(axis=0)
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
        delta = np.matmul(shift[:, None, :], self._p) - np.matmul(z, self._precision_gap(j))
        ratio = ((z - shift[:, None, :]) * delta).sum(axis=2) + shift @ g.T
        ratio *= 0.5
        ratio += (self._log_norm - self._log_norm[j])[:, None]
        return ratio, delta.transpose(2, 0, 1)

    def _precision_gap(self, j: int) -> Array:
        """P_k - P_j, (K, d, d), from C_k - C_j, so that close or mirrored covariances keep digits.

        Plainly subtracted where ill-conditioned, unlike covariances would magnify the rounding.
        """
        p, gap = self._p, self._level.abar * (self._covariances - self._covariances[j])
        size, step = np.abs(p).max(axis=(1, 2)), np.abs(gap).max(axis=(1, 2))
        if self.dim == 2:
            exact = two_by_two_gap(self._covariances, self._level, self._det, j)
        else:
            exact = -p @ gap @ p[j]
        close = size * size[j] * step <= MAGNIFIED * (size + size[j])
        return np.where(close[:, None, None], exact, p - p[j])


def two_by_two_gap(c: Array, level: NoiseLevel, det: Array, j: int) -> Array:
    """S_k^{-1} - S_j^{-1}, (K, 2, 2), by adjugates; det_k of S_k = abar C_k + var I.

    Differences and sums are of the entries of C_k, which are not rounded: those of mirror images
    cancel down to the last digit.
    """
    s = level.abar * c + level.var * np.eye(2)
    gap, off = level.abar * (c - c[j]), level.abar * (c[:, 0, 1] + c[j, 0, 1])
    more = gap[:, 0, 0] * s[:, 1, 1] + s[j, 0, 0] * gap[:, 1, 1] - gap[:, 0, 1] * off
    inner = (gap * det[j] - s[j] * more[:, None, None]) / (det * det[j])[:, None, None]
    out = -inner
    out[:, 0, 0], out[:, 1, 1] = inner[:, 1, 1], inner[:, 0, 0]
    return out


def _mean(r: Array, values: Array) -> Array:
    """sum_k r_k values_k, (d, n), of values (d, K, n) or (d, K, 1)."""
    if values.shape[2] == 1:
        return values[:, :, 0] @ r
    return np.einsum("kn,ikn->in", r, values)
