"""Rooms import downwards only, and the picture in docs shows how."""

from __future__ import annotations

import importlib.util

import pytest

from tests.test_requirements import ROOT

SCRIPT = ROOT / "docs" / "draw_architecture.py"
SPEC = importlib.util.spec_from_file_location("draw_architecture", SCRIPT)
assert SPEC is not None
assert SPEC.loader is not None
draw = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(draw)
ROOMS = draw.graph()


def test_no_rooms_import_from_each_other_in_a_circle():
    assert draw.circles(ROOMS) == set()
    assert draw.circles(draw.merged(ROOMS)) == set()


def test_the_core_imports_nothing_of_the_dashboard():
    core = [name for name in ROOMS if name.startswith("diffusion_core/")]
    assert len(core) > 10
    for name in core:
        assert all(used.startswith("diffusion_core/") for used in ROOMS[name]), name


def test_the_dashboard_imports_no_page():
    for name, used in ROOMS.items():
        if name != draw.PAGES:
            assert draw.PAGES not in used, name


def test_the_picture_is_that_of_the_code():
    said = "docs/architecture.svg is out of date: run python docs/draw_architecture.py"
    assert draw.PICTURE.read_text(encoding="utf-8") == draw.svg(), said


@pytest.mark.parametrize(
    ("rooms", "found"),
    [
        ({"a": {"b"}, "b": {"c"}, "c": set()}, set()),
        ({"a": {"b"}, "b": {"a"}, "c": {"a"}}, {frozenset("ab")}),
        (
            {"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"e"}, "e": {"d"}},
            {*map(frozenset, ("abc", "de"))},
        ),
    ],
)
def test_circles_are_found(rooms, found):
    assert draw.circles(rooms) == found


def test_arrows_that_follow_from_others_are_left_out():
    assert list(draw.essential({"a": {"b", "c"}, "b": {"c"}, "c": set()})) == [
        ("a", "b"),
        ("b", "c"),
    ]
