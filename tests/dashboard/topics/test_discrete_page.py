"""The page of sequences: its numbers are the core's, its choices and words reach the run."""

from __future__ import annotations

import json

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from dashboard.compute.progress import Silent
from dashboard.text.numbers import rounded
from dashboard.topics.discrete import measure
from dashboard.topics.discrete import words as text
from dashboard.topics.discrete.page import FIRST, RUN
from dashboard.topics.discrete.targets import read_words
from diffusion_core import DiscreteExperiment, InputError
from diffusion_core.discrete import measure_discrete, sequences
from diffusion_core.discrete.dynamics import Cycle, Masked, Uniform
from diffusion_core.discrete.grids import TheoryGrid
from diffusion_core.discrete.posterior import Blurred
from diffusion_core.discrete.runs import truths
from diffusion_core.discrete.states import total_correlation
from diffusion_core.discrete.targets import SEQUENCES, Histogram, Independent, MarkovChain, Words
from diffusion_core.discrete.unmasking import Unmasking
from diffusion_core.studies.discrete import asked
from tests.dashboard.visiting import address, calm, printed, said, visit

SMALL = DiscreteExperiment(MarkovChain(3, 0.3), Masked(), TheoryGrid(end=0.01), steps=5, seed=4)


def page(run: DiscreteExperiment = SMALL, **settings: str) -> AppTest:
    return visit("discrete", run=run.to_json(), **{"to": "8", **settings})


def shown(app: AppTest) -> DiscreteExperiment:
    found = app.session_state["values of discrete"]["run"]
    assert isinstance(found, DiscreteExperiment)
    return found


def test_the_first_reading_is_the_exact_distance_of_both_noises() -> None:
    app = calm(page())
    for run in (SMALL, measure.other(SMALL)):
        assert f"TV **{measure_discrete(run)['tv'].value:.3g}**" in said(app)
    assert shown(app) == SMALL
    assert address(app)["run"] == SMALL.to_json()


def test_a_film_is_the_runs_sequences_and_law() -> None:
    made = measure.film(SMALL, Silent())
    drawn = np.stack([x for _, x in sequences(SMALL, measure.SHOWN)])
    np.testing.assert_array_equal(made.tokens, drawn)
    np.testing.assert_allclose(made.output.sum(axis=1), 1.0, atol=1e-12)
    np.testing.assert_allclose(made.truth.sum(axis=1), 1.0, atol=1e-12)
    assert made.rows[:2] == ("000", "111")
    assert set(made.rows[6:8]) == {"010", "101"}
    assert made.rows[8:] == ("with a MASK",)
    assert made.output[0, -1] == 1.0
    assert made.tv[-1] == pytest.approx(measure_discrete(SMALL)["tv"].value, abs=1e-14)


def test_words_that_never_come_have_no_row() -> None:
    """Of six letters in pairs only those that are words, or are drawn by mistake."""
    words = Words(("ab", "cd", "ef"), (3.0, 2.0, 1.0))
    made = measure.film(SMALL.with_(target=words, sampler=Unmasking(), steps=1), Silent())
    assert made.rows[:3] == ("ab", "cd", "ef")
    assert set(made.rows[3:9]) == {"ad", "af", "cb", "cf", "eb", "ed"}
    exact = measure.film(SMALL.with_(target=words, sampler=Unmasking(), steps=2), Silent())
    assert exact.rows == ("ab", "cd", "ef", "all others", "with a MASK")


def test_a_long_film_has_some_frames_with_both_ends() -> None:
    made = measure.film(SMALL.with_(steps=200), Silent())
    assert len(made.steps) == len(made.tokens) == measure.FRAMES
    assert (made.steps[0], made.steps[-1]) == (0, 200)


@pytest.mark.parametrize("order", ["random", "left to right", "confident"])
def test_one_token_a_step_is_the_truth_on_the_way(order: str) -> None:
    """With d steps nothing is drawn in parallel, so that output and truth agree at every step."""
    run = SMALL.with_(sampler=Unmasking(order), steps=3)
    made = measure.film(run, Silent())
    known = [tv for tv in made.tv if tv is not None]
    assert len(known) == (2 if order == "confident" else 4)
    assert max(known) < 1e-14
    fewer = measure.film(run.with_(steps=2), Silent())
    assert (fewer.tv[1] is None) == (order == "confident")
    assert (fewer.tv[-1] or 0) > 1e-3
    assert "confident tokens" in text.about_film([made]) or order != "confident"


def test_the_truth_on_the_way_does_not_know_of_a_wrong_model() -> None:
    wrong = SMALL.with_(sampler=Unmasking(), steps=2)
    for p, q in zip(truths(wrong), truths(wrong.with_(ratio_error=Blurred(0.3))), strict=True):
        np.testing.assert_array_equal(p, q)


@pytest.mark.parametrize("kind", [k for k in SEQUENCES if k != "independent"])
def test_every_target_can_be_chosen(kind: str) -> None:
    app = page(beside="off")
    app.selectbox(key="control: discrete.target").set_value(kind).run()
    assert shown(calm(app)).target.kind == kind


def test_independent_tokens_come_by_a_link_and_lose_nothing_at_once() -> None:
    app = calm(page(SMALL.with_(target=Independent(((0.2, 0.8), (0.5, 0.5))))))
    assert "all at once costs nothing" in said(app)
    assert shown(app).target.kind == "independent"


@pytest.mark.parametrize("noise", [Uniform(), Masked(), Cycle()])
def test_every_sampler_that_fits_can_be_chosen(noise) -> None:
    for kind in measure.fitting(noise):
        app = page(SMALL.with_(dynamics=noise).by(kind), beside="off")
        assert shown(calm(app)).called == kind
        assert not app.warning


def test_another_noise_gives_up_a_sampler_that_needs_masks() -> None:
    app = page(SMALL.with_(sampler=Unmasking(), steps=2))
    app.button_group(key="control: discrete.dynamics").set_value("uniform").run()
    assert shown(calm(app)) == SMALL.with_(dynamics=Uniform(), steps=2)


def test_a_cycle_is_a_histogram() -> None:
    run = SMALL.with_(target=Histogram((1.0, 4.0, 2.0, 0.0, 1.0)), dynamics=Cycle())
    app = calm(page(run, beside="off"))
    assert "cycle of 5 symbols" in " ".join(c.value for c in app.caption)
    assert "Why not all tokens at once" not in [h.value for h in app.header]


def test_all_at_once_costs_the_total_correlation() -> None:
    app = calm(page())
    total = total_correlation(SMALL.target.law)
    assert f"cost **{total:.3g}** nats" in said(app)


def test_words_of_the_readers_own() -> None:
    assert read_words("ab\n\ncd 2.5 \n") == Words(("ab", "cd"), (1.0, 2.5))
    assert read_words("ab\ncd 1") == Words(("ab", "cd"))
    app = page(beside="off")
    app.selectbox(key="control: discrete.target").set_value("words").run()
    app.text_area(key="control: discrete.words").set_value("no 3\nso\nto").run()
    assert shown(calm(app)).target == Words(("no", "so", "to"), (3.0, 1.0, 1.0))


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("", "between 1 and 200 lines, got 0"),
        ("ab\nabc", "all of one length"),
        ("ab\nab", "none twice"),
        ("ab x", "x is no number"),
        ("a b c", "line 1 must be a word, or a word and its weight"),
        ("ab nan", "must not be negative"),
        ("\n".join(f"{k:03}" for k in range(300)), "got 300"),
        ("abcdefgh\nijklmnop", "16^8 states, at most 20,000 fit"),
    ],
)
def test_words_that_cannot_be_are_refused_in_one_sentence(written: str, words: str) -> None:
    with pytest.raises(InputError) as refused:
        read_words(written)
    assert words in str(refused.value).replace('"', "").replace("'", "")
    assert "\n" not in str(refused.value)


def test_a_refused_choice_leaves_the_last_run_on_the_screen() -> None:
    app = page(beside="off")
    app.select_slider(key="control: discrete.length").set_value(12).run()
    assert "3^12 states, at most 20,000 fit" in app.error[0].value
    assert shown(app) == SMALL
    assert "TV **" in said(app)


def test_what_does_not_fit_beside_is_said() -> None:
    run = SMALL.with_(target=MarkovChain(10, 0.2), dynamics=Uniform(), steps=1)
    app = calm(page(run, to="8", samplers="bridge"))
    told = " ".join(c.value for c in app.caption)
    assert "Beside it there is nothing: target: 3^10 states" in told


def test_the_bound_lies_above_what_is_measured_and_only_where_it_holds() -> None:
    app = calm(page(SMALL, metric="kl", samplers="unmasking,euler"))
    assert any("proven upper bound" in c.value for c in app.caption)
    for wrong in (SMALL.with_(sampler=Unmasking("confident")), SMALL.with_(start="exact")):
        app = calm(page(wrong, samplers="unmasking"))
        assert any("not for this run" in c.value for c in app.caption)


def test_a_run_whose_law_is_refused_says_why() -> None:
    app = visit(
        "discrete",
        run=json.dumps(
            {
                **SMALL.to_dict(),
                "sampler": {"kind": "uniformisation"},
                "ratio_error": {"kind": "blurred", "size": 0.1},
            }
        ),
        to="8",
        samplers="euler",
    )
    assert not app.exception
    assert "has no closed law for wrong ones" in app.warning[0].value


def test_a_link_that_is_no_run_is_answered_in_one_sentence() -> None:
    app = visit("discrete", run='{"steps": 3}', to="8")
    assert "is missing" in app.error[0].value
    assert shown(app) == FIRST
    assert RUN.read(RUN.write(SMALL)) == SMALL


def test_the_pages_python_prints_the_pages_numbers() -> None:
    app = calm(page(samplers="euler"))
    lines = printed(app)
    assert lines[0].startswith(f"TV {measure_discrete(SMALL)['tv'].value!r} ")
    found = [float(line.split()[2]) for line in lines if line.startswith("euler ")]
    assert found == [
        measure_discrete(SMALL.by("euler").with_(steps=n))["tv"].value for n in (1, 2, 4, 8)
    ]


def test_other_pages_keep_their_experiment() -> None:
    app = page()
    app.select_slider(key="control: discrete.steps").set_value(8).run()
    app.switch_page("pages/trajectories.py").run()
    assert calm(app).title[0].value == "Reverse trajectories"
    assert "e" not in address(app)


def test_assumptions_stand_beside_what_the_run_has() -> None:
    found = asked(SMALL)
    told = text.about_asked(SMALL, found)
    assert told.count("\n- ") == 4
    assert "KL is infinite" in told
    assert f"c = {rounded(found.grid)}" in told
    assert rounded(found.fastest) in told
    wrong = text.about_asked(SMALL.with_(ratio_error=Blurred(0.2)), found)
    assert "blurred, size 0.2" in wrong
    assert text.about_asked(SMALL.with_(sampler=Unmasking()), found).count("\n- ") == 2
    app = page()
    assert not app.exception
    assert told in [words.value for words in app.markdown]
