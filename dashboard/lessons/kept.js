// What a reader has answered, kept in this browser: {lesson: answers as in the link}.
const PLACE = "diffusion convergence lab: lessons";

function read() {
  try {
    const found = JSON.parse(localStorage.getItem(PLACE));
    return found && typeof found === "object" && !Array.isArray(found) ? found : {};
  } catch {
    return {};
  }
}

function write(kept) {
  try {
    localStorage.setItem(PLACE, JSON.stringify(kept));
  } catch {
    // storage may be full or forbidden: then nothing is kept
  }
}

/** The kept answers after a visit: `forget` names a lesson to drop, or "all". */
export function after(kept, { lesson, answers, forget }) {
  const found = forget === "all" ? {} : { ...kept };
  if (forget) delete found[forget];
  if (lesson && answers) found[lesson] = answers;
  return found;
}

export default function keptAnswers({ data, setStateValue }) {
  const kept = after(read(), data);
  write(kept);
  const told = JSON.stringify(kept);
  if (told !== data.known) setStateValue("kept", told);
}
