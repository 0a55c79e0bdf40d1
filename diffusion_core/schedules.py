"""Noise schedules: beta_t, alpha_t = 1 - beta_t and abar_t = prod_{k<=t} alpha_k for t = 0..T+1.

A schedule is a frozen description; ``schedule.chain(T)`` evaluates it. Index t = T+1 exists because
the training-free accelerated ODE (arXiv 2403.03852) looks one step past T: the theory's schedule
extends by its own formula, every other one by beta_{T+1} = beta_T.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar, Protocol

import numpy as np

from diffusion_core.chain import BETA_MAX, CLEAN, FORMULA, Array, Chain, Index, Mask, NoiseLevel
from diffusion_core.errors import InputError

__all__ = [
    "BETA_MAX",
    "CLEAN",
    "FORMULA",
    "MAX_STEPS",
    "MIN_STEPS",
    "SCHEDULES",
    "Array",
    "Chain",
    "Constant",
    "Cosine",
    "Custom",
    "Index",
    "Karras",
    "Linear",
    "LinearDDPM",
    "LogSNR",
    "Mask",
    "NoiseLevel",
    "Schedule",
    "Sigmoid",
    "Theory",
    "check_range",
    "check_steps",
]

LIST = "the given abar_t is less than 1/1000 of the one before; from there on abar_t exceeds it"
MIN_STEPS, MAX_STEPS = 2, 8192


class Schedule(Protocol):
    """Anything that gives beta_1..beta_{T+1} for every T."""

    kind: ClassVar[str]

    def __hash__(self) -> int: ...

    def chain(self, steps: int) -> Chain:
        """The chain of T = ``steps`` steps; InputError unless 2 <= T <= 8192."""
        ...


def check_steps(steps: int) -> int:
    """T itself, or InputError unless it is a whole number from 2 to 8192."""
    if isinstance(steps, bool) or not isinstance(steps, int | np.integer):
        raise InputError(f"steps: must be a whole number, got {steps!r}")
    if not MIN_STEPS <= steps <= MAX_STEPS:
        raise InputError(f"steps: T must be between {MIN_STEPS} and {MAX_STEPS}, got {steps}")
    return int(steps)


def check_range(name: str, value: float, low: float, high: float) -> None:
    """InputError, naming the field, unless the value is finite and within the range."""
    if not (math.isfinite(value) and low <= value <= high):
        raise InputError(f"{name}: must be between {low:g} and {high:g}, got {value!r}")


def _chain(betas: Array, cause: str = FORMULA) -> Chain:
    """Cap beta_1..beta_{T+1} at 0.999 and prepend beta_0 = 0."""
    capped = tuple(int(t) for t in np.flatnonzero(betas[:-1] > BETA_MAX) + 1)
    past = bool(betas[-1] > BETA_MAX) and not capped
    return Chain(np.concatenate([[0.0], np.minimum(betas, BETA_MAX)]), capped, cause, past)


def _hold_last(betas: Array, cause: str = FORMULA) -> Chain:
    """Extend by beta_{T+1} = beta_T."""
    return _chain(np.append(betas, betas[-1]), cause)


def _from_abar(abar: Array, cause: str = FORMULA) -> Chain:
    """A chain from abar_0..abar_T, decreasing from 1."""
    return _hold_last(1.0 - abar[1:] / abar[:-1], cause)


@dataclass(frozen=True)
class Theory:
    """beta_1 = T^{-c0}; beta_t = (c1 log T / T) min{ beta_1 (1 + c1 log T / T)^t, 1 }, t >= 2.

    Li, Wei, Chen, Chi (arXiv 2306.09251), equations (22a)-(22b).
    """

    c0: float = 2.0
    c1: float = 4.0
    kind: ClassVar[str] = "theory"

    def __post_init__(self) -> None:
        check_range("schedule.c0", self.c0, 0.05, 8.0)
        check_range("schedule.c1", self.c1, 0.05, 100.0)

    def chain(self, steps: int) -> Chain:
        T = check_steps(steps)
        rate = self.c1 * math.log(T) / T
        beta_1 = T**-self.c0
        t = np.arange(2, T + 2)
        growth = np.exp(np.minimum(math.log(beta_1) + t * math.log1p(rate), 0.0))
        return _chain(np.concatenate([[beta_1], rate * growth]))


@dataclass(frozen=True)
class Linear:
    """beta_t = linspace(beta_min, beta_max, T)_t / T, the linear schedule of continuous time.

    Song et al., arXiv 2011.13456 (beta_min = 0.1, beta_max = 20).
    """

    beta_min: float = 0.1
    beta_max: float = 20.0
    kind: ClassVar[str] = "linear"

    def __post_init__(self) -> None:
        check_range("schedule.beta_min", self.beta_min, 1e-6, 1000.0)
        check_range("schedule.beta_max", self.beta_max, self.beta_min, 1000.0)

    def chain(self, steps: int) -> Chain:
        T = check_steps(steps)
        return _hold_last(np.linspace(self.beta_min, self.beta_max, T) / T)


@dataclass(frozen=True)
class LinearDDPM:
    """beta_t = linspace(beta_1, beta_T, T)_t whatever T is.

    Ho et al., arXiv 2006.11239, with T = 1000.
    """

    beta_1: float = 1e-4
    beta_T: float = 0.02
    kind: ClassVar[str] = "linear-ddpm"

    def __post_init__(self) -> None:
        check_range("schedule.beta_1", self.beta_1, 1e-9, BETA_MAX)
        check_range("schedule.beta_T", self.beta_T, self.beta_1, BETA_MAX)

    def chain(self, steps: int) -> Chain:
        return _hold_last(np.linspace(self.beta_1, self.beta_T, check_steps(steps)))


@dataclass(frozen=True)
class Cosine:
    """abar_t = f(t/T)/f(0), f(u) = cos^2( (pi/2) (u + s)/(1 + s) ), beta capped at 0.999.

    Nichol and Dhariwal, arXiv 2102.09672.
    """

    s: float = 0.008
    kind: ClassVar[str] = "cosine"

    def __post_init__(self) -> None:
        check_range("schedule.s", self.s, 1e-6, 1.0)

    def chain(self, steps: int) -> Chain:
        u = np.arange(check_steps(steps) + 1) / steps
        return _from_abar(np.cos(np.pi / 2 * (u + self.s) / (1 + self.s)) ** 2)


@dataclass(frozen=True)
class Sigmoid:
    """abar_t proportional to sigma(-(start + u (end - start))/tau) - sigma(-end/tau), u = t/T.

    Jabri, Fleet, Chen, arXiv 2212.11972. beta_T is capped, since abar_T would be 0.
    """

    start: float = -3.0
    end: float = 3.0
    tau: float = 1.0
    kind: ClassVar[str] = "sigmoid"

    def __post_init__(self) -> None:
        check_range("schedule.start", self.start, -20.0, 20.0)
        check_range("schedule.end", self.end, self.start + 0.01, 20.01)
        check_range("schedule.tau", self.tau, 0.05, 20.0)

    def chain(self, steps: int) -> Chain:
        u = np.arange(check_steps(steps) + 1) / steps
        gate = 1 / (1 + np.exp((self.start + u * (self.end - self.start)) / self.tau))
        return _from_abar((gate - gate[-1]) / (gate[0] - gate[-1]))


@dataclass(frozen=True)
class Constant:
    """beta_t = 1 - abar_T^{1/T}: the same at every step, and abar_T is as stated."""

    abar_T: float = 1e-4
    kind: ClassVar[str] = "constant"

    def __post_init__(self) -> None:
        check_range("schedule.abar_T", self.abar_T, 1e-12, 0.999)

    def chain(self, steps: int) -> Chain:
        T = check_steps(steps)
        return _chain(np.full(T + 1, -math.expm1(math.log(self.abar_T) / T)))


@dataclass(frozen=True)
class Karras:
    """sigma_t = ( sigma_min^{1/rho} + (t-1)/(T-1) (sigma_max^{1/rho} - sigma_min^{1/rho}) )^rho.

    Karras et al., arXiv 2206.00364, mapped to this chain by abar_t = 1/(1 + sigma_t^2).
    """

    sigma_min: float = 0.002
    sigma_max: float = 80.0
    rho: float = 7.0
    kind: ClassVar[str] = "karras"

    def __post_init__(self) -> None:
        check_range("schedule.sigma_min", self.sigma_min, 1e-6, 10.0)
        check_range("schedule.sigma_max", self.sigma_max, self.sigma_min * 1.01, 1e5)
        check_range("schedule.rho", self.rho, 1.0, 20.0)

    def chain(self, steps: int) -> Chain:
        u = np.arange(check_steps(steps)) / (steps - 1)
        low, high = self.sigma_min ** (1 / self.rho), self.sigma_max ** (1 / self.rho)
        return _from_sigma2((low + u * (high - low)) ** (2 * self.rho))


@dataclass(frozen=True)
class LogSNR:
    """log(abar_t/(1 - abar_t)) falls linearly from snr_max (t = 1) to snr_min (t = T), in nats."""

    snr_max: float = 12.0
    snr_min: float = -9.0
    kind: ClassVar[str] = "log-snr"

    def __post_init__(self) -> None:
        check_range("schedule.snr_max", self.snr_max, -20.0, 27.0)
        check_range("schedule.snr_min", self.snr_min, -27.0, self.snr_max - 0.01)

    def chain(self, steps: int) -> Chain:
        u = np.arange(check_steps(steps)) / (steps - 1)
        return _from_sigma2(np.exp(-(self.snr_max + u * (self.snr_min - self.snr_max))))


def _from_sigma2(sigma2: Array) -> Chain:
    """A chain with (1 - abar_t)/abar_t = sigma2[t-1], without cancellation for small sigma."""
    previous = np.concatenate([[0.0], sigma2[:-1]])
    return _hold_last((sigma2 - previous) / (1 + sigma2))


@dataclass(frozen=True)
class Custom:
    """A list abar_1 > ... > abar_T of the reader's own; runs only at T = its length."""

    abar: tuple[float, ...]
    kind: ClassVar[str] = "custom"

    def __post_init__(self) -> None:
        if not MIN_STEPS <= len(self.abar) <= MAX_STEPS:
            raise InputError(
                f"schedule.abar: needs between {MIN_STEPS} and {MAX_STEPS} numbers, "
                f"got {len(self.abar)}"
            )
        values = (1.0, *self.abar)
        if not all(a > b > 0 for a, b in pairwise(values)):
            raise InputError("schedule.abar: must decrease strictly from below 1 to above 0")

    def chain(self, steps: int) -> Chain:
        if check_steps(steps) != len(self.abar):
            raise InputError(
                f"steps: a custom schedule of {len(self.abar)} values runs at T = {len(self.abar)} "
                f"only, got {steps}"
            )
        return _from_abar(np.array((1.0, *self.abar)), LIST)


SCHEDULES: dict[str, type[Schedule]] = {
    cls.kind: cls
    for cls in (Theory, Linear, LinearDDPM, Cosine, Sigmoid, Constant, Karras, LogSNR, Custom)
}
