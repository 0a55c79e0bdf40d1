"""Every door that opens another experiment keeps what the link fixes, and leads back."""

from __future__ import annotations

import json

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from dashboard.link import adoption
from dashboard.link.adoption import FIELDS, adopt, kept, kept_query
from dashboard.link.permalink import BEFORE, EXPERIMENT, PARTS, decode, encode
from diffusion_core import PRESETS, Experiment, InputError
from diffusion_core.schedules import Cosine, Custom
from diffusion_core.scores.errors import WaveError
from tests.dashboard.visiting import address, calm, visit

MINE = Experiment(preset="three-modes", steps=20)
OTHER = Experiment(
    target=PRESETS["skewed"].target,
    preset="skewed",
    schedule=Cosine(),
    sampler="ddim",
    eta=0.5,
    steps=12,
    start="exact",
    score_error=WaveError(),
    seed=7,
)


@pytest.fixture
def session() -> object:
    st.session_state.clear()
    st.session_state["experiment"] = MINE
    yield st.session_state
    st.session_state.clear()


def test_every_part_of_a_link_has_its_fields() -> None:
    assert set(FIELDS) == set(PARTS) - {"page"}
    held = {name for names in FIELDS.values() for name in names}
    assert held == set(OTHER.__dataclass_fields__)


@pytest.mark.parametrize("part", FIELDS)
@pytest.mark.parametrize("how", ["lock", "hide"])
def test_a_fixed_part_stays_and_all_else_is_adopted(session, part: str, how: str) -> None:
    session[how] = (part,)
    found = kept(OTHER)
    for name, fields in FIELDS.items():
        for field in fields:
            whose = MINE if name == part else OTHER
            assert getattr(found, field) == getattr(whose, field), field
    adopt(OTHER)
    assert session["experiment"] == found
    assert session[BEFORE] == MINE
    query = kept_query({EXPERIMENT: encode(OTHER), "panels": "2"})
    assert decode(query[EXPERIMENT]) == found
    assert query["panels"] == "2"


def test_what_does_not_go_with_a_fixed_part_is_refused_and_changes_nothing(session) -> None:
    session["lock"] = ("steps",)
    drawn = OTHER.with_(schedule=Custom((0.9, 0.5, 0.1)), steps=3)
    with pytest.raises(InputError):
        adopt(drawn)
    assert session["experiment"] == MINE
    assert decode(kept_query({EXPERIMENT: encode(drawn)})[EXPERIMENT]) == MINE


def go(app: AppTest, page: str) -> None:
    """To another page by the menu, whose links hold no settings."""
    app.query_params.clear()
    app.switch_page(f"pages/{page}.py").run()


def press(app: AppTest, start: str) -> AppTest:
    [button] = [b for b in app.button if b.label.startswith(start)]
    return button.click().run()


def shown(app: AppTest) -> Experiment:
    text = address(calm(app)).get("e")
    return decode(text) if text else Experiment(preset="three-modes")


def test_the_failure_that_is_opened_keeps_a_locked_sampler_and_leads_back() -> None:
    mine = MINE.with_(sampler="ddpm")
    app = calm(visit("trajectories", mine, particles="200", lock="sampler"))
    go(app, "failures")
    app = press(app, "Open the failure").switch_page("pages/trajectories.py")
    opened = shown(app)
    assert opened.sampler == "ddpm"
    assert opened.steps != mine.steps
    assert app.selectbox(key="control: sampler").value == "ddpm"
    assert shown(press(app, "Back to your own")) == mine


def test_challenges_have_an_experiment_of_their_own() -> None:
    app = calm(visit("trajectories", OTHER, particles="200"))
    go(app, "challenges")
    entry = shown(app)
    assert entry.target == PRESETS["three-modes"].target
    assert entry.steps == 11
    app.select_slider(key="control: steps").set_value(6).run()
    go(app, "trajectories")
    assert shown(app) == OTHER
    go(app, "challenges")
    assert shown(app) == entry.with_(steps=6)


def test_a_locked_schedule_is_not_drawn_over() -> None:
    app = calm(visit("forward", MINE, particles="200", lock="schedule"))
    assert "cannot be drawn" in " ".join(i.value for i in app.info)
    assert not [b for b in app.button if b.label == "Use this list"]


def test_a_file_keeps_what_the_link_fixes() -> None:
    app = calm(visit("trajectories", MINE, particles="200", lock="steps,seed"))
    upload = app.get("file_uploader")
    assert upload
    upload[-1].set_value(("other.json", json.dumps(OTHER.to_dict()).encode(), "application/json"))
    assert shown(app.run()) == OTHER.with_(steps=20, seed=0)


@pytest.mark.parametrize(
    ("page", "label"), [("learned_score", "Overfits"), ("failures", "Open the failure")]
)
def test_what_does_not_go_is_one_sentence_where_it_is_pressed(
    page: str, label: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(wanted: Experiment) -> None:
        raise InputError("steps: this link fixes them")

    app = calm(visit(page, MINE.with_(steps=5)))
    monkeypatch.setattr(adoption, "adopt", refuse)
    app = press(app, label)
    assert not app.exception
    assert [error.value for error in app.error] == ["steps: this link fixes them."]
