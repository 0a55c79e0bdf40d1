"""Names of schedules and of their parameters, as widgets show them."""

SCHEDULES = {
    "theory": "Theory: slow start, then flat",
    "linear": "Linear in continuous time",
    "linear-ddpm": "Linear, fixed β (Ho et al.)",
    "cosine": "Cosine",
    "sigmoid": "Sigmoid",
    "constant": "Constant β",
    "karras": "Karras: powers of σ",
    "log-snr": "Even in log-SNR",
    "custom": "Custom",
}

# grids between the same ends, short enough for an axis
GRIDS = {
    "yours": "yours",
    "least": "least error found",
    "equal": "equal steps",
    "theory": "theory",
    "linear": "linear",
    "linear-ddpm": "linear, fixed β",
    "cosine": "cosine",
    "sigmoid": "sigmoid",
    "constant": "constant β",
    "karras": "Karras",
    "log-snr": "even in log-SNR",
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
    ("sigmoid", "start"): ("start", 0.5),
    ("sigmoid", "end"): ("end", 0.5),
    ("sigmoid", "tau"): ("τ", 0.1),
    ("constant", "abar_T"): ("ᾱ_T", 1e-4),
    ("karras", "sigma_min"): ("σ_min", 0.001),
    ("karras", "sigma_max"): ("σ_max", 10.0),
    ("karras", "rho"): ("ρ", 1.0),
    ("log-snr", "snr_max"): ("log-SNR at t = 1", 1.0),
    ("log-snr", "snr_min"): ("log-SNR at t = T", 1.0),
}

SCORES = {
    "exact": "Exact",
    "shift": "Off by a constant",
    "scale": "Too long by a factor",
    "wave": "Off by a wave",
    "fourier": "Off by a smooth random field",
    "learned": "Learned from samples",
    "empirical": "Exact for the samples alone",
    "guided": "Guided to a class",
}

WHEN = {
    "always": "every t",
    "small-t": "small t: ᾱ ≥ ½",
    "large-t": "large t: ᾱ < ½",
}

EXTRA = {
    "derivatives": "derivatives of the learned score",
    "regressed": "regressed from the samples",
    "regressed-only": "regressed, the score exact",
}

# field of a score -> label and step of its number field
SCORE_PARAMETERS = {
    "size": ("ε_score", 0.02),
    "when": ("Wrong at", 0),
    "frequency": ("frequency", 5.0),
    "phase": ("phase", 0.5),
    "length": ("length", 0.1),
    "samples": ("samples n", 50),
    "features": ("features", 8),
    "ridge": ("ridge", 1e-4),
    "seed": ("its seed", 1),
    "extra": ("w_t and v_t", 0),
    "label": ("Class", 0),
    "scale": ("w, the scale", 0.5),
}
