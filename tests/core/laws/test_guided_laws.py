"""Laws that guidance gives, and the tilted law, against brute force, hand recursions and draws."""

from __future__ import annotations

import json
import math
from collections.abc import Callable

import numpy as np
import pytest
from scipy.integrate import dblquad, quad
from scipy.interpolate import make_interp_spline
from scipy.special import ndtr

from diffusion_core import PRESETS, Experiment, Refused, measure, measure_all
from diffusion_core.__main__ import main
from diffusion_core.laws.front import law_of as law_of_run
from diffusion_core.laws.particles import final_points
from diffusion_core.laws.reference import reference, reference_points
from diffusion_core.scores.guided import Guided
from diffusion_core.targets import GaussianMixture, Points
from tests.core.ground_truth import betas_of, law_of, on_edges
from tests.core.reference import (
    Betas,
    affine_law,
    flow,
    gaussian_distances,
    gaussian_kernels,
    pushed_masses,
)

THREE = PRESETS["three-modes"].target
PLANE = GaussianMixture(
    (0.3, 0.3, 0.4),
    ((-1.2, 0.0), (1.0, 0.6), (0.3, -1.0)),
    (((0.2, 0.05), (0.05, 0.1)), ((0.15, 0.0), (0.0, 0.3)), ((0.1, -0.03), (-0.03, 0.2))),
)
LINE = Experiment(target=THREE, steps=12, score_error=Guided("1+3", 3.0))
IN_PLANE = Experiment(target=PLANE, steps=12, score_error=Guided("1+3", 3.0))
CLOUD = Points(tuple((v,) for v in (-1.4, -1.0, 0.1, 0.4, 1.6)), 0.15, tuple("abbaa"))


class GuidedByHand:
    """s + w (s_C - s) and its slope, of references that share no code with the core."""

    def __init__(self, e: Experiment) -> None:
        self.share, part = e.score_error.split(e.target)
        betas = betas_of(e)
        self.all, self.part = (
            law_of(e, betas),
            law_of(e.with_(target=part, score_error=None), betas),
        )
        self.w = e.score_error.scale

    def score(self, t: int, y: np.ndarray) -> np.ndarray:
        return (1 - self.w) * self.all.score(t, y) + self.w * self.part.score(t, y)

    def slope(self, t: int, y: np.ndarray) -> np.ndarray:
        return (1 - self.w) * self.all.slope(t, y) + self.w * self.part.slope(t, y)

    def bend(self, t: int, y: np.ndarray) -> np.ndarray:
        return (1 - self.w) * self.all.bend(t, y) + self.w * self.part.bend(t, y)

    def tilted(self, y: np.ndarray) -> np.ndarray:
        """p_1 P(C | y)^w, without its constant."""
        p, inside = self.all.density(1, y), self.part.density(1, y)
        return p * (self.share * inside / np.maximum(p, 1e-300)) ** self.w


def below(e: Experiment, against: str, edges: np.ndarray) -> np.ndarray:
    """The distribution function of what is compared with, on dense edges."""
    law = GuidedByHand(e)
    if against == "class":
        return law.part.cdf(1, edges)
    if against == "p1":
        return law.all.cdf(1, edges)
    middle = 0.5 * (edges[1:] + edges[:-1])
    f = (law.tilted(edges[:-1]) + 4 * law.tilted(middle) + law.tilted(edges[1:])) / 6
    total = np.concatenate([[0.0], np.cumsum(f * np.diff(edges))])
    return total / total[-1]


def banded(e: Experiment, betas: Betas, law: GuidedByHand, grid: np.ndarray) -> np.ndarray:
    """The density of Y_1 on ``grid`` by sums over four times as many sources, near them only."""
    step, fine = grid[1] - grid[0], np.linspace(grid[0], grid[-1], 4 * (len(grid) - 1) + 1)
    f = np.exp(-0.5 * grid**2) / math.sqrt(2 * math.pi)
    for t in range(betas.steps, 1, -1):
        for kernel in gaussian_kernels(e.sampler, t, betas, law):
            weight = make_interp_spline(grid, f, k=5)(fine) * (fine[1] - fine[0])
            used = weight > 1e-16 * weight.max()
            mean, sd = kernel(fine[used])
            weight, f = weight[used] / sd / math.sqrt(2 * math.pi), np.zeros_like(grid)
            nearest = np.round((mean - grid[0]) / step).astype(int)
            reach = math.ceil(8.6 * sd.max() / step) + 1
            for k in range(-reach, reach + 1):
                i = np.clip(nearest + k, 0, len(grid) - 1)
                z = (grid[i] - mean) / sd
                inside = nearest + k == i
                share = np.exp(-0.5 * z * z) * weight * inside
                f += np.bincount(i, share, minlength=len(grid))
    return f


def start_mass(x: np.ndarray) -> np.ndarray:
    """That of N(0, 1) between neighbours."""
    return np.where(x[1:] > 0, -np.diff(ndtr(-x)), np.diff(ndtr(x)))


def moved_nodes(
    e: Experiment, betas: Betas, law: GuidedByHand, p_below: Callable[[np.ndarray], np.ndarray]
) -> tuple[np.ndarray, np.ndarray]:
    """Start points and their images, moved until both laws have equal shares between neighbours."""
    x = np.linspace(-20, 20, 20_001)
    for size in (20_001, 20_001, 40_001):
        y = flow(e.sampler, x, betas, law, np.log)
        share = start_mass(x) + np.abs(np.diff(p_below(y))) + np.diff(x) / 40
        total = np.concatenate([[0.0], np.cumsum(share)])
        x = np.interp(np.linspace(0, total[-1], size), total, x)
    return x, flow(e.sampler, x, betas, law, np.log)


def brute(e: Experiment, *against: str) -> list[dict[str, float]]:
    """Distances from dense nodes pushed through the map, or dense Chapman-Kolmogorov sums."""
    betas, law = betas_of(e), GuidedByHand(e)
    edges = np.linspace(-9, 9, 40_001)
    if e.record.stochastic:
        reach = 9 + 2 * e.score_error.scale  # coarse steps throw some mass far
        grid = np.linspace(-reach, reach, round(reach / 0.006) + 1)
        distribution = make_interp_spline(grid, banded(e, betas, law, grid), k=5).antiderivative()
        q = np.concatenate([[0.0], np.maximum(np.diff(distribution(edges)), 0.0), [0.0]])
    else:
        all_below = sum(below(e, name, edges) for name in against) / len(against)
        distribution = make_interp_spline(edges, all_below, k=3)
        x, y = moved_nodes(e, betas, law, lambda v: distribution(np.clip(v, -9, 9)))
        rising = np.diff(y) > 0
        turns = y[1:-1][rising[1:] != rising[:-1]]
        edges = np.unique(np.concatenate([edges[::4], y, turns]))
        q = pushed_masses(x, y, start_mass(x), edges)
    return [on_edges(edges, q, below(e, name, edges)) for name in against]


@pytest.mark.parametrize("sampler", ["ode", "ode-taylor", "ddpm"])
def test_distances_on_the_line_agree_with_brute_force(sampler):
    e = LINE.with_(sampler=sampler, steps=12 if sampler.startswith("ddpm") else 40)
    names = ("tilted", "class", "p1")
    for against, truth in zip(names, brute(e, *names), strict=True):
        found = measure_all(e, ("tv", "hellinger"), against=against)
        for metric, value in found.items():
            assert abs(value.value - truth[metric]) < value.error + 2e-5, (metric, against)


@pytest.mark.parametrize(
    ("sampler", "scale"),
    [*(("ode", w) for w in (0.5, 8.0, 20.0)), ("ddpm", 6.0)],
)
def test_every_scale_agrees_with_brute_force(sampler, scale):
    steps = 12 if sampler == "ddpm" else 32
    e = LINE.with_(sampler=sampler, score_error=Guided("1+3", scale), steps=steps)
    found = measure(e, against="tilted")
    # at large scales the map is steep, and the brute force itself is worth no more
    assert abs(found.value - brute(e, "tilted")[0]["tv"]) < found.error + 5e-5


def test_at_scale_0_guidance_does_nothing():
    for sampler in ("ode", "ddpm"):
        e = LINE.with_(sampler=sampler, score_error=Guided("2", 0.0))
        plain = measure(e.with_(score_error=None))
        for against in ("p1", "tilted"):
            assert measure(e, against=against).value == pytest.approx(plain.value, rel=1e-6)


@pytest.mark.parametrize("sampler", ["ode", "ode-taylor", "ddpm", "ddpm-covariance"])
def test_at_scale_1_a_class_of_one_gaussian_is_an_affine_recursion(sampler):
    e = LINE.with_(sampler=sampler, score_error=Guided("1", 1.0), steps=20)
    laws = affine_law(sampler, betas_of(e), THREE.means[0][0], THREE.covariances[0][0][0], False)
    truth = gaussian_distances(*laws)
    for against in ("class", "tilted"):
        found = measure_all(e, ("tv", "w1"), against=against)
        for metric, value in found.items():
            assert value.value == pytest.approx(truth[metric], rel=1e-4), (metric, against)


def test_two_classes_of_one_law_leave_the_score_as_it_is():
    """P(C | x) is 1/2 everywhere: every scale is the plain run of one Gaussian, an affine map."""
    one = (((0.3,),), ((0.3,),))
    twice = GaussianMixture(
        (0.5, 0.5), *one[:0], means=((0.7,), (0.7,)), covariances=(((0.2,),),) * 2
    )
    e = Experiment(target=twice, steps=20, score_error=Guided("2", 7.0))
    truth = gaussian_distances(*affine_law("ode", betas_of(e), 0.7, 0.2, False))["tv"]
    for against in ("p1", "class", "tilted"):
        assert measure(e, against=against).value == pytest.approx(truth, rel=1e-4)


@pytest.mark.parametrize("e", [LINE, LINE.with_(target=CLOUD, score_error=Guided("b", 2.5))])
def test_the_tilted_law_on_the_line_is_its_integral(e):
    law, found = GuidedByHand(e), reference(e, "tilted")

    def f(y: float) -> float:
        return float(law.tilted(np.array([y]))[0])

    near = sorted(math.sqrt(betas_of(e).abar[1]) * float(m) for m in law.all.m.ravel())
    z = quad(f, -6, 6, epsabs=1e-14, epsrel=1e-12, limit=1000, points=near)[0]
    assert math.exp(found.marginal.log_constant) == pytest.approx(z, rel=1e-9)
    assert found.error < 1e-9
    edges = np.array([-2.0, -1.3, -1.3, 0.2, 0.9, 2.1])
    masses = found.marginal.interval_mass(edges)
    for mass, a, b in zip(masses, edges[:-1], edges[1:], strict=True):
        assert mass == pytest.approx(
            quad(f, a, b, epsabs=1e-15, limit=500)[0] / z, rel=1e-8, abs=1e-14
        )
    np.testing.assert_allclose(np.diff(found.marginal.cdf(edges)), masses, rtol=1e-9, atol=1e-14)


def test_the_tilted_law_in_the_plane_is_its_integral():
    e = Experiment(target=PLANE, steps=20, score_error=Guided("1+3", 4.0))
    share, part = e.score_error.split(PLANE)
    level = e.chain.level(1)
    p, inside = PLANE.marginal(level), part.marginal(level)

    def f(y: float, x: float) -> float:
        at = np.array([[x, y]])
        a, b = math.exp(p.log_density(at)[0]), math.exp(inside.log_density(at)[0])
        return a * (share * b / a) ** 4 if a > 0 else 0.0

    z = dblquad(f, -4, 4, -4, 4, epsabs=1e-6, epsrel=1e-6)[0]
    assert math.exp(reference(e, "tilted").marginal.log_constant) == pytest.approx(z, rel=1e-5)


@pytest.mark.parametrize("scale", [0.5, 3.0])
@pytest.mark.parametrize("against", ["tilted", "class"])
def test_draws_have_the_law_that_they_are_of(scale, against):
    """Mean and spread of draws beside integrals, and how often draws of p are kept beside Z."""
    e = LINE.with_(score_error=Guided("1+3", scale))
    n, edges = 40_000, np.linspace(-7, 7, 20_001)
    x = reference_points(e, n, np.random.default_rng(5), against)
    assert x.shape == (n, 1)
    mass, middle = np.diff(below(e, against, edges)), 0.5 * (edges[1:] + edges[:-1])
    for power in (1, 2):
        values = x[:, 0] ** power
        assert abs(values.mean() - mass @ middle**power) < 5 * values.std() / math.sqrt(n)


@pytest.mark.parametrize("sampler", ["ode", "ddpm"])
@pytest.mark.parametrize(
    "e", [LINE, Experiment(target=PLANE, steps=12, score_error=Guided("1+3", 3.0))]
)
def test_particles_agree_with_the_exact_law(e, sampler):
    e = e.with_(sampler=sampler)
    y = final_points(e, 60_000)
    for against in ("tilted", "class"):
        exact = measure(e, against=against)
        drawn = measure(e, method="particles", points=y, against=against)
        assert abs(exact.value - drawn.value) < 5 * drawn.error + exact.error


@pytest.mark.parametrize(("sampler", "steps"), [("ode", 48), ("ddpm", 24)])
def test_a_product_in_the_plane_is_made_of_laws_on_the_line(sampler, steps):
    """The second axis is N(0, 1) for all components: score -y, its law an affine recursion."""
    means = tuple((m, 0.0) for (m,) in THREE.means)
    covariances = tuple(((c, 0.0), (0.0, 1.0)) for ((c,),) in THREE.covariances)
    flat = GaussianMixture(THREE.weights, means, covariances)
    run = LINE.with_(sampler=sampler, steps=steps, score_error=Guided("2+3", 2.0))
    betas, variance = betas_of(run), 1.0
    for t in range(betas.steps, 1, -1):
        b = betas.beta[t]
        moved = (1 - b / 2) ** 2 * variance if sampler == "ode" else (1 - b) ** 2 * variance + b
        variance = moved / betas.alpha[t]
    x, y = np.linspace(-6, 6, 4801), np.linspace(-7, 7, 1401)
    (last,) = law_of_run(run).over_time(x, [1])
    law = GuidedByHand(run)
    tilted = law.tilted(x) / (law.tilted(x).sum() * (x[1] - x[0]))
    q = last.output[:, None] * np.exp(-(y**2) / (2 * variance)) / math.sqrt(2 * math.pi * variance)
    p = tilted[:, None] * np.exp(-(y**2) / 2) / math.sqrt(2 * math.pi)
    truth = 0.5 * np.abs(q - p).sum() * (x[1] - x[0]) * (y[1] - y[0])
    found = measure(run.with_(target=flat), against="tilted")
    assert abs(found.value - truth) < found.error + 1e-4


def test_beyond_the_plane_the_tilted_law_is_drawn_from():
    space = GaussianMixture(
        (0.5, 0.5), ((1.0, 0.0, 0.0), (-1.0, 0.0, 0.0)), (tuple(map(tuple, np.eye(3) * 0.3)),) * 2
    )
    e = Experiment(target=space, steps=12, score_error=Guided("1", 2.0))
    with pytest.raises(Refused):
        measure(e, against="tilted")
    found = measure(e, "sw1", "particles", 5000, against="tilted")
    assert found.value > 5 * found.error


def test_a_tilted_law_that_hardly_any_draw_has_is_refused():
    near = GaussianMixture((0.999, 0.001), ((0.0,), (0.0,)), (((1.0,),), ((1.0,),)))
    e = Experiment(target=near, steps=12, score_error=Guided("2", 3.0))
    with pytest.raises(Refused, match="less than a thousandth"):
        reference_points(e, 100, np.random.default_rng(0), "tilted")


def test_the_command_line_compares_with_the_tilted_law(tmp_path, capsys):
    file = tmp_path / "run.json"
    file.write_text(LINE.to_json())
    assert main(["distance", str(file), "--against", "tilted"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["value"] == pytest.approx(brute(LINE, "tilted")[0]["tv"], rel=2e-4)
    file.write_text(LINE.with_(score_error=None).to_json())
    assert main(["distance", str(file), "--against", "tilted"]) == 2
    assert "against: tilted needs a guided score" in capsys.readouterr().err
