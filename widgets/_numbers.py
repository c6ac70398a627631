"""Format numbers for readers, exactly as the functions of these names in ``common.js`` do."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

MINUS = "\u2212"


def fixed(value: float, digits: int) -> str:
    """Return a number with ``digits`` decimals and a real minus sign, halves rounded away from 0.

    Digits after the twelfth significant one are ignored: in the sixteenth, Python and JavaScript
    may differ.
    """
    exact = Decimal(float(f"{value:.12g}"))
    rounded = exact.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)
    # What is rounded to 0 loses its sign.
    return f"{rounded or abs(rounded):f}".replace("-", MINUS)


def decimal(value: float) -> str:
    """Return a number with two decimals, or one where the second is 0."""
    return fixed(value, 2).removesuffix("0")


def signed(value: float) -> str:
    """Return a number with its sign apart, as the next term of a sum."""
    return f"{MINUS} {decimal(-value)}" if value < 0 else f"+ {decimal(value)}"
