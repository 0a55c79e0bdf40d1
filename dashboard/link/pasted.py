"""A link that a reader pastes into a field of a page, read as the address bar's is."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, urlsplit

from dashboard.link import short
from dashboard.link.permalink import EXPERIMENT, Page, decode
from diffusion_core import Experiment, InputError

MOST = 8000  # characters


def read_pasted(text: str, page: Page) -> tuple[Experiment, dict[str, Any]]:
    """The experiment and the page's settings in a link to this page, a class's short one too.

    Raises InputError, in one sentence, where there is none.
    """
    if len(text) > MOST:
        raise InputError(f"link: at most {MOST:,} characters, got {len(text):,}")
    try:
        parts = urlsplit(text.strip())
        address = dict(parse_qsl(parts.query, keep_blank_values=True))
    except ValueError:
        raise InputError("link: is no address; copy the whole of it") from None
    name = parts.path.rstrip("/").rpartition("/")[2]
    if short.NAME in address:
        found = short.find(address[short.NAME])
        if found is None:
            raise InputError("link: this short link is not known here, or not any more")
        name, address = found
    if address and name not in ("", page.name):
        raise InputError(f'link: opens another page; copy the address of "{page.title}"')
    if EXPERIMENT not in address:
        raise InputError("link: holds no entry; copy the whole address")
    values = {
        s.name: s.read(address[s.name]) if s.name in address else s.default for s in page.settings
    }
    return decode(address[EXPERIMENT]), values
