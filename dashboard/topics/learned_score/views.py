"""The views of the page on learned scores: training, more samples, memory, acceleration."""

from __future__ import annotations

import time
from collections.abc import Mapping

import streamlit as st

from dashboard import page_chrome
from dashboard.compute import sweeps
from dashboard.compute.progress import Silent
from dashboard.figures.style import is_dark
from dashboard.link.widget_keys import key
from dashboard.prose import prose
from dashboard.text.alternatives import in_words
from dashboard.text.mathematics import worded
from dashboard.text.readings import sentence
from dashboard.topics.learned_score import acceleration as gains
from dashboard.topics.learned_score import acceleration_figures as gain_drawings
from dashboard.topics.learned_score import acceleration_words as gain_text
from dashboard.topics.learned_score import figures, generalisation
from dashboard.topics.learned_score import generalisation_figures as drawings
from dashboard.topics.learned_score import training as learned_score_training
from dashboard.topics.learned_score import words as text
from dashboard.topics.learned_score.page import PAGE
from diffusion_core import Experiment, Measurement
from diffusion_core.scores.learned import Loss

phrase = prose("phrases/learned_score")
words = prose(PAGE.name)


def training(run: Experiment) -> None:
    """The losses, drawn while the score is trained, and the score at one t."""
    reading, place = page_chrome.stage()
    with reading:
        status, said = st.empty(), st.empty()
    place, drawn, shown = place.empty(), 0.0, ""

    def draw(found: tuple[Loss, ...], seen: Mapping[int, float]) -> None:
        nonlocal shown
        name = f"{PAGE} losses {len(seen)} {len(found)}"
        if name == shown:  # the last look may have had all
            return
        shown, figure = name, figures.losses_figure(found, seen, run.steps, is_dark())
        alt = in_words(figure, phrase("losses-on-the-training-set"))
        page_chrome.plot(place, figure, "losses", alt, name, numbers=False)

    def watch(known: learned_score_training.Losses) -> None:
        nonlocal drawn
        if time.monotonic() - drawn > sweeps.REDRAW:
            draw(*known)
            drawn = time.monotonic()

    found, seen = learned_score_training.losses(run, status, watch)
    draw(found, seen)
    if not seen:
        st.markdown(words("training-empirical"))
    page_chrome.read(text.training(found), said, st)
    hidden = text.cut(found, figures.losses_end(found, seen))
    st.caption(f"{words('loss')} {hidden}")
    _field(run)
    page_chrome.table(text.loss_table(found), phrase("losses-by-t"))
    rows = page_chrome.to_csv(text.LOSS_HEADER, text.loss_rows(found))
    page_chrome.download(phrase("download-csv"), rows, "losses.csv")


@st.fragment
def _field(run: Experiment) -> None:
    """The scores on the line, or the error in the plane, at the reader's t."""
    dim = run.target.dim
    if dim > 2:
        st.caption(words("beyond"))
        return
    times = learned_score_training.times(run)
    first = learned_score_training.telling_time(run)
    t = st.select_slider(
        phrase("the-score-at-t"), times, key=key(f"{PAGE}.t of {times[-1]}", first)
    )
    field = learned_score_training.score_field(run, int(t), Silent())
    figure = (figures.score_figure if dim == 1 else figures.error_figure)(field, is_dark())
    alt = in_words(figure, phrase("exact-and-learned-scores-at", t=t))
    page_chrome.plot(st, figure, "score", alt, f"{PAGE} field", of=run.target)
    st.markdown(words("field-line" if dim == 1 else "field-plane"))


def samples(run: Experiment) -> None:
    """The score's errors and TV against n."""
    status, reading, place, busy = (st.empty() for _ in range(4))
    work = generalisation.Samples(run)
    if run.target.dim > 1:
        st.caption(words("particles", count=f"{generalisation.PARTICLES:,}"))

    def draw(found: sweeps.Outcomes) -> None:
        with place.container():
            _draw_samples(work, found, generalisation.curves(work, found, busy))

    found = sweeps.measured(work, draw, status)
    draw(found)
    curves, exact = generalisation.curves(work, found, busy), found.get(work.exact)
    reading.markdown(text.samples(curves, exact if isinstance(exact, Measurement) else None))
    for reason in dict.fromkeys(m for m in found.values() if isinstance(m, str)):
        st.warning(sentence(worded(reason)))
    table = text.samples_table(curves, particles=run.target.dim > 1)
    page_chrome.table(table, phrase("the-scores-errors-and-tv"))
    rows = page_chrome.to_csv(text.SAMPLES_HEADER, text.samples_rows(curves))
    page_chrome.download(phrase("download-csv"), rows, "samples.csv")


def _draw_samples(
    work: generalisation.Samples, found: sweeps.Outcomes, curves: drawings.Curves
) -> None:
    exact, particles = found.get(work.exact), work.how[1] == "particles"
    known = exact if isinstance(exact, Measurement) else None
    shown = {
        "sizes": drawings.sizes_figure(curves, is_dark()),
        "tv": drawings.tv_figure(curves, known, particles, is_dark()),
    }
    for column, (name, figure) in zip(st.columns(2), shown.items(), strict=True):
        alt = in_words(figure, phrase("against-the-number-of-samples", name=name))
        page_chrome.plot(column, figure, name, alt, f"{PAGE} {name} {len(found)}", numbers=False)


def memory(run: Experiment) -> None:
    """The learned run beside the one whose score is exact for the samples alone."""
    status = st.empty()
    runs = dict(zip(("learned", "empirical"), generalisation.pair(run), strict=True))
    told = {kind: st.empty() for kind in runs}
    done = {}
    for kind in ("empirical", "learned"):  # fewer samples first: the others can take half a minute
        done[kind] = generalisation.memory(runs[kind], status)
        told[kind].markdown(text.memory(done[kind]))
    found = [done[kind] for kind in runs]
    if found[0].samples > found[1].samples:
        st.caption(words("memory-fewer", n=f"{found[1].samples:,}"))
    shown = {"bars": drawings.memory_figure(found, is_dark())}
    if run.target.dim <= 2:
        outputs = {kind: generalisation.output(e, status) for kind, e in runs.items()}
        shown["output"] = drawings.output_figure(outputs, is_dark())
    for column, (name, figure) in zip(st.columns(len(shown)), shown.items(), strict=True):
        what = (
            phrase("what-the-samplers-return")
            if name == "output"
            else phrase("distances-to-truth-and-samples")
        )
        alt = in_words(figure, what)
        page_chrome.plot(column, figure, name, alt, f"{PAGE} {name}", of=run.target)
    st.markdown(words("memory-how"))
    page_chrome.table(text.memory_table(found), phrase("distances-to-the-truth-and"))
    rows = page_chrome.to_csv(text.MEMORY_HEADER, text.memory_rows(found))
    page_chrome.download(phrase("download-csv"), rows, "memory.csv")


def acceleration(run: Experiment) -> None:
    """TV against T with exact, learned and regressed parts, and how wrong the learned ones are."""
    st.markdown(words("accel-intro", n=f"{generalisation.Samples(run).model.samples:,}"))
    status, reading, place, busy = (st.empty() for _ in range(4))
    work = gains.Acceleration(run)
    particles = work.how[1] == "particles"
    if particles:
        st.caption(words("particles", count=f"{generalisation.PARTICLES:,}"))

    def draw(found: sweeps.Outcomes) -> None:
        curves = work.curves(found)
        with place.container():
            for pair, column in zip(gains.PAIRS, st.columns(len(gains.PAIRS)), strict=True):
                figure = gain_drawings.acceleration_figure(curves, pair, particles, is_dark())
                alt = in_words(figure, phrase("tv-against-t-of-and", pair=pair[0]))
                drawn = f"{PAGE} accelerated {pair[0]} {len(found)}"
                page_chrome.plot(
                    column, figure, f"accelerated-{pair[0]}", alt, drawn, numbers=False
                )

    found = sweeps.measured(work, draw, status)
    draw(found)
    curves = work.curves(found)
    reading.markdown(gain_text.reading(curves))
    for reason in dict.fromkeys(m for m in found.values() if isinstance(m, str)):
        st.warning(sentence(worded(reason)))
    st.markdown(words("accel-silent"))
    page_chrome.table(
        gain_text.table(curves, work.steps, particles), phrase("tv-by-sampler-score-and")
    )
    rows = page_chrome.to_csv(gain_text.HEADER, gain_text.rows(curves))
    page_chrome.download(phrase("download-csv"), rows, "acceleration.csv")
    st.markdown(gain_text.sizes(gains.sizes(work, busy)))
