"""The lists that ``make`` installs and what ``pip install`` reads in pyproject.toml are one."""

from __future__ import annotations

import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
EXTRAS = PROJECT["optional-dependencies"]


def listed(name: str) -> tuple[list[str], list[str]]:
    """The requirements of a list, and the lists that it includes."""
    lines = [line.strip() for line in (ROOT / name).read_text().splitlines() if line.strip()]
    included = [line.removeprefix("-r ") for line in lines if line.startswith("-r ")]
    return sorted(line for line in lines if not line.startswith("-")), included


def test_the_list_of_the_dashboard_is_the_library_and_its_extra():
    assert listed("requirements.txt") == (sorted(PROJECT["dependencies"] + EXTRAS["app"]), [])


def test_the_list_for_dask_is_that_of_the_dashboard_and_its_extra():
    assert listed("requirements-dask.txt") == (sorted(EXTRAS["dask"]), ["requirements.txt"])


def test_the_list_for_development_names_nothing_twice():
    own, included = listed("requirements-dev.txt")
    assert included == ["requirements-dask.txt"]
    shipped = {line for part in (PROJECT["dependencies"], *EXTRAS.values()) for line in part}
    names = [line.split(">")[0] for line in own]
    assert len(set(names)) == len(names)
    assert not set(names) & {line.split(">")[0] for line in shipped}


def test_every_extra_is_in_a_list():
    assert set(EXTRAS) == {"app", "dask"}
