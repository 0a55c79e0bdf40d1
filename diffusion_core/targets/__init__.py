"""Targets: laws of X_0 whose noised marginals p_t are known in closed form."""
