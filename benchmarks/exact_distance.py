"""One exact distance on the line for each sampler at T = 100: seconds, and the error it states."""

from __future__ import annotations

import time

from diffusion_core import SAMPLERS, Experiment, measure

REPEATS = 3


def main() -> None:
    measure(Experiment(steps=10))  # imports and first calls are not what is timed
    print(f"{'sampler':18s} {'seconds':>8s} {'over ode':>9s} {'TV':>10s} {'error/TV':>9s}")
    unit = 0.0
    for name in SAMPLERS:
        times = []
        for _ in range(REPEATS):
            begun = time.perf_counter()
            found = measure(Experiment(sampler=name, steps=100))
            times.append(time.perf_counter() - begun)
        unit = unit or min(times)
        best, relative = min(times), found.error / found.value
        print(f"{name:18s} {best:8.3f} {best / unit:9.1f} {found.value:10.3e} {relative:9.1e}")


if __name__ == "__main__":
    main()
