"""Sweeps, slopes and fits, on synthetic laws with known constants and on the real samplers."""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from diffusion_core import Experiment, InputError, Refused, measure
from diffusion_core.samplers import PAPER_SAMPLERS, SAMPLERS
from diffusion_core.schedules import Custom, Linear
from diffusion_core.studies.convergence import (
    MAX_RUNS,
    asymptotic_fit,
    fit,
    initialisation_tv,
    plan,
    plan_evaluations,
    slopes,
    sweep,
)
from diffusion_core.targets import PRESETS, StudentT

DOUBLINGS = [16 * 2**i for i in range(9)]


def law(C: float, k: float, r: float, steps=DOUBLINGS) -> list[float]:
    return [C * math.log(t) ** k * t**-r for t in steps]


def test_a_plan_has_every_run_once_small_T_first():
    runs = plan(Experiment(sampler="ddim", eta=0.4, seed=5), ["ddim", "ode", "ddim"], [32, 8, 32])
    assert [(e.sampler, e.eta, e.steps) for e in runs] == [
        ("ddim", 0.4, 8),
        ("ode", 0.0, 8),
        ("ddim", 0.4, 32),
        ("ode", 0.0, 32),
    ]
    assert {e.seed for e in runs} == {5}


@pytest.mark.parametrize(
    ("samplers", "steps", "message"),
    [
        ([], [8], "needs at least one"),
        (["ode"], [], "needs at least one"),
        (["euler"], [8], "sampler.kind: one of"),
        (["ode"], [1], "steps: T must be between"),
        (["ode"], list(range(2, 3 + MAX_RUNS)), f"at most {MAX_RUNS} runs, got {MAX_RUNS + 1}"),
    ],
)
def test_bad_plans_are_refused(samplers, steps, message):
    with pytest.raises(InputError, match=message):
        plan(Experiment(), samplers, steps)


def test_a_custom_schedule_is_swept_at_its_own_T_only():
    e = Experiment(schedule=Custom((0.9, 0.5, 0.1)), steps=3)
    assert len(plan(e, ["ode", "heun"], [3])) == 2
    with pytest.raises(InputError, match="runs at T = 3 only"):
        plan(e, ["ode"], [3, 4])


def test_equal_evaluations_give_the_largest_T_that_the_budget_pays_for():
    runs = plan_evaluations(Experiment(), tuple(SAMPLERS), [1, 40, 41])
    for budget in (1, 40, 41):
        for name, record in SAMPLERS.items():
            steps = record.steps_for(budget)
            found = [e for e in runs if (e.sampler, e.steps) == (name, steps)]
            assert len(found) == (steps >= 2)
            assert record.nfe(steps) <= budget < record.nfe(steps + 1)
    assert {e.steps for e in runs if e.sampler == "heun"} == {21}  # 40 and 41 pay for the same
    with pytest.raises(InputError, match="needs at least one"):
        plan_evaluations(Experiment(), [], [10])


def test_a_budget_for_more_steps_than_there_may_be_gives_the_most_once():
    runs = plan_evaluations(Experiment(), ["ode", "heun"], [8191, 8192, 2**17])
    assert [(e.sampler, e.steps) for e in runs] == [
        *(("ode", 8192), ("heun", 4096)),
        *(("heun", 4097), ("heun", 8192)),
    ]


def test_a_sweep_yields_measurements_and_refusals_in_order():
    e = Experiment(target=StudentT(5.0, (0.0, 1.0, 2.0)))
    gaussian = e.with_(target=PRESETS["correlated-gaussian"].target, steps=9)
    found = list(sweep([gaussian, e, gaussian.with_(sampler="ddpm")]))
    assert [r.measurement is None for r in found] == [False, True, False]
    assert "particles method" in found[1].reason
    assert found[0].measurement.value == measure(gaussian).value


def test_an_executor_and_the_loop_agree():
    runs = plan(Experiment(), PAPER_SAMPLERS, [4, 8])
    alone = [r.measurement.value for r in sweep(runs, "kl")]
    with ThreadPoolExecutor(2) as pool:
        assert [r.measurement.value for r in sweep(runs, "kl", executor=pool)] == alone


def test_a_sweep_stops_between_runs():
    class StopNow(Exception):
        pass

    calls = []

    def stop() -> None:
        calls.append(1)
        if len(calls) == 3:
            raise StopNow

    results = sweep(plan(Experiment(), ["ode"], [4, 5, 6, 7]), stop=stop)
    assert [next(results).steps, next(results).steps] == [4, 5]
    with pytest.raises(StopNow):
        next(results)


def test_slopes_of_a_power_law_and_their_errors():
    steps, values = [64, 16, 32], [64**-1.5, 16**-1.5, 32**-1.5]
    found = slopes(steps, values, [0.1 * v for v in values])
    assert [s.steps for s in found] == [(16, 32), (32, 64)]
    for s in found:
        assert s.value == pytest.approx(-1.5, abs=1e-12)
        assert s.error == pytest.approx(0.1 * math.sqrt(2) / math.log(2), rel=1e-12)


def test_slopes_skip_what_has_no_logarithm():
    values = [0.5, 0.0, math.nan, math.inf, 0.125, 0.1]
    found = slopes([8, 16, 20, 24, 32, 32], values, [0.0] * 6)
    assert [s.steps for s in found] == [(8, 32)]
    assert slopes([8], [0.1], [0.0]) == []
    assert slopes([], [], []) == []


@pytest.mark.parametrize(("C", "k", "r"), [(1.4, 2.9, 2.0), (0.3, 0.0, 1.0), (50.0, 2.0, 0.5)])
def test_a_fit_recovers_its_own_law(C, k, r):
    free = fit(DOUBLINGS, law(C, k, r))
    assert free.r == pytest.approx(r, abs=1e-9)
    assert free.k == pytest.approx(k, abs=1e-8)
    assert pytest.approx(C, rel=1e-7) == free.C
    fixed = fit(DOUBLINGS, law(C, k, r), k)
    assert (fixed.r, fixed.C) == (pytest.approx(r, abs=1e-12), pytest.approx(C, rel=1e-11))
    assert fixed.k_interval is None
    assert fixed(3000) == pytest.approx(C * math.log(3000) ** k * 3000**-r, rel=1e-11)
    assert abs(fixed.drift) < 1e-11
    assert fixed.misfit < 1e-12


@pytest.mark.parametrize("log_power", [None, 2.9])
def test_intervals_cover_the_truth_in_95_percent_of_noisy_sweeps(log_power):
    rng = np.random.default_rng(20)
    exact, hits_r, hits_k, trials = np.array(law(1.4, 2.9, 2.0)), 0, 0, 400
    for _ in range(trials):
        noisy = exact * np.exp(0.02 * rng.standard_normal(len(exact)))
        found = fit(DOUBLINGS, noisy.tolist(), log_power)
        hits_r += found.r_interval[0] <= 2.0 <= found.r_interval[1]
        hits_k += found.k_interval is None or found.k_interval[0] <= 2.9 <= found.k_interval[1]
    # 380 expected, standard deviation 4.4
    assert 362 <= hits_r <= 396
    assert hits_k == trials if log_power is not None else 362 <= hits_k <= 396


def test_errors_weigh_the_points():
    rng = np.random.default_rng(4)
    exact = np.array(law(2.0, 0.0, 1.0))
    relative = np.where(np.arange(9) % 2, 0.08, 0.001)
    weighted, plain = [], []
    for _ in range(200):
        noisy = (exact * (1 + relative * rng.standard_normal(9))).tolist()
        weighted.append(fit(DOUBLINGS, noisy, 0, (relative * exact).tolist()).r)
        plain.append(fit(DOUBLINGS, noisy, 0).r)
    assert np.std(weighted) < 0.2 * np.std(plain)
    assert abs(np.mean(weighted) - 1) < 4 * np.std(weighted) / math.sqrt(200)


def test_points_that_say_nothing_are_left_out():
    values = law(1.0, 0.0, 1.0)
    errors = [0.0] * 9
    values[2], errors[4], values[5] = math.nan, 0.2 * values[4], 0.0
    found = fit([2, *DOUBLINGS], [9.0, *values], 0, [0.0, *errors])
    assert found.steps == (16, 32, 128, 1024, 2048, 4096)
    assert found.r == pytest.approx(1, abs=1e-12)


def test_a_floor_bends_a_fit_unless_it_is_declared():
    floor = 2e-3
    values = [v + floor for v in law(1.0, 0.0, 1.0)]
    assert fit(DOUBLINGS, values, 0).r < 0.9
    declared = fit(DOUBLINGS, values, 0, floor=5e-4)  # ten floors: distances above 0.005
    assert declared.steps == (16, 32, 64, 128, 256)


def test_the_asymptotic_fit_leaves_the_small_T_out():
    values = [v * (1 + 40 / t) for t, v in zip(DOUBLINGS, law(3.0, 0.0, 2.0), strict=True)]
    found = asymptotic_fit(DOUBLINGS, values, 0)
    assert found.steps[0] > 64
    assert found.steps[-1] == 4096
    assert found.misfit <= 0.02
    assert found.r == pytest.approx(2.0, abs=0.04)
    assert abs(fit(DOUBLINGS, values, 0).r - 2) > 0.15
    assert fit(DOUBLINGS, values, 0).drift < -0.02  # towards the limit
    jagged = [v * (1.5 if i % 2 else 1.0) for i, v in enumerate(law(1.0, 0.0, 1.0))]
    assert asymptotic_fit(DOUBLINGS, jagged, 0) is None


@pytest.mark.parametrize("log_power", [None, 0.0, 2.0])
def test_degenerate_points_give_no_fit_and_no_warning(log_power):
    for of in (fit, asymptotic_fit):
        assert of([], [], log_power) is None
        assert of([8, 16], [0.1, 0.05], log_power) is None
        assert of([8] * 9, [0.1] * 9, log_power) is None
        assert of(DOUBLINGS, [0.0] * 9, log_power) is None
        assert of(DOUBLINGS, [math.nan] * 9, log_power) is None
        assert of(DOUBLINGS, [0.1] * 9, log_power, [0.2] * 9) is None


def test_equal_distances_fit_with_rate_zero():
    found = fit(DOUBLINGS, [0.9] * 9)
    assert (found.r, found.k) == (pytest.approx(0, abs=1e-10), pytest.approx(0, abs=1e-10))
    assert pytest.approx(0.9, rel=1e-10) == found.C


def swept(e: Experiment, steps: list[int]) -> tuple[list[int], list[float], list[float]]:
    found = [measure(e.with_(steps=t)) for t in steps]
    return steps, [m.value for m in found], [m.error for m in found]


def test_accelerated_ode_on_the_theorys_schedule_is_second_order_with_three_logarithms():
    t, values, errors = swept(
        Experiment(sampler="ode-accelerated"), [128, 181, 256, 362, 512, 724, 1024, 1448, 2048]
    )
    found = fit(t, values, 3.0, errors)
    assert found.r == pytest.approx(2.017, abs=0.005)
    assert found.misfit < 0.01
    # with k free this range is still pre-asymptotic, and the drift says so
    free = fit(t, values, None, errors)
    assert free.r == pytest.approx(2.086, abs=0.01)
    assert free.k == pytest.approx(3.45, abs=0.06)
    assert -0.02 < free.drift < -0.003
    assert asymptotic_fit(t, values, 3.0, errors).steps[0] == 128


def test_linear_schedule_gives_whole_orders():
    e = Experiment(schedule=Linear(), start="exact")
    for kind, order, tolerance in (("ode", 1, 0.03), ("ode-accelerated", 2, 0.005)):
        found = slopes(*swept(e.with_(sampler=kind), [256, 512, 1024]))
        assert found[-1].value == pytest.approx(-order, abs=tolerance)
        assert found[-1].error < 1e-3


def test_the_initialisation_floor_of_the_linear_schedule():
    e = Experiment(schedule=Linear(), steps=1024)
    floor = initialisation_tv(e)
    assert floor == pytest.approx(5.4e-4, rel=0.02)
    from_noise = measure(e.with_(sampler="heun")).value
    from_p_T = measure(e.with_(sampler="heun", start="exact")).value
    assert from_p_T < 0.02 * floor
    assert from_noise == pytest.approx(floor, rel=0.1)
    with pytest.raises(Refused, match="one dimension only"):
        initialisation_tv(Experiment(target=PRESETS["ring"].target))
