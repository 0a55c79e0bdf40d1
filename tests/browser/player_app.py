"""A page with nothing but the player, for the browser tests; the address says what it shows.

?d=1|2, ?n= particles, ?frames=, ?outside=1 for too narrow a view, ?sharp=1 for a density cut off.
?demo=ode,ddpm for panels with all that can be shown, ?steps=60,30 their frames; ?layers=, ?view=,
?height=, ?forward=1 for time running the other way. ?run=ode for a real run of this sampler, which
the browser makes; with ?sent=1 the same run as positions.
"""

from dataclasses import replace

import numpy as np
import streamlit as st
from player_data import demo

from dashboard.animation.layers import followed_run
from dashboard.animation.line import scene
from dashboard.player import Animation, pack
from dashboard.player.component import player
from diffusion_core import Experiment
from diffusion_core.targets import PRESETS

MEANS = {1: np.array([[-1.5], [0.4], [1.8]]), 2: np.array([[-1.5, -0.8], [0.4, 1.2], [1.8, -0.6]])}
WEIGHTS = np.array([0.3, 0.45, 0.25])


def spreads(frames: int) -> np.ndarray:
    """Standard deviations of the components, (F,)."""
    return np.linspace(1.0, 0.04 if option("sharp", 0) else 0.25, frames)


def option(name: str, default: int) -> int:
    return int(st.query_params.get(name, default))


def density(points: np.ndarray, share: float, spread: float) -> np.ndarray:
    """A mixture on its way from N(0, 1) to three narrow components; points (..., d)."""
    d = points.shape[-1]
    squares = ((points[..., None, :] - share * MEANS[d]) ** 2).sum(axis=-1)
    return np.exp(-squares / (2 * spread**2)) @ WEIGHTS / (2 * np.pi * spread**2) ** (d / 2)


def paths(n: int, d: int, frames: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    ends = MEANS[d][rng.choice(3, n, p=WEIGHTS)]
    noise = rng.standard_normal((n, d))
    shares = np.linspace(0.0, 1.0, frames)[:, None, None]
    return shares * ends + spreads(frames)[:, None, None] * noise


@st.cache_data
def payload(n: int, d: int, frames: int, seed: int, half_width: float, sharp: int) -> bytes:
    shares = np.linspace(0.0, 1.0, frames)
    axis = np.linspace(-half_width, half_width, 400 if d == 1 else 96)
    points = axis[:, None] if d == 1 else np.stack(np.meshgrid(axis, axis), axis=-1)
    scene = list(zip(shares, spreads(frames), strict=True))
    target = np.array([density(points, share, spread) for share, spread in scene])
    output = np.array([density(points - 0.1 * share, share, 1.1 * s) for share, s in scene])
    return pack(
        Animation(
            paths(n, d, frames, seed),
            times=range(frames, 0, -1),
            extent=(-half_width, half_width) * d,
            readouts=[f"TV(q_t, p_t) = {0.02 * share:.4f} ± 2e-9" for share in shares],
            grid=axis if d == 1 else None,
            target_density=target,
            output_density=output if d == 1 else None,
        )
    )


@st.cache_data
def panels(samplers: str, d: int, n: int, steps: str, forward: int) -> bytes:
    names = samplers.split(",")
    counts = [int(count) for count in steps.split(",")]
    shown = [demo(name, d, n, counts[k % len(counts)]) for k, name in enumerate(names)]
    if forward:
        shown = [Animation(a.positions[::-1], range(a.frames), a.extent) for a in shown]
    return pack(shown)


@st.cache_data
def real(sampler: str, d: int, n: int, steps: int, sent: int) -> bytes:
    target = PRESETS["three-modes" if d == 1 else "ring-of-8"].target
    run = Experiment(target=target, sampler=sampler, steps=steps, seed=4)
    made = scene(run, n, lambda *share: None).animation
    if sent:
        positions, follow = followed_run(run, n, made.times, lambda *share: None)
        made = replace(made, positions=positions, follow=follow)
    return pack(made)


st.set_page_config(layout="wide")
samplers = st.query_params.get("demo", "")
half_width = 1.5 if option("outside", 0) else 3.5
if sampler := st.query_params.get("run", ""):
    size = (option("d", 1), option("n", 1000), option("steps", 100))
    blob = real(sampler, *size, option("sent", 0))
elif samplers:
    steps = st.query_params.get("steps", "60")
    blob = panels(samplers, option("d", 1), option("n", 1000), steps, option("forward", 0))
else:
    st.session_state.setdefault("frames", option("frames", 100))
    frames = st.number_input("Frames", 2, 1000, key="frames")
    seed = st.number_input("Seed", 0, 100, 0)
    clicked = st.button("Unrelated")
    st.write("clicked" if clicked else "not clicked")
    size = (option("n", 2000), option("d", 1), int(frames))
    blob = payload(*size, int(seed), half_width, option("sharp", 0))
with st.container(horizontal=True):
    names = st.text_input("Layers", st.query_params.get("layers", "")).split()
    view = st.text_input("View", st.query_params.get("view", "auto"))
about = {
    "title": "A run",
    "experiments": ['{"steps": 60, "a": "</pre>"}'],
    "cite": "@software{lab}",
}
height = option("height", 0) or None
player(blob, key="player", layers=names or None, view=view, height=height, about=about)
