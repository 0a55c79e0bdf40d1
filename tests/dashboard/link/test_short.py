"""Short links: kept for a class, bounded, shared, checked, and never in the way of the long one."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from dashboard.kept_file import VARIABLE, Rows
from dashboard.link import short
from dashboard.link.permalink import SHARED
from dashboard.navigation import PAGES
from diffusion_core import Experiment
from tests.dashboard.visiting import address, calm, visit


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    return tmp_path


def test_a_name_is_that_of_its_content_and_found_by_every_process(folder: Path) -> None:
    said = {"lesson": "noising", "e": '{"x": "ä & ="}'}
    name = short.name_of("lessons", said)
    assert name is not None
    assert re.fullmatch("[a-z2-7]{8}", name)
    assert short.name_of("lessons", said) == name
    assert short.name_of("lessons", {"lesson": "rates"}) != name
    assert short.find(name) == ("lessons", said)
    assert Rows(folder / short.FILE, "links", 9).get(name) is not None


@pytest.mark.parametrize("name", ["", "aaaaaaaa", "A" * 8, "a' OR 1=1", "a" * 4000])
def test_an_unknown_name_finds_nothing(name: str) -> None:
    assert short.find(name) is None


def test_number_and_size_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(short, "MOST", 3)
    names = [short.name_of("forward", {"particles": str(k)}) for k in range(5)]
    assert [short.find(str(name)) is None for name in names] == [True, True, False, False, False]
    assert short.name_of("forward", {"e": "x" * short.LONGEST}) is None


def test_without_a_cache_no_short_link_is_offered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "off")
    assert short.name_of("forward", {}) is None
    assert short.find("aaaaaaaa") is None


def test_no_page_has_a_setting_of_that_name() -> None:
    assert short.NAME not in {s.name for page in PAGES.values() for s in page.settings} | set(
        SHARED
    )


@pytest.mark.parametrize("page", ["home", "trajectories", "syllabus"])
def test_any_page_opens_it(page: str) -> None:
    name = short.name_of("lessons", {"lesson": "noising", "step": "2"})
    app = calm(visit(page, **{short.NAME: str(name)}))
    assert address(app) == {"lesson": "noising", "step": "2"}


def test_one_sentence_says_that_it_is_not_known_any_more() -> None:
    app = visit("trajectories", **{short.NAME: "aaaaaaaa"})
    assert not app.exception
    assert [e.value for e in app.error] == [
        "This short link is not known here, or not any more: ask for the long one, "
        "which always works."
    ]
    assert not app.title


def test_what_a_kept_link_says_is_checked_like_any_other() -> None:
    name = short.name_of("lessons", {"lesson": "unheard-of"})
    app = visit("home", **{short.NAME: str(name)})
    assert not app.exception
    assert "lesson: one of" in app.error[0].value


def test_the_code_for_the_room_holds_the_short_link_and_the_long_one() -> None:
    run = Experiment(preset="three-modes", steps=20)
    app = calm(visit("trajectories", run, particles="200", present="on"))
    [asked] = [b for b in app.button if b.label == "Link for the class"]
    app = calm(asked.click().run())
    [long] = [c.value for c in app.code if "?e=" in c.value]
    assert "present" not in long
    [heading] = [h.value for h in app.header if "?class=" in h.value]
    page, said = short.find(heading.split("?class=")[1]) or ("", {})
    assert page == "trajectories"
    assert said["particles"] == "200"
    assert Experiment.from_json(said["e"]) == run
    assert any(h.proto.body.startswith('<img class="code"') for h in app.get("html"))
