"""``tf.config``."""

from ._absent import missing

__getattr__ = missing(__name__)


def list_physical_devices(device_type: str | None = None) -> list[object]:
    """Return no devices of a special kind: the page has one processor, with no name."""
    return []


def run_functions_eagerly(run_eagerly: bool) -> None:
    """Do nothing: functions run eagerly in the page."""


def functions_run_eagerly() -> bool:
    """Return True: functions run eagerly in the page."""
    return True


class experimental:  # noqa: N801 - TensorFlow's name
    """What TensorFlow calls experimental."""

    @staticmethod
    def enable_op_determinism() -> None:
        """Do nothing: operations give the same results every time."""
