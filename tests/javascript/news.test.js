// What is read aloud of a page after a run.
import { named, newOf } from "../../dashboard/news.js";
import { strictEqual as is } from "node:assert";

const some = (...texts) => texts.map((text) => ({ text, words: text }));

Deno.test("what is new is told: a page's own reading before other paragraphs, and once", () => {
  const before = new Set(["TV is 0.1.", "An introduction."]);
  const all = some("An introduction.", "Another remark.", "TV is 0.2.");
  is(newOf(before, some("TV is 0.2."), all), "TV is 0.2.");
  is(newOf(before, some("TV is 0.1."), all), "Another remark.");
  is(newOf(before, [], some("", "An introduction.")), "");
});

Deno.test("a formula that is drawn meanwhile makes no paragraph new", () => {
  const drawn = { text: "The score s = ∇ log p.", words: "The score ." };
  is(newOf(new Set(["The score ."]), [], [drawn]), "");
});

Deno.test("a long paragraph is cut", () => {
  is(newOf(new Set(), [], some("a".repeat(900))), `${"a".repeat(400)}…`);
});

Deno.test("progress is named without what counts", () => {
  is(named("Measuring: 40 s to go"), "Measuring");
  is(named("DDPM, T = 64"), "DDPM, T = 64");
});
