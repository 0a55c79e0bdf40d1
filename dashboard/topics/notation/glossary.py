"""The glossary: in which order its terms come, and the page where each is seen."""

from __future__ import annotations

from dashboard.prose import prose

phrase = prose("phrases/notation")
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
    "term-discrete": "discrete",
    "term-ratio": "discrete",
    "term-mask": "discrete",
    "term-noise-time": "discrete",
    "term-tau-leaping": "discrete",
    "term-leave-one-out": "discrete",
    "term-uniformisation": "discrete",
    "term-first-hitting": "discrete",
    "term-total-correlation": "discrete",
    "term-evidence": "literature",
}
SYMBOLS = {
    "symbols-chain": phrase("the-chain-and-its-schedule"),
    "symbols-laws": phrase("laws-scores-steps"),
    "symbols-errors": phrase("errors-and-constants"),
    "symbols-tokens": phrase("sequences-of-tokens"),
}
