"""The least distance with ten score evaluations: targets, rules and the entries to beat."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dashboard.compute import cached
from dashboard.prose import prose
from dashboard.text.labels import PRESETS as PRESET_LABELS
from dashboard.text.labels import SCHEDULES
from dashboard.text.mathematics import worded
from dashboard.text.numbers import with_error
from dashboard.text.readings import sentence
from diffusion_core import PRESETS, Experiment
from diffusion_core.samplers import sampler_record
from diffusion_core.schedules import Cosine, Karras, LogSNR, Schedule, Theory

BUDGET = 10
LEAST_SIGNAL = 0.99  # of abar_1, where the distance is to p_1
YOURS = "yours"
say = prose("challenges")


@dataclass(frozen=True)
class Challenge:
    """A target of the gallery; its words are blocks of challenges.md."""

    name: str
    preset: str

    @property
    def title(self) -> str:
        return say(f"{self.name}-title")

    @property
    def against(self) -> str:
        """What q_1 is compared with: the data, where it has a density."""
        return "data" if PRESETS[self.preset].target.has_density else "p1"

    def on_target(self, entry: Experiment) -> Experiment:
        return entry.with_(target=PRESETS[self.preset].target, preset=self.preset)

    def entry(self, schedule: Schedule, sampler: str) -> Experiment:
        """A run that spends the whole budget."""
        steps = sampler_record(sampler).steps_for(BUDGET)
        return self.on_target(Experiment(schedule=schedule, sampler=sampler, steps=steps))


CHALLENGES = {
    c.name: c
    for c in (
        Challenge("warm-up", "three-modes"),
        Challenge("fingers", "claw"),
        Challenge("two-scales", "thin-and-wide"),
        Challenge("atoms", "atoms"),
    )
}
NAMES = tuple(CHALLENGES)
BASELINES: tuple[tuple[str, Schedule, str], ...] = (
    ("base-ode", Theory(), "ode"),
    ("base-ddpm", Theory(), "ddpm"),
    ("base-ddim", Cosine(), "ddim"),
    ("base-heun", Karras(), "heun"),
    ("base-dpm", LogSNR(), "dpmpp-2m"),
)


def broken_rule(challenge: Challenge, entry: Experiment) -> str:
    """Which rule an entry breaks, in one sentence; empty where it keeps them all."""
    record = entry.record
    evaluations = record.nfe(entry.steps)
    signal = float(entry.chain.abar[1])
    if entry.target != PRESETS[challenge.preset].target:
        return say("rule-target", target=PRESET_LABELS[challenge.preset])
    if evaluations > BUDGET:
        return say("rule-budget", got=evaluations, most=BUDGET)
    if record.derivatives:
        return say("rule-derivatives", label=record.label, what=record.derivatives)
    if entry.score_error is not None:
        return say("rule-score")
    if entry.exact_start:
        return say("rule-start")
    if challenge.against == "p1" and signal < LEAST_SIGNAL:
        return say("rule-signal", got=f"{signal:.3f}", least=LEAST_SIGNAL)
    return ""


def baselines(challenge: Challenge) -> dict[str, Experiment]:
    """The entries to beat, by label, without those that would break a rule here."""
    found = {say(name): challenge.entry(grid, sampler) for name, grid, sampler in BASELINES}
    return {label: e for label, e in found.items() if not broken_rule(challenge, e)}


Scores = Mapping[str, tuple[Experiment, cached.Outcome]]


def scores(challenge: Challenge, entries: Mapping[str, Experiment], place: Any) -> Scores:
    """TV of every entry, exactly, the least first and refused ones last."""
    outcomes = cached.all_distances(list(entries.values()), place, against=challenge.against)
    found = dict(zip(entries, zip(entries.values(), outcomes, strict=True), strict=True))
    order = sorted(found, key=lambda label: _value(found[label][1]))
    return {label: found[label] for label in order}


def _value(outcome: cached.Outcome) -> float:
    return 2.0 if isinstance(outcome, str) else outcome.value


def table(found: Scores) -> dict[str, Sequence[Any]]:
    """Place, entry and number, as the page shows them."""
    runs = [run for run, _ in found.values()]
    return {
        "place": list(range(1, len(runs) + 1)),
        "entry": list(found),
        "TV": [
            o if isinstance(o, str) else with_error(o.value, o.error) for _, o in found.values()
        ],
        "score evaluations": [run.record.nfe(run.steps) for run in runs],
        "T": [run.steps for run in runs],
        "schedule": [SCHEDULES[run.schedule.kind] for run in runs],
        "sampler": [run.record.label for run in runs],
    }


def verdict(found: Scores, yours: str) -> str:
    """Whether the reader's entry beats the baselines, and by how much."""
    outcome = found[yours][1]
    if isinstance(outcome, str):
        return sentence(worded(outcome))
    others = [o for label, (_, o) in found.items() if label != yours and not isinstance(o, str)]
    best = min(others, key=lambda o: o.value)
    ratio = outcome.value / best.value
    number = with_error(outcome.value, outcome.error)
    if abs(outcome.value - best.value) <= outcome.error + best.error:
        return say("level", number=number)
    if ratio < 1:
        return say("ahead", number=number, ratio=f"{1 / ratio:.2f}")
    return say("behind", number=number, ratio=f"{ratio:.2f}")
