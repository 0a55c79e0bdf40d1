"""Python that reproduces a figure's numbers with the library alone."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from dashboard.compute.sweeps import Sweep
from diffusion_core import Experiment

LONG = 2000  # characters of JSON that still stand in the code
FILE = 'open("experiment.json"'


def described(experiment: Experiment) -> str:
    """Lines that make ``experiment``, which may differ from the page's in all but its law.

    Where it is long, its target and its schedule are read from the page's download.
    """
    text = experiment.to_json()
    if len(text) <= LONG:
        return f"experiment = Experiment.from_json({text!r})"
    known = json.loads(text)
    rest = {name: known[name] for name in known if name not in ("target", "schedule")}
    return f"""import json

with {FILE}, encoding="utf-8") as file:  # the page's download
    known = json.load(file) | {rest!r}
experiment = Experiment.from_dict(known)"""


PICTURED = """from diffusion_core.laws.front import law_of


def pictured_tv(experiment):
    \"\"\"TV as the heat map of q_1 brings it, from fewer points than ``measure`` takes.\"\"\"
    [last] = law_of(experiment).over_time(([0.0, 1.0], [0.0, 1.0]), [1])
    return last.tv

"""


def trajectory_snippet(experiment: Experiment, methods: Mapping[str, str], particles: int) -> str:
    """One run: its particles and those of its distances that have a value, each by its method."""
    exact, seen = ([m for m, by in methods.items() if by == how] for how in ("exact", "particles"))
    drawn = "picture" in methods.values()
    lines = [f'found = measure_all(experiment, {exact!r}, "exact")'] if exact else ["found = {}"]
    if seen:
        lines.append(f'found |= measure_all(experiment, {seen!r}, "particles", points=y_1)')
    if drawn:
        lines.append('found["tv"] = pictured_tv(experiment)')
    return f"""from diffusion_core import Experiment, measure_all
from diffusion_core.laws.particles import final_points
{PICTURED if drawn else ""}
{described(experiment)}
y_1 = final_points(experiment, {particles})  # shape (N, d)
{chr(10).join(lines)}
for metric, distance in found.items():
    print(metric, distance.value, "+-", distance.error)
"""


def sweep_snippet(sweep: Sweep) -> str:
    """A sweep at equal T or at equal score evaluations."""
    planned = "plan" if sweep.at_equal == "steps" else "plan_evaluations"
    count = f", particles={sweep.particles}" if sweep.method == "particles" else ""
    wanted = f"{list(sweep.samplers)!r}, {list(sweep.points)!r}"
    return f"""from diffusion_core import Experiment, {planned}, sweep

{described(sweep.experiment)}
runs = {planned}(experiment, {wanted})
for run in sweep(runs, "{sweep.metric}", "{sweep.method}"{count}, against="{sweep.against}"):
    m = run.measurement
    print(run.sampler, run.steps, (m.value, m.error) if m else run.reason)
"""


def budget_snippet(experiment: Experiment) -> str:
    """Where one run's error comes from."""
    return f"""from diffusion_core import Experiment
from diffusion_core.studies.budget import budget

{described(experiment)}
found = budget(experiment)
print("initialisation", found.initialisation.value, "+-", found.initialisation.error)
print("steps", found.step_sum.value, "+-", found.step_sum.error)
print("contraction", found.contraction, "cancellation", found.cancellation)
print("total", found.total.value, "+-", found.total.error)
for step in found.steps:
    print(step.t, step.local.value, "+-", step.local.error)
"""


def plateau_snippet(experiment: Experiment, shown: Sequence[tuple[float, int]]) -> str:
    """TV for these sizes of the experiment's score error, each at its T; size 0 is the exact score.

    shown: (size, T) of the points that have a value.
    """
    return f"""from dataclasses import replace

from diffusion_core import Experiment, measure
from diffusion_core.studies.score_sizes import eps_jacobi, eps_score

{described(experiment)}
error = experiment.score_error
print("eps_score", eps_score(experiment).value, "eps_Jacobi", eps_jacobi(experiment).value)
for size, steps in {list(shown)!r}:
    wrong = replace(error, size=size) if size else None
    found = measure(experiment.with_(score_error=wrong, steps=steps, seed=0), "tv")
    print(size, steps, found.value, "+-", found.error)
"""


def waves_snippet(experiment: Experiment, size: float, shown: Sequence[tuple[str, float]]) -> str:
    """TV and eps_Jacobi for waves of one size in the score.

    shown: (sampler, frequency) of the points that have a value.
    """
    return f"""from diffusion_core import Experiment, measure
from diffusion_core.scores.errors import WaveError
from diffusion_core.studies.score_sizes import eps_jacobi

{described(experiment)}
for sampler, frequency in {list(shown)!r}:
    wave = WaveError(size={size!r}, frequency=frequency)
    eta = experiment.eta if sampler == experiment.sampler else 0.0
    run = experiment.with_(sampler=sampler, eta=eta, score_error=wave, seed=0)
    found = measure(run, "tv")
    print(sampler, frequency, eps_jacobi(run).value, found.value, "+-", found.error)
"""


def comparison_snippet(
    runs: Mapping[str, Experiment], methods: Mapping[str, str], particles: int, against: str = "p1"
) -> str:
    """Several runs and their TV, each by its method; those without one are left out."""
    lines = [
        f"    {name!r}: (Experiment.from_json({run.to_json()!r}), {methods[name]!r}),"
        for name, run in runs.items()
        if name in methods
    ]
    drawn = "picture" in methods.values()
    found = f'measure(run, "tv", method, {particles}, against="{against}")'
    if drawn:
        found = f'pictured_tv(run) if method == "picture" else {found}'
    return f"""from diffusion_core import Experiment, measure
{PICTURED if drawn else ""}
runs = {{
{chr(10).join(lines)}
}}
for name, (run, method) in runs.items():
    found = {found}
    print(name, found.value, "+-", found.error)
"""


def verification_snippet(experiment: Experiment, fault: str) -> str:
    """Every check, on this experiment where a check takes one, with a fault or without."""
    alter = "" if fault == "none" else f", FAULTS[{fault!r}].alter"
    names = "checks_of, run" if fault == "none" else "FAULTS, checks_of, run"
    return f"""from diffusion_core import Experiment
from diffusion_core.verification import CHECKS, {names}

{described(experiment)}
for check in (*CHECKS, *checks_of(experiment)):
    result = run(check{alter})
    print({{True: "holds", False: "FAILS", None: "says nothing"}}[result.holds], check.title)
"""


def assumptions_snippet(experiment: Experiment) -> str:
    """The numbers behind the assumptions with the library alone."""
    return f"""from diffusion_core import Experiment
from diffusion_core.theory.assumptions import schedule_facts, theorems

{described(experiment)}
for theorem in theorems(experiment):
    print(theorem.source, theorem.arxiv, theorem.name, theorem.formula, theorem.needs)
reach = experiment.target.support()
print(reach, "with c_R =", reach.exponent(experiment.steps))
print("E|X_0| <=", experiment.target.first_moment())
print(schedule_facts(experiment.chain))
"""


def own_sampler_snippet(experiment: Experiment, samplers: Sequence[str] = ()) -> str:
    """A step to write, and its TV beside that of the experiment's sampler and of ``samplers``."""
    beside = list(dict.fromkeys([experiment.sampler, *samplers]))
    method = "exact" if experiment.target.dim == 1 else "particles"
    return f'''from diffusion_core import Experiment, own_sampler, plan, sweep

{described(experiment)}


def step(y, t, chain, score):
    """Where Y_t = y, an array (N, d), goes: yours to write. Here Euler's for the ODE."""
    return y + chain.beta[t] / 2 * (y + score(t, y))


runs = plan(experiment, [*{beside!r}, own_sampler(step, "mine")], [experiment.steps])
for run in sweep(runs, "tv", "{method}"):
    m = run.measurement
    print(run.sampler, run.steps, (m.value, m.error) if m else run.reason)
'''


def guided_laws_snippet(experiment: Experiment) -> str:
    """The distances to the tilted law and to the class, and what the three laws hold."""
    return f"""from diffusion_core import Experiment, measure
from diffusion_core.studies.guidance import guided_laws

{described(experiment)}
for against in ("tilted", "class"):
    found = measure(experiment, against=against)
    print(against, found.value, "+-", found.error)
laws = guided_laws(experiment)
print("spread", laws.spread)
print("belongs to the class", laws.inside)
for mode in laws.modes:
    print("component", mode.number, mode.share)
"""


def guidance_snippet(experiment: Experiment, shown: Sequence[tuple[str, float, int, str]]) -> str:
    """TV by sampler, scale, T and what it is compared with: of the points that have a value."""
    return f"""from dataclasses import replace

from diffusion_core import Experiment, measure

{described(experiment)}
for sampler, scale, steps, against in {list(shown)!r}:
    guided = replace(experiment.score_error, scale=scale)
    eta = experiment.eta if sampler == experiment.sampler else 0.0
    run = experiment.with_(sampler=sampler, eta=eta, score_error=guided, steps=steps, seed=0)
    found = measure(run, against=against)
    print(sampler, scale, steps, against, found.value, "+-", found.error)
"""
