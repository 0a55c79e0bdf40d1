"""One frozen description of a run: at once the link, the file, the cache key and the task.

``Experiment.from_json`` refuses whatever it does not understand with one sentence that names the
field and what is allowed. Nothing is clipped silently. The limits are checked before any work:

- JSON: 2,000,000 bytes of UTF-8 (a byte order mark is allowed), no key twice, finite numbers;
- steps: T from 2 to 8192; seed: 0 to 2^32 - 1;
- targets: at most 256 dimensions, 500 Gaussians, 5000 points, 4096 boxes, coordinates up to 1e6;
- score_error: size 0 to 100; a wave's frequency 0.01 to 1000 radians and phase -10 to 10; a Fourier
  field's length 0.001 to 1000 and seed 0 to 2^32 - 1.
"""

from __future__ import annotations

import json
import math
import typing
from dataclasses import MISSING, dataclass, field, fields, replace
from functools import lru_cache
from typing import Any, get_type_hints

from diffusion_core.errors import InputError
from diffusion_core.samplers import SAMPLERS, Sampler, sampler_record
from diffusion_core.schedules import SCHEDULES, Chain, Custom, Schedule, Theory, check_steps
from diffusion_core.score_errors import SCORE_ERRORS, ScoreError
from diffusion_core.scores import ExactScore, Score
from diffusion_core.targets import DEFAULT_1D, PRESETS, TARGETS
from diffusion_core.targets.base import Target

MAX_JSON_BYTES = 2_000_000
MAX_SEED = 2**32 - 1
LARGEST_WHOLE = 2**53  # beyond, JSON readers differ about what a whole number is
MAX_DIGITS = 400  # of a whole number; the largest float has 309
SHOWN = 40  # characters of a refused value that its message repeats
STARTS = ("noise", "exact")


@dataclass(frozen=True)
class Experiment:
    """What to run: target, schedule, sampler, T, start, score and seed. Hashable.

    start: "noise" for Y_T ~ N(0, I), "exact" for Y_T ~ p_T. score_error: None for the exact score.
    ``preset`` remembers that the target came from the gallery, so that links stay short.
    InputError for a combination that cannot run.
    """

    target: Target = field(default_factory=lambda: PRESETS[DEFAULT_1D].target)
    schedule: Schedule = field(default_factory=Theory)
    sampler: str = "ode"
    eta: float = 0.0
    steps: int = 100
    start: str = "noise"
    score_error: ScoreError | None = None
    seed: int = 0
    preset: str | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "steps", check_steps(self.steps))
        sampler_record(self.sampler, self.eta)
        if self.start not in STARTS:
            raise InputError(f"start: one of {', '.join(STARTS)}, got {shown(self.start)}")
        if type(self.seed) is not int or not 0 <= self.seed <= MAX_SEED:
            raise InputError(f"seed: a whole number from 0 to {MAX_SEED}, got {shown(self.seed)}")
        if self.preset is not None and (
            self.preset not in PRESETS or PRESETS[self.preset].target != self.target
        ):
            raise InputError(f"preset: {shown(self.preset)} does not name this target")
        if isinstance(self.schedule, Custom):
            self.schedule.chain(self.steps)

    @property
    def record(self) -> Sampler:
        return sampler_record(self.sampler, self.eta)

    @property
    def chain(self) -> Chain:
        return self.schedule.chain(self.steps)

    @property
    def score(self) -> Score:
        """The score that the sampler is given: exact unless there is a ``score_error``."""
        if self.score_error is None:
            return ExactScore(self.target, self.chain)
        return _inexact_score(self.score_error, self.target, self.schedule, self.steps)

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
            sampler["eta"] = float(self.eta)
        return {
            "target": target_to_dict(self.target, self.preset),
            "schedule": _described(self.schedule),
            "sampler": sampler,
            "steps": self.steps,
            "start": self.start,
            "score_error": None if self.score_error is None else _described(self.score_error),
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
        target, preset = target_from_dict(data["target"])
        sampler, eta = _sampler_from_dict(data["sampler"])
        return cls(
            target=target,
            schedule=schedule_from_dict(data["schedule"]),
            sampler=sampler,
            eta=eta,
            steps=_typed("steps", data["steps"], int),
            start=_typed("start", data.get("start", "noise"), str),
            score_error=score_error_from_dict(data.get("score_error")),
            seed=_typed("seed", data.get("seed", 0), int),
            preset=preset,
        )


@lru_cache(maxsize=16)
def _inexact_score(error: ScoreError, target: Target, schedule: Schedule, steps: int) -> Score:
    """One object for all that ask, because some scores are trained when they are first used."""
    return error.score(ExactScore(target, schedule.chain(steps)))


def target_to_dict(target: Target, preset: str | None = None) -> dict[str, Any]:
    """The target as plain JSON values, by name where it is a preset."""
    if preset is not None:
        return {"kind": "preset", "name": preset}
    return _described(target)


def target_from_dict(data: Any) -> tuple[Target, str | None]:
    """The target and, for kind "preset", the preset's name."""
    kind = _kind("target", data, ("preset", *TARGETS))
    if kind == "preset":
        name = _typed("target.name", _object("target", data, ("kind", "name")).get("name"), str)
        if name not in PRESETS:
            raise InputError(f"target.name: one of {', '.join(PRESETS)}, got {shown(name)}")
        return PRESETS[name].target, name
    return _build("target", TARGETS[kind], data), None


def schedule_from_dict(data: Any) -> Schedule:
    """The schedule from JSON values; InputError for anything that is none."""
    return _build("schedule", SCHEDULES[_kind("schedule", data, tuple(SCHEDULES))], data)


def score_error_from_dict(data: Any) -> ScoreError | None:
    """The error of the score from JSON values; null is the exact score."""
    if data is None:
        return None
    if not isinstance(data, dict):
        raise InputError(f"score_error: must be null or an object with a kind, got {shown(data)}")
    kind = _kind("score_error", data, tuple(SCORE_ERRORS))
    return _build("score_error", SCORE_ERRORS[kind], data)


def _sampler_from_dict(data: Any) -> tuple[str, float]:
    """Kind and eta."""
    kind = _kind("sampler", data, tuple(SAMPLERS))
    if kind != "ddim" and "eta" in data:
        raise InputError(f"sampler.eta: only ddim takes eta, not {kind}")
    data = _object("sampler", data, ("kind", "eta") if kind == "ddim" else ("kind",))
    return kind, _typed("sampler.eta", data.get("eta", 0.0), float)


def _load(text: str | bytes) -> Any:
    raw = text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")
    if len(raw) > MAX_JSON_BYTES:
        raise InputError(f"experiment: at most {MAX_JSON_BYTES} bytes of JSON")
    if not raw.strip():
        raise InputError("experiment: is empty, must be an object in JSON")
    try:
        return json.loads(
            raw.decode("utf-8-sig"),
            parse_int=_integer,
            parse_constant=_not_finite,
            object_pairs_hook=_once,
        )
    except InputError:
        raise
    except UnicodeDecodeError as e:
        raise InputError(f"experiment: must be UTF-8 text, byte {e.start} is not") from None
    except RecursionError:
        raise InputError("experiment: not valid JSON: nested too deeply") from None
    except ValueError as e:
        raise InputError(f"experiment: not valid JSON: {e}") from None


def _integer(digits: str) -> int:
    if len(digits) > MAX_DIGITS:
        raise InputError(f"experiment: a number has {len(digits)} digits, at most {MAX_DIGITS}")
    return int(digits)


def _not_finite(name: str) -> float:
    raise InputError(f"experiment: {name} is not allowed, every number must be finite")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key, value in pairs:
        if key in result:
            raise InputError(f"experiment: the key {shown(key)} appears twice")
        result[key] = value
    return result


def _kind(name: str, data: Any, allowed: tuple[str, ...]) -> str:
    if not isinstance(data, dict):
        raise InputError(f"{name}: must be an object with a kind, got {shown(data)}")
    kind = data.get("kind")
    if not isinstance(kind, str) or kind not in allowed:
        raise InputError(f"{name}.kind: one of {', '.join(allowed)}, got {shown(kind)}")
    return kind


def _object(name: str, data: Any, known: tuple[str, ...]) -> dict[str, Any]:
    if not isinstance(data, dict):
        raise InputError(f"{name}: must be an object, got {shown(data)}")
    for key in data:
        if key not in known:
            raise InputError(f"{name}: unknown key {shown(key)}; known are {', '.join(known)}")
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
            raise InputError(f"{name}: must be a list, got {shown(value)}")
        item = typing.get_args(kind)[0]
        return tuple(_typed(name, v, item) for v in value)
    if kind is float:
        return _number(name, value)
    if kind is int:
        return _whole(name, value)
    if not isinstance(value, str):
        raise InputError(f"{name}: must be a text, got {shown(value)}")
    return value


def _number(name: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InputError(f"{name}: must be a number, got {shown(value)}")
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise InputError(f"{name}: must be a finite number, got {shown(value)}")
    return number


def _whole(name: str, value: Any) -> int:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise InputError(f"{name}: must be a whole number, got {shown(value)}")
    if abs(value) > LARGEST_WHOLE:
        raise InputError(f"{name}: must be a whole number of at most 2^53, got {shown(value)}")
    return value


def shown(value: Any) -> str:
    """A refused value for its message: one short line, whatever it is."""
    if value is None:
        return "nothing"
    if isinstance(value, dict | list | tuple):
        return "an object" if isinstance(value, dict) else f"a list of {len(value)}"
    if isinstance(value, int) and abs(value) > LARGEST_WHOLE:
        return f"a number of {value.bit_length()} bits"
    text = repr(value)
    return text if len(text) <= SHOWN else text[: SHOWN - 3] + "..."


def _described(item: Any) -> dict[str, Any]:
    """Kind and fields of a target, a schedule or an error of the score."""
    hints = get_type_hints(type(item))
    values = {m.name: _lists(getattr(item, m.name), hints[m.name]) for m in fields(item)}
    return {"kind": item.kind, **values}


def _lists(value: Any, kind: Any) -> Any:
    """Tuples as lists and what is a float as one, so that 2 and 2.0 give the same text."""
    if isinstance(value, tuple):
        return [_lists(v, typing.get_args(kind)[0]) for v in value]
    return value if kind in (int, str) else float(value)
