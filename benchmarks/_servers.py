"""Starting an app's server, and what its processes cost (Linux: read from /proc)."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
OPTIONS = ("--server.headless=true", "--server.fileWatcherType=none")
TICK, PAGE = os.sysconf("SC_CLK_TCK"), os.sysconf("SC_PAGE_SIZE")
PPID, UTIME, CUTIME, RSS = 1, slice(11, 13), slice(13, 15), 21  # of /proc/PID/stat behind the name


@dataclass(frozen=True)
class Cost:
    """CPU seconds since the processes' start, and resident bytes."""

    cpu: float
    memory: int


@dataclass(frozen=True)
class Server:
    """An address, and the processes behind it, whose children count too unless told otherwise."""

    address: str
    pids: tuple[int, ...] = ()
    children: bool = True

    def cost(self) -> Cost:
        stats = dict(_stats())
        mine = set(self.pids) & set(stats)
        gone = slice(0)
        if self.children:
            gone = CUTIME
            while more := {p for p, s in stats.items() if int(s[PPID]) in mine} - mine:
                mine |= more
        ticks = sum(sum(map(int, stats[p][UTIME])) for p in mine)
        ticks += sum(sum(map(int, stats[p][gone])) for p in self.pids if p in stats)
        return Cost(ticks / TICK, PAGE * sum(int(stats[p][RSS]) for p in mine))


def _stats() -> Iterator[tuple[int, list[str]]]:
    for file in Path("/proc").glob("[0-9]*/stat"):
        try:
            text = file.read_text()
        except OSError:
            continue  # it has ended meanwhile
        yield int(file.parent.name), text[text.rindex(")") + 2 :].split()


@contextmanager
def served(app: str, cache: str = "off") -> Iterator[Server]:
    """A server of this file, with nothing kept on disk from before unless ``cache`` says where."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", app, f"--server.port={port}", *OPTIONS]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "DIFFUSION_LAB_CACHE": cache}
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, env=environment) as process:
        server = Server(f"http://127.0.0.1:{port}", (process.pid,))
        try:
            wait_for([server.address])
            yield server
        finally:
            process.terminate()


def wait_for(addresses: Sequence[str]) -> None:
    """Until every server says that it is well."""
    for address in addresses:
        while True:
            try:
                urllib.request.urlopen(f"{address}/_stcore/health", timeout=1)
                break
            except OSError:
                time.sleep(0.1)
