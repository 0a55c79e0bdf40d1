"""What a class does to the server, by readers that speak Streamlit's own protocol.

Everybody opens a link, moves T, changes the sampler, opens "Distance against T" on a target,
answers a question of a lesson, and waits for exact numbers in the plane: one activity after the
other, as a lecturer would say, with 3 to 8 s of thought before each choice. In the project's
folder:

    PYTHONPATH=. .venv/bin/python benchmarks/_class.py 1 10 30 100         # a link for each reader
    PYTHONPATH=. .venv/bin/python benchmarks/_class.py 1 10 30 100 --same  # one link for all
    PYTHONPATH=. .venv/bin/python benchmarks/_class.py 100 --bare          # a bare app, for scale
    PYTHONPATH=. .venv/bin/python benchmarks/_class.py 30 --minutes 60     # memory over an hour

Without --address it starts a server for each number of readers, with nothing on disk. With one
(a proxy before several processes), --pid names the processes whose CPU time and memory count.

A choice is answered when all of its reruns have ended and the page has no button "Stop", which it
shows while it computes. What is sent before (the app's own files, over HTTP) and drawn after (in
the browser) is not in it; the readers share the machine with the server.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import random
import statistics
import time
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from urllib.parse import urlencode

from _reader import PATIENCE, Failed, Reader
from _servers import Server, served
from websockets.exceptions import WebSocketException

from diffusion_core import Experiment
from diffusion_core.targets import GaussianMixture

PAGE = "trajectories"
THINK = 3.0, 8.0  # seconds
MOST_STEPS = 400  # the largest T that somebody moves to
MB = 1e6


@dataclass
class Student:
    """A reader with a link, and what they have waited for in the present activity."""

    reader: Reader
    choose: random.Random
    same: bool
    waited: list[float] = field(default_factory=list)
    failure: str = ""

    def link(self, dim: int = 1, steps: int = 100) -> str:
        """A target of three Gaussians: one's own, or everyone's."""
        c = random.Random(0) if self.same else self.choose
        means = tuple(
            tuple(round(m + c.uniform(-0.3, 0.3), 3) for _ in range(dim)) for m in (-1.5, 0, 1.5)
        )
        variance = round(c.uniform(0.05, 0.15), 3)
        one = tuple(tuple(variance * (i == j) for j in range(dim)) for i in range(dim))
        target = GaussianMixture((0.3, 0.4, 0.3), means, (one,) * 3)
        return urlencode({"e": Experiment(target=target, steps=steps).to_json()})

    async def think(self) -> None:
        await asyncio.sleep(self.choose.uniform(*THINK))


async def move(student: Student) -> None:
    """T, by the slider."""
    reader, name = student.reader, "control: steps"
    other = [o for o in reader.options(name) if [o] != reader.value(name)]
    small = [o for o in other if 8 <= int(o.replace(",", "")) <= MOST_STEPS]
    student.waited.append(await reader.choose(name, [student.choose.choice(small)]))


async def change_sampler(student: Student) -> None:
    reader, name = student.reader, "control: sampler"
    other = [o for o in reader.options(name) if o != reader.value(name)]
    student.waited.append(await reader.choose(name, student.choose.choice(other)))


async def sweep(student: Student) -> None:
    """The default sweep of one's own target."""
    student.waited.append(await student.reader.visit("convergence"))


async def lesson(student: Student) -> None:
    """Read, guess a number, and see it measured."""
    reader = student.reader
    await reader.visit("lessons", "lesson=rates")
    await student.think()
    await reader.press("Next")
    await student.think()
    await reader.choose("control: lessons.rates.double", round(student.choose.uniform(1, 4), 1))
    student.waited.append(await reader.press("Commit and measure"))


async def plane(student: Student) -> None:
    """Exact numbers in the plane, asked for where they do not come by themselves."""
    reader = student.reader
    seconds = await reader.visit(PAGE, student.link(dim=2, steps=64))
    if reader.shows_button("Compute the exact distances"):
        seconds += await reader.press("Compute the exact distances")
    student.waited.append(seconds)


async def first_page(student: Student) -> None:
    """Come in and open the link."""
    student.waited.append(await student.reader.open(student.link(), PAGE))


async def next_link(student: Student) -> None:
    """Another link in the same tab."""
    student.waited.append(await student.reader.visit(PAGE, student.link()))


Activity = Callable[[Student], Awaitable[None]]
ACTIVITIES: dict[str, Activity] = {
    "moves": move,
    "sampler": change_sampler,
    "sweep": sweep,
    "lesson": lesson,
    "plane": plane,
}
NAMES = {first_page: "first page", next_link: "another link", move: "a move of T"}
NAMES |= {change_sampler: "another sampler", sweep: "default sweep", lesson: "a lesson's answer"}
NAMES |= {plane: "exact in the plane"}
HEADER = f"{'':20s}{'answers':>8s}{'errors':>7s}{'median s':>10s}{'95 % s':>8s}{'most s':>8s}"
HEADER += f"{'kB each':>9s}{'CPU s each':>11s}"


async def do(activity: Activity, students: list[Student], times: int, within: float) -> None:
    """The activity by everybody; within: the seconds in which all begin, instead of thought."""

    async def one(student: Student) -> None:
        for _ in range(times):
            if within:
                await asyncio.sleep(student.choose.uniform(0, within))
            else:
                await student.think()
            try:
                await activity(student)
            except (Failed, WebSocketException, OSError) as error:
                student.failure = f"{type(error).__name__}: {error}"
                return

    for student in students:
        student.waited.clear()
    await asyncio.gather(*[one(student) for student in students if not student.failure])


async def report(
    activity: Activity, server: Server, students: list[Student], times: int = 1, within: float = 0.0
) -> None:
    """One line of the table; who has failed does not take part in what follows."""
    before, received = server.cost(), sum(s.reader.bytes for s in students)
    failed = {id(s) for s in students if s.failure}
    await do(activity, students, times, within)
    waited = sorted(w for s in students for w in s.waited)
    fresh = [s.failure for s in students if s.failure and id(s) not in failed]
    line = f"{NAMES[activity]:20s}{len(waited):8d}{len(fresh):7d}"
    if waited:
        received = sum(s.reader.bytes for s in students) - received
        cpu = (server.cost().cpu - before.cpu) / len(waited)
        line += f"{statistics.median(waited):10.2f}{percentile(waited):8.2f}{waited[-1]:8.2f}"
        line += f"{received / len(waited) / 1e3:9.1f}{cpu:11.3f}" if server.pids else ""
    print(line, *sorted(set(fresh))[:3], sep="\n    ", flush=True)


def percentile(ordered: list[float], share: float = 0.95) -> float:
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


async def watch(server: Server) -> None:
    """Once a minute, the memory of all processes and of the server's own."""
    for minute in itertools.count():
        own = replace(server, children=False).cost().memory / MB
        print(
            f"minute {minute}: {server.cost().memory / MB:.0f} MB, the server {own:.0f}", flush=True
        )
        await asyncio.sleep(60)


async def hold(count: int, server: Server, asked: argparse.Namespace) -> None:
    """A class of so many."""
    before, watching = server.cost().memory, None
    students = [
        Student(Reader(server.address, asked.patience), random.Random(1000 * count + i), asked.same)
        for i in range(count)
    ]
    link = "the same link" if asked.same else "a link of their own"
    print(f"\n{count} readers with {link}, {'a bare app' if asked.bare else 'the lab'}\n{HEADER}")
    try:
        await report(first_page, server, students, within=count / asked.arrivals)
        begun = time.monotonic()
        if asked.minutes and server.pids:
            watching = asyncio.create_task(watch(server))
        while True:
            for name in asked.do:
                await report(
                    ACTIVITIES[name], server, students, asked.moves if name == "moves" else 1
                )
            after = server.cost().memory
            each = (after - before) / count / MB
            print(f"memory: {before / MB:.0f} MB, then {after / MB:.0f}; {each:.2f} a reader")
            if time.monotonic() - begun > 60 * asked.minutes:
                break
            await report(next_link, server, students)
    finally:
        if watching:
            watching.cancel()
        await asyncio.gather(*[student.reader.close() for student in students])


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("counts", type=int, nargs="*", default=[1, 10], help="readers")
    parser.add_argument("--same", action="store_true", help="one link for all")
    parser.add_argument("--bare", action="store_true", help="the bare app: first page and moves")
    parser.add_argument("--address", help="a server that runs already, such as http://host:8501")
    parser.add_argument("--pid", type=int, action="append", default=[], help="its processes")
    parser.add_argument("--do", default=",".join(ACTIVITIES), help="which activities, in order")
    parser.add_argument("--moves", type=int, default=6, help="of T by each reader")
    parser.add_argument("--arrivals", type=float, default=5.0, help="readers a second that come in")
    parser.add_argument("--minutes", type=float, default=0.0, help="go on with other links so long")
    parser.add_argument("--patience", type=float, default=PATIENCE, help="seconds until an error")
    asked = parser.parse_args()
    asked.do = ["moves"] if asked.bare else asked.do.split(",")
    unknown = set(asked.do) - set(ACTIVITIES)
    if unknown:
        parser.error(f"--do: out of {', '.join(ACTIVITIES)}, not {', '.join(sorted(unknown))}")
    return asked


def main() -> None:
    asked = arguments()
    for count in asked.counts:
        server: AbstractContextManager[Server] = nullcontext(
            Server(asked.address or "", tuple(asked.pid))
        )
        if not asked.address:
            server = served("benchmarks/_bare_app.py" if asked.bare else "app.py")
        with server as running:
            asyncio.run(hold(count, running, asked))


if __name__ == "__main__":
    main()
