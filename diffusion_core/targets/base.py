"""What every target offers: the law of X_0, and in closed form every marginal p_t of its noising.

p_t is the law of X_t = sqrt(abar) X_0 + sqrt(var) W, W ~ N(0, I), var = 1 - abar.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from diffusion_core.errors import InputError
from diffusion_core.schedules import Array, NoiseLevel
from diffusion_core.targets.forms import Form
from diffusion_core.targets.support import Support

MAX_DIM = 256
MIN_WIDTH, MAX_WIDTH = 1e-9, 1e6  # of boxes and bandwidths; narrower Gaussians have no density
LOG_TINY = -700.0  # exp is 20 times slower below, and the weight no longer counts
CHUNK = 4_000_000  # numbers in the largest intermediate array
FADED = 1e-18  # a Gaussian factor below makes E exp(i w.X_t) zero
CLIMB_ROUNDS = 8  # each divides the rounding of a log weight by 1e15; two are enough in practice

Complex = NDArray[np.complex128]


class Separable(NamedTuple):
    """p(x, y) = sum_k A_k(x) B_k(y): A_k and A_k' at nodes of the first axis, (K, X), and B_k and

    B_k' at those of the second, (K, Y). least: p below may have lost its digits.
    """

    along: tuple[Array, Array]
    across: tuple[Array, Array]
    least: float


class Marginal(ABC):
    """p_t for one noise level. Points are x of shape (N, d); everything is float64."""

    dim: int

    @abstractmethod
    def log_density(self, x: Array) -> Array:
        """log p_t(x), shape (N,)."""

    @abstractmethod
    def score(self, x: Array) -> Array:
        """s_t(x) = grad log p_t(x), shape (N, d)."""

    @abstractmethod
    def jacobian(self, x: Array) -> Array:
        """H_t(x), the Jacobian of the score (the Hessian of log p_t), shape (N, d, d)."""

    def score_and_jacobian(self, x: Array) -> tuple[Array, Array]:
        """s_t(x) and H_t(x), in one pass where that is cheaper."""
        return self.score(x), self.jacobian(x)

    @abstractmethod
    def trace_gradient(self, x: Array) -> Array:
        """grad tr H_t(x), the gradient of the Laplacian of log p_t, shape (N, d)."""

    def separable(self, axes: tuple[Array, Array]) -> Separable | None:
        """p_t in the plane as a sum of products over the axes, at the nodes of each; None where it

        is none or they are too many.
        """
        return None

    def interval_mass(self, edges: Array) -> Array:
        """P(edges_i < X_t <= edges_{i+1}), (M-1,), in one dimension; precise in both tails."""
        raise NotImplementedError

    def cdf(self, x: Array) -> Array:
        """P(X_t <= x) in one dimension; x of shape (M,)."""
        raise NotImplementedError


class Target(ABC):
    """The law of X_0: a frozen dataclass of plain numbers, hence hashable.

    What is abstract every law has to say; the rest is asked where it is needed, and refused with
    an InputError where it is not known.
    """

    kind: ClassVar[str]

    @property
    @abstractmethod
    def dim(self) -> int:
        """d."""

    @property
    @abstractmethod
    def has_density(self) -> bool:
        """Whether X_0 itself has a density (atoms and curves have none; p_t has one for t >= 1)."""

    @abstractmethod
    def marginal(self, level: NoiseLevel) -> Marginal:
        """p_t in closed form. InputError when there is no noise and no density."""

    @abstractmethod
    def sample(self, n: int, rng: np.random.Generator) -> Array:
        """n independent draws of X_0, shape (n, d)."""

    @property
    def form(self) -> Form | None:
        """X_0 in numbers, where it is one of the known forms: atoms, for one, are Gaussians."""
        return None

    @property
    @abstractmethod
    def bounds(self) -> Array:
        """An axis-aligned box holding all of X_0 but about 1e-16 of its mass, shape (2, d).

        For heavy tails it holds all but what its documentation says.
        """

    @property
    @abstractmethod
    def finest_scale(self) -> float:
        """The smallest standard deviation, or 0 for atoms and sharp edges: what a grid resolves."""

    def sample_marginal(self, n: int, level: NoiseLevel, rng: np.random.Generator) -> Array:
        """n independent draws of X_t, shape (n, d)."""
        x0 = self.sample(n, rng)
        return math.sqrt(level.abar) * x0 + math.sqrt(level.var) * rng.standard_normal(x0.shape)

    @property
    def terms(self) -> int:
        """How many terms a density sums, about: what an evaluation costs."""
        return 50

    @property
    def classes(self) -> tuple[str, ...]:
        """The labels of its parts, each once, by which a score can be guided; () without any."""
        return ()

    def within(self, labels: Collection[str]) -> tuple[float, Target]:
        """P(C) and the law of X_0 given C, the class of the parts with one of these labels."""
        raise InputError(f"target: {self.kind} has no classes here")

    @property
    def absolutely_continuous(self) -> bool:
        """Whether X_0 has a density: every part of its law spreads in every direction.

        Stricter than ``has_density`` says no: a Gaussian narrower than 1e-9 is continuous, too.
        """
        return self.has_density

    def characteristic(self, w: Array) -> Complex:
        """E exp(i w.X_0) at frequencies w (M, d), (M,)."""
        raise InputError(f"target: no characteristic function is known for kind {self.kind}")

    def noised_characteristic(self, level: NoiseLevel, w: Array) -> Complex:
        """E exp(i w.X_t) = E exp(i sqrt(abar) w.X_0) exp(-var |w|^2/2), (M,)."""
        damping = np.exp(-0.5 * level.var * (w * w).sum(axis=1))
        kept = damping > FADED
        out = np.zeros(len(w), dtype=complex)
        if kept.any():
            out[kept] = damping[kept] * self.characteristic(math.sqrt(level.abar) * w[kept])
        return out

    def from_uniform(self, u: Array) -> Array:
        """X_0 in the plane as a function of three independent uniform numbers, (N, 3): (N, 2)."""
        raise InputError(f"target: {self.kind} is not known as a function of uniform numbers")

    def support(self) -> Support:
        """How far X_0 reaches."""
        raise InputError(f"target: how far {self.kind} reaches is not known here")

    def mass_outside(self, radius: float) -> float:
        """An upper bound on P(|X_0| > radius)."""
        raise InputError(f"target: how far {self.kind} reaches is not known here")

    def first_moment(self) -> float:
        """An upper bound on E|X_0|, infinite where that is; (E|X_0|^2)^{1/2} unless it is said."""
        raise InputError(f"target: the first moment of {self.kind} is not known here")


def log_sum_exp(a: Array) -> Array:
    """log sum exp over the last axis; faster than scipy's for many short rows."""
    top = a.max(axis=-1)
    return top + np.log(np.exp(np.maximum(a - top[..., None], LOG_TINY)).sum(axis=-1))


def softmax(a: Array) -> Array:
    """exp(a) normalised over the last axis."""
    w = np.exp(np.maximum(a - a.max(axis=-1, keepdims=True), LOG_TINY))
    return w / w.sum(axis=-1, keepdims=True)


def normalise(log_w: Array) -> Array:
    """Log weights (K, n) become weights of sum 1 along K, in place; returns log sum exp (n,)."""
    top = exponentiate(log_w)
    total = log_w.sum(axis=0)
    log_w /= total
    return top + np.log(total)


def exponentiate(log_w: Array) -> Array:
    """Log weights (K, n) become exp(log_w - top), in place; returns top, their maximum (n,)."""
    top = log_w.max(axis=0)
    log_w -= top
    np.maximum(log_w, LOG_TINY, out=log_w)
    np.exp(log_w, out=log_w)
    return top


Index = NDArray[np.intp]
Relative = Callable[[Index, Index], tuple[Array, Array]]


def climb(relative: Relative, j: Index) -> tuple[Array, Array]:
    """Log weights (K, n) and scores (..., K, n) of all components relative to the dominant one.

    ``relative(rows, j)`` gives both for these points relative to component j of each. Their
    rounding grows with their size: a j that is clearly beaten is replaced, in place, by the best.
    """
    ratio, delta = relative(np.arange(len(j)), j)
    for _ in range(CLIMB_ROUNDS):
        best = ratio.argmax(axis=0)
        rows = np.flatnonzero(ratio.max(axis=0) > 1)
        if not rows.size:
            break
        j[rows] = best[rows]
        ratio[:, rows], delta[..., rows] = relative(rows, j[rows])
    return ratio, delta


def mixture_weights(weights: Sequence[float], count: int) -> NDArray[np.float64]:
    """Weights as given, normalised to sum 1 (they are checked when the target is made)."""
    w = np.asarray(weights, dtype=float)
    if w.shape != (count,):
        raise InputError(f"target.weights: needs {count} numbers, one a component, got {w.size}")
    return w / w.sum()


def searched(weights: Array, u: Array) -> Index:
    """Which component each of the uniform numbers u (N,) belongs to, (N,)."""
    below = np.cumsum(weights)
    return np.minimum(np.searchsorted(below / below[-1], u), len(below) - 1)


def check_weights(weights: Sequence[float], most: int) -> None:
    """InputError unless there are 1 to ``most`` positive weights that sum to 1."""
    if not 1 <= len(weights) <= most:
        raise InputError(f"target.weights: between 1 and {most} components, got {len(weights)}")
    if not all(0 < w <= 1 + 1e-6 for w in weights):
        raise InputError("target.weights: every weight must be a positive number of at most 1")
    if abs(sum(weights) - 1) > 1e-6:
        raise InputError(f"target.weights: must sum to 1 (within 1e-6), got {sum(weights):.9g}")


def check_points(name: str, rows: Sequence[Sequence[float]], most: int, limit: float = 1e6) -> int:
    """Rows of equal length of finite numbers; returns that length, d."""
    if not 1 <= len(rows) <= most:
        raise InputError(f"{name}: between 1 and {most} rows, got {len(rows)}")
    dim = len(rows[0])
    if not 1 <= dim <= MAX_DIM:
        raise InputError(f"{name}: dimension between 1 and {MAX_DIM}, got {dim}")
    for row in rows:
        if len(row) != dim:
            raise InputError(f"{name}: every row needs {dim} numbers, one has {len(row)}")
        if not all(abs(v) <= limit for v in row):
            raise InputError(f"{name}: every number must be finite and at most {limit:g} in size")
    return dim


def normal_interval_mass(edges: Array, mean: Array, std: Array) -> Array:
    """Mass of N(mean_k, std_k^2) between consecutive edges, (K, M-1), precise in both tails."""
    u = (edges[None, :] - mean[:, None]) / std[:, None]
    right = u > 0
    tail = ndtr(np.negative(u, where=right, out=u))  # of the lighter side
    mass = np.diff(tail)
    np.negative(mass, where=right[:, :-1], out=mass)
    for k, i in zip(*np.nonzero(right[:, :-1] != right[:, 1:]), strict=True):
        across = 1.0 - tail[k, i] - tail[k, i + 1]
        mass[k, i] = -across if right[k, i] else across
    return mass


def in_parts(of: Callable[[Array], Complex], w: Array, size: int) -> Complex:
    """of(w), in parts that stay small in memory; size: numbers for each row of w."""
    parts = [of(w[cut]) for cut in unit_rows(len(w), 2 * size)]
    return np.concatenate(parts) if parts else np.zeros(0, dtype=complex)


def unit_rows(n: int, size: int, chunk: int = CHUNK) -> Iterator[slice]:
    """Slices that cut n rows into chunks of at most ``chunk`` / size."""
    step = max(1, chunk // max(1, size))
    for start in range(0, n, step):
        yield slice(start, start + step)
