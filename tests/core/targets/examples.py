"""One law of every kind of target; a kind whose fields all have values needs no line here."""

from __future__ import annotations

from diffusion_core.targets import TARGETS, Boxes, Circle, GaussianMixture, Points, StudentT, Target

_OWN: dict[str, Target] = {
    "gaussian_mixture": GaussianMixture(
        (0.1, 0.9), ((1.0, 2.0), (0.0, -1.5)), (((1.0, 0.3), (0.3, 0.5)), ((0.0, 0.0), (0.0, 0.0)))
    ),
    "points": Points(((0.1, 2.0), (-1 / 3, 1e-7)), 0.25),
    "boxes": Boxes((0.25, 0.75), ((0.0,), (1.0,)), ((1.0,), (3.5,))),
    "circle": Circle(2, (1, -1)),  # whole numbers on purpose
    "student_t": StudentT(3.0, (0.5, 1.0), 2.0),
}
EXAMPLES = {kind: _OWN[kind] if kind in _OWN else cls() for kind, cls in TARGETS.items()}
