"""The least distance with ten score evaluations: an entry is a link, and the page computes it."""

import streamlit as st

from dashboard import navigation, page_chrome
from dashboard.compute import cached
from dashboard.experiment.controls import (
    choose_sampler,
    choose_schedule,
    choose_steps,
    start_controls,
)
from dashboard.exports.snippets import comparison_snippet
from dashboard.link.adoption import kept
from dashboard.link.permalink import DEFAULT, EXPERIMENT, encode, open_link
from dashboard.link.widget_keys import key
from dashboard.prose import prose
from dashboard.topics.challenges import bests, history, rivals
from dashboard.topics.challenges import entries as challenges_entries
from dashboard.topics.challenges.entries import BUDGET, CHALLENGES, LEAST_SIGNAL, NAMES
from dashboard.topics.challenges.page import PAGE
from dashboard.topics.discrete.challenge import FIRST
from dashboard.topics.discrete.page import RUN
from diffusion_core.schedules import Theory

phrase = prose("phrases/challenges")
say = prose("challenges")

navigation.require()
linked = EXPERIMENT in st.query_params
state = open_link(PAGE)
st.title(PAGE.title)
st.markdown(say("intro"))
start_controls(state)
notice = st.empty()
progress, picture = page_chrome.screen()
history.keep_in_browser()
name = st.selectbox(
    phrase("challenge"),
    NAMES,
    format_func=lambda n: CHALLENGES[n].title,
    key=key(f"{PAGE}.challenge", state.values["challenge"]),
)
challenge, base = CHALLENGES[name], state.experiment
if base == DEFAULT and not linked:
    base = challenge.on_target(kept(challenge.entry(Theory(), "ode")))
elif name != state.values["challenge"]:
    base = challenge.on_target(base)

with st.sidebar:
    schedule = choose_schedule(base)
    sampler = choose_sampler(base)
    steps = choose_steps(base, schedule, range(2, BUDGET + 2))
    entry = base.with_(schedule=schedule, steps=steps, **sampler)
    page_chrome.link(PAGE, entry, {"challenge": name}, notice)

st.markdown(say(name))
measure = say(f"measure-{challenge.against}", least=LEAST_SIGNAL)
st.markdown(say("rules", most=BUDGET, measure=measure))
rule = challenges_entries.broken_rule(challenge, entry)
entries = bests.to_beat(challenge)
if rule:
    st.warning(say("no-score", rule=rule))
else:
    entries |= {say(challenges_entries.YOURS): entry}
found = challenges_entries.scores(challenge, entries, progress)
if not rule:
    picture.markdown(challenges_entries.verdict(found, say("yours")))
page_chrome.table(challenges_entries.table(found), phrase("the-entries-the-closest-to"))
if not rule:
    with picture, page_chrome.or_reason():
        shown = cached.animation([entry], ["your entry"], 1000, progress)
        page_chrome.play(shown.blob, "challenge", {"view": "both"}, [entry])
    st.caption(say("share"))
    link = {EXPERIMENT: encode(entry) or ""}
    label = phrase("open-your-entry", title=navigation.PAGES["trajectories"].title)
    navigation.page_link("trajectories", label, query=link)
    st.header(say("rival-title"))
    rivals.show_comparison(challenge, entry, progress)
rivals.show_history(challenge, None if rule else entry, progress)
st.markdown(say("hints"))
st.markdown(say("tokens"))
tokens = {RUN.name: RUN.write(FIRST), "beside": "off"}
navigation.page_link("discrete", icon=navigation.ARROW, query=tokens)
methods = {label: o.method for label, (_, o) in found.items() if not isinstance(o, str)}
with st.expander("Python"):
    runs = {label: run for label, (run, _) in found.items()}
    page_chrome.snippet(comparison_snippet(runs, methods, 1000, challenge.against), entry)
