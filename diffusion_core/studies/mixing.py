"""Langevin steps at one noise level: how long the law takes to cross from one mode to another.

The target is two equal modes N(+-D/2, s^2). At a noise level p is the mixture of
N(+-sqrt(abar) D/2, abar s^2 + 1 - abar), and the law starts in its left component. One step carries
the density f to int f(x) N(y; x + g s(x), 2 g) dx, a matrix on a grid of nodes half a standard
deviation of the step apart, where the trapezoid rule is exact to rounding. The matrix is squared
again and again, so that 2^k steps cost k products, and no step is left out or sampled.

The exact Langevin diffusion crosses a barrier b of -log p in a time that grows like e^b (Eyring and
Kramers; Bovier, Eckhoff, Gayrard, Klein, JEMS 6, 2004); that is a law for large b, not a bound.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from diffusion_core.distances.of_masses import Distance
from diffusion_core.distances.on_grid import half_modulus
from diffusion_core.errors import Refused
from diffusion_core.laws.density_grid import refined
from diffusion_core.laws.noisy_steps import REACH, never
from diffusion_core.samplers.langevin import Corrector, langevin
from diffusion_core.samplers.update import kernel
from diffusion_core.schedules import Array, Chain, NoiseLevel, check_range
from diffusion_core.scores.exact import ExactScore
from diffusion_core.targets.base import Marginal, Target
from diffusion_core.targets.gallery import line_mixture

MOST_DOUBLINGS = 36
MIXED = 0.25  # of TV: the usual threshold of mixing times
SETTLED = 1e-3  # relative: the law no longer changes from one number of steps to the double
SPACING = 0.5  # nodes, over the standard deviation of a step
MOST_NODES = 700
FINER = 8  # times, for the distance: |q - p| has kinks between the nodes
ROUNDING = 4e-16  # of mass, a step; rows of a power sum to 1 up to so much times its steps


@dataclass(frozen=True)
class Modes:
    """Two modes of standard deviation s, D apart, and Langevin steps of ``size`` at one level.

    noise: 1 - abar.  size: g = size (1 - abar)/2, as ``Corrector`` has it. InputError outside
    0 <= D <= 20, 0.01 <= s <= 5, 0.001 <= noise <= 0.999.
    """

    distance: float = 3.0
    deviation: float = 0.3
    noise: float = 0.2
    size: float = 0.3

    def __post_init__(self) -> None:
        check_range("distance", self.distance, 0.0, 20.0)
        check_range("deviation", self.deviation, 0.01, 5.0)
        check_range("noise", self.noise, 0.001, 0.999)
        Corrector(1, self.size)

    @property
    def target(self) -> Target:
        half = self.distance / 2
        return line_mixture((0.5, 0.5), (-half, half), (self.deviation,) * 2)

    @property
    def chain(self) -> Chain:
        """One that stays: beta_1 is the noise, and nothing is added after."""
        return Chain(np.array([0.0, self.noise, 0.0, 0.0]))

    @property
    def level(self) -> NoiseLevel:
        return self.chain.level(1)

    @property
    def marginal(self) -> Marginal:
        return self.target.marginal(self.level)

    @property
    def width(self) -> float:
        """Standard deviation of a mode of p."""
        return math.sqrt(self.level.abar * self.deviation**2 + self.level.var)

    @property
    def centre(self) -> float:
        """Where the right mode of p is, were it alone."""
        return math.sqrt(self.level.abar) * self.distance / 2

    @property
    def barrier(self) -> float:
        """max log p - log p(0): what a path between the modes has to climb; 0 for one mode."""
        x = np.linspace(0.0, self.centre, 4001)[:, None]
        log_p = self.marginal.log_density(x)
        return float(log_p.max() - log_p[0])


@dataclass(frozen=True)
class Mixing:
    """TV(q_k, p) after k = 0, 1, 2, 4, ... Langevin steps from the left mode.

    needed: the first k with TV(q_k, p) <= 1/4; None where ``steps`` end before that. settled:
    whether doubling the steps no longer changes the law: the last TV is then that of the law which
    Langevin's own step keeps.
    """

    modes: Modes
    steps: tuple[int, ...]
    tv: tuple[Distance, ...]
    needed: int | None
    settled: bool


def mixing(
    modes: Modes, doublings: int = MOST_DOUBLINGS, stop: Callable[[], None] = never
) -> Mixing:
    """The law after 2^k steps for k up to ``doublings``, or until it no longer changes.

    Refused where a step is so short that it needs more than 700 nodes.
    """
    run = _Run(modes)
    steps, tv, settled = [0, 1], [run.distance(run.begin, 0)], False
    law, powers = run.begin @ run.step, [run.step]
    tv.append(run.distance(law, 1))
    needed = 0 if tv[0].value <= MIXED else 1 if tv[1].value <= MIXED else None
    for _ in range(doublings):
        stop()
        before, law = law, law @ powers[-1]  # as many steps again as it has made
        steps.append(2 * steps[-1])
        tv.append(run.distance(law, steps[-1]))
        if needed is None and tv[-1].value <= MIXED:
            needed = steps[-2] + run.first(before, steps[-2], powers)
        if tv[-1].value <= MIXED and abs(tv[-1].value - tv[-2].value) <= SETTLED * tv[-1].value:
            settled = True
            break
        powers = [*powers, _squared(powers[-1])] if needed is None else [_squared(powers[-1])]
    return Mixing(modes, tuple(steps), tuple(tv), needed, settled)


def _squared(power: Array) -> Array:
    """Twice as many steps, its rows made to sum to 1 again."""
    twice = power @ power
    return np.asarray(twice / twice.sum(axis=1, keepdims=True))


class _Run:
    """Laws on a grid as masses (G,), and what they are compared with on a finer one."""

    def __init__(self, modes: Modes) -> None:
        x, self._h = nodes_of(modes)
        self.step = step_matrix(modes, x)
        begin = np.exp(-0.5 * ((x + modes.centre) / modes.width) ** 2)
        self.begin = begin / begin.sum()
        fine = x[0] + self._h / FINER * np.arange(FINER * len(x))
        self._p = np.exp(modes.marginal.log_density(fine[:, None]))

    def distance(self, law: Array, steps: int) -> Distance:
        """TV to p; rounding adds up over the steps."""
        gap = refined(law, FINER) / self._h - self._p
        size, error = half_modulus(gap, self._h / FINER)
        return Distance(min(size, 1.0), min(1.0, error + ROUNDING * steps + 1e-12))

    def first(self, law: Array, done: int, powers: list[Array]) -> int:
        """How many more steps bring TV to 1/4, at most 2^n for powers 1, 2, ..., 2^n of the step.

        ``law`` has made ``done`` steps and is still farther; TV falls from there on.
        """
        more = 0
        for k in reversed(range(len(powers))):
            moved = law @ powers[k]
            if self.distance(moved, done).value > MIXED:
                law, more = moved, more + (1 << k)
        return more + 1


def nodes_of(modes: Modes) -> tuple[Array, float]:
    """Nodes (G,) that hold every law of the run, and their step; Refused for too many."""
    h = SPACING * math.sqrt(modes.size * modes.noise)
    reach = modes.centre + REACH * modes.width * math.sqrt(2)
    half = math.ceil(reach / h)
    if 2 * half + 1 > MOST_NODES:
        raise Refused(
            f"at this noise a Langevin step of size {modes.size:g} is so short that the law needs "
            f"{2 * half + 1:,} nodes, and {MOST_NODES:,} are allowed: choose a larger size, more "
            "noise or modes nearer to each other"
        )
    return h * np.arange(-half, half + 1, dtype=float), h


def step_matrix(modes: Modes, x: Array) -> Array:
    """M_ij = h N(x_j; x_i + g s(x_i), 2 g), its rows made to sum to 1, (G, G)."""
    score = ExactScore(modes.target, modes.chain)
    law = kernel(langevin(modes.size), x[:, None], 2, modes.chain, score)
    z = (x[None, :] - law.mean) / law.spread
    matrix = np.exp(np.maximum(-0.5 * z * z, -700.0))
    return np.asarray(matrix / matrix.sum(axis=1, keepdims=True))
