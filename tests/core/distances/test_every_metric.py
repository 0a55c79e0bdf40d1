"""What every distance between laws must do: a new one is taken up by itself."""

from __future__ import annotations

import re

import pytest

from diffusion_core import PRESETS, Experiment, measure
from diffusion_core.distances.of_masses import METRIC_LABELS, METRICS
from diffusion_core.distances.sliced import SLICED
from tests.test_requirements import ROOT

RUN = Experiment(PRESETS["skewed"].target, steps=12)
GAUSSIAN = RUN.with_(target=PRESETS["gaussian"].target)


def test_every_metric_has_a_label_and_stands_in_the_readme() -> None:
    assert METRIC_LABELS.keys() == METRICS.keys()
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    listed = re.search(r"Metrics: (.*?)\s+and,.*?the sliced (.*?)\.", readme, re.DOTALL)
    assert listed is not None
    assert re.findall(r"`(\w+)`", listed[1]) == list(METRICS)
    assert re.findall(r"`(\w+)`", listed[2]) == list(SLICED)


@pytest.mark.parametrize("sampler", ["ode", "ddpm"])
@pytest.mark.parametrize("run", [RUN, GAUSSIAN], ids=["mixture", "Gaussian"])
@pytest.mark.parametrize("metric", METRICS)
def test_exact_values_agree_with_particles(metric: str, run: Experiment, sampler: str) -> None:
    run = run.with_(sampler=sampler)
    exact, drawn = measure(run, metric), measure(run, metric, "particles", 20_000)
    assert exact.value > 0
    assert exact.error < 1e-3 * exact.value
    assert abs(exact.value - drawn.value) <= exact.error + drawn.error


@pytest.mark.parametrize("metric", METRICS)
def test_more_steps_come_nearer(metric: str) -> None:
    few, many = (measure(RUN.with_(steps=t), metric) for t in (16, 64))
    assert many.value + many.error < few.value - few.error
