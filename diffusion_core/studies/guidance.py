"""What guidance returns beside what it is taken for: densities, and what every mode keeps.

Of a run with a guided score: q_1, the tilted law p_1 P(C | x)^w / Z and the class's own law
p_1(. | C), on one grid of the line or of the plane.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from diffusion_core.errors import Refused
from diffusion_core.experiment import Experiment
from diffusion_core.laws.density_grid import points
from diffusion_core.laws.front import law_of
from diffusion_core.laws.line.law import never
from diffusion_core.laws.particles import final_points
from diffusion_core.laws.reference import guidance, reference
from diffusion_core.schedules import Array
from diffusion_core.scores.guided import Tilt
from diffusion_core.targets.base import Marginal, Target
from diffusion_core.targets.gaussian_mixture import GaussianMixture
from diffusion_core.targets.separable import density_at_nodes

NODES = {1: 4801, 2: 201}  # along an axis
PILOTS = 4000  # particles that show how far q_1 reaches
AROUND = 0.25  # of their span, on either side
UNSEEN = {1: 1e-3, 2: 1e-2}  # of a law, off the grid or lost on it: more is no picture of it
MOST_MODES = 12  # components of a class that are looked at one by one
LOST = 0.1  # of its share in the class: a mode that keeps less counts as lost
LAWS = ("output", "tilted", "class")


@dataclass(frozen=True)
class Mode:
    """A component of the class: its number from 1, and by law its share of the class's mass and the

    root of its total variance.
    """

    number: int
    share: dict[str, float]
    width: dict[str, float]

    @property
    def lost(self) -> bool:
        """Whether the output keeps less than a tenth of its share."""
        return self.share["output"] < LOST * self.share["class"]


@dataclass(frozen=True, eq=False)
class Guidance:
    """The three laws on a grid and what they hold.

    axes: nodes of the line, or of both axes of the plane; densities, inside and spread by ``LAWS``:
    the density at the nodes, the mass that belongs to the class, E P(C | X), and the root of the
    total variance. error: the largest share of a law that the grid misses or adds.
    """

    axes: tuple[Array, ...]
    densities: dict[str, Array]
    inside: dict[str, float]
    spread: dict[str, float]
    modes: tuple[Mode, ...]
    error: float


def guided_laws(experiment: Experiment, stop: Callable[[], None] = never) -> Guidance:
    """The laws of a run with a guided score, on the line or in the plane.

    InputError where the score is not guided; Refused beyond the plane, where a law is refused, and
    where too much of one is not on the grid.
    """
    guided = guidance(experiment, "tilted")
    dim = experiment.target.dim
    if dim > 2:
        raise Refused(f"A picture needs one or two dimensions, and this target has {dim}")
    axes = _axes(experiment, stop)
    # line and plane give densities to about a thousandth: TV has an engine of its own
    densities = {"output": _output(experiment, axes, stop)}
    for name in ("tilted", "class"):
        stop()
        densities[name] = _density(reference(experiment, name).marginal, axes)
    cell = math.prod(float(a[1] - a[0]) for a in axes)
    error = max(abs(float(f.sum()) * cell - 1) for f in densities.values())
    if not error < UNSEEN[dim]:
        raise Refused(
            f"guidance: {error:.2g} of a law lies off the grid of its picture, or between its "
            "nodes; use more steps or a smaller scale"
        )
    share, part = guided.split(experiment.target)
    level = experiment.chain.level(1)
    x = _nodes(axes)
    of = Tilt(experiment.target.marginal(level), part.marginal(level), share, guided.scale)
    inside = np.exp(of.log_class(x))
    mass = {name: f.ravel() / f.sum() for name, f in densities.items()}
    return Guidance(
        axes,
        densities,
        {name: float(m @ inside) for name, m in mass.items()},
        {name: _width(x, m) for name, m in mass.items()},
        _modes(experiment, part, x, mass),
        error,
    )


def _axes(e: Experiment, stop: Callable[[], None]) -> tuple[Array, ...]:
    """Nodes over the target's box and what a pilot run reaches."""
    y = final_points(e.with_(seed=0), PILOTS, stop)
    box = reference(e, "class").box
    low, high = y.min(axis=0), y.max(axis=0)
    room = AROUND * (high - low)
    low, high = np.minimum(box[0], low - room), np.maximum(box[1], high + room)
    return tuple(np.linspace(a, b, NODES[e.target.dim]) for a, b in zip(low, high, strict=True))


def _nodes(axes: tuple[Array, ...]) -> Array:
    return axes[0][:, None] if len(axes) == 1 else points((axes[0], axes[1]))


def _output(e: Experiment, axes: tuple[Array, ...], stop: Callable[[], None]) -> Array:
    grid = axes[0] if len(axes) == 1 else axes
    (last,) = law_of(e, stop).over_time(grid, [1])
    found: Array = last.output
    return found


def _density(law: Marginal, axes: tuple[Array, ...]) -> Array:
    if len(axes) == 2:
        return density_at_nodes(law, (axes[0], axes[1]))
    return np.exp(law.log_density(axes[0][:, None]))


def _width(x: Array, mass: Array) -> float:
    """The root of the total variance of masses (N,) at x (N, d)."""
    mean = mass @ x
    return math.sqrt(float(mass @ ((x - mean) ** 2).sum(axis=1)))


def _modes(e: Experiment, part: Target, x: Array, mass: dict[str, Array]) -> tuple[Mode, ...]:
    """What the laws give to every component of the class, by its posterior probability there."""
    if not isinstance(e.target, GaussianMixture) or not isinstance(part, GaussianMixture):
        return ()
    if len(part.weights) > MOST_MODES:
        return ()
    level, found = e.chain.level(1), []
    whole = part.marginal(level).log_density(x)
    for k, number in enumerate(e.target.of_class(guidance(e, "tilted").names)):
        one = GaussianMixture((1.0,), (part.means[k],), (part.covariances[k],))
        log = one.marginal(level).log_density(x) + math.log(part.weights[k]) - whole
        r = np.exp(np.minimum(log, 0.0))
        held = {name: m * r for name, m in mass.items()}
        share = {name: float(h.sum()) for name, h in held.items()}
        width = {n: _width(x, h / share[n]) if share[n] > 0 else 0.0 for n, h in held.items()}
        found.append(Mode(int(number) + 1, share, width))
    return tuple(found)
