"""Special functions that NumPy does not have, element by element from Python's ``math``."""

import math

import numpy as np
import numpy.typing as npt

from ._dtypes import Array


def _by_element(function: np.vectorize, array: Array) -> Array:
    return np.asarray(function(array.astype(np.float64))).astype(array.dtype)


_erf = np.vectorize(math.erf, otypes=[np.float64])
_erfc = np.vectorize(math.erfc, otypes=[np.float64])


def _log_gamma(x: float) -> float:
    if math.isnan(x):
        return x
    if math.isinf(x) or (x <= 0 and x == math.floor(x)):
        return math.inf
    return math.lgamma(x)


_lgamma = np.vectorize(_log_gamma, otypes=[np.float64])


def erf(array: Array) -> Array:
    """Return the error function of each element."""
    return _by_element(_erf, array)


def erfc(array: Array) -> Array:
    """Return one minus the error function of each element."""
    return _by_element(_erfc, array)


def lgamma(array: Array) -> Array:
    """Return the logarithm of the size of the gamma function of each element."""
    return _by_element(_lgamma, array)


def _digamma_of(x: float) -> float:
    """Return the slope of the logarithm of gamma: upwards by recurrence, then its series."""
    if math.isnan(x) or x == -math.inf or (x <= 0 and x == math.floor(x)):
        return math.nan
    if x < 0:
        return _digamma_of(1 - x) - math.pi / math.tan(math.pi * x)
    found = 0.0
    while x < 10:
        found -= 1 / x
        x += 1
    z = 1 / (x * x) if x != math.inf else 0.0
    terms = (1 / 12, -1 / 120, 1 / 252, -1 / 240, 1 / 132, -691 / 32760, 1 / 12)
    series = sum(term * z ** (k + 1) for k, term in enumerate(terms))
    return found + (math.log(x) - 0.5 / x - series)


_digamma = np.vectorize(_digamma_of, otypes=[np.float64])


def digamma(array: Array) -> Array:
    """Return the slope of the logarithm of gamma at each element."""
    return _by_element(_digamma, array)


def _erfinv_of(y: float) -> float:
    """Return where the error function is `y`: a rough formula, then Newton's steps."""
    if abs(y) >= 1:
        return math.copysign(math.inf, y) if abs(y) == 1 else math.nan
    if y == 0 or math.isnan(y):
        return y
    rough = math.log1p(-y * y)
    middle = 2 / (math.pi * 0.147) + rough / 2
    x = math.copysign(math.sqrt(math.sqrt(middle * middle - rough / 0.147) - middle), y)
    for _ in range(4):
        slope = 2 / math.sqrt(math.pi) * math.exp(-x * x)
        gap = (
            math.erf(x) - y
            if abs(y) < 0.5
            else -(math.erfc(abs(x)) - (1 - abs(y))) * math.copysign(1, y)
        )
        x -= gap / slope
    return x


_erfinv = np.vectorize(_erfinv_of, otypes=[np.float64])


def erfinv(array: Array) -> npt.NDArray[np.generic]:
    """Return where the error function has the value of each element."""
    return _by_element(_erfinv, array)
