"""Generated links: of an experiment, compressed ones too, of every page, of classes, and pasted."""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import pytest
import streamlit
from hypothesis import given
from hypothesis import strategies as st

from dashboard.kept_file import VARIABLE
from dashboard.lessons import LESSONS
from dashboard.lessons.kept import read as read_kept
from dashboard.lessons.progress import ANSWERS
from dashboard.lessons.structure import Guess, as_answer
from dashboard.link import permalink, short
from dashboard.link.pasted import read_pasted
from dashboard.link.permalink import AXES, MAX_LINK, SHARED, Page, Setting, decode, encode
from dashboard.navigation import PAGES
from dashboard.topics.challenges import history
from dashboard.topics.challenges.entries import CHALLENGES
from diffusion_core import Experiment
from diffusion_core.strict_json import MAX_JSON_BYTES
from tests.generated.bounds import GENERATED, LONGEST_SENTENCE, answer, bounded
from tests.generated.experiments import experiments
from tests.generated.mutations import WORDS, as_text, bent, bent_bytes, bent_text
from tests.generated.settings_texts import ODD, TEXTS, texts_of

PAGES_WITH_SETTINGS = st.sampled_from([page for page in PAGES.values() if page.settings])
ENTRIES = st.sampled_from([page for page in PAGES.values() if page.name == "challenges"])


@pytest.fixture(scope="module", autouse=True)
def session() -> Iterator[None]:
    """The state of a session without a browser."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(streamlit, "session_state", {})
        yield


@pytest.fixture(scope="module", autouse=True)
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    path = tmp_path_factory.mktemp("links")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(VARIABLE, str(path))
        yield path


def packed(data: bytes) -> str:
    return "z." + base64.urlsafe_b64encode(zlib.compress(data, 9)).decode().rstrip("=")


# ---- an experiment as text


@st.composite
def packed_links(draw: st.DrawFn) -> str:
    """Compressed links: of bent JSON, of bombs, and with the compressed bytes or the text bent."""
    source = draw(as_text(bent(experiments())))
    raw = source if isinstance(source, bytes) else source.encode("utf-8", "surrogatepass")
    how = draw(st.sampled_from(("whole", "whole", "whole", "padded", "bytes", "text", "twice")))
    if how == "padded":
        size = draw(st.sampled_from((1, MAX_JSON_BYTES - len(raw), MAX_JSON_BYTES, 40_000_000)))
        raw += draw(st.sampled_from((b" ", b"[", b'{"a":', b"0"))) * size
    if how == "twice":
        raw = packed(raw).encode()
    if how == "bytes":
        data = draw(bent_bytes(st.just(zlib.compress(raw, 9))))
        return "z." + base64.urlsafe_b64encode(data).decode()
    return draw(bent_text(st.just(packed(raw)))) if how == "text" else packed(raw)


@GENERATED
@given(packed_links() | bent_text(bent(experiments()).map(json.dumps)))
def test_a_link_is_an_experiment_or_refused(text: str) -> None:
    with bounded():
        e = answer(lambda: decode(text))
        if e is not None:
            again = encode(e)
            assert again is None or (len(again) <= MAX_LINK and decode(again) == e)


# ---- a page's settings


@st.composite
def addresses(draw: st.DrawFn, pages: st.SearchStrategy[Page]) -> tuple[Page, dict[str, str]]:
    """A page and the settings of a link to it, some of them bent, some of another page."""
    page = draw(pages)
    said = {n: draw(texts_of(page.name, n)) for n in TEXTS[page.name] if draw(st.booleans())}
    if draw(st.booleans()):
        said["e"] = draw(packed_links() | bent(experiments()).map(json.dumps))
    if draw(st.integers(0, 3)) == 0:
        said[draw(st.sampled_from(("lesson", "T", "embed", "\ud800", "x" * 99)))] = "1"
    return page, said


@GENERATED
@given(addresses(PAGES_WITH_SETTINGS))
def test_an_address_is_read_and_what_is_wrong_is_said(link: tuple[Page, dict[str, str]]) -> None:
    page, address = link
    with bounded():
        experiment, values, complaints = permalink._read(address, page.settings)
        assert isinstance(experiment, Experiment)
        assert set(values) == {s.name for s in page.settings}
        for complaint in complaints:
            assert complaint.splitlines() == [complaint]
            assert complaint.endswith(".")
            assert len(complaint) < LONGEST_SENTENCE
        names, why = page.clash(values)
        assert set(names) <= set(values)
        assert bool(names) == bool(why)
        kept = values | {s.name: s.default for s in page.settings if s.name in names}
        assert not page.clash(kept)[0]


def assert_comes_back(setting: Setting, text: str) -> None:
    """What is read of the text is written so that it is read again, and is the number it says."""
    value = answer(lambda: setting.read(text))
    if value is not None:
        assert setting.read(setting.write(value)) == value, (setting.name, text)
        if isinstance(value, int | float) and not isinstance(value, bool):
            assert float(text) == value, (setting.name, text)


@GENERATED
@given(st.data())
def test_what_a_setting_reads_it_writes_and_reads_again(data: st.DataObject) -> None:
    page = data.draw(PAGES_WITH_SETTINGS)
    setting = data.draw(st.sampled_from([*page.settings, *SHARED.values()]))
    text = data.draw(texts_of(page.name, setting.name))
    with bounded():
        assert_comes_back(setting, text)


@pytest.mark.parametrize("page", [page.name for page in PAGES.values() if page.settings])
def test_no_setting_misreads_what_is_odd(page: str) -> None:
    for setting in PAGES[page].settings:
        for text in (
            *ODD,
            *(f"{sound}{odd}" for sound in TEXTS[page][setting.name] for odd in ODD),
        ):
            assert_comes_back(setting, text)


# ---- lessons


@st.composite
def answers(draw: st.DrawFn) -> dict[str, str]:
    """The place in a lesson as a link says it, possible or bent."""
    lesson = LESSONS[draw(st.sampled_from(list(LESSONS)))]
    steps = [lesson.steps[i] for i in lesson.asking]
    sound = [
        as_answer(draw(st.sampled_from((s.low, s.high))))
        if isinstance(s, Guess)
        else draw(st.sampled_from(s.letters))
        for s in steps[: draw(st.integers(0, len(steps)))]
    ]
    said = {"lesson": lesson.name, "step": str(draw(st.integers(1, len(lesson.steps))))}
    if sound:
        said["answers"] = ANSWERS.write(tuple(sound))
    bend = draw(st.sampled_from(("", "", "lesson", "step", "answers")))
    if bend in said:
        said[bend] = draw(bent_text(st.just(said[bend]), (".", "-", "a", "h", "9-9", *WORDS)))
    return said


@GENERATED
@given(answers())
def test_a_place_in_a_lesson_is_possible_or_left(said: dict[str, str]) -> None:
    page = PAGES["lessons"]
    with bounded():
        _, values, _ = permalink._read(said, page.settings)
        names, _ = page.clash(values)
        values |= {s.name: s.default for s in page.settings if s.name in names}
        if values["lesson"] in LESSONS:
            lesson = LESSONS[values["lesson"]]
            assert 1 <= values["step"] <= len(lesson.steps)
            assert len(values["answers"]) <= len(lesson.asking)
            assert values["step"] <= lesson.reachable(len(values["answers"]))
            if values["answers"]:
                sent = json.dumps({lesson.name: ANSWERS.write(values["answers"])})
                assert read_kept(sent) == {lesson.name: values["answers"]}


# ---- links of a class, pasted ones, and what a browser keeps


def _encodable(address: dict[str, str]) -> bool:
    return all("\ud800" not in name + text for name, text in address.items())


@GENERATED
@given(addresses(PAGES_WITH_SETTINGS).filter(lambda link: _encodable(link[1])))
def test_a_short_link_opens_what_it_was_made_of(link: tuple[Page, dict[str, str]]) -> None:
    page, address = link
    with bounded():
        name = short.name_of(page.name, address)
        if name is None:
            assert len(f"{page.name}?{urlencode(address)}") > short.LONGEST
        else:
            assert short.find(name) == (page.name, address)


@GENERATED
@given(st.data())
def test_a_pasted_link_is_read_or_refused(data: st.DataObject) -> None:
    page, address = data.draw(addresses(ENTRIES).filter(lambda link: _encodable(link[1])))
    if data.draw(st.booleans()):
        address = {"e": data.draw(experiments().map(json.dumps))}
    whole = f"https://lab.example/{page.name}?{urlencode(address)}"
    odd = ("?", "&", "=", "[", "//", "http://[", "?class=aaaaaaaa", quote("é"), "%ff", *WORDS)
    text = data.draw(bent_text(st.just(whole), odd))
    with bounded():
        found = answer(lambda: read_pasted(text, page))
        if found is not None:
            assert set(found[1]) == {s.name for s in page.settings}


def _sent(texts: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    kept = st.dictionaries(
        st.sampled_from([*CHALLENGES, *LESSONS, "nowhere"]), texts | st.integers(), max_size=4
    )
    return as_text(bent(kept)).map(lambda s: s if isinstance(s, str) else s.decode("latin-1"))


@GENERATED
@given(_sent(st.lists(bent(experiments()).map(json.dumps) | packed_links(), max_size=3)))
def test_entries_that_a_browser_sends_are_possible_or_left(sent: str) -> None:
    with bounded():
        for name, texts in history.read(sent).items():
            assert name in CHALLENGES
            assert 1 <= len(texts) <= history.MOST
            assert all(isinstance(decode(text), Experiment) for text in texts)


@GENERATED
@given(_sent(answers().map(lambda said: said.get("answers", ""))))
def test_answers_that_a_browser_sends_are_possible_or_left(sent: str) -> None:
    with bounded():
        assert set(read_kept(sent)) <= set(LESSONS)


@GENERATED
@given(
    bent_text(
        st.sampled_from(("x", "bill, mm", "a%2Cb,c", "weight/kg")), ("%2C", "%", "%00", *WORDS)
    )
)
def test_names_of_axes_come_back_as_they_were(text: str) -> None:
    setting = SHARED[AXES]
    with bounded():
        names = answer(lambda: setting.read(text))
        if names is not None:
            assert 1 <= len(names) <= 2
            assert setting.read(setting.write(names)) == names
