"""Correctors and annealed Langevin against recursions by hand, quadrature and particles."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from diffusion_core import Experiment, InputError, own_sampler
from diffusion_core.__main__ import main
from diffusion_core.laws.front import OnLine
from diffusion_core.laws.particles import final_points, simulate
from diffusion_core.measure import measure
from diffusion_core.samplers import SAMPLERS, Corrector, Sampler, sampler_record
from diffusion_core.samplers.program import program_of
from diffusion_core.samplers.update import kernel
from diffusion_core.schedules import LogSNR, Theory
from diffusion_core.scores.exact import ExactScore
from diffusion_core.studies.budget import budget, start_alone
from diffusion_core.targets.gallery import line_mixture
from diffusion_core.targets.gaussian_mixture import GaussianMixture
from tests.core.ground_truth import betas_of, interval, law_of
from tests.core.reference import DETERMINISTIC, gaussian_kernels, langevin_kernel

SKEWED = line_mixture((0.3, 0.7), (-1.0, 0.8), (0.3, 0.4))
FEW = Experiment(SKEWED, LogSNR(3, -3), steps=12)
TWO = Corrector(2, 0.4)


def brute_density(e: Experiment, grid: np.ndarray) -> np.ndarray:
    """The density of Y_1 by dense trapezoid sums: a map and the step after it are one kernel."""
    c = betas_of(e)
    law, n = law_of(e, c), e.corrector.steps if e.corrector else 0
    size, h = e.corrector.size if e.corrector else 0.0, grid[1] - grid[0]
    f = np.exp(-0.5 * grid**2) / math.sqrt(2 * math.pi)

    def carried(mean: np.ndarray, sd: np.ndarray) -> np.ndarray:
        used = np.flatnonzero(np.abs(f) > 1e-18 * f.max())
        z = (grid[:, None] - mean[used]) / sd[used]
        return np.exp(-0.5 * z * z) @ (f[used] * h / sd[used] / math.sqrt(2 * math.pi))

    for t in range(c.steps, 1, -1):
        left = n
        if e.sampler == "ode":
            f = carried(*langevin_kernel(DETERMINISTIC["ode"](grid, t, c, law), t, c, law, size))
            left -= 1
        elif e.sampler == "ddpm":
            for one in gaussian_kernels("ddpm", t, c, law):
                f = carried(*one(grid))
        for _ in range(left):
            f = carried(*langevin_kernel(grid, t, c, law, size))
    return f


@pytest.mark.parametrize("sampler", ["ode", "ddpm", "langevin"])
def test_the_exact_law_is_that_of_dense_quadrature(sampler: str) -> None:
    e = FEW.with_(sampler=sampler, corrector=TWO)
    c = betas_of(e)
    grid = np.linspace(-9.0, 9.0, 3001)
    f, p = (
        brute_density(e, grid),
        np.exp(e.target.marginal(e.chain.level(1)).log_density(grid[:, None])),
    )
    h = grid[1] - grid[0]
    assert interval(e, c, 1)[0] > grid[0]
    assert f.sum() * h == pytest.approx(1.0, abs=1e-9)
    truth = 0.5 * float(np.abs(f - p).sum() * h)
    found = measure(e)
    assert abs(found.value - truth) < 1e-5 * truth + found.error


@pytest.mark.parametrize("sampler", ["ode", "ddpm", "heun", "langevin", "ddim"])
def test_particles_agree_with_the_exact_law(sampler: str) -> None:
    """The mass of cells in five standard errors."""
    e = FEW.with_(sampler=sampler, corrector=TWO, seed=3)
    n, cells = 100_000, np.linspace(-2.5, 2.5, 21)
    (shown,) = [s for s in OnLine(e).over_time(np.linspace(-6, 6, 1201), [1])]
    exact = np.diff(np.interp(cells, shown.edges, shown.output_below))
    counted = np.histogram(final_points(e, n)[:, 0], cells)[0] / n
    error = np.sqrt(np.maximum(exact * (1 - exact), 1e-6) / n)
    assert (np.abs(counted - exact) < 5 * error).all()


@pytest.mark.parametrize("exact_start", [False, True])
def test_on_a_gaussian_the_law_is_the_recursion_by_hand(exact_start: bool) -> None:
    """Predictor (1 - b/(2 lam)) e/root, then twice (1 - g/lam) e + sqrt(2 g) Z; e = Y - mu."""
    mean, variance = 0.7, 0.16
    e = Experiment(
        line_mixture((1.0,), (mean,), (0.4,)),
        Theory(2.0, 4.0),
        corrector=TWO,
        steps=20,
        start="exact" if exact_start else "noise",
    )
    c = betas_of(e)
    lam = [c.abar[t] * variance + c.var[t] for t in range(c.steps + 2)]
    mu = [math.sqrt(c.abar[t]) * mean for t in range(c.steps + 2)]
    m, v = (mu[20], lam[20]) if exact_start else (0.0, 1.0)
    for t in range(20, 1, -1):
        root = math.sqrt(c.alpha[t])
        gain = (1 - c.beta[t] / (2 * lam[t])) / root
        m, v = gain * (m - mu[t]) + mu[t] / root, gain**2 * v
        g = 0.4 * c.var[t - 1] / 2
        for _ in range(2):
            keep = 1 - g / lam[t - 1]
            m, v = mu[t - 1] + keep * (m - mu[t - 1]), keep**2 * v + 2 * g
    kl = 0.5 * (lam[1] / v - 1 - math.log(lam[1] / v) + (m - mu[1]) ** 2 / v)
    assert measure(e, "kl").value == pytest.approx(kl, rel=1e-11)
    y = final_points(e.with_(seed=1), 200_000)[:, 0]
    assert abs(y.mean() - m) < 5 * math.sqrt(v / 200_000)
    assert abs(y.var() - v) < 5 * v * math.sqrt(2 / 200_000)


def test_without_steps_the_sampler_is_the_predictor() -> None:
    plain = FEW.with_(sampler="ddim", eta=0.5)
    none = plain.with_(corrector=Corrector(0, 0.7))
    assert none == plain
    assert none.to_dict() == plain.to_dict()
    assert measure(none).value == measure(plain).value


def test_with_small_steps_the_law_tends_to_the_predictors() -> None:
    """TV of the two is of the order of the size."""
    found = [measure(FEW.with_(corrector=Corrector(1, size))).value for size in (0.002, 0.001)]
    gaps = [measure(FEW).value - value for value in found]
    assert gaps[0] / gaps[1] == pytest.approx(2.0, abs=0.05)


def test_what_is_left_at_large_t_is_the_bias_of_langevins_own_step() -> None:
    """With the size held fixed TV tends to a floor of the order of the size, whatever predicts."""
    e = Experiment(SKEWED, LogSNR(1.5, -4), start="exact")
    floors = []
    for size in (0.8, 0.4):
        after = e.with_(corrector=Corrector(4, size))
        early, late = (measure(after.with_(steps=t)).value for t in (200, 400))
        assert early / late == pytest.approx(1.0, abs=0.003)
        alone = e.with_(sampler="langevin", corrector=Corrector(20, size), steps=400)
        assert measure(alone).value == pytest.approx(late, rel=2e-3)
        floors.append(late)
    assert floors[0] / floors[1] == pytest.approx(2.0, abs=0.05)
    assert after.record.order == alone.record.order == 0


def test_a_corrector_pays_on_the_coarse_schedule_of_the_theory() -> None:
    """Of equal score evaluations: half the steps with one corrector step beat all of the ODE's."""
    plain = Experiment(steps=49)
    corrected = Experiment(steps=25, corrector=Corrector(1, 0.5))
    assert plain.record.nfe(49) == corrected.record.nfe(25) == 48
    assert measure(corrected).value < measure(plain).value / 3


def test_a_corrected_sampler_is_its_predictor_and_n_normal_stages() -> None:
    chain = Theory().chain(9)
    for name, record in SAMPLERS.items():
        if record.multistep or record.corrections:
            continue
        made = sampler_record(name, corrector=TWO)
        assert made.stages[:-2] == sampler_record(name).stages[: len(made.stages) - 2] or name in (
            "ode-order",
            "ddim",
        )
        assert made.evaluations == record.evaluations + 2
        assert made.stochastic
        assert made.corrections == 2
        assert made.label.endswith(" + 2 corrector steps of 0.4")
        y = np.linspace(-1, 1, 5)[:, None]
        law = kernel(made.stages[-1], y, 4, chain, ExactScore(SKEWED, chain))
        g = 0.2 * chain.var[3]
        np.testing.assert_allclose(
            law.mean, y + g * SKEWED.marginal(chain.level(3)).score(y), rtol=1e-13
        )
        assert law.spread == pytest.approx(math.sqrt(2 * g), rel=1e-13)


@pytest.mark.parametrize("sampler", ["ode", "ddpm", "ddpm-accelerated", "heun", "langevin"])
def test_the_browser_gets_the_same_update(sampler: str) -> None:
    """A normal for every noisy stage, and scores at t - 1."""
    record = sampler_record(sampler, corrector=Corrector(3, 0.2))
    program = program_of(record, Theory().chain(8), 2)
    (step,) = program.steps
    noisy = {"ode": 3, "ddpm": 4, "ddpm-accelerated": 5, "heun": 3, "langevin": 3}
    assert len(step.noise) == noisy[sampler]
    assert sum(op[0] == "score" and op[2] == -1 for op in step.operations) >= 3
    assert len(step.ends) == len(record.parts)


def test_a_reader_s_own_update_is_corrected_too() -> None:
    ode = own_sampler(
        lambda y, t, chain, score: (y + chain.beta[t] / 2 * score(t, y)) / chain.alpha[t] ** 0.5
    )
    found = measure(FEW.with_(sampler=ode, corrector=TWO))
    assert found.value == pytest.approx(measure(FEW.with_(corrector=TWO)).value, rel=1e-9)


def test_the_account_of_the_error_takes_the_corrector_with_its_step() -> None:
    e = FEW.with_(corrector=TWO)
    found, plain = budget(e), budget(FEW)
    assert found.total.value == pytest.approx(measure(e).value, rel=1e-6)
    assert found.sum.value >= found.total.value - found.total.error
    assert found.contraction is not None
    assert found.contraction > 0
    assert found.total.value < plain.total.value
    assert start_alone(e) is None
    assert start_alone(FEW) is not None


@pytest.mark.parametrize(
    ("sampler", "stated"),
    [
        ("ode", {"kind": "ode", "corrector": {"steps": 2, "size": 0.4}}),
        ("ddim", {"kind": "ddim", "eta": 0.0, "corrector": {"steps": 2, "size": 0.4}}),
        ("langevin", {"kind": "langevin", "steps": 2, "size": 0.4}),
    ],
)
def test_files_say_the_corrector_and_are_read_back(sampler: str, stated: object) -> None:
    e = FEW.with_(sampler=sampler, corrector=TWO)
    assert e.to_dict()["sampler"] == stated
    assert Experiment.from_json(e.to_json()) == e
    assert "corrector" not in json.dumps(FEW.to_dict())
    assert e.with_(steps=9).corrector == TWO
    assert e.with_(sampler="ddpm").corrector is None


def test_what_is_not_said_is_chosen() -> None:
    data = FEW.to_dict()
    assert Experiment.from_dict(data | {"sampler": {"kind": "langevin"}}) == FEW.with_(
        sampler="langevin"
    )
    assert FEW.with_(sampler="langevin").corrector == Corrector(3, 0.3)
    said = {"kind": "ode", "corrector": {}}
    assert Experiment.from_dict(data | {"sampler": said}).corrector == Corrector(1, 0.1)
    said = {"kind": "ode", "corrector": None}
    assert Experiment.from_dict(data | {"sampler": said}) == FEW


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"kind": "ode", "corrector": 2}, "sampler.corrector: must be an object"),
        ({"kind": "ode", "corrector": {"n": 2}}, "sampler.corrector: unknown key 'n'"),
        ({"kind": "ode", "corrector": {"steps": 1.5}}, "sampler.corrector.steps"),
        ({"kind": "ode", "corrector": {"steps": 21}}, "a whole one from 0 to 20, got 21"),
        ({"kind": "ode", "corrector": {"steps": -1}}, "a whole one from 0 to 20, got -1"),
        ({"kind": "ode", "corrector": {"size": 0}}, "between 0.001 and 2, got 0"),
        ({"kind": "ode", "corrector": {"size": 2.5}}, "between 0.001 and 2, got 2.5"),
        ({"kind": "dpmpp-2m", "corrector": {}}, "dpmpp-2m remembers the step before"),
        ({"kind": "langevin", "corrector": {}}, "unknown key 'corrector'; known are kind, steps"),
        ({"kind": "langevin", "steps": 0}, "langevin makes 1 to 20 steps at a level, got 0"),
        ({"kind": "langevin", "eta": 0.5}, "only ddim takes eta"),
        ({"kind": "ode", "steps": 2}, "unknown key 'steps'; known are kind, corrector"),
    ],
)
def test_what_does_not_go_is_refused_in_one_line(said: object, words: str) -> None:
    with pytest.raises(InputError, match=words) as refusal:
        Experiment.from_dict(FEW.to_dict() | {"sampler": said})
    assert "\n" not in str(refusal.value)


def test_no_corrector_of_another_kind() -> None:
    with pytest.raises(InputError, match=r"sampler\.corrector: a Corrector, got"):
        Experiment(corrector=(2, 0.1))  # type: ignore[arg-type]
    with pytest.raises(InputError, match="makes Langevin steps by itself"):
        Experiment(sampler=_named(SAMPLERS["langevin"]), corrector=TWO)


def _named(record: Sampler) -> Sampler:
    return replace(record, name="other")


def test_in_the_plane_a_product_is_the_product_of_its_lines() -> None:
    """TV of independent coordinates from masses of both, against the law in the plane."""
    x = line_mixture((0.4, 0.6), (-1.0, 0.7), (0.35, 0.3))
    y = line_mixture((1.0,), (0.3,), (0.5,))
    both = GaussianMixture(
        x.weights,
        tuple((m[0], 0.3) for m in x.means),
        tuple(((c[0][0], 0.0), (0.0, 0.25)) for c in x.covariances),
    )
    run = Experiment(both, LogSNR(3, -3), steps=8, corrector=Corrector(1, 0.4))
    grid = np.linspace(-7, 7, 1401)
    laws = []
    for side in (x, y):
        (shown,) = OnLine(run.with_(target=side)).over_time(grid, [1])
        laws.append((np.diff(shown.output_below), np.diff(shown.target_below)))
    (qx, px), (qy, py) = laws
    truth = 0.5 * np.abs(np.outer(qx, qy) - np.outer(px, py)).sum()
    found = measure(run)
    assert found.value == pytest.approx(truth, rel=2e-3)
    assert found.method == "exact"


def test_steps_of_many_threads_draw_in_one_order() -> None:
    run = FEW.with_(corrector=TWO, seed=7)
    first, again = (list(simulate(run, 40_000))[-1][1] for _ in range(2))
    assert np.array_equal(first, again)


def test_the_command_line_takes_a_file_with_a_corrector(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, out = tmp_path / "run.json", tmp_path / "draws.npz"
    e = FEW.with_(corrector=TWO)
    file.write_text(e.to_json())
    assert main(["distance", str(file)]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["value"] == measure(e).value
    assert found["nfe"] == 3 * 11
    assert main(["sample", str(file), "--particles", "50", "--out", str(out)]) == 0
    assert np.load(out)["samples"].shape == (50, 1)
    file.write_text(e.to_json().replace('"steps":2', '"steps":99'))
    assert main(["distance", str(file)]) == 2
    assert "a whole one from 0 to 20, got 99" in capsys.readouterr().err
