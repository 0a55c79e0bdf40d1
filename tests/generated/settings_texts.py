"""What a link may say of the settings of a page: what they read, bent, and what is odd."""

from __future__ import annotations

from hypothesis import strategies as st

from dashboard.link.permalink import SHARED, Setting
from dashboard.navigation import PAGES
from diffusion_core import InputError
from tests.generated.mutations import WORDS, bent_text


def allowed(setting: Setting) -> list[str]:
    """Texts that the setting reads: its default, and what its refusal lists."""
    try:
        setting.read("\x00")
        said = ""
    except InputError as refusal:
        said = str(refusal).split(", got ")[0].partition(": ")[2]
    words = [word.rpartition(" of ")[2] for word in said.split(", ")]
    return [setting.write(setting.default), *filter(lambda w: readable(setting, w), words)]


def readable(setting: Setting, text: str) -> bool:
    try:
        setting.read(text)
    except InputError:
        return False
    return True


TEXTS = {
    page.name: {s.name: allowed(s) for s in (*page.settings, *SHARED.values())}
    for page in PAGES.values()
}
ODD = (
    *WORDS,
    "1,2",
    "0,0,0,0,0",
    "0.5",
    "0301",
    "sampler.ddpm,steps.0000000505",
    "steps.٣٠",
    "0.1234567891,0,0,0,0,0",
    "1e-7,2,3,4,5,6",
    "12345678.123456789",
    "0.123456789012345",
)


def texts_of(page: str, name: str) -> st.SearchStrategy[str]:
    """What a link may say of a setting: what is allowed, several of it, bent, and odd."""
    one = st.sampled_from(TEXTS[page][name])
    several = st.lists(one, min_size=1, max_size=3).map(",".join)
    return one | bent_text(several, ODD) | st.sampled_from(ODD)
