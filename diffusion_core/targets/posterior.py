"""The posterior of the components of a mixture at points x, and moments under it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from diffusion_core.schedules import Array


class Posterior(NamedTuple):
    """log p(x) (n,), r_k (K, n), a reference score (d, n), s_k minus it (d, K, n) or (d, K, 1)."""

    log_p: Array
    r: Array
    base: Array
    delta: Array


def mean(r: Array, values: Array) -> Array:
    """sum_k r_k values_k, (d, n), of values (d, K, n) or (d, K, 1)."""
    if values.shape[2] == 1:
        return values[:, :, 0] @ r
    return np.einsum("kn,ikn->in", r, values)


def score_and_jacobian(p: Posterior, precision: Array) -> Array:
    """s and H, (n, d + 1, d); precision: P_k, (K, d, d), or (1, d, d) when all are equal."""
    centre = mean(p.r, p.delta)
    c = p.delta - centre[:, None, :]
    both = np.empty((p.r.shape[1], len(c) + 1, len(c)))
    both[:, 0] = (p.base + centre).T
    for i in range(len(c)):
        weighted = p.r * c[i]
        for j in range(i + 1):
            both[:, i + 1, j] = both[:, j + 1, i] = np.einsum("kn,kn->n", weighted, c[j])
    both[:, 1:] -= precision if len(precision) == 1 else np.tensordot(p.r, precision, (0, 0))
    return both


def pairs(dim: int) -> list[tuple[int, int]]:
    """(i, j), i <= j < dim: the order of products x_i x_j here."""
    return [(i, j) for i in range(dim) for j in range(i, dim)]


def covariance(sums: Array, dim: int) -> Array:
    """E c_i c_j for i <= j, (d(d+1)/2, n), c = b - E b, of the rows 1, E b_i, E b_i b_j, ..."""
    mean, count = sums[1 : 1 + dim], dim * (dim + 1) // 2
    found = sums[1 + dim : 1 + dim + count].copy()
    for square, (i, j) in zip(found, pairs(dim), strict=True):
        square -= mean[i] * mean[j]
    return found


def summed(b: Array, p: Array) -> Array:
    """Rows (24, K) whose sums ``by_sums`` needs, of s_k = b_k - P_k y: b (K, 2), P (K, 2, 2).

    1; b_i; P_ij; then, power by power of y, the coefficients of s_i s_j. Always i <= j.
    """
    rows = [np.ones(len(b)), *b.T, *(p[:, i, j] for i, j in pairs(2))]
    rows += [b[:, i] * b[:, j] for i, j in pairs(2)]
    rows += [-b[:, i] * p[:, j, k] - b[:, j] * p[:, i, k] for k in range(2) for i, j in pairs(2)]
    for k, m in pairs(2):
        product = p[:, :, k, None] * p[:, None, :, m]
        if k != m:
            product = product + product.transpose(0, 2, 1)
        rows += [product[:, i, j] for i, j in pairs(2)]
    return np.stack(rows)


def by_sums(sums: Array, features: Array) -> Array:
    """s and H (n, 3, 2) in the plane, of the sums of ``summed`` and of 1 and y (3, n)."""
    sums *= 1 / sums[0]
    y, inverse = features[1:], sums[3:6]
    both = np.empty((3, 2, y.shape[1]))
    both[0, 0] = sums[1] - inverse[0] * y[0] - inverse[1] * y[1]
    both[0, 1] = sums[2] - inverse[1] * y[0] - inverse[2] * y[1]
    powers = np.concatenate([features, np.stack([y[i] * y[j] for i, j in pairs(2)])])
    square = np.einsum("fmn,fn->mn", sums[6:].reshape(6, 3, -1), powers)
    for row, (i, j), less in zip(square, pairs(2), inverse, strict=True):
        row -= both[0, i] * both[0, j] + less
        both[1 + i, j] = both[1 + j, i] = row
    return both.transpose(2, 0, 1)


def of_common(sums: Array, y: Array, precision: Array) -> Array:
    """s and H (n, d + 1, d) of one covariance: the rows 1, E b_i, E b_i b_j, y (d, n), P (d, d)."""
    dim = len(y)
    both = np.empty((dim + 1, *y.shape))
    np.subtract(sums[1 : 1 + dim], precision @ y, out=both[0])
    for row, (i, j) in zip(covariance(sums, dim), pairs(dim), strict=True):
        both[i + 1, j] = both[j + 1, i] = row - precision[i, j]
    return both.transpose(2, 0, 1)


def third_moment(sums: Array, dim: int) -> Array:
    """E c |c|^2, (d, n), of the rows 1, E b_i, E b_i b_j, E b_i |b|^2:

    T - 2 S m - m tr S + 2 m |m|^2, with m, S, T the first, second and third moments of b.
    """
    mean, second, third = sums[1 : 1 + dim], sums[1 + dim : -dim], sums[-dim:].copy()
    pull = -2 * np.einsum("in,in->n", mean, mean)
    for square, (i, j) in zip(second, pairs(dim), strict=True):
        third[i] -= 2 * square * mean[j]
        if i == j:
            pull += square
        else:
            third[j] -= 2 * square * mean[i]
    third -= pull * mean
    return np.asarray(third)
