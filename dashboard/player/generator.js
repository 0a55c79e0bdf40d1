// NumPy's default_rng: PCG64 (O'Neill 2014, XSL-RR 128/64) and the ziggurat of Marsaglia and Tsang
// (2000) with 256 layers, so that the same seed gives the same normals here as in Python.

const [M0, M1, M2, M3, M4, M5] = [0xccf645, 0xdf649f, 0xa44385, 0x1fc65d, 0x60ed05, 0x23];
const LIMB = 2 ** 24; // six of them hold 128 bits; products of two, and sums of six, are exact
const LAYERS = 256;
const TAIL = 3.6541528853610088; // where the lowest layer's tail begins
const AREA = 4.9286732339746519e-3; // of a layer
const UNIT = 2 ** 52;

/** Widths of the layers in units of 1/2^52, where they are surely inside, and the heights. */
function ziggurat() {
  const [width, inside, height] = [0, 1, 2].map(() => new Float64Array(LAYERS));
  const density = (x) => Math.exp(-0.5 * x * x);
  let x = TAIL;
  const base = AREA / density(x);
  inside[0] = Math.floor((x / base) * UNIT);
  width[0] = base / UNIT;
  height[0] = 1;
  for (let k = LAYERS - 1; k > 0; k -= 1) {
    width[k] = x / UNIT;
    height[k] = density(x);
    const next = k > 1 ? Math.sqrt(-2 * Math.log(AREA / x + height[k])) : 0;
    inside[k] = Math.floor((next / x) * UNIT);
    x = next;
  }
  return { width, inside, height };
}

const TABLES = ziggurat();

/** limbs: six of 24 bits of the state, lowest first, and six of the increment. -> {fill(array)} */
export function createGenerator(limbs) {
  const state = Float64Array.from(limbs); // numbers in arrays, as variables of a closure are slow
  const [i0, i1, i2, i3, i4, i5] = state.slice(6);
  const { width, inside, height } = TABLES;
  const word = new Uint32Array(2);

  /** state = state M + increment mod 2^128; the next 64 bits in `word`, the higher half first. */
  function next() {
    const [s0, s1, s2, s3, s4, s5] = state;
    const p0 = i0 + s0 * M0;
    const c0 = Math.floor(p0 / LIMB);
    const p1 = i1 + c0 + s0 * M1 + s1 * M0;
    const c1 = Math.floor(p1 / LIMB);
    const p2 = i2 + c1 + s0 * M2 + s1 * M1 + s2 * M0;
    const c2 = Math.floor(p2 / LIMB);
    const p3 = i3 + c2 + s0 * M3 + s1 * M2 + s2 * M1 + s3 * M0;
    const c3 = Math.floor(p3 / LIMB);
    const p4 = i4 + c3 + s0 * M4 + s1 * M3 + s2 * M2 + s3 * M1 + s4 * M0;
    const c4 = Math.floor(p4 / LIMB);
    const p5 = i5 + c4 + s0 * M5 + s1 * M4 + s2 * M3 + s3 * M2 + s4 * M1 + s5 * M0;
    state[0] = p0 - c0 * LIMB;
    state[1] = p1 - c1 * LIMB;
    state[2] = p2 - c2 * LIMB;
    state[3] = p3 - c3 * LIMB;
    state[4] = p4 - c4 * LIMB;
    state[5] = p5 - Math.floor(p5 / 256) * 256;
    output(state[0], state[1], state[2], state[3], state[4], state[5]);
  }

  /** The upper half xor the lower one, rotated by the six highest bits. */
  function output(s0, s1, s2, s3, s4, s5) {
    const a = ((s1 >>> 8) | (s2 << 16)) ^ (s4 | (s5 << 24));
    const b = (s0 | (s1 << 24)) ^ ((s2 >>> 16) | (s3 << 8));
    const by = (s5 >>> 2) & 31;
    const high = by ? (a >>> by) | (b << (32 - by)) : a;
    const low = by ? (b >>> by) | (a << (32 - by)) : b;
    const swapped = s5 >>> 7;
    word[swapped] = high;
    word[1 - swapped] = low;
  }

  function uniform() {
    next();
    return (word[0] * 2 ** 21 + (word[1] >>> 11)) / 2 ** 53;
  }

  function tail(negative) {
    for (;;) {
      const x = -Math.log1p(-uniform()) / TAIL;
      const y = -Math.log1p(-uniform());
      if (y + y > x * x) return negative ? -(TAIL + x) : TAIL + x;
    }
  }

  function normal() {
    for (;;) {
      next();
      const [high, low] = [word[0], word[1]];
      const layer = low & 255;
      const negative = (low >>> 8) & 1;
      const bits = (high & 0x1fffffff) * 2 ** 23 + (low >>> 9);
      const x = (negative ? -bits : bits) * width[layer];
      if (bits < inside[layer]) return x;
      if (layer === 0) return tail((low >>> 17) & 1);
      const chance = (height[layer - 1] - height[layer]) * uniform() + height[layer];
      if (chance < Math.exp(-0.5 * x * x)) return x;
    }
  }

  return {
    fill(values) {
      for (let i = 0; i < values.length; i += 1) values[i] = normal();
      return values;
    },
  };
}

/** begin() -> {fill(array)}: at every call the same normals from the first on, each made once. */
export function createDraws(limbs) {
  const generator = createGenerator(limbs);
  let known = new Float64Array(0);
  let made = 0;

  function upTo(count) {
    if (count > known.length) {
      const more = new Float64Array(Math.max(count, Math.ceil(1.5 * known.length)));
      more.set(known.subarray(0, made));
      known = more;
    }
    if (count > made) generator.fill(known.subarray(made, count));
    made = Math.max(made, count);
  }

  return () => {
    let at = 0;
    return {
      fill(values) {
        upTo(at + values.length);
        values.set(known.subarray(at, at + values.length));
        at += values.length;
        return values;
      },
    };
  };
}
