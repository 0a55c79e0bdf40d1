"""What the documents name is there: files, tests, links between pages, settings of the server."""

from __future__ import annotations

import re

import pytest

from tests.test_requirements import ROOT

PAGES = sorted((ROOT / "docs").glob("*.md"))
PATH = re.compile(r"`((?:deploy|dashboard|diffusion_core|tests|docs|pages)/[\w./-]+)`")
LINK = re.compile(r"\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)")
SETTING = re.compile(r"DIFFUSION_LAB_[A-Z]+")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_files_and_pages_that_are_named_exist(page):
    text = page.read_text("utf-8")
    missing = [name for name in PATH.findall(text) if not (ROOT / name).exists()]
    for name, section in LINK.findall(text):
        target = page.parent / name if name else page
        if not target.exists():
            missing.append(name)
        elif section and section not in headings(target.read_text("utf-8")):
            missing.append(f"{name}#{section}")
    assert missing == []


def headings(text):
    """The names under which links find the headings of a page."""
    found = re.findall("^#+ (.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in found}


def test_every_setting_of_the_server_is_in_its_table_and_in_its_own_help():
    table = (ROOT / "docs" / "serving.md").read_text("utf-8").split("\n## ")[0]
    listed, serve = set(SETTING.findall(table)), ROOT / "deploy" / "serve.py"
    read = settings(serve, ROOT / "deploy" / "plan.py")
    assert read == set(SETTING.findall(serve.read_text("utf-8").split('"""')[1]))
    assert read <= listed <= read | settings(*(ROOT / "dashboard").rglob("*.py"))


def settings(*files):
    """The environment variables that these files name."""
    return {name for file in files for name in SETTING.findall(file.read_text("utf-8"))}
