"""A lecturer's link: fixed and hidden parts, the way back, presentations, codes to scan."""

from __future__ import annotations

import base64
import io
from html.parser import HTMLParser
from urllib.parse import parse_qs, urlsplit

import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from dashboard.link import lecture
from dashboard.link.permalink import PARTS, decode
from diffusion_core import Experiment
from tests.dashboard.visiting import address, calm, visit

SMALL = Experiment(preset="three-modes", steps=20)


def test_a_locked_part_keeps_its_value_and_its_widgets_are_disabled() -> None:
    app = calm(visit("trajectories", SMALL, particles="200", lock="sampler,steps"))
    assert app.selectbox(key="control: sampler").disabled
    assert app.select_slider(key="control: steps").disabled
    assert not app.segmented_control(key="control: start").disabled
    assert address(app)["lock"] == "sampler,steps"


@pytest.mark.parametrize("part", [p for p in PARTS if p != "page"])
def test_every_part_can_be_fixed_alone(part: str) -> None:
    free = calm(visit("trajectories", SMALL, particles="200"))
    app = calm(visit("trajectories", SMALL, particles="200", lock=part))
    fewer = len([w for w in _widgets(app) if not w.disabled])
    assert fewer < len([w for w in _widgets(free) if not w.disabled])
    assert decode(address(app)["e"]) == SMALL


def _widgets(app: AppTest) -> list[object]:
    kinds = ("selectbox", "number_input", "segmented_control", "select_slider", "slider")
    return [w for kind in kinds for w in app.get(kind)]


def test_a_hidden_part_is_hidden_by_a_rule_of_style_and_fixed() -> None:
    app = calm(visit("trajectories", SMALL, particles="200", hide="seed,page"))
    assert app.number_input(key="control: seed").disabled
    styles = " ".join(h.proto.body for h in app.get("html"))
    assert ".st-key-part-seed { display: none" in styles
    assert 'class*="st-key-control--trajectories-"' in styles


@pytest.mark.parametrize("name", ["lock", "hide"])
def test_an_unknown_part_is_refused_in_one_sentence(name: str) -> None:
    app = visit("trajectories", SMALL, particles="200", **{name: "samplr"})
    assert not app.exception
    assert f"{name}: out of target, schedule" in app.error[0].value
    assert not app.selectbox(key="control: sampler").disabled


def test_the_way_back_restores_what_the_lecturer_chose() -> None:
    app = calm(visit("trajectories", SMALL, particles="200", lock="sampler"))
    app.segmented_control(key="control: start").set_value("exact").run()
    assert decode(address(calm(app))["e"]).exact_start
    (back,) = [b for b in app.button if b.label == "Back to the lecturer's settings"]
    back.click().run()
    assert decode(address(calm(app))["e"]) == SMALL
    assert app.segmented_control(key="control: start").value == "noise"
    assert address(app)["lock"] == "sampler"


def test_a_link_without_locks_has_no_way_back_but_a_builder() -> None:
    app = calm(visit("trajectories", SMALL, particles="200"))
    assert not [b for b in app.button if "lecturer" in b.label]
    assert not app.multiselect, "nothing is built before somebody looks"
    app.session_state["for a class"] = True
    app.run()
    app.multiselect(key="control: lecture.lock").set_value(["sampler"]).run()
    app.multiselect(key="control: lecture.hide").set_value(["seed"]).run()
    app.toggle(key="control: lecture.present").set_value(True).run()
    calm(app)
    link = next(c.value for c in app.code if c.value.startswith("http") or "?" in c.value)
    said = {name: values[0] for name, values in parse_qs(urlsplit(link).query).items()}
    assert (said["lock"], said["hide"], said["present"]) == ("sampler", "seed", "on")
    assert decode(said["e"]) == SMALL
    assert not app.selectbox(key="control: sampler").disabled, "the builder's own page stays free"
    assert "lock" not in address(app)


def test_a_presentation_hides_the_frame_and_ends_by_its_button() -> None:
    app = calm(visit("trajectories", SMALL, particles="200", present="on"))
    styles = " ".join(h.proto.body for h in app.get("html"))
    assert '[data-testid="stSidebar"]' in styles
    (end,) = [b for b in app.button if b.label == "End the presentation"]
    end.click().run()
    assert "present" not in address(calm(app))
    styles = " ".join(h.proto.body for h in app.get("html"))
    assert '[data-testid="stSidebar"], ' not in styles


def test_the_qr_code_is_a_picture_of_black_and_white_modules() -> None:
    kind, _, data = lecture.qr_code("http://localhost:8501/?e=1").partition(",")
    assert kind == "data:image/png;base64"
    picture = Image.open(io.BytesIO(base64.b64decode(data)))
    assert picture.width == picture.height
    assert {v for _, v in picture.convert("L").getcolors() or []} == {0, 255}
    with pytest.raises(ValueError, match=r"[Dd]ata"):
        lecture.qr_code("x" * 4000)


def test_the_iframe_names_the_link_and_asks_for_the_embedded_view() -> None:
    found: list[dict[str, str | None]] = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            found.append(dict(attrs))

    Reader().feed(lecture.iframe('http://a.b/page?e={"x":1}&lock=seed'))
    assert found[0]["src"] == 'http://a.b/page?e={"x":1}&lock=seed&embed=true'
    assert found[0]["title"]


@pytest.mark.parametrize(
    ("page", "kind", "name"),
    [
        ("trajectories", "select_slider", "trajectories.particles"),
        ("convergence", "selectbox", "convergence.metric"),
        ("imperfect_scores", "segmented_control", "imperfect_scores.view"),
    ],
)
def test_a_pages_own_choices_can_be_fixed(page: str, kind: str, name: str) -> None:
    settings = {"from": "8", "to": "16"} if page == "convergence" else {}
    app = visit(page, SMALL, lock="page", **settings)
    assert not app.exception
    assert getattr(app, kind)(key=f"control: {name}").disabled
    assert not app.segmented_control(key="control: start").disabled
