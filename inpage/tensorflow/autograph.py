"""``tf.autograph``."""

from ._absent import missing

__getattr__ = missing(__name__)


def set_verbosity(level: int, alsologtostdout: bool = False) -> None:
    """Do nothing: functions are not rewritten in the page."""
