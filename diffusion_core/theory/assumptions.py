"""The assumptions of the theorems, checked: the numbers behind each, for one experiment.

How far X_0 reaches, how large it is on average, and whether the schedule does what the proofs use
of it. That the constants are "large enough" cannot be checked: nobody has published how large.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from diffusion_core.experiment import Experiment
from diffusion_core.schedules import Chain
from diffusion_core.scores.learned import ONLY, Learned
from diffusion_core.studies.forward import relative_steps
from diffusion_core.theory import theorems as theory_theorems
from diffusion_core.theory.theorems import Theorem


def exact_score(experiment: Experiment) -> bool:
    """Whether the sampler is given s_t itself; w_t and v_t may be learned all the same."""
    error = experiment.score_error
    return error is None or (isinstance(error, Learned) and error.extra == ONLY)


@dataclass(frozen=True)
class ScheduleFacts:
    """What Li and Yan's proof uses of a schedule (arXiv 2409.18959), checked at one T.

    With some c_1: (1) alpha_t >= 1 - c_1 log T/T >= 1/2, (2) (1-alpha_t)/(alpha_t-abar_t) <=
    8 c_1 log T/T for t >= 2, (3) abar_T <= T^{-c_1/2}. (1) and (2) ask for a c_1 of at least
    ``step`` and ``relative``, (3) for one of at most ``end``, and 1/2 for one of at most ``half``.
    """

    largest_beta: float
    largest_step: float
    abar_T: float
    step: float
    relative: float
    end: float
    half: float

    @property
    def least(self) -> float:
        return max(self.step, self.relative)

    @property
    def most(self) -> float:
        return min(self.end, self.half)

    @property
    def hold(self) -> bool:
        """Whether one c_1 does for all three."""
        return self.least <= self.most

    def hold_with(self, c1: float) -> tuple[bool, bool, bool]:
        """The three facts, each at this c_1."""
        # a share of 1e-12 for rounding: the theory's schedule meets the first with equality
        enough = c1 * (1 + 1e-12)
        return self.step <= enough and c1 <= self.half, self.relative <= enough, c1 <= self.end


def schedule_facts(chain: Chain) -> ScheduleFacts:
    """The constants c_1 with which the three facts hold on this chain."""
    steps = chain.steps
    unit = math.log(steps) / steps
    beta = float(chain.beta[1 : steps + 1].max())
    relative = float(relative_steps(chain).max())
    end = float(chain.abar[steps])
    return ScheduleFacts(
        beta,
        relative,
        end,
        beta / unit,
        relative / (8 * unit),
        -2 * math.log(end) / math.log(steps) if end > 0 else math.inf,
        0.5 / unit,
    )


def theorems(experiment: Experiment) -> tuple[Theorem, ...]:
    """Those about the experiment's sampler, the seed paper's first; none with a corrector."""
    e = experiment
    return () if e.record.corrections else theory_theorems.theorems(e.record.name, e.eta, e.order)
