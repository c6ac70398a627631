"""The base class of the widgets: checked options, an answer, a static picture, a script."""

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
    """Return JSON that is safe inside a script element of HTML and of XML."""
    text = json.dumps(state, sort_keys=True)
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")


class Number(traitlets.TraitType[float, float]):
    """A trait: a finite number in a range, and a whole one when its default is an int.

    An optional one is None unless it is given: a widget may have fewer parts.
    """

    def __init__(self, default: float, low: float, high: float, *, optional: bool = False) -> None:
        super().__init__(None if optional else default)
        self.allow_none = optional
        self.whole, self.low, self.high = isinstance(default, int), low, high
        self.tag(sync=True)

    def validate(self, _owner: object, value: object) -> float:
        """Return ``value`` as the float or int that the trait holds.

        Raises
        ------
        TraitError
            When it is no number, out of range, or has a fraction where none makes sense.
        """
        # A value that is not a number fails every comparison, and infinity the limits.
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
    """A trait that is on or off; an answer writes it 1.0 or 0.0."""

    def __init__(self, *, default: bool) -> None:
        super().__init__(default)
        self.tag(sync=True)

    def validate(self, _owner: object, value: object) -> bool:
        """Return a bool, 0 or 1 as a bool.

        Raises
        ------
        TraitError
            For anything else.
        """
        if isinstance(value, Real) and value in (0, 1):
            return bool(value)
        raise traitlets.TraitError(f"{self.name} is True or False, not {value!r}")


class Widget(anywidget.AnyWidget):
    """Base class of the widgets.

    A subclass has a ``widget_type``, its script ``_esm = module_text(widget_type)``, the traits
    that readers change (``answer_traits``: they are the answer), its other ``options``, and a
    method ``_draw_body``. It may accept ``shorthand`` for traits, which ``_expand_shorthand``
    replaces.
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
        # Traitlets would only warn of an argument that it does not know.
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
        """Return ``options`` with shorthand replaced by the traits that it stands for."""
        return options

    @classmethod
    def from_answer(cls, answer: Mapping[str, Any], **options: object) -> Self:
        """Make the widget from the value of an answer cell.

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
        """The present answer, as the answer cell holds it: every value a float."""
        return {key: float(getattr(self, key)) for key in sorted(self._answer_keys)}

    @property
    def answer_source(self) -> str:
        """The code of the answer cell that holds the present answer."""
        return write_assignment(self)

    @property
    def _answer_keys(self) -> tuple[str, ...]:
        """The answer traits that this widget has; one that it lacks is None."""
        return tuple(key for key in self.answer_traits if getattr(self, key) is not None)

    @property
    def state(self) -> dict[str, Any]:
        """Everything needed to make this widget again, as JSON values."""
        return {key: getattr(self, key) for key in (*self._answer_keys, *self.options)}

    def figure_html(self, *, number: int = 0, answer: str = "") -> str:
        """Return the figure element that the script takes over, with the static picture in it.

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
        """Return the present state as HTML: picture, worked values, and room for controls."""
        raise NotImplementedError

    def describe_state(self) -> str:
        """Return the present state as one sentence."""
        raise NotImplementedError

    def _repr_mimebundle_(self, **options: Any) -> tuple[dict[str, Any], dict[str, Any]]:  # noqa: ANN401
        """Return what Jupyter shows live, what a page mounts, and the picture for all others."""
        # A reader can move a widget only where it is shown, so from here on it fills its cell.
        register_widget(self)
        data, metadata = super()._repr_mimebundle_(**options) or ({}, {})
        html = element("style", style_text()) + self.figure_html()
        data |= {
            "text/plain": self.describe_state(),
            "text/html": html,
            MIME: {"widget": self.widget_type, "state": self.state},
        }
        return data, metadata
