"""Every link in the app leads somewhere: to a page in the menu, or to a paper that can exist."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from dashboard.navigation import PAGES
from dashboard.prose import names, prose

ROOT = Path(__file__).resolve().parents[3]
SOURCES = sorted([*ROOT.glob("pages/*.py"), *ROOT.glob("dashboard/**/*.py")])
IN_MENU = {f"pages/{name}.py" for section in PAGES.values() for name in section}
GOING = {"page_link", "switch_page", "Page"}
ARXIV = re.compile(r"arXiv[ :]*(?:\[)?(\d+\.\d+)")
WEB = re.compile(r"https?://[^\s)\"'>]+")
OURS = re.compile(r"https?://(localhost|127\.0\.0\.1|www\.w3\.org)")


def test_every_page_is_in_the_menu_once_and_every_entry_has_a_file() -> None:
    listed = [name for section in PAGES.values() for name in section]
    assert len(set(listed)) == len(listed)
    assert {path.stem for path in ROOT.glob("pages/*.py")} == set(listed)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_links_between_pages_lead_to_pages(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call) or not node.args:
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else ""
        target = node.args[0]
        if name in GOING and isinstance(target, ast.Constant):
            assert target.value in IN_MENU, (path.name, node.lineno)


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
