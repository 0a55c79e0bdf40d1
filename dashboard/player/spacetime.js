// One dimension, all times at once: time across, position upwards, p_t as columns of a heat map.
import {
  clipTo, createLayer, disc, drawHorizontalAxis, drawVerticalAxis, paintStale, staleText,
  strokeSetOff, ticks, widestTick,
} from "./canvas.js";
import { createLineField, fieldSwatch, FIELD_TEXT } from "./arrows.js";
import { followedPoint, pointAt } from "./follow.js";
import { legendOf, lineSwatch } from "./line.js";
import { paintFollowed, paintTrails, trailSwatch } from "./paths.js";
import { between } from "./payload.js";
import { lawPalette, rampSwatch } from "./maps.js";
import { said } from "../said.js";

const PATHS = 60;
const ROWS = 240;
const FIELD_COLUMNS = 14;
const QUANTILE_DASH = [7, 5];

export function spacetimeLegend(panel, theme, layers) {
  const levels = (panel.levels ?? []).map((level) => Number((100 * level).toPrecision(3)));
  const list = `${levels.join(", ")} %`;
  return legendOf({
    target: panel.target && [said`p_t over time`, rampSwatch(theme, theme.target, [])],
    contours: panel.target_quantiles && [staleText(said`quantiles of p_t: ${list}`, panel.staleLaw), lineSwatch(theme.target, [])],
    output: panel.output_quantiles && [staleText(said`quantiles of q_t`, panel.stale), lineSwatch(theme.output, QUANTILE_DASH)],
    particles: [said`${Math.min(PATHS, panel.particles)} paths`, pathSwatch(theme)],
    trails: [said`trails`, trailSwatch(theme)],
    field: panel.field && [FIELD_TEXT, fieldSwatch(theme)],
  }, layers);
}

function pathSwatch(theme) {
  return (ctx, width) => {
    strokeSetOff(ctx, theme, theme.output, 1.2, () => {
      ctx.moveTo(0, 4);
      ctx.bezierCurveTo(width / 3, -10, width / 2, 10, width - 4, -2);
    });
    ctx.fillStyle = theme.output;
    disc(ctx, width - 4, -2, 3.5);
  };
}

/** Where t lies among the frames, as a position. */
export function positionOf(times, t) {
  const sign = Math.sign(times.at(-1) - times[0]) || 1;
  const next = times.findIndex((time) => sign * (time - t) >= 0);
  if (next <= 0) return 0;
  return next - (times[next] - t) / (times[next] - times[next - 1]);
}

/** p_t column by column, each relative to its own maximum. */
function createColumns(panel, theme) {
  const { shape: [frames, points], values } = panel.target;
  const grid = panel.grid.values;
  const [low, high] = panel.extent;
  const palette = lawPalette(theme, theme.target);
  const image = new ImageData(frames, ROWS);
  const words = new Uint32Array(image.data.buffer);
  for (let row = 0; row < ROWS; row += 1) {
    const x = high - ((row + 0.5) / ROWS) * (high - low);
    if (x < grid[0] || x > grid[points - 1]) continue;
    const at = Math.min(points - 2, Math.max(0, grid.findIndex((value) => value > x) - 1));
    const share = (x - grid[at]) / (grid[at + 1] - grid[at]);
    for (let frame = 0; frame < frames; frame += 1) {
      const from = frame * points + at;
      words[row * frames + frame] = values[from] + share * (values[from + 1] - values[from]);
    }
  }
  for (let frame = 0; frame < frames; frame += 1) {
    let top = 1;
    for (let row = 0; row < ROWS; row += 1) top = Math.max(top, words[row * frames + frame]);
    for (let row = 0; row < ROWS; row += 1) {
      const at = row * frames + frame;
      words[at] = palette[Math.floor((255 * words[at]) / top)];
    }
  }
  return createLayer(frames, ROWS, 1, (ctx) => ctx.putImageData(image, 0, 0));
}

function paintColumns(ctx, panel, theme, box) {
  const image = createColumns(panel, theme);
  const cell = box.width / Math.max(1, panel.frames - 1);
  clipTo(ctx, box, () => ctx.drawImage(
    image, box.left - cell / 2, box.top, box.width + cell, box.height));
}

function paintQuantiles(ctx, theme, { shape: [frames, count], values }, color, dash, toX, toY) {
  strokeSetOff(ctx, theme, color, 2, () => {
    for (let level = 0; level < count; level += 1) {
      for (let frame = 0; frame < frames; frame += 1) {
        const draw = frame === 0 ? "moveTo" : "lineTo";
        ctx[draw](toX(frame), toY(values[frame * count + level]));
      }
    }
  }, dash);
}

function paintLattice(ctx, panel, theme, box, toX, toY) {
  const paint = createLineField(panel, theme);
  const columns = Math.max(4, Math.min(FIELD_COLUMNS, Math.floor(box.width / 34)));
  const longest = (0.9 * box.height) / panel.field.shape[1];
  for (let k = 0; k < columns; k += 1) {
    const progress = (k + 0.5) / columns;
    const x = toX(progress * (panel.frames - 1));
    paint(ctx, progress, (value, u) => [x, toY(value), 0, u], longest);
  }
}

function layoutSpacetime(panel, theme, rect) {
  const ctx = createLayer(1, 1, 1).getContext("2d");
  const up = ticks(panel.extent[0], panel.extent[1], 6);
  const inset = Math.round(widestTick(ctx, theme, up) + 22 + theme.size);
  const bottom = rect.top + rect.height - Math.round(theme.size * 2.4 + 12);
  const top = rect.top + 8;
  const box = { left: rect.left + inset, top, width: Math.max(40, rect.width - inset - 14) };
  return { up, box: { ...box, height: bottom - top } };
}

export function timeTicks(times, width) {
  const [low, high] = [Math.min(...times), Math.max(...times)];
  if (high === low) return [low];
  const inner = ticks(low, high, Math.max(3, width / 110)).filter(Number.isInteger);
  const apart = (high - low) * 0.09;
  return [low, ...inner.filter((t) => t - low > apart && high - t > apart), high];
}

function paintBackground(ctx, panel, theme, { box, up }, layers, toX, toY) {
  clipTo(ctx, box, () => {
    if (panel.target && layers.has("target")) paintColumns(ctx, panel, theme, box);
  });
  ctx.strokeStyle = theme.text;
  ctx.globalAlpha = 0.25;
  ctx.lineWidth = 1;
  ctx.strokeRect(box.left - 0.5, box.top - 0.5, box.width + 1, box.height + 1);
  ctx.globalAlpha = 1;
  drawVerticalAxis(ctx, theme, box, up, toY, panel.axisNames[0]);
  const toTime = (t) => toX(positionOf(panel.times, t));
  const name = panel.direction === "forward" ? said`t, from data to noise` : said`t, from noise to data`;
  drawHorizontalAxis(ctx, theme, box, timeTicks(panel.times, box.width), toTime, name);
}

/** What lies over the paths: the quantile lines and the score. */
function paintOverlay(ctx, panel, theme, box, layers, toX, toY) {
  clipTo(ctx, box, () => {
    if (panel.target_quantiles && layers.has("contours")) {
      paintStale(ctx, panel.staleLaw, () => (
        paintQuantiles(ctx, theme, panel.target_quantiles, theme.target, [], toX, toY)));
    }
    if (panel.output_quantiles && layers.has("output")) {
      paintStale(ctx, panel.stale, () => (
        paintQuantiles(ctx, theme, panel.output_quantiles, theme.output, QUANTILE_DASH, toX, toY)));
    }
    if (panel.field && layers.has("field")) paintLattice(ctx, panel, theme, box, toX, toY);
  });
}

/** The paths of the first particles over the whole run, as a layer of the box; what is ahead of the clock is cut off. */
function createPaths(panel, theme, box, scale, toX, toY) {
  return createLayer(box.width, box.height, scale, (ctx) => {
    ctx.translate(-box.left, -box.top);
    ctx.globalAlpha = 0.6;
    strokeSetOff(ctx, theme, theme.output, 1, () => {
      for (let i = 0; i < Math.min(PATHS, panel.particles); i += 1) {
        for (let frame = 0; frame < panel.frames; frame += 1) {
          const [x] = pointAt(panel, frame, i);
          ctx[frame === 0 ? "moveTo" : "lineTo"](toX(frame), toY(x));
        }
      }
    });
  });
}

function paintCursor(ctx, panel, theme, box, place, toX, toY, layers) {
  const x = toX(place.position);
  strokeSetOff(ctx, theme, theme.text, 1.5, () => {
    ctx.moveTo(x, box.top);
    ctx.lineTo(x, box.top + box.height);
  });
  if (!layers.has("particles")) return;
  for (let i = 0; i < Math.min(PATHS, panel.particles); i += 1) {
    const slow = place.slow && i === place.follow;
    const [value] = followedPoint(panel, { ...place, follow: i, slow });
    if (value < panel.extent[0] || value > panel.extent[1]) continue;
    ctx.fillStyle = theme.background;
    disc(ctx, x, toY(value), 4.2);
    ctx.fillStyle = theme.output;
    disc(ctx, x, toY(value), 3.2);
  }
}

/** All times at once, in `rect`: still(ctx), draw(ctx, place), distance(i, x, y, place). */
export function createSpacetimeView(panel, theme, rect, scale, layers) {
  const places = layoutSpacetime(panel, theme, rect);
  const { box } = places;
  const [low, high] = panel.extent;
  const last = Math.max(1, panel.frames - 1);
  const toX = (position) => box.left + (position / last) * box.width;
  const toY = (x) => box.top + ((high - x) / (high - low)) * box.height;
  const toPixel = ([x], position) => [toX(position), toY(x)];
  const paths = layers.has("particles") && createPaths(panel, theme, box, scale, toX, toY);
  const overlay = createLayer(box.width, box.height, scale, (ctx) => {
    ctx.translate(-box.left, -box.top);
    paintOverlay(ctx, panel, theme, box, layers, toX, toY);
  });
  return {
    box,
    still: (ctx) => paintBackground(ctx, panel, theme, places, layers, toX, toY),
    distance: (i, x, y, place) => {
      const position = Math.min(place.position, Math.max(0, ((x - box.left) / box.width) * last));
      const { first, second, share } = between(position, panel.frames);
      const [a, b] = [pointAt(panel, first, i)[0], pointAt(panel, second, i)[0]];
      return Math.hypot(toX(position) - x, toY(a + share * (b - a)) - y);
    },
    draw(ctx, place) {
      const past = { ...box, width: Math.max(0, toX(place.position) - box.left) };
      if (paths) {
        clipTo(ctx, past, () => ctx.drawImage(paths, box.left, box.top, box.width, box.height));
      }
      ctx.drawImage(overlay, box.left, box.top, box.width, box.height);
      if (layers.has("trails")) {
        clipTo(ctx, box, () => paintTrails(ctx, theme, panel, place, toPixel));
      }
      clipTo(ctx, { ...box, left: box.left - 14, width: box.width + 28 }, () => {
        paintCursor(ctx, panel, theme, box, place, toX, toY, layers);
        if (place.follow >= 0) paintFollowed(ctx, theme, panel, place, toPixel);
      });
    },
  };
}
