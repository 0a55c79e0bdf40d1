"""One exact TV of the samplers beyond the seed's, in times of the ODE's at T = 100, three modes.

CPU time of this process, best of three: orders 2 to 4, a corrector, annealed Langevin, a score
guided to a class, and flow matching with as many evaluations.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from diffusion_core import Experiment, measure
from diffusion_core.samplers import Corrector
from diffusion_core.scores.guided import Guided
from diffusion_core.studies.flow_matching import NORMAL, StraightPath, flow_distance

RUN = Experiment(steps=100)
GUIDED = Guided("2+3", 3.0)


def seconds(work: Callable[[], object]) -> float:
    """CPU time, the best of three."""
    taken = []
    for _ in range(3):
        begun = time.process_time()
        work()
        taken.append(time.process_time() - begun)
    return min(taken)


def main() -> None:
    path = StraightPath(NORMAL, RUN.target)
    work: dict[str, Callable[[], object]] = {
        "ODE": lambda: measure(RUN),
        **{f"order {k}": lambda k=k: measure(RUN.by(f"ode-order-{k}")) for k in (2, 3, 4)},
        "ODE, 2 corrector steps": lambda: measure(RUN.with_(corrector=Corrector(2, 0.3))),
        "DDPM, 2 corrector steps": lambda: measure(
            RUN.with_(sampler="ddpm", corrector=Corrector(2, 0.3))
        ),
        "annealed Langevin": lambda: measure(RUN.with_(sampler="langevin")),
        "ODE, guided": lambda: measure(RUN.with_(score_error=GUIDED), against="tilted"),
        "DDPM, guided": lambda: measure(
            RUN.with_(sampler="ddpm", score_error=GUIDED), against="tilted"
        ),
        **{
            f"flow, {name}, {n} steps": lambda name=name, n=n: flow_distance(path, name, n)
            for name, n in (("euler", 100), ("midpoint", 50), ("heun", 50))
        },
    }
    unit = seconds(work["ODE"])
    for name, of in work.items():
        print(f"{name:25s} {seconds(of) / unit:6.1f}", flush=True)


if __name__ == "__main__":
    main()
