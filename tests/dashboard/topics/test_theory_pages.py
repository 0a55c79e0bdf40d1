"""The pages on theory, literature and notation: complete, and honest about what is known how."""

from __future__ import annotations

import ast
import dataclasses
import inspect
import json
import math
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from dashboard.navigation import PAGES
from dashboard.prose import prose
from dashboard.text.mathematics import typeset
from dashboard.text.numbers import rounded
from dashboard.topics.assumptions import words as assumed
from dashboard.topics.literature import figures, table
from dashboard.topics.literature.figures import COLOURS, steps_figure
from dashboard.topics.notation import glossary
from dashboard.topics.theory import bounds
from dashboard.topics.theory import cards as theory_cards
from diffusion_core import PRESETS, SAMPLERS, Experiment, measure
from diffusion_core.samplers import sampler_record
from diffusion_core.samplers.ddim import ddim
from diffusion_core.samplers.ddpm import ddpm
from diffusion_core.samplers.dpmpp import dpmpp_2m
from diffusion_core.samplers.parts import factors
from diffusion_core.samplers.update import unmarked
from diffusion_core.schedules import Chain, Custom, Karras, Linear, Theory
from diffusion_core.scores.errors import Shift
from diffusion_core.scores.learned import Learned
from diffusion_core.studies.forward import relative_steps
from diffusion_core.targets import Points
from diffusion_core.theory.theorems import THEOREMS, Term, Theorem, theorems
from tests.dashboard.visiting import address, calm, printed, said, visit

DEFAULT = Experiment(preset="three-modes", steps=30)
ROOT = Path(table.__file__).parents[3]
EVERY = [theorem for found in THEOREMS.values() for theorem in found]


def of_shape(power: float, logs: float) -> Theorem:
    return replace(EVERY[0], terms=(Term(0, logs, power),))


def constants(*files: str) -> set[str]:
    """Every text in the code of these files."""
    return {
        node.value
        for file in files
        for node in ast.walk(ast.parse((ROOT / file).read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


# ---- prose


def test_every_block_is_used() -> None:
    used = constants(
        "pages/theory.py", "dashboard/topics/theory/cards.py", "dashboard/topics/theory/bounds.py"
    )
    cards = {theory_cards.card_name(theorem) for theorem in EVERY}
    used |= {f"{kind}-{card}" for kind in ("card", "not") for card in cards}
    used |= {f"extra-{name}" for name in theory_cards.EXTRAS}
    used |= {f"term-{term.purpose}" for record in SAMPLERS.values() for term in record.terms}
    assert set(prose("theory").blocks) <= used
    assert set(prose("literature").blocks) <= constants("pages/literature.py")
    used = constants("pages/notation.py", "dashboard/topics/notation/glossary.py")
    assert set(prose("notation").blocks) <= used


@pytest.mark.parametrize("name", ["theory", "why", "literature", "notation"])
def test_displayed_formulas_have_lines_of_their_own(name: str) -> None:
    for block, words in prose(name).blocks.items():
        fences = [line for line in words.splitlines() if "$$" in line]
        assert all(line == "$$" for line in fences), block
        assert len(fences) % 2 == 0, block


# ---- theory


@pytest.mark.parametrize("name", SAMPLERS)
def test_every_sampler_has_terms_code_and_its_cards(name: str) -> None:
    app = calm(visit("theory", DEFAULT.with_(sampler=name)))
    text = said(app)
    assert "[[" not in text + " ".join(c.value for c in app.caption)
    assert app.code[0].value == theory_cards.source(SAMPLERS[name])
    assert any(
        f"{SAMPLERS[name].label} {SAMPLERS[name].equation}".strip() in h.value for h in app.header
    )
    for theorem in theorems(name):
        assert f"https://arxiv.org/abs/{theorem.arxiv}" in text
        assert theory_cards.statement(theorem) in text
        assert theory_cards.not_said(theorem) in text
    assert bool(theorems(name)) != any("No convergence theorem" in i.value for i in app.info)


def test_the_code_shown_is_the_code_that_runs() -> None:
    for name, record in SAMPLERS.items():
        shown = theory_cards.source(record)
        files = (ROOT / "diffusion_core/samplers").glob("*.py")
        assert any(shown.splitlines()[-1] in file.read_text(encoding="utf-8") for file in files)
        for stage in record.stages:
            assert inspect.getsource(stage).split("(")[0].strip() in shown
        assert name == "ddim" or shown.count("def ") == max(1, len(set(record.stages)))
    assert "def dpmpp_2m" in theory_cards.source(SAMPLERS["dpmpp-2m"])
    assert len(theory_cards.source(SAMPLERS["ddpm-accelerated"]).split("\ndef ")) == 2


def numbers(kind: str, chain: Chain, t: int, eta: float = 0.0) -> list[float]:
    """The numbers in the printed terms of an update."""
    record = sampler_record(kind, eta)
    return [float(term.factor(factors(record, chain, t))) for term in record.terms]


@pytest.mark.parametrize("at", [0, 50, 100])
def test_the_factors_are_those_of_the_update(at: int) -> None:
    """An affine score makes every factor visible from outside."""
    run = DEFAULT.with_(sampler="ddpm", schedule=Linear())
    t = theory_cards.place_in_chain(run.steps, at)
    factor, push, noise = numbers("ddpm", run.chain, t)

    def step(y: float, s: float, z: float) -> float:
        law = ddpm(y, t, run.chain, lambda t, y: s, unmarked)
        return float(law.mean + law.spread * z)

    assert step(1.0, 0.0, 0.0) == pytest.approx(factor)
    assert step(0.0, 1.0, 0.0) == pytest.approx(factor * push)
    assert step(0.0, 0.0, 1.0) == pytest.approx(factor * noise)
    assert 2 <= t <= run.steps


def test_ddim_is_put_together_from_its_terms() -> None:
    run = DEFAULT.with_(sampler="ddim", eta=0.5)
    t, chain = 20, run.chain
    clean, noise, fresh = numbers("ddim", chain, t, 0.5)
    y, s, z = 0.7, -0.3, 1.2
    eps = -math.sqrt(chain.var[t]) * s
    x0 = (y - math.sqrt(chain.var[t]) * eps) / math.sqrt(chain.abar[t])
    law = ddim(0.5)(y, t, chain, lambda t, y: s, unmarked)
    assert clean * x0 + noise * eps + fresh * z == pytest.approx(law.mean + law.spread * z)


def test_the_variance_that_2501_12982_prints_is_ddims_before_it_is_divided() -> None:
    card, chain = prose("theory")("card-2501-12982-ddim-eta1"), DEFAULT.chain
    assert r"\nu_t^2=(1-\bar\alpha_{t-1})(1-\alpha_t)/(1-\bar\alpha_t)$" in card
    assert r"\alpha_t\nu_t^2=(\alpha_t-\bar\alpha_t)(1-\alpha_t)/(1-\bar\alpha_t)$" in card
    for t in (2, 10, chain.steps):
        _, _, fresh = numbers("ddim", chain, t, 1.0)
        alpha, abar, beta, var = (a[t] for a in (chain.alpha, chain.abar, chain.beta, chain.var))
        assert fresh**2 == pytest.approx(chain.var[t - 1] * beta / var)
        assert alpha * fresh**2 == pytest.approx((alpha - abar) * beta / var)


def test_dpm_solver_is_put_together_from_its_terms() -> None:
    t, chain, y, s = 10, DEFAULT.chain, 0.7, -0.3
    ratio, weight, share = numbers("dpmpp-2m", chain, t)
    h = [
        (math.log(chain.abar[k - 1] / chain.var[k - 1]) - math.log(chain.abar[k] / chain.var[k]))
        / 2
        for k in (t, t + 1)
    ]
    eps = -math.sqrt(chain.var[t]) * s
    x0 = (y - math.sqrt(chain.var[t]) * eps) / math.sqrt(chain.abar[t])
    made, _ = dpmpp_2m(y, t, chain, lambda t, y: s, unmarked, (0.4, h[1]))
    assert ratio * y + weight * ((1 + share) * x0 - share * 0.4) == pytest.approx(float(made))
    assert numbers("dpmpp-2m", chain, chain.steps)[2] == 0


def symbols() -> list[str]:
    """Every symbol of the notation page's tables, without its dollars."""
    rows = "\n".join(prose("notation")(block) for block in glossary.SYMBOLS).splitlines()
    first = [row.split("|")[1] for row in rows if row.startswith("| $")]
    return [one.strip(" $") for cell in first for one in cell.replace(r"\,", "").split(",")]


def test_every_symbol_has_one_meaning() -> None:
    found = [one for one in symbols() if one]
    assert len(found) > 40
    assert {"h_t", r"\Delta\lambda_t", "r", r"\ell", "k", "w_t", "v_t", r"\nu_t"} <= set(found)
    assert sorted(set(found)) == sorted(found)


def test_the_learned_scores_page_keeps_the_letters_of_the_notation() -> None:
    """W is the noise in X_t and Z fresh noise, k a dimension and sigma the noise over signal."""
    blocks = prose("learned_score").blocks
    text = " ".join(blocks.values())
    assert not re.search(r"\\bar\\alpha_t\}\s*Z|\+Z\|", text)
    for block in ("intro", "loss", "accel-intro"):
        assert re.search(r"(?<![A-Za-z])W(?![A-Za-z])", blocks[block]), block
    assert not re.search(r"\\sigma|\\hat k|\$k", text)


def test_no_update_borrows_a_letter_of_the_theory() -> None:
    """DPM-Solver++'s h and r and DDIM's sigma are other things here."""
    own = re.compile(r"(?<![\\a-z])[hr](?![a-z])")
    for name, record in SAMPLERS.items():
        for latex in (record.latex, *(term.latex for term in record.terms)):
            bare = re.sub(r"\\[A-Za-z]+", " ", latex)
            assert not own.search(bare), (name, latex)
            assert r"\sigma" not in latex or name == "heun", (name, latex)


def test_the_relative_step_is_the_step_in_log_snr() -> None:
    for schedule in (Theory(), Linear(), Karras()):
        chain = schedule.chain(50)
        half = np.log(chain.abar[1:51] / chain.var[1:51]) / 2
        np.testing.assert_allclose(relative_steps(chain), np.expm1(-2 * np.diff(half)), rtol=1e-9)


def test_all_formulas_are_listed() -> None:
    text = theory_cards.all_formulas()
    for record in SAMPLERS.values():
        named = f"{record.label} {record.equation}".strip()
        order = f"order {record.order}" if record.order else "no order in T"
        assert f"**{named}**, {order}, " in text
        assert record.latex in text


def test_every_theorem_has_a_card_that_marks_its_evidence() -> None:
    for theorem in EVERY:
        text = theory_cards.statement(theorem)
        assert theory_cards.not_said(theorem).startswith("**Not said:**")
        assert theory_cards.EVIDENCE[theorem.evidence] in theory_cards.heading(theorem)
        assert ("second-hand" in text) == (theorem.evidence == "second-hand"), theorem


def test_a_card_says_what_its_record_says() -> None:
    for theorem in EVERY:
        text = theory_cards.statement(theorem)
        assert f"$$\n{theorem.latex()}\n$$" in text
        assert f"**{theorem.name}**" in text
        for part in (theorem.equation, theorem.update, theorem.steps_equation):
            assert part in text
        assert theorem.burn_in_latex in text
        assert ("It asks for $T" in text) == (theorem.burn_in is not None)
        assert f"${theorem.steps_latex}$ steps suffice" in text
        assert ("no terms for their errors" in text) == ("exact" in theorem.needs)
        large = any(term.radius for term in theorem.terms)
        assert (r"\log^{2} B" in text) == large


def test_a_heading_of_the_assumptions_adds_the_errors_of_the_score() -> None:
    for found in THEOREMS.values():
        for theorem in found:
            said = assumed.heading(theorem)
            silent = len(theorem.exact) == len(theorem.terms)
            bound = f"**TV(q₁, p₁) ≤ {theorem.formula}**"
            assert said.startswith(f"{bound} · " if silent else f"{bound} + errors of the score · ")


def test_formulas_of_theorems_are_written_once() -> None:
    """In the prose no bound is spelled out beside the record's."""
    for block, words in prose("theory").blocks.items():
        if block.startswith(("card-", "not-")):
            assert r"\frac" not in words, block
            assert r"\mathrm{TV}(q_1" not in words, block


def test_the_bounds_slope_is_that_of_its_formula() -> None:
    theorem = of_shape(0.5, 3)
    curve = [measure(DEFAULT.with_(sampler="ddpm", steps=t)) for t in (16, 32, 64)]
    found = bounds.looseness(theorem, curve)
    bound = [math.log(t) ** 3 / math.sqrt(t) for t in (16, 32, 64)]
    assert found.bound_slope == pytest.approx(math.log2(bound[2] / bound[1]))
    assert found.slope == pytest.approx(math.log2(curve[2].value / curve[1].value))
    least = max(m.value / b for m, b in zip(curve, bound, strict=True))  # the least constant
    assert found.above == pytest.approx(least * bound[2] / curve[2].value)
    assert found.top == pytest.approx(math.exp(6))


@pytest.mark.parametrize(("power", "logs"), [(1, 4), (0.5, 3), (2, 6), (1, 3)])
def test_from_where_a_bound_would_say_something(power: float, logs: float) -> None:
    start = math.ceil(of_shape(power, logs).below_one)
    assert math.log(start) ** logs / start**power <= 1
    assert math.log(start - 2) ** logs / (start - 2) ** power > 1
    assert of_shape(1, 0).below_one == of_shape(1, 2.7).below_one == 1


def test_ddpm_falls_faster_than_its_first_bound_says() -> None:
    app = calm(visit("theory", DEFAULT.with_(sampler="ddpm")))
    assert "it even grows until T = 403" in said(app)
    assert "(0.0069" in printed(app)[-1]
    rows = app.dataframe[0].value
    assert float(rows["slope"].iloc[-1]) < -0.75
    value = measure(DEFAULT.with_(sampler="ddpm", steps=512)).value
    assert float(rows["TV(q₁, p₁), measured"].iloc[-1]) == pytest.approx(value, rel=1e-3)


def test_other_targets_and_schedules_are_answered() -> None:
    plane = Experiment(PRESETS["two-moons"].target, preset="two-moons", steps=8)
    app = calm(visit("theory", plane, at="90"))
    assert any("seconds to minutes" in i.value for i in app.info)
    assert address(app)["at"] == "90"
    own = Experiment(schedule=Custom((0.9, 0.5, 0.01)), steps=3)
    assert any("one $T$ only" in i.value for i in calm(visit("theory", own)).info)
    heavy = Experiment(PRESETS["student-t"].target, preset="student-t", steps=8)
    assert "Bounded support" in said(calm(visit("theory", heavy)))


def test_the_papers_own_form_is_shown_with_what_it_needs() -> None:
    for name, letter, numbers in (("ode-taylor", "w_t", "26"), ("ddpm-covariance", "v_t", "32")):
        app = calm(visit("theory", DEFAULT.with_(sampler=name)))
        assert prose("theory")(f"extra-{name}") in said(app)
        assert numbers in prose("theory")(f"extra-{name}")
        assert any(f"def {letter}(" in code.value for code in app.code)
    assert "asks for more than a score" not in said(calm(visit("theory", DEFAULT)))


def test_between_its_ends_ddim_has_no_theorem_and_that_is_said() -> None:
    app = calm(visit("theory", DEFAULT.with_(sampler="ddim", eta=0.5)))
    assert any("for η = 0 and for η = 1" in i.value for i in app.info)
    ends = [calm(visit("theory", DEFAULT.with_(sampler="ddim", eta=eta))) for eta in (0.0, 1.0)]
    assert "**Theorem 1**." in said(ends[0])
    assert "**Theorem 2** (24)." in said(ends[1])
    app = calm(visit("assumptions", DEFAULT.with_(sampler="ddim", eta=0.5)))
    assert any("nothing in between" in i.value for i in app.info)


# ---- assumptions


def verdicts(run: Experiment) -> list[dict[str, tuple[str, str]]]:
    """Verdict and finding of every assumption of every theorem, by name."""
    found = []
    for theorem in theorems(run.sampler, run.eta):
        lines = assumed.lines(run, theorem)
        found.append({line.name: (line.verdict, line.finding) for line in lines})
    return found


CONTINUOUS = "A continuous law"


@pytest.mark.parametrize("name", PRESETS)
def test_singular_data_are_outside_the_seed_papers_theorems(name: str) -> None:
    run = Experiment(PRESETS[name].target, preset=name, sampler="ddpm", steps=30)
    seed, later = verdicts(run)
    singular = name in {"atoms", "cantor", "ring", "atoms-2d", "sierpinski"}
    assert seed[CONTINUOUS][0] == (assumed.FAILS if singular else assumed.HOLDS)
    assert ("outside this theorem" in seed[CONTINUOUS][1]) == singular
    assert CONTINUOUS not in later
    assert later["A first moment"][0] == assumed.HOLDS


def test_what_a_paper_that_was_not_read_assumes_is_left_open() -> None:
    atoms = Experiment(PRESETS["atoms"].target, sampler="ode-accelerated", steps=30)
    [found] = verdicts(atoms)
    assert found[CONTINUOUS][0] == assumed.OPEN
    [smooth] = verdicts(DEFAULT.with_(sampler="ode-accelerated"))
    assert smooth[CONTINUOUS][0] == assumed.HOLDS


def test_points_say_how_many_they_are() -> None:
    few = Experiment(Points(((0.0,), (1.0,), (2.0,))), steps=30)
    assert verdicts(few)[0][CONTINUOUS][1].startswith("X₀ sits on 3 points")
    atoms = Experiment(PRESETS["atoms"].target, steps=30)
    assert verdicts(atoms)[0][CONTINUOUS][1].startswith("X₀ sits on 4 points")
    wide = Experiment(Points(((0.0,), (1.0,)), 0.2), steps=30)
    assert verdicts(wide)[0][CONTINUOUS] == (assumed.HOLDS, "X₀ has a density.")


@pytest.mark.parametrize(
    ("sampler", "place", "powers"),
    [("ddpm", 0, (4, 6)), ("ddpm-covariance", 0, (3, 4.5)), ("ode", 1, (2, 5))],
)
def test_the_condition_on_t_is_shown_with_its_numbers(sampler, place, powers) -> None:
    run = Experiment(PRESETS["two-moons"].target, sampler=sampler, steps=64)
    verdict, finding = verdicts(run)[place]["Enough steps"]
    assert verdict == assumed.OPEN
    least = 2 ** powers[0] * math.log(64) ** powers[1]
    assert f"T = 64, and d^{powers[0]} (log T)^{powers[1]} = {rounded(least)} with d = 2" in finding
    assert finding.endswith(f"at most {rounded(64 / least)}.")
    assert f"$d^{{{powers[0]}}}$ $(\\log T)^{{{powers[1]}}}$ = " in typeset(finding)
    others = {("ddpm", 1), ("ode", 0)}
    for name, k in others:
        assert "Enough steps" not in verdicts(run.with_(sampler=name))[k]


@pytest.mark.parametrize(("sampler", "letter"), [("ode-taylor", "w_t"), ("ddpm-covariance", "v_t")])
def test_exactness_is_an_assumption_that_a_wrong_score_breaks(sampler: str, letter: str) -> None:
    run, name = DEFAULT.with_(sampler=sampler), f"The exact score and the exact {letter}"
    assert verdicts(run)[0][name][0] == assumed.HOLDS
    wrong = verdicts(run.with_(score_error=Shift(0.1)))[0]
    assert wrong[name][0] == assumed.FAILS
    assert "silent" in wrong[name][1]
    assert "An accurate score" not in wrong


@pytest.mark.parametrize(("sampler", "letter"), [("ode-taylor", "w_t"), ("ddpm-covariance", "v_t")])
def test_an_exact_score_beside_a_learned_w_or_v_is_not_called_wrong(
    sampler: str, letter: str
) -> None:
    given = Learned(40, features=10, extra="regressed-only")
    run = DEFAULT.with_(sampler=sampler, score_error=given, steps=10)
    [line] = [
        found
        for found in assumed.lines(run, theorems(sampler)[0])
        if found.name == f"The exact score and the exact {letter}"
    ]
    assert line.verdict == assumed.FAILS
    assert f"the score is exact here, but {letter} is learned" in line.finding
    for plain in ("ode", "ddpm"):
        lines = assumed.lines(run.with_(sampler=plain), theorems(plain)[0])
        [score] = [found for found in lines if found.name == "An accurate score"]
        assert score.finding == prose("assumptions")("score-exact")


def test_errors_that_are_not_measured_are_left_open() -> None:
    run, name = DEFAULT.with_(sampler="ddim"), "Accurate Jacobians and an accurate Hessian"
    assert verdicts(run)[0][name][0] == assumed.HOLDS
    assert verdicts(run.with_(score_error=Shift(0.1)))[0][name][0] == assumed.OPEN
    assert name not in verdicts(run.with_(eta=1.0))[0]
    assert verdicts(run)[0]["The schedule"][0] == assumed.OPEN


def test_the_price_of_the_radius_is_theorem_1s_only() -> None:
    one, sharper = verdicts(DEFAULT)
    assert "Theorem 1 pays with factors of log B" in one["Bounded support"][1]
    assert "log B" not in sharper["Bounded support"][1]


# ---- literature


EXACT = {  # statement, rate in T, steps, least T: read in full, as the papers number and print them
    ("2306.09251", 1): ("Theorem 1", "d² log⁴T/T + d⁶ log⁶T/T²", "d²/ε + d³/√ε", 0),
    ("2306.09251", 2): ("Theorem 2", "d⁶ log⁶T/T²", "d³/√ε", 0),
    ("2306.09251", 3): ("Theorem 3", "d² log³T/√T", "d⁴/ε²", 4),
    ("2306.09251", 4): ("Theorem 4", "d³ log^4.5 T/T", "d³/ε", 3),
    ("2408.02320", 1): ("Theorem 1 (22)", "d log⁴T/T", "d/ε", 2),
    ("2409.18959", 1): ("Theorem 1", "d log³T/T", "d/ε", 0),
    ("2410.18784", 1): ("Corollary 1", "", "k log³(k/ε)/ε²", 0),
    ("2501.12982", 1): ("Theorem 1", "k log³T/T", "k/ε", 0),
    ("2501.12982", 2): ("Theorem 2 (24)", "k log³T/T", "k/ε", 0),
    ("2506.02318", 1): ("", "d/N", "", 0),
    ("2506.02318", 2): ("Theorem 2", "", "", 0),
    ("2608.23554", 1): ("Theorem 2", "DTC/N", "", 0),
    ("2506.24042", 1): ("bound (17)", "d⁴ log⁶T/T²", "d²/√ε", 2),
    ("2506.24042", 2): ("bound (17)", "d⁶ log¹⁰T/T⁴", "d^(3/2)/ε^(1/4)", 2),
}
ERRORS = {  # what an inexact score adds, and the condition on T
    "2306.09251-1": ("√(d log³T) ε_score + d log T ε_Jacobi", "none stated"),
    "2306.09251-2": ("no error terms are proven", "none stated"),
    "2306.09251-3": ("√d ε_score log²T", "T ≥ C₂ d⁴ log⁶T"),
    "2306.09251-4": ("no error terms are proven", "T ≥ C₂ d³ log^4.5 T"),
    "2408.02320-1": ("√(d log⁴T) ε_score + d log²T ε_Jacobi", "T ≥ C₂ d² log⁵T"),
    "2409.18959-1": ("√(log T) ε_score", "none: any T and d"),
    "2501.12982-2": ("√(log T) ε_score", "none: no burn-in"),
    "2506.24042-1": ("√(d log⁴T) ε_score + d log^1.5 T ε_Jacobi", "T ≥ C₂ d² log³T"),
}
QUOTED = {  # the others whose rate is corrected or confirmed: what it says, and how that is known
    "2206.06227-1": ("√(d³/T)", "d³/ε²", "quoted"),
    "2211.01916-1": ("KL: d log(1/δ)/T", "d/ε²", "abstract"),
    "2402.13901-1": ("d^(3/2)/T", "d^(3/2)/ε", "quoted"),
    "2403.03852-1": ("d⁶ log⁶T/T²", "d³/√ε", "quoted"),
    "2403.03852-2": ("d³ log^4.5 T/T", "d³/ε", "quoted"),
    "2404.09730-1": ("d (d/T)²", "(L D d)^(3/2)/√ε", "abstract"),
    "2405.14861-1": ("k²/√T", "k⁴/ε²", "abstract"),
    "2406.00924-1": ("", "L^(5/3) d^(5/12)/ε", "quoted"),
    "2410.13738-1": ("", "min{d, d^(2/3) L^(1/3), d^(1/3) L}/ε^(2/3)", "abstract"),
    "2410.14237-1": ("", "d²/ε", "quoted"),
    "2410.23285-1": ("", "d^(5/4)/√ε", "abstract"),
    "2501.18863-1": ("(k + log d) log³T/T", "(k + log d)/ε", "quoted"),
    "2508.16306-1": ("", "d/ε", "abstract"),
    "2510.27562-1": ("KL: d min{d, L²}/T²", "√(d min{d, L²})/ε", "abstract"),
    "2606.10353-1": ("", "d^(1+o(1)) ε^(−1/K)", "abstract"),
    "2606.23627-1": ("", "k/ε", "abstract"),
}
NEW = (  # known from their abstracts alone
    *("2405.15986", "2410.14949", "2505.01049", "2505.03194", "2508.03210", "2508.08735"),
    *("2511.04844", "2601.10708", "2602.01338", "2605.18069", "2606.10353", "2606.23627"),
)


def test_every_result_has_a_source_and_says_how_it_is_known() -> None:
    raw = json.loads(table.FILE.read_text(encoding="utf-8"))
    assert raw["provenance"]
    assert len(table.results()) == len(raw["results"]) == len(table.BY_NAME) > 45
    for r in table.results():
        assert r.source
        assert "not noted" not in r.source
        assert r.evidence in table.EVIDENCE
        assert r.family in table.FAMILIES
        assert re.fullmatch(r"\d{4}\.\d{5}", r.arxiv), r
        assert 2022 <= r.year <= 2026
        assert r.year == 2000 + int(r.arxiv[:2])
        assert r.how or r.evidence in ("abstract", "read in full")
        assert (r.evidence == "read in full") == ((r.arxiv, int(r.name[-1])) in EXACT)
        if not r.terms:
            assert not re.fullmatch(r"d.*/.*ε.*", r.steps)
            assert "not drawn" in r.how or not r.steps or "polynomial" in r.steps
    assert {r.arxiv for r in table.results() if r.evidence == "abstract"} >= set(NEW)


def test_results_are_those_of_the_papers() -> None:
    for (arxiv, place), (statement, rate, steps, least) in EXACT.items():
        r = table.BY_NAME[f"{arxiv}-{place}"]
        assert (r.evidence, r.rate, r.steps, r.burn_in) == ("read in full", rate, steps, least)
        assert r.statement.startswith(statement)
    for name, (errors, conditions) in ERRORS.items():
        r = table.BY_NAME[name]
        assert r.errors == errors
        assert r.conditions.startswith(conditions)
    for name, told in QUOTED.items():
        r = table.BY_NAME[name]
        assert (r.rate, r.steps, r.evidence) == told


def test_what_the_papers_assume() -> None:
    continuous = {r.arxiv for r in table.results() if r.data.startswith("absolutely")}
    assert continuous == {"2306.09251", "2408.02320"}
    for arxiv in ("2409.18959", "2501.12982", "2506.24042"):
        assert "need not be continuous" in table.BY_NAME[f"{arxiv}-1"].data
    jacobian = {r.name for r in table.results() if "accurate Jacobian" in r.score}
    assert jacobian >= {"2306.09251-1", "2408.02320-1", "2506.24042-1", "2506.24042-2"}
    assert not {r.name for r in table.results() if r.family == "stochastic"} & jacobian
    assert "Hessian" in table.BY_NAME["2402.13901-1"].score
    assert "Lipschitz" not in table.BY_NAME["2209.12381-1"].score
    assert "exact w_t" in table.BY_NAME["2306.09251-2"].score
    assert "exact v_t" in table.BY_NAME["2306.09251-4"].score


def test_the_papers_four_samplers_stand_under_their_names() -> None:
    seed = [r.sampler.split(",")[0] for r in table.results() if r.arxiv == "2306.09251"]
    assert seed == ["ODE (23)", "accelerated ODE (27)", "DDPM (30)", "accelerated DDPM (33)"]
    free = [r.sampler for r in table.results() if r.arxiv == "2403.03852"]
    assert free == ["accelerated ODE, training-free", "accelerated DDPM, training-free"]


def test_where_accounts_differ_the_row_says_so() -> None:
    expected = {
        *("2206.06227", "2211.01916", "2303.03384", "2404.09730", "2408.02320", "2410.13738"),
        *("2501.12982", "2501.18863", "2606.23627"),
    }
    assert expected <= {r.arxiv for r in table.results() if r.differ}
    told = table.BY_NAME["2303.03384-1"].differ
    assert "exponential in the Lipschitz constant" in told
    assert "poly(L d)/√T" in told
    column = table.table(table.results())["where accounts differ"]
    assert told in column
    assert "\n- **where accounts differ**: exponential" in table.detail(
        table.BY_NAME["2303.03384-1"]
    )


def test_rows_about_the_samplers_here_agree_with_the_theorems() -> None:
    known = {(r.arxiv, r.evidence) for r in table.results()}
    assert ("2409.18959", "read in full") in known
    for theorem in EVERY:
        assert any(arxiv == theorem.arxiv for arxiv, _ in known)


def test_only_results_in_tv_or_kl_and_in_d_are_drawn() -> None:
    lines = table.lines(tuple(table.FAMILIES), "all")
    drawn = [r for line in lines for r in line.results]
    assert len(drawn) > 25
    assert {r.name for r in drawn} == {r.name for r in table.results() if r.terms}
    for r in drawn:
        assert r.metric in ("TV", "KL"), r
        assert "intrinsic" not in r.sampler + r.data, r
    for family in {line.family for line in lines}:
        assert family in COLOURS
    far = table.Result("x-1", "x", "x", 2026, "x", "higher", "abstract", metric="W₂")
    assert not dataclasses.replace(far, terms=((1.0, 1.0),)).drawn
    assert dataclasses.replace(far, terms=((1.0, 1.0),), metric="KL").drawn


def test_powers_of_a_result_are_those_that_are_printed() -> None:
    """Factors of smoothness dropped; of a minimum, what is free of them."""
    signs = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")
    for r in table.results():
        if not r.terms:
            continue
        d, eps = 0.5, 0.3  # no least T matters below d = 1
        text = r.steps.replace("√(d min{d, L²})", "d")
        text = re.sub(r"min\{d, [^}]*\}", "d", text)
        text = re.sub(r"L(\^\(5/3\)|²)? ?|D ", "", text).replace("(d)", "d")
        text = re.sub(r"([dε])([⁰¹²³⁴⁵⁶⁷⁸⁹]+)", lambda m: f"{m[1]}^({m[2].translate(signs)})", text)
        text = re.sub(r"√([dε])", r"\1^(1/2)", text).replace("^", "**").replace("ε", "eps")
        assert "L" not in text
        value = eval(text, {"d": d, "eps": eps})
        assert r.steps_needed(d, eps) == pytest.approx(max(1.0, value), rel=1e-5)
        assert r.steps_needed(50.0, eps) == pytest.approx(
            max(eval(text, {"d": 50.0, "eps": eps}), 50.0**r.burn_in), rel=1e-5
        )


def test_a_theorem_begins_at_its_least_t() -> None:
    sharp = table.BY_NAME["2408.02320-1"]
    assert sharp.steps_needed(100, 0.1) == 100**2
    assert sharp.steps_needed(100, 1e-4) == pytest.approx(100 / 1e-4)
    [line] = [x for x in table.lines(("deterministic",), "all") if sharp in x.results]
    assert line.formula == "d/ε, T ≥ d²"
    assert table.BY_NAME["2306.09251-3"].waits == 0  # d⁴/ε² is never below d⁴


def test_the_literature_page() -> None:
    app = calm(visit("literature", d="10000", accuracy="0.001", sure="read"))
    spec: Any = json.loads(app.get("plotly_chart")[0].proto.spec)
    names = [trace["name"] for trace in spec["data"]]
    assert any(name.startswith("d/ε: Li, Yan 2409.18959") for name in names)
    assert any(name.startswith("d²/ε + d³/√ε: Li et al. 2306.09251") for name in names)
    assert not any("2402.13901" in name for name in names)
    assert "at d = 10,000 and ε = 0.001" in said(app)
    assert "d^(5/4)/√ε falls below d/ε where ε < d^(−1/2) = 0.010" in said(app)
    shown = app.dataframe[0].value
    assert set(shown["how we know it"]) == {"read in full", "abstract read"}
    assert "T ≥ C₂ d⁴ log⁶T" in set(shown["condition on T"])
    everything = calm(visit("literature"))
    assert len(everything.dataframe[0].value) == len(table.results())
    assert any("second-hand" in c.value for c in everything.caption)


def test_one_result_is_shown_in_full_and_stands_in_the_link() -> None:
    app = calm(visit("literature", result="2211.01916-1"))
    assert "**where accounts differ**: its abstract: KL ≤ ε" in said(app)
    app.selectbox(key="control: literature.result").set_value("2501.12982-2").run()
    calm(app)
    assert "Theorem 2 (24)" in said(app)
    assert address(app)["result"] == "2501.12982-2"
    wrong = visit("literature", result="2306.09251-9")
    assert not wrong.exception
    assert "Theorem 1 (24)" in said(wrong)


def test_no_family_is_answered_in_words() -> None:
    app = visit("literature")
    app.button_group(key="control: literature.families").set_value([]).run()
    assert any("at least one kind" in i.value for i in calm(app).info)


def test_a_sum_of_powers_and_their_names() -> None:
    drawn = {line.formula for line in table.lines(tuple(table.FAMILIES), "all")}
    assert {"d/ε", "d²/ε + d³/√ε", "d^(5/4)/√ε", "d/ε^(2/3)", "d⁴/ε²"} <= drawn
    [seed] = [r for r in table.results() if len(r.terms) == 2]
    assert seed.steps_needed(100, 0.01) == pytest.approx(100**2 / 0.01 + 100**3 / 0.1)


# ---- notation


def test_every_term_leads_to_a_page_that_exists() -> None:
    assert set(glossary.TERMS.values()) <= set(PAGES)


def test_the_notation_page_and_the_way_to_it() -> None:
    app = calm(visit("notation"))
    text = said(app)
    for block in (*glossary.TERMS, *glossary.SYMBOLS):
        assert prose("notation")(block) in text
    links = [link.proto for link in app.main.get("page_link")]
    labels = [PAGES[page].title for page in glossary.TERMS.values()]
    for page in PAGES["notation"].after:
        labels.append(f"**{PAGES[page].title}.** {prose('next')(page.replace('_', '-'))}")
    assert [link.label for link in links] == labels


@pytest.fixture(scope="module")
def front() -> AppTest:
    return calm(visit("assumptions", DEFAULT))


def test_every_page_has_the_link_to_the_notation(front: AppTest) -> None:
    links = [link.proto.page for link in front.sidebar.get("page_link")]
    assert any("notation" in link for link in links)


def test_every_curve_of_the_literature_has_a_symbol_of_its_own() -> None:
    every = table.lines(tuple(table.FAMILIES), "all")
    shapes = [curve.marker.symbol for curve in steps_figure(every, 100, 0.01, False).data]
    assert len(set(shapes)) == len(shapes) == len(every) >= 18
    read = table.lines(("higher",), "read")
    alone = steps_figure(read, 100, 0.01, True).data
    assert {curve.marker.symbol for curve in alone} == {figures.symbols()[x.key] for x in read}
