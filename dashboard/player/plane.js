// Two dimensions: the density as a heat map with level lines, the particles as dots.
// Both axes have the same scale.
import {
  createLayer, drawHorizontalAxis, drawLegend, drawVerticalAxis, layoutLegend, ticks, toRgb,
  widestTick,
} from "./canvas.js";
import { traceLevel } from "./contours.js";
import { createDots, dotStyle } from "./dots.js";
import { disc, particlesText } from "./line.js";
import { interpolateRow } from "./payload.js";

const TALLEST = 600;
const LEVELS = [0.1, 0.5]; // of the maximum of p_t

/** The natural height for a width, in CSS pixels: what the picture fills, up to a limit. */
export function planeHeight(data, theme, width) {
  const { box } = layoutPlane(data, theme, width, TALLEST);
  return Math.ceil(box.top + box.height + axisHeight(theme));
}

const axisHeight = (theme) => theme.size * 2.4 + 14;

/** Opacity of the target's colour at a share of the maximum: rises fast, to show the tails. */
function opacityAt(share, theme) {
  return theme.density * share ** 0.75;
}

function legendItems(data, theme) {
  const ramp = (ctx, width) => {
    const gradient = ctx.createLinearGradient(0, 0, width, 0);
    const [r, g, b] = toRgb(theme.target);
    for (let i = 0; i <= 8; i += 1) {
      gradient.addColorStop(i / 8, `rgba(${r}, ${g}, ${b}, ${opacityAt(i / 8, theme)})`);
    }
    ctx.fillStyle = gradient;
    ctx.fillRect(0, -7, width, 14);
    ctx.fillStyle = theme.target;
    for (const share of LEVELS) ctx.fillRect(width * share - 1, -7, 2, 14);
  };
  const dots = (ctx, width) => {
    ctx.fillStyle = theme.output;
    for (const [x, y] of [[-9, 2], [0, -3], [9, 3]]) disc(ctx, width / 2 + x, y, 3);
  };
  return [
    data.target && { text: "target p_t, lines at 10 % and 50 % of its maximum", swatch: ramp },
    { text: particlesText(data), swatch: dots },
  ].filter(Boolean);
}

/** The largest centred box of the extent's shape; the legend starts at the box's left edge. */
function layoutPlane(data, theme, width, height) {
  const [x0, x1, y0, y1] = data.extent;
  const ctx = createLayer(1, 1, 1).getContext("2d");
  const up = ticks(y0, y1, 5);
  const left = Math.round(widestTick(ctx, theme, up) + 24 + theme.size);
  const legend = layoutLegend(ctx, theme, legendItems(data, theme), width - left);
  const top = Math.round(legend.height + 10);
  const room = { width: width - left - 14, height: height - top - axisHeight(theme) };
  const unit = Math.max(0.001, Math.min(room.width / (x1 - x0), room.height / (y1 - y0)));
  const box = { width: unit * (x1 - x0), height: unit * (y1 - y0), top };
  box.left = Math.round(left + (room.width - box.width) / 2);
  const legendLeft = Math.max(0, Math.min(box.left, width - legend.width));
  return { legend, legendLeft, box, unit, up };
}

function paintPlaneAxes(ctx, data, theme, { legend, legendLeft, box, unit, up }) {
  const [x0, x1, , y1] = data.extent;
  const toX = (x) => box.left + (x - x0) * unit;
  const toY = (y) => box.top + (y1 - y) * unit;
  drawLegend(ctx, theme, legend, legendLeft, 0);
  ctx.strokeStyle = theme.text;
  ctx.globalAlpha = 0.25;
  ctx.lineWidth = 1;
  ctx.strokeRect(box.left - 0.5, box.top - 0.5, box.width + 1, box.height + 1);
  ctx.globalAlpha = 1;
  drawVerticalAxis(ctx, theme, box, up, toY, "x_2");
  drawHorizontalAxis(ctx, theme, box, ticks(x0, x1, Math.max(3, box.width / 90)), toX, "x_1");
}

/** Opacities of the target's colour for the codes 0..255, as pixels of an image. */
function createPalette(theme) {
  const [r, g, b] = toRgb(theme.target);
  return Uint32Array.from({ length: 256 }, (_, code) => {
    const alpha = Math.round(255 * opacityAt(code / 255, theme));
    return (r | (g << 8) | (b << 16) | (alpha << 24)) >>> 0;
  });
}

/** p_t at a progress of 0..1 between the keyframes: set(progress), then paint and paintLevels. */
function createHeatMap(target, theme, box) {
  const [count, rows, columns] = target.shape;
  const palette = createPalette(theme);
  const codes = new Float32Array(rows * columns);
  const small = createLayer(columns, rows, 1);
  const image = small.getContext("2d").createImageData(columns, rows);
  const words = new Uint32Array(image.data.buffer);
  // the outer values belong to the edges of the box, so half a cell stands out on each side
  const cell = { width: box.width / (columns - 1), height: box.height / (rows - 1) };

  function set(progress) {
    interpolateRow(target, progress * (count - 1), codes);
    for (let row = 0; row < rows; row += 1) {
      const from = (rows - 1 - row) * columns; // the first row of the data is the lowest
      for (let i = 0; i < columns; i += 1) words[row * columns + i] = palette[codes[from + i] | 0];
    }
    small.getContext("2d").putImageData(image, 0, 0);
  }

  function paint(ctx) {
    ctx.save();
    ctx.beginPath();
    ctx.rect(box.left, box.top, box.width, box.height);
    ctx.clip();
    ctx.drawImage(
      small, box.left - cell.width / 2, box.top - cell.height / 2,
      box.width + cell.width, box.height + cell.height);
    ctx.restore();
  }

  return { set, paint, paintLevels: (ctx) => paintLevels(ctx, theme, box, cell, codes, target) };
}

function paintLevels(ctx, theme, box, cell, codes, { shape: [, rows, columns] }) {
  const toX = (column) => box.left + column * cell.width;
  const toY = (row) => box.top + box.height - row * cell.height;
  ctx.beginPath();
  for (const share of LEVELS) traceLevel(ctx, codes, rows, columns, 255 * share, toX, toY);
  ctx.strokeStyle = theme.target;
  ctx.lineWidth = 2;
  ctx.stroke();
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

/** A drawing of `data` at width x height CSS pixels: draw(ctx, position) fills ctx's canvas. */
export function createPlaneScene(data, theme, width, height, scale) {
  const places = layoutPlane(data, theme, width, height);
  const axes = (ctx) => paintPlaneAxes(ctx, data, theme, places);
  const still = createLayer(width, height, scale, axes);
  const heatMap = data.target && createHeatMap(data.target, theme, places.box);
  const paintCloud = createCloud(data, theme, places.box, scale);
  const codes = new Float32Array(2 * data.particles);
  return {
    draw(ctx, position) {
      interpolateRow(data.positions, position, codes);
      ctx.setTransform(1, 0, 0, 1, 0, 0);
      ctx.drawImage(still, 0, 0);
      ctx.setTransform(scale, 0, 0, scale, 0, 0);
      heatMap?.set(data.frames > 1 ? position / (data.frames - 1) : 0);
      heatMap?.paint(ctx);
      paintCloud(ctx, codes);
      heatMap?.paintLevels(ctx);
    },
  };
}
