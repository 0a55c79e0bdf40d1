"""The verified page, as a reader presses its buttons."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from dashboard import page_chrome
from dashboard.prose import prose
from dashboard.topics.verified import checks, versions
from diffusion_core import PRESETS, Experiment, verification
from diffusion_core.verification import CHECKS, FAULTS, Check, Result, checks_of
from diffusion_core.verification import run as run_check
from tests.dashboard.visiting import address, calm, printed, said, visit

EXPERIMENT = Experiment(preset="three-modes", steps=20)
YOURS = len(checks_of(EXPERIMENT))


@pytest.fixture(autouse=True)
def _nobody_edits_the_core_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    st.cache_resource.clear()  # results of other tests' readers would be this one's at once
    monkeypatch.setattr(versions, "sources", lambda: "a1b2c3")


def press(app: AppTest, label: str) -> AppTest:
    return next(b for b in app.button if b.label == label).click().run()


def alone(app: AppTest, name: str) -> AppTest:
    return app.button(key=f"run {name}").click().run()


def verdict(app: AppTest) -> dict[str, str]:
    table = app.dataframe[0].value
    return dict(zip(table["check"], table["holds"] + " " + table["verdict"], strict=True))


TITLES = {check.name: check.title for check in (*CHECKS, *checks_of(EXPERIMENT))}


def test_the_first_visit_runs_nothing_and_says_what_there_is() -> None:
    app = calm(visit("verified", EXPERIMENT))
    assert app.title[0].value == "Verified"
    assert set(verdict(app).values()) == {" has not run"}
    assert list(verdict(app)) == list(TITLES.values())
    assert [e.label for e in app.expander if e.label in TITLES.values()] == list(TITLES.values())
    assert "Nothing has run yet" in said(app)
    assert "make test" in [code.value for code in app.code]
    captions = " ".join(caption.value for caption in app.caption)
    assert f"NumPy {numpy.__version__}" in captions
    assert "sources a1b2c3" in captions


def test_a_group_runs_on_the_readers_experiment() -> None:
    app = calm(press(visit("verified", EXPERIMENT), "Your experiment"))
    found = verdict(app)
    assert [t for t, v in found.items() if v == "✓ holds"] == list(TITLES.values())[-YOURS:]
    assert f"**All {YOURS} checks that ran hold**" in said(app)
    row = app.dataframe[0].value.set_index("check").loc["Your target's score"]
    assert "10⁻" in row["discrepancy"]
    assert row["allowed"] == "1.00·10⁻⁷"
    app.selectbox(key="control: preset 1").set_value("skewed").run()
    assert set(verdict(calm(app)).values()) == {" has not run"}


def test_in_the_plane_some_checks_say_nothing_and_why() -> None:
    ring = Experiment(target=PRESETS["ring"].target, preset="ring", steps=20)
    app = calm(press(visit("verified", ring), "Your experiment"))
    assert verdict(app)["Your run by particles"] == "– says nothing"
    assert f"**All {YOURS - 2} checks that ran hold**" in said(app)
    assert "2 could not compare anything" in said(app)
    assert {i.value for i in app.info} == {"This check is for targets on the line."}


def test_a_fault_is_found_by_one_check_and_missed_by_another() -> None:
    app = calm(visit("verified", EXPERIMENT, fault="score"))
    assert app.selectbox(key="control: verified.fault").value == "score"
    alone(app, "refusals")
    assert "They look elsewhere" in said(calm(app))
    alone(app, "score")
    assert verdict(calm(app))[TITLES["score"]] == "✗ fails"
    assert "**1 of the 2 checks that ran fails**" in said(app)
    assert f"“{TITLES['score']}”" in said(app)
    app.selectbox(key="control: verified.fault").set_value("none").run()
    assert verdict(calm(app))[TITLES["score"]] == " has not run"
    assert "fault" not in address(app)
    alone(app, "score")
    assert verdict(calm(app))[TITLES["score"]] == "✓ holds"
    assert len(app.dataframe) == 2
    assert set(app.dataframe[1].value["comparison"]) == set(PRESETS)


def test_results_of_other_sources_are_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    app = alone(visit("verified", EXPERIMENT), "refusals")
    assert verdict(app)[TITLES["refusals"]] == "✓ holds"
    monkeypatch.setattr(versions, "sources", lambda: "others")
    assert verdict(calm(app.run()))[TITLES["refusals"]] == " has not run"


def test_outside_a_checkout_nobody_knows_the_commit(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(versions, "ROOT", tmp_path)
    assert versions.commit() == "without a commit"


def test_what_is_stopped_keeps_what_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(check: Check, *how: object) -> Result:
        if check.name == "your-mass":
            st.stop()
        return run_check(check, *how)  # type: ignore[arg-type]

    monkeypatch.setattr(checks, "run", interrupted)
    app = press(visit("verified", EXPERIMENT), "Your experiment")
    assert verdict(app)["Your target's mass"] == "… on its way"
    monkeypatch.setattr(checks, "run", run_check)
    press(app, "Stop")
    found = list(verdict(calm(app)).values())
    assert found.count("✓ holds") == 2
    assert found.count(" has not run") == len(TITLES) - 2
    assert "Stop" not in [b.label for b in app.button]


def test_what_is_interrupted_by_another_choice_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "run", lambda *how: st.stop())
    app = press(visit("verified", EXPERIMENT), "Your experiment")
    monkeypatch.setattr(checks, "run", run_check)
    app.toggle(key="control: large").set_value(True).run()
    assert list(verdict(calm(app)).values()).count("✓ holds") == YOURS


def test_the_download_has_every_check_that_ran(monkeypatch: pytest.MonkeyPatch) -> None:
    files: list[str] = []
    monkeypatch.setattr(page_chrome, "download", lambda label, data, name: files.append(data))
    alone(visit("verified", EXPERIMENT), "your-score")
    (row,) = csv.DictReader(io.StringIO(files[-1]))
    assert row["check"] == "Your target's score"
    assert row["verdict"] == "holds"
    assert 0 < float(row["discrepancy"]) < float(row["allowed"])
    assert float(row["allowed"]) == pytest.approx(1e-7, rel=0.01)
    assert row["where"] == "your target"


def test_a_fault_that_is_none_of_these_is_complained_about() -> None:
    app = visit("verified", EXPERIMENT, fault="gremlin")
    assert "fault" in app.error[0].value
    assert app.selectbox(key="control: verified.fault").value == "none"


def test_every_block_of_the_prose_is_said_somewhere() -> None:
    used = {"intro", "fault", "nothing", "all-hold", "some-fail", "fault-found", "fault-missed"}
    assert set(prose("verified").blocks) == used | {"silent", "suite", "versions"}
    assert len(FAULTS) == 5
    assert prose("verified").places("versions") == set(versions.versions())


@pytest.mark.parametrize("fault", ["none", "density"])
def test_the_pages_python_runs_the_checks(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verification, "CHECKS", ())  # those of the reader's experiment remain
    app = calm(visit("verified", Experiment(preset="three-modes", steps=12), fault=fault))
    lines = printed(app)
    assert len(lines) == len(checks_of(Experiment()))
    assert any(line.startswith("holds") for line in lines)
    assert any(line.startswith("FAILS") for line in lines) is (fault == "density")
