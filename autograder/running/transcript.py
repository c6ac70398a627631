"""Summarise what a check got from an answer, to compare how two answers behave."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from autograder.running.run import CheckResult

_TRANSCRIPT_VALUES = 512  # of an array, to be compared within rounding; the rest is digested
_NEARLY_ZERO = 1e-6  # below it the sign and the digits are noise
_RTOL, _ATOL = 1e-4, 1e-6


class Opaque:
    """Base of stand-ins for objects that are no data, and so cannot be compared."""

    __slots__ = ()


def summarise_reply(value: object) -> object:
    """Return type, structure and numbers of a reply as JSON values."""
    type_name = type(value).__name__
    if isinstance(value, bool | str) or value is None:
        return value
    if isinstance(value, dict):
        return {type_name: [[summarise_reply(k), summarise_reply(v)] for k, v in value.items()]}
    if isinstance(value, list | tuple):
        return {type_name: [summarise_reply(item) for item in value]}
    if isinstance(value, slice):
        return {
            type_name: [summarise_reply(part) for part in (value.start, value.stop, value.step)]
        }
    if isinstance(value, float) or hasattr(value, "__array__"):  # not for a handle to say
        return {"type": type_name} | _summarise_array(np.asarray(value))
    return {type_name: _summarise_other(value)}


def same_replies(one: CheckResult, other: CheckResult) -> bool:
    """Return whether two answers gave one check the same replies, within rounding."""
    return one.verdict == other.verdict and _same_summary(
        list(one.transcript), list(other.transcript)
    )


def _summarise_other(value: object) -> str:
    if isinstance(value, bytes):
        return hashlib.sha256(value).hexdigest()
    if isinstance(value, int):
        return hex(value)
    return "" if isinstance(value, Opaque) else str(value)


def _summarise_array(array: np.ndarray[Any, Any]) -> dict[str, object]:
    """Return the first numbers, which are compared within rounding, and a digest of the rest."""
    summary: dict[str, object] = {"dtype": str(array.dtype), "shape": list(array.shape)}
    summary["nan"] = bool(np.isnan(array).any())
    if array.dtype.kind in "biu":
        flat = array.ravel()
        rest = flat[_TRANSCRIPT_VALUES:]
        summary["exact"] = flat[:_TRANSCRIPT_VALUES].tolist()
    else:
        is_complex = array.dtype.kind == "c"
        flat = array.ravel().astype(complex).view(float) if is_complex else array.ravel()
        rest = _round_to_digits(flat[_TRANSCRIPT_VALUES:].astype(float))
        summary["numbers"] = flat[:_TRANSCRIPT_VALUES].astype(float).tolist()
    return summary | {"rest": hashlib.sha256(rest.tobytes()).hexdigest()}


def _round_to_digits(numbers: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Round each number to four digits, and make all zeros and all NaNs alike."""
    fraction, exponent = np.frexp(numbers)
    kept = np.ldexp(np.round(fraction, 4), exponent)
    return np.where(np.isnan(kept), np.nan, np.where(np.abs(kept) < _NEARLY_ZERO, 0.0, kept))


def _same_summary(one: object, other: object) -> bool:
    if isinstance(one, dict) and isinstance(other, dict):
        if "numbers" in one and "numbers" in other:
            same_kind = all(
                one.get(key) == other.get(key) for key in ("type", "dtype", "shape", "rest")
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
