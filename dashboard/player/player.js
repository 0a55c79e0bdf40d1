// The player: one clock, its controls, and the picture at the clock's place.
import { createLayer, readTheme, richText } from "./canvas.js";
import { createLineScene, lineHeight } from "./line.js";
import { createPlaneScene, planeHeight } from "./plane.js";
import { decode } from "./payload.js";

const RUN_SECONDS = 6;
const LONGEST_GAP = 0.1; // seconds of clock per drawn frame, however long the browser slept
const MOTION = "(prefers-reduced-motion: reduce)";
const players = new WeakMap(); // by the element Streamlit mounts into; survives script reruns

function createPlayer(host) {
  const find = (name) => host.querySelector(`.${name}`);
  const player = {
    root: find("player"), stage: find("stage"), canvas: host.querySelector("canvas"),
    time: find("time"), readout: find("readout"), scrub: find("scrub"), speed: find("speed"),
    buttons: Object.fromEntries(
      ["first", "back", "play", "forward", "save"].map((name) => [name, find(name)])),
    data: null, scene: null, position: 0, shown: -1, playing: false, onScreen: true,
    request: 0, clock: null, draws: 0, listeners: new AbortController(), observers: [],
  };
  listen(player);
  observe(player);
  return player;
}

function dispose(player) {
  setPlaying(player, false);
  cancelAnimationFrame(player.request);
  player.listeners.abort();
  player.observers.forEach((observer) => observer.disconnect());
}

// ---- clock

const last = (player) => player.data.frames - 1;
const frameOf = (player) => Math.min(last(player), Math.round(player.position));
const calm = () => matchMedia(MOTION).matches;

function schedule(player) {
  player.request ||= requestAnimationFrame((now) => tick(player, now));
}

function tick(player, now) {
  player.request = 0;
  if (!player.data) return;
  const moving = player.playing && player.onScreen && !document.hidden;
  if (moving) advance(player, now);
  draw(player);
  if (moving && player.playing) schedule(player);
  else player.clock = null;
}

function advance(player, now) {
  const gap = player.clock === null ? 0 : Math.min(LONGEST_GAP, (now - player.clock) / 1000);
  player.clock = now;
  player.position += (gap * Number(player.speed.value) * last(player)) / RUN_SECONDS;
  if (player.position >= last(player)) {
    player.position = last(player);
    setPlaying(player, false);
  }
}

function setPlaying(player, playing) {
  player.playing = playing;
  player.clock = null;
  player.root.dataset.playing = playing;
  player.canvas.dataset.playing = playing;
  player.buttons.play.setAttribute("aria-label", playing ? "Pause" : "Play");
  player.readout.setAttribute("aria-live", playing ? "off" : "polite");
}

function play(player) {
  if (player.position >= last(player)) player.position = 0;
  setPlaying(player, last(player) > 0);
  schedule(player);
}

/** Stops at a frame, so that the picture is a state of the chain and not one in between. */
function stopAt(player, frame) {
  setPlaying(player, false);
  player.position = Math.min(last(player), Math.max(0, frame));
  schedule(player);
}

function toggle(player) {
  if (player.playing) stopAt(player, frameOf(player));
  else play(player);
}

// ---- picture

function buildScene(player, width, scale) {
  const { data } = player;
  const flat = data.dimension === 1;
  const theme = readTheme(player.root, width);
  const height = data.height ?? (flat ? lineHeight : planeHeight)(data, theme, width);
  const create = flat ? createLineScene : createPlaneScene;
  return { theme, width, height, scale, draw: create(data, theme, width, height, scale).draw };
}

/** Fits the picture to its place, in the theme of the moment. */
function refit(player) {
  const width = Math.floor(player.stage.clientWidth);
  if (!player.data || width === 0) return;
  const scale = Math.min(2, Math.max(1, devicePixelRatio || 1));
  player.scene = buildScene(player, width, scale);
  player.stage.style.height = `${player.scene.height}px`;
  player.shown = -1;
  player.canvas.width = Math.round(width * scale);
  player.canvas.height = Math.round(player.scene.height * scale);
  schedule(player);
}

function draw(player) {
  if (!player.scene) return;
  const frame = frameOf(player);
  if (!(calm() && player.playing && frame === player.shown)) {
    const ctx = player.canvas.getContext("2d");
    ctx.setTransform(1, 0, 0, 1, 0, 0);
    ctx.clearRect(0, 0, player.canvas.width, player.canvas.height);
    player.scene.draw(ctx, calm() ? frame : player.position);
    player.draws += 1;
    player.canvas.dataset.drawn = player.draws;
  }
  if (frame !== player.shown) showFrame(player, frame);
}

function showFrame(player, frame) {
  const { data, root, scrub, canvas } = player;
  player.shown = frame;
  canvas.dataset.frame = frame;
  canvas.setAttribute("aria-label", `Particles and densities at t = ${data.times[frame]}`);
  scrub.value = frame;
  const place = `t = ${data.times[frame]}, step ${frame} of ${last(player)}`;
  scrub.setAttribute("aria-valuetext", place);
  player.time.textContent = `t = ${data.times[frame]} of ${data.times[0]}`;
  player.readout.replaceChildren(...withSubscripts(readoutAt(data, frame)));
  root.dataset.frame = frame;
}

function readoutAt(data, frame) {
  const outside = data.outside[frame] ? `${data.outside[frame]} outside the view` : "";
  return [data.readouts[frame], outside].filter(Boolean).join(" · ");
}

/** Nodes for a text in which _t is a subscript, as on the canvas. */
function withSubscripts(text) {
  return text.split(/(_\w)/).map((part) => {
    if (!part.startsWith("_")) return part;
    const below = document.createElement("sub");
    below.textContent = part.slice(1);
    return below;
  });
}

/** Downloads the frame at twice the size on screen, with the time and the readout under it. */
function save(player) {
  const { data, stage } = player;
  const frame = frameOf(player);
  const scene = buildScene(player, stage.clientWidth, 2);
  const { theme, width, height } = scene;
  const margin = 16;
  const caption = `t = ${data.times[frame]} of ${data.times[0]}   ${readoutAt(data, frame)}`;
  const picture = createLayer(width, height, 2);
  scene.draw(picture.getContext("2d"), frame);
  const page = createLayer(width + 2 * margin, height + 3.5 * margin, 2, (ctx) => {
    ctx.fillStyle = theme.background;
    ctx.fillRect(0, 0, width + 2 * margin, height + 3.5 * margin);
    ctx.drawImage(picture, margin, margin, width, height);
    ctx.fillStyle = theme.text;
    richText(ctx, theme, caption, margin, height + 2.5 * margin);
  });
  page.toBlob((blob) => download(blob, `reverse-process-t${data.times[frame]}.png`), "image/png");
}

function download(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

// ---- events

function listen(player) {
  const { buttons, scrub, root } = player;
  const on = (element, event, act) => element.addEventListener(
    event, (detail) => player.data && act(detail), { signal: player.listeners.signal });
  on(buttons.first, "click", () => stopAt(player, 0));
  on(buttons.back, "click", () => stopAt(player, frameOf(player) - 1));
  on(buttons.forward, "click", () => stopAt(player, frameOf(player) + 1));
  on(buttons.play, "click", () => toggle(player));
  on(buttons.save, "click", () => save(player));
  on(scrub, "input", () => stopAt(player, Number(scrub.value)));
  on(root, "keydown", (event) => pressKey(player, event));
  on(document, "visibilitychange", () => schedule(player));
}

/** Space, arrows, Home and End, except where the focused control has a use of its own for them. */
function pressKey(player, event) {
  if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
  const actions = {
    " ": () => toggle(player),
    ArrowLeft: () => stopAt(player, frameOf(player) - 1),
    ArrowRight: () => stopAt(player, frameOf(player) + 1),
    Home: () => stopAt(player, 0),
    End: () => stopAt(player, last(player)),
  };
  const action = actions[event.key];
  if (!action || isNativeKey(event)) return;
  event.preventDefault();
  action();
}

function isNativeKey({ target, key }) {
  if (target.matches("select")) return true;
  return target.matches("button") ? key === " " : target.matches("input") && key !== " ";
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

/** New data: the share of reverse time and the playing state stay. */
function load(player, data) {
  const share = player.data ? player.position / Math.max(1, last(player)) : 0;
  const first = !player.data;
  player.data = data;
  player.position = share * last(player);
  player.shown = -1;
  player.scrub.max = last(player);
  player.buttons.play.disabled = last(player) === 0;
  const silent = data.readouts.length === 0 && data.outside.every((count) => count === 0);
  player.readout.parentElement.dataset.readouts = !silent;
  if (first) setPlaying(player, last(player) > 0 && !calm());
  else if (!player.playing) player.position = frameOf(player);
}

export default function reverseProcessPlayer({ data, parentElement }) {
  let player = players.get(parentElement);
  if (!player?.root.isConnected) {
    if (player) dispose(player);
    player = createPlayer(parentElement);
    players.set(parentElement, player);
  }
  if (data && data !== player.payload) {
    player.payload = data;
    const show = decode(data);
    load(player, Object.assign(show.panels[0], { height: show.height }));
  }
  refit(player);
  return () => setTimeout(() => {
    // Streamlit also calls this for a call it has superseded, while the player is still in use
    if (parentElement.isConnected) return;
    dispose(player);
    players.delete(parentElement);
  });
}
