import { deepStrictEqual as same } from "node:assert";
import { after } from "../../dashboard/topics/challenges/history.js";

const kept = { atoms: ["a", "b"] };

Deno.test("entries of a session come after those kept, each once, the last ones alone", () => {
  const data = { entries: { atoms: ["a", "c"], fingers: ["d"] }, forget: false, most: 3 };
  same(after(kept, data), { atoms: ["b", "a", "c"], fingers: ["d"] });
  same(after(kept, { ...data, most: 2 }), { atoms: ["a", "c"], fingers: ["d"] });
  same(after({ atoms: 3 }, { ...data, entries: { atoms: ["a"] } }), { atoms: ["a"] });
});

Deno.test("a new session takes what is kept, until it is to be forgotten", () => {
  same(after(kept, { entries: {}, forget: false, most: 3 }), kept);
  same(after(kept, { entries: {}, forget: true, most: 3 }), {});
});
