"""The numbers behind the theorems' assumptions, against integrals, samples and plain loops."""

from __future__ import annotations

import math

import mpmath as mp
import numpy as np
import pytest

from diffusion_core import PRESETS, SAMPLERS, SCHEDULES, Experiment, InputError
from diffusion_core.schedules import Chain, Theory
from diffusion_core.studies.forward import theory_facts
from diffusion_core.targets import Boxes, Circle, GaussianMixture, Points, StudentT
from diffusion_core.targets.gallery import line_mixture
from diffusion_core.targets.support import TAIL
from diffusion_core.theory.assumptions import schedule_facts, theorems
from diffusion_core.theory.theorems import THEOREMS

NAMED = [kind for kind in SCHEDULES if kind != "custom"]
BOUNDED = {"atoms", "cantor", "uniform", "histogram", "ring", "checkerboard", "atoms-2d"} | {
    "sierpinski",
    "uniform-square",
}


def draws(name: str, n: int = 40_000) -> np.ndarray:
    target = PRESETS[name].target
    return np.linalg.norm(target.sample(n, np.random.default_rng(3)), axis=1)


@pytest.mark.parametrize("name", PRESETS)
def test_no_draw_lies_beyond_the_radius(name: str) -> None:
    found = PRESETS[name].target.support()
    assert found.bounded == (name in BOUNDED)
    size = draws(name)
    assert size.max() <= found.radius * (1 + 1e-12)
    if found.bounded:
        assert size.max() > 0.98 * found.radius


def test_the_radius_of_atoms_boxes_and_circles_is_exact() -> None:
    assert Points(((3.0, -4.0), (1.0, 1.0))).support().radius == 5.0
    atoms = GaussianMixture((0.5, 0.5), ((3.0,), (-7.0,)), (((0.0,),),) * 2)
    assert atoms.support() == Points(((3.0,), (-7.0,))).support()
    box = Boxes((0.5, 0.5), ((-3.0, 0.0), (0.0, 1.0)), ((1.0, 4.0), (2.0, 2.0)))
    assert box.support().radius == 5.0
    assert Circle(2.0, (3.0, 4.0)).support().radius == 7.0
    assert Points(((0.0,),)).support().exponent(100) == -math.inf
    assert Circle(10.0).support().exponent(100) == pytest.approx(0.5)


@pytest.mark.parametrize("dim", [1, 2, 7])
def test_a_centred_gaussian_leaves_exactly_the_stated_mass_outside(dim: int) -> None:
    rows = tuple(tuple(0.49 * (i == j) for j in range(dim)) for i in range(dim))
    target = GaussianMixture((1.0,), ((0.0,) * dim,), (rows,))
    found = target.support()
    with mp.workdps(30):
        tail = mp.gammainc(mp.mpf(dim) / 2, found.radius**2 / mp.mpf("0.98"), regularized=True)
    assert float(tail) == pytest.approx(TAIL, rel=1e-6)
    assert target.mass_outside(found.radius) == pytest.approx(TAIL, rel=1e-6)


@pytest.mark.parametrize("df", [0.7, 2.0, 5.0])
def test_the_tail_of_students_t_against_its_integral(df: float) -> None:
    target = StudentT(df, (0.0,), 0.8)
    for radius in (target.support().radius, 3.0, 100.0):
        with mp.workdps(30):
            scale = mp.gamma((mp.mpf(df) + 1) / 2) / (
                mp.sqrt(df * mp.pi) * mp.gamma(mp.mpf(df) / 2)
            )
            # t = 1/u turns the tail into a finite interval
            end = 1 / (mp.mpf(radius) / mp.mpf(0.8))
            tail = 2 * mp.quad(
                lambda u, scale=scale: (
                    scale * (1 + 1 / (df * u * u)) ** (-(mp.mpf(df) + 1) / 2) / u**2
                ),
                [0, end / 100, end / 4, end],
            )
        assert target.mass_outside(radius) == pytest.approx(float(tail), rel=1e-6)
    assert target.mass_outside(target.support().radius) == pytest.approx(TAIL, rel=1e-6)


@pytest.mark.parametrize("name", ["three-modes", "two-moons", "atoms-2d", "student-t"])
@pytest.mark.parametrize("radius", [1.5, 2.5])
def test_the_mass_outside_is_no_less_than_what_is_seen(name: str, radius: float) -> None:
    share = float((draws(name) > radius).mean())
    noise = 5 * math.sqrt(share * (1 - share) / 40_000)
    assert PRESETS[name].target.mass_outside(radius) >= share - noise


def test_the_mass_outside_of_a_box_is_not_made_up() -> None:
    with pytest.raises(InputError, match="how far boxes reaches is not known"):
        PRESETS["uniform"].target.mass_outside(1.0)


@pytest.mark.parametrize("name", PRESETS)
def test_the_first_moment_is_bounded_closely(name: str) -> None:
    size = draws(name)
    bound = PRESETS[name].target.first_moment()
    assert size.mean() - 5 * size.std() / 200 <= bound * (1 + 1e-12)
    assert bound < 1.4 * size.mean()


def test_the_first_moment_of_students_t() -> None:
    with mp.workdps(20):
        for df in (1.5, 3.0, 5.0):
            scale = mp.gamma((df + 1) / 2) / (mp.sqrt(df * mp.pi) * mp.gamma(df / 2))
            # E|t| = 2 sqrt(df) Gamma((df+1)/2) / ( (df-1) sqrt(pi) Gamma(df/2) )
            truth = float(2 * scale * df / (df - 1))
            assert StudentT(df, (0.0,), 1.0).first_moment() == pytest.approx(truth, rel=1e-12)
            assert StudentT(df, (2.0,), 3.0).first_moment() == pytest.approx(2 + 3 * truth)
    assert StudentT(1.0, (0.0,), 1.0).first_moment() == math.inf
    plane = StudentT(6.0, (0.0, 0.0), 1.0)
    size = np.linalg.norm(plane.sample(200_000, np.random.default_rng(1)), axis=1)
    assert abs(plane.first_moment() - size.mean()) < 5 * size.std() / math.sqrt(200_000)
    assert line_mixture((1.0,), (3.0,), (4.0,)).first_moment() == pytest.approx(5.0)


def facts_by_loops(chain: Chain, c1: float) -> tuple[bool, bool, bool]:
    """Li and Yan's three facts, read off their formulas one t at a time."""
    T = chain.steps
    unit = c1 * math.log(T) / T
    small = all(chain.alpha[t] >= 1 - unit * (1 + 1e-9) for t in range(1, T + 1)) and unit <= 0.5
    relative = all(
        (1 - chain.alpha[t]) / (chain.alpha[t] - chain.abar[t]) <= 8 * unit * (1 + 1e-9)
        for t in range(2, T + 1)
    )
    return small, relative, bool(chain.abar[T] <= T ** (-c1 / 2))


@pytest.mark.parametrize("steps", [20, 100, 1000])
@pytest.mark.parametrize("kind", NAMED)
def test_the_facts_of_every_schedule_against_loops(kind: str, steps: int) -> None:
    chain = SCHEDULES[kind]().chain(steps)  # type: ignore[call-arg]
    found = schedule_facts(chain)
    grid = np.geomspace(0.05, 3e4, 150)
    assert all(found.hold_with(c1) == facts_by_loops(chain, c1) for c1 in grid)
    wide = found.hold and found.most > 1.1 * found.least
    assert wide <= any(all(facts_by_loops(chain, c1)) for c1 in grid)
    if not found.hold:
        assert not any(all(facts_by_loops(chain, c1)) for c1 in grid)


@pytest.mark.parametrize(("c0", "c1"), [(1.0, 4.0), (2.0, 4.0), (3.0, 4.0), (0.5, 6.0)])
def test_the_theorys_schedule_keeps_what_is_proven_of_it(c0: float, c1: float) -> None:
    schedule = Theory(c0, c1)
    found = schedule_facts(schedule.chain(1000))
    small, relative, end = found.hold_with(c1)
    step, last = theory_facts(schedule, 1000)
    assert small
    assert relative == step.holds
    assert end == last.holds
    if c1 >= 2 * c0:
        assert found.hold
    assert found.largest_step == step.value
    assert found.abar_T == last.value


def test_few_steps_are_too_few_whatever_the_constant() -> None:
    found = schedule_facts(Theory().chain(20))
    assert found.half < 4.0
    assert not found.hold_with(4.0)[0]


SINGULAR = {"atoms", "cantor", "ring", "atoms-2d", "sierpinski"}


@pytest.mark.parametrize("name", PRESETS)
def test_which_laws_are_absolutely_continuous(name: str) -> None:
    assert PRESETS[name].target.absolutely_continuous == (name not in SINGULAR)


def test_a_law_is_continuous_only_if_all_of_it_is() -> None:
    flat = ((1.0, 1.0), (1.0, 1.0))
    full = ((1.0, 0.0), (0.0, 1.0))
    assert not GaussianMixture((1.0,), ((0.0, 0.0),), (flat,)).absolutely_continuous
    half = GaussianMixture((0.999, 0.001), ((0.0, 0.0), (5.0, 5.0)), (full, flat))
    assert not half.absolutely_continuous
    assert GaussianMixture((1.0,), ((0.0, 0.0),), (full,)).absolutely_continuous
    assert GaussianMixture((1.0,), ((0.0,),), (((1e-20,),),)).absolutely_continuous
    assert Points(((0.0,), (1.0,)), 0.1).absolutely_continuous
    assert not Points(((0.0,), (1.0,))).absolutely_continuous
    assert StudentT(0.7, (0.0,), 1.0).absolutely_continuous
    assert not Circle(1.0).absolutely_continuous
    assert Boxes((1.0,), ((0.0,),), ((1e-8,),)).absolutely_continuous


@pytest.mark.parametrize("name", SAMPLERS)
def test_the_theorems_of_a_run_are_those_of_its_sampler(name: str) -> None:
    assert theorems(Experiment(sampler=name)) == tuple(
        t for t in THEOREMS.get(name, ()) if t.eta in (None, 0.0) and t.order in (None, 3)
    )


def test_the_theorem_of_ddim_depends_on_eta() -> None:
    found = [[t.name for t in theorems(Experiment(sampler="ddim", eta=e))] for e in (0, 0.3, 1)]
    assert found == [["Theorem 1"], [], ["Theorem 2"]]


def test_only_li_and_yan_do_without_a_bounded_support() -> None:
    moments = [t.arxiv for found in THEOREMS.values() for t in found if "moment" in t.needs]
    assert moments == ["2409.18959"]
