// What a reader has answered, kept in this browser: {lesson: answers as in the link}.
import { exchange } from "../browser_storage.js";

const PLACE = "diffusion convergence lab: lessons";

/** The kept answers after a visit: `forget` names a lesson to drop, or "all". */
export function after(kept, { lesson, answers, forget }) {
  const found = forget === "all" ? {} : { ...kept };
  if (forget) delete found[forget];
  if (lesson && answers) found[lesson] = answers;
  return found;
}

export default function keptAnswers(component) {
  exchange(PLACE, after, component);
}
