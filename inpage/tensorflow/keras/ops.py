"""``tf.keras.ops``: operations that take symbolic tensors too."""

from __future__ import annotations

from .. import _convert as _convert
from .. import _creation as _creation
from .. import _elementwise as _ops
from .. import _indexing as _indexing
from .. import _linear as _linear
from .. import _normalized as _normalized
from .. import _reductions as _reductions
from .. import _shapes as _shapes
from .._absent import missing
from ._symbolic import symbolic

__getattr__ = missing(__name__)


@symbolic
def _reduced(name: str, x: object, axis: object, keepdims: bool) -> object:
    return getattr(_reductions, f"reduce_{name}")(x, axis, keepdims)


def sum(x: object, axis: object = None, keepdims: bool = False) -> object:
    """Return the sum along axes."""
    return _reduced("sum", x, axis, keepdims)


def mean(x: object, axis: object = None, keepdims: bool = False) -> object:
    """Return the mean along axes."""
    return _reduced("mean", x, axis, keepdims)


def max(x: object, axis: object = None, keepdims: bool = False) -> object:
    """Return the largest element along axes."""
    return _reduced("max", x, axis, keepdims)


def min(x: object, axis: object = None, keepdims: bool = False) -> object:
    """Return the smallest element along axes."""
    return _reduced("min", x, axis, keepdims)


def logsumexp(x: object, axis: object = None, keepdims: bool = False) -> object:
    """Return the logarithm of the sum of the exponentials along axes."""
    return _reduced("logsumexp", x, axis, keepdims)


@symbolic
def softmax(x: object, axis: int = -1) -> object:
    """Return probabilities that are proportional to the exponentials."""
    return _normalized.softmax(x, axis)


@symbolic
def log_softmax(x: object, axis: int = -1) -> object:
    """Return the logarithms of the softmax."""
    return _normalized.log_softmax(x, axis)


@symbolic
def reshape(x: object, newshape: object) -> object:
    """Return the elements in another shape."""
    return _shapes.reshape(x, newshape)


@symbolic
def transpose(x: object, axes: object = None) -> object:
    """Return the axes in another order."""
    return _shapes.transpose(x, axes)


@symbolic
def expand_dims(x: object, axis: object) -> object:
    """Return the tensor with a new axis of size 1."""
    return _shapes.expand_dims(x, axis)


@symbolic
def concatenate(xs: object, axis: int = 0) -> object:
    """Return tensors one after the other."""
    return _shapes.concat(xs, axis)


@symbolic
def stack(x: object, axis: int = 0) -> object:
    """Return tensors side by side along a new axis."""
    return _shapes.stack(x, axis)


@symbolic
def matmul(x1: object, x2: object) -> object:
    """Return the product of two matrices."""
    return _linear.matmul(x1, x2)


@symbolic
def cast(x: object, dtype: object) -> object:
    """Return the elements in another type."""
    return _ops.cast(x, dtype)


@symbolic
def where(condition: object, x1: object = None, x2: object = None) -> object:
    """Return elements of `x1` where the condition holds, of `x2` elsewhere."""
    return _indexing.where(condition, x1, x2)


def convert_to_tensor(x: object, dtype: object = None) -> object:
    """Return `x` as a tensor."""
    return _convert.convert_to_tensor(x, dtype)


def _unary(name: str, op: object) -> object:
    def run(x: object) -> object:
        return op(x)  # type: ignore[operator]

    run.__name__ = name
    run.__doc__ = f"Apply ``{name}`` to each element."
    return symbolic(run)


exp = _unary("exp", _ops.exp)
log = _unary("log", _ops.log)
sigmoid = _unary("sigmoid", _ops.sigmoid)
tanh = _unary("tanh", _ops.tanh)
relu = _unary("relu", _ops.relu_of)
softplus = _unary("softplus", _ops.softplus_of)
sqrt = _unary("sqrt", _ops.sqrt)
square = _unary("square", _ops.square)
abs = _unary("abs", _ops.abs)
negative = _unary("negative", _ops.negative)
