// Heat maps of densities on rasters, and of the difference of two: keyframes, colours, swatches.
import { createLayer, toRgb } from "./canvas.js";
import { traceLevel } from "./contours.js";
import { interpolateRow } from "./payload.js";

export const LEVELS = [0.1, 0.5]; // of the maximum of p_t
const ZERO = 128; // the code of no difference
const SIGNED = 16; // codes from there, from which on a sign is put

/** Opacity of a colour at a share of its maximum: rises fast, to show the tails. */
export function opacityAt(share, theme) {
  return theme.density * share ** 0.75;
}

/** A ramp of a law's colour, with marks where its lines are. */
export function rampSwatch(theme, color, levels) {
  return (ctx, width) => {
    fillRamp(ctx, theme, color, 0, width);
    ctx.fillStyle = color;
    for (const share of levels) ctx.fillRect(width * share - 1, -7, 2, 14);
  };
}

/** From too little output, in the target's colour, over nothing to too much. */
export function differenceSwatch(theme) {
  return (ctx, width) => {
    fillRamp(ctx, theme, theme.target, width / 2, 0);
    fillRamp(ctx, theme, theme.output, width / 2, width);
    ctx.strokeStyle = theme.background;
    ctx.lineWidth = 2;
    ctx.beginPath();
    ctx.moveTo(4, 0);
    ctx.lineTo(10, 0);
    ctx.moveTo(width - 10, 0);
    ctx.lineTo(width - 4, 0);
    ctx.moveTo(width - 7, -3);
    ctx.lineTo(width - 7, 3);
    ctx.stroke();
  };
}

function fillRamp(ctx, theme, color, from, to) {
  const gradient = ctx.createLinearGradient(from, 0, to, 0);
  const [r, g, b] = toRgb(color);
  for (let i = 0; i <= 8; i += 1) {
    gradient.addColorStop(i / 8, `rgba(${r}, ${g}, ${b}, ${opacityAt(i / 8, theme)})`);
  }
  ctx.fillStyle = gradient;
  ctx.fillRect(Math.min(from, to), -7, Math.abs(to - from), 14);
}

/** Opacities of a law's colour for the codes 0..255, as pixels of an image. */
export function lawPalette(theme, color) {
  return palette((code) => [color, opacityAt(code / 255, theme)]);
}

/** The difference of two laws: none at ZERO, the target's colour below, the output's above. */
export function differencePalette(theme) {
  return palette((code) => {
    const share = (code - ZERO) / (255 - ZERO);
    return [share < 0 ? theme.target : theme.output, opacityAt(Math.min(1, Math.abs(share)), theme)];
  });
}

function palette(look) {
  const known = new Map();
  return Uint32Array.from({ length: 256 }, (_, code) => {
    const [color, opacity] = look(code);
    if (!known.has(color)) known.set(color, toRgb(color));
    const [r, g, b] = known.get(color);
    return (r | (g << 8) | (b << 16) | (Math.round(255 * opacity) << 24)) >>> 0;
  });
}

/** Where most is missing and where most is in excess, each with its sign: not by colour alone. */
export function signsOf(codes, columns) {
  let [least, most] = [0, 0];
  codes.forEach((code, i) => {
    if (code < codes[least]) least = i;
    if (code > codes[most]) most = i;
  });
  return [["−", least, ZERO - codes[least]], ["+", most, codes[most] - ZERO]]
    .filter(([, , distance]) => distance >= SIGNED)
    .map(([sign, i]) => ({ sign, row: Math.floor(i / columns), column: i % columns }));
}

/** Where among its keyframes a raster is at a progress of 0..1: they lie at `frames`, or evenly. */
export function keyAt(frames, count, progress) {
  if (!frames?.length) return progress * (count - 1);
  const at = progress * frames.at(-1);
  const after = frames.findIndex((frame) => frame >= at);
  if (after <= 0) return after < 0 ? count - 1 : 0;
  return after - (frames[after] - at) / (frames[after] - frames[after - 1]);
}

/** Keyframes over the box of the raster: set(progress) of 0..1, then paint and traceLevels. */
export function createRaster(raster, colors, frame, frames) {
  const [count, rows, columns] = raster.shape;
  const codes = new Float32Array(rows * columns);
  const small = createLayer(columns, rows, 1);
  const image = small.getContext("2d").createImageData(columns, rows);
  const words = new Uint32Array(image.data.buffer);
  // the outer values belong to the edges of the frame, so half a cell stands out on each side
  const cell = { width: frame.width / (columns - 1), height: frame.height / (rows - 1) };
  const toX = (column) => frame.left + column * cell.width;
  const toY = (row) => frame.top + frame.height - row * cell.height;

  function paint(ctx) {
    for (let row = 0; row < rows; row += 1) {
      const from = (rows - 1 - row) * columns; // the first row of the data is the lowest
      for (let i = 0; i < columns; i += 1) words[row * columns + i] = colors[Math.round(codes[from + i])];
    }
    small.getContext("2d").putImageData(image, 0, 0);
    ctx.drawImage(
      small, frame.left - cell.width / 2, frame.top - cell.height / 2,
      frame.width + cell.width, frame.height + cell.height);
  }

  /** The signs of a difference, set off from what they stand on. */
  function paintSigns(ctx, theme) {
    ctx.font = `700 ${Math.round(1.4 * theme.size)}px ${theme.family}`;
    ctx.textAlign = "center";
    ctx.textBaseline = "middle";
    ctx.lineWidth = 4;
    ctx.strokeStyle = theme.background;
    ctx.fillStyle = theme.text;
    for (const { sign, row, column } of signsOf(codes, columns)) {
      ctx.strokeText(sign, toX(column), toY(row));
      ctx.fillText(sign, toX(column), toY(row));
    }
  }

  return {
    paint,
    paintSigns,
    set: (progress) => interpolateRow(raster, keyAt(frames, count, progress), codes),
    traceLevels: (ctx) => LEVELS.forEach((share) => (
      traceLevel(ctx, codes, rows, columns, 255 * share, toX, toY))),
  };
}
