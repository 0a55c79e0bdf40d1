"""Every symbol and every term, with the page where it is seen."""

import streamlit as st

from dashboard import frame, navigation, notation
from dashboard.permalink import open_link
from dashboard.prose import prose

PAGE = "notation"
say = prose("notation")

navigation.require()
state = open_link(PAGE, ())
st.title("Notation and glossary")
st.markdown(say("intro"))
notice = st.empty()
with st.sidebar:
    frame.link(PAGE, (), state.experiment, {}, notice)

for block, name in notation.SYMBOLS.items():
    st.subheader(name)
    st.markdown(say(block))
st.caption(say("names"))

st.header("Glossary")
for block, page in notation.TERMS.items():
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(say(block), width="stretch")
        st.page_link(f"pages/{page}.py", label=notation.title(page), icon=notation.ARROW)
