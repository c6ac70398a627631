"""What training does with slopes (``tf.keras.optimizers``)."""

from ..._absent import missing
from .._serial import deserialize as _made
from . import schedules
from ._base import Optimizer
from ._kinds import KINDS as _KINDS
from ._kinds import SGD, Adadelta, Adagrad, Adam, Adamax, AdamW, RMSprop

__getattr__ = missing(__name__)

_BY_NAME = {kind.__name__.lower(): kind for kind in _KINDS}
_CLASSES = {kind.__name__: kind for kind in _KINDS}


def get(identifier: object) -> Optimizer:
    """Return the optimizer that a name, a class or a configuration stands for."""
    if isinstance(identifier, Optimizer):
        return identifier
    if isinstance(identifier, str) and identifier.lower() in _BY_NAME:
        return _BY_NAME[identifier.lower()]()
    return _made("optimizer", identifier, _CLASSES)  # type: ignore[return-value]


__all__ = [
    "SGD",
    "Adadelta",
    "Adagrad",
    "Adam",
    "AdamW",
    "Adamax",
    "Optimizer",
    "RMSprop",
    "get",
    "schedules",
]
