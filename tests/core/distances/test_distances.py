"""Distances between two known laws on the line, through the partition that every figure uses."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from scipy.stats import chi2, norm, uniform

from diffusion_core.distances.mass_partition import MassPair, Padded, ambiguity, resolve
from diffusion_core.distances.of_masses import (
    METRICS,
    check_metric,
    kullback_leibler,
    total_variation,
)
from diffusion_core.errors import InputError, Refused
from diffusion_core.laws.line.folded import FoldedLaw
from diffusion_core.laws.line.pushforward import TransportLaw
from diffusion_core.schedules import Array
from diffusion_core.targets.gaussian_mixture import GaussianMixture1D
from tests.core.reference import gaussian_distances

ALL = tuple(METRICS)


def normal(mean: float, sd: float) -> GaussianMixture1D:
    return GaussianMixture1D(np.ones(1), np.array([mean]), np.array([sd**2]))


def law_of(flow: Callable[[Array], Array], nodes: int = 301) -> TransportLaw:
    """The law of flow(Z), Z standard normal."""
    return TransportLaw(flow, normal(0.0, 1.0), np.linspace(-20, 20, nodes))


def compare(law: TransportLaw, mean: float, sd: float) -> MassPair:
    return resolve(law, normal(mean, sd), (mean - 9 * sd, mean + 9 * sd), 1e-6)


PAIRS = [
    (0.0, 1.0, 0.0, 1.001),
    (0.2, 1.1, 0.0, 1.0),
    (1.0, 0.3, 0.0, 1.0),
    (-0.5, 2.0, 0.4, 0.05),
    (3.0, 0.5, -3.0, 0.5),
]


@pytest.mark.parametrize("metric", ALL)
@pytest.mark.parametrize(("m", "s", "mu", "sigma"), PAIRS)
def test_two_gaussians(metric: str, m: float, s: float, mu: float, sigma: float) -> None:
    truth = gaussian_distances(m, s**2, mu, sigma**2)[metric]
    found = METRICS[metric](compare(law_of(lambda x: m + s * x), mu, sigma))
    assert abs(found.value - truth) <= found.error + 1e-12
    assert found.value == pytest.approx(truth, rel=2e-5)
    assert found.error < 3e-3 * truth


@pytest.mark.parametrize("metric", ALL)
def test_equal_laws_are_at_distance_zero(metric: str) -> None:
    found = METRICS[metric](compare(law_of(lambda x: 0.3 + 0.5 * x), 0.3, 0.5))
    assert 0 <= found.value <= max(found.error, 1e-12)
    assert found.value < 1e-6


class EvenMarginal:
    """Uniform(low, high) as a marginal."""

    def __init__(self, low: float, high: float) -> None:
        self._law = uniform(low, high - low)

    def interval_mass(self, edges: Array) -> Array:
        return np.diff(self._law.cdf(edges))

    def cdf(self, x: Array) -> Array:
        return self._law.cdf(x)


def uniform_pair(q: tuple[float, float], p: tuple[float, float]) -> MassPair:
    """Uniform(q) as the image of a normal under its distribution function."""
    law = law_of(lambda x: q[0] + (q[1] - q[0]) * norm.cdf(x))
    return resolve(law, EvenMarginal(*p), p, 1e-6)  # type: ignore[arg-type]


def test_uniform_against_uniform() -> None:
    pair = uniform_pair((0.0, 1.0), (0.25, 1.5))
    assert total_variation(pair).value == pytest.approx(0.4, abs=1e-5)
    # p = 0.8 on [.25, 1.5], q = 1 on [0, 1]: overlap int sqrt(pq) = .75 sqrt(.8)
    hellinger = METRICS["hellinger"](pair)
    truth = math.sqrt(1 - 0.75 * math.sqrt(0.8))
    assert abs(hellinger.value - truth) <= hellinger.error
    w1, w2 = METRICS["w1"](pair), METRICS["w2"](pair)
    # quantiles u and .25 + 1.25 u
    assert w1.value == pytest.approx(0.375, rel=1e-5)
    assert w2.value == pytest.approx(math.sqrt(0.25**2 + 0.25 * 0.25 + 0.25**2 / 3), rel=1e-4)
    for found, true in ((w1, 0.375), (w2, 0.3818813)):
        assert abs(found.value - true) <= found.error + 1e-7


def test_kl_is_refused_where_the_output_has_no_mass_and_finite_the_other_way() -> None:
    with pytest.raises(Refused, match=r"^kl: 0\.4 of the target lies where the output's density"):
        kullback_leibler(uniform_pair((0.0, 1.0), (0.25, 1.5)))
    inside = kullback_leibler(uniform_pair((0.0, 1.0), (0.25, 0.75)))
    assert abs(inside.value - math.log(2)) <= inside.error + 1e-4
    assert inside.value == pytest.approx(math.log(2), rel=1e-3)


@pytest.mark.parametrize("gap", [1.0, 3.0])
def test_two_atoms_against_one(gap: float) -> None:
    """Half the mass moves by ``gap``: W1 = gap/2, W2 = gap/sqrt 2, TV = H^2 = 1/2."""
    law = law_of(lambda x: 1e-4 * x + gap * norm.cdf(x / 1e-12), nodes=2001)
    pair = compare(law, 0.0, 1e-4)
    truth = {"tv": 0.5, "hellinger": math.sqrt(0.5), "w1": gap / 2, "w2": gap / math.sqrt(2)}
    for metric, true in truth.items():
        found = METRICS[metric](pair)
        assert found.value == pytest.approx(true, rel=2e-5), metric
        assert abs(found.value - true) <= found.error + 2e-6, metric


def test_a_fold_sums_its_branches() -> None:
    """|Z| against N(0, 1): q = 2 phi on the right half, TV = 1/2, W1 = E|Z|."""
    law = law_of(lambda x: np.abs(x) + 0.0 * x, nodes=2001)
    assert law.folded
    pair = resolve(FoldedLaw(law, 1e-9, lambda: None), normal(0.0, 1.0), (-9.0, 9.0), 1e-6)
    found = total_variation(pair)
    assert abs(found.value - 0.5) <= found.error + 1e-9
    assert pair.q.sum() == pytest.approx(1.0, abs=1e-12)
    w1 = METRICS["w1"](pair)
    truth = math.sqrt(2 / math.pi)  # |Z| lies above Z in distribution: the difference of means
    assert w1.value == pytest.approx(truth, rel=1e-4)


def test_a_square_fold_matches_the_chi_square_law() -> None:
    law = law_of(lambda x: x * x, nodes=2001)
    folded = FoldedLaw(law, 1e-9, lambda: None)
    inner = folded.edges[(folded.edges > 1e-3) & (folded.edges < 12)]
    below = np.cumsum(np.concatenate([folded.tails[:1], folded.masses]))
    at = np.searchsorted(folded.edges, inner)
    np.testing.assert_allclose(below[at], chi2(1).cdf(inner), atol=1e-8)


@pytest.mark.parametrize("metric", ALL)
def test_errors_cover_and_shrink_as_the_start_is_refined(metric: str) -> None:
    """On a fixed coarse partition the error is larger and still covers the truth."""
    truth = gaussian_distances(0.3, 0.8**2, 0.0, 1.0)[metric]
    errors = []
    for cells in (200, 800, 3200):
        edges = np.linspace(-9, 9, cells + 1)
        q, p = (
            np.diff(np.concatenate([[0.0], norm.cdf(edges, m, s), [1.0]]))
            for m, s in ((0.3, 0.8), (0.0, 1.0))
        )
        found = METRICS[metric](MassPair(edges, q, p, 0.0))
        assert abs(found.value - truth) <= found.error
        errors.append(found.error)
    assert errors[0] > errors[1] > errors[2]


def test_misplaced_mass_joins_every_error() -> None:
    edges = np.linspace(-5, 5, 401)
    q, p = (np.diff(np.concatenate([[0.0], norm.cdf(edges, m), [1.0]])) for m in (0.1, 0.0))
    clean = MassPair(edges, q, p, 0.0)
    dirty = MassPair(edges, q, p, 1e-3, displacement=(2e-3, 3e-3))
    for metric, least in (("tv", 1e-3), ("kl", 1e-3), ("hellinger", 0.03), ("w1", 2e-3)):
        grown = METRICS[metric](dirty).error - METRICS[metric](clean).error
        assert grown >= 0.99 * least, metric
    assert METRICS["w2"](dirty).error >= 3e-3


def test_cells_without_a_sign_change_are_not_in_doubt() -> None:
    edges = np.linspace(0, 1, 5)
    p = np.array([0.0, 0.25, 0.25, 0.25, 0.25, 0.0])
    q = np.array([0.0, 0.4, 0.27, 0.23, 0.1, 0.0])
    doubt = ambiguity(MassPair(edges, q, p, 0.0))
    assert doubt[0] == doubt[5] == 0
    assert doubt[2] > 0
    assert doubt[3] > 0


def test_padding_covers_the_target_and_splits_in_order() -> None:
    law = Padded(law_of(lambda x: 0.01 * x, nodes=11), (-2.0, 3.0))
    assert law.edges[0] == -2.0
    assert law.edges[-1] == 3.0
    before = law.edges.copy()
    cells = np.array([0, 3, len(before) - 2])
    law.split(cells)
    assert (np.diff(law.edges) > 0).all()
    assert len(law.edges) == len(before) + 3
    assert np.isin(before, law.edges).all()
    assert law.masses.sum() + law.tails.sum() == pytest.approx(1.0, abs=1e-14)
    inner = np.flatnonzero(law.masses > 0.1)
    law.split(inner)
    assert law.masses.sum() + law.tails.sum() == pytest.approx(1.0, abs=1e-14)


def test_unknown_metric_is_refused_by_name() -> None:
    assert check_metric("w2") == "w2"
    with pytest.raises(InputError, match=r"^metric: one of tv, kl, hellinger, w1, w2, got 'js'"):
        check_metric("js")
