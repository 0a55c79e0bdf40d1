"""Sweeps on a real Dask cluster: a scheduler and workers, each a process on the loopback."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from diffusion_core import Experiment
from diffusion_core.__main__ import main
from diffusion_core.targets import PRESETS

ROOT = Path(__file__).parents[3]
DASK = (sys.executable, "-m", "dask")
SLOW = ("--steps", "800,900,1000,1100", "--samplers", "ode-accelerated,ode")
LIBRARY = """
import sys
from distributed import Client
from diffusion_core import Experiment, plan, sweep
with Client(sys.argv[1]) as client:
    runs = plan(Experiment(), ["ddpm", "ode"], [20, 5, 40])
    for run in sweep(runs, "kl", executor=client.get_executor()):
        print(run.sampler, run.steps, repr(run.measurement.value))
"""


def until(true: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + 30
    while not true():
        assert time.monotonic() < end, what
        time.sleep(0.05)


@contextmanager
def process(log: Path, *args: str, path: str = str(ROOT), ready: str) -> Iterator[subprocess.Popen]:
    """``dask ARGS`` on the loopback once it says that it is ready; killed at the end."""
    options = ("--host", "127.0.0.1", "--no-dashboard")
    with log.open("w") as out:
        started = subprocess.Popen(
            [*DASK, *args, *options],
            cwd=log.parent,
            env={**os.environ, "PYTHONPATH": path},
            stdout=out,
            stderr=out,
        )
    try:
        until(lambda: ready in log.read_text(), f"no {ready} in {log}")
        yield started
    finally:
        started.kill()
        started.wait()


@contextmanager
def scheduler(folder: Path) -> Iterator[tuple[subprocess.Popen, str]]:
    log = folder / "scheduler.log"
    with process(log, "scheduler", "--port", "0", ready="Scheduler at:") as started:
        at = log.read_text().split("Scheduler at:")[1].split()[0]
        yield started, at


def worker(log: Path, address: str, path: str = str(ROOT)):
    args = ("worker", address, "--nthreads", "1", "--no-nanny")
    return process(log, *args, path=path, ready="Registered to")


@contextmanager
def two_workers(folder: Path) -> Iterator[str]:
    """The address of a scheduler with two workers."""
    with ExitStack() as stack:
        _, address = stack.enter_context(scheduler(folder))
        for i in range(2):
            stack.enter_context(worker(folder / f"worker{i}.log", address))
        yield address


@pytest.fixture(scope="module")
def cluster(tmp_path_factory) -> Iterator[str]:
    with two_workers(tmp_path_factory.mktemp("cluster")) as address:
        yield address


@pytest.fixture(scope="module")
def described(tmp_path_factory) -> str:
    file = tmp_path_factory.mktemp("experiment") / "experiment.json"
    file.write_text(Experiment().to_json())
    return str(file)


@pytest.fixture(scope="module")
def slow_table(described, tmp_path_factory) -> str:
    """What the slow sweep gives when it is computed in one process."""
    out = tmp_path_factory.mktemp("slow") / "slow.csv"
    assert main(["sweep", described, *SLOW, "--out", str(out)]) == 0
    return out.read_text()


def start(*args: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "diffusion_core", "sweep", *args],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def first_row(of: subprocess.Popen[str]) -> None:
    assert of.stderr is not None
    line = of.stderr.readline()
    assert line.startswith("[1/"), line + of.stderr.read()


@pytest.mark.parametrize("method", ["exact", "particles"])
def test_a_cluster_gives_the_numbers_of_one_process_in_order(method, cluster, tmp_path, capsys):
    file = tmp_path / "experiment.json"
    preset = "correlated-gaussian" if method == "particles" else "skewed"
    file.write_text(Experiment(target=PRESETS[preset].target, seed=7).to_json())
    options = (str(file), "--steps", "5,20,40", "--metric", "w2", "--method", method)
    options = (*options, "--particles", "2000")
    assert main(["sweep", *options]) == 0
    expected = capsys.readouterr().out
    out, err = start(*options, "--dask", cluster).communicate(timeout=60)
    assert out == expected
    assert len(err.splitlines()) == out.count("\n") - 1 == 12


def test_the_library_takes_the_executor_of_a_client(cluster):
    from diffusion_core import plan, sweep

    done = subprocess.run(
        [sys.executable, "-c", LIBRARY, cluster],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
    )
    runs = sweep(plan(Experiment(), ["ddpm", "ode"], [20, 5, 40]), "kl")
    assert done.stdout.splitlines() == [
        f"{r.sampler} {r.steps} {r.measurement.value!r}" for r in runs
    ]


def test_a_worker_killed_half_way_loses_nothing(cluster, described, slow_table, tmp_path):
    out = tmp_path / "curves.csv"
    with worker(tmp_path / "third.log", cluster) as third:
        sweep = start(described, *SLOW, "--dask", cluster, "--out", str(out))
        first_row(sweep)
        third.send_signal(signal.SIGKILL)
        _, err = sweep.communicate(timeout=60)
    assert sweep.returncode == 0
    assert err.splitlines()[-1].startswith("[8/8]")
    assert out.read_text() == slow_table


def test_ctrl_c_keeps_the_finished_rows_and_resuming_completes_them(
    cluster, described, slow_table, tmp_path
):
    out = tmp_path / "curves.csv"
    args = (described, *SLOW, "--dask", cluster, "--out", str(out))
    sweep = start(*args)
    first_row(sweep)
    begun = time.monotonic()
    os.killpg(sweep.pid, signal.SIGINT)
    _, err = sweep.communicate(timeout=20)
    assert time.monotonic() - begun < 10
    assert sweep.returncode == 130
    assert err.splitlines()[-1] == "error: stopped"
    assert "Traceback" not in err
    rows, whole = out.read_text().splitlines(), slow_table.splitlines()
    assert 1 < len(rows) < len(whole)
    assert [line for line in whole if line in rows] == rows

    sweep = start(*args, "--resume")
    _, err = sweep.communicate(timeout=60)
    assert sweep.returncode == 0
    assert err.startswith(f"note: {len(rows) - 1} of 8 rows are there already\n[1/")
    assert err.count("[") == 8 - (len(rows) - 1)
    assert out.read_text() == slow_table


@pytest.mark.parametrize("kind", ["missing", "other"])
def test_workers_with_other_code_are_refused(kind, cluster, described, tmp_path):
    path = tmp_path / "path"
    path.mkdir()
    if kind == "other":
        shutil.copytree(ROOT / "diffusion_core", path / "diffusion_core")
        with (path / "diffusion_core" / "theory.py").open("a") as f:
            f.write("\n")
    with worker(tmp_path / "foreign.log", cluster, str(path)):
        sweep = start(described, "--steps", "5", "--dask", cluster)
        out, err = sweep.communicate(timeout=60)
    assert (sweep.returncode, out) == (2, "")
    said = "cannot import" if kind == "missing" else "has another version of"
    assert f"{said} diffusion_core" in err
    assert err.count("\n") == 1


def test_a_lost_scheduler_is_one_line(described, tmp_path):
    with scheduler(tmp_path) as (started, address):
        sweep = start(described, "--steps", "5", "--dask", address)
        assert sweep.stdout is not None
        assert sweep.stdout.readline().startswith("sampler,")
        time.sleep(0.5)
        started.kill()
        _, err = sweep.communicate(timeout=30)
    assert sweep.returncode == 1
    assert err == "error: the connection to the cluster is lost\n"


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("tcp://127.0.0.1:1", "no scheduler answers at 'tcp://127.0.0.1:1'"),
        ("127.0.0.1:99999", "no scheduler answers"),
        ("", "an address such as tcp://host:8786, got ''"),
        ("tcp://", "an address such as"),
        ("http://host:80", "an address such as"),
        ("somewhere", "an address such as"),
    ],
)
def test_wrong_addresses_are_one_line(address, message, described, capsys):
    assert main(["sweep", described, "--steps", "5", "--dask", address]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert message in err
    assert err.count("\n") == 1


def test_without_dask_one_line_says_what_to_install(described, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    assert main(["sweep", described, "--steps", "5", "--dask", "tcp://127.0.0.1:1"]) == 2
    err = capsys.readouterr().err
    said = "--dask: needs the package distributed: pip install -r requirements-dask.txt"
    assert err == f"error: {said}\n"


def test_processes_and_a_cluster_exclude_each_other(described, capsys):
    args = ("--steps", "5", "--dask", "tcp://127.0.0.1:1", "--workers", "2")
    assert main(["sweep", described, *args]) == 2
    assert "not allowed with" in capsys.readouterr().err
