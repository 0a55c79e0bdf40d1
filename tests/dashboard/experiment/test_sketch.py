"""What is drawn and the target it gives: exact weights, short numbers, nothing lost on the way."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

from dashboard.link.permalink import decode, encode
from dashboard.sketch.drawing import (
    COLUMNS,
    MAX_DRAWN,
    SHOWN_PEAK,
    TOP,
    boxes_of,
    edges,
    heights_of,
    points_of,
    shares,
)
from diffusion_core import Experiment
from diffusion_core.targets import PRESETS, Boxes, Points


def columns(**heights: int) -> list[int]:
    out = [0] * COLUMNS
    for name, height in heights.items():
        out[int(name[1:])] = height
    return out


def test_columns_become_boxes_with_exact_weights():
    boxes = boxes_of(columns(c0=25, c31=25, c63=50))
    assert boxes.weights == (0.25, 0.25, 0.5)
    assert boxes.lows == ((-3.0,), (-0.09375,), (2.90625,))
    assert boxes.highs == ((-2.90625,), (0.0,), (3.0,))


def test_thirds_are_short_and_sum_to_one():
    assert boxes_of(columns(c1=7, c2=7, c3=7)).weights == (0.33334, 0.33333, 0.33333)


heights = st.lists(st.integers(0, TOP), min_size=COLUMNS, max_size=COLUMNS)


@given(heights.filter(any))
def test_weights_are_the_heights_to_five_digits(drawn):
    boxes = boxes_of(drawn)
    want = np.array([h for h in drawn if h]) / sum(drawn)
    np.testing.assert_allclose(boxes.weights, want, atol=1.0001e-5)
    assert math.fsum(boxes.weights) == pytest.approx(1, abs=1e-12)
    assert all(round(w, 5) == w > 0 for w in boxes.weights)


@given(heights.filter(any))
def test_a_drawing_comes_back_in_its_shape(drawn):
    shown = np.array(heights_of(boxes_of(drawn)))
    assert shown.max() == SHOWN_PEAK
    assert ((shown > 0) == (np.array(drawn) > 0)).all()
    want = np.array(drawn) * SHOWN_PEAK / max(drawn)
    np.testing.assert_allclose(shown, want, atol=1.2)


@given(st.lists(st.integers(1, TOP), min_size=1, max_size=COLUMNS))
def test_shares_sum_to_one_with_no_part_lost(parts):
    units = [round(100_000 * w) for w in shares(parts)]
    assert sum(units) == 100_000
    assert min(units) >= 1


def test_another_law_is_shown_by_the_mass_of_its_columns():
    shown = np.array(heights_of(PRESETS["histogram"].target))
    middles = (edges()[1:] + edges()[:-1]) / 2
    assert shown.max() == SHOWN_PEAK
    assert middles[shown.argmax()] == pytest.approx(1.0, abs=0.3)
    assert (shown > 0).all()
    assert heights_of(Boxes((1.0,), ((5.0,),), ((6.0,),))) == [0] * COLUMNS
    assert heights_of(PRESETS["checkerboard"].target) == [0] * COLUMNS
    assert heights_of(None) == [0] * COLUMNS


@pytest.mark.parametrize(
    "sent",
    [
        None,
        "x",
        {},
        [],
        [0] * COLUMNS,
        [1] * (COLUMNS + 1),
        [TOP + 1] + [0] * (COLUMNS - 1),
        [-1, 1] + [0] * (COLUMNS - 2),
        [0.5] * COLUMNS,
        [True] * COLUMNS,
        ["1"] * COLUMNS,
    ],
)
def test_what_no_pad_draws_is_no_law(sent):
    assert boxes_of(sent) is None


def test_points_keep_two_digits():
    assert points_of([[1.23456, -0.001], [2, 0.125]]) == ((1.23, 0.0), (2.0, 0.12))
    assert "-0.0" not in repr(points_of([[-0.001, -0.0]]))


@pytest.mark.parametrize(
    "sent",
    [
        None,
        [],
        [[1.0]],
        [[1.0, 2.0, 3.0]],
        [[math.nan, 0.0]],
        [[math.inf, 0.0]],
        [["1", 0.0]],
        [[True, 0.0]],
        [[1e7, 0.0]],
        [(0.0, 0.0)],
        [[0.0, 0.0]] * (MAX_DRAWN + 1),
    ],
)
def test_what_no_pad_draws_is_no_cloud(sent):
    assert points_of(sent) is None


def test_a_full_pad_of_either_kind_fits_a_link():
    rng = np.random.default_rng(3)
    cloud = Points(points_of(rng.uniform(-3, 3, (MAX_DRAWN, 2)).tolist()), 0.1)
    line = boxes_of(rng.integers(1, TOP + 1, COLUMNS).tolist())
    for target in (cloud, line):
        link = encode(Experiment(target=target))
        assert link is not None
        assert decode(link).target == target


def page():
    import json

    import streamlit as st

    from dashboard.link.component_value import choose
    from dashboard.sketch import sketch_line, sketch_plane
    from dashboard.sketch.drawing import boxes_of, points_of
    from diffusion_core.experiment import target_from_dict

    def given(text):
        return target_from_dict(json.loads(text))[0] if text else None

    drawn = st.text_input("drawn")
    if st.button("draw"):
        content = json.loads(drawn)
        flat = isinstance(content[0], int)
        note = {"by": "a pad", "content": content}
        choose("line" if flat else "plane", (boxes_of if flat else points_of)(content), note)
    st.text(repr(sketch_line(given(st.text_input("line")), "line")))
    st.text(repr(sketch_plane(given(st.text_input("plane")), "plane", 0.25)))


@pytest.fixture
def app():
    return AppTest.from_function(page).run()


def mounted(app, i: int) -> dict:
    return json.loads(app.get("bidi_component")[i].proto.json)


def draw(app, content):
    app.text_input[0].set_value(json.dumps(content))
    app.button[0].click().run()


def test_an_empty_pad_gives_no_target(app):
    assert [t.value for t in app.text] == ["None", "None"]
    assert mounted(app, 0)["heights"] == [0] * COLUMNS
    assert mounted(app, 1)["points"] == []


def test_the_pages_law_is_shown_and_given_back(app):
    cloud = {"kind": "points", "points": [[1, 2], [3.123, 4]], "bandwidth": 0.5}
    app.text_input[2].set_value(json.dumps(cloud)).run()
    assert app.text[1].value == repr(Points(((1.0, 2.0), (3.123, 4.0)), 0.5))
    assert mounted(app, 1)["points"] == [[1, 2], [3.123, 4]]
    assert mounted(app, 1)["echo"] is None


def test_a_drawing_counts_until_the_page_changes(app):
    drawing = columns(c10=30, c11=60)
    draw(app, drawing)
    assert app.text[0].value == repr(boxes_of(drawing))
    assert mounted(app, 0)["heights"] == drawing  # as drawn, not scaled to its peak
    assert mounted(app, 0)["echo"] == "a pad"
    app.run()
    assert app.text[0].value == repr(boxes_of(drawing))
    box = {"kind": "boxes", "weights": [1], "lows": [[-1]], "highs": [[1]]}
    app.text_input[1].set_value(json.dumps(box)).run()
    assert app.text[0].value == repr(Boxes((1.0,), ((-1.0,),), ((1.0,),)))
    assert mounted(app, 0)["echo"] is None


def test_a_stroke_is_not_lost_while_the_last_one_comes_back(app):
    draw(app, [[0.0, 0.0]])
    assert app.text[1].value == repr(Points(((0.0, 0.0),), 0.25))
    # the page adopts the first stroke, with a width of its own, while the second one arrives
    first = {"kind": "points", "points": [[0, 0]], "bandwidth": 0.4}
    app.text_input[2].set_value(json.dumps(first))
    draw(app, [[0.0, 0.0], [1.0, 1.0]])
    assert app.text[1].value == repr(Points(((0.0, 0.0), (1.0, 1.0)), 0.4))
    assert mounted(app, 1)["echo"] == "a pad"
