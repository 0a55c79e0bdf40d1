"""Side by side: runs that share everything, the starting noise included, but what is changed.

Panel A is the experiment of the sidebar. Every other panel is a few changes to it, written in the
link as ``sampler.ddpm,steps.50``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from dashboard.link.permalink import Setting
from dashboard.prose import prose
from dashboard.text.labels import PRESETS as PRESET_LABELS
from dashboard.text.labels import SCHEDULES
from diffusion_core import PRESETS, SAMPLERS, Experiment, InputError
from diffusion_core import SCHEDULES as SCHEDULE_KINDS
from diffusion_core.experiment import STARTS
from diffusion_core.schedules import MAX_STEPS, MIN_STEPS, Custom

phrase = prose("phrases/compare")
MOST = 4
MOST_DIGITS = 9
NAMES = ("B", "C", "D")
AS_A = "as in A"


@dataclass(frozen=True)
class Changes:
    """What a panel changes; None leaves it as in panel A."""

    sampler: str | None = None
    steps: int | None = None
    schedule: str | None = None
    start: str | None = None
    target: str | None = None

    def __post_init__(self) -> None:
        allowed = {
            "sampler": tuple(SAMPLERS),
            "schedule": plain_schedules(),
            "start": STARTS,
            "target": tuple(PRESETS),
        }
        for name, words in allowed.items():
            value = getattr(self, name)
            if value is not None and value not in words:
                raise InputError(
                    phrase("one-of-got", name=name, words=", ".join(words), value=repr(value[:40]))
                )
        if self.steps is not None and not MIN_STEPS <= self.steps <= MAX_STEPS:
            raise InputError(
                phrase(
                    "steps-t-from-to-got",
                    min_steps=MIN_STEPS,
                    max_steps=f"{MAX_STEPS:,}",
                    steps=self.steps,
                )
            )

    @property
    def made(self) -> dict[str, Any]:
        """The changes by name."""
        values = {f.name: getattr(self, f.name) for f in fields(self)}
        return {name: value for name, value in values.items() if value is not None}

    def apply(self, base: Experiment) -> Experiment:
        """``base`` with the changes; InputError for another T on a custom schedule."""
        changes: dict[str, Any] = {}
        if self.sampler is not None:
            changes |= {"sampler": self.sampler, "eta": 0.0}
        if self.schedule is not None:
            changes["schedule"] = SCHEDULE_KINDS[self.schedule]()
        if self.steps is not None:
            if isinstance(changes.get("schedule", base.schedule), Custom):
                raise InputError(phrase("steps-a-custom-schedule-runs"))
            changes["steps"] = self.steps
        if self.start is not None:
            changes["start"] = self.start
        if self.target is not None:
            changes |= {"target": PRESETS[self.target].target, "preset": self.target}
        return base.with_(**changes)


def plain_schedules() -> tuple[str, ...]:
    """The kinds that need no list from the reader."""
    return tuple(kind for kind in SCHEDULE_KINDS if kind != "custom")


def changes_setting(name: str, default: Changes, unsaid: Changes | None = None) -> Setting:
    """A panel's changes as one setting of the link."""
    return Setting(name, default, lambda text: _read(name, text), _write, unsaid)


def _write(changes: Changes) -> str:
    return ",".join(f"{name}.{value}" for name, value in changes.made.items()) or "none"


def _read(panel: str, text: str) -> Changes:
    if text == "none":
        return Changes()
    known = [f.name for f in fields(Changes)]
    values: dict[str, Any] = {}
    for word in text.split(","):
        name, _, value = word.partition(".")
        if name not in known or not value or name in values:
            raise InputError(
                phrase(
                    "changes-such-as-sampler-ddpm",
                    panel=panel,
                    known=", ".join(known),
                    word=repr(word[:40]),
                )
            )
        values[name] = value
    if "steps" in values:
        digits = values["steps"]
        if not (digits.isdecimal() and len(digits) <= MOST_DIGITS):
            raise InputError(
                phrase("steps-needs-a-whole-number", panel=panel, steps=repr(digits[:40]))
            )
        values["steps"] = int(digits)
    try:
        return Changes(**values)
    except InputError as error:
        raise InputError(f"{panel}: {error}") from None


def runs(base: Experiment, changes: Mapping[str, Changes]) -> dict[str, Experiment]:
    """The run of every panel under its title, panel A first.

    InputError where a panel cannot run, or where the targets differ in dimension.
    """
    found = {f"A: {_title(base, {})}": base}
    for name, changed in changes.items():
        try:
            run = changed.apply(base)
        except InputError as error:
            raise InputError(phrase("panel", name=name, error=error)) from None
        found[f"{name}: {_title(run, changed.made)}"] = run
    dims = sorted({run.target.dim for run in found.values()})
    if len(dims) > 1:
        raise InputError(
            phrase("target-all-panels-need-targets", dims=f" {phrase('and')} ".join(map(str, dims)))
        )
    return found


def _title(run: Experiment, changes: Mapping[str, Any]) -> str:
    """The sampler, and whatever else the panel changes."""
    parts = [run.record.label]
    if "steps" in changes:
        parts.append(f"T = {run.steps:,}")
    if "schedule" in changes:
        parts.append(SCHEDULES[run.schedule.kind].split(":")[0])
    if "start" in changes:
        parts.append(phrase("from-p-t") if run.exact_start else phrase("from-n-0-i"))
    if "target" in changes and run.preset is not None:
        parts.append(PRESET_LABELS[run.preset])
    return ", ".join(parts)
