// Dragging a number of the experiment: the run is remade here at once, from programs that the server
// gives for all values once they are asked for, and the server follows when the number is let go.
import { carried, onCarried } from "./carried.js";
import { decodeLadder } from "./payload.js";
import { layersOf } from "./picture.js";
import { createMemory, fewOf, panelAt } from "./preview.js";
import { perform } from "./run.js";
import { said } from "../said.js";

const KEPT = 4; // ladders

/** take(show): shows it. */
export function createDrag(player, root, take) {
  const find = (name) => root.querySelector(`.${name}`);
  const drag = {
    root, take, what: find("drag-what"), slider: find("drag-slider"), text: find("drag-value"),
    note: find("drag-note"), dials: [], base: null, tell: null, ladders: new Map(), asked: "",
    held: "", told: null, turn: 0, draws: createMemory(), gone: player.listeners.signal,
  };
  const on = (element, event, act) => element.addEventListener(
    event, act, { signal: player.listeners.signal });
  onCarried(() => channelOf(drag), drag.gone, (bytes) => takeLadder(drag, bytes));
  on(drag.what, "change", () => choose(drag));
  on(drag.slider, "focus", () => ask(drag));
  on(drag.slider, "input", () => move(drag));
  for (const [begin, by] of [["pointerdown", "pointer"], ["keydown", "key"]]) {
    on(drag.slider, begin, () => {
      drag.held = by;
      ask(drag); // not every browser focuses what is pressed
    });
  }
  for (const end of ["keyup", "pointerup", "pointercancel", "blur"]) on(drag.slider, end, () => letGo(drag));
  // of a held key it comes at every step
  on(drag.slider, "change", () => drag.held === "key" || letGo(drag));
  return drag;
}

/** The server's run: shown, unless the reader is further on than what the server has heard. */
export function arrive(drag, show, tell) {
  const before = dialOf(drag);
  const ahead = before && (drag.held || drag.told) ? valueOf(drag) : null;
  drag.base = show;
  drag.tell = tell;
  drag.dials = (tell && show.drag?.dials) || [];
  drag.root.hidden = drag.dials.length === 0;
  if (drag.told?.id === show.drag?.heard) drag.told = null;
  const names = drag.dials.map(({ name }) => name);
  drag.what.replaceChildren(...drag.dials.map(optionOf));
  drag.what.value = names.includes(before?.name) ? before.name : names[0];
  const dial = dialOf(drag);
  const stays = dial && dial.name === before?.name && (drag.held || drag.told);
  if (dial) turnTo(drag, stays && dial.values.includes(ahead) ? ahead : dial.value);
  if (!stays) drag.told = null;
  preview(drag);
  if (before === undefined) takeLadder(drag, carried(channelOf(drag))); // it may have come first
}

const channelOf = ({ base }) => base && `${base.channel} ladder`;

function optionOf({ name, label }) {
  return Object.assign(document.createElement("option"), { value: name, textContent: label });
}

const dialOf = (drag) => drag.dials.find(({ name }) => name === drag.what.value);
const valueOf = (drag) => dialOf(drag).values[Number(drag.slider.value)];
const textOf = ({ label }, value) => `${label} = ${value.toLocaleString("en", { useGrouping: false })}`;

function turnTo(drag, value) {
  const { values, label } = dialOf(drag);
  drag.slider.max = values.length - 1;
  drag.slider.value = values.indexOf(value);
  drag.slider.setAttribute("aria-label", label);
  say(drag);
}

function say(drag) {
  drag.text.textContent = textOf(dialOf(drag), valueOf(drag));
  drag.slider.setAttribute("aria-valuetext", drag.text.textContent);
}

function choose(drag) {
  turnTo(drag, dialOf(drag).value);
  ask(drag);
  preview(drag);
}

/** Asks for the runs of the values, if they are neither here nor on their way. */
function ask(drag) {
  const { name, of } = dialOf(drag);
  if (drag.ladders.has(of) || drag.asked === of) return;
  drag.asked = of;
  drag.tell("told", { name });
}

async function takeLadder(drag, bytes) {
  if (!bytes) return;
  const { of, rungs } = await decodeLadder(bytes);
  drag.ladders.delete(of);
  if (drag.ladders.size >= KEPT) drag.ladders.delete(drag.ladders.keys().next().value);
  drag.ladders.set(of, rungs);
  if (dialOf(drag)?.of === of && valueOf(drag) !== dialOf(drag).value) preview(drag);
}

function move(drag) {
  say(drag);
  preview(drag);
}

/** The value becomes the server's, which answers with its run. */
function letGo(drag) {
  drag.held = "";
  const dial = dialOf(drag);
  const value = valueOf(drag);
  if (value === (drag.told?.value ?? dial.value)) return;
  drag.told = { id: Date.now(), value };
  drag.asked = dial.of; // telling asks for the ladder as well
  drag.tell("told", { name: dial.name, ...drag.told });
}

// ---- the run at the value

/** Shows the run at the slider's value: the server's where it has it, else what can be made here. */
function preview(drag) {
  drag.turn += 1;
  const { base } = drag;
  const dial = dialOf(drag);
  const value = dial && valueOf(drag);
  const ahead = dial && value !== dial.value;
  const rung = ahead && drag.ladders.get(dial.of)?.get(value);
  drag.note.textContent = ahead && !rung ? said`the run follows` : "";
  if (rung) remake(drag, dial, value, rung);
  else drag.take(base);
}

/** As many particles as a moment allows, and then all of them, unless the reader goes on. */
async function remake(drag, dial, value, rung) {
  const { base, turn } = drag;
  const [panel] = base.panels;
  const law = dial.name === "seed"; // on which no law depends
  const count = panel.particles;
  const few = fewOf(rung.run ?? panel.run, count);
  const draws = drag.draws((rung.generator ?? panel.generator).values);
  const made = panelAt(panel, rung, few, { field: layersOf(base).has("field"), law, draws });
  const show = (shown) => {
    const some = shown.particles < count && said`${few.toLocaleString("en")} of ${count.toLocaleString("en")} particles`;
    drag.note.textContent = [!law && said`exact numbers follow`, some].filter(Boolean).join(" · ");
    drag.take({ ...base, panels: [shown], ahead: textOf(dial, value) });
  };
  if (!law) made.stale = textOf(dial, dial.value);
  if (rung.abar) made.staleLaw = made.stale; // of what is not made again: the quantiles of p_t
  show(made);
  if (few === count) return;
  const all = { ...made, particles: count, run: { ...made.run, shape: [made.frames, count, made.dimension] } };
  const wanted = () => drag.turn === turn && !drag.gone.aborted;
  await new Promise((go) => setTimeout(go));
  await perform(all, wanted);
  if (wanted()) show(all);
}
