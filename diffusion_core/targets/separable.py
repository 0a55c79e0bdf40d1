"""Laws in the plane that are sums of products over the axes, at all nodes of a grid at once.

p(x, y) = sum_k A_k(x) B_k(y) costs one function an axis and node of that axis, and its values on a
grid are one product of matrices; so are its derivatives.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from diffusion_core.schedules import Array, Mask
from diffusion_core.targets.base import CHUNK, Marginal, Separable

PART = 500_000  # nodes at a time
FAINTEST, LEAST = -300.0, 1e-100  # a Gaussian's log along an axis, and p, that products still hold


def gaussian_factors(
    log_heights: Array, means: Array, precisions: Array, axes: tuple[Array, Array]
) -> Separable | None:
    """Those of Gaussians h_k exp(-(x - m_k).P_k (x - m_k)/2) along the axes; None for too many.

    log h (K,), m (K, 2), P (K, 2, 2), diagonal.
    """
    if len(means) * sum(map(len, axes)) > CHUNK:
        return None
    factors = []
    for i, nodes in enumerate(axes):
        step = np.subtract.outer(means[:, i], nodes)
        slope = step * precisions[:, i, i, None]
        bell = np.exp(np.maximum(-0.5 * step * slope, FAINTEST))
        factors.append((bell, bell * slope))
    (bell, slope), across = factors
    heights = np.exp(log_heights)[:, None]
    return Separable((heights * bell, heights * slope), across, LEAST)


def density_at_nodes(law: Marginal, axes: tuple[Array, Array]) -> Array:
    """p at all nodes of a grid, (X, Y)."""
    found = law.separable(axes)
    x = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1)
    if found is None:
        return np.exp(law.log_density(x.reshape(-1, 2))).reshape(x.shape[:2])
    p: Array = found.along[0].T @ found.across[0]
    lost = p <= found.least
    p[lost] = np.exp(law.log_density(x[lost]))
    return p


def score_at_nodes(law: Marginal, axes: tuple[Array, Array], kept: Mask, x: Array) -> Array:
    """s at the nodes of a grid that are kept (X, Y), which are x (N, 2): (N, 2)."""
    found = law.separable(axes)
    if found is None:
        return law.score(x)
    s, done = np.empty(x.shape), 0
    for rows in _parts(kept):
        chosen = kept[rows]
        (a, slope_a), (b, slope_b) = [part[:, rows] for part in found.along], found.across
        p = (a.T @ b)[chosen]
        part = slice(done, done + len(p))
        done += len(p)
        lost = p <= found.least
        p[lost] = 1.0
        s[part, 0], s[part, 1] = (slope_a.T @ b)[chosen] / p, (a.T @ slope_b)[chosen] / p
        if lost.any():
            s[part][lost] = law.score(x[part][lost])
    return s


def _parts(kept: Mask) -> Iterator[slice]:
    """Rows of a grid, of so many nodes at a time."""
    size = max(1, PART // kept.shape[1])
    for i in range(0, len(kept), size):
        yield slice(i, i + size)
