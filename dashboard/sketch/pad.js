// What both pads share: size, theme, one stroke at a time, undo, and telling the page.
//
// A view is { prepare?, read, count, invitation, hint, height, draw, begin, move, end, key }, where
// `pad.content` is what is drawn and `view.begin/move/end` change it for a pointer at (x, y) in CSS
// pixels of the canvas. A finished stroke or key press is one entry of the history.
import { said } from "../said.js";

import { isHeard, LOOK } from "../connection.js";

const KEY_PAUSE = 500; // ms of rest after a key press before the page is told
const pads = new WeakMap(); // by the element Streamlit mounts into; survives script reruns

function createPad(root, view) {
  const find = (name) => root.querySelector(name);
  const pad = {
    root, view, stage: find(".stage"), canvas: find("canvas"), tools: find(".tools"),
    count: find(".count"), news: find(".news"), invitation: find(".invitation"),
    undo: find(".undo"), clear: find(".clear"),
    id: Math.random().toString(36).slice(2), strokes: 0, content: null, history: [], before: null,
    pointer: null, timer: 0, data: null, text: null, size: null, theme: null,
  };
  find(".hint").textContent = view.hint;
  pad.invitation.textContent = view.invitation;
  view.prepare?.(pad);
  listen(pad);
  pad.observer = new ResizeObserver(() => refit(pad));
  pad.observer.observe(pad.stage);
  return pad;
}

// ---- picture

function luminance(color) {
  const ctx = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  ctx.fillStyle = color;
  ctx.fillRect(0, 0, 1, 1);
  const [r, g, b] = ctx.getImageData(0, 0, 1, 1).data;
  return (0.2126 * r + 0.7152 * g + 0.0722 * b) / 255;
}

function readTheme(pad) {
  const style = getComputedStyle(pad.root);
  const value = (name, fallback) => style.getPropertyValue(name).trim() || fallback;
  const dark = luminance(value("--st-background-color", "#ffffff")) < 0.5;
  pad.root.dataset.theme = dark ? "dark" : "light";
  pad.theme = {
    text: value("--st-text-color", "#31333f"),
    law: getComputedStyle(pad.root).getPropertyValue("--pad-law").trim(),
    font: `12px ${value("--st-font", "sans-serif")}`,
  };
}

function refit(pad) {
  const width = Math.floor(pad.stage.clientWidth);
  if (!pad.data || width === 0) return;
  const scale = Math.min(2, Math.max(1, devicePixelRatio || 1));
  const height = pad.view.height(width);
  readTheme(pad);
  pad.size = { width, height, scale };
  pad.canvas.width = Math.round(width * scale);
  pad.canvas.height = Math.round(height * scale);
  pad.canvas.style.height = `${height}px`;
  draw(pad);
}

function draw(pad) {
  if (!pad.size) return;
  const ctx = pad.canvas.getContext("2d");
  ctx.setTransform(pad.size.scale, 0, 0, pad.size.scale, 0, 0);
  ctx.clearRect(0, 0, pad.size.width, pad.size.height);
  pad.view.draw(pad, ctx);
  pad.invitation.hidden = !isEmpty(pad) || pad.pointer !== null;
}

/** Marks of the axis under a picture: whole numbers from -reach to reach. */
export function drawTicks(pad, ctx, toX, y) {
  const { reach } = pad.data;
  ctx.font = pad.theme.font;
  ctx.fillStyle = pad.theme.text;
  ctx.textAlign = "center";
  ctx.textBaseline = "top";
  for (let value = -reach + 1; value < reach; value += 1) {
    ctx.fillRect(Math.round(toX(value)) - 0.5, y, 1, 4);
    ctx.fillText(String(value).replace("-", "−"), toX(value), y + 5);
  }
}

// ---- content

const isEmpty = (pad) => pad.view.size(pad.content) === 0;
const copy = (content) => JSON.parse(JSON.stringify(content));

function show(pad) {
  pad.count.textContent = pad.view.count(pad);
  pad.undo.disabled = pad.history.length === 0;
  pad.clear.disabled = isEmpty(pad);
  pad.canvas.dataset.size = pad.view.size(pad.content);
  draw(pad);
}

export function say(pad, text) {
  pad.news.textContent = text;
}

/** Keeps what was there before the change that begins now. */
function open(pad) {
  pad.before ??= copy(pad.content);
}

/** Ends a change: it can be undone, and the page hears of it, after a pause for keys. */
function commit(pad, pause = 0) {
  const { before } = pad;
  pad.before = null;
  if (before !== null && JSON.stringify(before) !== JSON.stringify(pad.content)) {
    pad.history.push(before);
    tellSoon(pad, pause);
  }
  show(pad);
}

function tellSoon(pad, pause) {
  clearTimeout(pad.timer);
  pad.timer = setTimeout(() => flush(pad), pause);
  if (!pause) flush(pad);
}

function flush(pad) {
  if (!pad.timer) return;
  clearTimeout(pad.timer);
  if (!isHeard()) {
    pad.timer = setTimeout(() => flush(pad), LOOK);
    return;
  }
  pad.timer = 0;
  pad.strokes += 1;
  pad.tell({ by: pad.id, stroke: pad.strokes, content: pad.content });
}

function undo(pad) {
  if (pad.history.length === 0) return;
  pad.content = pad.history.pop();
  tellSoon(pad, 0);
  show(pad);
  say(pad, said`Undone. ${pad.view.count(pad)}`);
}

function clear(pad) {
  open(pad);
  pad.content = pad.view.empty(pad);
  commit(pad);
  say(pad, said`The pad is empty.`);
}

// ---- events

function place(pad, event) {
  const box = pad.canvas.getBoundingClientRect();
  return [event.clientX - box.left, event.clientY - box.top];
}

function listen(pad) {
  const { canvas, view } = pad;
  canvas.addEventListener("pointerdown", (event) => {
    if (pad.pointer !== null || event.button !== 0 || !pad.size) return;
    pad.pointer = event.pointerId;
    canvas.setPointerCapture(event.pointerId);
    open(pad);
    view.begin(pad, ...place(pad, event));
    show(pad);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (event.pointerId !== pad.pointer) return;
    view.move(pad, ...place(pad, event));
    show(pad);
  });
  for (const name of ["pointerup", "pointercancel"]) {
    canvas.addEventListener(name, (event) => {
      if (event.pointerId !== pad.pointer) return;
      pad.pointer = null;
      view.end(pad, ...place(pad, event));
      commit(pad);
      say(pad, pad.view.count(pad));
    });
  }
  canvas.addEventListener("keydown", (event) => pressKey(pad, event));
  canvas.addEventListener("focus", () => draw(pad));
  canvas.addEventListener("blur", () => {
    flush(pad);
    draw(pad);
  });
  pad.undo.addEventListener("click", () => undo(pad));
  pad.clear.addEventListener("click", () => clear(pad));
}

function pressKey(pad, event) {
  if (event.altKey || !pad.size) return;
  if (event.ctrlKey || event.metaKey) {
    if (event.key === "z") {
      event.preventDefault();
      undo(pad);
    }
    return;
  }
  open(pad);
  if (pad.view.key(pad, event)) event.preventDefault();
  commit(pad, KEY_PAUSE);
}

// ---- data

function load(pad, data) {
  const own = data.echo === pad.id;
  const text = JSON.stringify(data);
  const again = text === pad.text; // a change of theme, perhaps while a stroke is on its way
  pad.data = data;
  pad.text = text;
  if (own || again || (pad.content !== null && pad.timer)) return;
  const content = pad.view.read(data);
  if (JSON.stringify(content) === JSON.stringify(pad.content)) return;
  pad.content = content;
  pad.history = [];
  pad.before = null;
}

export function mountPad(view, { data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".pad");
  let pad = pads.get(parentElement);
  if (pad?.root !== root) {
    pad?.observer.disconnect();
    pad = createPad(root, view);
    pads.set(parentElement, pad);
  }
  pad.tell = (sent) => setTriggerValue("drawn", sent);
  load(pad, data);
  refit(pad);
  show(pad);
  return () => setTimeout(() => {
    // Streamlit also calls this for a call it has superseded, while the pad is still in use
    if (parentElement.isConnected) return;
    pad.observer.disconnect();
    pads.delete(parentElement);
  });
}
