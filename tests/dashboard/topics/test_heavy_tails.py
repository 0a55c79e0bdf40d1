"""Heavy tails: what is measured where the theorems are silent, and what is said of it."""

from __future__ import annotations

import pytest

from dashboard.topics.assumptions import heavy_tails
from dashboard.topics.assumptions import heavy_tails_words as text
from dashboard.topics.assumptions.heavy_tails_figure import tails_figure
from diffusion_core import Experiment, Measurement, measure
from diffusion_core.schedules import Custom, Linear, Theory
from diffusion_core.studies.convergence import initialisation_tv
from diffusion_core.targets import StudentT
from tests.dashboard.visiting import address, calm, said, visit

BASE = Experiment(preset="three-modes", steps=20)


@pytest.fixture(autouse=True)
def _few_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heavy_tails, "STEPS", {"ode": (16,), "ddpm": (4, 8)})


def found(value: float, steps: int = 16) -> Measurement:
    return Measurement("tv", value, 1e-6 * value, "exact", steps, steps - 1, 0.0)


def plain(shown: str) -> float:
    """A number as a table shows it."""
    mantissa, _, power = shown.partition("·10")
    return float(f"{mantissa}e{power.translate(str.maketrans('⁰¹²³⁴⁵⁶⁷⁸⁹⁻', '0123456789-')) or 0}")


def test_the_laws_share_their_scale_and_the_gaussian_is_their_limit() -> None:
    *heavy, gaussian = heavy_tails.LAWS.values()
    assert [law.df for law in heavy if isinstance(law, StudentT)] == [1.0, 2.0, 3.0]
    many = StudentT(1000.0, (0.0,), heavy_tails.SCALE)
    runs = [BASE.with_(target=law, steps=16) for law in (many, gaussian)]
    assert measure(runs[0]).value == pytest.approx(measure(runs[1]).value, rel=2e-3)


def test_the_readers_schedule_is_used_and_a_sampler_of_the_same_kind() -> None:
    assert heavy_tails.Tails(BASE.with_(sampler="heun")).sampler == "ode"
    work = heavy_tails.Tails(BASE.with_(sampler="ddpm-accelerated", schedule=Linear()))
    assert work.sampler == "ddpm"
    assert {run.schedule for run in work.runs} == {Linear()}
    assert {run.steps for run in work.runs} == {4, 8}
    own = Custom(tuple(float(a) for a in BASE.chain.abar[1:21]))
    assert heavy_tails.Tails(BASE.with_(schedule=own)).runs[0].schedule == Theory()


@pytest.mark.parametrize(
    ("heavy", "light", "word"),
    [(0.1, 0.2, "**better**"), (0.2, 0.2001, "**as well**"), (0.3, 0.2, "**costs**")],
)
def test_every_outcome_has_its_sentence(heavy: float, light: float, word: str) -> None:
    told = text.reading({"t": [found(heavy, 8), found(heavy)], "G": [found(light)]})
    assert word in told
    assert "At T = 16" in told


def test_nothing_is_compared_at_different_T() -> None:
    assert text.reading({"t": [found(0.1, 8)], "G": [found(0.2, 16)]}) == ""
    assert text.reading({"t": [], "G": []}) == ""


def test_every_law_has_a_symbol_and_a_dash_of_its_own() -> None:
    curves = {law: [found(0.1), found(0.05, 32)] for law in heavy_tails.LAWS}
    figure = tails_figure(curves, "ode", False)
    assert len({(t.marker.symbol, t.line.dash) for t in figure.data}) == len(heavy_tails.LAWS)
    assert list(figure.layout.xaxis.tickvals) == [16, 32]


def test_the_page_measures_the_tails_at_the_readers_wish() -> None:
    app = calm(visit("assumptions", BASE))
    assert "Heavy tails" not in said(app)
    app = calm(app.toggle(key="control: assumptions.tails").set_value(True).run())
    assert address(app)["tails"] == "on"
    table = next(d.value for d in app.dataframe if "TV(q₁, p₁)" in d.value)
    assert list(table["law"]) == list(heavy_tails.LAWS)
    assert table["E|X₀| at most"].iloc[0] == "infinite"
    for law in ("t, df = 3", "Gaussian"):
        run = Experiment(heavy_tails.LAWS[law], steps=16)
        row = table[table["law"] == law].iloc[0]
        assert float(row["TV(q₁, p₁)"]) == pytest.approx(measure(run).value, rel=5e-3)
        start = plain(row["TV(p_T, N(0, 1))"])
        assert start == pytest.approx(initialisation_tv(run), rel=0.06)
    outside = plain(table["mass beyond |x| = T, at most"].iloc[0])
    heaviest = heavy_tails.LAWS["t, df = 1"]
    assert outside == pytest.approx(heaviest.mass_outside(16.0), rel=0.06)
    assert "does **better**" in said(app)
