"""Generated schedules, words and drawings: what a reader types, pastes or draws."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.schedule_editor.curve import checked, from_handles, handles, parse_list, resampled
from dashboard.sketch.drawing import COLUMNS, TOP, boxes_of, heights_of, points_of
from dashboard.topics.discrete.targets import read_masses, read_words
from diffusion_core import SCHEDULES
from diffusion_core.discrete.targets import Sequences
from tests.generated.bounds import GENERATED, answer, bounded
from tests.generated.mutations import WORDS, bent, bent_text

LENGTHS = st.sampled_from((2, 3, 10, 400, 8192, 8193))
NAMED = [cls() for kind, cls in SCHEDULES.items() if kind != "custom"]


@st.composite
def lists(draw: st.DrawFn) -> str:
    """A list of abar as people type and programs print it, bent in places."""
    count = draw(LENGTHS)
    mark = draw(st.sampled_from((", ", "\n", ";", " ", "\t", ",")))
    values = [f"{1 - (k + 1) / (count + 1):.9g}" for k in range(count)]
    text = mark.join(values)
    if draw(st.booleans()):
        text = "[" + ", ".join(values) + "]"
    odd = ("[", "]", "[[[", '"', "NaN", "1e400", "{}", "−0.5", "0,5", "True", "null", *WORDS)
    return draw(bent_text(st.just(text), odd))


@GENERATED
@given(lists())
def test_a_list_is_a_schedule_or_refused(text: str) -> None:
    with bounded():
        schedule = answer(lambda: parse_list(text))
        if schedule is not None:
            abar = (1.0, *schedule.abar)
            assert 3 <= len(abar) <= 8193
            assert all(a > b > 0 for a, b in pairwise(abar))
            other = answer(lambda: resampled(schedule, 7))
            assert other is None or len(other.abar) == 7


@GENERATED
@given(
    bent(
        st.builds(
            lambda schedule, steps: [list(p) for p in handles(schedule.chain(steps))],
            st.sampled_from(NAMED),
            st.sampled_from((2, 9, 8192)),
        )
    ),
    st.sampled_from((2, 5, 100, 8192)),
)
def test_handles_are_a_schedule_or_refused(points: Any, steps: int) -> None:
    with bounded():
        schedule = answer(lambda: from_handles(checked(points), steps))
        assert schedule is None or len(schedule.abar) == steps


def assert_law(target: Sequences | None) -> None:
    if target is not None:
        assert (target.law >= 0).all()
        assert target.law.sum() == pytest.approx(1.0, abs=1e-9)
        assert target.law.size <= 20_000


ODD_WORDS = ("\n", " ", "\t", "\u2028", "a b c", "1e308", "nan", "-1", "inf", "0", *WORDS)


@GENERATED
@given(
    bent_text(st.sampled_from(("data\ndate 2\ngate 0.5", "a\nb 1e308\nc 1e308", "ä 3")), ODD_WORDS)
)
def test_words_are_a_law_or_refused(text: str) -> None:
    with bounded():
        assert_law(answer(lambda: read_words(text)))


@GENERATED
@given(bent_text(st.sampled_from(("1 2 5 9", "0, 0, 3", "1e308 1e308", "1e-320 0")), ODD_WORDS))
def test_masses_are_a_law_or_refused(text: str) -> None:
    with bounded():
        assert_law(answer(lambda: read_masses(text)))


@GENERATED
@given(bent(st.lists(st.integers(0, TOP), min_size=COLUMNS, max_size=COLUMNS)))
def test_a_curve_drawn_is_a_law_or_nothing(heights: Any) -> None:
    with bounded():
        boxes = boxes_of(json.loads(json.dumps(heights)))
        if boxes is not None:
            assert len(boxes.weights) <= COLUMNS
            assert len(heights_of(boxes)) == COLUMNS


@GENERATED
@given(bent(st.lists(st.lists(st.floats(-3, 3), min_size=2, max_size=2), min_size=1, max_size=5)))
def test_points_drawn_are_points_or_nothing(rows: Any) -> None:
    with bounded():
        points = points_of(json.loads(json.dumps(rows)))
        if points is not None:
            assert 1 <= len(points) <= 500
            assert all(abs(v) <= 1e6 for point in points for v in point)
