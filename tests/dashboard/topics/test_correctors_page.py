"""The page on correctors: figures and words are those of ``measure`` and ``mixing``."""

from __future__ import annotations

import math

import pytest

from dashboard.link.permalink import DEFAULT
from dashboard.text.numbers import rounded
from dashboard.topics.correctors import measure, words
from dashboard.topics.correctors.figures import mixing_figure, needed_figure, repair_figure
from dashboard.topics.correctors.measure import BUDGETS, Repair
from diffusion_core import Experiment
from diffusion_core import measure as distance
from diffusion_core.measure import Measurement
from diffusion_core.samplers import Corrector
from diffusion_core.schedules import Custom
from diffusion_core.scores.errors import Shift, WaveError
from diffusion_core.studies.mixing import Modes, mixing
from diffusion_core.targets import PRESETS
from tests.dashboard.visiting import calm, said, visit

WORK = Repair(Experiment(seed=5), 0.3)


def _point(tv: float, steps: int, nfe: int) -> Measurement:
    return Measurement("tv", tv, 1e-6, "exact", steps, nfe, 0.0, ())


def _curves(plain: float, corrected: float) -> measure.Curves:
    budget = BUDGETS[-1]
    return {
        0: [(budget, _point(plain, budget + 1, budget))],
        2: [(budget, _point(corrected, budget // 3 + 1, budget))],
    }


def test_every_run_costs_at_most_its_budget_and_nearly_all_of_it() -> None:
    for exact in (True, False):
        for count in WORK.counts:
            for budget in BUDGETS:
                run = WORK.run(count, budget, exact)
                assert run is not None
                assert budget - count - 1 < run.record.nfe(run.steps) <= budget
                assert run.corrector == (Corrector(count, 0.3) if count else None)
                assert run.score_error == (None if exact else WORK.wrong)
    assert len(WORK.runs) == 2 * len(BUDGETS) * 4
    assert all(run.seed == 0 for run in WORK.runs)


def test_the_readers_sampler_score_and_corrector_are_taken() -> None:
    own = Experiment(sampler="ddim", eta=0.4, score_error=Shift(), corrector=Corrector(3, 0.5))
    work = Repair(own, 0.2)
    assert work.counts == (0, 1, 2, 3, 4)
    run = work.run(3, 48, False)
    assert run is not None
    assert (run.sampler, run.eta, run.corrector) == ("ddim", 0.4, Corrector(3, 0.2))
    assert run.score_error == Shift()
    assert isinstance(WORK.wrong, WaveError)
    for name in ("dpmpp-2m", "langevin"):
        assert Repair(Experiment(sampler=name), 0.3).sampler == "ode"
        assert Repair(Experiment(sampler=name), 0.3).counts == (0, 1, 2, 4)


def test_curves_hold_what_is_known_and_leave_out_what_is_refused() -> None:
    runs = [WORK.run(count, 24, True) for count in (0, 1)]
    found = {runs[0]: distance(runs[0]), runs[1]: "refused"}
    drawn = measure.curves(WORK, found, True)  # type: ignore[arg-type]
    assert list(drawn) == [0]
    assert [(b, m.value) for b, m in drawn[0]] == [(24, distance(runs[0]).value)]


@pytest.mark.parametrize(
    ("plain", "corrected", "told"),
    [(0.4, 0.1, "4.0 times less"), (0.01, 0.05, "does not pay"), (0.1, 0.101, "little difference")],
)
def test_the_words_say_what_was_measured(plain: float, corrected: float, told: str) -> None:
    text = words.repair(WORK, _curves(plain, corrected), {})
    assert told in text
    assert rounded(plain) in text
    assert rounded(corrected) in text
    assert "384" in text


def test_one_step_and_several_are_counted() -> None:
    assert "384 evaluations, 2 corrector steps" in words.crossing(_curves(0.4, 0.1))
    assert "384 evaluations, no corrector" in words.crossing(_curves(0.1, 0.4))
    assert words.repair(WORK, {}, {}) == words.crossing({}) == ""


def test_both_figures_have_one_scale() -> None:
    exact, wrong = _curves(0.1, 0.001), _curves(0.9, 0.2)
    ends = words.ends(exact, wrong)
    assert ends[0] < math.log10(0.001)
    assert ends[1] > math.log10(0.9)
    for curves in (exact, wrong):
        figure = repair_figure(curves, "ode", ends, False)
        assert figure.layout.yaxis.range == ends
        assert [t.name for t in figure.data] == ["no corrector", "2 corrector steps"]
        assert len({t.marker.symbol for t in figure.data}) == 2


def test_what_cannot_be_compared_is_said() -> None:
    assert measure.why_not(Experiment()) == ""
    plane = Experiment(target=PRESETS["ring-of-8"].target)
    assert "on the line only" in measure.why_not(plane)
    own = Experiment(schedule=Custom((0.9, 0.5, 0.1)), steps=3)
    assert "runs at its own T only" in measure.why_not(own)


FOUND = [mixing(Modes(d, 0.3, 0.2, 0.3)) for d in (1.5, 3.5)]


def test_the_words_on_mixing_are_those_of_the_study() -> None:
    text = words.mixing(FOUND)
    for m in FOUND:
        assert f"**{m.needed:,}**" in text
        assert f"{m.modes.barrier:.2f}" in text
    kept = sorted(m.tv[-1].value for m in FOUND)
    assert f"{rounded(kept[0])} to {rounded(kept[1])}" in words.bias(FOUND)
    assert "nearly one" in words.mixing(FOUND[:1])
    lost = mixing(Modes(6.0, 0.3, 0.05, 0.3), doublings=4)
    assert "D = 6" in words.mixing([*FOUND, lost])
    assert words.bias([lost]) == ""


def test_figures_on_mixing_tell_curves_apart_without_colour() -> None:
    figure = mixing_figure(FOUND, True)
    assert [t.name for t in figure.data] == ["D = 1.5", "D = 3.5", "TV = 1/4"]
    assert len({t.line.dash for t in figure.data[:2]}) == 2
    assert len({t.marker.symbol for t in figure.data[:2]}) == 2
    assert list(figure.data[0].y) == [d.value for d in FOUND[0].tv[1:]]
    found = {m.modes.distance: [m] for m in FOUND}
    figure = needed_figure(found, False)
    assert [t.y[0] for t in figure.data] == [m.needed for m in FOUND]
    table = words.needed_table(found)
    assert table["steps until TV ≤ 1/4"] == [f"{m.needed:,}" for m in FOUND]


def test_the_page_shows_the_numbers_of_the_library() -> None:
    app = calm(visit("correctors", DEFAULT))
    text = said(app)
    assert "[[" not in text
    best = min(
        distance(run).value
        for n in (1, 2, 4)
        if (run := WORK.run(n, BUDGETS[-1], True)) is not None
    )
    plain = WORK.run(0, BUDGETS[-1], True)
    assert plain is not None
    assert f"**{rounded(best)}**" in text
    assert rounded(distance(plain).value) in text


def test_in_the_plane_the_page_says_where_it_has_laws() -> None:
    app = calm(
        visit("correctors", Experiment(target=PRESETS["ring-of-8"].target, preset="ring-of-8"))
    )
    assert any("on the line only" in note.value for note in app.info)
