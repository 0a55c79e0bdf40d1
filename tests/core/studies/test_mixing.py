"""Langevin at one noise level, against quadrature by hand, one step at a time, and particles."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest

from diffusion_core import InputError, Refused
from diffusion_core.laws.noisy_steps import finest
from diffusion_core.studies.mixing import MIXED, Modes, mixing, nodes_of

NEAR = Modes(2.0, 0.3, 0.3, 0.4)


def _mixture(x: np.ndarray, modes: Modes) -> tuple[np.ndarray, np.ndarray]:
    """p and its score, from the formula."""
    abar = 1 - modes.noise
    v, c = abar * modes.deviation**2 + modes.noise, math.sqrt(abar) * modes.distance / 2
    left, right = (np.exp(-((x - m) ** 2) / (2 * v)) for m in (-c, c))
    p = (left + right) / (2 * math.sqrt(2 * math.pi * v))
    return p, (-(x + c) * left - (x - c) * right) / (v * np.maximum(left + right, 1e-300))


def _by_hand(modes: Modes, steps: int) -> list[float]:
    """TV after every step, by trapezoid sums on a grid of its own."""
    x = np.linspace(-6.0, 6.0, 2501)
    h = x[1] - x[0]
    p, s = _mixture(x, modes)
    g = modes.size * modes.noise / 2
    abar = 1 - modes.noise
    v, c = abar * modes.deviation**2 + modes.noise, math.sqrt(abar) * modes.distance / 2
    f = np.exp(-((x + c) ** 2) / (2 * v)) / math.sqrt(2 * math.pi * v)
    kernel = np.exp(-((x[:, None] - (x + g * s)) ** 2) / (4 * g)) / math.sqrt(4 * math.pi * g)
    found = [0.5 * float(np.abs(f - p).sum() * h)]
    for _ in range(steps):
        f = kernel @ (f * h)
        found.append(0.5 * float(np.abs(f - p).sum() * h))
    return found


def test_every_doubling_is_the_law_one_step_at_a_time() -> None:
    truth, found = _by_hand(NEAR, 64), mixing(NEAR)
    for k, tv in zip(found.steps, found.tv, strict=True):
        if k <= 64:
            assert tv.value == pytest.approx(truth[k], abs=2e-6)
            assert tv.error < 1e-6
    assert found.steps[:9] == (0, 1, 2, 4, 8, 16, 32, 64, 128)


@pytest.mark.parametrize("distance", [1.2, 2.0, 2.4])
def test_needed_is_the_first_step_at_which_tv_is_a_quarter(distance: float) -> None:
    modes = Modes(distance, 0.3, 0.3, 0.4)
    truth = _by_hand(modes, 60)
    first = next(k for k, value in enumerate(truth) if value <= MIXED)
    assert 0 < first < 60
    assert mixing(modes).needed == first


def test_particles_agree_with_the_law_after_many_steps() -> None:
    """The share that has crossed, in five standard errors."""
    n, steps, rng = 40_000, 64, np.random.default_rng(4)
    found = mixing(NEAR)
    y = rng.standard_normal(n) * NEAR.width - NEAR.centre
    g = NEAR.size * NEAR.noise / 2
    for _ in range(steps):
        y = y + g * _mixture(y, NEAR)[1] + math.sqrt(2 * g) * rng.standard_normal(n)
    x = np.linspace(-6, 6, 60_001)
    p = _mixture(x, NEAR)[0] * (x[1] - x[0])
    edges = np.linspace(-2.4, 2.4, 25)
    counted = np.histogram(y, edges)[0] / n
    exact = np.array([p[(x >= a) & (x < b)].sum() for a, b in pairwise(edges)])
    tv = found.tv[found.steps.index(steps)].value
    counted_tv = 0.5 * float(np.abs(counted - exact).sum() + 2 - counted.sum() - exact.sum())
    noise = 0.5 * float(np.sqrt(2 * exact / (math.pi * n)).sum())
    assert counted_tv < tv + noise + 5 / math.sqrt(n)
    assert counted_tv > tv - 5 / math.sqrt(n) - 0.01  # cells hide some of TV


def test_the_number_of_steps_grows_like_e_to_the_barrier() -> None:
    """Kramers, to leading order: the logarithms differ by the barriers' difference, and little."""
    far = [mixing(Modes(distance, 0.3, 0.1, 0.3)) for distance in (3.5, 4.25, 5.0)]
    for a, b in pairwise(far):
        assert a.needed is not None
        assert b.needed is not None
        grown = math.log(b.needed / a.needed)
        assert grown == pytest.approx(b.modes.barrier - a.modes.barrier, rel=0.1)


def test_noise_lowers_the_barrier_and_the_number_of_steps() -> None:
    found = [mixing(Modes(3.0, 0.3, noise, 0.3)) for noise in (0.05, 0.2, 0.4, 0.8)]
    needed = [m.needed for m in found]
    assert None not in needed
    assert sorted(needed, reverse=True) == needed  # type: ignore[type-var]
    barriers = [m.modes.barrier for m in found]
    assert sorted(barriers, reverse=True) == barriers
    assert barriers[-1] == 0.0


def test_what_is_left_is_the_bias_of_the_step() -> None:
    """In proportion to the size, and not to where the law began."""
    left = []
    for size in (0.2, 0.1):
        found = mixing(Modes(1.5, 0.3, 0.3, size))
        assert found.settled
        left.append(found.tv[-1].value)
    assert left[0] / left[1] == pytest.approx(2.0, abs=0.1)


def test_on_one_gaussian_the_kept_law_is_known() -> None:
    """D = 0: variance V' = (1 - g/V)^2 V' + 2 g, so V'/V = 1/(1 - g/(2 V))."""
    modes = Modes(0.0, 0.4, 0.5, 0.6)
    g, v = 0.6 * 0.5 / 2, 0.5 * 0.16 + 0.5
    kept = v / (1 - g / (2 * v))
    x = np.linspace(-8, 8, 200_001)
    p, q = (np.exp(-x * x / (2 * w)) / math.sqrt(2 * math.pi * w) for w in (v, kept))
    found = mixing(modes)
    assert found.tv[0].value < 1e-9
    assert found.needed == 0
    assert found.tv[-1].value == pytest.approx(
        0.5 * float(np.abs(p - q).sum() * (x[1] - x[0])), rel=2e-3
    )


def test_a_law_that_has_not_crossed_is_not_called_settled() -> None:
    found = mixing(Modes(6.0, 0.3, 0.05, 0.3), doublings=12)
    assert found.needed is None
    assert not found.settled
    assert found.tv[-1].value == pytest.approx(0.5, abs=0.01)


def test_the_barrier_is_that_of_the_density() -> None:
    x = np.linspace(-3, 3, 60_001)
    p = _mixture(x, NEAR)[0]
    assert NEAR.barrier == pytest.approx(math.log(p.max() / p[len(p) // 2]), abs=1e-6)
    assert Modes(0.5, 0.3, 0.5).barrier == 0.0
    assert NEAR.width == pytest.approx(finest(NEAR.target, NEAR.level), rel=1e-12)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"distance": 21.0}, "distance"),
        ({"deviation": 0.0}, "deviation"),
        ({"noise": 1.0}, "noise"),
        ({"size": 3.0}, "size of Langevin steps is between 0.001 and 2"),
    ],
)
def test_out_of_range_is_refused(wrong: dict[str, float], words: str) -> None:
    with pytest.raises(InputError, match=words):
        Modes(**wrong)


def test_too_short_steps_are_refused_before_any_work() -> None:
    with pytest.raises(Refused, match="choose a larger size, more noise"):
        nodes_of(Modes(8.0, 0.3, 0.01, 0.01))
