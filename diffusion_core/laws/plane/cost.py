"""What an exact distance in the plane will cost, told before it runs."""

from __future__ import annotations

from typing import Any

from diffusion_core.experiment import Experiment
from diffusion_core.laws.density_grid import MOST_KEPT
from diffusion_core.laws.plane.coordinates import detail, law_box
from diffusion_core.laws.plane.grid_distances import RESOLUTIONS
from diffusion_core.laws.plane.map_distances import inverts
from diffusion_core.laws.reference import noised

INVERTED, CARRIED = 25_000, 400_000  # evaluations for each t, of all points together
MOVED, SPREAD = 4, 120  # components' worth of work that every point, or node of a grid, is besides
SUMMED = 0.4  # a node of a grid is summed by matrix products: less than a component each
SHAPES = {"boxes": 4}  # one component of theirs over one Gaussian
SETTLED = 128  # evaluations; after more, TV is so small that a finer grid follows the first
FINER = 2.5  # its cost over that of the first


def plane_cost(experiment: Experiment) -> int:
    """Component evaluations of one exact TV in the plane: points x steps x components.

    One unit took 10 to 50 ns on one core: on the gallery, ODE at T = 64 and 100, DDPM at 64, and
    on the ring of eight, DDPM at 128 to 512. Where the finer grid follows sooner than told it took
    up to 160 (DDPM on the grid of nine at 64, accelerated DDPM at 64). Where the map is carried
    instead (atoms, sharp edges) only the circle was timed, 7 ns.
    """
    e = experiment
    components = _components(e.target) * SHAPES.get(e.target.kind, 1)
    if not e.record.stochastic:
        points = INVERTED if inverts(e, noised(e.target, e.chain.level(1))) else CARRIED
        return (components + MOVED) * points * e.record.nfe(e.steps)
    nodes = 0.0
    for t in range(2, e.steps + 1):
        level = e.chain.level(t)
        box = law_box(e.target, level)
        h = RESOLUTIONS[0].step(detail(e.target, level))
        nodes += min(float((box[1] - box[0]).prod()) / h**2, MOST_KEPT[2])
    grids = 1 + FINER if e.record.nfe(e.steps) > SETTLED else 1
    return round((components + SPREAD) * nodes * len(e.record.stages) * SUMMED * grids)


def _components(target: Any) -> int:
    parts = getattr(target, "weights", None) or getattr(target, "points", None) or (1,)
    return len(parts)
