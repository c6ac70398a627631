"""``tf.keras.random``."""

from .._absent import missing
from ._chance_layers import SeedGenerator

__getattr__ = missing(__name__)

__all__ = ["SeedGenerator"]
