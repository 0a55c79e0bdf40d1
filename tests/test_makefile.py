"""What ``make test-fast`` names is there, and the ends of the ranges are what is tested."""

from __future__ import annotations

import re
import subprocess
import tomllib

import pytest

from tests.test_requirements import PROJECT, ROOT

TOOLS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]


def planned(*arguments: str) -> str:
    """What make would do where .venv is up to date."""
    made = ["--old-file", "requirements.txt", "--old-file", ".venv/dev.stamp"]
    command = ["make", "--dry-run", "--no-print-directory", *made, *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout


def test_every_fast_test_exists():
    text = (ROOT / "Makefile").read_text().replace("\\\n", " ")
    listed = re.search(r"^FAST := (.*)$", text, re.MULTILINE)
    assert listed is not None
    paths = listed[1].split()
    assert len(set(paths)) == len(paths) > 10
    assert [path for path in paths if not (ROOT / path).exists()] == []


def test_the_oldest_python_is_the_one_that_the_project_promises():
    [oldest] = re.findall(r"^PYTHON_oldest := (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert PROJECT["requires-python"] == f">={oldest}"
    assert TOOLS["ruff"]["target-version"] == f"py{oldest.replace('.', '')}"


@pytest.mark.parametrize(("end", "versions"), [("oldest", "lowest-direct"), ("newest", "highest")])
def test_each_end_of_the_ranges_has_a_venv_of_its_own(end: str, versions: str):
    plan = planned(f"test-{end}", "TESTS=test-fast")
    assert re.search(rf"uv venv .* \.venv-{end} .*--python \"3\.[0-9]+\"", plan, re.DOTALL)
    assert re.search(
        rf"uv pip install .*--python \.venv-{end} --resolution {versions} .*-r requirements-dev",
        plan,
        re.DOTALL,
    )
    assert f".venv-{end}/bin/python -m pytest" in plan
    assert '--python "/some/python3"' in planned(f"test-{end}", "PYTHON=/some/python3")


def test_a_long_run_has_ten_thousand_cases():
    """As many as CASES of every property."""
    files = (ROOT / "tests" / "generated").glob("test_*.py")
    properties = sum(file.read_text().count("\n@GENERATED\n@given") for file in files)
    [cases] = re.findall(r"^CASES \?= (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert properties * int(cases) >= 10_000
    assert f"GENERATED_CASES={cases} .venv/bin/python -m pytest" in planned("generated")
