"""The theorems that this project knows, each one record, in the order of the seed paper's.

All bound TV(q_1, p_1). For which schedules: the seed's (22) where a record needs "constants", any
with three facts where it needs "facts"; see ``bounds.NEEDS``.
"""

from __future__ import annotations

from diffusion_core.samplers import SAMPLERS, SEED_ARXIV
from diffusion_core.samplers.ode_order import DEFAULT_ORDER, ORDERS
from diffusion_core.theory.bounds import EVIDENCE, NEEDS, Shape, Term, Theorem

__all__ = ["EVIDENCE", "NEEDS", "THEOREMS", "Shape", "Term", "Theorem", "theorems"]

_SEED = ("Li, Wei, Chen, Chi", SEED_ARXIV)
_FREE = ("Li, Huang, Efimov, Wei, Chi, Chen", "2403.03852")
_LOW = ("Liang, Huang, Chen", "2501.12982")
_SETTING = ("continuous", "support", "constants")
_FULL, _HEARSAY = "read in full", "second-hand"

_ALL = (
    Theorem(
        "ode",
        *_SEED,
        "Theorem 1",
        "(24)",
        (
            Term(2, 4, 1, radius=2),
            Term(6, 6, 2, radius=3),
            Term(0.5, 1.5, 0, ("score",), radius=0.5),
            Term(1, 1, 0, ("Jacobian",)),
        ),
        (*_SETTING, "score", "jacobian"),
        _FULL,
        steps_equation="(25)",
    ),
    Theorem(
        "ode",
        "Li, Wei, Chi, Chen",
        "2408.02320",
        "Theorem 1",
        "(22)",
        (Term(1, 4, 1), Term(0.5, 2, 0, ("score",)), Term(1, 2, 0, ("Jacobian",))),
        (*_SETTING, "burn-in", "score", "jacobian"),
        _FULL,
        burn_in=(2, 5),
    ),
    Theorem(
        "ode-taylor",
        *_SEED,
        "Theorem 2",
        "(28)",
        (Term(6, 6, 2),),
        (*_SETTING, "exact"),
        _FULL,
        steps_equation="(29)",
    ),
    Theorem(
        "ddpm",
        *_SEED,
        "Theorem 3",
        "(31)",
        (Term(2, 3, 0.5), Term(0.5, 2, 0, ("score",))),
        (*_SETTING, "burn-in", "score"),
        _FULL,
        burn_in=(4, 6),
        through_kl=True,
    ),
    Theorem(
        "ddpm",
        "Li, Yan",
        "2409.18959",
        "Theorem 1",
        "",
        (Term(1, 3, 1), Term(0, 0.5, 0, ("score",))),
        ("moment", "facts", "score"),
        _FULL,
        constant="c",
    ),
    Theorem(
        "ddpm-covariance",
        *_SEED,
        "Theorem 4",
        "(34)",
        (Term(3, 4.5, 1),),
        (*_SETTING, "burn-in", "exact"),
        _FULL,
        burn_in=(3, 4.5),
        through_kl=True,
        steps_equation="(35)",
    ),
    Theorem(
        "ode-accelerated",
        *_FREE,
        "Theorem 1",
        "",
        (Term(6, 6, 2), Term(0.5, 1.5, 0, ("score",)), Term(1, 1, 0, ("Jacobian",))),
        (*_SETTING, "score", "jacobian"),
        _HEARSAY,
        constant="C",
    ),
    Theorem(
        "ddpm-accelerated",
        *_FREE,
        "Theorem 2",
        "",
        (Term(3, 4.5, 1), Term(0.5, 1.5, 0, ("score",))),
        (*_SETTING, "score"),
        _HEARSAY,
        constant="C",
        through_kl=True,
    ),
    *(
        Theorem(
            "ode-order",
            "Li, Zhou, Wei, Chen",
            "2506.24042",
            "bound",
            "(17)",
            (
                Term(2 + k, 2 + 2 * k, k),
                Term(0.5, 2, 0, ("score",)),
                Term(1, 1.5, 0, ("Jacobian",)),
            ),
            ("bounded", "unseen", "burn-in", "score", "jacobian"),
            _FULL,
            burn_in=(2, 3),
            order=k,
        )
        for k in ORDERS
    ),
    Theorem(
        "ddim",
        *_LOW,
        "Theorem 1",
        "",
        (Term(1, 3, 1), Term(0, 0.5, 0, ("score", "Jacobian 1", "Jacobian 2", "Hessian"))),
        ("bounded", "unseen", "score", "hessian"),
        _FULL,
        constant="C",
        dim="k",
        eta=0.0,
    ),
    Theorem(
        "ddim",
        *_LOW,
        "Theorem 2",
        "(24)",
        (Term(1, 3, 1), Term(0, 0.5, 0, ("score",))),
        ("bounded", "unseen", "score"),
        _FULL,
        constant="C",
        dim="k",
        eta=1.0,
    ),
)

THEOREMS: dict[str, tuple[Theorem, ...]] = {
    name: tuple(theorem for theorem in _ALL if theorem.sampler == name)
    for name in SAMPLERS
    if any(theorem.sampler == name for theorem in _ALL)
}


def theorems(sampler: str, eta: float = 0.0, order: int | None = None) -> tuple[Theorem, ...]:
    """Those about a sampler, the seed paper's first; maybe none, as for DDIM with 0 < eta < 1.

    order: of ode-order, where none is given that which it has by itself.
    """
    order = DEFAULT_ORDER if order is None else order
    return tuple(
        t for t in THEOREMS.get(sampler, ()) if t.eta in (None, eta) and t.order in (None, order)
    )
