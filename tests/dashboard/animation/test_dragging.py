"""What the page offers the player to drag, and what it does with what the player tells."""

from __future__ import annotations

from typing import Any

import pytest

from dashboard.animation import dragging
from dashboard.animation.dragging import dials
from dashboard.link.widget_keys import KEY
from diffusion_core import Experiment
from diffusion_core.scores.errors import WaveError
from diffusion_core.targets.circle import Circle
from tests.dashboard.unpacking import split
from tests.dashboard.visiting import calm, visit

RUN = Experiment(preset="three-modes", sampler="ddim", eta=0.5, steps=20)


def offered(*args: Any, **settings: str) -> list[str]:
    app = calm(visit("trajectories", *args, **settings))
    [player] = [c for c in app.get("bidi_component") if c.key == "reverse chain"]
    drag = split(player.proto.bytes)[0].get("drag") or {"dials": []}
    return [dial["name"] for dial in drag["dials"]]


def test_what_a_class_locks_or_hides_is_not_offered() -> None:
    assert offered(RUN) == ["steps", "eta", "c0", "seed"]
    assert offered(RUN, lock="steps", hide="seed") == ["eta", "c0"]
    assert offered(RUN, lock="sampler,schedule") == ["steps", "seed"]


def test_nothing_is_offered_where_the_browser_does_not_make_the_run() -> None:
    assert offered(Experiment(target=Circle(1.5), steps=8)) == ["seed"]
    folded = RUN.with_(sampler="ode-taylor", eta=0.0, score_error=WaveError(0.3, 10.0))
    assert offered(folded) == []
    assert offered(RUN.with_(sampler="ode", eta=0.0, start="exact")) == []


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    held: dict[str, Any] = {}
    monkeypatch.setattr(dragging.st, "session_state", held)
    return held


def test_a_value_that_is_let_go_becomes_the_widgets_own(session: dict[str, Any]) -> None:
    drag = dragging.drag_of(RUN, dials(RUN, 500), None)
    for name, value, widget in (
        ("steps", 25, "steps"),
        ("eta", 0.45, "eta"),
        ("c0", 3, "schedule.theory.c0"),
        ("seed", 7, "seed"),
    ):
        drag.tell({"name": name, "value": value, "id": name})
        assert session[KEY + widget] == value
        assert isinstance(session[KEY + widget], int if name in ("steps", "seed") else float)
        assert session[dragging.HEARD] == name


def test_what_is_not_offered_changes_nothing(session: dict[str, Any]) -> None:
    some = [dial for dial in dials(RUN, 500) if dial.name != "steps"]
    drag = dragging.drag_of(RUN, some, None)
    for sent in (
        {"name": "steps", "value": 25, "id": 1},
        {"name": "seed", "value": 0.5, "id": 2},
        {"name": "eta", "value": 7, "id": 3},
        {"name": "c0", "value": None, "id": 4},
        {},
    ):
        drag.tell(sent)
    assert not [name for name in session if name.startswith(KEY)]
    assert session[dragging.HEARD] == 4  # so that the player goes back to the page's value


def test_a_ladder_is_given_to_the_experiment_it_was_asked_for(session: dict[str, Any]) -> None:
    among = dials(RUN, 500)
    assert dragging.asked(RUN, among) is None
    dragging.drag_of(RUN, among, None).tell({"name": "eta"})
    for experiment, found in (
        (RUN, "eta"),
        (RUN.with_(eta=0.1, seed=3), "eta"),
        (RUN.with_(steps=25), None),
    ):
        dial = dragging.asked(experiment, dials(experiment, 500))
        assert (dial and dial.name) == found
