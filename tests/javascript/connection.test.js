// What is told while the connection is lost.
import { ok } from "node:assert";
import { isHeard, LOOK, onceHeard } from "../../dashboard/connection.js";

Deno.test("the last of what is told while the connection is lost is told when it is back", async () => {
  const page = { dataset: { testConnectionState: "PINGING_SERVER" } };
  const told = [], keeper = {};
  globalThis.document = { querySelector: () => page };
  try {
    onceHeard(keeper, () => told.push("first"));
    onceHeard(keeper, () => told.push("second"));
    ok(!isHeard() && keeper.waiting && !told.length, "it waits");
    page.dataset.testConnectionState = "CONNECTED";
    await new Promise((done) => setTimeout(done, 2 * LOOK));
    ok(told.join() === "second" && !keeper.waiting, `told ${told}`);
    onceHeard(keeper, () => told.push("third"));
    ok(told.join() === "second,third", "at once");
  } finally {
    delete globalThis.document;
  }
  ok(isHeard(), "a page that says nothing hears");
});
