"""Particle steps a second for every kind of target (DDPM, 10,000 particles), and estimates."""

from __future__ import annotations

import time

import numpy as np

from diffusion_core import PRESETS, Experiment
from diffusion_core.distances.from_particles import estimate
from diffusion_core.laws.particles import final_points, perfect_points

COUNT, STEPS = 10_000, 20
TARGETS = (
    *("gaussian", "three-modes", "cantor", "histogram", "student-t"),
    *("correlated-gaussian", "ring-of-8", "two-moons", "sierpinski", "checkerboard", "ring"),
)


def main() -> None:
    print(f"{'target':20s} {'kind':17s} {'d':>2s} {'million steps/s':>16s} {'of gaussian':>12s}")
    unit = 0.0
    for name in TARGETS:
        target = PRESETS[name].target
        e = Experiment(target=target, sampler="ddpm", steps=STEPS)
        final_points(e, 100)
        begun = time.perf_counter()
        final_points(e, COUNT)
        rate = COUNT * (STEPS - 1) / (time.perf_counter() - begun) / 1e6
        unit = unit or rate
        print(f"{name:20s} {target.kind:17s} {target.dim:2d} {rate:16.2f} {rate / unit:12.2f}")

    e = Experiment(target=PRESETS["two-moons"].target)
    for n in (5_000, 100_000):
        points = perfect_points(e, n, np.random.default_rng(0), False)
        for metric in ("tv", "w2", "sw2"):
            begun = time.perf_counter()
            estimate(
                metric,
                points,
                lambda size, rng: perfect_points(e, size, rng, False),
                np.random.default_rng(1),
            )
            took = time.perf_counter() - begun
            print(f"estimate of {metric} in the plane from {n:7d} particles: {took:.2f} s")


if __name__ == "__main__":
    main()
