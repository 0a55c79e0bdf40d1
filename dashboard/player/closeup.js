// A close-up of the followed particle's step, whose parts are mostly too short to be seen in place.
import { paintEnds, paintPart, paintPartName } from "./arrows.js";
import { clipTo, richText } from "./canvas.js";

const FURTHEST = 200; // the highest magnification

function paintCard(ctx, theme, card) {
  ctx.beginPath();
  ctx.roundRect(card.left, card.top, card.width, card.height, 8);
  ctx.fillStyle = theme.background;
  ctx.globalAlpha = 0.94;
  ctx.fill();
  ctx.globalAlpha = 0.6;
  ctx.strokeStyle = theme.text;
  ctx.lineWidth = 1;
  ctx.stroke();
  ctx.globalAlpha = 1;
}

/** The card's place: beside the box where there is room, else in a corner away from a point. */
export function placeCard(box, width, height, [x, y]) {
  const margin = 8;
  if (box.spare >= width + 2 * margin) {
    return { left: box.left + box.width + 2 * margin, top: box.top, width, height };
  }
  const right = x < box.left + box.width / 2;
  const below = y < box.top + box.height / 2;
  return {
    left: right ? box.left + box.width - width - margin : box.left + margin,
    top: below ? box.top + box.height - height - margin : box.top + margin,
    width,
    height,
  };
}

/** How much a length in pixels is magnified to fill `room`, a round number. */
export function magnification(length, room) {
  const most = Math.min(FURTHEST, room / Math.max(length, 1e-6));
  if (most < 2) return most;
  const power = 10 ** Math.floor(Math.log10(most));
  return power * [5, 3, 2, 1].find((m) => m * power <= most);
}

function paintScale(ctx, theme, card, zoom) {
  const text = `× ${zoom >= 10 ? Math.round(zoom) : Number(zoom.toPrecision(2))}`;
  ctx.fillStyle = theme.text;
  ctx.textAlign = "left";
  ctx.textBaseline = "middle";
  const width = richText(ctx, theme, text, 0, 0, false);
  richText(ctx, theme, text, card.left + card.width - width - 9, card.top + theme.size * 0.95);
}

function widestName(ctx, theme, names) {
  return Math.max(...names.map((name) => richText(ctx, theme, name, 0, 0, false, "bold")));
}

/** Where the picture itself is covered, the card is small. */
const smaller = (theme) => ({ ...theme, size: Math.round(theme.size * 0.85) });

/** In the plane: the arrows magnified, head to tail, and their names below. Points in pixels. */
export function paintPlaneCloseup(ctx, normal, panel, place, box, points, at) {
  const names = panel.follow.names;
  const beside = box.spare > 240;
  const theme = beside ? normal : smaller(normal);
  const line = theme.size * 1.5;
  const side = beside ? Math.min(270, box.spare - 32) : Math.min(170, box.width * 0.33);
  const width = Math.max(side, widestName(ctx, theme, names) + 62);
  const height = Math.min(side * (beside ? 0.85 : 0.75) + names.length * line + 8, box.height - 16);
  const card = placeCard(box, width, height, at);
  paintCard(ctx, theme, card);
  const [xs, ys] = [0, 1].map((k) => points.map((point) => point[k]));
  const middle = [xs, ys].map((all) => (Math.min(...all) + Math.max(...all)) / 2);
  const room = height - names.length * line - 8;
  const zoom = Math.min(...[[xs, width], [ys, room]].map(([all, size]) => (
    magnification(Math.max(...all) - Math.min(...all), size - 36))));
  const centre = [card.left + width / 2, card.top + room / 2 + 2];
  const magnify = (point) => point.map((value, k) => centre[k] + (value - middle[k]) * zoom);
  clipTo(ctx, card, () => {
    const large = points.map(magnify);
    large.slice(1).forEach((point, part) => {
      ctx.globalAlpha = place.slow && part > place.part ? 0.45 : 1;
      paintPart(ctx, theme, part, large[part], point, 3.5);
    });
    ctx.globalAlpha = 1;
    paintEnds(ctx, theme, large, place.slow && magnify(at));
    paintScale(ctx, theme, card, zoom);
    names.forEach((_, part) => {
      const y = card.top + room + (part + 0.5) * line;
      paintPart(ctx, theme, part, [card.left + 12, y], [card.left + 46, y], 3);
      paintPartName(ctx, theme, panel, place, part, card.left + 54, y);
    });
  });
}

/** On the line: one row for each part, its arrow magnified, its name above; away from `peak`. */
export function paintLineCloseup(ctx, normal, panel, place, box, points, at, peak = at) {
  const names = panel.follow.names;
  const theme = smaller(normal);
  const row = theme.size * 2.5;
  const width = Math.min(box.width - 16, Math.max(190, widestName(ctx, theme, names) + 70));
  const height = names.length * row + 12;
  const card = placeCard(box, width, height, [peak, box.top + box.height]);
  paintCard(ctx, theme, card);
  const low = Math.min(...points);
  const high = Math.max(...points);
  const zoom = magnification(high - low, width - 40);
  const toX = (x) => card.left + width / 2 + (x - (low + high) / 2) * zoom;
  clipTo(ctx, card, () => {
    names.forEach((_, part) => {
      const y = card.top + part * row + theme.size * 1.95;
      ctx.globalAlpha = place.slow && part > place.part ? 0.45 : 1;
      paintPart(ctx, theme, part, [toX(points[part]), y], [toX(points[part + 1]), y], 3.5);
      ctx.globalAlpha = 1;
      paintPartName(ctx, theme, panel, place, part, card.left + 10, y - theme.size * 1.05);
      const here = place.slow && part === place.part ? [toX(at), y] : null;
      paintEnds(ctx, theme, [[toX(points[part]), y], [toX(points[part + 1]), y]], here);
    });
    paintScale(ctx, theme, card, zoom);
  });
}
