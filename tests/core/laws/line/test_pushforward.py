"""Exact laws of deterministic samplers on the line against brute force and high precision."""

from __future__ import annotations

from itertools import pairwise

import mpmath as mp
import numpy as np
import pytest
from scipy.special import ndtr

from diffusion_core import PRESETS, Experiment
from diffusion_core.laws.line.law import transport_law
from diffusion_core.measure import measure, measure_all
from diffusion_core.schedules import (
    SCHEDULES,
    Cosine,
    Custom,
    Karras,
    Linear,
    LinearDDPM,
    LogSNR,
    Schedule,
    Theory,
)
from diffusion_core.targets.gallery import line_mixture
from tests.core.ground_truth import betas_of, deterministic, law_of, on_edges
from tests.core.reference import Betas, MpMixture, flow

NAMED = [kind for kind in SCHEDULES if kind != "custom"]
SKEWED = line_mixture((0.3, 0.7), (-1.0, 0.8), (0.3, 0.02))


def check(e: Experiment, truth: dict[str, float], tv: float, other: float, slack: float) -> None:
    """Each distance within its tolerance (relative), and its error covers what it is off by.

    ``slack``: what the brute-force truth itself may be wrong by, relatively.
    """
    found = measure_all(e, tuple(truth))
    for metric, true in truth.items():
        value, error = found[metric].value, found[metric].error
        assert abs(value - true) <= (tv if metric == "tv" else other) * true, metric
        assert abs(value - true) <= error + slack * true, metric
        assert error <= 0.05 * value, metric
    assert found["tv"].value <= 1.0


@pytest.mark.parametrize("steps", [3, 30])
@pytest.mark.parametrize("kind", NAMED)
@pytest.mark.parametrize("sampler", ["ode", "ode-accelerated"])
def test_every_schedule_on_a_thin_component(sampler: str, kind: str, steps: int) -> None:
    schedule = SCHEDULES[kind]()  # type: ignore[call-arg]
    e = Experiment(target=SKEWED, schedule=schedule, sampler=sampler, steps=steps)
    truth = deterministic(e)
    wasserstein = {m: truth.pop(m) for m in ("w1", "w2")} | {"tv": truth["tv"]}
    check(e, truth, tv=3e-5, other=3e-4, slack=2e-5)
    check(e, wasserstein, tv=3e-5, other=1e-3, slack=1e-3)


@pytest.mark.parametrize("start", ["noise", "exact"])
@pytest.mark.parametrize(
    ("preset", "steps", "tv"),
    [
        ("three-modes", 100, 1e-5),
        ("thin-and-wide", 24, 1e-5),
        ("uniform", 24, 1e-5),
        ("histogram", 16, 1e-5),
        ("claw", 40, 1e-5),
        ("atoms", 24, 1e-4),
        ("cantor", 8, 1e-3),
    ],
)
@pytest.mark.parametrize("sampler", ["ode", "ode-accelerated"])
def test_targets_and_both_starts(
    sampler: str, preset: str, steps: int, tv: float, start: str
) -> None:
    e = Experiment(target=PRESETS[preset].target, sampler=sampler, steps=steps, start=start)
    truth = deterministic(e, nodes=40_001)
    check(e, {m: truth[m] for m in ("tv", "w1", "w2")}, tv=tv, other=3e-3, slack=2e-3)
    assert measure(e).error >= abs(measure(e).value - truth["tv"]) - tv * truth["tv"] / 3


@pytest.mark.parametrize("preset", ["three-modes", "uniform", "skewed"])
def test_comparison_with_the_data_law(preset: str) -> None:
    e = Experiment(target=PRESETS[preset].target, sampler="ode", steps=20, schedule=LogSNR())
    truth = deterministic(e, t=0) if preset != "uniform" else _against_uniform(e)
    for metric in ("tv", "w1", "w2"):
        found = measure(e, metric, against="data")
        assert abs(found.value - truth[metric]) <= 1e-4 * truth[metric]
        assert abs(found.value - truth[metric]) <= found.error + 3e-5 * truth[metric]


def _against_uniform(e: Experiment) -> dict[str, float]:
    """Distances to Uniform(-1.75, 1.75): its distribution function is a ramp."""
    betas = betas_of(e)
    x = np.linspace(-9, 9, 200_001)
    y = flow(e.sampler, x, betas, law_of(e, betas), np.log)
    edges = np.union1d(y, [-1.75, 1.75])
    below = ndtr(np.interp(edges, y, x))
    q = np.diff(np.concatenate([[0.0], below, [1.0]]))
    return on_edges(edges, q, np.clip((edges + 1.75) / 3.5, 0.0, 1.0))


FOLDING = [
    ("heun", LinearDDPM(), 4, "atoms"),
    ("heun", LinearDDPM(), 2, "atoms"),
    ("ode-taylor", LinearDDPM(), 4, "atoms"),
    ("ode-accelerated", LinearDDPM(), 3, "atoms"),
    ("dpmpp-2m", Karras(), 8, "atoms"),
    ("dpmpp-3m", Karras(), 8, "atoms"),
]


@pytest.mark.parametrize(("sampler", "schedule", "steps", "preset"), FOLDING)
def test_folding_maps(sampler: str, schedule: Schedule, steps: int, preset: str) -> None:
    e = Experiment(target=PRESETS[preset].target, schedule=schedule, sampler=sampler, steps=steps)
    betas = betas_of(e)
    image = flow(sampler, np.linspace(-4, 4, 200_001), betas, law_of(e, betas), np.log)
    assert (np.diff(image) < 0).any()
    truth = deterministic(e, nodes=200_001)
    found = measure(e)
    assert found.value == pytest.approx(truth["tv"], rel=1e-3)
    assert abs(found.value - truth["tv"]) <= found.error + 2e-4 * truth["tv"]


@pytest.mark.parametrize("steps", [2, 3, 5])
@pytest.mark.parametrize(
    "sampler", ["ode", "ode-accelerated", "ode-taylor", "ddim", "heun", "dpmpp-2m", "dpmpp-3m"]
)
@pytest.mark.parametrize("schedule", [Theory(), Cosine(), Karras()], ids=lambda s: s.kind)
def test_the_map_in_high_precision(sampler: str, steps: int, schedule: Schedule) -> None:
    """F at points near and far, where float64 differences of squares would lose every digit."""
    e = Experiment(target=SKEWED, schedule=schedule, sampler=sampler, steps=steps)
    x = np.array([-7.9, -2.3, -0.4, 0.0, 0.013, 0.7, 1.9, 6.1])
    law = transport_law(e)
    with mp.workdps(40):
        betas = Betas([mp.mpf(float(b)) for b in e.chain.beta])
        exact = MpMixture((0.3, 0.7), (-1.0, 0.8), (mp.mpf("0.3"), mp.mpf("0.02")), betas)
        expected = [float(flow(sampler, mp.mpf(float(v)), betas, exact, mp.log)) for v in x]
    np.testing.assert_allclose(law.flow(x), expected, rtol=1e-9, atol=1e-10)


def test_tv_of_a_two_step_map_in_high_precision() -> None:
    """TV from the sign changes of q - p found by mpmath: no partition at all."""
    e = Experiment(target=SKEWED, sampler="ode", steps=2, schedule=Custom((0.995, 0.9)))
    with mp.workdps(30):
        betas = Betas([mp.mpf(float(b)) for b in e.chain.beta])
        law = MpMixture((0.3, 0.7), (-1.0, 0.8), (mp.mpf("0.3"), mp.mpf("0.02")), betas)

        def image(x: mp.mpf) -> mp.mpf:
            return flow("ode", x, betas, law, mp.log)

        def excess(x: mp.mpf) -> mp.mpf:
            stretch = (1 + betas.beta[2] / 2 * law.slope(2, x)) / betas.alpha[2] ** 0.5
            return mp.npdf(x) - law.density(1, image(x)) * stretch

        def gap(x: mp.mpf) -> mp.mpf:
            return mp.ncdf(x) - law.cdf(1, image(x))

        grid = [mp.mpf(i) / 100 for i in range(-600, 601)]
        sign = [excess(x) > 0 for x in grid]
        changes = [i for i in range(len(grid) - 1) if sign[i] != sign[i + 1]]
        roots = [
            mp.findroot(excess, (grid[i], grid[i + 1]), solver="anderson", tol=1e-40)
            for i in changes
        ]
        levels = [mp.mpf(0), *(gap(x) for x in roots), mp.mpf(0)]
        truth = float(sum(abs(b - a) for a, b in pairwise(levels)) / 2)
    found = measure(e)
    assert abs(found.value - truth) <= found.error
    assert found.value == pytest.approx(truth, rel=1e-5)


@pytest.mark.parametrize(
    ("sampler", "steps", "printed"),
    [
        ("ode", 128, 0.0964),
        ("ode", 256, 0.0595),
        ("ode", 512, 0.0365),
        ("ode", 1024, 0.0221),
        ("ode-accelerated", 128, 9.40e-3),
        ("ode-accelerated", 256, 3.51e-3),
        ("ode-accelerated", 512, 1.23e-3),
        ("ode-accelerated", 1024, 4.16e-4),
    ],
)
def test_figures_printed_in_the_theory_page(sampler: str, steps: int, printed: float) -> None:
    found = measure(Experiment(sampler=sampler, steps=steps))
    assert float(f"{found.value:.3g}") == printed
    assert found.error < 1e-4 * found.value


@pytest.mark.parametrize("steps", [16, 128, 1024])
def test_cosine_with_the_ode_update_stays_near_nine_tenths(steps: int) -> None:
    found = measure(Experiment(schedule=Cosine(), sampler="ode", steps=steps))
    assert 0.88 < found.value < 0.93
    assert found.notes


@pytest.mark.parametrize(("steps", "printed"), [(16, 0.051), (128, 0.0065)])
def test_ddim_on_the_same_grid_does_not_fail(steps: int, printed: float) -> None:
    found = measure(Experiment(schedule=Cosine(), sampler="ddim", steps=steps))
    assert found.value == pytest.approx(printed, rel=0.02)


@pytest.mark.parametrize("sampler", ["ode", "ode-accelerated", "ode-taylor", "heun"])
@pytest.mark.parametrize("preset", ["three-modes", "gaussian", "atoms", "uniform"])
def test_mass_thrown_far_away_gives_one_and_never_more(sampler: str, preset: str) -> None:
    e = Experiment(target=PRESETS[preset].target, schedule=Theory(2, 8), sampler=sampler, steps=25)
    found = measure(e)
    assert found.value <= 1.0
    assert (found.value > 1 - 1e-12) == (sampler != "heun")


def test_no_distance_exceeds_one_and_errors_are_positive() -> None:
    for schedule in (Linear(), Cosine(), LogSNR()):
        found = measure_all(
            Experiment(schedule=schedule, sampler="ode", steps=3), ("tv", "hellinger")
        )
        for m in found.values():
            assert 0 < m.value <= 1
            assert 0 < m.error < 1e-3


@pytest.mark.parametrize("preset", ["three-modes", "skewed"])
@pytest.mark.parametrize("sampler", ["ode", "ddim", "heun"])
def test_abar_from_one_down_to_zero_within_rounding(sampler: str, preset: str) -> None:
    """Custom abar from 1 - 1e-12 to 1e-12: noise levels that float64 hardly tells apart."""
    extreme = Custom((1 - 1e-12, 0.9, 0.5, 0.01, 1e-12))
    e = Experiment(
        target=PRESETS[preset].target, schedule=extreme, sampler=sampler, steps=5, start="exact"
    )
    truth = deterministic(e)["tv"]
    found = measure(e)
    assert found.value == pytest.approx(truth, rel=2e-5)
    assert abs(found.value - truth) <= found.error + 1e-5 * truth
