"""Valid input that is bent in a few places: text, bytes and trees of JSON values."""

from __future__ import annotations

import copy
import json
import math
from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st

WHOLE = (
    *(-1, 0, 1, 2, 3, 10, 50, 100, 255, 256, 257, 499, 500, 501, 4095, 4096, 4097, 5000, 5001),
    *(8191, 8192, 8193, 20_000, 2**31, 2**32 - 1, 2**32, 2**53, 2**53 + 1, 2**64, 10**400),
)
REAL = (
    *(-0.0, 5e-324, 1e-300, 1e-12, 1e-9, 1e-6, 1e-3, 0.1, 0.3, 0.5, 0.999, 1 - 1e-16, 1 + 1e-9),
    *(1.5, 2.0, 20.0, 1e3, 1e6, 1000001.0, 1e12, 1e100, 1e300, 1.7e308, -1e-9, -0.5, -1e6, -1e308),
)
WORDS = (
    *(
        "",
        " ",
        "0",
        "-1",
        "1e9",
        "nan",
        "inf",
        "-inf",
        "1e309",
        "1_0",
        "٣",
        "²",
        "½",
        "+",
        "%",
        "%2C",
    ),
    *(",", ".", "z.", "none", "all", "null", "<b>", "\x00", "\ud800", "\u2028", "é", "a" * 300),
    *("9" * 30, "0" * 5000, "000002", "0" * 12 + "5"),
)
numbers = (
    st.sampled_from((-1, 0, 2**53 + 1, 10**400))
    | st.sampled_from(WHOLE)
    | st.sampled_from(REAL)
    | st.floats(-4, 4)
    | st.integers(-9, 99)
)
scalars = numbers | st.sampled_from(WORDS) | st.none() | st.booleans()
values = (
    scalars | st.lists(scalars, max_size=3) | st.lists(st.lists(numbers, max_size=2), max_size=2)
)
FEW = st.sampled_from((0, 1, 1, 1, 2, 3))  # places that are changed
HOW = (*("text",) * 6, "bent", "bytes", "utf-16", "mark", "twice")  # JSON is sent
MOST_NUMBERS = 200_000  # in a list that is made long


def places(tree: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The ways from the root of a JSON value to every value in it."""
    yield path
    pairs = (
        tree.items()
        if isinstance(tree, dict)
        else enumerate(tree)
        if isinstance(tree, list)
        else ()
    )
    for key, inner in pairs:
        yield from places(inner, (*path, key))


def _at(tree: Any, path: tuple[Any, ...]) -> Any:
    for key in path:
        tree = tree[key]
    return tree


@st.composite
def bent(draw: st.DrawFn, trees: st.SearchStrategy[Any]) -> Any:
    """A JSON value with up to three places changed."""
    tree = copy.deepcopy(draw(trees))
    for _ in range(draw(FEW)):
        tree = _bent_once(draw, tree)
    return tree


def _bent_once(draw: st.DrawFn, tree: Any) -> Any:
    how = draw(st.sampled_from(("value", *("near",) * 6, "gone", "copy", "long")))
    found = list(places(tree))
    if how == "near":  # numbers and words, rather than what holds them
        found = [p for p in found if not isinstance(_at(tree, p), dict | list)] or found
    path = found[draw(st.integers(0, len(found) - 1))]
    if not path:
        return draw(values)
    holder = _at(tree, path[:-1])
    old = holder[path[-1]]
    if how == "value":
        holder[path[-1]] = draw(values)
    elif how == "near":
        holder[path[-1]] = _near(draw, old)
    elif how == "long" and isinstance(old, list) and old:
        count = draw(st.sampled_from((2, 13, 257, 501, 4097, 5001, 8193, MOST_NUMBERS)))
        count = min(count, MOST_NUMBERS // max(1, sum(1 for _ in places(old))))
        holder[path[-1]] = old * max(2, count)
    elif isinstance(holder, dict):
        if how == "gone":
            del holder[path[-1]]
        else:
            holder[draw(st.sampled_from(("kind", "size", "weights", "x", "\ud800")))] = old
    elif how == "gone":
        del holder[path[-1]]
    else:
        holder.append(copy.deepcopy(old))
    return tree


def _near(draw: st.DrawFn, old: Any) -> Any:
    """A value of the same type as this one."""
    if isinstance(old, bool) or old is None:
        return draw(scalars)
    if isinstance(old, int | float):
        factor = draw(st.sampled_from((0, -1, 1e-9, 0.5, 1 + 1e-9, 2, 10, 1e6, 1e9)))
        made = draw(numbers) if draw(st.booleans()) else old * factor
        return made if isinstance(made, int) or math.isfinite(made) else 1.0
    if isinstance(old, str):
        return draw(bent_text(st.just(old)))
    return draw(values)


@st.composite
def bent_text(draw: st.DrawFn, texts: st.SearchStrategy[str], odd: tuple[str, ...] = WORDS) -> str:
    """A text with up to three places cut, doubled, swapped or filled with something odd."""
    text = draw(texts)
    for _ in range(draw(FEW)):
        i, j = sorted(draw(st.integers(0, len(text))) for _ in range(2))
        how = draw(st.sampled_from(("odd", "cut", "double", "drop", "character")))
        piece = text[i:j]
        if how == "odd":
            text = text[:i] + draw(st.sampled_from(odd)) + text[j if draw(st.booleans()) else i :]
        elif how == "cut":
            text = text[:i]
        elif how == "double":
            text = text[:j] + piece + text[j:]
        elif how == "drop":
            text = text[:i] + text[j:]
        else:
            text = text[:i] + draw(st.characters()) + text[i + 1 :]
    return text


@st.composite
def bent_bytes(draw: st.DrawFn, sources: st.SearchStrategy[bytes], most: int = 4) -> bytes:
    """Bytes with up to ``most`` places changed."""
    data = draw(sources)
    for _ in range(draw(st.integers(0, most))):
        i, j = sorted(draw(st.integers(0, len(data))) for _ in range(2))
        how = draw(st.sampled_from(("byte", "large", "cut", "double", "drop")))
        if how == "byte":
            data = data[:i] + bytes([draw(st.integers(0, 255))]) + data[i + 1 :]
        elif how == "large":
            data = (
                data[:i]
                + draw(st.sampled_from((b"\xff" * 4, b"\0" * 4, b"\x7f\xff")))
                + data[i + 4 :]
            )
        elif how == "cut":
            data = data[:i]
        elif how == "double":
            data = data[:j] + data[i:j] + data[j:]
        else:
            data = data[:i] + data[j:]
    return data


@st.composite
def as_text(draw: st.DrawFn, trees: st.SearchStrategy[Any]) -> str | bytes:
    """JSON values as text or bytes, now and then damaged there too."""
    text = json.dumps(draw(trees), ensure_ascii=draw(st.booleans()))
    how = draw(st.sampled_from(HOW))
    if how == "bent":
        odd = (
            "NaN",
            "-Infinity",
            "[" * 3000,
            "9" * 401,
            "1e999",
            '"kind":1,',
            "\\ud800",
            "//",
            *WORDS,
        )
        return draw(bent_text(st.just(text), odd))
    if how == "twice":
        return text[:-1] + "," + text[1:]
    raw = text.encode("utf-8", "surrogatepass")
    if how == "bytes":
        return draw(bent_bytes(st.just(raw)))
    if how == "utf-16":
        return text.encode("utf-16", "surrogatepass")
    return b"\xef\xbb\xbf" + raw if how == "mark" else text
