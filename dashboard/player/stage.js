// The player at its clock's place: what moves it, and the picture and the words that follow.
import { readTheme } from "./canvas.js";
import {
  advance, calm, followOf, frameOf, isSlow, last, leading, nearestStop, placeIn, stopOf,
} from "./clock.js";
import { followable } from "./follow.js";
import { boxesOf, createPicture } from "./picture.js";
import { nextChapter, turnTo } from "./story.js";
import { describePicture, writeFollowed, writeFormulas, writeReadouts } from "./words.js";
import { said } from "../said.js";

// ---- motion

export function schedule(player) {
  player.request ||= requestAnimationFrame((now) => tick(player, now));
}

function tick(player, now) {
  player.request = 0;
  if (!player.show) return;
  const moving = player.playing && player.onScreen && !document.hidden;
  if (moving && !advance(player, now)) goOn(player, now);
  draw(player);
  if (moving && player.playing) schedule(player);
  else player.clock = null;
}

/** At the end of the run: to the next chapter of a story, or to rest. */
function goOn(player, now) {
  const chapter = nextChapter(player, now);
  if (chapter === null) setPlaying(player, false);
  else if (chapter >= 0) tell(player, chapter);
}

/** Begins a chapter of a story; where motion is not welcome, its last picture. */
export function tell(player, chapter) {
  turnTo(player, chapter);
  player.position = calm() ? last(player) : 0;
  refit(player);
  setPlaying(player, !calm());
  schedule(player);
}

export function setPlaying(player, playing) {
  player.playing = playing;
  player.clock = null;
  player.ended = null;
  player.root.dataset.playing = playing;
  player.canvas.dataset.playing = playing;
  player.buttons.play.setAttribute("aria-label", playing ? said`Pause` : said`Play`);
  for (const words of [player.readout, player.formula, player.followed]) {
    words.setAttribute("aria-live", playing ? "off" : "polite");
  }
}

function play(player) {
  const { story, chapter } = player.show;
  if (story && player.position >= last(player)) turnTo(player, (chapter + 1) % story.length);
  if (player.position >= last(player)) player.position = 0;
  if (story) refit(player);
  setPlaying(player, last(player) > 0);
  schedule(player);
}

/** Stops at a place, so that the picture is a state of the chain, or of a part of its step. */
export function stopAt(player, place) {
  setPlaying(player, false);
  player.position = Math.min(last(player), Math.max(0, place));
  schedule(player);
}

export function toggle(player) {
  if (player.playing) stopAt(player, nearestStop(player));
  else play(player);
}

export function toggleFullscreen({ root }) {
  if (root.getRootNode().fullscreenElement) document.exitFullscreen();
  else root.requestFullscreen();
}

/** Another speed; slow motion follows a particle, and its steps have more stops. */
export function changeSpeed(player) {
  if (isSlow(player) && player.follow === -1) player.follow = null;
  const byParts = isSlow(player) && player.show.panels.some((panel) => panel.follow);
  for (const [name, key, words] of [
    ["back", "←", byParts ? said`Back one part` : said`Back one step`],
    ["forward", "→", byParts ? said`Forward one part` : said`Forward one step`],
  ]) {
    player.buttons[name].setAttribute("aria-label", words);
    player.buttons[name].title = `${words} (${key})`;
  }
  if (!player.playing) player.position = nearestStop(player);
  redraw(player);
}

/** Follows a particle, by its number; -1 stops following. */
export function follow(player, particle) {
  player.follow = particle;
  redraw(player);
}

export function followNext(player) {
  follow(player, (followOf(player) + 1) % followable(player.show));
}

/** The particle nearest to a point of the stage, or -1 where no panel is. */
export function nearestParticle(player, x, y) {
  let best = { particle: -1, distance: Infinity };
  player.picture.panels.forEach((panel, k) => panel.views.forEach((view) => {
    const { left, top, width, height } = view.box;
    if (x < left - 9 || x > left + width + 9 || y < top - 9 || y > top + height + 9) return;
    const place = placeIn(player, player.show.panels[k]);
    for (let i = 0; i < followable(player.show); i += 1) {
      const distance = view.distance(i, x, y, place);
      if (distance < best.distance) best = { particle: i, distance };
    }
  }));
  return best.particle;
}

// ---- picture

function redraw(player) {
  player.shown = "";
  schedule(player);
}

const MARGIN = 8;
const HEADER = 60; // CSS pixels of the app above a page that is scrolled
const LEAST_ROOM = 300; // below which a picture would say little

export function buildPicture(player, scale, width = Math.floor(player.stage.clientWidth)) {
  const show = { ...player.show, width, room: roomFor(player) };
  return createPicture(show, readTheme(player.root, width, show.enlarged), width, scale);
}

/** The height that lets the picture and what stands below it, or moves it, be seen without scrolling. */
function roomFor({ root, stage, show }) {
  const host = root.getRootNode().host ?? root;
  const full = root.getRootNode().fullscreenElement === root;
  const page = host.closest('[data-testid="stMain"]') ?? document.scrollingElement;
  const top = stage.getBoundingClientRect().top + (full ? 0 : page.scrollTop);
  const below = root.getBoundingClientRect().bottom - stage.getBoundingClientRect().bottom;
  const desk = root.querySelector(".desk").getBoundingClientRect().height;
  const scrolled = innerHeight - HEADER - desk - MARGIN; // as much as there can be
  const least = Math.min(LEAST_ROOM * (show.enlarged ?? 1), scrolled);
  return Math.floor(Math.max(least, innerHeight - top - below - MARGIN));
}

/** Fits the picture to its place, in the theme of the moment. */
export function refit(player) {
  if (!player.show || player.stage.clientWidth === 0) return;
  const scale = Math.min(2, Math.max(1, devicePixelRatio || 1));
  player.picture = buildPicture(player, scale);
  const { width, height } = player.picture;
  player.stage.style.height = `${height}px`;
  const [across, down] = [Math.round(width * scale), Math.round(height * scale)];
  if (player.canvas.width !== across) player.canvas.width = across; // to set it clears it, at a cost
  if (player.canvas.height !== down) player.canvas.height = down;
  player.canvas.dataset.boxes = JSON.stringify(boxesOf(player.picture));
  redraw(player);
}

function draw(player) {
  if (!player.picture) return;
  const places = player.show.panels.map((panel) => placeIn(player, panel));
  const shown = `${frameOf(player)} ${stopOf(player)} ${places.map((place) => place.frame)}`;
  if (!(calm() && player.playing && shown === player.shown)) {
    player.picture.draw(player.canvas.getContext("2d"), places);
    player.draws += 1;
    player.canvas.dataset.drawn = player.draws;
  }
  if (shown !== player.shown) showWords(player, places);
  player.shown = shown;
}

function showWords(player, places) {
  const { show, root, scrub, canvas } = player;
  const frame = frameOf(player);
  const { times } = leading(show);
  const [first] = places;
  const part = first.slow && show.panels[0].follow?.names[first.part];
  const frames = places.map((place) => place.frame).join(" ");
  Object.assign(canvas.dataset, { frame, frames, follow: first.follow, part: part || "" });
  root.dataset.frame = frame;
  const ahead = show.ahead ? `, ${show.ahead}` : "";
  const told = describePicture(show, player.picture, places);
  canvas.setAttribute("aria-label", said`Particles and densities at t = ${times[frame]}${ahead}: ${told}`);
  scrub.value = frame;
  scrub.setAttribute("aria-valuetext", said`t = ${times[frame]}, step ${frame} of ${last(player)}`);
  player.time.textContent = timeText(player, frame);
  writeReadouts(player.readout, show, places);
  writeFormulas(player.formula, show, places);
  writeFollowed(player.followed, show, places);
}

export function timeText(player, frame) {
  const { times } = leading(player.show);
  return said`t = ${times[frame]} of ${Math.max(times[0], times.at(-1))}`;
}
