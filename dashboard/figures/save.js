// A saved figure looks as on the page where the page's font is missing too, as it is in any picture:
// every line of text keeps the width that it was measured with.
const SVG = "http://www.w3.org/2000/svg";
const MOVED = ".draglayer, .zoomlayer, .hoverlayer"; // for the mouse

function lines(root) {
  return [...root.querySelectorAll("text")].flatMap((text) => {
    const rows = [...text.querySelectorAll(":scope > tspan.line")];
    return rows.length > 0 ? rows : [text];
  });
}

/** The layers of a Plotly figure as one SVG element of its own. */
export function composed(figure) {
  const layers = [...figure.querySelectorAll(".main-svg")];
  const [whole, ...others] = layers.map((layer) => {
    const copy = layer.cloneNode(true);
    const widths = lines(layer).map((line) => line.getComputedTextLength());
    lines(copy).forEach((line, k) => {
      if (!(widths[k] > 0)) return;
      line.setAttribute("textLength", widths[k].toFixed(2));
      line.setAttribute("lengthAdjust", "spacingAndGlyphs");
    });
    return copy;
  });
  for (const other of others) whole.append(...other.childNodes);
  whole.querySelectorAll(MOVED).forEach((part) => part.remove());
  const paper = document.createElementNS(SVG, "rect");
  const { width, height, paper_bgcolor: color } = figure._fullLayout;
  for (const [name, value] of Object.entries({ width, height, fill: color })) {
    paper.setAttribute(name, value);
  }
  whole.prepend(paper);
  whole.setAttribute("viewBox", `0 0 ${width} ${height}`);
  whole.removeAttribute("style");
  return whole;
}

/** The text of the file; what refers to a part of the page refers to one of the file. */
export function written(picture) {
  return new XMLSerializer().serializeToString(picture)
    .replace(/url\((&quot;|['"]?)[^#)]*#([^)'"&]+)\1\)/g, "url(#$2)");
}

async function raster(text, { width, height }, scale) {
  const image = new Image(width, height);
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
  await image.decode();
  const canvas = document.createElement("canvas");
  Object.assign(canvas, { width: width * scale, height: height * scale });
  canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((done) => canvas.toBlob(done, "image/png"));
}

async function save(figure) {
  const { format, filename, scale } = figure._context.toImageButtonOptions;
  const text = written(composed(figure));
  const blob = format === "png"
    ? await raster(text, figure._fullLayout, scale)
    : new Blob([text], { type: "image/svg+xml" });
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = `${filename}.${format}`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

function pressed(event) {
  const button = event.target.closest?.(".modebar-btn");
  const figure = button?.closest(".js-plotly-plot");
  if (!figure || button !== figure.querySelector(".modebar-btn")) return;
  event.stopPropagation();
  save(figure);
}

/** Takes the place of Plotly's own button. */
export default function watch(page) {
  if (!page.savesFigures) page.addEventListener("click", pressed, true);
  page.savesFigures = true;
}
