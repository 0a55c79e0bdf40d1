"""A sweep that was stopped goes on in the same file, and workers that die cost nothing."""

from __future__ import annotations

import io
import json
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from diffusion_core import Experiment, measure
from diffusion_core.__main__ import main
from diffusion_core.samplers import Corrector
from diffusion_core.schedules import Theory
from diffusion_core.sweep.csv_file import HEADER, beside, row, stream_rows
from diffusion_core.sweep.tasks import Run
from diffusion_core.targets import PRESETS

ROOT = Path(__file__).parents[3]
SMALL = Experiment(steps=12, seed=3)
OPTIONS = ("--steps", "4,6,8", "--samplers", "ode,ddpm")
PARTLY = Experiment(target=PRESETS["atoms"].target, schedule=Theory(4, 40))


@pytest.fixture
def place(tmp_path):
    """An experiment's file and the file of its sweep."""
    described = tmp_path / "experiment.json"
    described.write_text(SMALL.to_json())
    return str(described), tmp_path / "curves.csv"


def swept(file: str, out: Path, *more: str, options: tuple[str, ...] = OPTIONS) -> int:
    return main(["sweep", file, *options, "--out", str(out), *more])


def computed(err: str) -> list[str]:
    return [line.split("] ")[1].split(" 0.")[0] for line in err.splitlines() if "] " in line]


@pytest.mark.parametrize("workers", ["1", "2"])
@pytest.mark.parametrize(
    ("lines", "missing"),
    [
        ([], ["ode T=4", "ddpm T=4", "ode T=6", "ddpm T=6", "ode T=8", "ddpm T=8"]),
        ([0], ["ode T=4", "ddpm T=4", "ode T=6", "ddpm T=6", "ode T=8", "ddpm T=8"]),
        ([0, 1, 2, 3, 4], ["ode T=8", "ddpm T=8"]),
        ([0, 4, 2, 6], ["ode T=4", "ode T=6", "ode T=8"]),
        ([0, 1, 2, 3, 4, 5, 6], []),
    ],
)
def test_only_what_is_missing_is_computed_and_the_file_is_the_same(
    workers, lines, missing, place, capsys
):
    file, out = place
    assert swept(file, out) == 0
    whole = out.read_text()
    rows = whole.splitlines(keepends=True)
    cut = rows[6][:9] if 6 not in lines and lines else ""
    out.write_text("".join(rows[i] for i in lines) + cut)
    capsys.readouterr()
    assert swept(file, out, "--resume", "--workers", workers) == 0
    err = capsys.readouterr().err
    assert sorted(computed(err)) == sorted(missing)
    assert f"note: {6 - len(missing)} of 6 rows are there already" in err
    assert out.read_text() == whole
    assert sorted(p.name for p in out.parent.iterdir()) == [
        "curves.csv",
        "curves.csv.sweep.json",
        "experiment.json",
    ]


def test_resuming_may_be_the_first_time_and_may_add_steps_and_samplers(place, capsys):
    file, out = place
    other = out.with_name("other.csv")
    assert swept(file, out, "--resume", options=("--steps", "6", "--samplers", "ode")) == 0
    assert json.loads(beside(out).read_text())["experiment"] == SMALL.to_dict()
    capsys.readouterr()
    assert swept(file, out, "--resume") == 0
    assert "ode T=6" not in computed(capsys.readouterr().err)
    assert swept(file, other) == 0
    assert out.read_text() == other.read_text()


def test_refused_runs_are_tried_again(place):
    file, out = place
    Path(file).write_text(PARTLY.to_json())
    options = ("--steps", "6,20", "--samplers", "ode", "--metric", "kl")
    for more in ((), ("--resume",)):
        assert swept(file, out, *more, options=options) == 3
        assert len(out.read_text().splitlines()) == 2


def edited(out: Path, change) -> None:
    rows = out.read_text().splitlines(keepends=True)
    out.write_text("".join(change(rows)))


def without_note(out: Path) -> None:
    beside(out).unlink()


def garbled_note(out: Path) -> None:
    beside(out).write_text("[1]")


@pytest.mark.parametrize(
    ("spoil", "more", "message"),
    [
        (None, ("--metric", "w1"), "curves.csv' was made with another metric"),
        (None, ("--method", "particles"), "was made with another method"),
        (None, ("--against", "data"), "was made with another against"),
        ("seed", (), "was made with another experiment"),
        (without_note, (), "what made 'curves.csv' is unknown"),
        (garbled_note, (), "does not describe a sweep"),
        (lambda out: out.write_text("older\n"), (), "does not begin with sampler,steps,nfe"),
        (lambda out: out.write_bytes(b"\xff\xfe\n"), (), "cannot read 'curves.csv'"),
        (lambda out: edited(out, lambda r: [*r, r[2]]), (), "line 8 of 'curves.csv' is no row"),
        (lambda out: edited(out, lambda r: [*r[:2], "x\n"]), (), "line 3 of 'curves.csv' is no"),
        (
            lambda out: edited(out, lambda r: [r[0], r[1].replace("4,3,", "4,4,")]),
            (),
            "line 2 of 'curves.csv' is no row of this sweep: 'ode,4,4,tv",
        ),
        (
            lambda out: edited(out, lambda r: [r[0], "ode,4,3,tv,nan,0.1\n"]),
            (),
            "line 2 of 'curves.csv' is no row",
        ),
        (None, ("--steps", "6,8"), "line 2 of 'curves.csv' is no row"),
    ],
)
def test_rows_of_another_sweep_are_refused_and_stay(spoil, more, message, place, capsys):
    file, out = place
    assert swept(file, out) == 0
    if spoil == "seed":
        Path(file).write_text(SMALL.with_(seed=4).to_json())
    elif spoil is not None:
        spoil(out)
    before = out.read_bytes()
    capsys.readouterr()
    assert swept(file, out, "--resume", *more) == 2
    err = capsys.readouterr().err
    assert message in err
    assert err.count("\n") == 1
    assert out.read_bytes() == before


def test_the_sampler_and_T_of_the_description_do_not_count_but_eta_does(place, capsys):
    file, out = place
    assert swept(file, out) == 0
    Path(file).write_text(SMALL.with_(sampler="heun", steps=99).to_json())
    assert swept(file, out, "--resume") == 0
    Path(file).write_text(SMALL.with_(sampler="ddim", eta=0.5).to_json())
    assert swept(file, out, "--resume") == 2
    assert "another experiment" in capsys.readouterr().err


def test_a_corrector_of_the_description_counts(place, capsys):
    file, out = place
    assert swept(file, out) == 0
    Path(file).write_text(SMALL.with_(corrector=Corrector(2, 0.3)).to_json())
    assert swept(file, out, "--resume") == 2
    assert "another experiment" in capsys.readouterr().err
    assert swept(file, out) == 0
    rows = [line.split(",")[:3] for line in out.read_text().splitlines()[1:]]
    assert ["ode", "4", "9"] in rows  # three evaluations a step
    assert ["ddpm", "4", "3"] in rows


def test_a_stream_keeps_the_order_and_gives_early_rows_away_at_the_end():
    runs = [Run("ode", t, measure(SMALL.with_(steps=t))) for t in (4, 5, 6)]
    out, lines = io.StringIO(), [row(r) for r in runs]
    with stream_rows(out) as add:
        add(1, runs[1])
        assert out.getvalue() == HEADER
        add(0, Run("ode", 4, None, "refused"))
        assert out.getvalue() == HEADER + lines[1]
        add(3, runs[2])
        assert out.getvalue() == HEADER + lines[1]
    assert out.getvalue() == HEADER + lines[1] + lines[2]


SLOW = ("--steps", "800,850,900,950,1000", "--samplers", "ode-accelerated,ode")


def start(file: str, out: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "diffusion_core", "sweep", file, *SLOW, "--workers", "2"]
    return subprocess.Popen(
        [*command, "--out", str(out)], cwd=ROOT, stderr=subprocess.PIPE, text=True
    )


def kill_a_worker(of: subprocess.Popen[str], but: set[int]) -> set[int]:
    """SIGKILL to a worker process that is not one of ``but``; all the workers there are."""
    end = time.monotonic() + 20
    while time.monotonic() < end:
        workers = {child.pid for child in psutil.Process(of.pid).children()} - but
        if len(workers) == 2:
            psutil.Process(min(workers)).send_signal(signal.SIGKILL)
            return workers
        time.sleep(0.02)
    raise AssertionError("no workers")


def test_a_worker_that_is_killed_is_replaced_once_and_then_reported(place, capsys):
    file, out = place
    once, twice = out.with_name("once.csv"), out.with_name("twice.csv")
    assert swept(file, out, options=SLOW) == 0
    for target, kills, status in ((once, 1, 0), (twice, 2, 1)):
        process = start(file, target)
        assert process.stderr is not None
        seen: set[int] = set()
        for _ in range(kills):
            assert process.stderr.readline().startswith("[")
            seen |= kill_a_worker(process, seen)
        _, err = process.communicate(timeout=60)
        assert process.returncode == status
        assert "Traceback" not in err
    assert once.read_text() == out.read_text()
    lost = "error: worker processes ended early twice, perhaps for lack of memory"
    assert err.splitlines()[-1] == lost
    assert 1 < len(twice.read_text().splitlines()) < 11
    assert swept(file, twice, "--resume", options=SLOW) == 0
    assert twice.read_text() == out.read_text()


MANY = ("--steps", ",".join(str(t) for t in range(2, 42)), "--samplers", "ode,ddpm")


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The file of a sweep that nothing has stopped."""
    folder = tmp_path_factory.mktemp("whole")
    (folder / "experiment.json").write_text(SMALL.to_json())
    assert swept(str(folder / "experiment.json"), folder / "whole.csv", options=MANY) == 0
    return folder / "whole.csv"


@pytest.mark.parametrize("workers", ["1", "2"])
@pytest.mark.parametrize(
    "sent", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL], ids=lambda s: s.name
)
def test_whatever_signal_ends_it_resuming_gives_the_same_file(place, whole, sent, workers):
    file, out = place
    command = [sys.executable, "-m", "diffusion_core", "sweep", file, *MANY, "--workers", workers]
    with subprocess.Popen(
        [*command, "--out", str(out)],
        cwd=ROOT,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_DFL),  # as nohup leaves it not
    ) as process:
        assert process.stderr is not None
        assert process.stderr.readline().startswith("[1/80]")
        process.send_signal(sent)
        err = process.stderr.read()
    assert process.returncode == (130 if sent is signal.SIGINT else -sent)
    assert "Traceback" not in err
    assert 1 < len(out.read_text().splitlines()) < 81
    assert swept(file, out, "--resume", options=MANY) == 0
    assert out.read_bytes() == whole.read_bytes()
    assert beside(out).read_bytes() == beside(whole).read_bytes()
    left = {path.name for path in out.parent.iterdir()}
    assert left == {"experiment.json", "curves.csv", "curves.csv.sweep.json"}


@pytest.mark.parametrize("workers", ["1", "2"])
@pytest.mark.parametrize("most", [200, 1000])  # bytes: less than the description, and than the rows
def test_where_no_more_can_be_written_resuming_gives_the_same_file(place, whole, workers, most):
    file, out = place
    command = [sys.executable, "-m", "diffusion_core", "sweep", file, *MANY, "--workers", workers]
    done = subprocess.run(
        [*command, "--out", str(out)],
        cwd=ROOT,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
        timeout=60,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (most, most)),
    )
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == "error: cannot write: File too large"
    assert "Traceback" not in done.stderr
    assert swept(file, out, "--resume", options=MANY) == 0
    assert out.read_bytes() == whole.read_bytes()


def test_rows_of_before_never_stand_beside_another_description(place, monkeypatch):
    file, out = place
    assert swept(file, out) == 0
    before = out.read_bytes(), beside(out).read_bytes()

    def ended(*names):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("os.replace", ended)
        assert swept(file, out, "--metric", "kl") == 130
    assert beside(out).read_bytes() == before[1]
    assert swept(file, out, "--resume") == 0
    assert out.read_bytes() == before[0]
