"""What a wrong score costs: the floor it leaves, and why an ODE needs its Jacobian."""

from typing import Any

import streamlit as st

from dashboard import navigation, page_chrome
from dashboard.compute import sweeps
from dashboard.compute.studies import score_sizes
from dashboard.experiment.controls import choose_experiment, setting, start_controls
from dashboard.exports.snippets import plateau_snippet, waves_snippet
from dashboard.figures.style import is_dark
from dashboard.link.permalink import open_link
from dashboard.prose import prose
from dashboard.text.alternatives import in_words
from dashboard.text.labels import SCORES
from dashboard.text.mathematics import worded
from dashboard.text.readings import sentence, sweep_notes
from dashboard.topics.imperfect_scores import measure
from dashboard.topics.imperfect_scores import words as text
from dashboard.topics.imperfect_scores.figures import floor_figure, plateau_figure, waves_figure
from dashboard.topics.imperfect_scores.page import PAGE, VIEW, VIEWS
from diffusion_core import SAMPLERS
from diffusion_core.schedules import Custom

phrase = prose("phrases/imperfect_scores")

navigation.require()
state = open_link(PAGE)
words = prose(PAGE.name)
st.title(PAGE.title)
st.markdown(words("intro"))
start_controls(state)
notice = st.empty()
with st.sidebar:
    experiment = choose_experiment(state.experiment)
dialled = experiment.with_(score_error=measure.dial(experiment))
above, place = page_chrome.stage()
with above:
    status, reading = st.empty(), st.empty()
place, below = place.empty(), st.empty()
view = st.segmented_control(
    phrase("view"),
    list(VIEWS),
    format_func=VIEWS.__getitem__,
    required=True,
    **setting(PAGE, VIEW, state.values["view"]),
)
with st.sidebar:
    page_chrome.link_and_file(PAGE, experiment, {"view": view}, notice)
st.markdown(words("proven"))
if experiment.target.dim > 1:
    st.caption(words("no-plane"))
dark = is_dark()


def refusals(found: sweeps.Outcomes) -> None:
    for reason in dict.fromkeys(m for m in found.values() if isinstance(m, str)):
        st.warning(sentence(worded(reason)))


def show_plateau() -> None:
    """The distance against T for every size of the error."""
    error = experiment.score_error
    if not isinstance(error, measure.Dial):
        kind = SCORES["exact" if error is None else error.kind].lower()
        st.info(words("default", score=kind))
    st.markdown(text.sizes(*score_sizes(dialled, st.empty())))
    work = measure.Plateau(dialled)

    def draw(found: sweeps.Outcomes) -> None:
        figure = plateau_figure(measure.curves(work, found), experiment.sampler, dark)
        alt = in_words(figure, phrase("tv-against-t-one-curve"))
        page_chrome.plot(place, figure, "plateau", alt, f"{PAGE} {len(found)}", numbers=False)

    found = sweeps.measured(work, draw, status)
    draw(found)
    curves = measure.curves(work, found)
    floors = measure.floors(curves)
    if isinstance(experiment.schedule, Custom):
        st.info(words("custom"))
    size = dialled.score_error.size
    told = text.plateau(floors, size, measure.floor_slope(floors))
    page_chrome.read(told, reading, below)
    refusals(found)
    if told := sweep_notes(work.runs):
        st.caption(told)
    if len(floors) > 1:
        exact = curves[0.0][-1] if curves[0.0] else None
        figure = floor_figure(floors, exact, experiment.sampler, dark)
        alt = in_words(figure, phrase("tv-at-the-largest-t"))
        page_chrome.plot(st, figure, "floors", alt, f"{PAGE} floors")
    page_chrome.table(text.plateau_table(floors), phrase("floors-of-the-distance-by"))
    data = page_chrome.to_csv(text.PLATEAU_HEADER, text.plateau_rows(curves))
    page_chrome.download(phrase("download-csv"), data, "plateau.csv")
    shown = [(size, m.steps) for size, curve in curves.items() for m in curve]
    page_chrome.snippet(plateau_snippet(dialled, shown), dialled)


def show_waves() -> None:
    """The distance at one eps_score for waves of rising frequency."""
    work = measure.Waves(dialled)
    labels = {name: SAMPLERS[name].label for name in work.samplers}
    curves: dict[str, Any] = {}

    def draw(found: sweeps.Outcomes) -> None:
        curves.update({name: measure.wave_points(work, name, found) for name in work.samplers})
        figure, key = waves_figure(curves, labels, dark), f"{PAGE} {len(found)}"
        alt = in_words(figure, phrase("tv-against-the-jacobians-error"))
        page_chrome.plot(place, figure, "waves", alt, key, numbers=False)

    found = sweeps.measured(work, draw, status)
    draw(found)
    page_chrome.read(text.waves(curves, labels, work.size), reading, below)
    refusals(found)
    st.markdown(words("why"))
    if any(fold for points in curves.values() for *_, fold in points):
        st.markdown(words("folds"))
    rows = text.wave_rows(curves)
    page_chrome.table(text.wave_table(rows), phrase("tv-by-frequency"))
    page_chrome.download(
        phrase("download-csv"), page_chrome.to_csv(text.WAVE_HEADER, rows), "waves.csv"
    )
    shown = [(name, w) for name, points in curves.items() for w, *_ in points]
    page_chrome.snippet(waves_snippet(experiment, work.size, shown), work.runs[-1])


with page_chrome.or_reason():
    show_plateau() if view == "steps" else show_waves()
