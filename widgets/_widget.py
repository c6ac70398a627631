"""What every widget of the book has: checked options, an answer, a static picture, a module."""

from __future__ import annotations

import json
from html import escape
from numbers import Real
from typing import TYPE_CHECKING, Any, ClassVar, Self

import anywidget
import traitlets

from widgets._answer import register_widget, write_assignment
from widgets._assets import style_text
from widgets._html import element

if TYPE_CHECKING:
    from collections.abc import Mapping

MIME = "application/vnd.logits-widget+json"


def _json_for_script(state: dict[str, Any]) -> str:
    """Write JSON that may stand in a script element of HTML and of XML."""
    text = json.dumps(state, sort_keys=True)
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")


class Number(traitlets.TraitType[float, float]):
    """A finite number in a range; a whole one when its default is an int.

    A widget may lack an optional one: it is None unless it is given.
    """

    def __init__(self, default: float, low: float, high: float, *, optional: bool = False) -> None:
        super().__init__(None if optional else default)
        self.allow_none = optional
        self.whole, self.low, self.high = isinstance(default, int), low, high
        self.tag(sync=True)

    def validate(self, _owner: object, value: object) -> float:
        """Turn a number into the trait's own type.

        Raises
        ------
        TraitError
            When it is no number, out of range, or has a fraction where none makes sense.
        """
        if isinstance(value, Real) and self.low <= float(value) <= self.high:
            number = float(value) + 0.0  # no -0.0
            if not self.whole:
                return number
            if number.is_integer():
                return int(number)
        sort = "whole number" if self.whole else "number"
        message = f"{self.name} is a {sort} from {self.low} to {self.high}, not {value!r}"
        raise traitlets.TraitError(message)


class Switch(traitlets.TraitType[bool, bool]):
    """On or off; an answer writes it 1.0 or 0.0."""

    def __init__(self, *, default: bool) -> None:
        super().__init__(default)
        self.tag(sync=True)

    def validate(self, _owner: object, value: object) -> bool:
        """Turn a bool, 0 or 1 into a bool; anything else raises TraitError."""
        if isinstance(value, Real) and value in (0, 1):
            return bool(value)
        raise traitlets.TraitError(f"{self.name} is True or False, not {value!r}")


class Widget(anywidget.AnyWidget):
    """Base of the widgets.

    A subclass names its ``widget_type`` and its module (``module_text(kind)``), the traits that a reader
    ``answer_traits`` (they are the answer), its other ``options``, and draws itself in ``_draw_body``. It may
    take ``shorthand`` for what moves, which its ``_expand_shorthand`` replaces.
    """

    widget_type: ClassVar[str]
    answer_traits: ClassVar[tuple[str, ...]]
    options: ClassVar[tuple[str, ...]] = ("caption", "name", "start")
    shorthand: ClassVar[tuple[str, ...]] = ()

    caption = traitlets.Unicode().tag(sync=True)
    name = traitlets.Unicode("answer").tag(sync=True)
    start = traitlets.Dict().tag(sync=True)  # what Reset goes back to
    skeleton = traitlets.Unicode().tag(sync=True)  # the static picture, which the module moves
    _css = style_text()

    def __init__(self, **options: object) -> None:
        known = (*self.shorthand, *self.answer_traits, *self.options)
        unknown = sorted(set(options) - set(known))
        if unknown:
            knows = ", ".join(known)
            raise TypeError(f"{type(self).__name__} has no {', '.join(unknown)}; it knows {knows}")
        super().__init__(**self._expand_shorthand(options))
        self.start = self.start or self.answer
        self.skeleton = self.figure_html()

    @classmethod
    def _expand_shorthand(cls, options: dict[str, Any]) -> dict[str, Any]:
        """Replace shorthand by the traits that it means."""
        return options

    @classmethod
    def from_answer(cls, answer: Mapping[str, Any], **options: object) -> Self:
        """Build the widget from the dict of an answer cell.

        Raises
        ------
        ValueError
            When a key is missing or unknown.
        TraitError
            When a value is out of range.
        """
        optional = {key for key in cls.answer_traits if cls.class_traits()[key].allow_none}
        if not set(cls.answer_traits) - optional <= set(answer) <= set(cls.answer_traits):
            wanted = ", ".join(
                f"{key}?" if key in optional else key for key in sorted(cls.answer_traits)
            )
            raise ValueError(f"the answer of {cls.__name__} has the keys {wanted}, not {answer!r}")
        return cls(**answer, **options)

    @property
    def answer(self) -> dict[str, Any]:
        """What the reader moved, as the answer cell holds it: every value a float."""
        return {key: float(getattr(self, key)) for key in sorted(self._answer_keys)}

    @property
    def answer_source(self) -> str:
        """The answer cell that holds the present answer."""
        return write_assignment(self)

    @property
    def _answer_keys(self) -> tuple[str, ...]:
        """What moves in this very widget: a trait that it lacks is None."""
        return tuple(key for key in self.answer_traits if getattr(self, key) is not None)

    @property
    def state(self) -> dict[str, Any]:
        """All that is needed to build this widget again, ready for JSON."""
        return {key: getattr(self, key) for key in (*self._answer_keys, *self.options)}

    def figure_html(self, *, number: int = 0, answer: str = "") -> str:
        """Draw the mount element with the static picture in it.

        Parameters
        ----------
        number
            Which widget of its kind it is on a page, from 1; 0 outside a page.
        answer
            The ``grade_id`` of the answer cell that this widget fills, if any.
        """
        state = _json_for_script(self.state)
        caption = element("figcaption", escape(self.caption)) if self.caption else ""
        return element(
            "figure",
            self._draw_body(),
            element("p", class_="llb-live", aria_live="polite"),
            caption,
            element("script", state, type="application/json", class_="llb-state"),
            class_="llb-widget llb-page" if number else "llb-widget",
            id=f"{self.widget_type}-{number}" if number else None,
            data_widget=self.widget_type,
            data_answer=answer or None,
        )

    def _draw_body(self) -> str:
        """Draw the present state: picture, worked values, and room for the controls."""
        raise NotImplementedError

    def describe_state(self) -> str:
        """Say the present state in a sentence."""
        raise NotImplementedError

    def _repr_mimebundle_(self, **options: Any) -> tuple[dict[str, Any], dict[str, Any]]:  # noqa: ANN401
        """Show the live widget in Jupyter, the mount element on a page, else the picture."""
        register_widget(self)
        data, metadata = super()._repr_mimebundle_(**options) or ({}, {})
        html = element("style", style_text()) + self.figure_html()
        data |= {
            "text/plain": self.describe_state(),
            "text/html": html,
            MIME: {"widget": self.widget_type, "state": self.state},
        }
        return data, metadata
