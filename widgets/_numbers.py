"""Numbers as a reader sees them; the functions of these names in ``common.js`` write alike."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

MINUS = "\u2212"


def fixed(value: float, digits: int) -> str:
    """Write a number with so many decimals and a real minus sign; halves away from zero.

    The twelfth significant digit is the last that counts: the two languages' own functions may
    differ in the sixteenth.
    """
    exact = Decimal(float(f"{value:.12g}"))
    rounded = exact.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)
    return f"{rounded or abs(rounded):f}".replace("-", MINUS)


def decimal(value: float) -> str:
    """Write a number with one or two decimals."""
    return fixed(value, 2).removesuffix("0")


def signed(value: float) -> str:
    """Write a number as the next term of a sum."""
    return f"{MINUS} {decimal(-value)}" if value < 0 else f"+ {decimal(value)}"
