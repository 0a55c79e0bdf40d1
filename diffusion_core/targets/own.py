"""A density of a reader's own on an interval, as a law whose noised marginals are closed forms."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from diffusion_core.errors import InputError, Refused
from diffusion_core.schedules import CLEAN, Array
from diffusion_core.strict_json import shown
from diffusion_core.targets.base import Target
from diffusion_core.targets.boxes import Boxes
from diffusion_core.targets.gaussian_mixture import GaussianMixture

WITHIN = 1e-3
COMPONENTS = (100, 200, 400)  # equally spaced Gaussians
BOXES = (256, 512, 1024, 2048)
PANELS, POINTS = 4096, 8  # of the Gauss-Legendre rule for masses and for the error
MOST_SIZE = 1e6
FLAT = 1e-12  # of the largest mass of a panel: smaller differences are rounding
LEAST = 1e-14  # of the largest weight: lighter components are left out

Density = Callable[[Array], Any]


def own_target(density: Density, low: float, high: float, within: float = WITHIN) -> Target:
    """The law on [low, high] with this density, to ``within`` in total variation.

    density(x): of points x (M,), (M,) numbers >= 0; it need not be normalised. What is returned is
    a ``GaussianMixture`` of equally spaced narrow Gaussians through the density's values (a smooth
    density that fades at the ends: errors of 1e-8 and less) or, where these do not do, ``Boxes``
    with the density's masses (jumps and kinks). It is the law that is sampled and measured from
    then on, exactly, and by data processing no p_t of it is further than ``within`` from yours.

    InputError for a wrong interval, shape or sign; Refused, with what was reached, where 400
    Gaussians and 2,048 boxes are not enough.
    """
    _check_interval(low, high, within)
    rule = _Rule(density, float(low), float(high))
    best = np.inf
    for target in _candidates(rule):
        error = rule.distance(target)
        if error <= within:
            return target
        best = min(best, error)
    raise Refused(
        f"target: this density is known to {best:.2g} in total variation only, not to "
        f"within={within:g}: allow more, shorten the interval, or smooth the density"
    )


def _check_interval(low: float, high: float, within: float) -> None:
    try:
        fine = -MOST_SIZE <= low < high <= MOST_SIZE
    except TypeError:
        fine = False
    if not fine:
        raise InputError(
            f"target: needs an interval low < high within 1e6 of 0, got {shown(low)}, {shown(high)}"
        )
    if not 0 < within < 1:
        raise InputError(f"target.within: above 0 and below 1, got {shown(within)}")


class _Rule:
    """The density at the nodes of a composite Gauss-Legendre rule, normalised."""

    def __init__(self, density: Density, low: float, high: float) -> None:
        self.low, self.high, self._density = low, high, density
        node, weight = np.polynomial.legendre.leggauss(POINTS)
        self.edges = np.linspace(low, high, PANELS + 1)
        half = 0.5 * (high - low) / PANELS
        middle = 0.5 * (self.edges[1:] + self.edges[:-1])
        self.x = (middle[:, None] + half * node).ravel()
        self._weights = np.tile(half * weight, PANELS)
        values = self._values(self.x)
        self._total = float(self._weights @ values)
        if not 0 < self._total < np.inf:
            raise InputError(
                f"target: the density's integral must be above 0 and finite, got {self._total:g}"
            )
        self.values = values / self._total

    def _values(self, x: Array) -> Array:
        try:
            values = np.asarray(self._density(x), dtype=float)
        except (TypeError, ValueError) as reason:
            raise InputError(
                f"target: the density must take an array of points ({len(x)},) and return as many "
                f"numbers; it said: {reason}"
            ) from None
        if values.shape != x.shape:
            raise InputError(
                f"target: the density must return the shape of its points, {x.shape}, got "
                f"{values.shape}"
            )
        if not (np.isfinite(values).all() and (values >= 0).all()):
            where = x[~(np.isfinite(values) & (values >= 0))][0]
            raise InputError(
                f"target: the density must be finite and not negative, which it is not at {where:g}"
            )
        return values

    def at(self, x: Array) -> Array:
        """The normalised density at any points."""
        return self._values(x) / self._total

    def masses(self) -> Array:
        """Of the panels, (PANELS,)."""
        return (self._weights * self.values).reshape(PANELS, POINTS).sum(axis=1)

    def distance(self, target: Target) -> float:
        """TV of the density and the target's, what the target has outside included."""
        p = np.exp(target.marginal(CLEAN).log_density(self.x[:, None]))
        inside = float(self._weights @ np.abs(p - self.values))
        outside = max(0.0, 1 - float(self._weights @ p))
        return 0.5 * (inside + outside)


def _candidates(rule: _Rule) -> Iterator[Target]:
    """Gaussians while they may do, then boxes."""
    for count in COMPONENTS:
        found = _gaussians(rule, count)
        if found is not None:
            yield found
    for count in BOXES:
        yield _boxes(rule, count)


def _gaussians(rule: _Rule, count: int) -> Target | None:
    """Gaussians one spacing wide, whose sum goes through the density at their centres."""
    from scipy.linalg import solveh_banded

    x = np.linspace(rule.low, rule.high, count)
    h = x[1] - x[0]
    reach = 9  # spacings: exp(-40) beyond
    bell = np.exp(-0.5 * np.arange(reach + 1) ** 2) / (h * np.sqrt(2 * np.pi))
    band = np.repeat(bell[:, None], count, axis=1)
    w = solveh_banded(band, rule.at(x), lower=True)
    kept = w > LEAST * w.max()
    if not kept.any():
        return None
    weights = w[kept] / w[kept].sum()
    return GaussianMixture(
        tuple(weights.tolist()),
        tuple((float(m),) for m in x[kept]),
        (((float(h * h),),),) * int(kept.sum()),
    )


def _boxes(rule: _Rule, count: int) -> Target:
    """At most ``count`` boxes with the density's masses, short where it changes.

    A box of length h is wrong by about h^2 |f'|: equal shares have equal integrals of |f'|^{1/2}.
    Empty ones are left out.
    """
    masses = rule.masses()
    jumps = np.abs(np.diff(masses))
    jumps[jumps < FLAT * masses.max()] = 0.0
    total = np.cumsum(np.sqrt(jumps))
    chosen = np.searchsorted(total, total[-1] * np.arange(1, count) / count) + 1
    inner = chosen if total[-1] > 0 else chosen[:0]
    ends = np.unique(np.concatenate([[0], inner, [PANELS]]))
    masses, edges = np.add.reduceat(masses, ends[:-1]), rule.edges[ends]
    kept = masses > LEAST * masses.max()
    weights = masses[kept] / masses[kept].sum()
    return Boxes(
        tuple(weights.tolist()),
        tuple((float(v),) for v in edges[:-1][kept]),
        tuple((float(v),) for v in edges[1:][kept]),
    )
