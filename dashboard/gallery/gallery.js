// A radio group of laws with pictures: one tab stop, the arrow keys choose, one message a choice.

import { isHeard, LOOK } from "../connection.js";

const PAUSE = 250; // ms of rest after an arrow key, so that passing by an item computes nothing
const SVG = "http://www.w3.org/2000/svg";
const galleries = new WeakMap(); // by the element Streamlit mounts into; survives script reruns

function element(name, className, parent) {
  const made = document.createElement(name);
  made.className = className;
  parent?.append(made);
  return made;
}

function shape(name, attributes, parent) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  parent?.append(made);
  return made;
}

// ---- pictures

function linePicture(item, [width, height]) {
  const svg = shape("svg", {
    class: "picture", viewBox: `0 0 ${width} ${height + 1}`, preserveAspectRatio: "none",
    "aria-hidden": "true",
  });
  if (item.stems) shape("path", { class: "stems", d: item.stems }, svg);
  if (item.curve) {
    shape("path", { class: "area", d: `${item.curve}V${height}H0Z` }, svg);
    shape("path", { class: "line", d: item.curve }, svg);
  }
  shape("path", { class: "axis", d: `M0 ${height}.5H${width}` }, svg);
  return svg;
}

function planePicture([width, height]) {
  const canvas = element("canvas", "picture");
  Object.assign(canvas, { width, height });
  canvas.setAttribute("aria-hidden", "true");
  return canvas;
}

function rgb(color) {
  const ctx = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  ctx.fillStyle = color;
  ctx.fillRect(0, 0, 1, 1);
  return [...ctx.getImageData(0, 0, 1, 1).data.subarray(0, 3)];
}

function paintMap(canvas, text, [red, green, blue]) {
  const shares = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const image = new ImageData(canvas.width, canvas.height);
  shares.forEach((share, i) => image.data.set([red, green, blue, share], 4 * i));
  canvas.getContext("2d").putImageData(image, 0, 0);
}

/** The pictures in the colours of the moment. */
function paint(gallery) {
  const style = getComputedStyle(gallery.root);
  const [r, g, b] = rgb(style.getPropertyValue("--st-background-color").trim() || "#ffffff");
  const dark = 0.2126 * r + 0.7152 * g + 0.0722 * b < 128;
  gallery.root.dataset.theme = dark ? "dark" : "light";
  const law = rgb(getComputedStyle(gallery.root).getPropertyValue("--gallery-law").trim());
  gallery.items.forEach((item, i) => {
    if (item.map) paintMap(gallery.choices[i].querySelector("canvas"), item.map, law);
  });
}

// ---- choices

function build(gallery, { label, items, size }) {
  gallery.items = items;
  const heading = element("div", "heading");
  heading.id = "heading";
  heading.textContent = label;
  const group = element("div", "choices");
  group.setAttribute("role", "radiogroup");
  group.setAttribute("aria-labelledby", heading.id);
  gallery.choices = items.map((item) => buildChoice(item, size, group));
  gallery.group = group;
  gallery.root.replaceChildren(heading, group);
  gallery.choices.forEach((choice, i) => {
    choice.addEventListener("click", () => pick(gallery, i, 0));
    choice.addEventListener("keydown", (event) => pressKey(gallery, i, event));
    choice.addEventListener("blur", () => flush(gallery));
  });
}

function buildChoice(item, size, group) {
  const choice = element("button", "choice", group);
  choice.type = "button";
  choice.setAttribute("role", "radio");
  choice.title = item.about;
  choice.dataset.name = item.name;
  choice.append(item.map ? planePicture(size) : linePicture(item, size));
  element("span", "name", choice).textContent = item.label;
  const check = shape("svg", { class: "check", viewBox: "0 0 12 12", "aria-hidden": "true" }, choice);
  shape("path", { d: "M1.5 6.5 4.7 9.5 10.5 2.5" }, check);
  return choice;
}

function show(gallery, name) {
  const chosen = Math.max(0, gallery.items.findIndex((item) => item.name === name));
  gallery.current = gallery.items[chosen].name;
  gallery.choices.forEach((choice, i) => {
    choice.setAttribute("aria-checked", i === chosen);
    choice.tabIndex = i === chosen ? 0 : -1;
  });
  reveal(gallery.group, gallery.choices[chosen]);
}

/** Scrolls the group, and never the page, so that the choice is seen. */
function reveal(group, choice) {
  const top = choice.offsetTop - group.offsetTop;
  const bottom = top + choice.offsetHeight;
  if (top < group.scrollTop) group.scrollTop = top - 6;
  if (bottom > group.scrollTop + group.clientHeight) group.scrollTop = bottom - group.clientHeight + 6;
}

function pick(gallery, i, pause) {
  const { name } = gallery.items[i];
  if (name !== gallery.current) {
    show(gallery, name);
    clearTimeout(gallery.timer);
    gallery.timer = setTimeout(() => flush(gallery), pause);
  } else if (!pause) flush(gallery);
}

function flush(gallery) {
  if (!gallery.timer) return;
  clearTimeout(gallery.timer);
  if (!isHeard()) {
    gallery.timer = setTimeout(() => flush(gallery), LOOK);
    return;
  }
  gallery.timer = 0;
  if (gallery.current !== gallery.told) gallery.tell(gallery.current);
  gallery.told = gallery.current;
}

function pressKey(gallery, i, event) {
  if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
  const next = choiceAfter(gallery, i, event.key);
  if (next === undefined) return;
  event.preventDefault();
  pick(gallery, next, PAUSE);
  gallery.choices[next].focus({ preventScroll: true });
}

/** Where a key leads from choice i; undefined for a key that leads nowhere. */
export function choiceAfter(gallery, i, key) {
  const last = gallery.choices.length - 1;
  return {
    ArrowRight: i === last ? 0 : i + 1, ArrowLeft: i === 0 ? last : i - 1,
    ArrowDown: below(gallery, i, 1), ArrowUp: below(gallery, i, -1), Home: 0, End: last,
  }[key];
}

/** The choice one row further in the same column; in the last row, the next one. */
function below({ choices }, i, direction) {
  const { offsetLeft, offsetTop } = choices[i];
  for (let j = i + direction; j >= 0 && j < choices.length; j += direction) {
    if (choices[j].offsetLeft === offsetLeft && choices[j].offsetTop !== offsetTop) return j;
  }
  return Math.min(choices.length - 1, Math.max(0, i + direction));
}

export default function presetGallery({ data, parentElement, setTriggerValue }) {
  let gallery = galleries.get(parentElement);
  const root = parentElement.querySelector(".gallery");
  if (gallery?.root !== root) {
    gallery = { root, items: null, timer: 0 };
    galleries.set(parentElement, gallery);
  }
  gallery.tell = (name) => setTriggerValue("picked", name);
  const names = (items) => items?.map((item) => item.name).join();
  if (names(gallery.items) !== names(data.items)) build(gallery, data);
  if (!gallery.timer && data.current !== gallery.seen) {
    if (data.current !== gallery.current) show(gallery, data.current);
    gallery.told = data.current;
    gallery.seen = data.current; // a change of theme brings the same once more
  }
  paint(gallery);
}
