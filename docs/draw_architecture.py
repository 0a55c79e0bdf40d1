"""Draws docs/architecture.svg from the imports in the code: ``python docs/draw_architecture.py``.

A room is a folder of ``dashboard`` or ``diffusion_core``, or a module that stands in it alone; each
page's own folder in ``dashboard/topics`` is a room.
A room stands above every room that it imports from.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from xml.sax.saxutils import escape

ROOT = Path(__file__).resolve().parents[1]
PICTURE = Path(__file__).with_name("architecture.svg")
PAGES = "app.py, pages"
HOUSES = {"dashboard": "dashboard: Streamlit", "diffusion_core": "diffusion_core: numpy and scipy"}
FRONT = {"__init__", "__main__"}  # what a package shows of all its rooms
Graph = dict[str, set[str]]

WIDTH, BOX, HEIGHT, GAP, LEVEL, MARGIN = 860, 124, 28, 26, 58, 30


def room(parts: tuple[str, ...]) -> str | None:
    """The room of a module, by the parts of its name; None for another library's."""
    house = parts[0]
    if house in ("app", "pages"):
        return PAGES
    if house not in HOUSES:
        return None
    within = parts[1] if len(parts) > 1 else "__init__"
    if not ((ROOT / house / within).is_dir() or (ROOT / house / f"{within}.py").exists()):
        within = "__init__"  # a name that the package shows itself
    if within == "topics" and len(parts) > 2:
        return f"dashboard/topics/{parts[2]}"
    return f"{house}/{'front' if within in FRONT else within}"


def modules() -> Iterator[Path]:
    yield ROOT / "app.py"
    for folder in ("pages", *HOUSES):
        yield from sorted((ROOT / folder).rglob("*.py"))


def imported(module: Path) -> Iterator[tuple[str, ...]]:
    """The names that a module imports, each split at its points."""
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (tuple(alias.name.split(".")) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from ((*str(node.module).split("."), alias.name) for alias in node.names)


def graph() -> Graph:
    """Every room, with the rooms that it imports from."""
    found: Graph = {}
    for module in modules():
        here = room(module.relative_to(ROOT).with_suffix("").parts)
        assert here is not None
        there = found.setdefault(here, set())
        for name in imported(module):
            used = room(name)
            if used is not None and used != here:
                there.add(used)
    return found


def reach(rooms: Mapping[str, Iterable[str]], start: str) -> set[str]:
    """All that a room imports from, directly or not."""
    seen: set[str] = set()
    left = [start]
    while left:
        new = set(rooms.get(left.pop(), ())) - seen
        seen |= new
        left += new
    return seen


def circles(rooms: Mapping[str, Iterable[str]]) -> set[frozenset[str]]:
    """Sets of rooms that import from each other in a circle."""
    below = {name: reach(rooms, name) for name in rooms}
    return {
        frozenset({a, *(b for b in below[a] if a in below.get(b, ()))})
        for a in rooms
        if a in below[a]
    }


def merged(rooms: Graph) -> Graph:
    """The graph to draw: the topics are one room, and what a package shows itself is left out."""

    def drawn(name: str) -> str:
        return "dashboard/topics" if name.startswith("dashboard/topics/") else name

    out: Graph = {}
    for name, there in rooms.items():
        if not name.endswith("/front"):
            out.setdefault(drawn(name), set()).update(
                drawn(r) for r in there if not r.endswith("/front") and drawn(r) != drawn(name)
            )
    return out


def levels(rooms: Graph) -> dict[str, int]:
    """0 for rooms that import from no other; a room is one above the highest that it uses."""
    height: dict[str, int] = {}

    def of(name: str, path: tuple[str, ...]) -> int:
        if name not in height:
            under = [of(r, (*path, name)) for r in rooms[name] if r not in path and r != name]
            height[name] = 1 + max(under, default=-1)
        return height[name]

    for name in sorted(rooms):
        of(name, ())
    return height


def essential(rooms: Graph) -> Iterator[tuple[str, str]]:
    """The arrows that say something: none that follows from two others."""
    for a in sorted(rooms):
        for b in sorted(rooms[a]):
            if not any(b in reach(rooms, c) for c in rooms[a] - {b}):
                yield a, b


def places(rooms: Graph) -> dict[str, tuple[float, float]]:
    """The middle of every room's box: pages on top, the dashboard's rooms, then the core's."""
    found: dict[str, tuple[float, float]] = {}
    y = MARGIN + HEIGHT
    for house in ("app", *HOUSES):
        own = {n: t for n, t in rooms.items() if n.split("/")[0].startswith(house)}
        inner = {n: {r for r in t if r in own} for n, t in own.items()}
        height = levels(inner)
        for level in range(max(height.values()), -1, -1):
            row = sorted(n for n in own if height[n] == level)
            left = WIDTH / 2 - (len(row) - 1) * (BOX + GAP) / 2
            for i, name in enumerate(row):
                found[name] = (left + i * (BOX + GAP), y)
            y += LEVEL
        y += MARGIN
    return found


def _arrow(x0: float, y0: float, x1: float, y1: float, turn: int) -> str:
    """A path from the lower edge of one box to the upper edge of another; long ones go around."""
    begin, end = y0 + HEIGHT / 2, y1 - HEIGHT / 2 - 2
    if y1 - y0 < 1.6 * LEVEL:
        middle = (begin + end) / 2
        return f"M{x0:g} {begin:g}C{x0:g} {middle:g} {x1:g} {middle:g} {x1:g} {end:g}"
    beyond = x0 + x1 - WIDTH
    side = 1 if beyond > 0 or (beyond == 0 and turn % 2) else -1
    bow = WIDTH / 2 + side * min(150 + 0.32 * (y1 - y0) + 9 * (turn % 5), WIDTH * 0.62)
    return f"M{x0:g} {begin:g}C{bow:g} {begin + 30:g} {bow:g} {end - 30:g} {x1:g} {end:g}"


def svg() -> str:
    """The picture as text, the same for the same imports."""
    rooms = merged(graph())
    at = places(rooms)
    bottom = max(y for _, y in at.values()) + HEIGHT + MARGIN
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {bottom:g}" '
        'font-family="system-ui, sans-serif" font-size="13" text-anchor="middle">',
        "<title>The rooms of the Diffusion Convergence Lab and what they import from</title>",
        f'<rect width="{WIDTH}" height="{bottom:g}" fill="#ffffff"/>',
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" '
        'markerHeight="7" orient="auto"><path d="M0 1L7 4L0 7" fill="none" stroke="#68727d"/>'
        "</marker></defs>",
    ]
    for house, title in HOUSES.items():
        ys = [y for name, (_, y) in at.items() if name.startswith(f"{house}/")]
        top, low = min(ys) - HEIGHT - 12, max(ys) + HEIGHT
        lines.append(
            f'<rect x="8" y="{top:g}" width="{WIDTH - 16}" height="{low - top:g}" rx="8" '
            f'fill="#f4f7fa" stroke="#dde3e9"/>'
            f'<text x="20" y="{top + 18:g}" text-anchor="start" fill="#3c4650">{title}</text>'
        )
    for i, (a, b) in enumerate(essential(rooms)):
        lines.append(
            f'<path d="{_arrow(*at[a], *at[b], i)}" fill="none" stroke="#68727d" '
            'marker-end="url(#tip)"/>'
        )
    for name, (x, y) in at.items():
        lines.append(
            f'<rect x="{x - BOX / 2:g}" y="{y - HEIGHT / 2:g}" width="{BOX}" height="{HEIGHT}" '
            'rx="5" fill="#ffffff" stroke="#0072b2"/>'
            f'<text x="{x:g}" y="{y + 4:g}" fill="#080d12">{escape(name.split("/")[-1])}</text>'
        )
    return "\n".join([*lines, "</svg>", ""])


if __name__ == "__main__":
    PICTURE.write_text(svg(), encoding="utf-8")
