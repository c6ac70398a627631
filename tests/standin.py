"""The book's stand-in for TensorFlow beside TensorFlow itself: one program, two outcomes."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from types import ModuleType

Array = npt.NDArray[Any]
HIDDEN = list(HealthCheck)


def calm(examples: int) -> settings:
    """Return how many programs a test draws: the same in every run, at any speed."""
    return settings(
        max_examples=examples, deadline=None, derandomize=True, suppress_health_check=HIDDEN
    )


Program = Callable[[Any], Any]


def called(tf: ModuleType, name: str) -> Any:  # noqa: ANN401 - whatever has that name
    """Return what TensorFlow has by a name."""
    found: Any = tf
    for part in name.split("."):
        found = getattr(found, part)
    return found


@dataclass(frozen=True)
class Both:
    """TensorFlow and the stand-in."""

    real: ModuleType
    ours: ModuleType

    def differences(self, program: Program, rtol: float = 1e-5) -> str:
        """Return how the outcomes of a program differ, an empty text if they do not."""
        return differences(program, self.real, self.ours, rtol)


@dataclass(frozen=True)
class Outcome:
    """What a program comes to: values, or the name of an exception's type."""

    values: tuple[object, ...]
    error: str | None
    said: str


def outcome(program: Program, tf: ModuleType) -> Outcome:
    """Run a program on one of the two and return what it comes to."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            found = program(tf)
        except Exception as error:  # noqa: BLE001 - the type is what is compared
            return Outcome((), type(error).__name__, str(error)[:300])
    return Outcome(tuple(leaves(found)), None, "")


def leaves(found: Any) -> list[object]:  # noqa: ANN401 - whatever a program returns
    """Return what is in lists, tuples and dictionaries, with tensors as arrays."""
    if isinstance(found, (list, tuple)):
        return [leaf for each in found for leaf in leaves(each)]
    if isinstance(found, dict):
        return [leaf for key in sorted(found) for leaf in (key, *leaves(found[key]))]
    if hasattr(found, "indices") and hasattr(found, "dense_shape"):
        return ["IndexedSlices", *leaves(found.indices), *leaves(found.values)]
    if hasattr(found, "numpy"):
        return [np.asarray(found.numpy())]
    return [found]


def differences(program: Program, real: ModuleType, ours: ModuleType, rtol: float = 1e-5) -> str:
    """Return how the outcomes of a program differ, an empty text if they do not."""
    wanted, found = outcome(program, real), outcome(program, ours)
    if wanted.error != found.error:
        return f"TensorFlow: {wanted}\nstand-in: {found}"
    if len(wanted.values) != len(found.values):
        return f"TensorFlow: {wanted.values}\nstand-in: {found.values}"
    for one, other in zip(wanted.values, found.values, strict=True):
        if not alike(one, other, rtol):
            return f"TensorFlow: {one!r}\nstand-in: {other!r}"
    return ""


def alike(one: Any, other: Any, rtol: float) -> bool:  # noqa: ANN401 - whatever a program returns
    """Return whether two values are the same, numbers within a relative tolerance."""
    if isinstance(one, np.generic) and isinstance(other, np.generic):
        return alike(np.asarray(one), np.asarray(other), rtol)
    if not isinstance(one, np.ndarray):
        if isinstance(one, float):
            return bool(np.isclose(one, other, rtol=rtol, atol=1e-7, equal_nan=True))
        return bool(one == other)
    if not isinstance(other, np.ndarray) or one.shape != other.shape or one.dtype != other.dtype:
        return False
    if one.dtype.kind not in "fc":
        return bool(np.array_equal(one, other))
    loose = 2e-3 if one.dtype.itemsize == 2 else rtol
    finite = np.abs(one[np.isfinite(one)])
    size = float(finite.max()) if finite.size else 0.0
    atol = loose * min(size, 1.0) + 1e-7
    return bool(np.allclose(one, other, rtol=loose, atol=atol, equal_nan=True))
