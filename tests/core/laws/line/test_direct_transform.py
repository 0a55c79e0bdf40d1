"""The image of point masses by its transform against the sum of the Gaussians themselves."""

from __future__ import annotations

import math

import numpy as np
import pytest

from diffusion_core.laws import direct_transform
from diffusion_core.laws.direct_transform import image_directly
from diffusion_core.laws.line.law import RESOLUTION

MEAN = np.linspace(-8.0, 8.0, 161)
WEIGHT = 0.1 * np.exp(-0.5 * MEAN**2) / math.sqrt(2 * math.pi)


@pytest.mark.parametrize(
    "own",
    [
        np.array([0.6]),
        0.6 + 0.001 * np.tanh(MEAN),
        0.6 + 0.03 * np.tanh(MEAN),
        0.6 + 0.5 * np.tanh(MEAN),
    ],
    ids=["one", "series", "long-series", "each-its-own"],
)
def test_against_the_sum_of_gaussians(own: np.ndarray) -> None:
    found = image_directly(MEAN, own, WEIGHT, 0.9, RESOLUTION)
    assert found is not None
    x, s = found.density.axes[0][:, None], np.broadcast_to(own, MEAN.shape)
    bells = np.exp(-0.5 * ((x - MEAN) / s) ** 2) / (s * math.sqrt(2 * math.pi))
    assert np.abs(found.density.values - bells @ WEIGHT).max() < found.rim + 1e-13
    assert found.density.mass == pytest.approx(WEIGHT.sum(), abs=1e-14)


def test_a_grid_too_coarse_says_what_it_cuts() -> None:
    """N(0, 1) at three fourths of the band that it needs: no more is lost than may follow."""
    found = image_directly(MEAN, np.array([0.0]), WEIGHT, 4 / 3, RESOLUTION)
    assert found is not None
    normal = np.exp(-0.5 * found.density.axes[0] ** 2) / math.sqrt(2 * math.pi)
    lost = np.abs(found.density.values - normal).sum() * found.density.h
    assert 1e-8 < lost < found.rim * math.sqrt(len(normal))
    assert found.scale < 1.3


def test_noise_far_narrower_than_the_grid_costs_nothing() -> None:
    found = image_directly(MEAN, np.array([1e-6]), WEIGHT, 0.9, RESOLUTION)
    assert found is not None
    x = found.density.axes[0]
    normal = np.exp(-0.5 * x**2) / math.sqrt(2 * math.pi)
    assert np.abs(found.density.values - normal).max() < 1e-11
    assert 0.9 < found.scale < 1.01


def test_large_products_are_left_to_gaussians(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(direct_transform, "MOST", 1_000)
    assert image_directly(MEAN, np.array([0.6]), WEIGHT, 0.9, RESOLUTION) is None
