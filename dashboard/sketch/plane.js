// The plane: points set one by one, along a free stroke, or along a line, rectangle or ring.
import { mountPad, say } from "./pad.js";
import { said } from "../said.js";

const SPACING = 0.1; // between the points of a stroke, in the plane's units
const CLICK = 0.06; // a stroke that goes no further is a click
const DOT = 2.4; // CSS pixels
const TOOLS = {
  free: [said`Points and strokes`, "M4 17c3-9 6-9 8-4s4 5 8-4"],
  line: [said`Line`, "M5 19 19 5"],
  rectangle: [said`Rectangle`, "M4 6h16v12H4z"],
  ring: [said`Ring`, "M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16z"],
};

const plane = {
  invitation: said`Click to set points, drag to draw`,
  hint: said`Keys: arrows move the cross (with Shift by 0.5), Enter sets a point, or the start and the end of a shape.`,
  height: (width) => width,
  read: ({ points }) => points.map((point) => [...point]),
  empty: () => [],
  size: (points) => points.length,

  count({ content, data }) {
    const { length } = content;
    const outside = content.filter((point) => point.some((v) => Math.abs(v) > data.reach)).length;
    const points = length === 1 ? said`1 point` : said`${length} points`;
    const room = length >= data.most ? `${points} ${said`(full)`}` : points;
    return outside ? `${room}, ${said`${outside} outside the pad`}` : room;
  },

  prepare(pad) {
    Object.assign(pad, { cross: [0, 0], anchor: null, preview: [], tool: "free" });
    pad.canvas.setAttribute("aria-label", said`Points in the plane, to draw`);
    pad.tools.hidden = false;
    pad.tools.replaceChildren(...Object.keys(TOOLS).map((name) => toolButton(pad, name)));
    choose(pad, "free");
  },

  begin(pad, x, y) {
    pad.anchor = toPoint(pad, x, y);
    pad.last = pad.anchor;
    pad.preview = [];
    pad.cross = pad.anchor;
    if (pad.tool === "free") add(pad, [pad.anchor]);
  },

  move(pad, x, y) {
    const point = toPoint(pad, x, y);
    pad.cross = point;
    if (pad.tool !== "free") {
      pad.preview = shapeFrom(pad, pad.anchor, point);
      return;
    }
    const path = along([pad.last, point]).slice(1);
    if (distance(pad.last, point) >= SPACING && path.length) {
      add(pad, path);
      pad.last = path.at(-1);
    }
  },

  end(pad, x, y) {
    const point = toPoint(pad, x, y);
    if (pad.tool !== "free") {
      add(pad, distance(pad.anchor, point) > CLICK ? shapeFrom(pad, pad.anchor, point) : [point]);
    }
    Object.assign(pad, { anchor: null, preview: [] });
  },

  key(pad, { key, shiftKey }) {
    const step = shiftKey ? 0.5 : 0.1;
    const moves = {
      ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, step], ArrowDown: [0, -step],
    };
    if (key in moves) {
      const { reach } = pad.data;
      pad.cross = pad.cross.map((v, i) => round(clamp(v + moves[key][i], reach)));
      pad.preview = pad.anchor ? shapeFrom(pad, pad.anchor, pad.cross) : [];
      say(pad, placeText(pad.cross));
    } else if (key === "Enter" || key === " ") {
      set(pad);
    } else if (key === "Escape" && pad.anchor) {
      Object.assign(pad, { anchor: null, preview: [] });
      say(pad, said`Shape given up`);
    } else {
      return false;
    }
    return true;
  },

  draw(pad, ctx) {
    drawGrid(pad, ctx);
    ctx.fillStyle = pad.theme.law;
    dots(pad, ctx, pad.content, 0.85);
    dots(pad, ctx, pad.preview, 0.45);
    if (pad.canvas.matches(":focus-visible")) drawCross(pad, ctx);
  },
};

// ---- tools

function toolButton(pad, name) {
  const button = document.createElement("button");
  const [label, path] = TOOLS[name];
  button.type = "button";
  button.title = label;
  button.dataset.tool = name;
  button.setAttribute("aria-label", label);
  button.innerHTML = `<svg viewBox="0 0 24 24" aria-hidden="true"><path d="${path}"/></svg>`;
  button.addEventListener("click", () => choose(pad, name));
  return button;
}

function choose(pad, name) {
  Object.assign(pad, { tool: name, anchor: null, preview: [] });
  for (const button of pad.tools.children) {
    button.setAttribute("aria-pressed", button.dataset.tool === name);
  }
}

/** Enter: a point at the cross, or the start and then the end of a shape. */
function set(pad) {
  if (pad.tool === "free") {
    add(pad, [pad.cross]);
  } else if (pad.anchor) {
    add(pad, shapeFrom(pad, pad.anchor, pad.cross));
    Object.assign(pad, { anchor: null, preview: [] });
  } else {
    pad.anchor = pad.cross;
    say(pad, said`Start at ${placeText(pad.cross)}`);
    return;
  }
  say(pad, `${placeText(pad.cross)}: ${plane.count(pad)}`);
}

/** Points of the chosen shape between two places, no more than still fit. */
export function shapeFrom(pad, [ax, ay], [bx, by]) {
  const room = pad.data.most - pad.content.length;
  let corners = [[ax, ay], [bx, by]];
  if (pad.tool === "rectangle") corners = [[ax, ay], [bx, ay], [bx, by], [ax, by], [ax, ay]];
  if (pad.tool === "ring") {
    const radius = distance([ax, ay], [bx, by]);
    const count = Math.min(room, Math.max(6, Math.round((2 * Math.PI * radius) / SPACING)));
    return Array.from({ length: count }, (_, i) => {
      const angle = (2 * Math.PI * i) / count;
      return [ax + radius * Math.cos(angle), ay + radius * Math.sin(angle)];
    });
  }
  const points = along(corners);
  return pad.tool === "rectangle" ? points.slice(0, -1) : points;
}

/** Points on a path of straight parts: its corners, and between them about SPACING apart. */
function along(corners) {
  const points = [corners[0]];
  for (let i = 1; i < corners.length; i += 1) {
    const [from, to] = [corners[i - 1], corners[i]];
    const steps = Math.max(1, Math.round(distance(from, to) / SPACING));
    for (let k = 1; k <= steps; k += 1) {
      points.push(from.map((v, axis) => v + ((to[axis] - v) * k) / steps));
    }
  }
  return points;
}

export function add(pad, points) {
  const room = Math.max(0, pad.data.most - pad.content.length);
  pad.content.push(...points.slice(0, room).map((point) => point.map(round)));
}

// ---- places

const round = (value) => Math.round(value * 100) / 100 || 0; // never -0
const clamp = (value, reach) => Math.min(reach, Math.max(-reach, value));
const distance = (a, b) => Math.hypot(a[0] - b[0], a[1] - b[1]);
const placeText = ([x, y]) => `(${x.toFixed(2)}, ${y.toFixed(2)})`.replaceAll("-", "−");

export function toPoint(pad, x, y) {
  const { reach } = pad.data;
  const { width, height } = pad.size;
  return [clamp(reach * ((2 * x) / width - 1), reach), clamp(reach * (1 - (2 * y) / height), reach)];
}

export function toPixels(pad, [x, y]) {
  const { reach } = pad.data;
  return [(pad.size.width / 2) * (1 + x / reach), (pad.size.height / 2) * (1 - y / reach)];
}

// ---- picture

function drawGrid(pad, ctx) {
  const { width, height } = pad.size;
  const { reach } = pad.data;
  ctx.fillStyle = pad.theme.text;
  for (let value = -reach + 1; value < reach; value += 1) {
    const [x, y] = toPixels(pad, [value, value]);
    ctx.globalAlpha = value === 0 ? 0.35 : 0.1;
    ctx.fillRect(Math.round(x) - 0.5, 0, 1, height);
    ctx.fillRect(0, Math.round(y) - 0.5, width, 1);
  }
  ctx.globalAlpha = 0.75;
  ctx.font = pad.theme.font;
  ctx.textBaseline = "bottom";
  ctx.textAlign = "center";
  for (const value of [-2, -1, 1, 2]) {
    ctx.fillText(String(value).replace("-", "−"), toPixels(pad, [value, 0])[0], height - 2);
  }
  ctx.textAlign = "left";
  ctx.textBaseline = "middle";
  for (const value of [-2, -1, 1, 2]) {
    ctx.fillText(String(value).replace("-", "−"), 4, toPixels(pad, [0, value])[1]);
  }
  ctx.globalAlpha = 1;
}

function dots(pad, ctx, points, alpha) {
  ctx.globalAlpha = alpha;
  ctx.beginPath();
  for (const point of points) {
    const [x, y] = toPixels(pad, point);
    ctx.moveTo(x + DOT, y);
    ctx.arc(x, y, DOT, 0, 2 * Math.PI);
  }
  ctx.fill();
  ctx.globalAlpha = 1;
}

function drawCross(pad, ctx) {
  const [x, y] = toPixels(pad, pad.cross).map(Math.round);
  ctx.fillStyle = pad.theme.text;
  ctx.fillRect(x - 11, y - 1, 22, 2);
  ctx.fillRect(x - 1, y - 11, 2, 22);
}

export default function sketchPlane(component) {
  return mountPad(plane, component);
}
