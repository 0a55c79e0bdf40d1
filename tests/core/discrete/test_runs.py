"""Whole runs: rates of convergence, particles, dependence, bounds, refusals, JSON."""

from __future__ import annotations

import json

import numpy as np
import pytest

from diffusion_core import InputError, Refused
from diffusion_core.discrete import DiscreteExperiment, measure_discrete, moments, sequences
from diffusion_core.discrete.dynamics import Cycle, Masked, Uniform
from diffusion_core.discrete.grids import GRIDS, ConstantGrid, GeometricGrid, TheoryGrid
from diffusion_core.discrete.posterior import Blurred, Sharpened
from diffusion_core.discrete.runs import token_counts, unmasking_bound
from diffusion_core.discrete.samplers import (
    Bridge,
    Euler,
    TauLeaping,
    Trapezoidal,
    Uniformisation,
)
from diffusion_core.discrete.states import (
    dual_total_correlation,
    kullback_leibler,
    shared_information,
    total_correlation,
)
from diffusion_core.discrete.targets import (
    SEQUENCES,
    Histogram,
    Independent,
    Ising,
    MarkovChain,
    Parity,
    TwoWords,
    Words,
)
from diffusion_core.discrete.unmasking import ORDERS, FirstHitting, Unmasking

CHAIN = MarkovChain(4, 0.2)


def slope(sampler, dynamics, steps=(64, 128)) -> float:
    runs = [
        DiscreteExperiment(CHAIN, dynamics, TheoryGrid(6.0, 0.05), sampler, n, start="exact")
        for n in steps
    ]
    first, last = (measure_discrete(e)["tv"].value for e in runs)
    return float(np.log2(last / first))


@pytest.mark.parametrize("dynamics", [Uniform(), Masked()])
@pytest.mark.parametrize("sampler", [Euler(), TauLeaping(), Bridge()])
def test_first_order_kernels_halve_their_error_with_the_step(sampler, dynamics) -> None:
    assert slope(sampler, dynamics) == pytest.approx(-1.0, abs=0.12)


@pytest.mark.parametrize("dynamics", [Uniform(), Masked()])
def test_the_trapezoid_is_of_order_two_until_rates_are_cut_at_zero(dynamics) -> None:
    """Where one jump more than halves another's rate, 2 rate(y*) - rate(x) < 0 is cut: order 1."""

    def last_slope(change: float) -> float:
        runs = [
            DiscreteExperiment(
                MarkovChain(3, change), dynamics, TheoryGrid(6.0, 0.3), Trapezoidal(), n, "exact"
            )
            for n in (64, 128)
        ]
        first, last = (measure_discrete(e)["tv"].value for e in runs)
        return float(np.log2(last / first))

    assert last_slope(0.45) == pytest.approx(-2.0, abs=0.02)
    assert -1.4 < last_slope(0.2) < -1.0


@pytest.mark.parametrize(
    ("sampler", "dynamics"),
    [
        (Euler(), Uniform()),
        (TauLeaping(), Cycle()),
        (Bridge(), Masked()),
        (Trapezoidal(), Cycle()),
        (Trapezoidal(0.3), Masked()),
        (Uniformisation(), Uniform()),
        (FirstHitting(), Masked()),
        *((Unmasking(order), Masked()) for order in ORDERS),
    ],
)
@pytest.mark.parametrize("error", [None, Blurred(0.2)])
def test_sequences_follow_the_law(sampler, dynamics, error) -> None:
    target = MarkovChain(3, 0.3, symbols=3)
    e = DiscreteExperiment(target, dynamics, TheoryGrid(4.0, 0.05), sampler, 2, ratio_error=error)
    n = 40_000
    if error is not None and isinstance(sampler, Uniformisation):
        with pytest.raises(Refused, match="wrong ones"):
            list(moments(e))
        return
    laws, drawn = list(moments(e)), list(sequences(e, n))
    assert len(laws) == len(drawn)
    for moment, (step, x) in zip(laws, drawn, strict=True):
        assert moment.step == step
        place = np.ravel_multi_index(tuple(x.T), moment.law.shape)
        p = moment.law.ravel()
        counts = np.bincount(place, minlength=len(p))
        assert counts[p == 0].sum() == 0
        assert (np.abs(counts - n * p) <= 5 * np.sqrt(n * p) + 1).all()


def test_the_same_seed_gives_the_same_sequences() -> None:
    e = DiscreteExperiment(CHAIN, seed=7)
    first, second = (np.concatenate([x for _, x in sequences(e, 50)]) for _ in range(2))
    np.testing.assert_array_equal(first, second)
    other = np.concatenate([x for _, x in sequences(e.with_(seed=8), 50)])
    assert (other != first).any()


@pytest.mark.parametrize("target", [CHAIN, Parity(4), TwoWords(4), Ising(2, 2, 0.7)])
def test_unmasking_keeps_below_its_bound(target) -> None:
    """KL of random order against ((2^ceil(log2 s) - 1)/d) sum_i I(X_i; the others)."""
    for steps in (1, 2, 3, 4):
        e = DiscreteExperiment(target, Masked(), sampler=Unmasking(), steps=steps)
        counts = token_counts(4, steps, e.sampler)
        *_, last = moments(e)
        found = kullback_leibler(e.model.noised(0.0), last.law)
        assert found <= unmasking_bound(target.law, counts) + 1e-12
    assert found < 1e-12


def test_all_at_once_loses_the_total_correlation() -> None:
    e = DiscreteExperiment(CHAIN, Masked(), sampler=Unmasking(), steps=1)
    found = measure_discrete(e, ("kl",))["kl"].value
    assert found == pytest.approx(total_correlation(CHAIN.law), rel=1e-12)


def test_dependence_of_known_laws() -> None:
    log2 = np.log(2.0)
    assert total_correlation(TwoWords(5).law) == pytest.approx(4 * log2)
    assert dual_total_correlation(TwoWords(5).law) == pytest.approx(log2)
    assert total_correlation(Parity(5).law) == pytest.approx(log2)
    assert dual_total_correlation(Parity(5).law) == pytest.approx(4 * log2)
    assert shared_information(Parity(5).law) == pytest.approx(5 * log2)
    rows = ((0.2, 0.8), (0.5, 0.5), (0.9, 0.1))
    assert dual_total_correlation(Independent(rows).law) == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize("target", [CHAIN, Parity(3), Ising(2, 3, -0.4)])
@pytest.mark.parametrize("dynamics", [Uniform(), Masked(), Cycle()])
def test_exact_methods_end_at_the_noised_data(target, dynamics) -> None:
    e = DiscreteExperiment(target, dynamics, sampler=Uniformisation(), start="exact", steps=5)
    assert measure_discrete(e)["tv"].value < 1e-12
    early = e.with_(start="noise", grid=GeometricGrid(0.3, 1e-3))
    assert measure_discrete(early)["tv"].value > 1e-5


def test_a_wrong_model_leaves_a_floor() -> None:
    e = DiscreteExperiment(CHAIN, Masked(), sampler=FirstHitting(), steps=4)
    floor = measure_discrete(e.with_(ratio_error=Blurred(0.1)))["tv"].value
    assert floor > 0.02
    assert measure_discrete(e.with_(ratio_error=Blurred(0.0)))["tv"].value < 1e-12
    assert measure_discrete(e.with_(ratio_error=Sharpened(0.0)))["tv"].value < 1e-12
    assert measure_discrete(e.with_(ratio_error=Sharpened(0.5)))["tv"].value > 0.02


def test_masked_models_need_no_clock() -> None:
    """Given what is shown the posterior of a MASK is the same at every noise time."""
    model = DiscreteExperiment(CHAIN, Masked()).model
    hidden = np.stack(np.unravel_index(np.arange(3**4), (3,) * 4), axis=1) == 2
    early, late = model.posterior(0.01)[hidden], model.posterior(5.0)[hidden]
    np.testing.assert_allclose(early, late, atol=1e-12)


def test_euler_says_where_its_steps_are_too_long() -> None:
    e = DiscreteExperiment(CHAIN, Uniform(), ConstantGrid(8.0, 1e-2), Euler(), 2)
    (note,) = measure_discrete(e)["tv"].notes
    assert "scaled to 1" in note
    assert measure_discrete(e.with_(steps=800))["tv"].notes == ()


def test_an_infinite_divergence_is_refused() -> None:
    rare = Independent(((1.0, 1e-40), (0.5, 0.5)))
    e = DiscreteExperiment(rare, Masked(), sampler=FirstHitting(), ratio_error=Sharpened(9.0))
    with pytest.raises(Refused, match="infinite"):
        measure_discrete(e, ("kl",))
    assert measure_discrete(e, ("tv",))["tv"].value < 1e-15


@pytest.mark.parametrize("kind", list(GRIDS))
def test_grids_go_down_from_the_horizon_to_the_end(kind: str) -> None:
    times = GRIDS[kind](5.0, 1e-3).times(20)
    assert times[0] == 5.0
    assert times[-1] == pytest.approx(1e-3)
    assert (np.diff(times) < 0).all()


def test_the_theorems_grid_has_steps_of_its_rule() -> None:
    times = TheoryGrid(8.0, 1e-4).times(400)
    ratio = -np.diff(times) / np.minimum(1.0, times[:-1])
    assert ratio[:5] == pytest.approx(ratio[0] * np.ones(5), rel=1e-9)
    assert ratio.max() < 1.05 * ratio[0]
    assert ratio.min() > 0.9 * ratio[0]


@pytest.mark.parametrize(
    ("counts", "length", "steps"), [([4], 4, 1), ([2, 1, 1], 4, 3), ([1] * 4, 4, 9)]
)
def test_tokens_are_shared_evenly(counts, length, steps) -> None:
    assert token_counts(length, steps, Unmasking()) == counts
    assert token_counts(length, steps, FirstHitting()) == [1] * length


EXPERIMENTS = [
    DiscreteExperiment(),
    DiscreteExperiment(Parity(5), Masked(), TheoryGrid(4.0, 1e-3), Unmasking("confident"), 3),
    DiscreteExperiment(Words(("ab", "ba"), (1.0, 3.0)), sampler=Trapezoidal(0.25), seed=9),
    DiscreteExperiment(Histogram((1.0, 2.0, 3.0)), Cycle(), sampler=Euler(), start="exact"),
    DiscreteExperiment(Ising(2, 2, 0.5), ratio_error=Sharpened(-0.5), sampler=TauLeaping()),
]


@pytest.mark.parametrize("e", EXPERIMENTS, ids=range(len(EXPERIMENTS)))
def test_json_gives_the_same_experiment(e: DiscreteExperiment) -> None:
    assert DiscreteExperiment.from_json(e.to_json()) == e
    assert hash(DiscreteExperiment.from_json(e.to_json(indent=2))) == hash(e)


BASE = json.loads(DiscreteExperiment().to_json())
CHANGES = [
    ({"target": {"kind": "markov_chain", "length": 15, "change": 0.1}}, "at most 20,000"),
    ({"target": {"kind": "markov_chain", "length": 0, "change": 0.1}}, "target.length"),
    ({"target": {"kind": "markov_chain", "length": 4, "change": 2}}, "target.change"),
    ({"target": {"kind": "words", "words": ["ab", "abc"]}}, "one length"),
    ({"target": {"kind": "words", "words": ["ab", "ab"]}}, "none twice"),
    ({"target": {"kind": "words", "words": []}}, "between 1 and"),
    ({"target": {"kind": "words", "words": ["ab"], "weights": [1, 2]}}, "one for each word"),
    ({"target": {"kind": "independent", "probabilities": [[0.5, 0.6]]}}, "sum to 1"),
    ({"target": {"kind": "independent", "probabilities": [[0.5, 0.5], [1.0]]}}, "one length"),
    ({"target": {"kind": "histogram", "masses": [0, 0]}}, "all zero"),
    ({"target": {"kind": "ising", "rows": 4, "columns": 4, "coupling": 1}}, "at most 20,000"),
    ({"target": {"kind": "circle"}}, "target.kind"),
    ({"dynamics": {"kind": "heat"}}, "dynamics.kind"),
    ({"dynamics": {"kind": "uniform", "rate": 2}}, "unknown key"),
    ({"grid": {"kind": "geometric", "end": 5}}, "grid.end"),
    ({"grid": {"kind": "geometric", "horizon": 100}}, "grid.horizon"),
    ({"sampler": {"kind": "unmasking"}}, "needs masked"),
    ({"sampler": {"kind": "unmasking", "order": "backwards"}}, "sampler.order"),
    ({"sampler": {"kind": "trapezoidal", "theta": 1}}, "sampler.theta"),
    ({"steps": 0}, "steps"),
    ({"steps": 1.5}, "steps"),
    ({"seed": -1}, "seed"),
    ({"start": "middle"}, "start"),
    ({"ratio_error": {"kind": "blurred", "size": 2}}, "ratio_error.size"),
    ({"schedule": {}}, "unknown key"),
]


@pytest.mark.parametrize(("change", "said"), CHANGES, ids=[said for _, said in CHANGES])
def test_what_cannot_run_is_refused_in_one_line(change: dict, said: str) -> None:
    with pytest.raises(InputError, match=said) as caught:
        DiscreteExperiment.from_dict(BASE | change)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("kind", list(SEQUENCES))
def test_every_target_is_a_law(kind: str) -> None:
    targets = {
        "markov_chain": MarkovChain(3, 0.2, 3),
        "two_words": TwoWords(4),
        "independent": Independent(((0.1, 0.9), (0.5, 0.5))),
        "parity": Parity(3),
        "ising": Ising(2, 3, 0.4),
        "words": Words(("cat", "act", "tac")),
        "histogram": Histogram((3.0, 1.0)),
    }
    target = targets[kind]
    assert target.law.sum() == pytest.approx(1.0)
    assert (target.law >= 0).all()
    assert len(target.letters) == target.law.shape[0]


def test_an_ising_chain_is_a_markov_chain() -> None:
    """Free ends: neighbours differ with the chance 1/(1 + e^{2 J})."""
    change = 1 / (1 + np.exp(2 * 0.6))
    np.testing.assert_allclose(Ising(1, 5, 0.6).law, MarkovChain(5, change).law, atol=1e-14)


def test_pairs_of_too_many_states_are_refused() -> None:
    e = DiscreteExperiment(MarkovChain(9, 0.2), sampler=Trapezoidal(), steps=2)
    with pytest.raises(Refused, match="at most 256"):
        list(moments(e))


def test_too_many_sequences_are_refused() -> None:
    with pytest.raises(InputError, match="200,000"):
        next(sequences(DiscreteExperiment(), 300_000))
