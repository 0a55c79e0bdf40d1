"""The player's wire format: one little-endian blob.

    u32 length | JSON | deflated: u32 length | JSON | the arrays of each panel, in order

The first JSON says how the panels are shown (layers, view, height), the second is the list of their
headers, with the names, types and shapes of their arrays; along ``differences``, axes of an array,
its differences are sent, which wrap around. Panels of the same dimension share one extent and one
density axis. A panel has positions or the run, in float64, that the browser makes them of.
Positions are int16: -BORDER..BORDER spans the extent, to (x1 - x0) / (4 BORDER) at worst; codes
beyond it, up to LIMIT, are points outside the view, known as such and drawn nowhere.
Curves are uint16 over 0..curve_top, maps uint8 over 0..the maximum of p_t at each keyframe, their
difference uint8 around ZERO; q_t follows from p_t and a difference of at most DERIVED, to a code.
Fields are int8, arrows cut at FULL, and header["field_top"] is what LIMIT would stand for; what is
shown as a number is float32.
"""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from dashboard.player.animation import Animation
from dashboard.player.axes import Axes, difference, peaks, shared_axes
from dashboard.player.follow import Follow
from dashboard.player.run import Run
from dashboard.prose.library import spoken

BORDER = 32_000
LIMIT = 32_767
ZERO = 128  # of the difference of two maps
DERIVED = 0.5  # of the maximum of p_t: half a code of each map is a code of q_t at most
FULL, LARGEST = 2.5, 127  # the longest arrow of arrows.js, whose direction alone counts; its code
MAX_PANELS = 4
LEVEL = 4  # of compression: a quarter of the time of the usual 6, for 5 % more bytes
# where neighbours are alike: in time, and along a curve so much that its slope is
DIFFERENCES = {
    "positions": (0,),
    "field": (0, 1),
    **dict.fromkeys(("target", "output"), (0, 1, -1)),
    "difference": (0, 1, 2),
}

Arrays = dict[str, np.ndarray]
Rung = tuple[dict[str, Any], Arrays]  # of a ladder: header and arrays of one value


def pack(animation: Animation | Sequence[Animation]) -> bytes:
    """One to four panels as bytes; equal animations give equal bytes."""
    panels = [animation] if isinstance(animation, Animation) else list(animation)
    if not 1 <= len(panels) <= MAX_PANELS:
        raise ValueError(f"animation: 1 to {MAX_PANELS} panels expected, not {len(panels)}")
    axes = shared_axes(panels)
    packed = [_pack_panel(panel, axes[panel.dimension]) for panel in panels]
    body = b"".join(sent(name, a).tobytes() for _, arrays in packed for name, a in arrays.items())
    return _join({}, zlib.compress(_join([header for header, _ in packed], body), LEVEL))


def pack_ladder(of: str, rungs: Mapping[float, Rung]) -> bytes:
    """Runs that differ in one value, in the format of panels, without what all have; of: a name."""
    given = [arrays for _, arrays in rungs.values()]
    names = dict.fromkeys(name for arrays in given for name in arrays)
    same = {name for name in names if _same([arrays.get(name) for arrays in given])}
    headers, body = [], b""
    for value, (header, arrays) in rungs.items():
        own = {name: array for name, array in arrays.items() if name not in same}
        headers.append({"value": value, **header, "arrays": _listed(own)})
        body += b"".join(array.tobytes() for array in own.values())
    return _join({"of": of}, zlib.compress(_join(headers, body), LEVEL))


def _same(arrays: Sequence[np.ndarray | None]) -> bool:
    first, *others = arrays
    return bool(others) and all(
        first is not None and a is not None and np.array_equal(a, first) for a in others
    )


def sent(name: str, values: np.ndarray) -> np.ndarray:
    """An array as it is sent: itself, or its differences along the axes of ``DIFFERENCES``."""
    for axis in DIFFERENCES.get(name, ()):
        values = np.diff(values, axis=axis, prepend=np.zeros_like(values.take([0], axis)))
    return values


def with_display(blob: bytes, **display: Any) -> bytes:
    """The same animation, shown otherwise: ``layers``, ``view`` and so on; None leaves it."""
    header, offset = _split(blob)
    given = {name: value for name, value in display.items() if value is not None}
    return _join(header | given, blob[offset:]) if given else blob


def _join(header: dict[str, Any] | list[dict[str, Any]], body: bytes) -> bytes:
    text = json.dumps(header, ensure_ascii=False).encode()
    return struct.pack("<I", len(text)) + text + body


def _split(blob: bytes) -> tuple[dict[str, Any], int]:
    end = 4 + struct.unpack_from("<I", blob)[0]
    return json.loads(blob[4:end]), end


def _pack_panel(animation: Animation, axes: Axes) -> tuple[dict[str, Any], Arrays]:
    arrays: Arrays = {}
    header: dict[str, Any] = {
        "title": animation.title,
        "times": [int(t) for t in animation.times],
        "direction": animation.direction,
        "extent": list(axes.extent),
        "raster": [float(edge) for edge in animation.extent],
        "readouts": [str(text) for text in animation.readouts],
        "border": BORDER,
    }
    header |= _pack_positions(animation.positions, axes.extent, arrays)
    if animation.dimension == 1:
        header |= _pack_curves(animation, axes, arrays)
    else:
        header |= _pack_maps(animation, axes, arrays)
    if animation.field is not None:
        header["field_top"] = _pack_field(animation, arrays)
    if animation.distance is not None:
        header |= {"distance_range": axes.distance, "distance_name": animation.distance_name}
        arrays["distance"] = _floats(animation.distance)
        if animation.distance_error is not None:
            arrays["distance_error"] = _floats(animation.distance_error)
    if animation.follow is not None:
        assert isinstance(animation.positions, np.ndarray)
        header["follow"] = _pack_follow(animation.follow, animation.positions, arrays)
    header["arrays"] = _listed(arrays)
    return header, arrays


def _listed(arrays: Arrays) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "type": array.dtype.name,
            "shape": array.shape,
            "differences": [axis % array.ndim for axis in DIFFERENCES.get(name, ())],
        }
        for name, array in arrays.items()
    ]


def _floats(values: Any) -> np.ndarray:
    return np.asarray(values, dtype="<f4")


def _pack_positions(
    positions: np.ndarray | Run, extent: tuple[float, ...], arrays: Arrays
) -> dict[str, Any]:
    """Adds the codes, and says how many are outside; or adds what a run is made of."""
    if isinstance(positions, Run):
        arrays |= positions.arrays()
        return {"run": positions.header()} | _pack_parts(positions, arrays)
    codes = arrays["positions"] = _encode_positions(positions, extent)
    return {"outside": np.any(np.abs(codes) > BORDER, axis=2).sum(axis=1).tolist()}


def _pack_parts(run: Run, arrays: Arrays) -> dict[str, Any]:
    """Adds the factors of a run's steps; the browser finds the rest of what ``Follow`` holds."""
    if not run.followed:
        return {}
    factors = run.program.factors
    arrays |= {f"scalar:{name}": _floats(values) for name, values in factors.items()}
    return {
        "follow": {
            "names": [spoken(part.name) for part in run.sampler.parts],
            "formulas": [spoken(part.formula) for part in run.sampler.parts],
            "scalars": list(factors),
            "vectors": [f"z{k + 1}" if k else "z" for k in range(len(run.program.steps[0].noise))],
        }
    }


def _encode_positions(positions: np.ndarray, extent: tuple[float, ...]) -> np.ndarray:
    """int16 codes, shape (F, N, d)."""
    low, high = np.asarray(extent[::2]), np.asarray(extent[1::2])
    points = np.asarray(positions, dtype=float)
    codes = np.rint(np.clip((2 * (points - low) / (high - low) - 1) * BORDER, -LIMIT, LIMIT))
    # a point barely outside would round onto the border, and be drawn there
    codes = np.where(points < low, np.minimum(codes, -BORDER - 1), codes)
    codes = np.where(points > high, np.maximum(codes, BORDER + 1), codes)
    return codes.astype("<i2")


def _pack_curves(animation: Animation, axes: Axes, arrays: Arrays) -> dict[str, Any]:
    """Adds the curves to the arrays; returns the header's fields about the density axis."""
    # curves go on beyond the axis, so that they leave the picture at the right slope
    top = 2 * axes.density
    header: dict[str, Any] = {"axis_top": axes.density, "curve_top": top, "peaks": {}}
    if animation.grid is not None:
        arrays["grid"] = _floats(animation.grid)
    curves = {"target": animation.target_density, "output": animation.output_density}
    for name, curve in curves.items():
        if curve is not None:
            codes = np.rint(np.asarray(curve, dtype=float) * (65_535 / top))
            arrays[name] = np.minimum(codes, 65_535).astype("<u2")
            header["peaks"][name] = [float(f"{peak:.4g}") for peak in np.max(curve, axis=1)]
    if animation.quantiles:
        header["levels"] = [float(level) for level in animation.quantile_levels]
        for name, values in animation.quantiles.items():
            arrays[f"{name}_quantiles"] = _floats(values)
    return header


def _pack_maps(animation: Animation, axes: Axes, arrays: Arrays) -> dict[str, Any]:
    """uint8 shares of the maximum of each keyframe of p_t, or of q_t where it is alone.

    The difference q_t - p_t of d = 2 is coded around ZERO, 1..255 for +- ``difference_top``.
    """
    maps = {"target": animation.target_density, "output": animation.output_density}
    given = {name: values for name, values in maps.items() if values is not None}
    for name, values in given.items():
        highest = peaks(next(iter(given.values())))
        # the lines are drawn at lower levels: what is cut off is not seen
        arrays[name] = np.rint(255 * np.minimum(values / highest, 1.0)).astype("u1")
    gap = difference(animation)
    if gap is not None:
        unit = (255 - ZERO) / (axes.difference or 1.0)
        arrays["difference"] = np.rint(ZERO + unit * gap).astype("u1")
        if axes.difference <= DERIVED:
            del arrays["output"]
    frames = [int(frame) for frame in animation.density_frames]
    return {"difference_top": axes.difference, "density_frames": frames}


def _pack_field(animation: Animation, arrays: Arrays) -> float:
    """Adds the field as int8; returns the component that a code of LIMIT would stand for."""
    field = np.asarray(animation.field, dtype=float)
    size = (
        np.abs(field)
        if animation.dimension == 1
        else np.hypot(*np.moveaxis(field, -1, 0))[..., None]
    )
    cut = field * (FULL / np.maximum(size, FULL))
    top = float(np.max(np.abs(cut))) or 1.0
    arrays["field"] = np.rint(cut * (LARGEST / top)).astype("i1")
    return top * LIMIT / LARGEST


def _pack_follow(follow: Follow, positions: np.ndarray, arrays: Arrays) -> dict[str, Any]:
    """Adds the followed paths, scores, parts and coefficients; returns their names."""
    arrays["paths"] = _floats(positions[:, : follow.particles])
    arrays["score"] = _floats(follow.score)
    arrays["parts"] = _floats(follow.points)
    for kind, values in {"scalar": follow.scalars, "vector": follow.vectors}.items():
        for name, array in values.items():
            arrays[f"{kind}:{name}"] = _floats(array)
    return {
        "names": list(follow.names),
        "formulas": list(follow.formulas),
        "scalars": list(follow.scalars),
        "vectors": list(follow.vectors),
    }
