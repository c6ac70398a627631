"""The lines that training, evaluation and prediction write."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

_WIDTH = 20
_LONG = 2  # the kind of line without a bar


class Progress:
    """Writes one line when an epoch, an evaluation or a prediction has ended.

    Parameters
    ----------
    verbose
        0 for nothing, 1 for a bar, 2 for a line without one.
    """

    def __init__(self, verbose: object) -> None:
        self._verbose = 1 if verbose == "auto" else int(verbose)  # type: ignore[call-overload]
        self._began = time.monotonic()

    def epoch(self, number: int, epochs: int) -> None:
        """Write which epoch begins."""
        self._began = time.monotonic()
        if self._verbose:
            sys.stdout.write(f"Epoch {number + 1}/{epochs}\n")

    def end(self, steps: int, logs: Mapping[str, object]) -> None:
        """Write what it came to."""
        if not self._verbose:
            return
        seconds = time.monotonic() - self._began
        told = "".join(_told(key, value) for key, value in logs.items())
        count = f"{steps}/{steps}"
        if self._verbose == _LONG:
            line = f"{count} - {seconds:.0f}s - {_speed(seconds, steps)}{told}"
        else:
            bar = f"\x1b[32m{'━' * _WIDTH}\x1b[0m\x1b[37m\x1b[0m"
            line = f"\x1b[1m{count}\x1b[0m {bar} \x1b[1m{seconds:.0f}s\x1b[0m {_speed(seconds, steps)}{told}"
        sys.stdout.write(line + "\n")


def _told(key: str, value: object) -> str:
    if np.ndim(value):  # type: ignore[arg-type]
        return ""
    number = float(value)  # type: ignore[arg-type]
    return f" - {key}: {number:.4f}" if abs(number) > 1e-3 else f" - {key}: {number:.4e}"


def _speed(seconds: float, steps: int) -> str:
    each = seconds / max(steps, 1)
    if each >= 1 or each == 0:
        return f"{each:.0f}s/step"
    return f"{each * 1e3:.0f}ms/step" if each >= 1e-3 else f"{each * 1e6:.0f}us/step"
