"""Faults put into solutions: which there are, and which the checks miss."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from sources import answer, check, code

from autograder.exceptions import GradingError, SourceError
from autograder.verification.mutants import make_mutants, survey_mutants

if TYPE_CHECKING:
    from sources import Read

    from autograder.running.run import Workers

SETUP = code("import numpy as np", grade_id="setup")


def labels(read: Read, body: str) -> set[str]:
    lines = "\n".join(f"    {line}" for line in body.split("\n"))
    source = f"def f(x, y=1):\n    ### BEGIN SOLUTION\n{lines}\n    ### END SOLUTION"
    return {m.label for m in make_mutants(read(SETUP, answer(source), check("f(1)")))}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("return x + y", {"x + y -> x - y"}),
        ("return x @ y", {"x @ y -> x * y"}),
        ("return -x", {"-x -> +x"}),
        ("return not x", set()),
        ("return x < y", {"x < y -> x <= y"}),
        ("return x and y", {"x and y -> x or y"}),
        (
            "return x.max(axis=-1)",
            {
                "x.max -> x.min",
                "x.max(axis=-1) -> x.max()",
                "-1 -> +1",
                "1 -> 2",
            },
        ),
        ("return 0.5", {"0.5 -> 1.0"}),
        ("return True", {"True -> False"}),
        ("return 'name'", {"'name' -> 'name_'"}),
        ("'''Some words.'''\nreturn x", set()),
        (
            "x = y\nx += y\nreturn x",
            {
                "x = y -> pass",
                "x += y -> pass",
                "x += y -> x -= y",
            },
        ),
    ],
)
def test_each_kind_of_fault_is_made(read: Read, body: str, expected: set[str]) -> None:
    assert labels(read, body) == expected


def test_nothing_outside_the_solution_is_touched(read: Read) -> None:
    exercise = read(
        answer("z = 1 + 2\ndef f(x):\n    ### BEGIN SOLUTION\n    return x\n    ### END SOLUTION"),
        check("f(1)"),
    )
    assert list(make_mutants(exercise)) == []


def test_survivors_are_found_and_the_explained_set_apart(
    read: Read, numpy_workers: Workers
) -> None:
    source = (
        "def f(x):\n    ### BEGIN SOLUTION\n    return abs(x) * 2 + 0 * x\n    ### END SOLUTION"
    )
    reasons = {"0 * x -> 0 / x": "zero either way, for the numbers that the checks send"}
    exercise = read(answer(source, equivalent=reasons), check("assert f(3) == 6, 'Twice.'"))
    with ThreadPoolExecutor(2) as pool:
        found = survey_mutants(exercise, numpy_workers, pool)
    assert [m.label for m, _ in found.explained] == list(reasons)
    assert [m.label for m in found.survivors] == [
        "abs(x) * 2 + 0 * x -> abs(x) * 2 - 0 * x",
    ]
    assert found.caught == found.total - 2 > 0


def test_faults_of_a_solution_that_does_not_pass_mean_nothing(
    read: Read, numpy_workers: Workers
) -> None:
    exercise = read(answer("f = 1 + 1"), check("assert f == 3, 'Three.'"))
    with (
        ThreadPoolExecutor(1) as pool,
        pytest.raises(GradingError, match="its solution does not pass"),
    ):
        survey_mutants(exercise, numpy_workers, pool)


def test_a_reason_that_is_none_is_refused(read: Read) -> None:
    with pytest.raises(SourceError, match="is not a mapping of mutants to reasons"):
        read(answer("f = 1", equivalent={"1 -> 2": ""}), check("f"))
