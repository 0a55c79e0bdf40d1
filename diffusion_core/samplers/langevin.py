"""Langevin steps at a noise level: a corrector after any predictor, and annealed Langevin alone."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import sqrt
from operator import itemgetter

from diffusion_core.errors import InputError
from diffusion_core.samplers.record import Part, Sampler, Term
from diffusion_core.samplers.update import Mark, Normal, Stage
from diffusion_core.schedules import Array, Chain
from diffusion_core.scores.exact import Score
from diffusion_core.strict_json import shown

NAME = "langevin"
MOST_STEPS = 20
LEAST_SIZE, MOST_SIZE = 1e-3, 2.0
SONG = "Song, Sohl-Dickstein, Kingma, Kumar, Ermon, Poole, arXiv 2011.13456"


@dataclass(frozen=True)
class Corrector:
    """``steps`` Langevin steps at every new level, of g_t = size (1 - abar_t)/2.

    The size is the step of Song and Ermon, arXiv 1907.05600, Algorithm 1, over the level's noise
    variance: theirs is alpha_i = eps sigma_i^2/sigma_L^2 with x + (alpha_i/2) s + sqrt(alpha_i) z.
    The signal-to-noise ratio r of Song et al., arXiv 2011.13456, is about sqrt(size)/2.
    0 steps are no corrector. InputError outside 0 to 20 steps and sizes from 0.001 to 2; beyond 4
    a step would grow where p_t is mere noise.
    """

    steps: int = 1
    size: float = 0.1

    def __post_init__(self) -> None:
        if type(self.steps) is not int or not 0 <= self.steps <= MOST_STEPS:
            raise InputError(
                f"sampler: the number of Langevin steps is a whole one from 0 to {MOST_STEPS}, got "
                f"{shown(self.steps)}"
            )
        number = isinstance(self.size, int | float) and not isinstance(self.size, bool)
        if not number or not LEAST_SIZE <= self.size <= MOST_SIZE:
            raise InputError(
                f"sampler: the size of Langevin steps is between {LEAST_SIZE:g} and {MOST_SIZE:g}, "
                f"got {shown(self.size)}"
            )
        object.__setattr__(self, "size", float(self.size))


ANNEALED = Corrector(3, 0.3)


def langevin(size: float) -> Stage:
    """One Langevin step of size g at the new level t - 1."""

    def correct(y: Array, t: int, chain: Chain, score: Score, mark: Mark) -> Normal:
        """Y <- Y + g s_{t-1}(Y) + sqrt(2 g) Z,  g = size (1 - abar_{t-1})/2.

        Song et al., arXiv 2011.13456, Section 4.2.
        """
        g = size * chain.var[t - 1] / 2
        return mark(Normal(y + g * score(t - 1, y), sqrt(2 * g)), pull=g, shake=sqrt(2 * g))

    return correct


STEP = (
    r"Y\leftarrow Y+g_{t-1}\,s_{t-1}(Y)+\sqrt{2g_{t-1}}\,Z,",
    r"g_{t-1}=\tfrac{%s}{2}(1-\bar\alpha_{t-1}),\quad %s",
)
TERMS = (
    Term(r"g_{t-1}\,s_{t-1}(Y)", "corrector-pull", itemgetter("pull")),
    Term(r"\sqrt{2g_{t-1}}\,Z", "corrector-noise", itemgetter("shake")),
)


def corrected(sampler: Sampler, corrector: Corrector) -> Sampler:
    """The predictor's update, then the corrector's Langevin steps at the level it has reached.

    order: 0, since with a size held fixed the law at every level is that of Langevin's own step as
    T grows, and not p_t. InputError for a predictor that remembers, or corrects by itself.
    """
    n = corrector.steps
    if n == 0:
        return sampler
    if sampler.multistep or sampler.corrections:
        why = (
            "remembers the step before, which a corrector moves away from"
            if sampler.multistep
            else "makes Langevin steps by itself; use its own steps and size"
        )
        raise InputError(f"sampler.corrector: {sampler.name} {why}")
    normals = sum(part.formula.count("{z") for part in sampler.parts)
    label = f"{sampler.label} + {_counted(n, 'corrector step')} of {corrector.size:g}"
    return replace(
        sampler,
        label=label,
        equation="",
        order=0,
        evaluations=sampler.evaluations + n,
        stochastic=True,
        reference=f"{sampler.reference}; corrector: {SONG}, Section 4.2",
        stages=(*sampler.stages, *[langevin(corrector.size)] * n),
        corrections=n,
        latex=rf"\begin{{gathered}}{sampler.latex}\\[1ex]{_step(corrector)}\end{{gathered}}",
        terms=(*sampler.terms, *TERMS),
        parts=(*sampler.parts, *_parts(n, len(sampler.parts), normals)),
    )


def annealed_langevin(alone: Corrector = ANNEALED) -> Sampler:
    """Annealed Langevin: no predictor, ``alone.steps`` Langevin steps at each level T-1..1.

    Song and Ermon, arXiv 1907.05600, Algorithm 1, on the variance-preserving path as the sampler
    with correctors only of Song et al., arXiv 2011.13456. Between two levels Y stays where it is.
    Song and Ermon's x = Y/sqrt(abar) stays instead, which divides Y by sqrt(alpha_t): nearer to the
    data that moves the modes as they move, but at high noise it widens N(0, I) by what the
    Langevin steps have to undo, and with few of them the law runs away. InputError for no steps.
    """
    n = alone.steps
    if n == 0:
        raise InputError(f"sampler.steps: {NAME} makes 1 to {MOST_STEPS} steps at a level, got 0")
    return Sampler(
        name=NAME,
        label="annealed Langevin",
        order=0,
        evaluations=n,
        stochastic=True,
        reference=f"Song, Ermon, arXiv 1907.05600, Algorithm 1; {SONG}",
        stages=(langevin(alone.size),) * n,
        corrections=n,
        latex=rf"\begin{{gathered}}Y=Y_t,\\{_step(alone)}\end{{gathered}}",
        terms=TERMS,
        parts=_parts(n, 0, 0),
    )


def _step(corrector: Corrector) -> str:
    often = _counted(corrector.steps, "time")
    formula, size = STEP[0], STEP[1] % (f"{corrector.size:g}", rf"\text{{{often}}}")
    return rf"{formula}\\ {size}"


def _parts(n: int, before: int, normals: int) -> tuple[Part, ...]:
    """Of n Langevin steps, after so many parts that have drawn so many normals."""
    begins = ["y" if before + k == 0 else f"p{before + k}" for k in range(n)]
    return tuple(
        Part(
            f"Langevin step {k} of {n}",
            f"Y + g s_[t−1](Y) + √(2g) Z = {{{begins[k - 1]}}} + {{pull}} · s_[t−1] + {{shake}} "
            f"· {{{_normal(normals + k)}}} = {{p{before + k}}}",
        )
        for k in range(1, n + 1)
    )


def _normal(number: int) -> str:
    return "z" if number == 1 else f"z{number}"


def _counted(n: int, what: str) -> str:
    return f"{n} {what}" if n == 1 else f"{n} {what}s"
