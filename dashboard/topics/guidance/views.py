"""The views of the page of guidance: three laws, TV against w and against T, and the run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import streamlit as st

from dashboard import page_chrome
from dashboard.compute import cached, sweeps
from dashboard.exports.snippets import guidance_snippet, guided_laws_snippet
from dashboard.figures.style import is_dark
from dashboard.prose import prose
from dashboard.text.plain import plain
from dashboard.text.readings import sentence, sweep_notes
from dashboard.topics.guidance import figures, measure
from dashboard.topics.guidance import words as text
from dashboard.topics.guidance.page import PAGE
from diffusion_core import Experiment, Measurement
from diffusion_core.schedules import Custom
from diffusion_core.scores.guided import Guided

phrase = prose("phrases/guidance")
PARTICLES = 1000
say = prose("guidance")


@dataclass(frozen=True, eq=False)
class Screen:
    """Places of the page: of the figure, of progress, of the reading above and the words below."""

    place: Any
    status: Any
    more: Any
    below: Any


def distances(shown: Experiment, guided: Guided, words: Any, status: Any) -> None:
    """The page's two numbers, above every view."""
    tilted, part = measure.distances(shown, status)
    if isinstance(tilted, Measurement) and isinstance(part, Measurement):
        words.markdown(text.distance(tilted, part, guided.scale))
    else:
        reason = next(m for m in (tilted, part) if isinstance(m, str))
        words.markdown(say("distance-refused", reason=sentence(plain(reason))))


def show_laws(shown: Experiment, screen: Screen) -> None:
    """What comes out, the tilted law and the class."""
    laws = measure.shown_laws(shown, screen.status)
    figure = figures.law_figure(laws, is_dark())
    alt, of = text.law_alt(laws), shown.target
    page_chrome.plot(screen.place, figure, "three-laws", alt, f"{PAGE} laws", numbers=False, of=of)
    screen.more.markdown(text.modes(laws))
    screen.below.markdown(text.laws(laws))
    st.markdown(say("why"))
    page_chrome.table(text.law_table(laws), phrase("what-the-three-laws-give"))
    st.caption(say("grid", error=text.missed(laws)))
    rows = page_chrome.to_csv(text.LAW_HEADER, text.law_rows(laws))
    page_chrome.download(phrase("download-csv"), rows, "three-laws.csv")
    st.markdown(say("known"))
    page_chrome.snippet(guided_laws_snippet(shown), shown)


def show_scales(shown: Experiment, screen: Screen) -> None:
    """TV to the tilted law against w."""
    labels = measure.labels(shown)
    work, own = measure.ByScale(shown), str(shown.sampler)

    def draw(found: sweeps.Outcomes, part: Any = ()) -> None:
        figure = figures.scale_figure(work.curves(found), part, own, labels, is_dark())
        alt = text.scale_alt(work.curves(found), labels)
        page_chrome.plot(
            screen.place, figure, "against-w", alt, f"{PAGE} w {len(found)}", numbers=False
        )

    found = sweeps.measured(work, draw, screen.status)
    curves = work.curves(found)
    to_class = measure.ToClass(shown)
    part = to_class.curve(sweeps.measured(to_class, lambda known: None, screen.status))
    draw(found, part)
    screen.more.markdown(text.scales(curves, labels))
    st.markdown(say("scale-said"))
    refusals(found)
    rows = text.scale_rows(curves, part, own)
    page_chrome.table(text.scale_table(rows), phrase("tv-by-scale"))
    data = page_chrome.to_csv(text.SCALE_HEADER, rows)
    page_chrome.download(phrase("download-csv"), data, "against-w.csv")
    points = [(name, w, shown.steps, against) for name, against, w, *_ in rows]
    page_chrome.snippet(guidance_snippet(shown, points), shown, measure.samplers(shown))


def show_steps(shown: Experiment, screen: Screen) -> None:
    """TV to the tilted law against T, at the reader's w and at 1."""
    labels = measure.labels(shown)
    work = measure.BySteps(shown)

    def draw(found: sweeps.Outcomes) -> None:
        curves = work.curves(found)
        figure = figures.steps_figure(curves, labels, is_dark())
        alt = text.steps_alt(curves, labels)
        page_chrome.plot(
            screen.place, figure, "against-T", alt, f"{PAGE} T {len(found)}", numbers=False
        )

    found = sweeps.measured(work, draw, screen.status)
    draw(found)
    curves = work.curves(found)
    screen.more.markdown(text.steps(curves, labels))
    if isinstance(shown.schedule, Custom):
        st.info(say("custom"))
    st.markdown(say("steps-said"))
    refusals(found)
    rows = text.steps_rows(curves)
    page_chrome.table(text.steps_table(rows), phrase("tv-by-t-and-scale"))
    data = page_chrome.to_csv(text.STEPS_HEADER, rows)
    page_chrome.download(phrase("download-csv"), data, "against-T.csv")
    points = [(m[0], m[1], m[2], "tilted") for m in rows]
    page_chrome.snippet(guidance_snippet(shown, points), shown, measure.samplers(shown))


def show_run(shown: Experiment, screen: Screen) -> None:
    """The run, animated."""
    with screen.place:
        made = cached.animation([shown], [""], PARTICLES, screen.status)
        page_chrome.play(made.blob, "guided chain", {}, [shown])
    screen.below.caption(say("run-said"))
    st.markdown(say("why"))
    page_chrome.snippet(guided_laws_snippet(shown), shown)


def refusals(found: sweeps.Outcomes) -> None:
    """What has no value, and what has to be known of the others."""
    for reason in dict.fromkeys(m for m in found.values() if isinstance(m, str)):
        st.warning(sentence(plain(reason)))
    if noted := sweep_notes(list(found)):
        st.caption(noted)


SHOW: dict[str, Callable[[Experiment, Screen], None]] = {
    "law": show_laws,
    "scale": show_scales,
    "steps": show_steps,
    "run": show_run,
}
