"""One frozen description of a run; the same thing is the link, the file, the cache key and the task.

``Experiment.from_json`` refuses whatever it does not understand with one sentence that names the
field and what is allowed. Nothing is clipped silently.
"""

from __future__ import annotations

import json
import math
import typing
from dataclasses import MISSING, dataclass, field, fields, replace
from typing import Any, get_type_hints

from diffusion_core.errors import InputError
from diffusion_core.samplers import Sampler, sampler_record
from diffusion_core.schedules import SCHEDULES, Chain, Custom, Schedule, Theory, check_steps
from diffusion_core.targets import DEFAULT_1D, PRESETS, TARGETS
from diffusion_core.targets.base import Target

MAX_JSON_BYTES = 2_000_000
STARTS = ("noise", "exact")


@dataclass(frozen=True)
class PresetTarget:
    """A target of the gallery, by name."""

    name: str


@dataclass(frozen=True)
class Experiment:
    """What to run: target, schedule, sampler, T, start and seed.

    start: "noise" for Y_T ~ N(0, I), "exact" for Y_T ~ p_T. ``preset`` remembers that the target came
    from the gallery, so that links stay short.
    """

    target: Target = field(default_factory=lambda: PRESETS[DEFAULT_1D].target)
    schedule: Schedule = field(default_factory=Theory)
    sampler: str = "ode"
    eta: float = 0.0
    steps: int = 100
    start: str = "noise"
    seed: int = 0
    preset: str | None = None

    def __post_init__(self) -> None:
        check_steps(self.steps)
        sampler_record(self.sampler, self.eta)
        if self.start not in STARTS:
            raise InputError(f"start: one of {', '.join(STARTS)}, got {self.start!r}")
        if not 0 <= self.seed < 2**32:
            raise InputError(f"seed: a whole number from 0 to {2**32 - 1}, got {self.seed!r}")
        if isinstance(self.schedule, Custom) and len(self.schedule.abar) != self.steps:
            self.schedule.chain(self.steps)

    @property
    def record(self) -> Sampler:
        return sampler_record(self.sampler, self.eta)

    @property
    def chain(self) -> Chain:
        return self.schedule.chain(self.steps)

    @property
    def exact_start(self) -> bool:
        return self.start == "exact"

    def with_(self, **changes: Any) -> Experiment:
        """A copy with some fields changed; a preset's name goes when its target does."""
        if "target" in changes and "preset" not in changes:
            changes["preset"] = None
        return replace(self, **changes)

    def to_dict(self) -> dict[str, Any]:
        """The description as plain JSON values; from_dict reads it back to an equal Experiment."""
        sampler: dict[str, Any] = {"kind": self.sampler}
        if self.sampler == "ddim":
            sampler["eta"] = self.eta
        return {
            "target": target_to_dict(self.target, self.preset),
            "schedule": {"kind": self.schedule.kind, **_plain(self.schedule)},
            "sampler": sampler,
            "steps": self.steps,
            "start": self.start,
            "score_error": None,
            "seed": self.seed,
        }

    def to_json(self, indent: int | None = None) -> str:
        separators = (",", ":") if indent is None else None
        return json.dumps(self.to_dict(), indent=indent, separators=separators)

    @classmethod
    def from_json(cls, text: str | bytes) -> Experiment:
        """Parse and check; InputError for anything that is not a description."""
        return cls.from_dict(_load(text))

    @classmethod
    def from_dict(cls, data: Any) -> Experiment:
        known = ("target", "schedule", "sampler", "steps", "start", "score_error", "seed")
        data = _object("experiment", data, known)
        for required in ("target", "schedule", "sampler", "steps"):
            if required not in data:
                raise InputError(
                    f"{required}: is missing; an experiment needs target, schedule, sampler, steps"
                )
        if data.get("score_error") is not None:
            raise InputError("score_error: must be null, the exact score")
        sampler = _object("sampler", data["sampler"], ("kind", "eta"))
        kind = _typed("sampler.kind", sampler.get("kind"), str)
        if "eta" in sampler and kind != "ddim":
            raise InputError(f"sampler.eta: only ddim takes eta, not {kind}")
        target, preset = target_from_dict(data["target"])
        return cls(
            target=target,
            schedule=schedule_from_dict(data["schedule"]),
            sampler=kind,
            eta=_typed("sampler.eta", sampler.get("eta", 0.0), float),
            steps=_typed("steps", data["steps"], int),
            start=_typed("start", data.get("start", "noise"), str),
            seed=_typed("seed", data.get("seed", 0), int),
            preset=preset,
        )


def target_to_dict(target: Target, preset: str | None = None) -> dict[str, Any]:
    if preset is not None:
        return {"kind": "preset", "name": preset}
    return {"kind": target.kind, **_plain(target)}


def target_from_dict(data: Any) -> tuple[Target, str | None]:
    """The target and, for kind "preset", the preset's name."""
    kind = _kind("target", data, ("preset", *TARGETS))
    if kind == "preset":
        name = _typed("target.name", _object("target", data, ("kind", "name")).get("name"), str)
        if name not in PRESETS:
            raise InputError(f"target.name: one of {', '.join(PRESETS)}, got {name!r}")
        return PRESETS[name].target, name
    return _build("target", TARGETS[kind], data), None


def schedule_from_dict(data: Any) -> Schedule:
    return _build("schedule", SCHEDULES[_kind("schedule", data, tuple(SCHEDULES))], data)


def _load(text: str | bytes) -> Any:
    if len(text) > MAX_JSON_BYTES:
        raise InputError(f"experiment: at most {MAX_JSON_BYTES} bytes of JSON, got {len(text)}")

    def not_a_number(name: str) -> float:
        raise InputError(f"experiment: {name} is not allowed, every number must be finite")

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        result = dict(pairs)
        if len(result) != len(pairs):
            raise InputError("experiment: a key appears twice")
        return result

    try:
        return json.loads(text, parse_constant=not_a_number, object_pairs_hook=once)
    except InputError:
        raise
    except RecursionError:
        raise InputError("experiment: not valid JSON: nested too deeply") from None
    except ValueError as e:
        raise InputError(f"experiment: not valid JSON: {e}") from None


def _kind(name: str, data: Any, allowed: tuple[str, ...]) -> str:
    if not isinstance(data, dict):
        raise InputError(f"{name}: must be an object with a kind, got {_shown(data)}")
    kind = _typed(f"{name}.kind", data.get("kind"), str)
    if kind not in allowed:
        raise InputError(f"{name}.kind: one of {', '.join(allowed)}, got {kind!r}")
    return kind


def _object(name: str, data: Any, known: tuple[str, ...]) -> dict[str, Any]:
    if not isinstance(data, dict):
        raise InputError(f"{name}: must be an object, got {_shown(data)}")
    for key in data:
        if key not in known:
            raise InputError(f"{name}: unknown key {_shown(key)}; known are {', '.join(known)}")
    return data


def _build(name: str, cls: Any, data: dict[str, Any]) -> Any:
    """An instance of a frozen dataclass from JSON, every field checked against its type."""
    hints = get_type_hints(cls)
    members = fields(cls)
    data = _object(name, data, ("kind", *(m.name for m in members)))
    values = {}
    for m in members:
        if m.name in data:
            values[m.name] = _typed(f"{name}.{m.name}", data[m.name], hints[m.name])
        elif m.default is MISSING and m.default_factory is MISSING:
            raise InputError(f"{name}.{m.name}: is missing for kind {cls.kind}")
    return cls(**values)


def _typed(name: str, value: Any, kind: Any) -> Any:
    """``value`` as ``kind``: float, int, str, or nested tuples of floats (JSON arrays)."""
    if typing.get_origin(kind) is tuple:
        if not isinstance(value, list | tuple):
            raise InputError(f"{name}: must be a list, got {_shown(value)}")
        item = typing.get_args(kind)[0]
        return tuple(_typed(name, v, item) for v in value)
    if kind is float:
        return _number(name, value)
    if kind is int:
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int):
            raise InputError(f"{name}: must be a whole number, got {_shown(value)}")
        return value
    if not isinstance(value, str):
        raise InputError(f"{name}: must be a text, got {_shown(value)}")
    return value


def _number(name: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InputError(f"{name}: must be a number, got {_shown(value)}")
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise InputError(f"{name}: must be a finite number, got {_shown(value)}")
    return number


def _shown(value: Any) -> str:
    text = "nothing" if value is None else repr(value)
    return text if len(text) <= 40 else text[:37] + "..."


def _plain(item: Any) -> dict[str, Any]:
    return {m.name: _lists(getattr(item, m.name)) for m in fields(item)}


def _lists(value: Any) -> Any:
    return [_lists(v) for v in value] if isinstance(value, tuple) else value
