// What Python packs is read in tests/dashboard/test_javascript.py; here a message put together by hand.
import { deepStrictEqual as same, strictEqual as is } from "node:assert";
import { between, decode, interpolateRow } from "../../dashboard/player/payload.js";

const ARRAYS = [
  { name: "positions", type: "int16", shape: [2, 1, 2] },
  { name: "grid", type: "float32", shape: [1] },
  { name: "target", type: "uint8", shape: [2, 3], differences: [0, 1] },
];

/** JSON behind its length, and what follows. */
function join(header, rest) {
  const text = new TextEncoder().encode(JSON.stringify(header));
  const bytes = new Uint8Array(4 + text.length + rest.length);
  new DataView(bytes.buffer).setUint32(0, text.length, true);
  bytes.set(text, 4);
  bytes.set(rest, 4 + text.length);
  return bytes;
}

async function message() {
  const body = new Uint8Array(18);
  const view = new DataView(body.buffer);
  [-2, 3, 258, -32767].forEach((code, k) => view.setInt16(2 * k, code, true));
  view.setFloat32(8, -0.75, true);
  body.set([250, 7, 255, 1, 0, 1], 12);
  const packed = new Blob([join([{ arrays: ARRAYS }], body)]).stream()
    .pipeThrough(new CompressionStream("deflate"));
  const whole = join({ view: "both" }, new Uint8Array(await new Response(packed).arrayBuffer()));
  const moved = new Uint8Array(1 + whole.length); // from an odd address
  moved.set(whole, 1);
  return moved.subarray(1);
}

Deno.test("a message is a header and little-endian arrays, wherever it lies in memory", async () => {
  const { view, panels: [panel] } = await decode(await message());
  is(view, "both");
  same([panel.frames, panel.particles, panel.dimension], [2, 1, 2]);
  same([...panel.positions.values], [-2, 3, 258, -32767]);
  same([...panel.grid.values], [-0.75]);
});

Deno.test("of differences along axes, which wrap around, sums are made", async () => {
  const { panels: [{ target }] } = await decode(await message());
  same([...target.values], [250, 1, 0, 251, 2, 2]);
});

Deno.test("a position lies between two frames, and at the last one on it", () => {
  same(between(1.25, 4), { first: 1, second: 2, share: 0.25 });
  same(between(3, 4), { first: 3, second: 3, share: 0 });
});

Deno.test("rows are interpolated linearly", () => {
  const array = { shape: [3, 2], values: Int16Array.from([0, 10, 4, -10, 8, 0]) };
  const row = (position) => [...interpolateRow(array, position, new Float32Array(2))];
  same(row(0), [0, 10]);
  same(row(0.25), [1, 5]);
  same(row(1.5), [6, -5]);
  same(row(2), [8, 0]);
});
