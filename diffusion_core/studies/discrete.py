"""Sweeps of discrete samplers over N, and what drawing several tokens at once costs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from diffusion_core.discrete.dynamics import Masked
from diffusion_core.discrete.experiment import DiscreteExperiment
from diffusion_core.discrete.posterior import initial
from diffusion_core.discrete.runs import measure_discrete, token_counts, unmasking_bound
from diffusion_core.discrete.states import (
    dual_total_correlation,
    kullback_leibler,
    states,
    total_correlation,
    total_variation,
)
from diffusion_core.discrete.unmasking import Unmasking
from diffusion_core.errors import InputError
from diffusion_core.laws.noisy_steps import Stop, never
from diffusion_core.measure import Measurement
from diffusion_core.studies.convergence import MAX_RUNS

COMPARED = ("euler", "tau-leaping", "bridge")


def plan_discrete(
    experiment: DiscreteExperiment, samplers: Sequence[str], steps: Sequence[int]
) -> list[DiscreteExperiment]:
    """Every run of a sweep, small N first, each once; as ``plan`` for continuous samplers."""
    if not samplers or not steps:
        raise InputError("sweep: needs at least one sampler and one N")
    if len(set(steps)) * len(set(samplers)) > MAX_RUNS:
        raise InputError(f"sweep: at most {MAX_RUNS} runs")
    runs = [experiment.by(kind).with_(steps=n) for n in sorted(set(steps)) for kind in samplers]
    return list(dict.fromkeys(runs))


@dataclass(frozen=True)
class Parallel:
    """Unmasking in N steps, at most ``most`` tokens each: its KL and a proven upper bound of it.

    bound: in nats, for random order and exact ratios, from arXiv 2505.21400.
    """

    steps: int
    most: int
    kl: Measurement
    bound: float


@dataclass(frozen=True)
class Dependence:
    """Total and dual total correlation of a target, in nats, and what parallel steps make of it."""

    total: float
    dual: float
    parallel: tuple[Parallel, ...]


def dependence(experiment: DiscreteExperiment, stop: Stop = never) -> Dependence:
    """Every number of steps from all tokens at once to one a step, in random order, exact ratios.

    KL(data || output): with one step it is the total correlation, with d steps it is 0.
    """
    law = experiment.target.law
    found = []
    for steps in range(1, law.ndim + 1):
        run = DiscreteExperiment(
            experiment.target, Masked(), experiment.grid, Unmasking(), steps, seed=experiment.seed
        )
        counts = token_counts(law.ndim, steps, Unmasking())
        kl = measure_discrete(run, ("kl",), "data", stop)["kl"]
        found.append(Parallel(steps, max(counts), kl, unmasking_bound(law, counts)))
    return Dependence(total_correlation(law), dual_total_correlation(law), tuple(found))


@dataclass(frozen=True)
class Asked:
    """What theorems on discrete samplers ask of a run, in numbers.

    grid: the least c with h <= c min(1, s) for every step h that begins at noise time s, as in
    Theorem 2 of arXiv 2506.02318. fastest: the largest rate at which a token changes at the grid's
    end, over all sequences that occur there; it grows without bound as the end goes to 0.
    start_tv, start_kl: of the data noised to the horizon and what the run begins with, KL(data ||
    start) in nats, infinite where the start never shows what the data does.
    """

    grid: float
    fastest: float
    start_tv: float
    start_kl: float


def asked(experiment: DiscreteExperiment) -> Asked:
    """The numbers of the run's grid, end and start; the model's error is taken as none."""
    e = experiment.with_(ratio_error=None)
    model, times, end, horizon = e.model, np.array(e.times), e.grid.end, e.grid.horizon
    share = -np.diff(times) / np.minimum(1.0, times[:-1])
    seen = model.noised(end).ravel() > 0
    x = states(model.alphabet, model.length)[seen]
    rates = model.reverse_rates(end, x, model.posterior(end)[seen])
    law, start = model.noised(horizon), initial(model, horizon, e.start == "exact")
    return Asked(
        float(share.max()),
        float(rates.sum(axis=2).max()),
        total_variation(law, start),
        kullback_leibler(law, start),
    )
