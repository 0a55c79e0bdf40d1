// Scores of uniform laws on boxes, noised, and their derivatives, as diffusion_core/targets/boxes.py
// and truncated_normal.py have them: on each axis the noise is a normal on an interval, and p_t and
// its derivatives are its cumulants.
import { createScaledTail } from "./special.js";

const FAR = 5; // from here on the closed form of the variance cancels
const DECAY = 38; // exp(-38) ends a tail
const FAINT = -40; // less weight than exp of it does not count
const ROUNDING = 1 + 1e-13; // of squared distances
const ROOT_2PI = Math.sqrt(2 * Math.PI);

/** moments(b, delta, order, into, at): of N(0, 1) on (b, b + delta), whose middle is not negative:
 * P exp(max(b, 0)^2/2), E u, 1 - Var u, kappa_3 in into[at], ... */
function createMoments({ tail, short, far }) {
  const scaled = createScaledTail(tail);
  const below = (z) => scaled(z) * Math.exp(-0.5 * z * z);
  const sums = new Float64Array(4);

  /** int exp(-rate s - s^2/2) over middle +- half, and mean, variance and kappa_3 of s. */
  function tilted(rate, middle, half, { shape: [, count], values }) {
    let [m0, m1, m2, m3] = [0, 0, 0, 0];
    for (let n = 0; n < count; n += 1) {
      const node = values[n];
      const s = middle + half * node;
      const w = values[count + n] * Math.exp(-s * (rate + 0.5 * s));
      m0 += w;
      m1 += w * node;
      m2 += w * node * node;
      m3 += w * node * node * node;
    }
    [m1, m2, m3] = [m1 / m0, m2 / m0, m3 / m0];
    sums[0] = half * m0;
    sums[1] = middle + half * m1;
    sums[2] = half * half * (m2 - m1 * m1);
    sums[3] = half ** 3 * (m3 - 3 * m2 * m1 + 2 * m1 ** 3);
  }

  /** Closed forms: E u = (phi(b) - phi(a))/P and so on. */
  function long(b, c, delta, order, into, at) {
    const a = b + delta;
    const q = Math.exp(-c * delta);
    const mass = b < 0 ? 1 - below(-b) - (a < Infinity ? below(a) : 0) : scaled(b) - (q > 0 ? q * scaled(a) : 0);
    into[at] = mass;
    if (!order) return;
    const density = Math.exp(-0.5 * Math.min(b, 0) ** 2) / (ROOT_2PI * mass);
    const mean = -density * Math.expm1(-c * delta);
    into[at + 1] = mean;
    const first = density * (b - a * q);
    into[at + 2] = mean * mean - first;
    const second = density * (b * b - 1 - (a * a - 1) * q);
    into[at + 3] = second - 3 * first * mean + 2 * mean ** 3;
  }

  return (b, delta, order, into, at) => {
    const c = Math.max(b + 0.5 * delta, 0);
    if (delta * Math.max(c, 1) < 1) {
      const half = 0.5 * delta;
      tilted(c, 0, half, short);
      const above = b >= 0 ? half : c;
      into[at] = (Math.exp(-above * (c - 0.5 * above)) * sums[0]) / ROOT_2PI;
      into[at + 1] = c + sums[1];
      into[at + 2] = 1 - sums[2];
      into[at + 3] = sums[3];
      return;
    }
    long(b, c, delta, order, into, at);
    if (order < 2 || b <= FAR) return;
    const half = 0.5 * Math.min(delta, DECAY / b);
    tilted(b, half, half, far);
    into[at + 2] = 1 - sums[2];
    into[at + 3] = sums[3];
  };
}

const spreadOf = (values) => values.reduce((a, b) => Math.max(a, b)) - values.reduce((a, b) => Math.min(a, b));

/** The distinct intervals of one axis; box k uses number index[k]. */
function createAxis({ lows, highs }, dim, i, root, sigma, moments) {
  const known = new Map();
  const ends = [];
  const index = Int32Array.from({ length: lows.shape[0] }, (_, k) => {
    const pair = [root * lows.values[k * dim + i], root * highs.values[k * dim + i]];
    const name = pair.join();
    if (!known.has(name)) {
      known.set(name, known.size);
      ends.push(...pair);
    }
    return known.get(name);
  });
  const count = known.size;
  const hull = [Math.min(...ends), Math.max(...ends)];
  const gap = new Float64Array(count); // from x, over sigma; below 0 inside
  const made = new Uint8Array(count);
  const u = new Float64Array(4 * count); // log mass, E u, 1 - Var u and kappa_3 of each
  let [x, y] = [0, 0];

  function move(to) {
    x = to;
    y = Math.max(x - hull[1], hull[0] - x, 0) / sigma;
    made.fill(0);
    for (let n = 0; n < count; n += 1) gap[n] = Math.max(x - ends[2 * n + 1], ends[2 * n] - x) / sigma;
  }

  /** log P(b < u < a) + y^2/2, y the distance to the hull: differences stay exact however far. */
  function make(n, order) {
    if (made[n]) return;
    made[n] = 1;
    const [low, high] = [ends[2 * n], ends[2 * n + 1]];
    moments(gap[n], (high - low) / sigma, order, u, 4 * n);
    let step = Math.max(gap[n], 0);
    if (y > 0) step = (x > hull[1] ? hull[1] - high : low - hull[0]) / sigma;
    u[4 * n] = Math.log(u[4 * n]) - step * (y + 0.5 * step);
    if (x - high >= low - x) return;
    u[4 * n + 1] *= -1;
    u[4 * n + 3] *= -1;
  }
  return { move, make, index, gap, u };
}

/** {score, jacobian, bend}(x, y, ...) of p_t, each leaving its numbers in `out`. */
export function createBoxes(form, dim, t, out) {
  const { weights, lows, highs, abar, var: noise } = form;
  const [root, sigma] = [Math.sqrt(abar.values[t]), Math.sqrt(noise.values[t])];
  const moments = createMoments(form);
  const axes = [0, 1].slice(0, dim).map((i) => createAxis(form, dim, i, root, sigma, moments));
  const count = weights.values.length;
  const heights = weights.values.map((w, k) => axes.reduce(
    (sum, _, i) => sum - Math.log(highs.values[k * dim + i] - lows.values[k * dim + i]), Math.log(w)));
  const sides = highs.values.map((high, n) => Math.min(1, (root * (high - lows.values[n])) / sigma));
  const slack = 2 * (Math.log(count) - FAINT + spreadOf(heights) - dim * Math.log(sides.reduce((a, b) => Math.min(a, b))));
  const square = new Float64Array(count); // of the distance to each box, over sigma
  const r = new Float64Array(count); // posterior weights, those that count
  const chosen = new Int32Array(count);
  const mean = new Float64Array(2);
  let kept = 0;
  const moment = (i, k, n) => axes[i].u[4 * axes[i].index[k] + n];

  /** Squared distances to all boxes; that up to which boxes may have weight: on an axis one at
   * distance g has between side/(5 + 5 g) and 1 of exp(-g^2/2). */
  function reach() {
    let least = Infinity;
    for (let k = 0; k < count; k += 1) {
      square[k] = 0;
      for (let i = 0; i < dim; i += 1) square[k] += Math.max(axes[i].gap[axes[i].index[k]], 0) ** 2;
      if (square[k] < least) least = square[k];
    }
    return least * ROUNDING + slack + 2 * dim * Math.log(5 + 5 * Math.sqrt(least));
  }

  /** Posterior weights, and for each axis E u less its value in the heaviest box; that box. */
  function weigh(x, y, order) {
    axes[0].move(x);
    if (dim === 2) axes[1].move(y);
    const most = reach();
    let [top, best] = [-Infinity, 0];
    kept = 0;
    for (let k = 0; k < count; k += 1) {
      if (square[k] > most) continue;
      let log = heights[k];
      for (let i = 0; i < dim; i += 1) {
        axes[i].make(axes[i].index[k], order);
        log += moment(i, k, 0);
      }
      if (log > top) [top, best] = [log, k];
      chosen[kept] = k;
      r[kept] = log;
      kept += 1;
    }
    let sum = 0;
    for (let n = 0; n < kept; n += 1) {
      r[n] = r[n] - top < FAINT ? 0 : Math.exp(r[n] - top);
      sum += r[n];
    }
    for (let n = 0; n < kept; n += 1) r[n] /= sum;
    for (let i = 0; i < dim; i += 1) {
      mean[i] = 0;
      for (let n = 0; n < kept; n += 1) mean[i] += r[n] * (moment(i, chosen[n], 1) - moment(i, best, 1));
    }
    return best;
  }

  function score(x, y) {
    const best = weigh(x, y, 1);
    for (let i = 0; i < dim; i += 1) out[i] = -(mean[i] + moment(i, best, 1)) / sigma;
  }

  function jacobian(x, y, ...along) {
    const best = weigh(x, y, 2);
    const c = (i, k) => moment(i, k, 1) - moment(i, best, 1) - mean[i];
    for (let i = 0; i < dim; i += 1) {
      let sum = 0;
      for (let n = 0; n < kept; n += 1) {
        const k = chosen[n];
        let turned = 0;
        for (let j = 0; j < dim; j += 1) turned += c(j, k) * along[j];
        sum += r[n] * (c(i, k) * turned - moment(i, k, 2) * along[i]);
      }
      out[i] = sum / sigma ** 2;
    }
  }

  function bend(x, y) {
    const best = weigh(x, y, 3);
    const c = (i, k) => moment(i, k, 1) - moment(i, best, 1) - mean[i];
    for (let i = 0; i < dim; i += 1) {
      let sum = 0;
      for (let n = 0; n < kept; n += 1) {
        const k = chosen[n];
        let spread = -2 * moment(i, k, 2);
        for (let j = 0; j < dim; j += 1) spread += c(j, k) ** 2 - moment(j, k, 2);
        sum += r[n] * (moment(i, k, 3) + c(i, k) * spread);
      }
      out[i] = -sum / sigma ** 3;
    }
  }

  return { score, jacobian, bend };
}
