"""The supervisor of ``make serve`` and the configuration that it writes for nginx."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from deploy import serve
from deploy.plan import Plan, Trouble, cores, plan
from deploy.serve import Keeper, nginx_config

NGINX = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:{serve.SYSTEM}")

# says "ok" to one request after the other, until it is asked for /mute: then a page, status 200
APP = """
import http.server, sys
words = [b"ok"]
class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/mute":
            words[0] = b"<!DOCTYPE html>"
        self.send_response(200); self.end_headers(); self.wfile.write(words[0])
    def log_message(self, *_): pass
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Answer).serve_forever()
"""


def test_one_process_a_core_unless_the_environment_says_otherwise():
    assert plan({}) == Plan(8501, "0.0.0.0", cores())
    asked = {"DIFFUSION_LAB_PORT": "80", "DIFFUSION_LAB_PROCESSES": "3"}
    assert plan(asked | {"DIFFUSION_LAB_ADDRESS": "[::]"}) == Plan(80, "[::]", 3)
    assert list(plan(asked).ports) == [81, 82, 83]
    assert plan({"DIFFUSION_LAB_WORKERS": "0"}) == plan({"DIFFUSION_LAB_WORKERS": ""}) == plan({})


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("DIFFUSION_LAB_PORT", "http"),
        ("DIFFUSION_LAB_PORT", "65535"),
        ("DIFFUSION_LAB_PROCESSES", "0"),
        ("DIFFUSION_LAB_PROCESSES", "-1"),
        ("DIFFUSION_LAB_ADDRESS", "all; include /etc/passwd"),
        ("DIFFUSION_LAB_ADDRESS", "300.1.1.1"),
        ("DIFFUSION_LAB_ADDRESS", "::1"),
        ("DIFFUSION_LAB_WORKERS", "many"),
        ("DIFFUSION_LAB_WORKERS", "65"),
    ],
)
def test_what_cannot_be_served_is_named(name, text):
    with pytest.raises(Trouble, match=f"^{name}: .*got {re.escape(repr(text))}"):
        plan({name: text})


def test_each_process_stands_in_for_the_others(tmp_path):
    text = nginx_config(Plan(8000, "127.0.0.1", 3), tmp_path, as_root=False)
    assert "@" not in text
    upstreams = dict(re.findall(r"upstream (\w+) \{(.*?)\}", text, re.DOTALL))
    assert set(upstreams) == {"any", "same", "app0", "app1", "app2"}
    for name, inside in upstreams.items():
        assert set(re.findall(r"127\.0\.0\.1:(\d+)", inside)) == {"8001", "8002", "8003"}
        first = re.findall(r":(\d+) max_fails=1 fail_timeout=5s;", inside)
        assert first == ([f"800{int(name[3:]) + 1}"] if name.startswith("app") else first)
        assert inside.count("backup") == (2 if name.startswith("app") else 0)


def test_a_file_of_the_largest_size_passes_the_proxy(tmp_path):
    text = nginx_config(Plan(8000, "127.0.0.1", 1), tmp_path, as_root=False)
    found = re.search(r"client_max_body_size (\d+);", text)
    assert found is not None
    assert serve.upload_limit() * 1024**2 < int(found[1]) < (serve.upload_limit() + 1) * 1024**2


def test_nginx_writes_into_the_folder_alone(tmp_path):
    text = nginx_config(Plan(8000, "127.0.0.1", 1), tmp_path, as_root=False)
    written = re.findall(r"(?:_path|pid|error_log) (\S+?)[; ]", text)
    assert len(written) == 7
    assert all(where == "stderr" or where.startswith(f"{tmp_path}/") for where in written)


@pytest.mark.skipif(NGINX is None, reason="nginx is not installed: it cannot judge the file")
@pytest.mark.parametrize("processes", [1, 2, 64])
def test_nginx_accepts_the_configuration(tmp_path, processes):
    file = tmp_path / "nginx.conf"
    file.write_text(nginx_config(Plan(18000, "127.0.0.1", processes), tmp_path, os.geteuid() == 0))
    assert NGINX is not None
    command = [NGINX, "-t", "-e", "stderr", "-p", str(tmp_path), "-c", str(file)]
    said = subprocess.run(command, capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stderr
    assert "warn" not in said.stderr


def test_without_nginx_one_sentence_says_what_to_do(tmp_path):
    away = "import sys; from deploy import serve; serve.SYSTEM = ''; sys.exit(serve.main())"
    said = subprocess.run(
        [sys.executable, "-c", away],
        env={"PATH": str(tmp_path), "PYTHONPATH": str(serve.ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (said.returncode, said.stdout, said.stderr) == (1, "", f"{serve.NO_NGINX}\n")


def test_a_port_in_use_is_named():
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = other.getsockname()[1]
        with pytest.raises(Trouble, match=f"^port {taken} is in use"):
            serve._need_free([taken])


@pytest.fixture
def keeper(tmp_path: Path):
    script = tmp_path / "app.py"
    script.write_text(APP)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    kept = Keeper([sys.executable, str(script), str(port)], port, silent=0)
    _until(kept, lambda: kept.ready)
    yield kept
    serve.stop([kept.process])
    assert kept.process.returncode == -signal.SIGTERM


def _until(kept: Keeper, there: Callable[[], bool]) -> None:
    while not there():
        time.sleep(0.01)
        kept.look()


def test_a_killed_process_is_started_again(keeper):
    killed = keeper.process
    os.kill(killed.pid, signal.SIGKILL)
    killed.wait()
    keeper.look()
    assert keeper.process is not killed
    assert not keeper.ready
    _until(keeper, lambda: keeper.ready)


def test_a_process_that_does_not_say_ok_is_started_again(keeper):
    silent = keeper.process
    keeper.look()
    assert keeper.process is silent
    with serve.urllib.request.urlopen(f"http://127.0.0.1:{keeper._port}/mute") as answer:
        assert answer.status == 200
    keeper.look()
    assert silent.returncode is not None
    assert keeper.process is not silent
    _until(keeper, lambda: keeper.ready)
