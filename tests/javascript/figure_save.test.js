// What refers to a part of the page refers to one of the saved file.
import { written } from "../../dashboard/figures/save.js";
import { strictEqual as is } from "node:assert";

Deno.test("references of a saved figure stay in the file", () => {
  const before = globalThis.XMLSerializer;
  globalThis.XMLSerializer = class {
    serializeToString(text) {
      return text;
    }
  };
  try {
    is(
      written(`<g clip-path="url(&quot;http://localhost:8501/budget#a1&quot;)"/><g fill="url('#b')"/>`),
      `<g clip-path="url(#a1)"/><g fill="url(#b)"/>`,
    );
  } finally {
    globalThis.XMLSerializer = before;
  }
});
