"""One measurement: what it says of itself, what it compares with, and what it refuses."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.special import ndtr

from diffusion_core import Experiment, InputError, Refused, measure, measure_all
from diffusion_core.measure import exact_metrics
from diffusion_core.schedules import CLEAN, Constant, Cosine, Linear, LinearDDPM, Theory
from diffusion_core.targets import PRESETS, GaussianMixture, Points, StudentT

LINE = Experiment(steps=40, sampler="heun")
PLANE = Experiment(target=PRESETS["two-moons"].target, steps=10)


def test_a_measurement_is_plain_numbers():
    for method in ("exact", "particles"):
        m = measure(LINE, "w1", method, 1000)
        assert (m.metric, m.method, m.steps, m.nfe) == ("w1", method, 40, 78)
        assert (type(m.value), type(m.error), type(m.seconds)) == (float, float, float)
        assert m.seconds > 0
        assert (m.estimate is None) == (method == "exact")
        assert m.notes == ()


def test_several_distances_of_one_run_are_those_of_single_calls():
    for method in ("exact", "particles"):
        found = measure_all(LINE, ("kl", "tv"), method, 500)
        assert list(found) == ["kl", "tv"]
        assert found["tv"].value == measure(LINE, "tv").value or method == "particles"
    assert found["kl"].value == measure(LINE, "kl", "particles", 500).value


def test_the_seed_matters_to_particles_only():
    other = LINE.with_(seed=9)
    assert measure(other).value == measure(LINE).value
    one, two = (measure(e, "tv", "particles", 500).value for e in (LINE, other))
    assert one != two
    assert measure(LINE, "tv", "particles", 500).value == one


def test_capped_betas_are_noted_whatever_the_method():
    capped = Experiment(schedule=Cosine(), steps=20)
    for method in ("exact", "particles"):
        (note,) = measure(capped, "tv", method, 500).notes
        assert note == "beta_t capped at 0.999 at t = 20, where the schedule's formula exceeds it"


def test_signal_left_at_the_end_is_noted_where_the_start_ignores_it():
    few = Experiment(schedule=LinearDDPM(), steps=50)
    assert few.chain.abar[50] == pytest.approx(0.602, abs=1e-3)
    for method in ("exact", "particles"):
        (note,) = measure(few, "tv", method, 500).notes
        assert note.startswith("X_T still has abar_T = 0.6 of the data's variance")
    assert few.with_(start="exact").notes == ()
    assert few.with_(steps=1000).notes == ()  # abar_T = 4e-5
    assert Experiment(schedule=Constant(0.0099), steps=9).notes == ()
    assert len(Experiment(schedule=Constant(0.0101), steps=9).notes) == 1


def test_comparing_with_the_data_and_with_p1_on_one_gaussian():
    """The affine recursion by hand, then closed forms for two Gaussians."""
    e = Experiment(
        target=GaussianMixture((1.0,), ((0.5,),), (((0.64,),),)), schedule=Theory(0.5, 4), steps=50
    )
    y = 0.0, 1.0  # mean and standard deviation of Y_T
    c = e.chain
    for t in range(50, 1, -1):
        v = c.abar[t] * 0.64 + c.var[t]
        slope = (1 - c.beta[t] / 2 / v) / math.sqrt(c.alpha[t])
        shift = c.beta[t] / 2 / v * math.sqrt(c.abar[t]) * 0.5 / math.sqrt(c.alpha[t])
        y = slope * y[0] + shift, slope * y[1]
    for against, mean, var in (
        ("p1", math.sqrt(c.abar[1]) * 0.5, c.abar[1] * 0.64 + c.var[1]),
        ("data", 0.5, 0.64),
    ):
        found = measure_all(e, ("kl", "w2", "tv"), against=against)
        gap = (mean - y[0]) ** 2
        kl = math.log(y[1]) - math.log(var) / 2 + (var + gap) / (2 * y[1] ** 2) - 0.5
        assert found["kl"].value == pytest.approx(kl, rel=1e-10)
        w2 = math.sqrt(gap + (math.sqrt(var) - y[1]) ** 2)
        assert found["w2"].value == pytest.approx(w2, rel=1e-11)
        x = np.linspace(-40, 40, 1_000_001)
        q, p = np.diff(ndtr((x - y[0]) / y[1])), np.diff(ndtr((x - mean) / math.sqrt(var)))
        assert found["tv"].value == pytest.approx(0.5 * np.abs(q - p).sum(), abs=2e-8)


@pytest.mark.parametrize("sampler", ["ode", "ddpm"])
def test_the_data_law_on_the_line_is_further_than_p1_by_at_most_their_distance(sampler):
    e = Experiment(schedule=Linear(beta_min=2.0), sampler=sampler, steps=50, start="exact")
    to_p1, to_data = (measure(e, "tv", against=a).value for a in ("p1", "data"))
    x = np.linspace(-8, 8, 20_001)[:, None]
    p1, data = (
        np.exp(e.target.marginal(level).log_density(x)) for level in (e.chain.level(1), CLEAN)
    )
    p1_to_data = 0.5 * np.abs(p1 - data).sum() * 16 / 20_000
    assert to_data != pytest.approx(to_p1, rel=0.05)
    assert abs(to_data - to_p1) <= p1_to_data + 1e-6 <= to_p1 + to_data + 2e-6


def test_particles_compare_with_the_data_too():
    e = Experiment(schedule=Linear(beta_min=10.0), steps=60)
    exact = {a: measure(e, "w1", against=a).value for a in ("p1", "data")}
    for against, value in exact.items():
        m = measure(e, "w1", "particles", 20_000, against)
        assert abs(m.value - value) <= m.error
    assert abs(exact["p1"] - exact["data"]) > 0.02


@pytest.mark.parametrize("name", ["atoms", "cantor", "ring", "sierpinski"])
def test_a_law_without_a_density_is_not_compared_with(name):
    e = Experiment(target=PRESETS[name].target, steps=4)
    for method in ("exact", "particles"):
        with pytest.raises(InputError, match="against: this target's data law has no density"):
            measure(e, "tv", method, 500, "data")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"metric": "l2"}, "metric: one of tv, kl, hellinger, w1, w2, got 'l2'"),
        ({"method": "guess"}, "method: one of exact, particles, got 'guess'"),
        ({"against": "p2"}, "against: one of p1, data, tilted, class, got 'p2'"),
    ],
)
def test_unknown_words_are_refused(change, message):
    with pytest.raises(InputError, match=message):
        measure(LINE, **change)


def test_what_has_no_exact_law_is_refused_with_the_way_out():
    assert exact_metrics(LINE) == ("tv", "kl", "hellinger", "w1", "w2")
    assert exact_metrics(PLANE) == ("tv", "kl", "hellinger")
    with pytest.raises(Refused, match=r"w1: .* use the particles method"):
        measure(PLANE, "w1")
    assert 0 < measure(PLANE.with_(target=PRESETS["ring-of-8"].target, steps=4)).value < 1
    tilted = PLANE.with_(target=PRESETS["correlated-gaussian"].target)
    assert exact_metrics(tilted) == ("tv", "kl", "hellinger", "w2")
    with pytest.raises(Refused, match="w1: has no closed form between Gaussians"):
        measure(tilted, "w1")
    space = PLANE.with_(target=Points(((0.0, 1.0, 2.0), (1.0, 0.0, 1.0)), 0.5))
    assert exact_metrics(PLANE)
    assert not exact_metrics(space)
    with pytest.raises(Refused, match="3 dimensions"):
        measure(space)


def test_particles_that_run_away_are_refused():
    wild = Experiment(
        target=PRESETS["thin-and-wide"].target,
        schedule=Theory(8.0, 100.0),
        sampler="ode-taylor",
        steps=120,
    )
    with pytest.raises(Refused, match=r"at t = \d+ particles are beyond 1e\+80"):
        measure(wild, "tv", "particles", 200)


def test_infinite_kl_is_refused_and_tv_is_not():
    e = Experiment(target=PRESETS["atoms"].target, schedule=Theory(4.0, 40.0), steps=20)
    with pytest.raises(Refused, match="kl: 1 of the target lies where"):
        measure(e, "kl")
    assert measure(e, "tv").value == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("method", ["exact", "particles"])
@pytest.mark.parametrize("sampler", ["ode", "ddpm"])
def test_a_stop_request_ends_the_work(method, sampler):
    class StopNow(Exception):
        pass

    def stop() -> None:
        raise StopNow

    with pytest.raises(StopNow):
        measure(LINE.with_(sampler=sampler), "tv", method, 500, stop=stop)


def test_high_dimension_is_measured_exactly_for_a_gaussian():
    d = 64
    target = GaussianMixture(
        (1.0,),
        ((0.2,) * d,),
        (tuple(tuple(float(i == j) * (0.1 + i / d) for j in range(d)) for i in range(d)),),
    )
    one = [
        measure(
            LINE.with_(target=GaussianMixture((1.0,), ((0.2,),), (((0.1 + i / d,),),))), "kl"
        ).value
        for i in range(d)
    ]
    # independent axes: KL adds up
    found = measure(LINE.with_(target=target), "kl")
    assert found.value == pytest.approx(math.fsum(one), rel=1e-8)
    with pytest.raises(Refused, match="in 3 dimensions"):
        measure(LINE.with_(target=StudentT(5.0, (0.0,) * 3)))
