"""What the server sends to a browser, counted by a reader that speaks Streamlit's own protocol."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlencode

from benchmarks._reader import Reader
from benchmarks._servers import served
from diffusion_core import Experiment

REST = 40_000  # bytes of a run without its pictures, generously
MOVE = 60_000  # and of the picture of a move on the line
STEPS, SEED = "control: steps", "control: seed"


async def sent(reader: Reader, key: str, value: object) -> int:
    before = reader.bytes
    await reader.choose(key, value)
    return reader.bytes - before


async def visit(address: str) -> dict[str, int]:
    reader = Reader(address)
    try:
        await reader.open("particles=500", "trajectories")
        found = {"opened": reader.bytes, "moved": await sent(reader, STEPS, ["80"])}
        found["back"] = await sent(reader, STEPS, ["100"])
        before = reader.bytes
        await reader.visit("convergence", "samplers=ode,heun&from=8&to=16")
        found["chart"] = reader.bytes - before
        found["same chart"] = await sent(reader, SEED, 1)  # an exact law has no seed
        found["messages"], found["reruns"] = reader.messages, reader.reruns
        return found
    finally:
        await reader.close()


ALONE = {  # page, widget of one figure, what it is given, and what the link says of that
    "theory": ("control: theory.at", ["t = 6"], "at=75"),
    "budget": ("control: budget.step of 20", [7.0], "step=7"),
    "forward": ("control: forward.beside", ["Cosine"], "beside=cosine"),
}


async def of_one_figure(address: str) -> dict[str, tuple[int, int, str, str]]:
    """By page: messages of a whole run and of the widget's, the address then and a run later."""
    reader, found = Reader(address), {}
    try:
        await reader.open()
        for page, (key, value, _) in ALONE.items():
            before = reader.messages
            await reader.visit(page, urlencode({"e": Experiment(steps=20).to_json()}))
            whole, before = reader.messages - before, reader.messages
            await reader.choose(key, value)
            alone, said = reader.messages - before, reader.query
            await reader.choose("control: large", True)
            found[page] = whole, alone, said, reader.query
        return found
    finally:
        await reader.close()


def test_a_widget_of_one_figure_runs_that_alone_and_the_link_follows():
    with served("app.py") as server, ThreadPoolExecutor(1) as other:
        found = other.submit(lambda: asyncio.run(of_one_figure(server.address))).result()
    for page, (_, _, wanted) in ALONE.items():
        whole, alone, said, later = found[page]
        assert 4 * alone < whole, page
        for address in (said, later):  # with what the whole page wrote before and after
            assert wanted in address.split("&"), page
            assert any(part.startswith("e=") for part in address.split("&")), page
        assert "large=on" in later.split("&"), page


def test_pictures_that_a_browser_has_are_not_sent_again():
    # in a thread: tests with a browser, run before, leave an event loop at work in this one
    with served("app.py") as server, ThreadPoolExecutor(1) as other:
        found = other.submit(lambda: asyncio.run(visit(server.address))).result()
    assert found["reruns"] == 5
    assert found["messages"] < 100 * found["reruns"]  # each costs the server more than its bytes
    assert found["opened"] > found["back"]
    assert found["moved"] < MOVE + REST
    assert found["back"] < REST
    assert found["same chart"] < min(found["chart"], REST)
