"""Panels differ in what is changed and in nothing else, and their links say so."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.topics.compare.panels import Changes, changes_setting, plain_schedules, runs
from diffusion_core import PRESETS, SAMPLERS, Experiment, InputError
from diffusion_core.laws.particles import start_points
from diffusion_core.schedules import Custom

SETTING = changes_setting("b", Changes())
CHANGES = st.builds(
    Changes,
    sampler=st.none() | st.sampled_from(list(SAMPLERS)),
    steps=st.none() | st.integers(2, 8192),
    schedule=st.none() | st.sampled_from(plain_schedules()),
    start=st.none() | st.sampled_from(["noise", "exact"]),
    target=st.none() | st.sampled_from(list(PRESETS)),
)


@given(CHANGES)
def test_a_link_keeps_the_changes(changes: Changes) -> None:
    assert SETTING.read(SETTING.write(changes)) == changes


@given(st.text(max_size=60))
def test_any_text_is_changes_or_refused(text: str) -> None:
    try:
        read = SETTING.read(text)
    except InputError as error:
        complaint = str(error)
    else:
        complaint = ""
        assert SETTING.read(SETTING.write(read)) == read
    assert complaint == "" or (complaint.startswith("b: ") and len(complaint.splitlines()) == 1)


def test_a_number_of_steps_is_read_whole_or_refused() -> None:
    assert SETTING.read("steps.0050").steps == 50
    with pytest.raises(InputError, match="b: steps needs a whole number"):
        SETTING.read("steps.0000000505")  # whose first nine digits are 50


@given(CHANGES)
def test_only_what_is_named_changes(changes: Changes) -> None:
    base = Experiment(preset="three-modes", seed=7)
    changed = changes.apply(base)
    assert changed.seed == 7
    for name in {"sampler", "steps", "start"} - set(changes.made):
        assert getattr(changed, name) == getattr(base, name)
    for name in set(changes.made) & {"sampler", "steps", "start"}:
        assert getattr(changed, name) == getattr(changes, name)
    assert changed.schedule.kind == (changes.schedule or base.schedule.kind)
    assert changed.preset == (changes.target or base.preset)


def test_panels_start_from_the_same_noise() -> None:
    base = Experiment(seed=3)
    other = Changes(sampler="ddpm", steps=40, schedule="cosine").apply(base)
    starts = [start_points(e, 50, np.random.default_rng(e.seed)) for e in (base, other)]
    np.testing.assert_array_equal(*starts)


def test_samplers_that_draw_alike_share_the_noise_path() -> None:
    from diffusion_core.laws.traced import trace

    base = Experiment(sampler="ddpm", steps=8)
    other = Changes(sampler="ddpm-covariance").apply(base)
    for a, b in zip(trace(base, 20, 20), trace(other, 20, 20), strict=True):
        for z, w in zip(a.noise, b.noise, strict=True):
            np.testing.assert_array_equal(z, w)


def test_a_custom_schedule_keeps_its_steps() -> None:
    base = Experiment(schedule=Custom((0.9, 0.5, 0.1)), steps=3)
    with pytest.raises(InputError, match="custom schedule"):
        Changes(steps=10).apply(base)
    assert Changes(steps=10, schedule="cosine").apply(base).steps == 10


def test_panels_of_different_dimensions_are_refused() -> None:
    with pytest.raises(InputError, match="one dimension"):
        runs(Experiment(), {"B": Changes(target="two-moons")})


def test_titles_name_the_changes() -> None:
    base = Experiment(preset="three-modes")
    found = runs(base, {"B": Changes(sampler="ddpm", steps=50, start="exact"), "C": Changes()})
    assert list(found) == [
        "A: ODE (probability flow)",
        "B: DDPM, T = 50, from p_T",
        "C: ODE (probability flow)",
    ]
    assert list(found.values())[::2] == [base, base]


def test_a_panel_that_cannot_run_is_named() -> None:
    base = Experiment(schedule=Custom((0.9, 0.5, 0.1)), steps=3)
    with pytest.raises(InputError, match="panel C, steps"):
        runs(base, {"B": Changes(), "C": Changes(steps=10)})
