// Level lines of values on a regular grid, by marching squares, joined so that they can be dashed.

/** Adds the lines at `level` to ctx's path; toX and toY map a column and a row to pixels. */
export function traceLevel(ctx, values, rows, columns, level, toX, toY) {
  const { points, next } = crossings(values, rows, columns, level);
  const open = [...next.keys()].filter((edge) => next.get(edge).length === 1);
  for (const start of [...open, ...next.keys()]) {
    if (next.get(start).length === 0) continue; // drawn already
    let edge = start;
    let draw = "moveTo";
    while (edge !== undefined) {
      const [column, row] = points.get(edge);
      ctx[draw](toX(column), toY(row));
      draw = "lineTo";
      const to = next.get(edge).pop();
      if (to !== undefined) forget(next.get(to), edge);
      edge = to;
    }
  }
}

function forget(list, edge) {
  const at = list.indexOf(edge);
  if (at >= 0) list.splice(at, 1);
}

/** Where the level crosses the edges of the cells, by edge, and which crossings are joined. */
function crossings(values, rows, columns, level) {
  const points = new Map();
  const next = new Map();
  for (let row = 0; row + 1 < rows; row += 1) {
    for (let column = 0; column + 1 < columns; column += 1) {
      const at = row * columns + column;
      const sides = (values[at] >= level) + (values[at + 1] >= level)
        + (values[at + columns + 1] >= level) + (values[at + columns] >= level);
      if (sides > 0 && sides < 4) crossCell(values, at, columns, level, column, row, points, next);
    }
  }
  return { points, next };
}

function crossCell(values, at, columns, level, column, row, points, next) {
  const share = (from, to) => (level - values[from]) / (values[to] - values[from]);
  const crosses = (from, to) => values[from] >= level !== values[to] >= level;
  const found = [];
  const add = (from, to, edge, place) => {
    if (!crosses(from, to)) return;
    found.push(edge);
    if (!points.has(edge)) points.set(edge, place(share(from, to)));
  };
  const above = at + columns;
  add(at, at + 1, 2 * at, (s) => [column + s, row]);
  add(at + 1, above + 1, 2 * at + 3, (s) => [column + 1, row + s]);
  add(above, above + 1, 2 * above, (s) => [column + s, row + 1]);
  add(at, above, 2 * at + 1, (s) => [column, row + s]);
  for (let k = 0; k + 1 < found.length; k += 2) {
    join(next, found[k], found[k + 1]);
    join(next, found[k + 1], found[k]);
  }
}

function join(next, from, to) {
  if (next.has(from)) next.get(from).push(to);
  else next.set(from, [to]);
}
