"""What theorems on discrete samplers ask of a run, beside closed forms."""

from __future__ import annotations

import numpy as np
import pytest

from diffusion_core.discrete import DiscreteExperiment
from diffusion_core.discrete.dynamics import Masked, Uniform
from diffusion_core.discrete.grids import ConstantGrid, TheoryGrid
from diffusion_core.discrete.posterior import Blurred
from diffusion_core.discrete.targets import MarkovChain
from diffusion_core.studies.discrete import asked


def test_what_theorems_ask_is_known_in_closed_form_for_masks() -> None:
    """A MASK leaves at 1/(e^s - 1); all MASK is what the noised data shows with (1 - e^{-s})^d."""
    run = DiscreteExperiment(MarkovChain(3, 0.3), Masked(), TheoryGrid(4.0, 0.02), steps=20)
    found = asked(run)
    assert found.fastest == pytest.approx(1 / np.expm1(0.02), rel=1e-12)
    assert found.start_tv == pytest.approx(1 - (1 - np.exp(-4.0)) ** 3, rel=1e-12)
    assert found.start_kl == np.inf
    clock = (4.0 - 1.0 + np.log(1 / 0.02)) / 20
    assert clock * 0.85 < found.grid < clock * 1.15
    assert asked(run.with_(start="exact")).start_tv == 0.0


def test_what_theorems_ask_does_not_look_at_the_models_error() -> None:
    run = DiscreteExperiment(MarkovChain(3, 0.3), Uniform(), ConstantGrid(2.0, 0.5), steps=6)
    found = asked(run)
    assert found == asked(run.with_(ratio_error=Blurred(0.5)))
    assert found.grid == pytest.approx(0.25 / 0.75)  # the last step but one begins at .75
    law = run.model.noised(2.0).ravel()
    assert found.start_kl == pytest.approx(float((law * np.log(8 * law)).sum()), rel=1e-9)
