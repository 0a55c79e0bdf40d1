"""Discrete diffusion on a finite set of sequences, where every law is a vector and a step a matrix.

The same words as for continuous samplers: where those have a score, a schedule and Gaussian noise,
these have ratios (or what a coordinate is, given the others), a grid of noise times and masks or
random walks; both begin from noise, which is wrong by what the horizon leaves of the data, freeze
their model over a step, and ask a model that may be wrong.
"""

from diffusion_core.discrete.experiment import DiscreteExperiment
from diffusion_core.discrete.runs import measure_discrete, moments, sequences

__all__ = ["DiscreteExperiment", "measure_discrete", "moments", "sequences"]
