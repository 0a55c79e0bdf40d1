"""The lessons in one class of fifty minutes, and in a week of self-study."""

import streamlit as st

from dashboard import navigation, page_chrome
from dashboard.experiment.controls import start_controls
from dashboard.lessons import LESSONS
from dashboard.lessons.plan import CLASS, WEEK, Part
from dashboard.lessons.show import query
from dashboard.link.permalink import open_link
from dashboard.prose import prose
from dashboard.prose.library import spoken
from dashboard.topics.syllabus.page import PAGE

phrase = prose("phrases/syllabus")
say = prose("syllabus")

navigation.require()
state = open_link(PAGE)
st.title(PAGE.title)
st.markdown(say("intro"))
start_controls(state)
notice = st.empty()
with st.sidebar:
    page_chrome.link(PAGE, state.experiment, {}, notice)


def draw(part: Part, when: str) -> None:
    """What to do then, and the links to it."""
    with st.container(border=True):
        st.markdown(f"**{when}** {say(part.name)}")
        for name in part.lessons:
            navigation.page_link(
                "lessons",
                phrase("lesson", title=LESSONS[name].title),
                query=query(state.experiment, lesson=name),
            )
        for name in part.pages:
            navigation.page_link(name, icon=navigation.ARROW)


st.header(phrase("one-class-of-50-minutes"))
st.markdown(say("class"))
begun = 0
for part in CLASS:
    draw(part, phrase("to-min", begin=begun, end=begun + part.minutes))
    begun += part.minutes
st.header(phrase("a-week-of-self-study"))
st.markdown(say("week"))
for part in WEEK:
    draw(part, phrase("min", day=spoken(part.name.capitalize()), minutes=part.minutes))
st.header(phrase("what-is-kept-of-a-reader"))
st.markdown(say("privacy"))
