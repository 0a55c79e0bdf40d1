// p_t of a mixture of Gaussians, from the numbers of its score.
import { noised } from "./gaussians.js";

/** density(x, y) of p_t, with `more` noise; form: the arrays of a panel. */
export function densityAt(form, dim, t, more = 0) {
  const parts = noised(form, dim, t, more);
  return (x, y) => {
    let sum = 0;
    for (let at = 0; at < parts.length; at += 7) {
      const dx = x - parts[at + 1];
      const dy = y - parts[at + 2];
      sum += Math.exp(parts[at] - 0.5 * (
        dx * (parts[at + 3] * dx + parts[at + 4] * dy) + dy * (parts[at + 4] * dx + parts[at + 5] * dy)));
    }
    return sum;
  };
}
