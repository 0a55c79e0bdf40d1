"""A class: a lecturer's link fixes an experiment, and a student tries every door of every page."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.link.permalink import PARTS, experiment_of
from dashboard.navigation import PAGES
from diffusion_core import Experiment
from diffusion_core.schedules import Linear
from tests.dashboard.visiting import calm, visit

FIXED = [part for part in PARTS if part != "page"]
LECTURERS = Experiment(
    preset="three-modes", schedule=Linear(), sampler="ddim", eta=0.5, steps=12, seed=3
)
OWN = ("challenges",)  # pages with an experiment of their own
QUICK = {
    "trajectories": {"particles": "200"},
    "forward": {"particles": "200"},
    "compare": {"particles": "200"},
    "convergence": {"from": "8", "to": "16"},
    "schedule_design": {"T": "5", "found": "least", "few": "5"},
}
"""Settings with which a page's work is small, and more of its doors are open."""


def opened(page: str) -> AppTest:
    return calm(visit(page, LECTURERS, lock=",".join(FIXED), **QUICK.get(page, {})))


def doors(app: AppTest) -> list[str]:
    """The keys of all buttons that can be pressed."""
    return [button.key or button.label for button in app.button if not button.disabled]


@pytest.mark.parametrize("page", PAGES)
def test_no_button_of_a_page_changes_what_the_link_fixes(page: str) -> None:
    app, kept = opened(page), experiment_of(PAGES[page])
    fixed = app.session_state[kept]
    assert fixed == LECTURERS or page in OWN
    for name in doors(app):
        fresh = opened(page)
        [button] = [b for b in fresh.button if name in (b.key, b.label) and not b.disabled][:1]
        button.click().run()
        assert not fresh.exception, (name, fresh.exception)
        assert fresh.session_state[kept] == fixed, name
