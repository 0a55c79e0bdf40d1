// The player: its parts, what it listens to, and the data that it is given.
import { carried, onCarried } from "./carried.js";
import { calm, last, leading, nearestStop } from "./clock.js";
import { listen } from "./controls.js";
import { arrive, createDrag } from "./drag.js";
import { decode } from "./payload.js";
import { layersOf } from "./picture.js";
import { changeSpeed, refit, schedule, setPlaying, tell } from "./stage.js";
import { turnTo, writeStory } from "./story.js";
import { readoutAt } from "./words.js";
import { said } from "../said.js";

const BUTTONS = ["first", "back", "play", "forward", "follow", "full", "save"];
const players = new WeakMap(); // by the element Streamlit mounts into; survives script reruns

function createPlayer(host) {
  const find = (name) => host.querySelector(`.${name}`);
  const player = {
    root: find("player"), stage: find("stage"), canvas: host.querySelector("canvas"),
    time: find("time"), readout: find("readout"), formula: find("formula"),
    followed: find("followed"), menu: find("menu"), saved: find("saved"),
    scrub: find("scrub"), speed: find("speed"), story: find("story"),
    buttons: Object.fromEntries(BUTTONS.map((name) => [name, find(name)])),
    show: null, picture: null, position: 0, shown: "", playing: false, onScreen: true,
    follow: null, job: null, request: 0, clock: null, ended: null, draws: 0, loads: 0,
    listeners: new AbortController(), observers: [],
  };
  player.buttons.full.hidden = !document.fullscreenEnabled;
  listen(player);
  observe(player);
  onCarried(() => player.channel, player.listeners.signal, (data) => give(player, data));
  player.drag = createDrag(player, find("drag"), (show) => {
    load(player, show);
    refit(player);
  });
  return player;
}

function dispose(player) {
  setPlaying(player, false);
  if (player.job) player.job.stopped = true;
  cancelAnimationFrame(player.request);
  player.listeners.abort();
  player.observers.forEach((observer) => observer.disconnect());
}

function observe(player) {
  const resized = new ResizeObserver(() => refit(player));
  const seen = new IntersectionObserver(([entry]) => {
    player.onScreen = entry.isIntersecting;
    schedule(player);
  });
  resized.observe(player.stage);
  addEventListener("resize", () => refit(player), { signal: player.listeners.signal });
  seen.observe(player.stage);
  player.observers.push(resized, seen);
}

// ---- data

/** New data or layers: the share of the run, the playing state and the particle stay. */
function load(player, show) {
  const share = player.show ? player.position / Math.max(1, last(player)) : 0;
  const first = !player.show;
  const chapter = player.show?.chapter ?? 0;
  player.show = show;
  writeStory(player, (wanted) => tell(player, wanted));
  turnTo(player, chapter);
  player.buttons.save.disabled = Boolean(show.ahead); // until its numbers are known
  player.root.dataset.ahead = show.ahead ?? "";
  player.position = share * last(player);
  player.scrub.max = last(player);
  player.scrub.disabled = false; // as it is while there is nothing to move through
  player.buttons.play.disabled = last(player) === 0;
  const { panels } = show;
  const [what, time] = show.words ?? (leading(show).direction === "forward"
    ? [said`Animation from data to noise`, said`Forward time`]
    : [said`Animation from noise to data`, said`Reverse time`]);
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

function give(player, data) {
  if (!data || data === player.payload) {
    refit(player);
    return;
  }
  player.payload = data;
  const wanted = () => player.payload === data && !player.listeners.signal.aborted;
  decode(data, wanted).then((show) => {
    if (wanted()) arrive(player.drag, show, player.tell);
  });
}

/** channel: on which the data come; or data. link: of an offline page, to where it comes from. */
export default function reverseProcessPlayer({ channel, data, parentElement, link, tell, source }) {
  let player = players.get(parentElement);
  if (!player?.root.isConnected) {
    if (player) dispose(player);
    player = createPlayer(parentElement);
    players.set(parentElement, player);
  }
  Object.assign(player, { channel, link, tell, source });
  give(player, data ?? carried(channel));
  return () => setTimeout(() => {
    // Streamlit also calls this for a call it has superseded, while the player is still in use
    if (parentElement.isConnected) return;
    dispose(player);
    players.delete(parentElement);
  });
}
