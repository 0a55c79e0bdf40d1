"""Handles (v, s) on a falling curve of log-SNR, lists of abar, and the custom schedules they make.

v = (t - 1)/(T - 1) runs from 0 at t = 1 to 1 at t = T, so that handles fit every T, and
s = log(abar_t/(1 - abar_t)). Between handles the curve is a monotone cubic: it falls wherever the
handles do.
"""

from __future__ import annotations

import json
import math
import re
from itertools import pairwise
from typing import Any

import numpy as np

from dashboard.prose import prose
from diffusion_core import InputError
from diffusion_core.monotone_cubic import monotone_cubic
from diffusion_core.schedules import Array, Chain, Custom, check_steps
from diffusion_core.studies.forward import log_snr
from diffusion_core.studies.noise_grids import custom_schedule

phrase = prose("phrases/schedule_editor")
Point = tuple[float, float]
Points = tuple[Point, ...]

HANDLES = 8
MOST_HANDLES = 12
LIMIT = 25.0  # of log-SNR either way: abar within 1e-11 of 0 and 1
GAP = 0.01  # at least so much does log-SNR fall from handle to handle
NARROWEST = 0.002  # and at least so far are they apart
MOST_CHARACTERS = 300_000  # of a list: room for 8,192 numbers of 30 digits


def handles(chain: Chain, count: int = HANDLES) -> Points:
    """Handles on the schedule's own curve, evenly over t = 1..T."""
    t = np.unique(np.rint(np.linspace(1, chain.steps, min(count, chain.steps))).astype(np.intp))
    s = np.clip(log_snr(chain, t), -LIMIT, LIMIT)
    least = GAP * np.arange(len(s))
    s = np.minimum.accumulate(s + least) - least
    s = np.maximum(s, least[::-1] - LIMIT)
    v = (t - 1) / (chain.steps - 1)
    return tuple((float(a), float(b)) for a, b in zip(v, s, strict=True))


def checked(points: Any) -> Points:
    """Handles as a browser sends them; InputError unless they make a falling curve."""
    try:
        found = tuple((float(v), float(s)) for v, s in points)
    except (TypeError, ValueError, OverflowError):
        raise InputError(phrase("handles-need-pairs-of-numbers")) from None
    if not 2 <= len(found) <= MOST_HANDLES:
        raise InputError(
            phrase("handles-between-2-and-got", most_handles=MOST_HANDLES, count=len(found))
        )
    if not all(math.isfinite(v) and abs(s) <= LIMIT for v, s in found):
        raise InputError(phrase("handles-log-snr-must-be", low=f"{-LIMIT:g}", high=f"{LIMIT:g}"))
    if found[0][0] != 0 or found[-1][0] != 1 or any(b[0] <= a[0] for a, b in pairwise(found)):
        raise InputError(phrase("handles-must-lead-from-t"))
    if any(b[1] >= a[1] for a, b in pairwise(found)):
        raise InputError(phrase("handles-log-snr-must-fall"))
    return found


def curve(points: Points, steps: int) -> Array:
    """log-SNR at t = 1..T."""
    v, s = np.array(points).T
    return monotone_cubic(v, s, np.linspace(0.0, 1.0, check_steps(steps)))


def from_handles(points: Points, steps: int) -> Custom:
    """The schedule of T steps that follows the curve."""
    return custom_schedule(curve(points, steps))


def resampled(schedule: Custom, steps: int) -> Custom:
    """The same curve of log-SNR over t/T, read off at another number of steps."""
    chain = schedule.chain(len(schedule.abar))
    v = np.linspace(0.0, 1.0, chain.steps)
    s = np.clip(log_snr(chain, np.arange(1, chain.steps + 1)), -LIMIT, LIMIT)
    keep = np.append(True, np.diff(s) < 0)
    if keep.sum() < 2:
        raise InputError(phrase("schedule-abar-too-steep-to"))
    fine = np.linspace(0.0, 1.0, check_steps(steps))
    return custom_schedule(monotone_cubic(v[keep], s[keep], fine))


def parse_list(text: str) -> Custom:
    """abar_1 > ... > abar_T as typed or pasted: commas, blanks, lines or a JSON list.

    InputError, in one sentence, for anything else.
    """
    if len(text) > MOST_CHARACTERS:
        raise InputError(f"the list: at most {MOST_CHARACTERS:,} characters, got {len(text):,}")
    text = text.strip()
    if text.startswith("["):
        text = _from_json(text)
    words = [word for word in re.split(r"[\s,;]+", text) if word]
    values: list[float] = []
    for place, word in enumerate(words, 1):
        try:
            value = float(word)
        except ValueError:
            raise InputError(
                phrase("entry-of-the-list-is", word=repr(word[:20]), place=place)
            ) from None
        if not 0 < value < 1:
            raise InputError(phrase("entry-is-but-every-abar", place=place, word=word[:20]))
        if values and value >= values[-1]:
            raise InputError(phrase("entry-is-not-below-the", place=place, word=word[:20]))
        values.append(value)
    return Custom(tuple(values))


def _from_json(text: str) -> str:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):  # Python reads no whole number of thousands of digits
        return text.strip("[]")
    return " ".join(str(value).replace(" ", "") for value in found)
