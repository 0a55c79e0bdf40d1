"""Two to four runs side by side: the same noise, one clock, one axis."""

import streamlit as st

from dashboard import navigation, page_chrome
from dashboard.animation.controls import choose_picture, look
from dashboard.compute import cached, exact
from dashboard.experiment.controls import choose_experiment, setting, start_controls
from dashboard.exports.snippets import comparison_snippet
from dashboard.link.permalink import open_link
from dashboard.prose import prose
from dashboard.text import readings, tables
from dashboard.text.mathematics import worded
from dashboard.topics.compare.controls import choose_changes
from dashboard.topics.compare.page import CHANGES, FEW, PAGE, PANELS, PARTICLES
from dashboard.topics.compare.panels import MOST, NAMES, runs

phrase = prose("phrases/compare")

navigation.require()
state = open_link(PAGE)
values = dict(state.values)
st.title(PAGE.title)
st.markdown(prose("pages")("compare"))
start_controls(state)
notice = st.empty()
with st.sidebar:
    experiment = choose_experiment(state.experiment)
    values["particles"] = st.select_slider(
        phrase("particles-in-each-panel"),
        FEW,
        format_func=lambda n: f"{n:,}",
        **setting(PAGE, PARTICLES, values["particles"]),
    )

progress, picture = page_chrome.screen()
words = st.empty()
count, *places = st.columns(MOST)
values["panels"] = count.segmented_control(
    phrase("panels"), (2, 3, 4), required=True, **setting(PAGE, PANELS, values["panels"])
)
shown = list(zip(NAMES, CHANGES, places, strict=True))[: values["panels"] - 1]
for name, change, place in shown:
    with place:
        values[change.name] = choose_changes(name, change, values[change.name], experiment)
dim = experiment.target.dim
values |= choose_picture(PAGE, values, dim)
wait, status = page_chrome.waits(dim)
numbers, why, code = st.empty(), st.empty(), st.container()
with st.sidebar:
    page_chrome.link_and_file(PAGE, experiment, values, notice)
mapped = dim == 2 and values["map"] != "p"  # needs q_t: p_t is shown until it is there
made = None
with page_chrome.or_reason():
    compared = runs(experiment, {name: values[change.name] for name, change, _ in shown})
    each, titles = list(compared.values()), [*compared]
    drawn = mapped and cached.laws_known(each)
    made = cached.animation(each, titles, values["particles"], progress, drawn)
if made is None:
    st.stop()
with picture:
    page_chrome.play(made.blob, "side by side", look(values, dim), each)
for refusal in dict.fromkeys(panel.refusal for panel in made.panels if panel.refusal):
    st.caption(readings.sentence(phrase("an-exact-q-t-is", refusal=worded(refusal))))
for note in readings.notes(compared):
    st.caption(note)
with code.expander("Python"):
    source, methods = st.empty(), dict[str, str]()
    page_chrome.notebook_button(
        lambda: comparison_snippet(compared, methods, values["particles"]),
        each[0],
        [run.sampler for run in each],
    )


def tell() -> None:
    """What is known by now about the distances."""
    final = [panel.final for panel in made.panels]
    found = exact.at_once(each, ["tv"], values["particles"], status, final)
    outcomes = {title: one["tv"] for title, one in zip(titles, found, strict=True)}
    words.markdown(readings.compared(outcomes))
    with numbers.container():
        page_chrome.table(
            tables.run_table(compared, outcomes), phrase("the-runs-and-their-distances")
        )
    why.caption(readings.not_exact(exact.refusals(each, ["tv"])))
    for title, run, one in zip(titles, each, found, strict=True):
        if how := exact.methods(run, one):
            methods[title] = how["tv"]
    with source.container():
        page_chrome.show_code(comparison_snippet(compared, methods, values["particles"]))


tell()
if mapped and not drawn and cached.find_laws(each, wait):
    st.rerun()
exact.finish(each, ["tv"], status, tell)
