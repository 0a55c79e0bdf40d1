import { deepStrictEqual as same, ok, strictEqual as is } from "node:assert";
import { createField, paintPart, paintParts } from "../../dashboard/player/arrows.js";
import { fitted, layoutLegend, textParts, ticks, tickText, wrapText } from "../../dashboard/player/canvas.js";
import { magnification, placeCard } from "../../dashboard/player/closeup.js";
import { traceLevel } from "../../dashboard/player/contours.js";
import { createDistance } from "../../dashboard/player/distance.js";
import { dotStyle } from "../../dashboard/player/dots.js";
import { countBins, highest, scatter, thirdsOf } from "../../dashboard/player/line.js";
import { paintFollowed, paintTrails } from "../../dashboard/player/paths.js";
import { positionOf, timeTicks } from "../../dashboard/player/spacetime.js";
import { followedPanel, panelOf, recorder, theme } from "./doubles.js";

const near = (a, b, by = 1e-9) => ok(Math.abs(a - b) <= by, `${a} is not ${b}`);

function levelLines(values, rows, columns, level) {
  const ctx = recorder();
  traceLevel(ctx, values, rows, columns, level, (column) => column, (row) => row);
  const lines = [];
  for (const [draw, x, y] of ctx.calls) {
    if (draw === "moveTo") lines.push([]);
    lines.at(-1).push([x, y]);
  }
  return lines;
}

Deno.test("a level line of a plane is straight, and in one piece", () => {
  const plane = Array.from({ length: 30 }, (_, k) => (k % 6) + 2 * Math.floor(k / 6));
  const [line, ...others] = levelLines(plane, 5, 6, 4.5);
  is(others.length, 0);
  for (const [x, y] of line) near(x + 2 * y, 4.5);
  is(Math.max(...line.map(([x]) => x)), 4.5);
  is(Math.max(...line.map(([, y]) => y)), 2.25);
});

Deno.test("a level line of a cone is a closed ring of the right length", () => {
  const size = 101;
  const cone = Array.from({ length: size * size }, (_, k) => (
    -Math.hypot((k % size) - 50.2, Math.floor(k / size) - 49.7)));
  const lines = levelLines(cone, size, size, -30.3);
  is(lines.length, 1);
  same(lines[0][0], lines[0].at(-1));
  const length = lines[0].slice(1).reduce(
    (sum, [x, y], k) => sum + Math.hypot(x - lines[0][k][0], y - lines[0][k][1]), 0);
  near(length, 2 * Math.PI * 30.3, 0.1);
  for (const [x, y] of lines[0]) near(Math.hypot(x - 50.2, y - 49.7), 30.3, 0.02);
});

Deno.test("two hills have two rings, and a saddle's cell two lines", () => {
  const hills = Array.from({ length: 21 * 41 }, (_, k) => Math.max(
    ...[10, 30].map((x) => -Math.hypot((k % 41) - x, Math.floor(k / 41) - 10))));
  is(levelLines(hills, 21, 41, -5.5).length, 2);
  is(levelLines([1, 0, 0, 1], 2, 2, 0.5).length, 2);
});

Deno.test("ticks are round and within the axis", () => {
  same(ticks(-3, 3, 6), [-3, -2, -1, 0, 1, 2, 3]);
  same(ticks(0, 1, 4), [0, 0.25, 0.5, 0.75, 1]);
  same(ticks(0, 0.7, 4), [0, 0.2, 0.4, 0.6]);
  same(ticks(-0.31, 0.29, 3), [-0.2, 0, 0.2]);
  is(tickText(-1.5), "−1.5");
  is(tickText(123456), "1.23456e+5");
});

Deno.test("subscripts are told from the text, and lines break at spaces", () => {
  same(textParts("body\\_mass, of q_t"), [["body_mass, of q", false], ["t", true]]);
  same(textParts("Y_[t−1] − q_t"), [["Y", false], ["t−1", true], [" − q", false], ["t", true]]);
  same(wrapText(recorder(), theme, "one three five", 90), ["one three", "five"]);
});

Deno.test("a legend has no row wider than there is room", () => {
  const items = ["one", "two", "three"].map((text) => ({ text, swatch() {} }));
  const legend = layoutLegend(recorder(), theme, items, 180); // 38 + 30, 22 apart
  same(legend.places.map(({ x, y }) => [x, y]), [[0, 12.8], [90, 12.8], [0, 38.400000000000006]]);
  is(legend.width, 158);
});

Deno.test("an arrow of the field points along it, centred, and is full from 2.5 on", () => {
  const ctx = recorder();
  const field = { shape: [1, 1, 2, 2], values: Int16Array.from([32767, 0, 0, -16384]) };
  const panel = { field, raster: [0, 2, 0, 1], field_top: 5 };
  createField(panel, theme, (x) => 100 * x, (y) => 100 * (1 - y))(ctx, 0);
  const shafts = ctx.calls.flatMap((call, k) => ( // each followed by its head's two wings
    call[0] === "lineTo" && k % 6 === 2 ? [[ctx.calls[k - 1].slice(1), call.slice(1)]] : []));
  const [right, down] = shafts;
  same(right, [[5, 50], [95, 50]]); // 0.9 of a cell of 100 pixels; 5 is cut to 2.5
  near(down[0][0], 150);
  near(down[1][1] - down[0][1], 90, 0.01);
});

Deno.test("a part of a step ends where it ends, and those to come are paler", () => {
  const ctx = recorder();
  paintPart(ctx, theme, 0, [0, 0], [30, 40], 3);
  ok(ctx.of("lineTo").some(([, x, y]) => x === 30 && y === 40));
  const alphas = [];
  const noting = Object.assign(recorder(), { set globalAlpha(value) { alphas.push(value); } });
  Object.defineProperty(noting, "globalAlpha", { set: (value) => alphas.push(value), get: () => 1 });
  paintParts(noting, theme, [[0, 0], [0, 0.1], [0, 0.2]], { slow: true, part: 0 }, 3);
  same(alphas, [1, 0.45, 1]);
});

Deno.test("the followed path goes through all frames so far, to the particle between two", () => {
  const panel = panelOf([[0], [1], [-1]]);
  const ctx = recorder();
  const place = { position: 1.5, whole: 1, step: 1, slow: false, follow: 0, frame: 2 };
  paintFollowed(ctx, theme, panel, place, ([x], position) => [10 * position, x]);
  same(ctx.of("lineTo").map(([, x, y]) => [x, y]), [[0, 0], [10, 1], [15, 0]]);
  same(ctx.of("arc").map(([, x, y]) => [x, y]), [[15, 0], [15, 0], [15, 0]]);
});

Deno.test("a trail is the last 35 % of the run, of ten particles at most", () => {
  const rows = Array.from({ length: 101 }, () => Array.from({ length: 12 }, (_, i) => i / 8));
  const ctx = recorder();
  const place = { position: 80, whole: 80, step: 80, slow: false, follow: -1, frame: 80 };
  paintTrails(ctx, theme, panelOf(rows), place, ([x], position) => [position, x]);
  const xs = ctx.of("moveTo", "lineTo").map(([, x]) => x);
  same([Math.min(...xs), Math.max(...xs)], [45, 80]);
  is(new Set(ctx.of("arc").map(([, , y]) => y)).size, 10);
});

Deno.test("a close-up is a round number of times as large, and away from the particle", () => {
  same([10, 3, 1.3, 0.4, 0.01].map((length) => magnification(length, 100)), [10, 30, 50, 200, 200]);
  is(magnification(80, 100), 1.25);
  const box = { left: 0, top: 0, width: 400, height: 300, spare: 0 };
  same(placeCard(box, 100, 80, [10, 10]), { left: 292, top: 212, width: 100, height: 80 });
  same(placeCard(box, 100, 80, [390, 290]), { left: 8, top: 8, width: 100, height: 80 });
  is(placeCard({ ...box, spare: 116 }, 100, 80, [10, 10]).left, 416);
});

Deno.test("bins count the particles in view; their heights in the strip are fixed and spread", () => {
  const counts = new Float64Array(4);
  countBins([-100, -51, -50, 0, 49, 100, 101, -101], 100, counts);
  same([...counts], [2, 1, 2, 1]);
  const heights = scatter(4000);
  same(heights.slice(0, 9), scatter(9));
  for (let k = 0; k < 10; k += 1) {
    const share = heights.filter((h) => h >= k / 10 && h < (k + 1) / 10).length / 4000;
    ok(Math.abs(share - 0.1) < 0.02, `${share}`); // four standard errors
  }
});

Deno.test("a time lies among the frames, whichever way time runs", () => {
  is(positionOf([10, 6, 4, 1], 5), 1.5);
  is(positionOf([10, 6, 4, 1], 10), 0);
  is(positionOf([0, 2, 6], 5), 1.75);
  is(positionOf([3], 3), 0);
  same(timeTicks([100, 51, 1], 550), [1, 20, 40, 60, 80, 100]);
  same(timeTicks([7], 550), [7]);
});

Deno.test("the distance's axis is logarithmic; what lies below it is not drawn at its end", () => {
  const panel = panelOf([[0], [0], [0]], {
    distance: { values: [1e-9, 1e-2, 1] }, distance_range: [-4, 0], distance_name: "TV" });
  const ctx = recorder();
  const rect = { top: 100 };
  createDistance(panel, theme, rect, { left: 50, width: 200 }).draw(
    ctx, { position: 1.5, whole: 1 });
  const top = 100 + Math.round(theme.size * 1.7);
  same(ctx.of("moveTo", "lineTo").map(([, x, y]) => [x, y]), [[50, top + 144], [150, top + 32], [250, top]]);
  same(ctx.of("rect")[0].slice(1), [50, top - 4, 150, 68]);
  same(ctx.of("arc")[0].slice(1, 3), [200, top + 16]);
  const below = recorder();
  createDistance(panel, theme, rect, { left: 50, width: 200 }).draw(below, { position: 0, whole: 0 });
  same(below.of("arc"), []);
  same(below.of("lineTo").at(-1), ["lineTo", 50, top + 69]);
});

Deno.test("many particles are small and pale, few are not", () => {
  same(dotStyle(50), { radius: 3.2, opacity: 0.9 });
  const { radius, opacity } = dotStyle(1e6);
  near(radius, 1.2);
  near(opacity, 0.35);
  ok(dotStyle(1000).radius < 3.2 && dotStyle(1000).radius > 1.2);
});

Deno.test("the particle followed in slow motion is drawn part by part", () => {
  const panel = followedPanel([[0, 0.5, 1], [1, 1.25, 1.5]]);
  const ctx = recorder();
  const place = { position: 0.75, whole: 0, step: 0, slow: true, part: 1, partShare: 0.5, follow: 0 };
  paintFollowed(ctx, theme, panel, place, ([x], position) => [position, x]);
  same(ctx.of("lineTo").map(([, x, y]) => [x, y]), [[0, 0], [0.75, 0.75]]);
});

Deno.test("a particle belongs to the third of all in which it ends", () => {
  const values = Int16Array.from([0, 0, 0, 0, 0, 0, 5, -3, 9, 1, -8, 7]);
  const panel = { positions: { shape: [2, 6, 1], values }, frames: 2, particles: 6 };
  same([...thirdsOf(panel)], [1, 0, 2, 1, 0, 2]);
});

Deno.test("the highest point is that of the data, the last row of the densities", () => {
  const target = { shape: [2, 3], values: Uint16Array.of(9, 1, 1, 2, 3, 7) };
  is(highest({ target, grid: { values: Float32Array.of(-1, 0, 1) } }), 1);
});

Deno.test("a name that is longer than its axis loses what is least needed", () => {
  const of = (room) => fitted(recorder(), theme, "mass, standardised", room);
  is(of(180), "mass, standardised");
  is(of(170), "mass");
  is(of(30), "ma…");
});
