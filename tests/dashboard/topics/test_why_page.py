"""The page that explains the rates: its numbers are the core's, and every reader gets an answer."""

from __future__ import annotations

import math
import re
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from dashboard.prose import prose
from dashboard.topics.why import measure as why_measure
from dashboard.topics.why import words as why_words
from diffusion_core import PRESETS, SAMPLERS, Experiment, measure
from diffusion_core.schedules import Custom, Linear
from diffusion_core.studies.budget import budget
from tests.dashboard.visiting import address, calm, printed, said, visit

DEFAULT = Experiment(preset="three-modes", steps=30)


@pytest.fixture(scope="module")
def page() -> AppTest:
    return calm(visit("why", DEFAULT))


def tables(app: AppTest) -> list[Any]:
    return [frame.value for frame in app.dataframe]


def test_the_sum_of_the_parts_is_the_budgets(page: AppTest) -> None:
    found = budget(DEFAULT)
    assert f"TV(q₁, p₁) = **{found.total.value:.3f}**" in said(page)
    assert f"**{found.sum.value:.3f}**" in said(page)
    assert "tried at all\n29 steps and is true at 29" in said(page)


def test_the_slopes_are_those_expected(page: AppTest) -> None:
    local = tables(page)[0]
    assert len(local) == len(why_measure.LOCAL)
    assert list(local["expected power of β"]) == [2, 3, 2, 3, 3, 2]
    rows = zip(
        why_measure.LOCAL, local["expected power of β"], local["slope, smallest β"], strict=True
    )
    for name, power, slope in rows:
        near = 0.03 if name == "ddpm-covariance" else 0.02  # that one settles later
        assert float(slope) == pytest.approx(power, abs=near)


def test_the_page_shows_what_a_step_misses_in_mean_and_variance(page: AppTest) -> None:
    rows = tables(page)[1]
    assert len(rows) == 7
    for name, power in (("ddpm", 2), ("ddpm-covariance", 3), ("ddpm-accelerated", 3)):
        sizes = [float(number(v)) for v in rows[f"variance, {SAMPLERS[name].label}"]]
        assert math.log2(sizes[-2] / sizes[-1]) == pytest.approx(power, abs=0.02)
    for name in ("ddpm", "ddpm-covariance"):
        assert set(rows[f"mean, {SAMPLERS[name].label}"]) == {"0"}
    mean = [float(number(v)) for v in rows[f"mean, {SAMPLERS['ddpm-accelerated'].label}"]]
    shift = [float(number(v)) for v in rows["(β²/4) s″/√α"]]
    assert math.log2(mean[-2] / mean[-1]) == pytest.approx(2, abs=0.02)
    assert mean[-1] == pytest.approx(shift[-1], rel=0.01)
    assert "**exact** in the mean, **2.00** in the variance" in said(page)
    found = re.search(r"is \*\*(−?[\d.]+)\*\*, and \$s_t''/4\$ is \*\*(−?[\d.]+)\*\*", said(page))
    assert found
    measured, formula = (float(text.replace("−", "-")) for text in found.groups())
    assert measured == pytest.approx(formula, rel=0.006)


def number(text: str) -> str:
    """1.2·10⁻⁵ as 1.2e-5."""
    return text.replace("·10", "e").translate(str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-"))


def test_a_gaussian_target_is_said_to_flatter_the_training_free_step() -> None:
    run = Experiment(PRESETS["gaussian"].target, preset="gaussian", steps=8)
    app = calm(visit("why", run))
    assert "This score is linear" in said(app)
    [row] = [n for n, name in enumerate(why_measure.LOCAL) if name == "ddpm-accelerated"]
    assert float(tables(app)[0]["slope, smallest β"].iloc[row]) == pytest.approx(3, abs=0.05)


def test_the_distance_over_its_form_settles(page: AppTest) -> None:
    rows = tables(page)[2]
    assert list(rows["T"]) == list(why_measure.STEPS)
    over = [float(v) for v in rows["TV over log²T/T"]]
    assert over[-1] == pytest.approx(over[-2], rel=0.02)
    tv = measure(DEFAULT.with_(steps=1024, start="exact")).value
    assert float(rows["TV(q₁, p₁), from p_T"].iloc[-1]) == pytest.approx(tv, rel=1e-3)


def test_every_block_of_the_prose_is_used() -> None:
    import ast
    from pathlib import Path

    root = Path(why_measure.__file__).parents[3]
    used = set()
    files = ("pages/why.py", "dashboard/topics/why/words.py", "dashboard/topics/why/one_step.py")
    for file in (root / name for name in files):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                used.add(node.value)
    assert set(prose("why").blocks) <= used
    assert not re.search(r"\[\[|\]\]", "".join(prose("why")("intro")))


def test_displayed_formulas_stand_between_lines_of_their_own() -> None:
    for name in ("why",):
        for block, text in prose(name).blocks.items():
            lines = text.splitlines()
            assert all(line == "$$" for line in lines if "$$" in line), (name, block)
            assert sum(line == "$$" for line in lines) % 2 == 0, (name, block)


def test_x_is_a_place_and_never_a_ratio() -> None:
    """The steps of the Gaussian's path have a letter of their own."""
    blocks = prose("why").blocks
    assert all("x_t" not in text for text in blocks.values())
    assert r"$\kappa_t=\beta_t/V_t$" in blocks["paths"]
    assert r"\kappa_t" in blocks["paths-logs"]


def test_no_place_is_left_open(page: AppTest) -> None:
    text = said(page) + " ".join(c.value for c in page.caption)
    assert "[[" not in text
    assert "nan" not in text


def test_the_pages_python_prints_its_numbers(page: AppTest) -> None:
    lines = [[float(word) for word in line.split()] for line in printed(page)]
    assert len(lines) == 7 + len(why_measure.STEPS)
    local, paths = tables(page)[0], tables(page)[3]
    constant = float(local["TV / β^power"].iloc[0])
    assert lines[6][1] / lines[6][0] ** 2 == pytest.approx(constant, rel=1e-2)
    assert lines[-1][1] == pytest.approx(float(paths["KL of paths"].iloc[-1]), rel=1e-3)


def test_settings_travel_in_the_link() -> None:
    app = calm(visit("why", DEFAULT.with_(steps=8), noise="0.5", variance="0.25"))
    assert app.session_state["control: why.noise"] == 0.5
    assert app.session_state["control: why.variance"] == 0.25
    assert address(app)["noise"] == "0.5"


def test_a_second_order_sampler_on_the_linear_schedule() -> None:
    run = DEFAULT.with_(sampler="heun", schedule=Linear())
    app = calm(visit("why", run))
    local = tables(app)[0]
    assert float(local["slope, smallest β"].iloc[-1]) == pytest.approx(3, abs=0.05)
    assert "1/T²" in " ".join(tables(app)[2].columns)
    assert any("Your schedule is not the theory's" in c.value for c in app.caption)


def test_a_multistep_method_and_a_custom_schedule_are_answered_in_words() -> None:
    run = Experiment(schedule=Custom((0.9, 0.5, 0.1, 0.01)), steps=4, sampler="dpmpp-2m")
    app = calm(visit("why", run))
    words = " ".join(i.value for i in app.info)
    assert "remembers the step before" in words
    assert "exists at one $T$ only" in words
    assert len(tables(app)[0]) == len(why_measure.LOCAL)
    assert any("linear schedule, since yours" in c.value for c in app.caption)


def test_the_plane_says_what_it_leaves_out() -> None:
    run = Experiment(PRESETS["atoms-2d"].target, preset="atoms-2d", steps=8, sampler="ddpm")
    app = calm(visit("why", run))
    assert sum("take seconds to minutes" in i.value for i in app.info) == 2
    local = tables(app)[0]
    assert list(local["sampler"]) == ["ODE (probability flow)", "DDPM"]
    assert "choose a target\non the line" in said(app)


def test_the_form_names_its_logarithms() -> None:
    assert why_words.form_text(DEFAULT, 2) == "log²T/T"
    assert why_words.form_text(DEFAULT.with_(sampler="ode-accelerated"), 3) == "log³T/T²"
    assert why_words.form_text(DEFAULT.with_(sampler="dpmpp-3m"), 4) == "log⁴T/T³"
    assert (
        why_words.form_text(DEFAULT.with_(schedule=Linear()), why_measure.log_power(DEFAULT) - 2)
        == "1/T"
    )


@pytest.mark.parametrize(
    ("sampler", "power"), [("ode", 2), ("ode-accelerated", 3), ("ddpm", 1), ("ddim", 1)]
)
def test_which_power_of_the_logarithm_fits(sampler: str, power: int) -> None:
    run = DEFAULT.with_(sampler=sampler)
    rows = why_measure.together(run, st.empty())
    assert not isinstance(rows, str)
    assert why_words.settled_power(run, rows) == power
    a, b = (r.settled if power == why_measure.log_power(run) else r.fewer for r in rows[-2:])
    assert b == pytest.approx(a, rel=0.02)
