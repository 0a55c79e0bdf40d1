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
