"""``tf.keras.config``."""

from .._absent import missing
from .backend import backend, epsilon, floatx, image_data_format

__getattr__ = missing(__name__)

__all__ = ["backend", "epsilon", "floatx", "image_data_format"]
