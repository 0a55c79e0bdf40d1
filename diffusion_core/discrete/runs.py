"""The law of a discrete reverse run at every step, exactly; sequences drawn from it; distances."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

import numpy as np

from diffusion_core.discrete.experiment import DiscreteExperiment
from diffusion_core.discrete.kernels import excess
from diffusion_core.discrete.posterior import Model, initial
from diffusion_core.discrete.samplers import Euler
from diffusion_core.discrete.states import (
    kullback_leibler,
    shared_information,
    states,
    total_variation,
)
from diffusion_core.discrete.unmasking import Reveals
from diffusion_core.errors import InputError, Refused
from diffusion_core.laws.noisy_steps import Stop, never
from diffusion_core.laws.particles import MAX_TRAJECTORY
from diffusion_core.measure import Measurement
from diffusion_core.schedules import Array, Index
from diffusion_core.strict_json import shown

ROUNDING = 1e-15  # of a sum of probabilities, a step
METRICS = ("tv", "kl")
COMPARISONS = ("end", "data")
MOST_SEQUENCES = 200_000


@dataclass(frozen=True, eq=False)
class Moment:
    """After ``step`` of N steps: the law of the sequence, (A,) * d, at noise time s.

    A sampler that counts MASKs knows no noise time: its s is infinite until nothing is masked,
    then 0. evaluations: how often the model was asked so far, on average. clipped: the chance that
    Euler's step was too long for its rates.
    """

    step: int
    s: float
    law: Array
    evaluations: float
    clipped: float = 0.0


def moments(experiment: DiscreteExperiment, stop: Stop = never) -> Iterator[Moment]:
    """Every step of the run, the start included: N + 1 moments, or d + 1 where N exceeds d MASKs.

    Refused where a step's law is too large.
    """
    e, model = experiment, experiment.model
    law, asked, s = initial(model, e.grid.horizon, e.start == "exact"), 0.0, _begin(e)
    yield Moment(0, s, law, asked)
    for k, move in enumerate(_moves(e, model), 1):
        stop()
        clipped = _clipped(model, law, s, move.end) if isinstance(e.sampler, Euler) else 0.0
        law, asked, s = move.carried(law), asked + move.asked, move.end
        yield Moment(k, s, law, asked, clipped)


@dataclass(frozen=True, eq=False)
class _Move:
    """One step of a run: its noise time at the end, what it makes of a law and of sequences (n, d).

    asked: how often it asks the model, on average.
    """

    end: float
    carried: Callable[[Array], Array]
    drawn: Callable[..., Index]
    asked: float


def _moves(e: DiscreteExperiment, model: Model) -> list[_Move]:
    sampler = e.sampler
    if isinstance(sampler, Reveals):
        counts = token_counts(model.length, e.steps, sampler)
        ends = [math.inf] * (len(counts) - 1) + [0.0]
        return [
            _Move(
                end,
                partial(sampler.revealed, model, count=count),
                partial(sampler.reveal, model, count=count),
                1.0,
            )
            for end, count in zip(ends, counts, strict=True)
        ]
    return [
        _Move(
            u,
            partial(sampler.advance, model, s=s, u=u),
            partial(sampler.draw, model, s=s, u=u),
            sampler.evaluations(model, s, u),
        )
        for s, u in pairwise(e.times)
    ]


def _begin(e: DiscreteExperiment) -> float:
    """The noise time of the start; none, so infinite, where MASKs are counted."""
    return math.inf if isinstance(e.sampler, Reveals) else e.times[0]


def evaluations(experiment: DiscreteExperiment) -> int:
    """How often a run asks the model, on average, rounded up."""
    return _whole(sum(move.asked for move in _moves(experiment, experiment.model)))


def _whole(asked: float) -> int:
    return math.ceil(asked - 1e-9)


def truths(experiment: DiscreteExperiment, stop: Stop = never) -> Iterator[Array | None]:
    """What the law should be at every one of ``moments``: the data, noised so far, (A,) * d.

    For a sampler that counts MASKs the law of as many tokens drawn one by one as believed rightly;
    None on the way where the order depends on what is drawn.
    """
    e, sampler = experiment, experiment.sampler
    model = Model(e.target.law, e.dynamics)
    if not isinstance(sampler, Reveals):
        for s in e.times:
            yield model.noised(s)
        return
    law = initial(model, e.grid.horizon, e.start == "exact")
    yield law
    for count in token_counts(model.length, e.steps, sampler)[:-1]:
        for _ in range(count):
            stop()
            law = sampler.revealed(model, law, 1)
        yield None if sampler.chosen_by == "confident" else law
    yield model.noised(0.0)


def token_counts(length: int, steps: int, sampler: Reveals) -> list[int]:
    """How many MASKs each step draws: as even as whole numbers allow, the larger ones first."""
    n = length if sampler.one_by_one else min(steps, length)
    return [length // n + (k < length % n) for k in range(n)]


def _clipped(model: Model, law: Array, s: float, u: float) -> float:
    """The chance of a state in which Euler's chances to jump exceed 1."""
    if (s - u) * model.dynamics.exit_rate(model.symbols, s) <= 1:
        return 0.0
    weight = law.ravel()
    seen = weight > 0
    x = states(model.alphabet, model.length)[seen]
    return float(weight[seen] @ excess(model, x, model.posterior(s)[seen], s, u))


def check_sequences(experiment: DiscreteExperiment, count: int, trajectory: bool = False) -> None:
    """InputError unless so many sequences, or their whole trajectories, are allowed."""
    most = MOST_SEQUENCES
    if trajectory:
        length = experiment.model.length
        most = min(most, MAX_TRAJECTORY // ((experiment.steps + 1) * length))
    if type(count) is not int or not 1 <= count <= most:
        raise InputError(f"particles: a whole number from 1 to {most:,} here, got {shown(count)}")


def sequences(
    experiment: DiscreteExperiment, count: int, stop: Stop = never
) -> Iterator[tuple[int, Index]]:
    """(step, sequences (count, d)) of one run of particles, from the experiment's seed."""
    check_sequences(experiment, count)
    e, model = experiment, experiment.model
    rng = np.random.default_rng([e.seed, 2])
    law = initial(model, e.grid.horizon, e.start == "exact").ravel()
    x = states(model.alphabet, model.length)[rng.choice(len(law), count, p=law / law.sum())]
    yield 0, x
    for k, move in enumerate(_moves(e, model), 1):
        stop()
        x = move.drawn(x, rng=rng)
        yield k, x


def compared_with(experiment: DiscreteExperiment, against: str = "end") -> Array:
    """What the run should give: the data noised to where it ends, or the data; (A,) * d."""
    e, model = experiment, experiment.model
    end = 0.0 if against == "data" or isinstance(e.sampler, Reveals) else e.grid.end
    return model.noised(end)


def check_measured(metrics: Sequence[str], against: str) -> None:
    """InputError unless ``measure_discrete`` knows them."""
    for metric in metrics:
        if metric not in METRICS:
            raise InputError(f"metric: one of {', '.join(METRICS)} here, got {shown(metric)}")
    if against not in COMPARISONS:
        raise InputError(f"against: one of {', '.join(COMPARISONS)}, got {shown(against)}")


def measure_discrete(
    experiment: DiscreteExperiment,
    metrics: Sequence[str] = ("tv",),
    against: str = "end",
    stop: Stop = never,
) -> dict[str, Measurement]:
    """TV(output, truth) and KL(truth || output), exact up to rounding.

    against: "end", the data noised to where the run ends, or "data". ``nfe`` is the average number
    of questions to the model, rounded up. Refused where KL is infinite.
    """
    check_measured(metrics, against)
    begun, clipped, last = time.perf_counter(), 0.0, None
    for last in moments(experiment, stop):
        clipped = max(clipped, last.clipped)
    assert last is not None
    truth, seconds = compared_with(experiment, against), time.perf_counter() - begun
    lost = abs(float(last.law.sum()) - 1.0) + ROUNDING * (last.step + 1)
    notes = experiment.notes + (() if clipped == 0 else (_clipped_note(clipped),))
    values = {"tv": total_variation, "kl": kullback_leibler}
    found = {}
    for metric in metrics:
        value = values[metric](truth, last.law)
        if not math.isfinite(value):
            raise Refused(
                "kl: is infinite, because the run never gives something that the data has; use tv"
            )
        found[metric] = Measurement(
            metric=metric,
            value=value,
            error=lost,
            method="exact",
            steps=experiment.steps,
            nfe=_whole(last.evaluations),
            seconds=seconds,
            notes=notes,
        )
    return found


def _clipped_note(share: float) -> str:
    return (
        f"Euler's steps are too long for its rates in up to {share:.2g} of the states' mass: its "
        "chances to jump exceed 1 there and are scaled to 1"
    )


def unmasking_bound(data: Array, counts: Sequence[int]) -> float:
    """KL of unmasking in random order with exact ratios is at most this, in nats.

    ((2^ceil(log2 s) - 1)/d) sum_i I(X_i; the others), s the most tokens of a step: Li and Cai,
    arXiv 2505.21400.
    """
    doublings = math.ceil(math.log2(max(counts)))
    return (2**doublings - 1) / data.ndim * shared_information(data)
