"""Runs that the browser makes while a number is dragged are those of Python at that value."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from dashboard.animation.dragging import LEAST, LONGEST, SEEDS, dials
from dashboard.animation.ladder import Dial, ladder
from dashboard.animation.layers import ARROWS, frame_times
from dashboard.animation.line import scene
from dashboard.animation.plane import density_maps
from dashboard.player import field_points, pack
from diffusion_core import Experiment
from diffusion_core.laws.particles import simulate
from diffusion_core.schedules import Custom, Linear, Theory
from diffusion_core.scores.errors import Empirical, Learned, Scale, Shift
from diffusion_core.targets import PRESETS
from diffusion_core.targets.circle import Circle
from diffusion_core.targets.points import Points
from diffusion_core.targets.student_t import StudentT
from tests.dashboard.animation.playing import deno_run
from tests.dashboard.unpacking import split
from tests.recorded import RECORDED

PARTICLES, FEW = 40, 15
RING = PRESETS["ring-of-8"].target
TARGETS = {
    "line": Experiment().target,
    "ring": RING,
    "atoms": Points(((-1.0, 0.3), (0.2, 1.0), (1.5, -0.4)), 0.0),
    "heavy tails": StudentT(5.0, (0.3,), 0.8),
}
DRAG = """
import { decode, decodeLadder } from "./dashboard/player/payload.js";
import { createMemory, panelAt } from "./dashboard/player/preview.js";
import { simulate } from "./dashboard/player/run.js";
const draws = createMemory();
for (const { name, values, few, law } of {jobs}) {
  const read = (what) => Deno.readFile(`{folder}/${name}.${what}`);
  const { panels: [base] } = await decode(await read("player"));
  const { rungs } = await decodeLadder(await read("ladder"));
  const found = values.map((value) => {
    const rung = rungs.get(value);
    const normals = draws((rung.generator ?? base.generator).values);
    const panel = panelAt(base, rung, few, { field: true, law, draws: normals });
    const { target, field, frames, times, readouts } = panel;
    target.make?.(frames - 1);
    const states = [];
    for (const { y } of simulate(panel.run, panel)) states.push(...y);
    return {
      states, frames, times, readouts,
      last: [...target.values].slice(-target.values.length / frames),
      field: [...field.values], unit: panel.curve_top, top: panel.field_top, outside: panel.outside,
    };
  });
  await Deno.writeTextFile(`{folder}/${name}.json`, JSON.stringify(found));
}
"""


def base(**changes: object) -> Experiment:
    return Experiment(steps=20, seed=3).with_(**changes)


CASES: dict[str, tuple[Experiment, str]] = {
    **{f"{s} T": (base(sampler=s), "steps") for s in RECORDED},
    **{f"{s} c0 ring": (base(sampler=s, target=RING), "c0") for s in ("ode", "ddpm", "dpmpp-3m")},
    "eta": (base(sampler="ddim", eta=0.5), "eta"),
    "eta ring": (base(sampler="ddim", eta=0.5, target=RING), "eta"),
    "eta from p_T": (base(sampler="ddim", eta=0.5, start="exact"), "eta"),
    "seed": (base(sampler="ddpm"), "seed"),
    "seed ring": (base(sampler="ddpm-covariance", target=RING, seed=45), "seed"),
    "T atoms": (base(sampler="ddpm", target=TARGETS["atoms"]), "steps"),
    "T heavy tails": (base(sampler="heun", target=TARGETS["heavy tails"]), "steps"),
    "T shifted": (base(sampler="ddpm", score_error=Shift(0.3, "small-t")), "steps"),
    "c0 scaled": (base(score_error=Scale(0.4)), "c0"),
    "seed empirical": (base(score_error=Empirical(12, 5)), "seed"),
    "seed circle": (base(sampler="ddpm", target=Circle(1.5)), "seed"),
    "eta boxes": (base(sampler="ddim", eta=0.5, target=PRESETS["uniform"].target), "eta"),
    "eta learned": (base(sampler="ddim", eta=0.5, score_error=Learned(100, 40)), "eta"),
}


def dial_of(experiment: Experiment, name: str) -> Dial:
    return next(dial for dial in dials(experiment, PARTICLES) if dial.name == name)


def values_of(experiment: Experiment, dial: Dial) -> Sequence[float]:
    """The least, the largest, and one between that is not there already."""
    others = [value for value in dial.values if value != dial.value]
    return others[0], others[len(others) // 2], others[-1]


@pytest.fixture(scope="module")
def dragged(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[dict[str, Any]]]:
    """What the browser makes of each case at each of its values."""
    folder, jobs = tmp_path_factory.mktemp("ladders"), []
    for name, (experiment, what) in CASES.items():
        dial = dial_of(experiment, what)
        made = scene(experiment, PARTICLES, lambda *share: None).animation
        (folder / f"{name}.player").write_bytes(pack(made))
        (folder / f"{name}.ladder").write_bytes(ladder(experiment, dial, lambda share: None))
        jobs.append(
            {
                "name": name,
                "values": values_of(experiment, dial),
                "few": FEW if "ring" in name else PARTICLES,
                "law": what == "seed",
            }
        )
    deno_run(DRAG.replace("{jobs}", json.dumps(jobs)).replace("{folder}", str(folder)))
    return {name: json.loads((folder / f"{name}.json").read_text()) for name in CASES}


@pytest.mark.parametrize("name", CASES)
def test_a_dragged_run_is_that_of_python_at_its_value(
    name: str, dragged: dict[str, list[dict[str, Any]]]
) -> None:
    experiment, what = CASES[name]
    dial = dial_of(experiment, what)
    few = FEW if "ring" in name else PARTICLES
    for value, found in zip(values_of(experiment, dial), dragged[name], strict=True):
        run = dial.at(experiment, value)
        states = np.array([y[:few] for _, y in simulate(run, PARTICLES)])
        made = np.reshape(found["states"], states.shape)
        assert (np.abs(made - states) / np.maximum(1.0, np.abs(states))).max() < 1e-6
        assert found["times"] == frame_times(run.steps)
        assert len(found["outside"]) == found["frames"] == len(found["times"])


@pytest.mark.parametrize("name", [n for n, (_, what) in CASES.items() if what in ("steps", "c0")])
def test_the_law_and_the_score_of_a_dragged_run_are_those_of_its_chain(
    name: str, dragged: dict[str, list[dict[str, Any]]]
) -> None:
    experiment, what = CASES[name]
    dial = dial_of(experiment, what)
    made = scene(experiment, PARTICLES, lambda *share: None).animation
    for value, found in zip(values_of(experiment, dial), dragged[name], strict=True):
        run = dial.at(experiment, value)
        last = np.array(found["last"])
        marginal = run.target.marginal(run.chain.level(1))
        if made.dimension == 1:
            assert made.grid is not None
            density = np.exp(marginal.log_density(made.grid[:, None]))
            scale = 65_535 / found["unit"]
            np.testing.assert_allclose(last, np.minimum(65_535, scale * density), atol=0.02)
        else:
            density = density_maps(run, [run.chain.level(1)], made.extent).ravel()
            np.testing.assert_allclose(last, 255 * density / density.max(), atol=1e-3)
        assert_field(run, made.extent, found)


def assert_field(run: Experiment, extent: Sequence[float], found: dict[str, Any]) -> None:
    dim = run.target.dim
    points = field_points(extent, ARROWS[dim], ARROWS[dim]).reshape(-1, dim)
    codes = np.reshape(found["field"], (-1, points.size))
    for row, t in ((codes[0], run.steps), (codes[-1], 1)):
        truth = np.sqrt(run.chain.var[t]) * run.score(t, points).ravel() * 32_767 / found["top"]
        np.testing.assert_allclose(row, truth, rtol=1e-5, atol=0.01)


def test_what_is_exact_for_the_value_before_is_stretched_to_the_new_run(
    dragged: dict[str, list[dict[str, Any]]],
) -> None:
    made = scene(CASES["ode T"][0], PARTICLES, lambda *share: None).animation
    for found in dragged["ode T"]:
        assert len(found["readouts"]) == found["frames"]
        assert found["readouts"][0] == made.readouts[0]
        assert found["readouts"][-1] == made.readouts[-1]


@pytest.mark.parametrize("sampler", RECORDED)
def test_a_ladder_is_no_larger_than_a_few_moves(sampler: str) -> None:
    experiment = Experiment(sampler=sampler)
    for dial in dials(experiment, 2000):
        made = ladder(experiment, dial, lambda share: None)
        assert split(made)[0] == {"of": dial.of(experiment)}
        assert len(made) < (3000 if dial.name == "seed" else 150_000)


def names(experiment: Experiment, particles: int = 2000) -> list[str]:
    return [dial.name for dial in dials(experiment, particles)]


def test_what_can_be_dragged_is_what_the_experiment_has() -> None:
    assert names(base()) == ["steps", "c0", "seed"]
    assert names(base(sampler="ddim")) == ["steps", "eta", "c0", "seed"]
    assert names(base(schedule=Linear())) == ["steps", "seed"]
    assert names(base(start="exact")) == []
    assert names(base(start="exact", sampler="ddim")) == ["eta"]
    own = base(schedule=Custom(tuple(Theory().chain(20).abar[1:21])))
    assert names(own) == ["seed"]


def test_p_t_is_not_remade_where_the_score_is_not_the_targets() -> None:
    assert names(base(score_error=Empirical(12, 5))) == ["seed"]
    assert names(base(score_error=Learned(20, 4))) == ["seed"]
    assert names(base(target=Circle(1.5))) == ["seed"]
    assert names(base(target=Circle(1.5), sampler="ddim", start="exact")) == ["eta"]


def test_long_and_costly_runs_are_not_dragged() -> None:
    assert names(base(steps=LONGEST + 1)) == []
    assert names(base(target=RING), particles=20_000) == ["steps", "c0", "seed"]
    [steps, *_] = dials(base(target=RING), 20_000)
    assert max(steps.values) < LONGEST == max(dial_of(base(), "steps").values)
    for dial in dials(base(steps=LONGEST, sampler="ddim"), 100):
        assert LEAST <= len(dial.values) <= SEEDS


def test_a_ladder_serves_every_value_and_seed_and_no_other_experiment() -> None:
    run = base(sampler="ddim", eta=0.25)
    for dial in dials(run, PARTICLES):
        for value in dial.values[::5]:
            assert dial_of(dial.at(run, value), dial.name).of(dial.at(run, value)) == dial.of(run)
        assert dial.of(run.with_(seed=4)) == dial.of(run)
        if dial.name != "seed":
            other = run.with_(target=RING)
            assert dial_of(other, dial.name).of(other) != dial.of(run)
