"""The book's stand-in for Keras 3 (``tf.keras``)."""

from .._absent import missing
from . import (
    activations,
    backend,
    callbacks,
    config,
    constraints,
    initializers,
    layers,
    losses,
    metrics,
    models,
    ops,
    optimizers,
    random,
    regularizers,
    utils,
)
from ._core_layers import Input
from ._functional import Sequential
from ._layer import InputSpec, Layer
from ._model import Model
from ._symbolic import KerasTensor
from ._variable import Variable
from .callbacks import Callback
from .constraints import Constraint
from .initializers import Initializer
from .losses import Loss
from .metrics import Metric
from .optimizers import Optimizer
from .regularizers import Regularizer

__getattr__ = missing(__name__)
__version__ = "3.15.1"
