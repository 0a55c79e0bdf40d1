"""What the first page and the workers do not load: most of a start is imports."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from dashboard.compute.work import WORKERS
from tests.test_requirements import ROOT

LATER = ("scipy.interpolate", "scipy.optimize", "scipy.spatial", "scipy.sparse", "scipy.stats")
NEVER_FIRST = ("altair", "pandas", "plotly.express", "segno", "streamlit.emojis", "yaml")
SERVER = """
import asyncio, json, os, socket, sys, threading
from streamlit.web import bootstrap
from benchmarks._reader import Reader
from benchmarks._servers import wait_for
from dashboard import warm_up

warm_up.begin = lambda pool: None  # what is loaded after the page is another matter
with socket.socket() as probe:
    probe.bind(("127.0.0.1", 0))
    port = probe.getsockname()[1]
options = {"server.port": port, "server.headless": True, "server.fileWatcherType": "none"}

def read():
    try:
        address = f"http://127.0.0.1:{port}"
        wait_for([address])
        for page in "", "trajectories":
            asyncio.run(Reader(address).open("", page))
        print(json.dumps(list(sys.modules)), flush=True)
    finally:
        os._exit(0)

threading.Thread(target=read).start()
bootstrap.load_config_options(options)
bootstrap.run("app.py", False, [], options)
"""
IMPORTS = """
import ast, json, pathlib, sys
import dashboard.navigation
page = ast.parse(pathlib.Path("pages/trajectories.py").read_text())
imports = [node for node in page.body if isinstance(node, ast.Import | ast.ImportFrom)]
exec(compile(ast.Module(imports, []), "imports", "exec"))
print(json.dumps(list(sys.modules)))
"""
WORKER = """
import json, sys
import dashboard.compute.process
from dashboard.compute import tasks
from diffusion_core import Experiment
tasks.shown([(Experiment(), "")], 100, [None], lambda *share: None)
print(json.dumps(list(sys.modules)))
"""
SCREEN = ("streamlit", "plotly", "pandas", "pyarrow", "PIL", "yaml", "segno", "starlette")


def loaded(program: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env=os.environ | {WORKERS: "2"},
        capture_output=True,
        text=True,
        check=True,
    )
    return set(json.loads(done.stdout.splitlines()[-1]))


@pytest.mark.parametrize(
    ("program", "needed", "left"),
    [
        (IMPORTS, {"scipy.special"}, {*LATER, "pandas", "segno"}),
        (SERVER, {"scipy.special", "pyarrow"}, {*LATER, *NEVER_FIRST}),
    ],
    ids=["imports", "page"],
)
def test_the_first_page_loads_only_what_it_needs(program, needed, left):
    found = loaded(program)
    assert needed <= found
    assert not left & found


def test_a_worker_draws_the_first_picture_with_nothing_of_the_screen():
    found = loaded(WORKER)
    assert {"numpy", "scipy.special"} <= found
    assert not {*SCREEN, *LATER, "distributed"} & found
