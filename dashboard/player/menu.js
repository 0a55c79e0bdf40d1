// The save button: its menu, and while something is made its progress, and the way to stop it.
import { filmOf, namesOf, sheetNow } from "./film.js";
import { gifOf } from "./gif.js";
import { pageOf, pageSize } from "./offline.js";
import { download, pngOf } from "./save.js";
import { videoOf, videoSuffix } from "./video.js";
import { said } from "../said.js";

const KINDS = {
  png: { file: (name) => name.now, make: (player) => pngOf(sheetNow(player)) },
  gif: { file: (name) => name.run, make: (player, job) => gifOf(filmOf(player), job) },
  video: {
    file: (name) => name.run,
    suffix: videoSuffix,
    make: (player, job) => videoOf(filmOf(player), job),
  },
  html: {
    file: (name) => name.run,
    make: (player) => (
      pageOf(player.show, player.payload, player.link ?? location.href, player.source)),
  },
};

const sizeText = (bytes) => (
  bytes < 1e6 ? `${Math.ceil(bytes / 1000)} kB` : `${(bytes / 1e6).toFixed(1)} MB`);

export function listenToMenu(player, on) {
  const { menu, buttons } = player;
  const items = [...menu.querySelectorAll("button")];
  on(buttons.save, "click", () => {
    if (player.job) player.job.stopped = true;
    else openMenu(player, menu.hidden);
  });
  for (const item of items) on(item, "click", () => saveAs(player, item.dataset.save));
  on(menu.parentElement, "keydown", (event) => {
    const shown = items.filter((item) => !item.hidden);
    const move = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (menu.hidden || !(move || event.key === "Escape")) return;
    event.preventDefault();
    event.stopPropagation(); // Escape would also stop following
    if (move) {
      const at = shown.indexOf(event.target);
      shown.at(at < 0 && move < 0 ? -1 : (at + move) % shown.length).focus();
    } else {
      openMenu(player, false);
      buttons.save.focus();
    }
  });
  on(document, "pointerdown", (event) => {
    if (!event.composedPath().includes(menu.parentElement)) openMenu(player, false);
  });
  on(menu.parentElement, "focusout", ({ relatedTarget }) => {
    if (relatedTarget && !menu.parentElement.contains(relatedTarget)) openMenu(player, false);
  });
}

function openMenu(player, open) {
  const { menu, buttons } = player;
  menu.hidden = !open;
  buttons.save.setAttribute("aria-expanded", open);
  if (!open) return;
  const video = menu.querySelector('[data-save="video"]');
  video.hidden = !videoSuffix();
  video.querySelector(".kind").textContent = said`Video (${{ mp4: "MP4", webm: "WebM" }[videoSuffix()]})`;
  menu.querySelector(".page-size").textContent = sizeText(pageSize(player.payload, player.source));
}

/** Makes a file and downloads it, unless it is stopped meanwhile. */
async function saveAs(player, kind) {
  openMenu(player, false);
  player.buttons.save.focus();
  const { file, make, suffix = () => kind } = KINDS[kind];
  const name = `${file(namesOf(player))}.${suffix()}`;
  const job = { stopped: false, tell: (share) => showProgress(player, share) };
  player.job = job;
  await showProgress(player, 0);
  try {
    const blob = await make(player, job);
    if (!job.stopped) download(blob, name);
    player.saved.textContent = job.stopped ? said`Stopped: nothing is saved.`
      : said`Saved ${name}, ${sizeText(blob.size)}.`;
  } catch (error) {
    player.saved.textContent = said`${name} could not be made: ${error.message}`;
  } finally {
    player.job = null;
    showSaveButton(player);
  }
}

/** Resolves once the browser has had time to show it, and to take a press of the button. */
function showProgress(player, share) {
  const percent = `${Math.round(100 * share)} %`;
  const { save } = player.buttons;
  save.dataset.making = "true";
  save.style.setProperty("--made", percent);
  save.querySelector(".button-text").textContent = said`Stop ${percent}`;
  save.setAttribute("aria-label", said`Stop ${percent}`);
  save.title = said`Stop; nothing is saved`;
  return new Promise((done) => setTimeout(done));
}

function showSaveButton({ buttons: { save } }) {
  delete save.dataset.making;
  save.querySelector(".button-text").textContent = said`Save`;
  save.setAttribute("aria-label", said`Save`);
  save.title = said`Save a picture, the animation, or a page`;
}
