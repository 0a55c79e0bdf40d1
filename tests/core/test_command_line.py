"""The command line: its answers, its files, and one line with status 2 for whatever is wrong."""

from __future__ import annotations

import csv
import io
import json
import os
import signal
import subprocess
import sys
import time
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

from diffusion_core import Experiment, measure
from diffusion_core.__main__ import main
from diffusion_core.errors import Refused
from diffusion_core.schedules import Custom, LinearDDPM, Theory
from diffusion_core.sweep.samples_file import write_arrays
from diffusion_core.targets import PRESETS, StudentT

ROOT = Path(__file__).parents[2]
PROGRAM = (sys.executable, "-m", "diffusion_core")
SMALL = Experiment(steps=12, seed=3)
HEADER = "sampler,steps,nfe,metric,value,error"


@pytest.fixture
def described(tmp_path):
    """Writes an experiment to a file and returns its name."""

    def write(e: Experiment = SMALL) -> str:
        path = tmp_path / "experiment.json"
        path.write_text(e.to_json())
        return str(path)

    return write


def run_process(*args: str, **options) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "error", "-m", "diffusion_core", *args],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        **options,
    )


def failure(capsys, *args: str, status: int = 2) -> str:
    """The one line on stderr of a command that fails before any output."""
    assert main(args) == status
    out, err = capsys.readouterr()
    assert out == ""
    assert err.endswith("\n")
    assert err.count("\n") == 1
    assert err.startswith("error: ")
    assert len(err) < 420
    return err


def rows(text: str) -> list[dict[str, str]]:
    assert text.splitlines()[0] == HEADER
    return list(csv.DictReader(io.StringIO(text)))


def test_distance_prints_the_measurement_as_one_json_object(described, capsys):
    assert main(["distance", described(), "--metric", "hellinger"]) == 0
    out, err = capsys.readouterr()
    found = json.loads(out)
    exact = measure(SMALL, "hellinger")
    assert list(found) == ["metric", "value", "error", "method", "steps", "nfe", "seconds"]
    assert (found["metric"], found["method"]) == ("hellinger", "exact")
    assert (found["steps"], found["nfe"]) == (12, 11)
    assert (found["value"], found["error"]) == (exact.value, exact.error)
    assert 0 < found["seconds"] < 60
    assert err == ""


def test_distance_by_particles_agrees_with_the_exact_one(described, capsys):
    file = described()
    args = ["distance", file, "--metric", "w1", "--method", "particles", "--particles", "4000"]
    assert main(args) == 0
    out, err = capsys.readouterr()
    found = json.loads(out)
    assert found["method"] == "particles"
    assert abs(found["value"] - measure(SMALL, "w1").value) <= found["error"]
    assert "noise floor" in err


def test_capped_betas_are_noted_on_stderr(described, capsys):
    assert main(["distance", described(Experiment(schedule=Theory(2, 8), steps=20))]) == 0
    assert "beta_t capped at 0.999" in capsys.readouterr().err


LEFT = Experiment(schedule=LinearDDPM(), steps=50)
LIST = Experiment(schedule=Custom((0.9, 0.5, 1e-5)), steps=3)


@pytest.mark.parametrize(("e", "words"), [(LEFT, "abar_T = 0.6 of"), (LIST, "the given abar_t")])
def test_every_note_of_a_run_reaches_every_command(described, tmp_path, capsys, e, words):
    """On stderr: stdout stays one JSON object or CSV, and the exit status 0."""
    file, out = described(e), str(tmp_path / "draws.npz")
    assert main(["distance", file]) == 0
    text, err = capsys.readouterr()
    assert json.loads(text)["steps"] == e.steps
    assert err.splitlines() == [f"note: {note}" for note in e.notes]
    assert words in err
    assert main(["sweep", file, "--steps", str(e.steps), "--samplers", "ode"]) == 0
    text, err = capsys.readouterr()
    assert len(rows(text)) == 1
    assert words in err
    assert main(["sample", file, "--particles", "20", "--out", out]) == 0
    text, err = capsys.readouterr()
    assert (text, err) == ("", f"note: {e.notes[0]}\n")


def test_a_sweep_by_particles_says_what_a_perfect_sampler_would_show(described, capsys):
    args = ["sweep", described(), "--steps", "12", "--samplers", "ode"]
    assert main([*args, "--method", "particles", "--particles", "2000"]) == 0
    seen = measure(SMALL, "tv", "particles", 2000).estimate
    assert seen is not None
    assert f", noise floor {seen.noise_floor:.2g}" in capsys.readouterr().err
    assert main(args) == 0
    assert "noise floor" not in capsys.readouterr().err


def test_a_refused_run_of_a_sweep_has_its_notes_too(described, capsys, monkeypatch):
    def refusing(*args):
        raise Refused("no number today")

    tasks = import_module("diffusion_core.sweep.tasks")
    monkeypatch.setattr(tasks, "measure", refusing)
    assert main(["sweep", described(LEFT), "--steps", "50", "--samplers", "ode"]) == 2
    err = capsys.readouterr().err
    assert f"refused: no number today ({LEFT.notes[0]})" in err


def test_a_fault_of_the_program_is_one_line_too(described, capsys, monkeypatch):
    def broken(*args):
        raise ZeroDivisionError("two\nlines")

    monkeypatch.setattr("diffusion_core.__main__.measured", broken)
    message = failure(capsys, "distance", described(), status=70)
    assert message == "error: this is a fault of the program: ZeroDivisionError: two lines\n"


def test_stdin_and_the_real_process():
    done = run_process("distance", "-", input=SMALL.to_json())
    assert done.returncode == 0
    assert json.loads(done.stdout)["value"] == measure(SMALL).value
    assert done.stderr == ""


def test_the_real_process_fails_with_one_line():
    for text in ("", SMALL.to_json().replace("12", "1")):
        done = run_process("distance", "-", input=text)
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.startswith("error: ")
        assert done.stderr.count("\n") == 1


def test_a_sweep_compares_the_papers_four_unless_told_otherwise(described, capsys):
    assert main(["sweep", described(), "--steps", "4"]) == 0
    found = rows(capsys.readouterr().out)
    assert [row["sampler"] for row in found] == ["ode", "ode-taylor", "ddpm", "ddpm-covariance"]
    with pytest.raises(SystemExit):
        main(["sweep", "--help"])
    assert "the paper's four" in " ".join(capsys.readouterr().out.split())


def test_sweep_writes_the_rows_of_the_single_runs(described, capsys):
    args = ["sweep", described(), "--steps", "8, 4,8", "--samplers", "ode, ddim,heun"]
    assert main(args) == 0
    out, err = capsys.readouterr()
    table = rows(out)
    assert [(r["sampler"], r["steps"]) for r in table] == [
        (kind, steps) for steps in ("4", "8") for kind in ("ode", "ddim", "heun")
    ]
    for r in table:
        exact = measure(SMALL.with_(sampler=r["sampler"], steps=int(r["steps"])))
        assert (float(r["value"]), float(r["error"])) == (exact.value, exact.error)
        assert (int(r["nfe"]), r["metric"]) == (exact.nfe, "tv")
    assert err.splitlines()[-1].startswith("[6/6] heun T=8 ")


def test_workers_give_the_same_file(described, tmp_path, capsys):
    one, two = tmp_path / "one.csv", tmp_path / "two.csv"
    args = ["sweep", described(), "--steps", "4,6,8", "--samplers", "ode,ddpm", "--metric", "w2"]
    assert main([*args, "--out", str(one)]) == 0
    assert main([*args, "--out", str(two), "--workers", "2"]) == 0
    assert capsys.readouterr().out == ""
    assert len(rows(one.read_text())) == 6
    assert two.read_text() == one.read_text()


PARTLY = Experiment(target=PRESETS["atoms"].target, schedule=Theory(4, 40))


def test_a_sweep_of_several_orders_tells_them_apart_and_resumes(described, capsys, tmp_path):
    out = tmp_path / "orders.csv"
    args = [
        "sweep",
        described(),
        "--steps",
        "4,6",
        "--samplers",
        "ode-order,ode-order-2,ode-order-4",
    ]
    assert main([*args, "--out", str(out)]) == 0
    lines = out.read_text().splitlines()
    named = [tuple(line.split(",")[:3]) for line in lines[1:]]
    assert named == [
        *(("ode-order", "4", "21"), ("ode-order-2", "4", "9"), ("ode-order-4", "4", "39")),
        *(("ode-order", "6", "35"), ("ode-order-2", "6", "15"), ("ode-order-4", "6", "65")),
    ]
    out.write_text("\n".join(lines[:3]) + "\n")
    capsys.readouterr()
    assert main([*args, "--out", str(out), "--resume"]) == 0
    assert "2 of 6 rows are there already" in capsys.readouterr().err
    assert out.read_text().splitlines() == lines


def test_a_sweep_with_refusals_writes_the_others_and_returns_3(described, capsys):
    args = ["sweep", described(PARTLY), "--steps", "6,20", "--samplers", "ode", "--metric", "kl"]
    assert main(args) == 3
    out, err = capsys.readouterr()
    assert [r["steps"] for r in rows(out)] == ["6"]
    assert "[2/2] ode T=20 refused: kl" in err
    assert err.splitlines()[-1] == "error: 1 of 2 runs were refused"


def test_a_sweep_that_is_refused_altogether_returns_2(described, capsys):
    space = Experiment(target=StudentT(5.0, (0.0, 1.0, 2.0)))
    assert main(["sweep", described(space), "--steps", "4", "--samplers", "ode"]) == 2
    out, err = capsys.readouterr()
    assert rows(out) == []
    assert "particles method" in err


BAD_OPTIONS = [
    ("distance",),
    ("measure",),
    ("distance", "FILE", "--metric", "l2"),
    ("distance", "FILE", "--method", "guess"),
    ("distance", "FILE", "--particles", "many"),
    ("distance", "FILE", "--particles", "9" * 5000),
    ("distance", "FILE", "--method", "particles", "--particles", "99"),
    ("distance", "FILE", "--method", "particles", "--particles", "-5"),
    ("distance", "FILE", "--method", "particles", "--particles", "1000001"),
    ("distance", "FILE", "--method", "particles", "--particles", "9" * 40),
    ("distance", "FILE", "--unknown"),
    ("sweep", "FILE"),
    ("sweep", "FILE", "--steps", ""),
    ("sweep", "FILE", "--steps", "8,,16"),
    ("sweep", "FILE", "--steps", "8;16"),
    ("sweep", "FILE", "--steps", "1e3"),
    ("sweep", "FILE", "--steps", "1,8"),
    ("sweep", "FILE", "--steps", "-8"),
    ("sweep", "FILE", "--steps", "9" * 5000),
    ("sweep", "FILE", "--steps", "8,8193"),
    ("sweep", "FILE", "--steps", ",".join(str(t) for t in range(2, 200))),
    ("sweep", "FILE", "--steps", "8", "--samplers", ""),
    ("sweep", "FILE", "--steps", "8", "--samplers", "ode,euler"),
    ("sweep", "FILE", "--steps", "8", "--workers", "0"),
    ("sweep", "FILE", "--steps", "8", "--workers", "1000"),
    ("sweep", "FILE", "--steps", "8", "--dask", "somewhere:8786"),
    ("sample", "FILE", "--particles", "10"),
    ("sample", "FILE", "--out", "x.npz"),
]


@pytest.mark.parametrize("args", BAD_OPTIONS, ids=lambda a: " ".join(a)[:60])
def test_bad_options_are_refused_in_one_line(args, described, capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    file = described()
    failure(capsys, *(file if a == "FILE" else a for a in args))
    assert os.listdir(tmp_path) == ["experiment.json"]


def test_files_that_cannot_be_read_or_written(described, capsys, tmp_path):
    file, nowhere = described(), str(tmp_path / "no" / "where")
    assert "No such file" in failure(capsys, "distance", nowhere)
    assert "Is a directory" in failure(capsys, "distance", str(tmp_path))
    for out in (nowhere, str(tmp_path)):
        assert "cannot write" in failure(capsys, "sweep", file, "--steps", "4", "--out", out)
        args = ("sample", file, "--particles", "5", "--out", out)
        assert "cannot write" in failure(capsys, *args)


@pytest.mark.parametrize(
    "args",
    [
        ("sweep", "--steps", "4,9000"),
        ("sweep", "--steps", "4", "--against", "data"),
        ("sweep", "--steps", "4", "--method", "particles", "--particles", "5"),
        ("sample", "--particles", "0"),
        ("sample", "--particles", "1000000000"),
        ("sample", "--particles", "1000000", "--trajectory"),
    ],
)
def test_an_older_output_survives_bad_input(args, described, capsys, tmp_path):
    atoms = described(Experiment(target=PRESETS["atoms"].target, steps=200))
    out = tmp_path / "out"
    command, *options = args
    failure(capsys, command, atoms, *options, "--out", str(out))
    assert not out.exists()
    out.write_text("older")
    failure(capsys, command, atoms, *options, "--out", str(out))
    assert out.read_text() == "older"


def test_a_refusal_on_the_way_leaves_no_empty_file(described, capsys, tmp_path):
    out = tmp_path / "out.npz"
    wild = Experiment(
        target=PRESETS["thin-and-wide"].target,
        schedule=Theory(8.0, 100.0),
        sampler="ode-taylor",
        steps=120,
    )
    message = failure(capsys, "sample", described(wild), "--particles", "50", "--out", str(out))
    assert "particles are beyond 1e+80" in message
    assert not out.exists()


def test_too_large_for_the_memory_is_refused_before_the_work(described, capsys):
    wide = Experiment(
        target=PRESETS["gaussian"].target.__class__(
            (1.0,),
            ((0.0,) * 64,),
            (tuple(tuple(float(i == j) for j in range(64)) for i in range(64)),),
        ),
        sampler="ode-taylor",
    )
    args = ("sample", described(wide), "--out", os.devnull, "--particles")
    assert "particles: between 1 and 12207 here" in failure(capsys, *args, "100000")


def test_samples_repeat_with_the_seed_and_change_with_it(described, tmp_path):
    first, second, other = (tmp_path / f"{i}.npz" for i in range(3))
    e = Experiment(target=PRESETS["two-moons"].target, sampler="ddpm", steps=9, seed=1)
    args = ["--particles", "30", "--trajectory", "--out"]
    assert main(["sample", described(e), *args, str(first)]) == 0
    assert main(["sample", described(e), *args, str(second)]) == 0
    assert main(["sample", described(e.with_(seed=2)), *args, str(other)]) == 0
    assert first.read_bytes() == second.read_bytes()
    with np.load(first) as a, np.load(other) as b:
        assert set(a.files) == {"samples", "trajectory"}
        assert (a["samples"].shape, a["trajectory"].shape) == ((30, 2), (9, 30, 2))
        assert a["samples"].dtype == np.float64
        assert (a["samples"] == a["trajectory"][-1]).all()
        assert (a["samples"] != b["samples"]).all()
        # t = T first: standard normal, far from the two moons of t = 1
        assert np.abs(a["trajectory"][0]).max() < 4


def test_samples_are_the_same_with_and_without_the_trajectory(described, tmp_path):
    plain, full = tmp_path / "plain.npz", tmp_path / "full"
    file = described()
    assert main(["sample", file, "--particles", "7", "--out", str(plain)]) == 0
    assert main(["sample", file, "--particles", "7", "--out", str(full), "--trajectory"]) == 0
    with np.load(plain) as a, np.load(full) as b:
        assert a.files == ["samples"]
        assert (a["samples"] == b["samples"]).all()


def test_a_closed_pipe_ends_quietly(described):
    process = subprocess.Popen(
        [sys.executable, "-m", "diffusion_core", "sweep", described(), "--steps", "4,5,6,7,8"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    assert process.stdout.readline().strip() == HEADER
    process.stdout.close()
    err = process.stderr.read()
    assert process.wait(30) == 1
    assert "Traceback" not in err
    assert "Exception ignored" not in err
    process.stderr.close()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_disk_is_one_line(described):
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "diffusion_core", "distance", described()],
            cwd=ROOT,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=60,
        )
    assert done.returncode == 1
    assert done.stderr == "error: cannot write: No space left on device\n"


@pytest.mark.parametrize("workers", ["1", "2"])
def test_ctrl_c_stops_at_once_without_a_traceback(described, workers):
    slow = Experiment(target=PRESETS["cantor"].target, steps=8000)
    options = ("--steps", "2,8000,8001,8002", "--samplers", "ode", "--workers", workers)
    args = ("sweep", described(slow), *options)
    process = subprocess.Popen(
        [sys.executable, "-m", "diffusion_core", *args],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline().strip() == HEADER
    assert process.stdout.readline().startswith("ode,2,")
    time.sleep(0.3)
    os.killpg(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=20)
    assert process.returncode == 130
    assert err.splitlines()[-1] == "error: stopped"
    assert "Traceback" not in err


@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_workers_end_with_their_parent_whatever_ends_it(described, sent):
    slow = Experiment(target=PRESETS["cantor"].target, steps=8000)
    options = ("--steps", "2,8000,8001,8002", "--samplers", "ode", "--workers", "2")
    with subprocess.Popen(
        [sys.executable, "-m", "diffusion_core", "sweep", described(slow), *options],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_DFL),  # as nohup leaves it not
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        assert process.stdout.readline().startswith("ode,2,")
        process.send_signal(sent)
        # a worker that lives on holds the pipes open
        process.communicate(timeout=20)
        assert process.returncode == -sent


def test_without_stderr_nothing_but_rows_is_written(described):
    command = (sys.executable, "-m", "diffusion_core", "sweep", described())
    options = ("--steps", "4,6", "--samplers", "ode")
    done = subprocess.run(
        ["sh", "-c", 'exec "$@" 2>&-', "sh", *command, *options],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0
    assert [line.split(",")[0] for line in done.stdout.splitlines()] == ["sampler", "ode", "ode"]


@pytest.mark.parametrize("command", ["distance", "sweep"])
def test_a_closed_stdout_is_one_line_before_the_work(described, command):
    args = ("--steps", "4,6") if command == "sweep" else ()
    done = subprocess.run(
        [
            "sh",
            "-c",
            'exec "$@" >&-',
            "sh",
            sys.executable,
            "-m",
            "diffusion_core",
            command,
            described(),
            *args,
        ],
        cwd=ROOT,
        stderr=subprocess.PIPE,
        text=True,
        timeout=60,
    )
    assert done.returncode == 2
    assert done.stderr.startswith("error: stdout is closed")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("stdout", ["", ">&-"])
def test_samples_that_find_no_room_are_one_line_and_no_file(described, tmp_path, stdout):
    out = tmp_path / "out.npz"
    args = ("sample", described(), "--particles", "1000", "--out", str(out))
    done = subprocess.run(
        [
            "sh",
            "-c",
            f'ulimit -f 1; exec "$@" {stdout}',
            "sh",
            sys.executable,
            "-m",
            "diffusion_core",
            *args,
        ],
        cwd=ROOT,
        stderr=subprocess.PIPE,
        text=True,
        timeout=60,
    )
    assert done.returncode == 1
    assert done.stderr == "error: cannot write: File too large\n"
    assert [path.name for path in tmp_path.glob("out*")] == []


def test_samples_from_before_outlive_a_full_disk(described, tmp_path, monkeypatch):
    out = tmp_path / "out.npz"
    assert main(("sample", described(), "--particles", "10", "--out", str(out))) == 0
    before = out.read_bytes()

    def full(file, **arrays):
        file.write(b"a part")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez", full)
    with pytest.raises(OSError, match="No space"):
        write_arrays(out, {"samples": np.zeros((1, 1))})
    assert out.read_bytes() == before
    assert [path.name for path in tmp_path.glob("out*")] == ["out.npz"]
