// The followed particle: where it is, what its step consists of, and both in words.
import { said } from "../said.js";

const UNFOLLOWED = 60; // particles that can be followed where no steps are given

/** How many particles can be followed in every panel. */
export function followable(show) {
  return Math.min(...show.panels.map((panel) => (
    panel.follow ? panel.paths.shape[1] : Math.min(UNFOLLOWED, panel.particles))));
}

/** Row `index` of an array, the index spelled out axis by axis, as plain numbers. */
function entry({ shape, values }, ...index) {
  const width = shape.slice(index.length).reduce((a, b) => a * b, 1);
  const at = index.reduce((sum, k, axis) => sum * shape[axis] + k, 0) * width;
  return Array.from(values.subarray(at, at + width));
}

/** Y_t of particle i at a frame, in the units of the axes. */
export function pointAt(panel, frame, i) {
  if (panel.follow && i < panel.paths.shape[1]) return entry(panel.paths, frame, i);
  return entry(panel.positions, frame, i).map((code, k) => {
    const [low, high] = panel.extent.slice(2 * k);
    return low + ((code / panel.border + 1) / 2) * (high - low);
  });
}

/** The particle before the step from `step` to the next frame, and after each of its parts. */
export function stepPoints(panel, step, i) {
  if (!panel.follow) return [pointAt(panel, step, i), pointAt(panel, step + 1, i)];
  const names = panel.follow.names;
  return [pointAt(panel, step, i), ...names.map((_, part) => entry(panel.parts, step, i, part))];
}

export const partsOf = (panel) => panel.follow?.names.length ?? 1;

const mix = (a, b, share) => a.map((value, k) => value + share * (b[k] - value));

/** Where the followed particle is drawn: by parts in slow motion, else straight on. */
export function followedPoint(panel, place) {
  if (panel.frames === 1) return pointAt(panel, 0, place.follow);
  const points = stepPoints(panel, place.step, place.follow);
  if (place.slow) return mix(points[place.part], points[place.part + 1], place.partShare);
  return mix(points[0], points.at(-1), place.position - place.step);
}

/** Moves the followed particle's codes to where it is drawn. */
export function moveFollowed(panel, place, codes) {
  if (!place.slow || place.follow < 0) return;
  followedPoint(panel, place).forEach((value, k) => {
    const [low, high] = panel.extent.slice(2 * k);
    const code = ((2 * (value - low)) / (high - low) - 1) * panel.border;
    codes[place.follow * panel.dimension + k] = code;
  });
}

// ---- words

function numberText(value) {
  const size = Math.abs(value);
  const text = size >= 1000 || (size > 0 && size < 5e-4)
    ? value.toExponential(1) : value.toFixed(3);
  return (Number(text) === 0 ? "0.000" : text).replace("-", "−").replace("e−", "e-").replace("e+", "e");
}

export function vectorText(vector) {
  const texts = vector.map(numberText);
  return texts.length === 1 ? texts[0] : `(${texts.join(", ")})`;
}

function scalarText(value) {
  return String(Number(value.toPrecision(3))).replace("-", "−");
}

/** The current part of the followed particle's step: its heading, and its formula in numbers. */
export function formulaAt(panel, place) {
  const { step, part, follow: i } = place;
  const { names, formulas, scalars, vectors } = panel.follow;
  const points = stepPoints(panel, step, i);
  const fields = { y: vectorText(points[0]), s: vectorText(entry(panel.score, step, i)) };
  points.slice(1).forEach((point, k) => { fields[`p${k + 1}`] = vectorText(point); });
  for (const name of scalars) fields[name] = scalarText(entry(panel[`scalar:${name}`], step)[0]);
  for (const name of vectors) fields[name] = vectorText(entry(panel[`vector:${name}`], step, i));
  // a negative number after a sign of operation is put in brackets
  const formula = formulas[part].replace(/([+·] ?)?\{(\w+)\}/g, (_, sign, name) => (
    sign && fields[name].startsWith("−") ? `${sign}(${fields[name]})` : `${sign ?? ""}${fields[name]}`));
  const times = `t = ${panel.times[step]} → ${panel.times[step + 1]}`;
  return { heading: said`${times}, part ${part + 1} of ${names.length}: ${names[part]}`, formula };
}

/** What is known about the followed particle at the place's frame. */
export function describeFollowed(panel, place) {
  const { frame, follow: i } = place;
  const t = panel.times[frame];
  const symbol = panel.direction === "forward" ? "X" : "Y";
  const y = pointAt(panel, frame, i);
  const known = [`${symbol}_[${t}] = ${vectorText(y)}`];
  if (panel.follow) known.push(said`score s_[${t}] = ${vectorText(entry(panel.score, frame, i))}`);
  if (frame + 1 < panel.frames) {
    const next = pointAt(panel, frame + 1, i);
    known.push(said`next step ${vectorText(next.map((value, k) => value - y[k]))}`);
  }
  return known.join(", ");
}
