"""What ``sample`` draws of an experiment, and the file that it writes."""

from __future__ import annotations

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
from diffusion_core.sweep.whole_file import replaced


def write_arrays(path: Path, arrays: dict[str, Any]) -> None:
    """As NPZ, whole or not at all."""
    with replaced(path) as file:
        np.savez(file, **arrays)


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
