"""Whether a reader's own deterministic step carries its derivative on complex numbers."""

from __future__ import annotations

import numpy as np

from diffusion_core.errors import InputError
from diffusion_core.experiment import Experiment
from diffusion_core.laws.plane.coordinates import detail
from diffusion_core.laws.plane.jacobian_flow import STENCIL, STEP, TINY, DualScore
from diffusion_core.samplers import advance
from diffusion_core.samplers.own import OwnStage
from diffusion_core.schedules import Array

POINTS, TIMES = 16, 8  # points of p_t at which, and t for which, both derivatives are compared
ALIKE = 1e-3  # relative: a lost derivative is wrong by its own size


def check_differentiable(experiment: Experiment) -> None:
    """InputError where a step of the reader's own differs from its differences at points of p_t."""
    e = experiment
    if not e.record.own or e.record.stochastic:
        return
    rng = np.random.default_rng(0)
    for t in np.unique(np.linspace(2, e.steps, TIMES).astype(int)).tolist():
        x = e.target.sample_marginal(POINTS, e.chain.level(t), rng)
        carried, differences = _carried(e, t, x), _differences(e, t, x)
        wrong = np.abs(carried - differences).max(axis=(1, 2)) > ALIKE * (
            1 + np.abs(differences).max(axis=(1, 2))
        )
        if np.count_nonzero(wrong) > POINTS // 4:  # a kink may lie within a difference or two
            stage = e.record.stages[0]
            assert isinstance(stage, OwnStage)
            raise InputError(stage.real())


def _carried(e: Experiment, t: int, x: Array) -> Array:
    """The derivative along both axes by complex numbers, (N, 2, 2)."""
    y = np.concatenate([x, x]).astype(complex)
    y.imag = TINY * np.repeat(np.eye(2), len(x), axis=0)
    score = DualScore(e.score, lambda s: detail(e.target, e.chain.level(s)))
    out, _ = advance(e.record, y, t, e.chain, score, np.zeros)  # type: ignore[arg-type]
    return out.imag.reshape(2, len(x), 2).transpose(1, 0, 2) / TINY


def _differences(e: Experiment, t: int, x: Array) -> Array:
    """The same by central differences."""
    h = STEP * detail(e.target, e.chain.level(t))

    def image(y: Array) -> Array:
        return advance(e.record, y, t, e.chain, e.score, np.zeros)[0]

    along = [
        np.asarray(sum(w * image(x + k * h * axis) for k, w in STENCIL) / h) for axis in np.eye(2)
    ]
    return np.stack(along, axis=1)
