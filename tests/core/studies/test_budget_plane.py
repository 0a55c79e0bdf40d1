"""The parts of the error in the plane: products of laws on the line, Gaussians, refinement."""

from __future__ import annotations

import math

import numpy as np
import pytest

from diffusion_core import PRESETS, Experiment, InputError, Refused, measure
from diffusion_core.laws.exact_steps import Smoothed
from diffusion_core.laws.gaussian import AxisGaussian, gaussian_tv
from diffusion_core.laws.line.law import marginal_bounds
from diffusion_core.laws.line.step_kernel import StochasticSteps
from diffusion_core.samplers import advance
from diffusion_core.schedules import Linear, LinearDDPM
from diffusion_core.scores.errors import Shift
from diffusion_core.scores.exact import ExactScore
from diffusion_core.studies.budget import (
    budget,
    initialisation,
    plane_difference,
    plane_outcome_difference,
    start_alone,
    step_laws,
    switches,
)
from diffusion_core.targets.gallery import line_mixture
from diffusion_core.targets.gaussian_mixture import GaussianMixture
from tests.core.studies.test_budget import gaussian_step

X = line_mixture((0.35, 0.65), (-1.1, 0.9), (0.35, 0.25))
Y = line_mixture((0.6, 0.4), (-0.5, 1.2), (0.3, 0.45))
ROUGH = LinearDDPM(0.02, 0.3)
TURN = np.array([[0.8, -0.6], [0.6, 0.8]])
AXES = (np.array([0.7, -0.4]), np.array([0.16, 0.5]))  # means and variances along the axes


def product(turn: np.ndarray) -> GaussianMixture:
    """X times Y, turned."""
    pairs = [(i, j) for i in range(2) for j in range(2)]
    mean = [turn @ [X.means[i][0], Y.means[j][0]] for i, j in pairs]
    cov = [turn @ np.diag([_variance(X, i), _variance(Y, j)]) @ turn.T for i, j in pairs]
    weights = tuple(X.weights[i] * Y.weights[j] for i, j in pairs)
    return GaussianMixture(weights, _tuples(mean), _tuples(cov))


def _variance(of: GaussianMixture, i: int) -> float:
    return of.covariances[i][0][0]


def _tuples(of: object) -> tuple:
    return tuple(_tuples(v) for v in of) if np.ndim(of) else float(of)  # type: ignore


def one_gaussian(turn: np.ndarray) -> GaussianMixture:
    mean, variance = AXES
    cov = turn @ np.diag(variance) @ turn.T
    return GaussianMixture((1.0,), _tuples([turn @ mean]), _tuples([cov]))


def gaussian_at(e: Experiment, t: int) -> AxisGaussian:
    level = e.chain.level(t)
    return AxisGaussian(math.sqrt(level.abar) * AXES[0], level.abar * AXES[1] + level.var)


def image_of(e: Experiment, t: int) -> AxisGaussian:
    """The image of p_t along each axis: a step on the line."""
    parts = []
    for k in range(2):
        line = e.with_(
            target=line_mixture((1.0,), (AXES[0][k],), (math.sqrt(AXES[1][k]),)), score_error=None
        )
        law = gaussian_at(e, t)
        parts.append(gaussian_step(line, t, AxisGaussian(law.mean[[k]], law.variance[[k]])))
    mean, variance = (np.concatenate([getattr(p, n) for p in parts]) for n in ("mean", "variance"))
    return AxisGaussian(mean, variance)


def close(found: object, truth: float, relative: float = 1e-2) -> None:
    """Within its own error, which is not large."""
    assert abs(found.value - truth) <= found.error  # type: ignore
    assert found.error <= relative * truth + 3e-5  # type: ignore


def line_masses(e: Experiment, t: int) -> tuple[np.ndarray, np.ndarray]:
    """Masses of K p_t and of p_{t-1} in cells of the line, for one coordinate."""
    p, ahead = (e.target.marginal(e.chain.level(s)) for s in (t, t - 1))
    if e.record.stochastic:
        edges = np.linspace(*marginal_bounds(e.target, e.chain.level(t - 1)), 1201)
        mass = ahead.interval_mass(edges)
        return mass + StochasticSteps(e).difference(t, edges), mass
    x = np.linspace(*marginal_bounds(e.target, e.chain.level(t)), 1501)
    y, _ = advance(e.record, x[:, None], t, e.chain, ExactScore(e.target, e.chain), np.zeros)
    return p.interval_mass(x), ahead.interval_mass(y[:, 0])


@pytest.mark.parametrize(
    ("name", "turn"), [("ode", TURN), ("heun", np.eye(2)), ("ddpm", np.eye(2)), ("ddpm", TURN)]
)
def test_a_step_of_a_product_is_a_product(name: str, turn: np.ndarray) -> None:
    e = Experiment(product(turn), sampler=name, schedule=ROUGH, steps=12)
    found = {s.t: s.local for s in step_laws(e).steps()}
    for t in (11, 6, 2):
        (a, c), (b, d) = (line_masses(e.with_(target=of), t) for of in (X, Y))
        truth = 0.5 * float(np.abs(np.outer(a, b) - np.outer(c, d)).sum())
        close(found[t], truth)


@pytest.mark.parametrize("name", ["ode", "ode-taylor", "ddpm"])
def test_one_gaussian_in_closed_form(name: str) -> None:
    """The score's share too: a constant error shifts the image."""
    size = 0.3
    e = Experiment(one_gaussian(TURN), sampler=name, schedule=ROUGH, steps=8)
    wrong = e.with_(score_error=Shift(size))
    for step in list(step_laws(wrong).steps())[::3]:
        image = image_of(e, step.t)
        close(step.local, gaussian_tv(image, gaussian_at(e, step.t - 1))[0])
        y = np.zeros((1, 2))
        shift = np.zeros(2)
        if name in ("ode", "ddpm"):
            moved = [
                advance(e.record, y, step.t, e.chain, run.score, np.zeros)[0] for run in (wrong, e)
            ]
            shift = TURN.T @ (moved[0] - moved[1])[0]
            there = AxisGaussian(image.mean + shift, image.variance)
            close(step.score, gaussian_tv(there, image)[0])
        assert step.score.value > 1e-3


@pytest.mark.parametrize("name", ["ode", "ddpm"])
def test_the_account_of_a_mixture(name: str) -> None:
    e = Experiment(product(TURN), sampler=name, schedule=ROUGH, steps=10)
    shares: list[float] = []
    found = budget(e, progress=shares.append)
    assert shares[-1] == 1
    truth = measure(e)
    assert abs(found.total.value - truth.value) <= found.total.error + truth.error
    close(found.total, truth.value, 2e-2)
    close(found.without_start, measure(e.with_(start="exact")).value, 2e-2)
    assert found.sum.value + found.sum.error >= found.total.value
    doubt = found.sum.error
    for bound, (_, reached) in zip(found.partial_sums, found.reached, strict=True):
        assert reached.value <= bound + doubt + reached.error
    assert found.contraction is not None
    assert (found.contraction > 0) == (name == "ddpm")
    exact = budget(e.with_(start="exact"))
    assert exact.initialisation.value == exact.reached[0][1].value == 0
    assert [s.local for s in exact.steps] == [s.local for s in found.steps]
    rows = switches(e, found)
    assert [(r.start, r.steps) for r in rows] == [
        ("noise", True),
        ("exact", True),
        ("noise", False),
        ("exact", False),
    ]
    assert rows[0].tv == found.total
    assert rows[1].tv == found.without_start
    assert rows[2].tv is not None
    assert rows[2].tv.value <= found.initialisation.value + found.initialisation.error
    assert rows[3].tv is not None
    assert rows[3].tv.value == 0


def test_the_initialisation_in_closed_form() -> None:
    e = Experiment(one_gaussian(TURN), schedule=LinearDDPM(), steps=30)
    noise = AxisGaussian(np.zeros(2), np.ones(2))
    close(initialisation(e), gaussian_tv(noise, gaussian_at(e, 30))[0], 1e-3)


@pytest.mark.parametrize("dim", [1, 2])
def test_what_exact_steps_leave_of_the_start_in_closed_form(dim: int) -> None:
    """For a Gaussian: X_1 | X_T is normal, so q_1 is."""
    target = one_gaussian(TURN) if dim == 2 else line_mixture((1.0,), (0.7,), (0.4,))
    e = Experiment(target, sampler="ddpm", schedule=LinearDDPM(), steps=60)
    end, begin = gaussian_at(e, 1), gaussian_at(e, 60)
    a = math.sqrt(e.chain.abar[60] / e.chain.abar[1])
    gain = a * end.variance / begin.variance
    mean = end.mean - gain * begin.mean
    q = AxisGaussian(mean, end.variance - gain * a * end.variance + gain**2)
    truth, _ = gaussian_tv(*(AxisGaussian(v.mean[:dim], v.variance[:dim]) for v in (q, end)))
    found = start_alone(e)
    assert found is not None
    assert truth > 1e-3
    close(found, truth, 1e-3)


def test_exact_steps_smooth_the_ratio_of_a_product_coordinate_by_coordinate() -> None:
    e = Experiment(product(np.eye(2)), sampler="ddpm", schedule=LinearDDPM(), steps=80)
    y = np.random.default_rng(3).uniform(-1.5, 1.5, (40, 2))
    parts = [Smoothed(e.with_(target=of))(y[:, [k]]) for k, of in enumerate((X, Y))]
    assert Smoothed(e)(y) == pytest.approx(parts[0] * parts[1], rel=1e-9)
    level = e.chain.level(1)
    laws = []
    for of in (X, Y):
        edges = np.linspace(*marginal_bounds(of, level), 1501)
        mass = of.marginal(level).interval_mass(edges)
        middle = 0.5 * (edges[1:] + edges[:-1])
        laws.append((mass, mass * Smoothed(e.with_(target=of))(middle[:, None])))
    (p, q), (r, s) = laws
    truth = 0.5 * float(np.abs(np.outer(p, r) - np.outer(q, s)).sum())
    found = start_alone(e)
    assert found is not None
    assert found.value == pytest.approx(truth, rel=1e-3)


def test_many_small_steps_come_to_what_exact_ones_leave() -> None:
    """A poor start and a good sampler: TV(q_1, p_1) of DDPM goes to it like 1/T."""
    gaps = []
    for steps in (200, 400):
        e = Experiment(sampler="ddpm", schedule=Linear(0.1, 4.0), steps=steps)
        left = start_alone(e)
        assert left is not None
        assert left.value < 0.8 * initialisation(e).value
        gaps.append(abs(measure(e).value - left.value) / left.value)
    assert gaps[1] < 0.6 * gaps[0] + 1e-4
    assert gaps[1] < 0.1


@pytest.mark.parametrize("name", ["ode", "ddpm"])
def test_pictures_have_their_distances(name: str) -> None:
    e = Experiment(product(TURN), sampler=name, schedule=ROUGH, steps=12)
    axes = (np.linspace(-4, 4, 161), np.linspace(-4.2, 4.2, 169))
    cell = float((axes[0][1] - axes[0][0]) * (axes[1][1] - axes[1][0]))
    for gap, truth, lost in (
        (plane_difference(e, 4, axes), {s.t: s for s in step_laws(e).steps()}[4].local.value, 1e-3),
        (plane_outcome_difference(e, axes), measure(e).value, 3e-2),  # from a mesh
    ):
        assert gap.shape == (161, 169)
        assert 0.5 * float(np.abs(gap).sum()) * cell == pytest.approx(truth, rel=2e-2)
        assert abs(float(gap.sum())) * cell < lost * truth


def test_what_has_no_account_in_the_plane_is_refused_in_a_sentence() -> None:
    e = Experiment(product(TURN), schedule=Linear(), steps=10)
    with pytest.raises(Refused, match="wider in some directions"):
        budget(e.with_(sampler="ddpm-covariance"))
    with pytest.raises(Refused, match="remembers the step before"):
        budget(e.with_(sampler="dpmpp-2m"))
    with pytest.raises(Refused, match="folds the plane"):
        budget(Experiment(PRESETS["atoms-2d"].target, sampler="heun", schedule=Linear(), steps=12))
    with pytest.raises(InputError, match=r"t: the steps are t = 10\.\.2, got 11"):
        plane_difference(e, 11, (np.linspace(-1, 1, 5), np.linspace(-1, 1, 5)))
    solid = GaussianMixture((1.0,), ((0.0,) * 3,), (_tuples(np.eye(3)),))
    with pytest.raises(Refused, match="in 3 dimensions"):
        budget(Experiment(solid))
