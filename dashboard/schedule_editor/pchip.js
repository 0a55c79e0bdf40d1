// Fritsch and Carlson's monotone cubic, as scipy.interpolate.PchipInterpolator computes it.

/** The slope at an end of the curve, from the two nearest intervals. */
function endSlope(h0, h1, d0, d1) {
  const slope = ((2 * h0 + h1) * d0 - h0 * d1) / (h0 + h1);
  if (slope * d0 <= 0) return 0;
  return d0 * d1 < 0 && Math.abs(slope) > 3 * Math.abs(d0) ? 3 * d0 : slope;
}

function slopes(x, y) {
  const n = x.length;
  const h = x.slice(1).map((value, i) => value - x[i]);
  const d = h.map((width, i) => (y[i + 1] - y[i]) / width);
  if (n === 2) return [d[0], d[0]];
  const inner = d.slice(1).map((next, i) => {
    if (d[i] * next <= 0) return 0;
    const [a, b] = [2 * h[i + 1] + h[i], h[i + 1] + 2 * h[i]];
    return (a + b) / (a / d[i] + b / next);
  });
  return [
    endSlope(h[0], h[1], d[0], d[1]), ...inner,
    endSlope(h[n - 2], h[n - 3], d[n - 2], d[n - 3]),
  ];
}

/** A function of x through the points [[x, y], ...]. */
export function pchip(points) {
  const x = points.map((p) => p[0]);
  const y = points.map((p) => p[1]);
  const m = slopes(x, y);
  return (at) => {
    let k = 0;
    while (k < x.length - 2 && at > x[k + 1]) k += 1;
    const h = x[k + 1] - x[k];
    const u = (at - x[k]) / h;
    const [u2, u3] = [u * u, u * u * u];
    return (2 * u3 - 3 * u2 + 1) * y[k] + (u3 - 2 * u2 + u) * h * m[k]
      + (3 * u2 - 2 * u3) * y[k + 1] + (u3 - u2) * h * m[k + 1];
  };
}
