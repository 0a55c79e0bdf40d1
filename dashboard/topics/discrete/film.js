// Sequences of a run and the law over words, for one or two runs on one clock.
import { said } from "../../said.js";

const FRAME = 450; // ms that a frame stays
const SVG = "http://www.w3.org/2000/svg";
const films = new WeakMap(); // by the element Streamlit mounts into; survives script reruns

function element(name, className, parent, text = "") {
  const made = document.createElement(name);
  made.className = className;
  made.textContent = text;
  parent?.append(made);
  return made;
}

/** The frame of a panel with so many, where the clock stands at share of its way. */
export function frameAt(share, count) {
  return Math.round(share * (count - 1));
}

/** A path along the tops of columns, each one unit wide, as high as its share of the most. */
export function skyline(masses, most) {
  return masses.map((mass, k) => {
    const top = (100 * (1 - mass / most)).toFixed(2);
    return `${k ? "L" : "M"}${k} ${top}H${k + 1}`;
  }).join("");
}

// ---- panels

function buildPanel(panel, parent) {
  const root = element("section", "panel", parent);
  element("p", "title", root, panel.title);
  const parts = { panel, reading: element("p", "reading", root) };
  const pictures = element("div", "pictures", root);
  const tokens = element("div", "tokens", pictures);
  tokens.style.setProperty("--length", panel.tokens[0][0].length);
  const chars = Math.max(...panel.letters.map((letter) => letter.length));
  tokens.style.setProperty("--chars", chars);
  tokens.setAttribute("aria-hidden", "true");
  parts.cells = panel.tokens[0].map((sequence) => {
    const row = element("div", "sequence", tokens);
    return sequence.map(() => element("span", "token", row));
  });
  const law = element("div", panel.cycle ? "law cycle" : "law", pictures);
  if (panel.cycle) buildCycle(parts, law);
  else buildBars(parts, law);
  return parts;
}

function buildBars(parts, law) {
  law.setAttribute("aria-hidden", "true"); // the table below says the same
  parts.bars = parts.panel.rows.map((word, k) => {
    element("span", "word", law, word);
    const track = element("div", k < parts.panel.words ? "track" : "track rest", law);
    return {
      output: element("div", "output", track),
      truth: element("div", "truth", track),
      mass: element("span", "mass", law),
    };
  });
}

function buildCycle(parts, law) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", `0 0 ${parts.panel.rows.length} 100`);
  svg.setAttribute("preserveAspectRatio", "none");
  svg.setAttribute("aria-hidden", "true");
  parts.paths = ["output", "truth"].map((name) => {
    const path = document.createElementNS(SVG, "path");
    path.setAttribute("class", name);
    return svg.appendChild(path);
  });
  law.append(svg);
  const axis = element("div", "axis", law);
  for (const name of [parts.panel.rows[0], parts.panel.rows.at(-1)]) element("span", "", axis, name);
}

function drawPanel(parts, share) {
  const { panel } = parts;
  const k = frameAt(share, panel.tokens.length);
  const before = panel.tokens[Math.max(0, k - 1)];
  parts.reading.textContent = panel.readings[k];
  parts.cells.forEach((cells, i) => {
    cells.forEach((cell, j) => {
      const symbol = panel.tokens[k][i][j];
      const masked = symbol === panel.mask;
      cell.textContent = masked ? "" : panel.letters[symbol];
      cell.classList.toggle("mask", masked);
      cell.classList.toggle("fresh", symbol !== before[i][j]);
      cell.style.setProperty("--depth", symbol / Math.max(1, panel.letters.length - 1));
    });
  });
  if (panel.cycle) drawCycle(parts, k);
  else drawBars(parts, k);
}

function drawBars({ panel, bars }, k) {
  bars.forEach((bar, i) => {
    const [output, truth] = [panel.output[k][i], panel.truth[k][i]];
    bar.output.style.width = `${(100 * output) / panel.most}%`;
    bar.truth.hidden = truth === null;
    bar.truth.style.left = `${(100 * (truth ?? 0)) / panel.most}%`;
    bar.mass.textContent = output.toFixed(3);
  });
}

function drawCycle({ panel, paths: [output, truth] }, k) {
  output.setAttribute("d", `${skyline(panel.output[k], panel.most)}V100H0Z`);
  truth.setAttribute("d", panel.truth[k][0] === null ? "" : skyline(panel.truth[k], panel.most));
}

// ---- the clock

function build(film, data) {
  film.id = data.id;
  film.last = Math.max(...data.panels.map((panel) => panel.tokens.length)) - 1;
  const controls = element("div", "controls");
  film.play = element("button", "play", controls);
  film.play.type = "button";
  film.slider = element("input", "slider", controls);
  Object.assign(film.slider, { type: "range", min: 0, max: film.last, step: 1 });
  film.slider.setAttribute("aria-label", data.label);
  const panels = element("div", "panels");
  film.parts = data.panels.map((panel) => buildPanel(panel, panels));
  film.root.replaceChildren(controls, panels);
  film.play.addEventListener("click", () => film.timer ? stop(film) : start(film));
  film.slider.addEventListener("input", () => {
    film.frame = Number(film.slider.value);
    stop(film);
  });
}

function show(film, frame) {
  film.frame = frame;
  film.slider.value = frame;
  const share = film.last ? frame / film.last : 1;
  for (const parts of film.parts) drawPanel(parts, share);
  const readings = film.parts.map(({ panel, reading }) => `${panel.title}: ${reading.textContent}`);
  film.slider.setAttribute("aria-valuetext", readings.join(" "));
  film.play.textContent = film.timer ? said`Pause` : frame === film.last ? said`Play again` : said`Play`;
}

function start(film) {
  if (film.frame === film.last) film.frame = -1;
  film.timer = setInterval(() => {
    if (!film.root.isConnected || film.frame >= film.last) stop(film);
    else show(film, film.frame + 1);
  }, FRAME);
  show(film, film.frame + 1);
}

function stop(film) {
  clearInterval(film.timer);
  film.timer = 0;
  show(film, film.frame);
}

export default function sequenceFilm({ data, parentElement }) {
  let film = films.get(parentElement);
  const root = parentElement.querySelector(".film");
  if (film?.root !== root) {
    film = { root, id: "", timer: 0, frame: 0 };
    films.set(parentElement, film);
  }
  root.dataset.theme = data.dark ? "dark" : "light";
  root.style.setProperty("--size", data.size);
  if (film.id === data.id) return;
  clearInterval(film.timer);
  film.timer = 0;
  const first = film.id === "";
  build(film, data);
  show(film, 0);
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  if (first && !calm) start(film);
  else show(film, film.last);
}
