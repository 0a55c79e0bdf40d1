"""Flow matching in the plane, by particles: X_u = (1-u) X_0 + u X_1, X_0 and X_1 independent.

Between Gaussian mixtures the velocity v(u, x) = E[X_1 - X_0 | X_u = x] is a sum over all pairs of
components; from N(0, I) to any other law with a density it follows from the score by Tweedie's
formula. Particles start as draws of the source by a seed, and what ``measure`` knows of the error
of an estimate from particles is known here too. Lipman et al., arXiv 2210.02747; Liu, Gong, Liu,
arXiv 2209.03003.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from diffusion_core.distances.from_particles import LEAST_PARTICLES, Estimate, estimate
from diffusion_core.distances.of_masses import Distance
from diffusion_core.errors import InputError
from diffusion_core.laws.noisy_steps import Stop, never
from diffusion_core.laws.particles import MAX_PARTICLES
from diffusion_core.schedules import CLEAN, Array, NoiseLevel, check_range
from diffusion_core.studies.flow_matching import FINE, Velocity, carried, midpoint
from diffusion_core.targets.base import Target, normalise, unit_rows
from diffusion_core.targets.gallery import disc, plane_mixture
from diffusion_core.targets.gaussian_mixture import GaussianMixture

NORMAL = plane_mixture(((0.0, 0.0),), (disc(1.0),))
METRICS = ("tv", "kl", "hellinger", "w1", "w2", "sw1", "sw2")
PARTICLES = 20_000
PATHS = 2000  # particles whose straightness is averaged, and whose lines are told apart
BLOCK = 200_000  # numbers in an array of shares, so that it stays in the processor's cache
FIRST = (
    1e-6  # u at which Tweedie's formula stands for u = 0: off by about as much, rounding by less
)
CONDITION = 1e8  # of covariances: twice as many digits are lost as their root has
SHIFT = 1e-4  # of start points, for central differences: off by its square, some 1e-8
RARE = 3.0  # "rule of three": none among n is a share below 3/n at 95 %


@dataclass(frozen=True)
class PlanePath:
    """The path between two laws of the plane with densities, the source a mixture of Gaussians.

    InputError for other laws; where the target is no mixture of Gaussians and the source is not
    N(0, I); and for components more than 10^4 times as long as thick.
    """

    target: Target
    source: Target = NORMAL

    def __post_init__(self) -> None:
        for name, law in (("source", self.source), ("target", self.target)):
            if law.dim != 2 or not law.has_density:
                raise InputError(f"{name}: must be a law of the plane with a density")
            if isinstance(law, GaussianMixture):
                if np.linalg.cond(np.array(law.covariances)).max() > CONDITION:
                    raise InputError(
                        f"{name}: components must be at most 10,000 times as long as thick"
                    )
            elif name == "source" or self.source != NORMAL:
                raise InputError(
                    f"{name}: the velocity is in closed form between mixtures of Gaussians, and "
                    "from N(0, I) to any law with a density"
                )

    @property
    def paired(self) -> bool:
        """Whether both are mixtures of Gaussians, so that v is known up to u = 1."""
        return isinstance(self.target, GaussianMixture)

    @cached_property
    def _pairs(self) -> tuple[Array, ...]:
        """Log weights (K,), means (K, 2) and covariances (K, 2, 2) of both, for every pair."""
        (w, m, s), (v, n, r) = (_components(law) for law in (self.source, self.target))
        one, other = np.indices((len(w), len(v))).reshape(2, -1)
        return np.log(w[one] * v[other]), m[one], s[one], n[other], r[other]

    @property
    def terms(self) -> int:
        """How many terms an evaluation of the velocity sums, about."""
        return len(self._pairs[0]) if self.paired else self.target.terms

    def velocity(self, u: float, x: Array) -> Array:
        """E[X_1 - X_0 | X_u = x] at x (N, 2), (N, 2).

        Of a pair N(m, S), N(n, R) it is n - m + A (x - (1-u) m - u n), A = (u R - (1-u) S) V^{-1},
        V = (1-u)^2 S + u^2 R; pairs weigh by their share of the density of X_u at x. For another
        target (x + (1-u)/S s(x/S))/u, S^2 = u^2 + (1-u)^2, with the score s at abar = u^2/S^2.
        """
        if not self.paired:
            return self._by_tweedie(max(u, FIRST), x)
        log_weight, m, s, n, r = self._pairs
        precision = np.linalg.inv(v := (1 - u) ** 2 * s + u**2 * r)
        a, centre = (u * r - (1 - u) * s) @ precision, (1 - u) * m + u * n
        constant = n - m - np.einsum("kij,kj->ki", a, centre)
        log_weight = log_weight - 0.5 * np.linalg.slogdet(v)[1]
        affine = np.concatenate([constant[:, :, None], a], axis=2).reshape(-1, 6).T
        out = np.empty_like(x)
        for rows in unit_rows(len(x), len(m), BLOCK):
            first, second = (x[rows, i] - centre[:, i, None] for i in (0, 1))
            share = precision[:, 0, 0, None] * first + 2 * precision[:, 0, 1, None] * second
            share = log_weight[:, None] - 0.5 * (
                share * first + precision[:, 1, 1, None] * second**2
            )
            normalise(share)
            mean = (affine @ share).reshape(2, 3, -1)
            out[rows] = (mean[:, 0] + mean[:, 1] * x[rows, 0] + mean[:, 2] * x[rows, 1]).T
        return out

    def _by_tweedie(self, u: float, x: Array) -> Array:
        scale = math.hypot(u, 1 - u)
        if u >= 1:
            raise InputError(
                "method: heun asks for the velocity at u = 1, which a mixture of Gaussians has as "
                "a target and this one need not have; use euler or midpoint"
            )
        marginal = self.target.marginal(NoiseLevel((u / scale) ** 2, ((1 - u) / scale) ** 2))
        return np.asarray((x + (1 - u) / scale * marginal.score(x / scale)) / u)

    def start(self, particles: int, seed: int) -> Array:
        """Draws of the source, (N, 2); InputError outside 100 to 1,000,000 particles."""
        check_range("particles", particles, LEAST_PARTICLES, MAX_PARTICLES)
        return self.source.sample(particles, np.random.default_rng(seed))

    def carried(self, method: str, steps: int, x: Array, stop: Stop = never) -> Array:
        """Where ``flow_matching.carried`` takes the points x (N, 2)."""
        if method == "heun" and not self.paired:
            self._by_tweedie(1.0, x)  # refuses before the work
        return carried(self.velocity, method, steps, x, stop)


def _components(law: Target) -> tuple[Array, Array, Array]:
    """Weights (K,), means (K, 2) and covariances (K, 2, 2)."""
    assert isinstance(law, GaussianMixture)
    weights = np.array(law.weights)
    return weights / weights.sum(), np.array(law.means), np.array(law.covariances)


def particle_distance(
    path: PlanePath,
    method: str,
    steps: int,
    metric: str = "tv",
    particles: int = PARTICLES,
    seed: int = 0,
    stop: Stop = never,
) -> Estimate:
    """The metric between the law after ``steps`` steps and the target itself, by particles.

    Its ``error`` is that of ``measure(..., method="particles")``: three standard errors, the noise
    floor and the blur. InputError for an unknown metric or method, and outside 1 to 4,096 steps.
    """
    if metric not in METRICS:
        raise InputError(f"metric: one of {', '.join(METRICS)}, got {metric!r}")
    end = path.carried(method, steps, path.start(particles, seed), stop)

    def perfect(n: int, rng: np.random.Generator) -> Array:
        return path.target.sample_marginal(n, CLEAN, rng)  # draw for draw as ``measure``

    return estimate(metric, end, perfect, np.random.default_rng([seed, 1]))


def straightness(
    path: PlanePath, particles: int = PATHS, seed: int = 0, stop: Stop = never
) -> Distance:
    """S = int_0^1 E |Z_1 - Z_0 - v(u, Z_u)|^2 du along the flow Z: 0 for straight paths.

    Liu, Gong, Liu, arXiv 2209.03003, Section 2. Over particles and 256 midpoint steps; the error is
    three standard errors and twice the change from half the steps.
    """
    z = path.start(particles, seed)
    each = _bent(path.velocity, z, FINE, stop)
    rough = float(_bent(path.velocity, z, FINE // 2, stop).mean())
    value, spread = float(each.mean()), float(each.std(ddof=1)) / math.sqrt(particles)
    return Distance(value, 3 * spread + 2 * abs(value - rough))


def _bent(v: Velocity, z: Array, steps: int, stop: Stop) -> Array:
    """int |Z_1 - z - v(u, Z_u)|^2 du of every path, (N,).

    int |c - v|^2 = |c|^2 - 2 c.int v + int |v|^2, so that no path has to be kept.
    """
    x, total, square = z, np.zeros_like(z), np.zeros(len(z))
    for k in range(steps):
        stop()
        along = v((k + 0.5) / steps, midpoint(v, k / steps, 0.5 / steps, x))
        total += along / steps
        square += (along**2).sum(axis=1) / steps
        x = midpoint(v, k / steps, 1 / steps, x)
    chord = x - z
    return np.asarray((chord**2).sum(axis=1) - 2 * (chord * total).sum(axis=1) + square)


def crossing(
    path: PlanePath,
    method: str,
    steps: int,
    particles: int = PATHS,
    seed: int = 0,
    stop: Stop = never,
) -> Distance:
    """The share of starts z whose line (1-u) z + u F(z) meets its neighbours' before u = 1.

    F is the teacher's map. There the Jacobian (1-u) I + u DF(z) is singular: DF(z), by central
    differences, has a real eigenvalue below 0. Lines that meet from afar are not counted. On the
    line no increasing teacher has any. The error is three standard errors, or 3/N.
    """
    z, n = path.start(particles, seed), particles
    shifts = SHIFT * np.array([[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0], [0.0, -1.0]])
    moved = (z + shifts[:, None]).reshape(-1, 2)
    image = path.carried(method, steps, moved, stop).reshape(4, n, 2)
    slopes = np.linalg.eigvals(((image[:2] - image[2:]) / (2 * SHIFT)).transpose(1, 0, 2))
    share = float(((slopes.imag == 0) & (slopes.real < 0)).any(axis=1).mean())
    return Distance(share, max(3 * math.sqrt(share * (1 - share) / n), RARE / n))
