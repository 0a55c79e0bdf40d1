"""Reads the player's wire format as the browser does."""

from __future__ import annotations

import json
import struct
from typing import Any

import numpy as np

Panel = tuple[dict[str, Any], dict[str, np.ndarray]]


def unpack(blob: bytes) -> tuple[dict[str, Any], list[Panel]]:
    """The header, and each panel's own with its arrays as they are sent."""
    offset = 4 + struct.unpack("<I", blob[:4])[0]
    header = json.loads(blob[4:offset])
    panels = []
    for panel in header["panels"]:
        arrays = {}
        for entry in panel["arrays"]:
            dtype = np.dtype(entry["type"]).newbyteorder("<")
            count = int(np.prod(entry["shape"]))
            values = np.frombuffer(blob, dtype, count, offset)
            arrays[entry["name"]] = values.reshape(entry["shape"])
            offset += count * dtype.itemsize
        panels.append((panel, arrays))
    return header, panels
