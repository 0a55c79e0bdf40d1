// What the drawing code needs of a browser: a context that notes what is drawn, and colours.

/** A 2d context: `calls` holds [name, ...numbers] of all paths and texts, with the style of fills. */
export function recorder() {
  const calls = [];
  const note = (name) => (...args) => calls.push([name, ...args]);
  return {
    calls,
    of: (...names) => calls.filter(([name]) => names.includes(name)),
    measureText: (text) => ({ width: 10 * text.length }),
    ...Object.fromEntries([
      "arc", "beginPath", "clip", "fill", "fillRect", "fillText", "lineTo", "moveTo", "rect", "restore",
      "rotate", "roundRect", "save", "scale", "setLineDash", "stroke", "strokeRect", "translate",
    ].map((name) => [name, note(name)])),
  };
}

export const theme = {
  background: "#ffffff", text: "#000000", target: "#0072b2", output: "#d55e00", density: 0.8,
  parts: ["#111111", "#222222", "#333333", "#444444"], family: "sans-serif", size: 16,
};

/** Lets canvases be made whose one pixel has the colour #rrggbb that it was filled with. */
export function withCanvases(act) {
  globalThis.document = {
    createElement: () => {
      const ctx = {
        scale() {}, fillRect() {},
        getImageData: () => ({
          data: Uint8ClampedArray.from(
            [1, 3, 5, 7].map((at) => parseInt(ctx.fillStyle.slice(at, at + 2) || "ff", 16))),
        }),
      };
      return { getContext: () => ctx };
    },
  };
  try {
    return act();
  } finally {
    delete globalThis.document;
  }
}

/** A player in a browser that does (not) ask for reduced motion. */
export function playerAt(position, show, given = {}) {
  const calm = given.calm ?? false;
  globalThis.matchMedia = () => ({ matches: calm });
  return {
    show, position, playing: true, follow: null, clock: null, speed: { value: "1" }, ...given };
}

/** A panel of particles on the line at the given rows, one for each frame, over [-2, 2]. */
export function panelOf(rows, given = {}) {
  const border = 32000;
  return {
    times: rows.map((_, k) => rows.length - k), frames: rows.length, particles: rows[0].length,
    dimension: 1, extent: [-2, 2], raster: [-2, 2], border, direction: "reverse",
    positions: {
      shape: [rows.length, rows[0].length, 1],
      values: Int16Array.from(rows.flat(), (x) => Math.round((x / 2) * border)),
    },
    ...given,
  };
}

/** A panel whose one particle makes steps of two parts, as given: [y_T, after part 1, y_(T-1)], ... */
export function followedPanel(steps, given = {}) {
  const rows = [...steps.map((step) => [step[0]]), [steps.at(-1)[2]]];
  return panelOf(rows, {
    follow: {
      names: ["drift", "rescale"], scalars: ["a"], vectors: ["z"],
      formulas: ["{y} + {a}·{s} = {p1}", "{p1} − {z}"],
    },
    paths: { shape: [rows.length, 1, 1], values: Float32Array.from(rows.flat()) },
    score: { shape: [rows.length, 1, 1], values: Float32Array.from(rows, (_, k) => -0.5 - k) },
    parts: {
      shape: [steps.length, 1, 2, 1], values: Float32Array.from(steps.flatMap((s) => s.slice(1))) },
    "scalar:a": { shape: [steps.length], values: Float32Array.from(steps, (_, k) => 0.25 + k) },
    "vector:z": { shape: [steps.length, 1, 1], values: Float32Array.from(steps, (_, k) => k - 1500) },
    ...given,
  });
}
