"""The widget in which a reader answers questions: numbers, choices, an order, cards on slots.

A question is a mapping: ``key`` names it in the answer, ``ask`` is its text, and one more entry
says its kind. In a text, `` `code` `` and ``*letter*`` are set as such.
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
from widgets._html import table, tag
from widgets._widget import Widget

_COMMITTED = "committed"
_MARK = re.compile(r"`([^`]+)`|\*([^*\s]+)\*")
_NO_SCRIPT = "This form needs JavaScript. The answer cell of the notebook takes the same answers."

Pair = tuple[str, str]


class Asked(traitlets.TraitType[list[dict[str, Any]], Any]):
    """Questions as mappings; options are kept as rows ``[id, text]``, which JSON cannot reorder."""

    def validate(self, _owner: object, value: object) -> list[dict[str, Any]]:
        """Read every question once; TraitError says what is wrong with which."""
        try:
            questions = _read_all(value)
        except (TypeError, ValueError, KeyError) as error:
            raise traitlets.TraitError(f"questions: {error}") from error
        return [question.as_given() for question in questions]


class Questions(Widget):
    """Questions that are answered in the page and recorded, never judged there.

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

    kind: ClassVar[str] = "questions"
    _esm = module_text(kind)
    moves: ClassVar[tuple[str, ...]] = ("values",)
    options: ClassVar[tuple[str, ...]] = (*Widget.options, "questions", "output")

    values = traitlets.Dict().tag(sync=True)
    questions = Asked([]).tag(sync=True)
    output = traitlets.Unicode().tag(sync=True)

    @classmethod
    def _spelled_out(cls, options: dict[str, Any]) -> dict[str, Any]:
        questions = _read_all(options.get("questions", ()))
        blank = {question.key: question.blank for question in questions}
        if options.get("output"):
            blank[_COMMITTED] = 0.0
        values = _filled(blank, questions, options.get("values", {}))
        start = _filled(blank, questions, options.get("start", {}))
        return {**options, "values": values, "start": start}

    @classmethod
    def from_answer(cls, answer: Mapping[str, Any], **options: object) -> Self:
        """Build the widget from the dict of an answer cell.

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
        """What was answered, as the answer cell holds it."""
        return dict(sorted(self.values.items()))

    @property
    def _read(self) -> list[_Question]:
        return _read_all(self.questions)

    def _body(self) -> str:
        drawn = [question.drawn(self.values[question.key]) for question in self._read]
        count = tag("span", _count(self._read, self.values), data_part="count")
        return (
            tag("noscript", tag("p", _NO_SCRIPT))
            + tag("fieldset", *drawn, class_="llb-form", disabled="")
            + _revealed(self)
            + _worked(self._read)
            + tag("p", count, class_="llb-reading")
            + tag("div", style="--rows: 1", class_="llb-controls")
        )

    def summary(self) -> str:
        """Say the present state in a sentence."""
        orders = [
            f"{_plain(question.ask)} {question.told(self.values[question.key])}"
            for question in self._read
            if isinstance(question, _Order)
        ]
        printed = [f"The run printed: {self.output}"] if self.values.get(_COMMITTED) else []
        return ". ".join([_count(self._read, self.values), *orders, *printed])


@dataclass(frozen=True)
class _Question(ABC):
    """One question; a subclass says what an answer to it is."""

    key: str
    ask: str
    options: tuple[Pair, ...]

    kind: ClassVar[str]

    @property
    def blank(self) -> Any:  # noqa: ANN401 - each kind has its own
        return ""

    @property
    def ids(self) -> list[str]:
        return [option for option, _ in self.options]

    def as_given(self) -> dict[str, Any]:
        return {"key": self.key, "ask": self.ask, self.kind: _rows(self.options)}

    def takes(self, value: object) -> bool:
        return value in ["", *self.ids]

    def fields(self, value: Any) -> list[bool]:  # noqa: ANN401
        """Tell of each field whether it is filled in."""
        return [value != self.blank]

    def drawn(self, value: Any) -> str:  # noqa: ANN401
        return tag(
            "fieldset",
            tag("legend", _inline(self.ask)),
            self.field(value),
            class_="llb-question",
            data_question=self.key,
        )

    @abstractmethod
    def field(self, value: Any) -> str:  # noqa: ANN401
        """Draw what is filled in."""

    def written(self) -> str:
        """Say what the answer cell takes."""
        return _glossed(self.options)


@dataclass(frozen=True)
class _Number(_Question):
    label: str = ""
    unit: str = ""

    kind: ClassVar[str] = "number"

    def as_given(self) -> dict[str, Any]:
        words = {"label": self.label, "unit": self.unit}
        return {"key": self.key, "ask": self.ask, self.kind: words}

    def written(self) -> str:
        return "a number"

    def takes(self, value: object) -> bool:
        if isinstance(value, Real):
            return math.isfinite(float(value))
        return isinstance(value, str) and not value

    def field(self, value: Any) -> str:  # noqa: ANN401
        given = "" if value == "" else repr(float(value)).removesuffix(".0")
        words = _plain(self.label) or _plain(self.ask)
        spoken = f"{words} ({self.unit})" if self.unit else words
        box = tag("input", type="number", step="any", value=given, aria_label=spoken)
        return tag("label", _inline(self.label), box, _inline(self.unit), class_="llb-field")


@dataclass(frozen=True)
class _Choose(_Question):
    kind: ClassVar[str] = "choose"
    sort: ClassVar[str] = "radio"

    def field(self, value: Any) -> str:  # noqa: ANN401
        return "".join(self._option(option, text, value) for option, text in self.options)

    def _option(self, option: str, text: str, value: Any) -> str:  # noqa: ANN401
        chosen = option == value or (isinstance(value, list) and option in value)
        checked = "" if chosen else None
        box = tag("input", type=self.sort, value=option, checked=checked)
        return tag("label", box, tag("span", _inline(text)), class_="llb-option")


@dataclass(frozen=True)
class _Select(_Choose):
    kind: ClassVar[str] = "select"
    sort: ClassVar[str] = "checkbox"

    def takes(self, value: object) -> bool:
        if isinstance(value, list) and value:
            return value == [each for each in self.ids if each in value]
        return value == ""


@dataclass(frozen=True)
class _Order(_Question):
    kind: ClassVar[str] = "order"

    @property
    def blank(self) -> list[str]:
        return self.ids

    def takes(self, value: object) -> bool:
        return isinstance(value, list) and sorted(map(str, value)) == sorted(self.ids)

    def told(self, value: list[str]) -> str:
        texts = dict(self.options)
        return "; ".join(_plain(texts[option]) for option in value)

    def field(self, value: list[str]) -> str:
        texts = dict(self.options)
        return tag("ol", *(self._item(option, texts[option]) for option in value))

    def _item(self, option: str, text: str) -> str:
        buttons = [
            tag(
                "button",
                arrow,
                type="button",
                data_by=by,
                aria_label=f"Move {_plain(text)} {way}",
            )
            for way, by, arrow in (("up", -1, "\u2191"), ("down", 1, "\u2193"))
        ]
        moves = tag("span", *buttons, class_="llb-moves")
        return tag("li", tag("span", _inline(text)), moves, data_option=option)


@dataclass(frozen=True)
class _Match(_Question):
    slots: tuple[tuple[str, tuple[Pair, ...]], ...] = ()

    kind: ClassVar[str] = "match"

    @property
    def blank(self) -> dict[str, dict[str, str]]:
        return {card: {slot: "" for slot, _ in self.slots} for card in self.ids}

    def as_given(self) -> dict[str, Any]:
        return {**super().as_given(), "slots": [[slot, _rows(row)] for slot, row in self.slots]}

    def takes(self, value: object) -> bool:
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

    def fields(self, value: dict[str, dict[str, str]]) -> list[bool]:
        return [option != "" for slots in value.values() for option in slots.values()]

    def field(self, value: dict[str, dict[str, str]]) -> str:
        return "".join(self._card(card, text, value[card]) for card, text in self.options)

    def written(self) -> str:
        slots = [f"{tag('b', escape(slot))}: {_glossed(options)}" for slot, options in self.slots]
        return "; ".join((_glossed(self.options), *slots))

    def _card(self, card: str, text: str, given: dict[str, str]) -> str:
        slots = [_slot(slot, options, given[slot]) for slot, options in self.slots]
        words = tag("legend", _inline(text))
        menus = tag("div", *slots, class_="llb-slots")
        return tag("fieldset", words, menus, class_="llb-card", data_card=card)


_KINDS = {kind.kind: kind for kind in (_Number, _Choose, _Select, _Order, _Match)}


def _glossed(options: tuple[Pair, ...]) -> str:
    """Write each id, and the text that it stands for if that is another."""
    rows = [
        tag("code", escape(key)) + ("" if key == text else f" ({_inline(text)})")
        for key, text in options
    ]
    return ", ".join(rows)


def _worked(questions: list[_Question]) -> str:
    """List what the answer cell takes, for who fills it in by hand."""
    rows = [(tag("code", escape(question.key)), question.written()) for question in questions]
    words = "What the answer cell takes"
    return table(words, (), rows, class_="llb-values llb-worked llb-takes") if rows else ""


def _slot(slot: str, options: tuple[Pair, ...], given: str) -> str:
    rows = [
        tag("option", escape(_plain(text)), value=key, selected="" if key == given else None)
        for key, text in (("", "choose"), *options)
    ]
    return tag("label", tag("span", escape(slot)), tag("select", *rows, data_slot=slot))


def _revealed(widget: Questions) -> str:
    """Draw the button that commits, and what it shows; without script it folds open."""
    if not widget.output:
        return ""
    button = tag("button", "Commit and see the run", type="button", disabled="")
    words = tag("summary", "What the run printed")
    output = tag("details", words, tag("pre", escape(widget.output)), class_="llb-output")
    return tag("p", button, class_="llb-commit") + output


def _count(questions: list[_Question], values: Mapping[str, Any]) -> str:
    fields = [done for question in questions for done in question.fields(values[question.key])]
    return f"Recorded: {sum(fields)} of {len(fields)} answered"


def _filled(
    blank: dict[str, Any], questions: list[_Question], values: Mapping[str, Any]
) -> dict[str, Any]:
    """Put the answers given into the blank ones; refuse what is no answer."""
    if not isinstance(values, Mapping) or not values.keys() <= blank.keys():
        raise ValueError(f"the answer has the keys {', '.join(sorted(blank))}, not {values!r}")
    full = {**blank, **values}
    for question in questions:
        if not question.takes(full[question.key]):
            raise ValueError(f"{question.key} cannot be {full[question.key]!r}")
    canonical(full)
    return full


def _read_all(given: object) -> list[_Question]:
    if not isinstance(given, Iterable) or isinstance(given, Mapping | str):
        raise TypeError(f"give a list of questions, not {given!r}")
    questions = [_read(question) for question in given]
    keys = [question.key for question in questions]
    if len(set(keys)) < len(keys) or _COMMITTED in keys:
        raise ValueError(f"each question has a key of its own, and none is {_COMMITTED}: {keys}")
    return questions


def _read(given: object) -> _Question:
    if not isinstance(given, Mapping):
        raise TypeError(f"a question is a mapping, not {given!r}")
    kinds = [kind for kind in _KINDS if kind in given]
    known = {"key", "ask", *kinds, *(["slots"] if "match" in kinds else [])}
    if len(kinds) != 1 or given.keys() != known:
        wanted = ", ".join(_KINDS)
        raise ValueError(f"a question has key, ask and one of {wanted}, not {list(given)}")
    key, ask = _text(given["key"]), _text(given["ask"])
    if kinds == ["number"]:
        return _Number(
            key, ask, (), **{name: _text(part) for name, part in given["number"].items()}
        )
    if kinds == ["match"]:
        slots = tuple((_text(slot), _pairs(row)) for slot, row in _items(given["slots"]))
        return _Match(key, ask, _pairs(given["match"]), slots)
    return _KINDS[kinds[0]](key, ask, _pairs(given[kinds[0]]))


def _items(given: Any) -> Iterable[Any]:  # noqa: ANN401 - what an author wrote
    return given.items() if isinstance(given, Mapping) else given


def _pairs(given: Any) -> tuple[Pair, ...]:  # noqa: ANN401
    rows = [(row, row) if isinstance(row, str) else tuple(row) for row in _items(given)]
    pairs = tuple((_text(key), _text(text)) for key, text in rows)
    if len(dict(pairs)) < max(len(pairs), 2) or "" in dict(pairs):
        raise ValueError(f"options are two or more, each with an id of its own, not {given!r}")
    return pairs


def _rows(pairs: tuple[Pair, ...]) -> list[list[str]]:
    return [list(pair) for pair in pairs]


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    raise TypeError(f"write {value!r} in quotes: it is no text")


def _inline(text: str) -> str:
    """Set `code` and *letters*."""

    def mark(found: re.Match[str]) -> str:
        return tag("code", found[1]) if found[1] else tag("i", found[2])

    return _MARK.sub(mark, escape(text))


def _plain(text: str) -> str:
    return _MARK.sub(lambda found: found[1] or found[2], text)
