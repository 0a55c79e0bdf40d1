"""What the first page and the workers do not load: most of a start is imports."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.test_requirements import ROOT

LATER = ("scipy.interpolate", "scipy.optimize", "scipy.spatial", "scipy.sparse", "scipy.stats")
PAGE = """
import json, sys
from streamlit.testing.v1 import AppTest
app = AppTest.from_file("app.py", default_timeout=120).run()
assert not app.exception and app.title[0].value == "Reverse trajectories"
print(json.dumps(list(sys.modules)))
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
import dashboard.compute.process, dashboard.compute.tasks
print(json.dumps(list(sys.modules)))
"""
SCREEN = ("streamlit", "plotly", "pandas", "pyarrow", "PIL", "yaml", "segno", "starlette")


def loaded(program: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return set(json.loads(done.stdout))


@pytest.mark.parametrize(
    ("program", "needed", "left"),
    [
        (IMPORTS, {"scipy.special"}, {*LATER, "pandas", "segno"}),
        (PAGE, {"scipy.special", "pyarrow"}, {"scipy.stats", "segno"}),
    ],
    ids=["imports", "page"],
)
def test_the_first_page_loads_only_what_it_needs(program, needed, left):
    found = loaded(program)
    assert needed <= found
    assert not left & found


def test_a_worker_loads_nothing_of_the_screen():
    found = loaded(WORKER)
    assert {"numpy", "scipy.special"} <= found
    assert not {*SCREEN, *LATER, "distributed"} & found
