"""The theorem records against the papers' statements, and what is made of them."""

from __future__ import annotations

import math
import re
from dataclasses import replace

import pytest

from diffusion_core.samplers import PAPER_SAMPLERS, SAMPLERS
from diffusion_core.theory.theorems import EVIDENCE, NEEDS, THEOREMS, Shape, Term, Theorem, theorems

SEED = "2306.09251"
# every proven bound on TV as its paper prints it: (sampler, arXiv, eta, theorem), its terms
# C d^a log^k T / T^r times errors as (a, k, r, errors), and (a, b) of T >= C_2 d^a log^b T
STATED = [
    (
        ("ode", SEED, None, "Theorem 1 (24)"),
        [(2, 4, 1, ""), (6, 6, 2, ""), (0.5, 1.5, 0, "score"), (1, 1, 0, "Jacobian")],
        None,
    ),
    (
        ("ode", "2408.02320", None, "Theorem 1 (22)"),
        [(1, 4, 1, ""), (0.5, 2, 0, "score"), (1, 2, 0, "Jacobian")],
        (2, 5),
    ),
    (("ode-taylor", SEED, None, "Theorem 2 (28)"), [(6, 6, 2, "")], None),
    (
        ("ddpm", SEED, None, "Theorem 3 (31)"),
        [(2, 3, 0.5, ""), (0.5, 2, 0, "score")],
        (4, 6),
    ),
    (("ddpm", "2409.18959", None, "Theorem 1"), [(1, 3, 1, ""), (0, 0.5, 0, "score")], None),
    (("ddpm-covariance", SEED, None, "Theorem 4 (34)"), [(3, 4.5, 1, "")], (3, 4.5)),
    (
        ("ode-accelerated", "2403.03852", None, "Theorem 1"),
        [(6, 6, 2, ""), (0.5, 1.5, 0, "score"), (1, 1, 0, "Jacobian")],
        None,
    ),
    (
        ("ddpm-accelerated", "2403.03852", None, "Theorem 2"),
        [(3, 4.5, 1, ""), (0.5, 1.5, 0, "score")],
        None,
    ),
    (
        ("ddim", "2501.12982", 0.0, "Theorem 1"),
        [(1, 3, 1, ""), (0, 0.5, 0, "score, Jacobian 1, Jacobian 2, Hessian")],
        None,
    ),
    (
        ("ddim", "2501.12982", 1.0, "Theorem 2 (24)"),
        [(1, 3, 1, ""), (0, 0.5, 0, "score")],
        None,
    ),
    *(
        (
            ("ode-order", "2506.24042", None, "bound (17)"),
            [(2 + k, 2 + 2 * k, k, ""), (0.5, 2, 0, "score"), (1, 1.5, 0, "Jacobian")],
            (2, 3),
        )
        for k in (2, 3, 4)
    ),
]
EVERY = [theorem for found in THEOREMS.values() for theorem in found]


def test_every_record_is_the_statement_of_its_paper():
    made = [
        (
            (t.sampler, t.arxiv, t.eta, f"{t.name} {t.equation}".strip()),
            [(term.dim, term.log, term.steps, ", ".join(term.errors)) for term in t.terms],
            t.burn_in,
        )
        for t in EVERY
    ]
    assert made == STATED


def test_the_papers_four_are_its_theorems_in_order():
    seed = [t for t in EVERY if t.arxiv == SEED]
    assert tuple(t.sampler for t in seed) == PAPER_SAMPLERS
    assert [t.name for t in seed] == [f"Theorem {n}" for n in (1, 2, 3, 4)]
    assert [t.update for t in seed] == ["(23)", "(27)", "(30)", "(33)"]
    assert [t.steps_equation for t in seed] == ["(25)", "(29)", "", "(35)"]
    assert [t.through_kl for t in seed] == [SAMPLERS[t.sampler].stochastic for t in seed]
    assert {t.evidence for t in seed} == {"read in full"}


def test_how_each_is_known():
    for theorem in EVERY:
        assert theorem.evidence in EVIDENCE
        assert set(theorem.needs) <= set(NEEDS)
        assert (theorem.evidence == "second-hand") == (theorem.arxiv == "2403.03852")
        assert theorem.update == (
            SAMPLERS[theorem.sampler].equation if theorem.arxiv == SEED else ""
        )


def test_what_each_assumes():
    for theorem in EVERY:
        needs, record = set(theorem.needs), SAMPLERS[theorem.sampler]
        stochastic = record.stochastic or theorem.eta == 1
        exact_only = theorem.sampler in ("ode-taylor", "ddpm-covariance")
        assert ("exact" in needs) == exact_only == bool(record.derivatives)
        assert ("score" in needs) == (not exact_only)
        deterministic = not stochastic and not exact_only
        assert ("jacobian" in needs or "hessian" in needs) == deterministic
        assert ("hessian" in needs) == (theorem.arxiv == "2501.12982" and theorem.eta == 0)
        assert ("burn-in" in needs) == (theorem.burn_in is not None)
        assert exact_only == (len(theorem.exact) == len(theorem.terms))
        if theorem.arxiv in (SEED, "2408.02320"):
            assert {"continuous", "support", "constants"} <= needs
        if theorem.arxiv in ("2409.18959", "2501.12982"):
            assert "continuous" not in needs
    assert THEOREMS["ddpm"][1].needs == ("moment", "facts", "score")


def test_ddim_has_theorems_at_both_ends_only():
    assert [t.name for t in theorems("ddim")] == ["Theorem 1"]
    assert [t.name for t in theorems("ddim", 1.0)] == ["Theorem 2"]
    assert theorems("ddim", 0.5) == ()
    assert theorems("heun") == ()
    assert theorems("ode") == THEOREMS["ode"]


@pytest.mark.parametrize(
    ("sampler", "text"),
    [
        ("ode", "C₁ d² log⁴T / T + C₁ d⁶ log⁶T / T²"),
        ("ode-taylor", "C₁ d⁶ log⁶T / T²"),
        ("ddpm", "C₁ d² log³T / √T"),
        ("ddpm-covariance", "C₁ d³ log^4.5 T / T"),
        ("ddim", "C k log³T / T"),
    ],
)
def test_formulas_in_plain_text(sampler, text):
    assert THEOREMS[sampler][0].formula == text


def read_latex(line: str, d: float, steps: float, radius: float = 1.0) -> float:
    """A term's LaTeX as Python, without its constant and its errors: read, not made again."""
    text = re.sub(r"\\varepsilon_\{\\mathrm\{\w+\}(,\d)?\}", "1", line)
    text = re.sub(r"\(1(\+1)+\)", "1", text)
    text = re.sub(r"\\log(\^\{[\d.]+\})? (\w)", r"log(\2)\1", text).replace(r"\log", "log")
    for _ in range(2):
        text = re.sub(
            r"\\frac\{((?:[^{}]|\{[^{}]*\})*)\}\{((?:[^{}]|\{[^{}]*\})*)\}", r"(\1)/(\2)", text
        )
        text = re.sub(r"\\sqrt\{((?:[^{}]|\{[^{}]*\})*)\}", r"sqrt(\1)", text)
    text = re.sub(r"\^\{([\d.]+)\}", r"**\1", text)
    text = re.sub(r"\\[,;]", "*", text).replace("**1*", "*")
    names = {"d": d, "k": d, "T": steps, "B": math.exp(radius), "log": math.log, "sqrt": math.sqrt}
    return float(eval(re.sub(r"^(C_1|C|c)\*", "", text), names))


HEAD = r"\mathrm{TV}&(q_1,p_1)"


@pytest.mark.parametrize("theorem", EVERY, ids=lambda t: f"{t.sampler} {t.arxiv} {t.name}")
def test_the_latex_says_what_the_record_says(theorem: Theorem):
    inside = re.fullmatch(r"\\begin\{aligned\}(.*)\\end\{aligned\}", theorem.latex())
    assert inside
    lines = inside[1].replace(r"\\&\quad", "").split(r"\\")  # errors may go on in a second line
    bound = [re.sub(r"^&?(\\le |\+)", "", line.replace(HEAD, "")) for line in lines]
    assert lines[0].startswith(HEAD)
    if theorem.through_kl:
        assert bound.pop(0) == r"\sqrt{\tfrac12\mathrm{KL}(p_1\|q_1)}"
    for line, term in zip(bound, theorem.terms, strict=True):
        assert read_latex(line, 7.0, 90.0) == pytest.approx(term(7.0, 90.0), rel=1e-12)
        assert line.count(r"\varepsilon") == len(term.errors)


def test_the_price_of_a_large_radius():
    """d^2 log^4 T log^2 B / T, d^6 log^6 T log^3 B / T^2 and sqrt(d log^3 T log B) eps_score."""
    theorem = THEOREMS["ode"][0]
    lines = theorem.latex(with_radius=True).split("+")
    plain = theorem.latex().split("+")
    assert [term.radius for term in theorem.terms] == [2, 3, 0.5, 0]
    assert r"\log^{2} B" in lines[0]
    assert r"\log^{3} B" in lines[1]
    assert r"\sqrt{d\,\log^{3} T\,\log B}" in lines[2]
    assert lines[3] == plain[3]
    assert not any(term.radius for t in EVERY if t is not theorem for term in t.terms)


def test_steps_that_suffice():
    found = [t.steps_latex for t in EVERY if t.arxiv == SEED]
    assert found == [
        r"\frac{d^{2}}{\varepsilon}+\frac{d^{3}}{\sqrt{\varepsilon}}",
        r"\frac{d^{3}}{\sqrt{\varepsilon}}",
        r"\frac{d^{4}}{\varepsilon^{2}}",
        r"\frac{d^{3}}{\varepsilon}",
    ]
    assert THEOREMS["ode"][1].steps_latex == r"\frac{d}{\varepsilon}+d^{2}"


def test_the_condition_on_the_steps():
    ddpm, plain = THEOREMS["ddpm"]
    assert ddpm.least_steps(3, 50) == pytest.approx(81 * math.log(50) ** 6)
    assert ddpm.burn_in_latex == r"T\ge C_2\,d^{4}\,\log^{6}T"
    assert plain.least_steps(3, 50) == 0
    assert plain.burn_in_latex == ""


@pytest.mark.parametrize("with_logs", [False, True])
@pytest.mark.parametrize(("name", "steps"), [("ode", 8), ("ddpm", 100), ("ddpm-accelerated", 8192)])
def test_a_shape_passes_through_its_anchor(name, steps, with_logs):
    for theorem in theorems(name):
        shape = Shape(theorem, with_logs, steps, 0.037)
        assert shape(steps) == pytest.approx(0.037, rel=1e-14)


def test_the_logarithm_switches_on_and_off():
    theorem = replace(THEOREMS["ode-taylor"][0], terms=(Term(0, 6, 2),))
    plain, full = Shape(theorem, False, 16, 0.5), Shape(theorem, True, 16, 0.5)
    assert plain(64) == pytest.approx(0.5 / 16, rel=1e-14)
    assert full(64) == pytest.approx(0.5 / 16 * 1.5**6, rel=1e-13)  # log 64 = 1.5 log 16
    assert full(256) / plain(256) == pytest.approx(2.0**6, rel=1e-13)
    slope = math.log(plain(2000) / plain(1000)) / math.log(2)
    assert slope == pytest.approx(-2, abs=1e-12)


def test_the_slowest_term_makes_the_shape():
    assert (THEOREMS["ode"][0].power, THEOREMS["ode"][0].log_power) == (1, 4)
    both = replace(THEOREMS["ode"][0], terms=(Term(1, 2, 1), Term(1, 5, 1), Term(9, 9, 2)))
    assert (both.power, both.log_power) == (1, 5)
