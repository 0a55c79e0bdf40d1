// A story: sentences told one after the other, each over one run with the layers that it speaks of.
const REST = 1500; // ms at the end of a chapter

export const chapterOf = (show) => show.story?.[show.chapter];

/** Whether a curve and the number of the distance are drawn: always, but in a story when named. */
export const tellsDistance = (show) => !show.story || chapterOf(show).layers.includes("distance");

/** The list of sentences, each a button that begins its chapter. */
export function writeStory(player, begin) {
  const { story } = player.show;
  player.root.toggleAttribute("data-story", Boolean(story));
  player.story.hidden = !story;
  if (!story) return;
  player.story.replaceChildren(...story.map(({ sentence }, chapter) => {
    const item = document.createElement("li");
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = sentence;
    button.dataset.number = chapter + 1;
    button.addEventListener("click", () => begin(chapter));
    item.append(button);
    return item;
  }));
}

/** Another chapter: its layers, and its sentence marked. */
export function turnTo(player, chapter) {
  const { show } = player;
  if (!show.story) return;
  show.chapter = chapter;
  show.layers = chapterOf(show).layers;
  player.ended = null;
  player.root.dataset.chapter = chapter;
  [...player.story.children].forEach((item, k) => {
    if (k === chapter) item.firstChild.setAttribute("aria-current", "step");
    else item.firstChild.removeAttribute("aria-current");
  });
}

/** At the end of a run: the next chapter's number when it has rested, -1 until then; null at the end. */
export function nextChapter(player, now) {
  const { story, chapter } = player.show;
  if (!story || chapter === story.length - 1) return null;
  player.ended ??= now;
  return now - player.ended < REST ? -1 : chapter + 1;
}
