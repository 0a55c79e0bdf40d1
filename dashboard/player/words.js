// What the player says in words, beside the picture.
import { textParts } from "./canvas.js";
import { describeFollowed, followable, formulaAt } from "./follow.js";
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

function line(name, ...nodes) {
  const element = document.createElement("p");
  element.className = name;
  element.append(...nodes);
  return element;
}

const titled = (show, panel, text) => (
  show.panels.length > 1 && panel.title ? `${panel.title}: ${text}` : text);

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
