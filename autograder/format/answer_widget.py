"""The protocol between an exercise and the widget that fills in its answer cell.

A source names what makes its widget, as ``:widget: Weights.missing_bias``. The name is looked up
when the source is read; the engine knows no widget, and a book that names none needs none.
"""

from __future__ import annotations

import math
from contextlib import suppress
from decimal import Decimal
from numbers import Real
from pkgutil import resolve_name
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from traitlets import TraitError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

DEFAULT_MODULE = "widgets"  # where a name without a module is looked up


@runtime_checkable
class AnswerWidget(Protocol):
    """What a widget must offer to fill an answer cell."""

    @property
    def widget_type(self) -> str:
        """The name by which a page finds the script that draws this widget."""

    @property
    def state(self) -> Mapping[str, object]:
        """Everything that a page needs to draw the widget, as JSON values."""

    @property
    def answer(self) -> Mapping[str, object]:
        """The present answer: a value for each key."""

    @property
    def answer_source(self) -> str:
        """The code of an answer cell with the present answer: ``name = literal``."""


def widget_module(name: str) -> str:
    """Return the module part of the widget name ``name``, or the default module."""
    return name.rpartition(":")[0] or DEFAULT_MODULE


def widget_maker(name: str) -> str:
    """Return the part of the widget name ``name`` after its module, as ``Class.method``."""
    return name.rpartition(":")[2]


def make_widget(
    name: str, answer: Mapping[str, object], options: Mapping[str, object] | None = None
) -> AnswerWidget:
    """Look up the widget called ``name`` and make it from the value of an answer cell.

    Parameters
    ----------
    name
        As a source writes it: ``Weights.missing_bias`` of the module ``widgets``, or
        ``my_figures:Slider.from_answer`` of any other.
    answer
        The value of the answer cell.
    options
        What else the widget takes, such as the questions of ``Questions.from_answer``.

    Raises
    ------
    AttributeError, ImportError
        When there is none of that name.
    TypeError, ValueError, TraitError
        When it cannot be made from ``answer`` and ``options``.
    """
    widget = resolve_name(f"{widget_module(name)}:{widget_maker(name)}")(answer, **(options or {}))
    if not isinstance(widget, AnswerWidget):
        raise TypeError(f"{name} makes no widget that an answer cell can be filled from")
    return widget


class UnfitAnswer(ValueError):  # noqa: N818 - it says what the learner gave
    """An answer has no number where its widget writes one; ``field`` is the key."""

    def __init__(self, field: str) -> None:
        super().__init__(
            f"`{field}` in your answer is no number: write it as 0.5 or 1/2, without anything "
            "around it."
        )
        self.field = field


def number_keys(
    make: Callable[[Mapping[str, object]], object], start: Mapping[str, object]
) -> tuple[str, ...]:
    """Return the keys of an answer whose values are numbers.

    Parameters
    ----------
    make
        Makes the widget from an answer, and raises where that does not fit.
    start
        The answer that it begins with; a blank, which says nothing, is tried with a number.
    """
    found = []
    for key, value in start.items():
        is_number = isinstance(value, Real)
        if value == "":
            with suppress(AttributeError, LookupError, TypeError, ValueError, TraitError):
                make({**start, key: 1.0})
                is_number = True
        if is_number:
            found.append(key)
    return tuple(found)


def read_numbers(answer: object, keys: Sequence[str]) -> object:
    """Return the value of an answer cell with its numbers as numbers, however they were written.

    A text such as ``"0.1"``, ``"0,1"`` or ``"90%"`` is what its reader takes it for. What is left
    out, or blank, stays so.

    Raises
    ------
    UnfitAnswer
        When there is something else in the place of a number, or one that is not finite.
    """
    if not isinstance(answer, dict):
        return answer
    read = {key: _read_number(answer[key], key) for key in keys if key in answer}
    return {**answer, **read}


def _read_number(value: Any, key: str) -> object:  # noqa: ANN401 - whatever was given
    if value is None or (isinstance(value, str) and not value.strip()):
        return value
    # An object that is no data has no attribute of such a name to be called.
    with suppress(AttributeError, TypeError, ValueError, ZeroDivisionError, OverflowError):
        number = _number_of_text(value) if isinstance(value, str) else _plain_number(value)
        if math.isfinite(number):
            return number
    raise UnfitAnswer(key)


def _plain_number(value: Any) -> float:  # noqa: ANN401 - whatever was given
    """Return a number of any library as Python's own."""
    if isinstance(value, int | float):
        return value
    if not isinstance(value, Real | Decimal):
        return float(value.__array__().item() if value.shape == () else math.nan)
    return float(value)


def _number_of_text(text: str) -> float:
    """Return the number that a text stands for: with a comma, as a fraction, in percent."""
    plain = text.strip().replace("\u2212", "-").replace(",", ".")
    numerator, _, denominator = plain.removesuffix("%").partition("/")
    return float(numerator) / float(denominator or 1) / (100 if plain.endswith("%") else 1)
