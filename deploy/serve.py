"""The dashboard for a class: as many app processes as there are cores, behind nginx.

``python -m deploy.serve`` runs until SIGINT or SIGTERM. A process that ends, or whose health is not
"ok" for a minute, is started again; nginx sends its readers to another one meanwhile, where their
link restores them. All that is written goes into a temporary directory, and nothing needs root.

==========================  =====================================================
DIFFUSION_LAB_PORT          where the dashboard is served: 8501
DIFFUSION_LAB_ADDRESS       on which address: 0.0.0.0, that is all of this machine
DIFFUSION_LAB_PROCESSES     how many app processes: one a core; they listen on
                            127.0.0.1, at the ports that follow the dashboard's
DIFFUSION_LAB_HOSTS         the names that it is served under: all
DIFFUSION_LAB_FRAMES        the sites that may show it in a frame: all
DIFFUSION_LAB_READERS       how many readers one address may have at once: 1000
DIFFUSION_LAB_WORKERS       workers of each process for long computations: its
                            share of the cores, at least 1
==========================  =====================================================
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import tomllib
import urllib.error
import urllib.request
from collections.abc import Iterable, Sequence
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

from dashboard import inline_scripts
from deploy.plan import CONNECTIONS, HERE, WORKERS, Plan, Trouble, cores, files, plan

ROOT = Path(__file__).resolve().parents[1]
TEMPLATE = Path(__file__).with_name("nginx.conf")
SILENT = 60.0  # seconds without "ok" that even a process with much to do never needs
START = 180.0  # seconds that imports may take on a busy machine
PAUSE = 1.0  # seconds between two looks at the processes, and before one is started again
GRACE = 10.0  # seconds to end in
ENVELOPE = 64 * 1024  # bytes around an uploaded file
SYSTEM = "/usr/sbin:/usr/local/sbin:/usr/local/bin:/opt/homebrew/bin"
NO_NGINX = (
    "make serve needs nginx: install it (Debian: apt-get install nginx; macOS: brew install "
    "nginx), or use make run, which serves with one process."
)
POLICY = (
    "default-src 'none'",
    "script-src 'self' blob: 'wasm-unsafe-eval' {scripts}",
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data: blob:",
    "font-src 'self' data:",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
)
UNUSED = (
    *("accelerometer", "camera", "display-capture", "geolocation", "gyroscope"),
    *("hid", "magnetometer", "microphone", "midi", "payment", "serial", "usb"),
)
"""Abilities of a browser that no page asks for."""
STRANGERS = """
    server {{
        listen {listen} default_server;
        default_type text/plain;
        return 421 "This server has no site of that name.\\n";
    }}
"""


def nginx_config(plan: Plan, folder: Path, as_root: bool) -> str:
    """The proxy's configuration; ``folder`` takes all that nginx writes."""
    names, servers = [f"app{k}" for k in range(plan.processes)], _servers(plan.ports)
    alike = "hash $remote_addr$http_user_agent consistent;"
    upstreams = [_upstream("any", servers), _upstream("same", [alike, *servers])]
    for k, name in enumerate(names):
        others = [f"{server} backup" for server in servers if server != servers[k]]
        upstreams.append(_upstream(name, [servers[k], *others]))
    listen = f"{plan.address}:{plan.port}"
    parts = {
        "USER": "user root;" if as_root else "",
        "FOLDER": str(folder),
        "NAMES": _lines(
            f'"~:{port}$" {name};' for name, port in zip(names, plan.ports, strict=True)
        ),
        "CHOICES": _lines(f"{name} {name};" for name in names),
        "UPSTREAMS": "\n".join(upstreams),
        "BODY": str(upload_limit() * 1024**2 + ENVELOPE),
        "LISTEN": listen,
        "HOSTS": " ".join([*HERE, *plan.hosts]) if plan.hosts else "_",
        "STRANGERS": STRANGERS.format(listen=listen) if plan.hosts else "",
        "READERS": str(plan.readers),
        "FILES": str(files()),
        "CONNECTIONS": str(min(CONNECTIONS, files() // 2)),
        "POLICY": policy() + _frames(plan),
        "FRAMES": _frames(plan),
        "PERMISSIONS": ", ".join(f"{name}=()" for name in UNUSED),
        "STATIC": str(static_files()),
    }
    return re.sub("@([A-Z]+)@", lambda found: parts[found[1]], TEMPLATE.read_text("utf-8"))


def _servers(ports: Sequence[int]) -> list[str]:
    return [f"server 127.0.0.1:{port} max_fails=1 fail_timeout=5s" for port in ports]


def _upstream(name: str, lines: Sequence[str]) -> str:
    inside = _lines(line if line.endswith(";") else f"{line};" for line in lines)
    return f"    upstream {name} {{\n{inside}\n    }}"


def _lines(lines: Iterable[str]) -> str:
    return "\n".join(f"        {line}" for line in lines)


def policy() -> str:
    """What a page may load and run, as a Content-Security-Policy: nothing from elsewhere.

    Scripts of a page itself are named by their digests; components come as blob: addresses.
    """
    index = static_files().with_name("index.html").read_text("utf-8")
    inline = [*re.findall(r"<script>(.*?)</script>", index, re.DOTALL), *inline_scripts.ALL]
    scripts = " ".join(map(inline_scripts.digest, inline))
    return "; ".join(rule.format(scripts=scripts) for rule in POLICY)


def _frames(plan: Plan) -> str:
    """Which sites may show it in a frame, as the end of a policy; nothing where all may."""
    return "" if plan.frames is None else " ".join(["; frame-ancestors 'self'", *plan.frames])


def upload_limit() -> int:
    """Megabytes of one file, as the dashboard has it."""
    settings = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text("utf-8"))
    return int(settings["server"]["maxUploadSize"])


def static_files() -> Path:
    """Streamlit's own scripts and fonts, which the proxy sends itself."""
    found = find_spec("streamlit")
    assert found is not None
    assert found.origin is not None
    return Path(found.origin).with_name("static") / "static"


def app_command(port: int) -> list[str]:
    options = {
        "server.address": "127.0.0.1",
        "server.port": str(port),
        "server.headless": "true",
        "server.fileWatcherType": "none",
        "browser.gatherUsageStats": "false",
    }
    script = [sys.executable, "-m", "streamlit", "run", str(ROOT / "app.py")]
    return [*script, *(f"--{name}={value}" for name, value in options.items())]


def healthy(port: int) -> bool:
    """Whether the process there says "ok": an unknown address gets a page and status 200, too."""
    try:
        address = f"http://127.0.0.1:{port}/_stcore/health"
        with urllib.request.urlopen(address, timeout=SILENT / 4) as answer:
            return bool(answer.read() == b"ok")
    except (urllib.error.URLError, OSError):
        return False


class Keeper:
    """Keeps one app process running at its port; ``look`` is called again and again.

    silent: seconds without "ok" after which it is taken for dead, once it has said it.
    """

    def __init__(self, command: Sequence[str], port: int, silent: float = SILENT) -> None:
        self._command, self._port, self._silent = command, port, silent
        self._start()

    def _start(self) -> None:
        self.process = subprocess.Popen(self._command, cwd=ROOT, start_new_session=True)
        self.ready = False
        self._last = time.monotonic()

    def look(self) -> None:
        """Start the process again where it has ended or is silent."""
        if self.process.poll() is not None:
            say(f"the process at port {self._port} has ended; it is started again.")
            self._start()
        elif healthy(self._port):
            self.ready, self._last = True, time.monotonic()
        elif time.monotonic() - self._last > (self._silent if self.ready else START):
            say(f"the process at port {self._port} does not answer; it is started again.")
            stop([self.process], grace=0)
            self._start()


def stop(processes: Sequence[subprocess.Popen[bytes]], grace: float = GRACE) -> None:
    """End them with all that they have started."""
    for sign in (signal.SIGTERM, signal.SIGKILL):
        for process in processes:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, sign)
        if sign is signal.SIGTERM:
            end = time.monotonic() + grace
            for process in processes:
                with suppress(subprocess.TimeoutExpired):
                    process.wait(max(0.0, end - time.monotonic()))
    for process in processes:
        process.wait()


def say(what: str) -> None:
    print(f"serve: {what}", file=sys.stderr, flush=True)


def serve(plan: Plan, nginx: str, stopped: threading.Event) -> None:
    """Until ``stopped``; Trouble where the proxy ends or a port is taken."""
    _need_free([plan.port, *plan.ports])
    share = max(1, cores() // plan.processes)
    os.environ.setdefault(WORKERS, str(share))
    with tempfile.TemporaryDirectory(prefix="diffusion-lab-") as name:
        file = Path(name) / "nginx.conf"
        file.write_text(nginx_config(plan, Path(name), os.geteuid() == 0), "utf-8")
        keepers = [Keeper(app_command(port), port) for port in plan.ports]
        proxy: subprocess.Popen[bytes] | None = None
        try:
            while not stopped.wait(PAUSE):
                for keeper in keepers:
                    keeper.look()
                if proxy is None and any(keeper.ready for keeper in keepers):
                    proxy = _proxy(nginx, file)
                    say(f"http://localhost:{plan.port}, by {plan.processes} processes.")
                elif proxy is not None and proxy.poll() is not None:
                    raise Trouble("nginx has ended; what it said is above.")
        finally:
            running = [*([proxy] if proxy else []), *(keeper.process for keeper in keepers)]
            stop(running)


def _proxy(nginx: str, file: Path) -> subprocess.Popen[bytes]:
    command = [nginx, "-e", "stderr", "-p", str(file.parent), "-c", str(file)]
    return subprocess.Popen(command, start_new_session=True)


def _need_free(ports: Sequence[int]) -> None:
    for port in ports:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                raise Trouble(
                    f"port {port} is in use: DIFFUSION_LAB_PORT names another, "
                    "behind which a port for each process has to be free, too."
                )


def main() -> int:
    stopped = threading.Event()
    for sign in (signal.SIGINT, signal.SIGTERM):
        signal.signal(sign, lambda *_: stopped.set())
    try:
        nginx = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:{SYSTEM}")
        if nginx is None:
            raise Trouble(NO_NGINX)
        serve(plan(os.environ), nginx, stopped)
    except Trouble as trouble:
        print(trouble, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
