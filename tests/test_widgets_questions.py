"""Questions: what may be asked, what may be answered, and what is said of it."""

from __future__ import annotations

import json
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from traitlets import TraitError

from widgets import Questions, canonical

ASKED: list[dict[str, Any]] = [
    {"key": "loss", "ask": "How large is *z*?", "number": {"label": "*z*", "unit": "nats"}},
    {"key": "head", "ask": "Which head?", "choose": {"one": "1 output & `sigmoid`", "many": "K"}},
    {"key": "true", "ask": "Which are true?", "select": ["a < b", "b < c", "c < a"]},
    {"key": "row", "ask": "Largest first", "order": {"x": "`tf.exp(1)`", "y": "2", "z": "3"}},
    {
        "key": "cards",
        "ask": "Match.",
        "match": {"spam": "Is it spam?", "price": "What does it cost?"},
        "slots": {"head": {"one": "1 output", "many": "K outputs"}, "loss": ["squared", "cross"]},
    },
]
BLANK: dict[str, Any] = {
    "loss": "",
    "head": "",
    "true": "",
    "row": ["x", "y", "z"],
    "cards": {card: {"head": "", "loss": ""} for card in ("spam", "price")},
}
FULL = {
    "loss": -0.5,
    "head": "one",
    "true": ["a < b", "c < a"],
    "row": ["z", "x", "y"],
    "cards": {card: {"head": "one", "loss": "cross"} for card in ("spam", "price")},
}


def test_what_is_not_answered_is_blank() -> None:
    widget = Questions(questions=ASKED)
    assert widget.answer == widget.start == BLANK
    assert list(widget.answer) == sorted(BLANK)
    assert widget.describe_state().startswith(
        "Recorded: 0 of 8 answered. Largest first tf.exp(1); 2; 3"
    )


def test_an_answer_may_leave_things_out() -> None:
    widget = Questions.from_answer({"loss": 2}, questions=ASKED)
    assert widget.answer == {**BLANK, "loss": 2.0}
    assert widget.start == BLANK
    assert "1 of 8" in widget.describe_state()
    assert "8 of 8" in Questions.from_answer(FULL, questions=ASKED).describe_state()


def test_every_slot_of_a_card_counts() -> None:
    half = {**BLANK["cards"], "spam": {"head": "one", "loss": "cross"}}
    assert "2 of 8" in Questions.from_answer({"cards": half}, questions=ASKED).describe_state()


def test_state_and_answer_build_the_same_widget_again() -> None:
    """The order of options survives JSON whose keys somebody sorts."""
    widget = Questions.from_answer(FULL, questions=ASKED, output="z = 3", caption="Why?")
    again = Questions(**json.loads(json.dumps(widget.state, sort_keys=True)))
    assert again.figure_html() == widget.figure_html()
    options = {key: widget.state[key] for key in Questions.options}
    given = json.loads(canonical(widget.answer))
    assert Questions.from_answer(given, **options).figure_html() == widget.figure_html()


def test_the_form_shows_the_answer_and_names_every_field() -> None:
    figure = ET.fromstring(Questions.from_answer(FULL, questions=ASKED).figure_html(number=1))  # noqa: S314
    fields = {field.get("data-question"): field for field in figure.iter("fieldset")}
    assert [fields[key].findtext("legend") for key in ("head", "true")] == [
        "Which head?",
        "Which are true?",
    ]
    number = fields["loss"].find(".//input")
    assert number is not None
    assert (number.get("value"), number.get("aria-label")) == ("-0.5", "z (nats)")
    boxes = [(box.get("value"), box.get("checked")) for box in fields["true"].iter("input")]
    assert boxes == [("a < b", ""), ("b < c", None), ("c < a", "")]
    assert [item.get("data-option") for item in fields["row"].iter("li")] == ["z", "x", "y"]
    button = fields["row"].find(".//button")
    assert button is not None
    assert button.get("aria-label") == "Move 3 up"
    chosen = [
        option.get("value") for option in figure.iter("option") if "selected" in option.attrib
    ]
    assert chosen == ["one", "cross"] * 2


def test_texts_are_escaped_and_marked() -> None:
    figure = Questions(questions=ASKED).figure_html()
    assert "1 output &amp; <code>sigmoid</code>" in figure
    assert "How large is <i>z</i>?" in figure


def test_the_ids_are_listed_for_who_writes_the_answer_by_hand() -> None:
    figure = ET.fromstring(Questions(questions=ASKED).figure_html())  # noqa: S314
    (table,) = figure.iter("table")
    rows = ["".join(row.itertext()) for row in table.iter("tr")]
    assert rows[:2] == ["lossa number", "headone (1 output & sigmoid), many (K)"]
    assert rows[4].endswith("head: one (1 output), many (K outputs); loss: squared, cross")


def test_a_prediction_is_committed_before_the_run_is_seen() -> None:
    widget = Questions(questions=ASKED[:1], output="z = 1 < 2")
    assert widget.answer == {"committed": 0.0, "loss": ""}
    assert "<pre>z = 1 &lt; 2</pre>" in widget.figure_html()
    assert "printed" not in widget.describe_state()
    done = Questions.from_answer({"committed": 1.0, "loss": 1.0}, **_options(widget))
    assert done.describe_state().endswith("The run printed: z = 1 < 2")


def _options(widget: Questions) -> dict[str, Any]:
    return {"questions": widget.questions, "output": widget.output}


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ({"z": 1}, "the answer has the keys cards, head, loss, row, true, not"),
        ({"committed": 1}, "the answer has the keys"),
        ([], "the answer has the keys"),
        ({"loss": "1"}, "loss cannot be '1'"),
        ({"loss": float("nan")}, "loss cannot be nan"),
        ({"head": "two"}, "head cannot be 'two'"),
        ({"head": ["one"]}, "head cannot be"),
        ({"true": ["c < a", "a < b"]}, "true cannot be"),
        ({"true": "a < b"}, "true cannot be"),
        ({"true": []}, "true cannot be"),
        ({"row": ["x", "y"]}, "row cannot be"),
        ({"cards": {"spam": {}}}, "cards cannot be"),
        ({"cards": {**BLANK["cards"], "spam": {"head": "one"}}}, "cards cannot be"),
        ({"cards": {**BLANK["cards"], "spam": {"head": "squared", "loss": ""}}}, "cards cannot be"),
        ({"cards": {**BLANK["cards"], "spam": "one"}}, "cards cannot be"),
    ],
)
def test_what_is_no_answer_is_refused(answer: Any, message: str) -> None:  # noqa: ANN401
    with pytest.raises(ValueError, match=message):
        Questions.from_answer(answer, questions=ASKED)


@pytest.mark.parametrize(
    ("questions", "message"),
    [
        ("a", "give a list of questions, not 'a'"),
        ([1], "a question is a mapping, not 1"),
        ([{"key": "a", "ask": "?"}], "one of number, choose, select, order, match, not"),
        ([{"key": "a", "ask": "?", "number": {}, "choose": ["b", "c"]}], "one of number"),
        ([{"key": "a", "ask": "?", "number": {}, "slots": {}}], "one of number"),
        ([{"key": "a", "ask": "?", "choose": ["b"]}], "options are two or more"),
        ([{"key": "a", "ask": "?", "choose": ["b", "b"]}], "options are two or more"),
        ([{"key": "a", "ask": "?", "choose": ["b", ""]}], "options are two or more"),
        ([{"key": "a", "ask": "?", "choose": {"b": 1, "c": "d"}}], "write 1 in quotes"),
        ([{"key": "a", "ask": "?", "number": {}}] * 2, "each question has a key of its own"),
        ([{"key": "committed", "ask": "?", "number": {}}], "none is committed"),
        ([{"key": "é", "ask": "?", "number": {}}], "ASCII"),
    ],
)
def test_what_is_no_question_is_refused(questions: Any, message: str) -> None:  # noqa: ANN401
    with pytest.raises((TypeError, ValueError), match=message):
        Questions(questions=questions)


def test_questions_cannot_be_replaced_by_nonsense() -> None:
    widget = Questions(questions=ASKED)
    with pytest.raises(TraitError, match="questions: a question is a mapping"):
        widget.questions = [1]
