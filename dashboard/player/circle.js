// The score of the uniform law on a circle of radius R, noised by v, and its derivatives, as
// diffusion_core/targets/circle.py has them: with k = R rho/v and A = I_1/I_0 at k it is
// (R A - rho)/v along the radius.
import { createBesselRatio } from "./special.js";

const NEAR = 1; // of k: the form for larger ones loses no digits at rho = R

/** {score, jacobian, bend}(x, y, ...) of p_t, each leaving two numbers in `out`. */
export function createCircle({ radius, center, bessel, abar, var: noise }, t, out) {
  const ratio = createBesselRatio(bessel);
  const [root, v] = [Math.sqrt(abar.values[t]), noise.values[t]];
  const R = root * radius.values[0];
  const [cx, cy] = [root * center.values[0], root * center.values[1]];

  /** The radial score over rho. */
  function across(rho, k) {
    if (k > NEAR) return -((rho - R) + R * ratio(1, k)) / (v * rho);
    return (R / v) ** 2 * ratio(0, k) - 1 / v;
  }

  function score(x, y) {
    const rho = Math.hypot(x - cx, y - cy);
    const pull = across(rho, (R * rho) / v);
    out[0] = pull * (x - cx);
    out[1] = pull * (y - cy);
  }

  function jacobian(x, y, ax, ay) {
    const rho = Math.hypot(x - cx, y - cy);
    const k = (R * rho) / v;
    const side = across(rho, k);
    const along = (R / v) ** 2 * ratio(2, k) - 1 / v;
    const [ux, uy] = rho > 0 ? [(x - cx) / rho, (y - cy) / rho] : [0, 0];
    const part = (along - side) * (ux * ax + uy * ay);
    out[0] = side * ax + part * ux;
    out[1] = side * ay + part * uy;
  }

  /** -2 (R/v)^4 A A'/k y. */
  function bend(x, y) {
    const k = (R * Math.hypot(x - cx, y - cy)) / v;
    const by = -2 * (R / v) ** 4 * ratio(0, k) * ratio(2, k);
    out[0] = by * (x - cx);
    out[1] = by * (y - cy);
  }

  return { score, jacobian, bend };
}
