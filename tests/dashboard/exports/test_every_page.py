"""Every page as it is taken away: its link, files, tables and notebook, and a class's way back."""

from __future__ import annotations

import base64
import csv
import io
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from streamlit.testing.v1 import AppTest

from dashboard.compute import exact
from dashboard.link.permalink import encode
from dashboard.navigation import PAGES
from diffusion_core import PRESETS, DiscreteExperiment, Experiment, measure
from diffusion_core.discrete.dynamics import Masked
from diffusion_core.discrete.targets import MarkovChain
from diffusion_core.laws.front import law_of
from diffusion_core.targets import Points
from tests.dashboard.visiting import address, calm, printed, python, visit
from tests.quick import QUICK

ROOT = Path(__file__).resolve().parents[3]
SMALL = Experiment(preset="three-modes", steps=12)
SEQUENCES = DiscreteExperiment(MarkovChain(3, 0.3), Masked(), steps=3).to_json()
SETTINGS = QUICK | {
    "lessons": {"lesson": "noising"},
    "discrete": {"run": SEQUENCES, "to": "8"},
}
VIEWS = [
    ("imperfect_scores", {"view": "waves"}),
    ("correctors", {"view": "mixing"}),
    ("guidance", {"view": "scale"}),
    ("guidance", {"view": "steps"}),
    ("guidance", {"view": "run"}),
    ("learned_score", {"view": "samples"}),
    ("learned_score", {"view": "memory"}),
    ("assumptions", {"tails": "on"}),
    ("schedule_design", {"T": "5", "found": "least", "elsewhere": "samplers"}),
    ("schedule_design", {"T": "5", "few": "5"}),
    ("lessons", {}),
]
"""Other views with files of their own, but for the learned w and v, which take half a minute."""
VISITS = [pytest.param(page, SETTINGS.get(page, {}), id=page) for page in PAGES if page != "home"]
VISITS += [pytest.param(page, more, id=f"{page}-{'-'.join(more.values())}") for page, more in VIEWS]
WORDS = {"lessons", "syllabus", "literature", "notation"}
"""Pages that compute nothing of a reader's own, and so have no Python."""
WITHOUT_FILE = {*WORDS, "challenges", "failures"}
"""Pages whose experiments are not the reader's: they are in the link alone."""


FEW_CHECKS = """from diffusion_core import verification
verification.CHECKS = verification.CHECKS[:2]"""
"""For the notebook of the verified page; all checks have tests of their own."""
NEXT_CELL = "--- the next cell"
WHERE = """import sys, diffusion_core
print(diffusion_core.__file__, 'dashboard' in sys.modules)"""


@dataclass
class Taken:
    """A page after its first run, and what its buttons hand out, by the file's name."""

    app: AppTest
    files: dict[str, Any] = field(default_factory=dict)

    def text(self, name: str) -> str:
        """What the button gives when it is pressed, after the run and outside of it."""
        data = self.files[name]
        return str(data() if callable(data) else data)


Take = Callable[[str, dict[str, str]], Taken]


@pytest.fixture
def take(monkeypatch: pytest.MonkeyPatch) -> Take:
    files: dict[str, Any] = {}

    def noted(button: Callable[..., bool]) -> Callable[..., bool]:
        def press(*args: Any, **kwargs: Any) -> bool:
            at = 1 if args and isinstance(args[0], DeltaGenerator) else 0
            _, data, name, *_ = args[at:]
            files[name] = data
            return button(*args, **kwargs)

        return press

    monkeypatch.setattr(st, "download_button", noted(st.download_button))
    monkeypatch.setattr(DeltaGenerator, "download_button", noted(DeltaGenerator.download_button))
    return lambda page, settings: Taken(calm(visit(page, SMALL, **settings)), files)


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the library as ``pip install .`` puts it, from a copy of the checkout."""
    folder = tmp_path_factory.mktemp("installed")
    copy, target = folder / "checkout", folder / "site"
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "diffusion_core", copy / "diffusion_core", ignore=ignored)
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, copy)
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    options = ["--no-deps", "--no-build-isolation", "--no-index", "--target", str(target), "."]
    done = subprocess.run([*pip, *options], cwd=copy, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return target


def run_notebook(text: str, installed: Path, folder: Path, before: str = "") -> list[str]:
    """What each of its cells prints in a fresh process that has the installed library alone.

    before: Python that runs first.
    """
    cells = [cell for cell in json.loads(text)["cells"] if cell["cell_type"] == "code"]
    code = f"\nprint({NEXT_CELL!r})\n".join("".join(cell["source"]) for cell in cells)
    code = f"{before}\n{code}\n{WHERE}"
    environment = os.environ | {"PYTHONPATH": str(installed)}
    command = [sys.executable, "-W", "error", "-c", code]
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    assert not done.stderr
    *told, last = done.stdout.splitlines()
    assert last == f"{installed / 'diffusion_core' / '__init__.py'} False"
    return [cell.strip("\n") for cell in "\n".join(told).split(NEXT_CELL)]


@pytest.mark.parametrize(("page", "settings"), VISITS)
def test_a_pages_link_and_files_can_be_read(
    page: str, settings: dict[str, str], take: Take
) -> None:
    taken = take(page, settings)
    assert taken.app.title[0].value
    kinds = {Path(name).suffix for name in taken.files}
    assert (".json" in kinds) == (page not in WITHOUT_FILE)
    assert (".ipynb" in kinds) == (page not in WORDS)
    for name in taken.files:
        text = taken.text(name)
        if name.endswith(".csv"):
            header, *rows = csv.reader(io.StringIO(text))
            assert rows, name
            assert len(set(header)) == len(header), name
            assert {len(row) for row in rows} == {len(header)}, name
        elif name.endswith(".json"):
            if page == "discrete":
                shown = taken.app.session_state["values of discrete"]["run"]
                assert DiscreteExperiment.from_json(text) == shown
            else:
                assert Experiment.from_json(text) == taken.app.session_state["experiment"]
        else:
            assert Path(name).suffix in (".ipynb", ".html"), name
            assert text
    link = address(taken.app)
    assert set(link) <= {"e", *(setting.name for setting in PAGES[page].settings)}
    assert address(calm(visit(page, **link))) == link


@pytest.mark.parametrize(("page", "settings"), [v for v in VISITS if v.values[0] not in WORDS])
def test_a_pages_notebook_runs_with_the_installed_library_alone(
    page: str, settings: dict[str, str], take: Take, installed: Path, tmp_path: Path
) -> None:
    taken = take(page, settings)
    [name] = [name for name in taken.files if name.endswith(".ipynb")]
    assert name == f"{page.replace('_', '-')}.ipynb"
    text = taken.text(name)
    about, code, own_about, own = json.loads(text)["cells"]
    assert about["source"][0] == f"# {PAGES[page].title}\n"
    assert "".join(code["source"]) == python(taken.app).strip()
    assert own_about["source"][0] == "## A sampler of your own\n"
    assert "own_sampler(step" in "".join(own["source"])
    before = FEW_CHECKS if page == "verified" else ""
    shown, compared = run_notebook(text, installed, tmp_path, before)
    assert shown
    if not before:
        assert shown == "\n".join(printed(taken.app))
    *beside, mine = compared.splitlines()
    assert beside
    assert re.fullmatch(r"mine \d+ \(.+, .+\)", mine), mine


def test_a_notebook_of_a_large_experiment_runs_beside_its_file(
    take: Take, installed: Path, tmp_path: Path
) -> None:
    large = SMALL.with_(target=Points(tuple((i / 7,) for i in range(120)), 0.1))
    taken = take("trajectories", {"particles": "200", "e": encode(large) or ""})
    assert taken.app.session_state["experiment"] == large
    text = taken.text("trajectories.ipynb")
    assert "experiment.json" in "".join(json.loads(text)["cells"][0]["source"])
    (tmp_path / "experiment.json").write_text(taken.text("experiment.json"), encoding="utf-8")
    told, mine = run_notebook(text, installed, tmp_path)
    found = dict(line.split(" ", 1) for line in told.splitlines())
    assert float(found["tv"].split()[0]) == measure(large).value
    assert f"{measure(large).value!r}, " in mine


@pytest.mark.parametrize("page", PAGES)
def test_the_way_back_of_a_class_link_leads_to_its_page(page: str) -> None:
    app = calm(visit(page, SMALL, lock="target,page", **SETTINGS.get(page, {})))
    title, start = app.title[0].value, address(app)
    calm(app.switch_page(PAGES["notation"].path).run())
    assert app.title[0].value == PAGES["notation"].title
    [back] = [b for b in app.button if b.label == "Back to the lecturer's settings"]
    back.click().run()
    assert calm(app).title[0].value == title
    assert address(app) == start


@pytest.mark.parametrize("page", PAGES)
def test_a_presentation_can_be_ended_on_every_page(page: str) -> None:
    app = calm(visit(page, SMALL, present="on", **SETTINGS.get(page, {})))
    [end] = [b for b in app.button if b.label == "End the presentation"]
    end.click().run()
    assert "present" not in address(calm(app))


RING = Experiment(preset="ring-of-8", target=PRESETS["ring-of-8"].target, steps=8)
VALUE = re.compile(r"(?<![\w.])\d+\.\d{5,}(?:e-?\d+)?")


@pytest.mark.parametrize("sampler", ["ode", "ddpm"])
@pytest.mark.parametrize("page", ["trajectories", "compare"])
def test_python_of_a_heat_map_gives_the_distance_that_it_brought_along(
    page: str, sampler: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exact, "QUICK", 0.0)  # the exact distances wait for the reader
    st.cache_resource.clear()
    run = RING.with_(sampler=sampler)
    app = calm(visit(page, run, particles="200", map="q"))
    axes = np.linspace(-4.0, 4.0, 9)
    [last] = law_of(run).over_time((axes, axes), [1])
    told = next(line for line in printed(app) if line.startswith(("tv ", "A: ")))
    assert VALUE.search(told)[0] == repr(last.tv.value)
    cells = [str(cell).split(" ± ")[0] for cell in app.dataframe[0].value.to_numpy().ravel()]
    numbers = [float(cell) for cell in cells if re.fullmatch(r"[\d.]+", cell)]
    assert any(number == pytest.approx(last.tv.value, abs=1e-3) for number in numbers)


def test_python_of_noise_in_the_plane_runs() -> None:
    app = calm(visit("forward", RING, particles="200"))
    assert printed(app)
    assert "noise_distance" not in python(app)
    assert "noise_distance" in python(calm(visit("forward", SMALL, particles="200")))


PRINTED = re.compile(r"(?<![\w.])\d+\.\d{3,}(?:e[-+]?\d+)?")
READ = re.compile(r"(?<![\w.])\d+(?:\.\d+)?(?:e[-+]?\d+)?")
UNSHOWN = {
    "correctors mixing": r"\d+ [\d.e-]+ \+-",  # laws of all noises, where the page draws one
    "guidance run": "spread|belongs|component",  # of the view beside
    "assumptions": r"ScheduleFacts|E\|X_0\|",  # of which the page says what the theorems need
    "learned_score": "nearest training points",  # of the view beside
}
RAISED = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")
TOLERANCE = 6e-3  # relative: the page shows three digits


def numbers(text: str) -> list[float]:
    """All numbers that a page shows in one of its texts."""
    powers = re.sub(r"·10([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)", lambda found: "e" + found[1].translate(RAISED), text)
    return [float(word) for word in READ.findall(powers.replace(",", ""))]


def drawn(node: Any) -> Iterator[float]:
    """All numbers of a figure."""
    if isinstance(node, dict) and "bdata" in node:
        yield from np.frombuffer(base64.b64decode(node["bdata"]), node["dtype"]).astype(float)
    elif isinstance(node, dict | list):
        for part in node.values() if isinstance(node, dict) else node:
            yield from drawn(part)
    elif isinstance(node, int | float):
        yield float(node)


def shown(app: AppTest) -> np.ndarray:
    """All numbers of a page: of its tables, its figures and its sentences."""
    found = [n for m in (*app.markdown, *app.caption) for n in numbers(m.value)]
    for table in app.dataframe:
        cells = table.value.to_numpy().ravel()
        found += [n for cell in cells for n in numbers(f"{cell!r}" if cell == cell else "")]
    for chart in app.get("plotly_chart"):
        found += drawn(json.loads(chart.proto.spec)["data"])
    return np.abs(np.array(found))


@pytest.mark.parametrize(
    ("page", "settings"), [v for v in VISITS if v.values[0] not in {*WORDS, "verified"}]
)
def test_a_pages_python_prints_what_the_page_shows(page: str, settings: dict[str, str]) -> None:
    app = calm(visit(page, SMALL, **settings))
    there, lines = shown(app), printed(app)
    asked, view = 0, f"{page} {settings.get('view', '')}"
    for line in lines:
        if re.match(UNSHOWN.get(view, UNSHOWN.get(page, "$")), line):
            continue
        for word in PRINTED.findall(re.sub(r"\+- \S+", "", line)):
            value = float(word)
            if value > 1e-4:  # smaller ones are errors, which a page rounds to one digit
                asked += 1
                assert np.min(np.abs(there - value)) <= TOLERANCE * value, line
    assert asked
