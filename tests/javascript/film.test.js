import { strictEqual as is } from "node:assert";
import { frameAt, skyline } from "../../dashboard/topics/discrete/film.js";

Deno.test("films of different length begin and end together", () => {
  for (const count of [1, 4, 65]) {
    is(frameAt(0, count), 0);
    is(frameAt(1, count), count - 1);
  }
  is(frameAt(0.5, 5), 2);
  is(frameAt(3 / 16, 5), 1);
});

Deno.test("a law on a cycle is one column a symbol, from the top down", () => {
  is(skyline([0, 0.5, 0.25], 0.5), "M0 100.00H1L1 0.00H2L2 50.00H3");
});
