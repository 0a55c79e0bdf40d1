// Files of what is shown: one picture, and the run as an animation of pictures.
import { createLayer, richText } from "./canvas.js";

const MARGIN = 16;
const LINE = 1.5; // of margins, between lines

/** A sheet with the picture, a caption and lines under it: paint(places, caption) on its canvas. */
export function createSheet(picture, lines = []) {
  const { theme, width, height, scale } = picture;
  const even = (size) => (2 * Math.ceil((size * scale) / 2)) / scale; // as video encoders want it
  const size = [even(width + 2 * MARGIN), even(height + (3.5 + LINE * lines.length) * MARGIN)];
  const drawn = createLayer(width, height, scale);
  const canvas = createLayer(...size, scale);
  const ctx = canvas.getContext("2d");

  function paint(places, caption) {
    picture.draw(drawn.getContext("2d"), places);
    ctx.fillStyle = theme.background;
    ctx.fillRect(0, 0, ...size);
    ctx.drawImage(drawn, MARGIN, MARGIN, width, height);
    ctx.fillStyle = theme.text;
    richText(ctx, theme, caption, MARGIN, height + 2.5 * MARGIN);
    lines.forEach((line, k) => (
      richText(ctx, theme, line, MARGIN, height + (2.5 + LINE * (k + 1)) * MARGIN)));
  }

  return { canvas, theme, paint };
}

export const pngOf = (sheet) => new Promise((done) => sheet.canvas.toBlob(done, "image/png"));

export function download(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
