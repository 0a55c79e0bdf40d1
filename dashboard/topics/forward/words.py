"""Sentences and code about the forward process, made of the numbers that its figures show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dashboard.exports.snippets import described
from dashboard.prose import prose
from dashboard.text.mathematics import worded
from dashboard.text.numbers import rounded, with_error
from diffusion_core import Experiment
from diffusion_core.distances.of_masses import Distance
from diffusion_core.schedules import Chain
from diffusion_core.studies.forward import Fact

phrase = prose("phrases/forward")
GONE = 0.01
_say = prose("forward")


def noise_name(dim: int) -> str:
    return "N(0, 1)" if dim == 1 else "N(0, I)"


def cost_of_noise(chain: Chain, end: Distance | None, dim: int) -> str:
    """What starting from N(0, I) costs, and when half of the signal is gone."""
    abar = rounded(float(chain.abar[chain.steps]))
    if end is None:
        cost = _say("cost-unmeasured", abar=abar)
    else:
        tv = with_error(end.value, end.error)
        cost = _say("cost", abar=abar, noise=noise_name(dim), tv=tv)
    half = next((t for t in range(1, chain.steps + 1) if chain.abar[t] < 0.5), None)
    left = _say("half-left") if half is None else _say("half-gone", half=f"{half:,}")
    return f"{cost} {left}"


def when_gone(times: Sequence[int], tv: Sequence[Distance], steps: int) -> str:
    """From which frame on p_t can hardly be told from noise."""
    far = [t for t, distance in zip(times, tv, strict=True) if distance.value >= GONE]
    if not far:
        return _say("gone-from-start", gone=f"{GONE:g}")
    if far[-1] == times[-1]:
        return _say("never-gone", tv=rounded(tv[-1].value))
    return _say(
        "gone",
        t=f"{times[times.index(far[-1]) + 1]:,}",
        steps=f"{steps:,}",
        gone=f"{GONE:g}",
        share=f"{100 * GONE:g} %",
    )


def frames_note(
    experiment: Experiment, times: Sequence[int], tv: Mapping[int, Distance] | None
) -> str:
    """When the signal is gone, and what the picture leaves out."""
    steps, said = experiment.steps, []
    if tv:
        said.append(when_gone(list(tv), list(tv.values()), steps))
    if not experiment.target.has_density:
        said.append(_say("no-density"))
    if len(times) <= steps:
        said.append(_say("some-frames", drawn=len(times), all=f"{steps + 1:,}"))
    return " ".join(said)


def space_time_caption(peak: float, end: float) -> str:
    return _say("space-time-caption") + _cut(peak, end)


def multiples_caption(peak: float, end: float) -> str:
    return _say("multiples-caption") + _cut(peak, end)


def _cut(peak: float, end: float) -> str:
    if peak <= end * (1 + 1e-9):
        return ""
    return f" {_say('cut', end=rounded(end), peak=rounded(peak))}"


def promises(facts: Sequence[Fact], steps: int) -> str:
    """What is proven of the theory's schedule, checked at this T; empty for other schedules."""
    if not facts:
        return ""
    return "\n\n".join([_say("promises"), *fact_lines(facts, steps)])


def fact_lines(facts: Sequence[Fact], steps: int) -> list[str]:
    """The theory's promises, each with a tick or a cross and its numbers."""
    said = {"step": _say("fact-step"), "end": _say("fact-end")}
    lines = []
    for fact in facts:
        numbers = f"{rounded(fact.value)} {'≤' if fact.holds else '>'} {rounded(fact.bound)}"
        if fact.name == "step":
            numbers = _say("fact-largest", compared=numbers, t=f"{fact.t:,}")
        if not fact.applies:
            mark, block = ":material/remove:", "fact-not-promised"
        elif fact.holds:
            mark, block = ":green[:material/check:]", "fact-holds"
        else:
            mark, block = ":red[:material/close:]", "fact-fails"
        lines.append(
            _say(block, mark=mark, fact=said[fact.name], numbers=numbers, steps=f"{steps:,}")
        )
    return lines


def schedules_alt(chains: Mapping[str, Chain], labels: Mapping[str, str], of: str) -> str:
    """The curves of schedules for those who do not see them."""
    ends = [
        _say(
            "schedule-ends",
            label=labels[name],
            first=rounded(float(chain.beta[1])),
            last=rounded(float(chain.beta[chain.steps])),
            abar=rounded(float(chain.abar[chain.steps])),
        )
        for name, chain in chains.items()
    ]
    return _say("schedules-alt", what=of, ends="; ".join(ends))


def space_time_alt(times: Sequence[int], median: Sequence[float], end: Distance) -> str:
    return _say(
        "space-time-alt",
        first=times[0],
        last=times[-1],
        median=rounded(median[0]),
        median_end=rounded(median[-1]),
        tv=rounded(end.value),
    )


def multiples_alt(times: Sequence[int]) -> str:
    return _say("multiples-alt", times=", ".join(f"{t:,}" for t in times))


def capped_notes(chains: Mapping[str, Chain], labels: Mapping[str, str]) -> str:
    """Which of the drawn schedules are not what their formula says."""
    return " ".join(
        _say("capped", label=labels[name], notes=worded("; ".join(chain.notes)))
        for name, chain in chains.items()
        if chain.notes
    )


def forward_snippet(experiment: Experiment, particles: int, end: Distance | None) -> str:
    """The schedule, the paths and, where it is computed (``end``), the distance to noise."""
    noise = (
        ""
        if end is None
        else "print(noise_distance(experiment, chain.steps))  # TV(p_T, N(0, I))\n"
    )
    names = "forward_paths, log_snr, new_share" + ("" if end is None else phrase("noise-distance"))
    return f"""from diffusion_core import Experiment
from diffusion_core.studies.forward import {names}

{described(experiment)}
chain = experiment.chain  # beta, alpha, abar and var = 1 - abar for t = 0..T+1
t = range(1, chain.steps + 1)
print(chain.beta[t], chain.abar[t], log_snr(chain, t), new_share(chain, t))
x = forward_paths(experiment, {particles})  # X_0..X_T, shape (T + 1, N, d)
{noise}"""
