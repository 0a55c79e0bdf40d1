// A reader's entries, kept in this browser: {challenge: experiments as in the link, the oldest first}.
const PLACE = "diffusion convergence lab: challenges";

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
    // storage may be full or forbidden: then the session alone keeps them
  }
}

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

export default function ownEntries({ data, setStateValue }) {
  const kept = after(read(), data);
  write(kept);
  const told = JSON.stringify(kept);
  if (told !== data.known) setStateValue("kept", told);
}
