"""Laws on a finite set of sequences: arrays with an axis a coordinate, and what is read off them.

A law on A^d is an array of shape (A,) * d that sums to 1; its states in this order, the last
coordinate running fastest, are rows of ``(A^d, d)``. Everything here is a finite sum.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from diffusion_core.errors import InputError
from diffusion_core.schedules import Array, Index

MOST_STATES = 20_000
BLOCK = 1 << 21  # numbers in the factors of a product kernel that are held together


def check_states(name: str, symbols: int, length: int) -> None:
    """InputError unless symbols^length is within the limit."""
    if length * np.log(symbols) > np.log(MOST_STATES) + 1e-9:
        raise InputError(
            f"{name}: {symbols}^{length} states, at most {MOST_STATES:,} fit; fewer symbols or a "
            "shorter sequence"
        )


def states(symbols: int, length: int) -> Index:
    """All sequences as whole numbers, (A^d, d)."""
    shape = (symbols,) * length
    return np.stack(np.unravel_index(np.arange(symbols**length), shape), axis=1)


def along(law: Array, matrix: Array, axis: int) -> Array:
    """sum_a law(.., a, ..) matrix(a, b) along one axis."""
    shape = law.shape
    flat = law.reshape(int(np.prod(shape[:axis])), shape[axis], -1)
    moved = np.einsum("iaj,ab->ibj", flat, matrix)
    return moved.reshape(*shape[:axis], matrix.shape[1], *shape[axis + 1 :])


def along_all(law: Array, matrix: Array) -> Array:
    """The same along every axis: independent coordinates that move by one matrix."""
    for axis in range(law.ndim):
        law = along(law, matrix, axis)
    return law


def product(rows: Array) -> Array:
    """The law of independent coordinates, row i that of the i-th: (d, A) to (A,) * d."""
    law = np.ones(())
    for row in rows:
        law = np.multiply.outer(law, row)
    return law


def over_symbols(kernel: Array) -> Array:
    """The sum over the last axis, (.., A) to (..): ``sum`` takes four times as long on few."""
    return np.asarray(np.einsum("...a->...", kernel))


def pushed(weight: Array, kernel: Array) -> Array:
    """sum_x weight(x) prod_i kernel_i(y_i | x): weight (N,), kernel (N, d, A) to (A,) * d.

    Half of the coordinates make the rows of a matrix product, the others its columns.
    """
    n, d, symbols = kernel.shape
    half = d // 2
    shape = (symbols**half, symbols ** (d - half))
    out = np.zeros(shape)
    for rows in _blocks(n, sum(shape)):
        left = _joint(kernel[rows, :half]) * weight[rows, None]
        out += left.T @ _joint(kernel[rows, half:])
    return out.reshape((symbols,) * d)


def _joint(kernel: Array) -> Array:
    """Every row's law of all its coordinates, (n, d, A) to (n, A^d)."""
    joint = np.ones((len(kernel), 1))
    for i in range(kernel.shape[1]):
        joint = (joint[:, :, None] * kernel[:, i, None, :]).reshape(len(kernel), -1)
    return joint


def _blocks(n: int, width: int) -> Iterator[slice]:
    rows = max(1, BLOCK // width)
    for begin in range(0, n, rows):
        yield slice(begin, begin + rows)


def marginals(law: Array) -> Array:
    """The law of every coordinate, (d, A)."""
    axes = range(law.ndim)
    return np.stack([law.sum(axis=tuple(k for k in axes if k != i)) for i in axes])


def entropy(law: Array) -> float:
    """H = -sum p log p, in nats."""
    p = law[law > 0]
    return float(-(p * np.log(p)).sum())


def total_correlation(law: Array) -> float:
    """sum_i H(X_i) - H(X) = KL(law || product of its marginals), in nats."""
    return sum(entropy(row) for row in marginals(law)) - entropy(law)


def dual_total_correlation(law: Array) -> float:
    """H(X) - sum_i H(X_i | the others), in nats: Han, Information and Control 36, 1978."""
    whole = entropy(law)
    return whole - sum(whole - entropy(law.sum(axis=i)) for i in range(law.ndim))


def shared_information(law: Array) -> float:
    """sum_i I(X_i; the others) = sum_i H(X_i) - H(X_i | the others), in nats.

    It is the sum of both correlations above.
    """
    return total_correlation(law) + dual_total_correlation(law)


def total_variation(q: Array, p: Array) -> float:
    """(1/2) sum |q - p|."""
    return 0.5 * float(np.abs(q - p).sum())


def kullback_leibler(p: Array, q: Array) -> float:
    """KL(p || q) = sum p log(p/q), in nats; infinite where q = 0 < p."""
    seen = p > 0
    if (q[seen] <= 0).any():
        return np.inf
    ratio = q[seen] / p[seen]
    found = (p[seen] * (ratio - 1 - np.log(ratio))).sum() + p.sum() - q[seen].sum()
    return max(0.0, float(found))
