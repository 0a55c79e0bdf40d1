"""What a sampler says of itself: one frozen record, read by tests, labels, tables and pages."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from diffusion_core.samplers.update import Multistep, Stage

SEED_ARXIV = "2306.09251"
SEED = f"Li, Wei, Chen, Chi, arXiv {SEED_ARXIV}"
TRAINING_FREE = "Li, Huang, Efimov, Wei, Chi, Chen, arXiv 2403.03852"

Factors = Mapping[str, float]


@dataclass(frozen=True)
class Part:
    """A part of an update, for looking at one step.

    formula: with fields in braces: y, s (the score at y), p1, p2, ... (where the parts end), z and
    z2 (the normals drawn) and the names of the update's factors. One character after _ is a
    subscript, and so are several in brackets.
    """

    name: str
    formula: str


@dataclass(frozen=True)
class Term:
    """A term of the printed update: its LaTeX, a word for what it is for, and the number in it.

    ``factor`` finds the number among the factors that the update's parts name.
    """

    latex: str
    purpose: str
    factor: Callable[[Factors], float]


@dataclass(frozen=True)
class Sampler:
    """One update rule and its facts.

    order: m such that TV falls like T^{-m} on a smooth target where every step shrinks like 1/T in
    lambda = log(sqrt(abar)/sqrt(1 - abar)), as between the fixed ends of ``Karras`` and ``LogSNR``.
    Elsewhere a step that does not shrink may set a lower rate: DPM-Solver++ (2M and 3M) tends to 1
    on ``Linear``, ``Cosine`` and ``Sigmoid``, and so does Heun on ``Sigmoid``. 0 where TV does not
    vanish there: Langevin steps whose size does not shrink with T keep an error of their own.
    evaluations: score evaluations per update; ``derivatives``: what it needs beyond the score.
    equation: its number in the seed paper, arXiv 2306.09251; empty where it is not from there.
    stages: the update, one stage after the other; or ``multistep``, one that remembers.
    corrections: how many of the stages, the last ones, are Langevin steps at level t - 1.
    own: made by a reader; nothing is known of the update but what it returns.
    latex, terms, parts: the same update as it is printed, term by term, and taken apart.
    """

    name: str
    label: str
    order: int
    evaluations: int
    stochastic: bool
    reference: str
    equation: str = ""
    derivatives: str = ""
    stages: tuple[Stage, ...] = ()
    multistep: Multistep | None = None
    latex: str = ""
    terms: tuple[Term, ...] = ()
    parts: tuple[Part, ...] = ()
    corrections: int = 0
    own: bool = False

    def nfe(self, steps: int) -> int:
        """Score evaluations of a whole run, t = T..2."""
        return self.evaluations * (steps - 1)

    def steps_for(self, nfe: int) -> int:
        """The largest T whose run needs at most ``nfe`` score evaluations."""
        return nfe // self.evaluations + 1


SHRINK = Term(r"\frac{1}{\sqrt{\alpha_t}}", "shrink", lambda factors: 1 / factors["root_alpha"])


def rescale(last: int) -> Part:
    """The last part of many updates: the division by sqrt(alpha_t)."""
    return Part("rescale", f"Y_[t−1] = … / √α_t = {{p{last}}} / {{root_alpha}} = {{p{last + 1}}}")
