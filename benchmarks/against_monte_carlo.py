"""What Monte Carlo would need for the accuracy of the exact law: one run, DDPM at T = 100, TV.

The Monte Carlo error is measured, not assumed: over 8 seeds the root mean square of estimate minus
exact value, at four numbers of particles. Two extrapolations from there: the power law fitted to
these errors (TV from particles is biased, so the exponent is not -1/2), and n^{-1/2} from the
largest n, the most that an unbiased method with this spread could hope for. Both are
extrapolations, far ones for the exact method's own error; 1 % is a modest accuracy to compare at.
"""

from __future__ import annotations

import math
import time

import numpy as np

from diffusion_core import Experiment, measure

SEEDS = range(8)
PARTICLES = (2_000, 8_000, 32_000, 128_000)


def main() -> None:
    e = Experiment(sampler="ddpm", steps=100)
    measure(e)
    begun = time.perf_counter()
    exact = measure(e)
    exact_seconds = time.perf_counter() - begun
    print(f"exact: TV {exact.value:.8f} +- {exact.error:.1e} in {exact_seconds:.3f} s")

    errors, seconds = [], []
    for n in PARTICLES:
        begun = time.perf_counter()
        values = [measure(e.with_(seed=s), "tv", "particles", n).value for s in SEEDS]
        seconds.append((time.perf_counter() - begun) / len(SEEDS))
        errors.append(math.sqrt(np.mean((np.array(values) - exact.value) ** 2)))
        relative = errors[-1] / exact.value
        print(f"{n:8d} particles: error {errors[-1]:.1e} ({relative:.0%}) in {seconds[-1]:.3f} s")

    power = float(np.polyfit(np.log(PARTICLES), np.log(errors), 1)[0])
    cost = seconds[-1] / PARTICLES[-1]  # seconds a particle, the largest run
    for label, slope in (("as measured", power), ("at best", -0.5)):
        for wanted in (0.01 * exact.value, exact.error):
            n = PARTICLES[-1] * (wanted / errors[-1]) ** (1 / slope)
            print(
                f"{label}, error ~ n^{slope:.2f}: an error of {wanted:.1e} takes {n:.0e} "
                f"particles, {n * cost / exact_seconds:.0e} times the exact method's time"
            )
    same = np.interp(math.log(exact_seconds), np.log(seconds), np.log(errors))
    share = math.exp(same) / exact.value
    print(f"in the exact method's time Monte Carlo is off by about {share:.0%}")


if __name__ == "__main__":
    main()
