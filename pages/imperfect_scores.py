"""What a wrong score costs: the floor it leaves, and why an ODE needs its Jacobian."""

from typing import Any

import streamlit as st

from dashboard import frame, imperfect, navigation, sweeps
from dashboard.controls import choose_experiment, setting, start_controls
from dashboard.figures.imperfect import floor_figure, plateau_figure, waves_figure
from dashboard.figures.style import is_dark
from dashboard.permalink import choice, open_link
from dashboard.prose import prose
from dashboard.text import imperfect as text
from dashboard.text.labels import SCORES
from dashboard.text.plain import plain
from dashboard.text.readings import sentence, sweep_notes
from dashboard.text.snippets import runs_snippet
from diffusion_core import SAMPLERS, Refused
from diffusion_core.schedules import Custom

PAGE = "imperfect_scores"
VIEWS = {"steps": "More steps", "waves": "Finer waves"}
VIEW = choice("view", "steps", tuple(VIEWS))
SETTINGS = (VIEW,)

navigation.require()
state = open_link(PAGE, SETTINGS)
words = prose(PAGE)
st.title("Imperfect scores")
st.markdown(words("intro"))
start_controls(state)
notice = st.empty()
with st.sidebar:
    experiment = choose_experiment(state.experiment)
dialled = experiment.with_(score_error=imperfect.dial(experiment))
view = st.segmented_control(
    "View",
    list(VIEWS),
    format_func=VIEWS.__getitem__,
    required=True,
    **setting(PAGE, VIEW, state.values["view"]),
)
with st.sidebar:
    frame.link_and_file(PAGE, SETTINGS, experiment, {"view": view}, notice)
status, place, reading = st.empty(), st.empty(), st.empty()
if experiment.target.dim > 1:
    st.caption(words("no-plane"))
dark = is_dark()


def refusals(found: sweeps.Outcomes) -> None:
    for reason in dict.fromkeys(m for m in found.values() if isinstance(m, str)):
        st.warning(sentence(plain(reason)))


def show_plateau() -> None:
    """The distance against T for every size of the error."""
    error = experiment.score_error
    if not isinstance(error, imperfect.Dial):
        kind = SCORES["exact" if error is None else error.kind].lower()
        st.info(words("default", score=kind))
    st.markdown(text.sizes(*imperfect.score_sizes(dialled, st.empty())))
    work = imperfect.Plateau(dialled)

    def draw(found: sweeps.Outcomes) -> None:
        figure = plateau_figure(imperfect.curves(work, found), experiment.sampler, dark)
        alt = "TV against T, one curve for each size of the score's error"
        frame.plot(place, figure, "plateau", alt, f"{PAGE} {len(found)}", numbers=False)

    found = sweeps.measured(work, draw, status)
    draw(found)
    curves = imperfect.curves(work, found)
    floors = imperfect.floors(curves)
    if isinstance(experiment.schedule, Custom):
        st.info(words("custom"))
    size = dialled.score_error.size
    reading.markdown(text.plateau(floors, size, imperfect.floor_slope(floors)))
    refusals(found)
    if told := sweep_notes(work.runs):
        st.caption(told)
    if len(floors) > 1:
        exact = curves[0.0][-1] if curves[0.0] else None
        figure = floor_figure(floors, exact, experiment.sampler, dark)
        alt = "TV at the largest T against the size of the score's error"
        frame.plot(st, figure, "floors", alt, f"{PAGE} floors")
    frame.table(text.plateau_table(floors), "Floors of the distance by size of the error")
    data = frame.to_csv(text.PLATEAU_HEADER, text.plateau_rows(curves))
    frame.download("Download (CSV)", data, "plateau.csv")
    frame.snippet(runs_snippet(dialled))


def show_waves() -> None:
    """The distance at one eps_score for waves of rising frequency."""
    work = imperfect.Waves(dialled)
    labels = {name: SAMPLERS[name].label for name in work.samplers}
    curves: dict[str, Any] = {}

    def draw(found: sweeps.Outcomes) -> None:
        curves.update({name: imperfect.wave_points(work, name, found) for name in work.samplers})
        alt, key = "TV against the Jacobian's error at one eps_score", f"{PAGE} {len(found)}"
        frame.plot(place, waves_figure(curves, labels, dark), "waves", alt, key, numbers=False)

    found = sweeps.measured(work, draw, status)
    draw(found)
    reading.markdown(text.waves(curves, labels, work.size))
    refusals(found)
    st.markdown(words("why"))
    if any(fold for points in curves.values() for *_, fold in points):
        st.markdown(words("folds"))
    rows = text.wave_rows(curves)
    frame.table(text.wave_table(rows), "TV by frequency")
    frame.download("Download (CSV)", frame.to_csv(text.WAVE_HEADER, rows), "waves.csv")
    frame.snippet(runs_snippet(work.runs[-1]))


try:
    show_plateau() if view == "steps" else show_waves()
except Refused as reason:
    st.warning(sentence(plain(str(reason))))
