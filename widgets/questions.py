"""The widget in which readers answer questions: a number, a choice, an order, cards on slots.

A question is a mapping: ``key`` names it in the answer, ``ask`` is its text, and one more entry,
called after its type, holds the rest. In texts, `` `code` `` and ``*letter*`` are set as such.
"""

from __future__ import annotations

import math
import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from html import escape
from numbers import Real
from typing import Any, ClassVar, Self

import traitlets

from widgets._answer import canonical
from widgets._assets import module_text
from widgets._html import element, html_table
from widgets._widget import Widget

_COMMITTED_KEY = "committed"
_MARKUP = re.compile(r"`([^`]+)`|\*([^*\s]+)\*")
_NO_SCRIPT = "This form needs JavaScript. The answer cell of the notebook takes the same answers."

IdAndText = tuple[str, str]


class QuestionList(traitlets.TraitType[list[dict[str, Any]], Any]):
    """A trait: questions as mappings, with options as rows ``[id, text]`` that keep their order."""

    def validate(self, _owner: object, value: object) -> list[dict[str, Any]]:
        """Return the questions in their full form.

        Raises
        ------
        TraitError
            Naming what is wrong with which question.
        """
        try:
            questions = _read_questions(value)
        except (TypeError, ValueError, KeyError) as error:
            raise traitlets.TraitError(f"questions: {error}") from error
        return [question.as_given() for question in questions]


class Questions(Widget):
    """Questions that are answered and recorded in the page, and not judged there.

    The answer has one entry for each question, by its key. What is not answered yet is ``""``.

    Parameters
    ----------
    questions
        Mappings with ``key``, ``ask``, and one of

        ``number``
            a mapping, perhaps with the field's ``label`` and ``unit``; the answer is a number;
        ``choose``
            options, ``{id: text}`` or a list of texts; the answer is one id;
        ``select``
            options; the answer is a list of one id or more;
        ``order``
            options, in the order in which they are shown first; the answer is a list of all ids;
        ``match``
            cards, ``{id: text}``, with ``slots``, ``{slot: options}``; the answer is
            ``{card: {slot: id}}``.
    output
        What a run printed. The reader sees it after committing to the answers above, and the
        answer has an entry more, ``committed``. It is in the page from the start.
    values
        The answer to begin with; what it leaves out is blank.
    name
        The variable that the answer cell binds.
    caption
        A sentence under the figure that asks the reader something.
    """

    widget_type: ClassVar[str] = "questions"
    _esm = module_text(widget_type)
    answer_traits: ClassVar[tuple[str, ...]] = ("values",)
    options: ClassVar[tuple[str, ...]] = (*Widget.options, "questions", "output")

    values = traitlets.Dict().tag(sync=True)
    questions = QuestionList([]).tag(sync=True)
    output = traitlets.Unicode().tag(sync=True)

    @classmethod
    def _expand_shorthand(cls, options: dict[str, Any]) -> dict[str, Any]:
        questions = _read_questions(options.get("questions", ()))
        blank = {question.key: question.blank for question in questions}
        if options.get("output"):
            blank[_COMMITTED_KEY] = 0.0
        values = _fill_blanks(blank, questions, options.get("values", {}))
        start = _fill_blanks(blank, questions, options.get("start", {}))
        return {**options, "values": values, "start": start}

    @classmethod
    def from_answer(cls, answer: Mapping[str, Any], **options: object) -> Self:
        """Make the widget from the value of an answer cell.

        Raises
        ------
        ValueError
            When the answer has a key or a value that no question has.
        TraitError
            When a question cannot be read.
        """
        return cls(values=answer, **options)

    @property
    def answer(self) -> dict[str, Any]:
        """The present answers, as the answer cell holds them."""
        return dict(sorted(self.values.items()))

    @property
    def _question_list(self) -> list[_Question]:
        return _read_questions(self.questions)

    def _draw_body(self) -> str:
        # Disabled until the script is there: what is typed before that would not be recorded.
        drawn = [question.draw(self.values[question.key]) for question in self._question_list]
        count = element("span", _count_text(self._question_list, self.values), data_part="count")
        return (
            element("noscript", element("p", _NO_SCRIPT))
            + element("fieldset", *drawn, class_="llb-form", disabled="")
            + _draw_reveal(self)
            + _takes_table(self._question_list)
            + element("p", count, class_="llb-reading")
            + element("div", style="--rows: 1", class_="llb-controls")
        )

    def describe_state(self) -> str:
        """Return the present state as one sentence."""
        orders = [
            f"{_without_markup(question.ask)} {question.order_text(self.values[question.key])}"
            for question in self._question_list
            if isinstance(question, _OrderQuestion)
        ]
        printed = [f"The run printed: {self.output}"] if self.values.get(_COMMITTED_KEY) else []
        return ". ".join([_count_text(self._question_list, self.values), *orders, *printed])


@dataclass(frozen=True)
class _Question(ABC):
    """One question; a subclass defines what an answer to it is."""

    key: str
    ask: str
    options: tuple[IdAndText, ...]

    question_type: ClassVar[str]

    @property
    def blank(self) -> Any:  # noqa: ANN401 - each kind has its own
        return ""

    @property
    def ids(self) -> list[str]:
        return [option for option, _ in self.options]

    def as_given(self) -> dict[str, Any]:
        return {"key": self.key, "ask": self.ask, self.question_type: _as_rows(self.options)}

    def accepts(self, value: object) -> bool:
        return value in ["", *self.ids]

    def filled_in(self, value: Any) -> list[bool]:  # noqa: ANN401
        """Return for each field of the question whether it is filled in."""
        return [value != self.blank]

    def draw(self, value: Any) -> str:  # noqa: ANN401
        return element(
            "fieldset",
            element("legend", _mark_up(self.ask)),
            self.draw_field(value),
            class_="llb-question",
            data_question=self.key,
        )

    @abstractmethod
    def draw_field(self, value: Any) -> str:  # noqa: ANN401
        """Return the controls of the question as HTML."""

    def takes_text(self) -> str:
        """Return in words what the answer cell takes."""
        return _explain_options(self.options)


@dataclass(frozen=True)
class _NumberQuestion(_Question):
    label: str = ""
    unit: str = ""

    question_type: ClassVar[str] = "number"

    def as_given(self) -> dict[str, Any]:
        words = {"label": self.label, "unit": self.unit}
        return {"key": self.key, "ask": self.ask, self.question_type: words}

    def takes_text(self) -> str:
        return "a number"

    def accepts(self, value: object) -> bool:
        if isinstance(value, Real):
            return math.isfinite(float(value))
        return isinstance(value, str) and not value

    def draw_field(self, value: Any) -> str:  # noqa: ANN401
        # As a browser writes the number: 2, not 2.0.
        given = "" if value == "" else repr(float(value)).removesuffix(".0")
        words = _without_markup(self.label) or _without_markup(self.ask)
        spoken = f"{words} ({self.unit})" if self.unit else words
        box = element("input", type="number", step="any", value=given, aria_label=spoken)
        return element("label", _mark_up(self.label), box, _mark_up(self.unit), class_="llb-field")


@dataclass(frozen=True)
class _ChooseQuestion(_Question):
    question_type: ClassVar[str] = "choose"
    input_type: ClassVar[str] = "radio"

    def draw_field(self, value: Any) -> str:  # noqa: ANN401
        return "".join(self._draw_option(option, text, value) for option, text in self.options)

    def _draw_option(self, option: str, text: str, value: Any) -> str:  # noqa: ANN401
        chosen = option == value or (isinstance(value, list) and option in value)
        checked = "" if chosen else None
        box = element("input", type=self.input_type, value=option, checked=checked)
        return element("label", box, element("span", _mark_up(text)), class_="llb-option")


@dataclass(frozen=True)
class _SelectQuestion(_ChooseQuestion):
    question_type: ClassVar[str] = "select"
    input_type: ClassVar[str] = "checkbox"

    def accepts(self, value: object) -> bool:
        if isinstance(value, list) and value:
            # In the order of the options, so that one choice has one answer.
            return value == [each for each in self.ids if each in value]
        # Not an empty list, which a grader takes for an answer that avoids its checks.
        return value == ""


@dataclass(frozen=True)
class _OrderQuestion(_Question):
    question_type: ClassVar[str] = "order"

    @property
    def blank(self) -> list[str]:
        # The order that is shown first: a list has no order that could be blank.
        return self.ids

    def accepts(self, value: object) -> bool:
        return isinstance(value, list) and sorted(map(str, value)) == sorted(self.ids)

    def order_text(self, value: list[str]) -> str:
        texts = dict(self.options)
        return "; ".join(_without_markup(texts[option]) for option in value)

    def draw_field(self, value: list[str]) -> str:
        texts = dict(self.options)
        return element("ol", *(self._draw_item(option, texts[option]) for option in value))

    def _draw_item(self, option: str, text: str) -> str:
        buttons = [
            element(
                "button",
                arrow,
                type="button",
                data_by=by,
                aria_label=f"Move {_without_markup(text)} {way}",
            )
            for way, by, arrow in (("up", -1, "\u2191"), ("down", 1, "\u2193"))
        ]
        moves = element("span", *buttons, class_="llb-moves")
        return element("li", element("span", _mark_up(text)), moves, data_option=option)


@dataclass(frozen=True)
class _MatchQuestion(_Question):
    slots: tuple[tuple[str, tuple[IdAndText, ...]], ...] = ()

    question_type: ClassVar[str] = "match"

    @property
    def blank(self) -> dict[str, dict[str, str]]:
        return {card: {slot: "" for slot, _ in self.slots} for card in self.ids}

    def as_given(self) -> dict[str, Any]:
        return {**super().as_given(), "slots": [[slot, _as_rows(row)] for slot, row in self.slots]}

    def accepts(self, value: object) -> bool:
        return (
            isinstance(value, dict)
            and value.keys() == self.blank.keys()
            and all(self._fits(slots) for slots in value.values())
        )

    def _fits(self, slots: object) -> bool:
        known = {slot: ["", *dict(options)] for slot, options in self.slots}
        return (
            isinstance(slots, dict)
            and slots.keys() == known.keys()
            and all(slots[slot] in known[slot] for slot in known)
        )

    def filled_in(self, value: dict[str, dict[str, str]]) -> list[bool]:
        return [option != "" for slots in value.values() for option in slots.values()]

    def draw_field(self, value: dict[str, dict[str, str]]) -> str:
        return "".join(self._draw_card(card, text, value[card]) for card, text in self.options)

    def takes_text(self) -> str:
        slots = [
            f"{element('b', escape(slot))}: {_explain_options(options)}"
            for slot, options in self.slots
        ]
        return "; ".join((_explain_options(self.options), *slots))

    def _draw_card(self, card: str, text: str, given: dict[str, str]) -> str:
        slots = [_draw_slot(slot, options, given[slot]) for slot, options in self.slots]
        words = element("legend", _mark_up(text))
        menus = element("div", *slots, class_="llb-slots")
        return element("fieldset", words, menus, class_="llb-card", data_card=card)


_QUESTION_TYPES = {
    each.question_type: each
    for each in (_NumberQuestion, _ChooseQuestion, _SelectQuestion, _OrderQuestion, _MatchQuestion)
}


def _explain_options(options: tuple[IdAndText, ...]) -> str:
    """Return each id, with the text that it stands for where that is another."""
    rows = [
        element("code", escape(key)) + ("" if key == text else f" ({_mark_up(text)})")
        for key, text in options
    ]
    return ", ".join(rows)


def _takes_table(questions: list[_Question]) -> str:
    """Return a table of what the answer cell takes, for readers who type the answers."""
    rows = [
        (element("code", escape(question.key)), question.takes_text()) for question in questions
    ]
    words = "What the answer cell takes"
    return html_table(words, (), rows, class_="llb-values llb-worked llb-takes") if rows else ""


def _draw_slot(slot: str, options: tuple[IdAndText, ...], given: str) -> str:
    rows = [
        element(
            "option",
            escape(_without_markup(text)),
            value=key,
            selected="" if key == given else None,
        )
        for key, text in (("", "choose"), *options)
    ]
    return element("label", element("span", escape(slot)), element("select", *rows, data_slot=slot))


def _draw_reveal(widget: Questions) -> str:
    """Return the button that commits the answers, and the output that it shows."""
    if not widget.output:
        return ""
    # Disabled as well: one commits to a whole answer.
    button = element("button", "Commit and see the run", type="button", disabled="")
    words = element("summary", "What the run printed")
    output = element("details", words, element("pre", escape(widget.output)), class_="llb-output")
    return element("p", button, class_="llb-commit") + output


def _count_text(questions: list[_Question], values: Mapping[str, Any]) -> str:
    fields = [done for question in questions for done in question.filled_in(values[question.key])]
    return f"Recorded: {sum(fields)} of {len(fields)} answered"


def _fill_blanks(
    blank: dict[str, Any], questions: list[_Question], values: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the blank answer with ``values`` filled in; raise for what is no answer."""
    if not isinstance(values, Mapping) or not values.keys() <= blank.keys():
        raise ValueError(f"the answer has the keys {', '.join(sorted(blank))}, not {values!r}")
    full = {**blank, **values}
    for question in questions:
        if not question.accepts(full[question.key]):
            raise ValueError(f"{question.key} cannot be {full[question.key]!r}")
    # Raises an error for what no answer cell can hold.
    canonical(full)
    return full


def _read_questions(given: object) -> list[_Question]:
    if not isinstance(given, Iterable) or isinstance(given, Mapping | str):
        raise TypeError(f"give a list of questions, not {given!r}")
    questions = [_read_question(question) for question in given]
    keys = [question.key for question in questions]
    if len(set(keys)) < len(keys) or _COMMITTED_KEY in keys:
        raise ValueError(
            f"each question has a key of its own, and none is {_COMMITTED_KEY}: {keys}"
        )
    return questions


def _read_question(given: object) -> _Question:
    if not isinstance(given, Mapping):
        raise TypeError(f"a question is a mapping, not {given!r}")
    types = [name for name in _QUESTION_TYPES if name in given]
    known = {"key", "ask", *types, *(["slots"] if "match" in types else [])}
    if len(types) != 1 or given.keys() != known:
        wanted = ", ".join(_QUESTION_TYPES)
        raise ValueError(f"a question has key, ask and one of {wanted}, not {list(given)}")
    key, ask = _require_text(given["key"]), _require_text(given["ask"])
    if types == ["number"]:
        return _NumberQuestion(
            key, ask, (), **{name: _require_text(part) for name, part in given["number"].items()}
        )
    if types == ["match"]:
        slots = tuple(
            (_require_text(slot), _read_pairs(row)) for slot, row in _items_of(given["slots"])
        )
        return _MatchQuestion(key, ask, _read_pairs(given["match"]), slots)
    return _QUESTION_TYPES[types[0]](key, ask, _read_pairs(given[types[0]]))


def _items_of(given: Any) -> Iterable[Any]:  # noqa: ANN401 - what an author wrote
    return given.items() if isinstance(given, Mapping) else given


def _read_pairs(given: Any) -> tuple[IdAndText, ...]:  # noqa: ANN401
    rows = [(row, row) if isinstance(row, str) else tuple(row) for row in _items_of(given)]
    pairs = tuple((_require_text(key), _require_text(text)) for key, text in rows)
    if len(dict(pairs)) < max(len(pairs), 2) or "" in dict(pairs):
        raise ValueError(f"options are two or more, each with an id of its own, not {given!r}")
    return pairs


def _as_rows(pairs: tuple[IdAndText, ...]) -> list[list[str]]:
    # Rows keep their order; a mapping would lose it, as states are written with sorted keys.
    return [list(pair) for pair in pairs]


def _require_text(value: object) -> str:
    if isinstance(value, str):
        return value
    raise TypeError(f"write {value!r} in quotes: it is no text")


def _mark_up(text: str) -> str:
    """Return HTML of a text, with its `code` and *letters* marked up."""

    def mark(found: re.Match[str]) -> str:
        return element("code", found[1]) if found[1] else element("i", found[2])

    return _MARKUP.sub(mark, escape(text))


def _without_markup(text: str) -> str:
    return _MARKUP.sub(lambda found: found[1] or found[2], text)
