"""Functions on the half line as Chebyshev series, for a machine that has no special functions."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
from scipy.special import erfcx

from diffusion_core.schedules import Array
from diffusion_core.targets.circle import bessel_ratio

TAIL_DEGREE, BESSEL_DEGREE = 24, 48  # beyond them coefficients are rounding
TAIL_MIDDLE, BESSEL_MIDDLE = 3.0, 6.0


def half_line_series(f: Callable[[Array], Array], middle: float, degree: int) -> Array:
    """c with f(z) = sum_n c_n T_n(y), y = (z - middle)/(z + middle), for 0 <= z <= infinity."""

    def of(y: Any) -> Any:
        return f(middle * (1 + y) / (1 - y))

    return np.asarray(np.polynomial.chebyshev.chebinterpolate(of, degree))


@cache
def normal_tail() -> Array:
    """The series of erfcx(z) (1 + sqrt(pi) z), to a relative 1e-14."""
    return half_line_series(
        lambda z: erfcx(z) * (1 + math.sqrt(math.pi) * z), TAIL_MIDDLE, TAIL_DEGREE
    )


@cache
def bessel() -> Array:
    """The series of A (2 + k)/k, (1 - A)(1 + 2k) and 2 (1 + k)^2 A', A = I_1/I_0 at k, (3, 49):

    to a relative 2e-12.
    """

    def of(which: Callable[[Array, Array, Array, Array], Array]) -> Array:
        return half_line_series(lambda k: which(k, *bessel_ratio(k)), BESSEL_MIDDLE, BESSEL_DEGREE)

    return np.stack(
        [
            of(lambda k, ratio, gap, slope: ratio * (2 + k) / k),
            of(lambda k, ratio, gap, slope: gap * (1 + 2 * k)),
            of(lambda k, ratio, gap, slope: slope * 2 * (1 + k) ** 2),
        ]
    )
