"""One request, one answer: a distance is the same, to the last bit, whatever is asked beside it."""

from __future__ import annotations

from itertools import chain, combinations

import pytest

from diffusion_core import PRESETS, Experiment, Refused
from diffusion_core.measure import exact_metrics, measure_each
from diffusion_core.schedules import Karras, Linear
from diffusion_core.targets import GaussianMixture

CONCENTRIC = GaussianMixture(
    (0.5316, 0.4684),
    ((0.0, 0.0), (0.0, 0.0)),
    (((0.198025, 0.0), (0.0, 0.198025)), ((0.01343281, 0.0), (0.0, 0.01343281))),
)
CASES = {
    "transport": Experiment(
        target=CONCENTRIC,
        schedule=Karras(0.0035, 85.752, 4.1828),
        sampler="dpmpp-2m",
        steps=20,
        start="exact",
    ),
    "inverse": Experiment(target=CONCENTRIC, sampler="ode", steps=4, schedule=Linear()),
    "grids": Experiment(target=CONCENTRIC, sampler="ddpm", steps=6, schedule=Linear()),
    "line": Experiment(target=PRESETS["two-modes"].target, sampler="ode", steps=8),
    "line, stochastic": Experiment(target=PRESETS["two-modes"].target, sampler="ddpm", steps=8),
    "Gaussian": Experiment(target=PRESETS["correlated-gaussian"].target, steps=8),
}


def answers(e: Experiment, metrics: tuple[str, ...], method: str = "exact") -> dict[str, object]:
    found = measure_each(e, metrics, method, particles=2000)
    return {
        m: str(v) if isinstance(v, Refused) else (v.value, v.error, v.estimate)
        for m, v in found.items()
    }


@pytest.mark.parametrize("name", list(CASES))
def test_exact_distances_do_not_depend_on_each_other(name: str) -> None:
    e = CASES[name]
    metrics = exact_metrics(e)
    whole = answers(e, metrics)
    assert answers(e, metrics[::-1]) == whole
    few = [(m,) for m in metrics] if len(metrics) > 3 else []
    for some in chain(few, combinations(metrics, 2), () if few else combinations(metrics, 1)):
        assert answers(e, some) == {m: whole[m] for m in some}


@pytest.mark.parametrize("dim", [1, 2])
def test_estimates_from_particles_do_not_depend_on_each_other(dim: int) -> None:
    name = {1: "two-modes", 2: "ring-of-8"}[dim]
    e = Experiment(target=PRESETS[name].target, sampler="ddpm", steps=6)
    metrics = ("tv", "kl", "hellinger", "w1", "w2")
    whole = answers(e, metrics, "particles")
    assert answers(e, metrics[::-1], "particles") == whole
    for some in chain([(m,) for m in metrics], combinations(metrics, 2)):
        assert answers(e, some, "particles") == {m: whole[m] for m in some}


def test_one_that_has_no_exact_form_leaves_the_others() -> None:
    inverted, gaussian = CASES["inverse"], CASES["Gaussian"]
    for e, message in ((inverted, "exact on the line only"), (gaussian, "no closed form")):
        found = answers(e, ("w1", "tv"))
        assert message in str(found["w1"])
        assert found["tv"] == answers(e, ("tv",))["tv"]
