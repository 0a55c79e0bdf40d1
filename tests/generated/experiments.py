"""Valid experiments of every kind, as plain JSON values."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from diffusion_core import PRESETS, SAMPLERS, SCHEDULES
from diffusion_core.discrete.dynamics import DYNAMICS
from diffusion_core.discrete.grids import GRIDS
from diffusion_core.discrete.posterior import Blurred, Sharpened
from diffusion_core.discrete.samplers import DISCRETE_SAMPLERS
from diffusion_core.discrete.targets import (
    Histogram,
    Independent,
    Ising,
    MarkovChain,
    Parity,
    TwoWords,
    Words,
)
from diffusion_core.experiment import target_to_dict
from diffusion_core.scores.errors import SCORE_ERRORS
from diffusion_core.strict_json import described
from diffusion_core.targets import Boxes, Circle, GaussianMixture, Points, StudentT

TARGETS = (
    GaussianMixture((0.25, 0.75), ((0.1,), (-2.0,)), (((0.5,),), ((0.0,),))),
    GaussianMixture(
        (0.5, 0.5), ((0.0, 1.0), (2.0, 0.0)), (((1.0, 0.5), (0.5, 1.0)),) * 2, ("a", "b")
    ),
    Points(((0.1234, 5.0), (1e-7, -1e6)), 0.3),
    Points(((0.5,), (0.25,), (-1.0,)), labels=("yes", "no", "yes")),
    Boxes((0.5, 0.5), ((-1.0, 0.0), (0.0, 0.0)), ((1.0, 2.0), (3.0, 1.0))),
    Circle(1.5),
    StudentT(3.5, (0.25,), 1.25),
    StudentT(2.5, (0.0, 1.0)),
)
SAMPLER_EXTRAS: dict[str, dict[str, Any]] = {
    "ddim": {"eta": 0.35},
    "ode-order": {"order": 2, "rounds": 3},
    "langevin": {"steps": 2, "size": 0.2},
}
CORRECTOR = {"corrector": {"steps": 2, "size": 0.1}}
SEQUENCES = (
    MarkovChain(4, 0.25, 3),
    TwoWords(5),
    Independent(((0.25, 0.75), (0.5, 0.5))),
    Parity(4),
    Ising(2, 3, 0.6),
    Words(("data", "date", "gate"), (1.0, 2.0, 0.5)),
    Histogram((1.0, 2.0, 0.0, 3.0)),
)


def _plain(kinds: dict[str, Any]) -> list[dict[str, Any]]:
    return [described(cls()) for cls in kinds.values()]


targets = st.sampled_from(
    [target_to_dict(t) for t in TARGETS]
    + [target_to_dict(p.target, name) for name, p in PRESETS.items()]
    + [target_to_dict(p.target) for p in PRESETS.values()]
)
schedules = st.sampled_from(
    [
        *_plain({k: c for k, c in SCHEDULES.items() if k != "custom"}),
        {"kind": "custom", "abar": [0.9, 0.5, 0.1, 0.01]},
    ]
)
score_errors = st.none() | st.sampled_from(_plain(SCORE_ERRORS))


@st.composite
def experiments(draw: st.DrawFn) -> dict[str, Any]:
    """An ``Experiment`` as JSON, of parts that may not go together."""
    kind = draw(st.sampled_from(list(SAMPLERS)))
    sampler = {"kind": kind} | draw(st.sampled_from(({}, SAMPLER_EXTRAS.get(kind, CORRECTOR))))
    schedule = draw(schedules)
    steps = len(schedule.get("abar", ())) or draw(st.sampled_from((2, 4, 16, 100, 8192)))
    return {
        "target": draw(targets),
        "schedule": schedule,
        "sampler": sampler,
        "steps": steps,
        "start": draw(st.sampled_from(("noise", "exact"))),
        "score_error": draw(score_errors),
        "seed": draw(st.sampled_from((0, 7, 2**32 - 1))),
    }


@st.composite
def discrete_experiments(draw: st.DrawFn) -> dict[str, Any]:
    """A ``DiscreteExperiment`` as JSON, of parts that may not go together."""
    return {
        "target": described(draw(st.sampled_from(SEQUENCES))),
        "dynamics": draw(st.sampled_from(_plain(DYNAMICS))),
        "grid": draw(st.sampled_from(_plain(GRIDS))),
        "sampler": draw(st.sampled_from(_plain(DISCRETE_SAMPLERS))),
        "steps": draw(st.sampled_from((1, 5, 16))),
        "start": draw(st.sampled_from(("noise", "exact"))),
        "ratio_error": draw(
            st.sampled_from((None, described(Blurred(0.1)), described(Sharpened(0.5))))
        ),
        "seed": 0,
    }
