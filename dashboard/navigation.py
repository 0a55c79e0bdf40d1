"""The pages and how a script run gets to one of them."""

from __future__ import annotations

import streamlit as st

from diffusion_core import Experiment

PAGES = {
    "Learn": {
        "lessons": "Lessons",
        "syllabus": "Syllabus",
        "challenges": "Challenges",
    },
    "Watch": {
        "trajectories": "Reverse trajectories",
        "forward": "Forward process",
        "compare": "Side by side",
        "failures": "When it fails",
    },
    "Measure": {
        "convergence": "Distance against T",
        "budget": "Where the error comes from",
        "schedule_design": "Design a schedule",
        "dimension": "Dimension",
        "imperfect_scores": "Imperfect scores",
        "learned_score": "A learned score",
    },
    "Understand": {
        "theory": "Theory",
        "why": "Why 1/T, why 1/T²",
        "assumptions": "Assumptions",
        "literature": "What is proven, by whom",
        "notation": "Notation and glossary",
        "verified": "Verified",
    },
}
FIRST = "trajectories"
SIDEBAR = 320  # pixels: the kinds of targets fit in one row
_SHOWN = "page is shown"


def show() -> None:
    """The page of the address, below the page config and the links to all pages."""
    st.set_page_config(
        page_title="Diffusion Convergence Lab",
        page_icon="〽",
        layout="wide",
        initial_sidebar_state=SIDEBAR,
    )
    sections = {
        section: [
            st.Page(f"pages/{name}.py", title=title, default=name == FIRST)
            for name, title in pages.items()
        ]
        for section, pages in PAGES.items()
    }
    page = st.navigation(sections, position="top")
    st.session_state[_SHOWN] = True
    page.run()


def require() -> None:
    """First in every page: where Streamlit runs its file by itself, start over with the links.

    It does so for an address below ``/`` until app.py has run once since the server's start.
    """
    if not st.session_state.pop(_SHOWN, False):
        show()
        st.stop()


def notation_link() -> None:
    """In the sidebar of every page: the way to its symbols and terms."""
    st.page_link("pages/notation.py", label="Notation and glossary", icon=":material/menu_book:")


def open_button(label: str, experiment: Experiment) -> None:
    """A button that shows the experiment on the trajectories page."""
    if st.button(label):
        st.session_state["experiment"] = experiment
        st.session_state["opened anew"] = True
        st.switch_page("pages/trajectories.py")
