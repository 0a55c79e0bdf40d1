// Two dimensions: the density as a heat map with level lines, the particles as dots.
// Both axes have the same scale.
import {
  clipTo, createLayer, drawHorizontalAxis, drawVerticalAxis, strokeSetOff, ticks, toRgb, widestTick,
} from "./canvas.js";
import { createField, fieldSwatch, FIELD_TEXT, hasParts, paintParts, placeSteps } from "./arrows.js";
import { paintPlaneCloseup } from "./closeup.js";
import { traceLevel } from "./contours.js";
import { createDots, dotStyle } from "./dots.js";
import { moveFollowed, pointAt } from "./follow.js";
import { DASH, dotsSwatch, legendOf, lineSwatch, particlesText } from "./line.js";
import { paintFollowed, paintTrails, trailSwatch } from "./paths.js";
import { interpolateRow } from "./payload.js";

const LEVELS = [0.1, 0.5]; // of the maximum of p_t

/** The natural height of the view for a width, in CSS pixels: what it fills, up to a limit. */
export function planeHeight(panel, theme, width, tallest) {
  const { box } = layoutPlane(panel, theme, { left: 0, top: 0, width, height: tallest });
  return Math.ceil(box.top + box.height + axisHeight(theme));
}

const axisHeight = (theme) => Math.round(theme.size * 2.4 + 14);

/** Opacity of the target's colour at a share of the maximum: rises fast, to show the tails. */
export function opacityAt(share, theme) {
  return theme.density * share ** 0.75;
}

export function rampSwatch(theme, levels) {
  return (ctx, width) => {
    const gradient = ctx.createLinearGradient(0, 0, width, 0);
    const [r, g, b] = toRgb(theme.target);
    for (let i = 0; i <= 8; i += 1) {
      gradient.addColorStop(i / 8, `rgba(${r}, ${g}, ${b}, ${opacityAt(i / 8, theme)})`);
    }
    ctx.fillStyle = gradient;
    ctx.fillRect(0, -7, width, 14);
    ctx.fillStyle = theme.target;
    for (const share of levels) ctx.fillRect(width * share - 1, -7, 2, 14);
  };
}

export function planeLegend(panel, theme, layers) {
  const lines = panel.target && layers.has("contours");
  const filled = panel.target && layers.has("target");
  const levels = "lines at 10 % and 50 % of its maximum";
  const outputLevels = lines || filled ? "output q_t, at the same densities" : `output q_t, ${levels}`;
  return legendOf({
    target: filled && [
      lines ? `target p_t, ${levels}` : "target p_t", rampSwatch(theme, lines ? LEVELS : [])],
    contours: lines && !filled && [`target p_t, ${levels}`, lineSwatch(theme.target, [])],
    output: panel.output && [outputLevels, lineSwatch(theme.output, DASH)],
    particles: [particlesText(panel), dotsSwatch(theme)],
    trails: ["trails", trailSwatch(theme)],
    field: panel.field && [FIELD_TEXT, fieldSwatch(theme)],
  }, layers);
}

/** The largest centred box of the extent's shape. */
function layoutPlane(panel, theme, rect) {
  const [x0, x1, y0, y1] = panel.extent;
  const ctx = createLayer(1, 1, 1).getContext("2d");
  const up = ticks(y0, y1, 5);
  const inset = Math.round(widestTick(ctx, theme, up) + 24 + theme.size);
  const top = rect.top + 4;
  const room = { width: rect.width - inset - 14, height: rect.height - 4 - axisHeight(theme) };
  const unit = Math.max(0.001, Math.min(room.width / (x1 - x0), room.height / (y1 - y0)));
  const box = { width: Math.round(unit * (x1 - x0)), height: Math.round(unit * (y1 - y0)), top };
  box.left = rect.left + Math.round(inset + (room.width - box.width) / 2);
  box.spare = rect.left + rect.width - box.left - box.width;
  return { box, up };
}

function paintPlaneAxes(ctx, panel, theme, { box, up }, toX, toY) {
  const [x0, x1] = panel.extent;
  ctx.strokeStyle = theme.text;
  ctx.globalAlpha = 0.25;
  ctx.lineWidth = 1;
  ctx.strokeRect(box.left - 0.5, box.top - 0.5, box.width + 1, box.height + 1);
  ctx.globalAlpha = 1;
  drawVerticalAxis(ctx, theme, box, up, toY, "x_2");
  drawHorizontalAxis(ctx, theme, box, ticks(x0, x1, Math.max(3, box.width / 90)), toX, "x_1");
}

/** Opacities of the target's colour for the codes 0..255, as pixels of an image. */
export function createPalette(theme) {
  const [r, g, b] = toRgb(theme.target);
  return Uint32Array.from({ length: 256 }, (_, code) => {
    const alpha = Math.round(255 * opacityAt(code / 255, theme));
    return (r | (g << 8) | (b << 16) | (alpha << 24)) >>> 0;
  });
}

/** Keyframes over the box of the raster: set(progress) of 0..1, then paint and paintLevels. */
function createRaster(raster, theme, frame) {
  const [count, rows, columns] = raster.shape;
  const palette = createPalette(theme);
  const codes = new Float32Array(rows * columns);
  const small = createLayer(columns, rows, 1);
  const image = small.getContext("2d").createImageData(columns, rows);
  const words = new Uint32Array(image.data.buffer);
  // the outer values belong to the edges of the frame, so half a cell stands out on each side
  const cell = { width: frame.width / (columns - 1), height: frame.height / (rows - 1) };
  const toX = (column) => frame.left + column * cell.width;
  const toY = (row) => frame.top + frame.height - row * cell.height;

  function paint(ctx) {
    for (let row = 0; row < rows; row += 1) {
      const from = (rows - 1 - row) * columns; // the first row of the data is the lowest
      for (let i = 0; i < columns; i += 1) words[row * columns + i] = palette[codes[from + i] | 0];
    }
    small.getContext("2d").putImageData(image, 0, 0);
    ctx.drawImage(
      small, frame.left - cell.width / 2, frame.top - cell.height / 2,
      frame.width + cell.width, frame.height + cell.height);
  }

  return {
    paint,
    set: (progress) => interpolateRow(raster, progress * (count - 1), codes),
    traceLevels: (ctx) => LEVELS.forEach((share) => (
      traceLevel(ctx, codes, rows, columns, 255 * share, toX, toY))),
  };
}

/** paint(ctx, codes): the particles in the box; those outside of the view are left out. */
function createCloud({ particles, border }, theme, box, scale) {
  const style = dotStyle(particles);
  const dots = createDots(
    box.width * scale, box.height * scale, theme.output, style.radius * scale, style.opacity);
  const across = (box.width * scale) / (2 * border);
  const down = (box.height * scale) / (2 * border);
  return (ctx, codes) => {
    dots.clear();
    for (let i = 0; i < codes.length; i += 2) {
      const x = codes[i];
      const y = codes[i + 1];
      if (Math.abs(x) > border || Math.abs(y) > border) continue;
      dots.add((x + border) * across, (border - y) * down);
    }
    ctx.setTransform(1, 0, 0, 1, 0, 0);
    dots.paint(ctx, box.left * scale, box.top * scale);
    ctx.setTransform(scale, 0, 0, scale, 0, 0);
  };
}

/** {below(ctx, progress), above(ctx)}: the densities under the particles and the lines over them. */
function createDensities(panel, theme, layers, toX, toY) {
  const [x0, x1, y0, y1] = panel.raster;
  const frame = { left: toX(x0), top: toY(y1), width: toX(x1) - toX(x0), height: toY(y0) - toY(y1) };
  const wants = (...names) => names.some((name) => layers.has(name));
  const rasterOf = (raster, wanted) => (raster && wanted ? createRaster(raster, theme, frame) : null);
  const target = rasterOf(panel.target, wants("target", "contours"));
  const output = rasterOf(panel.output, wants("output"));
  return {
    below(ctx, progress) {
      target?.set(progress);
      output?.set(progress);
      if (layers.has("target")) target?.paint(ctx);
    },
    above(ctx) {
      if (target && layers.has("contours")) {
        strokeSetOff(ctx, theme, theme.target, 2, () => target.traceLevels(ctx));
      }
      if (output) strokeSetOff(ctx, theme, theme.output, 2.5, () => output.traceLevels(ctx), DASH);
    },
  };
}

/** The plane in `rect`: still(ctx), draw(ctx, place), distance(i, x, y, place). */
export function createPlaneView(panel, theme, rect, scale, layers) {
  const places = layoutPlane(panel, theme, rect);
  const { box } = places;
  const [x0, x1, y0, y1] = panel.extent;
  const toX = (x) => box.left + ((x - x0) / (x1 - x0)) * box.width;
  const toY = (y) => box.top + ((y1 - y) / (y1 - y0)) * box.height;
  const toPixel = ([x, y]) => [toX(x), toY(y)];
  const densities = createDensities(panel, theme, layers, toX, toY);
  const paintCloud = createCloud(panel, theme, box, scale);
  const paintField = panel.field && layers.has("field") && createField(panel, theme, toX, toY);
  const codes = new Float32Array(2 * panel.particles);

  function drawCloseup(ctx, place) {
    const points = placeSteps(panel, place, toPixel);
    const at = toPixel(place.at ?? pointAt(panel, place.step, place.follow));
    paintPlaneCloseup(ctx, theme, panel, place, box, points, at);
  }

  function drawBox(ctx, place) {
    densities.below(ctx, place.progress);
    if (layers.has("particles")) paintCloud(ctx, codes);
    densities.above(ctx);
    if (paintField) paintField(ctx, place.progress);
    if (layers.has("trails")) paintTrails(ctx, theme, panel, place, toPixel);
    if (place.follow >= 0) paintFollowed(ctx, theme, panel, place, toPixel);
    if (hasParts(panel, place, layers)) {
      paintParts(ctx, theme, placeSteps(panel, place, toPixel), place, 3);
    }
  }

  return {
    box,
    still: (ctx) => paintPlaneAxes(ctx, panel, theme, places, toX, toY),
    distance: (i, x, y, place) => {
      const at = toPixel(pointAt(panel, place.frame, i));
      return Math.hypot(at[0] - x, at[1] - y);
    },
    draw(ctx, place) {
      interpolateRow(panel.positions, place.position, codes);
      moveFollowed(panel, place, codes);
      clipTo(ctx, box, () => drawBox(ctx, place));
      if (hasParts(panel, place, layers)) drawCloseup(ctx, place);
    },
  };
}
