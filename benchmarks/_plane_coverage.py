"""Whether stated errors of exact distances in the plane hold the truth: random runs and the line.

Random products of two mixtures on the line, turned by a random angle: no sampler sees the angle, so
TV is a double sum over two laws on the line, KL adds up and 1 - Hellinger^2 multiplies. --kind
boxes: products of boxes with sharp edges. --kind radial: concentric Gaussians, Student's t or a
ring under a deterministic sampler, beside masses of shells. These two on random schedules of every
kind. With --waves deterministic products have a wave for an error of the score along one axis.
--stochastic: products under samplers that draw noise only, the other seeds passed over. Run:
PYTHONPATH=. .venv/bin/python benchmarks/_plane_coverage.py CASES [FIRST_SEED] [--kind boxes]
"""

from __future__ import annotations

import argparse
import math
import time
import warnings
from collections import Counter, deque
from collections.abc import Sequence
from typing import Any

import numpy as np

from benchmarks._plane_cases import boxed, radial, seeded
from diffusion_core import Experiment, Refused
from diffusion_core.distances.of_masses import Distance
from diffusion_core.laws.line import law as line_law
from diffusion_core.laws.plane.coordinates import normal_log_density
from diffusion_core.laws.plane.law import METRICS, plane_outcomes
from diffusion_core.laws.plane.summed import Outcomes
from diffusion_core.laws.reference import noised
from diffusion_core.measure import measure
from diffusion_core.samplers import reverse_chain

TEARS = 20  # times that intervals of start points are halved
CELLS = (2000, 4000)  # of each axis in the double sums


def shells(e: Experiment, cells: int) -> tuple[np.ndarray, np.ndarray] | None:
    """Masses of q_1 and p_1 between the images of circles; None where the radius folds.

    Beyond the last circle q has 1e-297, and so has p where the run starts as it does.
    """
    last, level = e.target.marginal(e.chain.level(e.chain.steps)), e.chain.level(1)
    size = math.sqrt(float(np.square(e.target.bounds).max()) + 1) if e.exact_start else 1.0

    def images(r: np.ndarray) -> np.ndarray:
        x = np.stack([r, np.zeros_like(r)], axis=1)
        run = reverse_chain(e.record, e.chain, e.score, x, np.zeros)
        return deque(run, maxlen=1)[0][1][:, 0]

    r = np.concatenate([np.linspace(0, 9, cells), np.geomspace(9, 37 * size, cells // 8)[1:]])
    y = images(r)
    for _ in range(TEARS):
        wide = np.flatnonzero(np.diff(y) > float(np.ptp(e.target.bounds)) / cells)
        wide = wide[y[wide] < 2 * float(np.abs(e.target.bounds).max()) + 9 * math.sqrt(level.var)]
        if not len(wide):
            break
        more = (r[wide] + r[wide + 1]) / 2
        r, y = np.insert(r, wide + 1, more), np.insert(y, wide + 1, images(more))
    if (np.diff(y) <= 0).any():
        return None
    start = last.log_density if e.exact_start else normal_log_density
    return _shell_masses(start, r), _shell_masses(e.target.marginal(level).log_density, y)


def _shell_masses(log_density: Any, r: np.ndarray) -> np.ndarray:
    nodes, weights = np.polynomial.legendre.leggauss(6)
    half = np.diff(r) / 2
    at = (r[:-1] + half)[:, None] + half[:, None] * nodes
    x = np.stack([at.ravel(), np.zeros(at.size)], axis=1)
    density = np.exp(log_density(x)).reshape(at.shape)
    return 2 * np.pi * half * ((at * density) @ weights)


def radial_reference(metric: str, e: Experiment) -> Distance | None:
    """The distance from masses of shells, whose error falls with the square of their number."""
    sums = []
    for cells in (4001, 8001):
        found = shells(e, cells)
        if found is None:
            return None
        q, p = found
        left, beyond = max(0.0, 1 - float(p.sum())), max(0.0, 1 - float(q.sum()))
        if metric == "tv":
            sums.append(0.5 * (float(np.abs(q - p).sum()) + left + beyond))
        elif metric == "kl":
            if left > 1e-9:
                return None
            log = np.log(np.maximum(p, 1e-300) / np.maximum(q, 1e-300))
            sums.append(float((p * log - p + q).sum()))
        else:
            sums.append(0.5 * float(np.square(np.sqrt(q) - np.sqrt(p)).sum() + left + beyond))
    value, change = sums[1] + (sums[1] - sums[0]) / 3, abs(sums[1] - sums[0])
    slack = 700 * 1e-9 if metric == "kl" else 1e-11
    if metric != "hellinger":
        return Distance(value, change + slack)
    root = math.sqrt(max(value, 0.0))
    return Distance(root, (change + slack) / max(2 * root, 1e-9))


def torn(flow: Any, ends: tuple[float, float], width: float) -> tuple[np.ndarray, np.ndarray]:
    """Start points and their images, closer where the map stretches them beyond ``width``.

    A line tears between its modes: one interval of start points may fill all that lies between.
    """
    z = np.linspace(*ends, 200_001)
    y = flow(z)
    for _ in range(TEARS):
        wide = np.flatnonzero(np.diff(y) > width)
        if not 0 < len(wide) <= len(z) / 4:  # few steps stretch everything
            break
        more = (z[wide] + z[wide + 1]) / 2
        z, y = np.insert(z, wide + 1, more), np.insert(y, wide + 1, flow(more))
    return z, y


def masses(e: Experiment, cells: int) -> tuple[np.ndarray, np.ndarray] | None:
    """Masses of q_1 and p_1 in that many intervals, with all beyond; None where the map folds."""
    level = e.chain.level(1)
    low, high = line_law.marginal_bounds(e.target, level)
    middle, half = (low + high) / 2, (high - low) / 2
    edges = np.concatenate([[-1e90], middle + half * np.linspace(-1, 1, cells - 1), [1e90]])
    if e.record.stochastic:
        below = line_law.grid_law(e).density.distribution()
        q = np.diff(below(edges))
    else:
        law = line_law.transport_law(e)
        z, y = torn(
            law.flow, line_law.start_interval(e.target, e.chain, e.exact_start), half / cells
        )
        if (np.diff(y) < 0).any():
            return None
        q = np.diff(law.start.cdf(np.interp(edges, y, z)))
    return np.maximum(q, 0.0), e.target.marginal(level).interval_mass(edges)


def variation(runs: list[Experiment]) -> Distance | None:
    """TV of two products by double sums, whose error falls with the square of their cells."""
    sums = []
    for cells in CELLS:
        found = [masses(e, cells) for e in runs]
        if found[0] is None or found[1] is None:
            return None
        (q1, p1), (q2, p2) = found
        parts = (np.abs(a * q2 - b * p2).sum() for a, b in zip(q1, p1, strict=True))
        sums.append(0.5 * float(sum(parts)))
    return Distance(sums[1] + (sums[1] - sums[0]) / 3, 2e-6 * sums[1])


def reference(metric: str, runs: list[Experiment]) -> Distance | None:
    """The distance from laws on the line; None or Refused where it is not known."""
    if metric == "tv":
        return variation(runs)
    one, other = (measure(e, metric) for e in runs)
    error = one.error + other.error
    if metric == "kl":
        return Distance(one.value + other.value, error)
    return Distance(math.sqrt(1 - (1 - one.value**2) * (1 - other.value**2)), error)


def compared(
    seed: int, metrics: Sequence[str] = ("tv",), waves: bool = False, kind: str = "product"
) -> tuple[Experiment, dict[str, Distance | None], Outcomes]:
    """A seeded run, its true distances where they are known, and the plane's answers."""
    if kind == "radial":
        run = radial(seed)
        of, known = radial_reference, run
    else:
        runs, run = boxed(seed) if kind == "boxes" else seeded(seed, waves)
        of, known = reference, runs
    truths = {}
    for metric in metrics:
        try:
            truths[metric] = of(metric, known)
        except Refused:
            truths[metric] = None
    try:
        found = plane_outcomes(run, metrics, noised(run.target, run.chain.level(1)), lambda: None)
    except Refused as refusal:
        found = dict.fromkeys(metrics, refusal)
    return run, truths, found


class Tally:
    """Counts and worst ratios of one metric."""

    def __init__(self, metric: str) -> None:
        self.metric, self.judged, self.misses = metric, 0, 0
        self.worst, self.widest, self.refusals = 0.0, 0.0, Counter[str]()
        self.ratios: list[float] = []

    def add(self, truth: Distance | None, found: Distance | Refused) -> str:
        """Count one case; the line that tells of it."""
        if isinstance(found, Refused):
            self.refusals[str(found)[:48]] += 1
            known = "" if truth is None else f" (truth {truth.value:.6g})"
            return f"{self.metric} refused{known}: {str(found)[:90]}"
        if truth is None:
            return f"{self.metric} {found.value:.6g} +- {found.error:.1e}, not known on the line"
        gap = abs(found.value - truth.value) / (found.error + truth.error)
        self.ratios.append(found.error / max(abs(found.value - truth.value), truth.error, 1e-300))
        relative = found.error / max(found.value, 1e-300)
        self.judged += 1
        self.misses += gap > 1
        self.worst = max(self.worst, gap)
        self.widest = max(self.widest, relative if truth.value > 1e-3 else 0.0)
        mark = " MISS" if gap > 1 else ""
        return (
            f"{self.metric} {truth.value:.6g} gap/error {gap:.2g} error/value {relative:.1e}{mark}"
        )

    def summary(self) -> str:
        ratio = float(np.median(self.ratios)) if self.ratios else math.nan
        return (
            f"{self.metric}: {self.judged} compared, {self.misses} missed, worst gap/error "
            f"{self.worst:.2g}, median stated/true error {ratio:.2g}, widest error/value "
            f"{self.widest:.1e}, refused {dict(self.refusals)}"
        )


def main() -> None:
    warnings.simplefilter("error")
    parser = argparse.ArgumentParser()
    parser.add_argument("cases", type=int)
    parser.add_argument("first", type=int, nargs="?", default=0)
    parser.add_argument("--metrics", default=",".join(METRICS))
    parser.add_argument("--waves", action="store_true")
    parser.add_argument("--stochastic", action="store_true")
    parser.add_argument("--kind", choices=("product", "boxes", "radial"), default="product")
    given = parser.parse_args()
    tallies = [Tally(m) for m in given.metrics.split(",")]
    for seed in range(given.first, given.first + given.cases):
        if given.stochastic and not seeded(seed)[1].record.stochastic:
            continue
        begun = time.process_time()
        asked = [tally.metric for tally in tallies]
        run, truths, found = compared(seed, asked, given.waves, given.kind)
        seconds = time.process_time() - begun
        print(f"{seed} {run.sampler} {run.schedule.kind} T={run.steps} {run.start} {seconds:.1f} s")
        for tally in tallies:
            print("   ", tally.add(truths[tally.metric], found[tally.metric]), flush=True)
    for tally in tallies:
        print(tally.summary())


if __name__ == "__main__":
    main()
