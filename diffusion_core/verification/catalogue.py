"""The checks there are."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial

from diffusion_core.errors import Refused
from diffusion_core.experiment import Experiment
from diffusion_core.verification import laws, refusals, runs, scores
from diffusion_core.verification.record import Alter, Check, Part, Stop

MOST_JACOBIAN, MOST_RUN = 8, 256
MOST_PARTICLES = 20_000
MOST_WORK = 50_000  # steps times components

DENSITIES, SAMPLING, LAWS, YOURS = "Densities", "Samplers", "Laws and distances", "Your experiment"


def _power(x: float) -> str:
    """10⁻⁷"""
    digit, exponent = f"{x:.0e}".split("e")
    raised = str(int(exponent)).translate(str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻"))
    return f"{'' if digit == '1' else f'{digit}·'}10{raised}"


_SLOPES = (
    f"{_power(scores.SLOPES)}: differences of fourth order over a thousandth of the finest detail "
    "lose up to nine of sixteen digits to rounding, and more where coordinates exceed it 10⁵ times."
)
_MASS = (
    f"{_power(scores.MASS)}: a plain sum over a grid finer than the detail is exact to rounding; "
    "only the Student t, whose tail never ends, may lack 0.001."
)
_DRAWS = f"{scores.WIDEST:g} standard errors, seldom seen by chance in some 400 comparisons."
_PARTICLES = (
    f"{runs.STANDARD_ERRORS:g} standard errors of up to {runs.PARTICLES:,} particles, drawn "
    "from a fixed seed."
)
_INEQUALITIES = "1, plus what the distances' own errors can add."

CHECKS = (
    Check(
        "score",
        DENSITIES,
        "The score is the gradient of log pₜ",
        "The closed-form score of every preset, at draws of Xₜ and beside them, with differences "
        "of log pₜ.",
        _SLOPES,
        "in units of 1/detail + |sₜ|",
        partial(scores.score_parts, scores.presets),
    ),
    Check(
        "jacobian",
        DENSITIES,
        "The Jacobian is the slope of the score",
        "The closed-form Jacobian of every preset's score with differences of the score.",
        _SLOPES,
        "in units of 1/detail² + |Hₜ|",
        partial(scores.jacobian_parts, scores.presets),
    ),
    Check(
        "mass",
        DENSITIES,
        "pₜ has mass 1",
        "The sum of every preset's pₜ over a grid with 1. A t where the grid does not resolve pₜ "
        "is left out.",
        _MASS,
        "as a share of the mass",
        partial(scores.mass_parts, scores.presets),
    ),
    Check(
        "draws",
        DENSITIES,
        "Draws of Xₜ follow pₜ",
        "Stein's identities E sₜ(Xₜ) = 0 and E Xₜ · sₜ(Xₜ) = −d: the scores, averaged over "
        "draws that were made without them.",
        _DRAWS,
        "in standard errors",
        partial(scores.draw_parts, scores.presets),
    ),
    Check(
        "order",
        SAMPLING,
        "Every sampler has the order that its record states",
        "The slope of the exact TV from T = 128 to 256 with the order, on the linear schedule from "
        "Y_T ~ p_T, where no log factor and no initialisation bends it.",
        f"{runs.SLOPE:g}: at these T the next order still adds up to 0.12; neighbouring orders are "
        "1 apart. DPM-Solver++(2M) is taken on its own variable's schedule, log-SNR: on the linear "
        "one its step nearest the data does not shrink, and its slope tends to 1.",
        "in the slope",
        runs.order_parts,
    ),
    Check(
        "printed",
        SAMPLING,
        "Values found with another program come out again",
        "TV(q₁, p₁) of the ODE and the training-free accelerated ODE on the theory's schedule, "
        "c₀ = 2, c₁ = 4, with values printed in the notes on the theory, from a program of its "
        "own.",
        "Half a unit of the last printed digit.",
        "in last digits",
        runs.printed_parts,
    ),
    Check(
        "brute",
        SAMPLING,
        "TV by brute force",
        "The adaptive exact law with 40,000 cells of N(0, 1) carried through the whole map. Score, "
        "update and schedule are written a second time.",
        f"{_power(runs.AGREE)} relative: what this project promises on the line.",
        "as a share of TV",
        runs.brute_parts,
    ),
    Check(
        "gaussian",
        SAMPLING,
        "A Gaussian stays Gaussian",
        "The general laws, which do not know that the target is N(0.7, 0.4²), with mean and "
        "variance followed by hand: every update is affine there.",
        f"{_power(runs.AGREE)} relative: what this project promises on the line.",
        "as a share of TV",
        runs.gaussian_parts,
    ),
    Check(
        "particles",
        LAWS,
        "Particles find the exact TV",
        "The exact TV of a deterministic and a stochastic sampler with particles: the "
        "share of them where the exact q₁ exceeds p₁, less what p₁ has there.",
        _PARTICLES,
        "in standard errors",
        runs.particle_parts,
    ),
    Check(
        "output",
        LAWS,
        "q₁ has mass 1",
        "The mass of the output's law after all updates with 1; no step renormalises it.",
        f"{_power(laws.OUTPUT_MASS)} on the line, where grids resolve to rounding, and "
        f"{_power(laws.PLANE_MASS)} in the plane, the least error stated there.",
        "as a share of the mass",
        laws.output_mass_parts,
    ),
    Check(
        "plane",
        LAWS,
        "The plane knows the line",
        "TV in the plane, for a target that is a product, with a double sum over two laws on the "
        "line: the updates act on each axis alone.",
        f"{_power(laws.PLANE_AGREES)} relative: what this project promises in the plane.",
        "as a share of TV",
        laws.plane_parts,
    ),
    Check(
        "inequalities",
        LAWS,
        "Distances obey their inequalities",
        "Five distances of one run with each other: the smaller side over the larger side.",
        _INEQUALITIES,
        "as a ratio",
        partial(laws.inequality_parts, laws.examples),
    ),
    Check(
        "start",
        LAWS,
        "A wrong start cannot grow",
        "By the data-processing inequality no update increases TV: what starting from noise "
        "changes at the end, over TV(p_T, N(0, 1)) by brute force.",
        "1, plus what the distances' own errors can add.",
        "as a ratio",
        laws.start_parts,
    ),
    Check(
        "refusals",
        LAWS,
        "Bad input is refused by name",
        "What the program says to bad input with a sentence that begins with the field at fault.",
        "0: nothing may be accepted, and nothing refused without saying why.",
        "in cases",
        refusals.refusal_parts,
    ),
)


def checks_of(experiment: Experiment) -> tuple[Check, ...]:
    """The checks that make sense of any experiment, on this one."""
    exact = {"your target": experiment.with_(score_error=None)}
    given = {"your run": experiment}

    def target() -> Mapping[str, Experiment]:
        return exact

    def run() -> Mapping[str, Experiment]:
        _small(experiment)
        return given

    def jacobians(alter: Alter, stop: Stop) -> Iterator[Part]:
        if experiment.target.dim > MOST_JACOBIAN:
            raise Refused(f"Jacobians are compared up to {MOST_JACOBIAN} dimensions")
        yield from scores.jacobian_parts(target, alter, stop)

    def particles(alter: Alter, stop: Stop) -> Iterator[Part]:
        _small(experiment)
        yield from runs.against_particles(alter(experiment), stop, MOST_PARTICLES)

    of: dict[str, tuple[str, Callable[[Alter, Stop], Iterator[Part]]]] = {
        "score": ("Your target's score", partial(scores.score_parts, target)),
        "jacobian": ("Your target's Jacobian", jacobians),
        "mass": ("Your target's mass", partial(scores.mass_parts, target)),
        "draws": ("Draws of your target", partial(scores.draw_parts, target)),
        "particles": ("Your run by particles", particles),
        "inequalities": ("Your run's distances", partial(laws.inequality_parts, run)),
    }
    return tuple(_yours(name, title, parts) for name, (title, parts) in of.items())


def _small(experiment: Experiment) -> None:
    if experiment.target.dim > 1:
        raise Refused("this check is for targets on the line")
    if experiment.steps > MOST_RUN:
        raise Refused(f"this check is for up to {MOST_RUN} steps, so that nobody waits long")
    if experiment.steps * scores.components(experiment) > MOST_WORK:
        raise Refused("the target has too many parts for this many steps")


def _yours(name: str, title: str, parts: Callable[[Alter, Stop], Iterator[Part]]) -> Check:
    like = next(check for check in CHECKS if check.name == name)
    compares = "The same comparison as above, for the experiment in the sidebar."
    name = f"your-{name}"
    return Check(name, YOURS, title, compares, like.tolerance, like.unit, parts, optional=True)
