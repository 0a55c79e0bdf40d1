"""Scores of one closed form, in numbers: what a machine that knows no target needs for them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from diffusion_core.schedules import Array, Chain
from diffusion_core.scores.errors import Added, Scaled
from diffusion_core.scores.exact import ExactScore, Score
from diffusion_core.targets.base import Gaussians


@dataclass(frozen=True, eq=False)
class ClosedForm:
    """s_t(x) = c_t grad log sum_k w_k N(x; sqrt(abar_t) m_k, abar_t C_k + (1 - abar_t) I) + b_t.

    gaussians: w, m and C. scale c (T + 2,) and offset b (T + 2, d), for t = 0..T+1; index 0 is
    unused.
    """

    gaussians: Gaussians
    scale: Array
    offset: Array


def closed_form(score: Score, chain: Chain) -> ClosedForm | None:
    """The score in numbers, None where it is of another form.

    Errors that change in x are left out: a run through waves is chaotic, and what differs by
    rounding in two machines soon differs by the width of the data.
    """
    wrong = score if isinstance(score, Added | Scaled) else None
    exact = score if wrong is None else wrong.exact
    if not isinstance(exact, ExactScore) or exact.target.gaussians is None:
        return None
    scale, offset = np.ones(chain.steps + 2), np.zeros((chain.steps + 2, exact.target.dim))
    if wrong is not None:
        for t in range(1, chain.steps + 2):
            affine = wrong.affine(t)
            if affine is None:
                return None
            scale[t], offset[t] = affine
    return ClosedForm(exact.target.gaussians, scale, offset)
