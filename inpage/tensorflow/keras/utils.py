"""``tf.keras.utils``."""

from __future__ import annotations

import random as _python_random
from typing import TYPE_CHECKING

import numpy as np

from .._absent import missing
from .._convert import to_array
from .._seeds import set_seed as _set_seed

if TYPE_CHECKING:
    from .._tensor import Array

__getattr__ = missing(__name__)


def set_random_seed(seed: int) -> None:
    """Set the seeds of Python, NumPy and TensorFlow."""
    if not isinstance(seed, int):
        raise ValueError(
            f"Expected `seed` argument to be an integer. Received: seed={seed} (of type {type(seed)})"
        )
    _python_random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002 - as Keras does
    _set_seed(seed)


def to_categorical(x: object, num_classes: int | None = None) -> Array:
    """Return a row with one 1 for each label."""
    labels = np.asarray(to_array(x), np.int64)
    if labels.ndim > 1 and labels.shape[-1] == 1:
        labels = labels[..., 0]
    size = int(labels.max()) + 1 if num_classes is None else num_classes
    table = np.zeros((labels.size, size))
    table[np.arange(labels.size), labels.ravel()] = 1
    return table.reshape(*labels.shape, size)


def normalize(x: object, axis: int = -1, order: int = 2) -> Array:
    """Return an array whose vectors along an axis have length 1."""
    array = np.asarray(to_array(x))
    length = np.atleast_1d(np.linalg.norm(array, order, axis))
    length[length == 0] = 1
    return array / np.expand_dims(length, axis)  # type: ignore[no-any-return]
