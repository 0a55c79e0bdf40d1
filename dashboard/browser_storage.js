// What is kept of a reader's in this browser, an object at a place of its own.

function read(place) {
  try {
    const found = JSON.parse(localStorage.getItem(place));
    return found && typeof found === "object" && !Array.isArray(found) ? found : {};
  } catch {
    return {};
  }
}

function write(place, kept) {
  try {
    localStorage.setItem(place, JSON.stringify(kept));
  } catch {
    // storage may be full or forbidden: then nothing is kept here
  }
}

/** Keeps what `after(kept, data)` makes of what is there, and tells it where the page does not know. */
export function exchange(place, after, { data, setStateValue }) {
  const kept = after(read(place), data);
  write(place, kept);
  const told = JSON.stringify(kept);
  if (told !== data.known) setStateValue("kept", told);
}
