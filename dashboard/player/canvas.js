// What both views share: theme, layers, text with subscripts, ticks, axes and the legend.
import { said } from "../said.js";

/** A canvas of width x height CSS pixels at `scale` device pixels each, painted by `paint(ctx)`. */
export function createLayer(width, height, scale, paint = () => {}) {
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(width * scale));
  canvas.height = Math.max(1, Math.round(height * scale));
  const ctx = canvas.getContext("2d");
  ctx.scale(scale, scale);
  paint(ctx);
  return canvas;
}

/** Any CSS colour as [r, g, b], 0..255. */
export function toRgb(color) {
  const ctx = createLayer(1, 1, 1).getContext("2d");
  ctx.fillStyle = color;
  ctx.fillRect(0, 0, 1, 1);
  return [...ctx.getImageData(0, 0, 1, 1).data.subarray(0, 3)];
}

export function isDark(color) {
  const [r, g, b] = toRgb(color);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b < 128;
}

/** The page's colours and type, `enlarged` so many times; marks the root element as dark or light on the way. */
export function readTheme(root, width, enlarged = 1) {
  const style = getComputedStyle(root);
  const value = (name, fallback) => style.getPropertyValue(name).trim() || fallback;
  const background = value("--st-background-color", "#ffffff");
  root.dataset.theme = isDark(background) ? "dark" : "light";
  return {
    background,
    text: value("--st-text-color", "#31333f"),
    target: value("--player-target"),
    output: value("--player-output"),
    density: Number(value("--player-target-density")),
    parts: [1, 2, 3, 4].map((k) => value(`--player-part-${k}`)),
    family: value("--st-font", "sans-serif"),
    size: Math.round(enlarged * (width < 520 ? 13 : width < 1000 ? 15 : 16)),
  };
}

export function setFont(ctx, theme, style = "normal") {
  ctx.font = `${style} ${theme.size}px ${theme.family}`;
}

const SUBSCRIPT = /(?<!\\)(_\[[^\]]*\]|_\w)/; // but not in "body\_mass"

/** [text, whether it is a subscript] for text such as "Y_t" or "Y_[t−1]". */
export function textParts(text) {
  return text.split(SUBSCRIPT).filter(Boolean).map((part) => (
    SUBSCRIPT.test(part) ? [part.replace(/^_\[?|\]$/g, ""), true] : [part.replaceAll("\\_", "_"), false]));
}

/** Draws text with its subscripts; returns its width. With draw = false it only measures. */
export function richText(ctx, theme, text, x, y, draw = true, style = "normal") {
  let end = x;
  for (const [part, small] of textParts(text)) {
    ctx.font = `${style} ${small ? theme.size * 0.75 : theme.size}px ${theme.family}`;
    if (draw) ctx.fillText(part, end, small ? y + theme.size * 0.22 : y);
    end += ctx.measureText(part).width;
  }
  return end - x;
}

/** The text in lines no wider than `width`, broken at spaces. */
export function wrapText(ctx, theme, text, width) {
  const lines = [""];
  for (const word of text.split(" ").filter(Boolean)) {
    const longer = lines.at(-1) ? `${lines.at(-1)} ${word}` : word;
    const fits = richText(ctx, theme, longer, 0, 0, false) <= width;
    if (fits || !lines.at(-1)) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines;
}

export function disc(ctx, x, y, radius) {
  ctx.beginPath();
  ctx.arc(x, y, radius, 0, 2 * Math.PI);
  ctx.fill();
}

export const STALE = 0.4; // opacity of what is exact for the value before a drag

/** Paints what is exact for `stale`, a value before, or for the one shown where there is none. */
export function paintStale(ctx, stale, paint) {
  ctx.globalAlpha = stale ? STALE : 1;
  paint();
  ctx.globalAlpha = 1;
}

/** "q_t", or "q_t, for T = 100". */
export const staleText = (text, stale) => (stale ? said`${text}, for ${stale}` : text);

/** Strokes the path that `trace` adds, over a wider one of the background that sets it off. */
export function strokeSetOff(ctx, theme, color, width, trace, dash = []) {
  ctx.lineJoin = "round";
  ctx.lineCap = "round";
  ctx.beginPath();
  trace();
  strokeHalo(ctx, theme, width);
  ctx.strokeStyle = color;
  ctx.lineWidth = width;
  ctx.setLineDash(dash);
  ctx.stroke();
  ctx.setLineDash([]);
  ctx.lineCap = "butt";
}

/** The current path, wider and in the background's colour. */
export function strokeHalo(ctx, theme, width) {
  const alpha = ctx.globalAlpha;
  ctx.globalAlpha = 0.75 * alpha;
  ctx.strokeStyle = theme.background;
  ctx.lineWidth = width + 2.5;
  ctx.stroke();
  ctx.globalAlpha = alpha;
}

export function clipTo(ctx, box, paint) {
  ctx.save();
  ctx.beginPath();
  ctx.rect(box.left, box.top, box.width, box.height);
  ctx.clip();
  paint();
  ctx.restore();
}

/** About `count` round numbers within [low, high], at least three where that is possible. */
export function ticks(low, high, count) {
  const raw = (high - low) / Math.max(1, count);
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = power * ([1, 2, 2.5, 5, 10].find((m) => m * power >= raw * 0.999) ?? 10);
  if (Math.floor(high / step) - Math.ceil(low / step) < 2 && count < 8) {
    return ticks(low, high, count + 1);
  }
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  const round = (value) => Number(value.toPrecision(12));
  return Array.from({ length: last - first + 1 }, (_, i) => round((first + i) * step));
}

export function tickText(value) {
  const text = Math.abs(value) >= 1e5 || (value && Math.abs(value) < 1e-3)
    ? value.toExponential() : String(value);
  return text.replace("-", "−");
}

export function widestTick(ctx, theme, values) {
  setFont(ctx, theme);
  return Math.max(...values.map((value) => ctx.measureText(tickText(value)).width));
}

/** A name that takes no more than `room`: without what follows its last comma, then cut. */
export function fitted(ctx, theme, name, room) {
  const fits = (text) => richText(ctx, theme, text, 0, 0, false) <= room;
  let text = fits(name) ? name : name.replace(/, [^,]*$/, "");
  while (!fits(text) && text.length > 2) text = `${text.slice(0, -2)}…`;
  return text;
}

/** Tick labels under the box and the axis name below them. `toX` maps a value to pixels. */
export function drawHorizontalAxis(ctx, theme, box, values, toX, name) {
  const bottom = box.top + box.height;
  setFont(ctx, theme);
  ctx.fillStyle = theme.text;
  ctx.strokeStyle = theme.text;
  ctx.lineWidth = 1;
  ctx.textAlign = "center";
  ctx.textBaseline = "top";
  for (const value of values) {
    const x = toX(value);
    ctx.fillRect(Math.round(x) - 0.5, bottom, 1, 5);
    ctx.fillText(tickText(value), x, bottom + 8);
  }
  ctx.textAlign = "left";
  const text = fitted(ctx, theme, name, box.width + 2 * theme.size);
  const width = richText(ctx, theme, text, 0, 0, false);
  richText(ctx, theme, text, box.left + (box.width - width) / 2, bottom + 10 + theme.size * 1.2);
}

/** Tick labels left of the box; the axis name, upright text turned by 90 degrees, left of them. */
export function drawVerticalAxis(ctx, theme, box, values, toY, name) {
  setFont(ctx, theme);
  ctx.fillStyle = theme.text;
  ctx.textAlign = "right";
  ctx.textBaseline = "middle";
  for (const value of values) {
    const y = toY(value);
    ctx.fillRect(box.left - 5, Math.round(y) - 0.5, 5, 1);
    ctx.fillText(tickText(value), box.left - 9, y);
  }
  ctx.save();
  ctx.translate(box.left - 18 - widestTick(ctx, theme, values), box.top + box.height / 2);
  ctx.rotate(-Math.PI / 2);
  ctx.textAlign = "left";
  ctx.textBaseline = "alphabetic";
  const text = fitted(ctx, theme, name, box.height + theme.size);
  richText(ctx, theme, text, -richText(ctx, theme, text, 0, 0, false) / 2, 0);
  ctx.restore();
}

/** Places legend items, {text, swatch(ctx, x, y)}, in rows no wider than `width`. */
export function layoutLegend(ctx, theme, items, width) {
  const swatch = 30;
  const line = theme.size * 1.6;
  let x = 0;
  let row = 0;
  let widest = 0;
  const places = items.map((item) => {
    const length = swatch + 8 + richText(ctx, theme, item.text, 0, 0, false);
    if (x > 0 && x + length > width) {
      x = 0;
      row += 1;
    }
    const place = { item, x, y: (row + 0.5) * line };
    widest = Math.max(widest, x + length);
    x += length + 22;
    return place;
  });
  return { places, swatch, width: widest, height: (row + 1) * line };
}

export function drawLegend(ctx, theme, legend, left, top) {
  ctx.textAlign = "left";
  ctx.textBaseline = "middle";
  for (const { item, x, y } of legend.places) {
    ctx.save();
    ctx.translate(left + x, top + y);
    item.swatch(ctx, legend.swatch);
    ctx.restore();
    ctx.fillStyle = theme.text;
    richText(ctx, theme, item.text, left + x + legend.swatch + 8, top + y);
  }
}
