"""The law that guidance is commonly taken for: p P(C | x)^w / Z, with Z and masses by quadrature.

Z = E_p P(C | X)^w is finite for every w >= 0, since P(C | x) is at most 1.
"""

from __future__ import annotations

import math

import numpy as np

from diffusion_core.errors import Refused
from diffusion_core.schedules import Array, NoiseLevel
from diffusion_core.scores.guided import Tilt
from diffusion_core.targets.base import Marginal, Target
from diffusion_core.targets.forms import Gaussians

RULE = np.polynomial.legendre.leggauss(6)
FINER_RULE = np.polynomial.legendre.leggauss(12)  # what the first is held against
REACH, PANEL = 9.0, 0.25  # of a component, and the width of a panel there, in deviations
MOST_PANELS = 20_000
COARSEST, HALVINGS = 0.5, 5  # steps of the trapezoid rule in the plane, in finest details
SETTLED = 1e-10  # relative, of Z between two steps
MOST_NODES = 8_000_000
PART = 200_000  # nodes, or draws, at a time
LEAST_KEPT = 1e-3  # of the draws: a thinner tilted law is not drawn from
ROUNDING = 1e-13


class Tilted(Tilt):
    """p P(C | x)^w / Z at one noise level. error: of Z, relative."""

    def __init__(self, law: Marginal, part: Marginal, share: float, scale: float) -> None:
        super().__init__(law, part, share, scale)
        self.log_constant, self.error = 0.0, 0.0

    def log_density(self, x: Array) -> Array:
        return super().log_density(x) - self.log_constant

    def _settle(self, value: float, change: float) -> None:
        self.log_constant, self.error = math.log(value), change / value + ROUNDING


class OnLine(Tilted):
    """On the line: Gauss-Legendre panels, none wider than ``PANEL`` deviations of a component."""

    def __init__(
        self, law: Marginal, part: Marginal, share: float, scale: float, knots: Array
    ) -> None:
        super().__init__(law, part, share, scale)
        self._knots = knots
        value = float(self._panels(knots, FINER_RULE).sum())
        self._settle(value, abs(float(self._panels(knots, RULE).sum()) - value))

    def _panels(self, edges: Array, rule: tuple[Array, Array] = RULE) -> Array:
        """The mass between neighbouring edges, none far from the next."""
        nodes, weights = rule
        half = np.diff(edges) / 2
        x = (edges[:-1] + half)[:, None] + half[:, None] * nodes
        return half * (np.exp(self.log_density(x.reshape(-1, 1))).reshape(x.shape) @ weights)

    def interval_mass(self, edges: Array) -> Array:
        """Between ascending edges; ``knots`` between them cut what is wide."""
        inner = self._knots[(self._knots > edges[0]) & (self._knots < edges[-1])]
        cuts = np.union1d(edges, inner)
        if len(cuts) < 2:
            return np.zeros(len(edges) - 1)
        first = np.searchsorted(cuts, edges)
        sums = np.add.reduceat(np.append(self._panels(cuts), 0.0), first)[:-1]
        return np.where(np.diff(first) > 0, sums, 0.0)

    def cdf(self, x: Array) -> Array:
        low = self._knots[0]
        return np.array([float(self.interval_mass(np.array([low, max(low, v)]))[0]) for v in x])


def line_knots(form: Gaussians, level: NoiseLevel) -> Array:
    """Where panels meet: around every component, equally spaced in its deviations."""
    means = math.sqrt(level.abar) * form.means[:, 0]
    deviations = np.sqrt(level.abar * form.variances[:, 0] + level.var)
    around = np.linspace(-REACH, REACH, round(2 * REACH / PANEL) + 1)
    knots = np.unique(means[:, None] + np.broadcast_to(deviations, means.shape)[:, None] * around)
    if len(knots) > MOST_PANELS:  # many components lie over each other
        step = PANEL * float(deviations.min())
        knots = np.unique(step * np.round(knots / step))
    return knots


def tilted(
    target: Target, part: Target, share: float, scale: float, level: NoiseLevel, box: Array
) -> Tilted:
    """p P(C | x)^w / Z, p the target noised to ``level``; ``part``: the law given C, share: P(C).

    box: holds p, (2, d). Refused beyond the plane, and where Z does not settle.
    """
    law, inside = target.marginal(level), part.marginal(level)
    if target.dim == 1:
        assert isinstance(target.form, Gaussians)
        return OnLine(law, inside, share, scale, line_knots(target.form, level))
    if target.dim > 2:
        raise Refused(
            "against: the tilted law's constant is worked out on the line and in the plane only; "
            "use the particles method"
        )
    found = Tilted(law, inside, share, scale)
    found._settle(*_plane_constant(found, target, level, box))
    return found


def _plane_constant(
    of: Tilted, target: Target, level: NoiseLevel, box: Array
) -> tuple[float, float]:
    """Z and by how much it changed when the step of the trapezoid rule was halved."""
    fine = math.sqrt(level.abar * target.finest_scale**2 + level.var)
    step, before = COARSEST * fine, math.inf
    for _ in range(HALVINGS):
        axes = [np.arange(lo, hi + step, step) for lo, hi in box.T]
        if len(axes[0]) * len(axes[1]) > MOST_NODES:
            break
        value = step**2 * _sum(of, axes)
        change = abs(value - before)
        if change <= SETTLED * value:
            return value, change
        step, before = step / 2, value
    raise Refused(
        "against: this target is too wide, for its finest detail, for the tilted law's constant; "
        "use more noise at t = 1 or the particles method"
    )


def _sum(of: Tilted, axes: list[Array]) -> float:
    x, y = axes
    rows = max(1, PART // len(y))
    total = 0.0
    for i in range(0, len(x), rows):
        nodes = np.stack(np.meshgrid(x[i : i + rows], y, indexing="ij"), axis=-1).reshape(-1, 2)
        total += float(np.exp(of.log_density(nodes)).sum())
    return total


def tilted_points(
    target: Target,
    part: Target,
    share: float,
    scale: float,
    level: NoiseLevel,
    n: int,
    rng: np.random.Generator,
) -> Array:
    """n draws of p P(C | x)^w / Z, (n, d), in any dimension, by rejection without any constant.

    Draws of p are kept with probability P(C | x)^w, for w >= 1 draws of p(. | C), in proportion to
    p P(C | x), with P(C | x)^(w - 1). Refused where less than a thousandth is kept.
    """
    of = Tilt(target.marginal(level), part.marginal(level), share, scale)
    source, power = (part, scale - 1) if scale >= 1 else (target, scale)
    found: list[Array] = []
    kept = drawn = 0
    while kept < n:
        some = max(1000, min(PART // target.dim, 2 * n))
        x = source.sample_marginal(some, level, rng)
        x = x[np.log(rng.uniform(size=some)) <= power * of.log_class(x)]
        found.append(x)
        kept, drawn = kept + len(x), drawn + some
        if kept < LEAST_KEPT * drawn:
            raise Refused(
                "against: less than a thousandth of the class has the weight of the tilted law; "
                "use a smaller scale or a class that stands out more"
            )
    return np.concatenate(found)[:n]
