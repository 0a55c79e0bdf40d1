"""The reader's own entries, and the comparison of one with a classmate's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from dashboard import navigation, page_chrome
from dashboard.link.pasted import read_pasted
from dashboard.link.permalink import EXPERIMENT, encode
from dashboard.link.widget_keys import button, key
from dashboard.prose import prose
from dashboard.text.mathematics import worded
from dashboard.text.numbers import rounded, with_error
from dashboard.text.readings import sentence
from dashboard.topics.challenges import history
from dashboard.topics.challenges.entries import CHALLENGES, Challenge, broken_rule, scores, table
from dashboard.topics.challenges.page import CHALLENGE, PAGE
from diffusion_core import Experiment, InputError, Measurement

phrase = prose("phrases/challenges")
say = prose("challenges")


def classmates(text: str, challenge: Challenge) -> Experiment:
    """The entry in a classmate's link; InputError where it is none for this challenge."""
    entry, values = read_pasted(text, PAGE)
    other = CHALLENGES[values[CHALLENGE.name]]
    if other != challenge:
        raise InputError(say("rival-elsewhere", title=other.title))
    if rule := broken_rule(challenge, entry):
        raise InputError(say("no-score", rule=rule))
    return entry


def show_comparison(challenge: Challenge, entry: Experiment, place: Any) -> None:
    """The entry beside the one of a pasted link, or beside the reader's own best."""
    text = st.text_input(
        phrase("a-classmates-link"),
        key=key(f"{PAGE}.classmate", ""),
        placeholder=say("rival-where"),
    )
    if text.strip():
        try:
            other, theirs = classmates(text, challenge), "theirs"
        except InputError as reason:
            st.warning(sentence(worded(str(reason))))
            return
    else:
        own = [e for e in history.submitted(challenge.name) if e != entry]
        if not own:
            return
        measured = scores(challenge, _numbered(own), place)
        (other, _), theirs = next(iter(measured.values())), "own-best"
    labels = say("this"), say(theirs)
    found = scores(challenge, dict(zip(labels, (entry, other), strict=True)), place)
    st.markdown(compared(found[labels[0]][1], found[labels[1]][1], labels[1]))
    page_chrome.table(table(found), phrase("this-entry-and", labels=labels[1]))


def compared(mine: Measurement | str, other: Measurement | str, label: str) -> str:
    """Which of two distances is smaller and by how much, with the errors."""
    if isinstance(mine, str):
        return sentence(worded(mine))
    if isinstance(other, str):
        return sentence(worded(other))
    values = {
        "label": label,
        "mine": with_error(mine.value, mine.error),
        "other": with_error(other.value, other.error),
        "gap": with_error(abs(mine.value - other.value), mine.error + other.error),
    }
    if abs(mine.value - other.value) <= mine.error + other.error:
        return say("rival-level", **values)
    near, far = sorted((mine.value, other.value))
    ratio = rounded(far / near, 3) if near > 0 else "∞"
    return say("rival-behind" if mine.value > near else "rival-ahead", ratio=ratio, **values)


def _numbered(own: Sequence[Experiment]) -> dict[str, Experiment]:
    """Entries by their place in time."""
    return {f"{number}": run for number, run in enumerate(own, 1)}


def show_history(challenge: Challenge, entry: Experiment | None, place: Any) -> None:
    """What the reader has submitted, in the order of time, with the ways back to each."""
    st.header(say("own-title"))
    if entry is not None:
        button(st, phrase("submit-this-entry"), history.submit, (challenge.name, entry))
    own = _numbered(history.submitted(challenge.name))
    st.caption(say("own-kept", most=history.MOST))
    if not own:
        return
    found = scores(challenge, own, place)
    columns = table({label: found[label] for label in own})
    page_chrome.table(
        {name: columns[name] for name in columns if name != "place"},
        phrase("your-entries-for-this-challenge"),
    )
    for number, run in own.items():
        label = phrase("restore-entry-t", number=number, label=run.record.label, steps=run.steps)
        query = {EXPERIMENT: encode(run) or "", CHALLENGE.name: challenge.name}
        navigation.page_link(PAGE.name, label, query=query)
    button(st, phrase("clear-my-entries-in-all"), history.clear, type="tertiary")
