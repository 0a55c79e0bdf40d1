"""What a reader takes away: the numbers of figures, notebooks that run, how to cite."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path

import numpy as np
import plotly.graph_objects as go
import pytest
import yaml
from plotly.subplots import make_subplots

from dashboard.exports.citation import SOURCE, bibtex, made
from dashboard.exports.notebook import notebook
from dashboard.exports.numbers import figure_csv
from dashboard.exports.snippets import described
from diffusion_core import Experiment
from diffusion_core.scores.errors import Shift
from diffusion_core.targets import Points
from tests.dashboard.visiting import calm, printed, visit

LARGE = Experiment(
    target=Points(tuple((i / 7,) for i in range(120)), 0.1), score_error=Shift(0.1), steps=12
)


def rows(figure: go.Figure) -> list[list[str]]:
    return list(csv.reader(io.StringIO(figure_csv(figure))))


def test_a_figures_numbers_are_those_it_draws() -> None:
    x, y = np.array([0.1, 1 / 3, 2.0]), np.array([1e-17, np.pi, -5.0])
    figure = go.Figure([go.Scatter(x=x, y=y, name="ode, exact"), go.Bar(y=[3, 4])])
    header, *lines = rows(figure)
    assert header == ["trace", "x", "y"]
    assert [line[0] for line in lines] == ["ode, exact"] * 3 + ["trace 2"] * 2
    assert [float(line[1]) for line in lines] == [*x, 0, 1]
    assert [float(line[2]) for line in lines] == [*y, 3, 4]


def test_what_only_helps_to_see_a_line_is_no_number() -> None:
    line = go.Scatter(x=[1], y=[2], name="median")
    below = go.Scatter(x=[1], y=[2], meta="ground")
    assert rows(go.Figure([below, line])) == rows(go.Figure([line]))


def test_a_name_in_two_lines_is_one_in_the_csv() -> None:
    figure = go.Figure([go.Scatter(x=[1], y=[2], name="DDPM: upper bound<br>∝ v<sub>t</sub>")])
    assert figure_csv(figure).splitlines()[1] == "DDPM: upper bound ∝ vt,1,2"


def test_gaps_stay_gaps_and_maps_have_a_line_for_each_cell() -> None:
    z = np.arange(6.0).reshape(2, 3) / 7
    figure = go.Figure([go.Scatter(x=[1, None, 2], y=[5, None, 6], name="a")])
    figure.add_heatmap(x=[10, 20, 30], y=[-1, 1], z=z, name="map")
    header, *lines = rows(figure)
    assert header == ["trace", "x", "y", "z"]
    assert lines[:3] == [["a", "1", "5", ""], ["a", "", "", ""], ["a", "2", "6", ""]]
    cells = {(float(x), float(y)): float(v) for _, x, y, v in lines[3:]}
    assert cells == {
        (x, y): z[m, n] for m, y in enumerate([-1, 1]) for n, x in enumerate([10, 20, 30])
    }


def test_panels_are_told_apart_by_their_axes() -> None:
    figure = make_subplots(rows=2)
    for row, title in enumerate(["β<sub>t</sub>", "new share"], 1):
        figure.add_scatter(x=[0], y=[row], name="cosine", row=row, col=1)
        figure.update_yaxes(title_text=title, row=row, col=1)
    header, *lines = rows(figure)
    assert header == ["trace", "panel", "x", "y"]
    assert lines == [["cosine", "βt", "0", "1"], ["cosine", "new share", "0", "2"]]


def test_the_citation_is_that_of_the_file() -> None:
    assert bibtex() == made(), "run python -m dashboard.exports.citation"
    cited = yaml.safe_load(SOURCE.read_text())
    entries = re.findall(r"@(\w+)\{([^,]+),(.*?)\n\}", bibtex(), re.DOTALL)
    assert [kind for kind, *_ in entries] == ["software", "article"]
    assert len({name for _, name, _ in entries}) == 2
    for source, (*_, fields) in zip([cited, *cited["references"]], entries, strict=True):
        assert f"title = {{{{{source['title']}}}}}" in fields
    assert "author = {{Diffusion Convergence Lab contributors}}" in entries[0][2]
    assert "author = {Li, Gen and Wei, Yuting and " in entries[1][2]
    assert "eprint = {2306.09251}" in entries[1][2]


def test_a_notebook_is_well_formed() -> None:
    made = json.loads(notebook("A page", "x = 1\nprint(x)\n", Experiment(), ["heun"]))
    assert (made["nbformat"], made["nbformat_minor"]) == (4, 5)
    assert set(made) == {"nbformat", "nbformat_minor", "metadata", "cells"}
    ids = [cell["id"] for cell in made["cells"]]
    assert len(set(ids)) == len(ids) == 4
    assert all(re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", name) for name in ids)
    for cell in made["cells"]:
        code = {"outputs", "execution_count"} if cell["cell_type"] == "code" else set()
        assert set(cell) == {"cell_type", "id", "metadata", "source"} | code
    assert made["cells"][0]["source"][0] == "# A page\n"
    assert made["cells"][1]["source"] == ["x = 1\n", "print(x)"]
    assert "['ode', 'heun']" in "".join(made["cells"][3]["source"])


def test_a_run_that_differs_from_the_pages_experiment_is_made_from_its_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "experiment.json").write_text(LARGE.to_json(indent=2), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    other = LARGE.with_(sampler="ddpm", steps=7, score_error=None, seed=3)
    for run in (LARGE, other, Experiment(preset="three-modes")):
        made: dict[str, object] = {"Experiment": Experiment}
        exec(described(run), made)
        assert made["experiment"] == run


def test_a_notebook_says_that_it_needs_the_experiments_file() -> None:
    small = Experiment()
    for code, on, needs in (
        ("1", small, False),
        (described(LARGE), small, True),
        ("1", LARGE, True),
    ):
        about = json.loads(notebook("A", code, on))["cells"][0]
        assert ("experiment.json" in "".join(about["source"])) == needs


def test_figures_are_saved_in_the_chosen_format_on_every_page() -> None:
    app = calm(visit("literature"))

    def option() -> dict[str, object]:
        chart = app.get("plotly_chart")[0].proto
        return dict(json.loads(chart.config)["toImageButtonOptions"])

    assert option() == {"format": "svg", "filename": "steps-against-accuracy"}
    app.session_state["save and cite"] = True  # open, as a reader has it who chooses
    app.run()
    control = next(c for c in app.segmented_control if c.label == "Pictures of figures as")
    control.set_value("PNG").run()
    assert option() == {"format": "png", "scale": 3, "filename": "steps-against-accuracy"}
    app.switch_page("pages/why.py").run()
    assert option()["format"] == "png"


@pytest.mark.parametrize("page", ["compare", "failures", "challenges"])
def test_pages_of_several_runs_give_the_python_of_all(page: str) -> None:
    app = calm(visit(page))
    shown = app.dataframe[0].value
    told = [line.split(" +- ")[0].split() for line in printed(app)]
    column = next(name for name in shown if name.startswith("TV"))
    known = [text.split(" ± ")[0] for text in shown[column] if " ± " in text]
    assert len(told) == len(known) >= 2
    for (*_, value), text in zip(told, known, strict=True):
        assert float(value) == pytest.approx(float(text), rel=1e-3)
