"""The build gate: it holds for what is right, and says where and why for everything else."""

from __future__ import annotations

import dataclasses
import json
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np
import pytest
from book import ROOT
from sources import CASES, FRONT, answer, check, code, line_of, wrong

from autograder.exceptions import WorkerDied
from autograder.format.source import Exercise, read_exercise
from autograder.running.run import CheckResult, Workers, run
from autograder.running.stand_ins import Handle
from autograder.running.transcript import summarise_reply
from autograder.sandbox.zygote import Zygote
from autograder.verdict import Verdict
from autograder.verification.verify import Verification, same_behaviour, verify, verify_exercise_set

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from sources import Read

SOURCES = ROOT / "exercises" / "source"
MODEL_LAYERS = (SOURCES / "model_layers.md").read_text("utf-8")
BOTH_SIDES = """\
assert (z[y == 1] > 0).all(), "A point of class 1 has a logit that is not positive."
assert (z[y == 0] < 0).all(), "A point of class 0 has a logit that is not negative."
"""
MISSING_BIAS = (SOURCES / "missing_bias.md").read_text("utf-8")


class NoWorkers:
    """Workers that nobody may ask."""

    def fork(self, *_: object) -> None:
        """Fail."""
        raise AssertionError("the workers were asked")


NOBODY = Workers(NoWorkers(), NoWorkers())  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def executor() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(2) as executor:
        yield executor


@pytest.fixture
def misses(
    read: Read, numpy_workers: Workers, executor: ThreadPoolExecutor
) -> Callable[..., list[str]]:
    """Verify an exercise made of cells; return what does not hold, as it is printed."""

    def find(*cells: str) -> list[str]:
        found = verify(read(*cells), numpy_workers, executor)
        return [str(miss) for miss in found.misses]

    return find


def at(needle: str, *cells: str) -> str:
    return f"case.md:{line_of(FRONT + ''.join(cells), needle)}: "


RIGHT = answer("def f(x):\n    ### BEGIN SOLUTION\n    return 2 * x\n    ### END SOLUTION")
SMALL = check("assert f(2) == 4, 'f(2) must be 4.'", "small")
LARGE = check("assert f(9) == 18, 'f(9) must be 18.'", "large")
SQUARE = wrong("def f(x):\n    return x**2", "square", fails="large")


# ---- what holds


def test_an_exercise_that_holds_has_no_misses(
    read: Read, numpy_workers: Workers, executor: ThreadPoolExecutor
) -> None:
    found = verify(read(RIGHT, SMALL, LARGE, SQUARE), numpy_workers, executor)
    assert found.misses == ()
    assert (found.slug, found.checks, found.wrong_answers, found.runs) == ("case", 2, 1, 6)
    assert found.seconds > 0


def test_the_sample_source_holds(numpy_workers: Workers, executor: ThreadPoolExecutor) -> None:
    found = verify(read_exercise(CASES / "everything.md"), numpy_workers, executor)
    assert found.misses == ()


def test_a_stub_that_passes_a_check_without_points_is_no_miss(
    misses: Callable[..., list[str]],
) -> None:
    assert misses(RIGHT, check("assert True", "free", 0), SMALL) == []


# ---- what does not


def test_a_solution_that_fails_a_hidden_test(misses: Callable[..., list[str]]) -> None:
    hidden = "### BEGIN HIDDEN TESTS\nassert f(3) == 7, 'no'\n### END HIDDEN TESTS"
    cells = (RIGHT, SMALL, check(f"x = 1\n{hidden}", "hidden"))
    assert misses(*cells) == [
        (
            f"{at('assert f(3)', *cells)}check `hidden`: the solution does not pass (failed); "
            "mend the solution or the check"
        )
    ]


def test_a_solution_that_raises_says_what_and_where(misses: Callable[..., list[str]]) -> None:
    cells = (answer("def f(x):\n    return x / 0"), SMALL)
    assert misses(*cells) == [
        (
            f"{at('assert f(2)', *cells)}check `small`: the solution does not pass (error: "
            "ZeroDivisionError at line 2 of the answer); mend the solution or the check"
        )
    ]


def test_a_stub_that_earns(misses: Callable[..., list[str]]) -> None:
    cells = (RIGHT, SMALL, check("assert callable(f)", "there", 1.5))
    assert misses(*cells) == [
        (
            f"{at('assert callable', *cells)}check `there`: the released stub earns 1.5 points "
            "here; make the check need an answer, or give it no points"
        )
    ]


def test_a_wrong_answer_that_passes_every_check(misses: Callable[..., list[str]]) -> None:
    cells = (RIGHT, SMALL, LARGE, wrong("def f(x): return x + x", "sum", fails="large"))
    assert misses(*cells) == [
        (
            f"{at('def f(x): return x + x', *cells)}check `large`: wrong answer `sum` passes it "
            "(it fails no check at all); make the check catch it, or correct `:fails:`"
        )
    ]


def test_a_wrong_answer_that_names_the_wrong_check(misses: Callable[..., list[str]]) -> None:
    square = wrong("def f(x): return x**2", "square", fails="small")
    cells = (RIGHT, SMALL, LARGE, square)
    assert misses(*cells) == [
        (
            f"{at('def f(x): return x**2', *cells)}check `small`: wrong answer `square` passes it "
            "(it fails large); make the check catch it, or correct `:fails:`"
        )
    ]


def test_a_wrong_answer_that_ends_its_process_fails_its_check(
    misses: Callable[..., list[str]],
) -> None:
    assert misses(RIGHT, SMALL, wrong("import os\nos._exit(1)", "quits", fails="small")) == []


def test_two_wrong_answers_that_behave_alike(misses: Callable[..., list[str]]) -> None:
    cells = (
        RIGHT,
        SMALL,
        LARGE,
        wrong("def f(x): return 2 * x + 1", "one more", fails="small"),
        wrong("def f(x): return 1 + x + x", "one extra", fails="small"),
        wrong("def f(x): return 2 * x + 2", "two more", fails="small"),
    )
    assert misses(*cells) == [
        (
            f"{at('def f(x): return 1 + x + x', *cells)}check `small`: wrong answers `one more` "
            "and `one extra` behave alike; drop one, or add a check that tells them apart, so each "
            "shows its message"
        )
    ]


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("1.0", "1.0 + 1e-9", True),
        ("1.0", "1.001", False),
        ("1", "1.0", False),
        ("1", "True", False),
        ("float('nan')", "float('nan')", True),
        ("[1, 2]", "(1, 2)", False),
        ("[1, 2]", "[1, 3]", False),
        ("{'a': 1}", "{'a': 2}", False),
        ("{'a': 1}", "{'b': 1}", False),
        ("'a'", "'b'", False),
        ("b'a'", "b'b'", False),
        ("10**400", "10**401", False),
        ("np.zeros(2)", "np.zeros(2, 'f4')", False),
        ("np.zeros(2)", "np.zeros((2, 1))", False),
        ("np.zeros(600)", "np.r_[np.zeros(599), 1.0]", False),
        ("np.zeros(600)", "np.r_[np.zeros(599), 1e-9]", True),
        ("np.r_[np.zeros(600), 1.0]", "np.r_[np.zeros(600), 1.000001]", True),
        ("np.array([1j])", "np.array([2j])", False),
        ("object()", "object()", True),
    ],
)
def test_what_it_means_to_behave_alike(one: str, other: str, *, alike: bool) -> None:
    def results(expression: str) -> tuple[CheckResult, ...]:
        value = eval(expression, {"np": np})  # noqa: S307 - the table above
        if type(value) is object:
            value = Handle(None, 0, "f()")  # type: ignore[arg-type]
        sent = json.loads(json.dumps(summarise_reply(value)))
        return (CheckResult("check", Verdict.FAILED, transcript=(sent,)),)

    assert same_behaviour(results(one), results(other)) is alike


@pytest.mark.parametrize(
    ("test", "plain", "across"),
    [
        ("assert isinstance(f(2), Made)", "passed", "failed"),
        ("assert f(2)", "passed", "error: TypeError"),
        ("x = [2]\nf(x)\nassert x == []", "passed", "failed"),
    ],
)
def test_a_check_with_another_verdict_across_processes(
    misses: Callable[..., list[str]], test: str, plain: str, across: str
) -> None:
    cells = (
        code("class Made: pass", grade_id="setup"),
        answer(
            "def f(x):\n    ### BEGIN SOLUTION\n    if x == [2]:\n        x.clear()\n"
            "    return Made()\n    ### END SOLUTION"
        ),
        check(test),
    )
    first, second = misses(*cells)
    place = at(test.rsplit("\n", 1)[-1], *cells)
    assert first.startswith(
        f"{place}check `check`: the solution gets another verdict in plain Python ({plain}) than "
        f"across processes ({across}"
    )
    assert "; let the check use only data and calls" in first
    assert "the solution does not pass" in second


def test_a_value_that_one_check_changes_for_the_next_is_a_difference(
    misses: Callable[..., list[str]],
) -> None:
    cells = (
        answer("value = [1]"),
        check("assert value.pop() == 1", "first"),
        check("assert value == [], 'Empty.'", "second"),
    )
    assert any("another verdict in plain Python (passed)" in miss for miss in misses(*cells))


def test_a_remedy_that_names_a_document_names_one_that_is_there(
    misses: Callable[..., list[str]],
) -> None:
    (first, _) = misses(answer("def f(x=None): return print"), check("assert f() is print"))
    assert "'What crosses' in the contributors' guide" in first
    assert "What crosses" in (ROOT / "guides/contributors.md").read_text("utf-8")


def test_misses_of_a_notebook_name_its_cell(
    read: Read, numpy_workers: Workers, executor: ThreadPoolExecutor
) -> None:
    exercise = read(RIGHT, check("x = 1\nassert f(2) == 5"))
    cell = exercise.cells[-1]
    moved = dataclasses.replace(
        cell, place=dataclasses.replace(cell.place, path="x.ipynb", line=1, cell=1)
    )
    exercise = dataclasses.replace(exercise, cells=(exercise.cells[0], moved))
    (miss,) = verify(exercise, numpy_workers, executor).misses
    assert str(miss).startswith("x.ipynb: cell 2, line 2: check `check`: the solution does not")


def test_verifying_without_workers_is_no_verdict(read: Read, executor: ThreadPoolExecutor) -> None:
    ended = Zygote(())
    ended.close()
    with pytest.raises(WorkerDied):
        verify(read(RIGHT, SMALL), Workers(ended, ended), executor)


def test_answers_with_other_verdicts_behave_differently(read: Read, numpy_workers: Workers) -> None:
    exercise = read(RIGHT, check("y = f(1)\nassert y is not None and y < 0"))
    one, two = (run(exercise, {"answer": f"def f(x): return {y}"}, numpy_workers) for y in (1, 1.5))
    assert same_behaviour(one, one)
    assert not same_behaviour(one, two)


# ---- the shelf and its cache


def shelf(
    exercises: list[Exercise], workers: Workers, cache: Path
) -> tuple[list[Verification], list[str]]:
    told: list[str] = []
    found = verify_exercise_set(
        exercises, workers, cache, lambda exercise: told.append(exercise.slug)
    )
    return found, told


def test_a_second_time_nothing_is_asked_of_the_workers(
    read: Read, numpy_workers: Workers, tmp_path: Path
) -> None:
    cache = tmp_path / "deep" / "cache"
    first, told = shelf([read(RIGHT, SMALL)], numpy_workers, cache)
    assert told == ["case"]
    again, told = shelf([read(RIGHT, SMALL)], NOBODY, cache)
    assert told == []
    assert again == first


def test_a_changed_source_is_verified_again(
    read: Read, numpy_workers: Workers, tmp_path: Path
) -> None:
    shelf([read(RIGHT, SMALL)], numpy_workers, tmp_path)
    changes = [
        ("2 * x", "x * 2"),
        ("f(2) must be 4.", "Four."),
        (":points: 1", ":points: 2"),
    ]
    for old, new in changes:
        changed = read((RIGHT + SMALL).replace(old, new))
        with pytest.raises(AssertionError, match="the workers were asked"):
            shelf([changed], NOBODY, tmp_path)


def test_a_source_with_misses_is_never_kept(
    read: Read, numpy_workers: Workers, tmp_path: Path
) -> None:
    broken = read(RIGHT, check("assert f(2) == 5"))
    (found,), _ = shelf([broken], numpy_workers, tmp_path)
    assert found.misses
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(AssertionError, match="the workers were asked"):
        shelf([broken], NOBODY, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("spoiled", ["", "[]", '{"slug": "case"}'])
def test_a_spoiled_cache_is_no_verdict(
    read: Read, numpy_workers: Workers, tmp_path: Path, spoiled: str
) -> None:
    shelf([read(RIGHT, SMALL)], numpy_workers, tmp_path)
    (kept,) = tmp_path.iterdir()
    kept.write_text(spoiled, "utf-8")
    (found,), told = shelf([read(RIGHT, SMALL)], numpy_workers, tmp_path)
    assert told == ["case"]
    assert found.misses == ()


# ---- the book's own exercises


def altered(tmp_path: Path, text: str, old: str, new: str, name: str) -> tuple[Exercise, str]:
    assert old in text
    path = tmp_path / f"{name}.md"
    path.write_text(text.replace(old, new), "utf-8")
    return read_exercise(path, f"{name}.md"), text.replace(old, new)


@pytest.mark.slow
@pytest.mark.parametrize("path", sorted(SOURCES.glob("*.md")), ids=lambda path: path.stem)
def test_the_book_s_own_exercises_hold(
    path: Path, tensorflow_workers: Workers, executor: ThreadPoolExecutor
) -> None:
    found = verify(read_exercise(path), tensorflow_workers, executor)
    assert found.misses == ()
    assert found.wrong_answers >= 4


@pytest.mark.slow
@pytest.mark.parametrize(
    ("source", "old", "new", "needle", "says"),
    [
        (
            MISSING_BIAS,
            '"b": -4.2, "w1": 1.0',
            '"b": -2.2, "w1": 1.0',
            "assert (z[y == 0] < 0)",
            "check `separates`: the solution does not pass (failed); mend the solution",
        ),
        (
            MISSING_BIAS,
            BOTH_SIDES,
            "assert len(z) == 12\n",
            "z = logits_with_a_loop(x, **answer)",
            "check `separates`: the released stub earns 2 points here; make the check",
        ),
        (
            MISSING_BIAS,
            'answer = {"b": 4.2, "w1": 1.0, "w2": 1.0}',
            'answer = {"b": -4.2, "w1": 1.0, "w2": 1.0}  # right',
            "# right",
            "`bias of the wrong sign` passes it (it fails no check at all); make the check catch",
        ),
        (
            MISSING_BIAS,
            "fails: new_points",
            "fails: separates",
            'answer = {"b": -3.05',
            "check `separates`: wrong answer `a line that touches` passes it (it fails new_points)",
        ),
        (
            MODEL_LAYERS,
            'assert tuple(logits.shape) == (None, 3), "The logits',
            'assert isinstance(logits, tf.keras.KerasTensor), "The logits',
            "assert isinstance(logits",
            "check `shape`: the solution gets another verdict in plain Python (passed) than across",
        ),
    ],
    ids=["solution fails", "stub earns", "wrong answer passes", "wrong check", "not data"],
)
def test_an_altered_copy_of_the_book_s_exercises_does_not_hold(  # noqa: PLR0913, PLR0917
    tmp_path: Path,
    tensorflow_workers: Workers,
    executor: ThreadPoolExecutor,
    source: str,
    old: str,
    new: str,
    needle: str,
    says: str,
) -> None:
    exercise, text = altered(tmp_path, source, old, new, "altered")
    found = [str(miss) for miss in verify(exercise, tensorflow_workers, executor).misses]
    place = f"altered.md:{line_of(text, needle)}: "
    assert any(miss.startswith(place) and says in miss for miss in found), found
