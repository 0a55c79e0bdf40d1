// For who hears the page: a run that takes long is named once; when it is over, the first paragraph
// that it has changed is read, or the title of another page. Nothing while it counts.
import { said } from "./said.js";

const STATE = "data-test-script-state";
const LONG = 3000; // ms, after which a reader may wonder whether something happens
const SETTLED = 400; // ms: another run may follow, of which only the last is told
const MAIN = '[data-testid="stMain"]';
const FIRST = '.st-key-reading p, [class*="st-key-told"] p'; // of pages that say where they tell
const PARAGRAPHS = `${MAIN} .stMarkdown p`;
const CAPTIONS = '[data-testid="stCaptionContainer"]';
const BUSY = '[class*="st-key-running-"] p, [data-testid="stProgress"]:not(.st-key-place-in-lesson *) p';
const MOST = 400; // characters

function without(paragraph, parts) {
  const copy = paragraph.cloneNode(true);
  copy.querySelectorAll(parts).forEach((part) => part.remove());
  return copy.textContent.replace(/\u200b/g, "").replace(/\s+/g, " ").trim();
}

/** A paragraph as it is read aloud, with formulas once and without their TeX, and what it is known by:
 * its words alone, since formulas are drawn a moment later. */
export function heard(paragraph) {
  return {
    text: without(paragraph, ".katex-html, annotation"),
    words: without(paragraph, ".katex, [class*='math']").replace(/\$[^$]*\$/g, "").replace(/\s+/g, " ").trim(),
  };
}

/** What is new: out of the first paragraphs if possible, else of all; empty where nothing is. */
export function newOf(before, first, all) {
  const fresh = [...first, ...all].find(({ words }) => words && !before.has(words))?.text ?? "";
  return fresh.length > MOST ? `${fresh.slice(0, MOST)}…` : fresh;
}

/** Of "Measuring: 40 s to go" what does not count. */
export const named = (text) => text.split(":")[0].trim();

function createRegion(page) {
  const region = page.createElement("div");
  region.className = "page-news";
  region.setAttribute("role", "status");
  page.body.append(region);
  return region;
}

function listen(page) {
  const region = createRegion(page);
  const told = { title: null, before: new Set(), waited: false, due: false, timer: 0 };
  const paragraphs = (where) => [...page.querySelectorAll(where)]
    .filter((p) => p.checkVisibility() && !p.closest(CAPTIONS)).map(heard);

  function say(text) {
    region.textContent = ""; // the same words again are news, too
    setTimeout(() => { region.textContent = text; }, 50);
  }

  function wonder() {
    const [busy] = paragraphs(BUSY);
    if (!busy?.text) return;
    told.waited = true;
    say(named(busy.text));
  }

  function look() {
    told.due = false;
    const title = page.querySelector(`${MAIN} h1`);
    if (!title) return;
    const [name, all] = [heard(title).text, paragraphs(PARAGRAPHS)];
    const turned = name !== told.title;
    const news = turned ? name : newOf(told.before, paragraphs(FIRST), all);
    if (told.title !== null && (news || told.waited)) say(news || said`Done.`);
    Object.assign(told, { title: name, before: new Set(all.map(({ words }) => words)), waited: false });
  }

  function wait() {
    const over = page.querySelector(`[${STATE}]`)?.getAttribute(STATE) === "notRunning";
    if (!over && !told.due) paragraphs(PARAGRAPHS).forEach(({ words }) => told.before.add(words));
    clearTimeout(told.timer);
    told.due = over; // what stands there as a run begins is not new, unless it was to be told
    told.timer = over ? setTimeout(look, SETTLED) : setTimeout(wonder, LONG);
  }

  const seen = { subtree: true, attributes: true, attributeFilter: [STATE] };
  new MutationObserver(wait).observe(page.body, seen);
  wait();
}

/** Once for a page, however often its script runs. */
export default function news(page) {
  if (!page.tellsNews) listen(page);
  page.tellsNews = true;
}
