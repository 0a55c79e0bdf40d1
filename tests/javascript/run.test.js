// Whole runs are compared with Python's in tests/dashboard/animation/test_run.py.
import { deepStrictEqual as same, strictEqual as is } from "node:assert";
import { createGenerator } from "../../dashboard/player/generator.js";
import { perform, simulate } from "../../dashboard/player/run.js";
import { createScore } from "../../dashboard/player/score.js";

const near = (a, b) => is(Math.abs(a - b) < 1e-12, true, `${a} is not ${b}`);
const array = (shape, values) => ({ shape, values: Float64Array.from(values) });
const LIMBS = [
  10805625, 6415473, 11300033, 7161823, 8928841, 216,
  7255467, 6806814, 8864682, 5545336, 8782902, 106,
]; // of numpy.random.default_rng(12)

/** One standard Gaussian on the line, or in the plane, without a change in t. */
const standard = (dim) => ({
  weights: array([1], [1]), means: array([1, dim], Array(dim).fill(0)),
  variances: array([1, dim], Array(dim).fill(1)), axes: array([1, dim, dim], dim === 1 ? [1] : [1, 0, 0, 1]),
  abar: array([5], Array(5).fill(0.5)), var: array([5], Array(5).fill(0.5)),
  scale: array([5], [1, 1, 1, 1, 2]), amplitude: array([5], [0, 0, 0, 0, 3]),
  directions: array([1, dim], Array(dim).fill(1)), waves: array([1, dim], Array(dim).fill(0)), phases: array([1], [Math.PI / 2]),
  generator: array([12], LIMBS),
});

/** Y_2 = Y_3/2 + s/4 and Y_1 = Y_2/4 + s/2 from Y_3 = 2, in parts that end at Y_t and at Y_{t-1}. */
function halving() {
  const step = { operations: [["score", 0, 0], ["sum", 0, 1]], after: [2], noise: [], ends: [[0], [0, 1]] };
  return {
    ...standard(1), start: array([1, 1], [2]), times: [3, 2, 1], extent: [-1, 1], border: 100,
    "coefficients:0": array([5, 2], [0.5, 0.25, 0.25, 0.5, 1, 1, 0.5, 0.25, 0.25, 0.5]),
    run: { shape: [3, 1, 1], order: [0, 0], followed: 1, steps: [step] },
  };
}

Deno.test("normals are those of NumPy", () => {
  const found = createGenerator(LIMBS).fill(new Float64Array(3));
  [-0.006826779865523179, 1.0461432923049026, 0.7415884212884828].forEach((z, i) => near(found[i], z));
});

Deno.test("the score of a Gaussian is linear, scaled and shifted where it is wrong", () => {
  for (const dim of [1, 2]) {
    const { score, jacobian, trace_gradient: bend } = createScore(standard(dim), dim);
    const x = Float64Array.from([0.5, -2]);
    same([...score(1, x)], [-0.5, 2]);
    same([...score(4, x)], [2, 7]);
    [...jacobian(4, x, Float64Array.from([1, 2]))].forEach((value, i) => near(value, [-2, -4][i]));
    same([...bend(1, x)].map((value) => value + 0), [0, 0]);
  }
});

Deno.test("a run takes each update's own coefficients", () => {
  const panel = halving();
  same([...simulate(panel.run, panel)].map(({ t, y }) => [t, ...y]), [[3, 2], [2, 0.5], [1, -0.125]]);
});

Deno.test("a panel gets codes, what is outside, and the parts of steps", async () => {
  const panel = halving();
  await perform(panel, () => true);
  same([...panel.positions.values], [200, 50, -12.5]);
  same(panel.outside, [1, 0, 0]);
  same([...panel.paths.values], [2, 0.5, -0.125]);
  same([...panel.score.values], [-2, -0.5, 0.125]);
  same(panel.parts.shape, [2, 1, 2, 1]);
  same([...panel.parts.values], [2, 0.5, 0.5, -0.125]);
});

Deno.test("a run that nobody waits for any more is left", async () => {
  const panel = halving();
  let asked = 0;
  await perform(panel, () => { asked += 1; return false; });
  is(asked, 1);
  same(panel.outside, []);
});
