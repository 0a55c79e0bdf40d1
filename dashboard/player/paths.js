// Paths of single particles, and the ring around the followed one.
import { disc, strokeHalo, strokeSetOff } from "./canvas.js";
import { followedPoint, pointAt } from "./follow.js";

const TRAILS = 10;
const SHADES = 8;
const LENGTH = 0.35; // of the whole run

/** Points of particle i from frame `from` to the clock's place, in pixels. */
function pathUntil(panel, place, i, from, toPixel) {
  const points = [];
  const whole = place.whole;
  for (let frame = from; frame <= whole; frame += 1) {
    points.push(toPixel(pointAt(panel, frame, i), frame, i));
  }
  if (place.position > whole) {
    const here = i === place.follow ? followedPoint(panel, place)
      : followedPoint(panel, { ...place, slow: false, follow: i });
    points.push(toPixel(here, place.position, i));
  }
  return points;
}

function strokePlain(ctx, color, width) {
  ctx.strokeStyle = color;
  ctx.lineWidth = width;
  ctx.stroke();
}

/** The last part of the way of a few particles, fading into the past. */
export function paintTrails(ctx, theme, panel, place, toPixel) {
  const from = Math.max(0, Math.floor(place.position - LENGTH * (panel.frames - 1)));
  const count = Math.min(TRAILS, panel.particles);
  const ways = Array.from({ length: count }, (_, i) => pathUntil(panel, place, i, from, toPixel));
  const draw = (way) => way.forEach(([x, y], k) => ctx[k ? "lineTo" : "moveTo"](x, y));
  ctx.lineJoin = "round";
  for (const halo of [true, false]) {
    for (let shade = 0; shade < SHADES; shade += 1) {
      ctx.globalAlpha = ((shade + 1) / SHADES) ** 1.3;
      ctx.beginPath();
      ways.forEach((way) => {
        const cut = (k) => Math.round((k * (way.length - 1)) / SHADES);
        draw(way.slice(cut(shade), cut(shade + 1) + 1));
      });
      if (halo) strokeHalo(ctx, theme, 2.2);
      else strokePlain(ctx, theme.text, 2.2);
    }
  }
  ctx.globalAlpha = 1;
  ways.forEach((way) => paintHead(ctx, theme, way.at(-1), 4));
}

function paintHead(ctx, theme, [x, y], radius) {
  ctx.fillStyle = theme.text;
  disc(ctx, x, y, radius + 1.5);
  ctx.fillStyle = theme.output;
  disc(ctx, x, y, radius);
}

/** The followed particle's whole way so far, and the particle, bigger and in a ring. */
export function paintFollowed(ctx, theme, panel, place, toPixel) {
  const way = pathUntil(panel, place, place.follow, 0, toPixel);
  strokeSetOff(ctx, theme, theme.text, 2.5, () => way.forEach(([x, y]) => ctx.lineTo(x, y)));
  const [x, y] = way.at(-1);
  paintHead(ctx, theme, [x, y], 5.5);
  strokeSetOff(ctx, theme, theme.text, 2, () => ctx.arc(x, y, 11.5, 0, 2 * Math.PI));
}

export function trailSwatch(theme) {
  return (ctx, width) => {
    strokeSetOff(ctx, theme, theme.text, 1.8, () => {
      ctx.moveTo(0, 3);
      ctx.quadraticCurveTo(width / 3, -7, width - 5, -1);
    });
    paintHead(ctx, theme, [width - 5, -1], 3.5);
  };
}
