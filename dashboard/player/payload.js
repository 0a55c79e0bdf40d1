// One little-endian blob: u32 header length | JSON header | the arrays named in the header.

const TYPES = { int16: Int16Array, uint16: Uint16Array, uint8: Uint8Array, float32: Float32Array };

/** -> the header; each of its panels with its arrays under their names, and their counts. */
export function decode(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let offset = 4 + view.getUint32(0, true);
  const show = JSON.parse(new TextDecoder().decode(bytes.subarray(4, offset)));
  for (const panel of show.panels) offset = decodePanel(panel, bytes, offset);
  return show;
}

function decodePanel(panel, bytes, start) {
  let offset = start;
  for (const { name, type, shape } of panel.arrays) {
    const Values = TYPES[type];
    const end = offset + shape.reduce((a, b) => a * b, Values.BYTES_PER_ELEMENT);
    // copied, because the message may begin at an address that the type cannot be read from
    panel[name] = { shape, values: new Values(bytes.slice(offset, end).buffer) };
    offset = end;
  }
  [panel.frames, panel.particles, panel.dimension] = panel.positions.shape;
  return offset;
}

/** Frame indices around a position on 0..count-1, and the share of the second. */
export function between(position, count) {
  const first = Math.min(count - 1, Math.floor(position));
  return { first, second: Math.min(count - 1, first + 1), share: position - first };
}

/** Row `position` of an array whose first axis is the frame, interpolated, written to `out`. */
export function interpolateRow({ shape, values }, position, out) {
  const { first, second, share } = between(position, shape[0]);
  const width = out.length;
  const a = first * width;
  const b = second * width;
  for (let i = 0; i < width; i += 1) {
    out[i] = values[a + i] + share * (values[b + i] - values[a + i]);
  }
  return out;
}
