"""What every generated case keeps: 10 seconds, 1 GB, and answers or sentences, never a traceback.

``make generated`` says how many cases a property gets, by GENERATED_CASES, and draws new ones each
time; the ordinary suite draws few, the same ones each time.
"""

from __future__ import annotations

import faulthandler
import os
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from hypothesis import HealthCheck, settings

from diffusion_core import InputError, Refused
from tests.core.memory_corners import peak

FEW = 15
CASES = int(os.environ.get("GENERATED_CASES", FEW))
SECONDS, GIGABYTE = 10.0, 1_000_000_000
HANGS = 120  # seconds after which a case is told where it stands, and the run ends
LONGEST_SENTENCE = 500
_PEAK_RESET = Path("/proc/self/clear_refs")  # of Linux

GENERATED = settings(
    max_examples=CASES,
    derandomize=CASES == FEW,
    database=None,
    deadline=None,  # of our own, below: hypothesis counts its own work too
    suppress_health_check=list(HealthCheck),
)

Answer = TypeVar("Answer")
cases: Counter[str] = Counter()
answered: Counter[str] = Counter()
refused: Counter[str] = Counter()
slowest, largest = (0.0, ""), (0, "")
told_on = 2  # the stream for what hangs


def present_test() -> str:
    return os.environ.get("PYTEST_CURRENT_TEST", "").split(" ")[0].rpartition("/")[2]


@contextmanager
def bounded(most: float = SECONDS) -> Iterator[None]:
    """One case: counted, and neither slow nor large. Seconds are the processor's."""
    global slowest, largest
    before = _forget_peak()
    faulthandler.dump_traceback_later(HANGS, exit=True, file=told_on)
    begun = time.process_time()
    try:
        yield
    finally:
        faulthandler.cancel_dump_traceback_later()
    took, grew, name = time.process_time() - begun, peak() - before, present_test()
    cases[name] += 1
    slowest, largest = max(slowest, (took, name)), max(largest, (grew, name))
    assert took < most, f"took {took:.1f} s"
    assert grew < GIGABYTE, f"took {grew / 1e6:,.0f} MB"


def _forget_peak() -> int:
    """Bytes in use, from which ``peak`` counts anew where the system lets us."""
    if _PEAK_RESET.exists():
        _PEAK_RESET.write_text("5")
    return peak()


def answer(read: Callable[[], Answer]) -> Answer | None:
    """What is read, or None where it is refused in one sentence; anything else is a fault."""
    try:
        found = read()
        answered[present_test()] += 1
        return found
    except (InputError, Refused) as refusal:
        sentence = str(refusal)
        assert 0 < len(sentence) < LONGEST_SENTENCE, sentence
        assert sentence.splitlines() == [sentence]
        refused[present_test()] += 1
        return None
