"""What TensorFlow makes of the forms of a loss, to compare the widget with."""

from __future__ import annotations

import importlib
import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray


def kinds(values: Iterable[float]) -> list[str]:
    """Say of each number whether it is finite, inf or nan."""
    return ["finite" if math.isfinite(value) else str(float(value)) for value in values]


def with_tape(form: str, z: NDArray[Any], y: int) -> tuple[NDArray[Any], NDArray[Any]]:
    """Let TensorFlow compute the losses and the gradients."""
    tf = importlib.import_module("tensorflow")
    logits = tf.constant(z)
    labels = tf.fill(logits.shape, tf.constant(float(y), logits.dtype))
    with tf.GradientTape() as tape:
        tape.watch(logits)
        if form == "fused":
            loss = tf.nn.sigmoid_cross_entropy_with_logits(labels, logits)
        elif form == "clipped":
            p = tf.sigmoid(logits)
            loss = tf.keras.losses.binary_crossentropy(labels[:, None], p[:, None])
        else:
            p = 1 / (1 + tf.exp(-logits))
            loss = -tf.math.log(p if y else 1 - p)
    return loss.numpy(), tape.gradient(loss, logits).numpy()
