"""The exact law of a stochastic sampler in the plane, carried as a density on a grid.

As on the line (transfer.py): a stage maps the density f of Y to that of m(Y) + s Z, whose Fourier
transform is exp(-|w|^2 s^2/2) int f(x) exp(-i w.m(x)) dx. The trapezoid rule for the integral
converges spectrally once the grid resolves f; its sum is evaluated by spreading every node as a
Gaussian no narrower than the new grid allows and dividing the surplus width out in Fourier space
(Greengard and Lee, SIAM Review 46, 2004). A Gaussian is a product over the axes, so spreading a
patch of nodes is one matrix product.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from scipy import fft
from scipy.special import ndtr

from diffusion_core.errors import Refused
from diffusion_core.samplers import Sampler
from diffusion_core.samplers.update import Stage, kernel
from diffusion_core.schedules import Array, Chain
from diffusion_core.scores.exact import Score

MAX_GRID = 700_000  # nodes of a density that is kept
MAX_SOURCE = 4_500_000  # nodes of one that is only integrated over
PATCH = 16
OVERSAMPLED = 1.5  # the grid's highest frequency over the highest that is kept
SPREAD = 3.8  # the narrowest spreading Gaussian, over scale/band: aliasing below 1e-9
ENDS = (slice(None, -1), slice(1, None))
HEAVY = 1e-6  # nodes of this share of the heaviest decide how far the map stretches

Stop = Callable[[], None]


@dataclass(frozen=True)
class Resolution:
    """window: where Gaussians are cut, in standard deviations; band/scale: the highest frequency.

    tail: the largest relative size of the spectrum there. negligible: nodes that are dropped.
    """

    window: float
    band: float
    tail: float
    negligible: float


RESOLUTIONS = (
    Resolution(window=4.8, band=4.4, tail=3e-5, negligible=1e-7),
    Resolution(window=5.2, band=4.9, tail=6e-6, negligible=3e-9),
    Resolution(window=5.8, band=5.5, tail=1e-6, negligible=1e-10),
)


@dataclass(frozen=True, eq=False)
class PlaneDensity:
    """f on low + h * (i, j); values (n, m), periodic beyond and band-limited."""

    low: Array
    h: float
    values: Array

    @property
    def axes(self) -> tuple[Array, Array]:
        x, y = (self.low[k] + self.h * np.arange(self.values.shape[k]) for k in range(2))
        return x, y

    @property
    def mass(self) -> float:
        return float(self.values.sum() * self.h**2)

    def upsampled(self, factor: int) -> PlaneDensity:
        if factor == 1:
            return self
        return PlaneDensity(self.low, self.h / factor, refined(self.values, factor))

    def covering(self, box: Array) -> PlaneDensity:
        """The same density on a grid that holds ``box`` (2, 2) too, even in its sizes."""
        shape = np.array(self.values.shape)
        before = np.maximum(0, np.ceil((self.low - box[0]) / self.h)).astype(int)
        after = np.maximum(0, np.ceil((box[1] - self.low) / self.h) + 1 - shape).astype(int)
        after += (before + after + shape) % 2
        values = np.pad(self.values, list(zip(before, after, strict=True)))
        return PlaneDensity(self.low - self.h * before, self.h, values)


PlaneRun = Iterator[tuple[int, PlaneDensity]]


def refined(values: Array, factor: int) -> Array:
    """The band-limited function with these values on a grid ``factor`` times finer."""
    n, m = values.shape
    spectrum = fft.rfft2(values)
    wide = np.zeros((n * factor, m * factor // 2 + 1), dtype=complex)
    half, kept = n // 2, spectrum.shape[1]
    wide[:half, :kept] = spectrum[:half]
    wide[half - n :, :kept] = spectrum[half:]
    return np.asarray(fft.irfft2(wide, (n * factor, m * factor))) * factor**2


def points(axes: tuple[Array, Array]) -> Array:
    """All nodes of a grid, (n m, 2), row by row."""
    return np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 2)


def sampled_density(
    log_density: Callable[[Array], Array], box: Array, scale: float, res: Resolution
) -> PlaneDensity:
    """A density whose finest feature is a Gaussian of that scale, on the grid that resolves it."""
    h = grid_step(scale, res)
    shape = _grid_shape((box[1] - box[0]) / h + 2)
    empty = PlaneDensity(box[0], h, np.empty(shape))
    return PlaneDensity(box[0], h, np.exp(log_density(points(empty.axes))).reshape(shape))


def grid_step(scale: float, res: Resolution) -> float:
    """The grid's step for a law whose finest feature is a Gaussian of the given scale."""
    return math.pi * scale / (OVERSAMPLED * res.band)


def _grid_shape(least: Array, most: int = MAX_GRID) -> tuple[int, int]:
    if not least.prod() < most:
        raise Refused(
            f"the exact law in the plane needs a grid of {least.prod():.2g} points, above the "
            f"limit of {most:,}: the target's detail is too fine for its width; use fewer steps, "
            "a schedule with a larger first step, or particles"
        )
    n, m = (2 * fft.next_fast_len(math.ceil(v / 2), real=True) for v in least)
    return n, m


class PlaneTransfer:
    """Carries the density of Y_t from t = T down to 1; ``feature(t)`` is p_t's finest scale."""

    def __init__(
        self,
        sampler: Sampler,
        chain: Chain,
        score: Score,
        feature: Callable[[int], float],
        resolution: Resolution = RESOLUTIONS[1],
        stop: Stop = lambda: None,
    ) -> None:
        self._sampler, self._chain, self._score = sampler, chain, score
        self._feature, self._res, self._stop = feature, resolution, stop
        self._sharpness = 0.7
        self.rim = 0.0  # the largest unresolved part met so far

    def run(self, density: PlaneDensity) -> Iterator[tuple[int, PlaneDensity]]:
        """(t, density of Y_t), t = T..1."""
        yield self._chain.steps, density
        for t in range(self._chain.steps, 1, -1):
            for stage in self._sampler.stages:
                density = self._stage(density, t, stage)
            yield t - 1, density

    def _stage(self, density: PlaneDensity, t: int, stage: Stage) -> PlaneDensity:
        noise = self._noise(t, stage)
        feature = self._feature(t - 1)
        scale = max(noise, self._sharpness * feature)
        out, rim = density, math.inf
        for _ in range(6):
            self._stop()
            finer, finer_rim = self._carried(density, t, stage, noise, scale)
            if finer_rim > rim / 3:
                break  # what is left is rounding, which no grid removes
            out, rim = finer, finer_rim
            if rim <= self._res.tail or scale <= noise:
                break
            scale /= 1.5
        self.rim = max(self.rim, rim)
        self._sharpness = min(1.0, max(0.95 * self._measured_scale(out), noise) / feature)
        return out

    def _noise(self, t: int, stage: Stage) -> float:
        """The width of the stage's noise; Refused unless it is one number."""
        x = np.zeros((1, 2))
        spread = kernel(stage, x, t, self._chain, self._score).spread
        if np.ndim(spread):
            raise Refused(
                "the exact law in the plane needs noise of one width in every direction, which "
                f"{self._sampler.label} does not have; use the particles method"
            )
        return float(spread)

    def _carried(
        self, density: PlaneDensity, t: int, stage: Stage, noise: float, scale: float
    ) -> tuple[PlaneDensity, float]:
        mean = self._means(density, t, stage)
        factor = self._densification(density, mean, scale)
        if factor > 1:
            _grid_shape(np.array(density.values.shape) * factor * 1.0, MAX_SOURCE)
            density = density.upsampled(factor)
            mean = self._means(density, t, stage)
        return spread(mean, density.values * density.h**2, noise, scale, self._res, self._stop)

    def _means(self, density: PlaneDensity, t: int, stage: Stage) -> Array:
        """m(x) at every node, (n, m, 2); nan where there is no mass."""
        f = density.values
        kept = np.abs(f) > self._res.negligible * f.max()
        mean = np.full((*f.shape, 2), np.nan)
        x = points(density.axes)[kept.ravel()]
        mean[kept] = kernel(stage, x, t, self._chain, self._score).mean
        return mean

    def _densification(self, density: PlaneDensity, mean: Array, scale: float) -> int:
        """How much finer a grid resolves f(x) exp(-i w.m(x)) up to the new band's edge."""
        heavy = density.values > HEAVY * density.values.max()
        stretch = 0.0
        for axis in range(2):
            here, there = (tuple(s if k == axis else slice(None) for k in range(2)) for s in ENDS)
            both = heavy[here] & heavy[there]
            step = mean[there] - mean[here]
            stretch = max(stretch, float(np.linalg.norm(step[both], axis=1).max(initial=0.0)))
        own = math.pi / (OVERSAMPLED * density.h)
        need = (own + stretch / density.h * self._res.band / scale) * density.h / (2 * math.pi)
        return max(1, math.ceil(need - 1e-9))

    def _measured_scale(self, density: PlaneDensity) -> float:
        """The scale of a Gaussian whose spectrum would end where this density's does."""
        level = self._res.tail**0.7
        spectrum = np.abs(fft.rfft2(density.values))
        omega = _frequencies(density.values.shape, density.h)
        last = float(omega[spectrum > level * spectrum[0, 0]].max())
        return math.sqrt(-2 * math.log(level)) / max(last, 1e-300)


def _frequencies(shape: tuple[int, ...], h: float) -> Array:
    """|w| of every entry of the real transform."""
    a, b = 2 * np.pi * fft.fftfreq(shape[0], h), 2 * np.pi * fft.rfftfreq(shape[1], h)
    return np.hypot(a[:, None], b[None, :])


def spread(
    mean: Array, weight: Array, noise: float, scale: float, res: Resolution, stop: Stop
) -> tuple[PlaneDensity, float]:
    """sum_k w_k N(.; m_k, noise^2 I) on a grid that resolves ``scale``; the size of its rim."""
    h, edge = grid_step(scale, res), res.band / scale
    width = max(noise, SPREAD / edge)
    low, high = (f(mean, axis=(0, 1)) for f in (np.nanmin, np.nanmax))
    low = low - res.window * width
    shape = _grid_shape((high + res.window * width - low) / h + 2)
    values = _deposit(mean, weight, width, PlaneDensity(low, h, np.zeros(shape)), res, stop)
    spectrum = fft.rfft2(values)
    omega = _frequencies(shape, h)
    surplus = width**2 - noise**2
    spectrum *= np.exp(np.minimum(surplus * omega**2 / 2, 60.0))
    rim = np.abs(spectrum[(omega > 0.85 * edge) & (omega <= edge)]).max(initial=0.0)
    spectrum *= np.where(omega <= edge, ndtr((0.93 * edge - omega) / (0.015 * edge)), 0.0)
    values = np.asarray(fft.irfft2(spectrum, shape))
    return PlaneDensity(low, h, values), float(rim / abs(spectrum[0, 0]))


def _deposit(
    mean: Array, weight: Array, width: float, grid: PlaneDensity, res: Resolution, stop: Stop
) -> Array:
    """sum_k w_k N(x; m_k, width^2 I) on the grid, patch of nodes by patch."""
    out, axes, reach = grid.values, grid.axes, res.window * width
    constant = 1 / (2 * math.pi * width**2)
    for i in range(0, len(mean), PATCH):
        stop()
        for j in range(0, mean.shape[1], PATCH):
            m = mean[i : i + PATCH, j : j + PATCH].reshape(-1, 2)
            kept = ~np.isnan(m[:, 0])
            if not kept.any():
                continue
            m, w = m[kept], weight[i : i + PATCH, j : j + PATCH].reshape(-1)[kept] * constant
            first = np.floor((m.min(axis=0) - reach - grid.low) / grid.h).astype(int)
            last = np.ceil((m.max(axis=0) + reach - grid.low) / grid.h).astype(int) + 1
            x, y = (slice(max(a, 0), b) for a, b in zip(first, last, strict=True))
            bell_x, bell_y = (_bell(axes[k][s], m[:, k], width) for k, s in enumerate((x, y)))
            out[x, y] += (bell_x * w[:, None]).T @ bell_y
    return out


def _bell(x: Array, m: Array, width: float) -> Array:
    u = (x[None, :] - m[:, None]) / width
    return np.exp(np.maximum(-0.5 * u * u, -600.0))
