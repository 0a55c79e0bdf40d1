"""Which code gives the numbers."""

from __future__ import annotations

import platform
import subprocess

import numpy
import scipy
import streamlit

from dashboard.prose import prose
from diffusion_core.sources import ROOT, sources

phrase = prose("phrases/verified")
DIGITS = 10


def commit() -> str:
    """The commit that is checked out, or words that say that nobody knows."""
    command = ["git", "rev-parse", "--short=10", "HEAD"]
    try:
        done = subprocess.run(
            command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=5
        )
    except (OSError, subprocess.SubprocessError):
        return phrase("without-a-commit")
    return phrase("commit", name=done.stdout.strip())


def versions() -> dict[str, str]:
    """Everything that the numbers may depend on, by name."""
    return {
        "python": platform.python_version(),
        "numpy": numpy.__version__,
        "scipy": scipy.__version__,
        "streamlit": streamlit.__version__,
        "commit": commit(),
        "sources": sources()[:DIGITS],
    }
