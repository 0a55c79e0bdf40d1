"""Lessons as records and prose: complete, true to what is measured, and their links resolve."""

from __future__ import annotations

import math
import re
from functools import cache
from typing import Any

import numpy as np
import pytest

from dashboard.lessons import LESSONS, buys, first, loose, order, resting_on
from dashboard.lessons.lab import Lab
from dashboard.lessons.plan import CLASS, WEEK
from dashboard.lessons.progress import ANSWERS, SETTINGS, STEP, clash
from dashboard.lessons.structure import (
    Full,
    Guess,
    Lesson,
    Numbers,
    Predict,
    Question,
    Read,
    Run,
    as_answer,
    as_number,
    texts,
)
from dashboard.link.permalink import DEFAULT, Setting, decode
from dashboard.navigation import PAGES
from dashboard.prose import prose
from diffusion_core import PRESETS, Experiment, InputError
from diffusion_core.schedules import Custom, Linear
from diffusion_core.theory.theorems import THEOREMS
from tests.dashboard.visiting import calm, visit
from tests.test_requirements import ROOT

STEPS = [(lesson, step) for lesson in LESSONS.values() for step in lesson.steps]
RUNS = [(lesson, step) for lesson, step in STEPS if getattr(step, "run", None)]
ASKED = [(lesson, step) for lesson, step in RUNS if not isinstance(step, Read)]
MOVED = [
    (lesson, step, option)
    for lesson, step in RUNS
    if step.run.move
    for option in step.run.move.options
]
FULL = [(lesson, full) for lesson, step in RUNS for full in step.run.full]


def name(value: Any) -> str:
    return getattr(value, "name", None) or getattr(value, "page", "")


@cache
def numbers(run: Any) -> Numbers:
    found: Numbers = run(Lab())
    return found


# ---- records and prose


@pytest.mark.parametrize("lesson", LESSONS.values(), ids=name)
def test_every_block_is_used_and_none_is_missing(lesson: Lesson) -> None:
    used = {"title", "misconception", "summary"}
    for step in lesson.steps:
        used |= step.blocks(lesson.say)
    assert set(lesson.say.blocks) == used
    assert len({step.name for step in lesson.steps}) == len(lesson.steps)


@pytest.mark.parametrize("lesson", LESSONS.values(), ids=name)
def test_a_lesson_predicts_runs_and_asks(lesson: Lesson) -> None:
    kinds = [type(step) for step in lesson.steps]
    assert kinds[0] is Read
    assert kinds.count(Predict) + kinds.count(Guess) >= 1
    assert 1 <= kinds.count(Question) <= 2
    assert lesson.say("misconception").endswith(".")


@pytest.mark.parametrize(("lesson", "step"), STEPS, ids=name)
def test_the_places_are_filled_by_the_numbers(lesson: Lesson, step: Any) -> None:
    before = {step.name} | {f"{step.name}-{x}" for x in getattr(step, "letters", "")}
    run = getattr(step, "run", None)
    known = set(texts(numbers(run.numbers))) if run else set()
    moved = {f"{step.name}-moved"} if run and run.move else set()
    for block in step.blocks(lesson.say) - moved:
        allowed = set() if block in before else known
        assert lesson.say.places(block) <= allowed, block


def test_predictions_show_the_numbers_that_were_computed() -> None:
    for lesson, step in ASKED:
        assert lesson.say.places(f"{step.name}-found"), (lesson.name, step.name)


@pytest.mark.parametrize("lesson", LESSONS.values(), ids=name)
def test_every_lesson_has_one_thing_to_move(lesson: Lesson) -> None:
    runs = [step.run for step in lesson.steps if getattr(step, "run", None)]
    [move] = [run.move for run in runs if run.move]
    assert move.start in move.options
    assert len(move.options) > 1


@pytest.mark.parametrize(
    ("lesson", "step", "option"), MOVED, ids=lambda value: getattr(value, "name", value)
)
def test_what_is_moved_fills_its_words(lesson: Lesson, step: Any, option: str) -> None:
    run = step.run.move.run(option)
    assert run.figure or run.chains
    words = lesson.say.places(f"{step.name}-moved")
    assert words
    if option == step.run.move.start:  # the others may take long, and have the same names
        assert words <= set(texts(numbers(run.numbers)))


@pytest.mark.parametrize("lesson", LESSONS.values(), ids=name)
def test_a_lesson_says_what_it_rests_on_and_explains_its_words(lesson: Lesson) -> None:
    assert lesson.rests
    for ground in lesson.rests:
        page = (ROOT / PAGES[ground.page].path).read_text(encoding="utf-8")
        assert ground.section in page
        if ground.theorem:
            assert lesson in resting_on(ground.theorem)
            assert ground.experiment(DEFAULT).sampler == ground.theorem.sampler
    assert lesson.terms
    assert {f"term-{term}" for term in lesson.terms} <= set(prose("notation").blocks)


@pytest.mark.parametrize(("lesson", "step"), ASKED, ids=name)
def test_the_guess_and_the_measurement_have_their_places(lesson: Lesson, step: Any) -> None:
    found = numbers(step.run.numbers)
    answers = [as_answer(step.high)] if isinstance(step, Guess) else step.letters
    for answer in answers:
        marks = step.marks(found, answer)
        places = (*marks.guess, marks.measured)
        assert all(math.isfinite(value) for place in places for value in place)
        drawn = step.run.move.run(step.run.move.start) if step.run.move else step.run
        assert len(marks.axis) <= 50  # on a phone
        assert bool(marks.axis) != bool(step_marks_figure(step, drawn)), "one place, not two"
        if not isinstance(step, Guess):
            on = [
                low <= step.scale.of(found) <= high
                for low, high in (step.scale.stretch(found, answer),)
            ]
            assert on == [answer == step.truth(found)]


def step_marks_figure(step: Any, drawn: Run) -> bool:
    """Whether the marks stand in the step's own figure."""
    at = step.at if isinstance(step, Guess) else step.scale.at
    return at is not None and drawn.figure is not None


@pytest.mark.parametrize(("lesson", "full"), FULL, ids=name)
def test_the_links_to_full_pages_open(lesson: Lesson, full: Full) -> None:
    assert full.page in PAGES
    query, shown = full.query(DEFAULT), full.shown(DEFAULT)
    assert decode(query["e"]) == shown
    for setting, value in full.settings:
        assert query[setting] == value
    if full.page in ("convergence", "dimension"):
        assert query["samplers"]  # unsaid it would mean other samplers than the page's default
    if full.page == "compare":
        assert {"c", "d"} <= query.keys()


@pytest.mark.parametrize(
    "full",
    [
        LESSONS["acceleration"].steps[1].run.full[0],
        LESSONS["schedules"].steps[2].run.full[0],
        LESSONS["how-loose"].steps[1].run.full[0],
    ],
)
def test_a_full_page_takes_its_link_without_complaint(full: Full) -> None:
    app = calm(visit(full.page, full.shown(DEFAULT), **dict(full.settings)))
    assert app.session_state["experiment"] == full.shown(DEFAULT)


def test_the_class_has_fifty_minutes_and_the_week_has_every_lesson() -> None:
    assert sum(part.minutes for part in CLASS) == 50
    assert [name for day in WEEK for name in day.lessons] == list(LESSONS)
    assert {name for part in CLASS for name in part.lessons} <= set(LESSONS)
    for day in WEEK:
        assert day.minutes == sum(LESSONS[name].minutes for name in day.lessons)


# ---- what is measured today

TODAY = {
    ("first-words", "law"): "a",
    ("first-words", "score"): "c",
    ("first-words", "distance"): "low",  # of a guess of 40
    ("noising", "half"): "high",  # of a guess of 50
    ("noising", "cosine"): "c",
    ("score", "pull"): "b",
    ("score", "little"): "a",
    ("sampling", "mode"): "c",
    ("sampling", "laws"): "b",
    ("sampling", "heun"): "a",
    ("measuring", "seen"): "c",
    ("measuring", "fall"): "c",
    ("rates", "double"): "high",  # of a guess of 2
    ("rates", "linear"): "b",
    ("bounds", "slope"): "b",
    ("bounds", "gain"): "c",
    ("acceleration", "few"): "b",
    ("acceleration", "many"): "low",  # of a guess of 2
    ("acceleration", "dpm"): "b",
    ("initialisation", "more"): "c",
    ("initialisation", "exact"): "a",
    ("initialisation", "longer"): "a",
    ("schedules", "cosine"): "c",
    ("schedules", "ddim"): "a",
    ("order", "linear"): "b",
    ("order", "where"): "b",
    ("order", "heun"): "a",
    ("what-order-buys", "slopes"): "low",  # of a guess of 2
    ("what-order-buys", "few"): "b",
    ("what-order-buys", "atoms"): "c",
    ("what-order-buys", "score"): "c",
    ("score-error", "ode"): "c",
    ("score-error", "ddpm"): "a",
    ("score-error", "smooth"): "a",
    ("memorisation", "steps"): "c",
    ("memorisation", "learned"): "b",
    ("guidance", "limit"): "c",
    ("guidance", "samplers"): "a",
    ("guidance", "mode"): "c",
    ("how-loose", "applies"): "b",
    ("how-loose", "above"): "low",  # of a guess of 2
    ("how-loose", "later"): "b",
    ("how-loose", "useful"): "c",
    ("all-at-once", "once"): "c",
    ("all-at-once", "four"): "b",
    ("masked-or-uniform", "even"): "b",
    ("masked-or-uniform", "shorter"): "a",
}


def test_every_prediction_is_listed() -> None:
    assert set(TODAY) == {(lesson.name, step.name) for lesson, step in ASKED}


@pytest.mark.parametrize(("lesson", "step"), ASKED, ids=name)
def test_the_measured_numbers_bear_out_the_answer_that_is_explained(
    lesson: Lesson, step: Any
) -> None:
    found, today = numbers(step.run.numbers), TODAY[lesson.name, step.name]
    if isinstance(step, Guess):
        said = {"half": 50.0, "distance": 40.0}.get(step.name, 2.0)
        assert step.judge(found[step.number], said) == today
        assert step.low < found[step.number] < step.high
    else:
        assert step.truth(found) == today


def test_the_numbers_of_the_theory_page() -> None:
    """theory.md, exact computation, three modes."""
    rates, start = LESSONS["rates"].steps[1], LESSONS["initialisation"].steps[1]
    found = numbers(rates.run.numbers)
    assert found["theory_512"] == pytest.approx(0.0365, rel=2e-3)
    assert found["theory_1024"] == pytest.approx(0.0221, rel=2e-3)
    assert found["slope"] == pytest.approx(-0.70, abs=0.02)
    found = numbers(start.run.numbers)
    assert found["floor"] == pytest.approx(5.4e-4, rel=0.02)
    assert numbers(LESSONS["schedules"].steps[1].run.numbers)["ode_last"] > 0.9
    assert numbers(LESSONS["bounds"].steps[1].run.numbers)["slope"] == pytest.approx(-1, abs=0.02)


def test_the_numbers_of_the_lesson_on_order() -> None:
    linear, where, heun = (numbers(step_of("order", s).run.numbers) for s in ORDER_STEPS)
    assert linear["slope_even"] == pytest.approx(-2, abs=0.03)
    assert -1.8 < linear["slope_linear"] < -1.2
    assert where["added"] < 0.05 * where["steps"]
    assert where["gain_data"] > 5
    assert where["gain_noise"] == pytest.approx(1, abs=0.01)
    assert where["slope_data"] == pytest.approx(-2, abs=0.05)
    assert where["wide_last"] > math.log(2) / 2
    assert where["even_first"] / where["even_last"] == pytest.approx(1023 / 127)
    assert heun["slope_heun"] == pytest.approx(-2, abs=0.05)
    assert heun["slope_sigmoid"] == pytest.approx(-1, abs=0.02)


def test_the_numbers_of_the_lesson_on_what_order_buys() -> None:
    steps = ("slopes", "few", "atoms", "score")
    slopes, few, atoms, score = (numbers(step_of("what-order-buys", s).run.numbers) for s in steps)
    for k in buys.ALL:
        assert math.log2(slopes[f"factor_{k}"]) == pytest.approx(k, abs=0.08)
        assert score[f"wrong_{k}"] == pytest.approx(0.099, rel=0.02)
        record = buys.ALL[k].record
        assert few[f"updates_{k}"] == buys.FEW // record.evaluations
    assert few["few_1"] < few["few_2"] < few["few_3"] <= few["few_4"]
    assert few["more_3"] < 0.01 * few["more_1"]
    assert atoms["slope_even"] == pytest.approx(-3, abs=0.03)
    assert -3 < atoms["slope_theory"] < -2  # with log^4 T
    assert atoms["wide_first"] > atoms["wide_last"] > 0.5
    assert atoms["last"] == pytest.approx(atoms["alone"], rel=0.01)
    assert score["gain_clean"] > 1e4


def test_the_numbers_of_the_lessons_on_tokens() -> None:
    """8 fair coins: 254 of 256 words are wrong, each of the two right ones 127 times too rare."""
    once = numbers(step_of("all-at-once", "once").run.numbers)
    assert once["tv"] == pytest.approx(1 - 2**-7)
    assert once["kl"] == pytest.approx(7 * math.log(2))
    four = numbers(step_of("all-at-once", "four").run.numbers)
    assert four["words"] == pytest.approx(0.5)  # whether the first two coins agree


def test_the_level_on_atoms_is_the_product_of_the_updates_around_one() -> None:
    """Around an atom an Euler step from noise t h to (t - 1) h multiplies by 1 - 1/(2t), the exact
    one by sqrt(1 - 1/t): together 2/sqrt(pi) too much, whatever T is."""
    run = buys.ALONE.with_(sampler="ode")
    ratio = 2 / math.sqrt(math.pi)
    root = math.sqrt(2 * math.log(ratio) / (1 - ratio**-2))  # where the two densities cross
    level = math.erf(root / math.sqrt(2)) - math.erf(root / ratio / math.sqrt(2))
    even_noise = run.with_(schedule=Linear(0.1, 0.1), steps=4096)
    assert Lab().tv(even_noise) == pytest.approx(level, rel=0.005)
    found = [Lab().tv(run.with_(steps=t)) for t in (512, 2048, 8192)]
    assert found[0] > found[1] > found[2] > level
    assert found[2] - level < 0.25 * (found[0] - level)


ORDER_STEPS = ("linear", "where", "heun")


@pytest.mark.parametrize("steps", [64, 256])
def test_finer_grids_keep_every_level_and_the_ends(steps: int) -> None:
    run = order.LINEAR.with_(steps=steps)
    fine, elsewhere = order.finer_near_data(run), order.finer_near_noise(run)
    assert fine.steps == elsewhere.steps > steps
    assert order.widths(fine).max() <= order.LONG / steps * (1 + 1e-9)
    for other in (fine, elsewhere):
        near = np.abs(order.levels(other)[:, None] - order.levels(run)).min(axis=0)
        assert near.max() < 1e-9
        assert (order.widths(other) > 0).all()


def test_between_fixed_ends_the_linear_times_give_order_two() -> None:
    """What the lesson's cure says: beta from 0.1 to 20, from 1 - abar = 0.001 on."""

    def cut(steps: int) -> Experiment:
        first = (-0.1 + math.sqrt(0.01 - 2 * 19.9 * math.log1p(-0.001))) / 19.9
        u = np.linspace(first, 1, steps)
        abar = tuple(np.exp(-(0.1 * u + 19.9 * u**2 / 2)).tolist())
        return order.LINEAR.with_(schedule=Custom(abar), steps=steps)

    first, last = (Lab().tv(cut(steps)) for steps in (256, 512))
    assert math.log2(last / first) == pytest.approx(-2, abs=0.05)


@pytest.mark.parametrize("share", first.SHARES)
def test_the_mass_in_the_wrong_place_is_what_is_too_much(share: str) -> None:
    """Were the bumps apart, TV would be |m - 0.4|, m the share in the middle: a trace more."""
    apart = abs(float(share.removesuffix(" %")) / 100 - 0.4)
    assert apart - 0.01 < numbers(first._only(share).numbers)["tv"] <= apart + 1e-9


def test_a_bound_touches_the_measured_points_from_above() -> None:
    found = Lab().curve(loose.mine(DEFAULT), loose.STEPS)
    for theorem in THEOREMS["ddpm"]:
        shape = loose.touching(theorem, found)
        over = [shape(m.steps) / m.value for m in found]
        assert min(over) == pytest.approx(1)
        start = theorem.below_one
        bound = [theorem.leading(1, start * factor) for factor in (0.99, 1.0, 1.01)]
        assert bound[0] > bound[1] > bound[2]
        assert bound[1] == pytest.approx(1)


@pytest.mark.parametrize("preset", ["skewed", "two-moons", "correlated-gaussian", "atoms"])
def test_the_last_lesson_is_about_the_readers_own_target(preset: str) -> None:
    own = Experiment(PRESETS[preset].target, preset=preset, sampler="heun", steps=12)
    run = loose.mine(own)
    quick = preset != "two-moons"
    assert (run.target == own.target) == quick == loose.is_quick(own)
    assert run.schedule.kind == "theory"
    support = own.target.support()
    holds = own.target.absolutely_continuous + support.bounded
    found = loose.LOOSE.steps[1].run.numbers(Lab(own=own))  # type: ignore[union-attr]
    assert found["hold"] == (holds if quick else 1)


# ---- reactions, with made-up numbers

MADE_UP = [
    ("first-words", "law", {"moved": 1.0}, "a"),
    ("first-words", "law", {"moved": 10.0}, "b"),
    ("first-words", "law", {"moved": 30.0}, "c"),
    ("first-words", "score", {"score": -1.0}, "a"),
    ("first-words", "score", {"score": 0.0}, "b"),
    ("first-words", "score", {"score": 1.0}, "c"),
    ("how-loose", "applies", {"hold": 2}, "a"),
    ("how-loose", "applies", {"hold": 1}, "b"),
    ("how-loose", "later", {"above_later": 1.2}, "a"),
    ("how-loose", "later", {"above_later": 5.0}, "b"),
    ("how-loose", "later", {"above_later": 20.0}, "c"),
    ("how-loose", "useful", {"useful": 100}, "a"),
    ("how-loose", "useful", {"useful": 10_000}, "b"),
    ("how-loose", "useful", {"useful": 24_000_000}, "c"),
    ("noising", "cosine", {"half_linear": 20, "half_cosine": 10}, "a"),
    ("noising", "cosine", {"half_linear": 20, "half_cosine": 21}, "b"),
    ("noising", "cosine", {"half_linear": 20, "half_cosine": 30}, "c"),
    ("score", "pull", {"score_much": 0.01}, "a"),
    ("score", "pull", {"score_much": -0.5}, "b"),
    ("score", "pull", {"score_much": 0.5}, "c"),
    ("score", "little", {"off_little": 0.001}, "a"),
    ("score", "little", {"off_little": 0.1}, "b"),
    ("sampling", "mode", {"same_ddpm": 0.95}, "a"),
    ("sampling", "mode", {"same_ddpm": 0.7}, "b"),
    ("sampling", "mode", {"same_ddpm": 0.3}, "c"),
    ("sampling", "laws", {"tv_both": 0.3}, "a"),
    ("sampling", "laws", {"tv_both": 0.1}, "b"),
    ("sampling", "heun", {"same_heun": 0.95}, "a"),
    ("sampling", "heun", {"same_heun": 0.6}, "b"),
    ("sampling", "heun", {"same_heun": 0.4}, "c"),
    ("measuring", "seen", {"ratio": 1.1}, "a"),
    ("measuring", "seen", {"ratio": 3}, "b"),
    ("measuring", "seen", {"ratio": 20}, "c"),
    ("measuring", "fall", {"fall": 10}, "a"),
    ("measuring", "fall", {"fall": 3.1}, "b"),
    ("measuring", "fall", {"fall": 2}, "c"),
    ("rates", "linear", {"factor_linear": 1.6}, "a"),
    ("rates", "linear", {"factor_linear": 2.03}, "b"),
    ("rates", "linear", {"factor_linear": 4}, "c"),
    ("bounds", "slope", {"slope": -0.5}, "a"),
    ("bounds", "slope", {"slope": -1.0}, "b"),
    ("bounds", "slope", {"slope": -2.0}, "c"),
    ("bounds", "gain", {"gain": 1.1}, "a"),
    ("bounds", "gain", {"gain": 3}, "b"),
    ("bounds", "gain", {"gain": 16}, "c"),
    ("acceleration", "few", {"second_16": 0.1, "ode_16": 0.5}, "a"),
    ("acceleration", "few", {"second_16": 0.5, "ode_16": 0.1}, "b"),
    ("acceleration", "few", {"second_16": 0.5, "ode_16": 0.49}, "c"),
    ("acceleration", "dpm", {"dpm_16": 0.5, "ode_16": 0.4, "second_16": 0.6}, "a"),
    ("acceleration", "dpm", {"dpm_16": 0.1, "ode_16": 0.4, "second_16": 0.6}, "b"),
    ("initialisation", "more", {"factor": 16}, "a"),
    ("initialisation", "more", {"factor": 4}, "b"),
    ("initialisation", "more", {"factor": 0.9}, "c"),
    ("initialisation", "exact", {"factor_right": 16}, "a"),
    ("initialisation", "exact", {"factor_right": 4}, "b"),
    ("initialisation", "exact", {"factor_right": 1}, "c"),
    ("initialisation", "longer", {"tv_longer": 1e-5, "noise_1024": 1e-3}, "a"),
    ("initialisation", "longer", {"tv_longer": 9e-4, "noise_1024": 1e-3}, "b"),
    ("schedules", "cosine", {"ode_last": 0.01}, "a"),
    ("schedules", "cosine", {"ode_last": 0.2}, "b"),
    ("schedules", "cosine", {"ode_last": 0.9}, "c"),
    ("schedules", "ddim", {"ddim_last": 0.01}, "a"),
    ("schedules", "ddim", {"ddim_last": 0.2}, "b"),
    ("schedules", "ddim", {"ddim_last": 0.9}, "c"),
    ("order", "linear", {"slope_linear": -2.0}, "a"),
    ("order", "linear", {"slope_linear": -1.5}, "b"),
    ("order", "linear", {"slope_linear": -1.0}, "c"),
    ("order", "where", {"gain_data": 1.0, "gain_noise": 5.0}, "a"),
    ("order", "where", {"gain_data": 7.0, "gain_noise": 1.0}, "b"),
    ("order", "where", {"gain_data": 1.1, "gain_noise": 1.0}, "c"),
    ("order", "heun", {"slope_heun": -2.0}, "a"),
    ("order", "heun", {"slope_heun": -1.5}, "b"),
    ("order", "heun", {"slope_heun": -1.0}, "c"),
    ("what-order-buys", "few", {"least": 0.1, "few_1": 0.5}, "a"),
    ("what-order-buys", "few", {"least": 0.5, "few_1": 0.1}, "b"),
    ("what-order-buys", "few", {"least": 0.1, "few_1": 0.101}, "c"),
    ("what-order-buys", "atoms", {"slope": -3.0}, "a"),
    ("what-order-buys", "atoms", {"slope": -2.0}, "b"),
    ("what-order-buys", "atoms", {"slope": -0.5}, "c"),
    ("what-order-buys", "score", {"gain_wrong": 100.0}, "a"),
    ("what-order-buys", "score", {"gain_wrong": 3.0}, "b"),
    ("what-order-buys", "score", {"gain_wrong": 1.01}, "c"),
    ("score-error", "ode", {"ode": 0.1, "ode_rough": 0.11}, "a"),
    ("score-error", "ode", {"ode": 0.1, "ode_rough": 0.5}, "b"),
    ("score-error", "ode", {"ode": 0.1, "ode_rough": 0.95}, "c"),
    ("score-error", "ddpm", {"ddpm": 0.1, "ddpm_rough": 0.11}, "a"),
    ("score-error", "ddpm", {"ddpm": 0.1, "ddpm_rough": 0.5}, "b"),
    ("score-error", "ddpm", {"ddpm": 0.1, "ddpm_rough": 0.95}, "c"),
    ("score-error", "smooth", {"ode_smooth": 0.4, "ode_rough": 0.9}, "a"),
    ("score-error", "smooth", {"ode_smooth": 0.9, "ode_rough": 0.9}, "b"),
    ("memorisation", "steps", {"copy_50": 0.4, "copy_200": 0.1}, "a"),
    ("memorisation", "steps", {"copy_50": 0.4, "copy_200": 0.38}, "b"),
    ("memorisation", "steps", {"copy_50": 0.4, "copy_200": 0.6}, "c"),
    ("memorisation", "learned", {"learned_200": 0.5, "copy_200": 0.4}, "a"),
    ("memorisation", "learned", {"learned_200": 0.2, "copy_200": 0.4}, "b"),
    ("guidance", "limit", {"few": 0.3, "many": 0.1}, "a"),
    ("guidance", "limit", {"few": 0.3, "many": 0.29}, "b"),
    ("guidance", "limit", {"few": 0.3, "many": 0.4}, "c"),
    ("guidance", "samplers", {"many": 0.3, "ddpm": 0.1}, "a"),
    ("guidance", "samplers", {"many": 0.3, "ddpm": 0.31}, "b"),
    ("guidance", "samplers", {"many": 0.3, "ddpm": 0.6}, "c"),
    ("guidance", "mode", {"left": 0.55}, "a"),
    ("guidance", "mode", {"left": 0.2}, "b"),
    ("guidance", "mode", {"left": 0.001}, "c"),
    ("all-at-once", "once", {"tv": 0.05}, "a"),
    ("all-at-once", "once", {"tv": 0.5}, "b"),
    ("all-at-once", "once", {"tv": 0.99}, "c"),
    ("all-at-once", "four", {"one": 0.5, "four": 0.4}, "a"),
    ("all-at-once", "four", {"one": 0.5, "four": 0.1}, "b"),
    ("masked-or-uniform", "even", {"masked": 0.2, "uniform": 0.1}, "a"),
    ("masked-or-uniform", "even", {"masked": 0.1, "uniform": 0.2}, "b"),
    ("masked-or-uniform", "shorter", {"masked": 0.2, "uniform": 0.1}, "a"),
    ("masked-or-uniform", "shorter", {"masked": 0.1, "uniform": 0.2}, "b"),
]


def step_of(lesson: str, step: str) -> Any:
    return next(s for s in LESSONS[lesson].steps if s.name == step)


@pytest.mark.parametrize(("lesson", "step", "found", "truth"), MADE_UP)
def test_each_branch_of_a_prediction(
    lesson: str, step: str, found: dict[str, float], truth: str
) -> None:
    predict, say = step_of(lesson, step), LESSONS[lesson].say
    assert predict.truth(found) == truth
    for answer in predict.letters:
        said = predict.reaction(found, answer, say)
        assert said[:2] == [f"{step}-found", f"{step}-is-{truth}"]
        comment = f"{step}-not-{answer}"
        assert (comment in said) == (answer != truth and comment in say.blocks)


def test_every_option_of_every_prediction_can_be_true() -> None:
    listed = {(lesson, step, truth) for lesson, step, _, truth in MADE_UP}
    for lesson, step in ASKED:
        for letter in getattr(step, "letters", ""):
            assert (lesson.name, step.name, letter) in listed


@pytest.mark.parametrize(
    ("guess", "said"), [(1.0, "low"), (1.6, "close"), (1.75, "close"), (1.9, "high"), (0.0, "low")]
)
def test_a_guess_is_low_close_or_high(guess: float, said: str) -> None:
    step = Guess("x", 0.0, 4.0, "factor", Run(lambda lab: {}), within=1.1)
    found = {"factor": 1.65}
    assert step.judge(1.65, guess) == said
    assert step.reaction(found, as_answer(guess), LESSONS["rates"].say) == ["x-found", f"x-{said}"]


# ---- progress in the link


@pytest.mark.parametrize("number", [0.2, 2.0, 1.65, 47.0, 99.5])
def test_a_guess_in_the_link_is_the_guess(number: float) -> None:
    text = as_answer(number)
    assert re.fullmatch(r"[0-9-]+", text)
    assert as_number(text) == number
    assert ANSWERS.read(ANSWERS.write((text, "b"))) == (text, "b")


@pytest.mark.parametrize("text", ["", "a..b", "z", "A", "1.e5", "-1", "1-", "a b", "a." * 40 + "a"])
def test_answers_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(InputError, match=r"^answers: "):
        ANSWERS.read(text)


@pytest.mark.parametrize("text", ["0", "-1", "x", "", "1e1", "99", "²"])
def test_steps_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(InputError, match=r"^step: "):
        STEP.read(text)


def values(**settings: str) -> dict[str, Any]:
    known: dict[str, Setting] = {s.name: s for s in SETTINGS}
    return {s.name: s.default for s in SETTINGS} | {
        k: known[k].read(v) for k, v in settings.items()
    }


@pytest.mark.parametrize(
    ("settings", "names", "why"),
    [
        ({"lesson": "rates", "step": "2"}, (), ""),
        ({"lesson": "rates", "step": "5", "answers": "2.b"}, (), ""),
        ({"lesson": "rates", "step": "3"}, ("step",), "no answer yet"),
        ({"lesson": "rates", "step": "7", "answers": "2.b.b.c"}, ("step", "answers"), "6 steps"),
        ({"lesson": "rates", "answers": "2.b.b.c.a"}, ("step", "answers"), "asks 4 times"),
        ({"lesson": "rates", "answers": "b"}, ("step", "answers"), "number 1 must be a number"),
        ({"lesson": "rates", "answers": "9"}, ("step", "answers"), "from 1 to 4"),
        ({"lesson": "rates", "answers": "2.2"}, ("step", "answers"), "number 2 must be one of"),
        ({"lesson": "rates", "answers": "2.d"}, ("step", "answers"), "one of a, b, c"),
        ({"step": "2"}, ("step", "answers"), "needs a lesson"),
    ],
)
def test_a_link_says_only_what_is_possible(
    settings: dict[str, str], names: tuple[str, ...], why: str
) -> None:
    found, said = clash(values(**settings))
    assert tuple(found) == names
    assert why in said


HANDED_IN = {
    "noising": "99.c.c.c",
    "score": "c.b.c.c",
    "sampling": "c.b.c.c",
    "measuring": "c.c.c.c",
    "rates": "1-65.c.c.c",
    "bounds": "c.c.c.c",
    "acceleration": "c.30.b.c",
    "initialisation": "c.c.b.c",
    "schedules": "c.c.c.c",
    "order": "c.c.c.c.c",
    "what-order-buys": "40.c.c.c.c.c",
    "score-error": "c.c.b.c",
    "memorisation": "c.b.c.c",
    "guidance": "c.c.c.c",
    "first-words": "c.c.100.c.c",
    "how-loose": "b.1000.c.c.c.c",
}


@pytest.mark.parametrize(("lesson", "answers"), HANDED_IN.items())
def test_answers_that_were_handed_in_stay_answers(lesson: str, answers: str) -> None:
    """A link with the last option, or the largest guess, at every question of a lesson."""
    steps = str(len(LESSONS[lesson].steps))
    assert clash(values(lesson=lesson, step=steps, answers=answers)) == ((), "")


@pytest.mark.parametrize("lesson", LESSONS.values(), ids=name)
def test_the_next_step_waits_for_an_answer(lesson: Lesson) -> None:
    for count, place in enumerate(lesson.asking):
        assert lesson.reachable(count) == place + 1
    assert lesson.reachable(len(lesson.asking)) == len(lesson.steps)
