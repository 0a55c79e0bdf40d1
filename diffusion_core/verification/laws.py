"""What every law and every pair of distances must satisfy, whatever the numbers are."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping

import numpy as np

from diffusion_core.experiment import Experiment
from diffusion_core.laws.line import law as line_law
from diffusion_core.laws.noisy_steps import final_density
from diffusion_core.laws.plane.grid_distances import RESOLUTIONS
from diffusion_core.measure import measure, measure_all
from diffusion_core.samplers import SAMPLERS
from diffusion_core.schedules import Array, LinearDDPM, Theory
from diffusion_core.targets import PRESETS
from diffusion_core.targets.gaussian_mixture import GaussianMixture
from diffusion_core.verification import independent
from diffusion_core.verification.record import Alter, Part, Stop
from diffusion_core.verification.runs import LAW, experiment

Runs = Mapping[str, Experiment]
OUTPUT_MASS, PLANE_MASS, PLANE_AGREES = 1e-9, 2e-5, 1e-3
SIDES = (
    ((0.35, 0.65), (-0.9, 0.8), (0.35, 0.25)),
    ((0.6, 0.4), (-0.5, 1.1), (0.4, 0.3)),
)
CELLS = 3000


def output_mass_parts(alter: Alter, stop: Stop) -> Iterator[Part]:
    """|int q_1 - 1|, q_1 of every stochastic sampler on the line and of DDPM in the plane."""
    for name, record in SAMPLERS.items():
        if record.stochastic:
            law = line_law.grid_law(alter(experiment(name, 24, Theory(2.0, 4.0))), stop=stop)
            gap = abs(law.density.mass - 1)
            yield Part(f"{record.label}, line, T = 24", gap, OUTPUT_MASS)
    ring = PRESETS["ring-of-8"].target
    e = alter(Experiment(target=ring, sampler="ddpm", steps=5, schedule=Theory(2.0, 4.0)))
    density, _ = final_density(e, RESOLUTIONS[0], stop)
    yield Part("DDPM, plane, T = 5", abs(density.mass - 1), PLANE_MASS)


def plane_parts(alter: Alter, stop: Stop) -> Iterator[Part]:
    """Relative gap in TV between the law in the plane and the product of laws on the line."""
    for name, steps in (("ode", 16), ("ddpm", 10)):
        schedule = Theory(2.0, 4.0)
        e = Experiment(target=_product(), sampler=name, steps=steps, schedule=schedule)
        one, other = (
            _stochastic_cells(alter(e.with_(target=_on_line(side))), stop)
            if e.record.stochastic
            else independent.cells(name, independent.theory_betas(steps, 2.0, 4.0), side, CELLS)
            for side in SIDES
        )
        truth = independent.product_variation(one, other)
        gap = abs(measure(alter(e), stop=stop).value - truth) / truth
        yield Part(f"{e.record.label}, T = {steps}: TV {truth:.5f}", gap, PLANE_AGREES)


def _on_line(side: independent.Law) -> GaussianMixture:
    w, m, sd = side
    return GaussianMixture(tuple(w), tuple((v,) for v in m), tuple(((v * v,),) for v in sd))


def _product() -> GaussianMixture:
    pairs = [(a, b) for a in zip(*SIDES[0], strict=True) for b in zip(*SIDES[1], strict=True)]
    return GaussianMixture(
        tuple(a[0] * b[0] for a, b in pairs),
        tuple((a[1], b[1]) for a, b in pairs),
        tuple(((a[2] ** 2, 0.0), (0.0, b[2] ** 2)) for a, b in pairs),
    )


def _stochastic_cells(e: Experiment, stop: Stop) -> tuple[Array, Array]:
    level = e.chain.level(1)
    edges = np.linspace(*line_law.marginal_bounds(e.target, level), CELLS + 1)
    below = line_law.grid_law(e, stop=stop).density.distribution()
    q = np.diff(below(edges))
    return q, e.target.marginal(level).interval_mass(edges)


def examples() -> dict[str, Experiment]:
    """Runs from far off to nearly right."""
    return {
        f"{SAMPLERS[name].label}, T = {steps}": experiment(name, steps, Theory(2.0, 4.0))
        for name, steps in (("ode", 16), ("ddpm", 16), ("ode-accelerated", 64))
    }


def inequality_parts(runs: Callable[[], Runs], alter: Alter, stop: Stop) -> Iterator[Part]:
    """Smaller side over larger side of inequalities between distances of one run."""
    for name, given in runs().items():
        found = measure_all(alter(given), ("tv", "kl", "hellinger", "w1", "w2"), stop=stop)
        tv, kl, h, w1, w2 = (m.value for m in found.values())
        pairs = {
            "TV ≤ √(KL/2), Pinsker": (tv, math.sqrt(kl / 2), ("tv", "kl")),
            "TV ≤ √2 H": (tv, math.sqrt(2) * h, ("tv", "hellinger")),
            "H² ≤ TV": (h * h, tv, ("tv", "hellinger")),
            "W₁ ≤ W₂": (w1, w2, ("w1", "w2")),
        }
        for claim, (small, large, names) in pairs.items():
            doubt = sum(found[m].error / max(found[m].value, 1e-300) for m in names)
            yield Part(f"{claim}: {name}", small / max(large, 1e-300), 1 + doubt)


def start_parts(alter: Alter, stop: Stop) -> Iterator[Part]:
    """What a wrong start changes at the end over what it was, TV(p_T, N(0, 1))."""
    for name in ("ode", "ddpm"):
        noise = alter(experiment(name, 100, LinearDDPM()))
        exact = alter(experiment(name, 100, LinearDDPM(), "exact"))
        abar = independent.products(noise.chain.beta.tolist())
        start = independent.start_variation(abar[noise.steps], LAW)
        ends = [measure(e, stop=stop) for e in (noise, exact)]
        change = abs(ends[0].value - ends[1].value)
        doubt = sum(m.error for m in ends) / start
        label = noise.record.label
        yield Part(f"{label}: |TV from noise − TV from p_T|", change / start, 1 + doubt)
        if noise.record.stochastic:
            gap = _between(noise, exact, stop)
            yield Part(f"{label}: TV between both outputs", gap / start, 1 + doubt)


def _between(one: Experiment, other: Experiment, stop: Stop) -> float:
    """TV between the outputs of two stochastic runs on the line."""
    below = [line_law.grid_law(e, stop=stop).density.distribution() for e in (one, other)]
    low = min(b.low for b in below)
    high = max(b.low + b.h * (len(b.below) - 1) for b in below)
    q, p = (np.diff(b(np.linspace(low, high, 20_001))) for b in below)
    return 0.5 * float(np.abs(q - p).sum())
