// The score of a noised mixture of Gaussians and its derivatives, up to the plane. The line is the
// plane's first axis: there all second coordinates are 0.

const FAINT = -40; // less weight than exp of it does not count

/** Component k of p_t, with `more` noise: log of its height, mean and precision, seven numbers each. */
export function noised({ weights, means, variances, axes, abar, var: noise }, dim, t, more = 0) {
  const [root, [signal, rest]] = [Math.sqrt(abar.values[t]), [abar.values[t], noise.values[t] + more]];
  const count = weights.values.length;
  const row = (array, k) => array.values.length / array.shape[0] * (array.shape[0] > 1 ? k : 0);
  const parts = new Float64Array(7 * count);
  for (let k = 0; k < count; k += 1) {
    const [c, v] = [row(variances, k), row(axes, k)];
    const spread = [0, 1].slice(0, dim).map((i) => signal * variances.values[c + i] + rest);
    const precision = (i, j) => spread.reduce((sum, s, m) => (
      sum + (axes.values[v + i * dim + m] * axes.values[v + j * dim + m]) / s), 0);
    const mean = (i) => root * means.values[k * dim + i];
    const height = spread.reduce((sum, s) => sum - 0.5 * Math.log(2 * Math.PI * s), 0);
    parts.set(dim === 1
      ? [Math.log(weights.values[k]) + height, mean(0), 0, precision(0, 0), 0, 0, precision(0, 0)]
      : [Math.log(weights.values[k]) + height, mean(0), mean(1), precision(0, 0), precision(0, 1),
        precision(1, 1), precision(0, 0) + precision(1, 1)], 7 * k);
  }
  return parts;
}

/** weigh(x, y): posterior weights r_k and s_k - s at a point, and s itself in the last place. */
function createWeigher(parts) {
  const count = parts.length / 7;
  const [r, u, v] = [0, 1, 2].map(() => new Float64Array(count + 1));
  function weigh(x, y) {
    let top = -Infinity;
    for (let k = 0, at = 0; k < count; k += 1, at += 7) {
      const dx = x - parts[at + 1];
      const dy = y - parts[at + 2];
      const gx = -(parts[at + 3] * dx + parts[at + 4] * dy);
      const gy = -(parts[at + 4] * dx + parts[at + 5] * dy);
      const log = parts[at] + 0.5 * (dx * gx + dy * gy);
      r[k] = log;
      u[k] = gx;
      v[k] = gy;
      if (log > top) top = log;
    }
    let [sum, sx, sy] = [0, 0, 0];
    for (let k = 0; k < count; k += 1) {
      const weight = r[k] - top < FAINT ? 0 : Math.exp(r[k] - top);
      r[k] = weight;
      if (weight === 0) continue;
      sum += weight;
      sx += weight * u[k];
      sy += weight * v[k];
    }
    r[count] = sum;
    u[count] = sx / sum;
    v[count] = sy / sum;
  }
  return { parts, count, r, u, v, weigh };
}

/** {score, jacobian, bend}(x, y, ...) of p_t, each leaving its numbers in `out`. */
export function createGaussians(form, dim, t, out) {
  const { parts, count, r, u, v, weigh } = createWeigher(noised(form, dim, t));

  function score(x, y) {
    weigh(x, y);
    out[0] = u[count];
    out[1] = v[count];
  }

  /** H = sum_k r_k (c c^T - P_k), c = s_k - s. */
  function jacobian(x, y, ax, ay) {
    weigh(x, y);
    let [hx, hy] = [0, 0];
    for (let k = 0; k < count; k += 1) {
      if (r[k] === 0) continue;
      const cx = u[k] - u[count];
      const cy = v[k] - v[count];
      const by = cx * ax + cy * ay;
      hx += r[k] * (cx * by - parts[7 * k + 3] * ax - parts[7 * k + 4] * ay);
      hy += r[k] * (cy * by - parts[7 * k + 4] * ax - parts[7 * k + 5] * ay);
    }
    out[0] = hx / r[count];
    out[1] = hy / r[count];
  }

  /** grad tr H = sum_k r_k (c (|c|^2 - tr P_k) - 2 P_k c). */
  function bend(x, y) {
    weigh(x, y);
    let [hx, hy] = [0, 0];
    for (let k = 0; k < count; k += 1) {
      if (r[k] === 0) continue;
      const cx = u[k] - u[count];
      const cy = v[k] - v[count];
      const by = cx * cx + cy * cy - parts[7 * k + 6];
      hx += r[k] * (cx * by - 2 * (parts[7 * k + 3] * cx + parts[7 * k + 4] * cy));
      hy += r[k] * (cy * by - 2 * (parts[7 * k + 4] * cx + parts[7 * k + 5] * cy));
    }
    out[0] = hx / r[count];
    out[1] = hy / r[count];
  }

  return { score, jacobian, bend };
}
