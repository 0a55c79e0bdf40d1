import { deepStrictEqual as same, ok, strictEqual as is } from "node:assert";
import { choiceAfter } from "../../dashboard/gallery/gallery.js";
import { raise, spot, toY } from "../../dashboard/sketch/line.js";
import { add, shapeFrom, toPixels, toPoint } from "../../dashboard/sketch/plane.js";

const near = (a, b, by = 1e-12) => ok(Math.abs(a - b) <= by, `${a} is not ${b}`);
const line = (content, top = 100) => ({ content, data: { top, reach: 3 }, size: { width: 656, height: 168 } });
const plane = (given = {}) => ({
  content: [], tool: "free", data: { reach: 3, most: 500 }, size: { width: 300, height: 300 }, ...given });

Deno.test("a place on the pad is a column and a height", () => {
  const pad = line(Array(64).fill(0)); // 640 pixels of columns from 8 on, 138 of height from 8 on
  same(spot(pad, 8, 146), [0, 0]);
  same(spot(pad, 647.9, 8), [63, 100]);
  same(spot(pad, 8 + 25, 8 + 69), [2, 50]);
  same(spot(pad, -50, 900), [0, 0]);
  same(spot(pad, 900, -50), [63, 100]);
  is(toY(pad, 100), 8);
  is(toY(pad, 25), 146 - 138 / 4);
});

Deno.test("a quick stroke leaves no gap, in either direction", () => {
  const pad = line(Array(8).fill(0));
  raise(pad, [1, 10], [5, 50]);
  same(pad.content, [0, 10, 20, 30, 40, 50, 0, 0]);
  raise(pad, [6, 0], [4, 7]);
  same(pad.content, [0, 10, 20, 30, 7, 4, 0, 0]);
  is(pad.cursor, 4);
  raise(pad, [0, 3], [0, 33]);
  is(pad.content[0], 33);
});

Deno.test("a pixel is a point of the plane, and back", () => {
  const pad = plane();
  same(toPoint(pad, 150, 150), [0, 0]);
  same(toPoint(pad, 0, 0), [-3, 3]);
  same(toPoint(pad, 225, 250), [1.5, -2]);
  same(toPoint(pad, 400, -20), [3, 3]);
  toPixels(pad, [1.5, -2]).forEach((value, k) => near(value, [225, 250][k]));
});

Deno.test("a line has its ends and points a tenth apart", () => {
  const points = shapeFrom(plane({ tool: "line" }), [0, 0], [0.6, 0.8]);
  is(points.length, 11);
  same(points[0], [0, 0]);
  points.forEach(([x, y], k) => (near(x, 0.06 * k), near(y, 0.08 * k)));
});

Deno.test("a rectangle goes round once", () => {
  const points = shapeFrom(plane({ tool: "rectangle" }), [-1, 0], [0, 0.5]);
  is(points.length, 30);
  is(new Set(points.map(String)).size, 30);
  for (const [x, y] of points) ok([-1, 0].includes(x) || [0, 0.5].includes(y));
});

Deno.test("a ring is of its radius, a tenth apart, and no more than there is room for", () => {
  const ring = shapeFrom(plane({ tool: "ring" }), [1, 1], [1, 2.5]);
  is(ring.length, Math.round(2 * Math.PI * 1.5 / 0.1));
  for (const [x, y] of ring) near(Math.hypot(x - 1, y - 1), 1.5);
  const full = plane({ tool: "ring", content: Array(490).fill([0, 0]) });
  is(shapeFrom(full, [0, 0], [1, 0]).length, 10);
});

Deno.test("points are kept to a hundredth, never as -0, and while there is room", () => {
  const pad = plane({ data: { reach: 3, most: 3 } });
  add(pad, [[0.123, -0.001], [1, 1]]);
  same(pad.content, [[0.12, 0], [1, 1]]);
  add(pad, [[2, 2], [3, 3]]);
  same(pad.content.length, 3);
  add(pad, [[2, 2]]);
  same(pad.content.length, 3);
});

Deno.test("keys go round a gallery, and up and down its columns", () => {
  const choices = Array.from({ length: 8 }, (_, k) => ( // rows of three
    { offsetLeft: 100 * (k % 3), offsetTop: 80 * Math.floor(k / 3) }));
  const to = (i, key) => choiceAfter({ choices }, i, key);
  same([to(0, "ArrowRight"), to(7, "ArrowRight"), to(0, "ArrowLeft"), to(4, "ArrowLeft")], [1, 0, 7, 3]);
  same([to(1, "ArrowDown"), to(5, "ArrowUp")], [4, 2]);
  same([to(5, "ArrowDown"), to(7, "ArrowDown")], [6, 7]); // where the column ends, the next one
  same([to(0, "ArrowUp"), to(1, "ArrowUp")], [0, 0]);
  same([to(4, "Home"), to(4, "End"), to(4, "a")], [0, 7, undefined]);
});
