// What has been brought for players, by its channel; shared by the components' programs.
const STORE = Symbol.for("reverse process player: carried");
const store = () => (globalThis[STORE] ??= new Map());

export const carried = (channel) => store().get(channel);

export function carry(channel, bytes) {
  store().set(channel, bytes);
  document.dispatchEvent(new CustomEvent("carried", { detail: channel }));
}

export function drop(channel, bytes) {
  if (carried(channel) === bytes) store().delete(channel);
}

/** act(bytes) whenever something is brought on `channel()`. */
export function onCarried(channel, signal, act) {
  document.addEventListener("carried", ({ detail }) => {
    if (detail === channel()) act(carried(detail));
  }, { signal });
}
