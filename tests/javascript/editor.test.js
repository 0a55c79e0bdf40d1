import { deepStrictEqual as same, ok, strictEqual as is } from "node:assert";
import { abarText, nice, place, room, span } from "../../dashboard/schedule_editor/editor.js";
import { pchip } from "../../dashboard/schedule_editor/pchip.js";

const near = (found, wanted) => found.forEach((value, k) => (
  ok(Math.abs(value - wanted[k]) < 1e-12, `${value} is not ${wanted[k]}`)));

// python -c "from scipy.interpolate import PchipInterpolator as P
// print(P([0, .2, .3, .7, 1], [9, 4, 4, -2, -11])([0, .1, .25, .4, .55, .9, 1]).tolist(),
//       P([0, .5, 1], [0, 1, -3])([.1, .25, .6, .95]).tolist(), P([0, 1], [2, -1])([.25]).tolist())"
Deno.test("the curve is the one of scipy's PchipInterpolator", () => {
  const bent = pchip([[0, 9], [0.2, 4], [0.3, 4], [0.7, -2], [1, -11]]);
  near([0, 0.1, 0.25, 0.4, 0.55, 0.9, 1].map(bent), [
    9.0, 5.458333333333333, 4.0, 3.4435483870967736, 1.0892137096774177, -7.499231950844856, -11.0]);
  near([0.1, 0.25, 0.6, 0.95].map(pchip([[0, 0], [0.5, 1], [1, -3]])), [
    0.4880000000000001, 0.875, 0.7920000000000001, -2.3614999999999995]);
  near([0.25].map(pchip([[0, 2], [1, -1]])), [1.25]);
});

Deno.test("the curve falls wherever its handles do", () => {
  const curve = pchip([[0, 10], [0.05, 9.9], [0.4, -3], [0.41, -20], [1, -21]]);
  for (let k = 1; k <= 500; k += 1) ok(curve(k / 500) < curve((k - 1) / 500));
});

Deno.test("ᾱ is exact enough near both ends", () => {
  is(abarText(0), "0.5");
  is(abarText(-3), "0.047"); // 0.04743
  is(abarText(-8), "3·10⁻⁴"); // 3.35e-4
  is(abarText(-25), "1·10⁻¹¹"); // 1.39e-11
  is(abarText(8), "0.99966"); // 1 - 3.35e-4
  is(abarText(25), "0.999999999986"); // 1 - 1.39e-11
});

Deno.test("marks of an axis are round", () => {
  same(nice(-11, 11, 6), [-10, -5, 0, 5, 10]);
  same(nice(1, 100, 5), [20, 40, 60, 80, 100]);
});

function editorOf(points, given = {}) {
  const element = () => ({ setAttribute() {} });
  return {
    data: { gap: 0.01, narrowest: 0.002, limit: 25, reference: [], start: points, steps: 101 },
    points: points.map((point) => [...point]), sent: points, history: [], curve: element(),
    knobs: points.map(element), say: {}, undo: {}, reset: {}, root: { clientWidth: 600 }, ...given,
  };
}

Deno.test("a handle goes no further than its neighbours, and the ends not sideways", () => {
  const editor = editorOf([[0, 9], [0.5, 0], [1, -9]]);
  same(room(editor, 0), [0.01, 25]);
  same(room(editor, 1), [-8.99, 8.99]);
  same(room(editor, 2), [-25, -0.01]);
  place(editor, 1, 2, -30);
  same(editor.points[1], [0.998, -8.99]);
  place(editor, 1, -1, 30);
  same(editor.points[1], [0.002, 8.99]);
  place(editor, 0, 0.7, 40);
  place(editor, 2, 0.7, -3.00049);
  same([editor.points[0], editor.points[2]], [[0, 25], [1, -3]]);
  is(editor.say.textContent, "t = 101, log-SNR −3.00, ᾱ = 0.047");
  same([editor.undo.disabled, editor.reset.disabled], [true, false]);
});

Deno.test("what is seen holds all handles with room, within the limit", () => {
  same(span(editorOf([[0, 9], [1, -9]])), [-11, 11]);
  same(span(editorOf([[0, 24.5], [1, -12.2]])), [-14, 25]);
});
