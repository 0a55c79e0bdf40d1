"""A reader's own entries are kept and come back; a classmate's is measured beside one's own."""

from __future__ import annotations

import json
from urllib.parse import urlencode

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.link.permalink import encode
from dashboard.topics.challenges.entries import CHALLENGES
from dashboard.topics.challenges.history import LONGEST, MOST, read
from dashboard.topics.challenges.rivals import compared
from diffusion_core import Experiment, measure
from diffusion_core.schedules import Cosine, LogSNR, Theory
from tests.dashboard.visiting import calm, said, visit

WARM_UP = CHALLENGES["warm-up"]
GOOD, WORSE = WARM_UP.entry(Theory(), "dpmpp-2m"), WARM_UP.entry(LogSNR(), "ode")
FIELD = "control: challenges.classmate"


def text_of(entry: Experiment) -> str:
    text = encode(entry)
    assert text is not None
    return text


def link(entry: Experiment, **values: str) -> str:
    return f"https://lab.example/app/challenges?{urlencode({'e': text_of(entry), **values})}"


def press(app: AppTest, label: str) -> AppTest:
    return calm(next(b for b in app.button if b.label == label).click().run())


def paste(app: AppTest, text: str) -> AppTest:
    return calm(app.text_input(key=FIELD).set_value(text).run())


def own(app: AppTest) -> list[str]:
    """The samplers of the reader's entries, as the table has them."""
    tables = [
        d.value for d in app.dataframe if "entry" in d.value and "1" in list(d.value["entry"])
    ]
    return list(tables[0]["sampler"]) if tables else []


def test_submitted_entries_stand_in_the_order_of_time_until_they_are_cleared() -> None:
    app = calm(visit("challenges", GOOD))
    assert own(app) == []
    app = press(app, "Submit this entry")
    assert own(app) == [GOOD.record.label]
    app.query_params["e"] = text_of(WORSE)
    app = press(calm(app.run()), "Submit this entry")
    assert own(app) == [GOOD.record.label, WORSE.record.label]
    assert "the best other one that you submitted" in said(app)
    app = press(app, "Clear my entries in all challenges")
    assert own(app) == []


def test_an_entry_that_is_submitted_twice_is_kept_once() -> None:
    app = calm(visit("challenges", GOOD))
    app = press(press(app, "Submit this entry"), "Submit this entry")
    assert own(app) == [GOOD.record.label]


def test_a_classmates_link_is_measured_beside_ones_own() -> None:
    app = paste(calm(visit("challenges", GOOD)), link(WORSE))
    ratio = measure(WORSE, against="data").value / measure(GOOD, against="data").value
    assert "This entry is closer" in said(app)
    assert f"which is {ratio:.3g} times as far" in said(app).replace("\n", " ")
    app = paste(calm(visit("challenges", WORSE)), link(GOOD, challenge="warm-up"))
    assert "This entry is farther" in said(app)
    app = paste(app, link(WORSE))
    assert "**Level**" in said(app)


@pytest.mark.parametrize(
    ("pasted", "why"),
    [
        ("hello", "holds no entry"),
        ("https://[", "is no address"),
        ("x" * 9000, "at most 8,000 characters"),
        (link(GOOD).replace("/challenges", "/trajectories"), "opens another page"),
        ("https://lab.example/challenges?class=abcdefgh", "short link is not known"),
        ("https://lab.example/challenges?e=z.AAAA", "link is damaged"),
        (link(GOOD, challenge="nowhere"), "challenge: one of"),
        (
            link(CHALLENGES["atoms"].entry(Theory(), "ddim"), challenge="atoms"),
            "Atoms: four points",
        ),
        (link(GOOD.with_(steps=50)), "Not an entry"),
    ],
)
def test_a_link_that_is_no_entry_gets_one_sentence(pasted: str, why: str) -> None:
    app = paste(calm(visit("challenges", GOOD)), pasted)
    assert [why in w.value for w in app.warning] == [True]
    assert "**This entry is" not in said(app)


def test_a_refused_entry_is_named_instead_of_a_comparison() -> None:
    good = measure(GOOD, against="data")
    assert compared("tv: refused", good, "theirs") == "tv: refused."
    assert compared(good, "tv: refused", "theirs") == "tv: refused."


@pytest.mark.parametrize(
    "sent",
    [
        None,
        7,
        "",
        "{",
        "[]",
        "[" * 5000,
        json.dumps({"nowhere": [text_of(GOOD)]}),
        json.dumps({"warm-up": text_of(GOOD)}),
        json.dumps({"warm-up": [3, "<b>", text_of(GOOD.with_(steps=99))]}),
        json.dumps({"atoms": [text_of(GOOD)]}),
        json.dumps({"warm-up": "a" * LONGEST}),
    ],
)
def test_what_a_browser_sends_that_is_no_entry_is_left(sent: object) -> None:
    assert read(sent) == {}


def test_what_a_browser_keeps_is_taken_up_to_the_limit() -> None:
    runs = [WARM_UP.entry(Cosine(s=0.001 * k), "ddim") for k in range(1, MOST + 3)]
    texts = [text_of(run) for run in runs]
    assert read(json.dumps({"warm-up": texts})) == {"warm-up": tuple(texts[-MOST:])}
