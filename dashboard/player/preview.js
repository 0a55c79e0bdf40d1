// A run at a dragged value, before the server has it: what is known of it is made here at once, and
// what is not - the exact law and its distances - stays that of the value before, and says so.
import { densityAt } from "./density.js";
import { createDraws } from "./generator.js";
import { performNow } from "./run.js";
import { createScore } from "./score.js";

const MOMENT = 5e6; // ns for the particles, a third of a frame
const LAW_TERMS = 150_000; // components of p_t at points of its curves
const LEAST = 50; // particles
const FIELD_KEYS = 25;
const LARGEST_CODE = 32767; // of a field
const EXACT = ["output", "output_quantiles", "target_quantiles", "distance", "distance_error"];

/** How many of the particles can be moved at once; cost: of the score of a run at one, in ns. */
export function fewOf({ steps, order, cost }, particles) {
  const asked = steps.map(({ operations }) => operations.filter(
    ([name]) => name !== "sum" && name !== "normal").length);
  const evaluations = order.reduce((sum, kind) => sum + asked[kind], 0);
  return Math.min(particles, Math.max(LEAST, Math.floor(MOMENT / (evaluations * cost))));
}

/**
 * The panel of a rung of a ladder, which shows `few` of the particles. field: whether its arrows are
 * wanted; law: whether that of the run stays the same; draws: where the normals come from.
 */
export function panelAt(base, rung, few, { field, law, draws }) {
  const panel = { ...base, ...rung };
  const [frames] = panel.run.shape;
  panel.run = { ...panel.run, shape: [frames, few, base.dimension], drawn: base.particles, followed: 0 };
  panel.frames = frames;
  panel.particles = few;
  panel.draws = draws;
  delete panel.follow; // steps in their parts are the server's
  if (!law) stretch(panel, base);
  if (rung.abar) remakeLaw(panel, field);
  performNow(panel);
  return panel;
}

/** What the run before had at the same share of its way. */
function stretch(panel, base) {
  const from = (frame) => Math.round((frame * (base.frames - 1)) / Math.max(1, panel.frames - 1));
  const frames = Array.from({ length: panel.frames }, (_, frame) => from(frame));
  for (const name of base.dimension === 1 ? EXACT : ["distance", "distance_error"]) {
    if (base[name]) panel[name] = rowsOf(base[name], frames);
  }
  panel.readouts = base.readouts.length ? frames.map((frame) => base.readouts[frame]) : [];
  if (!base.peaks) return;
  panel.peaks = Object.fromEntries(Object.entries(base.peaks).map(
    ([name, peaks]) => [name, frames.map((frame) => peaks[frame])]));
}

function rowsOf({ shape, values }, rows) {
  const width = values.length / shape[0];
  const out = new values.constructor(rows.length * width);
  rows.forEach((row, k) => out.set(values.subarray(row * width, (row + 1) * width), k * width));
  return { shape: [rows.length, ...shape.slice(1)], values: out };
}

function remakeLaw(panel, field) {
  if (panel.target) panel.target = panel.dimension === 1 ? curves(panel) : maps(panel);
  if (panel.field && field) panel.field = arrows(panel);
}

/** p_t over the grid at every frame, where that takes too long at some, and straight between. */
function curves(panel) {
  const grid = panel.grid.values;
  const unit = 65_535 / panel.curve_top;
  const { frames, times } = panel;
  const values = new Float32Array(frames * grid.length);
  const cost = frames * grid.length * panel.weights.values.length;
  const stride = Math.ceil(cost / LAW_TERMS);
  const peaks = [];
  let last = 0;
  for (let frame = 0; frame < frames; frame = frame === frames - 1 ? frames : Math.min(frames - 1, frame + stride)) {
    const density = densityAt(panel, 1, times[frame]);
    grid.forEach((x, i) => { values[frame * grid.length + i] = Math.min(65_535, unit * density(x, 0)); });
    fillBetween(values, grid.length, last, frame);
    last = frame;
  }
  for (let frame = 0; frame < frames; frame += 1) {
    const row = values.subarray(frame * grid.length, (frame + 1) * grid.length);
    peaks.push(row.reduce((a, b) => Math.max(a, b), 0) / unit);
  }
  panel.peaks = { ...panel.peaks, target: peaks };
  return { shape: [frames, grid.length], values };
}

function fillBetween(values, width, from, to) {
  for (let row = from + 1; row < to; row += 1) {
    const share = (row - from) / (to - from);
    for (let i = 0; i < width; i += 1) {
      const [a, b] = [values[from * width + i], values[to * width + i]];
      values[row * width + i] = a + share * (b - a);
    }
  }
}

/**
 * p_t on the raster as shares of its maximum, each frame when it is shown; at least as wide as a
 * cell, where q_t is not drawn beside it, as the server has it.
 */
function maps(panel) {
  const [, rows, columns] = panel.target.shape;
  const [x0, x1, y0, y1] = panel.raster;
  const size = rows * columns;
  const cell = (x1 - x0) / (columns - 1);
  const values = new Float32Array(panel.frames * size);
  const made = new Set();
  function make(frame) {
    if (made.has(frame)) return;
    made.add(frame);
    const t = panel.times[frame];
    const lacking = cell ** 2 - panel.abar.values[t] * panel.finest ** 2 - panel.var.values[t];
    const density = densityAt(panel, 2, t, panel.output ? 0 : Math.max(0, lacking));
    const row = values.subarray(frame * size, (frame + 1) * size);
    let top = Number.MIN_VALUE;
    for (let k = 0; k < size; k += 1) {
      const column = k % columns;
      row[k] = density(
        x0 + (column * (x1 - x0)) / (columns - 1), y0 + (((k - column) / columns) * (y1 - y0)) / (rows - 1));
      top = Math.max(top, row[k]);
    }
    for (let k = 0; k < size; k += 1) row[k] *= 255 / top;
  }
  return { shape: [panel.frames, rows, columns], values, make };
}

/** sqrt(1 - abar_t) s_t at the centres of equal cells, at some frames. */
function arrows(panel) {
  const { shape: [, ...shape] } = panel.field;
  const dim = panel.dimension;
  const count = Math.min(FIELD_KEYS, panel.frames);
  const cells = dim === 1 ? shape : [shape[1], shape[0]]; // across, and upwards
  const centre = (k, axis) => {
    const [low, high] = panel.raster.slice(2 * axis);
    return low + ((k + 0.5) / cells[axis]) * (high - low);
  };
  const points = Float64Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => {
    const k = Math.floor(i / dim);
    return dim === 1 || i % 2 === 0 ? centre(k % cells[0], 0) : centre(Math.floor(k / cells[0]), 1);
  });
  const { score } = createScore(panel, dim);
  const values = new Float32Array(count * points.length);
  for (let key = 0; key < count; key += 1) {
    const t = panel.times[Math.round((key * (panel.frames - 1)) / Math.max(1, count - 1))];
    const unit = (Math.sqrt(panel.var.values[t]) * LARGEST_CODE) / panel.field_top;
    values.set(score(t, points).map((s) => unit * s), key * points.length);
  }
  return { shape: [count, ...shape], values };
}

/** draws(limbs): the normals of a seed, kept for the next value, if it has the same. */
export function createMemory() {
  let [name, begin] = ["", null];
  return (limbs) => {
    if (name !== limbs.join()) [name, begin] = [limbs.join(), createDraws(limbs)];
    return begin;
  };
}
