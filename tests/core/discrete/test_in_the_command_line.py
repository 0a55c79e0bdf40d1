"""Discrete experiments in the command line: the same flags, the same table, one-line refusals."""

from __future__ import annotations

import csv
import io
import json

import numpy as np
import pytest

from diffusion_core import DiscreteExperiment, fit
from diffusion_core.__main__ import main
from diffusion_core.discrete import measure_discrete, moments, sequences
from diffusion_core.discrete.dynamics import Masked
from diffusion_core.discrete.grids import ConstantGrid, TheoryGrid
from diffusion_core.discrete.posterior import Blurred
from diffusion_core.discrete.samplers import DISCRETE_SAMPLERS, Euler, Trapezoidal, Uniformisation
from diffusion_core.discrete.targets import MarkovChain, TwoWords
from diffusion_core.discrete.unmasking import Unmasking
from diffusion_core.errors import InputError
from diffusion_core.studies.discrete import COMPARED, dependence, plan_discrete
from diffusion_core.sweep.tasks import asked

SMALL = DiscreteExperiment(MarkovChain(4, 0.3), grid=TheoryGrid(6.0, 0.05), steps=12, seed=3)
MASKED = SMALL.with_(dynamics=Masked(), sampler=Unmasking("left to right"), steps=2)


@pytest.fixture
def described(tmp_path):
    """Writes an experiment to a file and returns its name."""

    def write(e: DiscreteExperiment = SMALL) -> str:
        path = tmp_path / "experiment.json"
        path.write_text(e.to_json())
        return str(path)

    return write


def failure(capsys, *args: str) -> str:
    assert main(args) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    return err


@pytest.mark.parametrize("metric", ["tv", "kl"])
@pytest.mark.parametrize(("against", "end"), [("p1", "end"), ("data", "data")])
def test_distance_prints_the_exact_measurement(metric, against, end, described, capsys) -> None:
    assert main(["distance", described(), "--metric", metric, "--against", against]) == 0
    out, err = capsys.readouterr()
    found, exact = json.loads(out), measure_discrete(SMALL, (metric,), end)[metric]
    assert list(found) == ["metric", "value", "error", "method", "steps", "nfe", "seconds"]
    assert (found["value"], found["error"]) == (exact.value, exact.error)
    assert (found["metric"], found["method"], found["steps"]) == (metric, "exact", 12)
    assert found["nfe"] == 12
    assert err == ""


def test_the_comparison_counts(described, capsys) -> None:
    """TV between the data and where the run ends is what separates the two values at most."""
    values = []
    for against in ("p1", "data"):
        assert main(["distance", described(), "--against", against]) == 0
        values.append(json.loads(capsys.readouterr().out)["value"])
    left = 0.5 * np.abs(SMALL.model.noised(0.05) - SMALL.target.law).sum()
    assert 0 < abs(values[0] - values[1]) <= left + 1e-12


def test_a_sweep_has_the_rows_of_its_runs_and_its_slope_is_fitted_as_ever(
    described, capsys
) -> None:
    assert main(["sweep", described(), "--steps", "16,8,32,64"]) == 0
    out, err = capsys.readouterr()
    rows = list(csv.DictReader(io.StringIO(out)))
    assert [(r["sampler"], r["steps"]) for r in rows] == [
        (kind, n) for n in ("8", "16", "32", "64") for kind in COMPARED
    ]
    for r in rows:
        exact = measure_discrete(SMALL.by(r["sampler"]).with_(steps=int(r["steps"])))["tv"]
        assert float(r["value"]) == exact.value
    bridge = [float(r["value"]) for r in rows if r["sampler"] == "bridge"]
    found = fit((8, 16, 32, 64), bridge, 0.0)
    assert found is not None
    assert found.r == pytest.approx(1.0, abs=0.2)
    assert err.splitlines()[-1].startswith("[12/12] bridge N=64 ")


def test_workers_and_a_resumed_sweep_give_the_same_file(described, tmp_path, capsys) -> None:
    one, two = tmp_path / "one.csv", tmp_path / "two.csv"
    args = ["sweep", described(MASKED), "--steps", "1,2,8", "--samplers", "unmasking,euler,bridge"]
    assert main([*args, "--out", str(one)]) == 0
    assert main([*args, "--out", str(two), "--workers", "2"]) == 0
    assert one.read_text() == two.read_text()
    lines = one.read_text().splitlines()
    assert [int(line.split(",")[2]) for line in lines[1:] if "unmasking" in line] == [1, 2, 4]
    one.write_text("\n".join(lines[:4]) + "\n")
    capsys.readouterr()
    assert main([*args, "--out", str(one), "--resume"]) == 0
    assert "3 of 9 rows are there already" in capsys.readouterr().err
    assert one.read_text() == two.read_text()


def test_sample_writes_the_sequences_as_whole_numbers(described, tmp_path) -> None:
    out = tmp_path / "draws.npz"
    args = ["sample", described(MASKED), "--particles", "50", "--out", str(out)]
    assert main(args) == 0
    expected = np.stack([x for _, x in sequences(MASKED, 50)])
    with np.load(out) as found:
        assert list(found) == ["samples"]
        assert found["samples"].dtype.kind == "i"
        np.testing.assert_array_equal(found["samples"], expected[-1])
    assert main([*args, "--trajectory"]) == 0
    with np.load(out) as found:
        np.testing.assert_array_equal(found["trajectory"], expected)
        assert (found["trajectory"][0] == 2).all()  # MASK, after the symbols 0 and 1


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("distance", "--metric", "w1"), "metric: one of tv, kl here"),
        (("distance", "--method", "particles"), "is summed exactly, got particles"),
        (("distance", "--against", "tilted"), "against: one of p1, data here, got tilted"),
        (("sweep", "--steps", "8", "--metric", "sw1"), "metric: one of tv, kl here"),
        (("sweep", "--steps", "8", "--method", "particles"), "is summed exactly"),
        (("sweep", "--steps", "0,8"), "steps: a whole number from 1 to 4,096"),
        (("sweep", "--steps", "8", "--samplers", "euler,ode"), "sampler: one of euler"),
        (("sweep", "--steps", "8", "--samplers", "unmasking"), "needs masked sequences"),
        (("sweep", "--steps", ",".join(map(str, range(1, 300)))), "at most 400 runs"),
        (("sample", "--particles", "0", "--out", "x.npz"), "particles: a whole number from 1"),
        (("sample", "--particles", "10"), "--out"),
    ],
)
def test_what_cannot_be_is_said_in_one_line(args, words, described, capsys, tmp_path) -> None:
    command, *options = args
    assert words in failure(capsys, command, described(), *options)
    assert [p.name for p in tmp_path.iterdir()] == ["experiment.json"]


def test_a_trajectory_that_does_not_fit_is_refused_before_it_is_drawn(
    described, capsys, tmp_path
) -> None:
    out, long = tmp_path / "way.npz", SMALL.with_(steps=4096)
    args = ("sample", described(long), "--particles", "5000", "--trajectory", "--out", str(out))
    assert "from 1 to 4,576 here" in failure(capsys, *args)
    assert not out.exists()


def test_runs_without_a_law_are_refused_and_the_others_stay(described, capsys) -> None:
    wrong = SMALL.with_(ratio_error=Blurred(0.1))
    args = ["sweep", described(wrong), "--steps", "8", "--samplers", "euler,uniformisation"]
    assert main(args) == 3
    out, err = capsys.readouterr()
    assert len(out.splitlines()) == 2
    assert "uniformisation N=8 refused: ratio_error" in err


def test_notes_reach_the_reader(described, capsys) -> None:
    short = SMALL.with_(grid=ConstantGrid(2.0, 0.01), sampler=Euler(), steps=1)
    assert main(["distance", described(short)]) == 0
    err = capsys.readouterr().err
    assert "0.14 of the data is left" in err
    assert "chances to jump exceed 1" in err
    assert short.with_(start="exact").notes == ()


def test_a_sweep_keeps_what_the_experiment_says_of_its_own_sampler() -> None:
    runs = plan_discrete(MASKED, ("unmasking", "euler"), (4, 2, 4))
    assert [(e.called, e.steps) for e in runs] == [
        *(("unmasking", 2), ("euler", 2)),
        *(("unmasking", 4), ("euler", 4)),
    ]
    assert runs[0].sampler == Unmasking("left to right")
    trapezoid = SMALL.with_(sampler=Trapezoidal(0.3))
    assert plan_discrete(trapezoid, ("trapezoidal",), (2,))[0].sampler == Trapezoidal(0.3)
    with pytest.raises(InputError, match="at least one sampler"):
        plan_discrete(MASKED, (), (2,))


@pytest.mark.parametrize("kind", list(DISCRETE_SAMPLERS))
def test_how_often_a_run_asks_is_what_its_steps_add_up_to(kind) -> None:
    e = MASKED.by(kind).with_(steps=3)
    *_, last = moments(e)
    assert asked(e) == np.ceil(last.evaluations - 1e-9)
    assert asked(e) > 3 if kind == Uniformisation.kind else asked(e) in (3, 4, 6)


def test_dependence_is_what_parallel_steps_cost() -> None:
    """All at once loses the total correlation; one token a step loses nothing."""
    found = dependence(DiscreteExperiment(TwoWords(5), Masked(), sampler=Unmasking(), steps=1))
    log2 = np.log(2.0)
    assert (found.total, found.dual) == (pytest.approx(4 * log2), pytest.approx(log2))
    kls = [p.kl.value for p in found.parallel]
    assert kls[0] == pytest.approx(found.total, rel=1e-12)
    # of two words, what a first group of s tokens agrees on by chance: (s - 1) bits
    assert kls == pytest.approx([(p.most - 1) * log2 for p in found.parallel], abs=1e-12)
    assert all(p.kl.value <= p.bound + 1e-12 for p in found.parallel)
