from dashboard.prose import prose
from dashboard.prose.library import spoken
from diffusion_core import PRESETS as TARGETS
from diffusion_core.distances.of_masses import METRIC_LABELS

phrase = prose("phrases/text")
"""Names of schedules, targets, metrics and parameters, as widgets show them."""

SCHEDULES = {
    "theory": phrase("theory-slow-start-then-flat"),
    "linear": phrase("linear-in-continuous-time"),
    "linear-ddpm": phrase("linear-fixed-beta-ho-et"),
    "cosine": phrase("cosine"),
    "sigmoid": phrase("sigmoid"),
    "constant": phrase("constant-beta"),
    "karras": phrase("karras-powers-of-sigma"),
    "log-snr": phrase("even-in-log-snr"),
    "custom": phrase("custom"),
}

METRICS = {name: spoken(label) for name, label in METRIC_LABELS.items()}
PRESETS = {name: spoken(preset.label) for name, preset in TARGETS.items()}

# grids between the same ends, short enough for an axis
GRIDS = {
    "yours": phrase("yours"),
    "least": phrase("least-error-found"),
    "equal": phrase("equal-steps"),
    "theory": phrase("theory"),
    "linear": phrase("linear"),
    "linear-ddpm": phrase("linear-fixed-beta"),
    "cosine": phrase("cosine-2"),
    "sigmoid": phrase("sigmoid-2"),
    "constant": phrase("constant-beta-2"),
    "karras": phrase("karras"),
    "log-snr": phrase("even-in-log-snr-2"),
}

# (schedule, field) -> label and step of its number field
PARAMETERS = {
    ("theory", "c0"): ("c₀", 0.5),
    ("theory", "c1"): ("c₁", 0.5),
    ("linear", "beta_min"): ("β_min", 0.05),
    ("linear", "beta_max"): ("β_max", 1.0),
    ("linear-ddpm", "beta_1"): ("β₁", 1e-4),
    ("linear-ddpm", "beta_T"): ("β_T", 0.005),
    ("cosine", "s"): ("s", 0.004),
    ("sigmoid", "start"): (phrase("start"), 0.5),
    ("sigmoid", "end"): (phrase("end"), 0.5),
    ("sigmoid", "tau"): ("τ", 0.1),
    ("constant", "abar_T"): ("ᾱ_T", 1e-4),
    ("karras", "sigma_min"): ("σ_min", 0.001),
    ("karras", "sigma_max"): ("σ_max", 10.0),
    ("karras", "rho"): ("ρ", 1.0),
    ("log-snr", "snr_max"): (phrase("log-snr-at-t-1"), 1.0),
    ("log-snr", "snr_min"): (phrase("log-snr-at-t-t"), 1.0),
}

SCORES = {
    "exact": phrase("exact"),
    "shift": phrase("off-by-a-constant"),
    "scale": phrase("too-long-by-a-factor"),
    "wave": phrase("off-by-a-wave"),
    "fourier": phrase("off-by-a-smooth-random"),
    "learned": phrase("learned-from-samples"),
    "empirical": phrase("exact-for-the-samples-alone"),
    "guided": phrase("guided-to-a-class"),
}

WHEN = {
    "always": phrase("every-t"),
    "small-t": phrase("small-t-abar-at-least"),
    "large-t": phrase("large-t-abar-half"),
}

EXTRA = {
    "derivatives": phrase("derivatives-of-the-learned-score"),
    "regressed": phrase("regressed-from-the-samples"),
    "regressed-only": phrase("regressed-the-score-exact"),
}

# field of a score -> label and step of its number field
SCORE_PARAMETERS = {
    "size": ("ε_score", 0.02),
    "when": (phrase("wrong-at"), 0),
    "frequency": (phrase("frequency"), 5.0),
    "phase": (phrase("phase"), 0.5),
    "length": (phrase("length"), 0.1),
    "samples": (phrase("samples-n"), 50),
    "features": (phrase("features"), 8),
    "ridge": (phrase("ridge"), 1e-4),
    "seed": (phrase("its-seed"), 1),
    "extra": (phrase("w-t-and-v-t"), 0),
    "label": (phrase("class"), 0),
    "scale": (phrase("w-the-scale"), 0.5),
}
