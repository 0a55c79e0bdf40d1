"""JSON and frozen dataclasses: strict reading, where every refusal names the field, and writing."""

from __future__ import annotations

import json
import math
import typing
from dataclasses import MISSING, Field, fields
from typing import Any, get_type_hints

from diffusion_core.errors import InputError

MAX_JSON_BYTES = 2_000_000
LARGEST_WHOLE = 2**53  # beyond, JSON readers differ about what a whole number is
MAX_DIGITS = 400  # of a whole number; the largest float has 309
SHOWN = 40  # characters of a refused value that its message repeats


def load(text: str | bytes) -> Any:
    """JSON values; InputError for what is none, or is too long, or says a key twice."""
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


def kind_of(name: str, data: Any, allowed: tuple[str, ...]) -> str:
    """The kind that an object names; InputError if it is not one of those allowed."""
    if not isinstance(data, dict):
        raise InputError(f"{name}: must be an object with a kind, got {shown(data)}")
    kind = data.get("kind")
    if not isinstance(kind, str) or kind not in allowed:
        raise InputError(f"{name}.kind: one of {', '.join(allowed)}, got {shown(kind)}")
    return kind


def record(name: str, data: Any, known: tuple[str, ...]) -> dict[str, Any]:
    """An object that has none but the known keys, else InputError."""
    if not isinstance(data, dict):
        raise InputError(f"{name}: must be an object, got {shown(data)}")
    for key in data:
        if key not in known:
            raise InputError(f"{name}: unknown key {shown(key)}; known are {', '.join(known)}")
    return data


def build(name: str, cls: Any, data: dict[str, Any]) -> Any:
    """An instance of a frozen dataclass from JSON, every field checked against its type."""
    hints = get_type_hints(cls)
    members = fields(cls)
    data = record(name, data, ("kind", *map(_called, members)))
    values = {}
    for m in members:
        called = _called(m)
        if called in data:
            values[m.name] = typed(f"{name}.{called}", data[called], hints[m.name])
        elif m.default is MISSING and m.default_factory is MISSING:
            raise InputError(f"{name}.{called}: is missing for kind {cls.kind}")
    return cls(**values)


def _called(member: Field[Any]) -> str:
    """A field's name in JSON, which may be a word that Python keeps for itself: "called"."""
    return str(member.metadata.get("called", member.name))


def typed(name: str, value: Any, kind: Any) -> Any:
    """``value`` as ``kind``: float, int, str, or nested tuples of floats (JSON arrays)."""
    if typing.get_origin(kind) is tuple:
        if not isinstance(value, list | tuple):
            raise InputError(f"{name}: must be a list, got {shown(value)}")
        item = typing.get_args(kind)[0]
        return tuple(typed(name, v, item) for v in value)
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


def described(item: Any) -> dict[str, Any]:
    """Kind and fields of a target, a schedule or an error of the score.

    A field marked "quiet" is left out where it has its default: what was written before there was
    such a field is still written so.
    """
    hints = get_type_hints(type(item))
    told = [m for m in fields(item) if not _silent(item, m)]
    values = {_called(m): _lists(getattr(item, m.name), hints[m.name]) for m in told}
    return {"kind": item.kind, **values}


def _silent(item: Any, member: Field[Any]) -> bool:
    return "quiet" in member.metadata and getattr(item, member.name) == member.default


def _lists(value: Any, kind: Any) -> Any:
    """Tuples as lists and what is a float as one, so that 2 and 2.0 give the same text."""
    if isinstance(value, tuple):
        return [_lists(v, typing.get_args(kind)[0]) for v in value]
    return value if kind in (int, str) else float(value)
