"""What runs of the samplers come to, against recursions, brute force, particles and print."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from diffusion_core.distances.mass_partition import MassPair
from diffusion_core.distances.of_masses import total_variation
from diffusion_core.experiment import Experiment
from diffusion_core.laws.front import OnLine
from diffusion_core.laws.line import law
from diffusion_core.laws.particles import final_points
from diffusion_core.measure import measure
from diffusion_core.samplers import ODE_ORDER, SAMPLERS
from diffusion_core.samplers.ode_order import ORDERS
from diffusion_core.schedules import Linear, LogSNR, Schedule, Theory
from diffusion_core.targets.gallery import line_mixture
from diffusion_core.verification import independent
from diffusion_core.verification.record import Alter, Part, Stop
from diffusion_core.verification.scores import components

LAW = ((0.3, 0.4, 0.3), (-1.5, 0.3, 1.8), (0.25, 0.35, 0.2))
PRINTED = {
    "ode": {128: "0.0964", 256: "0.0595", 512: "0.0365", 1024: "0.0221"},
    "ode-accelerated": {128: "9.40e-3", 256: "3.51e-3", 512: "1.23e-3", 1024: "4.16e-4"},
}
"""What the notes of this project's theory print, found with another program."""

SLOPE, AGREE, STANDARD_ERRORS = 0.15, 1e-5, 4.0
PAIR, LATE_PAIR = (128, 256), (512, 1024)
PARTICLES, LEAST_PARTICLES = 80_000, 2000
MOST_UPDATES = 20_000_000  # of particles by components


def experiment(sampler: str, steps: int, schedule: Schedule, start: str = "noise") -> Experiment:
    """A run on the law for which values are printed."""
    return Experiment(
        target=line_mixture(*LAW), sampler=sampler, steps=steps, schedule=schedule, start=start
    )


def order_parts(alter: Alter, stop: Stop) -> Iterator[Part]:
    """|slope - order| of TV between two T, from p_T; DPM-Solver++ in its own variable, log SNR."""
    for name in (n for n, record in SAMPLERS.items() if record.order):
        schedule: Schedule = LogSNR() if SAMPLERS[name].multistep else Linear()
        # of ode-order K = 4: at K = 3 the third order shows beside the fourth at far larger T
        order, pair = (ORDERS[-1], LATE_PAIR) if name == ODE_ORDER else (None, PAIR)
        base = experiment(name, pair[0], schedule, "exact").with_(order=order)
        record, runs = base.record, [alter(base.with_(steps=t)) for t in pair]
        first, second = (measure(e, stop=stop).value for e in runs)
        found = math.log(first / second) / math.log(pair[1] / pair[0])
        what = f"{record.label}: slope −{found:.3f}, order {record.order}"
        yield Part(what, abs(found - record.order), SLOPE)


def printed_parts(alter: Alter, stop: Stop) -> Iterator[Part]:
    """|measured - printed| in units of the last printed digit."""
    for name, values in PRINTED.items():
        for steps, text in values.items():
            found = measure(alter(experiment(name, steps, Theory(2.0, 4.0))), stop=stop).value
            digits = text.split("e")
            last = 10.0 ** (-len(digits[0].split(".")[1]) + int(digits[1] if digits[1:] else 0))
            what = f"{SAMPLERS[name].label}, T = {steps}: printed {text}, measured {found:.6g}"
            yield Part(what, abs(found - float(text)) / last, 0.5)


def brute_parts(alter: Alter, stop: Stop) -> Iterator[Part]:
    """Relative gap between TV by adaptive cells and by 100,000 cells carried through the map."""
    for name in ("ode", "ode-accelerated", "ddim"):
        for steps in (16, 48):
            stop()
            e = alter(experiment(name, steps, Theory(2.0, 4.0)))
            truth = independent.variation(name, independent.theory_betas(steps, 2.0, 4.0), LAW)
            gap = abs(measure(e, stop=stop).value - truth) / truth
            yield Part(f"{e.record.label}, T = {steps}: TV {truth:.6f}", gap, AGREE)


def gaussian_parts(alter: Alter, stop: Stop) -> Iterator[Part]:
    """Relative gap in TV between the general laws and mean and variance by recursion."""
    mean, sd = 0.7, 0.4
    target = line_mixture((1.0,), (mean,), (sd,))
    for name in ("ode", "ddpm", "ddpm-accelerated"):
        for steps in (30, 60):
            e = alter(Experiment(target=target, schedule=Linear(), sampler=name, steps=steps))
            found = total_variation(_pair(e, stop)).value
            beta = independent.linear_betas(steps, 0.1, 20.0)
            m, v, mu, w = independent.affine(name, beta, mean, sd**2)
            truth = independent.normal_variation(m, v, mu, w)
            what = f"{e.record.label}, T = {steps}: TV {truth:.6f}"
            yield Part(what, abs(found - truth) / truth, AGREE)


def particle_parts(alter: Alter, stop: Stop) -> Iterator[Part]:
    """The share of particles in cells against the exact q_1, in standard errors."""
    for name in ("ode", "ddpm"):
        e = alter(experiment(name, 20, Theory(2.0, 4.0)))
        yield from against_particles(e, stop)


def against_particles(e: Experiment, stop: Stop, most: int = PARTICLES) -> Iterator[Part]:
    """TV = q_1(A) - p_1(A) on A = {q_1 > p_1}, q_1(A) counted, on the line."""
    tv, pair = measure(e, stop=stop).value, _pair(e, stop)
    over = pair.q > pair.p
    count = max(LEAST_PARTICLES, min(most, MOST_UPDATES // (e.steps * components(e))))
    y = final_points(e, count, stop)[:, 0]
    share = float(over[np.searchsorted(pair.edges, y)].mean())
    found = share - float(pair.p[over].sum())
    error = math.sqrt(max(share * (1 - share), 1e-4) / count)
    what = f"{e.record.label}, T = {e.steps}: TV {tv:.4f}, particles {found:.4f}"
    yield Part(what, abs(found - tv) / error, STANDARD_ERRORS)


def _pair(e: Experiment, stop: Stop) -> MassPair:
    """q_1 and p_1 on common cells, by the laws that know nothing of Gaussians."""
    level = e.chain.level(1)
    marginal, bounds = e.target.marginal(level), law.marginal_bounds(e.target, level)
    return OnLine(e, stop).pair(marginal, bounds)
