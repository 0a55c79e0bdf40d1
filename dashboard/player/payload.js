// One little-endian blob: u32 length | JSON, how it is shown | deflated: u32 length | JSON, the panels | arrays.
import { perform } from "./run.js";

const [ZERO, LARGEST] = [128, 255]; // codes of no difference of two maps, and of their maximum

const AXES = { 1: ["x"], 2: ["x_1", "x_2"] };

const TYPES = {
  int8: Int8Array, int16: Int16Array, uint16: Uint16Array, uint8: Uint8Array, float32: Float32Array,
  float64: Float64Array, uint32: Uint32Array,
};

/**
 * -> the header; each of its panels with its arrays under their names, and their counts.
 * wanted: says whether somebody still waits for it; else it may be left unfinished.
 */
export async function decode(bytes, wanted = () => true) {
  const [shown, panels] = await unpack(bytes);
  for (const panel of panels) {
    if (panel.run) await perform(panel, wanted);
    [panel.frames, panel.particles, panel.dimension] = panel.positions.shape;
    panel.axisNames = shown.axes ?? AXES[panel.dimension];
  }
  return { ...shown, panels };
}

/** A ladder: {of, rungs}, what a run has of its own at each value. */
export async function decodeLadder(bytes) {
  const [{ of }, rungs] = await unpack(bytes);
  return { of, rungs: new Map(rungs.map(({ value, arrays: _, ...rung }) => [value, rung])) };
}

/** The header, and the panels with their arrays. */
async function unpack(bytes) {
  const [shown, packed] = split(bytes);
  const [panels, body] = split(await inflate(packed));
  panels.reduce((offset, panel) => decodePanel(panel, body, offset), 0);
  return [shown, panels];
}

/** The JSON at the beginning, and what follows. */
function split(bytes) {
  const end = 4 + new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(0, true);
  return [JSON.parse(new TextDecoder().decode(bytes.subarray(4, end))), bytes.subarray(end)];
}

async function inflate(bytes) {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

function decodePanel(panel, bytes, start) {
  let offset = start;
  for (const { name, type, shape, differences } of panel.arrays) {
    const Values = TYPES[type];
    const end = offset + shape.reduce((a, b) => a * b, Values.BYTES_PER_ELEMENT);
    // copied, because an array may begin at an address that the type cannot be read from
    const values = new Values(bytes.slice(offset, end).buffer);
    for (const axis of differences ?? []) accumulate(values, shape, axis);
    panel[name] = { shape, values };
    offset = end;
  }
  if (panel.difference && !panel.output) panel.output = derived(panel);
  return offset;
}

/** q_t where only p_t and q_t - p_t were sent, in their codes. */
function derived({ target: { shape, values }, difference, difference_top: top }) {
  const unit = (top * LARGEST) / (LARGEST - ZERO);
  const codes = Float32Array.from(values, (code, i) => (
    Math.min(LARGEST, Math.max(0, code + unit * (difference.values[i] - ZERO)))));
  return { shape, values: codes };
}

/** Sums along an axis, where differences along it were sent; both wrap around. */
function accumulate(values, shape, axis) {
  const stride = shape.slice(axis + 1).reduce((a, b) => a * b, 1);
  for (let i = stride; i < values.length; i += 1) {
    if (Math.floor(i / stride) % shape[axis]) values[i] += values[i - stride];
  }
}

/** Frame indices around a position on 0..count-1, and the share of the second. */
export function between(position, count) {
  const first = Math.min(count - 1, Math.floor(position));
  return { first, second: Math.min(count - 1, first + 1), share: position - first };
}

/** Row `position` of an array whose first axis is the frame, interpolated, written to `out`.
 * make(row): fills a row that is not there until it is needed. */
export function interpolateRow({ shape, values, make }, position, out) {
  const { first, second, share } = between(position, shape[0]);
  make?.(first);
  make?.(second);
  const width = out.length;
  const a = first * width;
  const b = second * width;
  for (let i = 0; i < width; i += 1) {
    out[i] = values[a + i] + share * (values[b + i] - values[a + i]);
  }
  return out;
}
