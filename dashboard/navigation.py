"""The pages and how a script run gets to one of them."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import get_args
from urllib.parse import quote

import streamlit as st

from dashboard import inline_scripts, uploads, warm_up
from dashboard.compute import work
from dashboard.figures.marks import PARTS
from dashboard.link import short
from dashboard.link.adoption import adopted, kept_query
from dashboard.link.permalink import Page, Section
from dashboard.link.widget_keys import catch_up
from dashboard.prose import check_language, prose
from diffusion_core import Experiment, InputError, Refused

phrase = prose("phrases/page_chrome")
SECTIONS: tuple[Section, ...] = get_args(Section)
SECTION_LABELS: dict[Section, str] = {
    "": "",
    "Learn": phrase("learn"),
    "Watch": phrase("watch"),
    "Measure": phrase("measure"),
    "Understand": phrase("understand"),
}
ARROW = ":material/arrow_forward:"  # before a link to a page that goes on from here
FIRST = "home"
GLYPH = "<text y='.9em' font-size='90'>〽</text>"
SVG = f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 100 100'>{GLYPH}</svg>"
ICON = f"data:image/svg+xml,{quote(SVG)}"  # as an emoji, Streamlit would load all there are
SIDEBAR = 320  # pixels: the kinds of targets fit in one row
_FOLDER = Path(__file__).parent
_CODE = dict(zip(("string", "word", "number", "plain"), PARTS, strict=True))
_COLOURS = "".join(f"--code-{k}: light-dark({m.light}, {m.dark});" for k, m in _CODE.items())
_RULES = (_FOLDER / "page.css").read_text(encoding="utf-8")
_STYLE = f"<style>:root {{ {_COLOURS} }}\n{_RULES}</style>"
_SCRIPT = inline_scripts.element(inline_scripts.FRAME)
_SHOWN = "page is shown"
_LEFT = "page and label of the way back"


def _collected() -> dict[str, Page]:
    """The records of all pages by name, in the order of the menu."""
    files = Path(__file__).resolve().parents[1].glob("pages/*.py")
    pages: list[Page] = [import_module(f"dashboard.topics.{f.stem}.page").PAGE for f in files]
    order = sorted(pages, key=lambda page: (SECTIONS.index(page.section), page.place))
    return {page.name: page for page in order}


PAGES = _collected()


def show() -> None:
    """The page of the address, below the page config and the links to all pages.

    A worker starts meanwhile; where the environment asks for what cannot be, or there can be none,
    only that is said.
    """
    st.set_page_config(
        page_title="Diffusion Convergence Lab",
        page_icon=ICON,
        layout="wide",
        initial_sidebar_state=SIDEBAR,
    )
    uploads.keep_few()
    st.html(_STYLE)
    with st.container(key="script"):
        st.html(_SCRIPT, unsafe_allow_javascript=True)
    try:
        check_language()
        pool = work.start()
    except (InputError, Refused) as reason:
        st.error(f"{reason}.")
        st.stop()
    menu: dict[str, list[st.Page]] = {SECTION_LABELS[section]: [] for section in SECTIONS}
    for page in PAGES.values():
        entry = st.Page(page.path, title=page.title, default=page.name == FIRST)
        menu[SECTION_LABELS[page.section]].append(entry)
    chosen = st.navigation(menu, position="top")
    st.session_state[_SHOWN] = True
    if short.NAME in st.query_params:
        _open_short(st.query_params[short.NAME])
    catch_up()
    _way_back(chosen.url_path)
    try:
        chosen.run()
        _go_on(PAGES[st.session_state["page"]])
    finally:  # where it stops or runs again, too
        warm_up.begin(pool)


def _open_short(name: str) -> None:
    """The page that a short link stands for, or one sentence where that is not known."""
    page, address = short.find(name) or ("", {})
    if page in PAGES:
        st.switch_page(PAGES[page].path, query_params=address)
    st.error(prose("lecture")("unknown-short"))
    page_link(FIRST, icon=ARROW)
    st.stop()


def require() -> None:
    """First in every page: where Streamlit runs its file by itself, start over with the links.

    It does so for an address below ``/`` until app.py has run once since the server's start.
    """
    if not st.session_state.pop(_SHOWN, False):
        show()
        st.stop()


def page_link(
    name: str,
    label: str | None = None,
    icon: str | None = None,
    query: Mapping[str, str] | None = None,
) -> None:
    """A link to the page of this name, called by its title if by nothing else.

    query: the settings that the link holds; without them it is the page as it was left.
    """
    page = PAGES[name]
    query = query and kept_query(query)
    st.page_link(page.path, label=label or page.title, icon=icon, query_params=query)


def leave_open(name: str, label: str | None) -> None:
    """Offer the way back to this page, as it is left, on all others; None: no more."""
    if label:
        st.session_state[_LEFT] = (name, label)
    else:
        st.session_state.pop(_LEFT, None)


def _way_back(shown: str) -> None:
    """Above a page, the way back to the one that was left open."""
    name, label = st.session_state.get(_LEFT, ("", ""))
    if name and shown not in ("", name):
        page_link(name, label, icon=":material/arrow_back:")


def _go_on(page: Page) -> None:
    """At the foot of a page, what to do next: links, each with the question that it answers."""
    if not page.after:
        return
    say = prose("next")
    with st.container(key="go on", gap="xsmall"):
        st.header(phrase("what-next"), anchor=False)
        for name in page.after:
            question = say(name.replace("_", "-"))
            page_link(name, f"**{PAGES[name].title}.** {question}", ARROW)


def notation_link() -> None:
    """In the sidebar of every page: the way to its symbols and terms."""
    page_link("notation", icon=":material/menu_book:")


def open_button(label: str, experiment: Experiment) -> None:
    """A button that shows the experiment on the trajectories page."""
    if st.button(label) and adopted(lambda: experiment):
        st.switch_page(PAGES["trajectories"].path)
