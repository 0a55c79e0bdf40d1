// The score of a run and its derivatives, up to the plane:
// s_hat_t(x) = c_t s_t(x) + a_t sum_k v_k sin(w_k.x + b_k), s_t of one of the forms of
// diffusion_core/scores/closed_form.py, known by its arrays, or guided from one to another.
import { createBoxes } from "./boxes.js";
import { createBumps, createSums } from "./bumps.js";
import { createCircle } from "./circle.js";
import { createGaussians } from "./gaussians.js";

const KEPT = 4; // noise levels: an update asks at t, next to it and between

/** s + w (s_C - s) at t, w the scale of guidance and s_C the score of the arrays "class:...". */
function createGuided({ guided, ...form }, dim, t, out) {
  const ofClass = Object.keys(form).filter((name) => name.startsWith("class:"));
  const own = Object.fromEntries(ofClass.map((name) => [name.slice("class:".length), form[name]]));
  const [all, part] = [form, own].map((arrays) => createPlain(arrays, dim, t, out));
  const w = guided.values[0];
  const mixed = (name) => (...at) => {
    all[name](...at);
    const [x, y] = out;
    part[name](...at);
    out[0] = x + w * (out[0] - x);
    out[1] = y + w * (out[1] - y);
  };
  return { score: mixed("score"), jacobian: mixed("jacobian"), bend: mixed("bend") };
}

/** The exact, guided or learned score at t, {score, jacobian, bend}(x, y, ...), for two numbers in
 * `out`. */
function createPlain(form, dim, t, out) {
  if (form.guided) return createGuided(form, dim, t, out);
  if (form.means) return createGaussians(form, dim, t, out);
  if (form.lows) return createBoxes(form, dim, t, out);
  if (form.radius) return createCircle(form, t, out);
  return createBumps(form, dim, t, out);
}

/** The form with its noise at t: between the chain's t, 1 - abar is linear in t. */
function levelled(form, t) {
  const low = Math.floor(t);
  const share = t - low;
  if (share === 0) return form;
  const between = ({ values }) => ({
    values: { [t]: (1 - share) * values[low] + share * values[low + 1] },
  });
  return { ...form, abar: between(form.abar), var: between(form.var) };
}

/** What is added to a score, and its derivatives: of `out`, at x, y, times a. */
function createWaves({ directions, waves, phases }, dim, out) {
  const [v, w, b] = [directions, waves, phases].map(({ values }) => values);
  const of = (array, k, i) => (i < dim ? array[k * dim + i] : 0);

  /** out += a sum_k trig(w_k.x + b_k) by(k) (x_k, y_k), x_k and y_k from `array`. */
  function add(a, trig, x, y, array, by) {
    for (let k = 0; k < b.length; k += 1) {
      const height = a * trig(of(w, k, 0) * x + of(w, k, 1) * y + b[k]) * by(k);
      out[0] += height * of(array, k, 0);
      out[1] += height * of(array, k, 1);
    }
  }
  const dot = (k, x, y) => of(w, k, 0) * x + of(w, k, 1) * y;
  return {
    score: (a, x, y) => add(a, Math.sin, x, y, v, () => 1),
    jacobian: (a, x, y, ax, ay) => add(a, Math.cos, x, y, v, (k) => dot(k, ax, ay)),
    bend: (a, x, y) => add(-a, Math.sin, x, y, w, (k) => dot(k, of(v, k, 0), of(v, k, 1))),
  };
}

/** {score(t, x), jacobian(t, x, along), trace_gradient(t, x)}: s_t, H_t along and grad tr H_t,
 * arrays like x, in which points lie one after the other. form: the arrays of a panel. */
export function createScore(form, dim) {
  const known = new Map();
  const out = new Float64Array(2);
  const waves = form.waves && createWaves(form, dim, out);

  function made(t) {
    const plain = createPlain(levelled(form, t), dim, t, out);
    return form.sums ? { ...plain, ...createSums(form, dim, t, out, plain.score) } : plain;
  }

  function at(t) {
    if (!known.has(t)) {
      if (known.size >= KEPT) known.delete(known.keys().next().value);
      known.set(t, made(t));
    }
    return known.get(t);
  }

  /** What `name` gives at each point; `along` holds a vector for each. */
  function map(name, t, x, along = x) {
    const result = new Float64Array(x.length);
    const of = at(t)[name];
    const scale = form.scale ? form.scale.values[t] : 1;
    const amplitude = waves ? form.amplitude.values[t] : 0;
    for (let n = 0; n < x.length; n += dim) {
      const [px, py] = [x[n], dim === 2 ? x[n + 1] : 0];
      const [ax, ay] = [along[n], dim === 2 ? along[n + 1] : 0];
      of(px, py, ax, ay);
      out[0] *= scale;
      out[1] *= scale;
      if (amplitude) waves[name](amplitude, px, py, ax, ay);
      result[n] = out[0];
      if (dim === 2) result[n + 1] = out[1];
    }
    return result;
  }

  return {
    score: (t, x) => map("score", t, x),
    jacobian: (t, x, along) => map("jacobian", t, x, along),
    trace_gradient: (t, x) => map("bend", t, x),
  };
}
