"""Sentences and numbers: what they say is what was measured, to the digits that are known."""

from __future__ import annotations

import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.text import readings
from dashboard.text.labels import PARAMETERS
from dashboard.text.labels import SCHEDULES as SCHEDULE_LABELS
from dashboard.text.mathematics import typeset
from dashboard.text.numbers import percent, rounded, scientific, with_error
from dashboard.text.plain import JOINER, plain
from dashboard.text.tables import distance_table, named
from diffusion_core import PRESETS, SAMPLERS, SCHEDULES, Experiment, Measurement, measure
from diffusion_core.distances.from_particles import Estimate
from diffusion_core.distances.of_masses import Distance
from diffusion_core.schedules import Cosine, Custom, LinearDDPM
from diffusion_core.scores.errors import Shift

EXPERIMENT = Experiment(preset="three-modes", steps=20)


def point(steps: int, value: float, error: float = 0.0) -> Measurement:
    return Measurement("tv", value, error, "exact", steps, steps - 1, 0.0)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (1.0, "1.00"),
        (0.12345, "0.123"),
        (123.456, "123"),
        (12345.6, "12346"),
        (0.00012345, "0.000123"),
        (1.2345e-5, "1.23·10⁻⁵"),
        (2.5e7, "2.50·10⁷"),
        (-0.5, "-0.500"),
        (math.inf, "inf"),
    ],
)
def test_rounded(value: float, text: str) -> None:
    assert rounded(value) == text


@pytest.mark.parametrize(
    ("value", "error", "text"),
    [
        (0.114317123, 8e-7, "0.114317 ± 8·10⁻⁷"),
        (0.5, 0.01, "0.50 ± 0.01"),
        (0.0123, 0.2, "0.01 ± 0.2"),
        (0.25, 0.0, "0.250"),
        (0.0, 1e-9, "0"),
        (1.0, 1e-12, "1.00000 ± 1·10⁻¹²"),
    ],
)
def test_with_error(value: float, error: float, text: str) -> None:
    assert with_error(value, error) == text


def read(text: str) -> float:
    text = text.translate(str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")).replace("·10", "e")
    return float(text)


@given(st.floats(1e-12, 1e9), st.floats(1e-15, 1e9))
def test_what_is_written_is_the_value_within_its_error(value: float, error: float) -> None:
    written, by = (read(part) for part in with_error(value, error).split(" ± "))
    assert abs(written - value) <= max(error, 1e-5 * value, 0.5 * value if error > value else 0)
    assert by == pytest.approx(error, rel=0.5)


@given(st.floats(1e-12, 1e12))
def test_three_digits_are_within_half_a_percent(value: float) -> None:
    assert read(rounded(value)) == pytest.approx(value, rel=5.1e-3)
    assert read(scientific(value, 3)) == pytest.approx(value, rel=5.1e-3)


def test_percent() -> None:
    assert percent(0.114317) == "11.4 %"


# ---- one run


def test_an_exact_distance_is_said_with_its_error() -> None:
    found = measure(EXPERIMENT)
    text = readings.final_distance(EXPERIMENT, found)
    assert "After 19 updates of ODE" in text
    assert f"TV(q₁, p₁) = {with_error(found.value, found.error)}" in text
    assert f"{percent(found.value)} of the mass" in text
    assert "After 1 update of" in readings.final_distance(EXPERIMENT.with_(steps=2), found)


def test_a_run_is_named_by_target_schedule_sampler_and_length() -> None:
    assert (
        named(EXPERIMENT)
        == f"Three modes, {SCHEDULE_LABELS['theory']}, {SAMPLERS['ode'].label}, T = 20"
    )
    assert named(EXPERIMENT, sampled=False) == f"Three modes, {SCHEDULE_LABELS['theory']}, T = 20"


def test_an_estimate_carries_its_whole_error() -> None:
    seen = Measurement(
        "tv", 0.2, 0.05, "particles", 20, 19, 0.0, (), Estimate(0.2, 0.01, 0.03, 500)
    )
    text = readings.final_distance(EXPERIMENT, seen)
    assert "TV(q₁, p₁) = 0.20 ± 0.05" in text
    row = distance_table({"tv": seen})
    assert (row["value"], row["error"]) == (["0.200"], ["0.050"])


def test_an_estimate_at_its_floor_is_not_called_a_distance() -> None:
    seen = Estimate(0.035, 0.01, 0.03, 500)
    found = Measurement("tv", 0.035, 0.05, "particles", 20, 19, 0.0, (), seen)
    text = readings.final_distance(EXPERIMENT, found)
    assert "too small to be seen" in text
    assert "at most 0.085" in text
    assert "TV(q₁, p₁) =" not in text
    row = distance_table({"tv": found})
    assert (row["value"], row["error"]) == (["at most 0.085"], ["–"])


def test_a_refusal_is_a_sentence() -> None:
    text = readings.final_distance(EXPERIMENT, "tv: cannot be known; use more steps")
    assert text.endswith("tv: cannot be known; use more steps.")


def test_the_way_is_told_from_its_numbers() -> None:
    times, values = (20, 15, 10, 5, 1), (0.01, 0.02, 0.05, 0.15, 0.2)
    tv = {t: Distance(v, 0.0) for t, v in zip(times, values, strict=True)}
    text = readings.on_the_way(EXPERIMENT, times, tv, "")
    assert "is 0.0100." in text
    assert "75.0 % of the final distance arises after t = 10" in text
    assert "5 of 20 values of t are drawn" in text


def test_a_distance_that_falls_names_its_largest() -> None:
    tv = {4 - k: Distance(v, 0.0) for k, v in enumerate((0.5, 0.4, 0.3, 0.1))}
    text = readings.on_the_way(EXPERIMENT.with_(steps=4), [4, 3, 2, 1], tv, "")
    assert "largest at t = 4" in text


def test_caps_of_the_schedule_are_told() -> None:
    capped = EXPERIMENT.with_(schedule=SCHEDULES["cosine"]())
    assert "0.999" in readings.on_the_way(capped, [1], {}, "")
    assert readings.on_the_way(EXPERIMENT, range(20, 0, -1), {}, "no law") == (
        "The exact $q_t$ is not drawn: no law."
    )


# ---- sweeps


def test_doubling_divides_by_what_the_curve_says() -> None:
    curves = {"A": [point(8, 0.4), point(16, 0.1)], "B": [point(8, 0.3), point(16, 0.2)]}
    text = readings.doubling(curves, "total variation")
    assert text == (
        "From T = 8 to 16, each doubling of T divides total variation by **4.00** for A, "
        "**1.50** for B."
    )
    assert "**2.00** for A" in readings.doubling({"A": [point(8, 0.4), point(32, 0.1)]}, "x")


def test_doubling_says_nothing_of_points_that_are_not_known() -> None:
    unsure = {"A": [point(8, 0.4), point(16, 0.1, 0.05)], "B": [point(8, 0.3)], "C": []}
    assert readings.doubling(unsure, "x") == ""


def test_why_ddpm_lies_below_is_told_where_it_does() -> None:
    ode, ddpm = [point(8, 0.4), point(16, 0.2)], [point(8, 0.1), point(16, 0.1 / 2**0.5)]
    text = readings.headline({"ode": ode, "ddpm": ddpm, "heun": ode})
    assert "by 2.8 times at T = 16" in text
    assert "from T = 8 to 16" in text
    assert "$T^{-1.00}$ (ODE) and $T^{-0.50}$ (DDPM)" in text
    unsure = [point(8, 0.1), point(16, 0.1, 0.1)]
    for curves in ({"ode": ddpm, "ddpm": ode}, {"ode": ode}, {"ode": ode, "ddpm": unsure}):
        assert readings.headline(curves) == ""


def test_alt_names_every_curve_and_its_ends() -> None:
    text = readings.alt({"A": [point(8, 0.4), point(16, 0.1)], "B": []}, "TV")
    assert "A from 0.400 at T = 8 to 0.100 at T = 16" in text
    assert "B" not in text
    assert "no run" in readings.alt({"B": []}, "TV")


def test_the_floor_is_told_where_it_matters() -> None:
    low, high = [point(8, 1e-3)], [point(8, 0.5)]
    assert "0.00100" in readings.floors({"ode": low}, 1e-3, "tv")
    assert readings.floors({"ode": high}, 1e-3, "tv") == ""
    assert readings.floors({"ddpm": low}, 1e-3, "tv") == ""  # noise forgets where it began
    assert readings.floors({"ode": low}, None, "tv") == ""
    assert readings.floors({"ode": low}, 1e-3, "w2") == ""
    seen = Measurement("tv", 0.1, 0.1, "particles", 8, 7, 0.0, (), Estimate(0.1, 0.01, 0.04, 9))
    assert "0.0400" in readings.floors({"ode": [seen]}, None, "tv")


def test_refusals_are_gathered_by_reason() -> None:
    told = readings.refused(
        [("ode", 8, "too *wide*."), ("ddpm", 8, "other"), ("ode", 1024, "too *wide*.")],
        {"ode": "ODE", "ddpm": "DDPM"},
    )
    assert told == ["ODE at T = 8, 1,024: too \\*wide\\*.", "DDPM at T = 8: other."]


def test_theorems_speak_of_tv_against_p1_on_their_schedule() -> None:
    run = Experiment(preset="three-modes")
    assert readings.beyond("tv", "p1", run) == ""
    for case in (("w1", "p1", run), ("tv", "data", run)):
        assert "bound" in readings.beyond(*case)


def test_an_assumption_that_is_not_true_is_told_beside_the_bounds() -> None:
    run = Experiment(preset="three-modes")
    for changed, words in (
        ({"schedule": Cosine()}, "proven for the theory's schedule"),
        ({"score_error": Shift(0.1)}, "for an exact score"),
        ({"target": PRESETS["atoms"].target, "preset": "atoms"}, "assume data with a density"),
    ):
        assert words in readings.beyond("tv", "p1", run.with_(**changed)), changed
    wrong = run.with_(schedule=Cosine(), score_error=Shift(0.1))
    assert readings.beyond("tv", "p1", wrong).count("The bounds are") == 2


# ---- words


def test_every_sampler_has_its_update_and_every_parameter_its_label() -> None:
    assert all(record.latex and record.terms and record.parts for record in SAMPLERS.values())
    assert SCHEDULE_LABELS.keys() == SCHEDULES.keys()
    fields = {
        (kind, name)
        for kind, cls in SCHEDULES.items()
        if cls is not Custom
        for name in cls.__dataclass_fields__
        if name != "kind"
    }
    assert fields == PARAMETERS.keys()


@given(st.text("ab_*$[]()<:`\\~ 0#>-.)/@w\n\t"))
def test_plain_escapes_every_sign_and_loses_nothing(text: str) -> None:
    escaped = plain(text)
    assert re.sub(r"\\(.)", r"\1", escaped).replace(JOINER, "") == " ".join(text.split())
    assert not re.search(r"https?://|www\.|\w@|^>|^[#+-]+(\s|$)|^\d+[.)](\s|$)", escaped)
    assert not re.search(r"[*`$\[\]<~]", re.sub(r"\\.", "", escaped))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("schedule.beta_min: must", "schedule.beta_min: must"),
        ("_a_", "\\_a\\_"),
        (":red[x] $y$", "\\:red\\[x\\] \\$y\\$"),
        ("a\n\n# Your session\nhas expired", "a # Your session has expired"),
        ("# title.csv", "\\# title.csv"),
        ("12. one.csv", "12\\. one.csv"),
        ("1.234,5 €", "1.234,5 €"),
        ("-1.5", "-1.5"),
        ("---", "\\---"),
        ("at https://a.org", f"at https:{JOINER}//a.org"),
        ("WWW.a.org me@a.org", f"WWW{JOINER}.a.org me{JOINER}@a.org"),
    ],
)
def test_plain(text: str, expected: str) -> None:
    assert plain(text) == expected


def test_notes_of_runs_say_whose_they_are() -> None:
    left = EXPERIMENT.with_(schedule=LinearDDPM(), steps=50)
    told = readings.notes({"A: ODE": left, "B: exact start": left.with_(start="exact")})
    assert told == [f"A: ODE: {typeset(left.notes[0])}."]
    same = readings.notes({"A": left, "B": left.with_(sampler="ddpm")})
    assert same == [f"{typeset(left.notes[0])}."]
    assert readings.notes({"A": EXPERIMENT}) == []


def test_notes_of_a_sweep_are_those_of_its_smallest_t() -> None:
    runs = [EXPERIMENT.with_(schedule=LinearDDPM(), steps=t) for t in (20, 400, 50, 1000)]
    told = readings.sweep_notes(runs)
    assert told.startswith(f"At T = 20: {typeset(runs[0].notes[0])}.")
    assert "belongs to T = 50, 400;" in told  # abar_T is 0.018 at 400, 4e-5 at 1000
    assert readings.sweep_notes(runs[:1]) == f"At T = 20: {typeset(runs[0].notes[0])}."
    assert readings.sweep_notes(runs[3:]) == ""
