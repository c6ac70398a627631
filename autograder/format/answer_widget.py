"""The protocol between an exercise and the widget that fills in its answer cell.

A source names what makes its widget, as ``:widget: Weights.missing_bias``. The name is looked up
when the source is read; the engine knows no widget, and a book that names none needs none.
"""

from __future__ import annotations

from pkgutil import resolve_name
from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Mapping

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
