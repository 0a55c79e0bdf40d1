// The run as a GIF: one palette for all frames, and of each frame what has changed.
import { toRgb } from "./canvas.js";
import { GIFEncoder, applyPalette, quantize, snapColorsToPalette } from "./vendor/gifenc.esm.js";

const GIF_FRAMES = 75;
const GIF_DELAY = 80; // ms; the format counts in hundredths of a second
const GIF_HOLD = 1600; // of the last frame, before the run starts again
const SAMPLED = [0, 0.33, 0.67, 1];

/** film: {canvas, theme, draw(share)}; job.tell(share) as it goes on, until job.stopped. */
export async function gifOf(film, job) {
  const { width, height } = film.canvas;
  const gif = GIFEncoder();
  const palette = paletteOf(film);
  const unchanged = palette.push([0, 0, 0]) - 1;
  const frames = film.moves ? GIF_FRAMES : 1;
  let before = null;
  for (let k = 0; k < frames && !job.stopped; k += 1) {
    const now = applyPalette(pixelsOf(film, k / Math.max(1, frames - 1)), palette.slice(0, -1));
    gif.writeFrame(before ? changes(before, now, unchanged) : now, width, height, {
      palette: before ? null : palette,
      transparent: before !== null,
      transparentIndex: unchanged,
      dispose: 1, // what was drawn stays under the next frame
      delay: k === frames - 1 ? GIF_HOLD : GIF_DELAY,
    });
    before = now;
    await job.tell((k + 1) / frames);
  }
  gif.finish();
  return new Blob([gif.bytes()], { type: "image/gif" });
}

function pixelsOf(film, share) {
  film.draw(share);
  const { width, height } = film.canvas;
  return film.canvas.getContext("2d").getImageData(0, 0, width, height).data;
}

/** At most 255 colours of some frames; those of background and text as they are. */
function paletteOf(film) {
  const shares = film.moves ? SAMPLED : [0];
  const { width, height } = film.canvas;
  const all = new Uint8ClampedArray(4 * width * height * shares.length);
  shares.forEach((share, k) => all.set(pixelsOf(film, share), 4 * width * height * k));
  const palette = quantize(all, 255);
  snapColorsToPalette(palette, [toRgb(film.theme.background), toRgb(film.theme.text)], 10);
  return palette;
}

function changes(before, now, unchanged) {
  return now.map((code, i) => (code === before[i] ? unchanged : code));
}
