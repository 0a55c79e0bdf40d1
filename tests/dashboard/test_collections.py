"""What a run costs besides its own work: garbage collections."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from dashboard.compute.work import WORKERS
from tests.test_requirements import ROOT

PROGRAM = """
import gc, json, threading
from streamlit import config
from streamlit.testing.v1 import AppTest
collections = []
gc.callbacks.append(lambda phase, info: collections.append(info["generation"]))
app = AppTest.from_file("app.py", default_timeout=120).run()
app.switch_page("pages/trajectories.py").run()
for thread in threading.enumerate():
    if thread.name == "warming up":  # it ends by freezing what it has loaded
        thread.join()
frozen, _ = gc.get_freeze_count(), collections.clear()
for _ in range(3):
    app.select_slider(key="control: steps").set_value(80).run()
assert not app.exception
print(json.dumps([frozen, collections.count(2), config.get_option("runner.postScriptGC")]))
"""


@pytest.mark.parametrize("workers", ["0", "1"])
def test_runs_do_not_go_through_what_imports_have_made(workers):
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=ROOT,
        env=os.environ | {WORKERS: workers},
        capture_output=True,
        text=True,
        check=True,
    )
    frozen, full, after_each_run = json.loads(done.stdout)
    assert frozen > 50_000  # objects
    assert not after_each_run
    assert full < 2 * 3  # two calls for each collection: none belongs to a run
