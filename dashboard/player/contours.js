// Level lines of values on a regular grid, by marching squares.

/** Adds the line at `level` to ctx's path; toX and toY map a column and a row to pixels. */
export function traceLevel(ctx, values, rows, columns, level, toX, toY) {
  for (let row = 0; row + 1 < rows; row += 1) {
    for (let column = 0; column + 1 < columns; column += 1) {
      const at = row * columns + column;
      const corners = [values[at], values[at + 1], values[at + columns + 1], values[at + columns]];
      const above = corners.filter((value) => value >= level).length;
      if (above > 0 && above < 4) traceCell(ctx, corners, level, row, column, toX, toY);
    }
  }
}

/** One cell: its corners in turn around it; the line joins the crossed edges two by two. */
function traceCell(ctx, corners, level, row, column, toX, toY) {
  let crossed = 0;
  for (let edge = 0; edge < 4; edge += 1) {
    const from = corners[edge];
    const to = corners[(edge + 1) % 4];
    if (from >= level === to >= level) continue;
    const share = (level - from) / (to - from);
    const x = toX(column + [share, 1, 1 - share, 0][edge]);
    const y = toY(row + [0, share, 1, 1 - share][edge]);
    if (crossed % 2 === 0) ctx.moveTo(x, y);
    else ctx.lineTo(x, y);
    crossed += 1;
  }
}
