"""Reads the player's wire format as the browser does."""

from __future__ import annotations

import json
import struct
import zlib
from typing import Any

import numpy as np

Panel = tuple[dict[str, Any], dict[str, np.ndarray]]


def split(blob: bytes) -> tuple[Any, bytes]:
    """The JSON at the beginning, and what follows."""
    end = 4 + struct.unpack("<I", blob[:4])[0]
    return json.loads(blob[4:end]), blob[end:]


def unpack(blob: bytes) -> tuple[dict[str, Any], list[Panel]]:
    """The header, and each panel's own with its arrays as they are sent."""
    header, rest = split(blob)
    found, body = split(zlib.decompress(rest))
    panels, offset = [], 0
    for panel in found:
        arrays = {}
        for entry in panel["arrays"]:
            dtype = np.dtype(entry["type"]).newbyteorder("<")
            count = int(np.prod(entry["shape"]))
            values = np.frombuffer(body, dtype, count, offset).reshape(entry["shape"])
            for axis in entry["differences"]:
                values = np.cumsum(values, axis=axis, dtype=dtype)
            arrays[entry["name"]] = values
            offset += count * dtype.itemsize
        panels.append((panel, arrays))
    return header, panels
