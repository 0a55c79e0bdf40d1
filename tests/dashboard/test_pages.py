"""Both pages, run as a reader would: through app.py, with links, files and every choice."""

from __future__ import annotations

import csv
import io
import json
import random
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from dashboard.animation.layers import frame_times
from dashboard.compute import exact
from dashboard.link.permalink import ELSEWHERE, decode
from dashboard.text.mathematics import typeset
from diffusion_core import PRESETS, SAMPLERS, SCHEDULES, Experiment, measure, measure_all
from diffusion_core.laws.particles import final_points
from diffusion_core.samplers import Corrector
from diffusion_core.targets import Boxes, Points
from tests.dashboard.pictures import frames_of, halves, huge_png, saved
from tests.dashboard.visiting import address, calm, printed, said, visit

DEFAULT = Experiment(preset="three-modes", steps=20)
SMALL = {"from": "8", "to": "16"}
PAGES = ("trajectories", "convergence")


@pytest.fixture(autouse=True)
def _particles_will_do(monkeypatch: pytest.MonkeyPatch) -> None:
    """In the plane: what is exact there takes seconds, and has tests of its own."""
    monkeypatch.setattr(exact, "QUICK", 0.0)


def control(app: AppTest, name: str) -> Any:
    return app.session_state[f"control: {name}"]


def shown(app: AppTest) -> Experiment:
    found = app.session_state["experiment"]
    assert isinstance(found, Experiment)
    return found


def table(app: AppTest, place: int = 0) -> Any:
    return app.dataframe[place].value


# ---- everything on offer


@pytest.mark.parametrize("page", PAGES)
def test_the_first_visit(page: str) -> None:
    app = calm(visit(page, **({} if page == "trajectories" else SMALL)))
    assert not app.warning
    assert (
        app.title[0].value
        == {
            "trajectories": "Reverse trajectories",
            "convergence": "Distance against T",
        }[page]
    )


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_has_an_animation_and_a_distance(name: str) -> None:
    experiment = Experiment(target=PRESETS[name].target, preset=name, steps=6)
    app = calm(visit("trajectories", experiment, particles="200"))
    assert not app.warning
    assert shown(app) == experiment
    assert "TV(q₁, p₁)" in said(app)


@pytest.mark.parametrize("kind", [k for k in SCHEDULES if k != "custom"])
def test_every_schedule_can_be_chosen(kind: str) -> None:
    app = visit("trajectories", DEFAULT, particles="200")
    app.selectbox(key="control: schedule").set_value(kind).run()
    assert shown(calm(app)) == DEFAULT.with_(schedule=SCHEDULES[kind]())


@pytest.mark.parametrize("kind", SAMPLERS)
def test_every_sampler_can_be_chosen(kind: str) -> None:
    app = visit("trajectories", DEFAULT, particles="200")
    app.selectbox(key="control: sampler").set_value(kind).run()
    assert shown(calm(app)) == DEFAULT.with_(sampler=kind)
    value = measure(shown(app)).value
    assert f"{value:.3f}"[:4] in said(app)


@pytest.mark.parametrize("page", ["trajectories", "convergence", "compare", "budget", "failures"])
def test_pages_with_results_say_what_one_has_to_know_of_the_runs(page: str) -> None:
    left = Experiment(preset="three-modes", schedule=SCHEDULES["linear-ddpm"](), steps=12)
    [note] = left.notes
    few = {"from": "8", "to": "16"} if page == "convergence" else {}
    app = calm(visit(page, None if page == "failures" else left, **few))
    told = " ".join(c.value for c in app.caption)
    said_of = r"$X_T$ still has $\bar\alpha_T$"
    if page not in ("convergence", "failures"):
        said_of = typeset(note)
    assert said_of in told


def test_all_samplers_in_one_sweep() -> None:
    app = calm(visit("convergence", DEFAULT, samplers=",".join(SAMPLERS), **SMALL))
    assert set(table(app)["sampler"]) == {record.label for record in SAMPLERS.values()}


def test_ddim_with_noise_says_so_on_both_pages() -> None:
    experiment = DEFAULT.with_(sampler="ddim", eta=0.35, steps=8)
    app = calm(visit("trajectories", experiment))
    assert "DDIM, η = 0.35" in said(app)
    app = calm(visit("convergence", experiment, samplers="ddim", **SMALL))
    assert set(table(app)["sampler"]) == {"DDIM, η = 0.35"}
    assert float(table(app)["distance"][0]) == pytest.approx(measure(experiment).value, rel=1e-4)


@pytest.mark.parametrize("steps", [2, 3, 8192])
def test_the_ends_of_the_range_of_steps(steps: int) -> None:
    app = calm(visit("trajectories", DEFAULT.with_(steps=steps), particles="200"))
    assert f"After {steps - 1:,} update" in said(app)


def test_equal_score_evaluations_and_a_budget_too_small_for_a_run() -> None:
    app = calm(visit("convergence", DEFAULT, axis="nfe", samplers="ode,heun", **SMALL))
    assert max(table(app)["score evaluations"]) <= 16
    app = visit("convergence", DEFAULT, axis="nfe", samplers="heun", **{"from": "2", "to": "2"})
    calm(app)


def test_a_range_of_one_point() -> None:
    app = calm(visit("convergence", DEFAULT, samplers="ode", **{"from": "16", "to": "16"}))
    assert list(table(app)["T"]) == [16]


def test_without_a_sampler_a_sentence_and_the_choice_remains() -> None:
    app = visit("convergence", DEFAULT, samplers="ode", **SMALL)
    app.button_group(key="control: convergence.samplers").set_value([]).run()
    assert "at least one sampler" in calm(app).info[0].value
    app.selectbox(key="control: preset 1").set_value("skewed").run()
    app.button_group(key="control: convergence.samplers").set_value(["ddpm"]).run()
    assert shown(calm(app)).preset == "skewed"
    assert set(table(app)["sampler"]) == {"DDPM"}


# ---- numbers


def test_the_numbers_are_the_cores() -> None:
    app = visit("trajectories", DEFAULT, particles="500")
    found = measure_all(DEFAULT, ("tv", "kl", "hellinger", "w1", "w2"))
    assert [float(v) for v in table(app)["value"]] == pytest.approx(
        [m.value for m in found.values()], rel=1e-4
    )
    assert f"**TV(q₁, p₁) = {found['tv'].value:.6f} ±" in said(app)
    steps = table(app, 1)
    assert list(steps["t"]) == frame_times(DEFAULT.steps)
    assert list(steps["ᾱ_t"]) == [DEFAULT.chain.abar[t] for t in steps["t"]]
    final = steps["TV(q_t, p_t)"].iloc[-1]
    assert final == pytest.approx(found["tv"].value, abs=steps["its error"].iloc[-1] + 1e-6)


@pytest.mark.parametrize(
    "experiment",
    [
        DEFAULT,
        DEFAULT.with_(sampler="ddpm", steps=5, seed=3),
        Experiment(target=PRESETS["ring-of-8"].target, preset="ring-of-8", steps=8, seed=4),
        Experiment(target=Points(((0.0, 1.0, 2.0), (1.0, 0.0, 1.0)), 0.5), steps=6),
    ],
    ids=["exact", "stochastic", "particles", "three dimensions"],
)
def test_the_trajectories_code_gives_the_pages_numbers(experiment: Experiment) -> None:
    app = visit("trajectories", experiment, particles="500")
    on_page = [float(v) for v in table(app)["value"] if v != "–"]
    by_code = [float(line.split()[1]) for line in printed(app)]
    assert on_page
    assert by_code == pytest.approx(on_page, rel=6e-3)


@pytest.mark.parametrize("axis", ["steps", "nfe"])
def test_the_sweeps_code_gives_the_pages_numbers(axis: str) -> None:
    app = visit("convergence", DEFAULT, axis=axis, samplers="ode,heun", **SMALL)
    rows = table(app)
    by_code = {}
    for line in printed(app):
        sampler, steps, value = line.replace("(", "").replace(",", "").split()[:3]
        by_code[SAMPLERS[sampler].label, int(steps)] = float(value)
    on_page = {(r.sampler, r.T): float(r.distance) for r in rows.itertuples()}
    assert on_page.keys() == by_code.keys()
    assert list(on_page.values()) == pytest.approx([by_code[k] for k in on_page], rel=1e-4)


def test_a_link_says_every_setting_of_a_page() -> None:
    wanted = {
        "samplers": "heun,ode",
        "axis": "nfe",
        "from": "8",
        "to": "16",
        "metric": "w1",
        "against": "data",
        "bounds": "all",
        "logs": "off",
        "anchor": "last",
        "fit": "free",
    }
    app = calm(visit("convergence", DEFAULT, **wanted))
    written = address(app)
    assert decode(written.pop("e")) == DEFAULT
    defaults = {"from": "8"}
    assert written == {k: v for k, v in wanted.items() if defaults.get(k) != v}
    assert "W1" not in said(app)
    assert "Wasserstein-1" in said(app)
    assert any("bound" in c.value for c in app.caption)


# ---- links that say nothing sensible


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize(
    ("name", "text", "word"),
    [
        ("e", "{", "experiment"),
        ("e", "z.eNp1WNtu", "cut off"),
        ("e", "z.!!!", "damaged"),
        ("e", json.dumps(DEFAULT.to_dict() | {"steps": 1}), "steps"),
        ("e", json.dumps(DEFAULT.to_dict() | {"steps": 10**9}), "steps"),
        ("e", json.dumps(DEFAULT.to_dict()).replace("20", "NaN"), "finite"),
        ("e", ELSEWHERE, "too large"),
        ("colour", "red", "colour"),
        ("particles", "7", "particles"),
    ],
)
def test_a_broken_link_is_answered_by_a_sentence(
    page: str, name: str, text: str, word: str
) -> None:
    rest = SMALL if page == "convergence" else {}
    app = visit(page, **{name: text}, **rest)
    assert not app.exception
    [complaint] = app.error
    assert word in complaint.value
    assert complaint.value.endswith("Everything else is as the link says, or at its default.")
    assert shown(app) == Experiment(preset="three-modes")
    assert address(app)[name] == text  # the reader may still mend it
    app.number_input(key="control: seed").set_value(7).run()
    assert not app.error
    assert shown(app).seed == 7


def test_a_range_the_wrong_way_round_is_not_turned_silently() -> None:
    app = visit("convergence", DEFAULT, samplers="ode", **{"from": "16", "to": "8"})
    assert "from: at most to, got 16 and 8" in app.error[0].value
    assert set(table(app)["T"]) == {2**k for k in range(3, 11)}
    assert set(table(app)["sampler"]) == {"ODE (probability flow)"}


# ---- what readers enter


def test_a_parameter_out_of_range_keeps_the_last_schedule() -> None:
    app = visit("trajectories", DEFAULT, particles="200")
    app.number_input(key="control: schedule.theory.c0").set_value(3.0).run()
    app.number_input(key="control: schedule.theory.c0").set_value(-1.0).run()
    assert "schedule.c0" in app.error[0].value
    assert shown(app).schedule == SCHEDULES["theory"](3.0, 4.0)
    app.number_input(key="control: schedule.theory.c0").set_value(3.0).run()
    app.number_input(key="control: schedule.theory.c0").set_value(None).run()
    assert calm(app).number_input(key="control: schedule.theory.c0").value == 3.0
    app.number_input(key="control: schedule.theory.c0").set_value(2.5).run()
    assert shown(calm(app)).schedule == SCHEDULES["theory"](2.5, 4.0)


def with_data(*files: tuple[str, bytes]) -> AppTest:
    """The page with these files uploaded, one after the other."""
    app = visit("trajectories", DEFAULT, particles="200")
    app.button_group(key="control: family").set_value("data").run()
    app.selectbox(key="control: source").set_value("file").run()
    for name, data in files:
        app.file_uploader(key="control: file").upload(name, data, "text/csv").run()
    return app


def cloud(count: int, columns: int = 2) -> bytes:
    draw = random.Random(1).gauss
    rows = [",".join(f"{draw(0, 1):.3f}" for _ in range(columns)) for _ in range(count)]
    return "\n".join(rows).encode()


@pytest.mark.parametrize("columns", [1, 2])
def test_an_upload_becomes_the_target(columns: int) -> None:
    target = shown(calm(with_data(("t.csv", cloud(30, columns))))).target
    assert isinstance(target, Points)
    assert (len(target.points), target.dim, target.bandwidth) == (30, columns, 0.1)
    assert np.mean(target.points, axis=0) == pytest.approx(0, abs=1e-3)
    assert np.std(target.points, axis=0) == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b"a,b\n1,2\n3,\n", "lacks"),
        (b"ab\ncd\n", "no column of numbers"),
        (b"1;2\n3,4\n5 6", "every line needs the same number"),
        (bytes(range(256)) * 4, "binary"),
        (cloud(5001), "at most 5,000"),
        (b"1,2\n" * 600_000, "at most 2 MB"),
    ],
)
def test_a_bad_upload_is_refused_and_the_last_target_stays(data: bytes, words: str) -> None:
    app = with_data(("good.csv", cloud(30)), ("bad *file*.csv", data))
    assert not app.exception
    assert words in app.error[0].value
    assert "bad \\*file\\*.csv" in app.error[0].value
    assert len(shown(app).target.points) == 30


def with_picture(*files: tuple[str, bytes]) -> AppTest:
    """The page with these pictures uploaded, one after the other."""
    app = visit("trajectories", DEFAULT, particles="200")
    app.button_group(key="control: family").set_value("data").run()
    app.selectbox(key="control: source").set_value("picture").run()
    app.selectbox(key="control: picture cells").set_value(16).run()
    for name, data in files:
        app.file_uploader(key="control: picture").upload(name, data, "image/png").run()
    return app


def test_a_picture_becomes_the_target_and_says_what_was_read() -> None:
    app = calm(with_picture(("turn.gif", frames_of("GIF", 3))))
    target = shown(app).target
    assert isinstance(target, Boxes)
    assert target.bounds[1].tolist() == [0, 2.4]
    assert any("first of its 3 frames" in caption.value for caption in app.caption)
    app.button_group(key="control: picture mass").set_value("light").run()
    target = shown(calm(app)).target
    assert isinstance(target, Boxes)
    assert target.bounds[0].tolist() == [0, -2.4]


def test_a_bad_picture_is_refused_and_the_last_target_stays() -> None:
    app = with_picture(("a.png", saved(halves(0, 255))), ("b *c*.png", huge_png(1, 10**7)))
    assert not app.exception
    assert app.error[0].value.startswith("b \\*c\\*.png: has 1 × 10,000,000 pixels")
    assert "the target stays as it was" in app.info[0].value
    assert shown(app).target.bounds[1].tolist() == [0, 2.4]
    app = with_picture(("a.png", saved(halves(90, 90))))
    assert "uniform on a rectangle" in app.info[0].value
    app.slider(key="control: picture background").set_value(80).run()
    assert "nothing is left when 80 % is taken away" in app.error[0].value


@pytest.mark.parametrize("data", [b"1;2", b"a,b\n1,2\n1,3\n1,4\n", b"a,b,c\n1,2,3\n4,5,7\n"])
def test_odd_tables_that_are_tables(data: bytes) -> None:
    assert isinstance(shown(calm(with_data(("t.csv", data)))).target, Points)


def reading(app: AppTest, what: str) -> Any:
    """One of the widgets that say how the file is read."""
    return next(box for box in app.selectbox if box.key.startswith(f"control: {what} of "))


def captions(app: AppTest) -> str:
    return " ".join(caption.value for caption in app.caption)


def test_an_ambiguous_upload_is_read_as_the_reader_says_and_stays_so() -> None:
    app = with_data(("good.csv", cloud(30)), ("t.csv", b"0,5\n1,25\n-0,75\n1,05\n"))
    assert "0 and 5 with commas between columns or 0.5 with decimal commas" in app.error[0].value
    assert len(shown(app).target.points) == 30
    reading(app, "mark").set_value(",").run()
    assert "Read: 4 rows; column column 1; decimal comma." in captions(calm(app))
    assert (len(shown(app).target.points), shown(app).target.dim) == (4, 1)
    app.toggle(key="control: drop").set_value(True).run()
    assert reading(calm(app), "mark").value == ","
    assert shown(app).target.dim == 1
    reading(app, "mark").set_value(".").run()
    assert shown(calm(app)).target.dim == 2
    app.file_uploader(key="control: file").upload("t.csv", b"1;2\n2;4\n5;1\n", "text/csv").run()
    assert reading(calm(app), "mark").value == "as found"  # another file of the same name


def test_what_is_left_out_of_an_upload_is_said() -> None:
    text = "Report;;\nname;Umsatz;rownames;x\nA;1.234,5 €;1;2\nB;950 €;2;3\nSumme;2.184,5 €;;5\n"
    app = calm(with_data(("t.csv", text.encode())))
    assert (
        "Read: 2 rows; columns Umsatz in €, rownames, x; separator semicolon; decimal comma; "
        "thousands as in 1.234,5 €; "
        "left out: name (text), line 1 (Report), line 5 (Summe 2.184,5 € 5)." in captions(app)
    )
    assert shown(app).target.dim == 2


def test_row_numbers_are_no_default_axis() -> None:
    text = b'"rownames","eruptions","waiting"\n1,3.6,79\n2,1.8,54\n3,3.333,74\n'
    app = calm(with_data(("t.csv", text)))
    columns = next(m for m in app.multiselect if m.key.startswith("control: columns of file"))
    assert columns.value == ["eruptions", "waiting"]
    assert "rownames" in columns.options


def test_values_above_a_million_become_a_target() -> None:
    app = calm(with_data(("t.csv", b"x,y\n1e9,7\n3e12,7\n2e12,7\n")))
    assert np.std([x for x, _ in shown(app).target.points]) == pytest.approx(1, abs=1e-3)
    assert "y: 7 in every row" in captions(app)


def test_the_readers_data_come_back_after_a_look_at_others() -> None:
    app = with_data(("t.csv", cloud(30)))
    app.button_group(key="control: family").set_value("line").run()
    app.button_group(key="control: family").set_value("data").run()
    app.selectbox(key="control: source").set_value("file").run()
    assert len(shown(calm(app)).target.points) == 30


def test_penguins_are_penguins_after_a_change_of_page() -> None:
    app = visit("trajectories", DEFAULT, particles="200")
    app.button_group(key="control: family").set_value("data").run()
    app.multiselect(key="control: columns of penguins").set_value(["bill_depth_mm"]).run()
    before = shown(calm(app))
    app = visit("trajectories", before, particles="200")
    assert control(app, "source") == "penguins"
    assert control(app, "columns of penguins") == ["bill_depth_mm"]
    assert shown(app) == before


def test_bandwidth_nought_is_atoms() -> None:
    app = with_data(("t.csv", cloud(30)))
    app.slider(key="control: bandwidth").set_value(0.0).run()
    assert shown(calm(app)).target.bandwidth == 0


# ---- experiment files


def opened(data: bytes, page: str = "trajectories") -> AppTest:
    few = {"samplers": "ode", "particles": "5000", **SMALL}
    app = visit(page, DEFAULT, **(few if page == "convergence" else {"particles": "200"}))
    app.file_uploader(key="control: experiment file").upload("e.json", data, "application/json")
    return app.run()


def gaussians(dim: int, count: int) -> dict[str, Any]:
    square = [[0.2 * (i == j) for j in range(dim)] for i in range(dim)]
    means = [[float(k)] * dim for k in range(count)]
    weights = [1 / count] * count
    return {
        "kind": "gaussian_mixture",
        "weights": weights,
        "means": means,
        "covariances": [square] * count,
    }


FILES = {
    "custom schedule": {"schedule": {"kind": "custom", "abar": [0.9, 0.5, 0.1]}, "steps": 3},
    "boxes": {"target": {"kind": "boxes", "weights": [1], "lows": [[-1]], "highs": [[1]]}},
    "circle": {"target": {"kind": "circle", "radius": 2}},
    "heavy tail": {"target": {"kind": "student_t", "df": 4, "loc": [0], "scale": 1}},
    "wide points": {"target": {"kind": "points", "points": [[0], [1]], "bandwidth": 3.5}},
    "three dimensions": {"target": {"kind": "points", "points": [[0, 1, 2], [1, 2, 3]]}},
    "five dimensions": {"target": gaussians(5, 2)},
    "one Gaussian in five": {"target": gaussians(5, 1)},
    "a T between those of the slider": {"steps": 77},
    "the largest seed": {"seed": 2**32 - 1},
}


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("changes", FILES.values(), ids=FILES)
def test_a_file_opens_on_both_pages(page: str, changes: dict[str, Any]) -> None:
    text = json.dumps(DEFAULT.to_dict() | {"steps": 9} | changes)
    app = calm(opened(text.encode(), page))
    assert shown(app) == Experiment.from_json(text)
    pictured = shown(app).target.dim <= 2
    if page == "trajectories":
        assert len(app.warning) == (not pictured)
        players = [c for c in app.get("bidi_component") if c.key == "reverse chain"]
        assert len(players) == pictured


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (b"{", "JSON"),
        (b"", "empty"),
        (bytes(range(256)), "UTF-8"),
        (json.dumps(DEFAULT.to_dict()).replace("20", "NaN").encode(), "finite"),
        (json.dumps(DEFAULT.to_dict() | {"steps": 1}).encode(), "steps"),
        (json.dumps(DEFAULT.to_dict() | {"steps": 10**9}).encode(), "steps"),
        (b" " * 2_000_001, "2,000,000"),
        (
            json.dumps(
                DEFAULT.to_dict() | {"target": gaussians(1, 2) | {"weights": [-1, 2]}}
            ).encode(),
            "target.weights",
        ),
    ],
)
def test_a_bad_file_is_refused_and_nothing_changes(data: bytes, word: str) -> None:
    app = opened(data)
    assert not app.exception
    assert word in app.error[0].value
    assert app.error[0].value.startswith("e.json: ")
    assert shown(app) == DEFAULT


def test_data_too_large_for_a_link_fit_into_a_file() -> None:
    app = with_data(("t.csv", cloud(900)))
    assert "Download it below as a file" in calm(app).warning[0].value
    assert address(app)["e"] == ELSEWHERE
    experiment = shown(app)
    again = calm(opened(experiment.to_json(indent=2).encode()))
    assert shown(again) == experiment


@pytest.mark.parametrize(
    ("file", "family"), [("boxes", "draw"), ("circle", "own"), ("heavy tail", "own")]
)
def test_an_opened_target_stays_on_offer(file: str, family: str) -> None:
    app = opened(json.dumps(DEFAULT.to_dict() | FILES[file]).encode())
    target = shown(app).target
    app.button_group(key="control: family").set_value("line").run()
    assert shown(app).preset is not None
    app.button_group(key="control: family").set_value(family).run()
    assert shown(calm(app)).target == target


# ---- between the pages


def test_a_change_of_page_keeps_the_experiment_and_each_pages_settings() -> None:
    app = calm(visit("convergence", DEFAULT, **SMALL))

    def turn_to(page: str) -> None:
        app.switch_page(f"pages/{page}.py")
        app.query_params.clear()
        calm(app.run())

    turn_to("trajectories")
    app.number_input(key="control: seed").set_value(5).run()
    app.select_slider(key="control: trajectories.particles").set_value(500).run()
    turn_to("convergence")
    assert shown(app) == DEFAULT.with_(seed=5)
    assert control(app, "convergence.range steps (8, 16)") == (8, 16)
    turn_to("trajectories")
    assert shown(app) == DEFAULT.with_(seed=5)
    assert control(app, "trajectories.particles") == 500


def test_refusals_name_their_runs_once_a_reason() -> None:
    text = json.dumps(DEFAULT.to_dict() | FILES["three dimensions"])
    app = calm(visit("convergence", Experiment.from_json(text), **SMALL))
    [warning] = app.warning
    assert "ODE (probability flow) at T = 8, 16; DDPM at T = 8, 16" in warning.value
    assert "3 dimensions" in warning.value


def test_bounds_are_drawn_only_where_the_theorems_speak() -> None:
    def bounds(**settings: str) -> int:
        app = calm(visit("convergence", DEFAULT, samplers="ode", **SMALL, **settings))
        spec = json.loads(app.get("plotly_chart")[0].proto.spec)
        return sum("upper bound" in trace.get("name", "") for trace in spec["data"])

    assert bounds() == 1
    assert bounds(bounds="all") == 2
    assert bounds(bounds="none") == bounds(metric="w1") == bounds(against="data") == 0


def test_csv_of_the_particles() -> None:
    from dashboard import page_chrome

    points = final_points(DEFAULT, 50)
    rows = list(csv.reader(io.StringIO(page_chrome.to_csv(["x"], points.tolist()))))
    assert rows[0] == ["x"]
    assert [float(r[0]) for r in rows[1:]] == points[:, 0].tolist()


def test_langevin_steps_are_chosen_and_stay_in_the_link() -> None:
    app = visit("trajectories", Experiment(sampler="ode", steps=8))
    assert not [s for s in app.select_slider if s.label == "Size of a Langevin step"]
    calm(app.number_input(key="control: corrector").set_value(2).run())
    calm(app.select_slider(key="control: size").set_value(0.5).run())
    run = decode(address(app)["e"])
    assert run.corrector == Corrector(2, 0.5)
    assert any("3 score evaluations a step, stochastic" in c.value for c in app.caption)
    calm(app.selectbox(key="control: sampler").set_value("langevin").run())
    run = decode(address(app)["e"])
    assert (run.sampler, run.corrector) == ("langevin", Corrector(3, 0.3))
    calm(app.selectbox(key="control: sampler").set_value("dpmpp-2m").run())
    assert decode(address(app)["e"]).corrector is None
    again = calm(visit("trajectories", Experiment(steps=8, corrector=Corrector(4, 0.25))))
    assert again.number_input(key="control: corrector").value == 4
    assert again.select_slider(key="control: size").value == 0.25


def test_the_order_is_chosen_and_stays_in_the_link() -> None:
    app = visit("trajectories", Experiment(sampler="ode-order", steps=20))
    chosen = app.segmented_control(key="control: order")
    assert chosen.value == 3
    calm(chosen.set_value(4).run())
    run = decode(address(app)["e"])
    assert (run.sampler, run.order, run.rounds) == ("ode-order", 4, 4)
    assert any("13 score evaluations a step" in c.value for c in app.caption)
    assert app.session_state["experiment"] == run
    calm(app.selectbox(key="control: sampler").set_value("ode").run())
    assert app.session_state["experiment"].order is None
