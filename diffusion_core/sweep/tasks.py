"""The runs of a sweep, one by one: what is asked of each, and its result as soon as it is there."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import BrokenExecutor, Executor, Future, as_completed
from dataclasses import dataclass

from diffusion_core.errors import InputError, Refused
from diffusion_core.experiment import Experiment
from diffusion_core.measure import Measurement, check_request, measure
from diffusion_core.scores.own import OwnScore
from diffusion_core.targets import TARGETS


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

    def check(self, experiment: Experiment) -> None:
        """InputError, or Refused, for what can be said before any work starts."""
        check_request(experiment, (self.metric,), self.method, self.particles, self.against)


def check_sent(experiment: Experiment) -> None:
    """InputError unless a reader's own parts of the experiment can be sent to a worker."""
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


def run_one(experiment: Experiment, request: Request) -> Run:
    """One run of a sweep; a refusal becomes its reason."""
    r = request
    try:
        found = measure(experiment, r.metric, r.method, r.particles, r.against)
    except Refused as e:
        return Run(experiment.called, experiment.steps, None, str(e))
    return Run(experiment.called, experiment.steps, found)


def completed(
    runs: Sequence[Experiment],
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
