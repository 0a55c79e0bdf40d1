"""Prose files: cut into blocks, filled with numbers, and well-formed."""

import re
from pathlib import Path

import pytest

from dashboard.prose import ENGLISH, Prose, names, prose
from dashboard.text.mathematics import typeset
from dashboard.text.readings import beside, notes
from diffusion_core import Experiment, Measurement
from diffusion_core.schedules import Cosine

TEXT = """<!-- intro -->
Hello $p_t$, TV is [[tv]].

<!-- end -->
Bye."""


def test_blocks_come_by_name_and_are_filled():
    made = Prose(TEXT)
    assert list(made.blocks) == ["intro", "end"]
    assert made("intro", tv="0.1") == "Hello $p_t$, TV is 0.1."
    assert made.places("intro") == {"tv"}


def test_a_missing_value_or_block_is_an_error():
    with pytest.raises(KeyError):
        Prose(TEXT)("intro")
    with pytest.raises(KeyError):
        Prose(TEXT)("middle")


@pytest.mark.parametrize("text", ["lost\n<!-- a -->\nfound", "<!-- a -->\n1\n<!-- a -->\n2"])
def test_text_without_a_block_and_a_name_twice_are_refused(text):
    with pytest.raises(ValueError, match="every line belongs to a block"):
        Prose(text)


@pytest.mark.parametrize("name", names())
def test_formulas_are_closed_and_no_block_is_empty(name):
    for block, text in prose(name).blocks.items():
        assert text, block
        without_code = re.sub(r"```.*?```|`[^`]*`", "", text, flags=re.DOTALL)
        dollars = len(re.findall(r"(?<!\\)\$", without_code))
        assert dollars % 2 == 0, (block, "a formula is not closed")
        assert without_code.count("{") == without_code.count("}"), block


def test_every_block_of_the_pages_words_is_used_and_none_is_missing():
    used = set()
    for path in Path("pages").glob("*.py"):
        text = path.read_text(encoding="utf-8")
        used |= set(re.findall(r'prose\("pages"\)\(\s*"([a-z-]+)"', text))
        if 'say, intro = prose("pages")' in text:
            used |= set(re.findall(r'"([a-z-]+)"', text)) & set(prose("pages").blocks)
    assert used == set(prose("pages").blocks)


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("P(|X₀| ≤ T^{c_R}) = 1", "P(|X₀| ≤ $T^{c_R}$) = 1"),
        ("ᾱ_T ≤ T^{−c₁/2}", "$\\bar\\alpha_T$ ≤ $T^{−c₁/2}$"),
        ("T ≥ C₂ d³ log^4.5 T", "T ≥ C₂ d³ $\\log^{4.5}T$"),
        ("T^0.151, so c_R = 0.151", "$T^{0.151}$, so $c_R$ = 0.151"),
        ("how ŝ_t and X_t of J_s_t differ", "how $\\hat s_t$ and $X_t$ of $J_{s_t}$ differ"),
        ("an exp_t and body_tx", "an exp_t and body_tx"),
        ("beta_t capped: abar_T is 1", "$\\beta_t$ capped: $\\bar\\alpha_T$ is 1"),
        ("d^3 (log T)^4.5 steps of p_t", "$d^{3}$ $(\\log T)^{4.5}$ steps of $p_t$"),
    ],
)
def test_symbols_of_a_plain_sentence_are_set_as_mathematics(said, shown):
    assert typeset(said) == shown


@pytest.mark.parametrize("name", ["controls", "heavy_tails", "pages", "learned_score"])
def test_helps_and_captions_have_no_raw_symbol(name):
    text = (ENGLISH / f"{name}.md").read_text(encoding="utf-8")
    words = re.sub(r"<!--.*?-->|\$\$.*?\$\$|\$[^$]*\$|\[\[\w+\]\]", "", text, flags=re.DOTALL)
    assert not re.findall(r"\b\w{1,2}_\w\b", words)


def test_failures_have_no_symbol_outside_of_formulas():
    text = (ENGLISH / "failures.md").read_text(encoding="utf-8")
    words = re.sub(r"<!--.*?-->|\$[^$]*\$|\[\[\w+\]\]", "", text)
    why = re.sub(r"(?m)^.*(?:these β were made|With c₁ = 4).*$", "", words)  # a panel's title
    assert not re.findall(r"\w_\w|[√β₁]", why)


def test_the_cure_of_a_failure_ends_its_sentence():
    found = {
        "It fails": Measurement("tv", 0.5, 1e-9, "exact", 8, 7, 0.0),
        "At T = 9": Measurement("tv", 0.1, 1e-9, "exact", 9, 8, 0.0),
    }
    assert beside(found, "At T = 9, for which these β were made").endswith("these β were made.")


def test_notes_of_a_run_are_set_as_mathematics():
    run = Experiment(preset="three-modes", schedule=Cosine(), steps=20)
    [capped] = [note for note in notes({"A": run}) if "capped" in note]
    assert capped.startswith("$\\beta_t$ capped at 0.999 at t = 20")
