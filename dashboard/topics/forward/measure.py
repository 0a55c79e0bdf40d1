"""From an experiment to the pictures of its forward process, each computed once and remembered."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from dashboard.animation.layers import FRAMES, KEYFRAMES, view
from dashboard.animation.line import GRID
from dashboard.animation.plane import CELLS
from dashboard.compute import cost
from dashboard.compute.progress import Silent
from dashboard.compute.studies import Study, outcomes, value
from dashboard.compute.tasks import Progress, studied
from dashboard.player import Animation, pack
from dashboard.prose import prose
from dashboard.text.numbers import rounded, with_error
from dashboard.text.tables import by_column
from dashboard.topics.forward.words import noise_name
from diffusion_core import Experiment, Refused
from diffusion_core.distances.of_masses import Distance
from diffusion_core.schedules import SCHEDULES, Array, Chain, NoiseLevel, Theory
from diffusion_core.studies.forward import (
    Fact,
    forward_paths,
    is_singular,
    line_noise_distance,
    noise_distance,
    theory_facts,
)

phrase = prose("phrases/forward")
LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)
PIXEL = 0.5  # standard deviation, in pixels, of the blur that a raster of any density needs
MULTIPLES = 5
Picture = tuple[bytes, tuple[int, ...]]  # the player's bytes, the t of its frames
say = prose("controls")


@dataclass(frozen=True, eq=False)
class LineField:
    """p_t over space and time: x (G,), density (F, G), its mean over each cell, quantiles (F, Q).

    ``times`` are those of the frames at which p_t has a density; tv is TV(p_t, N(0, 1)).
    """

    times: tuple[int, ...]
    x: Array
    density: Array
    quantiles: Array
    tv: tuple[Distance, ...]


@dataclass(frozen=True, eq=False)
class PlaneField:
    """p_t on rasters: maps (K, rows, columns) for the player, and for ``pictures`` (t, raster)."""

    extent: tuple[float, float, float, float]
    maps: Array
    pictures: tuple[tuple[int, Array], ...]


@dataclass(frozen=True, eq=False)
class Forward:
    """The player's bytes, the t of its frames and the field behind it."""

    blob: bytes
    times: tuple[int, ...]
    field: LineField | PlaneField


def frame_times(steps: int) -> list[int]:
    """t = 0..T, or evenly spread ones of them where T is large."""
    return [int(t) for t in np.unique(np.rint(np.linspace(0, steps, min(steps + 1, FRAMES))))]


def law(experiment: Experiment) -> Experiment:
    """What p_t depends on: target, schedule and T."""
    return experiment.with_(target=experiment.target, sampler="ode", eta=0.0, start="noise", seed=0)


def animation(experiment: Experiment, particles: int, place: Any) -> Forward:
    """The animated forward process; Refused above two dimensions. place: for progress."""
    dim, asked = experiment.target.dim, law(experiment)
    if dim > 2:
        raise Refused(phrase("a-picture-needs-one-or", dim=dim))
    noising = say("noising")
    drawn = Study(_line_field if dim == 1 else _plane_field, (asked,), _cost("field"))
    field = value(drawn, noising, place)
    run = asked.with_(target=experiment.target, seed=experiment.seed)
    make = _line if dim == 1 else _plane
    blob, times = value(Study(make, (run, particles), _cost("noised"), (field,)), noising, place)
    return Forward(blob, times, field)


def _cost(name: str) -> cost.Cost:
    return cost.about(f"forward {name}", 0.2)


def to_noise(experiment: Experiment, t: int) -> Distance | None:
    """TV(p_t, N(0, I)), or None where it is not computed."""
    found = outcomes([Study(_to_noise, (law(experiment), t), _cost("to noise"))], "", Silent())[0]
    return None if isinstance(found, str) else found


def _to_noise(experiment: Experiment, t: int, progress: Progress) -> Distance:
    return noise_distance(experiment, t)


# ---- the line


def _line_field(experiment: Experiment, bar: Progress) -> LineField:
    low, high = view(experiment)
    x = np.linspace(low, high, GRID)
    step = x[1] - x[0]
    edges = np.append(x - step / 2, x[-1] + step / 2)
    times = frame_times(experiment.steps)
    times = times if experiment.target.has_density else times[1:]
    density, quantiles, tv = [], [], []
    for i, t in enumerate(times):
        bar(i / len(times))
        marginal = experiment.target.marginal(experiment.chain.level(t))
        below = marginal.cdf(edges)
        density.append(np.maximum(np.diff(below), 0.0) / step)
        quantiles.append(np.interp(LEVELS, below, edges))
        tv.append(line_noise_distance(marginal, edges))
    return LineField(tuple(times), x, np.array(density), np.array(quantiles), tuple(tv))


def _line(experiment: Experiment, particles: int, field: LineField, bar: Progress) -> Picture:
    times = frame_times(experiment.steps)
    curves, tv = field.density, list[Distance | None](field.tv)
    if len(curves) < len(times):
        curves = np.concatenate([np.zeros_like(curves[:1]), curves])
        tv.insert(0, Distance(1.0, 0.0) if is_singular(experiment) else None)
    shown = Animation(
        forward_paths(experiment, particles, times),
        times,
        (float(field.x[0]), float(field.x[-1])),
        readouts=readouts(experiment, times, tv),
        grid=field.x,
        target_density=curves,
        **_distances(tv, 1),
    )
    return pack(shown), tuple(times)


def _distances(tv: Sequence[Distance | None], dim: int) -> dict[str, Any]:
    """The curve of the distance to noise, for the player, where it is known at every t."""
    known = [distance for distance in tv if distance]
    if len(known) < len(tv):
        return {}
    return {
        "distance": np.array([distance.value for distance in known]),
        "distance_error": np.array([distance.error for distance in known]),
        "distance_name": f"TV(p_t, {noise_name(dim)})",
    }


def readouts(
    experiment: Experiment, times: Sequence[int], tv: Sequence[Distance | None]
) -> list[str]:
    """abar_t, the signal-to-noise ratio and the distance that is left to pure noise."""
    chain, said = experiment.chain, []
    noise = noise_name(experiment.target.dim)
    for t, distance in zip(times, tv, strict=True):
        parts = [f"ᾱ_t = {rounded(float(chain.abar[t]))}", f"SNR {snr_text(chain, t)}"]
        if t == 0 and not experiment.target.has_density:
            parts.append(phrase("x0-has-no-density"))
        if distance:
            parts.append(f"TV(p_t, {noise}) = {with_error(distance.value, distance.error)}")
        said.append(" · ".join(parts))
    return said


def snr(chain: Chain, t: int) -> float:
    """abar_t/(1 - abar_t)."""
    return float(chain.abar[t] / chain.var[t]) if chain.var[t] > 0 else math.inf


def snr_text(chain: Chain, t: int) -> str:
    ratio = snr(chain, t)
    return rounded(ratio) if math.isfinite(ratio) else "∞"


# ---- the plane


def _plane_field(experiment: Experiment, bar: Progress) -> PlaneField:
    x0, x1, y0, y1 = view(experiment)
    times = frame_times(experiment.steps)
    keys = np.linspace(0, len(times) - 1, min(KEYFRAMES, len(times)))
    log_abar = np.cumsum(np.log1p(-experiment.chain.beta))
    between = np.interp(keys, np.arange(len(times)), log_abar[times])
    x, y = np.linspace(x0, x1, CELLS), np.linspace(y0, y1, CELLS)
    points = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    blur = (PIXEL * (x1 - x0) / (CELLS - 1)) ** 2

    def raster(log_abar_t: float) -> Array:
        level = NoiseLevel(math.exp(log_abar_t), blur - math.expm1(log_abar_t))
        log_p = experiment.target.marginal(level).log_density(points)
        return np.exp(log_p).reshape(CELLS, CELLS)

    maps = np.empty((len(keys), CELLS, CELLS))
    for i, log_abar_t in enumerate(between):
        bar(i / len(keys))
        maps[i] = raster(float(log_abar_t))
    first = 0 if experiment.target.has_density else 1
    shown = np.unique(np.rint(np.linspace(first, experiment.steps, MULTIPLES)).astype(int))
    pictures = tuple((int(t), raster(float(log_abar[t]))) for t in shown)
    if first:
        maps[0] = 0.0
    return PlaneField((x0, x1, y0, y1), maps, pictures)


def _plane(experiment: Experiment, particles: int, field: PlaneField, bar: Progress) -> Picture:
    times = frame_times(experiment.steps)
    tv = list[Distance | None]()
    for i, t in enumerate(times):
        bar(i / len(times))
        found = studied(noise_distance, experiment, t)
        tv.append(None if isinstance(found, str) else found)
    shown = Animation(
        forward_paths(experiment, particles, times),
        times,
        field.extent,
        readouts=readouts(experiment, times, tv),
        target_density=field.maps,
        **_distances(tv, 2),
    )
    return pack(shown), tuple(times)


def noise_map(field: PlaneField) -> Array:
    """The density of N(0, I) on the rasters of the field."""
    x0, x1, y0, y1 = field.extent
    x, y = np.linspace(x0, x1, CELLS), np.linspace(y0, y1, CELLS)
    return np.asarray(np.exp(-(x**2 + y[:, None] ** 2) / 2) / (2 * math.pi))


def line_tv(shown: Forward) -> dict[int, Distance] | None:
    """TV(p_t, N(0, 1)) by t, on the line."""
    field = shown.field
    if isinstance(field, LineField):
        return dict(zip(field.times, field.tv, strict=True))
    return None


# ---- the numbers behind the figures


def chains(experiment: Experiment, beside: Sequence[str]) -> dict[str, Chain]:
    """The chosen schedule first, then named ones with their usual parameters, at the same T."""
    chosen = experiment.schedule.kind
    others: dict[str, Any] = {kind: SCHEDULES[kind] for kind in beside if kind != chosen}
    found = {kind: maker().chain(experiment.steps) for kind, maker in others.items()}
    return {chosen: experiment.chain, **found}


def facts(experiment: Experiment) -> tuple[Fact, ...]:
    """What is proven of the chosen schedule: something of the theory's, nothing of others."""
    schedule = experiment.schedule
    return theory_facts(schedule, experiment.steps) if isinstance(schedule, Theory) else ()


HEADER = ("t", "beta", "alpha", "abar", "snr")


def schedule_rows(chain: Chain) -> list[tuple[float, ...]]:
    """t, beta_t, alpha_t, abar_t and the signal-to-noise ratio for t = 1..T."""
    return [
        (t, float(chain.beta[t]), float(chain.alpha[t]), float(chain.abar[t]), snr(chain, t))
        for t in range(1, chain.steps + 1)
    ]


def schedule_table(rows: Sequence[Sequence[float]]) -> dict[str, list[Any]]:
    names = ("t", "β_t", "α_t", "ᾱ_t", "ᾱ_t/(1 − ᾱ_t)")
    shown = [(row[0], *(rounded(value, 6) for value in row[1:])) for row in rows]
    return by_column(names, shown)
