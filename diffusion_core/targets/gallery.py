"""The named targets that the dashboard offers. Names appear in links and never change."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from diffusion_core.targets.base import Target
from diffusion_core.targets.boxes import Boxes
from diffusion_core.targets.circle import Circle
from diffusion_core.targets.gaussian_mixture import GaussianMixture, Points
from diffusion_core.targets.student_t import StudentT

Vector = tuple[float, ...]
Matrix = tuple[Vector, ...]

DEFAULT_1D = "three-modes"
DEFAULT_2D = "two-moons"


@dataclass(frozen=True)
class Preset:
    """A target with the name it has in links, its label and one sentence on what is special."""

    name: str
    label: str
    description: str
    target: Target


def line_mixture(
    weights: Sequence[float], means: Sequence[float], deviations: Sequence[float]
) -> GaussianMixture:
    """sum_k w_k N(m_k, sd_k^2) on the line; weights are taken up to a factor."""
    total = math.fsum(weights)
    return GaussianMixture(
        tuple(w / total for w in weights),
        tuple((float(m),) for m in means),
        tuple(((round(float(sd) ** 2, 12),),) for sd in deviations),
    )


def ellipse(long: float, short: float, angle: float) -> Matrix:
    """The covariance with standard deviation ``long`` along ``angle`` and ``short`` across."""
    c, s = math.cos(angle), math.sin(angle)
    a, b = long**2, short**2
    off = (a - b) * c * s
    return ((a * c * c + b * s * s, off), (off, a * s * s + b * c * c))


def disc(deviation: float) -> Matrix:
    """The covariance of a round Gaussian."""
    return ellipse(deviation, deviation, 0.0)


def plane_mixture(means: Sequence[Vector], covariances: Sequence[Matrix]) -> GaussianMixture:
    """Equally weighted Gaussians in the plane."""
    return GaussianMixture((1 / len(means),) * len(means), tuple(means), tuple(covariances))


def tubes(
    curves: Sequence[Callable[[float], Vector]], ends: Vector, count: int, width: float
) -> GaussianMixture:
    """``count`` equal Gaussians of that width along each plane curve, stretched to touch."""
    step = (ends[1] - ends[0]) / (count - 1)
    means, covariances = [], []
    for curve in curves:
        for i in range(count):
            u = ends[0] + i * step
            (x0, y0), (x1, y1) = curve(u - step / 2), curve(u + step / 2)
            along = math.hypot((x1 - x0) / 2, (y1 - y0) / 2, width)
            means.append(curve(u))
            covariances.append(ellipse(along, width, math.atan2(y1 - y0, x1 - x0)))
    return plane_mixture(means, covariances)


def cells(weights: Sequence[float], lows: Sequence[Vector], side: float) -> Boxes:
    """Cubes of one side; weights are taken up to a factor."""
    highs = tuple(tuple(low + side for low in row) for row in lows)
    return Boxes(tuple(w / math.fsum(weights) for w in weights), tuple(lows), highs)


def cantor(level: int) -> Points:
    """The centres of the 2^level intervals of the Cantor set in [-2, 2]."""
    points = [0.5]
    for _ in range(level):
        points = [p / 3 for p in points] + [2 / 3 + p / 3 for p in points]
    return Points(tuple((4 * p - 2,) for p in points))


def sierpinski(level: int) -> Points:
    """3^level points of the Sierpinski triangle: the centres of its triangles."""
    angles = [math.pi * (1 / 2 + 2 * i / 3) for i in range(3)]
    corners = [(3 * math.cos(a), 3 * math.sin(a)) for a in angles]
    points: list[Vector] = [(0.0, 0.0)]
    for _ in range(level):
        points = [((x + cx) / 2, (y + cy) / 2) for cx, cy in corners for x, y in points]
    return Points(tuple(points))


def _ring_of_8() -> GaussianMixture:
    angles = [math.pi * i / 4 for i in range(8)]
    means = [(1.8 * math.cos(a), 1.8 * math.sin(a)) for a in angles]
    return plane_mixture(means, [disc(0.2)] * 8)


def _two_moons() -> GaussianMixture:
    def upper(u: float) -> Vector:
        return (-0.75 + 1.5 * math.cos(u), -0.35 + 1.5 * math.sin(u))

    def lower(u: float) -> Vector:
        return (0.75 - 1.5 * math.cos(u), 0.35 - 1.5 * math.sin(u))

    return tubes((upper, lower), (0.1, math.pi - 0.1), 12, 0.12)


def _spiral() -> GaussianMixture:
    def curve(v: float) -> Vector:
        u = math.sqrt(v)  # equal steps of u^2 are nearly equal steps of length
        return (0.15 * u * math.cos(u), 0.15 * u * math.sin(u))

    return tubes((curve,), (4.0, 256.0), 48, 0.09)


def _checkerboard() -> Boxes:
    lows = [(float(i), float(j)) for i in range(-2, 2) for j in range(-2, 2) if (i + j) % 2 == 0]
    return cells((1,) * len(lows), lows, 1.0)


def _pinwheel() -> GaussianMixture:
    def arm(start: float) -> Callable[[float], Vector]:
        return lambda r: (r * math.cos(start + 0.6 * r), r * math.sin(start + 0.6 * r))

    return tubes([arm(2 * math.pi * i / 5) for i in range(5)], (0.5, 2.4), 6, 0.1)


def _s_curve() -> GaussianMixture:
    def curve(u: float) -> Vector:
        return (1.3 * math.sin(u), math.copysign(1 - math.cos(u), u))

    return tubes((curve,), (-1.45 * math.pi, 1.45 * math.pi), 30, 0.1)


_LINE = (
    Preset(
        "three-modes",
        "Three modes",
        "Unequal, overlapping modes: no symmetry hides an error, and nothing is extreme.",
        line_mixture((0.3, 0.4, 0.3), (-1.5, 0.3, 1.8), (0.25, 0.35, 0.2)),
    ),
    Preset(
        "gaussian",
        "One Gaussian",
        "Every p_t is Gaussian and every score linear, so whole samplers have closed forms.",
        line_mixture((1.0,), (0.5,), (0.8,)),
    ),
    Preset(
        "two-modes",
        "Two modes",
        "Equal and apart: p_t is one hump up to abar_t = 0.316, then the chain must choose a side.",
        line_mixture((0.5, 0.5), (-1.5, 1.5), (0.3, 0.3)),
    ),
    Preset(
        "skewed",
        "Skewed",
        "One heavy and one light mode: is the mass of the light one kept?",
        line_mixture((0.9, 0.1), (-0.5, 2.0), (0.5, 0.15)),
    ),
    Preset(
        "atoms",
        "Four atoms",
        "X_0 has no density at all, and yet every p_t with t >= 1 is smooth.",
        line_mixture((0.15, 0.35, 0.2, 0.3), (-2.0, -0.5, 0.25, 1.75), (0.0,) * 4),
    ),
    Preset(
        "cantor",
        "Cantor set",
        "The 64 intervals of level 6, as points: a fractal with gaps at every scale down to 0.01.",
        cantor(6),
    ),
    Preset(
        "uniform",
        "Uniform",
        "A bounded density with two jumps, which no finite noise level reproduces.",
        cells((1,), [(-1.75,)], 3.5),
    ),
    Preset(
        "thin-and-wide",
        "Thin and wide",
        "A spike of standard deviation 0.02 on a bell of 1: two scales, resolved at different t.",
        line_mixture((0.5, 0.5), (0.75, 0.0), (0.02, 1.0)),
    ),
    Preset(
        "claw",
        "Claw",
        "Five fingers on one bell (after Marron and Wand, 1992), none visible below abar_t = 0.93.",
        line_mixture((5, 1, 1, 1, 1, 1), (0.0, -1.5, -0.75, 0.0, 0.75, 1.5), (1.0, *(0.1,) * 5)),
    ),
    Preset(
        "histogram",
        "Histogram",
        "Twelve bars: piecewise constant, like any law read off binned data.",
        cells((2, 5, 9, 6, 3, 1, 2, 7, 11, 8, 4, 2), [(0.5 * i - 3,) for i in range(12)], 0.5),
    ),
    Preset(
        "student-t",
        "Heavy tail",
        "Student's t with 5 degrees of freedom: the tail falls like |x|^-6 and has few moments.",
        StudentT(5.0, (0.0,), 0.8),
    ),
)

_PLANE = (
    Preset(
        "two-moons",
        "Two moons",
        "Two interlocking arcs: the law is close to a curve, so the score is steep across it.",
        _two_moons(),
    ),
    Preset(
        "ring-of-8",
        "Ring of eight",
        "Eight equal modes on a circle: the classical test for lost modes.",
        _ring_of_8(),
    ),
    Preset(
        "ring",
        "Circle",
        "Uniform on a curve: no density at t = 0, with scores in closed form by Bessel functions.",
        Circle(1.8),
    ),
    Preset(
        "spiral",
        "Spiral",
        "One thin winding arm: neighbouring turns merge under little noise.",
        _spiral(),
    ),
    Preset(
        "checkerboard",
        "Checkerboard",
        "Eight squares with sharp edges and touching corners: a density with jumps.",
        _checkerboard(),
    ),
    Preset(
        "grid-of-9",
        "Grid of nine",
        "Nine equal modes on a grid: the product of two laws on the line, symmetric in both axes.",
        plane_mixture(
            [(1.5 * i, 1.5 * j) for i in (-1, 0, 1) for j in (-1, 0, 1)], [disc(0.15)] * 9
        ),
    ),
    Preset(
        "correlated-gaussian",
        "Correlated Gaussian",
        "A tilted Gaussian: its long axis outgrows the noise at abar_t = 0.41, its short at 0.96.",
        plane_mixture([(0.3, -0.2)], [ellipse(1.2, 0.2, math.pi / 5)]),
    ),
    Preset(
        "atoms-2d",
        "Five atoms",
        "Five weighted points: the score points at the average of where X_t may have come from.",
        GaussianMixture(
            (0.1, 0.2, 0.15, 0.3, 0.25),
            ((-1.5, -1.0), (1.25, -1.5), (1.75, 1.0), (0.0, 0.25), (-1.0, 1.75)),
            (disc(0.0),) * 5,
        ),
    ),
    Preset(
        "thin-and-wide-2d",
        "Thin and wide",
        "Half of the mass in a dot of standard deviation 0.02, half in a disc of 1.",
        plane_mixture([(0.0, 0.0), (0.75, 0.75)], [disc(1.0), disc(0.02)]),
    ),
    Preset(
        "sierpinski",
        "Sierpinski triangle",
        "The 243 triangles of level 5, as points: a fractal of dimension log 3/log 2.",
        sierpinski(5),
    ),
    Preset(
        "uniform-square",
        "Uniform square",
        "Two independent uniform coordinates: flat inside, with a jump at the edges.",
        cells((1,), [(-1.75, -1.75)], 3.5),
    ),
    Preset("pinwheel", "Pinwheel", "Five bent arms around an empty centre.", _pinwheel()),
    Preset("s-curve", "S-curve", "One thin arc that bends both ways.", _s_curve()),
)

PRESETS: dict[str, Preset] = {preset.name: preset for preset in (*_LINE, *_PLANE)}
