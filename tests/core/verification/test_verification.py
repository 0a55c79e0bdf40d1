"""The checks that run in front of readers hold, and each of them finds what is broken."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import fields, replace

import numpy as np
import pytest

from diffusion_core import PRESETS, Experiment, Refused
from diffusion_core.laws.line.law import GridLaw
from diffusion_core.samplers import SAMPLERS
from diffusion_core.schedules import Cosine
from diffusion_core.scores.errors import SCORE_ERRORS
from diffusion_core.targets.gaussian_mixture import GaussianMixture, Points
from diffusion_core.verification import CHECKS, FAULTS, Check, Part, checks_of, independent, run
from diffusion_core.verification import laws as law_checks
from diffusion_core.verification import runs as run_checks
from diffusion_core.verification.record import Alter, Stop, as_it_is

NAMED = {check.name: check for check in CHECKS}


def first_failure(name: str, alter: Alter = as_it_is) -> Part | None:
    parts = NAMED[name].parts(alter, lambda: None)
    return next((part for part in parts if not part.holds), None)


@pytest.mark.parametrize("name", NAMED)
def test_every_check_holds(name: str) -> None:
    result = run(NAMED[name])
    assert result.reason == ""
    assert len(result.parts) >= 2
    assert result.holds is True, [part for part in result.parts if not part.holds]


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("score", "score"),
        ("jacobian", "score"),
        ("mass", "density"),
        ("order", "score"),
        ("printed", "schedule"),
        ("brute", "schedule"),
        ("brute", "score"),
        ("gaussian", "noise"),
        ("gaussian", "schedule"),
        ("plane", "score"),
    ],
)
def test_faults_are_found(name: str, fault: str) -> None:
    assert run(NAMED[name], FAULTS[fault].alter).holds is False


def test_a_fault_in_the_noise_leaves_scores_and_deterministic_samplers_right() -> None:
    alter = FAULTS["noise"].alter
    assert run(NAMED["score"], alter).holds
    assert [p.what[:3] for p in run(NAMED["gaussian"], alter).parts if p.holds] == ["ODE", "ODE"]


def test_draws_that_are_a_little_too_wide_are_found() -> None:
    class Wide(GaussianMixture):
        def sample(self, n: int, rng: np.random.Generator) -> np.ndarray:
            return 1.1 * super().sample(n, rng)

    def alter(e: Experiment) -> Experiment:
        given = {f.name: getattr(e.target, f.name) for f in fields(GaussianMixture)}
        return e.with_(target=Wide(**given))

    assert first_failure("draws", alter) is not None


def test_particles_that_are_not_the_laws_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = run_checks.final_points
    monkeypatch.setattr(run_checks, "final_points", lambda *a: 0.98 * drawn(*a))
    assert first_failure("particles") is not None


def test_an_output_that_lost_mass_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    law = law_checks.line_law.grid_law

    def leaking(e: Experiment, stop: Stop) -> GridLaw:
        found = law(e, stop=stop)
        values = found.density.values * (1 - 1e-8)
        return GridLaw(replace(found.density, values=values), found.error)

    monkeypatch.setattr(law_checks.line_law, "grid_law", leaking)
    assert first_failure("output") is not None


@pytest.mark.parametrize(("metric", "claim"), [("tv", "Pinsker"), ("w1", "W₁")])
def test_a_distance_that_is_too_large_is_found(
    monkeypatch: pytest.MonkeyPatch, metric: str, claim: str
) -> None:
    measured = law_checks.measure_all

    def too_large(*args: object, **rest: object) -> object:
        found = measured(*args, **rest)  # type: ignore[arg-type]
        return found | {metric: replace(found[metric], value=1.5 * found[metric].value)}

    monkeypatch.setattr(law_checks, "measure_all", too_large)
    failure = first_failure("inequalities")
    assert failure is not None
    assert claim in failure.what


def test_a_start_that_changes_more_than_it_can_is_found() -> None:
    def alter(e: Experiment) -> Experiment:
        return e.with_(schedule=Cosine()) if e.exact_start else e

    failure = first_failure("start", alter)
    assert failure is not None
    assert "TV from noise" in failure.what


def test_input_that_is_accepted_or_refused_without_a_name_is_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def accept(text: str) -> Experiment:
        return Experiment()

    def mumble(text: str) -> Experiment:
        raise Refused("something is wrong")

    for reader in (accept, mumble):
        monkeypatch.setattr(Experiment, "from_json", reader)
        assert first_failure("refusals") is not None


# ---- the second set of formulas


def test_the_formulas_by_hand_on_a_case_worked_out_on_paper() -> None:
    # one update with beta_2 = 1/2 for N(0, 1): the score is -y, so y -> (1 - b/2)/sqrt(1 - b) y
    m, v, mu, w = independent.affine("ode", [0.0, 0.5, 0.5, 0.5], 0.0, 1.0)
    assert (m, mu, w) == (0.0, 0.0, 1.0)
    assert v == pytest.approx(0.75**2 / 0.5)
    found = independent.affine("ddpm", [0.0, 0.5, 0.5, 0.5], 0.0, 1.0)
    assert found[1] == pytest.approx((0.5**2 + 0.5) / 0.5)
    # TV between N(0, 1) and N(2, 1) is 2 Phi(1) - 1
    assert independent.normal_variation(0.0, 1.0, 2.0, 1.0) == pytest.approx(0.6826894921, 1e-7)


# ---- records and how they are run


def check_of(parts: Callable[[Alter, Stop], Iterator[Part]], optional: bool = False) -> Check:
    return Check("name", "group", "Title", "a with b", "1", "in steps", parts, optional)


def test_nothing_that_cannot_be_compared_holds() -> None:
    assert not Part("nan", float("nan"), 1.0).holds
    assert Part("nan", float("nan"), 1.0).strain == float("inf")
    assert Part("zero", 0.0, 0.0).strain == 0.0
    assert Part("one", 1.0, 0.0).strain == float("inf")
    assert run(check_of(lambda alter, stop: iter(()))).holds is False


def test_a_refusal_is_a_failure_unless_the_check_is_optional() -> None:
    def parts(alter: Alter, stop: Stop) -> Iterator[Part]:
        yield Part("first", 0.0, 1.0)
        raise Refused("kl: no")

    assert run(check_of(parts)).holds is False
    result = run(check_of(parts, optional=True))
    assert (result.holds, result.reason, len(result.parts)) == (None, "kl: no", 1)


def test_the_worst_comparison_is_the_one_nearest_to_its_limit() -> None:
    def parts(alter: Alter, stop: Stop) -> Iterator[Part]:
        yield Part("large but allowed", 5.0, 100.0)
        yield Part("small and close", 0.9, 1.0)

    worst = run(check_of(parts)).worst
    assert worst is not None
    assert worst.what == "small and close"


def test_every_check_can_be_stopped_within_its_comparisons() -> None:
    class Stopped(Exception):
        pass

    def stop() -> None:
        raise Stopped

    for check in CHECKS:
        with pytest.raises(Stopped):
            run(check, stop=stop)


def test_names_are_unique_and_every_check_says_what_it_does() -> None:
    checks = (*CHECKS, *checks_of(Experiment()))
    assert len({check.name for check in checks}) == len(checks)
    for check in checks:
        assert check.title[-1] != "."
        assert check.compares[-1] == check.tolerance[-1] == "."


def verdicts(experiment: Experiment) -> dict[str, bool | None]:
    return {check.name: run(check).holds for check in checks_of(experiment)}


def test_printed_values_are_said_of_the_samplers_that_they_are_of() -> None:
    [check] = [c for c in CHECKS if c.name == "printed"]
    labels = [SAMPLERS[name].label.split(" (")[0] for name in run_checks.PRINTED]
    assert f"of the {' and the '.join(labels)} on" in check.compares


def test_a_readers_experiment_on_the_line_holds_throughout() -> None:
    skewed = Experiment(target=PRESETS["skewed"].target, sampler="ddpm", steps=30)
    assert set(verdicts(skewed).values()) == {True}


def test_where_nothing_can_be_compared_nothing_fails() -> None:
    plane = verdicts(Experiment(target=PRESETS["ring"].target, steps=20))
    assert [name for name, holds in plane.items() if holds is None] == [
        "your-particles",
        "your-inequalities",
    ]
    identity = tuple(tuple(float(i == j) for j in range(16)) for i in range(16))
    many = Experiment(target=GaussianMixture((1.0,), ((0.0,) * 16,), (identity,)), steps=20)
    assert [name for name, holds in verdicts(many).items() if holds] == ["your-score", "your-draws"]
    assert None in verdicts(Experiment(steps=8192)).values()


def test_far_and_thin_targets_are_no_failures() -> None:
    far = GaussianMixture((0.5, 0.5), ((-1e6,), (1e6,)), (((1.0,),), ((1e-6,),)))
    found = verdicts(Experiment(target=far, steps=10))
    assert found["your-score"] is True
    assert found["your-jacobian"] is True
    assert False not in found.values()


def test_targets_of_very_many_parts_are_left_to_others() -> None:
    points = tuple((float(x),) for x in np.linspace(-1, 1, 5000))
    checks = checks_of(Experiment(target=Points(points, 0.1), steps=100))
    result = run(next(check for check in checks if check.name == "your-particles"))
    assert "too many parts" in result.reason


def test_a_score_that_is_wrong_on_purpose_is_no_fault_of_the_target() -> None:
    error = next(iter(SCORE_ERRORS.values()))()
    found = verdicts(Experiment(steps=20, score_error=error))
    assert found["your-score"] is True
    assert found["your-particles"] is True
