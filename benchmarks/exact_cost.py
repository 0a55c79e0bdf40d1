"""What exact laws cost, in cal: the CPU time of ten million float64 exponentials by NumPy.

On the line the default sweep (the paper's four samplers, T = 8..1024, three modes), one exact TV
and one animation with its law at every t, both at T = 100; with --plane one exact TV of every
target of the gallery in the plane at T = 64 instead, which takes minutes. Run:
PYTHONPATH=. .venv/bin/python benchmarks/exact_cost.py [SAMPLER ...] [--plane] [--target NAME ...]
"""

from __future__ import annotations

import argparse
import time
from collections import deque
from collections.abc import Callable

import numpy as np

from diffusion_core import PRESETS, SAMPLERS, Experiment, Refused, measure
from diffusion_core.laws.front import law_of
from diffusion_core.samplers import PAPER_SAMPLERS

SWEEP = [2**k for k in range(3, 11)]
GRID = np.linspace(-3.0, 3.0, 241)
REPEATS = 3


def seconds(work: Callable[[], object]) -> float:
    """CPU time of this process."""
    begun = time.process_time()
    work()
    return time.process_time() - begun


def cal() -> float:
    """The unit in seconds, the best of several: other work only ever adds to it."""
    x = np.linspace(-5.0, 0.0, 100_000)
    return 100 * min(seconds(lambda: np.exp(x)) for _ in range(200))


def on_line(samplers: list[str], unit: float) -> None:
    print(f"{'on the line, cal':20s} {'sweep':>8s} {'one TV':>8s} {'animation':>10s}")
    total = 0.0
    for name in samplers:
        runs = [Experiment(sampler=name, steps=steps) for steps in SWEEP]
        run = Experiment(sampler=name, steps=100)

        def swept(runs: list[Experiment] = runs) -> None:
            for e in runs:
                measure(e, "tv")

        def one(run: Experiment = run) -> None:
            measure(run, "tv")

        def animated(run: Experiment = run) -> None:
            deque(law_of(run).over_time(GRID, range(100, 0, -1)), maxlen=0)

        sweep = seconds(swept) / unit
        best = [min(seconds(of) for _ in range(REPEATS)) / unit for of in (one, animated)]
        total += sweep if name in PAPER_SAMPLERS else 0.0
        print(f"{name:20s} {sweep:8.1f} {best[0]:8.2f} {best[1]:10.2f}", flush=True)
    print(f"{'the paper' + chr(39) + 's in all':20s} {total:8.1f}")


def in_plane(samplers: list[str], targets: list[str], unit: float) -> None:
    print(f"{'TV in the plane, T = 64':20s} {'sampler':18s} {'cal':>8s} {'TV':>11s} {'error':>8s}")
    for preset in targets:
        for name in samplers:
            run = Experiment(preset=preset, target=PRESETS[preset].target, sampler=name, steps=64)
            begun = time.process_time()
            try:
                found = measure(run, "tv")
                outcome = f"{found.value:11.5e} {found.error:8.1e}"
            except Refused as reason:
                outcome = f"refused: {str(reason)[:60]}"
            spent = (time.process_time() - begun) / unit
            print(f"{preset:23s} {name:18s} {spent:8.1f} {outcome}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("samplers", nargs="*", choices=[[], *SAMPLERS])
    parser.add_argument("--plane", action="store_true")
    parser.add_argument("--target", nargs="*")
    given = parser.parse_args()
    planar = [name for name, preset in PRESETS.items() if preset.target.dim == 2]
    measure(Experiment(steps=10), "tv")  # imports and first calls are not what is timed
    unit = cal()
    print(f"1 cal = {1e3 * unit:.1f} ms")
    if given.plane or given.target:
        in_plane(given.samplers or list(SAMPLERS), given.target or planar, unit)
    else:
        on_line(given.samplers or list(SAMPLERS), unit)


if __name__ == "__main__":
    main()
