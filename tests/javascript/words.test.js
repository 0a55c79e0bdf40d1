import { deepStrictEqual as same, strictEqual as is } from "node:assert";
import {
  describeFollowed, followable, followedPoint, formulaAt, moveFollowed, pointAt, vectorText,
} from "../../dashboard/player/follow.js";
import { describePicture, momentsAt, readoutAt } from "../../dashboard/player/words.js";
import { followedPanel, panelOf } from "./doubles.js";

const panel = followedPanel([[0, 0.5, 1], [1, 1.25, 1.5]]);

Deno.test("a formula is filled with its numbers, negative ones after a sign in brackets", () => {
  const at = (step, part) => formulaAt(panel, { step, part, follow: 0 });
  same(at(0, 0), { heading: "t = 3 → 2, part 1 of 2: drift", formula: "0.000 + 0.25·(−0.500) = 0.500" });
  same(at(1, 0), { heading: "t = 2 → 1, part 1 of 2: drift", formula: "1.000 + 1.25·(−1.500) = 1.250" });
  is(at(1, 1).formula, "1.250 − −1.5e3");
});

Deno.test("numbers have three places, and powers of ten where those would say nothing", () => {
  is(vectorText([-0.12345]), "−0.123");
  is(vectorText([1, -2.0005]), "(1.000, −2.001)");
  is(vectorText([1234.5]), "1.2e3");
  is(vectorText([-0.0001]), "−1.0e-4");
  is(vectorText([-0]), "0.000");
});

Deno.test("codes become places on the axes", () => {
  const plane = panelOf([[0]], {
    dimension: 2, extent: [-2, 2, 1, 5],
    positions: { shape: [1, 1, 2], values: Int16Array.from([16000, -32000]) } });
  same(pointAt(plane, 0, 0), [1, 1]);
});

Deno.test("the followed particle moves straight on, in slow motion part by part, and its dot too", () => {
  is(followedPoint(panel, { step: 1, position: 1.5, slow: false, follow: 0 })[0], 1.25);
  const place = { step: 1, part: 1, partShare: 0.5, position: 1.75, slow: true, follow: 0 };
  is(followedPoint(panel, place)[0], 1.375);
  const codes = new Float32Array([7]);
  moveFollowed(panel, place, codes);
  is(codes[0], (1.375 / 2) * 32000);
});

Deno.test("what is known about a particle, and of how many", () => {
  is(describeFollowed(panel, { frame: 1, follow: 0 }),
    "Y_[2] = 1.000, score s_[2] = −1.500, next step 0.500");
  is(describeFollowed(panelOf([[0], [1]], { direction: "forward" }), { frame: 1, follow: 0 }),
    "X_[1] = 1.000");
  const many = panelOf([Array(90).fill(0)]);
  is(followable({ panels: [many] }), 60);
  is(followable({ panels: [many, panel] }), 1);
});

Deno.test("a readout is the page's own, or the distance with its error, and who is outside", () => {
  const known = { ...panel, outside: [0, 3], readouts: ["TV = 0.1", ""], distance_name: "TV" };
  known.distance = { values: [0.1, 0.123456] };
  is(readoutAt(known, 0), "TV = 0.1");
  is(readoutAt(known, 1), "TV = 0.123 · 3 outside the view");
  known.distance_error = { values: [0, 0.00042] };
  is(readoutAt(known, 1), "TV = 0.123 ± 0.0004 · 3 outside the view");
});

Deno.test("particles have a mean and a standard deviation, in the units of each axis", () => {
  const { mean, spread } = momentsAt(panelOf([[0, 0], [-0.5, 1.5]]), 1);
  same([mean[0].toFixed(4), spread[0].toFixed(4)], ["0.5000", "1.0000"]);
  const plane = panelOf([[0, 0]], {
    dimension: 2, extent: [-2, 2, 1, 5],
    positions: { shape: [1, 2, 2], values: Int16Array.from([16000, -32000, 16000, 0]) } });
  same(momentsAt(plane, 0), { mean: [1, 2], spread: [0, 1] });
});

Deno.test("a picture is told with what it shows, and its numbers at that moment", () => {
  const known = panelOf([[0, 2], [-1, 1]], {
    title: "ODE", outside: [0, 0], readouts: ["", "TV(q_t, p_t) = 0.1"] });
  const told = (panels, layers, frame) => describePicture(
    { panels }, { layers: new Set(layers), drawn: ["target p_t", "2 particles"] },
    panels.map(() => ({ frame })));
  is(told([known], ["particles"], 0),
    "target p_t, 2 particles. particles have mean 1.000 and standard deviation 1.000");
  is(told([known], ["histogram"], 1), "target p_t, 2 particles. "
    + "particles have mean 0.000 and standard deviation 1.000; TV(q_t, p_t) = 0.1");
  is(told([known], ["target"], 0), "target p_t, 2 particles");
  const lost = { ...known, title: "DDPM", outside: [1, 1] };
  is(told([known, lost], ["particles"], 0), "target p_t, 2 particles. "
    + "ODE: particles have mean 1.000 and standard deviation 1.000. DDPM: 1 outside the view");
});
