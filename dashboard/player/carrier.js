// Brings data to the player in a message of their own: one that has the player's program as well
// would be four times as long, at every move.
import { carry, drop } from "./carried.js";

export default function carrier({ data, parentElement }) {
  const length = new DataView(data.buffer, data.byteOffset, 4).getUint32(0, true);
  const { channel } = JSON.parse(new TextDecoder().decode(data.subarray(4, 4 + length)));
  carry(channel, data);
  return () => setTimeout(() => {
    // Streamlit also calls this for a call it has superseded
    if (!parentElement.isConnected) drop(channel, data);
  });
}
