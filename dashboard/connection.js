// Whether the page hears what a component tells it: what is told while the connection is lost is lost.

export const LOOK = 250; // ms between two looks whether it is back

/** Whether Streamlit's page says so; where it says nothing, it hears. */
export function isHeard() {
  const page = globalThis.document?.querySelector?.('[data-testid="stApp"]');
  return (page?.dataset.testConnectionState ?? "CONNECTED") === "CONNECTED";
}
