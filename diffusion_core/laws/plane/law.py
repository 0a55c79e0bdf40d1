"""Exact distances in the plane for any sampler whose law plane_transport or plane_transfer carries.

Deterministic: integrals over the output or the start law (plane_maps). Stochastic: densities on
grids (plane_grids).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from diffusion_core.distances.of_masses import Distance
from diffusion_core.errors import Refused
from diffusion_core.experiment import Experiment
from diffusion_core.laws.plane.grid_distances import from_grids
from diffusion_core.laws.plane.jacobian_flow import Stop
from diffusion_core.laws.plane.map_distances import from_maps
from diffusion_core.laws.plane.summed import Outcomes, answered
from diffusion_core.laws.reference import Reference, noised
from diffusion_core.schedules import NoiseLevel

METRICS = ("tv", "kl", "hellinger")


def plane_outcomes(
    experiment: Experiment, metrics: Sequence[str], law: Reference, stop: Stop
) -> Outcomes:
    """Distances between the law of Y_1 and ``law``, each with its error,

    or why that one is refused; Refused where the law itself is.
    """
    by = from_grids if experiment.record.stochastic else from_maps
    known = [m for m in metrics if m in METRICS]
    found = by(experiment, known, law, stop) if known else {}
    for m, value in found.items():
        if isinstance(value, Distance):
            found[m] = replace(value, error=value.error + law.error)
    for m in metrics:
        if m not in METRICS:
            found[m] = Refused(
                f"{m}: is exact on the line only; in the plane use the particles method"
            )
    return {m: found[m] for m in metrics}


def plane_distances(
    experiment: Experiment, metrics: Sequence[str], level: NoiseLevel, stop: Stop
) -> dict[str, Distance]:
    """Those to the target noised to ``level``, Refused when any of them is."""
    law = noised(experiment.target, level)
    return answered(plane_outcomes(experiment, metrics, law, stop))
