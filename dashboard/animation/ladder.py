"""A number that is dragged, and the runs of its values, from the updates themselves."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from dashboard.animation.layers import frame_times, is_chaotic, recorded
from dashboard.player import pack_ladder
from dashboard.player.packing import Rung
from dashboard.player.run import limbs
from diffusion_core import Experiment
from diffusion_core.schedules import Theory


@dataclass(frozen=True)
class Dial:
    """One number of an experiment that may be dragged.

    name: steps, eta, c0 or seed; label: on the screen; part: what a class's link calls it; widget:
    the name of its widget in the sidebar; values: rising, the present ``value`` among them.
    """

    name: str
    label: str
    part: str
    widget: str
    values: tuple[float, ...]
    value: float

    def at(self, experiment: Experiment, value: float) -> Experiment:
        """The experiment with another value."""
        if self.name == "c0":
            assert isinstance(experiment.schedule, Theory)
            return experiment.with_(schedule=replace(experiment.schedule, c0=value))
        return experiment.with_(**{self.name: value})

    def of(self, experiment: Experiment) -> str:
        """The name of its ladder: the same for experiments that differ only in this value.

        A ladder has no particles, and that of the seed nothing but where the randomness begins.
        """
        if self.name == "seed":
            return f"seed {min(self.values)}"
        plain = self.at(experiment, 2 if self.name == "steps" else 1.0).with_(seed=0)
        name = hashlib.blake2b(plain.to_json().encode(), digest_size=12).hexdigest()
        return f"{self.name} {name}"


def ladder(experiment: Experiment, dial: Dial, progress: Callable[[float], None]) -> bytes:
    """The runs of all values that the browser can make, without what it has already.

    progress: told the share of the updates that are recorded.
    """
    found, done = dict[float, Rung](), 0
    updates = [dial.at(experiment, value).steps for value in dial.values]
    for value, count in zip(dial.values, updates, strict=True):
        progress(done / sum(updates))
        done += count
        rung = _seed(value) if dial.name == "seed" else _updates(dial.at(experiment, value))
        if rung is not None:
            found[value] = rung
    return pack_ladder(dial.of(experiment), found)


def _seed(value: float) -> Rung:
    return {}, {"generator": np.array(limbs(np.random.default_rng(int(value))), dtype="<f8")}


def _updates(experiment: Experiment) -> Rung | None:
    times = frame_times(experiment.steps)
    run = recorded(experiment.with_(start="noise"), 1, times, parts=False)
    if run is None or is_chaotic(experiment):
        return None
    arrays = run.arrays()
    del arrays["generator"]  # a ladder serves all seeds
    finest = experiment.target.finest_scale
    return {"times": times, "run": run.header(), "finest": finest}, arrays
