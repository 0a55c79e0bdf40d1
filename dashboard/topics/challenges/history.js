// A reader's entries, kept in this browser: {challenge: experiments as in the link, the oldest first}.
import { exchange } from "../../browser_storage.js";

const PLACE = "diffusion convergence lab: challenges";

/** The kept entries with the session's after them, the last `most` of each challenge. */
export function after(kept, { entries, forget, most }) {
  const found = forget ? {} : { ...kept };
  for (const [name, own] of Object.entries(entries)) {
    const before = Array.isArray(found[name]) ? found[name] : [];
    const others = before.filter((entry) => !own.includes(entry));
    found[name] = [...others, ...own].slice(-most);
  }
  return found;
}

export default function ownEntries(component) {
  exchange(PLACE, after, component);
}
