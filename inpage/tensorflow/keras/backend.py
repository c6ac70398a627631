"""``tf.keras.backend``."""

from .._absent import missing
from ._naming import EPSILON, FLOAT, clear_names

__getattr__ = missing(__name__)


def clear_session(free_memory: bool = True) -> None:
    """Forget which names were given."""
    clear_names()


def epsilon() -> float:
    """Return the small number that keeps logarithms finite."""
    return EPSILON


def floatx() -> str:
    """Return the name of the type of weights."""
    return FLOAT


def image_data_format() -> str:
    """Return where the channels of images are."""
    return "channels_last"


def backend() -> str:
    """Return the name of what calculates."""
    return "tensorflow"
