"""The one helper that the code of a check may import; in plain Jupyter it changes nothing."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


def on_learner_side(constructor: Callable[..., Any]) -> Callable[..., Any]:
    """Return ``constructor``, or in the grader a stand-in that calls it in the answer's process.

    In Jupyter and under stock nbgrader there is only one side, and this returns its argument. While
    an answer is graded, the learner's code has a process of its own, and what is not data (a
    symbolic ``keras.Input``, a custom layer) has to be made there::

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
