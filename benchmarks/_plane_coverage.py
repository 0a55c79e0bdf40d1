"""Whether stated errors of exact distances in the plane hold the truth: random runs and the line.

Random products of two mixtures on the line, turned by a random angle: no sampler sees the angle, so
TV is a double sum over two laws on the line, KL adds up and 1 - Hellinger^2 multiplies. --kind
boxes: products of boxes with sharp edges. --kind radial: concentric Gaussians, Student's t or a
ring under a deterministic sampler, beside masses of shells. These two on random schedules of every
kind. With --waves deterministic products have a wave for an error of the score along one axis. Run:
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

from diffusion_core import SAMPLERS, Experiment, Refused
from diffusion_core.distances.of_masses import Distance
from diffusion_core.laws.line import law as line_law
from diffusion_core.laws.plane.coordinates import normal_log_density
from diffusion_core.laws.plane.law import METRICS, plane_outcomes
from diffusion_core.laws.plane.summed import Outcomes
from diffusion_core.measure import measure
from diffusion_core.samplers import reverse_chain
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
TEARS = 20  # times that intervals of start points are halved
CELLS = (2000, 4000)  # of each axis in the double sums


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
        ((_, density),) = deque(line_law.densities(e), maxlen=1)
        below = density.distribution()
        q = np.diff(below(np.clip(edges, below.t[0], below.t[-1])))
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
        found = plane_outcomes(run, metrics, run.chain.level(1), lambda: None)
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
    parser.add_argument("--kind", choices=("product", "boxes", "radial"), default="product")
    given = parser.parse_args()
    tallies = [Tally(m) for m in given.metrics.split(",")]
    for seed in range(given.first, given.first + given.cases):
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
