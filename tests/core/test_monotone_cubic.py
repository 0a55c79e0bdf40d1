"""The monotone cubic beside SciPy's, and what it promises."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.interpolate import PchipInterpolator

from diffusion_core.monotone_cubic import monotone_cubic


@pytest.mark.parametrize("seed", range(40))
def test_it_is_scipys(seed):
    rng = np.random.default_rng(seed)
    count = int(rng.choice([2, 3, 4, 7, 500]))
    x = np.cumsum(rng.gamma(0.3, size=count) + 1e-6)
    steps = rng.normal(size=count) ** 3 * (rng.random(count) < 0.8)
    y = np.cumsum(abs(steps) if seed % 2 else steps)
    at = np.concatenate([x, rng.uniform(2 * x[0] - x[-1], 2 * x[-1] - x[0], 1000)])
    np.testing.assert_array_equal(monotone_cubic(x, y, at), PchipInterpolator(x, y)(at))


def test_it_is_monotone_between_points_that_are():
    x = np.array([0.0, 0.1, 0.2, 1.0, 1.01, 5.0])
    y = np.array([0.0, 0.0, 3.0, 3.1, 9.0, 9.0])
    fine = monotone_cubic(x, y, np.linspace(0, 5, 10_001))
    assert np.diff(fine).min() >= -1e-14
    assert fine[0] == 0
    assert fine[-1] == 9
