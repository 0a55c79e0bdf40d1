"""What nginx lets through of what strangers send, and what it says with every answer."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from deploy import serve
from deploy.plan import Plan, Trouble, plan
from deploy.serve import nginx_config

NGINX = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:{serve.SYSTEM}")
LIMIT = 30.0  # seconds, after which what is waited for will not come
WEBSOCKET = {"Connection": "Upgrade", "Upgrade": "websocket"}
SECRET = b"from the process"
TOKEN = "_streamlit_xsrf=2|a|b|1"
HEADERS = {
    "content-security-policy",
    "x-content-type-options",
    "referrer-policy",
    "permissions-policy",
}

pytestmark = pytest.mark.skipif(NGINX is None, reason="nginx is not installed: make serve needs it")


class Process(BaseHTTPRequestHandler):
    """Stands for an app process: takes what it is sent, and keeps a websocket open."""

    protocol_version = "HTTP/1.1"
    ended = threading.Event()

    def _answer(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.headers.get("Upgrade"):
            self.send_response(101)
            self.send_header("Connection", "Upgrade")
            self.send_header("Upgrade", "websocket")
            self.end_headers()
            self.ended.wait()
            return
        self.send_response(200)
        self.send_header("Set-Cookie", f"{TOKEN}; Path=/; SameSite=Lax")  # as Streamlit has it
        self.send_header("Content-Length", str(len(SECRET)))
        self.end_headers()
        self.wfile.write(SECRET)

    do_GET = do_PUT = do_POST = _answer

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def upstream() -> Iterator[int]:
    Process.ended.clear()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Process)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever).start()
    yield server.server_port
    Process.ended.set()
    server.shutdown()
    server.server_close()


Start = Callable[..., int]


@pytest.fixture
def start(upstream: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    """start(**asked) -> the port of nginx before the process, with these parts of a plan."""
    running: list[subprocess.Popen[bytes]] = []
    monkeypatch.setattr(Plan, "ports", range(upstream, upstream + 1))

    def begin(change: Callable[[str], str] = str, **asked: object) -> int:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = int(probe.getsockname()[1])
        planned = Plan(port, "127.0.0.1", 1, **asked)  # type: ignore[arg-type]
        text = nginx_config(planned, tmp_path, os.geteuid() == 0)
        (tmp_path / "nginx.conf").write_text(change(text))
        assert NGINX is not None
        running.append(serve._proxy(NGINX, tmp_path / "nginx.conf"))
        deadline = time.monotonic() + LIMIT
        while not _listens(port):
            assert time.monotonic() < deadline
            time.sleep(0.01)
        return port

    yield begin
    serve.stop(running)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def opened(port: int, path: str = "/", method: str = "GET", **headers: str) -> socket.socket:
    """A connection with this request, its path sent as it is spelled."""
    asked = {"Host": f"127.0.0.1:{port}"} | {n.replace("_", "-"): v for n, v in headers.items()}
    lines = [f"{method} {path} HTTP/1.1", *(f"{n}: {v}" for n, v in asked.items() if v)]
    link = socket.create_connection(("127.0.0.1", port), timeout=LIMIT)
    link.sendall("\r\n".join([*lines, "", ""]).encode())
    return link


def received(link: socket.socket) -> tuple[list[str], bytes]:
    """The lines of the head of an answer, and what has come of its body."""
    got = b""
    while b"\r\n\r\n" not in got and (more := link.recv(65536)):
        got += more
    head, _, body = got.partition(b"\r\n\r\n")
    return head.decode().split("\r\n"), body


def answer(link: socket.socket) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and what there is of the body; status 0 where nothing came."""
    (first, *lines), body = received(link)
    headers = {n.lower(): v for n, _, v in (line.partition(": ") for line in lines)}
    missing = int(headers.get("content-length", 0)) - len(body)
    while missing > 0 and (more := link.recv(missing)):
        body, missing = body + more, missing - len(more)
    return int(first.split()[1]) if first else 0, headers, body


def status(port: int, path: str = "/", method: str = "GET", **headers: str) -> int:
    with opened(port, path, method, **headers) as link:
        return answer(link)[0]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/", 200),
        ("/trajectories", 200),
        ("/media/picture.svg", 200),
        ("/static/unheard-of.js", 404),
        ("/_stcore/metrics", 404),
        ("/" + "x" * 9000, 414),
        ("bad", 400),
    ],
)
def test_every_answer_says_what_the_browser_may_do(start: Start, path: str, expected: int) -> None:
    port = start()
    with opened(port, path) as link:
        found, headers, _ = answer(link)
    assert found == expected
    assert headers.keys() >= HEADERS
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    policy = headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; ")
    scripts = re.search("script-src ([^;]*)", policy)
    assert scripts is None or set(re.sub("'sha256-[^']*'", "", scripts[1]).split()) == {
        "'self'",
        "blob:",
        "'wasm-unsafe-eval'",
    }
    assert policy.endswith("; sandbox") == path.startswith("/media")
    assert "nginx/" not in headers["server"]


@pytest.mark.parametrize(
    ("before", "scope"),
    [({}, "SameSite=Lax"), ({"X-Forwarded-Proto": "https"}, "SameSite=None; Secure; Partitioned")],
)
def test_cookies_are_for_https_alone_where_that_is_in_front(
    start: Start, before: dict[str, str], scope: str
) -> None:
    with opened(start(), "/", **before) as link:
        lines = received(link)[0]
    cookies = [line.partition(": ")[2] for line in lines if line.lower().startswith("set-cookie")]
    assert cookies == [f"lab_process=app0; Path=/; HttpOnly; {scope}", f"{TOKEN}; Path=/; {scope}"]


def test_scripts_are_kept_and_pages_are_not(start: Start) -> None:
    port, name = start(), next((serve.static_files() / "js").glob("*.js")).name
    for path, expected in ((f"/static/js/{name}", True), ("/", False), ("/static/no.js", False)):
        with opened(port, path) as link:
            assert ("immutable" in answer(link)[1].get("cache-control", "")) == expected, path


@pytest.mark.parametrize(
    "path",
    [
        "/_stcore/metrics",
        "/_stcore/metrics?",
        "/_stcore/metrics/",
        "//_stcore//metrics",
        "/_stcore/./metrics",
        "/x/../_stcore/metrics",
        "/_stcore/health/../metrics",
        "/media/%2e%2e/_stcore/metrics",
        "/_stcore/upload_file/..%2fmetrics",
        "/static/..%2f_stcore/metrics",
        "/%5fstcore/%6detrics",
        "/_stcore%2fmetrics",
        "/theory/_stcore/metrics",
        "/_stcore/agent/openapi.json",
        "/_stcore/agent/interact",
        "/_stcore/script-health-check",
    ],
)
def test_metrics_and_what_no_page_needs_stay_on_the_machine(start: Start, path: str) -> None:
    with opened(start(), path) as link:
        found, _, body = answer(link)
    assert found == 404
    assert SECRET not in body


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/static/../index.html", (200, SECRET)),  # the process is asked for /index.html
        ("/static/%2e%2e/%2e%2e/version.py", (400, None)),
        ("/static/..%5cindex.html", (404, None)),
        ("/static/js/", (403, None)),
    ],
)
def test_nothing_beside_the_static_files_is_sent(
    start: Start, path: str, expected: tuple[int, bytes | None]
) -> None:
    with opened(start(), path) as link:
        found, _, body = answer(link)
    assert (found, body if body == SECRET else None) == expected


@pytest.mark.parametrize(
    ("hosts", "host", "expected"),
    [
        ((), "anything.example", 200),
        (("lab.example.edu", "*.example.org"), "lab.example.edu", 200),
        (("lab.example.edu", "*.example.org"), "LAB.example.edu:8501", 200),
        (("lab.example.edu", "*.example.org"), "a.example.org", 200),
        (("lab.example.edu",), "localhost:8501", 200),
        (("lab.example.edu",), "[::1]:8501", 200),
        (("lab.example.edu",), "example.edu", 421),
        (("lab.example.edu",), "lab.example.edu.elsewhere.example", 421),
        (("lab.example.edu",), "10.1.2.3", 421),
    ],
)
def test_another_name_is_refused_where_names_are_given(
    start: Start, hosts: tuple[str, ...], host: str, expected: int
) -> None:
    with opened(start(hosts=hosts), Host=host) as link:
        found, headers, body = answer(link)
    assert found == expected
    assert headers.keys() >= HEADERS
    assert body == (SECRET if expected == 200 else b"This server has no site of that name.\n")


@pytest.mark.parametrize("path", ["/_stcore/stream", "/_stcore/upload_file/session/file"])
@pytest.mark.parametrize(
    ("origin", "own"),
    [
        ("", True),  # not a browser
        ("http://lab.example.edu:8501", True),
        ("https://LAB.example.edu:8501", True),
        ("https://lab.example.edu", False),
        ("https://elsewhere.example", False),
        ("http://lab.example.edu:8501.elsewhere.example", False),
        ("http://elsewhere.example http://lab.example.edu:8501", False),
        ("null", False),
    ],
)
def test_another_sites_page_opens_no_session_and_sends_no_file(
    start: Start, path: str, origin: str, own: bool
) -> None:
    port, stream = start(), path.endswith("stream")
    sent = {"Host": "lab.example.edu:8501", "Origin": origin} | (WEBSOCKET if stream else {})
    found = status(port, path, "GET" if stream else "PUT", **sent)
    assert found == ((101 if stream else 200) if own else 403)


@pytest.mark.parametrize(
    ("path", "size", "expected"),
    [
        ("/_stcore/upload_file/session/file", 5 * 1024**2, 200),
        ("/_stcore/upload_file/session/file", 6 * 1024**2, 413),
        ("/", 2000, 413),
        ("/_stcore/health", 2000, 413),
        ("/media/file", 2000, 413),
    ],
)
def test_only_a_file_has_a_body(start: Start, path: str, size: int, expected: int) -> None:
    with opened(start(), path, "PUT", Content_Length=str(size)) as link:
        if expected == 200:
            link.sendall(bytes(size))
        assert answer(link)[0] == expected


def test_who_sends_slowly_is_let_go(start: Start) -> None:
    def hurried(text: str) -> str:
        assert text.count("client_header_timeout 15s") == 1
        return text.replace("client_header_timeout 15s", "client_header_timeout 1s")

    port = start(hurried)
    with socket.create_connection(("127.0.0.1", port), timeout=LIMIT) as link:
        link.sendall(b"GET / HTTP/1.1\r\nHost: a\r\nX-Slow: ")
        try:
            left = link.recv(1000)
        except ConnectionResetError:
            left = b""
    assert left == b"" or b" 408 " in left


def test_one_address_has_only_so_many_readers_and_others_still_come(start: Start) -> None:
    port = start(readers=3)
    links = [opened(port, "/_stcore/stream", **WEBSOCKET) for _ in range(3)]
    assert [answer(link)[0] for link in links] == [101] * 3
    assert status(port, "/_stcore/stream", **WEBSOCKET) == 429
    assert status(port, "/") == 200
    behind = {"X-Forwarded-For": "192.0.2.7"}  # as a proxy on this machine says it
    assert status(port, "/_stcore/stream", **WEBSOCKET, **behind) == 101
    for link in links:
        link.close()


@pytest.mark.parametrize(
    ("frames", "said"),
    [
        ("", None),
        ("none", "'self'"),
        ("https://a.example, https://*.b.example:8443", "'self' https://a.example https://*.b"),
    ],
)
def test_the_sites_that_may_frame_it(start: Start, frames: str, said: str | None) -> None:
    port = start(frames=plan({"DIFFUSION_LAB_FRAMES": frames}).frames)
    for path in ("/", "/media/a.svg"):
        with opened(port, path) as link:
            policy = answer(link)[1]["content-security-policy"]
        found = re.search("; frame-ancestors (.*)$", policy)
        assert (found is not None) == (said is not None)
        assert found is None or found[1].startswith(str(said))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("DIFFUSION_LAB_HOSTS", "https://lab.example.edu"),
        ("DIFFUSION_LAB_HOSTS", "a;}"),
        ("DIFFUSION_LAB_HOSTS", "$host"),
        ("DIFFUSION_LAB_HOSTS", "~."),
        ("DIFFUSION_LAB_FRAMES", "moodle.example.edu"),
        ("DIFFUSION_LAB_FRAMES", "https://a.example/path"),
        ("DIFFUSION_LAB_FRAMES", 'https://a.example";'),
        ("DIFFUSION_LAB_READERS", "0"),
        ("DIFFUSION_LAB_READERS", "many"),
    ],
)
def test_names_that_cannot_be_are_refused(name: str, text: str) -> None:
    with pytest.raises(Trouble, match=f"^{name}: .*got {re.escape(repr(text))}"):
        plan({name: text})
