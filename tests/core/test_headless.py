"""The core runs without the dashboard's libraries and without hidden state."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MODULES = sorted((ROOT / "diffusion_core").rglob("*.py"))
ALLOWED = {"diffusion_core", "numpy", "scipy"}
PROGRAM = """
import sys
import diffusion_core, diffusion_core.__main__
from diffusion_core import Experiment, measure
assert 0.1143 < measure(Experiment()).value < 0.1144
assert measure(Experiment(), method="particles", particles=200).value > 0
print(*sorted({name.split(".")[0] for name in sys.modules}))
"""


def test_importing_and_running_the_core_loads_nothing_of_the_dashboard():
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", PROGRAM],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.stderr == ""
    loaded = set(done.stdout.split())
    assert {"numpy", "scipy", "diffusion_core"} <= loaded
    assert not loaded & {"streamlit", "plotly", "pandas", "dashboard", "pages", "tornado", "altair"}


def nodes(module: Path) -> list[ast.AST]:
    return list(ast.walk(ast.parse(module.read_text())))


@pytest.mark.parametrize("module", MODULES, ids=lambda m: m.stem)
def test_a_module_imports_only_the_standard_library_numpy_and_scipy(module):
    found = set()
    for node in nodes(module):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0
            found.add(str(node.module).split(".")[0])
    assert found <= ALLOWED | set(sys.stdlib_module_names)


@pytest.mark.parametrize("module", MODULES, ids=lambda m: m.stem)
def test_a_module_has_no_global_state_and_no_unseeded_randomness(module):
    for node in nodes(module):
        assert not isinstance(node, ast.Global)
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) in ("np.random", "random"):
            assert node.attr in ("Generator", "default_rng"), ast.unparse(node)
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("default_rng"):
            assert node.args, "default_rng() without a seed"
        if isinstance(node, ast.Call) and module.name != "__main__.py":
            assert ast.unparse(node.func) not in ("np.seterr", "warnings.simplefilter", "print")
