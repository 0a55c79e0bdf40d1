"""CPU time of exact laws of sequences: a step of 19,683 masked or 16,384 uniform states, the first
of a model and a later one, and the sweep that the page of sequences begins with.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import Any

from diffusion_core.discrete import DiscreteExperiment, measure_discrete
from diffusion_core.discrete.dynamics import Masked, Uniform
from diffusion_core.discrete.grids import TheoryGrid
from diffusion_core.discrete.targets import MarkovChain
from diffusion_core.studies.discrete import plan_discrete

SAMPLERS = ("euler", "tau-leaping", "bridge")
STEPS = (1, 2, 4, 8, 16, 32)


def seconds(work: Callable[[], Any]) -> float:
    """CPU seconds of one call."""
    begun = time.process_time()
    work()
    return time.process_time() - begun


def main() -> None:
    for length, dynamics in ((9, Masked()), (14, Uniform())):
        run = DiscreteExperiment(MarkovChain(length, 0.25), dynamics)
        model, law = run.model, run.model.noised(4.0)
        for name in SAMPLERS:
            step = run.by(name).sampler.advance
            taken = [seconds(partial(step, model, law, 2.0, 1.0)) for _ in range(4)]
            print(f"{dynamics.kind}, d = {length}, {name}: {taken[0]:.3f}, then {min(taken):.3f} s")
    run = DiscreteExperiment(dynamics=Masked(), grid=TheoryGrid(end=0.001))
    runs = plan_discrete(run, (*SAMPLERS, "unmasking"), STEPS)
    print(f"default sweep: {seconds(lambda: [measure_discrete(r) for r in runs]):.2f} s of CPU")


if __name__ == "__main__":
    main()
