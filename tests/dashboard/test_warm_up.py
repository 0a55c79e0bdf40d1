"""What is loaded after the first page: all that the other pages import, and the other workers."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from benchmarks._reader import Failed, Reader
from benchmarks._servers import wait_for
from dashboard.compute.work import WORKERS
from tests.dashboard.test_imports import loaded
from tests.test_requirements import ROOT

FEW = 128  # open files

PROGRAM = """
import ast, gc, json, pathlib, sys
from dashboard import warm_up

class Pool:
    asked = 0
    def start_all(self):
        self.asked += 1

pool, warm_up.DELAY = Pool(), 0
for _ in range(2):
    warm_up.begin(pool).join()
assert pool.asked == 1
before = set(sys.modules)
assert "plotly.graph_objs" in before and gc.get_freeze_count() > len(before)
for file in pathlib.Path("pages").glob("*.py"):
    page = ast.parse(file.read_text())
    imports = [node for node in page.body if isinstance(node, ast.Import | ast.ImportFrom)]
    exec(compile(ast.Module(imports, []), "imports", "exec"))
print(json.dumps([*set(sys.modules) - before]))
"""


def test_no_page_has_anything_left_to_load():
    assert loaded(PROGRAM) == set()


def test_pandas_is_not_loaded_beside_a_page_at_work():
    """Plotly takes it for loaded where another thread has only begun to: an AttributeError."""
    assert "pandas" not in loaded(EVERYTHING)


EVERYTHING = """
import json, sys
from dashboard import warm_up

class Pool:
    def start_all(self):
        pass

warm_up.DELAY = 0
warm_up.begin(Pool()).join()
print(json.dumps([*sys.modules]))
"""

LIMIT = """
import json, logging, resource
said = []
logging.getLogger("dashboard.warm_up").addFilter(lambda record: said.append(record.getMessage()))
from dashboard import warm_up
_, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard))
warm_up.allow_files()
soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
assert soft == min(hard, warm_up.MOST_FILES), (soft, hard)
resource.setrlimit(resource.RLIMIT_NOFILE, (256, 300))
warm_up.allow_files()
assert resource.getrlimit(resource.RLIMIT_NOFILE) == (300, 300)
print(json.dumps(said[-1:]))
"""


def test_as_many_files_may_be_open_as_the_system_allows():
    (told,) = loaded(LIMIT)
    assert "300 files" in told
    assert "75 readers" in told


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def crowd(address: str, most: int) -> int:
    """Readers come until one is not served, and leave; then one is served again. How many came."""
    readers = [Reader(address)]
    await readers[0].open()
    try:
        while len(readers) < most:
            readers.append(Reader(address, 5))
            await readers[-1].open()
        return most
    except (Failed, OSError, TimeoutError, ConnectionClosed, InvalidHandshake):
        await asyncio.sleep(2.5)  # in which all who are not served ask again
        return len(readers) - 1
    finally:
        for reader in readers:
            await reader.close()
        await asyncio.sleep(1.5)  # after which the server looks again
        again = Reader(address)
        await again.open()
        await again.close()


def test_where_few_files_may_be_open_one_sentence_says_so(tmp_path):
    resource = pytest.importorskip("resource")
    port, log = free_port(), tmp_path / "log"
    command = [sys.executable, "-m", "streamlit", "run", "app.py", f"--server.port={port}"]
    options = ["server.address=127.0.0.1", "server.headless=1", "server.fileWatcherType=none"]
    with (
        log.open("wb") as out,
        subprocess.Popen(
            [*command, *(f"--{option}" for option in options)],
            cwd=ROOT,
            env=os.environ | {WORKERS: "0"},
            stdout=out,
            stderr=out,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (FEW, FEW)),
        ) as server,
    ):
        try:
            wait_for([address := f"http://127.0.0.1:{port}"])
            with ThreadPoolExecutor(1) as other:
                came = other.submit(lambda: asyncio.run(crowd(address, FEW))).result()
        finally:
            server.kill()
    assert FEW // 8 < came < FEW // 2
    said = [line for line in log.read_text().splitlines() if line.strip()]
    assert said[3:] == [
        f"only {FEW} files may be open, enough for some {FEW // 4} readers at once: "
        "raise `ulimit -n`"
    ], said[:12]
