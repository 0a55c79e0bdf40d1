"""Sentences and code about the forward process, made of the numbers that its figures show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dashboard.text.numbers import rounded, with_error
from dashboard.text.plain import plain
from diffusion_core import Experiment
from diffusion_core.distances import Distance
from diffusion_core.forward import Fact
from diffusion_core.schedules import Chain

GONE = 0.01


def noise_name(dim: int) -> str:
    return "N(0, 1)" if dim == 1 else "N(0, I)"


def cost_of_noise(chain: Chain, end: Distance | None, dim: int) -> str:
    """What starting from N(0, I) costs, and when half of the signal is gone."""
    abar = rounded(float(chain.abar[chain.steps]))
    noise = noise_name(dim)
    if end is None:
        cost = (
            f"At the end $\\bar\\alpha_T$ = **{abar}**: that share of the data's variance is still "
            "in $X_T$."
        )
    else:
        cost = (
            f"At the end $\\bar\\alpha_T$ = **{abar}** and $\\mathrm{{TV}}(p_T, {noise})$ = "
            f"**{with_error(end.value, end.error)}**: to start from {noise} instead of $p_T$ "
            "changes the law of a sampler's output by that much at most."
        )
    half = next((t for t in range(1, chain.steps + 1) if chain.abar[t] < 0.5), None)
    if half is None:
        return f"{cost} More than half of the signal is still there: $\\bar\\alpha_T$ ≥ 1/2."
    return (
        f"{cost} Half of the signal is gone at t = {half:,}, the first with $\\bar\\alpha_t$ < 1/2."
    )


def when_gone(times: Sequence[int], tv: Sequence[Distance], steps: int) -> str:
    """From which frame on p_t can hardly be told from noise."""
    far = [t for t, distance in zip(times, tv, strict=True) if distance.value >= GONE]
    distance = "$\\mathrm{TV}(p_t, N(0, 1))$"
    if not far:
        return f"{distance} is below {GONE:g} from the start: this target is almost noise."
    if far[-1] == times[-1]:
        return (
            f"{distance} still is {rounded(tv[-1].value)} at t = T: this schedule stops before the "
            "signal is gone, and a sampler that starts from noise pays for it."
        )
    return (
        f"From t = {times[times.index(far[-1]) + 1]:,} of {steps:,} on, {distance} is below "
        f"{GONE:g}: less than 1 % of the mass is not where pure noise has it."
    )


def frames_note(
    experiment: Experiment, times: Sequence[int], tv: Mapping[int, Distance] | None
) -> str:
    """When the signal is gone, and what the picture leaves out."""
    steps, said = experiment.steps, []
    if tv:
        said.append(when_gone(list(tv), list(tv.values()), steps))
    if not experiment.target.has_density:
        said.append(
            "$X_0$ has no density, so no $p_0$ is drawn at t = 0; from t = 1 on there is one."
        )
    if len(times) <= steps:
        said.append(f"{len(times)} of the {steps + 1:,} values of t are drawn, evenly spread.")
    return " ".join(said)


def space_time_caption(peak: float, end: float) -> str:
    said = (
        "Below the lines lie 5, 25, 50, 75 and 95 % of the mass of $p_t$; the diamonds are where "
        "N(0, 1) has them."
    )
    return said + _cut(peak, end)


def multiples_caption(peak: float, end: float) -> str:
    return "The same colours in every picture; the last is the noise that $p_t$ turns into." + _cut(
        peak, end
    )


def _cut(peak: float, end: float) -> str:
    if peak <= end * (1 + 1e-9):
        return ""
    return f" Colours end at {rounded(end)}; the highest density here is {rounded(peak)}."


def promises(facts: Sequence[Fact], steps: int) -> str:
    """What is proven of the theory's schedule, checked at this T; empty for other schedules."""
    if not facts:
        return ""
    lead = "Proven for the theory's schedule once T is large enough (Li and Yan, arXiv 2409.18959):"
    return "\n\n".join([lead, *fact_lines(facts, steps)])


def fact_lines(facts: Sequence[Fact], steps: int) -> list[str]:
    """The theory's promises, each with a tick or a cross and its numbers."""
    said = {
        "step": r"$\frac{1-\alpha_t}{\alpha_t-\bar\alpha_t}\le\frac{8c_1\log T}{T}$ for $t\ge2$",
        "end": r"$\bar\alpha_T\le T^{-c_1/2}$ where $c_1\ge 2c_0$",
    }
    lines = []
    for fact in facts:
        numbers = f"{rounded(fact.value)} {'≤' if fact.holds else '>'} {rounded(fact.bound)}"
        where = f", largest at t = {fact.t:,}" if fact.name == "step" else ""
        if not fact.applies:
            mark, rest = ":material/remove:", "not promised here, since c₁ < 2c₀"
        elif fact.holds:
            mark, rest = ":green[:material/check:]", "holds"
        else:
            mark, rest = ":red[:material/close:]", f"fails: T = {steps:,} is too small for it"
        lines.append(f"{mark} {said[fact.name]}: {rest} ({numbers}{where}).")
    return lines


def schedules_alt(chains: Mapping[str, Chain], labels: Mapping[str, str], of: str) -> str:
    """The curves of schedules for those who do not see them."""
    ends = [
        f"{labels[name]}: beta from {rounded(float(chain.beta[1]))} to "
        f"{rounded(float(chain.beta[chain.steps]))}, abar at the end "
        f"{rounded(float(chain.abar[chain.steps]))}"
        for name, chain in chains.items()
    ]
    return f"{of} against t for the noise schedules. {'; '.join(ends)}."


def space_time_alt(times: Sequence[int], median: Sequence[float], end: Distance) -> str:
    return (
        f"Heat map of the density p_t from t = {times[0]} to {times[-1]} with quantile lines; the "
        f"median moves from {rounded(median[0])} to {rounded(median[-1])}, and at the end the "
        f"total variation to N(0, 1) is {rounded(end.value)}."
    )


def multiples_alt(times: Sequence[int]) -> str:
    listed = ", ".join(f"{t:,}" for t in times)
    return f"Maps of the density p_t at t = {listed}, beside that of N(0, I), which they approach."


def capped_notes(chains: Mapping[str, Chain], labels: Mapping[str, str]) -> str:
    """Which of the drawn schedules are not what their formula says."""
    return " ".join(
        f"{labels[name]}: {plain('; '.join(chain.notes))}."
        for name, chain in chains.items()
        if chain.notes
    )


def forward_snippet(experiment: Experiment, particles: int) -> str:
    """The schedule, the paths and, where it is computed, the distance to noise."""
    text = experiment.to_json()
    given = f"{text!r}" if len(text) <= 2000 else 'open("experiment.json").read()'
    note = "" if len(text) <= 2000 else "  # the download"
    return f"""from diffusion_core import Experiment
from diffusion_core.forward import forward_paths, log_snr, new_share, noise_distance

experiment = Experiment.from_json({given}){note}
chain = experiment.chain  # beta, alpha, abar and var = 1 - abar for t = 0..T+1
t = range(1, chain.steps + 1)
print(chain.beta[t], chain.abar[t], log_snr(chain, t), new_share(chain, t))
x = forward_paths(experiment, {particles})  # X_0..X_T, shape (T + 1, N, d)
print(noise_distance(experiment, chain.steps))  # TV(p_T, N(0, I)), on the line or of one Gaussian
"""
