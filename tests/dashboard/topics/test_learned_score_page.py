"""A learned score: what is trained, measured and remembered, and what the page says of it."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import streamlit as st

from dashboard.compute import studies, sweeps
from dashboard.compute.pool import Stopped
from dashboard.link.permalink import decode
from dashboard.topics.learned_score import figures, generalisation
from dashboard.topics.learned_score import generalisation_figures as drawings
from dashboard.topics.learned_score import training as learned_score_training
from dashboard.topics.learned_score import words as text
from dashboard.topics.learned_score.generalisation import Memory, Point
from diffusion_core import PRESETS, Experiment, Measurement, measure
from diffusion_core.distances.of_masses import Distance
from diffusion_core.schedules import Custom
from diffusion_core.scores.learned import Empirical, Learned, Loss, training_points
from diffusion_core.studies.memorisation import Nearest, memorised
from diffusion_core.studies.score_sizes import eps_score
from diffusion_core.targets import GaussianMixture
from tests.dashboard.visiting import address, calm, printed, said, visit

SMALL = Learned(30, features=12)
BASE = Experiment(preset="three-modes", sampler="ddpm", steps=20, score_error=SMALL)
PLANE = BASE.with_(target=PRESETS["two-moons"].target, preset="two-moons", steps=10)


@pytest.fixture(autouse=True)
def _few_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(generalisation, "COUNTS", (20, 40, 80))
    monkeypatch.setattr(generalisation, "MOST_EMPIRICAL", 40)
    monkeypatch.setattr(generalisation, "PARTICLES", 1000)
    monkeypatch.setattr(generalisation, "NEAREST", 500)
    monkeypatch.setattr(learned_score_training, "EXAMPLE_STEPS", 10)


def point(samples: int, score: float, tv: float = 0.1) -> Point:
    found = Measurement("tv", tv, 1e-7, "exact", 20, 19, 0.0)
    return Point(samples, Distance(score, 0.0), Distance(2 * score, 0.0), found)


def remembers(truth: float | None, training: float | None, output: float = 0.3) -> Memory:
    """Made-up distances; fresh draws are 0.4 away from the training set, noised points 0.1."""
    near = Nearest(Distance(output, 0.001), Distance(0.4, 0.001), Distance(0.1, 0.001))
    given = [None if v is None else Distance(v, 1e-6) for v in (truth, training)]
    return Memory("learned", 20, given[0], given[1], near)


# ---- the losses


def test_a_last_look_that_has_all_losses_is_drawn_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweeps, "REDRAW", 0.0)
    calm(visit("learned_score", BASE.with_(score_error=Learned(29, features=12))))


def test_losses_are_those_of_the_library_and_every_t_is_trained() -> None:
    seen: list[tuple[int, int]] = []
    found, curve = learned_score_training.losses(
        BASE, st.empty(), lambda known: seen.append((len(known[0]), len(known[1])))
    )
    assert seen == [(n, n) for n in range(1, 22)]
    assert [loss.t for loss in found] == list(range(1, 22))
    fresh_model = SMALL.score(BASE.with_(score_error=None).score)
    assert found == fresh_model.train(every=1)
    assert curve == {loss.t: loss.training for loss in found}


def test_what_is_trained_when_the_reader_stops_it_stays_to_be_seen(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    whole, seen, real = learned_score_training.losses(BASE, st.empty()), [], studies.outcomes

    def stopped(asked, *rest):
        return [*real(asked, *rest)[:5], *["stopped"] * (len(asked) - 5)]

    monkeypatch.setattr(learned_score_training, "outcomes", stopped)
    monkeypatch.setattr(learned_score_training, "is_stopped", lambda study: True)
    with pytest.raises(Stopped):
        learned_score_training.losses(BASE, st.empty(), seen.append)
    assert seen[-1][0] == whole[0][-5:]  # training begins at the noise
    assert sorted(seen[-1][1]) == sorted(whole[1])[-5:]


def test_what_is_exact_for_the_samples_has_the_least_loss_on_them() -> None:
    empirical = BASE.with_(score_error=Empirical(30))
    models, _ = learned_score_training.losses(BASE, st.empty())
    exact, curve = learned_score_training.losses(empirical, st.empty())
    assert curve == {}
    for t, (model, best) in enumerate(zip(models, exact, strict=True), 1):
        assert model.t == best.t == t
        assert best.training < min(best.exact, model.training) + 1e-9
        # the same training set: quadrature against the closed form
        assert best.exact == pytest.approx(model.exact, rel=1e-6)


def test_verdicts_on_the_fit_for_every_outcome() -> None:
    assert text.fit_verdict(Loss(1, 0.5, 0.8, 1.5, 0.9)) == "overfits"
    assert text.fit_verdict(Loss(1, 1.4, 0.8, 1.5, 0.9)) == "underfits"
    assert text.fit_verdict(Loss(1, 0.89, 0.9, 0.91, 0.9)) == "learns"
    told = text.training([Loss(1, 0.8, 0.8, 0.81, 0.8), Loss(7, 0.5, 0.8, 1.5, 0.9)])
    assert "At t = 7" in told
    assert "**overfitted**" in told


def test_the_axis_of_the_losses_ends_and_says_what_it_hides() -> None:
    found = [Loss(1, 0.5, 0.9, 8.0, 1.0), Loss(2, 0.5, 0.9, 1.2, 0.9)]
    assert figures.losses_end(found, {}) == 2.0
    assert "is 8.00" in text.cut(found, 2.0)
    assert text.cut(found[1:], 2.0) == ""
    figure = figures.losses_figure(found, {3: 0.4, 1: 0.5}, 20, False)
    assert [list(trace.x) for trace in figure.data] == [[1, 3], [1, 2], [1, 2]]
    assert len({(t.line.color, t.line.dash) for t in figure.data}) == 3


# ---- the score as a function


def test_the_field_holds_exact_learned_and_empirical_scores() -> None:
    found = learned_score_training.score_field(BASE, 5, st.empty())
    exact = BASE.with_(score_error=None).score
    np.testing.assert_allclose(found.exact, exact(5, found.x))
    np.testing.assert_allclose(found.model, BASE.score(5, found.x))
    empirical = BASE.with_(score_error=Empirical(30)).score
    np.testing.assert_allclose(found.empirical, empirical(5, found.x))
    np.testing.assert_allclose(found.error, np.abs(found.model - found.exact)[:, 0])
    mass = np.trapezoid(found.density, found.x[:, 0])
    assert 1 - 4 * learned_score_training.SHARE < mass <= 1 + 1e-6
    root = math.sqrt(BASE.chain.abar[5])
    np.testing.assert_allclose(found.training, root * training_points(SMALL, BASE.target))
    names = [trace.name for trace in figures.score_figure(found, True).data]
    assert names[1:4] == ["exact score", "learned", "exact for the samples alone"]


def test_an_empirical_score_is_drawn_once() -> None:
    found = learned_score_training.score_field(BASE.with_(score_error=Empirical(30)), 5, st.empty())
    assert found.model is None
    np.testing.assert_allclose(found.error, np.abs(found.empirical - found.exact)[:, 0])
    assert "learned" not in [trace.name for trace in figures.score_figure(found, False).data]


def test_the_error_in_the_plane_lies_where_it_is() -> None:
    found = learned_score_training.score_field(PLANE, 5, st.empty())
    heat = figures.error_figure(found, False).data[0]
    i, j = 10, 60
    at = np.array([[heat.x[i], heat.y[j]]])
    exact = PLANE.with_(score_error=None).score
    error = np.linalg.norm(PLANE.score(5, at) - exact(5, at))
    assert heat.z[j, i] == pytest.approx(error, rel=1e-5)


def test_the_slider_begins_where_peaks_differ() -> None:
    t = learned_score_training.telling_time(BASE)
    assert t in learned_score_training.times(BASE)
    noise = [math.sqrt(BASE.chain.var[k] / BASE.chain.abar[k]) for k in (t - 1, t + 1)]
    assert noise[0] < learned_score_training.TELLING < noise[1]


# ---- more samples


def test_the_runs_against_n_are_the_readers_own() -> None:
    work = generalisation.Samples(BASE.with_(seed=3))
    assert work.run("learned", 40).score_error == replace(SMALL, samples=40)
    assert work.run("empirical", 40).score_error == Empirical(40)
    assert work.runs[0] == BASE.with_(seed=3, score_error=None)
    assert len(work.runs) == 1 + 3 + 2
    assert {e.with_(score_error=None) for e in work.runs} == {work.runs[0]}
    other = generalisation.Samples(BASE.with_(score_error=Empirical(20, seed=5)))
    assert other.model == Learned(seed=5)
    assert generalisation.Samples(PLANE).how[1] == "particles"


def test_the_slope_and_what_it_means() -> None:
    counts = (20, 50, 200, 1000)
    for power, word in ((-0.3, "slower"), (-0.5, "about the"), (-0.9, "faster")):
        learned = [point(n, 3 * n**power) for n in counts]
        told = text.samples({"learned": learned, "empirical": []}, None)
        assert f"n^{{{power:.2f}}}" in told
        assert word in told
    assert "takes 10 times as many" in text.samples(
        {"learned": [point(n, n**-0.3) for n in counts]}, None
    )
    assert "does not fall" in text.samples({"learned": [point(n, 0.5) for n in counts]}, None)
    assert text.samples({"learned": [point(20, 1.0)]}, None) == ""
    assert generalisation.slope([(20, 1.0), (50, 0.0), (80, 0.1)]) is None


def test_tv_against_n_has_the_exact_score_as_a_line() -> None:
    curves = {"learned": [point(20, 1.0, 0.3), point(80, 0.5, 0.2)], "empirical": []}
    exact = Measurement("tv", 0.05, 1e-7, "exact", 20, 19, 0.0)
    figure = drawings.tv_figure(curves, exact, False, False)
    assert list(figure.data[0].y) == [0.3, 0.2]
    assert list(figure.data[-1].y) == [0.05, 0.05]
    assert "at least" in drawings.tv_figure(curves, None, True, False).layout.yaxis.title.text
    sizes = drawings.sizes_figure(curves, True)
    assert [list(t.y) for t in sizes.data[:2]] == [[1.0, 0.5], [2.0, 1.0]]


# ---- memory


def test_sentences_for_both_outcomes_and_for_a_draw() -> None:
    assert "**memorises**" in text.memory(remembers(0.7, 0.05))
    assert "**generalises**" in text.memory(remembers(0.05, 0.7))
    assert "**neither**" in text.memory(remembers(0.20, 0.21))
    assert "nearer to its 20 training points (TV 0.0500)" in text.memory(remembers(0.7, 0.05))


def test_sentences_beyond_the_line_come_from_the_nearest_points() -> None:
    told = text.memory(remembers(0.2, None, output=0.13))
    assert "90 % of the way" in told
    assert "**memorises**" in told
    assert "**does not memorise**" in text.memory(remembers(0.2, None, output=0.39))
    assert "strays" in text.memory(remembers(0.2, None, output=0.6))


def test_bars_show_TV_on_the_line_and_distances_beyond() -> None:
    line = drawings.memory_figure([remembers(0.7, 0.05)], False)
    assert [list(bar.y) for bar in line.data] == [[0.7], [0.05]]
    plane = drawings.memory_figure([remembers(0.2, None)], False)
    assert [list(bar.y) for bar in plane.data] == [[0.4], [0.3], [0.1]]


# ---- the page


def test_without_a_learned_score_the_page_trains_one_and_says_so() -> None:
    app = calm(visit("learned_score", BASE.with_(score_error=None)))
    assert app.title[0].value == "A learned score"
    assert "trains one with 1,000 samples" in app.info[0].value
    assert "no overfitting" in said(app)
    assert decode(address(app)["e"]).score_error is None


def test_the_page_trains_the_readers_score_and_its_python_agrees() -> None:
    app = calm(visit("learned_score", BASE))
    assert not app.info
    losses, _ = learned_score_training.losses(BASE, st.empty())
    worst = max(losses, key=lambda loss: loss.fresh - loss.fresh_exact)
    assert f"At t = {worst.t}, where" in said(app)
    size, tv, training, _ = printed(app)
    assert float(size.split()[1]) == pytest.approx(eps_score(BASE).value)
    assert float(tv.split()[-1]) == pytest.approx(measure(BASE).value)
    assert float(training.split()[-1]) == pytest.approx(memorised(BASE).value)


def test_every_example_sets_the_score_and_its_link_comes_back() -> None:
    app = calm(visit("learned_score", BASE.with_(sampler="ode", seed=4)))
    for name, (_, score) in learned_score_training.EXAMPLES.items():
        if name == "good":
            continue  # as the others, and slow to train
        calm(app.button(key=f"learned_score {name}").click().run())
        reached = decode(address(app)["e"])
        assert reached == BASE.with_(score_error=score, steps=10, seed=4)
        shown = app.selectbox(key="control: score").value
        assert shown == score.kind
        again = calm(visit("learned_score", reached))
        assert decode(address(again)["e"]) == reached
    assert "Nothing is trained here" in said(app)


def test_an_example_keeps_a_schedule_of_ones_own() -> None:
    own = BASE.with_(schedule=Custom(tuple(float(a) for a in BASE.chain.abar[1:21])))
    made = learned_score_training.example(own, "good")
    assert (made.steps, made.schedule, made.score_error) == (20, own.schedule, Learned(2000))


def test_more_samples_on_the_page() -> None:
    app = calm(visit("learned_score", BASE, view="samples"))
    table = app.dataframe[0].value
    assert list(table["n"]) == ["20", "40", "80", "20", "40"]
    run = BASE.with_(score_error=replace(SMALL, samples=80))
    assert float(table["ε_score"][2]) == pytest.approx(eps_score(run).value, rel=1e-3)
    assert float(table["TV(q₁, p₁)"][2]) == pytest.approx(measure(run).value, rel=1e-3)
    assert "with the exact score it is" in said(app)


def test_twenty_samples_are_memorised_by_their_own_score_only() -> None:
    app = calm(visit("learned_score", BASE.with_(score_error=Learned(20)), view="memory"))
    learned, empirical = (m.value for m in app.markdown if "the output is" in m.value)
    assert "nearer to the truth" in learned
    assert "nearer to its 20 training points" in empirical
    row = app.dataframe[0].value.iloc[1]
    run = BASE.with_(score_error=Empirical(20))
    assert float(row["TV to the training set"]) == pytest.approx(memorised(run).value, rel=1e-3)
    assert float(row["TV to the truth"]) == pytest.approx(measure(run).value, rel=1e-3)


def test_the_plane_says_that_its_TV_is_a_least_value() -> None:
    app = calm(visit("learned_score", PLANE, view="samples"))
    assert "TV(q₁, p₁), at least" in app.dataframe[0].value
    assert any('Read them as "at least"' in c.value for c in app.caption)
    app = calm(visit("learned_score", PLANE, view="memory"))
    assert "fresh draws do" in said(app)
    assert list(app.dataframe[0].value["TV to the training set"]) == ["–", "–"]
    calm(visit("learned_score", PLANE))


def test_a_link_from_beyond_the_plane_is_answered() -> None:
    target = GaussianMixture((1.0,), ((0.0,) * 3,), (((1.0, 0, 0), (0, 1.0, 0), (0, 0, 1.0)),))
    far = BASE.with_(target=target, steps=6, score_error=Learned(20, features=4))
    for view in ("training", "samples", "memory"):
        calm(visit("learned_score", far, view=view))
