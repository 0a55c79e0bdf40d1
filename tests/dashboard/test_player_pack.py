"""The player's wire format: what is sent is what was given, up to a stated error."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from dashboard.player import Animation, pack, unpack
from dashboard.player.packing import BORDER, HEADROOM, NOISE_SHARE, with_height


def line(**changes: Any) -> Animation:
    """A narrowing Gaussian of 5 frames and 40 particles."""
    grid = np.linspace(-4.0, 4.0, 81)
    spreads = np.linspace(1.0, 0.5, 5)[:, None]
    density = np.exp(-(grid**2) / (2 * spreads**2)) / (spreads * np.sqrt(2 * np.pi))
    noise = np.random.default_rng(1).standard_normal((40, 1))
    fields: dict[str, Any] = {
        "positions": spreads[:, :, None] * noise,
        "times": range(5, 0, -1),
        "extent": (-4.0, 4.0),
        "grid": grid,
        "target_density": density,
        "output_density": 0.9 * density,
    }
    return Animation(**(fields | changes))


def plane(**changes: Any) -> Animation:
    rng = np.random.default_rng(2)
    fields: dict[str, Any] = {
        "positions": rng.uniform((-2.0, -1.0), (6.0, 3.0), (4, 30, 2)),
        "times": [9, 7, 4, 1],
        "extent": (-2.0, 6.0, -1.0, 3.0),
        "target_density": rng.uniform(0.0, 5.0, (2, 12, 16)),
    }
    return Animation(**(fields | changes))


@pytest.mark.parametrize("animation", [line(), plane()])
def test_positions_are_kept_up_to_half_a_code(animation: Animation) -> None:
    extent = np.asarray(animation.extent)
    low, high = extent[::2], extent[1::2]
    codes = unpack(pack(animation))[1]["positions"]
    restored = low + (codes / BORDER + 1) / 2 * (high - low)
    bound = (high - low) / (4 * BORDER) * (1 + 1e-9)
    assert np.all(np.abs(restored - animation.positions) <= bound)


def test_points_outside_stay_outside_and_are_counted() -> None:
    x = np.array([-4.0, 4.0, np.nextafter(4.0, 5.0), -4.0000001, 1e9, -1e300])
    header, arrays = unpack(pack(line(positions=np.tile(x[None, :, None], (5, 1, 1)))))
    codes = arrays["positions"][0, :, 0].astype(int)
    assert codes[0] == -BORDER
    assert codes[1] == BORDER
    assert np.all(np.abs(codes[2:]) > BORDER)
    assert np.array_equal(np.sign(codes), np.sign(x))
    assert header["outside"] == [4] * 5


def test_a_point_outside_on_both_axes_counts_once() -> None:
    points = np.array([[9.0, 9.0], [0.0, 9.0], [0.0, 0.0]])
    header, _ = unpack(pack(plane(positions=np.tile(points, (4, 1, 1)))))
    assert header["outside"] == [2] * 4


def test_curves_are_kept_up_to_half_a_code() -> None:
    animation = line()
    header, arrays = unpack(pack(animation))
    for name, curve in [("target", animation.target_density), ("output", animation.output_density)]:
        restored = arrays[name] * (header["curve_top"] / 65_535)
        assert np.max(np.abs(restored - curve)) <= header["curve_top"] / 65_535 / 2 * (1 + 1e-9)


def test_density_axis_fits_the_curves() -> None:
    animation = line()
    header, _ = unpack(pack(animation))
    assert animation.target_density is not None
    assert header["axis_top"] == pytest.approx(HEADROOM * animation.target_density.max())


def test_density_axis_of_a_sharp_target_leaves_the_noise_visible() -> None:
    density = line().target_density
    assert density is not None
    density[-1] *= 1000
    header, arrays = unpack(pack(line(target_density=density)))
    assert header["axis_top"] == pytest.approx(NOISE_SHARE * density[0].max())
    assert header["peaks"]["target"][-1] == pytest.approx(density[-1].max(), rel=1e-3)
    assert arrays["target"].max() == 65_535


def test_density_axis_without_any_curve_follows_the_particles() -> None:
    header, arrays = unpack(pack(line(grid=None, target_density=None, output_density=None)))
    assert set(arrays) == {"positions"}
    assert 0 < header["axis_top"] < np.inf


def test_heat_maps_are_shares_of_their_own_maximum() -> None:
    animation = plane()
    density = animation.target_density
    assert density is not None
    codes = unpack(pack(animation))[1]["target"]
    shares = density / density.max(axis=(1, 2), keepdims=True)
    assert codes.shape == density.shape
    assert np.max(np.abs(codes / 255 - shares)) <= 0.5 / 255 * (1 + 1e-9)


def test_a_map_of_zeros_stays_zero() -> None:
    assert not unpack(pack(plane(target_density=np.zeros((1, 3, 3)))))[1]["target"].any()


def test_bytes_are_two_per_coordinate_and_the_same_each_time() -> None:
    animation = plane(target_density=None)
    assert pack(animation) == pack(plane(target_density=None))
    larger = plane(target_density=None, positions=np.repeat(animation.positions, 2, axis=1))
    assert len(pack(larger)) - len(pack(animation)) == pytest.approx(4 * 30 * 2 * 2, abs=4)


def test_header_carries_times_readouts_and_height() -> None:
    blob = pack(line(readouts=["TV = 0.1 ± 2e-9", "b", "c", "d", "e"]))
    header, arrays = unpack(with_height(blob, 300))
    assert header["times"] == [5, 4, 3, 2, 1]
    assert header["readouts"][0] == "TV = 0.1 ± 2e-9"
    assert header["height"] == 300
    assert np.array_equal(arrays["positions"], unpack(blob)[1]["positions"])


@pytest.mark.parametrize(
    ("build", "changes", "field"),
    [
        (line, {"positions": np.zeros((5, 40))}, "positions"),
        (line, {"positions": np.zeros((5, 40, 3))}, "positions"),
        (line, {"positions": np.zeros((5, 0, 1))}, "positions"),
        (line, {"positions": np.full((5, 40, 1), np.nan)}, "positions"),
        (line, {"times": [5, 4, 3]}, "times"),
        (line, {"times": [5, 4, 3, 3, 1]}, "times"),
        (line, {"readouts": ["one"]}, "readouts"),
        (line, {"extent": (1.0, -1.0)}, "extent"),
        (line, {"extent": (0.0, 1.0, 0.0, 1.0)}, "extent"),
        (line, {"extent": (0.0, np.inf)}, "extent"),
        (line, {"grid": None}, "grid"),
        (line, {"grid": np.zeros(81)}, "grid"),
        (line, {"target_density": np.zeros((5, 80))}, "target_density"),
        (line, {"output_density": np.full((5, 81), np.inf)}, "output_density"),
        (line, {"output_density": np.full((5, 81), -1.0)}, "output_density"),
        (plane, {"grid": np.arange(3.0)}, "grid"),
        (plane, {"target_density": np.zeros((5, 8, 8))}, "target_density"),
        (plane, {"target_density": np.zeros((8, 8))}, "target_density"),
        (plane, {"target_density": np.zeros((1, 1, 8))}, "target_density"),
    ],
)
def test_refuses_what_does_not_fit(build: Any, changes: dict[str, Any], field: str) -> None:
    with pytest.raises(ValueError, match=rf"^{field}"):
        build(**changes)
