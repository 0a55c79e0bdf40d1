"""Search the challenge on tokens: ``python -m dashboard.topics.discrete.search``.

For every sampler that freezes its model over a step and every kind of grid the simplex of Nelder
and Mead moves both ends of the grid, from several horizons, while TV to the data falls. The ends
are rounded to four digits, as a reader would type them. It takes about two minutes on one core.
"""

from __future__ import annotations

import math
from itertools import product

import numpy as np
from scipy.optimize import minimize

from dashboard.topics.discrete.challenge import FILE, READY, broken_rule, distance, entry, write
from diffusion_core import DiscreteExperiment, InputError
from diffusion_core.discrete.grids import GRIDS
from diffusion_core.schedules import Array

HORIZONS = (1.5, 4.0)
SHARE = 0.005  # the end in horizons, where a search begins
DIGITS = 4
ENOUGH = {"xatol": 1e-4, "fatol": 1e-7, "maxfev": 120}


def nearest(sampler: str, grid: str, horizon: float) -> DiscreteExperiment:
    """The run with the least TV that is found from here."""

    def off(logs: Array) -> float:
        try:
            return distance(_run(sampler, grid, logs)).value
        except InputError:
            return 1.0

    first = np.log([horizon, SHARE * horizon])
    return _run(sampler, grid, minimize(off, first, method="Nelder-Mead", options=ENOUGH).x)


def _run(sampler: str, grid: str, logs: Array) -> DiscreteExperiment:
    ends = [float(f"{math.exp(log):.{DIGITS}g}") for log in logs]
    return entry(sampler, grid, *ends)


def main() -> None:
    """Search, tell what comes, and keep the least."""
    found = {}
    for asked in product(READY, GRIDS, HORIZONS):
        run = nearest(*asked)
        if not broken_rule(run):
            found[run] = distance(run)
            print(*asked, run.grid, found[run].value, flush=True)
    best = min(found, key=lambda run: found[run].value)
    write(FILE, best, found[best])


if __name__ == "__main__":
    main()
