"""What acceleration gains from learned w_t and v_t: the runs, the words, the figure, the page."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dashboard.compute.progress import Silent
from dashboard.link.permalink import decode
from dashboard.text.labels import EXTRA
from dashboard.topics.learned_score import acceleration, generalisation
from dashboard.topics.learned_score import acceleration_words as text
from dashboard.topics.learned_score.acceleration import EXACT, PAIRS, Acceleration, least, names
from dashboard.topics.learned_score.acceleration_figures import acceleration_figure
from diffusion_core import PRESETS, Experiment, Measurement, measure
from diffusion_core.schedules import Custom
from diffusion_core.scores.learned import EXTRAS, Empirical, Learned
from diffusion_core.studies.score_sizes import eps_v, eps_w
from diffusion_core.targets import GaussianMixture
from tests.dashboard.visiting import address, calm, printed, said, visit

SMALL = Learned(30, features=12)
BASE = Experiment(preset="three-modes", sampler="ddpm", steps=20, score_error=SMALL)
PLANE = BASE.with_(target=PRESETS["two-moons"].target, preset="two-moons", steps=10)


@pytest.fixture(autouse=True)
def _few_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(acceleration, "STEPS", (16, 20))
    monkeypatch.setattr(acceleration, "PLANE_STEPS", (4, 8))
    monkeypatch.setattr(generalisation, "PARTICLES", 1000)


def curves(**values: float) -> acceleration.Curves:
    """Made-up TV of the deterministic pair at T = 6 and half of it at 12."""
    made = zip(names(*PAIRS[0]), values.values(), strict=True)
    return {
        name: [Measurement("tv", v * 6 / t, 1e-9, "exact", t, t - 1, 0.0) for t in (6, 12)]
        for name, v in made
    }


GOOD = {"slow": 0.4, "fast": 0.04, "learned": 0.5, "derived": 0.25, "regressed": 0.2, "only": 0.05}


# ---- the runs


def test_the_runs_are_the_readers_own_with_small_T_first() -> None:
    work = Acceleration(BASE.with_(seed=3))
    runs = work.runs
    assert len(runs) == len(set(runs)) == 2 * 2 * 6
    assert [e.steps for e in runs] == [16] * 12 + [20] * 12
    assert {e.score_error for e in runs} == {None, *(replace(SMALL, extra=x) for x in EXTRAS)}
    assert {(e.target, e.schedule, e.seed) for e in runs} == {(BASE.target, BASE.schedule, 3)}
    assert Acceleration(PLANE).how[1] == "particles"
    assert Acceleration(BASE.with_(score_error=Empirical(20, seed=5))).run(
        ("ode", "derivatives"), 16
    ).score_error == Learned(seed=5)


def test_a_schedule_of_ones_own_keeps_its_steps() -> None:
    own = BASE.with_(schedule=Custom(tuple(float(a) for a in BASE.chain.abar[1:21])))
    assert Acceleration(own).steps == (20,)


def test_errors_of_w_and_v_are_those_of_the_library() -> None:
    found = acceleration.sizes(Acceleration(BASE), Silent())
    for extra in ("derivatives", "regressed"):
        run = BASE.with_(steps=16, score_error=replace(SMALL, extra=extra))
        assert found.w[extra].value == pytest.approx(eps_w(run).value)
        assert found.v[extra].value == pytest.approx(eps_v(run).value)
    told = text.sizes(found)
    assert "At T = 16" in told
    assert "[[" not in told


# ---- the words


def test_gains_are_ratios_at_the_largest_common_T() -> None:
    told = text.reading(curves(**GOOD))
    assert "at T = 12" in told
    assert "With all exact, acceleration divides TV by **10.0** (0.200 to 0.0200)" in told
    assert "regressed $w_t$ it divides TV by **2.50** (0.250 to 0.100)" in told
    assert "own derivatives it divides TV by **2.00**" in told
    assert "gets down to **0.100** (T = 12)" in told
    short = curves(**GOOD)
    short[PAIRS[0][1], "regressed"].pop()
    assert "at T = 6" in text.reading(short)
    short[PAIRS[0][1], "regressed"].clear()
    assert text.reading(short) == ""


def test_a_loss_is_no_gain() -> None:
    told = text.reading(curves(**GOOD | {"regressed": 1.0}))
    assert "regressed $w_t$ it multiplies TV by **2.00** (0.250 to 0.500)" in told


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"regressed": 0.245}, "The two are alike"),
        ({}, "The regression of its own is the better one"),
        ({"regressed": 0.3}, "The derivatives are the better ones"),
        ({}, "most of what learning costs is the score's own error"),
        ({"only": 0.19}, "most of what learning costs comes from this regression"),
    ],
)
def test_comparisons_for_every_outcome(changes: dict[str, float], words: str) -> None:
    assert words in text.reading(curves(**GOOD | changes))


def test_every_curve_has_a_name_and_a_look_of_its_own() -> None:
    figure = acceleration_figure(curves(**GOOD), PAIRS[0], False, False)
    *drawn, floor = figure.data
    assert [t.y[0] for t in drawn] == pytest.approx([0.4, 0.5, 0.04, 0.25, 0.2, 0.05])
    assert [t.y[1] for t in drawn] == pytest.approx([0.2, 0.25, 0.02, 0.125, 0.1, 0.025])
    assert len({t.name for t in drawn}) == 6
    assert len({(t.line.color, t.line.dash, t.marker.symbol) for t in drawn}) == 6
    assert floor.y == pytest.approx((0.1, 0.1))
    found = least(curves(**GOOD), PAIRS[0])
    assert found is not None
    assert (found.value, found.steps) == (pytest.approx(0.1), 12)
    empty = acceleration_figure({}, PAIRS[1], True, True)
    assert len(empty.data) == 0


# ---- the page


def test_the_page_measures_all_of_it_and_its_python_agrees() -> None:
    app = calm(visit("learned_score", BASE, view="acceleration"))
    table = app.dataframe[0].value
    assert len(table) == 12
    run = BASE.with_(sampler="ode-taylor", steps=20, score_error=replace(SMALL, extra="regressed"))
    row = table[(table["sampler"] == "accelerated ODE (27)") & (table["w_t or v_t"] == "regressed")]
    shown = row[row["score"] == "learned"]["T = 20, TV"].item()
    assert float(shown.split(" ")[0]) == pytest.approx(measure(run).value, rel=1e-2)
    assert "The theorems are silent here" in said(app)
    assert "How wrong is what was learned?" in said(app)
    lines = {tuple(line.split()[:3]): float(line.split()[3]) for line in printed(app)}
    assert len(lines) == 24
    assert lines["20", "ode-taylor", "regressed"] == pytest.approx(measure(run).value)
    exact = run.with_(score_error=None)
    assert lines["20", "ode-taylor", EXACT] == pytest.approx(measure(exact).value)


def test_the_plane_says_that_its_TV_is_a_least_value() -> None:
    app = calm(visit("learned_score", PLANE, view="acceleration"))
    assert any(name.endswith("TV at least") for name in app.dataframe[0].value)
    assert any('Read them as "at least"' in c.value for c in app.caption)


def test_beyond_the_plane_the_page_says_why_and_keeps_the_link() -> None:
    eye = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))
    target = GaussianMixture((1.0,), ((0.0,) * 3,), (eye,))
    far = BASE.with_(target=target, preset=None, score_error=Learned(20, features=4))
    app = calm(visit("learned_score", far, view="acceleration"))
    assert any("at most 2 dimensions" in w.value for w in app.warning)
    assert decode(address(app)["e"]) == far


def test_the_sidebar_chooses_where_w_and_v_come_from() -> None:
    assert set(EXTRA) == set(EXTRAS)
    app = calm(visit("learned_score", BASE))
    box = app.selectbox(key="control: score.learned.extra")
    assert box.value == "derivatives"
    calm(box.set_value("regressed").run())
    run = BASE.with_(score_error=replace(SMALL, extra="regressed"))
    assert decode(address(app)["e"]) == run
    again = calm(visit("learned_score", run))
    assert again.selectbox(key="control: score.learned.extra").value == "regressed"
    assert "no overfitting" in said(again) or "overfitted" in said(again)
