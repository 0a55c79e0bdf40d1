import { deepStrictEqual as same, strictEqual as is } from "node:assert";
import { advance } from "../../dashboard/player/clock.js";
import { chapterOf, nextChapter, tellsDistance, turnTo } from "../../dashboard/player/story.js";
import { panelOf, playerAt } from "./doubles.js";

const story = [
  { sentence: "one", layers: ["particles"], seconds: 4 },
  { sentence: "two", layers: ["target", "distance"], seconds: 8 },
];

function sentence() {
  const given = {};
  return {
    given,
    firstChild: {
      setAttribute: (name, value) => { given[name] = value; },
      removeAttribute: (name) => { delete given[name]; },
    },
  };
}

function teller(chapter = 0) {
  const show = { panels: [panelOf([[0], [0], [0], [0], [0]])], story, chapter };
  return playerAt(0, show, { root: { dataset: {} }, story: { children: [sentence(), sentence()] } });
}

Deno.test("a chapter has its own layers, and its sentence is the marked one", () => {
  const player = teller();
  turnTo(player, 1);
  same(player.show.layers, ["target", "distance"]);
  is(chapterOf(player.show).sentence, "two");
  same(player.story.children.map(({ given }) => given), [{}, { "aria-current": "step" }]);
  turnTo(player, 0);
  same(player.story.children.map(({ given }) => given), [{ "aria-current": "step" }, {}]);
});

Deno.test("a run takes its chapter's seconds", () => {
  const player = teller();
  advance(player, 0);
  advance(player, 100);
  is(player.position, 4 * (0.1 / 4));
});

Deno.test("a chapter rests before the next one, and the last one ends the story", () => {
  const player = teller();
  is(nextChapter(player, 1000), -1);
  is(nextChapter(player, 2400), -1);
  is(nextChapter(player, 2500), 1);
  turnTo(player, 1);
  is(nextChapter(player, 9000), null);
});

Deno.test("the distance is told by the chapter that names it, and always where there is no story", () => {
  is(tellsDistance({ story, chapter: 0 }), false);
  is(tellsDistance({ story, chapter: 1 }), true);
  is(tellsDistance({}), true);
});
