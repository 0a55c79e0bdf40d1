"""Runs of two samplers on a mixture of three Gaussians, with all that the player can show of them.

Small and self-contained on purpose: what the player is given here is known in closed form.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from dashboard.player import Animation, Follow, field_points

MEANS = {1: np.array([[-1.5], [0.4], [1.8]]), 2: np.array([[-1.5, -0.8], [0.4, 1.2], [1.8, -0.6]])}
WEIGHTS = np.array([0.3, 0.45, 0.25])
LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)
FOLLOWED = 40
TITLES = {"ode": "ODE (probability flow)", "ddpm": "DDPM"}


class Chain:
    """alpha_t and abar_t for t = 0..T, and the mixture's p_t."""

    def __init__(self, steps: int, d: int, spread: float = 0.25) -> None:
        s = (np.arange(steps + 1)) / steps
        integral = 0.1 * s + 9.95 * s**2  # of beta(s) = 0.1 + 19.9 s
        self.abar = np.exp(-integral)
        self.alpha = np.concatenate([[1.0], self.abar[1:] / self.abar[:-1]])
        self.beta = 1 - self.alpha
        self.d, self.spread = d, spread

    def weighted(self, t: int, x: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
        """w_k N(x; m_k, v) for each k, x - m_k, and v; x (..., d)."""
        variance = self.abar[t] * self.spread**2 + 1 - self.abar[t]
        away = x[..., None, :] - np.sqrt(self.abar[t]) * MEANS[self.d]
        kernel = np.exp(-(away**2).sum(axis=-1) / (2 * variance))
        return WEIGHTS * kernel / (2 * np.pi * variance) ** (self.d / 2), away, variance

    def density(self, t: int, x: np.ndarray) -> np.ndarray:
        return np.asarray(self.weighted(t, x)[0].sum(axis=-1))

    def score(self, t: int, x: np.ndarray) -> np.ndarray:
        each, away, variance = self.weighted(t, x)
        total = each.sum(axis=-1, keepdims=True) + 1e-300
        return -np.asarray((each[..., None] * away).sum(axis=-2)) / total / variance


def step(chain: Chain, sampler: str, t: int, y: np.ndarray, z: np.ndarray) -> list[np.ndarray]:
    """Y after each part of the step from t to t - 1."""
    b = chain.beta[t]
    score = chain.score(t, y)
    drift = y + (b / 2 if sampler == "ode" else b) * score
    if sampler == "ode":
        return [drift, drift / np.sqrt(chain.alpha[t])]
    noisy = drift + np.sqrt(b) * z
    return [drift, noisy, noisy / np.sqrt(chain.alpha[t])]


def run(
    chain: Chain, sampler: str, y: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, Follow]:
    """Positions (T, N, d) at t = T..1, and the first particles' steps in parts."""
    times = range(len(chain.beta) - 1, 1, -1)
    positions, points, noise = [y], [], []
    for t in times:
        z = rng.standard_normal(y.shape)
        parts = step(chain, sampler, t, positions[-1], z)
        positions.append(parts[-1])
        points.append(np.stack(parts, axis=1)[:FOLLOWED])
        noise.append(z[:FOLLOWED])
    scores = [chain.score(t, p[:FOLLOWED]) for t, p in zip([*times, 1], positions, strict=True)]
    return np.array(positions), _follow(chain, sampler, times, scores, points, noise)


def _follow(
    chain: Chain, sampler: str, times: range, scores: Any, points: Any, noise: Any
) -> Follow:
    b, root = chain.beta[times], 1 / np.sqrt(chain.alpha[times])
    rescale = "Y_[t−1] = {last} / √α_t = {root}·{last} = {next}"
    if sampler == "ode":
        return Follow(
            np.array(scores),
            ("drift along the score", "rescale"),
            np.array(points),
            (
                "Y_t + (β_t/2) s_t = {y} + {half}·{s} = {p1}",
                rescale.replace("{last}", "{p1}").replace("{next}", "{p2}"),
            ),
            {"half": b / 2, "root": root},
        )
    return Follow(
        np.array(scores),
        ("drift along the score", "add noise", "rescale"),
        np.array(points),
        (
            "Y_t + β_t s_t = {y} + {b}·{s} = {p1}",
            "… + √β_t Z_t = {p1} + {sd}·{z} = {p2}",
            rescale.replace("{last}", "{p2}").replace("{next}", "{p3}"),
        ),
        {"b": b, "sd": np.sqrt(b), "root": root},
        {"z": np.array(noise)},
    )


def demo(
    sampler: str = "ode", d: int = 2, n: int = 1000, steps: int = 60, half_width: float = 3.5
) -> Animation:
    """Everything at once; page and test choose the layers."""
    chain = Chain(steps, d)
    times = list(range(steps, 0, -1))
    start = np.random.default_rng(7).standard_normal((n, d))
    positions, follow = run(chain, sampler, start, np.random.default_rng(11))
    extent = (-half_width, half_width) * d
    fields: dict[str, Any] = {"title": TITLES[sampler], "follow": follow}
    build = _line if d == 1 else _plane
    fields |= build(chain, sampler, times, positions, half_width)
    return Animation(positions, times, extent, **fields)


def _field(chain: Chain, t: int, points: np.ndarray) -> np.ndarray:
    return np.asarray(np.sqrt(1 - chain.abar[t]) * chain.score(t, points))


def _plane(
    chain: Chain, sampler: str, times: list[int], positions: np.ndarray, half_width: float
) -> dict[str, Any]:
    keys = [times[round(k)] for k in np.linspace(0, len(times) - 1, min(25, len(times)))]
    axis = np.linspace(-half_width, half_width, 96)
    points = np.stack(np.meshgrid(axis, axis), axis=-1)
    target = np.array([chain.density(t, points) for t in keys])
    shifts = 0.15 * np.linspace(0, 1, len(keys))
    output = np.array([chain.density(t, points + c) for t, c in zip(keys, shifts, strict=True)])
    arrows = field_points((-half_width, half_width) * 2, 17, 17)
    distance = np.array([_cells_tv(chain, t, y) for t, y in zip(times, positions, strict=True)])
    return {
        "target_density": target,
        "output_density": output,
        "field": np.array([_field(chain, t, arrows) for t in keys]),
        "distance": distance,
        "distance_error": np.full(len(times), 0.3 / np.sqrt(positions.shape[1])),
    }


def _cells_tv(chain: Chain, t: int, y: np.ndarray) -> float:
    """TV on 12 x 12 cells, from the particles: only something to draw."""
    edges = np.linspace(-4, 4, 13)
    centres = (edges[1:] + edges[:-1]) / 2
    cells = np.stack(np.meshgrid(centres, centres, indexing="ij"), axis=-1)
    p = chain.density(t, cells) * (edges[1] - edges[0]) ** 2
    q = np.histogram2d(y[:, 0], y[:, 1], bins=[edges, edges])[0] / len(y)
    return float(np.abs(q - p).sum() / 2)


def _line(
    chain: Chain, sampler: str, times: list[int], positions: np.ndarray, half_width: float
) -> dict[str, Any]:
    x = np.linspace(-half_width - 3, half_width + 3, 801)
    h = x[1] - x[0]
    target = np.array([chain.density(t, x[:, None]) for t in times])
    output = _laws(chain, sampler, times, x)
    tv = np.abs(output - target).sum(axis=1) * h / 2
    arrows = field_points((-half_width, half_width), 22)
    return {
        "grid": x,
        "target_density": target,
        "output_density": output,
        "quantiles": {"target": _quantiles(x, target), "output": _quantiles(x, output)},
        "quantile_levels": LEVELS,
        "field": np.array([_field(chain, t, arrows[:, None])[:, 0] for t in times]),
        "distance": tv,
        "distance_error": np.full(len(times), 1e-4),
        "readouts": [f"TV(q_t, p_t) = {value:.4f} ± 1e-4" for value in tv],
    }


def _laws(chain: Chain, sampler: str, times: list[int], x: np.ndarray) -> np.ndarray:
    """q_t on the grid, (F, G): pushed forward, or smeared by the kernel of each step."""
    q = np.exp(-(x**2) / 2) / np.sqrt(2 * np.pi)
    laws = [q]
    h, nodes = x[1] - x[0], x[:, None]
    pushed = nodes
    for t in times[:-1]:
        if sampler == "ode":
            pushed = step(chain, sampler, t, pushed, np.zeros_like(pushed))[-1]
            slope = np.gradient(pushed[:, 0], x)
            laws.append(np.interp(x, pushed[:, 0], laws[0] / slope, left=0.0, right=0.0))
            continue
        mean = step(chain, sampler, t, nodes, np.zeros_like(nodes))[-1]
        variance = chain.beta[t] / chain.alpha[t] + 1e-12
        kernel = np.exp(-((x[None, :] - mean) ** 2) / (2 * variance))
        laws.append(laws[-1] @ (kernel / kernel.sum(axis=1, keepdims=True).clip(1e-300)))
        laws[-1] /= laws[-1].sum() * h
    return np.array(laws)


def _quantiles(x: np.ndarray, densities: np.ndarray) -> np.ndarray:
    masses = np.cumsum(densities, axis=1)
    return np.array([np.interp(LEVELS, mass / mass[-1], x) for mass in masses])
