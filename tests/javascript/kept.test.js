import { deepStrictEqual as same } from "node:assert";
import { after } from "../../dashboard/lessons/kept.js";

const kept = { noising: "b.0-2", score: "a" };

Deno.test("answers of a visit are kept beside those of other lessons", () => {
  same(after(kept, { lesson: "rates", answers: "c" }), { ...kept, rates: "c" });
  same(after(kept, { lesson: "score", answers: "a.b" }), { noising: "b.0-2", score: "a.b" });
});

Deno.test("a lesson opened anew keeps its answers, until they are to be forgotten", () => {
  same(after(kept, { lesson: "score", answers: "", forget: "" }), kept);
  same(after(kept, { lesson: "score", answers: "", forget: "score" }), { noising: "b.0-2" });
  same(after(kept, { lesson: "all", answers: "", forget: "all" }), {});
});
