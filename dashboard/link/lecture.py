"""A lecturer's link: which choices it fixes or hides, and whether the app's frame is shown.

``lock`` and ``hide`` name parts of the sidebar, and ``page`` stands for the page's own choices.
What is locked stays to be seen, and keeps the value of the link.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from html import escape
from typing import ParamSpec, TypeVar
from urllib.parse import urlencode

import streamlit as st

from dashboard.figures.marks import LARGE
from dashboard.link import short
from dashboard.link.permalink import (
    BUILDER,
    HIDE,
    LARGE_TYPE,
    LOCK,
    OWN_EXPERIMENT,
    PARTS,
    PRESENT,
    SHARED,
    Page,
    shared,
)
from dashboard.link.widget_keys import KEY, expander, fixing, is_fixed, key
from dashboard.prose import prose

phrase = prose("phrases/link")
LABELS = {
    "target": phrase("target"),
    "schedule": phrase("schedule"),
    "sampler": phrase("sampler"),
    "steps": phrase("steps-t"),
    "start": phrase("start"),
    "score": phrase("score"),
    "seed": phrase("seed"),
    "page": phrase("the-pages-own-choices"),
}
MOST_QR = 2331  # bytes, of the largest code with some error correction
_HIDDEN = "display: none !important;"
_FRAME = ("stHeader", "stSidebar", "stToolbar", "stExpandSidebarButton")
_OURS = (PRESENT, LARGE_TYPE, "step", "answers")  # a class begins at the beginning
_GO_ON = '[data-testid="stLayoutWrapper"]:has(> .st-key-go-on)'
_INTRODUCTION = (
    '[data-testid="stElementContainer"]:has(h1) '
    '+ [data-testid="stElementContainer"]:has([data-testid="stMarkdown"])'
)

P = ParamSpec("P")
R = TypeVar("R")


def part(name: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """For functions that draw a part's widgets: they are disabled where the link says so."""
    assert name in PARTS

    def decorate(draw: Callable[P, R]) -> Callable[P, R]:
        @wraps(draw)
        def drawn(*args: P.args, **kwargs: P.kwargs) -> R:
            with st.container(key=f"part {name}"), fixing(is_fixed(name)):
                return draw(*args, **kwargs)

        return drawn

    return decorate


def style(page: Page) -> None:
    """Hide what the link hides, and everything but the content in a presentation."""
    rules = [f".st-key-part-{name} {{ {_HIDDEN} }}" for name in shared(HIDE) if name != "page"]
    if "page" in shared(HIDE):
        prefix = f"st-key-{KEY}{page}.".replace(": ", "--").replace(".", "-")
        rules.append(f'[class*="{prefix}"] {{ {_HIDDEN} }}')
    if shared(PRESENT) or st.context.is_embedded:
        frame = ", ".join(f'[data-testid="{name}"]' for name in _FRAME)
        rules.append(f"{frame} {{ {_HIDDEN} }}")
    if shared(PRESENT):
        rules.append(f"html {{ font-size: {LARGE * 100:g}%; }}")
        rules.append('[data-testid="stMainBlockContainer"] { padding: 0.5rem 5vw 0; }')
        rules.append(f"{_INTRODUCTION}, {_GO_ON} {{ {_HIDDEN} }}")
        rules.append(":root { --around-figure: 14rem; }")
    if rules:
        st.html(f"<style>{' '.join(rules)}</style>")


def presenter() -> None:
    """In a presentation, beside the title: the link for the class, and the way back."""
    if not shared(PRESENT):
        return
    with st.container(key="presenter", horizontal=True):
        asked = st.button(phrase("link-for-the-class"), shortcut="Q", type="tertiary")
        # Escape closes the code that is open first
        end = None if asked else "Escape"
        if st.button(phrase("end-the-presentation"), key="end", shortcut=end, type="tertiary"):
            st.session_state[PRESENT] = False
            st.rerun()
    if asked:
        _show_code()


@st.dialog(phrase("for-the-class"), width="large", on_dismiss="rerun")
def _show_code() -> None:
    """A code for the back of the room: the short link where there is one, the long one beneath."""
    page, text = st.session_state["page"], prose("lecture")
    address = {n: v for n, v in st.session_state.get("address", {}).items() if n not in _OURS}
    long, name = f"{base_url()}?{urlencode(address)}".rstrip("?"), short.name_of(page, address)
    url = f"{base_url().removesuffix(page)}?{short.NAME}={name}" if name else long
    if len(url) <= MOST_QR:
        alt = phrase("qr-below")
        st.html(f'<img class="code" src="{qr_code(url)}" alt="{alt}">')
    else:
        st.caption(text("too-long", most=f"{MOST_QR:,}"))
    if name:
        st.header(url.split("://")[-1], anchor=False)
        st.caption(text("short"))
    st.code(long, language=None, wrap_lines=True)


def back_button() -> None:
    """Where the link fixes something: back to how it was opened."""
    if "lecturer" not in st.session_state or not (shared(LOCK) or shared(HIDE)):
        return
    path, address = st.session_state["lecturer"]
    if st.button(phrase("back-to-the-lecturers-settings"), width="stretch"):
        own = [name for name in st.session_state if str(name).startswith(OWN_EXPERIMENT)]
        for name in ("experiment", "address", "left", *own):
            st.session_state.pop(name, None)
        st.switch_page(path, query_params=address)


def link_builder() -> None:
    """A link for a class, made of the page's present address; this session stays as it is."""
    # drawing a code takes a tenth of a second: only for those who look at it
    expander(BUILDER, _build)


def _build() -> None:
    text, address = prose("lecture"), st.session_state["address"]
    st.caption(text("builder"))
    chosen = {
        name: st.multiselect(
            label, PARTS, format_func=LABELS.__getitem__, key=key(f"lecture.{name}", [])
        )
        for name, label in ((LOCK, phrase("fix")), (HIDE, phrase("hide")))
    }
    present = st.toggle(phrase("open-as-a-presentation"), key=key("lecture.present", False))
    extra = {n: SHARED[n].write(tuple(parts)) for n, parts in chosen.items() if parts}
    if present:
        extra[PRESENT] = SHARED[PRESENT].write(True)
    url = f"{base_url()}?{urlencode({**address, **extra})}"
    st.code(url, language=None, wrap_lines=True)
    st.link_button(phrase("open-it-in-a-new"), url)
    if len(url) <= MOST_QR:
        alt = phrase("qr-above")
        st.html(f'<img src="{qr_code(url)}" alt="{alt}" width="240">')
        st.caption(text("code"))
    else:
        st.caption(text("too-long", most=f"{MOST_QR:,}"))
    st.caption(text("embed"))
    st.code(iframe(url), language="html", wrap_lines=True)


def base_url() -> str:
    """The address of this page without its settings."""
    return str(st.context.url or "http://localhost:8501").split("?")[0]


def qr_code(text: str) -> str:
    """The QR code as the address of a PNG; ValueError for more than it holds."""
    import segno  # few look at a code

    return str(segno.make(text, error="l", micro=False).png_data_uri(scale=6, border=4))


def iframe(url: str) -> str:
    """HTML that shows this link, without the app's frame, on a page of one's own."""
    joint = "&" if "?" in url else "?"
    source = escape(f"{url.rstrip('?')}{joint}embed=true", quote=True)
    return (
        f'<iframe src="{source}" title="Diffusion Convergence Lab" width="100%" height="900" '
        'style="border: 0" loading="lazy" allow="fullscreen"></iframe>'
    )
