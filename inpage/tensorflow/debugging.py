"""``tf.debugging``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from . import _elementwise as ops
from ._absent import missing
from ._convert import convert
from ._failures import kernel
from .errors import InvalidArgumentError

if TYPE_CHECKING:
    from collections.abc import Callable

    from ._tensor import EagerTensor

__getattr__ = missing(__name__)


def _first(name: str, tensor: EagerTensor) -> str:
    """Return the line that names the first elements of a tensor, and they."""
    shown = tensor._array.ravel()[:3]
    return f"First {len(shown)} elements of {name}:\n{shown}"


def _asserted(sign: str, test: Callable[..., EagerTensor]) -> Callable[..., None]:
    def run(
        x: object,
        y: object,
        message: str | None = None,
        summarize: int | None = None,
        name: str | None = None,
    ) -> None:
        left = convert(x)
        right = convert(y, hint=left._dtype)
        if not np.all(test(left, right)._array):
            said = f"{message or ''}\nCondition x {sign} y did not hold.\n"
            said += f"{_first('x', left)}\n{_first('y', right)}"
            raise InvalidArgumentError(None, None, said.strip())

    run.__doc__ = f"Raise InvalidArgumentError unless ``x {sign} y`` everywhere."
    return run


assert_equal = _asserted("==", ops.equal)
assert_none_equal = _asserted("!=", ops.not_equal)
assert_less = _asserted("<", ops.less)
assert_less_equal = _asserted("<=", ops.less_equal)
assert_greater = _asserted(">", ops.greater)
assert_greater_equal = _asserted(">=", ops.greater_equal)


def assert_near(
    x: object,
    y: object,
    rtol: float | None = None,
    atol: float | None = None,
    message: str | None = None,
    summarize: int | None = None,
    name: str | None = None,
) -> None:
    """Raise InvalidArgumentError unless `x` and `y` are close everywhere."""
    left = convert(x)
    right = convert(y, left._dtype)
    eps = 10 * float(np.finfo(left._array.dtype).eps)
    limit = (eps if atol is None else atol) + (eps if rtol is None else rtol) * np.abs(right._array)
    if not np.all(np.abs(left._array - right._array) < limit):
        raise InvalidArgumentError(
            None, None, f"{message or ''} x and y not equal to tolerance".strip()
        )


def assert_all_finite(x: object, message: str, name: str | None = None) -> EagerTensor:
    """Return `x`; raise InvalidArgumentError if it holds a NaN or an infinity."""
    return check_numerics(x, message)


def check_numerics(tensor: object, message: str, name: str | None = None) -> EagerTensor:
    """Return `tensor`; raise InvalidArgumentError if it holds a NaN or an infinity."""
    x = convert(tensor)
    found = [word for word, test in (("Inf", np.isinf), ("NaN", np.isnan)) if test(x._array).any()]
    if found:
        said = f"{message} : Tensor had {' and '.join(found)} values"
        raise InvalidArgumentError(
            None, None, f"{kernel('CheckNumericsV2')} {said} [Op:CheckNumericsV2] name: "
        )
    return x
