// Whether the page hears what a component tells it: what is told while the connection is lost is lost.

export const LOOK = 250; // ms between two looks whether it is back

/** Whether Streamlit's page says so; where it says nothing, it hears. */
export function isHeard() {
  const page = globalThis.document?.querySelector?.('[data-testid="stApp"]');
  return (page?.dataset.testConnectionState ?? "CONNECTED") === "CONNECTED";
}

/** Tells it at once or when the connection is back, the last of what `keeper` has to tell. */
export function onceHeard(keeper, tell) {
  clearTimeout(keeper.waiting);
  keeper.waiting = isHeard() ? 0 : setTimeout(() => onceHeard(keeper, tell), LOOK);
  if (!keeper.waiting) tell();
}
