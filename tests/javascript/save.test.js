import { deepStrictEqual as same, strictEqual as is } from "node:assert";
import { createSheet } from "../../dashboard/player/save.js";
import { recorder, theme } from "./doubles.js";

function sheetWith(lines) {
  const canvases = [];
  globalThis.document = {
    createElement: () => {
      const ctx = { ...recorder(), drawImage() {} };
      const canvas = { ctx, getContext: () => ctx };
      canvases.push(canvas);
      return canvas;
    },
  };
  try {
    const picture = { theme, width: 100, height: 50, scale: 1, draw() {} };
    const sheet = createSheet(picture, lines);
    sheet.paint([], "t = 3 of 9");
    const written = sheet.canvas.ctx.of("fillText").map(([, text]) => text).join("");
    return { written, height: sheet.canvas.height };
  } finally {
    delete globalThis.document;
  }
}

Deno.test("what is saved says under the picture which runs it shows", () => {
  const plain = sheetWith([]);
  const told = sheetWith(["Three modes, ODE, T = 9", "Three modes, DDPM, T = 9"]);
  is(plain.written, "t = 3 of 9");
  is(told.written, "t = 3 of 9Three modes, ODE, T = 9Three modes, DDPM, T = 9");
  same([plain.height, told.height], [106, 154]);
});
