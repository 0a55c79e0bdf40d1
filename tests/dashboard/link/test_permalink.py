"""Links: what goes in comes out, and nothing else does any harm."""

from __future__ import annotations

import base64
import json
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

from dashboard.link import permalink
from dashboard.link.permalink import (
    DEFAULT,
    ELSEWHERE,
    MAX_LINK,
    choice,
    decode,
    encode,
    several,
    switch,
    whole,
)
from diffusion_core import PRESETS, SAMPLERS, SCHEDULES, Experiment, InputError
from diffusion_core.samplers import PAPER_SAMPLERS
from diffusion_core.schedules import Custom
from diffusion_core.strict_json import MAX_JSON_BYTES
from diffusion_core.targets import Boxes, Circle, GaussianMixture, Points, StudentT
from tests.dashboard.visiting import address, calm, visit

OWN = [
    GaussianMixture((0.25, 0.75), ((0.1,), (-2.0,)), (((0.5,),), ((0.0,),))),
    Points(((0.1234, 5.0), (1e-7, -1e6)), 0.3),
    Boxes((1.0,), ((-1.0, 0.0),), ((1.0, 2.0),)),
    Circle(1.5),
    StudentT(3.5, (0.25,), 1.25),
]
experiments = st.builds(
    Experiment,
    target=st.sampled_from([*OWN, *(p.target for p in PRESETS.values())]),
    schedule=st.sampled_from([cls() for kind, cls in SCHEDULES.items() if kind != "custom"]),
    sampler=st.sampled_from(list(SAMPLERS)),
    steps=st.integers(2, 8192),
    start=st.sampled_from(["noise", "exact"]),
    seed=st.integers(0, 2**32 - 1),
)


def packed(data: bytes) -> str:
    return "z." + base64.urlsafe_b64encode(zlib.compress(data, 9)).decode().rstrip("=")


@given(experiments)
@settings(max_examples=200, deadline=None)
def test_what_goes_in_comes_out(experiment: Experiment) -> None:
    text = encode(experiment)
    assert text is not None
    assert decode(text) == experiment
    assert len(text) <= MAX_LINK


@pytest.mark.parametrize("name", PRESETS)
def test_presets_are_named_and_their_descriptions_fit_too(name: str) -> None:
    target = PRESETS[name].target
    named = encode(Experiment(target=target, preset=name))
    assert named is not None
    assert f'"name":"{name}"' in named
    spelled = encode(Experiment(target=target))
    assert spelled is None or decode(spelled) == Experiment(target=target)


def test_eta_and_a_custom_schedule() -> None:
    for experiment in (
        Experiment(sampler="ddim", eta=0.35),
        Experiment(schedule=Custom((0.9, 0.5, 0.01)), steps=3),
    ):
        assert decode(encode(experiment) or "") == experiment


@given(st.text() | st.text().map("z.".__add__) | st.binary().map(packed))
@settings(max_examples=300, deadline=None)
def test_any_text_is_an_experiment_or_refused_in_a_line(text: str) -> None:
    try:
        decode(text)
        refusal = "none"
    except InputError as error:
        refusal = str(error)
    assert 0 < len(refusal) < 300
    assert "\n" not in refusal


@given(st.data())
@settings(max_examples=200, deadline=None)
def test_a_cut_or_damaged_link_never_opens_to_something_else(data: st.DataObject) -> None:
    experiment = Experiment(target=Points(tuple((i / 7,) for i in range(120)), 0.1))
    text = encode(experiment)
    assert text is not None
    assert text.startswith("z.")
    place = data.draw(st.integers(0, len(text) - 1))
    cut = text[:place]
    swapped = cut + data.draw(st.sampled_from("Aa0-_*")) + text[place + 1 :]
    for broken in (cut, swapped):
        try:
            found = decode(broken)
        except InputError:
            continue
        assert found == experiment


def test_bombs_are_not_unpacked() -> None:
    bomb = packed(b" " * (50 * MAX_JSON_BYTES))
    assert len(bomb) < 200_000
    with pytest.raises(InputError, match="at most"):
        decode(bomb)


def test_the_largest_file_fits_no_link_and_says_where_it_is() -> None:
    large = Experiment(target=Points(tuple((i**0.5, i**0.3) for i in range(3000)), 0.1))
    assert encode(large) is None
    with pytest.raises(InputError, match="open its file"):
        decode(ELSEWHERE)


def test_a_key_that_is_not_known_is_not_ignored() -> None:
    data = DEFAULT.to_dict() | {"colour": "red"}
    with pytest.raises(InputError, match="colour"):
        decode(json.dumps(data))


@pytest.mark.parametrize(
    ("setting", "value", "bad"),
    [
        (whole("n", 2, (1, 2)), 1, ["3", "", "x", "1.0", "9" * 50]),
        (choice("c", "a", ("a", "b")), "b", ["", "A", "c" * 90]),
        (several("s", ("a",), ("a", "b")), ("b", "a"), ["", "a,", "a,c", "c" * 90]),
        (switch("w", True), False, ["", "true", "0"]),
    ],
)
def test_settings(setting, value, bad) -> None:
    assert setting.read(setting.write(value)) == value
    assert setting.read(setting.write(setting.default)) == setting.default
    for text in bad:
        with pytest.raises(InputError, match=f"^{setting.name}: ") as error:
            setting.read(text)
        assert len(str(error.value)) < 200


OLD = ("ode", "ddpm", "ode-accelerated", "ddpm-accelerated")
FEW = {"from": "4", "to": "8"}


def shown(app: AppTest) -> tuple[str, ...]:
    return tuple(app.button_group(key=f"control: {app.session_state['page']}.samplers").value)


def test_a_setting_whose_default_has_changed_is_always_said() -> None:
    setting = several("s", ("a",), ("a", "b"), ("b",))
    assert setting.says(("a",))
    assert setting.says(("b",))
    plain = several("s", ("a",), ("a", "b"))
    assert not plain.says(("a",))
    assert plain.says(("b",))


@pytest.mark.parametrize("page", ["convergence", "dimension"])
def test_a_link_from_before_keeps_its_samplers(page: str) -> None:
    """What it left out was the old default; what is written now says which, on any change."""
    old = {"convergence": FEW, "dimension": {"k": "5"}}[page]
    app = calm(visit(page, Experiment(seed=3), **old))
    assert shown(app) == OLD
    assert address(app)["samplers"] == ",".join(OLD)
    app.button_group(key=f"control: {page}.samplers").set_value(["ode"]).run()
    assert address(calm(app))["samplers"] == "ode"


@pytest.mark.parametrize("link", [{"large": "on"}, {"lock": "seed"}, {"bounds": "all"}])
def test_any_word_in_a_link_makes_it_one_from_before(link: dict[str, str]) -> None:
    assert shown(calm(visit("dimension", **link))) == OLD


def test_a_bare_address_shows_the_papers_four_and_the_link_says_so() -> None:
    app = calm(visit("dimension"))
    assert shown(app) == PAPER_SAMPLERS
    assert address(app) == {"samplers": ",".join(PAPER_SAMPLERS)}
    again = calm(visit("dimension", **address(app)))
    assert shown(again) == PAPER_SAMPLERS
    assert shown(calm(visit("dimension", embed="true"))) == PAPER_SAMPLERS


def test_a_choice_made_while_the_last_one_is_on_its_way_is_not_lost():
    """Its request still carries the address from before; a later visit to that address counts."""
    app = calm(visit("trajectories", particles="200"))
    before = address(app)
    app.select_slider(key="control: steps").set_value(20).run()
    assert decode(address(calm(app))["e"]).steps == 20
    app.query_params.clear()
    for name, value in before.items():
        app.query_params[name] = value
    app.number_input(key="control: seed").set_value(12).run()
    found = decode(address(calm(app))["e"])
    assert (found.steps, found.seed) == (20, 12)


def test_an_address_that_was_left_long_ago_is_read_again(monkeypatch):
    app = calm(visit("trajectories", particles="200"))
    before = address(app)
    app.select_slider(key="control: steps").set_value(20).run()
    monkeypatch.setattr(permalink, "IN_FLIGHT", 0.0)
    app.query_params.clear()
    for name, value in before.items():
        app.query_params[name] = value
    calm(app.run())
    assert app.select_slider(key="control: steps").value == 100
