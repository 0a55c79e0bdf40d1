"""Whether stated errors of stochastic laws on the line hold the truth: random runs and dense sums.

Random mixtures on schedules whose noise dense Chapman-Kolmogorov sums resolve (none of the
library's code: tests/core/ground_truth.py), beside all distances. Run:
PYTHONPATH=. .venv/bin/python benchmarks/_line_coverage.py CASES [FIRST_SEED]
"""

from __future__ import annotations

import argparse
import time

import numpy as np

from benchmarks._plane_coverage import Tally
from diffusion_core import SAMPLERS, Experiment
from diffusion_core.distances.of_masses import METRICS, Distance
from diffusion_core.measure import measure_all
from diffusion_core.schedules import Constant, LinearDDPM, Schedule
from diffusion_core.targets.gallery import line_mixture
from tests.core.ground_truth import stochastic

NAMES = ("ddim", *(name for name, record in SAMPLERS.items() if record.stochastic))
GRIDS = (1401, 2801)  # nodes from -13 to 13: the change between them is the truth's own error


def seeded(seed: int) -> Experiment:
    """A random mixture, sampler and schedule."""
    rng = np.random.default_rng(seed)
    n, steps = int(rng.integers(1, 4)), int(rng.integers(2, 41))
    weights = rng.uniform(0.2, 0.8, n)
    sides = [rng.uniform(-1.6, 1.6, n), rng.uniform(0.12, 0.5, n)]
    schedule: Schedule = LinearDDPM(float(rng.uniform(0.01, 0.05)), float(rng.uniform(0.1, 0.6)))
    if rng.uniform() < 0.4:
        schedule = Constant(float((1 - rng.uniform(0.01, 0.4)) ** steps))
    sampler, eta = NAMES[int(rng.integers(len(NAMES)))], float(rng.uniform(0.4, 1.0))
    return Experiment(
        target=line_mixture(*(tuple(v.tolist()) for v in (weights / weights.sum(), *sides))),
        schedule=schedule,
        sampler=sampler,
        eta=eta if sampler == "ddim" else 0.0,
        steps=steps,
        start=("noise", "exact")[int(rng.integers(2))],
    )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("cases", type=int)
    parser.add_argument("first", type=int, nargs="?", default=0)
    given = parser.parse_args()
    tallies = [Tally(m) for m in METRICS]
    for seed in range(given.first, given.first + given.cases):
        run, begun = seeded(seed), time.process_time()
        rough, truth = (stochastic(run, np.linspace(-13, 13, n)) for n in GRIDS)
        found = measure_all(run, tuple(METRICS))
        seconds = time.process_time() - begun
        print(f"{seed} {run.sampler} {run.schedule.kind} T={run.steps} {run.start} {seconds:.1f} s")
        for tally in tallies:
            m = tally.metric
            slack = abs(truth[m] - rough[m]) + 2e-6 * truth[m] + 1e-9
            print("   ", tally.add(Distance(truth[m], slack), found[m]), flush=True)
    for tally in tallies:
        print(tally.summary())


if __name__ == "__main__":
    main()
