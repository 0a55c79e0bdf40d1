"""The forward process: paths, distances to noise, drawn schedules, and the page that shows them."""

from __future__ import annotations

import csv
import io
import json
import math
from contextlib import redirect_stdout
from functools import partial
from itertools import combinations, pairwise
from typing import Any

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import expit
from scipy.stats import kstest, norm
from streamlit.testing.v1 import AppTest

from dashboard.compute.progress import Silent
from dashboard.figures.law import colour_scale
from dashboard.figures.marks import SCHEDULES as MARKS
from dashboard.figures.marks import theme
from dashboard.link.permalink import decode, encode
from dashboard.schedule_editor.curve import (
    GAP,
    LIMIT,
    checked,
    curve,
    from_handles,
    handles,
    parse_list,
    resampled,
)
from dashboard.text.labels import SCHEDULES as LABELS
from dashboard.topics.forward import measure
from dashboard.topics.forward.figures import level_figure, shown_times, step_figure
from dashboard.topics.forward.page import BESIDE
from diffusion_core import PRESETS, SCHEDULES, Experiment, InputError, Refused
from diffusion_core.schedules import Constant, Custom, Linear, Theory
from diffusion_core.studies.forward import (
    forward_paths,
    log_snr,
    new_share,
    noise_distance,
    relative_steps,
    theory_facts,
)
from diffusion_core.targets.gallery import line_mixture
from tests.dashboard.figures.test_style import VISION, contrast, distance
from tests.dashboard.visiting import calm, python
from tests.dashboard.visiting import visit as visit_page

NAMED = [kind for kind in SCHEDULES if kind != "custom"]
LINE = [name for name, preset in PRESETS.items() if preset.target.dim == 1]
HANDLES = ((0.0, 9.0), (0.2, 4.0), (0.5, 3.5), (0.8, -6.0), (1.0, -10.0))


# ---- paths


@pytest.mark.parametrize("times", [None, [0, 1, 7, 20], [5, 20]])
def test_paths_have_the_laws_of_the_chain(times: list[int] | None) -> None:
    experiment = Experiment(target=PRESETS["skewed"].target, steps=20, seed=3)
    paths = forward_paths(experiment, 20_000, times)
    for t, x in zip(times or range(21), paths[..., 0], strict=True):
        marginal = experiment.target.marginal(experiment.chain.level(t))
        assert kstest(x, marginal.cdf).pvalue > 1e-3, t


def test_paths_are_those_of_one_chain() -> None:
    """The increments are independent of the past, with the variances of the steps taken."""
    experiment = Experiment(schedule=Linear(0.1, 10.0), steps=12, seed=5)
    times = [0, 3, 4, 12]
    paths = forward_paths(experiment, 200_000, times)[..., 0]
    abar = experiment.chain.abar
    for i in range(1, len(times)):
        kept = abar[times[i]] / abar[times[i - 1]]
        noise = (paths[i] - math.sqrt(kept) * paths[i - 1]) / math.sqrt(1 - kept)
        assert kstest(noise, norm.cdf).pvalue > 1e-3
        for past in paths[:i]:
            # the correlation of independent variables has standard deviation 1/sqrt(n)
            assert abs(np.corrcoef(noise, past)[0, 1]) < 4.5 / math.sqrt(200_000)


def test_paths_come_from_the_seed() -> None:
    experiment = Experiment(steps=5, seed=7)
    assert (forward_paths(experiment, 50) == forward_paths(experiment, 50)).all()
    other = experiment.with_(seed=8)
    assert (forward_paths(experiment, 50) != forward_paths(other, 50)).any()
    with pytest.raises(InputError, match="particles"):
        forward_paths(experiment, 0)


# ---- the distance to noise


def quadrature(experiment: Experiment, t: int) -> float:
    """(1/2) int |p_t - phi| by an adaptive rule between the sign changes of a fine grid."""
    marginal = experiment.target.marginal(experiment.chain.level(t))

    def gap(x: float) -> float:
        return float(np.exp(marginal.log_density(np.array([[x]])))[0] - norm.pdf(x))

    x = np.linspace(-9, 9, 4001)
    signs = np.exp(marginal.log_density(x[:, None])) - norm.pdf(x) > 0
    cuts = [-12.0, *x[:-1][np.diff(signs)], 12.0]
    pieces = [
        quad(lambda v: abs(gap(v)), a, b, epsabs=1e-9, limit=200)[0] for a, b in pairwise(cuts)
    ]
    return 0.5 * sum(pieces)


@pytest.mark.parametrize("name", ["three-modes", "skewed", "claw", "uniform"])
@pytest.mark.parametrize("t", [1, 30, 60, 100])
def test_distance_to_noise_agrees_with_an_independent_quadrature(name: str, t: int) -> None:
    experiment = Experiment(target=PRESETS[name].target)
    found = noise_distance(experiment, t)
    assert abs(found.value - quadrature(experiment, t)) <= found.error + 2e-8
    assert found.error < 2e-5


@pytest.mark.parametrize("name", LINE)
def test_every_law_on_the_line_gets_a_small_error(name: str) -> None:
    experiment = Experiment(target=PRESETS[name].target)
    for t in (1, 10, 50, 100):
        found = noise_distance(experiment, t)
        assert 0 <= found.value <= 1
        assert found.error < 2e-5


def test_distance_to_noise_of_gaussians() -> None:
    """N(0, v) against N(0, 1): the densities cross at x^2 = v log(1/v)/(1 - v), by hand."""
    experiment = Experiment(target=line_mixture((1.0,), (0.0,), (0.5,)), steps=40)
    for t in (1, 20, 40):
        abar, var = experiment.chain.abar[t], experiment.chain.var[t]
        v = abar * 0.25 + var
        at = math.sqrt(v * math.log(1 / v) / (1 - v))
        by_hand = 2 * (norm.cdf(at / math.sqrt(v)) - norm.cdf(at))
        found = noise_distance(experiment, t)
        assert found.value == pytest.approx(by_hand, abs=found.error)
    plane = Experiment(target=PRESETS["correlated-gaussian"].target, steps=40)
    assert noise_distance(plane, 0).value > noise_distance(plane, 40).value > 0


def test_distance_to_noise_without_a_density_or_a_formula() -> None:
    assert noise_distance(Experiment(target=PRESETS["cantor"].target), 0).value == 1
    assert noise_distance(Experiment(target=PRESETS["atoms-2d"].target), 0).value == 1
    with pytest.raises(Refused, match="on the line"):
        noise_distance(Experiment(target=PRESETS["two-moons"].target), 5)
    with pytest.raises(InputError, match="between 0 and 100"):
        noise_distance(Experiment(), 101)


# ---- what the theory promises


def test_new_share_and_relative_step_by_their_definitions() -> None:
    chain = Theory().chain(60)
    t = np.arange(2, 61)
    a, abar = chain.alpha[t], chain.abar[t]
    step = (1 - a) / (a - abar)
    assert relative_steps(chain) == pytest.approx(step, rel=1e-9)
    assert new_share(chain, t) == pytest.approx((1 - a) / (1 - abar), rel=1e-9)
    assert new_share(chain, t) == pytest.approx(step / (1 + step), rel=1e-9)
    assert new_share(chain, np.array([1])) == pytest.approx([1.0], rel=1e-12)


@pytest.mark.parametrize("steps", [25, 100, 1000, 8192])
def test_promises_hold_for_large_T(steps: int) -> None:
    step, end = theory_facts(Theory(2.0, 4.0), steps)
    assert step.applies
    assert step.holds
    assert end.applies
    assert end.holds
    assert end.bound == pytest.approx(steps**-2.0)
    assert step.bound == pytest.approx(32 * math.log(steps) / steps)


def test_promises_fail_where_they_are_not_made() -> None:
    assert not theory_facts(Theory(2.0, 4.0), 5)[0].holds  # beta is capped: T is too small
    end = theory_facts(Theory(4.0, 4.0), 100)[1]
    assert not end.applies
    assert not end.holds


# ---- schedules by hand


@pytest.mark.parametrize("kind", NAMED)
@pytest.mark.parametrize("steps", [2, 3, 10, 100, 1000, 8192])
def test_handles_of_every_schedule_make_a_schedule(kind: str, steps: int) -> None:
    maker: Any = SCHEDULES[kind]
    points = handles(maker().chain(steps))
    assert checked(points) == points
    made = from_handles(points, steps)
    assert len(made.abar) == steps
    s = log_snr(made.chain(steps), np.arange(1, steps + 1))
    assert (np.diff(s) < 0).all()


def test_handles_of_a_schedule_beyond_all_limits() -> None:
    points = handles(SCHEDULES["linear-ddpm"](0.9, 0.999).chain(5000))  # type: ignore[call-arg]
    assert checked(points) == points
    assert points[-1][1] == -LIMIT
    assert all(a[1] - b[1] >= GAP * (1 - 1e-9) for a, b in pairwise(points))


def test_the_curve_falls_and_passes_through_its_handles() -> None:
    s = curve(HANDLES, 101)
    assert (np.diff(s) < 0).all()
    assert s[[0, 20, 50, 80, 100]] == pytest.approx([9.0, 4.0, 3.5, -6.0, -10.0], abs=1e-12)
    made = np.array(from_handles(HANDLES, 101).abar)
    assert made == pytest.approx(expit(s), rel=5.1e-6)
    assert 1 - made == pytest.approx(expit(-s), rel=5.1e-6)


def test_drawn_schedules_are_short_texts() -> None:
    """Six significant digits of abar or of 1 - abar, whichever is smaller."""
    for value in from_handles(HANDLES, 100).abar:
        assert len(f"{value!r}".replace("0.", "").strip("09")) <= 11
        assert min(value, 1 - value) == pytest.approx(float(f"{min(value, 1 - value):.5e}"), 1e-9)
    link = encode(Experiment(schedule=from_handles(HANDLES, 100), steps=100))
    assert link is not None
    assert len(link) < 2000


def test_nearly_flat_curves_get_more_digits_or_a_sentence() -> None:
    flat = ((0.0, 10.0), (1.0, 10.0 - GAP))
    assert len(from_handles(flat, 8192).abar) == 8192
    with pytest.raises(InputError, match="so flat"):
        from_handles(((0.0, LIMIT), (1.0, LIMIT - GAP)), 8192)


def test_another_T_reads_the_same_curve() -> None:
    made = from_handles(HANDLES, 101)
    half = resampled(made, 51)
    assert half.abar == pytest.approx(made.abar[::2], rel=2e-6)
    back = resampled(half, 101)
    assert log_snr(back.chain(101), np.arange(1, 102)) == pytest.approx(
        curve(HANDLES, 101), abs=0.05
    )


@pytest.mark.parametrize(
    "points",
    [
        None,
        "handles",
        [[0, 1]],
        [[0, 1], [1, 2]],
        [[0, 1], [0.5, 1], [1, 0]],
        [[0.1, 1], [1, 0]],
        [[0, 1], [0.6, 0.5], [0.6, 0.4], [1, 0]],
        [[0, float("nan")], [1, 0]],
        [[0, 1e9], [1, 0]],
        [[0, 10**400], [1, 0]],
        [[0, 1, 2], [1, 0, 2]],
        [[k / 40, -k / 4] for k in range(41)],
    ],
)
def test_handles_from_outside_are_checked(points: Any) -> None:
    with pytest.raises(InputError, match=r"^handles: [^\n]+$"):
        checked(points)


@pytest.mark.parametrize(
    "text", ["0.9 0.5 .1", "0.9, 0.5,\n0.1", "[0.9, 0.5, 0.1]", "9e-1;5e-1;0.1"]
)
def test_lists_as_people_write_them(text: str) -> None:
    assert parse_list(text) == Custom((0.9, 0.5, 0.1))


BAD_LISTS = {
    "": "between 2 and 8192",
    "0.5": "between 2 and 8192",
    "0.9, x, 0.1": "'x', entry 2",
    "0.9 0.95": "entry 2, 0.95, is not below",
    "0.5 0.5": "entry 2, 0.5, is not below",
    "1.0 0.5": "entry 1 is 1.0",
    "0.5 0": "entry 2 is 0",
    "0.5 nan": "entry 2 is nan",
    "0.5 -0.1": "entry 2 is -0.1",
    "[0.9, [0.5], 0.1]": "'[0.5]', entry 2",
    "[0.9, null]": "'None', entry 2",
    "[0.9, 0.5": "",
    "[" + 5000 * "7" + "]": "entry 1 is 77777777777777777777, but",
    "[[" * 5000: "between 2 and 8192",
}


@pytest.mark.parametrize("text", [t for t, reason in BAD_LISTS.items() if reason])
def test_bad_lists_get_one_sentence(text: str) -> None:
    with pytest.raises(InputError) as refused:
        parse_list(text)
    assert BAD_LISTS[text] in str(refused.value)
    assert "\n" not in str(refused.value)


# ---- figures and scenes


def test_figures_show_the_schedules_numbers() -> None:
    experiment = Experiment(steps=50)
    chains = measure.chains(experiment, ("cosine", "theory"))
    assert list(chains) == ["theory", "cosine"]
    for name, chain in chains.items():
        t = shown_times(chain)
        assert list(t) == list(range(1, 51))
        steps = step_figure(chains, LABELS, 2.0, dark=False)
        levels = level_figure(chains, LABELS, dark=True)
        drawn = [tr for f in (steps, levels) for tr in f.data if tr.legendgroup == name]
        wanted = (chain.beta[t], new_share(chain, t), chain.abar[t], log_snr(chain, t))
        for trace, values in zip(drawn, wanted, strict=True):
            assert np.asarray(trace.y) == pytest.approx(values, rel=1e-12)
    capped = next(trace for trace in steps.data if trace.name == "capped at 0.999")
    assert list(capped.x) == list(chains["cosine"].capped) == [50]
    assert any("0.667" in (trace.name or "") for trace in steps.data)


def test_a_long_schedule_is_thinned_but_keeps_its_ends() -> None:
    t = shown_times(SCHEDULES["cosine"]().chain(8192))
    assert len(t) < 400
    assert (t[0], t[-1]) == (1, 8192)


@pytest.mark.parametrize("name", ["three-modes", "atoms", "uniform"])
def test_the_field_holds_all_mass_and_its_quantiles(name: str) -> None:
    experiment = Experiment(target=PRESETS[name].target, steps=30)
    field = measure.animation(experiment, 200, Silent()).field
    assert isinstance(field, measure.LineField)
    assert field.times[0] == (0 if experiment.target.has_density else 1)
    step = field.x[1] - field.x[0]
    assert field.density.sum(axis=1) * step == pytest.approx(1.0, abs=5e-3)
    for t, row in zip(field.times, field.quantiles, strict=True):
        marginal = experiment.target.marginal(experiment.chain.level(t))
        beside = [marginal.cdf(row + side * step) for side in (-1, 1)]
        assert (beside[0] <= measure.LEVELS).all()
        assert (beside[1] >= measure.LEVELS).all()


@pytest.mark.parametrize("name", ["two-moons", "ring"])
def test_pictures_in_the_plane_hold_all_mass(name: str) -> None:
    experiment = Experiment(target=PRESETS[name].target, steps=40)
    field = measure.animation(experiment, 200, Silent()).field
    assert isinstance(field, measure.PlaneField)
    cell = ((field.extent[1] - field.extent[0]) / (measure.CELLS - 1)) ** 2
    assert [t for t, _ in field.pictures][-1] == 40
    for _, raster in (*field.pictures, (0, measure.noise_map(field))):
        assert raster.sum() * cell == pytest.approx(1.0, abs=0.01)
    assert (field.maps[0].max() > 0) == experiment.target.has_density


def test_readouts_are_the_cores_numbers() -> None:
    experiment = Experiment(steps=10, preset="three-modes")
    tv = [noise_distance(experiment, t) for t in (0, 10)]
    said = measure.readouts(experiment, [0, 10], [tv[0], None])
    assert said[0].startswith("ᾱ_t = 1.00 · SNR ∞ · TV(p_t, N(0, 1)) = 0.4132")
    ratio = experiment.chain.abar[10] / experiment.chain.var[10]
    assert f"SNR {ratio:.1e}"[:7] in said[1].replace(",", "")


# ---- the page


visit = partial(visit_page, "forward")


def linked(app: AppTest) -> Experiment:
    found = app.query_params["e"]
    return decode(found if isinstance(found, str) else found[0])


@pytest.mark.parametrize("name", PRESETS)
def test_every_target(name: str) -> None:
    app = calm(visit(Experiment(target=PRESETS[name].target, preset=name, steps=6)))
    assert "Half of the signal" in " ".join(m.value for m in app.markdown)
    says_so = any("no density" in c.value for c in app.caption)
    assert says_so != PRESETS[name].target.has_density


@pytest.mark.parametrize("kind", NAMED)
def test_every_schedule(kind: str) -> None:
    app = calm(visit(Experiment(schedule=SCHEDULES[kind](), steps=12)))
    promised = any("Proven for the theory" in m.value for m in app.markdown)
    assert promised == (kind == "theory")


def test_above_two_dimensions_schedules_are_still_shown() -> None:
    from diffusion_core.targets import GaussianMixture

    target = GaussianMixture((1.0,), ((0.0,) * 3,), (tuple(map(tuple, np.eye(3).tolist())),))
    app = calm(visit(Experiment(target=target, steps=8)))
    assert "two dimensions" in app.warning[0].value
    assert "TV" in " ".join(m.value for m in app.markdown)


def test_numbers_are_the_cores() -> None:
    experiment = Experiment(steps=20, schedule=Constant(0.05))
    app = calm(visit(experiment))
    end = noise_distance(experiment, 20)
    assert f"{end.value:.9f}"[:7] in " ".join(m.value for m in app.markdown)
    shown = app.dataframe[0].value
    assert [float(a) for a in shown["ᾱ_t"]] == pytest.approx(experiment.chain.abar[1:21], rel=1e-5)
    rows = measure.schedule_rows(experiment.chain)
    assert [len(r) for r in rows] == [5] * 20
    assert rows[4][4] == pytest.approx(experiment.chain.abar[5] / (1 - experiment.chain.abar[5]))
    out = io.StringIO()
    with redirect_stdout(out):
        exec(python(app), {})
    assert f"{end.value:.9f}"[:7] in out.getvalue()


def test_link_round_trip_with_a_drawn_schedule() -> None:
    experiment = Experiment(schedule=from_handles(HANDLES, 37), steps=37, seed=4)
    app = calm(visit(experiment, beside="karras,log-snr", particles="500"))
    assert linked(app) == experiment
    assert app.query_params["beside"] == ["karras,log-snr"] or (
        app.query_params["beside"] == "karras,log-snr"
    )
    again = calm(app.run())
    assert linked(again) == experiment
    for page in ("trajectories", "convergence"):
        assert linked(calm(again.switch_page(f"pages/{page}.py").run())) == experiment


def test_none_beside() -> None:
    calm(visit(beside="none"))
    assert BESIDE.read("none") == ()
    assert BESIDE.write(()) == "none"
    with pytest.raises(InputError, match="beside"):
        BESIDE.read("linear,nonsense")
    assert "beside" in visit(beside="nonsense").error[0].value


def test_a_list_becomes_the_schedule_everywhere() -> None:
    app = calm(visit())
    app.text_area[0].set_value("0.9, 0.5\n0.2 0.05 0.001")
    use(app)
    assert linked(calm(app)) == Experiment(
        schedule=Custom((0.9, 0.5, 0.2, 0.05, 0.001)), steps=5, preset="three-modes"
    )
    calm(app.switch_page("pages/trajectories.py").run())
    assert any("drawn, typed" in c.value for c in app.caption)
    assert linked(app).steps == 5


def use(app: AppTest) -> None:
    next(b for b in app.button if b.label == "Use this list").click()
    app.run()


@pytest.mark.parametrize("text", ["", "0.9 0.95", "0.9 *x* 0.1"])
def test_a_bad_list_changes_nothing_and_says_why(text: str) -> None:
    app = calm(visit())
    before = app.session_state["experiment"]
    app.text_area[0].set_value(text)
    use(app)
    assert not app.exception
    assert len(app.error) == 1
    assert "The schedule stays as it was." in app.error[0].value
    assert app.session_state["experiment"] == before
    assert not app.run().error


def test_moving_T_reads_a_custom_schedule_off_anew() -> None:
    experiment = Experiment(schedule=from_handles(HANDLES, 100), steps=100)
    app = calm(visit(experiment))
    steps = next(s for s in app.select_slider if s.label == "Steps T")
    steps.set_value(200).run()
    found = linked(calm(app))
    assert found.steps == 200
    assert isinstance(found.schedule, Custom)
    here = log_snr(found.chain, np.arange(1, 201))
    assert here == pytest.approx(curve(HANDLES, 200), abs=0.05)


def test_a_named_schedule_and_back_to_ones_own() -> None:
    experiment = Experiment(schedule=Custom((0.9, 0.4, 0.1)), steps=3)
    app = calm(visit(experiment))
    box = next(s for s in app.selectbox if s.label == "Noise schedule")
    box.set_value("linear").run()
    assert app.session_state["experiment"].schedule == Linear()
    box = next(s for s in app.selectbox if s.label == "Noise schedule")
    box.set_value("custom").run()
    assert linked(calm(app)) == experiment


def test_starting_the_curve_from_another_schedule() -> None:
    app = calm(visit(Experiment(schedule=Custom((0.9, 0.4, 0.1)), steps=3)))
    next(s for s in app.selectbox if s.label == "Start the curve from").set_value("karras").run()
    assert linked(calm(app)) == Experiment(schedule=SCHEDULES["karras"](), steps=3)


def test_the_download_holds_every_step() -> None:
    from dashboard.page_chrome import to_csv

    chain = Theory().chain(30)
    rows = list(csv.DictReader(io.StringIO(to_csv(measure.HEADER, measure.schedule_rows(chain)))))
    assert [int(r["t"]) for r in rows] == list(range(1, 31))
    assert [float(r["abar"]) for r in rows] == list(chain.abar[1:31])
    assert json.loads(Experiment(schedule=Theory(), steps=30).to_json())["steps"] == 30


# ---- the look


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_schedules_are_told_apart_by_every_eye_and_without_colour(dark: bool) -> None:
    assert set(MARKS) == set(SCHEDULES) == set(LABELS)
    assert len({mark.dash for mark in MARKS.values()}) == len(MARKS)
    for mark in MARKS.values():
        assert contrast(mark.colour(dark), theme(dark).background) >= 3
    for a, b in combinations(MARKS.values(), 2):
        for vision in VISION:
            assert distance(a.colour(dark), b.colour(dark), vision) > 0.1


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_colours_of_a_density_rise_in_contrast_from_the_background(dark: bool) -> None:
    scale = [colour for _, colour in colour_scale(dark)]
    assert scale[0] == theme(dark).background
    seen = [contrast(colour, theme(dark).background) for colour in scale]
    assert all(b > 1.5 * a for a, b in pairwise(seen))
