// One dimension: densities and histogram above, the particles themselves in a strip below.
import {
  createLayer, drawHorizontalAxis, drawLegend, drawVerticalAxis, layoutLegend, richText, ticks,
  widestTick,
} from "./canvas.js";
import { createDots, dotStyle } from "./dots.js";
import { interpolateRow } from "./payload.js";

const DASH = [9, 5];

/** The natural height for a width, in CSS pixels. */
export function lineHeight(data, theme, width) {
  return Math.round(Math.min(460, Math.max(340, width * 0.5)));
}

function swatches(data, theme) {
  const stroke = (color, dash) => (ctx, width) => strokeCurve(ctx, color, dash, () => {
    ctx.moveTo(0, 0);
    ctx.lineTo(width, 0);
  });
  const bars = (ctx, width) => {
    ctx.fillStyle = theme.output;
    ctx.globalAlpha = 0.35;
    [5, 11, 8].forEach((height, i) => ctx.fillRect(width / 2 - 13 + i * 9, 6 - height, 8, height));
  };
  const dots = (ctx, width) => {
    ctx.fillStyle = theme.output;
    for (const [x, y] of [[-9, 2], [0, -3], [9, 3]]) disc(ctx, width / 2 + x, y, 3);
  };
  return [
    data.target && { text: "target p_t", swatch: stroke(theme.target, []) },
    data.output && { text: "output q_t, exact", swatch: stroke(theme.output, DASH) },
    { text: "histogram", swatch: bars },
    { text: particlesText(data), swatch: dots },
  ].filter(Boolean);
}

export function particlesText(data) {
  const count = `${data.particles.toLocaleString("en")} particles`;
  return data.output ? count : `${count} (output q_t)`;
}

export function disc(ctx, x, y, radius) {
  ctx.beginPath();
  ctx.arc(x, y, radius, 0, 2 * Math.PI);
  ctx.fill();
}

function strokeCurve(ctx, color, dash, trace) {
  ctx.strokeStyle = color;
  ctx.lineWidth = 2.5;
  ctx.lineJoin = "round";
  ctx.setLineDash(dash);
  ctx.beginPath();
  trace();
  ctx.stroke();
  ctx.setLineDash([]);
}

function layoutLine(data, theme, width, height) {
  const ctx = createLayer(1, 1, 1).getContext("2d");
  const levels = ticks(0, data.axis_top, 4);
  const left = Math.round(widestTick(ctx, theme, levels) + 22 + theme.size);
  const box = { left, width: Math.max(40, width - left - 14) };
  const legend = layoutLegend(ctx, theme, swatches(data, theme), box.width);
  const top = Math.round(legend.height + 12);
  const bottom = height - Math.round(theme.size * 2.4 + 12);
  const strip = Math.round((bottom - top) * 0.22);
  return {
    legend,
    levels,
    plot: { ...box, top, height: bottom - top - strip - 8 },
    strip: { ...box, top: bottom - strip, height: strip },
  };
}

function paintLineAxes(ctx, data, theme, { legend, levels, plot, strip }) {
  const [low, high] = data.extent;
  const toX = (x) => plot.left + ((x - low) / (high - low)) * plot.width;
  const toY = (value) => plot.top + plot.height * (1 - value / data.axis_top);
  drawLegend(ctx, theme, legend, plot.left, 0);
  ctx.fillStyle = theme.text;
  ctx.globalAlpha = 0.1;
  levels.forEach((value) => ctx.fillRect(plot.left, Math.round(toY(value)) - 0.5, plot.width, 1));
  ctx.globalAlpha = 0.045;
  ctx.fillRect(strip.left, strip.top, strip.width, strip.height);
  ctx.globalAlpha = 1;
  drawVerticalAxis(ctx, theme, plot, levels, toY, "density");
  const across = ticks(low, high, Math.max(3, plot.width / 90));
  drawHorizontalAxis(ctx, theme, strip, across, toX, "x");
}

/** A fixed height in 0..1 for each particle, from its number. */
function scatter(count) {
  return Float32Array.from({ length: count }, (_, i) => {
    let hash = Math.imul(i + 1, 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 15), 0xc2b2ae35);
    return ((hash ^ (hash >>> 13)) >>> 0) / 2 ** 32;
  });
}

function countBins(codes, border, counts) {
  counts.fill(0);
  const perBin = (2 * border) / counts.length;
  for (const code of codes) {
    if (Math.abs(code) > border) continue;
    counts[Math.min(counts.length - 1, Math.floor((code + border) / perBin))] += 1;
  }
}

/** Bars over the box; the particles outside the view count in the denominator. */
function paintHistogram(ctx, data, theme, plot, counts) {
  const [low, high] = data.extent;
  const binWidth = (high - low) / counts.length;
  const step = plot.width / counts.length;
  const bottom = plot.top + plot.height;
  const unit = plot.height / (data.particles * binWidth * data.axis_top);
  ctx.beginPath();
  counts.forEach((count, i) => {
    ctx.rect(plot.left + i * step + 0.5, bottom, step - 1, -count * unit);
  });
  ctx.fillStyle = theme.output;
  ctx.globalAlpha = 0.24;
  ctx.fill();
  ctx.globalAlpha = 1;
}

/** paint(ctx, position): p_t as a filled line, q_t as a dashed one. */
function createCurves(data, theme, plot) {
  const [low, high] = data.extent;
  const perUnit = plot.width / (high - low);
  const x = data.grid.values.map((value) => plot.left + (value - low) * perUnit);
  const unit = (plot.height * data.curve_top) / (65535 * data.axis_top);
  const bottom = plot.top + plot.height;
  const codes = new Float32Array(x.length);
  const trace = (ctx) => codes.forEach((code, i) => ctx.lineTo(x[i], bottom - code * unit));

  function paintTarget(ctx, position) {
    interpolateRow(data.target, position, codes);
    strokeCurve(ctx, theme.target, [], () => trace(ctx));
    ctx.lineTo(x[x.length - 1], bottom);
    ctx.lineTo(x[0], bottom);
    ctx.fillStyle = theme.target;
    ctx.globalAlpha = 0.12;
    ctx.fill();
    ctx.globalAlpha = 1;
  }

  function paintOutput(ctx, position) {
    interpolateRow(data.output, position, codes);
    strokeCurve(ctx, theme.output, DASH, () => trace(ctx));
  }

  return (ctx, position) => {
    if (data.target) paintTarget(ctx, position);
    if (data.output) paintOutput(ctx, position);
  };
}

/** Says so where a curve is higher than the axis. */
function paintPeaks(ctx, data, theme, plot, position) {
  const frame = Math.round(position);
  const names = { target: "p_t", output: "q_t" };
  ctx.textBaseline = "top";
  ctx.textAlign = "left";
  let y = plot.top + 4;
  for (const [name, peaks] of Object.entries(data.peaks)) {
    if (peaks[frame] <= data.axis_top) continue;
    const text = `↑ ${names[name]} peaks at ${Number(peaks[frame].toPrecision(3))}`;
    const width = richText(ctx, theme, text, 0, 0, false);
    ctx.fillStyle = theme.text;
    richText(ctx, theme, text, plot.left + plot.width - width - 6, y);
    y += theme.size * 1.4;
  }
}

/** paint(ctx, codes): the particles in the strip; those outside of the view are left out. */
function createStrip({ particles, border }, theme, strip, scale) {
  const style = dotStyle(particles);
  const dots = createDots(
    strip.width * scale, strip.height * scale, theme.output, style.radius * scale, style.opacity);
  const heights = scatter(particles);
  const margin = style.radius + 2;
  const room = strip.height - 2 * margin;
  return (ctx, codes) => {
    dots.clear();
    codes.forEach((code, i) => {
      if (Math.abs(code) > border) return;
      const x = ((code / border + 1) / 2) * strip.width;
      dots.add(x * scale, (margin + heights[i] * room) * scale);
    });
    ctx.setTransform(1, 0, 0, 1, 0, 0);
    dots.paint(ctx, strip.left * scale, strip.top * scale);
  };
}

/** A drawing of `data` at width x height CSS pixels: draw(ctx, position) fills ctx's canvas. */
export function createLineScene(data, theme, width, height, scale) {
  const places = layoutLine(data, theme, width, height);
  const { plot, strip } = places;
  const still = createLayer(width, height, scale, (ctx) => paintLineAxes(ctx, data, theme, places));
  const curves = data.grid && createCurves(data, theme, plot);
  const paintStrip = createStrip(data, theme, strip, scale);
  const codes = new Float32Array(data.particles);
  const counts = new Float64Array(Math.round(Math.min(64, Math.max(20, plot.width / 12))));
  return {
    draw(ctx, position) {
      interpolateRow(data.positions, position, codes);
      countBins(codes, data.border, counts);
      ctx.setTransform(1, 0, 0, 1, 0, 0);
      ctx.drawImage(still, 0, 0);
      ctx.setTransform(scale, 0, 0, scale, 0, 0);
      ctx.save();
      ctx.beginPath();
      ctx.rect(plot.left, plot.top, plot.width, plot.height + 2);
      ctx.clip();
      paintHistogram(ctx, data, theme, plot, counts);
      curves?.(ctx, position);
      ctx.restore();
      paintPeaks(ctx, data, theme, plot, position);
      paintStrip(ctx, codes);
    },
  };
}
