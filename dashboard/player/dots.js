// Many small discs of one colour, written straight into an image: no canvas call per disc.
import { toRgb } from "./canvas.js";

const SUBPIXELS = 4;

/** Radius and opacity of a particle, in CSS pixels, so that few are seen and many do not clog. */
export function dotStyle(particles) {
  const crowd = Math.min(1, Math.max(0, Math.log10(particles / 100) / 2.3));
  return { radius: 3.2 - 2 * crowd, opacity: 0.9 - 0.55 * crowd };
}

/** Discs for every subpixel offset, as weights 0..256, each `size` x `size`. */
function createStamps(radius, opacity) {
  const reach = radius + 0.5; // of the soft edge
  const size = Math.ceil(2 * reach + 1 - 1 / SUBPIXELS);
  const stamps = [];
  for (let k = 0; k < SUBPIXELS * SUBPIXELS; k += 1) {
    const x = reach + (k % SUBPIXELS) / SUBPIXELS;
    const y = reach + Math.floor(k / SUBPIXELS) / SUBPIXELS;
    stamps.push(Uint16Array.from({ length: size * size }, (_, i) => {
      const distance = Math.hypot((i % size) + 0.5 - x, Math.floor(i / size) + 0.5 - y);
      return Math.round(256 * opacity * Math.min(1, Math.max(0, reach - distance)));
    }));
  }
  return { reach, size, stamps };
}

/** A layer of width x height device pixels; `add` takes centres within it. */
export function createDots(width, height, color, radius, opacity) {
  const { reach, size, stamps } = createStamps(radius, opacity);
  const canvas = document.createElement("canvas");
  const pad = size + 1; // discs may stand out over the edge, which saves a test per pixel
  canvas.width = Math.ceil(width) + 2 * pad;
  canvas.height = Math.ceil(height) + 2 * pad;
  const ctx = canvas.getContext("2d", { willReadFrequently: true });
  const image = ctx.createImageData(canvas.width, canvas.height);
  const bytes = image.data;
  const words = new Uint32Array(bytes.buffer);
  const [r, g, b] = toRgb(color);
  const blank = r | (g << 8) | (b << 16);

  function add(x, y) {
    const left = Math.round((x + pad - reach) * SUBPIXELS);
    const top = Math.round((y + pad - reach) * SUBPIXELS);
    const stamp = stamps[(left % SUBPIXELS) + SUBPIXELS * (top % SUBPIXELS)];
    let at = ((top >> 2) * canvas.width + (left >> 2)) * 4 + 3;
    const skip = (image.width - size) * 4;
    for (let k = 0, row = 0; row < size; row += 1, at += skip) {
      for (let column = 0; column < size; column += 1, k += 1, at += 4) {
        bytes[at] += ((255 - bytes[at]) * stamp[k]) >> 8;
      }
    }
  }

  return {
    add,
    clear: () => words.fill(blank),
    /** Shows the layer with its corner at (left, top) device pixels of `target`. */
    paint(target, left, top) {
      ctx.putImageData(image, 0, 0);
      target.drawImage(canvas, Math.round(left) - pad, Math.round(top) - pad);
    },
  };
}
