"""What pages ask of the studies: functions of small arguments, once for all sessions that ask.

A study is known by what it computes: function and arguments are its key, in every session.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import streamlit as st

from dashboard.compute import cost, tasks, work
from dashboard.compute.cost import Cost
from dashboard.compute.pool import Stopped, Work
from dashboard.compute.progress import Bar, Silent
from dashboard.memory import Store
from dashboard.prose import prose
from diffusion_core import Experiment, Refused
from diffusion_core.studies.score_sizes import ScoreSize

phrase = prose("phrases/compute")
BYTES = 96_000_000


@st.cache_resource(show_spinner=False)
def _kept() -> Store:
    return Store(BYTES, lambda value: len(pickle.dumps(value)))


@dataclass(frozen=True)
class Study:
    """A function from the top of a module, its arguments, which are hashable, and what it costs.

    The function gets ``given`` besides, which follows from the arguments and is known already, and
    at last ``progress``: called often, with the share that is done where that is known. What it
    refuses (Refused, InputError) is kept too: its value is the reason, a sentence.
    """

    function: Callable[..., Any]
    args: tuple[Any, ...]
    cost: Cost = field(compare=False)
    given: tuple[Any, ...] = field(default=(), compare=False)

    @property
    def work(self) -> Work:
        store = _kept()
        return Work(
            self,
            (tasks.studied, self.function, *self.args, *self.given),
            self.cost,
            partial(store.find, self),
            lambda value, seconds: store.put(self, value),
            str,
        )


def is_known(study: Study) -> bool:
    """Whether its value would come at once."""
    return study in _kept()


def outcomes(
    studies: Sequence[Study],
    text: str,
    place: Any,
    watch: Callable[[Mapping[Any, Any]], None] = lambda found: None,
) -> list[Any]:
    """Every value, or the reason why there is none; together, with a bar and its Stop.

    watch: called with what is there, by study, when something has come.
    """
    found = work.answers([study.work for study in studies], text, place, watch)
    return [found[study] for study in studies]


def done(study: Study, bar: Bar) -> Any:
    """The value, or the reason why there is none, with a bar of one's own."""
    return work.done(study.work, bar)


def value(study: Study, text: str, place: Any) -> Any:
    """Its value; Refused with the reason why there is none, Stopped where the reader stopped it."""
    [found] = outcomes([study], text, place)
    if isinstance(found, str):
        raise (Stopped if work.is_stopped(study) else Refused)(found)
    return found


def arriving(studies: Sequence[Study], bar: Bar) -> Generator[dict[Study, Any]]:
    """The values as they come; often nothing has come yet. To be closed."""
    with closing(work.each([study.work for study in studies], bar)) as landing:
        yield from landing  # type: ignore[misc]  # their keys are the studies


Sizes = tuple[ScoreSize, ScoreSize]


def all_score_sizes(experiments: Sequence[Experiment], place: Any) -> list[Sizes | str]:
    """eps_score and eps_Jacobi as arXiv 2306.09251 defines them, or why they are unknown."""
    # of the run neither sampler nor start counts
    plain = [e.with_(sampler="ode", eta=0.0, start="noise", seed=0) for e in experiments]
    each = [Study(tasks.score_sizes, (e,), cost.study(e, "score sizes", 10)) for e in plain]
    return outcomes(each, phrase("measuring-how-wrong-the-score"), place)


def score_sizes(experiment: Experiment, place: Any) -> Sizes:
    """The same of one run; Refused where they are unknown."""
    [found] = all_score_sizes([experiment], place)
    if isinstance(found, str):
        raise Refused(found)
    return found


def initialisation(experiment: Experiment) -> float:
    """TV(p_T, N(0, 1)) on the line; Refused elsewhere."""
    plain = experiment.with_(sampler="ode", eta=0.0, start="noise", seed=0)  # none of them counts
    study = Study(tasks.initialisation, (plain,), cost.about("initialisation", 0.01))
    found: float = value(study, phrase("comparing-the-start-with-noise"), Silent())
    return found
