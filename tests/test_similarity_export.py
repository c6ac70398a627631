"""Answers laid out for a program that compares them."""

from __future__ import annotations

import pytest

from autograder.exchange.similarity_export import lines_beyond_stub

GIVEN = "def f(x):\n    # YOUR CODE HERE\n    raise NotImplementedError()\n\n\ndef g(x):\n    pass"


@pytest.mark.parametrize(
    ("answer", "left"),
    [
        (GIVEN, ""),
        (
            GIVEN.replace("    # YOUR CODE HERE\n    raise NotImplementedError()", "    return 1"),
            "return 1",
        ),
        ("import os\n\ndef f(x):\n    return 2\n\n\ndef g(x):\n    pass", "import os\n\nreturn 2"),
        ("x = 1", "x = 1"),
        ("", ""),
    ],
)
def test_the_stub_is_taken_out(answer: str, left: str) -> None:
    assert lines_beyond_stub(answer, GIVEN) == left


def test_what_would_be_no_python_is_left_whole() -> None:
    answer = "values = {\n    'a': 1,\n    'b': 2,\n}"
    assert lines_beyond_stub(answer, "values = {\n}") == answer


def test_a_magic_is_python_enough() -> None:
    assert lines_beyond_stub("%matplotlib inline\nx = 1", "x = 1") == "%matplotlib inline"


@pytest.mark.parametrize("answer", ["def f(:", "(" * 70_000, "x = 1\n" * 20_000])
def test_what_is_no_python_or_too_much_of_it_does_no_harm(answer: str) -> None:
    assert lines_beyond_stub(answer, "def f(x):")
