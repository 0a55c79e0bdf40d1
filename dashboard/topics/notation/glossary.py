"""The glossary: in which order its terms come, and the page where each is seen."""

from __future__ import annotations

TERMS = {
    "term-forward-process": "forward",
    "term-schedule": "schedule_design",
    "term-score": "trajectories",
    "term-guidance": "guidance",
    "term-tilted": "guidance",
    "term-reverse-process": "trajectories",
    "term-probability-flow": "why",
    "term-sampler": "compare",
    "term-order": "lessons",
    "term-corrector": "correctors",
    "term-flow-matching": "flow_matching",
    "term-training-free": "theory",
    "term-nfe": "convergence",
    "term-tv": "trajectories",
    "term-kl": "dimension",
    "term-pinsker": "why",
    "term-hellinger": "dimension",
    "term-wasserstein": "trajectories",
    "term-initialisation": "budget",
    "term-discretisation": "budget",
    "term-contraction": "budget",
    "term-upper-bound": "theory",
    "term-slope": "convergence",
    "term-log-factor": "why",
    "term-exact-law": "convergence",
    "term-noise-floor": "convergence",
    "term-atoms": "failures",
    "term-continuous": "assumptions",
    "term-burn-in": "assumptions",
    "term-intrinsic-dimension": "dimension",
    "term-jacobian-condition": "assumptions",
    "term-evidence": "literature",
}
SYMBOLS = {
    "symbols-chain": "The chain and its schedule",
    "symbols-laws": "Laws, scores, steps",
    "symbols-errors": "Errors and constants",
}
