// A PNG file of what is shown.
import { createLayer, richText } from "./canvas.js";

/** Downloads the picture at twice the size on screen, with a caption under it. */
export function savePicture(picture, places, caption, name) {
  const { theme, width, height } = picture;
  const margin = 16;
  const drawn = createLayer(width, height, 2);
  picture.draw(drawn.getContext("2d"), places);
  const page = createLayer(width + 2 * margin, height + 3.5 * margin, 2, (ctx) => {
    ctx.fillStyle = theme.background;
    ctx.fillRect(0, 0, width + 2 * margin, height + 3.5 * margin);
    ctx.drawImage(drawn, margin, margin, width, height);
    ctx.fillStyle = theme.text;
    richText(ctx, theme, caption, margin, height + 2.5 * margin);
  });
  page.toBlob((blob) => download(blob, name), "image/png");
}

function download(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}
