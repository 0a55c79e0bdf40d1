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
