"""Generated links, opened: a page is shown, or says in a sentence what cannot be."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.navigation import PAGES
from diffusion_core import SAMPLERS
from tests.dashboard.visiting import visit
from tests.generated.bounds import CASES, GENERATED, bounded
from tests.generated.experiments import schedules
from tests.generated.settings_texts import texts_of

QUICK = {
    "trajectories": {"particles": "200"},
    "forward": {"particles": "200"},
    "compare": {"particles": "200"},
    "convergence": {"from": "4", "to": "8"},
    "schedule_design": {"T": "5"},
}
"""Settings with which a page's work is small."""
# their figures take longer than a case may: they have a Stop
SLOW = ("correctors", "theory", "why")
LIGHT = ("three-modes", "skewed")  # targets whose exact laws take a moment
VISIT = 60.0  # seconds, since a page may compute


@st.composite
def small_runs(draw: st.DrawFn) -> str:
    """Runs of a few steps on the line, whose exact laws take a moment."""
    schedule = draw(schedules.filter(lambda s: s["kind"] != "custom"))
    run: dict[str, Any] = {
        "target": {"kind": "preset", "name": draw(st.sampled_from(LIGHT))},
        "schedule": schedule,
        "sampler": {"kind": draw(st.sampled_from(list(SAMPLERS)))},
        "steps": draw(st.integers(2, 8)),
        "start": draw(st.sampled_from(("noise", "exact"))),
    }
    return json.dumps(run)


@settings(GENERATED, max_examples=max(3, CASES // 16))
@given(st.data())
def test_every_link_opens_its_page(data: st.DataObject) -> None:
    page = data.draw(st.sampled_from([name for name in PAGES if name not in SLOW]))
    said = dict(QUICK.get(page, {}))
    for setting in PAGES[page].settings:
        if setting.name not in said and data.draw(st.booleans()):
            text = data.draw(texts_of(page, setting.name))
            said[setting.name] = text.encode("utf-8", "replace").decode()  # as addresses are
    run = data.draw(small_runs() | st.sampled_from(("", "z.", "{}")))
    with bounded(VISIT):
        app = visit(page, run, **said)
        assert not app.exception, (page, run, said, app.exception)
        assert all("\n" not in error.value for error in app.error)
