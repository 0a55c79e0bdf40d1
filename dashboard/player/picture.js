// The whole picture: one legend, and the panels in a grid, each with its views and what is below.
import { createLayer, drawLegend, layoutLegend, richText, wrapText } from "./canvas.js";
import { createDistance, distanceHeight } from "./distance.js";
import { createLineView, lineHeight, lineLegend } from "./line.js";
import { createPlaneView, planeHeight, planeLegend } from "./plane.js";
import { createSpacetimeView, spacetimeLegend } from "./spacetime.js";
import { tellsDistance } from "./story.js";
import { readoutAt } from "./words.js";

const LAYERS = ["particles", "target", "contours", "output", "histogram"];
const TWO_COLUMNS = 700;
const WIDE = 760; // a panel in which the density and the space-time view stand side by side
const CAPTION = 31; // letters' heights: the width of the longest caption in one line
const GAP = 28;
const LEAST_GIVEN = 120; // CSS pixels of a panel's views, where the whole has a given height
const LEAST_BODY = 200; // and where it should fit a window
const LEAST_OF_MANY = 150; // the same, of panels of laws on the line, one below the other
const SHORT = 300; // room in a window so low, as at 200 %, that it matters more to see all controls
const VIEWS = {
  density: [createLineView, lineLegend],
  spacetime: [createSpacetimeView, spacetimeLegend],
  plane: [createPlaneView, planeLegend],
};

export const layersOf = (show) => new Set(show.layers ?? LAYERS);

/** The names of a panel's views. */
function viewsOf(show, panel) {
  if (panel.dimension === 2) return ["plane"];
  const view = show.view ?? "auto";
  if (view === "density" || view === "spacetime") return [view];
  const alone = show.panels.length === 1 && panel.target && panel.frames > 1;
  const both = view === "both" || (alone && (show.width ?? WIDE) >= WIDE);
  return both ? ["density", "spacetime"] : ["density"];
}

function bodyHeight(show, panel, theme, width, columns) {
  const count = show.panels.length;
  if (panel.dimension === 2) {
    const tallest = count === 1 ? (panel.distance ? 530 : 600) : count > 2 && columns === 2 ? 360 : 460;
    return planeHeight(panel, theme, width, tallest);
  }
  const views = viewsOf(show, panel).length;
  if (views === 1) return lineHeight(width);
  return width >= WIDE ? Math.max(380, lineHeight(width / 2)) : 2 * lineHeight(width) + 10;
}

/** The rectangles of a panel's views in its body. */
function splitBody(views, body) {
  if (views.length === 1) return [body];
  if (body.width >= WIDE) {
    const width = Math.floor((body.width - GAP) / 2);
    return [{ ...body, width }, { ...body, left: body.left + width + GAP, width }];
  }
  const height = Math.floor((body.height - 10) / 2);
  return [{ ...body, height }, { ...body, top: body.top + height + 10, height }];
}

function legendFor(show, theme, layers, width) {
  const items = new Map();
  for (const panel of show.panels) {
    for (const view of viewsOf(show, panel)) {
      for (const item of VIEWS[view][1](panel, theme, layers)) items.set(item.text, item);
    }
  }
  const ctx = createLayer(1, 1, 1).getContext("2d");
  return layoutLegend(ctx, theme, [...items.values()], width);
}

/** How many views of a panel stand one below the other. */
const stacked = (show, width) => (
  width >= WIDE ? 1 : Math.max(...show.panels.map((panel) => viewsOf(show, panel).length)));

/** Where the panels stand: the grid, in whole CSS pixels. */
function layoutGrid(show, theme, width, top) {
  const { panels } = show;
  const columns = panels.length > 1 && width >= TWO_COLUMNS ? 2 : 1;
  const cell = Math.floor((width - GAP * (columns - 1)) / columns);
  const title = panels.some((panel) => panel.title) ? Math.round(theme.size * 1.9) : 0;
  const lines = panels.length === 1 ? 0 : cell < CAPTION * theme.size ? 2 : 1;
  const caption = Math.round(lines * theme.size * 1.5);
  const told = tellsDistance(show) && panels.some((panel) => panel.distance);
  const distance = told ? distanceHeight(theme) : 0;
  const rows = Math.ceil(panels.length / columns);
  const around = title + distance + caption + 8;
  const share = (height) => Math.floor((height - top) / rows - around);
  const natural = Math.max(...panels.map((panel) => bodyHeight(show, panel, theme, cell, columns)));
  const flat = panels.every((panel) => panel.dimension === 1);
  const least = show.room < SHORT ? LEAST_GIVEN : rows > 1 && flat ? LEAST_OF_MANY : LEAST_BODY;
  const body = show.height ? Math.max(LEAST_GIVEN, share(show.height))
    : Math.min(natural, Math.max(least * stacked(show, cell), share(show.room ?? Infinity)));
  const places = panels.map((_, i) => ({
    left: (i % columns) * (cell + GAP),
    top: top + Math.floor(i / columns) * (body + around),
    width: cell,
  }));
  return { places, title, distance, caption, body, height: top + rows * (body + around) };
}

function createPanel(show, panel, theme, scale, layers, grid, { left, top, width }) {
  const names = viewsOf(show, panel);
  const rects = splitBody(names, { left, top: top + grid.title, width, height: grid.body });
  const views = names.map((name, k) => ({
    name, ...VIEWS[name][0](panel, theme, rects[k], scale, layers) }));
  const below = top + grid.title + grid.body;
  const first = views[0].box;
  const last = views.at(-1).box;
  const inner = { left: first.left, width: last.left + last.width - first.left };
  const distance = grid.distance && panel.distance
    ? createDistance(panel, theme, { top: below }, inner) : null;
  const captionTop = below + grid.distance;

  function still(ctx) {
    ctx.fillStyle = theme.text;
    ctx.textAlign = "left";
    ctx.textBaseline = "middle";
    const large = { ...theme, size: Math.round(theme.size * 1.15) };
    if (panel.title) richText(ctx, large, panel.title, first.left, top + grid.title / 2, true, "600");
    views.forEach((view) => view.still(ctx));
    distance?.still(ctx);
  }

  function draw(ctx, place) {
    views.forEach((view) => view.draw(ctx, place));
    distance?.draw(ctx, place);
    if (!grid.caption) return;
    ctx.fillStyle = theme.text;
    ctx.textAlign = "left";
    ctx.textBaseline = "top";
    const text = [`t = ${panel.times[place.frame]}`, readoutAt(panel, place.frame)]
      .filter(Boolean).join(" · ");
    wrapText(ctx, theme, text, left + width - first.left).slice(0, 2).forEach((line, k) => (
      richText(ctx, theme, line, first.left, captionTop + k * theme.size * 1.4)));
  }

  return { views, still, draw };
}

/** The picture at `width` CSS pixels and `scale` device pixels each: draw(ctx, places). */
export function createPicture(show, theme, width, scale) {
  const layers = layersOf(show);
  const legend = legendFor(show, theme, layers, width - 64);
  const grid = layoutGrid(show, theme, width, Math.round(legend.height) + 6);
  const panels = show.panels.map((panel, i) => (
    createPanel(show, panel, theme, scale, layers, grid, grid.places[i])));
  const legendLeft = Math.max(0, Math.min(panels[0].views[0].box.left, width - legend.width));
  const still = createLayer(width, grid.height, scale, (ctx) => {
    drawLegend(ctx, theme, legend, legendLeft, 0);
    panels.forEach((panel) => panel.still(ctx));
  });
  return {
    width,
    height: grid.height,
    scale,
    theme,
    layers,
    drawn: legend.places.map(({ item }) => item.text),
    panels,
    draw(ctx, places) {
      ctx.setTransform(1, 0, 0, 1, 0, 0);
      ctx.clearRect(0, 0, still.width, still.height);
      ctx.drawImage(still, 0, 0);
      ctx.setTransform(scale, 0, 0, scale, 0, 0);
      panels.forEach((panel, i) => panel.draw(ctx, places[i]));
    },
  };
}

/** The boxes of all views, for whoever has to find them on the canvas. */
export function boxesOf(picture) {
  return picture.panels.flatMap((panel, i) => panel.views.map(({ name, box }) => ({
    panel: i, view: name, left: box.left, top: box.top, width: box.width, height: box.height })));
}
