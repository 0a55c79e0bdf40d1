"""Densities on grids, on the line and in the plane, and sums of Gaussians spread on them."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, lru_cache, reduce

import numpy as np
import scipy
from scipy import fft
from scipy.special import ndtr

from diffusion_core.errors import Refused
from diffusion_core.schedules import Array, Index

MOST_KEPT = {1: 1 << 18, 2: 4_000_000}  # nodes of a density that is kept, by dimension
MOST_SOURCE = {1: 1 << 22, 2: 16_000_000}  # nodes of one that is only integrated over
TAPER = (0.91, 0.03)  # of the band: where it is cut, and how softly, so that little rings far away
BEYOND = 60.0  # exponents at frequencies that are cut, which must not overflow
NODES = 1 << 14  # of a distribution function, at least
SPLIT = 1 << 20  # numbers in an array of kernels
Stop = Callable[[], None]


@dataclass(frozen=True)
class Resolution:
    """How finely densities are carried.

    band: frequencies are kept up to band/scale, where a Gaussian of that scale has decayed to
    ``tail``. oversampled: the grid's highest frequency over the highest kept.
    """

    band: float
    oversampled: float

    @cached_property
    def tail(self) -> float:
        """The relative size at which a spectrum ends."""
        return math.exp(-0.5 * self.band**2)

    @cached_property
    def alias(self) -> float:
        """What spreading leaves out or folds back: it must not be taken for the spectrum's end."""
        return 0.05 * self.tail

    @cached_property
    def negligible(self) -> float:
        """Nodes lighter than this share of the heaviest are dropped: such is what rings."""
        return 0.03 * self.tail

    def step(self, scale: float) -> float:
        """The grid's step h for a law whose finest feature is a Gaussian of the given scale."""
        return math.pi * scale / (self.oversampled * self.band)

    @cached_property
    def narrowest(self) -> float:
        """The narrowest spreading Gaussian, in steps.

        With the highest kept frequency w and the oversampling o, spectra fold back from (2 o - 1) w
        on, and division magnifies what is there: exp(-2 o (o - 1) (width w)^2) = alias.
        """
        o = self.oversampled
        return math.sqrt(-math.log(self.alias) * o / (2 * (o - 1))) / math.pi

    @cached_property
    def window(self) -> float:
        """Where Gaussians are cut, in standard deviations: division magnifies what is cut."""
        magnified = 0.5 * (self.narrowest * math.pi / self.oversampled) ** 2
        return math.sqrt(2 * (magnified - math.log(self.alias)))


@dataclass(frozen=True, eq=False)
class Density:
    """f on low + h * (i_1, .., i_d), periodic beyond and band-limited; values (n_1, .., n_d)."""

    low: Array
    h: float
    values: Array

    @property
    def axes(self) -> tuple[Array, ...]:
        shape = self.values.shape
        return tuple(a + self.h * np.arange(n) for a, n in zip(self.low, shape, strict=True))

    @property
    def high(self) -> Array:
        """The last node, (d,)."""
        return self.low + self.h * (np.array(self.values.shape) - 1)

    @property
    def cell(self) -> float:
        """The volume that belongs to a node."""
        return self.h**self.values.ndim

    @property
    def mass(self) -> float:
        return float(self.values.sum() * self.cell)

    def upsampled(self, factor: float) -> Density:
        """The same band-limited function on a grid ``factor`` times finer."""
        return Density(self.low, self.h / factor, refined(self.values, factor))

    def covering(self, box: Array) -> Density:
        """The same density on a grid that holds ``box`` (2, d) too, even in its sizes."""
        shape = np.array(self.values.shape)
        before = np.maximum(0, np.ceil((self.low - box[0]) / self.h)).astype(int)
        after = np.maximum(0, np.ceil((box[1] - self.low) / self.h) + 1 - shape).astype(int)
        after += (before + after + shape) % 2
        values = np.pad(self.values, list(zip(before, after, strict=True)))
        return Density(self.low - self.h * before, self.h, values)

    def on(self, axes: tuple[Array, Array]) -> Array:
        """The density at the nodes of another grid of the plane, (X, Y); 0 beyond its own."""
        fine = self.upsampled(2)
        out = scipy.interpolate.RectBivariateSpline(*fine.axes, fine.values)(*axes)
        for k, (nodes, at) in enumerate(zip(fine.axes, axes, strict=True)):
            outside = (at < nodes[0]) | (at > nodes[-1])
            out[(slice(None),) * k + (outside,)] = 0.0
        return np.asarray(out)

    def distribution(self, factor: int | None = None) -> Distribution:
        """The distribution function, on the line: exact at nodes ``factor`` times closer.

        Without a factor so many that cubics between them err by about a rounding of the masses.
        """
        fine = self.upsampled(factor or max(8, NODES // len(self.values)))
        n = len(fine.values)
        spectrum = fft.rfft(fine.values)
        mean = spectrum[0].real / n
        spectrum[0] = 0.0
        spectrum[1:] /= 2j * np.pi / (n * fine.h) * np.arange(1, len(spectrum))
        wave = fft.irfft(spectrum, n)
        below = mean * fine.h * np.arange(n) + wave - wave[0]
        return Distribution(float(self.low[0]), fine.h, below, fine.values)


@dataclass(frozen=True, eq=False)
class Distribution:
    """P(Y <= x) at nodes low + h i and the density there; cubic between them, constant beyond."""

    low: float
    h: float
    below: Array
    density: Array

    def __call__(self, x: Array) -> Array:
        at = np.clip((x - self.low) / self.h, 0.0, len(self.below) - 1.0)
        i = np.minimum(at.astype(np.intp), len(self.below) - 2)
        u = at - i
        first, last = self.below[i], self.below[i + 1]
        rise, begin, end = last - first, self.h * self.density[i], self.h * self.density[i + 1]
        bend = begin + end - 2 * rise
        return np.asarray(first + u * (begin + u * (3 * rise - 2 * begin - end + u * bend)))


def refined(values: Array, factor: float) -> Array:
    """The band-limited function with these values on a grid ``factor`` times finer.

    ValueError where that has no whole number of nodes.
    """
    if factor > 1:
        for axis, n in enumerate(values.shape):
            if n * factor % 1:
                raise ValueError(f"{n} nodes cannot be made {factor:g} times as many")
            values = fft.irfft(fft.rfft(values, axis=axis), int(n * factor), axis=axis) * factor
    return values


def points(axes: tuple[Array, ...]) -> Array:
    """All nodes of a grid, (n_1 .. n_d, d), the last axis running fastest."""
    if len(axes) == 1:
        return axes[0][:, None]
    return np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, len(axes))


def sampled_density(
    log_density: Callable[[Array], Array], box: Array, scale: float, res: Resolution
) -> Density:
    """A density whose finest feature is a Gaussian of that scale, on the grid that resolves it."""
    h = res.step(scale)
    empty = Density(box[0], h, np.empty(grid_shape((box[1] - box[0]) / h + 2)))
    return Density(box[0], h, np.exp(log_density(points(empty.axes))).reshape(empty.values.shape))


def grid_shape(least: Array, limits: dict[int, int] = MOST_KEPT) -> tuple[int, ...]:
    """Even sizes of at least ``least``; Refused above the limit."""
    most = limits[len(least)]
    if not least.prod() < most:
        raise Refused(
            f"the exact law needs a grid of {least.prod():.2g} points, above the limit of "
            f"{most:,}: the target's detail is too fine for its width; use fewer steps, a wider "
            "bandwidth, a schedule with a larger first step, or particles"
        )
    return tuple(2 * fft.next_fast_len(math.ceil(v / 2), real=True) for v in least)


@dataclass(frozen=True, eq=False)
class Limited:
    """A density on the grid that resolves it.

    rim: the relative size of what was cut at the end of its band. scale: of a Gaussian whose
    spectrum would end where this one does.
    """

    density: Density
    rim: float
    scale: float


def limited(density: Density, scale: float, surplus: float, res: Resolution) -> Limited:
    """The density without the variance ``surplus`` in every direction, cut at the band's end."""
    shape, h = density.values.shape, density.h
    spectrum = fft.rfftn(density.values)
    omega2 = _frequencies2(shape, h)
    ratio = np.sqrt(omega2) * (scale / res.band)
    if surplus > 0:
        spectrum *= np.exp(np.minimum(surplus / 2 * omega2, BEYOND))
        spectrum *= ndtr((TAPER[0] - ratio) / TAPER[1])
    size = np.abs(spectrum)
    size *= 1 / size.flat[0]
    last = max(float(ratio[(size > res.tail) & (ratio < 1)].max(initial=0.0)), 1e-9)
    if surplus == 0:
        return Limited(density, res.tail, scale / last)
    rim = float(size[ratio > TAPER[0]].max(initial=res.tail))
    values = np.asarray(fft.irfftn(spectrum, shape))
    return Limited(Density(density.low, h, values), rim, scale / last)


def _frequencies2(shape: tuple[int, ...], h: float) -> Array:
    """|w|^2 of every entry of the real transform."""
    axes = [_squares(n) for n in shape[:-1]] + [_squares(shape[-1])[: shape[-1] // 2 + 1]]
    return np.asarray(reduce(np.add.outer, axes)) / (h * h)


@lru_cache(maxsize=256)
def _squares(n: int) -> Array:
    return np.square(2 * np.pi * fft.fftfreq(n))


def spread_on_line(out: Density, mean: Array, width: Array, weight: Array, window: float) -> None:
    """Add sum_k w_k N(x; m_k, width_k^2) at the nodes near each m_k; mean (N,), width (N,)."""
    m, s = (mean - out.low[0]) / out.h, width / out.h
    height = weight / (s * (out.h * math.sqrt(2 * math.pi)))
    octave = np.frexp(s)[1]  # nodes of like width together: some are 100 times wider
    first = int(octave.min())
    if first == octave.max():
        _add_windows(out.values, m, s, height, math.ceil(window * s.max()))
        return
    for group in np.flatnonzero(np.bincount(octave - first)):
        k = np.flatnonzero(octave == group + first)
        _add_windows(out.values, m[k], s[k], height[k], math.ceil(window * s[k].max()))


def _add_windows(values: Array, m: Array, s: Array, height: Array, half: int) -> None:
    """Add height_k exp(-((i - m_k)/s_k)^2/2) at the nodes i within ``half`` of each m_k."""
    offsets = np.arange(-half, half + 1)
    size = max(1, SPLIT // len(offsets))
    scale = math.sqrt(0.5) / s
    for start in range(0, len(m), size):
        part = slice(start, start + size)
        nearest = np.rint(m[part])
        bell = _bell(np.add.outer(nearest - m[part], offsets) * scale[part, None])
        bell *= height[part, None]
        index = np.add.outer(nearest.astype(np.intp), offsets)
        np.minimum(np.maximum(index, 0, out=index), len(values) - 1, out=index)
        values += np.bincount(index.ravel(), bell.ravel(), minlength=len(values))


def spread_in_plane(
    out: Density, m: Array, width: float, weight: Array, begins: Index, window: float, stop: Stop
) -> None:
    """Add sum_k w_k N(x; m_k, width^2 I) for points m (2, N); from one of ``begins`` to the next

    they are near each other, and spread by one matrix product: Gaussians are products over axes.
    """
    m, s, reach = (m - out.low[:, None]) / out.h, width / out.h, window * width / out.h
    weight = weight / (2 * math.pi * width**2)
    last = np.array(out.values.shape)[:, None]
    low = np.maximum(np.floor(np.minimum.reduceat(m, begins, axis=1) - reach), 0).astype(int)
    high = np.minimum(np.ceil(np.maximum.reduceat(m, begins, axis=1) + reach) + 1, last).astype(int)
    m *= math.sqrt(0.5) / s
    nodes = math.sqrt(0.5) / s * np.arange(last.max())
    ends = np.append(begins[1:], len(weight)).tolist()
    for i, j, (x, y), (x_end, y_end) in zip(
        begins.tolist(), ends, low.T.tolist(), high.T.tolist(), strict=True
    ):
        stop()
        bell_x = _bell(np.subtract.outer(nodes[x:x_end], m[0, i:j]))
        bell_x *= weight[i:j]
        bell_y = _bell(np.subtract.outer(m[1, i:j], nodes[y:y_end]))
        out.values[x:x_end, y:y_end] += bell_x @ bell_y


def _bell(u: Array) -> Array:
    """exp(-u^2) in place; far tails, where exp is slow, are cut."""
    u *= u
    np.minimum(u, 600.0, out=u)
    return np.exp(np.negative(u, out=u), out=u)
