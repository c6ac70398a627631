"""Summarise what a check got from an answer, to compare how two answers behave."""

from __future__ import annotations

import hashlib
import json
import math
from collections import deque
from collections.abc import Mapping, ValuesView
from collections.abc import Set as AbstractSet
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import numpy as np

from autograder.running.keras_objects import is_keras_object, variables_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from autograder.running.run import CheckResult

_TRANSCRIPT_VALUES = 512  # of an array, to be compared within rounding; the rest is digested
_PART = 2**20  # values of an array that are looked at together
_FEW_ITEMS = 16  # of a list, each summarised by itself
_NO_REST = hashlib.sha256().hexdigest()
_NEARLY_ZERO = 1e-6  # below it the sign and the digits are noise
_RTOL, _ATOL = 1e-4, 1e-6


class Opaque:
    """Base of stand-ins for objects that are no data, and so cannot be compared."""

    __slots__ = ()


def summarise_reply(value: object) -> object:  # noqa: PLR0911 - a case for each kind of value
    """Return type, structure and numbers of a reply as JSON values."""
    kind = {"type": type(value).__name__}
    if isinstance(value, bool | str) or value is None:
        return value
    if type(value) is float:
        return kind | _summarise_float(value)
    if is_keras_object(value):
        return kind | {"weights": [*map(summarise_reply, map(np.asarray, variables_of(value)))]}
    if isinstance(value, Mapping):
        return kind | {"pairs": [[*map(summarise_reply, pair)] for pair in value.items()]}
    # Its order differs from process to process, with the hashes of texts.
    if isinstance(value, AbstractSet):  # in no order
        return kind | {"items": sorted(map(summarise_reply, value), key=json.dumps)}
    if isinstance(value, list | tuple | deque | ValuesView):
        return kind | _summarise_items(list(value))
    if isinstance(value, slice):
        parts = (value.start, value.stop, value.step)
        return kind | {"parts": [summarise_reply(part) for part in parts]}
    if isinstance(value, complex) or hasattr(value, "__array__"):  # not for a handle to say
        return kind | _summarise_array(np.asarray(value))
    return kind | {"shape": [len(value)] if isinstance(value, range) else []} | _other(value)


def same_replies(one: CheckResult, other: CheckResult) -> bool:
    """Return whether two answers gave one check the same replies, within rounding."""
    return one.verdict == other.verdict and _same_summary(
        list(one.transcript), list(other.transcript)
    )


def _summarise_items(items: list[Any]) -> dict[str, object]:
    kinds = {*map(type, items)} if len(items) > _FEW_ITEMS else ()
    if len(kinds) == 1 and issubclass(kinds.pop(), int | float | np.generic | np.ndarray):
        # As one array, since each summary costs as much as thousands of numbers.
        with suppress(ValueError):
            array = np.array(items)
            if array.dtype.kind in "biuf":
                return {"of": type(items[0]).__name__} | _summarise_array(array)
    return {"items": [summarise_reply(item) for item in items]}


def _summarise_float(value: float) -> dict[str, object]:
    """Return what :func:`_summarise_array` does for one number, sooner."""
    return {
        "dtype": "float64",
        "shape": [],
        "nan": math.isnan(value),
        "numbers": [value],
        "rest": _NO_REST,
    }


def _other(value: object) -> dict[str, str]:
    if isinstance(value, bytes | bytearray):
        return {"value": hashlib.sha256(value).hexdigest()}
    if isinstance(value, int):
        return {"value": hex(value)}
    return {"value": "" if isinstance(value, Opaque) else str(value)}


def _summarise_array(array: np.ndarray[Any, Any]) -> dict[str, object]:
    """Return the first numbers, which are compared within rounding, and a digest of the rest."""
    summary: dict[str, object] = {"dtype": str(array.dtype), "shape": list(array.shape)}
    if array.dtype.kind == "O":
        return summary | {"items": [summarise_reply(item) for item in array.ravel()]}
    # The rest as a digest: a reply may hold millions of numbers, and each has its transcript.
    flat = array.ravel()
    first, rest = flat[:_TRANSCRIPT_VALUES], flat[_TRANSCRIPT_VALUES:]
    if array.dtype.kind in "biuUSmM":
        digest = _digest(rest, np.ndarray.tobytes)
        exact = first.tolist() if array.dtype.kind in "biuU" else list(map(str, first.tolist()))
        return summary | {"nan": False, "exact": exact, "rest": digest}
    numbers = first.astype(complex).view(float) if array.dtype.kind == "c" else first.astype(float)
    nan = any(bool(np.isnan(part).any()) for part in _parts(flat))
    digest = _digest(rest, lambda part: _round_to_digits(part).tobytes())
    return summary | {"nan": nan, "numbers": numbers.tolist(), "rest": digest}


def _parts(flat: np.ndarray[Any, Any]) -> Iterator[np.ndarray[Any, Any]]:
    """Yield an array in parts: what is computed of one needs little memory."""
    return (flat[start : start + _PART] for start in range(0, len(flat), _PART))


def _digest(flat: np.ndarray[Any, Any], in_bytes: Callable[[np.ndarray[Any, Any]], bytes]) -> str:
    digest = hashlib.sha256()
    for part in _parts(flat):
        digest.update(in_bytes(part))
    return digest.hexdigest()


def _round_to_digits(numbers: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Round each number to four digits, and make all zeros and all NaNs alike."""
    plain = numbers.astype(complex).view(float) if numbers.dtype.kind == "c" else numbers
    fraction, exponent = np.frexp(plain.astype(float))
    kept = np.ldexp(np.round(fraction, 4), exponent)
    return np.where(np.isnan(kept), np.nan, np.where(np.abs(kept) < _NEARLY_ZERO, 0.0, kept))


def _same_summary(one: object, other: object) -> bool:
    if isinstance(one, dict) and isinstance(other, dict):
        if "numbers" in one and "numbers" in other:
            same_kind = all(
                one.get(key) == other.get(key) for key in ("type", "of", "dtype", "shape", "rest")
            )
            return same_kind and np.allclose(
                one["numbers"], other["numbers"], _RTOL, _ATOL, equal_nan=True
            )
        return one.keys() == other.keys() and all(
            _same_summary(one[key], other[key]) for key in one
        )
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same_summary, one, other))
    return one == other
