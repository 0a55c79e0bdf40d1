"""Whether stated errors of exact TVs in the plane hold the truth: random runs against the line.

Random products of two mixtures on the line, turned by a random angle: no sampler sees the angle, so
the truth is a double sum over two laws on the line. Run: .venv/bin/python
benchmarks/_plane_coverage.py CASES [FIRST_SEED]
"""

from __future__ import annotations

import math
import sys
import time
import warnings
from collections import Counter, deque

import numpy as np

from diffusion_core import SAMPLERS, Experiment, Refused
from diffusion_core.distances import Distance
from diffusion_core.laws import line
from diffusion_core.laws.plane import plane_distances
from diffusion_core.schedules import Cosine, Karras, Linear, LogSNR, Theory
from diffusion_core.targets import GaussianMixture

NAMES = [s for s in SAMPLERS if s != "ddpm-covariance"]
SCHEDULES = (Theory(2.0, 4.0), Linear(), Cosine(), LogSNR(), Karras())
CELLS = (2000, 4000)  # of each axis in the double sums


def seeded(seed: int) -> tuple[list[Experiment], Experiment]:
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
    turn = np.array([[math.cos(a), -math.sin(a)], [math.sin(a), math.cos(a)]])
    pairs = [(i, j) for i in range(len(sides[0][0])) for j in range(len(sides[1][0]))]
    (w1, m1, s1), (w2, m2, s2) = sides
    covariances = []
    for i, j in pairs:
        (xx, xy), (_, yy) = turn @ np.diag([s1[i] ** 2, s2[j] ** 2]) @ turn.T
        covariances.append(((float(xx), float(xy)), (float(xy), float(yy))))
    target = GaussianMixture(
        tuple(float(w1[i] * w2[j]) for i, j in pairs),
        tuple(tuple((turn @ [m1[i], m2[j]]).tolist()) for i, j in pairs),
        tuple(covariances),
    )
    on_line = [
        GaussianMixture(
            tuple(w.tolist()), tuple((float(v),) for v in m), tuple(((float(v * v),),) for v in s)
        )
        for w, m, s in sides
    ]
    return [Experiment(target=t, **common) for t in on_line], Experiment(target=target, **common)


def masses(e: Experiment, cells: int) -> tuple[np.ndarray, np.ndarray] | None:
    """Masses of q_1 and p_1 in that many intervals, with all beyond; None where the map folds."""
    level = e.chain.level(1)
    low, high = line.marginal_bounds(e.target, level)
    middle, half = (low + high) / 2, (high - low) / 2
    edges = np.concatenate([[-1e90], middle + half * np.linspace(-1, 1, cells - 1), [1e90]])
    if e.record.stochastic:
        ((_, density),) = deque(line.densities(e), maxlen=1)
        below = density.distribution()
        q = np.diff(below(np.clip(edges, below.t[0], below.t[-1])))
    else:
        law = line.transport_law(e)
        z = np.linspace(*line.start_interval(e.target, e.chain, e.exact_start), 200_001)
        y = law.flow(z)
        if (np.diff(y) < 0).any():
            return None
        q = np.diff(law.start.cdf(np.interp(edges, y, z)))
    return np.maximum(q, 0.0), e.target.marginal(level).interval_mass(edges)


def reference(runs: list[Experiment]) -> float | None:
    """TV of two products by double sums, whose error falls with the square of their cells."""
    sums = []
    for cells in CELLS:
        found = [masses(e, cells) for e in runs]
        if found[0] is None or found[1] is None:
            return None
        (q1, p1), (q2, p2) = found
        parts = (np.abs(a * q2 - b * p2).sum() for a, b in zip(q1, p1, strict=True))
        sums.append(0.5 * float(sum(parts)))
    return sums[1] + (sums[1] - sums[0]) / 3


def compared(seed: int) -> tuple[Experiment, float | None, Distance | str]:
    """A seeded run, the true TV if the line gives it, and the plane's answer or refusal."""
    runs, run = seeded(seed)
    truth = reference(runs)
    try:
        found = plane_distances(run, ("tv",), run.chain.level(1), lambda: None)["tv"]
    except Refused as refusal:
        return run, truth, str(refusal)
    return run, truth, found


def main(cases: int, first: int) -> None:
    warnings.simplefilter("error")
    worst, widest, refusals, judged = 0.0, 0.0, Counter(), 0
    begun = time.process_time()
    for seed in range(first, first + cases):
        run, truth, found = compared(seed)
        name = f"{seed} {run.sampler} {run.schedule.kind} T={run.steps} {run.start}"
        if isinstance(found, str):
            refusals[found[:40]] += 1
            print(name, "refused:", found[:90], flush=True)
        elif truth is None:
            print(name, f"TV {found.value:.6f} +- {found.error:.1e}, folds on the line", flush=True)
        else:
            gap = abs(found.value - truth) / (found.error + 2e-6 * truth)
            relative = found.error / max(found.value, 1e-300)
            judged += 1
            worst, widest = max(worst, gap), max(widest, relative if truth > 1e-3 else 0.0)
            mark = " MISS" if gap > 1 else ""
            print(
                name,
                f"TV {truth:.6f} gap/error {gap:.2g} error/TV {relative:.1e}{mark}",
                flush=True,
            )
    print(f"{judged} compared, worst gap/error {worst:.2g}, widest error/TV {widest:.1e}")
    print(dict(refusals), f"{time.process_time() - begun:.0f} s")


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 0)
