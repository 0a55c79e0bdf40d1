"""How many cores there are for this program."""

from __future__ import annotations

import os
import sys


def cores() -> int:
    """Those that this process may use, where the system says so."""
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
