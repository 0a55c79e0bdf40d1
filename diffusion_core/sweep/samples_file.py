"""What ``sample`` draws of an experiment, and the file that it writes."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from diffusion_core.discrete.experiment import DiscreteExperiment
from diffusion_core.discrete.runs import check_sequences, sequences
from diffusion_core.laws.particles import (
    check_particles,
    check_trajectory,
    final_points,
    trajectory,
)
from diffusion_core.sweep.tasks import Described


def write_arrays(path: Path, arrays: dict[str, Any]) -> None:
    """Write beside the file and move it there in one step: what was there outlives a full disk."""
    if path.exists() and not path.is_file():  # a pipe or a device
        with path.open("wb") as f:
            np.savez(f, **arrays)
        return
    new = path.with_name(path.name + ".new")
    try:
        with new.open("wb") as f:
            np.savez(f, **arrays)
        os.replace(new, path)
    finally:
        new.unlink(missing_ok=True)


def drawing(experiment: Described, n: int, way: bool) -> Callable[[], np.ndarray]:
    """What draws n particles: (steps, n, d), or (1, n, d) without their way; InputError for n."""
    if isinstance(experiment, DiscreteExperiment):
        check_sequences(experiment, n, way)
        steps = (x for _, x in sequences(experiment, n))
        return lambda: np.stack(list(steps) if way else deque(steps, maxlen=1))
    if way:
        check_trajectory(experiment, n)
        return partial(trajectory, experiment, n)
    check_particles(experiment, n)
    return lambda: final_points(experiment, n)[None]
