"""The parts of the page of sequences: the film, the curves, dependence, tables and the file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from dashboard import navigation, page_chrome
from dashboard.figures.style import is_dark
from dashboard.link.permalink import ELSEWHERE, MAX_LINK, values_of
from dashboard.link.widget_keys import is_fixed, widget
from dashboard.prose import prose
from dashboard.prose.library import spoken
from dashboard.text.alternatives import in_words
from dashboard.text.numbers import rounded
from dashboard.text.plain import plain, told
from dashboard.text.readings import sentence
from dashboard.topics.discrete import challenge, film, measure
from dashboard.topics.discrete import words as text
from dashboard.topics.discrete.figures import curves_figure, dependence_figure
from dashboard.topics.discrete.page import LARGEST, PAGE, RUN
from diffusion_core import DiscreteExperiment, InputError, Measurement, Refused
from diffusion_core.discrete.runs import METRICS, token_counts, unmasking_bound
from diffusion_core.discrete.unmasking import Unmasking
from diffusion_core.studies.discrete import Dependence

phrase = prose("phrases/discrete")
say = prose("controls")


def choose_beside(shown: bool) -> bool:
    """Whether the other noise is shown beside the run's."""
    return st.toggle(phrase("masks-and-uniform-noise-side"), **widget(f"{PAGE}.beside", shown))


def show_films(run: DiscreteExperiment, beside: bool) -> list[measure.Film]:
    """The run's film, and beside it the other noise's."""
    reading, status = st.empty(), st.empty()
    films, refused = [], ""
    try:
        films.append(measure.film(run, status))
        if beside:
            films.append(measure.film(measure.other(run), status))
    except (Refused, InputError) as reason:
        refused = told(reason)
    if not films:
        st.warning(sentence(refused))
        return films
    reading.markdown(text.ends(films))
    film.play(films, text.slider(), is_dark(), page_chrome.enlarged())
    st.caption(text.about_film(films))
    if refused:
        st.caption(text.refused_beside(refused))
    for note in run.notes:
        st.caption(sentence(plain(spoken(note))))
    return films


def choose_curves(run: DiscreteExperiment, values: Mapping[str, Any]) -> dict[str, Any]:
    """Under the figure: samplers, distance and the largest N."""
    offered = measure.fitting(run.dynamics)
    held = [name for name in values["samplers"] if name in offered]
    key = f"{PAGE}.samplers {len(offered)}"
    chosen = st.pills(
        phrase("samplers"),
        offered,
        selection_mode="multi",
        format_func=text.SAMPLERS.__getitem__,
        **widget(key, held),
    )
    left, right = st.columns(2)
    metric = left.segmented_control(
        phrase("distance"),
        METRICS,
        format_func=text.METRICS.__getitem__,
        required=True,
        **widget(f"{PAGE}.metric", values["metric"]),
    )
    largest = right.select_slider(
        phrase("largest-n"), LARGEST, **widget(f"{PAGE}.to", values["to"])
    )
    kept = [name for name in values["samplers"] if name not in offered]
    samplers = tuple([*chosen, *kept]) if chosen else values["samplers"]
    return {"samplers": samplers, "metric": metric, "to": largest}


def show_curves(
    run: DiscreteExperiment, samplers: Sequence[str], metric: str, largest: int, place: Any
) -> dict[str, list[Measurement]]:
    """The curves with their slopes and bounds; what is refused, each reason once."""
    with place:
        words, status, picture = st.empty(), st.empty(), st.container()
    found = measure.curves(run, samplers, metric, largest, status)
    drawn = measure.known(found)
    bound = _bound(run, samplers, metric, largest)
    figure = curves_figure(drawn, bound, metric, is_dark())
    alt = in_words(figure, text.curves_alt(metric))
    page_chrome.plot(picture, figure, "distance-against-steps", alt, f"{PAGE} curves")
    words.markdown(text.reading(drawn, metric))
    reasons = {
        (name, result)
        for name, curve in found.items()
        for result in curve.values()
        if isinstance(result, str)
    }
    for name, reason in sorted(reasons):
        st.warning(f"{text.SAMPLERS[name]}: {plain(sentence(reason))}")
    st.caption(text.about_bounds(bool(bound), "unmasking" in samplers, metric))
    return drawn


def _bound(
    run: DiscreteExperiment, samplers: Sequence[str], metric: str, largest: int
) -> list[tuple[int, float]]:
    """(N, proven upper bound) of unmasking; none where it is not for this run."""
    sampler = run.by("unmasking").sampler if "unmasking" in samplers else None
    if not isinstance(sampler, Unmasking) or sampler.order != "random":
        return []
    if run.ratio_error is not None or run.start != "noise":
        return []
    law = run.target.law
    found = []
    for n in measure.numbers(largest):
        kl = unmasking_bound(law, token_counts(law.ndim, n, sampler))
        found.append((n, kl if metric == "kl" else (kl / 2) ** 0.5))
    return found


def show_dependence(run: DiscreteExperiment) -> Dependence | None:
    """Why all tokens at once fail."""
    if run.model.length == 1:
        return None
    st.header(phrase("why-not-all-tokens-at"))
    words, status = st.empty(), st.empty()
    try:
        found = measure.parallel(run, status)
    except Refused as reason:
        st.warning(sentence(told(reason)))
        return None
    words.markdown(text.about_dependence(found))
    figure = dependence_figure(found, is_dark())
    page_chrome.plot(st, figure, "parallel-steps", text.dependence_alt(found), f"{PAGE} dependence")
    st.caption(text.dependence_caption())
    return found


def show_challenge(run: DiscreteExperiment) -> None:
    """What is asked, whether this run is an entry, and how near it comes beside others."""
    st.header(challenge.say("title"), anchor="challenge")
    st.markdown(challenge.asked())
    rule = challenge.broken_rule(run)
    entries = challenge.to_beat() | ({} if rule else {challenge.say("yours"): run})
    words, status = st.empty(), st.empty()
    found = challenge.scores(entries, status)
    words.markdown(rule or challenge.verdict(found, challenge.say("yours")))
    page_chrome.table(challenge.table(found), challenge.say("alt"))
    st.caption(challenge.say("from", command=challenge.COMMAND))
    query = {RUN.name: RUN.write(challenge.FIRST), "beside": "off"}
    navigation.page_link(PAGE.name, challenge.say("begin"), icon=navigation.ARROW, query=query)


def law_table(films: Sequence[measure.Film]) -> None:
    """The masses at the end of every film, with what they should be."""
    for shown in films:
        columns: dict[str, list[Any]] = {
            "what": list(shown.rows),
            "output": [rounded(m, 5) for m in shown.output[-1]],
            "truth": [rounded(m, 5) for m in shown.truth[-1]],
        }
        title = text.panel_title(shown)
        st.caption(title)
        page_chrome.table(columns, phrase("the-law-at-the-end", title=title))
    rows = [
        (film.run.dynamics.kind, film.run.called, step, name, repr(float(q)), repr(float(p)))
        for film in films
        for step, output, truth in zip(film.steps, film.output, film.truth, strict=True)
        for name, q, p in zip(film.rows, output, truth, strict=True)
    ]
    if rows:
        header = ("noise", "sampler", "step", "what", "output", "truth")
        page_chrome.download(phrase("download-csv"), page_chrome.to_csv(header, rows), "law.csv")


def show_asked(run: DiscreteExperiment) -> None:
    """The assumptions of theorems beside what this run has."""
    words, status = st.empty(), st.empty()
    words.markdown(text.about_asked(run, measure.asked_of(run, status)))


def number_tables(
    drawn: Mapping[str, Sequence[Measurement]], parallel: Dependence | None, metric: str
) -> None:
    """Every number of the two figures."""
    rows = measure.curve_rows(drawn)
    columns: dict[str, list[Any]] = {"sampler": [], "N": [], text.QUANTITIES[metric]: []}
    for name, curve in drawn.items():
        columns["sampler"] += [text.SAMPLERS[name]] * len(curve)
        columns["N"] += [m.steps for m in curve]
        columns[text.QUANTITIES[metric]] += [rounded(m.value, 5) for m in curve]
    page_chrome.table(columns, text.QUANTITIES[metric])
    if rows:
        page_chrome.download(
            phrase("download-csv"), page_chrome.to_csv(measure.HEADER, rows), "distances.csv"
        )
    if parallel:
        steps = parallel.parallel
        table: dict[str, list[Any]] = {
            "steps N": [p.steps for p in steps],
            "most tokens a step": [p.most for p in steps],
            "KL, nats": [rounded(p.kl.value, 5) for p in steps],
            "proven upper bound": [rounded(p.bound, 5) for p in steps],
        }
        page_chrome.table(table, phrase("kl-of-unmasking-by-its"))


def file(run: DiscreteExperiment) -> None:
    """The run as a file, to take away and to open."""
    too_large = RUN.write(run) == ELSEWHERE
    with st.expander(phrase("link-and-file"), expanded=too_large):
        st.caption(say("link-too-large", most=f"{MAX_LINK:,}") if too_large else say("link"))
        text = run.to_json(indent=2)
        page_chrome.experiment_file(text, "discrete file", None if is_fixed("page") else _open)


def _open(data: bytes) -> None:
    """The run of a file from the next run of the page on; InputError where it has none."""
    wanted = DiscreteExperiment.from_json(data)
    st.session_state[values_of(PAGE)] |= {"run": wanted}
    st.session_state["opened anew"] = True
