"""The paper's four, T = 8..1024, swept in a new process: first point, total, peak memory."""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from diffusion_core import Experiment

STEPS = ",".join(str(2**i) for i in range(3, 11))


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "experiment.json"
        file.write_text(Experiment().to_json())
        print(f"{'workers':>7s} {'first point, s':>15s} {'total, s':>9s} {'of one worker':>14s}")
        alone = 0.0
        for workers in (1, 2):
            first, total = timed(file, workers)
            alone = alone or total
            print(f"{workers:7d} {first:15.2f} {total:9.2f} {total / alone:14.2f}")
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    print(f"peak memory of the largest process: {peak / 1024:.0f} MB")


def timed(file: Path, workers: int) -> tuple[float, float]:
    """Seconds from the start of the process to the first row, and to its end."""
    begun = time.perf_counter()
    command = [sys.executable, "-m", "diffusion_core", "sweep", str(file), "--steps", STEPS]
    with subprocess.Popen(
        [*command, "--workers", str(workers)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()  # the header
        process.stdout.readline()
        first = time.perf_counter() - begun
        rows = len(process.stdout.read().splitlines()) + 1
    if rows != 32 or process.returncode != 0:
        sys.exit(f"the sweep gave {rows} rows of 32")
    return first, time.perf_counter() - begun


if __name__ == "__main__":
    main()
