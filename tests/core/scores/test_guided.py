"""Guided scores: what they are, of which class, and what is refused."""

import json
import math

import numpy as np
import pytest
from scipy.integrate import quad

from diffusion_core import PRESETS, Experiment, InputError, measure
from diffusion_core.scores.exact import ExactScore
from diffusion_core.scores.guided import Guided
from diffusion_core.targets import Boxes, GaussianMixture, Points
from tests.core.scores.score_laws import PLANE, SKEWED, SPACE

THREE = PRESETS["three-modes"].target
CLOUD = Points(((-1.0, 0.3), (0.2, 0.1), (1.5, -0.7)), 0.2, ("a", "b", "a"))
RUNS = {"line": (THREE, "1+3"), "plane": (PLANE, "2"), "space": (SPACE, "1"), "cloud": (CLOUD, "a")}


def guided(target, label, scale, **rest):
    return Experiment(target=target, steps=20, score_error=Guided(label, scale), **rest)


def points(target, e, t, n=50):
    return target.sample_marginal(n, e.chain.level(t), np.random.default_rng(3))


@pytest.mark.parametrize("name", RUNS)
@pytest.mark.parametrize("t", [1, 9, 20, 21, 5.5])
def test_scale_0_is_the_score_of_all_data_and_scale_1_that_of_the_class(name, t):
    target, label = RUNS[name]
    _, part = Guided(label).split(target)
    for scale, law in ((0.0, target), (1.0, part)):
        e = guided(target, label, scale)
        x, exact = points(target, e, 5), ExactScore(law, e.chain)
        for of in ("__call__", "jacobian", "trace_gradient"):
            found, truth = (getattr(s, of)(t, x) for s in (e.score, exact))
            np.testing.assert_allclose(found, truth, rtol=1e-9, atol=1e-9 * np.abs(truth).max())


@pytest.mark.parametrize("name", RUNS)
def test_derivatives_are_those_of_the_guided_score(name):
    target, label = RUNS[name]
    e = guided(target, label, 4.0)
    score, x, h = e.score, points(target, e, 9), 1e-4

    def slope(of):
        steps = h * np.eye(target.dim)
        return np.stack([(of(x + k) - of(x - k)) / (2 * h) for k in steps], axis=-1)

    np.testing.assert_allclose(score.jacobian(9, x), slope(lambda y: score(9, y)), atol=1e-4)
    trace = slope(lambda y: np.trace(score.jacobian(9, y), axis1=1, axis2=2))
    np.testing.assert_allclose(score.trace_gradient(9, x), trace, atol=1e-3)
    np.testing.assert_allclose(score(9, x), slope(score.tilt(9).log_density), atol=1e-4)


def test_of_two_equal_gaussians_the_score_is_what_a_hand_derives():
    """N(+-m, v): s_C = -(x - mu)/V, P(C | x) = 1/(1 + exp(-2 mu x/V)), so the guided score is

    -(x - mu)/V + (w - 1) (2 mu/V)(1 - P(C | x)).
    """
    m, v, w = 1.0, 0.25, 5.0
    e = guided(GaussianMixture((0.5, 0.5), ((-m,), (m,)), (((v,),),) * 2), "2", w)
    x = np.linspace(-3, 3, 41)
    for t in (1, 10, 20):
        level = e.chain.level(t)
        mu, V = math.sqrt(level.abar) * m, level.abar * v + level.var
        other = 1 / (1 + np.exp(2 * mu * x / V))
        truth = -(x - mu) / V + (w - 1) * 2 * mu / V * other
        np.testing.assert_allclose(e.score(t, x[:, None])[:, 0], truth, rtol=1e-11, atol=1e-11)


@pytest.mark.parametrize("scale", [0.0, 1.0, 4.0])
def test_only_scales_0_and_1_follow_a_forward_chain(scale):
    """The score of the noised tilted law, by integrals of its own, against the guided score."""
    m, v, t = 1.0, 0.25, 12
    e = guided(GaussianMixture((0.5, 0.5), ((-m,), (m,)), (((v,),),) * 2), "2", scale)
    level = e.chain.level(t)

    def tilted(u):
        both = math.exp(-((u - m) ** 2) / (2 * v)) + math.exp(-((u + m) ** 2) / (2 * v))
        return both / (1 + math.exp(-2 * m * u / v)) ** scale

    def noised(x, power):
        gap = lambda u: x - math.sqrt(level.abar) * u  # noqa: E731
        of = lambda u: tilted(u) * gap(u) ** power * math.exp(-(gap(u) ** 2) / (2 * level.var))  # noqa: E731
        return quad(of, -6, 6, epsabs=1e-13, epsrel=1e-12, limit=400)[0]

    x = np.array([-1.0, 0.0, 1.0])
    truth = np.array([-noised(p, 1) / noised(p, 0) / level.var for p in x])
    gap = np.abs(e.score(t, x[:, None])[:, 0] - truth).max()
    assert gap < 1e-9 if scale <= 1 else gap > 0.1


def test_under_much_noise_guidance_pulls_to_a_mean_that_no_tilted_law_has():
    """As abar goes to 0 the guided score at 0 is sqrt(abar) (mu + w (mu_C - mu)): it grows with w,

    while the mean of a tilted law stays where the class is.
    """
    share, part = Guided("1").split(SKEWED)
    mean = float(np.dot(SKEWED.weights, [m[0] for m in SKEWED.means]))
    own = part.means[0][0]
    for scale in (1.0, 5.0, 20.0):
        e = guided(SKEWED, "1", scale).with_(steps=1000)
        root = math.sqrt(e.chain.level(1000).abar)
        pull = float(e.score(1000, np.zeros((1, 1)))[0, 0]) / root
        assert pull == pytest.approx(mean + scale * (own - mean), rel=1e-6)
    assert share == pytest.approx(0.3)


def test_unlabelled_components_are_classes_by_number_and_labels_join_them():
    assert THREE.classes == ("1", "2", "3")
    share, part = Guided("3+1").split(THREE)
    assert share == pytest.approx(0.6)
    assert part == GaussianMixture(
        (0.5, 0.5), (THREE.means[0], THREE.means[2]), (THREE.covariances[0], THREE.covariances[2])
    )
    labelled = GaussianMixture(THREE.weights, THREE.means, THREE.covariances, ("x", "y", "x"))
    assert labelled.classes == ("x", "y")
    assert Guided("x").split(labelled) == (share, part)
    share, part = Guided("a").split(CLOUD)
    assert (share, part) == (2 / 3, Points((CLOUD.points[0], CLOUD.points[2]), 0.2))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Guided("1", -0.1), "score_error.scale: must be between 0 and 20, got -0.1"),
        (lambda: Guided("1", 20.5), "score_error.scale: must be between 0 and 20, got 20.5"),
        (lambda: guided(THREE, "4", 2.0), "class: one of 1, 2, 3, or several joined by +, got '4'"),
        (lambda: guided(THREE, "", 2.0), "class: one of 1, 2, 3, or several joined by +, got ''"),
        (lambda: guided(CLOUD, "1", 2.0), "class: one of a, b, or several joined by +, got '1'"),
        (
            lambda: guided(Boxes((1.0,), ((0.0,),), ((1.0,),)), "1", 2.0),
            "needs a target whose parts have classes, a mixture of Gaussians or points with "
            "labels; kind boxes has none",
        ),
        (lambda: guided(Points(((0.0,), (1.0,)), 0.1), "1", 2.0), "kind points has none"),
        (lambda: Points(((0.0,), (1.0,)), 0.1, ("a",)), "2 points need 2 labels, got 1"),
        (
            lambda: GaussianMixture(THREE.weights, THREE.means, THREE.covariances, ("a", "b")),
            "target.labels: 3 components need 3 labels, got 2",
        ),
        (lambda: Points(((0.0,),), 0.1, ("a+b",)), "target.labels: each a text of 1 to 40"),
        (lambda: Points(((0.0,),), 0.1, ("",)), "target.labels: each a text of 1 to 40"),
        (
            lambda: Points(((0.0,),) * 51, 0.1, tuple(str(k) for k in range(51))),
            "target.labels: at most 50 classes, got 51",
        ),
        (lambda: measure(Experiment(), against="tilted"), "against: tilted needs a guided score"),
        (lambda: measure(Experiment(), against="class"), "against: class needs a guided score"),
    ],
)
def test_what_cannot_be_guided_is_refused_in_one_sentence(make, message):
    with pytest.raises(InputError) as refused:
        make()
    assert message in str(refused.value)


@pytest.mark.parametrize("name", RUNS)
def test_a_description_survives_json(name):
    target, label = RUNS[name]
    e = guided(target, label, 2.5)
    assert Experiment.from_json(e.to_json()) == e
    told = json.loads(e.to_json())
    assert told["score_error"] == {"kind": "guided", "class": label, "scale": 2.5}


def test_labels_are_written_only_where_there_are_some():
    plain = Experiment(target=GaussianMixture(THREE.weights, THREE.means, THREE.covariances))
    assert "labels" not in json.loads(plain.to_json())["target"]
    assert json.loads(Experiment(target=CLOUD).to_json())["target"]["labels"] == ["a", "b", "a"]
    told = json.loads(Experiment(target=CLOUD).to_json())
    told["target"]["labels"] = ["a", 2, "a"]
    with pytest.raises(InputError, match=r"target\.labels: must be a text, got 2"):
        Experiment.from_dict(told)


def test_a_distance_to_p1_says_that_p1_is_the_law_of_all_data():
    found = measure(guided(THREE, "2", 2.0))
    assert any(
        "guided to class 2 at scale 2: p_1 still is the law of all" in n for n in found.notes
    )
