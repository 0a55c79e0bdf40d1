// One dimension at one time: densities and histogram above, the particles in a strip below.
import {
  createLayer, disc, clipTo, drawHorizontalAxis, drawVerticalAxis, paintStale, richText, staleText,
  ticks, widestTick,
} from "./canvas.js";
import { createLineField, fieldSwatch, FIELD_TEXT, hasParts, paintParts, placeSteps } from "./arrows.js";
import { paintLineCloseup } from "./closeup.js";
import { createDots, dotStyle } from "./dots.js";
import { moveFollowed, pointAt } from "./follow.js";
import { paintFollowed, paintTrails, trailSwatch } from "./paths.js";
import { interpolateRow } from "./payload.js";
import { said } from "../said.js";

export const DASH = [9, 5];
const FIELD_BAND = 24;
const THIRDS = 3;

/** The natural height of the view for a width, in CSS pixels. */
export const lineHeight = (width) => Math.round(Math.min(430, Math.max(300, width * 0.46)));

export function lineSwatch(color, dash) {
  return (ctx, width) => strokeCurve(ctx, color, dash, () => {
    ctx.moveTo(0, 0);
    ctx.lineTo(width, 0);
  });
}

/** Three dots, of one colour or of several in turn. */
export function dotsSwatch(...colors) {
  return (ctx, width) => [[-9, 2], [0, -3], [9, 3]].forEach(([x, y], i) => {
    ctx.fillStyle = colors[i % colors.length];
    disc(ctx, width / 2 + x, y, 3);
  });
}

export function lineLegend(panel, theme, layers) {
  const bars = (ctx, width) => {
    ctx.fillStyle = theme.output;
    ctx.globalAlpha = 0.35;
    [5, 11, 8].forEach((height, i) => ctx.fillRect(width / 2 - 13 + i * 9, 6 - height, 8, height));
  };
  const items = {
    target: panel.target && [said`target p_t`, lineSwatch(theme.target, [])],
    output: panel.output && [staleText(said`output q_t, exact`, panel.stale), lineSwatch(theme.output, DASH)],
    histogram: [said`histogram`, bars],
    particles: layers.has("ends")
      ? [said`particles, by the third in which they end`, dotsSwatch(...theme.parts.slice(0, THIRDS))]
      : [particlesText(panel), dotsSwatch(theme.output)],
    trails: [said`trails`, trailSwatch(theme)],
    field: panel.field && [FIELD_TEXT, fieldSwatch(theme)],
  };
  return legendOf(items, layers);
}

export function legendOf(items, layers) {
  return Object.entries(items)
    .filter(([layer, item]) => item && layers.has(layer))
    .map(([, [text, swatch]]) => ({ text, swatch }));
}

export function particlesText(panel) {
  const count = said`${panel.particles.toLocaleString("en")} particles`;
  return panel.output || panel.direction === "forward" ? count : said`${count} (output q_t)`;
}

export function strokeCurve(ctx, color, dash, trace) {
  ctx.strokeStyle = color;
  ctx.lineWidth = 2.5;
  ctx.lineJoin = "round";
  ctx.setLineDash(dash);
  ctx.beginPath();
  trace();
  ctx.stroke();
  ctx.setLineDash([]);
}

function layoutLine(panel, theme, rect, layers) {
  const ctx = createLayer(1, 1, 1).getContext("2d");
  const levels = ticks(0, panel.axis_top, 4);
  const inset = Math.round(widestTick(ctx, theme, levels) + 22 + theme.size);
  const box = { left: rect.left + inset, width: Math.max(40, rect.width - inset - 14) };
  const bottom = rect.top + rect.height - Math.round(theme.size * 2.4 + 12);
  const top = rect.top + 8;
  const strip = Math.round((bottom - top) * 0.22);
  const band = panel.field && layers.has("field") ? FIELD_BAND : 0;
  return {
    levels,
    plot: { ...box, top, height: bottom - top - strip - band - 8 },
    band: { ...box, top: bottom - strip - band - 4, height: band },
    strip: { ...box, top: bottom - strip, height: strip },
  };
}

function paintLineAxes(ctx, panel, theme, { levels, plot, strip }, toX) {
  const toY = (value) => plot.top + plot.height * (1 - value / panel.axis_top);
  ctx.fillStyle = theme.text;
  ctx.globalAlpha = 0.1;
  levels.forEach((value) => ctx.fillRect(plot.left, Math.round(toY(value)) - 0.5, plot.width, 1));
  ctx.globalAlpha = 0.045;
  ctx.fillRect(strip.left, strip.top, strip.width, strip.height);
  ctx.globalAlpha = 1;
  drawVerticalAxis(ctx, theme, plot, levels, toY, said`density`);
  const [low, high] = panel.extent;
  drawHorizontalAxis(ctx, theme, strip, ticks(low, high, Math.max(3, plot.width / 90)), toX, panel.axisNames[0]);
}

/** A fixed height in 0..1 for each particle, from its number. */
export function scatter(count) {
  return Float32Array.from({ length: count }, (_, i) => {
    let hash = Math.imul(i + 1, 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 15), 0xc2b2ae35);
    return ((hash ^ (hash >>> 13)) >>> 0) / 2 ** 32;
  });
}

export function countBins(codes, border, counts) {
  counts.fill(0);
  const perBin = (2 * border) / counts.length;
  for (const code of codes) {
    if (Math.abs(code) > border) continue;
    counts[Math.min(counts.length - 1, Math.floor((code + border) / perBin))] += 1;
  }
}

/** Bars over the box; the particles outside the view count in the denominator. */
function paintHistogram(ctx, panel, theme, plot, counts) {
  const [low, high] = panel.extent;
  const binWidth = (high - low) / counts.length;
  const step = plot.width / counts.length;
  const bottom = plot.top + plot.height;
  const unit = plot.height / (panel.particles * binWidth * panel.axis_top);
  ctx.beginPath();
  counts.forEach((count, i) => {
    ctx.rect(plot.left + i * step + 0.5, bottom, step - 1, -count * unit);
  });
  ctx.fillStyle = theme.output;
  ctx.globalAlpha = 0.24;
  ctx.fill();
  ctx.globalAlpha = 1;
}

/** Where the density of the data is highest. */
export function highest({ target, grid }) {
  const last = target.values.slice(-grid.values.length);
  return grid.values[last.indexOf(Math.max(...last))];
}

/** {target, output}: paint(ctx, position) of p_t as a filled line and of q_t as a dashed one. */
function createCurves(panel, theme, plot, toX) {
  const x = panel.grid.values.map(toX);
  const unit = (plot.height * panel.curve_top) / (65535 * panel.axis_top);
  const bottom = plot.top + plot.height;
  const codes = new Float32Array(x.length);
  const trace = (ctx) => codes.forEach((code, i) => ctx.lineTo(x[i], bottom - code * unit));
  return {
    target(ctx, position) {
      interpolateRow(panel.target, position, codes);
      strokeCurve(ctx, theme.target, [], () => trace(ctx));
      ctx.lineTo(x[x.length - 1], bottom);
      ctx.lineTo(x[0], bottom);
      ctx.fillStyle = theme.target;
      ctx.globalAlpha = 0.12;
      ctx.fill();
      ctx.globalAlpha = 1;
    },
    output(ctx, position) {
      interpolateRow(panel.output, position, codes);
      strokeCurve(ctx, theme.output, DASH, () => trace(ctx));
    },
  };
}

/** Says so where a curve is higher than the axis. */
function paintPeaks(ctx, panel, theme, plot, position, layers) {
  const frame = Math.round(position);
  const names = { target: "p_t", output: "q_t" };
  ctx.textBaseline = "top";
  ctx.textAlign = "left";
  let y = plot.top + 4;
  for (const [name, peaks] of Object.entries(panel.peaks)) {
    if (peaks[frame] <= panel.axis_top || !layers.has(name)) continue;
    const text = said`↑ ${names[name]} peaks at ${Number(peaks[frame].toPrecision(3))}`;
    const width = richText(ctx, theme, text, 0, 0, false);
    ctx.fillStyle = theme.text;
    richText(ctx, theme, text, plot.left + plot.width - width - 6, y);
    y += theme.size * 1.4;
  }
}

/** For each particle, whether it ends in the left, middle or right third of all: 0, 1 or 2. */
export function thirdsOf({ positions, frames, particles }) {
  const ends = interpolateRow(positions, frames - 1, new Float32Array(particles));
  const sorted = Float32Array.from(ends).sort();
  const borders = [1, 2].map((k) => sorted[Math.floor((k * particles) / THIRDS)]);
  return ends.map((end) => borders.filter((border) => end >= border).length);
}

/** paint(ctx, codes): the particles in the strip; those outside of the view are left out. */
function createStrip(panel, theme, strip, scale, style, toY, byEnd) {
  const { border } = panel;
  const colors = byEnd ? theme.parts.slice(0, THIRDS) : [theme.output];
  const thirds = byEnd ? thirdsOf(panel) : new Float32Array(panel.particles);
  const all = colors.map((color) => createDots(
    strip.width * scale, strip.height * scale, color, style.radius * scale, style.opacity));
  return (ctx, codes) => {
    all.forEach((dots) => dots.clear());
    codes.forEach((code, i) => {
      if (Math.abs(code) > border) return;
      all[thirds[i]].add(((code / border + 1) / 2) * strip.width * scale, (toY(i) - strip.top) * scale);
    });
    ctx.setTransform(1, 0, 0, 1, 0, 0);
    all.forEach((dots) => dots.paint(ctx, strip.left * scale, strip.top * scale));
    ctx.setTransform(scale, 0, 0, scale, 0, 0);
  };
}

function fieldPainter(panel, theme, band, toX) {
  const paint = createLineField(panel, theme);
  const longest = (0.9 * band.width) / panel.field.shape[1];
  const y = band.top + band.height / 2;
  return (ctx, progress) => paint(ctx, progress, (x, u) => [toX(x), y, u, 0], longest);
}

/** The density at one time, in `rect`: still(ctx), draw(ctx, place), distance(i, x, y, place). */
export function createLineView(panel, theme, rect, scale, layers) {
  const places = layoutLine(panel, theme, rect, layers);
  const { plot, strip, band } = places;
  const [low, high] = panel.extent;
  const toX = (x) => plot.left + ((x - low) / (high - low)) * plot.width;
  const style = dotStyle(panel.particles);
  const heights = scatter(panel.particles);
  const margin = style.radius + 2;
  const toY = (i) => strip.top + margin + heights[i] * (strip.height - 2 * margin);
  const toPixel = ([x], _, i) => [toX(x), toY(i)];
  const curves = panel.grid && createCurves(panel, theme, plot, toX);
  const peak = panel.grid && panel.target && toX(highest(panel));
  const paintStrip = createStrip(panel, theme, strip, scale, style, toY, layers.has("ends"));
  const paintField = band.height ? fieldPainter(panel, theme, band, toX) : null;
  const codes = new Float32Array(panel.particles);
  const counts = new Float64Array(Math.round(Math.min(64, Math.max(20, plot.width / 12))));

  function drawPlot(ctx, place) {
    if (layers.has("histogram")) {
      countBins(codes, panel.border, counts);
      paintHistogram(ctx, panel, theme, plot, counts);
    }
    if (panel.target && layers.has("target")) curves.target(ctx, place.position);
    if (panel.output && layers.has("output")) {
      paintStale(ctx, panel.stale, () => curves.output(ctx, place.position));
    }
  }

  function drawStep(ctx, place) {
    const points = placeSteps(panel, place, (point) => [toX(point[0]), toY(place.follow)]);
    clipTo(ctx, strip, () => paintParts(ctx, theme, points, place, 3));
    const at = toX((place.at ?? pointAt(panel, place.step, place.follow))[0]);
    paintLineCloseup(ctx, theme, panel, place, plot, points.map(([x]) => x), at, peak);
  }

  return {
    box: strip,
    still: (ctx) => paintLineAxes(ctx, panel, theme, places, toX),
    distance: (i, x, y, place) => {
      const at = toPixel(pointAt(panel, place.frame, i), 0, i);
      return Math.hypot(at[0] - x, 0.3 * (at[1] - y));
    },
    draw(ctx, place) {
      interpolateRow(panel.positions, place.position, codes);
      moveFollowed(panel, place, codes);
      clipTo(ctx, { ...plot, height: plot.height + 2 }, () => drawPlot(ctx, place));
      paintPeaks(ctx, panel, theme, plot, place.position, layers);
      paintField?.(ctx, place.progress);
      if (layers.has("particles")) paintStrip(ctx, codes);
      clipTo(ctx, strip, () => {
        if (layers.has("trails")) paintTrails(ctx, theme, panel, place, toPixel);
        if (place.follow >= 0) paintFollowed(ctx, theme, panel, place, toPixel);
      });
      if (hasParts(panel, place, layers)) drawStep(ctx, place);
    },
  };
}
