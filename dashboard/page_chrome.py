"""What every page shares around its figure: link and file, tables, downloads, the snippet."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from html import escape
from typing import Any

import plotly.graph_objects as go
import streamlit as st

from dashboard import inline_scripts, navigation
from dashboard.arrow_table import arrow_table
from dashboard.compute.pool import Stopped
from dashboard.exports.citation import bibtex
from dashboard.exports.notebook import notebook
from dashboard.exports.numbers import figure_csv, no_formula
from dashboard.figures.marks import LARGE
from dashboard.figures.style import enlarge, named_axes
from dashboard.link import lecture
from dashboard.link.adoption import adopt, back_to_own
from dashboard.link.axis_names import axis_titles
from dashboard.link.permalink import LARGE_TYPE, MAX_LINK, PRESENT, Page, save, shared
from dashboard.link.widget_keys import KEY, expander, is_fixed, key
from dashboard.player import Chapter, Drag
from dashboard.player.component import player
from dashboard.prose import prose
from dashboard.prose.library import spoken
from dashboard.text.mathematics import worded
from dashboard.text.plain import plain, short, told
from dashboard.text.readings import sentence
from dashboard.text.tables import named
from diffusion_core import Experiment, InputError, Refused
from diffusion_core.strict_json import MAX_JSON_BYTES
from diffusion_core.targets import Target

phrase = prose("phrases/page_chrome")
say = prose("controls")
PLOTLY: dict[str, Any] = {
    "displaylogo": False,
    "displayModeBar": True,
    "modeBarButtons": [["toImage", "zoom2d", "resetScale2d"]],
}


PICTURES: dict[str, dict[str, Any]] = {
    "SVG": {"format": "svg"},
    "PNG": {"format": "png", "scale": 3},
}
PICTURE = "pictures of figures"
_SCROLL = inline_scripts.element(inline_scripts.SCROLL)


def stage(around: float = 0.0) -> tuple[Any, Any]:
    """Places for the words that a figure is read by, and for the figure: kept free for them.

    around: rem that the page needs for what stands around its figure, where choices below it are to
    share the first screen.
    """
    if around and not shared(PRESENT):
        st.html(f"<style>:root {{ --around-figure: {around:g}rem; }}</style>")
    return st.container(key="reading"), st.container(key="stage")


def screen(name: str = "picture") -> tuple[Any, Any]:
    """Places for the progress of a moving picture, which lies over it, and for the picture."""
    both = st.container(key=f"screen {name}", gap=None)
    return both.empty(), both.container()


def waits(dim: int) -> tuple[Any, Any]:
    """Places for the progress of an exact law and of exact distances: kept free in the plane."""
    both = st.container(key="waits" if dim == 2 else None, gap=None)
    return both.empty(), both.empty()


def read(text: str, above: Any, below: Any) -> None:
    """What a figure says: the first paragraph above it, what else there is below."""
    first, _, more = text.partition("\n\n")
    above.markdown(first)
    if more:
        below.markdown(more)


def plot(
    place: Any,
    figure: go.Figure,
    name: str,
    alt: str,
    key: str,
    numbers: bool = True,
    fits: bool = True,
    of: Target | None = None,
) -> None:
    """Draw the figure at ``place``; its own buttons save it under this name, zoom, reset.

    numbers: with a button for its numbers, for a page that does not offer them otherwise.
    of: the target whose coordinates it shows; what a reader's table calls them, the axes do.
    fits: lowered to what the window has room for, unless it is a list whose rows need their height.
    """
    kind = st.session_state.get(KEY + PICTURE, st.session_state.get(PICTURE, "SVG"))
    config = PLOTLY | {"toImageButtonOptions": PICTURES[kind] | {"filename": name}}
    if of is not None:
        figure = named_axes(figure, axis_titles(of))
    if enlarged():
        figure = enlarge(figure)
    if numbers or not fits:
        place = place.container(gap=None, key=None if fits else f"whole {key}")  # see page.css
    height = int(figure.layout.height or 0) if fits else 0  # page.css lowers a number
    look = {"theme": None, "config": config, "alt": alt, "height": height or "content"}
    place.plotly_chart(figure, key=key, **look)
    if numbers:
        place.download_button(
            phrase("numbers-csv"),
            lambda: figure_csv(figure),
            f"{name}.csv",
            "text/csv",
            key=f"{key} numbers",
            on_click="ignore",
            type="tertiary",
            icon=":material/table:",
        )


@contextmanager
def or_reason() -> Iterator[None]:
    """What cannot be computed is one sentence in its place; what was stopped says so elsewhere."""
    try:
        yield
    except Stopped:
        return
    except (InputError, Refused) as reason:
        st.warning(sentence(worded(str(reason))))


def play(
    animation: bytes,
    key: str,
    look: Mapping[str, Any],
    experiments: Sequence[Experiment] = (),
    story: Sequence[Chapter] = (),
    drag: Drag | None = None,
    sampled: bool = True,
) -> None:
    """The player, with the layers and the view of ``look`` where it has them.

    experiments: that are shown, for what a reader saves of it. story: that it tells. sampled:
    whether their samplers made it, or it runs forward.
    """
    layers, view = look.get("layers"), look.get("view", "auto")
    about = {
        "title": _shown_page().title,
        "experiments": [experiment.to_json(indent=2) for experiment in experiments],
        "runs": list(dict.fromkeys(named(run, sampled) for run in experiments)),
        "cite": bibtex(),
    }
    large, targets = LARGE if enlarged() else None, {run.target for run in experiments}
    axes = axis_titles(targets.pop()) if len(targets) == 1 else ()
    more: dict[str, Any] = {"about": about, "story": story, "drag": drag, "axes": axes}
    with st.container(gap=None):
        player(animation, key, layers, view, enlarged=large, **more)


def _shown_page() -> Page:
    """The record of the page that this run shows."""
    return navigation.PAGES[st.session_state["page"]]


def enlarged() -> bool:
    """Whether the reader wants the type of a projector."""
    wanted = st.session_state.get(KEY + "large", st.session_state.get(LARGE_TYPE, False))
    return bool(wanted or shared(PRESENT))


def link(
    page: Page,
    experiment: Experiment,
    values: Mapping[str, Any],
    notice: Any,
) -> bool:
    """In the sidebar: put the state into the link; whether the experiment is too large for it."""
    st.session_state[LARGE_TYPE] = st.toggle(
        phrase("large-type-for-a-projector"), key=key("large", shared(LARGE_TYPE))
    )
    navigation.notation_link()
    expander(phrase("save-and-cite"), _save_and_cite)
    lecture.style(page)
    lecture.back_button()
    if not page.own:
        back_to_own()
    too_large = save(page, experiment, values)
    complaint = st.session_state["complaint"]
    if complaint:
        notice.error(say("link-complaint", complaint=plain(complaint)))
    if too_large is None and "lecturer" not in st.session_state:
        lecture.link_builder()
    return too_large is not None


def _save_and_cite() -> None:
    """How figures are saved, remembered in the session, and how the project is cited."""
    words, before = prose("exports"), st.session_state.get(PICTURE, "SVG")
    chosen = st.segmented_control(
        phrase("pictures-of-figures-as"), list(PICTURES), required=True, key=key(PICTURE, before)
    )
    if chosen != before:
        st.session_state[PICTURE] = chosen
        st.rerun()
    st.caption(words("figures"))
    st.caption(words("cite"))
    st.code(bibtex(), language="bibtex", wrap_lines=True)


def link_and_file(
    page: Page,
    experiment: Experiment,
    values: Mapping[str, Any],
    notice: Any,
) -> None:
    """At the foot of the sidebar: put the state into the link, offer it as a file, open one.

    notice: the place that says what the link got wrong, until the reader changes something.
    """
    too_large = link(page, experiment, values, notice)
    if too_large:
        st.warning(say("link-too-large", most=f"{MAX_LINK:,}"))
    with st.expander(phrase("link-and-file"), expanded=too_large):
        if not too_large:
            st.caption(say("link"))
        take = None if is_fixed("target") else lambda data: adopt(Experiment.from_json(data))
        experiment_file(experiment.to_json(indent=2), "experiment file", take)


def experiment_file(text: str, name: str, take: Callable[[bytes], None] | None) -> None:
    """An experiment in JSON to take away, and another to open.

    name: of the place for a file. take: is given what is in one, InputError where that is none;
    None where nothing may be opened.
    """
    st.download_button(
        phrase("download-this-experiment"),
        text,
        "experiment.json",
        "application/json",
        on_click="ignore",
    )
    if take is None:
        return
    upload = st.file_uploader(phrase("open-an-experiment"), key=f"{KEY}{name}")
    if upload is None or upload.file_id == st.session_state.get("opened"):
        return
    try:
        if upload.size > MAX_JSON_BYTES:
            raise InputError(f"experiment: at most {MAX_JSON_BYTES:,} bytes, got {upload.size:,}")
        take(upload.getvalue())
    except InputError as error:
        st.error(f"{plain(short(upload.name))}: {told(error)}.")
        return
    st.session_state["opened"] = upload.file_id
    st.rerun()


def scroll_to(section: str) -> None:
    """Begin at this heading, or at the container of this key, until the reader moves."""
    with st.container(key="script scroll"):
        where = f'<i hidden data-scroll-to="{escape(section)}"></i>'
        st.html(where + _SCROLL, unsafe_allow_javascript=True)


def table(columns: Mapping[str, Sequence[Any]], alt: str) -> None:
    """A table that screen readers can read and keyboards can scroll, its words in our language.

    lazy: whether parts are sent would be asked of pandas, for tables larger than any here.
    """
    worded = {spoken(name): [_cell(cell) for cell in cells] for name, cells in columns.items()}
    st.dataframe(arrow_table(worded), hide_index=True, lazy=False, alt=alt)


def _cell(cell: Any) -> Any:
    return spoken(cell) if isinstance(cell, str) else cell


def to_csv(header: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """A table as CSV, in which no text is a formula of a spreadsheet."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerows([no_formula(cell) for cell in row] for row in (header, *rows))
    return out.getvalue()


def download(label: str, data: str | Callable[[], str], name: str) -> None:
    st.download_button(label, data, name, "text/csv", on_click="ignore")


def snippet(code: str, experiment: Experiment | None = None, samplers: Sequence[str] = ()) -> None:
    """Python that gives the page's numbers, to copy or as a notebook."""
    show_code(code)
    notebook_button(lambda: code, experiment, samplers)


def show_code(code: str) -> None:
    """The code alone, for a page that draws it anew while it computes."""
    st.caption(say("snippet"))
    st.code(code, language="python", wrap_lines=True)


def notebook_button(
    code: Callable[[], str], experiment: Experiment | None = None, samplers: Sequence[str] = ()
) -> None:
    """Once in a run; code: asked for when the reader presses it.

    experiment: on which a sampler of the reader's own is measured there, unless given the
    session's; samplers: that it is compared with, beside the experiment's.
    """
    page, on = _shown_page(), experiment or st.session_state["experiment"]
    st.download_button(
        phrase("download-as-a-notebook"),
        lambda: notebook(page.title, code(), on, samplers),
        f"{page.name.replace('_', '-')}.ipynb",
        "application/x-ipynb+json",
        on_click="ignore",
    )
