// Two dimensions: the density as a heat map with level lines, the particles as dots.
// Both axes have the same scale.
import {
  clipTo, createLayer, drawHorizontalAxis, drawVerticalAxis, paintStale, staleText, strokeSetOff, ticks,
  widestTick,
} from "./canvas.js";
import { createField, fieldSwatch, FIELD_TEXT, hasParts, paintParts, placeSteps } from "./arrows.js";
import { paintPlaneCloseup } from "./closeup.js";
import { createDots, dotStyle } from "./dots.js";
import { moveFollowed, pointAt } from "./follow.js";
import { DASH, dotsSwatch, legendOf, lineSwatch, particlesText } from "./line.js";
import {
  createRaster, differencePalette, differenceSwatch, lawPalette, LEVELS, rampSwatch,
} from "./maps.js";
import { paintFollowed, paintTrails, trailSwatch } from "./paths.js";
import { interpolateRow } from "./payload.js";
import { said } from "../said.js";

const FAINT = 0.4; // of their opacity have particles over a map of q_t

/** The natural height of the view for a width, in CSS pixels: what it fills, up to a limit. */
export function planeHeight(panel, theme, width, tallest) {
  const { box } = layoutPlane(panel, theme, { left: 0, top: 0, width, height: tallest });
  return Math.ceil(box.top + box.height + axisHeight(theme));
}

const axisHeight = (theme) => Math.round(theme.size * 2.4 + 14);

/** The layer that fills a panel, if any: p_t stands in for a q_t that is not there. */
function mapOf(panel, layers) {
  const wanted = ["difference", "output-map", "target"].find((layer) => layers.has(layer));
  return wanted && !panel.output ? "target" : wanted;
}

export function planeLegend(panel, theme, layers) {
  const lines = panel.target && layers.has("contours");
  const map = mapOf(panel, layers);
  const filled = panel.target && map === "target";
  const levels = said`lines at 10 % and 50 % of its maximum`;
  const outputLevels = lines || filled ? said`output q_t, at the same densities` : said`output q_t, ${levels}`;
  const old = (text) => staleText(text, panel.stale);
  const top = Number((100 * panel.difference_top).toPrecision(2));
  return legendOf({
    target: filled && [
      lines ? said`target p_t, ${levels}` : said`target p_t`,
      rampSwatch(theme, theme.target, lines ? LEVELS : [])],
    "output-map": panel.output && [
      old(said`output q_t, on the scale of p_t`), rampSwatch(theme, theme.output, [])],
    difference: panel.difference && [
      old(said`q_t − p_t, up to ±${top} % of p_t's maximum`),
      differenceSwatch(theme)],
    contours: lines && !filled && [said`target p_t, ${levels}`, lineSwatch(theme.target, [])],
    output: panel.output && [old(outputLevels), lineSwatch(theme.output, DASH)],
    particles: [particlesText(panel), dotsSwatch(dotsColor(panel, theme, layers))],
    trails: [said`trails`, trailSwatch(theme)],
    field: panel.field && [FIELD_TEXT, fieldSwatch(theme)],
  }, new Set([...layers, map]));
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
  drawVerticalAxis(ctx, theme, box, up, toY, panel.axisNames[1]);
  drawHorizontalAxis(ctx, theme, box, ticks(x0, x1, Math.max(3, box.width / 90)), toX, panel.axisNames[0]);
}

const showsOutput = (panel, layers) => ["output-map", "difference"].includes(mapOf(panel, layers));

/** The output's colour, unless that fills the picture. */
const dotsColor = (panel, theme, layers) => (
  showsOutput(panel, layers) ? theme.text : theme.output);

/** paint(ctx, codes): the particles in the box; those outside of the view are left out. */
function createCloud({ particles, border }, color, faint, box, scale) {
  const style = dotStyle(particles);
  const dots = createDots(
    box.width * scale, box.height * scale, color, style.radius * scale, (faint ? FAINT : 1) * style.opacity);
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
  const map = mapOf(panel, layers);
  const wants = (layer, name) => layers.has(layer) || map === name;
  const rasterOf = (raster, colors, wanted) => (
    raster && wanted
      ? createRaster(raster, colors, frame, raster.make ? null : panel.density_frames) : null);
  const target = rasterOf(
    panel.target, lawPalette(theme, theme.target), wants("contours", "target"));
  const output = rasterOf(
    panel.output, lawPalette(theme, theme.output), wants("output", "output-map"));
  const difference = rasterOf(panel.difference, differencePalette(theme), map === "difference");
  const filled = { target, "output-map": output, difference }[map];
  return {
    below(ctx, progress) {
      [target, output, difference].forEach((raster) => raster?.set(progress));
      if (filled) paintStale(ctx, filled !== target && panel.stale, () => filled.paint(ctx));
    },
    above(ctx) {
      if (target && layers.has("contours")) {
        strokeSetOff(ctx, theme, theme.target, 2, () => target.traceLevels(ctx));
      }
      if (output && layers.has("output")) {
        paintStale(ctx, panel.stale, () => (
          strokeSetOff(ctx, theme, theme.output, 2.5, () => output.traceLevels(ctx), DASH)));
      }
      difference?.paintSigns(ctx, theme);
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
  const paintCloud = createCloud(
    panel, dotsColor(panel, theme, layers), showsOutput(panel, layers), box, scale);
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
