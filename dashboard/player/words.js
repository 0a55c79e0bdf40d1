// What the player says in words, beside the picture.
import { textParts } from "./canvas.js";
import { describeFollowed, followable, formulaAt, vectorText } from "./follow.js";
import { tellsDistance } from "./story.js";
import { said } from "../said.js";

export function readoutAt(panel, frame) {
  const outside = panel.outside[frame] ? said`${panel.outside[frame]} outside the view` : "";
  const number = panel.readouts[frame] || distanceText(panel, frame);
  const known = panel.stale && number ? said`${number} for ${panel.stale}` : number;
  return [known, outside].filter(Boolean).join(" · ");
}

function distanceText(panel, frame) {
  if (!panel.distance) return "";
  const value = Number(panel.distance.values[frame].toPrecision(3));
  const error = panel.distance_error ? ` ± ${panel.distance_error.values[frame].toPrecision(1)}` : "";
  return `${panel.distance_name} = ${value}${error}`;
}

/** Nodes for a text with subscripts, as on the canvas. */
export function withSubscripts(text) {
  return textParts(text).map(([part, small]) => {
    if (!small) return part;
    const below = document.createElement("sub");
    below.textContent = part;
    return below;
  });
}

/** The same for a screen reader: subscripts stand after an underscore. */
const spoken = (text) => textParts(text).map(([part, small]) => (small ? `_${part}` : part)).join("");

function line(name, ...nodes) {
  const element = document.createElement("p");
  element.className = name;
  element.append(...nodes);
  return element;
}

const titled = (show, panel, text) => (
  show.panels.length > 1 && panel.title ? `${panel.title}: ${text}` : text);

/** Mean and standard deviation of a panel's particles at a frame, each a number a coordinate. */
export function momentsAt({ positions, dimension, particles, extent, border }, frame) {
  const size = particles * dimension;
  const codes = positions.values.subarray(frame * size, (frame + 1) * size);
  const sums = Array.from({ length: dimension }, () => [0, 0]);
  codes.forEach((code, i) => {
    sums[i % dimension][0] += code / border;
    sums[i % dimension][1] += (code / border) ** 2;
  });
  const moments = sums.map(([sum, squares], k) => {
    const [low, high] = extent.slice(2 * k);
    const mean = sum / particles;
    const spread = Math.sqrt(Math.max(0, squares / particles - mean ** 2));
    return { mean: low + ((mean + 1) / 2) * (high - low), spread: (spread / 2) * (high - low) };
  });
  return { mean: moments.map(({ mean }) => mean), spread: moments.map(({ spread }) => spread) };
}

function momentsText(panel, frame) {
  const { mean, spread } = momentsAt(panel, frame);
  return said`particles have mean ${vectorText(mean)} and standard deviation ${vectorText(spread)}`;
}

/** What a picture of these layers shows, with its numbers, for who does not see it.
 * drawn: what its legend names. */
export function describePicture(show, { layers, drawn }, places) {
  const dots = layers.has("particles") || layers.has("histogram");
  const panels = show.panels.map((panel, i) => {
    const { frame } = places[i];
    const known = [
      dots && !panel.outside[frame] && momentsText(panel, frame), // whose places are known
      tellsDistance(show) && readoutAt(panel, frame),
    ].filter(Boolean).join("; ");
    return known && titled(show, panel, known);
  });
  return spoken([drawn.join(", "), ...panels].filter(Boolean).join(". "));
}

/** All panels' readouts; with several they are on the canvas, and here for readers of text. */
export function writeReadouts(element, show, places) {
  const told = tellsDistance(show) ? show.panels : [];
  const texts = told.map((panel, i) => {
    const text = readoutAt(panel, places[i].frame);
    return text && titled(show, panel, text);
  });
  element.replaceChildren(...withSubscripts(texts.filter(Boolean).join("; ")));
}

/** The current part of the step and its formula in numbers, one per panel that knows it. */
export function writeFormulas(element, show, places) {
  const known = show.panels.flatMap((panel, i) => (
    panel.follow && panel.frames > 1 && places[i].slow && places[i].follow >= 0
      ? [[panel, formulaAt(panel, places[i])]] : []));
  element.hidden = known.length === 0;
  element.replaceChildren(...known.flatMap(([panel, { heading, formula }]) => [
    line("heading", ...withSubscripts(titled(show, panel, heading))),
    line("numbers", ...withSubscripts(formula)),
  ]));
}

/** Which particle is followed, and its numbers. */
export function writeFollowed(element, show, places) {
  const { follow } = places[0];
  if (follow < 0) {
    element.replaceChildren(line("hint", said`Click a particle, or press F, to follow it.`));
    return;
  }
  const head = said`Particle ${follow + 1} of ${followable(show)} followed`;
  const several = show.panels.length > 1;
  const lines = show.panels.map((panel, i) => (
    line("", ...withSubscripts(titled(show, panel, describeFollowed(panel, places[i]))))));
  if (several) element.replaceChildren(line("heading", head), ...lines);
  else {
    lines[0].prepend(`${head}: `);
    element.replaceChildren(lines[0]);
  }
}
