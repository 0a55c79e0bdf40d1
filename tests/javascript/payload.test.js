// What Python packs is read in tests/dashboard/test_javascript.py; here a message put together by hand.
import { deepStrictEqual as same, strictEqual as is } from "node:assert";
import { between, decode, interpolateRow } from "../../dashboard/player/payload.js";

function message() {
  const arrays = [
    { name: "positions", type: "int16", shape: [2, 1, 2] },
    { name: "grid", type: "float32", shape: [1] },
  ];
  const header = new TextEncoder().encode(JSON.stringify({ view: "both", panels: [{ arrays }] }));
  const bytes = new Uint8Array(1 + 4 + header.length + 8 + 4); // from an odd address
  const view = new DataView(bytes.buffer, 1);
  view.setUint32(0, header.length, true);
  bytes.set(header, 5);
  [-2, 3, 258, -32767].forEach((code, k) => view.setInt16(4 + header.length + 2 * k, code, true));
  view.setFloat32(4 + header.length + 8, -0.75, true);
  return bytes.subarray(1);
}

Deno.test("a message is a header and little-endian arrays, wherever it lies in memory", () => {
  const { view, panels: [panel] } = decode(message());
  is(view, "both");
  same([panel.frames, panel.particles, panel.dimension], [2, 1, 2]);
  same([...panel.positions.values], [-2, 3, 258, -32767]);
  same([...panel.grid.values], [-0.75]);
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
