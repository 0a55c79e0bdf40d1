// The run as a video, recorded by the browser while it plays on a sheet of its own.
import { RUN_SECONDS } from "./clock.js";

const VIDEO_HOLD = 1; // seconds of the last frame
const VIDEO_RATE = 30;
const VIDEO_BITS = 8_000_000;
const VIDEO_TYPES = ["video/mp4;codecs=avc1.640028", "video/webm;codecs=vp9", "video/webm"];

/** The first type that this browser records, or undefined. */
export const videoType = () => (
  globalThis.MediaRecorder && VIDEO_TYPES.find((type) => MediaRecorder.isTypeSupported(type)));

export const videoSuffix = () => videoType()?.match(/\/(\w+)/)[1];

/** film and job as for a GIF; takes as long as the run does. */
export async function videoOf(film, job) {
  const type = videoType();
  film.draw(0);
  const stream = film.canvas.captureStream(VIDEO_RATE);
  const recorder = new MediaRecorder(stream, { mimeType: type, videoBitsPerSecond: VIDEO_BITS });
  const chunks = [];
  recorder.addEventListener("dataavailable", ({ data }) => chunks.push(data));
  const ended = new Promise((done, fail) => {
    recorder.addEventListener("stop", done);
    recorder.addEventListener("error", ({ error }) => fail(error));
  });
  recorder.start();
  const begun = performance.now();
  for (let seconds = 0; seconds < RUN_SECONDS + VIDEO_HOLD && !job.stopped;) {
    film.draw(Math.min(1, seconds / RUN_SECONDS));
    await job.tell(seconds / (RUN_SECONDS + VIDEO_HOLD));
    seconds = (performance.now() - begun) / 1000;
  }
  recorder.stop();
  await ended;
  stream.getTracks().forEach((track) => track.stop());
  return new Blob(chunks, { type: type.split(";")[0] });
}
