"""Steps, scores and targets that a reader hands over: the same numbers as ours, or one sentence."""

from __future__ import annotations

import math
import re
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from diffusion_core import (
    PRESETS,
    SAMPLERS,
    Experiment,
    InputError,
    Refused,
    measure,
    own_sampler,
    own_score,
    own_target,
    plan,
    sweep,
)
from diffusion_core.laws.front import law_of
from diffusion_core.laws.traced import trace
from diffusion_core.samplers.record import Sampler
from diffusion_core.schedules import CLEAN, LogSNR
from diffusion_core.studies.budget import budget
from diffusion_core.studies.dimension import axis_law
from diffusion_core.studies.score_sizes import eps_jacobi, eps_score
from diffusion_core.targets import Boxes, GaussianMixture
from diffusion_core.targets.line_mixture import GaussianMixture1D

LINE = Experiment(target=PRESETS["three-modes"].target, steps=12)
ROUND = ((0.25, 0.1), (0.1, 0.3))
PLANE = Experiment(
    target=GaussianMixture((0.4, 0.6), ((-1.0, 0.0), (1.0, 0.5)), (ROUND, ROUND)), steps=6
)
README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")


def ode(y, t, chain, score):
    return (y + chain.beta[t] / 2 * score(t, y)) / math.sqrt(chain.alpha[t])


def ddpm(y, t, chain, score):
    root = math.sqrt(chain.alpha[t])
    return (y + chain.beta[t] * score(t, y)) / root, math.sqrt(chain.beta[t]) / root


def covariance(y, t, chain, score):
    beta, root = chain.beta[t], math.sqrt(chain.alpha[t])
    shape = np.eye(y.shape[1]) + beta / 2 * score.jacobian(t, y)
    return (y + beta * score(t, y)) / root, math.sqrt(beta) * shape / root


OWN = {
    "ode": own_sampler(ode, "my ode"),
    "ddpm": own_sampler(ddpm, "my ddpm", stochastic=True),
    "ddpm-covariance": own_sampler(covariance, "mine", stochastic=True, derivatives="Jacobian"),
}


def plane_score(t, x):
    return PLANE.target.marginal(PLANE.chain.level(t)).score(x)


def modes_score(t, x):
    return LINE.target.marginal(LINE.chain.level(t)).score(x)


# ---- steps


@pytest.mark.parametrize("name", OWN)
def test_an_own_step_gives_the_numbers_of_the_same_step_of_ours(name: str) -> None:
    mine, ours = LINE.with_(sampler=OWN[name]), LINE.with_(sampler=name)
    for metric in ("tv", "kl", "w2"):
        found, known = measure(mine, metric), measure(ours, metric)
        assert found.value == pytest.approx(known.value, rel=1e-10)
        assert found.error == pytest.approx(known.error, rel=1e-4)
        assert found.nfe == known.nfe
    drawn = (measure(e, "tv", "particles", 500).value for e in (mine, ours))
    assert next(drawn) == pytest.approx(next(drawn), rel=1e-12)
    grid = np.linspace(-4, 4, 65)
    one, other = (next(iter(law_of(e).over_time(grid, [3]))) for e in (mine, ours))
    np.testing.assert_allclose(one.output, other.output, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("name", ["ode", "ddpm"])
def test_so_it_does_in_the_plane_and_step_by_step(name: str) -> None:
    mine, ours = PLANE.with_(sampler=OWN[name]), PLANE.with_(sampler=name)
    assert measure(mine).value == pytest.approx(measure(ours).value, rel=1e-9)
    one, other = (budget(LINE.with_(sampler=s)) for s in (OWN[name], name))
    assert one.sum.value == pytest.approx(other.sum.value, rel=1e-9)
    assert one.total.value == pytest.approx(other.total.value, rel=1e-9)


def test_an_own_step_on_a_gaussian_is_not_taken_for_affine() -> None:
    def bent(y, t, chain, score):
        return ode(y, t, chain, score) + 0.1 * np.sin(3 * y)

    e = Experiment(target=PRESETS["gaussian"].target, sampler=own_sampler(bent), steps=12)
    exact, drawn = measure(e), measure(e, "tv", "particles", 40_000)
    assert abs(exact.value - drawn.value) < 5 * drawn.error
    with pytest.raises(Refused, match="affine updates only"):
        axis_law(OWN["ode"], LINE.chain, 0.5, False)
    far = PRESETS["gaussian"].target
    wide = GaussianMixture((1.0,), ((0.0,) * 3,), (tuple(map(tuple, np.eye(3).tolist())),))
    assert far.dim == 1
    with pytest.raises(Refused, match="use the particles method"):
        measure(e.with_(target=wide))


def test_widths_may_differ_from_particle_to_particle() -> None:
    def wide(y, t, chain, score):
        mean, spread = ddpm(y, t, chain, score)
        return mean, np.full(len(y), spread)

    mine = LINE.with_(sampler=own_sampler(wide, stochastic=True))
    assert measure(mine).value == pytest.approx(measure(LINE.with_(sampler="ddpm")).value, rel=1e-9)
    with pytest.raises(Refused, match="noise of one width in every direction"):
        measure(PLANE.with_(sampler=mine.sampler))


def test_an_own_step_is_traced_and_swept_beside_ours() -> None:
    steps = list(trace(LINE.with_(sampler=OWN["ddpm"]), 5, 3))
    assert steps[0].ends is not None
    np.testing.assert_allclose(steps[0].ends[-1], steps[1].y[:3])
    runs = plan(LINE, ["ode", OWN["ode"]], [4, 8])
    found = [(r.sampler, r.measurement and r.measurement.value) for r in sweep(runs)]
    assert [name for name, _ in found] == ["ode", "my ode"] * 2
    assert found[2][1] == pytest.approx(found[3][1], rel=1e-10)
    with ProcessPoolExecutor(1) as pool:
        (run,) = sweep(plan(LINE, [OWN["ode"]], [4]), executor=pool)
        assert run.measurement is not None
        assert run.measurement.value == pytest.approx(found[1][1], rel=1e-10)
        local = own_sampler(lambda y, t, chain, score: y)
        with pytest.raises(InputError, match="defined at the top of a module"):
            list(sweep(plan(LINE, [local], [4]), executor=pool))


@pytest.mark.parametrize(
    ("step", "stochastic", "words"),
    [
        (lambda y, t, c, s: y[:, 0], False, "must return points of the shape of y"),
        (lambda y, t, c, s: "y", False, "must return points in numbers"),
        (lambda y, t, c, s: (y, 1.0), False, "returns 2 things"),
        (lambda y, t, c, s: y, True, r"must return \(mean, spread\)"),
        (lambda y, t, c, s: (y[:1], 1.0), True, "must return mean of the shape"),
        (lambda y, t, c, s: (y, np.ones((2, 3))), True, "spread of mine must be a number"),
        (lambda y, t, c, s: (y, None), True, "must return spread in numbers"),
        (lambda y, t, c, s: y * 1j, False, "must return real numbers"),
    ],
)
def test_a_wrong_step_is_one_sentence(step, stochastic: bool, words: str) -> None:
    run = LINE.with_(sampler=own_sampler(step, stochastic=stochastic))
    for method in ("exact", "particles"):
        with pytest.raises(InputError, match=words) as refusal:
            measure(run, "tv", method, 500)
        assert "\n" not in str(refusal.value)


def test_what_is_no_number_is_refused() -> None:
    run = LINE.with_(sampler=own_sampler(lambda y, t, c, s: y * math.nan))
    with pytest.raises(Refused, match="no number at t = 12"):
        measure(run)
    run = LINE.with_(score_error=own_score(lambda t, x: x * math.nan))
    with pytest.raises(Refused, match="no number at t = 12"):
        measure(run)


@pytest.mark.parametrize(
    "step",
    [
        lambda y, t, c, s: np.abs(y),
        lambda y, t, c, s: y + 0.3 * np.abs(y),
        lambda y, t, c, s: y + 0.1 * s(t, y).real,
    ],
)
def test_a_step_that_loses_its_derivative_has_no_law_in_the_plane(step) -> None:
    run = PLANE.with_(sampler=own_sampler(step))
    with pytest.raises(InputError, match=r"as np.abs and .real do"):
        measure(run)
    assert measure(run, "tv", "particles", 500).value > 0


def test_names_are_checked() -> None:
    with pytest.raises(InputError, match="ode is the name of another"):
        LINE.with_(sampler=own_sampler(ode, "ode"))
    with pytest.raises(InputError, match="without commas"):
        own_sampler(ode, "a,b")
    with pytest.raises(InputError, match="needs a function"):
        own_sampler(3)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="evaluations is a whole number"):
        own_sampler(ode, evaluations=0)
    with pytest.raises(InputError, match="two samplers have the same name"):
        plan(LINE, [own_sampler(ode), own_sampler(ddpm, stochastic=True)], [4])
    with pytest.raises(InputError, match="what own_sampler makes of a step"):
        LINE.with_(sampler=ode)
    with pytest.raises(InputError, match="only ddim takes eta, not my ode"):
        LINE.with_(sampler=OWN["ode"], eta=0.5)
    assert LINE.with_(sampler=SAMPLERS["heun"]) == LINE.with_(sampler="heun")
    assert isinstance(LINE.with_(sampler=OWN["ode"]).record, Sampler)


# ---- scores


@pytest.mark.parametrize("sampler", ["ode", "ddpm", "heun", "ode-taylor", "ddpm-covariance"])
def test_the_exact_score_handed_over_gives_the_exact_numbers(sampler: str) -> None:
    ours = LINE.with_(sampler=sampler)
    mine = ours.with_(score_error=own_score(modes_score))
    found, known = measure(mine), measure(ours)
    assert found.value == pytest.approx(known.value, rel=1e-8)
    differences = [note for note in found.notes if "central differences" in note]
    assert len(differences) == bool(ours.record.derivatives)
    assert eps_score(mine).value < 1e-12
    assert eps_jacobi(mine).value < 1e-5


def test_so_it_does_in_the_plane() -> None:
    mine = PLANE.with_(score_error=own_score(plane_score))
    found, known = measure(mine), measure(PLANE)
    assert abs(found.value - known.value) < 1e-6 * known.value
    assert any("central differences" in note for note in found.notes)


def test_a_wrong_score_costs_what_it_should() -> None:
    off = own_score(lambda t, x: modes_score(t, x) + 0.5)
    assert eps_score(LINE.with_(score_error=off)).value == pytest.approx(0.5, rel=1e-6)
    assert measure(LINE.with_(score_error=off)).value > measure(LINE).value


@pytest.mark.parametrize(
    ("f", "words"),
    [
        (lambda t, x: x[:, 0], r"must return the shape of x, \("),
        (lambda t, x: None, "must return the shape of x"),
        (lambda t, x: "s", "must return an array of real numbers"),
    ],
)
def test_a_wrong_shape_of_a_score_is_one_sentence(f, words: str) -> None:
    for method in ("exact", "particles"):
        with pytest.raises((InputError, Refused), match=words):
            measure(LINE.with_(score_error=own_score(f)), "tv", method, 500)
    with pytest.raises(InputError, match="needs a function f"):
        own_score(1.0)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="what own_score makes"):
        LINE.with_(score_error=f)


# ---- targets


def test_a_smooth_density_is_known_to_many_digits() -> None:
    found = own_target(lambda x: np.exp(-0.5 * (x - 1) ** 2), -8, 10)
    assert isinstance(found, GaussianMixture)
    x = np.linspace(-3, 5, 41)[:, None]
    truth = np.exp(-0.5 * (x[:, 0] - 1) ** 2) / math.sqrt(2 * math.pi)
    p = np.exp(found.marginal(CLEAN).log_density(x))
    np.testing.assert_allclose(p, truth, atol=1e-7)
    run = Experiment(target=found, schedule=LogSNR(), steps=30, sampler="heun")
    known = measure(run.with_(target=GaussianMixture((1.0,), ((1.0,),), (((1.0,),),))))
    assert measure(run).value == pytest.approx(known.value, rel=1e-4)


def test_jumps_become_boxes() -> None:
    found = own_target(lambda x: np.where(x < 0.3, 1.0, 3.0), -1, 1)
    assert isinstance(found, Boxes)
    assert len(found.weights) <= 3
    assert found.marginal(CLEAN).cdf(np.array([0.3]))[0] == pytest.approx(1.3 / 3.4, abs=1e-3)
    assert own_target(np.ones_like, 2, 5) == Boxes((1.0,), ((2.0,),), ((5.0,),))


@pytest.mark.parametrize("within", [1e-2, 1e-3])
def test_the_stated_error_holds_for_kinks(within: float) -> None:
    x, h = np.linspace(-8, 8, 160_001, retstep=True)
    truth = np.exp(-np.abs(x - 0.1))
    found = own_target(lambda x: np.exp(-np.abs(x - 0.1)), -8, 8, within)
    p = np.exp(found.marginal(CLEAN).log_density(x[:, None]))
    assert 0.5 * h * float(np.abs(p - truth / (truth.sum() * h)).sum()) < within


@pytest.mark.parametrize(
    ("density", "interval", "words"),
    [
        (lambda x: x, (-1, 1), "must be finite and not negative"),
        (lambda x: 1 / np.abs(x) * np.inf, (1, 2), "must be finite and not negative"),
        (lambda x: 1.0, (0, 1), "must return the shape of its points"),
        (lambda x: 0 * x, (0, 1), "integral must be above 0"),
        (lambda x: math.exp(x), (0, 1), "must take an array of points"),
        (np.ones_like, (1, 0), "needs an interval low < high"),
        (np.ones_like, ("a", 0), "needs an interval low < high"),
        (np.ones_like, (0, math.inf), "needs an interval low < high"),
    ],
)
def test_a_wrong_density_is_one_sentence(density, interval, words: str) -> None:
    with pytest.raises(InputError, match=words):
        own_target(density, *interval)
    with pytest.raises(Refused, match="in total variation only"):
        own_target(lambda x: 2 + np.sin(3000 * x), 0, 10)
    with pytest.raises(InputError, match="what own_target makes"):
        LINE.with_(target=density)


@dataclass(frozen=True)
class Own(GaussianMixture):
    """A Target that has no name here."""

    kind = "own"
    weights: tuple = (1.0,)
    means: tuple = ((0.5,),)
    covariances: tuple = field(default=(((0.2,),),))


def test_any_target_is_measured_but_not_described() -> None:
    mine = Experiment(target=Own(), steps=10)
    ours = mine.with_(target=GaussianMixture((1.0,), ((0.5,),), (((0.2,),),)))
    assert measure(mine).value == measure(ours).value
    assert isinstance(mine.target.marginal(CLEAN), GaussianMixture1D)
    with pytest.raises(InputError, match=r"^target: your own lives in this program only"):
        mine.to_json()


def test_json_refuses_what_is_a_function() -> None:
    with pytest.raises(InputError, match=r"^sampler: your own lives in this program only"):
        LINE.with_(sampler=OWN["ode"]).to_json()
    with pytest.raises(InputError, match=r"^score_error: your own lives in this program only"):
        LINE.with_(score_error=own_score(modes_score)).to_json()
    kept = Experiment(target=own_target(np.ones_like, 2, 5))
    assert Experiment.from_json(kept.to_json()) == kept


def test_the_readmes_example_runs(capsys: pytest.CaptureFixture[str]) -> None:
    section = README.split("### Your own sampler, score, target\n")[1].split("\n### ")[0]
    (code,) = re.findall(r"```python\n(.*?)```", section, re.DOTALL)
    exec(compile(code, "README.md", "exec"), {"__name__": "readme"})
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 5
    assert [line.split()[0] for line in lines] == ["ode", "Euler", "ode", "Euler", "TV"]
