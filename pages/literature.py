"""What is proven about the number of steps, by whom, and how we know it."""

import streamlit as st

from dashboard import navigation, page_chrome
from dashboard.experiment.controls import start_controls
from dashboard.figures.style import is_dark
from dashboard.link.permalink import open_link
from dashboard.prose import prose
from dashboard.prose.library import spoken
from dashboard.topics.literature import table
from dashboard.topics.literature.controls import choose, choose_one
from dashboard.topics.literature.figures import steps_figure
from dashboard.topics.literature.page import PAGE

phrase = prose("phrases/literature")
say = prose("literature")

navigation.require()
state = open_link(PAGE)
st.title(PAGE.title)
st.markdown(say("intro"))
start_controls(state)
notice = st.empty()
values = choose(dict(state.values))
with st.sidebar:
    st.caption(say("measured"))
    navigation.page_link("convergence", icon=navigation.ARROW)
    navigation.page_link("dimension", icon=navigation.ARROW)
    navigation.page_link("why", icon=navigation.ARROW)
    navigation.page_link("discrete", icon=navigation.ARROW)
    foot = st.container()

d, eps = values["d"], values["accuracy"]
drawn = table.lines(values["families"], values["sure"])
if not values["families"]:
    st.info(say("none"))
if drawn:
    figure = steps_figure(drawn, d, eps, is_dark())
    told = table.reading(drawn, d, eps)
    page_chrome.plot(
        st, figure, "steps-against-accuracy", told.replace("*", ""), f"{PAGE} steps", fits=False
    )
    st.markdown(told)
    st.caption(say("key"))
st.markdown(say("caution"))

st.header(phrase("all-results"))
st.caption(say("table"))
columns = table.table(table.shown(values["families"], values["sure"]))
st.dataframe(
    {spoken(name): cells for name, cells in columns.items()},
    hide_index=True,
    alt=phrase("every-result-with-its-source"),
    column_config={
        spoken("year"): st.column_config.NumberColumn(format="%d"),
        "arXiv": st.column_config.LinkColumn(display_text=r"abs/(.*)"),
    },
)
rows = list(zip(*columns.values(), strict=True))
page_chrome.download(phrase("download-csv"), page_chrome.to_csv(list(columns), rows), "results.csv")
one = choose_one(state.values["result"])
st.markdown(table.detail(one))
with foot:
    page_chrome.link(PAGE, state.experiment, values | {"result": one.name}, notice)
