// The player as one file that needs no server and no network: its own program, style and data.
import { said } from "../said.js";

const escapeHtml = (text) => text.replace(/[&<>"]/g, (c) => (
  { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" }[c]));

/** How many bytes the page will have, nearly. */
export const pageSize = (payload, { program }) => (
  Math.ceil(payload.byteLength / 3) * 4 + program.toString().length + 20_000);

/** link: of the page that this one is saved from. source: the `program` and its `parts`. */
export async function pageOf(show, payload, link, { program, parts }) {
  const about = { title: said`Animation`, experiments: [], runs: [], cite: "", ...show.about };
  const literal = (value) => JSON.stringify(value).replaceAll("<", "\\u003c");
  const page = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(about.title)} · Diffusion Convergence Lab</title>
<style>${parts.page}${parts.css}</style>
</head>
<body>
<main>
<h1>${escapeHtml(about.title)}</h1>
${about.runs.map((text) => `<p>${escapeHtml(text)}</p>`).join("\n")}
<div id="player">${parts.html}</div>
<p>${said`Space plays and pauses, the arrow keys step, Home and End jump, F follows another particle.`}</p>
<p>${said`Made with the Diffusion Convergence Lab:`} <a href="${escapeHtml(link)}">${said`this page there`}</a>.</p>
${about.experiments.map((text) => folded(said`The experiment`, text)).join("\n")}
${about.cite && folded(said`How to cite`, about.cite)}
</main>
<script type="text/plain" id="payload">${await base64(payload)}<\/script>
<script type="module">
const program = ${program.toString()};
const parts = ${literal(parts)};
const run = program();
const code = atob(document.querySelector("#payload").textContent);
const data = Uint8Array.from(code, (c) => c.charCodeAt(0));
const show = () => run({
  data, parentElement: document.querySelector("#player"), link: ${literal(link)}, source: { program, parts } });
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", show);
show();
<\/script>
</body>
</html>
`;
  return new Blob([page], { type: "text/html" });
}

function folded(name, text) {
  return `<details><summary>${name}</summary><pre>${escapeHtml(text)}</pre></details>`;
}

function base64(bytes) {
  const reader = new FileReader();
  return new Promise((done) => {
    reader.addEventListener("load", () => done(reader.result.split(",")[1]));
    reader.readAsDataURL(new Blob([bytes]));
  });
}
