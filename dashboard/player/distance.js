// The distance so far: a small curve under the panel, on one logarithmic axis for all panels.
import { clipTo, disc, richText, STALE, staleText, strokeSetOff, tickText } from "./canvas.js";
import { said } from "../said.js";

const PLOT = 64;
const BELOW = 12; // decades under the axis, from where a curve still comes up

export const distanceHeight = (theme) => Math.round(theme.size * 1.7 + PLOT + 12);

/** The curve in `rect`, its axis from box.left on: still(ctx), draw(ctx, place). */
export function createDistance(panel, theme, rect, box) {
  const { values } = panel.distance;
  const errors = panel.distance_error?.values;
  const shown = panel.stale ? STALE : 1;
  const [bottom, top] = panel.distance_range;
  const plot = {
    left: box.left, width: box.width, top: rect.top + Math.round(theme.size * 1.7), height: PLOT };
  const toX = (frame) => plot.left + (frame / Math.max(1, panel.frames - 1)) * plot.width;
  const least = 10 ** (bottom - BELOW);
  const toY = (value) => {
    const share = (Math.log10(Math.max(value, least)) - bottom) / (top - bottom);
    return plot.top + plot.height * (1 - Math.min(1, share));
  };
  const floor = plot.top + plot.height;
  const inside = { ...plot, top: plot.top - 4, height: plot.height + 4 };
  const trace = (ctx) => values.forEach((value, i) => (
    i ? ctx.lineTo(toX(i), toY(value)) : ctx.moveTo(toX(0), toY(value))));

  function paintErrors(ctx) {
    ctx.beginPath();
    values.forEach((value, i) => ctx.lineTo(toX(i), toY(value + errors[i])));
    for (let i = values.length - 1; i >= 0; i -= 1) ctx.lineTo(toX(i), toY(values[i] - errors[i]));
    ctx.fillStyle = theme.text;
    ctx.globalAlpha = 0.18;
    ctx.fill();
    ctx.globalAlpha = 1;
  }

  return {
    still(ctx) {
      const name = staleText(said`${panel.distance_name} so far`, panel.stale);
      paintFrame(ctx, theme, plot, name, bottom, top, toY);
      clipTo(ctx, inside, () => {
        if (errors) paintErrors(ctx);
        ctx.globalAlpha = 0.4 * shown;
        strokeSetOff(ctx, theme, theme.text, 1, () => trace(ctx), [2, 4]);
        ctx.globalAlpha = 1;
      });
    },
    draw(ctx, place) {
      const x = toX(place.position);
      ctx.globalAlpha = shown;
      const past = { ...inside, width: x - plot.left };
      clipTo(ctx, past, () => strokeSetOff(ctx, theme, theme.text, 2.5, () => trace(ctx)));
      const { whole } = place;
      const next = Math.min(values.length - 1, whole + 1);
      const share = place.position - whole;
      const y = toY(values[whole]) + share * (toY(values[next]) - toY(values[whole]));
      if (y > floor + 0.5) pointDown(ctx, theme, x, floor);
      else {
        ctx.fillStyle = theme.background;
        disc(ctx, x, y, 6.5);
        ctx.fillStyle = theme.text;
        disc(ctx, x, y, 4.5);
      }
      ctx.globalAlpha = 1;
    },
  };
}

/** Where the value lies below the axis: an arrowhead at its lower end. */
function pointDown(ctx, theme, x, y) {
  ctx.fillStyle = theme.text;
  ctx.beginPath();
  ctx.moveTo(x - 5, y - 4);
  ctx.lineTo(x + 5, y - 4);
  ctx.lineTo(x, y + 5);
  ctx.fill();
}

function paintFrame(ctx, theme, plot, name, bottom, top, toY) {
  ctx.fillStyle = theme.text;
  ctx.textAlign = "left";
  ctx.textBaseline = "alphabetic";
  richText(ctx, theme, name, plot.left, plot.top - theme.size * 0.5);
  ctx.textAlign = "right";
  ctx.textBaseline = "middle";
  const shown = top - bottom > 4 ? [bottom, top] : Array.from(
    { length: top - bottom + 1 }, (_, k) => bottom + k);
  ctx.font = `${theme.size * 0.85}px ${theme.family}`;
  for (let power = bottom; power <= top; power += 1) {
    const y = toY(10 ** power);
    ctx.globalAlpha = 0.18;
    ctx.fillRect(plot.left, Math.round(y) - 0.5, plot.width, 1);
    ctx.globalAlpha = 1;
    if (shown.includes(power)) ctx.fillText(tickText(Number(`1e${power}`)), plot.left - 9, y);
  }
}
