"""Faults to put in on purpose: a check that cannot fail says nothing.

Each alters an experiment, so that everything that runs it meets the fault; the code stays as it is.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from diffusion_core.experiment import Experiment
from diffusion_core.samplers import Sampler
from diffusion_core.samplers.update import Mark, Normal, Out, Stage
from diffusion_core.schedules import Array, Chain, NoiseLevel
from diffusion_core.scores.exact import Score
from diffusion_core.targets.base import Marginal
from diffusion_core.targets.gaussian_mixture import GaussianMixture
from diffusion_core.verification.record import Alter, as_it_is

BY = 1.01


class _Scaled:
    """A score 1 % too large."""

    def __init__(self, score: Score) -> None:
        self._score = score

    def __call__(self, t: float, x: Array) -> Array:
        return BY * self._score(t, x)

    def jacobian(self, t: float, x: Array) -> Array:
        return self._score.jacobian(t, x)

    def trace_gradient(self, t: float, x: Array) -> Array:
        return self._score.trace_gradient(t, x)


class _ScoreTooLarge(Experiment):
    @property
    def score(self) -> Score:
        return _Scaled(super().score)


def _louder(stage: Stage) -> Stage:
    def stage_with_fault(y: Array, t: int, chain: Chain, score: Score, mark: Mark) -> Out:
        out = stage(y, t, chain, score, mark)
        return Normal(out.mean, BY * out.spread) if isinstance(out, Normal) else out

    return stage_with_fault


class _NoiseTooLoud(Experiment):
    @property
    def record(self) -> Sampler:
        record = super().record
        if not record.stochastic:
            return record
        return replace(record, stages=tuple(map(_louder, record.stages)))


class _OffByOne(Experiment):
    @property
    def chain(self) -> Chain:
        beta = super().chain.beta
        return Chain(np.concatenate([beta[:1], beta[2:], beta[-1:]]))


class _Heavier:
    """p_t with 1 % too much mass."""

    def __init__(self, inner: Marginal) -> None:
        self._inner = inner

    def log_density(self, x: Array) -> Array:
        return self._inner.log_density(x) + math.log(BY)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


class _HeavyMixture(GaussianMixture):
    def marginal(self, level: NoiseLevel) -> Any:
        return _Heavier(super().marginal(level))


def _as(kind: type[Experiment]) -> Alter:
    def alter(e: Experiment) -> Experiment:
        return kind(**{f.name: getattr(e, f.name) for f in fields(Experiment)})

    return alter


def _heavier(e: Experiment) -> Experiment:
    if not isinstance(e.target, GaussianMixture):
        return e
    target = e.target
    heavy = _HeavyMixture(**{f.name: getattr(target, f.name) for f in fields(GaussianMixture)})
    return e.with_(target=heavy)


@dataclass(frozen=True)
class Fault:
    """What is wrong, in words, and how it gets into an experiment."""

    label: str
    alter: Callable[[Experiment], Experiment]


FAULTS = {
    "none": Fault("none: the code as it is", as_it_is),
    "score": Fault("every score is 1 % too large", _as(_ScoreTooLarge)),
    "noise": Fault("stochastic samplers draw noise 1 % too loud", _as(_NoiseTooLoud)),
    "schedule": Fault("the schedule is off by one: β at t + 1 for β at t", _as(_OffByOne)),
    "density": Fault("mixtures have 1 % too much density", _heavier),
}
