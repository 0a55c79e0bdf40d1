"""The particles whose steps are known in their parts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from string import Formatter

import numpy as np

from dashboard.player.checks import check_finite, check_shape

MAX_FOLLOWED = 500
MAX_PARTS = 32  # 12 rounds of the sampler of order K and 20 Langevin steps
MAX_FIELD = 80  # characters of a part's name


@dataclass(frozen=True, eq=False)
class Follow:
    """M of the particles, the first M, whose every step from frame to frame is known in its parts.

    score: (F, M, d) s_t at each frame.
    names: (S,) what each part of a step is called, such as "drift", "noise", "rescale".
    points: (F - 1, M, S, d) where the particle is after each part of the step from frame f to
        f + 1. The last part ends on the next frame's position.
    formulas: (S,) what each part computes, with named fields in braces:
        "Y_t + (β_t/2) s_t = {y} + {half_beta}·{s} = {p1}". The fields are y and s (the particle
        and its score at frame f), p1..pS (its place after each part), and the names in ``scalars``
        and ``vectors``. One character after _ is a subscript, and so are several in brackets after
        it: "Y_[t−1]". A vector is shown as (a, b) in the plane and as a number on the line.
    scalars: (F - 1,) each, coefficients of the step from frame f, such as {"half_beta": beta / 2}.
    vectors: (F - 1, M, d) each, such as the normal variates {"z": z} of a stochastic step.

    Raises ValueError, naming the field, where a shape does not fit or a number is not finite; the
    shapes that depend on the animation are checked by it.
    """

    score: np.ndarray
    names: Sequence[str]
    points: np.ndarray
    formulas: Sequence[str]
    scalars: Mapping[str, np.ndarray] = field(default_factory=dict)
    vectors: Mapping[str, np.ndarray] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not 1 <= self.parts <= MAX_PARTS:
            raise ValueError(f"follow.names: 1 to {MAX_PARTS} parts expected, not {self.parts}")
        if any(not name or len(name) > MAX_FIELD for name in self.names):
            raise ValueError(f"follow.names: 1 to {MAX_FIELD} characters each")
        if len(self.formulas) != self.parts:
            raise ValueError(
                f"follow.formulas: {self.parts} expected, one per part, not {len(self.formulas)}"
            )
        for formula in self.formulas:
            self._check_formula(formula)
        shape = np.shape(self.score)
        if len(shape) != 3 or 0 in shape:
            raise ValueError(f"follow.score: shape (F, M, d) expected, not {shape}")
        if shape[1] > MAX_FOLLOWED:
            raise ValueError(f"follow.score: at most {MAX_FOLLOWED} particles, not {shape[1]}")
        check_finite("follow.score", self.score)

    @property
    def parts(self) -> int:
        return len(self.names)

    @property
    def particles(self) -> int:
        return np.shape(self.score)[1]

    def check(self, positions: np.ndarray) -> None:
        """ValueError unless the parts belong to ``positions``, (F, N, d)."""
        frames, total, d = positions.shape
        m = self.particles
        if m > total:
            raise ValueError(f"follow.score: at most the animation's {total} particles, not {m}")
        check_shape("follow.score", self.score, (frames, m, d))
        check_shape("follow.points", self.points, (frames - 1, m, self.parts, d))
        for name, scalar in self.scalars.items():
            check_shape(f"follow.scalars[{name!r}]", scalar, (frames - 1,))
        for name, vector in self.vectors.items():
            check_shape(f"follow.vectors[{name!r}]", vector, (frames - 1, m, d))
        if not np.allclose(self.points[:, :, -1], positions[1:, :m], rtol=1e-9, atol=1e-9):
            raise ValueError("follow.points: the last part must end on the next frame's position")

    def _check_formula(self, formula: str) -> None:
        known = {"y", "s", *(f"p{i + 1}" for i in range(self.parts))}
        for name in (*self.scalars, *self.vectors):
            if not name.isidentifier() or name in known:
                raise ValueError(f"follow.scalars, follow.vectors: {name!r} cannot be a field")
        known |= {*self.scalars, *self.vectors}
        try:
            pieces = list(Formatter().parse(formula))
        except ValueError as error:
            raise ValueError(f"follow.formulas: {error} in {formula!r}") from None
        for literal, used, spec, conversion in pieces:
            if "{" in literal or "}" in literal:
                raise ValueError(f"follow.formulas: no literal braces, as in {formula!r}")
            if used is not None and (used not in known or spec or conversion):
                fields = ", ".join(sorted(known))
                raise ValueError(f"follow.formulas: the fields are {fields}, not {used!r}")
