"""Search every challenge for its least distance: ``python -m dashboard.topics.challenges.search``.

The search of "Design a schedule" (``minimise``) bends a grid between fixed ends. Here it runs for
every deterministic sampler that the rules allow (the exact law of one that adds noise can take
seconds a grid on points) and for several ends; around the best of them the ends are moved by ever
smaller steps while that helps. What counts is the challenge's own distance. With names of
challenges it searches those alone. It takes about ten minutes on two cores.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from itertools import product

from dashboard.topics.challenges.bests import FILE, Best, read, write
from dashboard.topics.challenges.entries import BUDGET, CHALLENGES, broken_rule
from diffusion_core import SAMPLERS, InputError, Refused, measure
from diffusion_core.schedules import Theory
from diffusion_core.studies.noise_grids import Ends
from diffusion_core.studies.schedule_search import minimise

HIGH, LOW = (5.0, 7.0, 9.0), (-5.0, -7.0)  # log-SNR
MOVES = (1.0, 0.5)
Asked = tuple[str, str, float, float]  # challenge, sampler, high, low


def bend(asked: Asked) -> Best | None:
    """The grid between these ends with the least TV(q_1, p_1), and its distance as it counts.

    None where that breaks a rule or has no exact law.
    """
    name, sampler, high, low = asked
    challenge, ends = CHALLENGES[name], Ends(high, low)
    steps = SAMPLERS[sampler].steps_for(BUDGET)
    try:
        run = minimise(challenge.entry(Theory(), sampler), ends, steps).experiment
        if broken_rule(challenge, run):
            return None
        found = measure(run, "tv", against=challenge.against)
    except (Refused, InputError):
        return None
    return Best(run, ends, found.value, found.error)


def search(name: str, pool: ProcessPoolExecutor) -> Best:
    """The least of these samplers and ends, then of ends around it."""
    samplers = [s for s, r in SAMPLERS.items() if not (r.derivatives or r.stochastic)]
    best = _least(pool.map(bend, [(name, *rest) for rest in product(samplers, HIGH, LOW)]))
    for move in MOVES:
        while True:
            found = _least([best, *pool.map(bend, _around(name, best, move))])
            if found.value >= best.value:
                break
            best = found
    return best


def _around(name: str, best: Best, move: float) -> Iterator[Asked]:
    for up, down in ((move, 0.0), (-move, 0.0), (0.0, move), (0.0, -move)):
        yield name, best.run.record.name, best.ends.high + up, best.ends.low + down


def _least(found: Iterable[Best | None]) -> Best:
    return min((best for best in found if best), key=lambda best: best.value)


def main(names: Iterable[str]) -> None:
    """Search, and write what has been found as it comes."""
    found = read(FILE)
    with ProcessPoolExecutor() as pool:
        for name in names:
            found[name] = best = search(name, pool)
            print(name, best.run.record.name, best.ends, best.value, flush=True)
            write(FILE, found)


if __name__ == "__main__":
    main(sys.argv[1:] or CHALLENGES)
