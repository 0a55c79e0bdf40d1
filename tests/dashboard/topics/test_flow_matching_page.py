"""The page on flow matching: figures and words are those of the study and of ``measure``."""

from __future__ import annotations

import math

import pytest

from dashboard.compute.progress import Silent
from dashboard.figures.marks import SAMPLERS
from dashboard.link.permalink import DEFAULT
from dashboard.text.numbers import rounded
from dashboard.topics.flow_matching import measure, words
from dashboard.topics.flow_matching.figures import distance_figure, paths_figure
from dashboard.topics.flow_matching.measure import EVALUATIONS, Question
from diffusion_core import Experiment, Refused
from diffusion_core import measure as distance
from diffusion_core.schedules import Custom
from diffusion_core.studies.flow_matching import METHODS, StraightPath, flow_distance, straightness
from diffusion_core.targets import PRESETS
from tests.dashboard.visiting import calm, said, visit

QUESTION = Question(Experiment(sampler="ddim"), "noise", 64)


def test_every_curve_is_the_librarys_at_the_evaluations_it_pays_for() -> None:
    drawn, refused = measure.curves(QUESTION, Silent())
    assert not refused
    assert set(drawn) == {*METHODS, "sampler"}
    path = StraightPath(Experiment().target)
    for name, method in METHODS.items():
        for count, steps, tv in drawn[name][:4]:
            assert steps * method.evaluations == count
            assert tv == flow_distance(path, name, steps)
    assert [count for count, _, _ in drawn["sampler"]] == list(EVALUATIONS)
    for count, steps, tv in drawn["sampler"][:4]:
        found = distance(QUESTION.experiment.with_(steps=steps), "tv", against="data")
        assert found.nfe == count
        assert tv.value == found.value


def test_a_list_of_levels_has_no_curve_of_its_own() -> None:
    own = Experiment(schedule=Custom((0.99, 0.5, 0.01)), steps=3)
    drawn, _ = measure.curves(Question(own, "modes", 64), Silent())
    assert set(drawn) == set(METHODS)


def test_the_reading_names_the_nearest_and_the_slopes() -> None:
    drawn, _ = measure.curves(QUESTION, Silent())
    names = words.labels(QUESTION.experiment)
    text = words.reading(drawn, names)
    at = {n: tv.value for n, p in drawn.items() for count, _, tv in p if count == words.AT}
    best = min(at, key=lambda name: at[name])
    assert f"**{names[best]}** comes nearest: TV **{rounded(at[best])}**" in text
    (*_, (_, few, a), (_, many, b)) = drawn["heun"]
    slope = math.log(a.value / b.value) / math.log(many / few)
    assert f"flow by Heun {slope:.2f}" in text
    assert words.reading({}, names) == ""
    figure = distance_figure(drawn, names, "ddim", False)
    assert [t.name for t in figure.data] == [names[n] for n in drawn]
    assert not {t.marker.symbol for t in figure.data[:3]} & {m.symbol for m in SAMPLERS.values()}
    assert len({t.marker.symbol for t in figure.data}) == 4


def test_paths_are_bent_before_a_reflow_and_straight_after() -> None:
    found = measure.paths(QUESTION, Silent())
    assert found.straight == straightness(QUESTION.path)
    assert found.end == flow_distance(QUESTION.path, "midpoint", 64)
    assert found.pupil < 1e-12
    middle = found.u == 0.5
    chord = 0.5 * (found.reflowed[0] + found.reflowed[-1])
    assert abs(found.reflowed[middle][0] - chord).max() < 1e-12
    assert abs(found.flow[middle][0] - chord).max() > 0.1
    assert (found.flow[0] == found.reflowed[0]).all()
    assert abs(found.flow[-1] - found.reflowed[-1]).max() < 2e-3
    assert len(paths_figure(found, True).data) == 2 * measure.DRAWN
    text = words.straight(found, 64)
    assert rounded(found.end.value) in text
    assert "needed 128 evaluations" in text


def test_a_teacher_that_folds_is_refused() -> None:
    with pytest.raises(Refused, match="the teacher's map folds"):
        measure.paths(Question(Experiment(), "modes", 8), Silent())


def test_the_page_says_where_there_is_no_closed_form() -> None:
    assert measure.why_not(Experiment()) == ""
    for name in ("uniform", "atoms"):
        target = PRESETS[name].target
        assert "closed form" in measure.why_not(Experiment(target=target))
    app = calm(visit("flow_matching", Experiment(PRESETS["uniform"].target, preset="uniform")))
    assert any("closed form" in note.value for note in app.info)


def test_the_page_shows_the_numbers_of_the_library() -> None:
    app = calm(visit("flow_matching", DEFAULT))
    text = said(app)
    assert "[[" not in text
    best = flow_distance(StraightPath(DEFAULT.target), "midpoint", words.AT // 2)
    assert f"**{rounded(best.value)}**" in text
