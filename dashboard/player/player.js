// The player: one clock, its controls, and the picture at the clock's place.
import { readTheme } from "./canvas.js";
import {
  advance, calm, followOf, frameOf, isSlow, last, leading, nearestStop, placeIn, stopOf,
} from "./clock.js";
import { listen } from "./controls.js";
import { followable } from "./follow.js";
import { decode } from "./payload.js";
import { boxesOf, createPicture, layersOf } from "./picture.js";
import { readoutAt, writeFollowed, writeFormulas, writeReadouts } from "./words.js";

const BUTTONS = ["first", "back", "play", "forward", "follow", "save"];
const players = new WeakMap(); // by the element Streamlit mounts into; survives script reruns

function createPlayer(host) {
  const find = (name) => host.querySelector(`.${name}`);
  const player = {
    root: find("player"), stage: find("stage"), canvas: host.querySelector("canvas"),
    time: find("time"), readout: find("readout"), formula: find("formula"),
    followed: find("followed"), menu: find("menu"), saved: find("saved"), scrub: find("scrub"), speed: find("speed"),
    buttons: Object.fromEntries(BUTTONS.map((name) => [name, find(name)])),
    show: null, picture: null, position: 0, shown: "", playing: false, onScreen: true,
    follow: null, job: null, request: 0, clock: null, draws: 0, loads: 0,
    listeners: new AbortController(), observers: [],
  };
  listen(player);
  observe(player);
  return player;
}

function dispose(player) {
  setPlaying(player, false);
  if (player.job) player.job.stopped = true;
  cancelAnimationFrame(player.request);
  player.listeners.abort();
  player.observers.forEach((observer) => observer.disconnect());
}

// ---- motion

export function schedule(player) {
  player.request ||= requestAnimationFrame((now) => tick(player, now));
}

function tick(player, now) {
  player.request = 0;
  if (!player.show) return;
  const moving = player.playing && player.onScreen && !document.hidden;
  if (moving && !advance(player, now)) setPlaying(player, false);
  draw(player);
  if (moving && player.playing) schedule(player);
  else player.clock = null;
}

function setPlaying(player, playing) {
  player.playing = playing;
  player.clock = null;
  player.root.dataset.playing = playing;
  player.canvas.dataset.playing = playing;
  player.buttons.play.setAttribute("aria-label", playing ? "Pause" : "Play");
  for (const words of [player.readout, player.formula, player.followed]) {
    words.setAttribute("aria-live", playing ? "off" : "polite");
  }
}

function play(player) {
  if (player.position >= last(player)) player.position = 0;
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

/** Another speed; slow motion follows a particle, and its steps have more stops. */
export function changeSpeed(player) {
  if (isSlow(player) && player.follow === -1) player.follow = null;
  const what = isSlow(player) && player.show.panels.some((panel) => panel.follow) ? "part" : "step";
  for (const [name, words] of [["back", "Back one"], ["forward", "Forward one"]]) {
    const key = name === "back" ? "←" : "→";
    player.buttons[name].setAttribute("aria-label", `${words} ${what}`);
    player.buttons[name].title = `${words} ${what} (${key})`;
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

export function buildPicture(player, scale, width = Math.floor(player.stage.clientWidth)) {
  return createPicture(player.show, readTheme(player.root, width, player.show.enlarged), width, scale);
}

/** Fits the picture to its place, in the theme of the moment. */
function refit(player) {
  if (!player.show || player.stage.clientWidth === 0) return;
  const scale = Math.min(2, Math.max(1, devicePixelRatio || 1));
  player.picture = buildPicture(player, scale);
  const { width, height } = player.picture;
  player.stage.style.height = `${height}px`;
  player.canvas.width = Math.round(width * scale);
  player.canvas.height = Math.round(height * scale);
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
  canvas.setAttribute("aria-label", `Particles and densities at t = ${times[frame]}`);
  scrub.value = frame;
  scrub.setAttribute("aria-valuetext", `t = ${times[frame]}, step ${frame} of ${last(player)}`);
  player.time.textContent = timeText(player, frame);
  writeReadouts(player.readout, show, places);
  writeFormulas(player.formula, show, places);
  writeFollowed(player.followed, show, places);
}

export function timeText(player, frame) {
  const { times } = leading(player.show);
  return `t = ${times[frame]} of ${Math.max(times[0], times.at(-1))}`;
}

function observe(player) {
  const resized = new ResizeObserver(() => refit(player));
  const seen = new IntersectionObserver(([entry]) => {
    player.onScreen = entry.isIntersecting;
    schedule(player);
  });
  resized.observe(player.stage);
  seen.observe(player.stage);
  player.observers.push(resized, seen);
}

// ---- data

/** New data or layers: the share of the run, the playing state and the particle stay. */
function load(player, show) {
  const share = player.show ? player.position / Math.max(1, last(player)) : 0;
  const first = !player.show;
  player.show = show;
  player.position = share * last(player);
  player.scrub.max = last(player);
  player.buttons.play.disabled = last(player) === 0;
  const { panels } = show;
  const [what, time] = show.words ?? (leading(show).direction === "forward"
    ? ["Animation from data to noise", "Forward time"]
    : ["Animation from noise to data", "Reverse time"]);
  player.root.setAttribute("aria-label", what);
  player.scrub.setAttribute("aria-label", time);
  player.root.dataset.panels = panels.length;
  player.loads += 1;
  player.canvas.dataset.loads = player.loads;
  player.root.dataset.layers = [...layersOf(show)].join(" ");
  const silent = panels.every((panel) => readoutAt(panel, 0) === "" && !panel.outside.some(Boolean));
  player.readout.parentElement.dataset.readouts = !silent && panels.length === 1;
  if (first) setPlaying(player, last(player) > 0 && !calm());
  else if (!player.playing) player.position = nearestStop(player);
  changeSpeed(player);
}

export default function reverseProcessPlayer({ data, parentElement, link }) {
  let player = players.get(parentElement);
  if (!player?.root.isConnected) {
    if (player) dispose(player);
    player = createPlayer(parentElement);
    players.set(parentElement, player);
  }
  if (data && data !== player.payload) {
    player.payload = data;
    player.link = link; // of an offline page, to where it comes from
    load(player, decode(data));
  }
  refit(player);
  return () => setTimeout(() => {
    // Streamlit also calls this for a call it has superseded, while the player is still in use
    if (parentElement.isConnected) return;
    dispose(player);
    players.delete(parentElement);
  });
}
