"""The widget of a widget answer: named in the source, made from the answer."""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING

import widgets

if TYPE_CHECKING:
    from collections.abc import Mapping

    from widgets._widget import Widget


def make_widget(
    name: str, answer: Mapping[str, object], options: Mapping[str, object] | None = None
) -> Widget:
    """Make the widget called ``name``, as ``Weights.missing_bias``, from what an answer cell holds.

    ``options`` are what else it takes, such as the questions of ``Questions.from_answer``.

    Raises
    ------
    AttributeError
        When there is none of that name.
    TypeError, ValueError, TraitError
        When it cannot be made from ``answer`` and ``options``.

    """
    made = attrgetter(name)(widgets)(answer, **(options or {}))
    if not hasattr(made, "state"):
        raise TypeError(f"{name} makes no widget")
    widget: Widget = made
    return widget
