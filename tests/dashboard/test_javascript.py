"""Scripts: joined they are the modules that they were, which import each other in no circle."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import deno
import numpy as np
import pytest
from scipy.interpolate import PchipInterpolator

from dashboard.javascript import modules, script
from dashboard.player import Animation, pack
from dashboard.player.component import _script
from dashboard.player.packing import with_display
from tests.dashboard.unpacking import unpack

ROOT = Path(__file__).resolve().parents[2]
DASHBOARD = ROOT / "dashboard"
ENTRIES = [
    DASHBOARD / name
    for name in (
        *("player/player.js", "sketch/line.js", "sketch/plane.js", "gallery/gallery.js"),
        *("player/carrier.js", "schedule_editor/editor.js", "lessons/kept.js"),
        *("topics/challenges/history.js", "topics/discrete/film.js", "figures/save.js"),
        "news.js",
    )
]
OF_THE_PAGE = {
    DASHBOARD / "menu.js",
    DASHBOARD / "scroll.js",
}  # no components: they run as they are
ENVIRONMENT = os.environ | {"DENO_NO_UPDATE_CHECK": "1", "NO_COLOR": "1"}
# what browsers define beside the language itself
BROWSER = {
    *("document", "devicePixelRatio", "getComputedStyle", "matchMedia", "MediaRecorder"),
    *("innerHeight", "innerWidth", "Image", "XMLSerializer"),
    *("cancelAnimationFrame", "requestAnimationFrame", "IntersectionObserver", "ResizeObserver"),
    "MutationObserver",
}


def run(*args: str, given: str = "") -> str:
    """What deno prints, without a network."""
    done = subprocess.run(
        [deno.find_deno_bin(), *args],
        input=given,
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=ENVIRONMENT,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def graph(entry: Path) -> dict[str, set[str]]:
    """Which module imports which, as deno reads them."""
    found = json.loads(run("info", "--json", "--no-remote", str(entry)))
    return {
        module["specifier"]: {
            dependency["code"]["specifier"] for dependency in module.get("dependencies", [])
        }
        for module in found["modules"]
    }


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.stem)
def test_no_module_imports_itself_by_way_of_others(entry: Path) -> None:
    imports = graph(entry)
    order = [module.as_uri() for module in modules(entry)]
    assert set(order) == set(imports)
    for module, wanted in imports.items():
        assert all(order.index(other) < order.index(module) for other in wanted)


def test_every_module_is_part_of_a_component_and_short() -> None:
    scripts = {path for path in DASHBOARD.rglob("*.js") if path.is_file()}
    assert scripts == {module for entry in ENTRIES for module in modules(entry)} | OF_THE_PAGE
    own = [path for path in scripts if path.parent.name != "vendor"]
    assert max(len(path.read_text().splitlines()) for path in own) <= 300


def write(folder: Path, **sources: str) -> Path:
    for name, source in sources.items():
        (folder / f"{name}.js").write_text(source)
    return folder / "a.js"


def test_a_circle_is_named(tmp_path: Path) -> None:
    entry = write(
        tmp_path,
        a='import { b } from "./b.js";\nexport default function a() { return b; }\n',
        b='import { c } from "./c.js";\nexport const b = 1;\n',
        c='import { b } from "./b.js";\nexport const c = () => b;\n',
    )
    with pytest.raises(ValueError, match=r"b\.js -> c\.js -> b\.js$"):
        modules(entry)


@pytest.mark.parametrize(
    ("first", "message"),
    [
        ('import { none } from "./b.js";', r"a\.js: \./b\.js does not export none"),
        ('import * as b from "./b.js";', r"a\.js: cannot join 'import \* as b"),
        ('import b from "./b.js";', r"a\.js: cannot join 'import b"),
        ("export let a = 1;", r"a\.js: cannot join 'export let a"),
        ("export default () => 1;", r"a\.js: cannot join 'export default \(\)"),
    ],
)
def test_what_cannot_be_joined_is_refused(tmp_path: Path, first: str, message: str) -> None:
    entry = write(
        tmp_path, a=f"{first}\nexport default function a() {{}}\n", b="export const b = 1;\n"
    )
    with pytest.raises(ValueError, match=message):
        script(entry)


def test_joined_modules_keep_their_names_apart_and_run_once(tmp_path: Path) -> None:
    entry = write(
        tmp_path,
        a='import { step as first, same } from "./b.js";\n'
        'import {\n  same as other,\n} from "./c.js";\n'
        "const count = 100;\nexport default function a() {\n"
        "  return [first(), first(), count, same(), other()];\n}\n",
        b='import { next } from "./c.js";\nconst count = 10;\nconst here = () => count + next();\n'
        "export function same() { return next(); }\nexport { here as step };\n",
        c="const state = { count: 0 };\n"
        "export const next = () => { state.count += 1; return state.count; };\n"
        "export const same = next;\n",
    )
    joined = tmp_path / "joined.mjs"
    joined.write_text(script(entry))
    for module in (entry, joined):
        told = run("eval", f"import a from {json.dumps(str(module))}; console.log(a().join())")
        assert told.strip() == "11,12,100,3,4"


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.stem)
def test_what_streamlit_gets_is_one_module_with_a_function(entry: Path, tmp_path: Path) -> None:
    joined = tmp_path / "joined.mjs"
    joined.write_text(_script() if entry.stem == "player" else script(entry))
    told = run("eval", f"import mount from {json.dumps(str(joined))}; console.log(typeof mount)")
    assert told.strip() == "function"


def test_a_name_is_defined_or_imported_or_known_to_browsers() -> None:
    done = subprocess.run(
        [deno.find_deno_bin(), "lint", "--json", "--rules-include=no-undef"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=ENVIRONMENT,
    )
    told = json.loads(done.stdout)
    assert len(told["errors"]) == 0
    found = {d["message"].split()[0] for d in told["diagnostics"] if d["code"] == "no-undef"}
    assert found == BROWSER


DECODE = """
import {{ decode }} from "./dashboard/player/payload.js";
import {{ pointAt }} from "./dashboard/player/follow.js";
const show = await decode(Deno.readFileSync({path}));
const plain = (panel) => ({{
  counts: [panel.frames, panel.particles, panel.dimension],
  points: Array.from({{ length: panel.frames }}, (_, k) => pointAt(panel, k, 1)),
  arrays: Object.fromEntries(panel.arrays.map(({{ name }}) => [
    name, [panel[name].values.constructor.name, panel[name].shape, [...panel[name].values]]])),
}});
console.log(JSON.stringify({{ view: show.view, panels: show.panels.map(plain) }}));
"""


def test_the_browser_reads_what_python_packs(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    grid = np.linspace(-3, 4, 11)
    line = Animation(
        rng.uniform(-3, 4, (4, 7, 1)),
        times=range(4, 0, -1),
        extent=(-3, 4),
        title="α",  # an odd number of bytes before the arrays
        grid=grid,
        target_density=rng.random((4, 11)),
        distance=[0.1, 0.2, 0.25, 0.3],
    )
    plane = Animation(
        rng.uniform((-2, -3), (2, 1), (3, 5, 2)),
        times=range(3, 0, -1),
        extent=(-2, 2, -3, 1),
        target_density=rng.random((3, 6, 8)),
        field=rng.normal(size=(3, 4, 4, 2)),
    )
    blob = with_display(pack([line, plane]), view="both")
    path = tmp_path / "payload"
    path.write_bytes(blob)
    told = json.loads(run("eval", DECODE.format(path=json.dumps(str(path)))))
    _, packed = unpack(blob)
    assert told["view"] == "both"
    for animation, shown, (header, arrays) in zip(
        (line, plane), told["panels"], packed, strict=True
    ):
        assert shown["counts"] == list(animation.positions.shape)
        assert shown["arrays"].keys() == arrays.keys()
        for name, (kind, shape, values) in shown["arrays"].items():
            assert kind.lower() == f"{arrays[name].dtype.name}array"
            assert shape == list(arrays[name].shape)
            assert values == arrays[name].ravel().tolist()
        low, high = np.asarray(header["extent"][::2]), np.asarray(header["extent"][1::2])
        coarse = (high - low) / (4 * header["border"])
        # the browser's codes are whole numbers, its extents doubles
        gap = np.abs(np.asarray(shown["points"]) - animation.positions[:, 1])
        assert np.all(gap <= coarse * (1 + 1e-9))


def test_the_editor_draws_the_curve_that_the_schedule_has() -> None:
    rng = np.random.default_rng(6)
    at = np.linspace(0, 1, 37)
    for count in (2, 3, 5, 12):
        x = np.concatenate([[0], np.sort(rng.uniform(0.02, 0.98, count - 2)), [1]])
        y = np.where(rng.random(count) < 0.5, rng.normal(size=count), -np.arange(count))
        points = json.dumps(np.stack([x, y], axis=1).tolist())
        told = run(
            "eval",
            'import { pchip } from "./dashboard/schedule_editor/pchip.js";'
            f"console.log(JSON.stringify({json.dumps(at.tolist())}.map(pchip({points}))))",
        )
        assert json.loads(told) == pytest.approx(PchipInterpolator(x, y)(at), rel=1e-12, abs=1e-12)
