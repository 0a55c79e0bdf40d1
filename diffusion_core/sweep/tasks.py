"""The runs of a sweep, one by one: what is asked of each, and its result as soon as it is there."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import BrokenExecutor, Executor, Future, as_completed
from dataclasses import dataclass

from diffusion_core.discrete.experiment import DiscreteExperiment
from diffusion_core.discrete.runs import check_measured, evaluations, measure_discrete
from diffusion_core.errors import InputError, Refused
from diffusion_core.experiment import Experiment
from diffusion_core.measure import Measurement, check_request, measure
from diffusion_core.scores.own import OwnScore
from diffusion_core.strict_json import load
from diffusion_core.targets import TARGETS

Described = Experiment | DiscreteExperiment


def parsed(text: str | bytes) -> Described:
    """The experiment in JSON, a discrete one where it says its dynamics; InputError for none."""
    data = load(text)
    discrete = isinstance(data, dict) and "dynamics" in data
    return (DiscreteExperiment if discrete else Experiment).from_dict(data)


@dataclass(frozen=True)
class Run:
    """One point of a sweep: a measurement, or the reason why there is none."""

    sampler: str
    steps: int
    measurement: Measurement | None
    reason: str = ""


@dataclass(frozen=True)
class Request:
    """What is measured of every run of a sweep: arguments of ``measure``."""

    metric: str = "tv"
    method: str = "exact"
    particles: int = 100_000
    against: str = "p1"

    @property
    def end(self) -> str:
        """What a discrete run is compared with: "p1" is the data noised to where it ends."""
        return "end" if self.against == "p1" else self.against

    def check(self, experiment: Described) -> None:
        """InputError, or Refused, for what can be said before any work starts."""
        if isinstance(experiment, DiscreteExperiment):
            if self.against not in ("p1", "data"):
                raise InputError(f"against: one of p1, data here, got {self.against}")
            check_measured((self.metric,), self.end)
            if self.method != "exact":
                raise InputError(
                    f"method: the law of discrete sequences is summed exactly, got {self.method}; "
                    "leave it out"
                )
            return
        check_request(experiment, (self.metric,), self.method, self.particles, self.against)


def check_sent(experiment: Described) -> None:
    """InputError unless a reader's own parts of the experiment can be sent to a worker."""
    if isinstance(experiment, DiscreteExperiment):
        return
    error = experiment.score_error
    own = experiment.record.own or isinstance(error, OwnScore)
    if not own and type(experiment.target) in TARGETS.values():
        return
    try:
        pickle.dumps(experiment)
    except (pickle.PicklingError, AttributeError, TypeError):
        raise InputError(
            "sweep: a function of your own can be sent to workers only where it is defined at the "
            "top of a module (no lambda, nothing inside a function); or sweep without workers"
        ) from None


Results = Generator[tuple[int, Run], None, None]


def asked(experiment: Described) -> int:
    """How often a run asks its model, on average where that varies."""
    if isinstance(experiment, DiscreteExperiment):
        return evaluations(experiment)
    return experiment.record.nfe(experiment.steps)


def measured(experiment: Described, request: Request) -> Measurement:
    """What a request asks of a run; Refused where it cannot be known, InputError as ``check``."""
    r = request
    if isinstance(experiment, DiscreteExperiment):
        r.check(experiment)
        return measure_discrete(experiment, (r.metric,), r.end)[r.metric]
    return measure(experiment, r.metric, r.method, r.particles, r.against)


def run_one(experiment: Described, request: Request) -> Run:
    """One run of a sweep; a refusal becomes its reason."""
    try:
        found = measured(experiment, request)
    except Refused as e:
        return Run(experiment.called, experiment.steps, None, str(e))
    return Run(experiment.called, experiment.steps, found)


def completed(
    runs: Sequence[Described],
    request: Request,
    executor: Executor | None = None,
    stop: Callable[[], None] = lambda: None,
) -> Results:
    """(place in ``runs``, result) as soon as each is done: in any order with an executor.

    BrokenExecutor when the executor breaks, after everything that it had finished.
    """
    if executor is None:
        for place, e in enumerate(runs):
            stop()
            yield place, run_one(e, request)
        return
    for e in runs:
        check_sent(e)
    places: dict[Future[Run], int] = {}
    broken: BrokenExecutor | None = None
    try:
        try:
            places.update((executor.submit(run_one, e, request), i) for i, e in enumerate(runs))
        except BrokenExecutor as e:
            broken = e
        for f in as_completed(places):
            stop()
            try:
                result = f.result()
            except BrokenExecutor as e:
                broken = e
                continue
            yield places[f], result
    finally:
        for f in places:
            f.cancel()
    if broken is not None:
        raise broken
