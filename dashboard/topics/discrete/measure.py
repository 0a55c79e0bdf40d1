"""What the page of sequences asks of the core: a film of a run, curves over N, dependence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from dashboard.compute import cost
from dashboard.compute.studies import Study, outcomes, value
from dashboard.compute.tasks import Progress
from dashboard.prose import prose
from diffusion_core import DiscreteExperiment, InputError, Measurement
from diffusion_core.discrete.dynamics import Dynamics, Masked, Uniform
from diffusion_core.discrete.runs import measure_discrete, moments, sequences, truths
from diffusion_core.discrete.samplers import DISCRETE_SAMPLERS, Bridge
from diffusion_core.discrete.states import states, total_variation
from diffusion_core.discrete.unmasking import Reveals
from diffusion_core.schedules import Array, Index
from diffusion_core.studies.discrete import Asked, Dependence, asked, dependence, plan_discrete

phrase = prose("phrases/discrete")
FRAMES = 65
SHOWN = 10  # sequences, and words with the most mass
ROUNDED = 9  # digits of a mass, so that equal ones stand in the order of their words
HEADER = ("sampler", "N", "questions", "distance", "value", "error")
say = prose("controls")


@dataclass(frozen=True, eq=False)
class Film:
    """A run in frames: sequences (F, n, d), and masses (F, K) of words, with what they should be.

    rows: what the masses are of: so many ``words``, the rest without a MASK, all that shows one; of
    a single coordinate every symbol. tv: by frame, None where the truth on the way is not known.
    """

    run: DiscreteExperiment
    steps: tuple[int, ...]
    times: tuple[float, ...]
    tokens: Index
    rows: tuple[str, ...]
    words: int
    output: Array
    truth: Array
    tv: tuple[float | None, ...]
    asked: float

    @property
    def moves(self) -> int:
        return self.steps[-1]


def film(run: DiscreteExperiment, place: Any) -> Film:
    """The film of a run; Refused where its law is."""
    study = Study(_film, (run,), cost.about("film of sequences", 1.0))
    found: Film = value(study, say("discrete-film"), place)
    return found


def _film(run: DiscreteExperiment, progress: Progress) -> Film:
    made = list(zip(moments(run, progress), truths(run, progress), strict=True))
    last = len(made) - 1
    kept = sorted({round(k) for k in np.linspace(0, last, min(FRAMES, last + 1))})
    drawn = [x for k, x in sequences(run, SHOWN, progress) if k in set(kept)]
    laws = [made[k][0].law for k in kept]
    right = [made[k][1] for k in kept]
    shown, rows = _rows(run, laws[-1], right[-1])
    return Film(
        run,
        tuple(kept),
        tuple(made[k][0].s for k in kept),
        np.stack(drawn),
        rows,
        len(shown),
        np.stack([_masses(run, law, shown) for law in laws]),
        np.stack([_masses(run, law, shown) for law in right]),
        tuple(
            None if p is None else total_variation(q, p) for q, p in zip(laws, right, strict=True)
        ),
        made[-1][0].evaluations,
    )


def _rows(
    run: DiscreteExperiment, output: Array, truth: Array | None
) -> tuple[Index, tuple[str, ...]]:
    """The places of the likeliest words, first of the truth, and how all rows are called."""
    symbols, letters = run.model.symbols, run.target.letters
    every = states(run.model.alphabet, run.model.length)
    words = np.flatnonzero((every < symbols).all(axis=1))
    if run.model.length > 1:
        assert truth is not None
        q, p = (np.round(law.ravel()[words], ROUNDED) for law in (output, truth))
        words = words[[k for k in np.lexsort((-q, -p))[:SHOWN] if p[k] + q[k] > 0]]
    names = ["".join(letters[k] for k in every[place]) for place in words]
    rest = [phrase("all-others")] if len(words) < symbols**run.model.length else []
    masked = [phrase("with-a-mask")] if isinstance(run.dynamics, Masked) else []
    return words, (*names, *rest, *masked)


def _masses(run: DiscreteExperiment, law: Array | None, words: Index) -> Array:
    """Of the words, of the others, and of all that shows a MASK; nan where there is no law."""
    symbols, length = run.model.symbols, run.model.length
    rest, masked = len(words) < symbols**length, isinstance(run.dynamics, Masked)
    if law is None:
        return np.full(len(words) + rest + masked, np.nan)
    of_words = law.ravel()[words]
    bare = float(law[(slice(symbols),) * length].sum())
    more = [max(0.0, bare - of_words.sum())] * rest + [max(0.0, 1 - bare)] * masked
    return np.append(of_words, more)


def other(run: DiscreteExperiment) -> DiscreteExperiment:
    """The same with the other noise, masks or uniform; InputError where that is too large."""
    masked = isinstance(run.dynamics, Masked)
    kept = not isinstance(run.sampler, Reveals)
    sampler = run.sampler if kept else Bridge()
    return replace(run, dynamics=Uniform() if masked else Masked(), sampler=sampler)


def fitting(noise: Dynamics) -> list[str]:
    """The samplers that are made for this noise."""
    found = []
    for kind, sampler in DISCRETE_SAMPLERS.items():
        try:
            sampler().check(noise)
        except InputError:
            continue
        found.append(kind)
    return found


def numbers(largest: int) -> list[int]:
    """1, 2, 4 and so on."""
    return [2**k for k in range(largest.bit_length())]


Outcome = Measurement | str


def curves(
    run: DiscreteExperiment, samplers: Sequence[str], metric: str, largest: int, place: Any
) -> dict[str, dict[int, Outcome]]:
    """The distance, or why there is none, by sampler and N."""
    runs = plan_discrete(run, samplers, numbers(largest))
    studies = [Study(_measured, (e, metric), _cost(e)) for e in runs]
    found = outcomes(studies, say("discrete-curves"), place)
    drawn: dict[str, dict[int, Outcome]] = {}
    for e, result in zip(runs, found, strict=True):
        drawn.setdefault(e.called, {})[e.steps] = result
    return drawn


def _measured(run: DiscreteExperiment, metric: str, progress: Progress) -> Measurement:
    return measure_discrete(run, (metric,), stop=progress)[metric]


def _cost(run: DiscreteExperiment) -> cost.Cost:
    model = run.model
    return cost.Cost(("sequences", run.called), model.alphabet ** (2 * model.length) * run.steps)


def known(drawn: Mapping[str, Mapping[int, Outcome]]) -> dict[str, list[Measurement]]:
    """What there is to draw: by sampler, N upwards."""
    return {
        name: [m for m in curve.values() if not isinstance(m, str)] for name, curve in drawn.items()
    }


def parallel(run: DiscreteExperiment, place: Any) -> Dependence:
    """Dependence of the target, what parallel steps make of it; Refused where it is too large."""
    study = Study(_parallel, (run.target,), cost.about("dependence", 1.0))
    found: Dependence = value(study, say("discrete-dependence"), place)
    return found


def _parallel(target: Any, progress: Progress) -> Dependence:
    return dependence(DiscreteExperiment(target), progress)


def curve_rows(drawn: Mapping[str, Sequence[Measurement]]) -> list[tuple[Any, ...]]:
    """Every number of every curve."""
    return [
        (name, m.steps, m.nfe, m.metric, repr(m.value), repr(m.error))
        for name, curve in drawn.items()
        for m in curve
    ]


def asked_of(run: DiscreteExperiment, place: Any) -> Asked:
    """What theorems ask, in numbers of the run, which N and grid, start and target decide."""
    plain = run.with_(sampler=Bridge(), ratio_error=None, seed=0)
    study = Study(_asked, (plain,), cost.about("dependence", 0.2))
    found: Asked = value(study, say("discrete-asked"), place)
    return found


def _asked(run: DiscreteExperiment, progress: Progress) -> Asked:
    return asked(run)
