// Special functions from the series that Python sends: f(z) = sum_n c_n T_n(y), y = (z - m)/(z + m).
// diffusion_core/scores/series.py says what they are of, and how exact.

const TAIL_MIDDLE = 3;
const BESSEL_MIDDLE = 6;
const ROOT_HALF = Math.sqrt(0.5);
const ROOT_PI = Math.sqrt(Math.PI);

/** By Clenshaw's rule, of `count` coefficients from `from` on. */
function series(c, from, count, y) {
  let [before, last] = [0, 0];
  for (let n = from + count - 1; n > from; n -= 1) {
    const next = 2 * y * last - before + c[n];
    before = last;
    last = next;
  }
  return y * last - before + c[from];
}

/** scaledTail(z) = P(N(0, 1) > z) exp(z^2/2) for z >= 0. */
export function createScaledTail({ values }) {
  return (z) => {
    const x = ROOT_HALF * z;
    const y = x < Infinity ? (x - TAIL_MIDDLE) / (x + TAIL_MIDDLE) : 1;
    return series(values, 0, values.length, y) / (2 * (1 + ROOT_PI * x));
  };
}

/** The which-th of A(k)/k, 1 - A(k) and A'(k) for k >= 0, A = I_1/I_0. */
export function createBesselRatio({ shape: [, count], values }) {
  const shapes = [(k) => 1 / (2 + k), (k) => 1 / (1 + 2 * k), (k) => 0.5 / (1 + k) ** 2];
  return (which, k) => shapes[which](k)
    * series(values, which * count, count, (k - BESSEL_MIDDLE) / (k + BESSEL_MIDDLE));
}
