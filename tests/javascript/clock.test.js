import { deepStrictEqual as same, strictEqual as is } from "node:assert";
import {
  advance, followOf, frameOf, last, nearestStop, neighbour, placeIn, stopOf, stopsPerStep,
} from "../../dashboard/player/clock.js";
import { followedPanel, panelOf, playerAt } from "./doubles.js";

const long = panelOf([[0], [0], [0], [0], [0]]);
const short = panelOf([[0], [0], [1]]);
const parts = followedPanel([[0, 0.5, 1], [1, 1.25, 1.5]]);
const near = (a, b) => is(Math.abs(a - b) < 1e-12, true, `${a} is not ${b}`);

Deno.test("a run takes six seconds of drawn time, and no gap counts more than a tenth of one", () => {
  const player = playerAt(0, { panels: [long] });
  is(advance(player, 1000), true); // the first call starts the clock
  is(player.position, 0);
  advance(player, 1060);
  near(player.position, 0.06 * 4 / 6);
  advance(player, 9000);
  near(player.position, 0.16 * 4 / 6);
  player.speed.value = "2";
  advance(player, 9030);
  near(player.position, 0.22 * 4 / 6);
  player.speed.value = "slow";
  advance(player, 9130);
  near(player.position, 0.22 * 4 / 6 + 0.05); // two seconds for a step
  player.position = 3.999;
  is(advance(player, 9230), false);
  is(player.position, 4);
});

Deno.test("the longest panel leads; the others are at the same share of their run", () => {
  const player = playerAt(2, { panels: [short, long] });
  is(last(player), 4);
  const { position, step, frame, progress } = placeIn(player, short);
  same({ position, step, frame, progress }, { position: 1, step: 1, frame: 1, progress: 0.5 });
});

Deno.test("in motion a place is between frames, at rest and in calm it is a frame", () => {
  const show = { panels: [long] };
  const at = (given) => placeIn(playerAt(1.6, show, given), long);
  near(at({}).position, 1.6);
  is(at({}).frame, 2);
  is(at({}).whole, 1);
  is(at({ playing: false }).position, 2);
  is(at({ calm: true }).position, 2);
});

Deno.test("slow motion has a stop for each part of a step, and a step ends on the next frame", () => {
  const slow = { speed: { value: "slow" } };
  const at = (position, given) => playerAt(position, { panels: [parts] }, { ...slow, ...given });
  is(stopsPerStep(at(0)), 2);
  is(stopsPerStep(playerAt(0, { panels: [parts] })), 1);
  is(neighbour(at(0.2), 1), 0.5);
  is(neighbour(at(0.5), 1), 1);
  is(neighbour(at(0.5), -1), 0);
  is(neighbour(at(0.7), -1), 0.5);
  is(nearestStop(at(0.7)), 0.5);
  is(nearestStop(at(0.8)), 1);
  is(stopOf(at(0.9)), 1);
  is(frameOf(at(0.9)), 0);
  is(frameOf(playerAt(0.9, { panels: [parts] })), 1);
  const { step, part, partShare, frame, follow } = placeIn(at(0.5), parts);
  same({ step, part, partShare, frame, follow }, { step: 0, part: 1, partShare: 0, frame: 0, follow: 0 });
  is(placeIn(at(1), parts).frame, 1);
  near(placeIn(at(2), parts).at[0], 1.5);
});

Deno.test("a part waits for three tenths of its time, then moves by x²(3 − 2x)", () => {
  const at = (share) => placeIn(
    playerAt(share / 2, { panels: [parts] }, { speed: { value: "slow" } }), parts);
  is(at(0.3).partShare, 0);
  const x = (0.5 - 0.3) / (0.92 - 0.3);
  near(at(0.5).partShare, x * x * (3 - 2 * x));
  near(at(0.61).partShare, 0.5);
  is(at(0.95).partShare, 1);
  near(at(0.61).at[0], 0.25); // half way from 0 to 0.5
});

Deno.test("a particle is followed where it is wanted, and only one that is there", () => {
  const show = { panels: [parts] };
  is(followOf(playerAt(0, show)), -1);
  is(followOf(playerAt(0, { ...show, layers: ["parts"] })), 0);
  is(followOf(playerAt(0, show, { speed: { value: "slow" } })), 0);
  is(followOf(playerAt(0, { panels: [long] }, { speed: { value: "slow" } })), -1);
  is(followOf(playerAt(0, show, { follow: 7 })), 0);
  is(followOf(playerAt(0, show, { follow: -1, speed: { value: "slow" } })), -1);
});
