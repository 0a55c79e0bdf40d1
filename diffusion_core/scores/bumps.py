"""Denoising score matching by least squares, with every expectation over the noise in closed form.

In standard coordinates the noised training data are U = v_i + tau Z, i = 1..n, and the model is
affine plus Gaussian bumps,

    g(u) = theta' phi(u),   phi = (1, u_1, ..., u_d, exp(-|u - c_j|^2 / (2 l^2)), j = 1..D).

Denoising score matching (Vincent 2011, Neural Computation 23) asks for the least of

    (1/n) sum_i E_Z |g(v_i + tau Z) + Z/tau|^2 + penalty |theta_bumps|^2,

which solves (G + penalty) theta = -b with G = E phi phi' and, since E[phi Z] = tau E[grad phi],
b = E grad phi. Gaussians times Gaussians are Gaussians, so no expectation is drawn or approximated;
and since products of bumps factorise, G costs one matrix product.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

import numpy as np
import scipy

from diffusion_core.schedules import Array
from diffusion_core.targets.base import LOG_TINY, unit_rows

LEAST_PENALTY = 1e-13  # of the trace: below, the Gram matrix is singular to rounding
SINGULAR = 1e-12  # singular values below, relative to the largest, are rounding
CACHED = 32  # times fewer rows at once than fit in memory: four times faster from the cache


@dataclass(frozen=True, eq=False)
class Bumps:
    """D Gaussians exp(-|u - c_j|^2 / (2 l^2)) beside 1 and u: centres (D, d) and length l."""

    centres: Array
    length: float

    @property
    def dim(self) -> int:
        return self.centres.shape[1]

    def values(self, u: Array, variance: float | None = None) -> Array:
        """exp(-|u - c_j|^2 / (2 variance)), (N, D), the variance being l^2 unless given."""
        square = np.zeros((len(u), len(self.centres)))
        for k in range(self.dim):
            gap = u[:, k, None] - self.centres[:, k]
            square += gap * gap
        square /= -2 * (self.length**2 if variance is None else variance)
        return np.exp(np.maximum(square, LOG_TINY))

    def gram(self, v: Array, tau: float) -> Array:
        """E phi phi' over U = v_i + tau Z, (1 + d + D, 1 + d + D)."""
        n, d = v.shape
        own, smooth = self.length**2, self.length**2 + tau**2
        mean = (own / smooth) ** (d / 2) * self.values(v, smooth)
        total = mean.mean(axis=0)
        out = np.empty((1 + d + len(total), 1 + d + len(total)))
        out[0, 0], out[0, 1 : 1 + d], out[0, 1 + d :] = 1.0, v.mean(axis=0), total
        out[1 : 1 + d, 1 : 1 + d] = v.T @ v / n + tau**2 * np.eye(d)
        out[1 : 1 + d, 1 + d :] = (own * v.T @ mean / n + tau**2 * self.centres.T * total) / smooth
        out[1 + d :, 1 + d :] = self._products(v, tau)
        lower = np.tril_indices(len(out), -1)
        out[lower] = out.T[lower]
        return out

    def _products(self, v: Array, tau: float) -> Array:
        """E of the products of two bumps, (D, D): |v - (c_i + c_j)/2|^2 splits into both."""
        own = self.length**2
        wide = own + 2 * tau**2
        each = self.values(v, wide)
        gap = sum((c[:, None] - c) ** 2 for c in self.centres.T)
        return (
            (own / wide) ** (self.dim / 2)
            * (each.T @ each / len(v))
            * np.exp(np.maximum(-gap / 4 * (1 / own - 1 / wide), LOG_TINY))
        )

    def slopes(self, v: Array, tau: float) -> Array:
        """E grad phi over U = v_i + tau Z, (1 + d + D, d)."""
        n, d = v.shape
        own, smooth = self.length**2, self.length**2 + tau**2
        mean = (own / smooth) ** (d / 2) * self.values(v, smooth)
        bumps = (mean.mean(axis=0)[:, None] * self.centres - mean.T @ v / n) / smooth
        return np.concatenate([np.zeros((1, d)), np.eye(d), bumps])


@dataclass(frozen=True, eq=False)
class Model:
    """g(u) = theta' phi(u), theta of shape (1 + d + D, d), and its derivatives."""

    bumps: Bumps
    theta: Array

    @property
    def size(self) -> int:
        """How many numbers it holds."""
        return self.theta.size + self.bumps.centres.size

    @property
    def _p(self) -> Array:
        """The bumps' weights p_jk, (D, d)."""
        return self.theta[1 + self.bumps.dim :]

    def _sums(self, u: Array, beside: Array) -> tuple[Array, Array]:
        """sum_j exp(...)_j p_jk (1, c_j), (N, d, 1 + d), and that of the columns ``beside`` (D, B).

        Of some k at a time, so that the products of weights and centres stay small.
        """
        p, d = self._p, self.bumps.dim
        c = np.concatenate([np.ones((len(p), 1)), self.bumps.centres], axis=1)
        out, other = np.empty((len(u), d, 1 + d)), np.empty((len(u), beside.shape[1]))
        for rows in unit_rows(len(u), CACHED * max(1, len(p))):
            e = self.bumps.values(u[rows])
            other[rows] = e @ beside
            for k in unit_rows(d, c.size):
                products = p[:, k, None] * c[:, None, :]
                out[rows, k] = np.tensordot(e, products, axes=1)
        return out, other

    def __call__(self, u: Array) -> Array:
        """g(u), (N, d)."""
        out = self.theta[0] + u @ self.theta[1 : 1 + self.bumps.dim]
        for rows in unit_rows(len(u), CACHED * max(1, len(self._p))):
            out[rows] += self.bumps.values(u[rows]) @ self._p
        return out

    def jacobian(self, u: Array) -> Array:
        """d g_k / d u_l, (N, d, d)."""
        sums, _ = self._sums(u, np.empty((len(self._p), 0)))
        slope = sums[:, :, 1:]
        slope -= sums[:, :, :1] * u[:, None, :]
        slope /= self.bumps.length**2
        slope += self.theta[1 : 1 + self.bumps.dim].T
        return slope

    def trace_gradient(self, u: Array) -> Array:
        """grad sum_k d g_k / d u_k, (N, d)."""
        own, c = self.bumps.length**2, self.bumps.centres
        q = (c * self._p).sum(axis=1, keepdims=True)
        sums, beside = self._sums(u, np.concatenate([q, c * q], axis=1))
        value, moment = sums[:, :, 0], sums[:, :, 1:]
        inner = (u * value).sum(axis=1, keepdims=True) - beside[:, :1]
        turned = np.einsum("nk,nkm->nm", u, moment)
        return (u * inner - turned + beside[:, 1:]) / own**2 - value / own

    def loss(self, v: Array, tau: float) -> float:
        """(1/n) sum_i E_Z |tau g(v_i + tau Z) + Z|^2 / d, the error of the noise it predicts."""
        gram, slopes = self.bumps.gram(v, tau), self.bumps.slopes(v, tau)
        return self._loss(gram, slopes, tau)

    def _loss(self, gram: Array, slopes: Array, tau: float) -> float:
        square = float((self.theta * (gram @ self.theta + 2 * slopes)).sum())
        return 1 + tau**2 * square / self.bumps.dim


@dataclass(frozen=True, eq=False)
class Fit:
    """The score at one t: s(x) = g((x - centre)/spread)/spread."""

    centre: Array
    spread: float
    model: Model
    loss: float

    def standard(self, x: Array) -> Array:
        return (x - self.centre) / self.spread


def fitted(bumps: Bumps, v: Array, tau: float, ridge: float) -> tuple[Model, float]:
    """The minimiser of the regularised objective, and its loss without the penalty.

    The penalty is ``ridge`` times trace/n, trace that of the bumps' part of G: a number without
    unit, whose smoothing does not grow weaker with more bumps and does with more data. Without a
    penalty, least squares of least norm.
    """
    gram, slopes = bumps.gram(v, tau), bumps.slopes(v, tau)
    matrix, regular = penalised(gram, 1 + bumps.dim, ridge, len(v))
    model = Model(bumps, solved(matrix, -slopes, regular))
    return model, model._loss(gram, slopes, tau)


def penalised(gram: Array, first: int, ridge: float, n: int) -> tuple[Array, bool]:
    """G with the penalty on the bumps, which begin at ``first``, and whether it is regular."""
    share, matrix = ridge / n, gram.copy()
    diagonal = np.arange(first, len(gram))
    matrix[diagonal, diagonal] += share * np.trace(gram[first:, first:])
    return matrix, share > LEAST_PENALTY


def solved(matrix: Array, right: Array, regular: bool) -> Array:
    """matrix^{-1} right by Cholesky, or the least-norm least squares where it is singular."""
    if regular:
        with suppress(scipy.linalg.LinAlgError):  # where rounding made a tiny eigenvalue negative
            return scipy.linalg.cho_solve(scipy.linalg.cho_factor(matrix), right)
    return scipy.linalg.lstsq(matrix, right, cond=SINGULAR)[0]
