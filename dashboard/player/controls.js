// What the reader does: buttons, keys, and choosing a particle on the picture.
import { last, neighbour } from "./clock.js";
import { listenToMenu } from "./menu.js";
import {
  changeSpeed, follow, followNext, nearestParticle, refit, schedule, stopAt, toggle, toggleFullscreen,
} from "./stage.js";

export function listen(player) {
  const { buttons, canvas, scrub, speed, root } = player;
  const on = (element, event, act) => element.addEventListener(
    event, (detail) => player.show && act(detail), { signal: player.listeners.signal });
  on(buttons.first, "click", () => stopAt(player, 0));
  on(buttons.back, "click", () => stopAt(player, neighbour(player, -1)));
  on(buttons.forward, "click", () => stopAt(player, neighbour(player, 1)));
  on(buttons.play, "click", () => toggle(player));
  on(buttons.follow, "click", () => followNext(player));
  on(buttons.full, "click", () => toggleFullscreen(player));
  on(scrub, "input", () => stopAt(player, Number(scrub.value)));
  on(speed, "change", () => changeSpeed(player));
  on(canvas, "click", (event) => pick(player, event));
  on(root, "keydown", (event) => pressKey(player, event));
  on(root, "fullscreenchange", () => refit(player));
  on(document, "keydown", (event) => pressSpace(player, event));
  on(document, "visibilitychange", () => schedule(player));
  listenToMenu(player, on);
}

function pick(player, event) {
  const { left, top } = player.canvas.getBoundingClientRect();
  const particle = nearestParticle(player, event.clientX - left, event.clientY - top);
  if (particle >= 0) follow(player, particle);
}

/** The player's keys, except where the focused control has a use of its own for them. */
function pressKey(player, event) {
  if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
  const actions = {
    " ": () => toggle(player),
    ArrowLeft: () => stopAt(player, neighbour(player, -1)),
    ArrowRight: () => stopAt(player, neighbour(player, 1)),
    Home: () => stopAt(player, 0),
    End: () => stopAt(player, last(player)),
    Escape: () => follow(player, -1),
    f: () => followNext(player),
  };
  const action = actions[event.key];
  if (!action || isNativeKey(event)) return;
  event.preventDefault();
  action();
}

/** Space plays without a click first, where nothing on the page has the focus. */
function pressSpace(player, event) {
  const idle = event.target === document.body || event.target.matches?.('[data-testid="stMain"]');
  if (idle && event.key === " " && player.onScreen) pressKey(player, event);
}

function isNativeKey({ target, key }) {
  if (target.matches("select")) return true;
  if (key === "f" || key === "Escape") return false;
  return target.matches("button") ? key === " " : target.matches("input") && key !== " ";
}
