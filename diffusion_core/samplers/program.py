"""The updates of a run as a program: what a machine that knows no sampler needs to repeat them.

Each update is run once on objects that stand for Y_t, the score, its derivatives and the normals,
and that write down what becomes of them. A program is made of sums with given coefficients,
evaluations of the score and its derivatives, and normals; no formula is written a second time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from numbers import Real
from typing import Any

import numpy as np

from diffusion_core.samplers.parts import Marks
from diffusion_core.samplers.record import Sampler
from diffusion_core.samplers.step import advance
from diffusion_core.samplers.update import Memory
from diffusion_core.schedules import Array, Chain

Operation = tuple[str | float, ...]
DIGITS = 12  # of a part of a step, so that it is the same at every t


@dataclass(frozen=True)
class Step:
    """What updates of one form do; arrays (N, d) in registers, counted from 0.

    Register 0 is Y_t, the next ``len(after) - 1`` are those that the update before left, and each
    operation makes one more:

        ("sum", r, ...)              c_1 x_r + ..., a coefficient for each register
        ("score", r, j)              s_{t+j}(x_r), j = 0, 1, -1 or a part of -1
        ("jacobian", r, j, v)        H_{t+j}(x_r) x_v
        ("trace_gradient", r, j)     grad tr H_{t+j}(x_r)
        ("normal",)                  independent standard normals

    after: the registers of Y_{t-1} and of what the next update finds; noise: those of the normals.
    ends: where each part of the update ends, as sums, whose coefficients follow those of all
    operations. In the first update of a multistep sampler fewer registers are there than it leaves.
    """

    operations: tuple[Operation, ...]
    after: tuple[int, ...]
    noise: tuple[int, ...]
    ends: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, eq=False)
class Program:
    """The updates t = T..2: the number of each one's step, and the steps' coefficients.

    coefficients: for each step (C, n), a column for each of the n updates that have its form.
    factors: the factors that the updates name, (T - 1,) each, nan where an update has no such.
    """

    steps: tuple[Step, ...]
    order: tuple[int, ...]
    coefficients: tuple[Array, ...]
    factors: dict[str, Array]


def asks_between(program: Program) -> bool:
    """Whether an update asks for the score at noise levels between the chain's."""
    operations = (operation for step in program.steps for operation in step.operations)
    return any(name == "score" and rest[1] != int(rest[1]) for name, *rest in operations)


class NotRecorded(Exception):
    """An update does what a program cannot say."""


def program_of(sampler: Sampler, chain: Chain, dim: int, parts: bool = True) -> Program:
    """The program of all updates of a run in ``dim`` dimensions, with where their parts end or not.

    NotRecorded where an update does more than sums, scores and normals.
    """
    steps: dict[Step, int] = {}
    order, columns, factors = [], [], []
    memory: Memory = None
    for t in range(chain.steps, 1, -1):
        tape: Any = _Tape(t, dim)
        y, memory = tape.point(tape.register()), _reloaded(memory, tape)
        marks = Marks()
        try:
            y, memory = advance(sampler, y, t, chain, tape, tape.normal(marks), memory, marks)
            step, numbers = tape.step((y, *_points(memory)), marks.ends if parts else ())
        except (TypeError, ValueError, AttributeError) as error:
            raise NotRecorded(f"the step of {sampler.name} at t = {t}: {error}") from None
        order.append(steps.setdefault(step, len(steps)))
        columns.append(numbers)
        factors.append(marks.factors if parts else {})
    found = [
        np.array([c for c, k in zip(columns, order, strict=True) if k == i]).T
        for i in steps.values()
    ]
    names = dict.fromkeys(name for named in factors for name in named)
    named = {name: np.array([f.get(name, np.nan) for f in factors]) for name in names}
    return Program(tuple(steps), tuple(order), tuple(found), named)


def _points(memory: Any) -> list[Point]:
    return [kept for kept in memory or () if isinstance(kept, Point)]


def _reloaded(memory: Memory, tape: _Tape) -> Memory:
    """What the update before left, in registers of this one."""
    if memory is None:
        return None
    return tuple(
        tape.point(tape.register()) if isinstance(kept, Point) else kept for kept in memory
    )


class _Tape:
    """Stands for the score, and writes down one update."""

    def __init__(self, t: int, dim: int) -> None:
        self._t, self.dim = t, dim
        self._operations: list[Operation] = []
        self._numbers: list[float] = []
        self._given = 0
        self._noise: list[int] = []

    def register(self) -> int:
        """A register that is there before the update."""
        self._given += 1
        return self._given - 1

    def point(self, register: int) -> Point:
        """What is in a register."""
        return Point(self, {register: 1.0}, register)

    def write(self, *operation: str | float) -> Point:
        """An operation's result; the same score or product is asked for once."""
        if operation[0] in ("sum", "normal") or operation not in self._operations:
            self._operations.append(operation)
            return self.point(self._given + len(self._operations) - 1)
        return self.point(self._given + self._operations.index(operation))

    def place(self, point: Any) -> int:
        """The register of a point, which a sum makes where it has none."""
        if not isinstance(point, Point):
            raise TypeError(f"a {type(point).__name__} is no point")
        if point.register is not None:
            return point.register
        self._numbers += point.terms.values()
        made = self.write("sum", *point.terms).register
        assert made is not None
        return made

    def __call__(self, t: float, x: Point) -> Point:
        ahead = round(t - self._t, DIGITS)
        return self.write("score", self.place(x), int(ahead) if ahead == int(ahead) else ahead)

    def jacobian(self, t: float, x: Point) -> Matrix:
        return Matrix(self, 0.0, {(self.place(x), int(t) - self._t): 1.0})

    def trace_gradient(self, t: float, x: Point) -> Point:
        return self.write("trace_gradient", self.place(x), int(t) - self._t)

    def normal(self, marks: Marks) -> Callable[[tuple[int, ...]], Any]:
        """Draws for ``advance``."""

        def draw(shape: tuple[int, ...]) -> Any:
            z = self.write("normal")
            self._noise.append(self.place(z))
            marks.drawn(z)  # type: ignore[arg-type]
            return z

        return draw

    def step(self, left: Sequence[Any], parts: Sequence[Any]) -> tuple[Step, list[float]]:
        """The step and its coefficients, from what it leaves and where its parts end."""
        after = tuple(self.place(point) for point in left)
        numbers, ends = list(self._numbers), list[tuple[int, ...]]()
        for end in parts:
            if not isinstance(end, Point):
                raise TypeError("a part of the update does not end in a point")
            numbers += end.terms.values()
            ends.append(tuple(end.terms))
        return Step(tuple(self._operations), after, tuple(self._noise), tuple(ends)), numbers


class _Symbol:
    """Neither a number nor an array: what is not written down fails by a TypeError."""

    __array_ufunc__ = None
    __hash__ = None  # type: ignore[assignment]
    __eq__ = None  # type: ignore[assignment]

    def __bool__(self) -> bool:
        raise TypeError("a choice by value")

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        if function is np.ndim:
            return len(args[0].shape)
        if function is np.einsum and args[0] == "nij,nj->ni" and isinstance(args[1], Matrix):
            return args[1].at(args[2])
        return NotImplemented

    def __neg__(self) -> Any:
        return self * -1.0

    def __truediv__(self, by: float) -> Any:
        return self * (1 / by)

    def __mul__(self, by: Any) -> Any:
        raise NotImplementedError


class Point(_Symbol):
    """sum_r c_r x_r over registers r, (N, d); ``register`` holds it where that is known."""

    def __init__(self, tape: _Tape, terms: dict[int, float], register: int | None = None) -> None:
        self._tape, self.terms, self.register = tape, terms, register

    @property
    def shape(self) -> tuple[int, int]:
        return 1, self._tape.dim

    def __add__(self, other: Any) -> Point:
        if not isinstance(other, Point):
            return NotImplemented
        return Point(self._tape, _added(self.terms, other.terms))

    def __sub__(self, other: Any) -> Point:
        return self + -other if isinstance(other, Point) else NotImplemented

    def __mul__(self, by: Any) -> Point:
        if not isinstance(by, Real):
            return NotImplemented
        return Point(self._tape, {r: float(by) * c for r, c in self.terms.items()})

    __rmul__ = __mul__


class Matrix(_Symbol):
    """a I + sum b H_{t+j}(x_r) over evaluations (r, j) of the Jacobian, (N, d, d)."""

    def __init__(self, tape: _Tape, identity: float, terms: dict[tuple[int, int], float]) -> None:
        self._tape, self._identity, self._terms = tape, identity, terms

    @property
    def shape(self) -> tuple[int, int, int]:
        return 1, self._tape.dim, self._tape.dim

    def __add__(self, other: Any) -> Matrix:
        if isinstance(other, Matrix):
            terms = _added(self._terms, other._terms)
            return Matrix(self._tape, self._identity + other._identity, terms)
        eye = np.eye(self._tape.dim)
        if not isinstance(other, np.ndarray) or not np.array_equal(other, other[:1, :1] * eye):
            return NotImplemented
        return Matrix(self._tape, self._identity + float(other[0, 0]), self._terms)

    __radd__ = __add__

    def __mul__(self, by: Any) -> Matrix:
        if not isinstance(by, Real):
            return NotImplemented
        terms = {place: float(by) * c for place, c in self._terms.items()}
        return Matrix(self._tape, float(by) * self._identity, terms)

    __rmul__ = __mul__

    def at(self, point: Point) -> Point:
        """The product with a vector at each point."""
        out = self._identity * point
        for (register, ahead), by in self._terms.items():
            out = out + by * self._tape.write("jacobian", register, ahead, self._tape.place(point))
        return out


def _added(one: dict[Any, float], other: dict[Any, float]) -> dict[Any, float]:
    return {key: one.get(key, 0.0) + other.get(key, 0.0) for key in {**one, **other}}
