// Keeps a section of the page at the top while what stands above it is still being laid out.
const section = document.querySelector("[data-scroll-to]").dataset.scrollTo;
const SETTLED = 6000; // ms
const begun = performance.now();
const stop = new AbortController();
for (const what of ["wheel", "touchstart", "pointerdown", "keydown"]) {
  addEventListener(what, () => stop.abort(), { capture: true, passive: true, once: true });
}

function follow() {
  const place = document.getElementById(section) ?? document.querySelector(`.st-key-${section}`);
  if (stop.signal.aborted || performance.now() - begun > SETTLED) return;
  if (place) {
    place.style.scrollMarginTop = "4.5rem";
    place.scrollIntoView({ block: "start", behavior: "instant" });
  }
  requestAnimationFrame(follow);
}

follow();
