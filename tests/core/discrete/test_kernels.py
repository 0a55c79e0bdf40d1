"""Steps of discrete samplers beside sums written out by hand, and beside each other."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from diffusion_core.discrete import kernels
from diffusion_core.discrete.dynamics import DYNAMICS, Cycle, Masked, Uniform
from diffusion_core.discrete.posterior import Blurred, Model, Sharpened, initial
from diffusion_core.discrete.samplers import (
    Bridge,
    Euler,
    TauLeaping,
    Trapezoidal,
    Uniformisation,
)
from diffusion_core.discrete.states import along_all, pushed, states
from diffusion_core.discrete.targets import MarkovChain, Parity, Words
from diffusion_core.discrete.unmasking import FirstHitting, Unmasking

PAIR = np.array([[0.45, 0.05], [0.2, 0.3]])  # two coordinates that lean on each other


def expm(generator: np.ndarray, s: float) -> np.ndarray:
    """e^{s Q} by halving and a Taylor series, as no code of the library has it."""
    small, term = generator * (s / 2**12), np.eye(len(generator))
    total = term.copy()
    for k in range(1, 12):
        term = term @ small / k
        total += term
    for _ in range(12):
        total = total @ total
    return total


@pytest.mark.parametrize("kind", list(DYNAMICS))
@pytest.mark.parametrize("symbols", [2, 3, 7])
def test_transitions_are_those_of_the_generator(kind: str, symbols: int) -> None:
    dynamics = DYNAMICS[kind]()
    for s in (0.01, 0.7, 3.0):
        np.testing.assert_allclose(
            dynamics.transition(symbols, s), expm(dynamics.rates(symbols), s), atol=1e-12
        )
    np.testing.assert_allclose(
        dynamics.transition(symbols, 60.0)[0], dynamics.noise(symbols), atol=1e-12
    )


@pytest.mark.parametrize("kind", list(DYNAMICS))
def test_what_is_left_of_the_data_falls_like_its_exponential(kind: str) -> None:
    rates = DYNAMICS[kind]().rates(5)
    slowest = np.sort(np.linalg.eigvals(rates).real)[-2]
    assert slowest == pytest.approx(-1.0, abs=1e-12)


def test_two_symbols_on_a_cycle_are_the_hypercube() -> None:
    np.testing.assert_allclose(Cycle().rates(2), Uniform().rates(2), atol=1e-15)


@pytest.mark.parametrize("kind", list(DYNAMICS))
def test_a_posterior_is_bayes_by_hand(kind: str) -> None:
    dynamics, s = DYNAMICS[kind](), 0.6
    model = Model(PAIR, dynamics)
    onward = dynamics.transition(2, s)[:2]
    found = model.exact_posterior(s)
    for place, (_, x1) in enumerate(states(model.alphabet, 2).tolist()):
        joint = [sum(PAIR[a, b] * onward[b, x1] for b in range(2)) for a in range(2)]
        np.testing.assert_allclose(found[place, 0], np.array(joint) / sum(joint), atol=1e-14)


@pytest.mark.parametrize("kind", list(DYNAMICS))
def test_reverse_rates_are_ratios_times_forward_rates(kind: str) -> None:
    dynamics, s = DYNAMICS[kind](), 0.8
    law = MarkovChain(3, 0.3, symbols=3).law
    model = Model(law, dynamics)
    x = states(model.alphabet, 3)
    rates = model.reverse_rates(s, x, model.posterior(s))
    q, forward = model.noised(s), dynamics.rates(3)
    for place, state in enumerate(x.tolist()):
        for i, b in itertools.product(range(3), range(model.alphabet)):
            other = [*state]
            other[i] = b
            if b == state[i] or q[tuple(state)] == 0:
                continue
            want = forward[b, state[i]] * q[tuple(other)] / q[tuple(state)]
            assert rates[place, i, b] == pytest.approx(want, rel=1e-10, abs=1e-13)


@pytest.mark.parametrize("kind", list(DYNAMICS))
def test_the_reverse_rates_undo_the_noise(kind: str) -> None:
    """d q_s/ds = q_s Q forwards, and backwards the same with the rates' sums: by differences."""
    dynamics, s, h = DYNAMICS[kind](), 0.8, 1e-5
    model = Model(MarkovChain(2, 0.3, symbols=3).law, dynamics)
    x = states(model.alphabet, 2)
    rates = model.reverse_rates(s, x, model.posterior(s))
    flow, q = np.zeros((model.alphabet,) * 2), model.noised(s)
    for place, state in enumerate(x.tolist()):
        for i, b in itertools.product(range(2), range(model.alphabet)):
            other = [*state]
            other[i] = b
            moved = q[tuple(state)] * rates[place, i, b]
            flow[tuple(other)] += moved
            flow[tuple(state)] -= moved
    slope = (model.noised(s + h) - model.noised(s - h)) / (2 * h)
    np.testing.assert_allclose(flow, -slope, atol=1e-9)


@pytest.mark.parametrize("kind", list(DYNAMICS))
@pytest.mark.parametrize("kernel", [kernels.euler, kernels.tau_leaping, kernels.bridge])
@pytest.mark.parametrize("error", [None, Blurred(0.3), Sharpened(0.7)])
def test_rows_are_chances(kernel, kind, error) -> None:
    model = Model(Parity(3).law, DYNAMICS[kind](), error)
    x = states(model.alphabet, 3)
    for s, u in ((8.0, 3.0), (0.3, 0.29), (0.2, 1e-6)):
        rows = kernel(model, x, model.posterior(s), s, u)
        assert (rows >= 0).all()
        np.testing.assert_allclose(rows.sum(axis=2), 1.0, atol=1e-12)


def test_two_masked_coordinates_by_hand() -> None:
    """All at once: each from its own marginal, so that what they share is lost."""
    model = Model(PAIR, Masked())
    masked = initial(model, 5.0, exact=False)
    row, column = PAIR.sum(axis=1), PAIR.sum(axis=0)
    found = Unmasking().revealed(model, masked, 2)[:2, :2]
    np.testing.assert_allclose(found, np.outer(row, column), atol=1e-15)
    once = Unmasking().revealed(model, masked, 1)
    np.testing.assert_allclose(once[:2, 2], 0.5 * row, atol=1e-15)
    np.testing.assert_allclose(once[2, :2], 0.5 * column, atol=1e-15)
    first = Unmasking("left to right").revealed(model, masked, 1)
    np.testing.assert_allclose(first[:2, 2], row, atol=1e-15)
    # the second coordinate is surer of its symbol: .65 against .5
    sure = Unmasking("confident").revealed(model, masked, 1)
    np.testing.assert_allclose(sure[2, :2], column, atol=1e-15)


def test_two_coordinates_of_euler_by_hand() -> None:
    model, s, u = Model(PAIR, Uniform()), 0.9, 0.7
    q = model.noised(s)
    law = np.array([[0.4, 0.1], [0.15, 0.35]])
    want = np.zeros((2, 2))
    for a, b in itertools.product(range(2), range(2)):
        first = (s - u) / 2 * q[1 - a, b] / q[a, b]
        second = (s - u) / 2 * q[a, 1 - b] / q[a, b]
        for move, other in itertools.product(range(2), range(2)):
            chance = (first if move else 1 - first) * (second if other else 1 - second)
            want[a ^ move, b ^ other] += law[a, b] * chance
    np.testing.assert_allclose(Euler().advance(model, law, s, u), want, atol=1e-15)


def test_leaps_of_two_symbols_by_hand() -> None:
    """An odd number of Poisson jumps flips: (1 - e^{-2 h rate})/2."""
    model, s, u = Model(PAIR, Uniform()), 0.9, 0.4
    x = states(2, 2)
    rows = kernels.tau_leaping(model, x, model.posterior(s), s, u)
    q = model.noised(s)
    for place, (a, b) in enumerate(x.tolist()):
        flips = -0.5 * math.expm1(-(s - u) * q[1 - a, b] / q[a, b])
        assert rows[place, 0, 1 - a] == pytest.approx(flips, rel=1e-12)


@pytest.mark.parametrize("kind", list(DYNAMICS))
def test_uniformisation_is_the_exact_reverse_kernel(kind: str) -> None:
    """Bayes by hand: Pr(X_u = y | X_s = x) = q_u(y) P_{s-u}(y, x)/q_s(x)."""
    dynamics, s, u = DYNAMICS[kind](), 1.1, 0.3
    model = Model(MarkovChain(2, 0.3, symbols=3).law, dynamics)
    rng = np.random.default_rng(0)
    law = model.noised(s) * rng.uniform(0.5, 1.5, model.noised(s).shape)
    law /= law.sum()
    onward = dynamics.transition(3, s - u)
    qs, qu, want = model.noised(s), model.noised(u), np.zeros_like(law)
    for x in itertools.product(range(model.alphabet), repeat=2):
        for y in itertools.product(range(model.alphabet), repeat=2):
            if qs[x] > 0:
                want[y] += law[x] * qu[y] * onward[y[0], x[0]] * onward[y[1], x[1]] / qs[x]
    found = Uniformisation().advance(model, law, s, u)
    np.testing.assert_allclose(found, want, atol=1e-14)
    np.testing.assert_allclose(
        Uniformisation().advance(model, model.noised(s), s, u), qu, atol=1e-14
    )


@pytest.mark.parametrize("kind", list(DYNAMICS))
def test_no_rate_exceeds_its_bound(kind: str) -> None:
    dynamics = DYNAMICS[kind]()
    model = Model(Parity(3).law if kind != "cycle" else MarkovChain(2, 0.1, 5).law, dynamics)
    x = states(model.alphabet, model.length)
    for s in (1e-4, 0.1, 1.0, 5.0):
        seen = model.noised(s).ravel() > 0
        rates = model.reverse_rates(s, x, model.posterior(s))[seen].sum(axis=2)
        assert rates.max() <= dynamics.exit_rate(model.symbols, s) * (1 + 1e-9)


def test_the_trapezoid_by_hand_on_one_coordinate() -> None:
    """Two leaps in a row on two symbols, the second at (2 rate(y*) - rate(x))_+."""
    model, s, u = Model(np.array([0.8, 0.2]), Uniform()), 1.0, 0.6
    middle, h = 0.8, 0.2

    def rate(x: int, at: float) -> float:
        q = model.noised(at)
        return float(q[1 - x] / q[x] / 2)

    law, want = np.array([0.3, 0.7]), np.zeros(2)
    for x in range(2):
        first = -0.5 * math.expm1(-2 * h * rate(x, s))
        for moved, chance in ((x, 1 - first), (1 - x, first)):
            again = max(2 * rate(moved, middle) - rate(x, s), 0.0)
            second = -0.5 * math.expm1(-2 * h * again)
            want[moved] += law[x] * chance * (1 - second)
            want[1 - moved] += law[x] * chance * second
    np.testing.assert_allclose(Trapezoidal().advance(model, law, s, u), want, atol=1e-14)


def test_a_product_kernel_is_pushed_like_its_sum() -> None:
    rng = np.random.default_rng(1)
    weight, kernel = rng.uniform(size=9), rng.uniform(size=(9, 3, 2))
    want = np.einsum("n,na,nb,nc->abc", weight, kernel[:, 0], kernel[:, 1], kernel[:, 2])
    np.testing.assert_allclose(pushed(weight, kernel), want, rtol=1e-13)
    law = rng.uniform(size=(2, 2, 2))
    matrix = rng.uniform(size=(2, 2))
    np.testing.assert_allclose(
        along_all(law, matrix),
        np.einsum("abc,ax,by,cz->xyz", law, matrix, matrix, matrix),
        rtol=1e-13,
    )


@pytest.mark.parametrize("error", [None, Blurred(0.2), Sharpened(0.5)])
@pytest.mark.parametrize("sampler", [Bridge(), TauLeaping(), Euler()])
def test_a_masked_step_is_the_sum_over_all_pairs_of_states(sampler, error) -> None:
    model = Model(MarkovChain(3, 0.2, 3).law, Masked(), error)
    law = np.random.default_rng(5).dirichlet(np.ones(64)).reshape(4, 4, 4)
    for s, u in ((2.0, 1.9), (1.0, 0.4), (0.8, 0.01)):
        kernel = type(sampler).kernel(model, states(4, 3), model.posterior(s), s, u)
        want = np.einsum("n,na,nb,nc->abc", law.ravel(), *np.moveaxis(kernel, 1, 0))
        np.testing.assert_allclose(sampler.advance(model, law, s, u), want, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("error", [None, Blurred(0.2), Sharpened(0.5)])
def test_what_masked_models_keep_is_their_posterior_at_any_time(error) -> None:
    model = Model(MarkovChain(3, 0.2).law, Masked(), error)
    for s in (0.01, 1.0, 6.0):
        exact = model.exact_posterior(s)
        want = exact if error is None else error.of(exact)
        np.testing.assert_allclose(model.posterior(s), want, rtol=1e-12)


@pytest.mark.parametrize("sampler", [Bridge(), TauLeaping(), Euler()])
def test_a_run_that_has_gone_wrong_goes_on(sampler) -> None:
    """A state that the data never shows keeps its mass."""
    model = Model(Words(("00", "11")).law, Masked())
    law = np.zeros((3, 3))
    law[0, 1] = law[2, 2] = 0.5
    found = sampler.advance(model, law, 0.5, 0.4)
    assert found.sum() == pytest.approx(1.0, abs=1e-14)
    assert found[0, 1] >= 0.5


def test_one_after_the_other_is_the_data() -> None:
    law = MarkovChain(4, 0.2, symbols=3).law
    model = Model(law, Masked())
    state = initial(model, 8.0, exact=False)
    for _ in range(4):
        state = FirstHitting().revealed(model, state, 1)
    np.testing.assert_allclose(state[:3, :3, :3, :3], law, atol=1e-15)
