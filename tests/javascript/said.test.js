import { strictEqual as is } from "node:assert";
import { said, WORDS } from "../../dashboard/said.js";

const particle = (i, n) => said`Particle ${i} of ${n} followed`;

Deno.test("words are said as they are written, with their values", () => {
  is(said`Save`, "Save");
  is(particle(3, 7), "Particle 3 of 7 followed");
});

Deno.test("another language has its own words, and the values where it wants them", () => {
  WORDS["Particle [[]] of [[]] followed"] = "Von [[2]]: Teilchen [[1]]";
  is(particle(3, 7), "Von 7: Teilchen 3");
  delete WORDS["Particle [[]] of [[]] followed"];
});
