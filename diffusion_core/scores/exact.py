"""The score s_t = grad log p_t of a target along a chain, and its derivatives."""

from __future__ import annotations

import math
import threading
from typing import Any, Generic, Protocol, TypeVar
from weakref import WeakKeyDictionary

import numpy as np

from diffusion_core.schedules import Array, Chain, Mask
from diffusion_core.scores.closed_form import ClosedForm, of_target
from diffusion_core.targets.base import Marginal, Target
from diffusion_core.targets.separable import score_at_nodes

REMEMBERED = 20_000_000  # numbers in the p_t and the trained models that are kept
T = TypeVar("T")


class Score(Protocol):
    """s_t(x) for x of shape (N, d), and its derivatives.

    t is whole; between two of the chain's t where a sampler asks for a noise level between theirs
    (``Chain.level``).
    """

    def __call__(self, t: float, x: Array) -> Array:
        """s_t(x), shape (N, d)."""
        ...

    def jacobian(self, t: float, x: Array) -> Array:
        """H_t(x) = the Jacobian of s_t, shape (N, d, d)."""
        ...

    def trace_gradient(self, t: float, x: Array) -> Array:
        """grad tr H_t(x), shape (N, d)."""
        ...


def score_detail(score: Score, t: int) -> float:
    """The length over which the score changes beyond what p_t explains, infinite where none does.

    Scores that have finer detail than p_t say so by a method ``detail(t)``.
    """
    own = getattr(score, "detail", None)
    return math.inf if own is None else float(own(t))


def plain_score(score: Score) -> Score:
    """The score whose ``jacobian`` is that of the function itself.

    Most are their own. One that stands for learned w_t and v_t has those in the place of its
    derivatives, and names this one ``plain``.
    """
    own: Score = getattr(score, "plain", score)
    return own


class Room:
    """``size`` numbers that all ``Remembered`` share: when it is full the oldest forget theirs."""

    def __init__(self, size: int) -> None:
        self._size, self._lock = size, threading.Lock()
        self._held: WeakKeyDictionary[Remembered[Any], int] = WeakKeyDictionary()

    def taken(self, by: Remembered[Any], more: int) -> bool:
        """Whether ``more`` numbers found room, as all that one of them holds must."""
        with self._lock:
            own = self._held.pop(by, 0)
            fits = own + more <= self._size
            self._held[by] = own + more * fits
            while sum(self._held.values()) > self._size:
                oldest = next(iter(self._held))
                oldest.forget()
                del self._held[oldest]
            return fits


ROOM = Room(REMEMBERED)


class Remembered(Generic[T]):
    """What was made for each t: all of it while there is room, then the last two only.

    An update asks at t and at a neighbour of t, a run goes through all t, and is often repeated:
    with what was kept first kept, a repeated run finds it again.
    """

    def __init__(self, room: Room = ROOM) -> None:
        self._room = room
        self._kept: dict[float, T] = {}
        self._last: tuple[tuple[float, T], ...] = ()

    def get(self, t: float) -> T | None:
        """What was made for t, None where that is forgotten."""
        found = self._kept.get(t)
        return found if found is not None else next((v for s, v in self._last if s == t), None)

    def put(self, t: float, made: T, size: int) -> T:
        """``made`` itself, which holds ``size`` numbers."""
        if self._room.taken(self, size):
            self._kept[t] = made
        else:
            self._last = (*self._last[-1:], (t, made))
        return made

    def forget(self) -> None:
        """Leave all room to others."""
        self._kept = {}


def numbers(held: object) -> int:
    """How many numbers the arrays of an object hold, and those of its parts."""
    if isinstance(held, np.ndarray):
        return held.size
    if isinstance(held, tuple | list):
        return sum(numbers(part) for part in held)
    if type(held).__module__.startswith("diffusion_core"):
        return sum(numbers(part) for part in vars(held).values())
    return 0


class ExactScore:
    """The closed-form score of ``target`` on ``chain``; remembers p_t, as far as there is room."""

    def __init__(self, target: Target, chain: Chain) -> None:
        self.target, self.chain = target, chain
        self._marginals: Remembered[Marginal] = Remembered()
        self._lock = threading.Lock()

    def marginal(self, t: float) -> Marginal:
        """p_t, 1 <= t <= T+1; safe to ask for from several threads."""
        found = self._marginals.get(t)
        if found is None:
            with self._lock:
                found = self._marginals.get(t) or self._made(t)
        return found

    def _made(self, t: float) -> Marginal:
        made = self.target.marginal(self.chain.level(t))
        return self._marginals.put(t, made, numbers(made))

    def closed_form(self) -> ClosedForm | None:
        """The score in numbers, where the target has a form."""
        return of_target(self.target, self.chain)

    def __call__(self, t: float, x: Array) -> Array:
        return self.marginal(t).score(x)

    def jacobian(self, t: float, x: Array) -> Array:
        return self.marginal(t).jacobian(x)

    def score_and_jacobian(self, t: float, x: Array) -> tuple[Array, Array]:
        """s_t(x) and H_t(x) in one pass."""
        return self.marginal(t).score_and_jacobian(x)

    def trace_gradient(self, t: float, x: Array) -> Array:
        return self.marginal(t).trace_gradient(x)


class AtNodes:
    """An exact score that is asked for at the nodes of a grid of the plane, all of them at once.

    kept: which nodes of the axes, (X, Y); x (N, 2): these.
    """

    def __init__(self, score: ExactScore, axes: tuple[Array, Array], kept: Mask, x: Array) -> None:
        self._score, self._axes, self._kept, self._x = score, axes, kept, x

    def __call__(self, t: float, x: Array) -> Array:
        if x is not self._x:
            return self._score(t, x)
        return score_at_nodes(self._score.marginal(t), self._axes, self._kept, x)

    def jacobian(self, t: float, x: Array) -> Array:
        return self._score.jacobian(t, x)

    def trace_gradient(self, t: float, x: Array) -> Array:
        return self._score.trace_gradient(t, x)
