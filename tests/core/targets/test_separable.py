"""Scores and densities at all nodes of a grid against the same laws point by point."""

from __future__ import annotations

import numpy as np
import pytest

from diffusion_core import PRESETS
from diffusion_core.schedules import Theory
from diffusion_core.scores.exact import AtNodes, ExactScore
from diffusion_core.targets import separable

CHAIN = Theory().chain(64)
AXES = np.linspace(-4, 4, 61), np.linspace(-9, 3, 50)
NODES = np.stack(np.meshgrid(*AXES, indexing="ij"), axis=-1).reshape(-1, 2)


@pytest.mark.parametrize("t", [1, 12, 60])
@pytest.mark.parametrize("preset", ["ring-of-8", "checkerboard", "sierpinski", "thin-and-wide-2d"])
def test_products_of_matrices_give_what_the_points_give(
    preset: str, t: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Down to where p is 1e-300 and less: there the points themselves are asked."""
    monkeypatch.setattr(separable, "PART", 700)
    law = PRESETS[preset].target.marginal(CHAIN.level(t))
    assert law.separable(AXES) is not None
    kept = np.random.default_rng(t).random((61, 50)) < 0.7
    x = NODES[kept.ravel()]
    score, log_p = law.score(x), law.log_density(NODES)
    assert log_p.min() < -240 or t == 60 or preset == "thin-and-wide-2d"
    size = np.linalg.norm(score, axis=1, keepdims=True)
    found = separable.score_at_nodes(law, AXES, kept, x)
    assert (np.abs(found - score) <= 1e-10 * (1 + size)).all()
    density = separable.density_at_nodes(law, AXES).ravel()
    np.testing.assert_allclose(density, np.exp(log_p), rtol=1e-10, atol=1e-300)


def test_turned_gaussians_are_asked_point_by_point() -> None:
    law = PRESETS["correlated-gaussian"].target.marginal(CHAIN.level(5))
    assert law.separable(AXES) is None
    found = separable.score_at_nodes(law, AXES, np.ones((61, 50), dtype=bool), NODES)
    np.testing.assert_array_equal(found, law.score(NODES))
    density = separable.density_at_nodes(law, AXES)
    np.testing.assert_array_equal(density.ravel(), np.exp(law.log_density(NODES)))


def test_an_exact_score_at_nodes_is_itself_elsewhere() -> None:
    exact = ExactScore(PRESETS["ring-of-8"].target, CHAIN)
    kept = np.ones((61, 50), dtype=bool)
    score = AtNodes(exact, AXES, kept, NODES)
    np.testing.assert_allclose(score(3, NODES), exact(3, NODES), rtol=1e-9, atol=1e-9)
    np.testing.assert_array_equal(score(3, NODES[:7]), exact(3, NODES[:7]))
    np.testing.assert_array_equal(score.jacobian(3, NODES), exact.jacobian(3, NODES))
    np.testing.assert_array_equal(score.trace_gradient(3, NODES), exact.trace_gradient(3, NODES))
