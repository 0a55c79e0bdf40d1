// Dragged runs are compared with Python's in tests/dashboard/animation/test_ladder.py.
import { deepStrictEqual as same, strictEqual as is } from "node:assert";
import { arrive, createDrag } from "../../dashboard/player/drag.js";
import { createDraws, createGenerator } from "../../dashboard/player/generator.js";
import { fewOf } from "../../dashboard/player/preview.js";

const LIMBS = [
  10805625, 6415473, 11300033, 7161823, 8928841, 216,
  7255467, 6806814, 8864682, 5545336, 8782902, 106,
]; // of numpy.random.default_rng(12)

/** An element that the control knows: fields, events, children. */
function element() {
  const attributes = new Map();
  return Object.assign(new EventTarget(), {
    value: "0", hidden: false, textContent: "", options: [], attributes,
    setAttribute: (name, value) => attributes.set(name, value),
    replaceChildren(...options) { this.options = options; },
  });
}

const dial = (given = {}) => ({ name: "steps", label: "T", values: [2, 4, 8], value: 4, of: "a", ...given });
const showOf = (dials, heard = null) => ({ panels: [{ name: "server's" }], drag: { dials, heard } });

/** A control with what it shows and tells. */
function control() {
  globalThis.document = Object.assign(new EventTarget(), { createElement: () => ({}) });
  const parts = { ".drag-what": element(), ".drag-slider": element(), ".drag-value": element(), ".drag-note": element() };
  const root = Object.assign(element(), { querySelector: (name) => parts[name] });
  const [shown, told] = [[], []];
  const drag = createDrag({ listeners: new AbortController() }, root, (show) => shown.push(show));
  const slider = parts[".drag-slider"];
  return {
    drag, root, slider, what: parts[".drag-what"], text: parts[".drag-value"], shown, told,
    note: parts[".drag-note"],
    arrive: (show) => arrive(drag, show, (event, value) => told.push([event, value])),
    fire: (...names) => names.forEach((name) => slider.dispatchEvent(new Event(name))),
    values: () => told.flatMap(([, sent]) => ("value" in sent ? [sent.value] : [])),
    turn(index) { slider.value = String(index); this.fire("input"); },
  };
}

Deno.test("a seed's normals are drawn once and read again from the first on", () => {
  const truth = [...createGenerator(LIMBS).fill(new Float64Array(9))];
  const begin = createDraws(LIMBS);
  for (const sizes of [[2, 1], [4, 5], [1, 2]]) {
    const reader = begin();
    const found = sizes.flatMap((size) => [...reader.fill(new Float64Array(size))]);
    same(found, truth.slice(0, found.length));
  }
});

Deno.test("as many particles are moved at once as a run's evaluations allow", () => {
  const run = (operations, count, cost) => ({ steps: [{ operations }], order: Array(count).fill(0), cost });
  const one = [["score", 0, 0], ["sum", 0, 1], ["normal"]];
  is(fewOf(run(one, 99, 75), 500), 500);
  is(fewOf(run(one, 99, 75), 2000), 673);
  is(fewOf(run([...one, ["jacobian", 0, 0, 1]], 99, 75), 2000), 336);
  is(fewOf(run(one, 399, 12500), 2000), 50);
  is(fewOf(run(one, 399, 12500), 20), 20);
});

Deno.test("without dials, or without anybody to tell, the control is absent", () => {
  const one = control();
  one.arrive(showOf([]));
  is(one.root.hidden, true);
  one.arrive(showOf([dial()]));
  is(one.root.hidden, false);
  arrive(one.drag, showOf([dial()]), undefined);
  is(one.root.hidden, true);
  is(one.shown.length, 3);
});

Deno.test("the slider has the dial's values and says the present one", () => {
  const one = control();
  one.arrive(showOf([dial(), dial({ name: "seed", label: "seed", values: [0, 1], value: 1, of: "b" })]));
  same(one.what.options.map(({ textContent }) => textContent), ["T", "seed"]);
  same([one.slider.max, Number(one.slider.value), one.text.textContent], [2, 1, "T = 4"]);
  is(one.slider.attributes.get("aria-label"), "T");
  one.what.value = "seed";
  one.what.dispatchEvent(new Event("change"));
  same([one.slider.max, Number(one.slider.value), one.text.textContent], [1, 1, "seed = 1"]);
});

Deno.test("a touch asks for the ladder, once", () => {
  const one = control();
  one.arrive(showOf([dial()]));
  same(one.told, []);
  one.fire("focus", "pointerdown", "focus");
  same(one.told, [["told", { name: "steps" }]]);
  const other = control();
  other.arrive(showOf([dial()]));
  other.fire("pointerdown");
  same(other.told, [["told", { name: "steps" }]]);
});

Deno.test("a held key tells its last value when it is let go, and a pointer too", () => {
  for (const [down, up] of [["keydown", "keyup"], ["pointerdown", "pointerup"]]) {
    const one = control();
    one.arrive(showOf([dial()]));
    one.fire(down);
    one.turn(2);
    if (down === "keydown") one.fire("change");
    one.turn(0);
    same(one.values(), []);
    one.fire(up, "change", "blur");
    same(one.values(), [2]);
  }
});

Deno.test("a value dragged back to the server's is not told", () => {
  const one = control();
  one.arrive(showOf([dial()]));
  one.fire("pointerdown");
  one.turn(2);
  one.turn(1);
  one.fire("pointerup");
  same(one.values(), []);
});

Deno.test("what is told stays until the server has heard it, and then the server's value counts", () => {
  const one = control();
  one.arrive(showOf([dial()]));
  one.turn(2);
  one.fire("change");
  const { id } = one.told.at(-1)[1];
  one.arrive(showOf([dial()]));
  is(one.text.textContent, "T = 8");
  is(one.note.textContent, "the run follows");
  one.arrive(showOf([dial()], id)); // refused there
  is(one.text.textContent, "T = 4");
  is(one.note.textContent, "");
});

Deno.test("who drags on while the server answers keeps the slider", () => {
  const one = control();
  one.arrive(showOf([dial()]));
  one.fire("keydown");
  one.turn(0);
  one.arrive(showOf([dial({ value: 8 })]));
  is(one.text.textContent, "T = 2");
  one.fire("keyup");
  one.arrive(showOf([dial({ value: 2 })], one.told.at(-1)[1].id));
  is(one.text.textContent, "T = 2");
});
