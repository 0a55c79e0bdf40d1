"""Watch the reverse process turn noise into the target, and read how far off it ends."""

import streamlit as st

from dashboard import compute, frame, navigation, tables
from dashboard.controls import (
    PARTICLE_COUNTS,
    choose_experiment,
    choose_schedule,
    setting,
    start_controls,
)
from dashboard.permalink import open_link, whole
from dashboard.picture_controls import LAYER_SETTING, VIEW_SETTING, choose_picture
from dashboard.target_controls import choose_target
from dashboard.text import readings
from dashboard.text.formulas import UPDATES
from dashboard.text.plain import plain
from dashboard.text.snippets import trajectory_snippet
from diffusion_core import Refused
from diffusion_core.measure import has_exact_law

PAGE = "trajectories"
PARTICLES = whole("particles", 2000, PARTICLE_COUNTS)
SETTINGS = (PARTICLES, LAYER_SETTING, VIEW_SETTING)

navigation.require()
state = open_link(PAGE, SETTINGS)
st.title("Reverse trajectories")
st.markdown(
    "A diffusion model starts from noise and removes it step by step, led by the **score** "
    "$s_t=\\nabla\\log p_t$. Here the score is exact: whatever is wrong with the output is the "
    "sampler's doing."
)
start_controls(state)
notice = st.empty()
with st.sidebar:
    target = choose_target(state.experiment)
    schedule = choose_schedule(state.experiment)
    experiment = choose_experiment(state.experiment, target, schedule)
    particles = st.select_slider(
        "Particles",
        PARTICLE_COUNTS,
        format_func=lambda n: f"{n:,}",
        key=setting(PAGE, PARTICLES, state.values["particles"]),
    )

progress, picture = st.empty(), st.container()
look = choose_picture(PAGE, state.values, experiment.target.dim)
with st.sidebar:
    values = {"particles": particles, **look}
    frame.link_and_file(PAGE, SETTINGS, experiment, values, notice)
shown = None
with picture:
    try:
        made = compute.animation([experiment], [""], particles, progress)
    except Refused as reason:
        st.warning(readings.sentence(plain(str(reason))))
    else:
        frame.play(made.blob, "reverse chain", look)
        shown = made.panels[0]

method = "exact" if has_exact_law(experiment) else "particles"
final = shown.final if shown else None
outcomes = compute.distances(experiment, method, particles, st.empty(), final)
st.markdown(readings.final_distance(experiment, outcomes["tv"]))
if shown:
    st.caption(readings.on_the_way(experiment, shown.times, shown.tv, shown.refusal))

numbers, steps, update, code = st.tabs(["Distances", "Step by step", "The update", "Python"])
with numbers:
    frame.table(tables.distance_table(outcomes), "Distances between the output and p₁")
    st.caption("Between q₁, the law of the output, and p₁, the law of X₁, as in the theorems.")
    if shown:
        frame.download(
            "Download the particles (CSV)",
            lambda: frame.to_csv(["x", "y"][: experiment.target.dim], shown.final.tolist()),
            "particles.csv",
        )
with steps:
    times, tv = (shown.times, shown.tv) if shown else (range(experiment.steps, 0, -1), ())
    rows = tables.step_rows(experiment, times, tv)
    frame.table(tables.step_table(rows), "The chain step by step")
    frame.download("Download this table (CSV)", frame.to_csv(tables.STEP_HEADER, rows), "steps.csv")
with update:
    st.latex(UPDATES[experiment.sampler])
    st.caption(f"{experiment.record.label}: {experiment.record.reference}.")
with code:
    known = [metric for metric, found in outcomes.items() if not isinstance(found, str)]
    frame.snippet(trajectory_snippet(experiment, known, method, particles))
