"""The exact law of a stochastic sampler on the line, carried as a density on a grid.

One stage maps the density f of Y to that of m(Y) + s(Y) Z. Its Fourier transform is
f'^(w) = int f(x) exp(-i w m(x) - w^2 s(x)^2 / 2) dx, and the trapezoid rule for this integral
converges spectrally once the grid resolves f. The sum over nodes is evaluated on the new grid by
spreading each node as a Gaussian no narrower than the grid allows and dividing the surplus width
out again in Fourier space (the Gaussian gridding of Greengard and Lee, SIAM Review 46, 2004). So a
step's noise may be far narrower than the grid: only the density itself has to be resolved, and
each step checks that it is.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import scipy
from scipy import fft

from diffusion_core.errors import Refused
from diffusion_core.samplers import Sampler
from diffusion_core.samplers.update import Stage, kernel
from diffusion_core.schedules import Array, Chain, Index
from diffusion_core.scores.exact import Score, score_detail

MAX_GRID = 1 << 18  # nodes of a density that is kept
MAX_SOURCE = 1 << 22  # nodes of one that is only integrated over
SPREAD_BLOCK = 2_000_000
SMOOTH = 3e-5  # a map with smaller fourth differences needs no check
FREQUENCIES = 12  # at which a sum over nodes is checked


@dataclass(frozen=True)
class Resolution:
    """How finely densities are carried.

    window: a Gaussian is cut at this many standard deviations in x.
    band: frequencies are kept up to band/scale, where a Gaussian of that scale has decayed.
    tail: the largest relative size that the rim of the kept band may have.
    negligible: nodes lighter than this share of the heaviest are dropped.
    rough: what of a Fourier transform may hang on the nodes of its sum.
    """

    window: float = 8.5
    band: float = 8.0
    tail: float = 1e-12
    negligible: float = 1e-14
    rough: float = 1e-9


FINE = Resolution()
COARSE = Resolution(window=7.5, band=6.9, tail=1e-9, negligible=1e-10, rough=1e-7)
SPREAD = 2.0  # the narrowest spreading Gaussian, in grid steps: aliasing below exp(-4 pi^2)


@dataclass(frozen=True)
class GridDensity:
    """f on lo + h * (0..n-1), periodic beyond, band-limited to half the Nyquist frequency."""

    lo: float
    h: float
    values: Array

    @property
    def nodes(self) -> Array:
        return self.lo + self.h * np.arange(len(self.values), dtype=np.float64)

    @property
    def mass(self) -> float:
        return float(self.values.sum() * self.h)

    def upsampled(self, factor: int) -> GridDensity:
        """The same band-limited function on a grid ``factor`` times finer."""
        if factor == 1:
            return self
        n = len(self.values)
        spectrum = fft.rfft(self.values)
        return GridDensity(self.lo, self.h / factor, fft.irfft(spectrum, n * factor) * factor)

    def distribution(self) -> scipy.interpolate.BSpline:
        """The distribution function as a spline of degree 7 through its spectral values."""
        fine = self.upsampled(8 if len(self.values) <= MAX_GRID // 8 else 2)
        n = len(fine.values)
        spectrum = fft.rfft(fine.values)
        omega = 2 * np.pi * fft.rfftfreq(n, fine.h)
        mean = spectrum[0].real / n
        spectrum[0] = 0.0
        spectrum[1:] /= 1j * omega[1:]
        wave = fft.irfft(spectrum, n)
        x = fine.nodes
        return scipy.interpolate.make_interp_spline(x, mean * (x - x[0]) + wave - wave[0], k=7)


def gaussian_density(mean: float, std: float, resolution: Resolution) -> GridDensity:
    """N(mean, std^2) on the grid that resolves it."""

    def density(x: Array) -> Array:
        return np.exp(-0.5 * ((x - mean) / std) ** 2) / (std * math.sqrt(2 * math.pi))

    reach = resolution.window * std
    return sampled_density(density, mean - reach, mean + reach, std, resolution)


def sampled_density(
    density: Callable[[Array], Array], lo: float, hi: float, scale: float, resolution: Resolution
) -> GridDensity:
    """A density whose finest feature is a Gaussian of that scale, on the grid that resolves it."""
    h = _grid_step(scale, resolution)
    pad = 2 * resolution.window * SPREAD * h
    n = _grid_size((hi - lo + 2 * pad) / h)
    x = lo - pad + h * np.arange(n, dtype=np.float64)
    return GridDensity(lo - pad, h, density(x))


def _grid_step(scale: float, resolution: Resolution) -> float:
    """h with half the Nyquist frequency at band/scale."""
    return math.pi * scale / (2 * resolution.band)


def _grid_size(least: float, most: int = MAX_GRID) -> int:
    if not least < most:
        raise Refused(
            f"the exact law needs a grid of {least:.2g} points, above the limit of {most}: "
            "the target's detail is too fine for its width; use fewer steps, a wider bandwidth, "
            "a schedule with a larger first step, or particles"
        )
    return int(fft.next_fast_len(math.ceil(least), real=True))


class Transfer:
    """Carries the density of Y_t from t = T down to 1.

    ``feature(t)`` is the scale of the finest detail of p_t, which predicts the grid; the spectrum
    of every new density then confirms the grid or halves it.
    """

    def __init__(
        self,
        sampler: Sampler,
        chain: Chain,
        score: Score,
        feature: Callable[[int], float],
        resolution: Resolution = FINE,
    ) -> None:
        self._sampler, self._chain, self._score = sampler, chain, score
        self._feature, self._res = feature, resolution
        self.rim = 0.0  # the largest unresolved part met so far
        self._sharpness = 0.7  # scale of q_t over that of p_t, learned on the way

    def step(self, density: GridDensity, t: int) -> GridDensity:
        """The density of Y_{t-1} from that of Y_t."""
        for stage in self._sampler.stages:
            density = self._stage(density, t, stage)
        return density

    def _stage(self, density: GridDensity, t: int, stage: Stage) -> GridDensity:
        mean, std, weight = self._kernels(density, t, stage)
        feature = self._feature(t - 1)
        noise = float(std.min())
        scale = max(noise, min(self._sharpness * feature, score_detail(self._score, t)))
        out, rim = None, math.inf
        while True:
            density, mean, std, weight = self._densified(
                density, t, stage, mean, std, weight, scale
            )
            finer, finer_rim = _spread(mean, std, weight, scale, self._res)
            if out is not None and finer_rim > rim / 3:
                break  # what is left is rounding, which no grid removes
            out, rim = finer, finer_rim
            if rim <= self._res.tail or scale <= noise:
                break
            scale /= 2
        self.rim = max(self.rim, rim)
        self._sharpness = min(1.0, 0.9 * max(self._measured_scale(out), noise) / feature)
        return out

    def _kept(self, density: GridDensity) -> Index:
        """The nodes that have any mass."""
        size = np.abs(density.values)
        return np.flatnonzero(size > self._res.negligible * density.values.max())

    def _kernels(self, density: GridDensity, t: int, stage: Stage) -> tuple[Array, Array, Array]:
        """m(x), s(x) and the mass of every node that has any."""
        weight = density.values * density.h
        kept = self._kept(density)
        x = density.nodes[kept][:, None]
        law = kernel(stage, x, t, self._chain, self._score)
        return law.mean[:, 0], law.deviation, weight[kept]

    def _densified(
        self,
        density: GridDensity,
        t: int,
        stage: Stage,
        mean: Array,
        std: Array,
        weight: Array,
        scale: float,
    ) -> tuple[GridDensity, Array, Array, Array]:
        """Refine the old grid until it also resolves exp(-i w m(x)) up to the new band's edge."""
        heavy = np.abs(weight[1:]) > 10 * self._res.negligible * weight.max()
        stretch = float(np.abs(np.diff(mean))[heavy].max(initial=0.0)) / density.h
        need = (
            (math.pi / (2 * density.h) + stretch * self._res.band / scale)
            * density.h
            / (2 * math.pi)
        )
        need = max(need, 2 * density.h / score_detail(self._score, t))
        factor = 1 << max(0, math.ceil(math.log2(need)))
        if factor > 1:
            _grid_size(len(density.values) * factor, MAX_SOURCE)
            density = density.upsampled(factor)
            mean, std, weight = self._kernels(density, t, stage)
        roughness = float(np.abs(weight[2:-2]) @ np.abs(np.diff(mean, 4))) / scale
        while roughness > SMOOTH:
            _grid_size(len(density.values) * 2, MAX_SOURCE)
            finer = density.upsampled(2)
            kernels = self._kernels(finer, t, stage)
            if self._settled(*kernels, finer, scale):
                break
            density, (mean, std, weight) = finer, kernels
        return density, mean, std, weight

    def _settled(
        self, mean: Array, std: Array, weight: Array, density: GridDensity, scale: float
    ) -> bool:
        """Whether every second node gives the same Fourier transform, at some frequencies.

        A map that bends between nodes shows in nothing else.
        """
        kept = self._kept(density)
        half = np.where(kept % 2 == 0, 2 * weight, 0.0) - weight
        mean = mean - mean[len(mean) // 2]

        def change(omega: float) -> float:
            damped = half * np.exp(np.maximum(-0.5 * (omega * std) ** 2, -100.0))
            return abs((damped * np.exp(-1j * omega * mean)).sum())

        edge = self._res.band / scale
        shares = np.arange(1, FREQUENCIES + 1) / FREQUENCIES
        return all(change(edge * share) < self._res.rough for share in shares.tolist())

    def _measured_scale(self, density: GridDensity) -> float:
        """The scale of a Gaussian whose spectrum would end where this density's does."""
        level = self._res.tail**0.7
        spectrum = np.abs(fft.rfft(density.values))
        last = int(np.flatnonzero(spectrum > level * spectrum[0])[-1])
        omega = 2 * math.pi * max(last, 1) / (len(density.values) * density.h)
        return math.sqrt(-2 * math.log(level)) / omega


def _spread(
    mean: Array, std: Array, weight: Array, scale: float, res: Resolution
) -> tuple[GridDensity, float]:
    """sum_j w_j N(.; m_j, s_j^2) on a grid that resolves ``scale``; the size of its band's top."""
    h = _grid_step(scale, res)
    surplus = max(0.0, (SPREAD * h) ** 2 - float(std.min()) ** 2)
    width = np.sqrt(std**2 + surplus)
    lo, hi = float((mean - res.window * width).min()), float((mean + res.window * width).max())
    n = _grid_size((hi - lo) / h + 2)
    values = _deposit(mean, width, weight, lo, h, n, res.window)
    spectrum = fft.rfft(values)
    omega = 2 * np.pi * fft.rfftfreq(n, h)
    edge = res.band / scale
    band = omega <= edge
    spectrum *= np.where(band, np.exp(np.minimum(surplus * omega**2 / 2, 60.0)), 0.0)
    rim = np.abs(spectrum[band & (omega > 0.85 * edge)])
    top = float(rim.max(initial=0.0) / abs(spectrum[0]))
    return GridDensity(lo, h, fft.irfft(spectrum, n)), top


def _deposit(
    mean: Array, width: Array, weight: Array, lo: float, h: float, n: int, window: float
) -> Array:
    """sum_j w_j N(x_i; m_j, width_j^2) for the grid nodes x_i within the window of m_j."""
    values = np.zeros(n)
    half = np.ceil(window * width / h)
    octave = np.ceil(np.log2(half))  # nodes of like width together: some are 100 times wider
    for group in np.unique(octave):
        members = np.flatnonzero(octave == group)
        offsets = np.arange(-half[members].max(), half[members].max() + 1)
        for start in range(0, len(members), max(1, SPREAD_BLOCK // len(offsets))):
            part = members[start : start + max(1, SPREAD_BLOCK // len(offsets))]
            _add_kernels(values, mean[part], width[part], weight[part], (lo, h), offsets)
    return values


def _add_kernels(
    values: Array, m: Array, s: Array, w: Array, grid: tuple[float, float], offsets: Array
) -> None:
    """Add w_j N(x; m_j, s_j^2) at the grid nodes ``offsets`` away from the nearest to m_j."""
    lo, h = grid
    nearest = np.rint((m - lo) / h)
    u = ((nearest * h + lo - m) / s)[:, None] + (h / s)[:, None] * offsets
    kernel = np.exp(np.maximum(-0.5 * u * u, -100.0)) * (w / (s * math.sqrt(2 * math.pi)))[:, None]
    index = (nearest[:, None] + offsets).astype(np.int64)
    if index.min() < 0 or index.max() >= len(values):
        inside = (index >= 0) & (index < len(values))
        index, kernel = index[inside], kernel[inside]
    values += np.bincount(index.ravel(), kernel.ravel(), minlength=len(values))
