// The clock: a position on the frames of the panel with most of them, at rest on whole steps.
import { followable, followedPoint, partsOf } from "./follow.js";
import { layersOf } from "./picture.js";
import { chapterOf } from "./story.js";

export const RUN_SECONDS = 6;
const STEP_SECONDS = 2; // of a step in slow motion
const LONGEST_GAP = 0.1; // seconds of clock per drawn frame, however long the browser slept
const NEARLY = 1e-6;
const HOLD = 0.3; // of a part's time, before it moves

export const calm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;
export const isSlow = (player) => player.speed.value === "slow";
export const leading = ({ panels }) => panels.reduce((a, b) => (b.frames > a.frames ? b : a));
export const last = (player) => leading(player.show).frames - 1;

/** How many stops a step has: one for each part in slow motion. */
export function stopsPerStep(player) {
  if (!isSlow(player)) return 1;
  const most = leading(player.show).frames;
  return Math.max(...player.show.panels.map((panel) => (panel.frames === most ? partsOf(panel) : 1)));
}

/** The frame shown: the nearest one, or in slow motion the one that the step starts from. */
export function frameOf(player) {
  const frame = isSlow(player) ? Math.floor(player.position + NEARLY) : Math.round(player.position);
  return Math.min(last(player), frame);
}

/** The number of the stop that the clock is at or has passed last. */
export function stopOf(player) {
  const stops = stopsPerStep(player);
  return stops === 1 && !isSlow(player) ? frameOf(player)
    : Math.floor(player.position * stops + NEARLY);
}

export function advance(player, now) {
  const gap = player.clock === null ? 0 : Math.min(LONGEST_GAP, (now - player.clock) / 1000);
  player.clock = now;
  const seconds = chapterOf(player.show)?.seconds ?? RUN_SECONDS;
  const rate = isSlow(player) ? 1 / STEP_SECONDS : (Number(player.speed.value) * last(player)) / seconds;
  player.position = Math.min(last(player), player.position + gap * rate);
  return player.position < last(player);
}

/** The place of the next stop in a direction of 1 or -1, from wherever the clock is. */
export function neighbour(player, direction) {
  const stops = stopsPerStep(player);
  const at = player.position * stops;
  const next = direction > 0 ? Math.floor(at + NEARLY) + 1 : Math.ceil(at - NEARLY) - 1;
  return next / stops;
}

export function nearestStop(player) {
  const stops = stopsPerStep(player);
  return Math.round(player.position * stops) / stops;
}

/** The particle followed in all panels, or -1. */
export function followOf(player) {
  const { show } = player;
  if (player.follow !== null) return Math.min(player.follow, followable(show) - 1);
  const wanted = isSlow(player) || layersOf(show).has("parts");
  return wanted && show.panels.some((panel) => panel.follow) ? 0 : -1;
}

/** Still until the reader has read what moves, then gently from 0 to 1. */
function ease(share) {
  const x = Math.min(1, Math.max(0, (share - HOLD) / (0.92 - HOLD)));
  return x * x * (3 - 2 * x);
}

/** Where a panel is: at rest a state of its chain, in motion also between two. */
export function placeIn(player, panel) {
  const slow = isSlow(player);
  const end = panel.frames - 1;
  const clock = slow && calm() ? stopOf(player) / stopsPerStep(player) : player.position;
  let position = last(player) > 0 ? (clock * end) / last(player) : 0;
  if (!slow && (!player.playing || calm())) position = Math.round(position);
  const step = Math.max(0, Math.min(end - 1, Math.floor(position + NEARLY)));
  const parts = partsOf(panel);
  const within = (position - step) * parts;
  const part = Math.max(0, Math.min(parts - 1, Math.floor(within + NEARLY)));
  let partShare = Math.max(0, within - part);
  if (slow) {
    partShare = partShare > 1 - NEARLY ? 1 : ease(partShare);
    position = step + (part + partShare) / parts;
  }
  const frame = Math.min(end, slow ? Math.floor(position + NEARLY) : Math.round(position));
  const place = {
    position, step, part, partShare, slow, frame, whole: Math.min(end, Math.floor(position + NEARLY)),
    follow: followOf(player), progress: end > 0 ? position / end : 0,
  };
  if (slow && place.follow >= 0 && end > 0) place.at = followedPoint(panel, place);
  return place;
}
