"""The player's wire format: what is sent is what was given, up to a stated error."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from dashboard.player import Animation, Follow, field_points, pack
from dashboard.player.axes import DECADES, HEADROOM, NOISE_SHARE, peaks
from dashboard.player.component import COLOURS, LAYERS, player
from dashboard.player.packing import BORDER, FULL, LARGEST, LIMIT, ZERO, sent, with_display
from tests.dashboard.unpacking import unpack


def only(blob: bytes) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """The header and arrays of the only panel."""
    (panel,) = unpack(blob)[1]
    return panel


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
    codes = only(pack(animation))[1]["positions"]
    restored = low + (codes / BORDER + 1) / 2 * (high - low)
    bound = (high - low) / (4 * BORDER) * (1 + 1e-9)
    assert np.all(np.abs(restored - animation.positions) <= bound)


def test_points_outside_stay_outside_and_are_counted() -> None:
    x = np.array([-4.0, 4.0, np.nextafter(4.0, 5.0), -4.0000001, 1e9, -1e300])
    header, arrays = only(pack(line(positions=np.tile(x[None, :, None], (5, 1, 1)))))
    codes = arrays["positions"][0, :, 0].astype(int)
    assert codes[0] == -BORDER
    assert codes[1] == BORDER
    assert np.all(np.abs(codes[2:]) > BORDER)
    assert np.array_equal(np.sign(codes), np.sign(x))
    assert header["outside"] == [4] * 5


def test_a_point_outside_on_both_axes_counts_once() -> None:
    points = np.array([[9.0, 9.0], [0.0, 9.0], [0.0, 0.0]])
    header, _ = only(pack(plane(positions=np.tile(points, (4, 1, 1)))))
    assert header["outside"] == [2] * 4


def test_curves_are_kept_up_to_half_a_code() -> None:
    animation = line()
    header, arrays = only(pack(animation))
    for name, curve in [("target", animation.target_density), ("output", animation.output_density)]:
        restored = arrays[name] * (header["curve_top"] / 65_535)
        assert np.max(np.abs(restored - curve)) <= header["curve_top"] / 65_535 / 2 * (1 + 1e-9)


def test_density_axis_fits_the_curves() -> None:
    animation = line()
    header, _ = only(pack(animation))
    assert animation.target_density is not None
    assert header["axis_top"] == pytest.approx(HEADROOM * animation.target_density.max())


def test_density_axis_of_a_sharp_target_leaves_the_noise_visible() -> None:
    density = line().target_density
    assert density is not None
    density[-1] *= 1000
    header, arrays = only(pack(line(target_density=density)))
    assert header["axis_top"] == pytest.approx(NOISE_SHARE * density[0].max())
    assert header["peaks"]["target"][-1] == pytest.approx(density[-1].max(), rel=1e-3)
    assert arrays["target"].max() == 65_535


def test_density_axis_without_any_curve_follows_the_particles() -> None:
    header, arrays = only(pack(line(grid=None, target_density=None, output_density=None)))
    assert set(arrays) == {"positions"}
    assert 0 < header["axis_top"] < np.inf


def test_heat_maps_are_shares_of_their_own_maximum() -> None:
    animation = plane()
    density = animation.target_density
    assert density is not None
    codes = only(pack(animation))[1]["target"]
    shares = density / density.max(axis=(1, 2), keepdims=True)
    assert codes.shape == density.shape
    assert np.max(np.abs(codes / 255 - shares)) <= 0.5 / 255 * (1 + 1e-9)


def test_a_map_of_zeros_stays_zero() -> None:
    assert not only(pack(plane(target_density=np.zeros((1, 3, 3)))))[1]["target"].any()


def test_bytes_are_at_most_two_per_coordinate_and_the_same_each_time() -> None:
    animation = plane(target_density=None)
    assert pack(animation) == pack(plane(target_density=None))
    larger = plane(target_density=None, positions=np.repeat(animation.positions, 2, axis=1))
    codes = only(pack(larger))[1]["positions"]
    assert codes.nbytes == 4 * 60 * 2 * 2
    assert len(pack(larger)) - len(pack(animation)) < 4 * 30 * 2 * 2


def test_what_is_sent_as_differences_comes_back() -> None:
    made = line(field=np.linspace(-2, 1, 10).reshape(2, 5))
    arrays = only(pack(made))[1]
    np.testing.assert_allclose(arrays["field"] * (2 / LARGEST), made.field, atol=1 / LARGEST)
    codes = sent("target", arrays["target"])
    assert codes.dtype == arrays["target"].dtype
    back = np.cumsum(np.cumsum(codes, axis=1, dtype="u2"), axis=1, dtype="u2")
    np.testing.assert_array_equal(np.cumsum(back, axis=0, dtype="u2"), arrays["target"])


def test_header_carries_times_readouts_and_height() -> None:
    blob = pack(line(readouts=["TV = 0.1 ± 2e-9", "b", "c", "d", "e"]))
    shown = with_display(blob, height=300, layers=["target"], view=None)
    header, arrays = only(shown)
    assert header["times"] == [5, 4, 3, 2, 1]
    assert header["readouts"][0] == "TV = 0.1 ± 2e-9"
    assert unpack(shown)[0]["height"] == 300
    assert unpack(shown)[0]["layers"] == ["target"]
    assert "view" not in unpack(shown)[0]
    assert np.array_equal(arrays["positions"], only(blob)[1]["positions"])


QUANTILES: dict[str, Any] = {
    "quantiles": {"target": np.zeros((5, 3))},
    "quantile_levels": [0.1, 0.5, 0.9],
}


@pytest.mark.parametrize(
    ("build", "changes", "field"),
    [
        (line, {"positions": np.zeros((5, 40))}, "positions"),
        (line, {"positions": np.zeros((5, 40, 3))}, "positions"),
        (line, {"positions": np.zeros((5, 0, 1))}, "positions"),
        (line, {"positions": np.full((5, 40, 1), np.nan)}, "positions"),
        (line, {"times": [5, 4, 3]}, "times"),
        (line, {"times": [5, 4, 3, 3, 1]}, "times"),
        (line, {"times": [5, 4, 5, 2, 1]}, "times"),
        (line, {"readouts": ["one"]}, "readouts"),
        (line, {"title": "x" * 200}, "title"),
        (line, {"field": np.zeros((5, 4, 4, 2))}, "field"),
        (line, {"field": np.zeros((6, 12))}, "field"),
        (line, {"field": np.full((5, 12), np.nan)}, "field"),
        (line, {"quantiles": {"target": np.zeros((5, 3))}}, "quantile_levels"),
        (line, QUANTILES | {"quantile_levels": [0.5, 0.1, 0.9]}, "quantile_levels"),
        (line, QUANTILES | {"quantile_levels": [0.5, 0.9, 1.1]}, "quantile_levels"),
        (line, QUANTILES | {"quantile_levels": [0.1, 0.9]}, "quantiles"),
        (line, QUANTILES | {"quantiles": {"noise": np.zeros((5, 3))}}, "quantiles"),
        (line, {"distance": np.zeros(4)}, "distance"),
        (line, {"distance": np.full(5, -1.0)}, "distance"),
        (line, {"distance_error": np.zeros(5)}, "distance"),
        (line, {"distance": np.ones(5), "distance_error": np.full(5, np.inf)}, "distance_error"),
        (plane, QUANTILES, "quantiles"),
        (plane, {"field": np.zeros((4, 8, 8))}, "field"),
        (plane, {"field": np.zeros((4, 8, 100, 2))}, "field"),
        (plane, {"output_density": np.zeros((2, 12, 15))}, "output_density"),
        (plane, {"output_density": np.full((2, 12, 16), -1.0)}, "output_density"),
        (plane, {"density_frames": [0]}, "density_frames"),
        (plane, {"density_frames": [0, 2]}, "density_frames"),
        (plane, {"density_frames": [1, 3]}, "density_frames"),
        (plane, {"density_frames": [3, 0]}, "density_frames"),
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


def followed(**changes: Any) -> Follow:
    """Steps of line()'s first three particles, in two parts."""
    positions = line().positions[:, :3]
    middle = positions[:-1] + 0.25
    fields: dict[str, Any] = {
        "score": -positions,
        "names": ["drift", "noise"],
        "points": np.stack([middle, positions[1:]], axis=2),
        "formulas": ["Y_t + h s_t = {y} + {h}·{s} = {p1}", "{p1} + {z} = {p2}, Y_[t−1]"],
        "scalars": {"h": np.linspace(0.1, 0.4, 4)},
        "vectors": {"z": positions[1:] - middle},
    }
    return Follow(**(fields | changes))


def test_what_is_followed_is_kept_to_single_precision() -> None:
    follow = followed()
    header, arrays = only(pack(line(follow=follow)))
    assert header["follow"]["names"] == ["drift", "noise"]
    assert header["follow"]["formulas"] == follow.formulas
    assert np.array_equal(arrays["parts"], np.float32(follow.points))
    assert np.array_equal(arrays["paths"], np.float32(line().positions[:, :3]))
    assert np.array_equal(arrays["score"], np.float32(follow.score))
    assert np.array_equal(arrays["scalar:h"], np.float32(follow.scalars["h"]))
    assert np.array_equal(arrays["vector:z"], np.float32(follow.vectors["z"]))


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"names": []}, "names"),
        ({"names": ["", "noise"]}, "names"),
        ({"formulas": ["one"]}, "formulas"),
        ({"formulas": ["{p3}", ""]}, "formulas"),
        ({"formulas": ["{y:.2f}", ""]}, "formulas"),
        ({"formulas": ["{{y}}", ""]}, "formulas"),
        ({"formulas": ["{y", ""]}, "formulas"),
        ({"scalars": {"y": np.zeros(4)}}, "scalars"),
        ({"scalars": {"h": np.zeros(5)}}, "scalars"),
        ({"vectors": {"z": np.zeros((4, 2, 1))}}, "vectors"),
        ({"score": np.zeros((5, 41, 1))}, "score"),
        ({"score": np.zeros((4, 3, 1))}, "score"),
        ({"score": np.full((5, 3, 1), np.nan)}, "score"),
        ({"points": np.zeros((4, 3, 3, 1))}, "points"),
        ({"points": np.zeros((4, 3, 2, 1))}, "points"),
    ],
)
def test_refuses_parts_that_do_not_belong(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(ValueError, match=rf"^follow\..*{field}"):
        line(follow=followed(**changes))


def test_panels_share_their_axes() -> None:
    wide = line(extent=(-6.0, 3.0), target_density=2 * np.asarray(line().target_density))
    (first, codes), (second, _), (third, _) = unpack(pack([line(), wide, plane()]))[1]
    assert first["extent"] == second["extent"] == [-6.0, 4.0]
    assert first["axis_top"] == second["axis_top"]
    assert third["extent"] == [-2.0, 6.0, -1.0, 3.0]
    restored = -6 + (codes["positions"] / BORDER + 1) / 2 * 10
    assert np.max(np.abs(restored - line().positions)) <= 10 / (4 * BORDER) * (1 + 1e-9)


def test_a_raster_keeps_its_own_extent() -> None:
    wide = plane(extent=(-4.0, 6.0, -1.0, 5.0))
    (header, _), _ = unpack(pack([plane(), wide]))[1]
    assert header["extent"] == [-4.0, 6.0, -1.0, 5.0]
    assert header["raster"] == [-2.0, 6.0, -1.0, 3.0]


def test_the_same_noise_has_the_same_codes_in_every_panel() -> None:
    other = line().positions.copy()
    other[1:] += 1
    (_, one), (_, two) = unpack(pack([line(), line(positions=other)]))[1]
    assert np.array_equal(one["positions"][0], two["positions"][0])


@pytest.mark.parametrize("panels", [[], [line()] * 5])
def test_one_to_four_panels(panels: list[Animation]) -> None:
    with pytest.raises(ValueError, match=r"^animation"):
        pack(panels)


def test_a_list_of_one_is_one() -> None:
    assert pack([line()]) == pack(line())


def test_distances_share_whole_decades() -> None:
    near = line(distance=np.array([0.0, 2e-3, 0.01, 0.02, 0.03]), distance_error=np.full(5, 1e-4))
    far = plane(distance=np.array([0.1, 0.2, 0.3, 0.9]))
    (first, arrays), (second, _) = unpack(pack([near, far]))[1]
    assert first["distance_range"] == second["distance_range"] == [-3, 0]
    assert np.array_equal(arrays["distance"], np.float32(near.distance))
    assert np.array_equal(arrays["distance_error"], np.float32(near.distance_error))
    tiny = line(distance=np.array([1e-30, 1e-3, 1e-2, 0.05, 0.1]))
    assert only(pack(tiny))[0]["distance_range"] == [-2, -1]
    panels = unpack(pack([tiny, line(distance=np.full(5, 1e-30))]))[1]
    assert panels[1][0]["distance_range"] == [-1 - DECADES, -1]
    assert only(pack(line(distance=np.zeros(5))))[0]["distance_range"] == [-1, 0]


def test_fields_are_kept_up_to_half_a_code() -> None:
    field = 2 * np.random.default_rng(5).normal(size=(2, 6, 7, 2))
    header, arrays = only(pack(plane(field=field)))
    unit = header["field_top"] / LIMIT
    size = np.linalg.norm(field, axis=-1, keepdims=True)
    assert (size > FULL).any()
    cut = np.where(size > FULL, field * FULL / size, field)
    assert np.max(np.abs(arrays["field"] * unit - cut)) <= unit / 2 * (1 + 1e-9)


def test_a_small_difference_stands_for_the_second_map() -> None:
    p = np.asarray(plane().target_density)
    far, near = 1.6 * p, 1.4 * p
    assert "output" in only(pack(plane(output_density=far)))[1]
    header, arrays = only(pack(plane(output_density=near)))
    assert "output" not in arrays
    unit = header["difference_top"] / (255 - ZERO)
    restored = arrays["target"] / 255 + unit * (arrays["difference"].astype(float) - ZERO)
    assert np.max(np.abs(restored - near / peaks(p))) <= 1 / 255


def test_field_points_are_centres_of_cells() -> None:
    assert field_points((0.0, 4.0), 4) == pytest.approx([0.5, 1.5, 2.5, 3.5])
    points = field_points((0.0, 2.0, -3.0, 3.0), rows=3, columns=2)
    assert points.shape == (3, 2, 2)
    assert points[2, 0] == pytest.approx([0.5, 2.0])


def test_the_difference_of_two_maps_is_coded_around_zero() -> None:
    p = plane().target_density
    assert p is not None
    q = p.copy()
    q[1, 3, 4] += 0.5 * p[1].max()
    q[0, 5, 6] = 0.0
    header, arrays = only(pack(plane(output_density=q, density_frames=[0, 3])))
    top = header["difference_top"]
    assert top == max(0.5, p[0, 5, 6] / p[0].max())
    codes = arrays["difference"].astype(int) - ZERO
    assert codes[1, 3, 4] == round(127 * 0.5 / top)
    assert codes[0, 5, 6] == round(-127 * p[0, 5, 6] / p[0].max() / top)
    assert np.count_nonzero(codes) == 2
    assert header["density_frames"] == [0, 3]
    same = only(pack(plane(output_density=p)))[1]["difference"]
    assert np.all(same == ZERO)
    assert "difference" not in only(pack(plane()))[1]


def test_maps_of_both_laws_have_one_unit() -> None:
    density = np.asarray(plane().target_density)
    _, arrays = only(pack(plane(output_density=0.4 * density)))
    assert np.max(np.abs(arrays["output"] - 0.4 * arrays["target"])) <= 1
    _, alone = only(pack(plane(target_density=None, output_density=density)))
    assert np.array_equal(alone["output"], arrays["target"])


def test_quantiles_are_kept_to_single_precision() -> None:
    values = np.sort(np.random.default_rng(3).normal(size=(5, 3)), axis=1)
    both = {"target": values, "output": values + 1}
    header, arrays = only(pack(line(quantiles=both, quantile_levels=[0.1, 0.5, 0.9])))
    assert header["levels"] == [0.1, 0.5, 0.9]
    assert np.array_equal(arrays["output_quantiles"], np.float32(values + 1))


def test_a_forward_process_is_known_by_its_times() -> None:
    assert line().direction == "reverse"
    forward = line(times=range(5), target_density=np.asarray(line().target_density)[::-1])
    header, _ = only(pack(forward))
    assert header["direction"] == "forward"
    assert header["times"] == [0, 1, 2, 3, 4]


def test_a_player_refuses_what_it_cannot_show() -> None:
    with pytest.raises(ValueError, match=r"^layers"):
        player(line(), key="x", layers=[*LAYERS, "stars"])
    with pytest.raises(ValueError, match=r"^view"):
        player(line(), key="x", view="sideways")


LUMINANCE = np.array([0.2126, 0.7152, 0.0722])
# Machado, Oliveira, Fernandes 2009, severity 1, on linear RGB
BLINDNESS = {
    "none": np.eye(3),
    "protan": np.array([[0.152, 1.053, -0.205], [0.115, 0.786, 0.099], [-0.004, -0.048, 1.052]]),
    "deutan": np.array([[0.367, 0.861, -0.228], [0.280, 0.673, 0.047], [-0.012, 0.043, 0.969]]),
    "tritan": np.array([[1.256, -0.077, -0.179], [-0.078, 0.931, 0.148], [0.005, 0.691, 0.304]]),
}


def linear(color: str) -> np.ndarray:
    values = np.array([int(color[k : k + 2], 16) for k in (1, 3, 5)]) / 255
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def contrast(one: np.ndarray, two: np.ndarray) -> float:
    dark, light = sorted([float(LUMINANCE @ one), float(LUMINANCE @ two)])
    return (light + 0.05) / (dark + 0.05)


def lab(rgb: np.ndarray) -> np.ndarray:
    matrix = np.array([[0.4124, 0.3576, 0.1805], LUMINANCE, [0.0193, 0.1192, 0.9505]])
    x, y, z = np.cbrt(matrix @ np.clip(rgb, 0, 1) / [0.9505, 1.0, 1.089])
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@pytest.mark.parametrize(("dark", "background"), [(False, "#ffffff"), (True, "#10151c")])
def test_marks_stand_out_and_stay_apart_for_every_eye(dark: bool, background: str) -> None:
    colors = {name: mark.colour(dark) for name, mark in COLOURS.items()}
    assert len(colors) == 6
    for color in colors.values():
        assert contrast(linear(color), linear(background)) >= 3
    for matrix in BLINDNESS.values():
        seen = [lab(matrix @ linear(color)) for color in colors.values()]
        for k, one in enumerate(seen):
            for two in seen[k + 1 :]:
                assert np.linalg.norm(one - two) >= 12
