"""Did the sampler learn the law or its training set? Distances to both, for scores from samples.

On the line q_1 is compared with the empirical law of the training set noised to t = 1, exactly, as
``measure`` compares it with p_1. In every dimension particles are compared with their nearest
training points, beside fresh draws of p_1 and the training set itself noised to t = 1.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import scipy

from diffusion_core.distances.of_masses import Distance, check_metric
from diffusion_core.errors import InputError, Refused
from diffusion_core.experiment import Experiment
from diffusion_core.laws.front import OnLine, Stop
from diffusion_core.laws.line.law import marginal_bounds, never
from diffusion_core.laws.particles import check_particles, final_points, perfect_points
from diffusion_core.laws.plane.summed import answered
from diffusion_core.schedules import Array
from diffusion_core.scores.learned import Empirical, Learned, empirical_law, training_points

PARTICLES = 4000
FRESH, NOISED = 5, 6  # streams of the experiment's seed


@dataclass(frozen=True)
class Nearest:
    """Mean distances to the nearest training point, each with its standard error.

    output: of the sampler's Y_1. fresh: of as many draws of p_1, which know nothing of the training
    set. noised: of the training set noised to t = 1, what a sampler that memorised it returns.
    """

    output: Distance
    fresh: Distance
    noised: Distance

    @property
    def ratio(self) -> float:
        """output/fresh: about 1 for a sampler of the law, about noised/fresh for a memoriser."""
        return self.output.value / self.fresh.value


def trained_on(experiment: Experiment) -> Learned | Empirical:
    """The description of the training; InputError for a score that was not learned."""
    error = experiment.score_error
    if not isinstance(error, Learned | Empirical):
        raise InputError("score_error: only a learned or an empirical score has a training set")
    return error


def memorised(experiment: Experiment, metric: str = "tv", stop: Stop = never) -> Distance:
    """The distance of q_1 to the empirical law of the training set noised to t = 1, on the line.

    0 for a sampler that returns the training set. InputError for an unknown metric or a score that
    was not learned; Refused beyond the line, or where the exact law is.
    """
    check_metric(metric)
    law = empirical_law(trained_on(experiment), experiment.target)
    if law.dim != 1:
        raise Refused("memorised: an exact distance to the training set exists on the line only")
    level = experiment.chain.level(1)
    marginal, bounds = law.marginal(level), marginal_bounds(law, level)
    return answered(OnLine(experiment, stop).compared((metric,), marginal, bounds))[metric]


def nearest_training(
    experiment: Experiment,
    particles: int = PARTICLES,
    stop: Stop = never,
    points: Array | None = None,
) -> Nearest:
    """How far Y_1, fresh draws and noised training points are from the training set.

    points: Y_1 (N, d), when the experiment has been simulated already; then N replaces
    ``particles``. InputError for a score that was not learned.
    """
    error = trained_on(experiment)
    if points is None:
        check_particles(experiment, particles, 2)
        points = final_points(experiment, particles, stop)
    train = training_points(error, experiment.target)
    level = experiment.chain.level(1)
    tree = scipy.spatial.cKDTree(math.sqrt(level.abar) * train)
    rng = np.random.default_rng([experiment.seed, NOISED])
    chosen = math.sqrt(level.abar) * train[rng.integers(len(train), size=len(points))]
    noised = chosen + math.sqrt(level.var) * rng.standard_normal(chosen.shape)
    rng = np.random.default_rng([experiment.seed, FRESH])
    fresh = perfect_points(experiment, len(points), rng, data=False)
    return Nearest(*(_mean_distance(tree, y) for y in (points, fresh, noised)))


def _mean_distance(tree: scipy.spatial.cKDTree, y: Array) -> Distance:
    distance = tree.query(y)[0]
    return Distance(float(distance.mean()), float(distance.std()) / math.sqrt(len(y)))
