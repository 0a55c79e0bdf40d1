"""Seeded runs in the plane whose distances are known otherwise, for ``_plane_coverage``."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from diffusion_core import SAMPLERS, Experiment
from diffusion_core.schedules import Cosine, Karras, Linear, LinearDDPM, LogSNR, Sigmoid, Theory
from diffusion_core.scores.errors import WaveError
from diffusion_core.targets import GaussianMixture
from diffusion_core.targets.boxes import Boxes
from diffusion_core.targets.circle import Circle
from diffusion_core.targets.student_t import StudentT

# in an order of their own: what a seed draws from them is in README.md
NAMES = ["ode", "ddpm", "ode-accelerated", "ddpm-accelerated", "ode-taylor", "ddim", "heun"]
NAMES += ["dpmpp-2m"]
MAPS = [s for s in NAMES if not SAMPLERS[s].stochastic]
SCHEDULES = (Theory(2.0, 4.0), Linear(), Cosine(), LogSNR(), Karras())


def seeded(seed: int, waves: bool = False) -> tuple[list[Experiment], Experiment]:
    """Two runs on the line, and the run in the plane whose law is their turned product."""
    rng = np.random.default_rng(seed)
    sides = []
    for _ in range(2):
        n = int(rng.integers(1, 3))
        w = rng.uniform(0.3, 0.7, n)
        sides.append((w / w.sum(), rng.uniform(-1.6, 1.6, n), rng.uniform(0.12, 0.5, n)))
    common = {
        "sampler": NAMES[int(rng.integers(len(NAMES)))],
        "schedule": SCHEDULES[int(rng.integers(len(SCHEDULES)))],
        "steps": (4, 16, 64)[int(rng.integers(3))],
        "start": ("noise", "exact")[int(rng.integers(2))],
    }
    a = rng.uniform(0, math.pi) if rng.uniform() < 0.7 else 0.0
    runs = [Experiment(target=_mixture(*side), **common) for side in sides]
    wrong = None
    if waves:  # their direction is (1, 1)/sqrt(2)
        a, common["sampler"] = math.pi / 4, MAPS[int(rng.integers(len(MAPS)))]
        wrong = WaveError(float(rng.uniform(0.005, 0.1)), float(rng.uniform(1, 15)))
        runs = [r.with_(sampler=common["sampler"]) for r in runs]
        runs[0] = runs[0].with_(score_error=wrong)
    return runs, Experiment(target=_turned(*sides, a), score_error=wrong, **common)


def _mixture(w: np.ndarray, m: np.ndarray, s: np.ndarray) -> GaussianMixture:
    return GaussianMixture(
        tuple(w.tolist()), tuple((float(v),) for v in m), tuple(((float(v * v),),) for v in s)
    )


def _turned(one: tuple, other: tuple, a: float) -> GaussianMixture:
    """The product of two mixtures (weights, means, standard deviations), turned by an angle."""
    turn = np.array([[math.cos(a), -math.sin(a)], [math.sin(a), math.cos(a)]])
    (w1, m1, s1), (w2, m2, s2) = one, other
    pairs = [(i, j) for i in range(len(w1)) for j in range(len(w2))]
    covariances = []
    for i, j in pairs:
        (xx, xy), (_, yy) = turn @ np.diag([s1[i] ** 2, s2[j] ** 2]) @ turn.T
        covariances.append(((float(xx), float(xy)), (float(xy), float(yy))))
    return GaussianMixture(
        tuple(float(w1[i] * w2[j]) for i, j in pairs),
        tuple(tuple((turn @ [m1[i], m2[j]]).tolist()) for i, j in pairs),
        tuple(covariances),
    )


def random_schedule(rng: np.random.Generator) -> Any:
    """A schedule of any kind, with random ends where it has them."""
    karras = Karras(10 ** rng.uniform(-2.5, -1), 10 ** rng.uniform(1.2, 2), rng.uniform(2, 9))
    log_snr = LogSNR(rng.uniform(5, 12), rng.uniform(-10, -4))
    others = (Theory(2.0, 4.0), Linear(), LinearDDPM(), Cosine(), Sigmoid())
    return (karras, log_snr, *others)[int(rng.choice(7, p=[0.25, 0.25] + [0.1] * 5))]


def _setting(rng: np.random.Generator, samplers: Sequence[str]) -> dict[str, Any]:
    return {
        "sampler": samplers[int(rng.integers(len(samplers)))],
        "schedule": random_schedule(rng),
        "steps": (2, 5, 16, 48)[int(rng.integers(4))],
        "start": ("noise", "exact")[int(rng.integers(2))],
    }


def boxed(seed: int) -> tuple[list[Experiment], Experiment]:
    """Two runs of boxes on the line, and the run in the plane of their product."""
    rng = np.random.default_rng([seed, 1])
    sides = []
    for _ in range(2):
        n = int(rng.integers(1, 3))
        ends = np.cumsum(np.concatenate([[rng.uniform(-1.8, -0.8)], rng.uniform(0.4, 1.5, 3)]))
        w = rng.uniform(0.3, 0.7, n)
        sides.append((w / w.sum(), ends[0 : 2 * n : 2], ends[1 : 2 * n : 2]))
    common = _setting(rng, NAMES)
    runs = [
        Experiment(target=Boxes(tuple(w), tuple((v,) for v in a), tuple((v,) for v in b)), **common)
        for w, a, b in (tuple(part.tolist() for part in side) for side in sides)
    ]
    (w1, a1, b1), (w2, a2, b2) = sides
    pairs = [(i, j) for i in range(len(w1)) for j in range(len(w2))]
    product = Boxes(
        tuple(float(w1[i] * w2[j]) for i, j in pairs),
        tuple((float(a1[i]), float(a2[j])) for i, j in pairs),
        tuple((float(b1[i]), float(b2[j])) for i, j in pairs),
    )
    return runs, Experiment(target=product, **common)


def radial(seed: int) -> Experiment:
    """A deterministic run whose target looks the same from every side."""
    rng = np.random.default_rng([seed, 2])
    kind, scale = int(rng.integers(3)), float(rng.uniform(0.4, 1.2))
    target: Any = Circle(scale)
    if kind == 0:
        w, v = float(rng.uniform(0.2, 0.8)), [float(rng.uniform(0.1, 0.5) ** 2), scale**2]
        covariances = tuple(((x, 0.0), (0.0, x)) for x in v)
        target = GaussianMixture((w, 1 - w), ((0.0, 0.0),) * 2, covariances)
    elif kind == 1:
        target = StudentT(float(rng.uniform(3, 20)), (0.0, 0.0), scale)
    return Experiment(target=target, **_setting(rng, MAPS))
