"""The page on flow matching in the plane: figures and words are those of the study."""

from __future__ import annotations

import numpy as np
import pytest

from dashboard.compute.progress import Silent
from dashboard.text.numbers import with_error
from dashboard.topics.flow_matching import plane, plane_words, words
from dashboard.topics.flow_matching.figures import distance_figure, plane_figure
from diffusion_core import Experiment, measure
from diffusion_core.studies.flow_matching import METHODS
from diffusion_core.studies.flow_plane import PlanePath, crossing, particle_distance, straightness
from diffusion_core.targets import PRESETS
from tests.dashboard.visiting import calm, printed, said, visit

RUN = Experiment(target=PRESETS["correlated-gaussian"].target, sampler="ddim", seed=3)
QUESTION = plane.Question(RUN, "modes", 8, "tv", 5000, 2)
PATH = PlanePath(RUN.target, plane.SOURCES["modes"])


def test_every_curve_is_the_librarys_with_its_error_and_the_seed() -> None:
    drawn, refused = plane.curves(QUESTION, Silent())
    assert not refused
    assert set(drawn) == {*METHODS, "sampler"}
    for name, method in METHODS.items():
        count, steps, found = drawn[name][1]
        assert steps * method.evaluations == count
        assert found == particle_distance(PATH, name, steps, "tv", 5000, 3)
    count, steps, found = drawn["sampler"][2]
    known = measure(RUN.with_(steps=steps), "tv", "particles", 5000, "data")
    assert (found.value, found.error, count) == (known.value, known.error, known.nfe)

    names = words.labels(RUN)
    figure = distance_figure(drawn, names, "ddim", False, "TV", plane_words.floor(drawn))
    assert [t.name for t in figure.data] == [*(names[n] for n in drawn), "noise floor"]
    assert figure.data[0].error_y.array[0] == drawn["euler"][0][2].error
    text = plane_words.reading(drawn, names, QUESTION)
    at = {n: one for n, points in drawn.items() for count, _, one in points if count == words.AT}
    best = min(at, key=lambda n: at[n].value)
    assert f"**{names[best]}** seems nearest: TV **{plane_words.seen(at[best])}**" in text
    assert "5,000 particles, with seed 3" in text
    assert plane_words.reading({}, names, QUESTION) == ""


def test_the_picture_has_the_steps_that_were_chosen_and_the_flow_beside_them() -> None:
    found = plane.picture(QUESTION, Silent())
    assert len(found.euler) == 3
    np.testing.assert_allclose(
        found.euler[-1], PATH.carried("euler", 2, found.flow[0]), rtol=1e-12, atol=1e-12
    )
    np.testing.assert_allclose(
        found.flow[-1], PATH.carried("midpoint", plane.FINE, found.flow[0]), rtol=1e-12, atol=1e-12
    )
    assert (found.flow[0] == found.euler[0]).all()
    assert (found.flow[0] == PATH.start(100, 3)[: plane.DRAWN]).all()
    names = [trace.name for trace in plane_figure(found, True).data]
    assert {"Euler, 2", "straight line", "flow", "start", "draws of the target"} <= set(names)


def test_the_reflow_is_told_with_its_errors() -> None:
    found = plane.reflow(QUESTION, Silent())
    assert found.straight == straightness(PATH, seed=3)
    assert found.end == particle_distance(PATH, "midpoint", 8, "tv", 5000, 3)
    assert found.cross == crossing(PATH, "midpoint", 8, seed=3)
    text = plane_words.reflow(found, QUESTION)
    assert with_error(found.straight.value, found.straight.error) in text
    assert "needed 16 evaluations" in text


def test_a_target_that_is_no_mixture_goes_without_heun() -> None:
    run = Experiment(target=PRESETS["uniform-square"].target)
    question = plane.Question(run, "noise", 8, "sw2", 5000, 2)
    assert question.methods == ["euler", "midpoint"]
    assert plane.why_not(run, "noise") == ""
    assert "mixtures of Gaussians" in plane.why_not(run, "modes")


@pytest.mark.parametrize(("preset", "words"), [("atoms-2d", "density"), ("ring", "density")])
def test_the_page_says_where_there_is_no_flow(preset: str, words: str) -> None:
    run = Experiment(target=PRESETS[preset].target, preset=preset)
    app = calm(visit("flow_matching", run))
    assert any("There is no flow to this target" in n.value and words in n.value for n in app.info)


def test_the_page_shows_the_numbers_of_the_library_and_its_python_prints_them() -> None:
    run = Experiment(target=RUN.target, preset="correlated-gaussian", seed=3)
    app = calm(
        visit("flow_matching", run, particles="5000", source="modes", drawn="1", teacher="4")
    )
    text = said(app)
    assert "[[" not in text
    assert "Euler takes 1 step (squares)" in text
    known = straightness(PATH, seed=3)
    assert f"**{with_error(known.value, known.error)}**" in text
    lines = printed(app)
    assert lines[0] == f"straightness {known.value} +- {known.error}"
    found = particle_distance(PATH, "euler", 2, "tv", 5000, 3)
    assert f"euler 2 2 {found.value} +- {found.error}" in lines
