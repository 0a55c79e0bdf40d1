"""The two ways a request can fail, each with one sentence for the reader."""

from __future__ import annotations


class InputError(ValueError):
    """A description that cannot be run: the message names the field and what is allowed."""


class Refused(RuntimeError):
    """A valid description whose result cannot be computed reliably; the message says why."""
