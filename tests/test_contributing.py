"""The recipes of CONTRIBUTING.md, followed word for word in a copy of the project."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from dashboard.navigation import PAGES
from diffusion_core import SAMPLERS, SCHEDULES
from diffusion_core.discrete.dynamics import DYNAMICS
from diffusion_core.discrete.grids import GRIDS
from diffusion_core.discrete.posterior import RATIO_ERRORS
from diffusion_core.discrete.samplers import DISCRETE_SAMPLERS
from diffusion_core.discrete.targets import SEQUENCES
from diffusion_core.targets import TARGETS
from tests.test_requirements import ROOT

TEXT = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
RECIPES = {part.split("\n")[0]: part for part in TEXT.split("\n## ")[1:]}
NUMBERS = {"Three": 3, "Four": 4, "Five": 5, "Six": 6, "Seven": 7}
STEP = re.compile(
    r"New file `(?P<new>[^`]+)`:\n\n```\w+\n(?P<text>.*?)^```$"
    r"|^```diff\n(?P<diff>.*?)^```$"
    r"|^Add `(?P<name>[^`]+)` to the row `(?P<row>\w+)` of the table of kinds in `README.md`\.$",
    re.MULTILINE | re.DOTALL,
)
README = "tests/test_contributing.py::test_readme_lists_every_kind"
KINDS = {
    "target": {*TARGETS, "preset"},
    "sampler": SAMPLERS,
    "schedule": SCHEDULES,
    "discrete target": SEQUENCES,
    "dynamics": DYNAMICS,
    "grid": GRIDS,
    "discrete sampler": DISCRETE_SAMPLERS,
    "ratio_error": RATIO_ERRORS,
}


def replaced(file: Path, old: str, new: str) -> Path:
    """The file with the only place of ``old`` changed."""
    text = file.read_text(encoding="utf-8")
    assert text.count(old) == 1, f"{file.name} has {text.count(old)} of:\n{old}"
    file.write_text(text.replace(old, new), encoding="utf-8")
    return file


def hunks(text: str) -> list[tuple[str, str, str]]:
    """(file, lines before, lines after) of every piece of a diff."""
    found = []
    for piece in re.split(r"^--- ", text, flags=re.MULTILINE)[1:]:
        name, *lines = piece.rstrip("\n").split("\n")
        old = "".join(f"{line[1:]}\n" for line in lines if not line.startswith("+"))
        new = "".join(f"{line[1:]}\n" for line in lines if not line.startswith("-"))
        found.append((name, old, new))
    return found


def follow(recipe: str, project: Path) -> set[Path]:
    """Do all that a recipe says; the files that it touched."""
    touched = set()
    for step in STEP.finditer(recipe):
        if step["new"]:
            file = project / step["new"]
            assert not file.exists()
            file.parent.mkdir(exist_ok=True)
            file.write_text(step["text"], encoding="utf-8")
            touched.add(file)
        elif step["diff"]:
            touched |= {
                replaced(project / name, old, new) for name, old, new in hunks(step["diff"])
            }
        else:
            file = project / "README.md"
            row = re.search(rf"^\| {step['row']} \|.*\|$", file.read_text("utf-8"), re.MULTILINE)
            assert row is not None
            touched.add(replaced(file, row[0], f"{row[0][:-2]}, `{step['name']}` |"))
    return touched


LISTED = (  # what has a colour of its own and stands in the README
    "tests/dashboard/figures/test_style.py",
    "tests/test_contributing.py::test_readme_lists_every_kind",
)


@pytest.fixture(scope="module")
def copies(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A copy of the project for every recipe, with what it adds."""
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    done = subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True)
    found = {}
    for name in ("A sampler", "A target", "A schedule", "A metric", "A page", "A lesson"):
        project = tmp_path_factory.mktemp("project")
        for path in filter(lambda p: (ROOT / p).is_file(), done.stdout.splitlines()):
            (project / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / path, project / path)
        touched = follow(RECIPES[name], project)
        stated = NUMBERS[RECIPES[name].split("\n")[2].split()[0]]
        assert len(touched) == stated, f"{name}: {sorted(p.name for p in touched)}"
        found[name] = project
    return found


def run(project: Path, *command: str) -> str:
    """What a Python command in the copy prints."""
    environment = os.environ | {"PYTHONPATH": str(project), "DIFFUSION_LAB_CACHE": "off"}
    done = subprocess.run(
        [sys.executable, *command],
        cwd=project,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def distance(project: Path, **changes: object) -> float:
    """TV(q_1, p_1) from the command line, of a run even in log-SNR from p_T."""
    plain = {
        "target": {"kind": "preset", "name": "skewed"},
        "steps": 32,
        "start": "exact",
        "seed": 0,
    }
    parts = {"schedule": {"kind": "log-snr"}, "sampler": {"kind": "ddim"}, "score_error": None}
    (project / "run.json").write_text(json.dumps(plain | parts | changes))
    found = json.loads(run(project, "-m", "diffusion_core", "distance", "run.json"))
    assert 0 < found["error"] < 1e-4 * found["value"]
    return float(found["value"])


def check(project: Path, *places: str) -> None:
    """These tests pass in the copy."""
    run(project, "-m", "pytest", "-q", "-p", "no:cacheprovider", *places)


def test_a_new_sampler_works(copies: dict[str, Path]) -> None:
    project = copies["A sampler"]
    coarse, fine = (distance(project, sampler={"kind": "ab2"}, steps=t) for t in (64, 128))
    assert 3.4 < coarse / fine < 4.6  # second order, as its record says
    check(project, "tests/core/samplers", "tests/core/laws/test_laws_gaussian.py", "-k", "ab2")
    check(project, "tests/dashboard/test_prose_library.py", *LISTED)


def test_a_new_target_works(copies: dict[str, Path]) -> None:
    project = copies["A target"]
    law = {"kind": "maxwell", "scale": 0.6}
    coarse, fine = (
        distance(project, target=law, sampler={"kind": "heun"}, steps=t) for t in (64, 128)
    )
    assert 3 < coarse / fine < 5  # Heun's order is two
    check(project, "tests/core/targets/test_every_kind.py", "-k", "maxwell")
    check(
        project,
        "tests/core/test_experiment.py::test_every_target_kind_survives_a_round_trip",
        "tests/test_contributing.py::test_readme_lists_every_kind",
    )


def test_a_new_schedule_works(copies: dict[str, Path]) -> None:
    project = copies["A schedule"]
    assert 0 < distance(project, schedule={"kind": "scaled-linear"}) < 0.1
    conformance = "tests/core/samplers/test_conformance.py"
    check(project, conformance, "-k", "test_every_combination_steps and scaled-linear")
    check(project, "tests/dashboard/test_prose_phrases.py", *LISTED)


def test_a_new_metric_works(copies: dict[str, Path]) -> None:
    check(copies["A metric"], "tests/core/distances/test_every_metric.py", "-k", "lecam or readme")
    check(copies["A metric"], "tests/dashboard/test_prose_library.py")


def test_a_new_page_works(copies: dict[str, Path]) -> None:
    check(copies["A page"], "tests/dashboard/exports/test_every_page.py", "-k", "spread")
    check(
        copies["A page"],
        "tests/dashboard/test_prose.py",
        "tests/dashboard/test_prose_phrases.py",
        "tests/test_contributing.py::test_readme_names_every_page",
    )


def test_a_new_lesson_works(copies: dict[str, Path]) -> None:
    lessons = "tests/dashboard/lessons"
    check(copies["A lesson"], f"{lessons}/test_lessons.py", "-k", "noise or week or listed")
    check(copies["A lesson"], f"{lessons}/test_lessons_page.py", "-k", "noise")
    check(copies["A lesson"], "tests/dashboard/test_prose_phrases.py")


PAGE = """
from tests.dashboard.visiting import calm, visit
from diffusion_core import PRESETS, SCHEDULES, Experiment
from diffusion_core.targets import TARGETS
run = Experiment(PRESETS["skewed"].target, preset="skewed", steps=12).with_({})
assert calm(visit("{}", run)).session_state["experiment"] == run
"""


@pytest.mark.parametrize(
    ("recipe", "change", "page"),
    [
        ("A sampler", 'sampler="ab2"', "theory"),
        ("A target", 'target=TARGETS["maxwell"]()', "assumptions"),
        ("A target", 'target=TARGETS["maxwell"]()', "trajectories"),
        ("A schedule", 'schedule=SCHEDULES["scaled-linear"]()', "forward"),
        ("A metric", "steps=10", "trajectories"),
    ],
)
def test_pages_show_what_is_new(
    copies: dict[str, Path], recipe: str, change: str, page: str
) -> None:
    run(copies[recipe], "-c", PAGE.format(change, page))


def test_readme_lists_every_kind() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for row, kinds in KINDS.items():
        line = re.search(rf"^\| {row} \| (`.*) \|$", readme, re.MULTILINE)
        assert line is not None
        assert set(re.findall(r"`([^`]+)`", line[1])) == set(kinds)


def test_readme_names_every_page() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    named = readme.split("\n## The dashboard\n")[1].split("\n## ")[0].lower()
    assert [page.title for page in PAGES.values() if page.title.lower() not in named] == []
