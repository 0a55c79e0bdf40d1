"""Grids between fixed ends, the search for the best one, and grids of equal steps."""

from __future__ import annotations

import math
from decimal import Decimal
from itertools import pairwise

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import expit

from diffusion_core import PRESETS, Experiment, InputError, Refused, measure
from diffusion_core.laws.gaussian import AxisGaussian, gaussian_tv
from diffusion_core.schedules import LogSNR, Theory
from diffusion_core.studies.noise_grids import (
    KNOTS,
    MOST_BEND,
    NAMED,
    STRAIGHT,
    Ends,
    bent,
    custom_schedule,
    named_grids,
    on_ends,
    on_grid,
    own_runs,
)
from diffusion_core.studies.schedule_search import (
    EQUAL,
    equalise,
    imbalance,
    local_errors,
    minimise,
    points_of,
    rough_distance,
)
from diffusion_core.targets import GaussianMixture

ENDS = Ends(5.0, -9.0)
SKEWED_GAUSSIAN = GaussianMixture((1.0,), ((0.7,),), (((0.09,),),))


def preset(name: str, sampler: str = "ode", **rest: object) -> Experiment:
    return Experiment(target=PRESETS[name].target, preset=name, sampler=sampler, **rest)  # type: ignore[arg-type]


def even(steps: int, ends: Ends = ENDS) -> np.ndarray:
    return np.linspace(ends.high, ends.low, steps)


# ---- grids


@pytest.mark.parametrize("steps", [2, 4, 17, 64])
def test_every_named_grid_has_the_same_ends_and_falls(steps):
    for kind, points in named_grids(ENDS, steps).items():
        assert (points[0], points[-1]) == (ENDS.high, ENDS.low), kind
        assert (np.diff(points) < 0).all(), kind
    assert tuple(named_grids(ENDS, steps)) == NAMED


def named_runs(experiment: Experiment, ends: Ends, steps: int) -> dict[str, Experiment]:
    return {kind: on_grid(experiment, p) for kind, p in named_grids(ends, steps).items()}


def test_named_runs_compare_with_the_same_p_1():
    runs = named_runs(preset("skewed"), ENDS, 12)
    assert len({run.schedule.abar[0] for run in runs.values()}) == 1
    assert len({run.schedule.abar[-1] for run in runs.values()}) == 1
    assert {run.steps for run in runs.values()} == {12}
    assert {run.preset for run in runs.values()} == {"skewed"}
    assert len({run.chain.abar[1] for run in own_runs(preset("skewed"), 12).values()}) > 6


def test_stretching_keeps_the_proportions():
    chain = Theory().chain(20)
    points, own = on_ends(chain, ENDS), np.log(chain.abar[1:21] / chain.var[1:21])
    assert np.diff(points) / 14.0 == pytest.approx(np.diff(own) / (own[0] - own[-1]), rel=1e-9)
    even_points = on_ends(LogSNR().chain(20), ENDS)
    assert even_points == pytest.approx(even(20), abs=1e-9)


def test_a_straight_bend_changes_nothing_and_a_common_factor_counts_for_nothing():
    points = named_grids(ENDS, 13)["theory"]
    assert bent(points, STRAIGHT) == pytest.approx(points, abs=1e-12)
    bend = (1.0, -2.0, 0.5, 3.0, -1.0)
    lifted = tuple(b + 1.5 for b in bend)
    assert bent(points, lifted) == pytest.approx(bent(points, bend), abs=1e-12)


@pytest.mark.parametrize("bend", [(2.0, -1.0, 0.0, 3.0, -6.0), (6.0, 6.0, -6.0, 6.0, -6.0)])
@pytest.mark.parametrize("kind", ["theory", "cosine", "log-snr"])
def test_a_bent_grid_has_equal_shares_of_the_density_between_its_points(kind, bend):
    base = named_grids(ENDS, 15)[kind]
    place = (base - ENDS.high) / (ENDS.low - ENDS.high)

    def density(u: float) -> float:
        k = min(int(np.searchsorted(place, u, side="right")), len(place) - 1)
        return float(np.interp(u, KNOTS, np.exp2(bend))) / (place[k] - place[k - 1])

    points = bent(base, bend)
    assert (points[0], points[-1]) == (ENDS.high, ENDS.low)
    u = (points - ENDS.high) / (ENDS.low - ENDS.high)
    breaks = np.union1d(place, KNOTS)
    shares = [
        sum(quad(density, a, b)[0] for a, b in pairwise(cut))
        for lo, hi in pairwise(u)
        for cut in [np.concatenate([[lo], breaks[(breaks > lo) & (breaks < hi)], [hi]])]
    ]
    assert shares == pytest.approx([shares[0]] * len(shares), rel=1e-6)


def test_custom_schedules_have_six_digits_of_the_smaller_of_abar_and_its_rest():
    points = even(9, Ends(12.0, -12.0))
    for abar, point in zip(custom_schedule(points).abar, points, strict=True):
        assert min(abar, 1 - abar) == pytest.approx(float(expit(-abs(point))), rel=5.1e-6)
        smaller = min(Decimal(repr(abar)), 1 - Decimal(repr(abar)))
        assert len(smaller.normalize().as_tuple().digits) <= 6


# ---- the search


@pytest.mark.parametrize(
    ("sampler", "name"),
    [
        ("ode", "three-modes"),
        ("ddpm", "three-modes"),
        ("ode-accelerated", "two-modes"),
        ("dpmpp-2m", "skewed"),
        ("ddim", "claw"),
    ],
)
def test_the_optimum_beats_every_named_grid_and_is_what_it_says(sampler, name):
    experiment = preset(name, sampler)
    best = minimise(experiment, ENDS, 8, most=20)
    named = {k: measure(run) for k, run in named_runs(experiment, ENDS, 8).items()}
    assert best.start.value == pytest.approx(min(m.value for m in named.values()), rel=1e-3)
    assert named[best.base].value == best.start.value
    assert best.found.value < 0.99 * best.start.value
    again = measure(best.experiment)
    assert (again.value, again.error) == (best.found.value, best.found.error)
    assert best.experiment.schedule.abar[0] == custom_schedule(even(8)).abar[0]
    assert best.experiment.schedule.abar[-1] == custom_schedule(even(8)).abar[-1]
    assert best.experiment.schedule == custom_schedule(
        bent(named_grids(ENDS, 8)[best.base], best.bend)
    )
    assert best.evaluations <= len(NAMED) + 20 + 2


def test_at_four_steps_it_finds_what_trying_every_grid_finds():
    experiment = Experiment(target=SKEWED_GAUSSIAN, sampler="ddpm")
    ends = Ends(4.0, -6.0)
    best = minimise(experiment, ends, 4)
    axis = np.linspace(4.0, -6.0, 42)[1:-1]
    tried = {
        (a, b): rough_distance(on_grid(experiment, np.array([4.0, a, b, -6.0])), "tv")
        for i, a in enumerate(axis)
        for b in axis[i + 1 :]
    }
    least = min(tried.values())
    assert best.found.value <= least * 1.002
    assert best.found.value >= least * 0.98
    assert np.median(list(tried.values())) > 1.5 * least
    where = min(tried, key=lambda pair: tried[pair])
    assert points_of(best.experiment)[1:3] == pytest.approx(where, abs=0.3)


@pytest.mark.parametrize("most", [1, 2, 7])
@pytest.mark.parametrize("objective", ["tv", "kl"])
def test_it_is_never_worse_than_its_start(most, objective):
    rng = np.random.default_rng(5)
    for _ in range(3):
        inner = np.sort(rng.uniform(-9, 5, 5))[::-1]
        start = np.concatenate([[5.0], inner, [-9.0]])
        experiment = preset("skewed", "ddim")
        best = minimise(experiment, ENDS, 7, start, objective, most)
        first = measure(on_grid(experiment, start), objective)
        assert best.base == ""
        assert (best.start.value, best.start.metric) == (first.value, objective)
        assert best.found.value <= first.value


def test_started_from_its_own_optimum_it_can_only_stay_or_improve():
    experiment = Experiment(target=SKEWED_GAUSSIAN, sampler="ddim")
    best = minimise(experiment, ENDS, 10)
    more = minimise(experiment, ENDS, 10, points_of(best.experiment))
    assert more.found.value <= best.found.value * (1 + 1e-9)
    assert more.found.value > 0.7 * best.found.value


def test_minimising_kl_makes_kl_smaller_than_minimising_tv_does():
    experiment = preset("three-modes", "ddpm")
    by_tv, by_kl = (minimise(experiment, ENDS, 8, objective=m) for m in ("tv", "kl"))
    assert by_kl.found.value < 1.001 * measure(by_tv.experiment, "kl").value
    assert by_tv.found.value < 1.001 * measure(by_kl.experiment, "tv").value
    assert by_kl.found.value < by_kl.start.value


def test_the_search_is_deterministic_and_tells_its_progress():
    shares: list[float] = []
    experiment = preset("two-modes", "ddim")
    first = minimise(experiment, ENDS, 9, most=15, progress=shares.append)
    second = minimise(experiment, ENDS, 9, most=15)
    assert (first.bend, first.experiment) == (second.bend, second.experiment)
    assert first.found.value == second.found.value
    assert shares == sorted(shares)
    assert 0 < shares[0] < shares[-1] <= 1


@pytest.mark.parametrize("sampler", ["ode", "ddpm", "heun"])
def test_the_rough_distance_is_close_to_the_measured_one(sampler):
    for name in ("claw", "uniform"):
        run = on_grid(preset(name, sampler), even(9))
        assert rough_distance(run, "tv") == pytest.approx(measure(run).value, rel=2e-4)


class Stopped(Exception):
    pass


def stopping_after(calls: int):
    left = iter(range(calls))

    def stop() -> None:
        if next(left, None) is None:
            raise Stopped

    return stop


def test_both_can_be_stopped():
    experiment = preset("three-modes")
    with pytest.raises(Stopped):
        minimise(experiment, ENDS, 16, stop=stopping_after(40))
    with pytest.raises(Stopped):
        equalise(experiment, even(16), stop=stopping_after(40))


# ---- equal steps


def gaussian_local(points: np.ndarray, mean: float, var: float) -> list[float]:
    """TV(K_t p_t, p_{t-1}) of the ODE's update on N(mean, var), by hand, for t = T..2."""
    abar = expit(points)
    found = []
    for t in range(len(points) - 1, 0, -1):
        alpha = abar[t] / abar[t - 1]
        m, v = math.sqrt(abar[t]) * mean, abar[t] * var + 1 - abar[t]
        slope = (1 - (1 - alpha) / 2 / v) / math.sqrt(alpha)
        centre = m / math.sqrt(alpha)  # where the score is zero
        q = AxisGaussian(np.array([centre]), np.array([slope**2 * v]))
        v_next = abar[t - 1] * var + 1 - abar[t - 1]
        p = AxisGaussian(np.array([math.sqrt(abar[t - 1]) * mean]), np.array([v_next]))
        found.append(gaussian_tv(q, p)[0])
    return found


def test_local_errors_of_a_gaussian_are_those_worked_out_by_hand():
    run = on_grid(Experiment(target=SKEWED_GAUSSIAN), even(11))
    found = [d.value for d in local_errors(run)]
    assert found == pytest.approx(gaussian_local(even(11), 0.7, 0.09), rel=1e-4)


@pytest.mark.parametrize("sampler", ["ode", "ddpm", "ode-accelerated", "heun"])
def test_local_errors_bound_what_they_add_up_to(sampler):
    run = on_grid(preset("skewed", sampler, start="exact"), even(9))
    local = local_errors(run)
    assert len(local) == 8
    assert measure(run).value <= sum(d.value + d.error for d in local)
    # where the first step is all there is, it is the whole error
    last = on_grid(preset("skewed", sampler, start="exact"), even(9)[:2])
    whole, (only,) = measure(last), local_errors(last)
    assert abs(whole.value - only.value) <= whole.error + only.error
    assert only.error <= 1e-3 * only.value


@pytest.mark.parametrize("sampler", ["ode", "ddpm", "ddim", "ddpm-covariance"])
def test_equalising_makes_every_step_add_the_same(sampler):
    experiment = preset("skewed", sampler)
    found = equalise(experiment, even(12))
    assert imbalance(found.before) > 1.3
    assert found.equal
    assert 1 <= found.imbalance <= EQUAL
    measured = local_errors(found.experiment)
    assert [d.value for d in measured] == [d.value for d in found.local]
    assert max(d.value for d in measured) <= EQUAL * np.mean([d.value for d in measured])
    assert sum(d.value for d in found.local) < sum(d.value for d in found.before)
    assert found.found.value == measure(found.experiment).value
    assert found.start.value == measure(on_grid(experiment, even(12))).value
    assert points_of(found.experiment)[[0, -1]] == pytest.approx([5.0, -9.0], abs=1e-3)
    assert found.evaluations == (found.rounds + 1) * 11


def test_equal_steps_help_maps_and_may_hurt_kernels():
    """A map keeps old errors; noise forgets them, so that its last steps deserve more points."""
    ode, ddpm = (equalise(preset("three-modes", s), even(12)) for s in ("ddim", "ddpm"))
    assert ode.found.value < 0.7 * ode.start.value
    assert ddpm.equal
    assert ddpm.found.value > 1.2 * ddpm.start.value


def test_equalising_is_deterministic_and_keeps_the_most_equal_round():
    experiment = preset("three-modes", "ode-accelerated")
    shares: list[float] = []
    first, second = (equalise(experiment, even(8), 3, progress=shares.append) for _ in "ab")
    assert first.experiment == second.experiment
    assert shares == [0.25, 0.5, 0.75, 1.0] * 2
    for rounds in range(3):
        assert first.imbalance <= equalise(experiment, even(8), rounds).imbalance


def test_a_grid_that_is_equal_already_stays():
    found = equalise(preset("skewed"), even(12))
    again = equalise(preset("skewed"), points_of(found.experiment))
    assert again.rounds == 0
    assert again.experiment == found.experiment


# ---- refusals


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (lambda: Ends(1.0, 0.5), "ends.low"),
        (lambda: Ends(26.0, -9.0), "ends.high"),
        (lambda: Ends(math.nan, -9.0), "ends.high"),
        (lambda: bent(even(8), (0.0,) * 4), "bend: needs 5 numbers"),
        (lambda: bent(even(8), (MOST_BEND + 0.1, 0.0, 0.0, 0.0, 0.0)), "bend"),
        (lambda: bent(even(8), (math.nan, 0.0, 0.0, 0.0, 0.0)), "bend"),
        (lambda: minimise(preset("skewed"), ENDS, 3), "T must be between 4 and 64"),
        (lambda: minimise(preset("skewed"), ENDS, 65), "T must be between 4 and 64"),
        (lambda: equalise(preset("skewed"), even(65)), "T must be between 4 and 64"),
        (lambda: minimise(preset("skewed"), ENDS, 8, objective="w1"), "objective: one of tv, kl"),
        (lambda: minimise(preset("skewed"), ENDS, 8, most=0), "most: at least 1"),
    ],
)
def test_what_cannot_be_is_said_in_one_sentence(wrong, said):
    with pytest.raises(InputError, match=said) as refusal:
        wrong()
    assert "\n" not in str(refusal.value)


def test_the_plane_and_a_sampler_with_a_memory_are_refused():
    with pytest.raises(Refused, match="choose a target on the line"):
        minimise(preset("ring-of-8"), ENDS, 8)
    with pytest.raises(Refused, match="choose a target on the line"):
        equalise(preset("ring-of-8"), even(8))
    with pytest.raises(Refused, match="remembers the step before"):
        equalise(preset("skewed", "dpmpp-2m"), even(8))
