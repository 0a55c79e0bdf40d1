"""Smooth coordinates for integrals over the start law of a deterministic sampler in the plane.

A map F that makes eight modes out of one tears the plane along the lines between them, so that p/q,
smooth where the output is, has steep walls as a function of the start point z. They go when
z = G(w) with G an approximate inverse of F: the noising flow of the target, from a law with detail
of a chosen width back to noise. F(G(w)) is then close to w. No accuracy is asked of G, only its
derivative: any smooth coordinates give the same integrals.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass

import numpy as np

from diffusion_core.laws.plane.jacobian_flow import Stop, flow
from diffusion_core.samplers import SAMPLERS
from diffusion_core.schedules import Array, Chain, NoiseLevel
from diffusion_core.scores.exact import ExactScore, Score
from diffusion_core.targets.base import Marginal, Target

RATIO = 1.2  # between the noise widths of neighbouring levels of G
END = 100.0  # noise over the size of the target where G ends
REACH = 8.4  # standard deviations that hold all but 1e-15 of a normal law
LOST = -1e5  # a logarithm of no mass


@dataclass(frozen=True, eq=False)
class Ladder:
    """Noise levels from noisiest (1) to cleanest (``steps``), read by ``heun`` as it reads a chain.

    On a chain Heun's update goes from t to t-1, to less noise; here that is to more.
    """

    abar: Array
    var: Array

    @property
    def steps(self) -> int:
        return len(self.abar) - 1

    def level(self, t: int) -> NoiseLevel:
        return NoiseLevel(float(self.abar[t]), float(self.var[t]))


def ladder(clean: float, noisy: float) -> Ladder:
    """Levels with (1 - abar)/abar from ``clean`` to ``noisy``, in equal ratios."""
    n = max(2, math.ceil(0.5 * math.log(noisy / clean) / math.log(RATIO)))
    sigma2 = np.geomspace(noisy, clean, n + 1)
    sigma2 = np.concatenate([sigma2[:1], sigma2])
    return Ladder(1 / (1 + sigma2), sigma2 / (1 + sigma2))


def detail(target: Target, level: NoiseLevel) -> float:
    """The scale of the finest detail of the target noised to ``level``."""
    return math.sqrt(level.abar * target.finest_scale**2 + level.var)


def law_box(target: Target, level: NoiseLevel) -> Array:
    """A box that holds all of the noised law but about 1e-15 of its mass, (2, 2)."""
    reach = REACH * math.sqrt(level.var)
    return math.sqrt(level.abar) * target.bounds + np.array([[-reach], [reach]])


def normal_log_density(z: Array) -> Array:
    """log of the density of N(0, I) in the plane, z (N, 2) -> (N,)."""
    return -0.5 * (z * z).sum(axis=1) - math.log(2 * math.pi)


class Coordinates:
    """w -> (z, log of the start law's density of w): z = w where ``width`` is None.

    width: the least detail of the law that w is distributed like.
    """

    def __init__(
        self, target: Target, chain: Chain, exact_start: bool, width: float | None, stop: Stop
    ) -> None:
        last = chain.level(chain.steps)
        self._target, self._stop = target, stop
        self._start: Marginal | None = target.marginal(last) if exact_start else None
        size = 1 + float(np.abs(target.bounds).max())
        noisy = last.var / last.abar if exact_start else (END * size) ** 2
        self._ladder: Ladder | None = None
        if width is not None:
            first = chain.level(1)
            clean = max(first.var / first.abar, width**2 - target.finest_scale**2)
            self._ladder = ladder(clean, noisy) if clean < 0.9 * noisy else None
        self.detail = detail(target, last) if exact_start else 1.0  # of the law of w
        if self._ladder is not None:
            end = self._ladder.level(self._ladder.steps)
            self.box, self.detail = law_box(target, end), detail(target, end)
            self._score: Score = ExactScore(target, self._ladder)  # type: ignore[arg-type]
        else:
            self.box = (
                law_box(target, last) if exact_start else REACH * np.array([[-1.0] * 2, [1.0] * 2])
            )

    def __call__(self, w: Array) -> tuple[Array, Array, Array]:
        """z (N, 2), log phi(z) + log |det DG|, and log |det DG|, (N,)."""
        z, log_det = w, np.zeros(len(w))
        if self._ladder is not None:
            levels = self._ladder
            run = flow(
                SAMPLERS["heun"],
                levels,  # type: ignore[arg-type]
                self._score,
                w,
                lambda t: detail(self._target, levels.level(t)),
                self._stop,
            )
            ((_, image),) = deque(run, maxlen=1)
            z = image.y
            log_det = np.where(image.sign > 0, image.log_det, LOST)
        log_phi = normal_log_density(z) if self._start is None else self._start.log_density(z)
        return z, np.maximum(log_phi + log_det, LOST), log_det
