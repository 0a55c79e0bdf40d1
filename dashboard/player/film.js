// What is saved of a player: the picture of the moment, or the whole run, whatever the clock does.
import { followOf, frameOf, last, leading, placeIn } from "./clock.js";
import { createSheet } from "./save.js";
import { buildPicture, timeText } from "./stage.js";
import { readoutAt } from "./words.js";

const WIDEST = 800; // CSS pixels of an animation
const MOST_PIXELS = 1_500_000; // of an animation's frame, device pixels
const SHEET_SCALE = 2; // of a picture

/** {run, now}: the names of files of the run and of this moment of it. */
export function namesOf(player) {
  const { direction, times } = leading(player.show);
  const run = `${direction}-process`;
  return { run, now: `${run}-t${times[frameOf(player)]}` };
}

/** What is shown, in words: target, sampler and T of every run. */
const runsOf = ({ show }) => show.about?.runs ?? [];

function paint(sheet, player) {
  const frame = frameOf(player);
  const { panels } = player.show;
  const readout = panels.length === 1 ? readoutAt(panels[0], frame) : "";
  const places = panels.map((panel) => placeIn(player, panel));
  sheet.paint(places, `${timeText(player, frame)}   ${readout}`);
}

/** All panels at the clock's place. */
export function sheetNow(player) {
  const sheet = createSheet(buildPicture(player, SHEET_SCALE), runsOf(player));
  paint(sheet, player);
  return sheet;
}

/** The run as the reader sees it now: {canvas, theme, moves, draw(share)}, share in 0..1. */
export function filmOf(player) {
  const width = Math.min(WIDEST, Math.floor(player.stage.clientWidth));
  const { height } = buildPicture(player, 1, width);
  const scale = Math.min(2, WIDEST / width, Math.sqrt(MOST_PIXELS / (width * height)));
  const sheet = createSheet(buildPicture(player, scale, width), runsOf(player));
  const end = last(player);
  const shown = { ...player, follow: followOf(player), playing: true, speed: { value: "1" } };
  const draw = (share) => paint(sheet, { ...shown, position: share * end });
  return { canvas: sheet.canvas, theme: sheet.theme, moves: end > 0, draw };
}
