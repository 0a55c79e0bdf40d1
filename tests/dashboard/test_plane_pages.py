"""Exact numbers in the plane on the pages: particles at once, then the exact law, or why not."""

from __future__ import annotations

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.compute import exact
from diffusion_core import PRESETS, Experiment, Refused, measure, measure_all
from diffusion_core.distances.of_masses import METRICS
from tests.dashboard.unpacking import unpack
from tests.dashboard.visiting import address, calm, printed, said, visit

RING = Experiment(target=PRESETS["ring-of-8"].target, preset="ring-of-8", steps=6, sampler="ddpm")
PLANE = ("tv", "kl", "hellinger")


def rows(app: AppTest) -> dict[str, Any]:
    table = app.dataframe[0].value
    return {row.distance: row for row in table.itertuples()}


def layers(app: AppTest) -> tuple[list[str], dict[str, Any]]:
    """What the player is told to draw, and the arrays it has for it."""
    [player] = [c for c in app.get("bidi_component") if c.key == "reverse chain"]
    header, panels = unpack(player.proto.bytes)
    return header["layers"], panels[0][1]


def button(app: AppTest, name: str) -> Any:
    return next((b for b in app.button if b.label == name), None)


def test_every_row_says_its_method() -> None:
    app = calm(visit("trajectories", RING, particles="500"))
    table = rows(app)
    found = measure_all(RING, PLANE)
    for metric, label in (("tv", "total variation"), ("kl", "KL"), ("hellinger", "Hellinger")):
        [row] = [r for name, r in table.items() if name.startswith(label)]
        assert float(row.value) == pytest.approx(found[metric].value, rel=1e-4)
        assert row.how == "exact law"
    for name in ("Wasserstein-1", "Wasserstein-2"):
        assert "particles" in table[name].how
    assert "exact law's, without sampling noise" in said(app)
    assert len(printed(app)) == len(METRICS)
    assert button(app, "Compute the exact distances") is None


def test_one_gaussian_in_the_plane_has_four_exact_distances() -> None:
    tilted = RING.with_(target=PRESETS["correlated-gaussian"].target, preset="correlated-gaussian")
    app = calm(visit("trajectories", tilted, particles="500"))
    hows = {name: row.how for name, row in rows(app).items()}
    assert [name for name, how in hows.items() if how != "exact law"] == ["Wasserstein-1"]


def test_what_takes_long_waits_for_the_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exact, "QUICK", 0.0)
    run = RING.with_(steps=7)
    app = calm(visit("trajectories", run, particles="500"))
    assert "estimated from particles" in said(app) or "too small to be seen" in said(app)
    assert all("particles" in row.how for row in rows(app).values())
    button(app, "Compute the exact distances").click().run()
    assert rows(calm(app))["total variation"].how == "exact law"
    assert f"{measure(run).value:.6f}"[:5] in said(app)
    assert button(app, "Compute the exact distances") is None


def test_what_turns_out_to_take_long_stops_and_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exact, "MOST", 0.0)
    app = calm(visit("trajectories", RING.with_(steps=8), particles="500"))
    assert "particles" in rows(app)["total variation"].how
    assert button(app, "Compute the exact distances") is not None
    app.run()
    assert button(calm(app), "Compute the exact distances") is not None


def test_a_refusal_is_told_and_particles_stand_in(monkeypatch: pytest.MonkeyPatch) -> None:
    from dashboard.compute import tasks

    real = tasks.measure_each

    def refuse(run: Experiment, metrics: Any, method: str, *rest: Any) -> Any:
        found = real(run, metrics, method, *rest)
        refused = {"kl": Refused("kl: is very large there")} if method == "exact" else {}
        return {m: refused.get(m, value) for m, value in found.items()}

    monkeypatch.setattr(tasks, "measure_each", refuse)
    app = calm(visit("trajectories", RING.with_(steps=9), particles="500"))
    table = rows(app)
    assert table["total variation"].how == "exact law"
    assert table["Hellinger"].how == "exact law"
    assert "particles" in next(r.how for name, r in table.items() if name.startswith("KL"))
    told = [c.value for c in app.caption if c.value.startswith("From particles only")]
    assert told == ["From particles only: kl: is very large there."]


@pytest.mark.parametrize(
    ("chosen", "layer"), [("p", "target"), ("q", "output-map"), ("difference", "difference")]
)
def test_the_heat_map_is_in_the_link(chosen: str, layer: str) -> None:
    app = calm(visit("trajectories", RING, particles="200", map=chosen))
    shown, arrays = layers(app)
    assert layer in shown
    assert len({"target", "output-map", "difference"} & set(shown)) == 1
    assert ("difference" in arrays) == (chosen != "p")
    assert ("distance" in arrays) == (chosen != "p")
    assert address(app).get("map", "p") == chosen
    if chosen != "p":
        steps = app.dataframe[1].value
        truth = measure(RING)
        last = steps.iloc[-1]
        assert abs(last["TV(q_t, p_t)"] - truth.value) <= last["its error"] + truth.error


def test_the_map_changes_on_the_page() -> None:
    app = visit("trajectories", RING, particles="200")
    app.button_group(key="control: trajectories.map").set_value("difference").run()
    assert "difference" in layers(calm(app))[0]
    assert address(app)["map"] == "difference"
    app.button_group(key="control: trajectories.map").set_value("p").run()
    assert "map" not in address(calm(app))


def test_panels_in_the_plane_are_compared_exactly() -> None:
    link = {"b": "sampler.ode,steps.5", "particles": "200", "map": "difference"}
    app = calm(visit("compare", RING, **link))
    table = app.dataframe[0].value
    assert list(table["how"]) == ["exact law", "exact law"]
    for shown, run in zip(
        table["TV(q₁, p₁)"], (RING, RING.with_(sampler="ode", steps=5)), strict=True
    ):
        assert float(shown.split(" ± ")[0]) == pytest.approx(measure(run).value, abs=2e-4)


# ---- sweeps

FEW = {"from": "4", "to": "8", "samplers": "ddpm", "particles": "5000"}


def test_a_short_sweep_in_the_plane_is_exact() -> None:
    app = calm(visit("convergence", RING, **FEW))
    table = app.dataframe[0].value
    truth = [measure(RING.with_(steps=t)).value for t in (4, 8)]
    assert [float(v) for v in table["distance"]] == pytest.approx(truth, rel=1e-4)
    assert "method" not in address(app)
    app.button_group(key="control: convergence.method, usually exact").set_value("particles").run()
    assert any("Estimated from particles" in c.value for c in calm(app).caption)
    assert address(app)["method"] == "particles"


def test_a_long_sweep_in_the_plane_begins_with_particles() -> None:
    app = calm(visit("convergence", RING, **FEW | {"to": "1024", "from": "512"}))
    assert any("Estimated from particles" in c.value for c in app.caption)
    assert app.session_state["control: convergence.method, usually particles"] == "particles"


def test_transport_distances_in_the_plane_are_the_particles() -> None:
    app = calm(visit("convergence", RING, metric="w2", **FEW))
    assert any("Estimated from particles" in c.value for c in app.caption)
    assert not any(str(key).startswith("control: convergence.method") for key in app.session_state)


def test_the_accelerated_ddpm_is_refused_in_the_plane_and_the_others_are_shown() -> None:
    few = FEW | {"samplers": "ddpm,ddpm-covariance", "to": "4"}
    app = visit("convergence", RING, **few)
    assert not app.exception
    assert any("noise of one width in every direction" in w.value for w in app.warning)
    assert set(app.dataframe[0].value["sampler"]) == {"DDPM"}
    drawn = calm(visit("convergence", RING, **few, method="particles"))
    assert set(drawn.dataframe[0].value["sampler"]) == {"DDPM", "accelerated DDPM"}
