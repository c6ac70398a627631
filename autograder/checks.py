"""What a check may import: one helper, which does nothing special in plain Jupyter."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


def on_learner_side(constructor: Callable[..., Any]) -> Callable[..., Any]:
    """Return ``constructor``, so that what it makes lives beside the learner's answer.

    In Jupyter and under stock nbgrader there is only one side, and this returns its argument. While
    an answer is graded, the learner's code has a process of its own, and what is not data (a
    symbolic ``keras.Input``, a model) has to be made there::

        inputs = on_learner_side(tf.keras.Input)(shape=(4,))
        logits = model_layers(inputs, 3)

    Parameters
    ----------
    constructor
        A function or class that can be imported by its module and qualified name.

    """
    session = getattr(sys.modules["__main__"], "__learner_session__", None)
    if session is None:
        return constructor
    imported: Callable[..., Any] = session.import_on_learner_side(constructor)
    return imported
