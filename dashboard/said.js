// The words of components: as they are written, or as the server's language has them.
export const WORDS = {}; // by the English text, [[]] for its values; dashboard/javascript.py fills it

/** said`Particle ${i} of ${n}`, in the server's language, where the values may be in another order. */
export function said(texts, ...values) {
  const words = WORDS[texts.join("[[]]")];
  if (words === undefined) return String.raw({ raw: texts }, ...values);
  return words.replace(/\[\[(\d+)\]\]/g, (_, place) => values[place - 1]);
}
