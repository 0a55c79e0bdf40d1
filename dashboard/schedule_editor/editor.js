// A falling curve through handles: moved here, sent when let go, undone and reset.
import { onceHeard } from "../connection.js";
import { pchip } from "./pchip.js";
import { said } from "../said.js";

const HEIGHT = 330;
const MARGIN = { left: 62, right: 78, top: 30, bottom: 50 };
const INSET = 16; // between the axes' numbers and the first and last handle
const FINEST = 0.2; // of log-SNR, moved by an arrow key
const SIDEWAYS = 0.01; // of the way from t = 1 to t = T
const COARSE = 5; // times as far with Shift
const PAUSE = 350; // ms after the last key before the curve is sent
const HISTORY = 100;
const NAMESPACE = "http://www.w3.org/2000/svg";
const editors = new WeakMap(); // by the element Streamlit mounts into; survives script reruns

const copy = (points) => points.map((point) => [...point]);
const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);
const clamp = (value, low, high) => Math.min(Math.max(value, low), high);

function createEditor(host) {
  const find = (name) => host.querySelector(`.${name}`);
  const editor = {
    root: find("editor"), plot: find("plot"), axes: find("axes"), curve: find("curve"),
    reference: find("reference"), handles: find("handles"), say: find("say"),
    undo: find("undo"), reset: find("reset"),
    data: null, points: [], sent: [], history: [], knobs: [], timer: 0, waiting: 0, send: () => {},
  };
  editor.undo.addEventListener("click", () => undo(editor));
  editor.reset.addEventListener("click", () => change(editor, copy(editor.data.start)));
  editor.root.addEventListener("keydown", (event) => {
    if (event.key.toLowerCase() !== "z" || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    undo(editor);
  });
  editor.resized = new ResizeObserver(() => draw(editor));
  editor.resized.observe(editor.root);
  return editor;
}

// ---- geometry

/** The visible log-SNR: all handles with room to move, the same while one is held. */
export function span(editor) {
  const { reference, limit } = editor.data;
  const all = [...editor.sent, ...reference].map((point) => point[1]);
  return [
    Math.max(-limit, Math.floor(Math.min(-10, ...all) - 1)),
    Math.min(limit, Math.ceil(Math.max(10, ...all) + 1)),
  ];
}

function scales(editor) {
  const [low, high] = span(editor);
  const width = Math.max(200, editor.root.clientWidth);
  const [w, h] = [width - MARGIN.left - MARGIN.right, HEIGHT - MARGIN.top - MARGIN.bottom];
  return {
    width, low, high,
    x: (v) => MARGIN.left + v * w, y: (s) => MARGIN.top + ((high - s) / (high - low)) * h,
    v: (x) => (x - MARGIN.left) / w, s: (y) => high - ((y - MARGIN.top) / h) * (high - low),
  };
}

/** 1/(1 + e^-s) as a short text, exact enough near both ends. */
export function abarText(s) {
  const abar = 1 / (1 + Math.exp(-s));
  if (abar < 1e-3) return abar.toExponential(0).replace("e-", "·10⁻").replace(/\d+$/, superscript);
  const places = abar > 0.99 ? Math.min(12, Math.ceil(s / Math.LN10) + 1) : 3;
  return String(Number(abar.toFixed(places)));
}

const superscript = (digits) => digits.replace(/\d/g, (d) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[d]);

export function nice(low, high, count) {
  const raw = (high - low) / count;
  const unit = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((k) => k * unit).find((size) => size >= raw);
  const ticks = [];
  for (let at = Math.ceil(low / step) * step; at <= high + 1e-9; at += step) ticks.push(at);
  return ticks;
}

// ---- drawing

function element(name, attributes, text) {
  const made = document.createElementNS(NAMESPACE, name);
  Object.entries(attributes).forEach(([key, value]) => made.setAttribute(key, value));
  if (text !== undefined) made.textContent = text;
  return made;
}

function axes(editor, scale) {
  const [left, right] = [scale.x(0) - INSET, scale.x(1) + INSET];
  const [top, bottom] = [scale.y(scale.high), scale.y(scale.low)];
  const title = (x, y, anchor, text) => element("text", { x, y, "text-anchor": anchor, class: "title" }, text);
  const parts = [
    title(0, 14, "start", "log-SNR"), title(scale.width, 14, "end", "ᾱ"),
    title((left + right) / 2, HEIGHT - 4, "middle", said`t, from data to noise`),
  ];
  for (const s of nice(scale.low, scale.high, 6)) {
    const y = scale.y(s);
    parts.push(
      element("line", { x1: left, x2: right, y1: y, y2: y, class: s === 0 ? "half" : "" }),
      element("text", { x: left - 8, y: y + 5, "text-anchor": "end" }, String(s).replace("-", "−")),
      element("text", { x: right + 8, y: y + 5 }, abarText(s)));
  }
  const { steps } = editor.data;
  const inner = nice(1, steps, 5).filter((t) => t > 1 + 0.05 * steps && t < 0.95 * steps);
  for (const t of [...new Set([1, ...inner.map(Math.round), steps])]) {
    const x = scale.x((t - 1) / (steps - 1));
    parts.push(
      element("line", { x1: x, x2: x, y1: top, y2: bottom }),
      element("text", { x, y: bottom + 20, "text-anchor": "middle" }, t.toLocaleString("en")));
  }
  editor.axes.replaceChildren(...parts);
}

const path = (points, scale) => points
  .map(([v, s], i) => `${i ? "L" : "M"}${scale.x(v).toFixed(1)} ${scale.y(s).toFixed(1)}`).join("");

function draw(editor) {
  if (!editor.data || !editor.root.clientWidth) return;
  const scale = scales(editor);
  editor.plot.setAttribute("viewBox", `0 0 ${scale.width} ${HEIGHT}`);
  axes(editor, scale);
  editor.reference.setAttribute("d", path(editor.data.reference, scale));
  if (editor.knobs.length !== editor.points.length) createKnobs(editor);
  move(editor);
}

/** The curve and the handles where they are now. */
function move(editor) {
  const scale = scales(editor);
  const through = pchip(editor.points);
  const fine = Array.from({ length: 241 }, (_, i) => [i / 240, through(i / 240)]);
  editor.curve.setAttribute("d", path(fine, scale));
  editor.points.forEach(([v, s], i) => {
    const knob = editor.knobs[i];
    const [low, high] = room(editor, i);
    knob.setAttribute("transform", `translate(${scale.x(v)} ${scale.y(s)})`);
    knob.setAttribute("aria-valuemin", low.toFixed(2));
    knob.setAttribute("aria-valuemax", high.toFixed(2));
    knob.setAttribute("aria-valuenow", s.toFixed(2));
    knob.setAttribute("aria-valuetext", describe(editor, i));
  });
  editor.undo.disabled = editor.history.length === 0;
  editor.reset.disabled = same(editor.points, editor.data.start);
}

function describe(editor, i) {
  const [v, s] = editor.points[i];
  const t = Math.round(1 + v * (editor.data.steps - 1)).toLocaleString("en");
  return `t = ${t}, log-SNR ${s.toFixed(2).replace("-", "−")}, ᾱ = ${abarText(s)}`;
}

function createKnobs(editor) {
  const count = editor.points.length;
  editor.knobs = editor.points.map((_, i) => {
    const knob = element("g", {
      class: "handle", role: "slider", tabindex: 0, "aria-orientation": "vertical",
      "aria-label": said`Handle ${i + 1} of ${count}`,
    });
    knob.append(element("circle", { r: 22, class: "reach" }), element("circle", { r: 8, class: "knob" }));
    knob.addEventListener("pointerdown", (event) => hold(editor, i, event));
    knob.addEventListener("keydown", (event) => press(editor, i, event));
    knob.addEventListener("focus", () => { editor.say.textContent = describe(editor, i); });
    return knob;
  });
  editor.handles.replaceChildren(...editor.knobs);
}

// ---- moving handles

/** How low and how high handle i may go: the curve has to fall. */
export function room(editor, i) {
  const { limit, gap } = editor.data;
  const [before, after] = [editor.points[i - 1], editor.points[i + 1]];
  return [after ? after[1] + gap : -limit, before ? before[1] - gap : limit];
}

export function place(editor, i, v, s) {
  const { narrowest } = editor.data;
  const [before, after] = [editor.points[i - 1], editor.points[i + 1]];
  const [low, high] = room(editor, i);
  const kept = before && after ? clamp(v, before[0] + narrowest, after[0] - narrowest) : i && 1;
  editor.points[i] = [Number(kept.toFixed(4)), Number(clamp(s, low, high).toFixed(3))];
  if (before && after && !(editor.points[i][0] > before[0] && editor.points[i][0] < after[0])) {
    editor.points[i][0] = v;
  }
  move(editor);
  editor.say.textContent = describe(editor, i);
}

function hold(editor, i, event) {
  if (event.button > 0) return;
  const knob = editor.knobs[i];
  const begun = copy(editor.points);
  const scale = scales(editor);
  const [x, y] = [scale.x(begun[i][0]) - event.pageX, scale.y(begun[i][1]) - event.pageY];
  const follow = (next) => place(editor, i, scale.v(next.pageX + x), scale.s(next.pageY + y));
  const release = () => {
    knob.dataset.held = false;
    knob.removeEventListener("pointermove", follow);
    if (!same(begun, editor.points)) commit(editor, begun);
  };
  event.preventDefault();
  knob.focus({ preventScroll: true, focusVisible: false });
  knob.dataset.held = true;
  knob.setPointerCapture(event.pointerId);
  knob.addEventListener("pointermove", follow);
  knob.addEventListener("lostpointercapture", release, { once: true });
}

function press(editor, i, event) {
  const moves = { ArrowUp: [0, 1], ArrowDown: [0, -1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] };
  const step = moves[event.key];
  if (!step || event.ctrlKey || event.altKey || event.metaKey) return;
  event.preventDefault();
  const far = event.shiftKey ? COARSE : 1;
  const [v, s] = editor.points[i];
  editor.begun ||= copy(editor.points);
  place(editor, i, v + step[0] * far * SIDEWAYS, s + step[1] * far * FINEST);
  clearTimeout(editor.timer);
  editor.timer = setTimeout(() => settle(editor), PAUSE);
}

/** Sends what the keys have moved. */
function settle(editor) {
  clearTimeout(editor.timer);
  if (editor.begun && !same(editor.begun, editor.points)) commit(editor, editor.begun);
  editor.begun = null;
}

function commit(editor, before) {
  editor.history.push(before);
  editor.history.splice(0, editor.history.length - HISTORY);
  publish(editor);
}

function change(editor, points) {
  settle(editor);
  const before = copy(editor.points);
  editor.points = points;
  commit(editor, before);
}

function undo(editor) {
  settle(editor);
  if (!editor.history.length) return;
  editor.points = editor.history.pop();
  publish(editor);
}

function publish(editor) {
  editor.sent = copy(editor.points);
  draw(editor);
  onceHeard(editor, () => editor.send(copy(editor.points)));
}

// ---- data

function isDark(root) {
  const probe = document.createElement("canvas").getContext("2d");
  probe.fillStyle = getComputedStyle(root).getPropertyValue("--st-background-color") || "#fff";
  const [r, g, b] = [1, 3, 5].map((i) => parseInt(probe.fillStyle.slice(i, i + 2), 16));
  return 0.3 * r + 0.6 * g + 0.1 * b < 128;
}

/** A new origin brings new handles; otherwise those of the reader stay as they are. */
function load(editor, data) {
  const anew = editor.data?.origin !== data.origin && !editor.waiting;
  editor.data = data;
  if (anew) {
    clearTimeout(editor.timer);
    const points = { points: copy(data.points), sent: copy(data.points) };
    Object.assign(editor, points, { begun: null, history: [] });
    editor.say.textContent = "";
  }
  const dark = Number(isDark(editor.root));
  editor.root.style.setProperty("--editor-colour", data.colours[dark]);
  editor.root.style.setProperty("--editor-reference", data.reference_colours[dark]);
  draw(editor);
}

export default function scheduleEditor({ data, parentElement, setTriggerValue }) {
  let editor = editors.get(parentElement);
  if (!editor?.root.isConnected) {
    editor?.resized.disconnect();
    editor = createEditor(parentElement);
    editors.set(parentElement, editor);
  }
  editor.send = (points) => setTriggerValue("points", points);
  if (data) load(editor, data);
  return () => setTimeout(() => {
    // Streamlit also calls this for a call it has superseded, while the editor is still in use
    if (parentElement.isConnected) return;
    editor.resized.disconnect();
    editors.delete(parentElement);
  });
}
