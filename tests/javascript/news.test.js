// What is read aloud of a page after a run.
import { named, newOf } from "../../dashboard/news.js";
import { strictEqual as is } from "node:assert";

Deno.test("what is new is told: a page's own reading before other paragraphs, and once", () => {
  const before = new Set(["TV is 0.1.", "An introduction."]);
  is(newOf(before, ["TV is 0.2."], ["An introduction.", "Another remark.", "TV is 0.2."]), "TV is 0.2.");
  is(newOf(before, ["TV is 0.1."], ["An introduction.", "Another remark."]), "Another remark.");
  is(newOf(before, [], ["", "An introduction."]), "");
});

Deno.test("a long paragraph is cut", () => {
  is(newOf(new Set(), [], ["a".repeat(900)]), `${"a".repeat(400)}…`);
});

Deno.test("progress is named without what counts", () => {
  is(named("Measuring: 40 s to go"), "Measuring");
  is(named("DDPM, T = 64"), "DDPM, T = 64");
});
