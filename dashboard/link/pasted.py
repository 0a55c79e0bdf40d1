"""A link that a reader pastes into a field of a page, read as the address bar's is."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, urlsplit

from dashboard.link import short
from dashboard.link.permalink import EXPERIMENT, Page, decode
from dashboard.prose import prose
from diffusion_core import Experiment, InputError

phrase = prose("phrases/link")
MOST = 8000  # characters


def read_pasted(text: str, page: Page) -> tuple[Experiment, dict[str, Any]]:
    """The experiment and the page's settings in a link to this page, a class's short one too.

    Raises InputError, in one sentence, where there is none.
    """
    if len(text) > MOST:
        raise InputError(
            phrase("link-at-most-characters-got", most=f"{MOST:,}", text=f"{len(text):,}")
        )
    try:
        parts = urlsplit(text.strip())
        address = dict(parse_qsl(parts.query, keep_blank_values=True))
    except ValueError:
        raise InputError(phrase("link-is-no-address-copy")) from None
    name = parts.path.rstrip("/").rpartition("/")[2]
    if short.NAME in address:
        found = short.find(address[short.NAME])
        if found is None:
            raise InputError(phrase("link-this-short-link-is"))
        name, address = found
    if address and name not in ("", page.name):
        raise InputError(phrase("link-opens-another-page-copy", title=page.title))
    if EXPERIMENT not in address:
        raise InputError(phrase("link-holds-no-entry-copy"))
    values = {
        s.name: s.read(address[s.name]) if s.name in address else s.default for s in page.settings
    }
    return decode(address[EXPERIMENT]), values
