"""The front door: a story of four sentences, and three ways on."""

import streamlit as st

from dashboard import navigation, page_chrome
from dashboard.compute import cached
from dashboard.link.permalink import open_link
from dashboard.prose import prose
from dashboard.topics.home.page import EXPLORE, PAGE, PARTICLES, STORY
from dashboard.topics.home.story import chapters

navigation.require()
if st.query_params:  # a link from when "Reverse trajectories" stood at this address
    elsewhere = navigation.PAGES["trajectories"].path
    st.switch_page(elsewhere, query_params=st.query_params.to_dict())
state = open_link(PAGE)
say = prose("home")
st.title("Diffusion Convergence Lab")
st.markdown(say("intro"))
progress, picture = page_chrome.screen()
with picture, page_chrome.or_reason():
    made = cached.animation([STORY], [""], PARTICLES, progress)
    tv = made.panels[0].tv[1]
    page_chrome.play(made.blob, "story", {}, [STORY], chapters(tv, STORY.steps))
learn, teach, explore = st.columns(3, border=True)
with learn:
    st.markdown(say("learn"))
    navigation.page_link("lessons", icon=navigation.ARROW)
with teach:
    st.markdown(say("teach"))
    navigation.page_link("syllabus", icon=navigation.ARROW)
with explore:
    st.markdown(say("explore"))
    for name in EXPLORE:
        navigation.page_link(name, icon=navigation.ARROW)
