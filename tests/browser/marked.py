"""What on a page is not said in the language in which every word is marked."""

from __future__ import annotations

import re
from collections.abc import Iterator

from playwright.sync_api import Page

from dashboard.prose.pseudo import CLOSE, OPEN
from dashboard.topics.literature.table import results
from diffusion_core import SAMPLERS
from diffusion_core.discrete.samplers import DISCRETE_SAMPLERS
from diffusion_core.samplers import ODE_ORDER, sampler_record
from diffusion_core.samplers.ode_order import ORDERS
from diffusion_core.studies.flow_matching import METHODS

# text, attributes that are read aloud, figures, and the cells of tables
SEEN = """() => {
  const skipped = "script, noscript, style, code, pre, .katex, .modebar, .page-news, "
    + "[data-testid=stToolbar], [data-testid=stElementToolbar], [data-testid=stStatusWidget], "
    + "[data-testid=stIconMaterial], [data-testid=stFileUploaderDropzone], "
    + "[aria-label$=' icon']";
  const said = [];
  const say = (kind, text) => {
    if (typeof text === "string" && /\\p{L}/u.test(text)) said.push([kind, text]);
  };
  const inside = (text) => {  // of a mark that began before a formula, which parts a sentence
    const before = document.createRange();
    before.setStart(text.parentElement, 0);
    before.setEnd(text, 0);
    const said = before.toString();
    return said.lastIndexOf("⟦") > said.lastIndexOf("⟧");
  };
  const look = (root) => {
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT);
    for (let node = walker.currentNode; node; node = walker.nextNode()) {
      const element = node.nodeType === Node.TEXT_NODE ? node.parentElement : node;
      if (node.shadowRoot) look(node.shadowRoot);
      if (element?.closest?.(skipped)) continue;
      if (node.nodeType === Node.TEXT_NODE) {
        if (!inside(node)) say("text", node.data);
      } else for (const name of ["aria-label", "aria-description", "aria-valuetext", "alt", "title",
        "placeholder"]) say(name, node.getAttribute?.(name));
    }
  };
  look(document.body);
  for (const { data, layout } of document.querySelectorAll(".js-plotly-plot")) {
    for (const trace of data ?? []) {
      say("trace", trace.name);
      for (const key of ["hovertemplate", "text", "hovertext"]) {
        for (const text of [trace[key]].flat(3)) say(key, text);
      }
    }
    for (const [key, axis] of Object.entries(layout ?? {})) {
      if (!/^[xy]axis/.test(key)) continue;
      for (const text of [axis.title?.text, axis.ticktext, axis.categoryarray].flat()) {
        say("axis", text);
      }
    }
    for (const note of layout?.annotations ?? []) say("annotation", note.text);
    say("title", layout?.title?.text);
    say("legend", layout?.legend?.title?.text);
  }
  return said;
}"""
# Streamlit's own words, which it has in English alone
STREAMLITS = {
    "Skip to main content",
    "Link to heading",
    "Collapse sidebar",
    "Sidebar",
    "Copy to clipboard",
    "Choose an option",
    "Choose options",
    "Open",
    "Decrement",
    "Increment",
    "Clear value",
    "Clear all",
    "file upload",
    "Close",
    "progress",
}
STREAMLITS_PARTS = re.compile(r"^Help for | icon$|— (start|end)$|, close by backspace$")
# samplers and people, and what mathematics and files are called everywhere
NAMES = {
    *(record.label for record in SAMPLERS.values()),
    *(sampler_record(ODE_ORDER, order=order).label for order in ORDERS),
    *(sampler.label for sampler in DISCRETE_SAMPLERS.values()),
    *(method.label for method in METHODS.values()),
    *(name for result in results() for name in re.split(r", | \(|\)", result.source) if name),
    *(name for record in SAMPLERS.values() for name in re.split(r", |; ", record.reference)),
    *("ODE", "ode", "ddpm", "Diffusion Convergence Lab"),
    "Python",
}
SYMBOLS = {
    "arxiv",
    "csv",
    "json",
    "log",
    "snr",
    "score",
    "jacobi",
    "png",
    "svg",
    "gif",
    "html",
    "sw₂",
}
# a formula within a marked text parts it in two
_MARKED = re.compile(rf"{OPEN}[^{CLOSE}]*{CLOSE}|^[^{OPEN}{CLOSE}]*{CLOSE}|{OPEN}[^{CLOSE}]*$")
_KEPT = re.compile(
    rf"(?<!\w)(?:{'|'.join(map(re.escape, sorted(NAMES, key=len, reverse=True)))})(?!\w)"
    r"|<[^>]*>|%\{[^}]*\}|&\w+;|https?://\S+|ε_\w+|log[⁰¹²³⁴⁵⁶⁷⁸⁹·^.\d]*T?"
    r"|arXiv [\d.]+, equation|\b[0-9a-f]{10}\b"
)
_WORD = re.compile(r"[^\W\d_]{3,}")


def unmarked(page: Page) -> Iterator[tuple[str, str]]:
    """(what it is, text) of all that a reader can see or hear and that has a word unmarked."""
    for kind, text in page.evaluate(SEEN):
        plain = " ".join(text.split())
        if plain in STREAMLITS:
            continue
        rest = _KEPT.sub(" ", STREAMLITS_PARTS.sub(" ", _MARKED.sub(" ", plain)))
        if any(word.lower() not in SYMBOLS for word in _WORD.findall(rest)):
            yield kind, plain
