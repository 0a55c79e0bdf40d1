"""The theorem records against the literature's table, and the shapes drawn from them."""

from __future__ import annotations

import math

import pytest

from diffusion_core.samplers import PAPER_SAMPLERS, SAMPLERS, Rate
from diffusion_core.theory import ASSUMPTIONS, Shape, rates

# (power of 1/T, power of log T, arXiv) of every proven bound in total variation, seed paper first
TABLE = {
    "ode": [(1, 4, "2306.09251"), (1, 0, "2408.02320")],
    "ddpm": [(0.5, 3, "2306.09251"), (1, 3, "2409.18959")],
    "ode-accelerated": [(2, 6, "2403.03852")],
    "ddpm-accelerated": [(1, 4.5, "2403.03852")],
    "ode-taylor": [(2, 6, "2306.09251")],
    "ddpm-covariance": [(1, 4.5, "2306.09251")],
}


@pytest.mark.parametrize("name", SAMPLERS)
def test_every_proven_rate_is_that_of_the_literature(name):
    assert [(r.power, r.log_power, r.arxiv) for r in rates(name)] == TABLE.get(name, [])


def test_the_papers_four_samplers_have_a_rate_and_say_how_it_is_known():
    for name in PAPER_SAMPLERS:
        assert rates(name)
        for rate in rates(name):
            assert rate.evidence in ("abstract", "read in full", "second-hand")
            assert rate.formula.startswith("C ")
            assert rate.source


def test_only_deterministic_samplers_need_jacobians():
    names = [a.name for a in ASSUMPTIONS]
    assert names == [
        "bounded support",
        "schedule",
        "score",
        "Jacobian (deterministic samplers only)",
    ]


@pytest.mark.parametrize("with_logs", [False, True])
@pytest.mark.parametrize(("name", "steps"), [("ode", 8), ("ddpm", 100), ("ddpm-accelerated", 8192)])
def test_a_shape_passes_through_its_anchor(name, steps, with_logs):
    for rate in rates(name):
        shape = Shape(rate, with_logs, steps, 0.037)
        assert shape(steps) == pytest.approx(0.037, rel=1e-14)


def test_the_logarithm_switches_on_and_off():
    rate = Rate(2.0, 6.0, "C d⁶ log⁶T / T²", "a paper", "0000.00000", "second-hand")
    plain, full = Shape(rate, False, 16, 0.5), Shape(rate, True, 16, 0.5)
    assert plain(64) == pytest.approx(0.5 / 16, rel=1e-14)
    assert full(64) == pytest.approx(0.5 / 16 * 1.5**6, rel=1e-13)  # log 64 = 1.5 log 16
    assert full(256) / plain(256) == pytest.approx(2.0**6, rel=1e-13)
    slope = math.log(plain(2000) / plain(1000)) / math.log(2)
    assert slope == pytest.approx(-2, abs=1e-12)
