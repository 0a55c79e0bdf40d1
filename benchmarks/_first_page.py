"""What opening the first page costs, beside a bare Streamlit app and one with nothing but a title.

    PYTHONPATH=. .venv/bin/python benchmarks/_first_page.py

Cold: a new server and its first reader, from the start of the process until the page is sent.
Warm: one more reader, the mean of ten who come one after the other, once all is loaded. CPU seconds
of the server's process and of its workers, seconds by the clock, and resident MB in the end, which
count what processes share once for each. The apps take turns, so that they meet the same noise.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import tempfile
import time
from dataclasses import astuple, dataclass, replace
from pathlib import Path

from _reader import Reader
from _servers import Server, served

TITLE = "import streamlit as st\n\nst.title('A title')\n"
QUIET, LOOKS = 0.02, 6  # CPU seconds in half a second, and how often in turn
COLUMNS = ("server CPU s", "workers CPU s", "seconds", "server MB", "workers MB")


@dataclass(frozen=True)
class Spent:
    """CPU seconds of the server and of its workers, seconds, and MB of both."""

    server: float
    workers: float
    clock: float
    server_memory: float
    workers_memory: float


async def opened(server: Server) -> None:
    reader = Reader(server.address)
    await reader.open()
    await reader.close()


def spent(server: Server, begun: float) -> Spent:
    own, every = replace(server, children=False).cost(), server.cost()
    memory, workers = own.memory / 1e6, (every.memory - own.memory) / 1e6
    return Spent(own.cpu, every.cpu - own.cpu, time.perf_counter() - begun, memory, workers)


def settle(server: Server) -> None:
    """Until it rests: what is loaded after the first page belongs to neither."""
    quiet, before = 0, server.cost().cpu
    while quiet < LOOKS:
        time.sleep(0.5)
        now = server.cost().cpu
        quiet, before = quiet + 1 if now - before < QUIET else 0, now


def measured(app: str, readers: int) -> tuple[Spent, Spent]:
    """The first page cold and warm."""
    begun = time.perf_counter()
    with tempfile.TemporaryDirectory() as cache, served(app, cache) as server:
        asyncio.run(opened(server))
        cold = spent(server, begun)
        settle(server)
        begun, before = time.perf_counter(), spent(server, 0.0)
        for _ in range(readers):
            asyncio.run(opened(server))
        after = spent(server, begun)
    cpu = [
        (a - b) / readers
        for a, b in ((after.server, before.server), (after.workers, before.workers))
    ]
    return cold, replace(after, server=cpu[0], workers=cpu[1], clock=after.clock / readers)


def show(found: dict[tuple[str, str], list[Spent]]) -> None:
    print(f"{'least, median':14s}", *(f"{name:>16s}" for name in COLUMNS), sep="")
    for (how, name), runs in sorted(found.items()):
        values = zip(*map(astuple, runs), strict=True)
        cells = [(min(v), statistics.median(v)) for v in values]
        texts = [f"{a:8.3f}{b:8.3f}" for a, b in cells[:3]] + [
            f"{a:8.0f}{b:8.0f}" for a, b in cells[3:]
        ]
        print(f"{how} {name:9s}", *texts, sep="")
    for how in ("cold", "warm"):
        for other in ("bare", "title"):
            lab, beside = ([s.server for s in found[how, name]] for name in ("lab", other))
            least, middle = (
                min(lab) / min(beside),
                statistics.median(lab) / statistics.median(beside),
            )
            print(f"{how}: {least:.2f}, {middle:.2f} times the server's CPU of {other}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--readers", type=int, default=10, help="warm ones in each repeat")
    asked = parser.parse_args()
    found: dict[tuple[str, str], list[Spent]] = {}
    with tempfile.TemporaryDirectory() as folder:
        title = Path(folder, "title.py")
        title.write_text(TITLE)
        apps = {"title": str(title), "bare": "benchmarks/_bare_app.py", "lab": "app.py"}
        for _ in range(asked.repeats):
            for name, app in apps.items():
                for how, one in zip(("cold", "warm"), measured(app, asked.readers), strict=True):
                    found.setdefault((how, name), []).append(one)
    show(found)


if __name__ == "__main__":
    main()
