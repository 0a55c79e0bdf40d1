"""What guidance returns: shares and spreads against particles, weights and a second grid."""

from __future__ import annotations

import math

import numpy as np
import pytest

from diffusion_core import PRESETS, Experiment, InputError, Refused
from diffusion_core.laws.particles import final_points
from diffusion_core.scores.guided import Guided
from diffusion_core.studies.guidance import LOST, Guidance, Mode, guided_laws
from diffusion_core.targets import GaussianMixture, Points

THREE = PRESETS["three-modes"].target
LINE = Experiment(target=THREE, steps=40, score_error=Guided("2+3", 3.0))
RING = PRESETS["ring-of-8"].target
PLANE = Experiment(target=RING, steps=20, sampler="ddpm", score_error=Guided("1+2+5", 2.0))
DRAWS = 40_000


def posterior(e: Experiment, x: np.ndarray) -> np.ndarray:
    """P(component | x) of p_1 by Bayes' rule in plain numpy, (N, K), weights of N(0, .) summed."""
    level, target = e.chain.level(1), e.target
    found = []
    for w, m, c in zip(target.weights, target.means, target.covariances, strict=True):
        cov = level.abar * np.array(c) + level.var * np.eye(target.dim)
        z = x - math.sqrt(level.abar) * np.array(m)
        square = np.einsum("ni,ij,nj->n", z, np.linalg.inv(cov), z)
        found.append(math.log(w) - 0.5 * square - 0.5 * math.log(np.linalg.det(cov)))
    log = np.stack(found, axis=1)
    r = np.exp(log - log.max(axis=1, keepdims=True))
    return r / r.sum(axis=1, keepdims=True)


@pytest.mark.parametrize("e", [LINE, LINE.with_(sampler="ddpm"), PLANE])
def test_what_comes_out_is_what_particles_show(e: Experiment) -> None:
    found, y = guided_laws(e), final_points(e, DRAWS)
    numbers = [int(name) - 1 for name in e.score_error.names]  # type: ignore[union-attr]
    r = posterior(e, y)
    inside = r[:, numbers].sum(axis=1)
    slack = 5 * found.error + 1e-4
    assert abs(found.inside["output"] - inside.mean()) < 5 * inside.std() / DRAWS**0.5 + slack
    own = r[:, numbers] / np.maximum(inside, 1e-300)[:, None]
    for k, mode in enumerate(found.modes):
        assert mode.number == numbers[k] + 1
        gap = abs(mode.share["output"] - own[:, k].mean())
        assert gap < 5 * own[:, k].std() / DRAWS**0.5 + slack
    square = ((y - y.mean(axis=0)) ** 2).sum(axis=1)
    gap = abs(found.spread["output"] ** 2 - square.mean())
    assert gap < 5 * square.std() / DRAWS**0.5 + slack


@pytest.mark.parametrize("e", [LINE, PLANE])
def test_the_class_has_its_own_shares_and_spread(e: Experiment) -> None:
    found, level = guided_laws(e), e.chain.level(1)
    numbers = [m.number - 1 for m in found.modes]
    weights = np.array(e.target.weights)[numbers]  # type: ignore[attr-defined]
    weights = weights / weights.sum()
    means = math.sqrt(level.abar) * np.array(e.target.means)[numbers]  # type: ignore[attr-defined]
    covariances = np.array(e.target.covariances)[numbers]  # type: ignore[attr-defined]
    own = level.abar * np.trace(covariances, axis1=1, axis2=2) + level.var * e.target.dim
    total = weights @ (own + ((means - weights @ means) ** 2).sum(axis=1))
    assert found.spread["class"] == pytest.approx(math.sqrt(total), rel=1e-6)
    for mode, weight in zip(found.modes, weights, strict=True):
        assert mode.share["class"] == pytest.approx(weight, abs=1e-8)


def test_strong_guidance_of_the_ode_loses_the_mode_beside_the_other_class() -> None:
    strong = guided_laws(LINE.with_(steps=200, score_error=Guided("2+3", 8.0)))
    assert [m.number for m in strong.modes if m.lost] == [2]
    assert strong.modes[0].share["tilted"] > 0.5
    assert not any(m.lost for m in guided_laws(LINE).modes)


def test_a_mode_is_lost_below_a_tenth_of_its_share() -> None:
    def mode(share: float) -> Mode:
        return Mode(1, {"output": share, "tilted": 0.5, "class": 0.5}, {})

    assert mode(0.99 * LOST * 0.5).lost
    assert not mode(1.01 * LOST * 0.5).lost


def test_points_and_large_classes_have_no_modes_one_by_one() -> None:
    cloud = Points(((-1.0,), (0.2,), (1.5,)), 0.3, ("a", "b", "a"))
    found: Guidance = guided_laws(LINE.with_(target=cloud, score_error=Guided("a", 2.0)))
    assert found.modes == ()
    assert found.error < 1e-3


def test_what_has_no_picture_is_refused() -> None:
    with pytest.raises(InputError, match="needs a guided score"):
        guided_laws(LINE.with_(score_error=None))
    eye = tuple(map(tuple, (0.3 * np.eye(3)).tolist()))
    space = GaussianMixture((0.5, 0.5), ((1.0, 0.0, 0.0), (-1.0, 0.0, 0.0)), (eye, eye))
    with pytest.raises(Refused, match="one or two dimensions"):
        guided_laws(LINE.with_(target=space, score_error=Guided("1", 2.0)))
