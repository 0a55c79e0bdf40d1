"""What the tests of the pool let workers compute."""

from __future__ import annotations

import os
import signal
import time
import uuid
from pathlib import Path
from typing import Any

import streamlit as st

from diffusion_core import Experiment, Refused, measure


def value(run: Experiment, progress: Any) -> float:
    return measure(run, stop=progress).value


def echo(what: Any, progress: Any) -> Any:
    return what


def refuse(reason: str, progress: Any) -> None:
    raise Refused(reason)


def fail(progress: Any) -> float:
    return 1 / 0


def count_until(folder: Path, progress: Any) -> str:
    """Leaves a file for each call; done once there is a file "go"."""
    (folder / f"begun {uuid.uuid4()}").touch()
    while not (folder / "go").exists():
        progress(0.25)
        time.sleep(0.01)
    return "done"


def deaf(progress: Any) -> None:
    time.sleep(600)


def ask_for_too_much(progress: Any) -> int:
    return len(bytearray(2**62))


def die(progress: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def die_once(folder: Path, progress: Any) -> str:
    if not (folder / "died").exists():
        (folder / "died").touch()
        die(progress)
    return "alive"


def until_stopped(folder: Path, progress: Any) -> None:
    """Leaves a file "begun", and a file "stopped" when it is told that nobody wants it."""
    (folder / "begun").touch()
    try:
        while True:
            progress()
            time.sleep(0.01)
    finally:
        (folder / "stopped").touch()


def once_interrupted(folder: Path, progress: Any) -> str:
    """Ends the first script that asks for it, as a press of a button does; then gives a value."""
    if not (folder / "begun").exists():
        (folder / "begun").touch()
        progress(0.5)
        st.stop()
    return "done"
