// Takes the runs of a dragged number's values to the player, whenever that is there.
const PLACE = Symbol.for("reverse process player: ladder");

export default function ladder({ data }) {
  globalThis[PLACE] = data;
  document.dispatchEvent(new CustomEvent("ladder"));
}
