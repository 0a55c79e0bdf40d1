"""The densities of the targets, and their derivatives, against each other."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from functools import partial

import numpy as np

from diffusion_core.errors import Refused
from diffusion_core.experiment import Experiment
from diffusion_core.schedules import Array
from diffusion_core.targets import PRESETS
from diffusion_core.verification.independent import SMALL, slope
from diffusion_core.verification.record import Alter, Part, Stop

Runs = Mapping[str, Experiment]
STEPS = 40
TIMES = (1, 4, 12, 40)
DRAWS, MANY_DRAWS = 60, 20_000
FAR = 1e5  # times the detail: where rounding a coordinate begins to show in differences
SLOPES, MASS, WIDEST = 1e-7, 1e-9, 5.0
LINE_NODES, PLANE_NODES = 20_001, 241
MOST_ON_GRID, MOST_IN_DRAWS = 200_000_000, 10_000_000  # components times points


def presets() -> dict[str, Experiment]:
    """A chain of every law in the gallery, by name."""
    return {
        name: Experiment(target=preset.target, preset=name, steps=STEPS)
        for name, preset in PRESETS.items()
    }


def times(experiment: Experiment) -> list[int]:
    """A few t, from the data to the noise."""
    return sorted({max(1, round(experiment.steps * t / STEPS)) for t in TIMES})


def components(experiment: Experiment) -> int:
    """How many parts a density is the sum of."""
    target = experiment.target
    return len(getattr(target, "weights", None) or getattr(target, "points", None) or (1,))


def _detail(experiment: Experiment, t: int) -> float:
    level = experiment.chain.level(t)
    return math.sqrt(level.abar * experiment.target.finest_scale**2 + level.var)


def _around(experiment: Experiment, t: int) -> Array:
    """Draws of X_t, and as many shifted by a normal of the finest detail's size."""
    rng = np.random.default_rng([20, t])
    x = experiment.target.sample_marginal(DRAWS, experiment.chain.level(t), rng)
    return np.concatenate([x, x + _detail(experiment, t) * rng.standard_normal(x.shape)])


def score_parts(runs: Callable[[], Runs], alter: Alter, stop: Stop) -> Iterator[Part]:
    """|s_t - grad log p_t| in units of 1/detail + |s_t|."""
    for name, given in runs().items():
        e, worst, far = alter(given), 0.0, 0.0
        for t in times(e):
            stop()
            x, scale, marginal = _around(e, t), _detail(e, t), e.target.marginal(e.chain.level(t))
            gap = np.abs(e.score(t, x) - slope(marginal.log_density, x, SMALL * scale))
            worst = _worse(worst, gap / (1 / scale + np.abs(e.score(t, x))))
            far = max(far, float(np.abs(x).max()) / scale)
        yield Part(name, worst, SLOPES * (1 + far / FAR))


def jacobian_parts(runs: Callable[[], Runs], alter: Alter, stop: Stop) -> Iterator[Part]:
    """|H_t - slope of s_t| in units of 1/detail^2 + |H_t|."""
    for name, given in runs().items():
        e, worst, far = alter(given), 0.0, 0.0
        for t in times(e):
            stop()
            x, scale = _around(e, t), _detail(e, t)
            found = e.score.jacobian(t, x)
            gap = np.abs(found - slope(partial(e.score, t), x, SMALL * scale))
            worst = _worse(worst, gap / (1 / scale**2 + np.abs(found)))
            far = max(far, float(np.abs(x).max()) / scale)
        yield Part(name, worst, SLOPES * (1 + far / FAR))


def _worse(worst: float, gaps: Array) -> float:
    return max(worst, float(gaps.max())) if np.isfinite(gaps).all() else math.nan


def mass_parts(runs: Callable[[], Runs], alter: Alter, stop: Stop) -> Iterator[Part]:
    """|int p_t - 1| by the plain sum over a grid, over all t where the grid resolves p_t."""
    for name, given in runs().items():
        e = alter(given)
        if e.target.dim > 2:
            raise Refused("a sum over a grid needs a target on the line or in the plane")
        if _nodes(e) ** e.target.dim * components(e) > MOST_ON_GRID:
            raise Refused("the target has too many parts for a sum over a grid that takes moments")
        worst, seen = 0.0, 0
        for t in times(e):
            stop()
            mass = _mass(e, t)
            if mass is not None:
                worst, seen = max(worst, abs(mass - 1)), seen + 1
        if seen:
            lost = 1e-3 if e.target.kind == "student_t" else 0.0  # of a tail that ends nowhere
            yield Part(f"{name}, {seen} values of t", worst, MASS + lost)


def _nodes(e: Experiment) -> int:
    return LINE_NODES if e.target.dim == 1 else PLANE_NODES


def _mass(e: Experiment, t: int) -> float | None:
    """The mass of p_t; None where a grid of this size does not resolve it."""
    level, dim = e.chain.level(t), e.target.dim
    reach = 8.4 * math.sqrt(level.var)
    low, high = math.sqrt(level.abar) * e.target.bounds + np.array([[-reach], [reach]])
    axes = [np.linspace(a, b, _nodes(e)) for a, b in zip(low, high, strict=True)]
    h = [axis[1] - axis[0] for axis in axes]
    if max(h) > 0.8 * _detail(e, t):
        return None
    x = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, dim)
    return float(np.exp(e.target.marginal(level).log_density(x)).sum() * np.prod(h))


def draw_parts(runs: Callable[[], Runs], alter: Alter, stop: Stop) -> Iterator[Part]:
    """E s_t(X_t) = 0 and E X_t . s_t(X_t) = -d, over draws of X_t, in standard errors."""
    for name, given in runs().items():
        e, worst = alter(given), 0.0
        for t in times(e):
            stop()
            rng = np.random.default_rng([7, t])
            count = max(500, min(MANY_DRAWS, MOST_IN_DRAWS // components(e)) // e.target.dim)
            x = e.target.sample_marginal(count, e.chain.level(t), rng)
            s = e.score(t, x)
            seen = np.column_stack([s, (x * s).sum(axis=1) + e.target.dim])
            gaps = np.abs(seen.mean(axis=0)) / (seen.std(axis=0) / math.sqrt(count))
            worst = _worse(worst, gaps)
        yield Part(name, worst, WIDEST)
