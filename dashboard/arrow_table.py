"""Tables as Arrow, from buffers: ``pa.array`` imports pandas, which a table does not need."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from dashboard.text.plain import JOINER, is_formula


def arrow_table(columns: Mapping[str, Sequence[Any]]) -> pa.Table:
    """Columns of texts, of whole or of other numbers, by their titles; None and NaN are empty.

    TypeError or ValueError for a column that has both texts and numbers.
    """
    return pa.table({name: _array(list(column)) for name, column in columns.items()})


def _array(cells: list[Any]) -> pa.Array:
    there = np.array([cell is not None and cell == cell for cell in cells], bool)
    known = [cell for cell, is_there in zip(cells, there, strict=True) if is_there]
    if not known:
        return pa.nulls(len(cells))
    valid = np.packbits(there, bitorder="little")
    if isinstance(known[0], str):
        ends, lengths = np.zeros(len(cells) + 1, np.int32), np.zeros(len(cells), np.int32)
        texts = [text.encode() for text in map(_no_formula, known)]
        lengths[there] = list(map(len, texts))
        np.cumsum(lengths, out=ends[1:])
        return _from(pa.string(), len(cells), valid, ends, b"".join(texts))
    whole = all(isinstance(cell, int | np.integer) for cell in known)
    numbers = np.zeros(len(cells), np.int64 if whole else np.float64)
    numbers[there] = known
    return _from(pa.from_numpy_dtype(numbers.dtype), len(cells), valid, numbers)


def _no_formula(text: str) -> str:
    """The text as it is read, which no spreadsheet computes: the table's own button saves it so."""
    return JOINER + text if is_formula(text) else text


def _from(kind: pa.DataType, length: int, *buffers: Any) -> pa.Array:
    return pa.Array.from_buffers(kind, length, list(map(pa.py_buffer, buffers)))
