"""Classes of a mixture: labels of its components, by which scores are guided."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np

from diffusion_core.errors import InputError
from diffusion_core.schedules import Mask
from diffusion_core.strict_json import shown

MOST_CLASSES = 50
LONGEST = 40  # characters of a label
JOIN = "+"  # between the labels of a class that is several


def check_labels(labels: Sequence[str], count: int, parts: str) -> None:
    """InputError unless there are none, or ``count`` labels of at most 50 classes.

    A label has 1 to 40 characters that can be seen or are spaces between such, and no plus sign,
    which joins labels.
    """
    if not labels:
        return
    if len(labels) != count:
        raise InputError(f"target.labels: {count} {parts} need {count} labels, got {len(labels)}")
    for label in dict.fromkeys(labels):
        if not is_label(label):
            raise InputError(
                f"target.labels: each a text of 1 to {LONGEST} characters without {JOIN} and "
                f"without spaces at its ends, got {shown(label)}"
            )
    if (found := len(set(labels))) > MOST_CLASSES:
        raise InputError(f"target.labels: at most {MOST_CLASSES} classes, got {found}")


def is_label(text: object) -> bool:
    """Whether it can be the label of a class."""
    return (
        isinstance(text, str)
        and 1 <= len(text) <= LONGEST
        and text.isprintable()
        and text == text.strip()
        and JOIN not in text
    )


def members(labels: Sequence[str], chosen: Collection[str]) -> Mask:
    """Which of the labels are among the chosen ones, (K,)."""
    return np.array([label in chosen for label in labels])
