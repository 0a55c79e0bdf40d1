"""Python that gives the numbers of the page on schedules, with what has been asked for there."""

from __future__ import annotations

from collections.abc import Sequence

from dashboard.exports.snippets import described
from dashboard.topics.schedule_design.measure import Task, places


def design_snippet(
    task: Task,
    shape: str,
    bend: Sequence[float],
    kinds: Sequence[str],
    elsewhere: str = "",
    evaluations: int = 0,
) -> str:
    """The grids' distances, and what was asked for besides.

    kinds: of searches; elsewhere: where the least-error grid is moved, "targets" or "samplers";
    evaluations: that samplers on the named schedules are compared at.
    """
    searches = {
        "least": f"least = minimise(experiment, ends, {task.steps})\n"
        'print("least", least.found.value)\n',
        "equal": 'print("equal", equalise(experiment, grids["log-snr"]).found.value)\n',
    }
    run = "".join(searches[kind] for kind in kinds)
    run += _moved(task, elsewhere) if elsewhere and "least" in kinds else ""
    run += _few(evaluations) if evaluations else ""
    return f"""from diffusion_core import PRESETS, SAMPLERS, Experiment
from diffusion_core import measure, plan_evaluations, sweep
from diffusion_core.studies.schedule_search import equalise, minimise
from diffusion_core.studies.noise_grids import Ends, bent, named_grids, on_grid, own_runs

{described(task.experiment)}
ends = Ends({task.ends.high}, {task.ends.low})
grids = named_grids(ends, {task.steps})
grids["yours"] = bent(grids[{shape!r}], {tuple(bend)!r})
for name, points in grids.items():
    found = measure(on_grid(experiment, points))
    print(name, found.value, "+-", found.error)
{run}"""


def _moved(task: Task, kind: str) -> str:
    """The least-error grid elsewhere, beside the best of the named ones there."""
    names = list(places(task, kind))
    other = "experiment.with_(sampler=name, eta=0.0)"
    if kind == "targets":
        other = "experiment.with_(target=PRESETS[name].target, preset=name)"
    return f"""for name in {names!r}:
    there = {other}
    on_named = [on_grid(there, grids[kind]) for kind in grids if kind != "yours"]
    runs = [there.with_(schedule=least.experiment.schedule), *on_named]
    moved, *named = [run.measurement for run in sweep(runs)]
    best = min((m.value for m in named if m), default=None)
    print("moved to", name, moved and moved.value, "best named", best)
"""


def _few(evaluations: int) -> str:
    """Every sampler on every named schedule as it is, against the data."""
    return f"""for kind, own in own_runs(experiment, experiment.steps).items():
    for run in sweep(plan_evaluations(own, list(SAMPLERS), [{evaluations}]), against="data"):
        m = run.measurement
        print(kind, run.sampler, run.steps, m.value if m else run.reason)
"""
