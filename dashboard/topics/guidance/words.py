"""What the page on guidance says about its own figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dashboard.prose import prose
from dashboard.text.numbers import percent, rounded, scientific, with_error
from dashboard.text.tables import by_column
from dashboard.topics.guidance import measure
from dashboard.topics.guidance.figures import TITLES, Curve
from diffusion_core import Measurement
from diffusion_core.studies.guidance import LAWS, LOST, Guidance, Mode

phrase = prose("phrases/guidance")
say = prose("guidance")
ROUNDING = 1e-12  # of sums over a grid
KEPT = 0.95  # of its share: a mode that keeps more fares well
SAME = 0.01  # relative: of two widths, no difference worth a word


def distance(tilted: Measurement, part: Measurement, scale: float) -> str:
    """The two numbers of the page."""
    block = "distance-plain" if scale == measure.PLAIN else "distance"
    return say(
        block,
        tilted=with_error(tilted.value, tilted.error),
        part=with_error(part.value, part.error),
    )


def laws(found: Guidance) -> str:
    """How the spread changed, and how surely the output is of the class."""
    inside = say(
        "inside",
        output=percent(found.inside["output"]),
        tilted=percent(found.inside["tilted"]),
        part=percent(found.inside["class"]),
    )
    return f"{_spread(found.spread)} {inside}"


def modes(found: Guidance) -> str:
    """Which modes of the class are lost; nothing where it has one, or is no mixture of a few."""
    return _modes(found.modes) if len(found.modes) > 1 else ""


def _modes(modes: Sequence[Mode]) -> str:
    lost = [m for m in modes if m.lost]
    least = min(modes, key=lambda m: m.share["output"] / m.share["class"])
    numbers = {
        "modes": len(modes),
        "number": least.number,
        "output": percent(least.share["output"]),
        "part": percent(least.share["class"]),
        "tilted": percent(least.share["tilted"]),
    }
    if least.share["output"] > KEPT * least.share["class"]:
        return say("modes-kept", modes=len(modes))
    if not lost:
        return say("no-mode-lost", **numbers)
    if len(lost) == 1:
        return say("mode-lost", **numbers, least=percent(LOST))
    listed = ", ".join(str(m.number) for m in lost)
    return say("modes-lost", **numbers, lost=len(lost), listed=listed, least=percent(LOST))


def _spread(spread: Mapping[str, float]) -> str:
    ratio = spread["output"] / spread["class"]
    block = (
        "spread-same" if abs(ratio - 1) < SAME else "spread-less" if ratio < 1 else "spread-more"
    )
    return say(
        block,
        output=rounded(spread["output"]),
        part=rounded(spread["class"]),
        tilted=rounded(spread["tilted"]),
        ratio=rounded(ratio, 2),
    )


def law_alt(found: Guidance) -> str:
    listed = ", ".join(
        phrase("spread", titles=TITLES[name], spread=rounded(found.spread[name])) for name in LAWS
    )
    return phrase("the-densities-of-three-laws", listed=listed)


def law_table(found: Guidance) -> dict[str, list[str]]:
    """A line for each law, then one for each mode of it."""
    rows: list[tuple[str, ...]] = [
        (TITLES[n], phrase("all"), "100 %", rounded(found.spread[n]), percent(found.inside[n]))
        for n in LAWS
    ]
    rows += [
        (TITLES[n], str(m.number), percent(m.share[n]), rounded(m.width[n]), "")
        for m in found.modes
        for n in LAWS
    ]
    names = ("law", "component", "share", "spread", "E P(C | X)")
    return by_column(names, rows)


LAW_HEADER = ("law", "component", "share", "spread", "inside")


def law_rows(found: Guidance) -> list[tuple[object, ...]]:
    rows: list[tuple[object, ...]] = [
        (n, "all", 1.0, found.spread[n], found.inside[n]) for n in LAWS
    ]
    return rows + [(n, m.number, m.share[n], m.width[n], "") for m in found.modes for n in LAWS]


def missed(found: Guidance) -> str:
    """The share of a law that the grid misses."""
    return scientific(max(found.error, ROUNDING), 1)


def scales(curves: Mapping[str, Curve], labels: Mapping[str, str]) -> str:
    """How the distance grows with w, and at which w it is least."""
    ends = [(name, dict(curve)) for name, curve in curves.items() if len(curve) > 1]
    if not ends:
        return ""
    parts = [
        say(
            "scale-part",
            sampler=labels[name],
            first=_at(curve, measure.PLAIN),
            last=rounded(curve[max(curve)].value),
        )
        for name, curve in ends
        if measure.PLAIN in curve
    ]
    return say("scale", last=f"{max(ends[0][1]):g}", parts=_listed(parts)) if parts else ""


def _at(curve: Mapping[float, Measurement], scale: float) -> str:
    return rounded(curve[scale].value)


def steps(
    curves: Mapping[tuple[str, float], Sequence[Measurement]], labels: Mapping[str, str]
) -> str:
    """Where more steps no longer help, by sampler, and what they do at w = 1."""
    own = next(iter(curves), None)
    if own is None:
        return ""
    scale, levels, open_ones = own[1], [], []
    for (name, w), curve in curves.items():
        if w != scale or not curve:
            continue
        level = measure.level(list(curve))
        if level is None:
            open_ones.append(labels[name])
        else:
            levels.append(say("level-part", sampler=labels[name], level=rounded(level)))
    told = []
    if levels:
        told.append(say("levels", scale=f"{scale:g}", parts=_listed(levels)))
    if open_ones:
        told.append(say("no-level", samplers=_listed(open_ones)))
    plain = curves.get((own[0], measure.PLAIN), ())
    if len(plain) > 1 and scale != measure.PLAIN:
        told.append(
            say(
                "plain",
                sampler=labels[own[0]],
                first=rounded(plain[0].value),
                last=rounded(plain[-1].value),
                steps=f"{plain[-1].steps:,}",
            )
        )
    return " ".join(told)


def _listed(parts: Sequence[str]) -> str:
    return f" {phrase('and')} ".join(parts) if len(parts) < 3 else ", ".join(parts)


def scale_alt(curves: Mapping[str, Curve], labels: Mapping[str, str]) -> str:
    listed = [
        phrase(
            "to",
            labels=labels[name],
            first=rounded(curve[0][1].value),
            last=rounded(curve[-1][1].value),
        )
        for name, curve in curves.items()
        if curve
    ]
    return phrase("tv-to-the-tilted-law-against-the", listed="; ".join(listed))


def steps_alt(
    curves: Mapping[tuple[str, float], Sequence[Measurement]], labels: Mapping[str, str]
) -> str:
    listed = [
        phrase(
            "at-w-to",
            labels=labels[name],
            w=f"{w:g}",
            first=rounded(curve[0].value),
            last=rounded(curve[-1].value),
        )
        for (name, w), curve in curves.items()
        if curve
    ]
    return phrase("tv-to-the-tilted-law-against-t", listed="; ".join(listed))


SCALE_HEADER = ("sampler", "against", "scale", "tv", "error")


def scale_rows(
    curves: Mapping[str, Curve], to_class: Curve, sampler: str
) -> list[tuple[str, str, float, float, float]]:
    rows = [
        (name, "tilted", w, m.value, m.error) for name, curve in curves.items() for w, m in curve
    ]
    return rows + [(sampler, "class", w, m.value, m.error) for w, m in to_class]


def scale_table(rows: Sequence[tuple[object, ...]]) -> dict[str, list[object]]:
    return by_column(("sampler", "against", "w", "TV", phrase("pm-error")), rows)


STEPS_HEADER = ("sampler", "scale", "steps", "nfe", "tv", "error")


def steps_rows(
    curves: Mapping[tuple[str, float], Sequence[Measurement]],
) -> list[tuple[str, float, int, int, float, float]]:
    return [
        (name, w, m.steps, m.nfe, m.value, m.error)
        for (name, w), curve in curves.items()
        for m in curve
    ]


def steps_table(rows: Sequence[tuple[object, ...]]) -> dict[str, list[object]]:
    names = ("sampler", "w", "T", "evaluations", "TV", phrase("pm-error"))
    return by_column(names, rows)
