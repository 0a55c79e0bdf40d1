"""The samplers term by term with the code that runs, and the theorems as cards."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from dashboard.prose import prose
from dashboard.text.formulas import UPDATES
from dashboard.text.numbers import rounded
from diffusion_core import Experiment, acceleration, samplers
from diffusion_core.schedules import Chain
from diffusion_core.theory.assumptions import first_moment, schedule_facts
from diffusion_core.theory.theorems import Theorem

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

Value = Callable[[Chain, int, float], float]


@dataclass(frozen=True)
class Term:
    """A part of an update: its LaTeX, the block that says what it is for, its value at t, eta."""

    latex: str
    block: str
    value: Value


def _sigma(chain: Chain, t: int) -> float:
    return math.sqrt(chain.var[t] / chain.abar[t])


def _log_step(chain: Chain, t: int) -> float:
    """Delta lambda_t = lambda_{t-1} - lambda_t, lambda = log(signal/noise)."""
    return math.log(_sigma(chain, t) / _sigma(chain, t - 1))


def _fresh(chain: Chain, t: int, eta: float) -> float:
    return eta * math.sqrt(chain.var[t - 1] / chain.var[t] * chain.beta[t])


SHRINK = Term(r"\frac{1}{\sqrt{\alpha_t}}", "term-shrink", lambda c, t, _: c.alpha[t] ** -0.5)
HALF = Term(r"\frac{1-\alpha_t}{2}\,s_t(Y_t)", "term-half", lambda c, t, _: c.beta[t] / 2)
FULL = Term(r"(1-\alpha_t)\,s_t(Y_t)", "term-full", lambda c, t, _: c.beta[t])
NOISE = Term(r"\sqrt{1-\alpha_t}\,Z_t", "term-noise", lambda c, t, _: math.sqrt(c.beta[t]))

TERMS: dict[str, tuple[Term, ...]] = {
    "ode": (SHRINK, HALF),
    "ddpm": (SHRINK, FULL, NOISE),
    "ode-accelerated": (
        SHRINK,
        HALF,
        Term(r"Y_t^-", "term-look", lambda c, t, _: math.sqrt(c.alpha[t + 1])),
        Term(
            r"\frac{(1-\alpha_t)^2}{4(1-\alpha_{t+1})}",
            "term-correction",
            lambda c, t, _: c.beta[t] ** 2 / (4 * c.beta[t + 1]),
        ),
    ),
    "ddpm-accelerated": (
        Term(
            r"\sqrt{\tfrac{1-\alpha_t}{2}}\,Z_t",
            "term-first-noise",
            lambda c, t, _: math.sqrt(c.beta[t] / 2),
        ),
        SHRINK,
        Term(r"(1-\alpha_t)\,s_t(Y_t^+)", "term-full", lambda c, t, _: c.beta[t]),
        Term(
            r"\sqrt{\tfrac{1-\alpha_t}{2}}\,Z_t^+",
            "term-second-noise",
            lambda c, t, _: math.sqrt(c.beta[t] / 2),
        ),
    ),
    "ode-taylor": (
        SHRINK,
        HALF,
        Term(r"\frac{\beta_t^2}{8}", "term-curvature", lambda c, t, _: c.beta[t] ** 2 / 8),
    ),
    "ddpm-covariance": (
        SHRINK,
        FULL,
        NOISE,
        Term(r"\tfrac{\beta_t}{2}H", "term-covariance", lambda c, t, _: c.beta[t] / 2),
    ),
    "ddim": (
        Term(
            r"\sqrt{\bar\alpha_{t-1}}\,\hat x_0",
            "term-clean",
            lambda c, t, _: math.sqrt(c.abar[t - 1]),
        ),
        Term(
            r"\sqrt{1-\bar\alpha_{t-1}-\nu_t^2}\;\hat\epsilon",
            "term-predicted",
            lambda c, t, eta: math.sqrt(max(c.var[t - 1] - _fresh(c, t, eta) ** 2, 0.0)),
        ),
        Term(r"\nu_tZ_t", "term-sigma", _fresh),
    ),
    "heun": (
        Term(
            r"\sigma_{t-1}-\sigma_t",
            "term-sigma-step",
            lambda c, t, _: _sigma(c, t - 1) - _sigma(c, t),
        ),
        Term(
            r"\tfrac12\big(\hat\epsilon_t+\hat\epsilon_{t-1}\big)", "term-average", lambda *_: 0.5
        ),
    ),
    "dpmpp-2m": (
        Term(
            r"\sqrt{\frac{1-\bar\alpha_{t-1}}{1-\bar\alpha_t}}",
            "term-ratio",
            lambda c, t, _: math.sqrt(c.var[t - 1] / c.var[t]),
        ),
        Term(
            r"-\sqrt{\bar\alpha_{t-1}}(e^{-\Delta\lambda_t}-1)",
            "term-exponential",
            lambda c, t, _: -math.sqrt(c.abar[t - 1]) * math.expm1(-_log_step(c, t)),
        ),
        Term(
            r"\frac{\Delta\lambda_t}{2\,\Delta\lambda_{t+1}}",
            "term-extrapolation",
            lambda c, t, _: _log_step(c, t) / (2 * _log_step(c, t + 1)) if t < c.steps else 0.0,
        ),
    ),
}


def term_table(experiment: Experiment, t: int) -> str:
    """Term, what it is for and its factor at t, as a Markdown table."""
    rows = [
        f"| ${term.latex}$ | {_one_line(_say(term.block))} | {_value(term, experiment, t)} |"
        for term in TERMS[experiment.sampler]
    ]
    return "\n".join([f"| term | what it is for | factor at t = {t:,} |", "|---|---|---|", *rows])


def _value(term: Term, experiment: Experiment, t: int) -> str:
    value = float(term.value(experiment.chain, t, experiment.eta))
    return rounded(value, 4).replace("-", "−") if value else "0"


def _one_line(text: str) -> str:
    return " ".join(text.split()).replace("|", r"\vert ")


def place_in_chain(steps: int, percent: int) -> int:
    """t, this far on the way from T to 2."""
    return steps - round((steps - 2) * percent / 100)


def source(sampler: str) -> str:
    """The functions that compute one update, as they are in the running program."""
    record = samplers.SAMPLERS[sampler]
    parts: tuple[Callable[..., object], ...] = record.stages
    if record.multistep:
        parts = (samplers.dpmpp_2m,)
    elif sampler == "ddim":
        parts = (samplers.ddim_stage,)
    return _code(parts)


def extra_source(sampler: str) -> str:
    """The closed form of what a sampler of the seed paper asks for beside the score."""
    return _code((EXTRAS[sampler],))


def _code(parts: Iterable[Callable[..., object]]) -> str:
    return "\n\n\n".join(inspect.getsource(part).strip() for part in parts)


def all_formulas() -> str:
    """Every sampler with its order, its cost and its update."""
    return "\n\n".join(
        f"**{f'{record.label} {record.equation}'.strip()}**, order {record.order}, "
        f"{record.evaluations} score evaluation{'s' if record.evaluations > 1 else ''} a step\n\n"
        f"$$\n{UPDATES[kind]}\n$$"
        for kind, record in samplers.SAMPLERS.items()
    )


# ---- the setting in numbers


def trace_of_noise(experiment: Experiment) -> str:
    """How far p_1 is from p_0: E|X_1 - X_0| <= (1 - sqrt(alpha_1)) E|X_0| + sqrt(d beta_1)."""
    beta = float(experiment.chain.beta[1])
    reach = first_moment(experiment.target)
    far = beta / (1 + math.sqrt(1 - beta)) * reach + math.sqrt(experiment.target.dim * beta)
    said = rounded(far) if math.isfinite(far) else "infinity, since E|X₀| is not finite,"
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
    return f"**{theorem.source}**, {link} · {EVIDENCE[theorem.evidence]} **{theorem.evidence}**"


def statement(theorem: Theorem) -> str:
    """The bound, where it stands, and what else its record says; all formulas from the record."""
    equation = theorem.equation and f" {theorem.equation}"
    update = theorem.update and f" {_say('card-update', update=theorem.update)}"
    said = [_say("card-where", name=theorem.name, equation=equation, update=update)]
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
    return _say(block, label=experiment.record.label)
