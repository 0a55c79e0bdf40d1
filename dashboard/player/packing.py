"""The player's wire format: one little-endian blob.

    u32 length of the header | header, JSON in UTF-8 | the arrays of header["arrays"], in order

Positions are int16: -BORDER..BORDER spans the extent, to (x1 - x0) / (4 BORDER) at worst;
codes beyond it, up to LIMIT, are points outside the view, known as such and drawn nowhere.
Curves are uint16 over 0..header["curve_top"], heat maps uint8 over 0..the maximum of each keyframe.
"""

from __future__ import annotations

import json
import struct
from typing import Any

import numpy as np

from dashboard.player.animation import Animation

BORDER = 32_000
LIMIT = 32_767
HEADROOM = 1.05  # of the density axis above the highest curve
NOISE_SHARE = 8.0  # the density axis is at most this many times the peak of the noise


def pack(animation: Animation) -> bytes:
    """The animation as bytes, 2 d per particle and frame; equal animations give equal bytes."""
    codes = _encode_positions(animation)
    arrays = {"positions": codes}
    header: dict[str, Any] = {
        "times": [int(t) for t in animation.times],
        "extent": [float(edge) for edge in animation.extent],
        "readouts": [str(text) for text in animation.readouts],
        "border": BORDER,
        "outside": np.any(np.abs(codes) > BORDER, axis=2).sum(axis=1).tolist(),
    }
    if animation.dimension == 1:
        header |= _pack_curves(animation, arrays)
    elif animation.target_density is not None:
        arrays["target"] = _encode_maps(animation.target_density)
    header["arrays"] = [
        {"name": name, "type": array.dtype.name, "shape": array.shape}
        for name, array in arrays.items()
    ]
    return _join(header, b"".join(array.tobytes() for array in arrays.values()))


def unpack(blob: bytes) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """The header and the arrays, still as integer codes: what the browser reads."""
    header, offset = _split(blob)
    arrays = {}
    for entry in header["arrays"]:
        dtype = np.dtype(entry["type"]).newbyteorder("<")
        count = int(np.prod(entry["shape"]))
        values = np.frombuffer(blob, dtype, count, offset)
        arrays[entry["name"]] = values.reshape(entry["shape"])
        offset += count * dtype.itemsize
    return header, arrays


def with_height(blob: bytes, height: int) -> bytes:
    """The same animation, to be drawn `height` CSS pixels high."""
    header, offset = _split(blob)
    return _join(header | {"height": height}, blob[offset:])


def _join(header: dict[str, Any], body: bytes) -> bytes:
    text = json.dumps(header, ensure_ascii=False).encode()
    return struct.pack("<I", len(text)) + text + body


def _split(blob: bytes) -> tuple[dict[str, Any], int]:
    end = 4 + struct.unpack_from("<I", blob)[0]
    return json.loads(blob[4:end]), end


def _encode_positions(animation: Animation) -> np.ndarray:
    """int16 codes, shape (F, N, d)."""
    extent = np.asarray(animation.extent, dtype=float)
    low, high = extent[::2], extent[1::2]
    points = np.asarray(animation.positions, dtype=float)
    codes = np.rint(np.clip((2 * (points - low) / (high - low) - 1) * BORDER, -LIMIT, LIMIT))
    # a point barely outside would round onto the border, and be drawn there
    codes = np.where(points < low, np.minimum(codes, -BORDER - 1), codes)
    codes = np.where(points > high, np.maximum(codes, BORDER + 1), codes)
    return codes.astype("<i2")


def _pack_curves(animation: Animation, arrays: dict[str, np.ndarray]) -> dict[str, Any]:
    """Adds the curves to the arrays; returns the header's fields about the density axis."""
    axis_top = _density_axis(animation)
    # curves go on beyond the axis, so that they leave the picture at the right slope
    header: dict[str, Any] = {"axis_top": axis_top, "curve_top": 2 * axis_top, "peaks": {}}
    if animation.grid is not None:
        arrays["grid"] = np.asarray(animation.grid, dtype="<f4")
    curves = {"target": animation.target_density, "output": animation.output_density}
    for name, curve in curves.items():
        if curve is not None:
            codes = np.rint(np.asarray(curve, dtype=float) * (65_535 / (2 * axis_top)))
            arrays[name] = np.minimum(codes, 65_535).astype("<u2")
            header["peaks"][name] = [float(f"{peak:.4g}") for peak in np.max(curve, axis=1)]
    return header


def _density_axis(animation: Animation) -> float:
    """The top of the density axis, one for all frames.

    The highest p_t and the final q_t fit, unless the noise would then be lower than 1/NOISE_SHARE
    of the axis: a sharp density is cut off at the top, and the player says so, for the sake of the
    frames before it.
    """
    curves = []
    if animation.target_density is not None:
        curves.append(np.max(animation.target_density, axis=1))
    if animation.output_density is not None:
        curves.append(np.max(animation.output_density, axis=1)[[0, -1]])
    if not curves:
        curves.append(_histogram_peaks(animation))
    noise = max(curve[0] for curve in curves)
    highest = max(np.max(curve) for curve in curves)
    top = min(HEADROOM * highest, NOISE_SHARE * noise) if noise > 0 else HEADROOM * highest
    return float(top) if top > 0 else 1.0


def _histogram_peaks(animation: Animation) -> np.ndarray:
    """The peaks of the first and the last histogram, shape (2,)."""
    low, high = animation.extent[0], animation.extent[1]
    width = (high - low) / 40
    ends = (animation.positions[0, :, 0], animation.positions[-1, :, 0])
    counts = [np.histogram(points, bins=40, range=(low, high))[0].max() for points in ends]
    return np.array(counts) / (animation.particles * width)


def _encode_maps(densities: np.ndarray) -> np.ndarray:
    """uint8 shares of each keyframe's maximum, shape (K, rows, columns)."""
    values = np.asarray(densities, dtype=float)
    highest = values.max(axis=(1, 2), keepdims=True)
    return np.rint(255 * values / np.where(highest > 0, highest, 1.0)).astype("u1")
