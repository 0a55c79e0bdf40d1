// Arrows: the score field, and the parts of the followed particle's step.
import { disc, richText, strokeSetOff } from "./canvas.js";
import { stepPoints } from "./follow.js";
import { interpolateRow } from "./payload.js";
import { said } from "../said.js";

const FULL = 2.5; // a field this strong, or stronger, gets the longest arrow
const LARGEST_CODE = 32767;
export const FIELD_TEXT = said`score √(1−ᾱ_t) s_t, full length: ${FULL} or more`;
const DASHES = [[], [7, 5], [1.5, 5], [10, 4, 2, 4], [3, 3], [14, 4]];

function traceArrow(ctx, x0, y0, x1, y1, head) {
  const angle = Math.atan2(y1 - y0, x1 - x0);
  ctx.moveTo(x0, y0);
  ctx.lineTo(x1, y1);
  for (const side of [-1, 1]) {
    ctx.moveTo(x1, y1);
    ctx.lineTo(x1 - head * Math.cos(angle + side * 0.5), y1 - head * Math.sin(angle + side * 0.5));
  }
}

/** Arrows around centres; vectors in units of the longest, y upwards. */
function paintArrows(ctx, theme, arrows, longest) {
  strokeSetOff(ctx, theme, theme.text, 1.5, () => {
    for (const [x, y, u, v] of arrows) {
      const size = Math.hypot(u, v);
      if (size * longest < 1.5) continue;
      const share = Math.min(1, 1 / size) * longest * 0.5;
      const head = Math.min(6, 2 + size * longest * 0.3);
      traceArrow(ctx, x - u * share, y + v * share, x + u * share, y - v * share, head);
    }
  });
}

/** paint(ctx, progress): the field in the plane, at a progress of 0..1 through the run. */
export function createField(panel, theme, toX, toY) {
  const { shape: [count, rows, columns], values } = panel.field;
  const [x0, x1, y0, y1] = panel.raster;
  const codes = new Float32Array(values.length / count);
  const unit = panel.field_top / (LARGEST_CODE * FULL);
  const width = (x1 - x0) / columns;
  const height = (y1 - y0) / rows;
  const longest = 0.9 * Math.min(toX(width) - toX(0), toY(0) - toY(height));
  return (ctx, progress) => {
    interpolateRow(panel.field, progress * (count - 1), codes);
    const arrows = Array.from({ length: rows * columns }, (_, k) => [
      toX(x0 + ((k % columns) + 0.5) * width), toY(y0 + (Math.floor(k / columns) + 0.5) * height),
      codes[2 * k] * unit, codes[2 * k + 1] * unit]);
    paintArrows(ctx, theme, arrows, longest);
  };
}

/** paint(ctx, progress, place(value, u) -> [x, y, u, v], longest): the field on the line. */
export function createLineField(panel, theme) {
  const { shape: [count, points] } = panel.field;
  const [low, high] = panel.raster;
  const codes = new Float32Array(points);
  const unit = panel.field_top / (LARGEST_CODE * FULL);
  return (ctx, progress, place, longest) => {
    interpolateRow(panel.field, progress * (count - 1), codes);
    const arrows = Array.from(codes, (code, k) => (
      place(low + ((k + 0.5) / points) * (high - low), code * unit)));
    paintArrows(ctx, theme, arrows, longest);
  };
}

export function fieldSwatch(theme) {
  return (ctx, width) => paintArrows(ctx, theme, [[width / 2, 0, 1, 0]], width - 4);
}

// ---- parts

/** One part of a step: its own colour, dash and head. */
export function paintPart(ctx, theme, part, [x0, y0], [x1, y1], width) {
  const color = theme.parts[part % theme.parts.length];
  const length = Math.hypot(x1 - x0, y1 - y0);
  if (length < 0.5) return;
  const head = Math.min(length * 0.6, 4 + 2.6 * width);
  const [u, v] = [(x1 - x0) / length, (y1 - y0) / length];
  const neck = [x1 - u * head, y1 - v * head];
  strokeSetOff(ctx, theme, color, width, () => {
    ctx.moveTo(x0, y0);
    ctx.lineTo(...(part === 1 ? [x1, y1] : neck));
  }, DASHES[part % DASHES.length]);
  const wings = [1, -1].map((s) => [neck[0] - s * v * head * 0.5, neck[1] + s * u * head * 0.5]);
  ctx.fillStyle = color;
  ctx.strokeStyle = color;
  ctx.lineWidth = width;
  ctx.beginPath();
  ctx.moveTo(...wings[0]);
  ctx.lineTo(x1, y1);
  ctx.lineTo(...wings[1]);
  if (part === 1) ctx.stroke();
  else ctx.fill();
}

/** The step's parts where they happen; parts to come are paler in slow motion. */
export function paintParts(ctx, theme, points, place, width) {
  for (let part = 0; part + 1 < points.length; part += 1) {
    ctx.globalAlpha = place.slow && part > place.part ? 0.45 : 1;
    paintPart(ctx, theme, part, points[part], points[part + 1], width);
  }
  ctx.globalAlpha = 1;
}

/** Whether there is a step of the followed particle to draw. */
export function hasParts(panel, place, layers) {
  return panel.follow && panel.frames > 1 && place.follow >= 0 && (place.slow || layers.has("parts"));
}

export function placeSteps(panel, place, toPixel) {
  return stepPoints(panel, place.step, place.follow).map((point) => toPixel(point));
}

export function paintPartName(ctx, theme, panel, place, part, x, y) {
  ctx.fillStyle = theme.text;
  ctx.textAlign = "left";
  ctx.textBaseline = "middle";
  const now = place.slow && part === place.part;
  richText(ctx, theme, panel.follow.names[part], x, y, true, now ? "bold" : "normal");
}

export function paintEnds(ctx, theme, points, at) {
  ctx.fillStyle = theme.text;
  disc(ctx, ...points[0], 4);
  ctx.fillStyle = theme.background;
  disc(ctx, ...points[0], 2.4);
  ctx.fillStyle = theme.text;
  disc(ctx, ...points.at(-1), 4);
  if (!at) return;
  ctx.fillStyle = theme.text;
  disc(ctx, ...at, 7);
  ctx.fillStyle = theme.output;
  disc(ctx, ...at, 5.5);
}
