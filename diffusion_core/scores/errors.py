"""Scores that are wrong by a known amount: s_hat_t = s_t + e_t.

The theorems of arXiv 2306.09251 measure an error in two numbers,

    eps_score^2 = (1/T) sum_{t=1}^T E_{X ~ p_t} |e_t(X)|^2,
    eps_Jacobi = (1/T) sum_{t=1}^T E_{X ~ p_t} |J_{e_t}(X)|   (spectral norm).

Every kind is normalised so that its ``size`` is eps_score: E |e_t(X_t)|^2 is the same at every t to
which it applies, and 0 at the others. ``when`` says to which: "always"; "small-t", where the data
dominate (abar_t >= 1/2); "large-t", where the noise does. What the training-free accelerated ODE
asks for at t = T+1 is wrong as at t = T, and what ``ode-order`` asks for between t - 1 and t by as
much as at t. Refused on a chain where no t qualifies. Learned scores and guided ones, which are no
error but another aim, stand beside them without such a size.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar, Protocol

import numpy as np

from diffusion_core.errors import InputError, Refused
from diffusion_core.schedules import Array, Chain, check_range
from diffusion_core.scores.closed_form import ClosedForm, Numbers
from diffusion_core.scores.error_fields import Constant, Field, Fourier, Wave
from diffusion_core.scores.exact import ExactScore, Score
from diffusion_core.scores.expectations import CLOSED_FORM, FisherCurve
from diffusion_core.scores.guided import Guided
from diffusion_core.scores.learned import Empirical, Learned

MOST = 100.0
WHEN = ("always", "small-t", "large-t")
LEAST_FREQUENCY, MOST_FREQUENCY = 0.01, 1000.0
LEAST_LENGTH, MOST_LENGTH = 1e-3, 1e3
MOST_PHASE = 10.0
MAX_SEED = 2**32 - 1
FEATURES = 16
ROUNDING = 1e-15


class ScoreError(Protocol):
    """A frozen description of how a score is wrong."""

    kind: ClassVar[str]

    def __hash__(self) -> int: ...

    def score(self, exact: ExactScore) -> Score:
        """The inexact score of the same target on the same chain."""
        ...


def strengths(size: float, when: str, chain: Chain) -> Array:
    """eps_t = E^{1/2} |e_t|^2 for t = 0..T+1, (1/T) sum_{t=1}^T eps_t^2 = size^2; Refused if none.

    Index 0 is unused and index T+1 repeats T.
    """
    data = chain.abar >= 0.5
    active = {"always": np.ones_like(data), "small-t": data, "large-t": ~data}[when]
    count = int(np.count_nonzero(active[1:-1]))
    if not count:
        half = "at least" if when == "small-t" else "below"
        raise Refused(f"score_error.when: no t of this chain has abar_t {half} 1/2 ({when})")
    eps = np.where(active, size * math.sqrt(chain.steps / count), 0.0)
    eps[0], eps[-1] = 0.0, eps[-2]
    return eps


class Added:
    """s_t + A_t g, g a vector field and A_t = eps_t / E^{1/2} |g(X_t)|^2."""

    def __init__(self, exact: ExactScore, field: Field, eps: Array) -> None:
        self.exact, self.field, self._eps = exact, field, eps
        self._amplitudes: dict[float, float] = {}

    def size(self, t: int) -> float:
        """eps_t = E^{1/2} |e_t(X_t)|^2, exactly."""
        return float(self._eps[t])

    how = CLOSED_FORM

    def size_error(self, t: int) -> float:
        """What ``size`` may be wrong by: rounding."""
        return ROUNDING * self.size(t)

    def amplitude(self, t: float) -> float:
        """A_t; at t = T+1 that of t = T."""
        t = min(t, self.exact.chain.steps)
        if t not in self._amplitudes:
            eps = float(self._eps[math.ceil(t)])
            square = self.field.square_norm(self.exact.chain.level(t)) if eps > 0 else 1.0
            self._amplitudes[t] = eps / math.sqrt(max(square, 1e-300))
        return self._amplitudes[t]

    def mean_jacobian(self, t: int) -> tuple[float, float] | None:
        """E |J_{e_t}(X_t)| and its error, where the field knows it."""
        if self._eps[t] == 0:
            return 0.0, 0.0
        found = self.field.mean_jacobian(self.exact.chain.level(t))
        return found and (self.amplitude(t) * found[0], self.amplitude(t) * found[1])

    def detail(self, t: int) -> float:
        """The length over which e_t changes, infinite where it does not."""
        return self.field.detail if self._eps[t] > 0 else math.inf

    def affine(self, t: float) -> tuple[float, Array] | None:
        """(c, v) with s_hat_t = c s_t + v, where that is so."""
        of = self.field.constant
        return None if of is None else (1.0, self.amplitude(t) * of)

    def closed_form(self) -> ClosedForm | None:
        """The score in numbers, where the exact one has a form."""
        exact, chain = self.exact.closed_form(), self.exact.chain
        waves = dict(zip(("directions", "waves", "phases"), self.field.sines, strict=True))

        def numbers() -> Numbers:
            sizes = [self.amplitude(t) for t in range(1, chain.steps + 2)]
            return {"amplitude": np.array([0.0, *sizes])} | waves

        return exact and exact.beside(numbers, sum(a.size for a in waves.values()) + chain.steps)

    def __call__(self, t: float, x: Array) -> Array:
        exact, a = self.exact(t, x), self.amplitude(t)
        return exact + a * self.field(x) if a > 0 else exact

    def jacobian(self, t: float, x: Array) -> Array:
        exact, a = self.exact.jacobian(t, x), self.amplitude(t)
        return exact + a * self.field.jacobian(x) if a > 0 else exact

    def trace_gradient(self, t: float, x: Array) -> Array:
        exact, a = self.exact.trace_gradient(t, x), self.amplitude(t)
        return exact + a * self.field.trace_gradient(x) if a > 0 else exact


class Scaled:
    """(1 + delta_t) s_t, delta_t = eps_t / E^{1/2} |s_t(X_t)|^2."""

    def __init__(self, exact: ExactScore, eps: Array) -> None:
        self.exact, self._eps = exact, eps
        self._fisher = FisherCurve(exact.target, exact.chain)
        self._factors: dict[float, float] = {}

    def size(self, t: int) -> float:
        """eps_t, as exactly as the Fisher information is known."""
        return float(self._eps[t])

    @property
    def how(self) -> str:
        """Where the Fisher information comes from."""
        return self._fisher.how

    def size_error(self, t: int) -> float:
        """What ``size`` may be wrong by: it goes with the root of the Fisher information."""
        eps = float(self._eps[t])
        return eps * (0.5 * self._fisher.relative_error(t) + ROUNDING) if eps > 0 else 0.0

    def excess(self, t: float) -> float:
        """delta_t; at t = T+1 that of t = T."""
        t = min(t, self.exact.chain.steps)
        if t not in self._factors:
            eps = float(self._eps[math.ceil(t)])
            self._factors[t] = eps / math.sqrt(self._fisher(t)) if eps > 0 else 0.0
        return self._factors[t]

    def mean_jacobian(self, t: int) -> tuple[float, float] | None:
        """E |J_{e_t}(X_t)| where it is 0, otherwise unknown."""
        return (0.0, 0.0) if self._eps[t] == 0 else None

    def detail(self, t: int) -> float:
        """Infinite: no finer than the score itself."""
        return math.inf

    def affine(self, t: float) -> tuple[float, Array] | None:
        """(c, v) with s_hat_t = c s_t + v."""
        return 1 + self.excess(t), np.zeros(self.exact.target.dim)

    def closed_form(self) -> ClosedForm | None:
        """The score in numbers, where the exact one has a form."""
        exact, chain = self.exact.closed_form(), self.exact.chain

        def numbers() -> Numbers:
            found = [1 + self.excess(t) for t in range(1, chain.steps + 2)]
            return {"scale": np.array([1.0, *found])}

        return exact and exact.beside(numbers, chain.steps)

    def __call__(self, t: float, x: Array) -> Array:
        return (1 + self.excess(t)) * self.exact(t, x)

    def jacobian(self, t: float, x: Array) -> Array:
        return (1 + self.excess(t)) * self.exact.jacobian(t, x)

    def trace_gradient(self, t: float, x: Array) -> Array:
        return (1 + self.excess(t)) * self.exact.trace_gradient(t, x)


def _check(size: float, when: str) -> None:
    if not 0 <= size <= MOST:
        raise InputError(f"score_error.size: from 0 to {MOST:g}, got {size!r}")
    if when not in WHEN:
        raise InputError(f"score_error.when: one of {', '.join(WHEN)}, got {when[:40]!r}")


@dataclass(frozen=True)
class Shift:
    """e_t = eps_t (1, ..., 1)/sqrt(d): eps_Jacobi = 0."""

    kind: ClassVar[str] = "shift"
    size: float = 0.1
    when: str = "always"

    def __post_init__(self) -> None:
        _check(self.size, self.when)

    def score(self, exact: ExactScore) -> Added:
        """s_t + e_t."""
        field = Constant(exact.target.dim)
        return Added(exact, field, strengths(self.size, self.when, exact.chain))


@dataclass(frozen=True)
class Scale:
    """e_t = delta_t s_t, delta_t = eps_t / E^{1/2} |s_t|^2, a score that is too long.

    Its size is as exact as the Fisher information E |s_t|^2: to about 1e-8 on the line and for one
    Gaussian, to about 1e-3 for many components in the plane and 1e-2 beyond. ``eps_score`` says.
    """

    kind: ClassVar[str] = "scale"
    size: float = 0.1
    when: str = "always"

    def __post_init__(self) -> None:
        _check(self.size, self.when)

    def score(self, exact: ExactScore) -> Scaled:
        """(1 + delta_t) s_t."""
        return Scaled(exact, strengths(self.size, self.when, exact.chain))


@dataclass(frozen=True)
class WaveError:
    """e_t = A_t u sin(w u.x + phase), u = (1, ..., 1)/sqrt(d), w the frequency in radians.

    Short waves are small in l2 with a large Jacobian, A_t w |cos|: what an ODE cannot bear and
    a DDPM averages out.
    """

    kind: ClassVar[str] = "wave"
    size: float = 0.1
    frequency: float = 10.0
    phase: float = 0.0
    when: str = "always"

    def __post_init__(self) -> None:
        _check(self.size, self.when)
        check_range("score_error.frequency", self.frequency, LEAST_FREQUENCY, MOST_FREQUENCY)
        check_range("score_error.phase", self.phase, -MOST_PHASE, MOST_PHASE)

    def score(self, exact: ExactScore) -> Added:
        """s_t + e_t."""
        field = Wave(exact.target, self.frequency, self.phase)
        return Added(exact, field, strengths(self.size, self.when, exact.chain))


@dataclass(frozen=True)
class FourierError:
    """e_t = A_t sum_{k=1}^16 v_k sin(w_k.x + b_k), a smooth random field that does not change in t.

    v_k unit vectors, w_k ~ N(0, I/length^2) and b_k uniform, drawn from ``seed``.
    """

    kind: ClassVar[str] = "fourier"
    size: float = 0.1
    length: float = 1.0
    seed: int = 0
    when: str = "always"

    def __post_init__(self) -> None:
        _check(self.size, self.when)
        check_range("score_error.length", self.length, LEAST_LENGTH, MOST_LENGTH)
        if type(self.seed) is not int or not 0 <= self.seed <= MAX_SEED:
            raise InputError(f"score_error.seed: a whole number from 0 to {MAX_SEED}")

    def score(self, exact: ExactScore) -> Added:
        """s_t + e_t."""
        rng, dim = np.random.default_rng(self.seed), exact.target.dim
        directions = rng.standard_normal((FEATURES, dim))
        directions /= np.linalg.norm(directions, axis=1, keepdims=True)
        waves = rng.standard_normal((FEATURES, dim)) / self.length
        phases = rng.uniform(0, 2 * np.pi, FEATURES)
        field = Fourier(exact.target, directions, waves, phases)
        return Added(exact, field, strengths(self.size, self.when, exact.chain))


SCORE_ERRORS: dict[str, type[ScoreError]] = {
    cls.kind: cls for cls in (Shift, Scale, WaveError, FourierError, Learned, Empirical, Guided)
}
