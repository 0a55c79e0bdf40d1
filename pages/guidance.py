"""What guidance to a class returns, beside the tilted law that it is commonly taken for."""

from typing import Any

import streamlit as st

from dashboard import navigation, page_chrome
from dashboard.compute import cached, sweeps
from dashboard.experiment.controls import (
    choose_sampler,
    choose_schedule,
    choose_seed,
    choose_start,
    choose_steps,
    described,
    setting,
    start_controls,
)
from dashboard.experiment.guidance import choose_guidance
from dashboard.experiment.target import choose_target
from dashboard.exports.snippets import guidance_snippet, guided_laws_snippet
from dashboard.figures.style import is_dark
from dashboard.link.permalink import open_link
from dashboard.prose import prose
from dashboard.text.plain import plain
from dashboard.text.readings import sentence, sweep_notes
from dashboard.topics.guidance import figures, measure
from dashboard.topics.guidance import words as text
from dashboard.topics.guidance.page import PAGE, VIEW, VIEWS
from diffusion_core import Measurement
from diffusion_core.schedules import Custom

PARTICLES = 1000
AROUND = 26.0  # rem: class and scale stand below the figure, on the first screen
navigation.require()
state = open_link(PAGE)
say = prose("guidance")
st.title(PAGE.title)
st.markdown(say("intro"))
start_controls(state)
notice = st.empty()
with st.sidebar:
    target = choose_target(state.experiment)
    schedule = choose_schedule(state.experiment)
    sampler = choose_sampler(state.experiment)
    steps = choose_steps(state.experiment, schedule)
    rest = {"start": choose_start(state.experiment), "seed": choose_seed(state.experiment)}
reading, place = page_chrome.stage(AROUND)
with reading:
    status, words, more = st.empty(), st.empty(), st.empty()
place = place.empty()
subject, told = measure.subject(target[0])
begun = measure.begun(state.experiment, subject)
guided = choose_guidance(begun, subject)
experiment = described(
    state.experiment,
    target,
    schedule,
    steps=steps,
    score_error=measure.kept(state.experiment, target[0], guided, begun),
    **sampler,
    **rest,
)
shown = measure.shown(experiment, subject, guided)
view = st.segmented_control(
    "View",
    list(VIEWS),
    format_func=VIEWS.__getitem__,
    required=True,
    **setting(PAGE, VIEW, state.values["view"]),
)
below = st.empty()
with st.sidebar:
    page_chrome.link_and_file(PAGE, experiment, {"view": view}, notice)
if told:
    st.info(say(told, target=measure.FALLBACK_LABEL, dim=target[0].dim))
if experiment.target.dim == 2 and view in ("scale", "steps"):
    st.caption(say("no-plane"))
labels = measure.labels(shown)
dark = is_dark()


def distances() -> None:
    """The page's two numbers, above every view."""
    tilted, part = measure.distances(shown, status)
    if isinstance(tilted, Measurement) and isinstance(part, Measurement):
        words.markdown(text.distance(tilted, part, guided.scale))
    else:
        reason = next(m for m in (tilted, part) if isinstance(m, str))
        words.markdown(say("distance-refused", reason=sentence(plain(reason))))


def show_laws() -> None:
    """What comes out, the tilted law and the class."""
    laws = measure.shown_laws(shown, status)
    figure = figures.law_figure(laws, dark)
    look = {"key": f"{PAGE} laws", "numbers": False, "of": shown.target}
    page_chrome.plot(place, figure, "three-laws", text.law_alt(laws), **look)
    more.markdown(text.modes(laws))
    below.markdown(text.laws(laws))
    st.markdown(say("why"))
    page_chrome.table(text.law_table(laws), "What the three laws give to the class's components")
    st.caption(say("grid", error=text.missed(laws)))
    rows = page_chrome.to_csv(text.LAW_HEADER, text.law_rows(laws))
    page_chrome.download("Download (CSV)", rows, "three-laws.csv")
    st.markdown(say("known"))
    page_chrome.snippet(guided_laws_snippet(shown), shown)


def show_scales() -> None:
    """TV to the tilted law against w."""
    work, own = measure.ByScale(shown), str(shown.sampler)

    def draw(found: sweeps.Outcomes, part: Any = ()) -> None:
        figure = figures.scale_figure(work.curves(found), part, own, labels, dark)
        alt = text.scale_alt(work.curves(found), labels)
        page_chrome.plot(place, figure, "against-w", alt, f"{PAGE} w {len(found)}", numbers=False)

    found = sweeps.measured(work, draw, status)
    curves = work.curves(found)
    to_class = measure.ToClass(shown)
    part = to_class.curve(sweeps.measured(to_class, lambda known: None, status))
    draw(found, part)
    more.markdown(text.scales(curves, labels))
    st.markdown(say("scale-said"))
    refusals(found)
    rows = text.scale_rows(curves, part, own)
    page_chrome.table(text.scale_table(rows), "TV by scale")
    data = page_chrome.to_csv(text.SCALE_HEADER, rows)
    page_chrome.download("Download (CSV)", data, "against-w.csv")
    points = [(name, w, shown.steps, against) for name, against, w, *_ in rows]
    page_chrome.snippet(guidance_snippet(shown, points), shown, measure.samplers(shown))


def show_steps() -> None:
    """TV to the tilted law against T, at the reader's w and at 1."""
    work = measure.BySteps(shown)

    def draw(found: sweeps.Outcomes) -> None:
        curves = work.curves(found)
        figure = figures.steps_figure(curves, labels, dark)
        alt = text.steps_alt(curves, labels)
        page_chrome.plot(place, figure, "against-T", alt, f"{PAGE} T {len(found)}", numbers=False)

    found = sweeps.measured(work, draw, status)
    draw(found)
    curves = work.curves(found)
    more.markdown(text.steps(curves, labels))
    if isinstance(shown.schedule, Custom):
        st.info(say("custom"))
    st.markdown(say("steps-said"))
    refusals(found)
    rows = text.steps_rows(curves)
    page_chrome.table(text.steps_table(rows), "TV by T and scale")
    data = page_chrome.to_csv(text.STEPS_HEADER, rows)
    page_chrome.download("Download (CSV)", data, "against-T.csv")
    points = [(m[0], m[1], m[2], "tilted") for m in rows]
    page_chrome.snippet(guidance_snippet(shown, points), shown, measure.samplers(shown))


def show_run() -> None:
    """The run, animated."""
    with place:
        made = cached.animation([shown], [""], PARTICLES, status)
        page_chrome.play(made.blob, "guided chain", {}, [shown])
    below.caption(say("run-said"))
    st.markdown(say("why"))
    page_chrome.snippet(guided_laws_snippet(shown), shown)


def refusals(found: sweeps.Outcomes) -> None:
    """What has no value, and what has to be known of the others."""
    for reason in dict.fromkeys(m for m in found.values() if isinstance(m, str)):
        st.warning(sentence(plain(reason)))
    if noted := sweep_notes(list(found)):
        st.caption(noted)


with page_chrome.or_reason():
    distances()
    {"law": show_laws, "scale": show_scales, "steps": show_steps, "run": show_run}[view]()
