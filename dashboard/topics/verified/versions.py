"""Which code gives the numbers."""

from __future__ import annotations

import hashlib
import platform
import subprocess
from pathlib import Path

import numpy
import scipy
import streamlit

import diffusion_core

CORE = Path(diffusion_core.__file__).parent
DIGITS = 10


def sources() -> str:
    """The first digits of a SHA-256 over the core's source files and their names."""
    digest = hashlib.sha256()
    for path in sorted(CORE.rglob("*.py")):
        digest.update(path.relative_to(CORE).as_posix().encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:DIGITS]


def commit() -> str:
    """The commit that is checked out, or words that say that nobody knows."""
    command = ["git", "rev-parse", "--short=10", "HEAD"]
    try:
        done = subprocess.run(
            command, cwd=CORE, capture_output=True, text=True, check=True, timeout=5
        )
    except (OSError, subprocess.SubprocessError):
        return "without a commit"
    return f"commit {done.stdout.strip()}"


def versions() -> dict[str, str]:
    """Everything that the numbers may depend on, by name."""
    return {
        "python": platform.python_version(),
        "numpy": numpy.__version__,
        "scipy": scipy.__version__,
        "streamlit": streamlit.__version__,
        "commit": commit(),
        "sources": sources(),
    }
