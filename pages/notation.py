"""Every symbol and every term, with the page where it is seen."""

import streamlit as st

from dashboard import navigation, page_chrome
from dashboard.experiment.controls import start_controls
from dashboard.link.permalink import open_link
from dashboard.prose import prose
from dashboard.prose.library import spoken
from dashboard.topics.notation import glossary
from dashboard.topics.notation.page import PAGE

phrase = prose("phrases/notation")
say = prose("notation")

navigation.require()
state = open_link(PAGE)
st.title(PAGE.title)
st.markdown(say("intro"))
start_controls(state)
notice = st.empty()
with st.sidebar:
    page_chrome.link(PAGE, state.experiment, {}, notice)

for block, name in glossary.SYMBOLS.items():
    st.header(name)
    st.markdown(say(block))
st.caption(say("names"))

st.header(spoken("Glossary"))
for block, page in glossary.TERMS.items():
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(say(block), width="stretch")
        navigation.page_link(page, icon=navigation.ARROW)
