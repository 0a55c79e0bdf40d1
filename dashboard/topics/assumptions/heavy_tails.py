"""Heavy tails beside a light one: what is measured where theorems promise nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import streamlit as st

from dashboard import page_chrome
from dashboard.compute import cached, studies, sweeps
from dashboard.figures.style import is_dark
from dashboard.prose import prose
from dashboard.text.alternatives import in_words
from dashboard.text.mathematics import worded
from dashboard.text.readings import sentence
from dashboard.topics.assumptions import heavy_tails_words as text
from dashboard.topics.assumptions.heavy_tails_figure import tails_figure
from dashboard.topics.assumptions.page import PAGE
from diffusion_core import Experiment, Measurement
from diffusion_core.schedules import Custom, Theory
from diffusion_core.targets import GaussianMixture, StudentT
from diffusion_core.targets.base import Target

phrase = prose("phrases/assumptions")
SCALE = 0.8  # of all laws: the Gaussian is the limit of many degrees of freedom
LAWS: dict[str, Target] = {
    "t, df = 1": StudentT(1.0, (0.0,), SCALE),
    "t, df = 2": StudentT(2.0, (0.0,), SCALE),
    "t, df = 3": StudentT(3.0, (0.0,), SCALE),
    "Gaussian": GaussianMixture((1.0,), ((0.0,),), (((SCALE**2,),),)),
}
STEPS = {"ode": (16, 32, 64, 128), "ddpm": (8, 16, 32)}  # wide grids make DDPM's laws slow


@dataclass(frozen=True)
class Tails:
    """TV against T of every law, by the ODE or by DDPM, on the reader's schedule."""

    experiment: Experiment

    @property
    def sampler(self) -> str:
        return "ddpm" if self.experiment.record.stochastic else "ode"

    def run(self, law: str, steps: int) -> Experiment:
        given = self.experiment.schedule
        schedule = Theory() if isinstance(given, Custom) else given
        return Experiment(LAWS[law], schedule, self.sampler, steps=steps)

    @property
    def runs(self) -> list[Experiment]:
        return [self.run(law, steps) for steps in STEPS[self.sampler] for law in LAWS]

    @property
    def how(self) -> tuple[str, str, int, str]:
        return "tv", "exact", 0, "p1"


def curves(work: Tails, found: Mapping[Experiment, cached.Outcome]) -> text.Curves:
    """The measured points of every law, in the order of T."""
    return {
        law: [
            m
            for steps in STEPS[work.sampler]
            if isinstance(m := found.get(work.run(law, steps)), Measurement)
        ]
        for law in LAWS
    }


def section(experiment: Experiment) -> None:
    """Measure them with progress, draw them, and say what a theorem would need."""
    work = Tails(experiment)
    st.markdown(text.intro(work.sampler))
    status, place = st.empty(), st.empty()

    def draw(found: sweeps.Outcomes) -> None:
        figure = tails_figure(curves(work, found), work.sampler, is_dark())
        alt = in_words(figure, phrase("tv-against-t-for-three"))
        page_chrome.plot(
            place, figure, "heavy-tails", alt, f"{PAGE} tails {len(found)}", numbers=False
        )

    found = sweeps.measured(work, draw, status)
    draw(found)
    measured = curves(work, found)
    st.markdown(text.reading(measured))
    for reason in dict.fromkeys(m for m in found.values() if isinstance(m, str)):
        st.warning(sentence(worded(reason)))
    starts = {law: studies.initialisation(work.run(law, STEPS[work.sampler][-1])) for law in LAWS}
    page_chrome.table(
        text.table(LAWS, measured, starts), phrase("heavy-tails-moments-mass-outside")
    )
    rows = [(law, m.steps, m.value, m.error) for law, points in measured.items() for m in points]
    csv = page_chrome.to_csv(("law", "steps", "tv", "error"), rows)
    page_chrome.download(phrase("download-the-tails-csv"), csv, "heavy-tails.csv")
    st.caption(text.accuracy())
