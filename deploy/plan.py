"""What an operator asks of ``make serve``, read from environment variables: docs/serving.md."""

from __future__ import annotations

import re
import resource
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address

from dashboard.compute.cores import cores as usable

MOST = 64  # processes
WORKERS = "DIFFUSION_LAB_WORKERS"
HERE = ("localhost", "127.0.0.1", "[::1]")  # this machine for itself: health is asked there
_NAME = re.compile(r"(\*\.)?[a-z0-9-]+(\.[a-z0-9-]+)*|\[[0-9a-f:]+\]")
_SITE = re.compile(r"https?://(\*\.)?[a-z0-9-]+(\.[a-z0-9-]+)*(:\d{1,5})?")
NO_SITE = "none"
CONNECTIONS = 8192  # of nginx; a websocket takes two, one to the reader and one to the process


class Trouble(Exception):
    """Why what an operator asks cannot be done, in one sentence."""


@dataclass(frozen=True)
class Plan:
    """port, address: of the proxy; process k of 0, 1, ... listens on 127.0.0.1 at ports[k].

    hosts: the names that it is served under; without any, under every name. frames: the sites that
    may show it in a frame; None: every site. readers: how many one address may have at once.
    """

    port: int
    address: str
    processes: int
    hosts: tuple[str, ...] = ()
    frames: tuple[str, ...] | None = None
    readers: int = 1000

    @property
    def ports(self) -> range:
        return range(self.port + 1, self.port + 1 + self.processes)


def plan(environment: Mapping[str, str]) -> Plan:
    """What the environment asks for; Trouble names what is wrong in it."""
    processes = _whole(environment, "DIFFUSION_LAB_PROCESSES", cores(), 1, MOST)
    port = _whole(environment, "DIFFUSION_LAB_PORT", 8501, 1, 65535 - processes)
    _whole(environment, WORKERS, 1, 0, MOST)
    address = environment.get("DIFFUSION_LAB_ADDRESS") or "0.0.0.0"
    if not _is_address(address):
        raise Trouble(f"DIFFUSION_LAB_ADDRESS: such as 127.0.0.1 or [::], got {address[:40]!r}.")
    hosts = _listed(environment, "DIFFUSION_LAB_HOSTS", _NAME, "lab.example.edu or *.example.edu")
    sites = "https://moodle.example.edu, or none"
    frames = _listed(environment, "DIFFUSION_LAB_FRAMES", _SITE, sites, NO_SITE)
    readers = _whole(environment, "DIFFUSION_LAB_READERS", Plan.readers, 1, CONNECTIONS // 2)
    may = None if not frames else tuple(site for site in frames if site != NO_SITE)
    return Plan(port, address, processes, hosts, may, readers)


def _is_address(text: str) -> bool:
    """As nginx takes it: an IPv6 one in brackets."""
    inside = re.fullmatch(r"\[([0-9a-fA-F:]+)\]", text)
    try:
        return ip_address(inside[1] if inside else text).version == (6 if inside else 4)
    except ValueError:
        return False


def cores() -> int:
    """Those that this program may use, as far as there may be processes."""
    return min(usable(), MOST)


def files() -> int:
    """How many files and connections a process of this user may have open, as far as they help."""
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    wanted = 2 * CONNECTIONS
    return wanted if most == resource.RLIM_INFINITY else min(most, wanted)


def _whole(environment: Mapping[str, str], name: str, default: int, least: int, most: int) -> int:
    text = environment.get(name) or str(default)
    if not (text.isascii() and text.isdigit() and least <= int(text[:6]) <= most):
        raise Trouble(f"{name}: a whole number from {least} to {most}, got {text[:40]!r}.")
    return int(text)


def _listed(
    environment: Mapping[str, str], name: str, kind: re.Pattern[str], such: str, alone: str = ""
) -> tuple[str, ...]:
    """Words separated by commas or blanks, each of its kind; ``alone`` stands for itself."""
    words = tuple(environment.get(name, "").lower().replace(",", " ").split())
    for word in words:
        if not (kind.fullmatch(word) or (word == alone and len(words) == 1)):
            raise Trouble(f"{name}: such as {such}, got {word[:60]!r}.")
    return words
