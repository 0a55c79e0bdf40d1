"""The deterministic sampler of order K: collocation along 1 - abar, solved by rounds."""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache
from math import sqrt
from operator import itemgetter

from diffusion_core.errors import InputError
from diffusion_core.samplers.record import Part, Sampler, Term
from diffusion_core.samplers.update import Mark, Stage
from diffusion_core.schedules import Array, Chain
from diffusion_core.scores.exact import Score
from diffusion_core.strict_json import shown

NAME = "ode-order"
ORDERS = (2, 3, 4)
DEFAULT_ORDER = 3
SPELLED = {f"{NAME}-{k}": k for k in ORDERS}  # names that a sweep may be asked for
OTHERS = tuple(name for name, k in SPELLED.items() if k != DEFAULT_ORDER)  # it says them itself
MOST_ROUNDS = 12


@lru_cache(maxsize=8)
def weights(order: int) -> tuple[tuple[float, ...], ...]:
    """a_ij = int_0^{c_i} psi_j(c) dc, c_i = i/(K-1), psi_j Lagrange's basis on these K nodes.

    K = 2 is the trapezoid rule and K = 3 Simpson's in the last row, K = 4 the 3/8 rule.
    """
    nodes = [Fraction(i, order - 1) for i in range(order)]
    return tuple(tuple(float(_integral(_basis(nodes, j), c)) for j in range(order)) for c in nodes)


def _basis(nodes: list[Fraction], j: int) -> list[Fraction]:
    """The coefficients of psi_j, the lowest power first."""
    found = [Fraction(1)]
    for k, node in enumerate(nodes):
        if k != j:
            scale = nodes[j] - node
            raised, kept = [Fraction(0), *found], [*found, Fraction(0)]
            found = [(a - node * b) / scale for a, b in zip(raised, kept, strict=True)]
    return found


def _integral(powers: list[Fraction], end: Fraction) -> Fraction:
    return sum((a * end ** (k + 1) / (k + 1) for k, a in enumerate(powers)), Fraction(0))


def order_step(order: int, rounds: int) -> Stage:
    """The update with K = ``order`` noise levels a step and N = ``rounds`` rounds.

    With tau = 1 - abar as time, K levels tau_i equally spaced from 1 - abar_t to 1 - abar_{t-1} and
    x_i = Y_t at first, a round replaces them by

    x_i/sqrt(1-tau_i) = Y_t/sqrt(1-tau_0)
    + (1/2) (tau_0-tau_{K-1}) sum_j a_ij (1-tau_j)^{-3/2} s_{tau_j}(x_j);

    Y_{t-1} is x_{K-1} after the last.  Li, Zhou, Wei, Chen, arXiv 2506.24042, Algorithm 1. At tau_0
    every round finds Y_t again, so its score is asked for once: 1 + N (K-1) evaluations a step
    in the place of the paper's N K.
    """
    rule = weights(order)

    def update(y: Array, t: int, chain: Chain, score: Score, mark: Mark) -> Array:
        # whole at both ends; between them 1 - abar is linear in t
        times = [t, *(t - i / (order - 1) for i in range(1, order - 1)), t - 1]
        root = [sqrt(chain.level(s).abar) for s in times]
        half = chain.abar[t - 1] * chain.beta[t] / 2
        start = y / root[0]
        first = score(t, y) * (1 / root[0] ** 3)
        x = [y] * order
        for _ in range(rounds):
            slopes = [first] + [score(times[j], x[j]) * (1 / root[j] ** 3) for j in range(1, order)]
            x = [y]
            for i in range(1, order):
                moved = start
                for j in range(order):
                    moved = moved + half * rule[i][j] * slopes[j]
                x.append(root[i] * moved)
            mark(x[-1], half=half, signal=root[-1])
        return x[-1]

    return update


def ode_order_sampler(order: int | None = None, rounds: int | None = None) -> Sampler:
    """Its record for K = ``order`` of 2, 3, 4; ``rounds`` are K unless given, 1 to 12.

    A round gains one order until the rule's own, K; Simpson's rule, K = 3, has 4. InputError for
    another order or number of rounds.
    """
    order = DEFAULT_ORDER if order is None else _whole("order", order, ORDERS[0], ORDERS[-1])
    rounds = order if rounds is None else _whole("rounds", rounds, 1, MOST_ROUNDS)
    label = f"order {order}" if rounds == order else f"order {order}, {rounds} rounds"
    return Sampler(
        name=NAME,
        label=f"ODE of {label}",
        order=min(rounds, 4 if order == 3 else order),
        evaluations=1 + rounds * (order - 1),
        stochastic=False,
        reference="Li, Zhou, Wei, Chen, arXiv 2506.24042, Algorithm 1",
        stages=(order_step(order, rounds),),
        latex=r"\begin{aligned}&\frac{x_i}{\sqrt{1-\tau_i}}\leftarrow\frac{Y_t}{\sqrt{1-\tau_0}}\\"
        r"&\quad+\frac{\bar\alpha_{t-1}\,\beta_t}{2}\sum_{j=0}^{K-1}a_{ij}\,"
        r"\frac{s_{\tau_j}(x_j)}{(1-\tau_j)^{3/2}},\\"
        r"&\tau_i=1-\bar\alpha_t-\tfrac{i}{K-1}\,\bar\alpha_{t-1}\,\beta_t,\\"
        rf"&K={order},\quad N={rounds}\text{{ rounds}}\end{{aligned}}",
        terms=(
            Term(r"\frac{\bar\alpha_{t-1}\,\beta_t}{2}", "half-noise-step", itemgetter("half")),
        ),
        parts=tuple(
            Part(f"round {n + 1} of {rounds}", f"Y_[t−1] after round {n + 1}: {{p{n + 1}}}")
            for n in range(rounds)
        ),
    )


def spelled(name: str) -> tuple[str, int | None]:
    """A sampler's name and the order that it says: ("ode-order", 4) of "ode-order-4", else None."""
    return (NAME, SPELLED[name]) if name in SPELLED else (name, None)


def _whole(name: str, value: object, low: int, high: int) -> int:
    """InputError unless it is a whole number within the range."""
    if type(value) is not int or not low <= value <= high:
        raise InputError(f"sampler.{name}: a whole number from {low} to {high}, got {shown(value)}")
    return value
