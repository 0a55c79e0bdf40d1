import { deepStrictEqual as same, strictEqual as is } from "node:assert";
import { differencePalette, keyAt, lawPalette, opacityAt, signsOf } from "../../dashboard/player/maps.js";
import { theme, withCanvases } from "./doubles.js";

const bytes = (word) => [0, 8, 16, 24].map((shift) => (word >>> shift) & 255).join();

Deno.test("a law's colour is clear at none, and as opaque as the theme says at the most", () => {
  const palette = withCanvases(() => lawPalette(theme, "#0072b2"));
  is(bytes(palette[0]), "0,114,178,0");
  is(bytes(palette[255]), `0,114,178,${Math.round(255 * 0.8)}`);
  is(bytes(palette[64]), `0,114,178,${Math.round(255 * 0.8 * (64 / 255) ** 0.75)}`);
  is(palette.every((word, k) => k === 0 || word >>> 24 >= palette[k - 1] >>> 24), true);
  is(opacityAt(1 / 16, { density: 1 }), 1 / 8);
});

Deno.test("too little is the target's colour, too much the output's, and none is clear", () => {
  const palette = withCanvases(() => differencePalette(theme));
  is(palette[128] >>> 24, 0);
  is(bytes(palette[1]), `0,114,178,${Math.round(255 * 0.8)}`);
  is(bytes(palette[255]), `213,94,0,${Math.round(255 * 0.8)}`);
  for (const k of [1, 50, 127]) is(palette[128 - k] >>> 24, palette[128 + k] >>> 24);
});

Deno.test("keyframes lie evenly, or at the frames that they are of", () => {
  is(keyAt([], 5, 0.5), 2);
  is(keyAt(undefined, 3, 1), 2);
  const frames = [0, 2, 10];
  is(keyAt(frames, 3, 0), 0);
  is(keyAt(frames, 3, 0.1), 0.5);
  is(keyAt(frames, 3, 0.6), 1.5);
  is(keyAt(frames, 3, 1), 2);
});

Deno.test("a difference has a sign where most is missing, and where most is too much", () => {
  same(signsOf([128, 130, 120, 100, 128, 200], 3), [
    { sign: "−", row: 1, column: 0 }, { sign: "+", row: 1, column: 2 }]);
  same(signsOf([128, 130, 120, 125], 2), []); // nearly no difference
});
