"""Flow matching on the line: X_u = (1-u) X_0 + u X_1 between two Gaussian mixtures, exactly.

X_0 ~ source and X_1 ~ target are drawn independently, so that X_u is the mixture over all pairs of
components, and the velocity v(u, x) = E[X_1 - X_0 | X_u = x] is a closed form. dx/du = v carries
the source into the target; on the line its map is the increasing rearrangement G_1^{-1} o G_0.
Lipman et al., arXiv 2210.02747; Liu, Gong, Liu, arXiv 2209.03003 (rectified flow).

With N(0, 1) at the source x = S y, S^2 = u^2 + (1-u)^2, y on the variance-preserving path of
abar = u^2/S^2: the same flow in another time and scale, and Euler's step is DDIM's, since both
predict X_0 and X_1 and put them together at the next level.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.special import ndtri

from diffusion_core.distances.of_masses import Distance, total_variation
from diffusion_core.errors import InputError, Refused
from diffusion_core.laws.front import TOLERANCE, UNFOLDED
from diffusion_core.laws.line.law import marginal_bounds, nodes_over, partitioned
from diffusion_core.laws.line.pushforward import FAR, TransportLaw
from diffusion_core.laws.noisy_steps import Stop, never
from diffusion_core.schedules import CLEAN, Array, check_range
from diffusion_core.targets.base import Target
from diffusion_core.targets.gallery import line_mixture
from diffusion_core.targets.gaussian_mixture import GaussianMixture

Velocity = Callable[[float, Array], Array]
MOST_STEPS = 4096
FINE = 256  # midpoint steps that stand for the flow itself
PATHS = 1000  # start points, of equal mass, over which the straightness is a mean
UNSEEN = 1e-9  # of the source's mass at either end: a fold there is none
BISECTIONS = 45  # halvings of a cell between start points
NORMAL = line_mixture((1.0,), (0.0,), (1.0,))


def euler(v: Velocity, u: float, h: float, x: Array) -> Array:
    """x + h v(u, x)."""
    return x + h * v(u, x)


def midpoint(v: Velocity, u: float, h: float, x: Array) -> Array:
    """x + h v(u + h/2, x + (h/2) v(u, x))."""
    return x + h * v(u + h / 2, x + h / 2 * v(u, x))


def heun(v: Velocity, u: float, h: float, x: Array) -> Array:
    """x + (h/2) (v(u, x) + v(u + h, x + h v(u, x)))."""
    slope = v(u, x)
    return x + h / 2 * (slope + v(u + h, x + h * slope))


@dataclass(frozen=True)
class Method:
    """One step of an integrator, its order, and how often it asks for the velocity."""

    label: str
    order: int
    evaluations: int
    step: Callable[[Velocity, float, float, Array], Array]


METHODS = {
    "euler": Method("Euler", 1, 1, euler),
    "midpoint": Method("midpoint", 2, 2, midpoint),
    "heun": Method("Heun", 2, 2, heun),
}


@dataclass(frozen=True)
class StraightPath:
    """The path between two laws on the line, each a mixture of Gaussians with a density.

    InputError for other laws; those of the plane have ``flow_plane.PlanePath``.
    """

    target: Target
    source: Target = NORMAL

    def __post_init__(self) -> None:
        for name, law in (("source", self.source), ("target", self.target)):
            if not isinstance(law, GaussianMixture) or law.dim != 1 or not law.has_density:
                raise InputError(
                    f"{name}: flow matching has its velocity in closed form between mixtures of "
                    "Gaussians with a density on the line"
                )

    @cached_property
    def _pairs(self) -> tuple[Array, ...]:
        """Weights, both means and both variances of every pair of components, (K,) each."""
        (w, m, s), (v, n, r) = (_components(law) for law in (self.source, self.target))
        one, other = np.indices((len(w), len(v))).reshape(2, -1)
        return w[one] * v[other], m[one], s[one], n[other], r[other]

    def velocity(self, u: float, x: Array) -> Array:
        """E[X_1 - X_0 | X_u = x], (N,).

        Of a pair N(m, s^2), N(n, r^2) it is n - m + (u r^2 - (1-u) s^2)/V (x - (1-u) m - u n),
        V = (1-u)^2 s^2 + u^2 r^2; pairs weigh by their share of the density of X_u at x.
        """
        weight, m, s, n, r = self._pairs
        variance = (1 - u) ** 2 * s + u**2 * r
        away = x[:, None] - (1 - u) * m - u * n
        log_share = np.log(weight) - 0.5 * np.log(variance) - 0.5 * away**2 / variance
        log_share -= log_share.max(axis=1, keepdims=True)
        share = np.exp(np.maximum(log_share, -700.0))
        each = n - m + (u * r - (1 - u) * s) / variance * away
        return np.asarray((share * each).sum(axis=1) / share.sum(axis=1))

    def carried(self, method: str, steps: int, x: Array, stop: Stop = never) -> Array:
        """Where ``carried`` takes the points x (N,)."""
        return carried(self.velocity, method, steps, x, stop)

    def nodes(self) -> Array:
        """Start points over the source's law and, sparser, far beyond it."""
        return nodes_over(*marginal_bounds(self.source, CLEAN), self.source.finest_scale)


def carried(v: Velocity, method: str, steps: int, x: Array, stop: Stop = never) -> Array:
    """Where ``steps`` equal steps along v from u = 0 to 1 take the points x, of x's own shape.

    InputError for an unknown method and outside 1 to 4,096 steps.
    """
    *_, last = positions(v, method, steps, x, stop)
    return last


def positions(
    v: Velocity, method: str, steps: int, x: Array, stop: Stop = never
) -> Iterator[Array]:
    """The points x and where they are after every step, as ``carried``."""
    step = _checked(method, steps).step
    yield x
    for k in range(steps):
        stop()
        x = step(v, k / steps, 1 / steps, x)
        x = np.maximum(np.minimum(x, FAR), -FAR)
        yield x


def _checked(method: str, steps: int) -> Method:
    if method not in METHODS:
        raise InputError(f"method: one of {', '.join(METHODS)}, got {method!r}")
    check_range("steps", steps, 1, MOST_STEPS)
    return METHODS[method]


def _components(law: Target) -> tuple[Array, Array, Array]:
    """Weights, means and variances, (K,) each."""
    assert isinstance(law, GaussianMixture)
    weights = np.array(law.weights)
    means, variances = np.array(law.means)[:, 0], np.array(law.covariances)[:, 0, 0]
    return weights / weights.sum(), means, variances


def flow_distance(path: StraightPath, method: str, steps: int, stop: Stop = never) -> Distance:
    """TV between the law after ``steps`` steps and the target itself, exact on the line.

    Refused where the map folds too often to be resolved.
    """
    start, end = path.source.marginal(CLEAN), path.target.marginal(CLEAN)
    law = TransportLaw(lambda x: path.carried(method, steps, x, stop), start, path.nodes())
    bounds = marginal_bounds(path.target, CLEAN)
    return total_variation(partitioned(law, end, bounds, TOLERANCE, UNFOLDED, stop))


@dataclass(frozen=True)
class Reflowed:
    """The straight path between X_0 and where a teacher takes it: the teacher's own pairs.

    On the line an increasing teacher's segments (1-u) z + u F(z) never cross, so the velocity is
    F(z) - z on the one through x: every path is straight, one step of Euler's gives F itself, and
    a second reflow changes nothing. Refused for a teacher that folds.
    """

    path: StraightPath
    method: str = "midpoint"
    steps: int = FINE

    @cached_property
    def _grid(self) -> tuple[Array, Array]:
        z = self.path.nodes()
        share = self.path.source.marginal(CLEAN).cdf(z)
        z = z[(share > UNSEEN) & (share < 1 - UNSEEN)]
        image = self.path.carried(self.method, self.steps, z)
        if (np.diff(image) <= 0).any():
            raise Refused(
                "the teacher's map folds, and its pairs cross: use more steps for the teacher"
            )
        return z, image

    def velocity(self, u: float, x: Array) -> Array:
        """E[X_1 - X_0 | X_u = x], (N,), by bisection for the segment through x."""
        z, image = self._grid
        at = (1 - u) * z + u * image
        i = np.clip(np.searchsorted(at, x), 1, len(z) - 1)
        low, high = z[i - 1], z[i]
        for _ in range(BISECTIONS):
            middle = 0.5 * (low + high)
            past = (1 - u) * middle + u * self.teacher(middle) > x
            low, high = np.where(past, low, middle), np.where(past, middle, high)
        begin = 0.5 * (low + high)
        return self.teacher(begin) - begin

    def teacher(self, z: Array) -> Array:
        """F(z)."""
        return self.path.carried(self.method, self.steps, z)


def straightness(path: StraightPath) -> Distance:
    """S = int_0^1 E |Z_1 - Z_0 - v(u, Z_u)|^2 du along the flow Z: 0 for straight paths.

    Liu, Gong, Liu, arXiv 2209.03003, Section 2. Over 1,000 start points of equal mass and 256
    midpoint steps; the error is twice the change from half of both.
    """
    value, rough = _straightness(path, PATHS, FINE), _straightness(path, PATHS // 2, FINE // 2)
    return Distance(value, 2 * abs(value - rough))


def _straightness(path: StraightPath, count: int, steps: int) -> float:
    z = quantiles(path.source, (np.arange(count) + 0.5) / count)
    along, x = [], z
    for k in range(steps):
        middle = midpoint(path.velocity, k / steps, 0.5 / steps, x)
        along.append(path.velocity((k + 0.5) / steps, middle))
        x = midpoint(path.velocity, k / steps, 1 / steps, x)
    return float(np.mean((np.stack(along) - (x - z)) ** 2))


def quantiles(law: Target, shares: Array) -> Array:
    """Points with these shares of the law below, on the line, by bisection."""
    if law == NORMAL:
        return np.asarray(ndtri(shares))
    marginal = law.marginal(CLEAN)
    low, high = (np.full(len(shares), end) for end in marginal_bounds(law, CLEAN))
    for _ in range(60):
        middle = 0.5 * (low + high)
        past = marginal.cdf(middle) > shares
        low, high = np.where(past, low, middle), np.where(past, middle, high)
    return 0.5 * (low + high)
