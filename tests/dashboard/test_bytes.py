"""What the server sends to a browser, counted by a reader that speaks Streamlit's own protocol."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

from benchmarks._reader import Reader
from benchmarks._servers import served

REST = 60_000  # bytes of a run without its pictures, generously
STEPS, SEED = "control: steps", "control: seed"


async def sent(reader: Reader, key: str, value: object) -> int:
    before = reader.bytes
    await reader.choose(key, value)
    return reader.bytes - before


async def visit(address: str) -> dict[str, int]:
    reader = Reader(address)
    try:
        await reader.open("particles=500")
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


def test_pictures_that_a_browser_has_are_not_sent_again():
    # in a thread: tests with a browser, run before, leave an event loop at work in this one
    with served("app.py") as server, ThreadPoolExecutor(1) as other:
        found = other.submit(lambda: asyncio.run(visit(server.address))).result()
    assert found["reruns"] == 5
    assert found["messages"] < 100 * found["reruns"]  # each costs the server more than its bytes
    assert found["opened"] > found["back"]
    assert found["back"] < REST
    assert found["same chart"] < min(found["chart"], REST)
