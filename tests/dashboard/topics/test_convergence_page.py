"""Distance against T: orders side by side, where double precision ends, who is nearest."""

from __future__ import annotations

import math

import pytest

from dashboard.link.permalink import encode
from dashboard.topics.convergence import words
from dashboard.topics.convergence.controls import ORDERS_SHOWN, VIEWS, asked, offered
from dashboard.topics.convergence.page import PAGE
from diffusion_core import SAMPLERS, Experiment, Measurement
from diffusion_core.schedules import Linear
from diffusion_core.studies.convergence import Fit
from tests.dashboard.visiting import address, calm, python, visit

NAMES = {"ode": "ODE", "ode-order-4": "fourth"}


def point(steps: int, value: float, error: float = 0.0, nfe: int = 0) -> Measurement:
    return Measurement("tv", value, error, "exact", steps, nfe or steps - 1, 0.0)


@pytest.mark.parametrize("own", [None, 2, 3, 4])
def test_every_order_is_offered_once(own: int | None) -> None:
    e = Experiment() if own is None else Experiment(sampler="ode-order", order=own)
    orders = [e.by(name).order for name in offered(e) if name.startswith("ode-order")]
    assert orders == [2, 3, 4]
    assert len(offered(e)) == len(SAMPLERS) + 2
    every = asked(e, ["ode", "ode-order", "ode-order-2", "ode-order-3", "ode-order-4"])
    assert len(every) == 4
    assert set(every) <= set(offered(e))


def test_several_orders_in_a_link_are_several_curves() -> None:
    orders = {"samplers": "ode,ode-order-2,ode-order-4", "from": "16", "to": "32", "per": "2"}
    app = calm(visit("convergence", Experiment(schedule=Linear(), start="exact"), **orders))
    rows = app.dataframe[0].value
    assert set(rows["sampler"]) == {
        "ODE (probability flow)",
        "ODE of order 2",
        "ODE of order 4",
    }
    assert sorted(set(rows["T"])) == [16, 23, 32]
    assert "3 for ODE of order 2, 13 for ODE of order 4" in " ".join(c.value for c in app.caption)
    assert "[16, 23, 32]" in python(app)
    assert address(app)["samplers"] == orders["samplers"]


def test_steps_beyond_the_most_are_refused_and_evaluations_are_not() -> None:
    app = visit("convergence", Experiment(), samplers="ode", **{"from": "16384", "to": "32768"})
    assert "to: at most 8192 steps, got 32768" in app.error[0].value
    far = {"from": "16384", "to": "32768", "axis": "nfe"}
    app = calm(visit("convergence", Experiment(start="exact"), samplers="ode", **far))
    assert list(app.dataframe[0].value["T"]) == [8192]


@pytest.mark.parametrize("name", VIEWS)
def test_a_ready_view_is_a_link_of_this_page(name: str) -> None:
    experiment, axis = VIEWS[name]
    assert encode(experiment) is not None
    query = ORDERS_SHOWN | dict(axis)
    values = {
        s.name: s.read(query[s.name]) if s.name in query else s.default for s in PAGE.settings
    }
    assert set(query) <= {s.name for s in PAGE.settings}
    assert PAGE.clash(values) == ((), "")
    assert experiment.exact_start
    assert asked(experiment, values["samplers"]) == list(values["samplers"])


def test_the_slopes_are_those_of_the_points() -> None:
    curve = [point(t, 5 * t**-4.0, 1e-12 * (t > 100)) for t in (16, 32, 64, 128)]
    told = words.slopes_read({"ode-order-4": curve, "ode": []}, {}, NAMES)
    assert "fourth: no fit" in told
    assert "locally **−4.000**" in told
    assert "ODE" not in told
    fitted = Fit(1.0, 5.0, 4.02, (3.98, 4.06), None, (16, 32, 64, 128), 0.01)
    told = words.slopes_read({"ode-order-4": curve}, {"ode-order-4": fitted}, NAMES)
    assert "$(\\log T)^{5}\\,T^{-r}$ with **r = 4.02** (3.98 to 4.06) over T = 16 to 128" in told
    assert words.slopes_read({"ode": [point(8, 0.1)]}, {}, NAMES) == ""


def test_a_local_slope_takes_only_points_that_are_known_to_a_tenth() -> None:
    curve = [point(64, 1e-6), point(128, 1e-6 / 16), point(256, 4e-9, 1e-9)]
    told = words.slopes_read({"ode-order-4": curve}, {}, NAMES)
    assert "from T = 64 to 128" in told
    assert f"**−{math.log2(16):.3f}**" in told


def test_where_double_precision_ends_is_computed() -> None:
    curves = {"ode": [point(8, 0.1, 1e-6)], "ode-order-4": [point(64, 4e-11, 7e-12)]}
    told = words.rounding(curves, NAMES)
    assert "fourth at T = 64" in told
    assert "ODE" not in told
    assert "7·10⁻¹²" in told
    assert "7·10⁻¹¹" in told
    assert words.rounding({"ode": curves["ode"]}, NAMES) == ""


def test_who_is_nearest_changes_with_what_is_paid_for() -> None:
    curves = {
        "ode": [point(9, 0.5, nfe=8), point(17, 0.25, nfe=16), point(33, 0.12, nfe=32)],
        "ode-order-4": [point(2, 1.0, nfe=13), point(3, 1e-3, nfe=26)],
    }
    told = words.nearest(curves, NAMES, (8, 16, 32))
    assert told.endswith("ODE with 16; fourth with 32.")
    assert words.nearest({"ode": curves["ode"]}, NAMES, (8, 16)) == ""


def test_none_is_nearest_within_the_errors() -> None:
    curves = {"ode": [point(9, 0.5, 0.02, 8)], "ode-order-4": [point(2, 0.51, 0.02, 8)]}
    assert words.nearest(curves, NAMES, (8,)) == ""
