"""What Langevin steps repair after a sampler, what they cost, and how slowly they mix alone."""

import streamlit as st

from dashboard import navigation, page_chrome
from dashboard.compute import sweeps
from dashboard.experiment.controls import choose_experiment, setting, start_controls
from dashboard.figures.style import is_dark
from dashboard.link.permalink import open_link
from dashboard.prose import prose
from dashboard.text.alternatives import in_words
from dashboard.text.plain import plain
from dashboard.text.readings import sentence, sweep_notes
from dashboard.topics.correctors import measure
from dashboard.topics.correctors import words as text
from dashboard.topics.correctors.figures import mixing_figure, needed_figure, repair_figure
from dashboard.topics.correctors.page import LONG, NOISE, NOISES, PAGE, SIZE, VIEW, VIEWS
from diffusion_core.studies.mixing import Mixing

phrase = prose("phrases/correctors")

navigation.require()
state = open_link(PAGE)
say = measure.say
st.title(PAGE.title)
st.markdown(say("intro"))
start_controls(state)
notice = st.empty()
with st.sidebar:
    experiment = choose_experiment(state.experiment)
above, place = page_chrome.stage()
with above:
    status, reading = st.empty(), st.empty()
place, below = place.empty(), st.empty()
left, middle, right = st.columns((5, 4, 4))
view = left.segmented_control(
    phrase("view"),
    list(VIEWS),
    format_func=VIEWS.__getitem__,
    required=True,
    **setting(PAGE, VIEW, state.values["view"]),
)
size = middle.select_slider(
    phrase("size-of-a-step"), LONG, **setting(PAGE, SIZE, state.values["size"]), help=say("step")
)
noise = state.values["noise"]
if view == "mixing":
    noise = right.select_slider(phrase("noise-1-minus-abar"), NOISES, **setting(PAGE, NOISE, noise))
values = {"view": view, "size": size, "noise": noise}
with st.sidebar:
    page_chrome.link_and_file(PAGE, experiment, values, notice)
dark = is_dark()


def show_repair() -> None:
    """TV against score evaluations with and without correctors, the score exact and wrong."""
    if reason := measure.why_not(experiment):
        st.info(reason)
        return
    work = measure.Repair(experiment, size)

    def draw(found: sweeps.Outcomes) -> tuple[measure.Curves, measure.Curves]:
        exact, wrong = (measure.curves(work, found, is_exact) for is_exact in (True, False))
        ends = text.ends(exact, wrong)
        with place.container():
            for column, curves, name in zip(
                st.columns(2), (exact, wrong), ("exact", "wrong"), strict=True
            ):
                column.markdown(say(f"{name}-title", score=text.score(work).lower()))
                figure = repair_figure(curves, work.sampler, ends, dark)
                page_chrome.plot(
                    column,
                    figure,
                    f"correctors-{name}-score",
                    text.repair_alt(name, curves),
                    f"{PAGE} {name} {len(found)}",
                    numbers=False,
                )
        return exact, wrong

    found = sweeps.measured(work, draw, status)
    exact, wrong = draw(found)
    page_chrome.read(text.repair(work, exact, wrong), reading, below)
    st.markdown(say("why"))
    for told in text.defaults(work, experiment):
        st.caption(told)
    for reason in dict.fromkeys(m for m in found.values() if isinstance(m, str)):
        st.warning(sentence(plain(reason)))
    if told := sweep_notes(work.runs):
        st.caption(told)
    st.markdown(text.crossing(exact))
    rows = text.repair_rows(exact, wrong)
    page_chrome.table(text.repair_table(rows), phrase("tv-with-and-without-correctors"))
    data = page_chrome.to_csv(text.REPAIR_HEADER, rows)
    page_chrome.download(phrase("download-csv"), data, "correctors.csv")
    page_chrome.snippet(text.repair_snippet(work), experiment)


def show_mixing() -> None:
    """Langevin alone: TV against the number of steps, and that number against the noise."""
    found = [m for m in measure.at_level(noise, size, status) if isinstance(m, Mixing)]
    figure = mixing_figure(found, dark)
    alt = in_words(figure, phrase("tv-against-the-number-of"))
    page_chrome.plot(place, figure, "mixing", alt, f"{PAGE} mixing")
    page_chrome.read(text.mixing(found), reading, below)
    st.markdown(say("mixing-intro", deviation=f"{measure.DEVIATION:g}"))
    st.markdown(text.bias(found))
    st.header(say("along-title"))
    along = measure.along_noise(size, st.empty())
    st.markdown(text.along(along))
    figure = needed_figure(along, dark)
    alt = in_words(figure, phrase("steps-until-tv-is-1"))
    page_chrome.plot(st, figure, "mixing-time", alt, f"{PAGE} needed")
    st.caption(say("kramers"))
    page_chrome.table(text.needed_table(along), phrase("steps-until-tv-is-1-4"))
    rows = text.mixing_rows(found)
    data = page_chrome.to_csv(text.MIXING_HEADER, rows)
    page_chrome.download(phrase("download-csv"), data, "mixing.csv")
    page_chrome.snippet(text.mixing_snippet((noise, *measure.ALONG), size))


with page_chrome.or_reason():
    show_repair() if view == "repair" else show_mixing()
