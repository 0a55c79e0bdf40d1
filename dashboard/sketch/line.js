// The line: a density drawn over columns, each with a whole height from 0 to data.top.
import { drawTicks, mountPad, say } from "./pad.js";
import { said } from "../said.js";

const MARGIN = { left: 8, right: 8, top: 8, bottom: 22 };
const STEPS = { ArrowUp: 5, ArrowDown: -5, PageUp: 20, PageDown: -20 };

const line = {
  invitation: said`Drag over the columns to draw a density`,
  hint: said`Keys: ← → choose a column, ↑ ↓ change its height (with Shift by 1), Delete empties it.`,
  height: () => 168,
  read: ({ heights }) => [...heights],
  empty: ({ content }) => content.map(() => 0),
  size: (heights) => heights.filter(Boolean).length,

  count({ content }) {
    const drawn = line.size(content);
    return drawn === 1 ? said`1 column of ${content.length}` : said`${drawn} columns of ${content.length}`;
  },

  prepare(pad) {
    pad.cursor = 32;
    pad.canvas.setAttribute("aria-label", said`Density on the line, to draw`);
  },

  begin(pad, x, y) {
    pad.last = spot(pad, x, y);
    raise(pad, pad.last, pad.last);
  },

  move(pad, x, y) {
    const next = spot(pad, x, y);
    raise(pad, pad.last, next);
    pad.last = next;
  },

  end() {},

  key(pad, { key, shiftKey }) {
    const last = pad.content.length - 1;
    const moves = { ArrowLeft: pad.cursor - 1, ArrowRight: pad.cursor + 1, Home: 0, End: last };
    if (key in moves) {
      pad.cursor = Math.min(last, Math.max(0, moves[key]));
    } else if (key in STEPS) {
      setHeight(pad, pad.content[pad.cursor] + (shiftKey ? Math.sign(STEPS[key]) : STEPS[key]));
    } else if (key === "Delete" || key === "Backspace") {
      setHeight(pad, 0);
    } else {
      return false;
    }
    const middle = (pad.data.reach * ((2 * pad.cursor + 1) / pad.content.length - 1)).toFixed(2);
    say(pad, said`x = ${middle}: height ${pad.content[pad.cursor]} of ${pad.data.top}`);
    return true;
  },

  draw(pad, ctx) {
    const { left, bottom, width, column } = frame(pad);
    ctx.fillStyle = pad.theme.law;
    pad.content.forEach((height, i) => {
      const top = toY(pad, height);
      ctx.globalAlpha = 0.3;
      ctx.fillRect(left + i * column, top, column, bottom - top);
      ctx.globalAlpha = 1;
      if (height) ctx.fillRect(left + i * column, top - 1, column, 2);
    });
    outline(pad, ctx);
    ctx.fillStyle = pad.theme.text;
    ctx.fillRect(left, bottom, width, 1);
    drawTicks(pad, ctx, (x) => left + (width / 2) * (x / pad.data.reach + 1), bottom);
    if (pad.canvas.matches(":focus-visible")) drawCursor(pad, ctx);
  },
};

/** The steps between neighbouring columns. */
function outline(pad, ctx) {
  const { left, column } = frame(pad);
  pad.content.forEach((height, i) => {
    const previous = i ? pad.content[i - 1] : 0;
    const [low, high] = [Math.min(height, previous), Math.max(height, previous)];
    if (high > low) {
      ctx.fillRect(left + i * column - 0.75, toY(pad, high), 1.5, toY(pad, low) - toY(pad, high));
    }
  });
}

function drawCursor(pad, ctx) {
  const { left, top, bottom, column } = frame(pad);
  const x = left + pad.cursor * column;
  ctx.strokeStyle = pad.theme.text;
  ctx.lineWidth = 1.5;
  ctx.strokeRect(x - 1, top, column + 2, bottom - top);
}

function frame(pad) {
  const width = pad.size.width - MARGIN.left - MARGIN.right;
  const bottom = pad.size.height - MARGIN.bottom;
  return { left: MARGIN.left, top: MARGIN.top, bottom, width, column: width / pad.content.length };
}

export function toY(pad, height) {
  const { top, bottom } = frame(pad);
  return bottom - ((bottom - top) * height) / pad.data.top;
}

/** The column and the height at a place of the picture. */
export function spot(pad, x, y) {
  const { left, top, bottom, column } = frame(pad);
  const share = Math.min(1, Math.max(0, (bottom - y) / (bottom - top)));
  const i = Math.floor((x - left) / column);
  return [Math.min(pad.content.length - 1, Math.max(0, i)), share * pad.data.top];
}

/** Sets all columns between two places of a stroke, so that a quick stroke leaves no gaps. */
export function raise(pad, [i, from], [j, to]) {
  const steps = Math.abs(j - i);
  for (let k = 0; k <= steps; k += 1) {
    const share = steps ? k / steps : 1;
    pad.content[i + Math.sign(j - i) * k] = Math.round(from + (to - from) * share);
  }
  pad.cursor = j;
}

function setHeight(pad, height) {
  pad.content[pad.cursor] = Math.min(pad.data.top, Math.max(0, height));
}

export default function sketchLine(component) {
  return mountPad(line, component);
}
