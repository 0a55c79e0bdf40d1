// A run from its program: particles moved here by the coefficients that Python's updates gave.
// This knows no sampler; diffusion_core/samplers/program.py says what the operations are.
import { createGenerator } from "./generator.js";
import { createScore } from "./score.js";

const LONGEST = 25; // ms of work without a pause
const FARTHEST = 32_767; // of a code; beyond the border it is drawn nowhere

/** sum_i coefficients[from + i] registers[places[i]], of the first `size` numbers each. */
function combine(registers, places, coefficients, from, size) {
  const out = new Float64Array(size);
  places.forEach((place, i) => {
    const [values, by] = [registers[place], coefficients[from + i]];
    for (let n = 0; n < size; n += 1) out[n] += by * values[n];
  });
  return out;
}

/** The registers after an update, and how many coefficients its operations took. */
function update(operations, registers, coefficients, t, score, draw) {
  let used = 0;
  const made = {
    sum: (...places) => {
      used += places.length;
      return combine(registers, places, coefficients, used - places.length, registers[0].length);
    },
    score: (r, ahead) => score.score(t + ahead, registers[r]),
    jacobian: (r, ahead, v) => score.jacobian(t + ahead, registers[r], registers[v]),
    trace_gradient: (r, ahead) => score.trace_gradient(t + ahead, registers[r]),
    normal: draw,
  };
  for (const [name, ...operands] of operations) registers.push(made[name](...operands));
  return used;
}

/**
 * {shape: [frames, particles, dimension], steps, order, followed} and the arrays of a panel ->
 * {t, y, score, step} for t = T..1; step is {ends, noise} of the followed, null at t = 1.
 * run.drawn: for how many particles the normals are drawn, the first of which are moved; all of
 * them by default. arrays.draws: where the normals come from instead of the generator.
 */
export function* simulate(run, arrays) {
  const [, particles, dim] = run.shape;
  const score = createScore(arrays, dim);
  const size = particles * dim;
  const generator = arrays.draws?.() ?? createGenerator(arrays.generator.values);
  const all = (run.drawn ?? particles) * dim;
  const draw = () => generator.fill(new Float64Array(all)).subarray(0, size);
  const tables = run.steps.map((_, k) => arrays[`coefficients:${k}`]);
  const columns = run.steps.map(() => 0);
  let left = [arrays.start?.values.subarray(0, size) ?? draw()];
  const few = run.followed * dim;
  for (const [i, kind] of run.order.entries()) {
    const { operations, after, noise, ends } = run.steps[kind];
    const { shape: [count, width], values } = tables[kind];
    const column = columns[kind];
    columns[kind] += 1;
    const coefficients = Float64Array.from({ length: count }, (_, c) => values[c * width + column]);
    const registers = [...left];
    const t = run.order.length + 1 - i;
    let used = update(operations, registers, coefficients, t, score, draw);
    const step = {
      ends: ends.map((places) => {
        used += places.length;
        return combine(registers, places, coefficients, used - places.length, few);
      }),
      noise: noise.map((place) => registers[place].subarray(0, few)),
    };
    yield { t, y: left[0], score, step };
    left = after.map((place) => registers[place]);
  }
  yield { t: 1, y: left[0], score, step: null };
}

/** Positions in codes, as they are sent where they are not computed here; how many lie outside. */
function encode({ extent, border }, y, codes, dim) {
  let outside = 0;
  for (let n = 0; n < y.length; n += dim) {
    let out = false;
    for (let k = 0; k < dim; k += 1) {
      const [low, high] = [extent[2 * k], extent[2 * k + 1]];
      const code = ((2 * (y[n + k] - low)) / (high - low) - 1) * border;
      codes[n + k] = Math.min(FARTHEST, Math.max(-FARTHEST, code));
      out ||= y[n + k] < low || y[n + k] > high;
    }
    outside += out;
  }
  return outside;
}

/** The browser's time to draw and to listen; `since` it had its last. */
async function breathe(since) {
  if (performance.now() - since < LONGEST) return since;
  await new Promise((go) => setTimeout(go));
  return performance.now();
}

/** Gives a panel the positions, and the parts of the followed particles' steps, of its run. */
export async function perform(panel, wanted) {
  const record = createRecord(panel);
  let since = performance.now();
  for (const state of simulate(panel.run, panel)) {
    since = await breathe(since);
    if (!wanted()) return;
    record(state);
  }
}

/** The same at once. */
export function performNow(panel) {
  const record = createRecord(panel);
  for (const state of simulate(panel.run, panel)) record(state);
}

/** record(state): of a run into the arrays that a panel gets here. */
function createRecord(panel) {
  const { run, times } = panel;
  const [frames, particles, dim] = run.shape;
  const few = run.followed;
  const rows = (count, ...shape) => ({
    shape: [count, ...shape], values: new Float32Array(shape.reduce((a, b) => a * b, count)) });
  const parts = run.steps[0].ends.length;
  const names = run.steps[0].noise.map((_, k) => `vector:z${k ? k + 1 : ""}`);
  panel.positions = rows(frames, particles, dim);
  panel.outside = [];
  if (few) {
    panel.paths = rows(frames, few, dim);
    panel.score = rows(frames, few, dim);
    panel.parts = rows(frames - 1, few, parts, dim);
    for (const name of names) panel[name] = rows(frames - 1, few, dim);
  }
  const frameOf = new Map(times.map((t, frame) => [t, frame]));
  return ({ t, y, score, step }) => {
    const frame = frameOf.get(t);
    if (frame === undefined) return;
    const codes = panel.positions.values.subarray(frame * y.length, (frame + 1) * y.length);
    panel.outside.push(encode(panel, y, codes, dim));
    if (!few) return;
    const width = few * dim;
    const followed = y.subarray(0, width);
    panel.paths.values.set(followed, frame * width);
    panel.score.values.set(score.score(t, followed), frame * width);
    step?.noise.forEach((z, k) => panel[names[k]].values.set(z, frame * width));
    step?.ends.forEach((end, part) => {
      for (let i = 0; i < few; i += 1) {
        const at = ((frame * few + i) * parts + part) * dim;
        panel.parts.values.set(end.subarray(i * dim, (i + 1) * dim), at);
      }
    });
  };
}
