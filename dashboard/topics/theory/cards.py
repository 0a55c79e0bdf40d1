"""The samplers term by term with the code that runs, and the theorems as cards."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Iterable

from dashboard.prose import prose
from dashboard.prose.library import spoken
from dashboard.text.numbers import rounded
from diffusion_core import SAMPLERS, Experiment
from diffusion_core.samplers import LANGEVIN, Sampler, acceleration
from diffusion_core.samplers.parts import factors
from diffusion_core.theory.assumptions import schedule_facts
from diffusion_core.theory.theorems import Theorem

phrase = prose("phrases/theory")
EVIDENCE = {
    "read in full": ":material/menu_book:",
    "abstract": ":material/short_text:",
    "second-hand": ":material/help:",
}
EXTRAS: dict[str, Callable[..., object]] = {
    "ode-taylor": acceleration.w_t,
    "ddpm-covariance": acceleration.v_t,
}
_say = prose("theory")


def term_table(experiment: Experiment, t: int) -> str:
    """Term, what it is for and its factor at t, as a Markdown table."""
    found = factors(experiment.record, experiment.chain, t)
    rows = [
        f"| ${term.latex}$ | {_one_line(_say(f'term-{term.purpose}'))} "
        f"| {_number(term.factor(found))} |"
        for term in experiment.record.terms
    ]
    names = (phrase("term"), phrase("purpose"), phrase("factor-at-t", t=f"{t:,}"))
    return "\n".join([f"| {' | '.join(names)} |", "|---|---|---|", *rows])


def _number(value: float) -> str:
    return rounded(value, 4).replace("-", "−") if value else "0"


def _one_line(text: str) -> str:
    return " ".join(text.split()).replace("|", r"\vert ")


def place_in_chain(steps: int, percent: int) -> int:
    """t, this far on the way from T to 2."""
    return steps - round((steps - 2) * percent / 100)


def source(sampler: Sampler) -> str:
    """The functions that compute one update, as they are in the running program."""
    stages = dict.fromkeys(sampler.stages)  # Langevin steps are one stage several times
    return _code(stages if sampler.multistep is None else (sampler.multistep,))


def extra_source(sampler: str) -> str:
    """The closed form of what a sampler of the seed paper asks for beside the score."""
    return _code((EXTRAS[sampler],))


def _code(parts: Iterable[Callable[..., object]]) -> str:
    return "\n\n\n".join(inspect.getsource(part).strip() for part in parts)


def all_formulas() -> str:
    """Every sampler with its order, its cost and its update."""
    return "\n\n".join(
        f"{_facts(record)}\n\n$$\n{record.latex}\n$$" for record in SAMPLERS.values()
    )


def _facts(record: Sampler) -> str:
    """A sampler's name, its order and its cost."""
    count = record.evaluations
    cost = phrase("evaluations-a-step", count=count) if count > 1 else phrase("evaluation-a-step")
    return phrase(
        "sampler-facts",
        sampler=f"{record.label} {record.equation}".strip(),
        order=phrase("of-order", order=record.order) if record.order else phrase("no-order"),
        cost=cost,
    )


# ---- the setting in numbers


def trace_of_noise(experiment: Experiment) -> str:
    """How far p_1 is from p_0: E|X_1 - X_0| <= (1 - sqrt(alpha_1)) E|X_0| + sqrt(d beta_1)."""
    beta = float(experiment.chain.beta[1])
    reach = experiment.target.first_moment()
    far = beta / (1 + math.sqrt(1 - beta)) * reach + math.sqrt(experiment.target.dim * beta)
    said = rounded(far) if math.isfinite(far) else phrase("infinity-since-e-x0-is")
    return _say("why-p1-numbers", steps=f"{experiment.steps:,}", beta=rounded(beta), distance=said)


def schedule_numbers(experiment: Experiment, label: str) -> str:
    found, steps = schedule_facts(experiment.chain), experiment.steps
    return _say(
        "schedule-numbers",
        schedule=label,
        steps=f"{steps:,}",
        relative=rounded(found.largest_step),
        unit=rounded(math.log(steps) / steps),
        end=rounded(found.abar_T),
    )


# ---- theorems


def card_name(theorem: Theorem) -> str:
    """Of the blocks that say how we know a theorem and what it does not say."""
    eta = "" if theorem.eta is None else f"-eta{theorem.eta:g}"
    return f"{theorem.arxiv.replace('.', '-')}-{theorem.sampler}{eta}"


def heading(theorem: Theorem) -> str:
    """Who, where, and how we know it."""
    link = f"[arXiv {theorem.arxiv}](https://arxiv.org/abs/{theorem.arxiv})"
    evidence = f"{EVIDENCE[theorem.evidence]} **{spoken(theorem.evidence)}**"
    return f"**{theorem.source}**, {link} · {evidence}"


def statement(theorem: Theorem) -> str:
    """The bound, where it stands, and what else its record says; all formulas from the record."""
    equation = theorem.equation and f" {theorem.equation}"
    update = theorem.update and f" {_say('card-update', update=theorem.update)}"
    said = [_say("card-where", name=spoken(theorem.name), equation=equation, update=update)]
    if "exact" in theorem.needs:
        letter = "v_t" if theorem.burn_in else "w_t"
        said.append(_say("card-exact", letter=letter))
    if theorem.burn_in:
        said.append(_say("card-burn-in", condition=theorem.burn_in_latex))
    number = theorem.steps_equation and f" {theorem.steps_equation}"
    said.append(_say("card-steps", steps=theorem.steps_latex, number=number))
    said.append(_say(f"card-{card_name(theorem)}"))
    parts = [_displayed(theorem.latex()), " ".join(said)]
    if any(term.radius for term in theorem.terms):
        parts += [_say("card-radius"), _displayed(theorem.latex(with_radius=True))]
    return "\n\n".join(parts)


def _displayed(latex: str) -> str:
    return f"$$\n{latex}\n$$"


def not_said(theorem: Theorem) -> str:
    return _say(f"not-{card_name(theorem)}")


def no_theorem(experiment: Experiment) -> str:
    """Why there is no card."""
    block = "no-theorem-eta" if experiment.sampler == "ddim" else "no-theorem"
    if experiment.corrector and experiment.sampler != LANGEVIN:
        block = "no-theorem-corrector"
    return _say(block, label=experiment.record.label)
