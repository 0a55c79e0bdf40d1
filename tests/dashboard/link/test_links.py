"""Every link in the app leads somewhere: to a page in the menu, or to a paper that can exist."""

from __future__ import annotations

import ast
import re
from importlib import import_module
from pathlib import Path

import pytest

from dashboard.link.permalink import EXPERIMENT, SHARED
from dashboard.navigation import PAGES, SECTIONS
from dashboard.prose import names, prose

ROOT = Path(__file__).resolve().parents[3]
SOURCES = sorted([*ROOT.glob("pages/*.py"), *ROOT.glob("dashboard/**/*.py")])
GOING = {"page_link", "switch_page"}
ARXIV = re.compile(r"arXiv[ :]*(?:\[)?(\d+\.\d+)")
WEB = re.compile(r"https?://[^\s)\"'>]+")
OURS = re.compile(r"https?://(localhost|127\.0\.0\.1|www\.w3\.org)")


def test_every_page_is_in_the_menu_once_and_every_entry_has_a_file() -> None:
    files = {f"pages/{path.name}" for path in ROOT.glob("pages/*.py")}
    assert {page.path for page in PAGES.values()} == files
    assert len({page.title for page in PAGES.values()}) == len(PAGES) == len(files)
    for name, page in PAGES.items():
        assert name == page.name
        assert page is import_module(f"dashboard.topics.{name}.page").PAGE


def test_every_page_has_a_place_of_its_own_in_the_menu() -> None:
    for section in SECTIONS:
        places = [page.place for page in PAGES.values() if page.section == section]
        assert places == list(range(1, len(places) + 1)), section


def test_a_pages_settings_have_names_of_their_own() -> None:
    for page in PAGES.values():
        named = [setting.name for setting in page.settings]
        assert len(set(named)) == len(named), page.name
        assert not {EXPERIMENT, *SHARED} & set(named), page.name


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_links_between_pages_lead_to_pages(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call) or not node.args:
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else ""
        target = node.args[0]
        if name in GOING and isinstance(target, ast.Constant):
            assert target.value in PAGES, (path.name, node.lineno)


def texts() -> list[str]:
    written = [text for name in names() for text in prose(name).blocks.values()]
    return written + [path.read_text(encoding="utf-8") for path in SOURCES]


def test_arxiv_numbers_have_the_form_of_arxiv_numbers() -> None:
    found = {number for text in texts() for number in ARXIV.findall(text)}
    assert "2306.09251" in found
    for number in found:
        year, month, rest = int(number[:2]), int(number[2:4]), number.split(".")[1]
        assert 7 <= year <= 26, number
        assert 1 <= month <= 12, number
        assert len(rest) == (5 if year >= 15 else 4), number


def test_web_addresses_are_secure_and_few() -> None:
    found = {address for text in texts() for address in WEB.findall(text)}
    outside = {address for address in found if not OURS.match(address)}
    assert outside
    assert all(address.startswith("https://") for address in outside), outside
