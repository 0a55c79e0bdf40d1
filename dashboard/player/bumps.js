// Learned scores: sums of 1, the coordinates and Gaussian bumps, as diffusion_core/scores/bumps.py
// has them, in coordinates u = (x - root m)/spread.

/** Centres, features and derivatives of the bumps at t; `of` turns into columns of `weights`. */
function createBasis({ abar, mean, near, off, spread, length, width }, dim, t) {
  const root = Math.sqrt(abar.values[t]);
  const scale = spread.values[t];
  const own = length.values[t] ** 2;
  const count = near.shape[0];
  const centres = near.values.map((value, i) => (root / scale) * value + width.values[t] * off.values[i]);
  const e = new Float64Array(count);
  const u = new Float64Array(2);

  function at(x, y) {
    u[0] = (x - root * mean.values[0]) / scale;
    if (dim === 2) u[1] = (y - root * mean.values[1]) / scale;
    for (let j = 0; j < count; j += 1) {
      let square = 0;
      for (let k = 0; k < dim; k += 1) square += (u[k] - centres[j * dim + k]) ** 2;
      e[j] = Math.exp(-square / (2 * own));
    }
  }
  return { at, e, u, centres, count, own, scale };
}

const slice = ({ shape: [, rows, columns], values }, t) => ({
  columns, values: values.subarray(t * rows * columns, (t + 1) * rows * columns) });

/** Column k of theta' phi(u). */
function sumOf({ e, u, count }, dim, { columns, values }, k) {
  let sum = values[k];
  for (let m = 0; m < dim; m += 1) sum += u[m] * values[(1 + m) * columns + k];
  for (let j = 0; j < count; j += 1) sum += e[j] * values[(1 + dim + j) * columns + k];
  return sum;
}

/** {score, jacobian, bend}(x, y, ...) of a learned score, each leaving its numbers in `out`. */
export function createBumps(form, dim, t, out) {
  const basis = createBasis(form, dim, t);
  const theta = slice(form.theta, t);
  const { e, u, centres, count, own, scale } = basis;
  const weight = (j, k) => theta.values[(1 + dim + j) * dim + k];
  const away = (j, k) => centres[j * dim + k] - u[k];

  function score(x, y) {
    basis.at(x, y);
    for (let k = 0; k < dim; k += 1) out[k] = sumOf(basis, dim, theta, k) / scale;
  }

  function jacobian(x, y, ...along) {
    basis.at(x, y);
    for (let k = 0; k < dim; k += 1) {
      let sum = 0;
      for (let m = 0; m < dim; m += 1) sum += along[m] * theta.values[(1 + m) * dim + k];
      for (let j = 0; j < count; j += 1) {
        let turned = 0;
        for (let m = 0; m < dim; m += 1) turned += along[m] * away(j, m);
        sum += (e[j] * weight(j, k) * turned) / own;
      }
      out[k] = sum / scale ** 2;
    }
  }

  function bend(x, y) {
    basis.at(x, y);
    for (let m = 0; m < dim; m += 1) {
      let sum = 0;
      for (let j = 0; j < count; j += 1) {
        let inner = 0;
        for (let k = 0; k < dim; k += 1) inner += weight(j, k) * away(j, k);
        sum += e[j] * ((inner * away(j, m)) / own - weight(j, m));
      }
      out[m] = sum / (own * scale ** 3);
    }
  }

  return { score, jacobian, bend };
}

/** What is regressed in the place of derivatives: H along a vector, and k - H s of w_t and v_t. */
export function createSums(form, dim, t, out, score) {
  const basis = createBasis(form, dim, t);
  const sums = slice(form.sums, t);
  const h = (k, m) => sumOf(basis, dim, sums, dim + k * dim + m);

  function jacobian(x, y, ...along) {
    basis.at(x, y);
    for (let k = 0; k < dim; k += 1) {
      out[k] = 0;
      for (let m = 0; m < dim; m += 1) out[k] += (h(k, m) * along[m]) / basis.scale ** 2;
    }
  }

  function bend(x, y) {
    score(x, y);
    const s = out.slice();
    jacobian(x, y, ...s);
    for (let k = 0; k < dim; k += 1) out[k] = sumOf(basis, dim, sums, k) / basis.scale ** 3 - out[k];
  }

  return { jacobian, bend };
}
