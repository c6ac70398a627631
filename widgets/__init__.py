"""The widgets of the book, each described once for Jupyter, for a page and for the grader."""

from widgets._answer import canonical
from widgets.heads import Heads
from widgets.layer_builder import LayerBuilder
from widgets.logit_curve import LogitCurve
from widgets.losses import Losses
from widgets.questions import Questions
from widgets.softmax_bars import SoftmaxBars
from widgets.training import Training
from widgets.weights import Weights, missing_bias_data

__all__ = [
    "Heads",
    "LayerBuilder",
    "LogitCurve",
    "Losses",
    "Questions",
    "SoftmaxBars",
    "Training",
    "Weights",
    "canonical",
    "missing_bias_data",
]
