"""Grading a folder: marks, reports, what bad submissions do, and stopping at any moment."""

from __future__ import annotations

import csv
import io
import json
import subprocess
from concurrent.futures import Executor, Future
from typing import TYPE_CHECKING, Any

import nbformat
import pytest
from sources import FRONT, answer, check, code, wrong

from autograder.exceptions import GradingError
from autograder.format.exercise_set import read_exercise_folder
from autograder.format.release import release
from autograder.format.source import read_exercise
from autograder.grading.batch import Plan, grade_batch, write_marks, write_report
from autograder.grading.feedback import feedback_page
from autograder.grading.gradebook import Gradebook
from autograder.grading.late_policy import Policy
from autograder.grading.workers import GradingWorkers
from autograder.running.executors import thread_executor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from autograder.grading.batch import Outcome

    Submit = Callable[[str, str], Path]
    RunClass = Callable[..., list[Outcome]]

DOUBLE = "".join(
    [
        "# Double\n\n",
        code("import numpy as np", grade_id="setup", locked=True),
        answer("def double(x):\n    ### BEGIN SOLUTION\n    return 2 * x\n    ### END SOLUTION"),
        check("assert double(3) == 6, 'Three doubled is six.'", "shown"),
        check(
            "### BEGIN HIDDEN TESTS\n"
            "x = np.random.normal(size=4)\n"
            "assert np.allclose(double(x), 2 * x), 'Every number is doubled.'\n"
            "### END HIDDEN TESTS",
            "hidden",
            points=2,
        ),
        wrong(
            "def double(x):\n    return x ** 2", "squared", "hidden", message="You squared <it>."
        ),
    ]
)
RIGHT = "def double(x):\n    return x + x"
SQUARED = "def double(x):\n    return x * x"
TRIPLE = DOUBLE.replace("2 * x", "3 * x").replace("double(3) == 6", "double(3) == 9")


@pytest.fixture(scope="module")
def team() -> Iterator[GradingWorkers]:
    with GradingWorkers(None, preload=("numpy",)) as made:
        yield made


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    folder = tmp_path / "sources"
    folder.mkdir()
    (folder / "double.md").write_text(FRONT + DOUBLE, "utf-8")
    return folder


@pytest.fixture
def submit(tmp_path: Path, sources: Path) -> Submit:
    """Hand in an answer to `double`; return the file."""
    (tmp_path / "class").mkdir()

    def hand_in(student: str, source: str) -> Path:
        notebook = release(read_exercise(sources / "double.md"))
        for cell in notebook.cells:
            if cell.id == "answer":
                cell.source = source
        path = tmp_path / "class" / student / "double.ipynb"
        path.parent.mkdir()
        nbformat.write(notebook, path)
        return path

    return hand_in


@pytest.fixture
def run_class(tmp_path: Path, sources: Path, team: GradingWorkers) -> RunClass:
    """Grade the class, to the end or to the ``stop``-th report."""

    def grade_class(stop: int | None = None, **options: Any) -> list[Outcome]:  # noqa: ANN401 - of a Plan
        exercises, errors = read_exercise_folder(sources)
        assert errors == []
        plan = Plan(exercises=exercises, **{"environment": "test", **options})
        url = f"sqlite:///{tmp_path / 'book.db'}"
        outcomes = []
        with Gradebook(url) as book, thread_executor(2) as pool:
            for outcome in grade_batch(tmp_path / "class", plan, book, team, pool):
                outcomes.append(outcome)
                write_report(tmp_path / "out", outcome.report)
                if len(outcomes) == stop:
                    return outcomes
            write_marks(tmp_path / "out", book, Policy())
        return outcomes

    return grade_class


def only_file(folder: Path) -> Path:
    """Return the one file below ``folder``."""
    (found,) = (path for path in folder.rglob("*") if path.is_file())
    return found


class AtOnce(Executor):
    """Does each job before it returns, or loses it to ``problem``; counts what it was given."""

    def __init__(self, problem: Exception | None = None) -> None:
        self.given = 0
        self._problem = problem

    def submit(self, work: Callable[..., Any], /, *args: Any, **options: Any) -> Future[Any]:  # noqa: ANN401
        """Do or lose the job."""
        self.given += 1
        future: Future[Any] = Future()
        if self._problem:
            future.set_exception(self._problem)
        else:
            future.set_result(work(*args, **options))
        return future


def commit(folder: Path, text: str) -> None:
    """Make ``text`` the exercise `double`, and a commit of that."""
    (folder / "double.md").write_text(FRONT + text, "utf-8")
    who = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org")
    for command in (("init",), ("add", "."), (*who, "commit", "--message", "changed")):
        subprocess.run(["git", "-C", folder, *command], check=True, capture_output=True)


def nbgrader_source() -> nbformat.NotebookNode:
    """Write an exercise as nbgrader's authors do."""
    source = nbformat.v4.new_notebook()
    kind = {"schema_version": 3, "task": False, "locked": False}
    source.cells = [
        nbformat.v4.new_code_cell(
            "%matplotlib inline\ndef double(x):\n    ### BEGIN SOLUTION\n    return 2 * x\n"
            "    ### END SOLUTION",
            metadata={"nbgrader": {"grade_id": "a", "grade": False, "solution": True, **kind}},
        ),
        nbformat.v4.new_code_cell(
            "### BEGIN HIDDEN TESTS\nassert double(2) == 4\n### END HIDDEN TESTS",
            metadata={
                "nbgrader": {"grade_id": "t", "grade": True, "solution": False, "points": 5, **kind}
            },
        ),
    ]
    return source


def scores(outcomes: list[Outcome]) -> dict[str, float]:
    return {o.report.student: o.report.score for o in outcomes}


def test_right_wrong_partial_and_blank_answers_get_their_marks(
    submit: Submit, run_class: RunClass
) -> None:
    submit("right", RIGHT)
    submit("partial", "def double(x):\n    return 6")
    submit("blank", "def double(x):\n    raise NotImplementedError()")
    submit("empty", "")
    outcomes = run_class()
    assert scores(outcomes) == {"right": 3, "partial": 1, "blank": 0, "empty": 0}
    verdicts = {o.report.student: [t.verdict for t in o.report.tests] for o in outcomes}
    assert verdicts["partial"] == ["passed", "failed"]
    assert verdicts["blank"] == verdicts["empty"] == ["missing", "missing"]


def test_a_known_wrong_answer_is_recognised_in_its_own_words(
    submit: Submit, run_class: RunClass
) -> None:
    submit("ada", SQUARED)
    submit("bob", "def double(x):\n    return 0 * x")
    for seed in (0, 5):
        found = {o.report.student: o.report.tests[1].misconception for o in run_class(seed=seed)}
        assert found == {"ada": "You squared <it>.", "bob": ""}


def test_a_misconception_is_named_at_the_check_that_it_fails_and_nowhere_else(
    submit: Submit, run_class: RunClass
) -> None:
    submit("ada", SQUARED)
    submit("bob", "def double(x):\n    return 9 if np.ndim(x) == 0 else 0 * x")
    found = {o.report.student: [t.misconception for t in o.report.tests] for o in run_class()}
    assert found == {"ada": ["", "You squared <it>."], "bob": ["", ""]}


def test_a_wrong_answer_that_raises_is_recognised(
    submit: Submit, run_class: RunClass, sources: Path
) -> None:
    method = wrong(
        "def double(x):\n    return x.doubled()", "method", "hidden", message="No method."
    )
    (sources / "double.md").write_text(FRONT + DOUBLE + method, "utf-8")
    submit("ada", "def double(x):\n    return x.doubled() if np.ndim(x) else 2 * x")
    submit("bob", "def double(x):\n    return 1 / 0 if np.ndim(x) else 2 * x")
    found = {o.report.student: o.report.tests[1].misconception for o in run_class()}
    assert found == {"ada": "No method.", "bob": ""}


def test_answers_that_never_replied_are_not_taken_for_one_another(
    submit: Submit, run_class: RunClass, sources: Path
) -> None:
    unknown = wrong("double = twice", "name", "hidden", message="Nobody defined that name.")
    (sources / "double.md").write_text(FRONT + DOUBLE + unknown, "utf-8")
    submit("ada", "1 / 0")
    (outcome,) = run_class()
    assert [(t.verdict, t.misconception) for t in outcome.report.tests] == [("error", "")] * 2


def test_a_wrong_answer_stands_beside_the_solution_s_other_answers(
    submit: Submit, run_class: RunClass, sources: Path
) -> None:
    half = answer("def half(x):\n    return x / 2", "half")
    both = DOUBLE.replace("# Double\n\n", f"# Double\n\n{half}")
    both = both.replace("double(x), 2 * x)", "double(x) + half(2), 2 * x + 1)")
    both = both.replace(':fails: "hidden"', ':fails: "hidden"\n:answer: "answer"')
    (sources / "double.md").write_text(FRONT + both, "utf-8")
    path = submit("ada", SQUARED)
    notebook = json.loads(path.read_bytes())
    next(c for c in notebook["cells"] if c["id"] == "half")["source"] = "half = (0.5).__mul__"
    path.write_text(json.dumps(notebook), "utf-8")
    (outcome,) = run_class()
    assert outcome.report.tests[1].misconception == "You squared <it>."


def test_feedback_escapes_everything_and_shows_no_hidden_test(
    submit: Submit, run_class: RunClass, tmp_path: Path
) -> None:
    submit("<b>ada", SQUARED)
    (outcome,) = run_class()
    page = feedback_page(outcome.report)
    assert "&lt;b&gt;ada" in page
    assert outcome.report.key in page.partition("<details>")[2]
    assert outcome.report.key not in page.partition("<details>")[0]
    assert "You squared &lt;it&gt;." in page
    assert "<b>" not in page
    assert "Every number is doubled." in page
    assert "allclose" not in page
    written = only_file(tmp_path / "out" / "feedback").read_text("utf-8")
    assert written == page


def test_an_exception_carries_no_hidden_input_to_the_feedback(
    submit: Submit, run_class: RunClass
) -> None:
    spy = (
        "def double(x):\n"
        "    seen = repr(x).replace(' ', '')\n"
        "    raise type('Saw' + seen, (ValueError,), {})('saw ' + seen)"
    )
    submit("eve", spy)
    (outcome,) = run_class()
    text = json.dumps(outcome.report.as_json())
    assert "ValueError at line 3" in text
    assert "Saw" not in text
    assert "saw" not in text


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "is empty"),
        (b"{", "no valid JSON"),
        (b"[]", "format 4"),
        (b'{"nbformat": 3, "worksheets": []}', "format 4"),
        (b'{"nbformat": 4, "cells": 5}', "no list of cells"),
        (b"[" * 200_000, "no valid JSON"),
        (b"x" * (10 * 2**20 + 1), "larger than 10 MiB"),
        (b"\xff\xfe", "no valid JSON"),
    ],
)
def test_a_file_that_is_no_submission_is_invalid_and_harms_nobody(
    submit: Submit, run_class: RunClass, content: bytes, says: str
) -> None:
    submit("bad", RIGHT).write_bytes(content)
    submit("good", RIGHT)
    reports = {o.report.student: o.report for o in run_class()}
    assert reports["good"].score == 3
    assert reports["bad"].status == "invalid"
    assert says in reports["bad"].message
    assert [t.verdict for t in reports["bad"].tests] == ["invalid", "invalid"]
    assert (reports["bad"].score, reports["bad"].max_score) == (0, 3)


def test_links_are_not_followed(submit: Submit, run_class: RunClass, tmp_path: Path) -> None:
    target = submit("ada", RIGHT)
    (tmp_path / "class" / "eve").mkdir()
    (tmp_path / "class" / "eve" / "double.ipynb").symlink_to(target)
    reports = {o.report.student: o.report for o in run_class()}
    assert (reports["eve"].status, reports["eve"].score) == ("invalid", 0)


@pytest.mark.parametrize("name", ["a" * 249, "line\nfeed", "\x1b[2Jclear", "back\\slash", "\udcff"])
def test_no_name_stops_the_run_or_is_printed_as_it_is(
    submit: Submit, run_class: RunClass, tmp_path: Path, name: str
) -> None:
    submit("good", RIGHT)
    folder = tmp_path / "class" / name[:240]
    folder.mkdir()
    (folder / f"{name}.ipynb").write_bytes(b"")
    reports = {o.report.student: o.report for o in run_class()}
    assert reports.pop("good").score == 3
    (odd,) = reports.values()
    assert odd.status == "invalid"
    assert (odd.student + odd.exercise).isprintable()
    (tmp_path / "out" / "grades.csv").read_text("utf-8")


def test_a_folder_in_place_of_a_notebook_is_invalid(
    submit: Submit, run_class: RunClass, tmp_path: Path
) -> None:
    submit("good", RIGHT)
    (tmp_path / "class" / "odd" / "double.ipynb").mkdir(parents=True)
    reports = {o.report.student: o.report for o in run_class()}
    assert reports["odd"].status == "invalid"
    assert "is a folder" in reports["odd"].message


def test_an_unknown_exercise_is_invalid_and_names_the_known(
    submit: Submit, run_class: RunClass, sources: Path
) -> None:
    path = submit("ada", RIGHT)
    path.rename(path.with_name("duoble.ipynb"))
    (outcome,) = run_class()
    assert outcome.report.status == "invalid"
    assert "one of double" in outcome.report.message
    assert [o.fresh for o in run_class()] == [False]
    (sources / "duo.md").write_text(FRONT + DOUBLE, "utf-8")  # now it may have been meant
    assert [o.fresh for o in run_class()] == [True]


def edit(path: Path, change: Callable[[list[dict[str, Any]], int], object]) -> None:
    """Change a notebook's list of cells, given with the place of the answer."""
    notebook = json.loads(path.read_bytes())
    cells = notebook["cells"]
    change(cells, next(place for place, cell in enumerate(cells) if cell["id"] == "answer"))
    path.write_text(json.dumps(notebook), "utf-8")


def split(cells: list[dict[str, Any]], place: int, *parts: str) -> None:
    cells[place : place + 1] = [cells[place] | {"source": part} for part in parts]


def answer_with(path: Path, source: str) -> None:
    """Answer with what nbformat would not write."""
    edit(path, lambda cells, place: cells[place].update(source=source))


STUB = "def double(x):\n    # YOUR CODE HERE\n    raise NotImplementedError()"


@pytest.mark.parametrize(
    ("parts", "score", "says"),
    [
        ((RIGHT, RIGHT), 3, ""),
        (("import math", RIGHT), 3, "read as one"),
        (("def double(x):", "    return x + x"), 3, "read as one"),
        ((RIGHT, STUB), 3, "the one that was changed"),
        ((STUB, RIGHT), 3, "the one that was changed"),
        ((STUB, "", RIGHT), 3, "the one that was changed"),
        (("# later\n" + STUB, RIGHT), 3, "the one that was changed"),
        ((SQUARED, RIGHT), 3, "read as one"),  # as Jupyter runs them
        ((RIGHT, SQUARED), 0, "read as one"),
        (("factor = 2", "%%time\ndef double(x):\n    return factor * x"), 3, "read as one"),
        (("def double(x:", RIGHT), 3, "the last that was changed"),
        (("", STUB), 0, ""),
    ],
)
def test_an_answer_that_an_editor_split_or_copied_is_put_together(
    submit: Submit, run_class: RunClass, parts: tuple[str, ...], score: float, says: str
) -> None:
    edit(submit("ada", ""), lambda cells, place: split(cells, place, *parts))
    (outcome,) = run_class()
    assert (outcome.report.status, outcome.report.score) == ("graded", score)
    assert says in outcome.report.message
    assert bool(says) == bool(outcome.report.message)


def test_cells_without_metadata_are_known_by_their_ids(submit: Submit, run_class: RunClass) -> None:
    edit(submit("ada", RIGHT), lambda cells, _: [cell.update(metadata={}) for cell in cells])
    assert [outcome.report.score for outcome in run_class()] == [3]


@pytest.mark.parametrize("kind", ["markdown", "raw"])
def test_an_answer_in_a_cell_that_became_text_is_read_and_said(
    submit: Submit, run_class: RunClass, kind: str
) -> None:
    edit(submit("ada", RIGHT), lambda cells, place: cells[place].update(cell_type=kind))
    (outcome,) = run_class()
    assert outcome.report.score == 3
    assert "read as code" in outcome.report.message


def test_only_a_cell_that_is_there_is_called_blank(submit: Submit, run_class: RunClass) -> None:
    submit("blank", "")
    edit(submit("gone", RIGHT), lambda cells, place: cells.pop(place))
    messages = {o.report.student: o.report.tests[0].message for o in run_class()}
    assert "is blank" in messages["blank"]
    assert messages["gone"] == "Your notebook has no cell for the answer `answer`."


@pytest.mark.parametrize(
    "source",
    [
        "%matplotlib inline\n" * 600,
        "x = " + "-" * 100_000 + "1",
        "if x == 0: pass\n" + "".join(f"elif x == {n}: pass\n" for n in range(5000)),
        "x = 1\n" * 10**6,
        "x = " + "(" * 1000 + "1" + ")" * 1000,
        "x = 1\0",
        "x = '\ud800'",
        "x = " + "not " * 5000 + "1",
        "%time\n" * 100 + "x = 1\n" * 20_000,
    ],
    ids=["magics", "minus", "elif", "long", "deep", "null", "surrogate", "not", "slow"],
)
def test_a_source_that_breaks_parsers_is_invalid_for_its_answer_alone(
    submit: Submit, run_class: RunClass, source: str
) -> None:
    answer_with(submit("bad", ""), source)
    submit("good", RIGHT)
    reports = {o.report.student: o.report for o in run_class()}
    assert reports["good"].score == 3
    assert (reports["bad"].status, reports["bad"].score) == ("graded", 0)
    assert [test.verdict for test in reports["bad"].tests] == ["invalid", "invalid"]
    assert "`answer`" in reports["bad"].tests[0].message
    assert [o.fresh for o in run_class()] == [False, False]


def test_an_answer_that_cannot_be_read_costs_no_other_answer(
    submit: Submit, run_class: RunClass, sources: Path
) -> None:
    more = answer("def half(x):\n    return x / 2", "half") + check("assert half(2) == 1", "halved")
    (sources / "double.md").write_text(
        FRONT + DOUBLE.replace(":wrong:", ':answer: "answer"\n:wrong:') + more, "utf-8"
    )

    def hand_in_half(cells: list[dict[str, Any]], _: int) -> None:
        (half,) = (cell for cell in cells if cell["id"] == "half")
        half["source"] = "half = lambda x: x / 2"

    path = submit("ada", "")
    answer_with(path, "\ud800")
    edit(path, hand_in_half)
    (outcome,) = run_class()
    assert {t.grade_id: t.verdict for t in outcome.report.tests} == {
        **dict.fromkeys(("shown", "hidden"), "invalid"),
        "halved": "passed",
    }


def test_what_a_learner_changes_outside_the_answers_means_nothing(
    submit: Submit, run_class: RunClass
) -> None:
    path = submit("eve", SQUARED)
    notebook = json.loads(path.read_bytes())
    for cell in notebook["cells"]:
        about = cell["metadata"].get("nbgrader", {})
        if about.get("grade"):
            about |= {"points": 100, "schema_version": 1, "grade": False}
            cell["source"] = "assert True"
        elif about.get("grade_id") == "setup":
            cell["source"] = "import numpy as np\nnp.allclose = lambda *a: True"
    path.write_text(json.dumps(notebook), "utf-8")
    (outcome,) = run_class()
    assert (outcome.report.score, outcome.report.max_score) == (0, 3)


@pytest.mark.parametrize(
    ("value", "score"),
    [
        ("np.asmatrix(2 * x) if np.ndim(x) else 6", 3),
        ("type('F', (float,), {})(6) if np.ndim(x) == 0 else 2 * x", 3),
        ("type('T', (tuple,), {})(2 * x) if np.ndim(x) else 6", 3),
        ("type('Claim', (), {'shape': (4,), '__len__': lambda s: 4})()", 0),
        ("lambda: 6", 0),
        ("[lambda: 6]", 0),
    ],
)
def test_what_only_dresses_up_data_is_data_and_no_other_object_is(
    submit: Submit, run_class: RunClass, value: str, score: float
) -> None:
    submit("ada", f"def double(x):\n    return {value}")
    assert scores(run_class()) == {"ada": score}


def test_an_object_is_of_no_use_where_the_solution_gives_data(
    submit: Submit, run_class: RunClass, sources: Path
) -> None:
    loose = check("assert list(double(1).flat) == [] or double(1) == 2, 'Two.'", "loose")
    data = answer("def double(x):\n    return np.asarray(2 * x)") + loose
    setup = code("import numpy as np", grade_id="setup")
    (sources / "double.md").write_text(f"{FRONT}# Double\n\n{setup}{data}", "utf-8")
    submit("eve", "def double(x):\n    return type('Claim', (), {'flat': ()})()")
    submit("ada", "def double(x):\n    return np.array(2 * x)")
    reports = {o.report.student: o.report for o in run_class()}
    assert [t.verdict for t in reports["ada"].tests] == ["passed"]
    (test,) = reports["eve"].tests
    assert (test.verdict, test.points) == ("error", 0)
    assert "an object of its own kind" in test.message


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("np.empty(0)", "something empty"),
        ("np.nan * np.ones(2)", "NaN"),
        ("np.array([2.0, np.nan])", "NaN"),
    ],
)
def test_a_check_that_compared_nothing_is_not_passed(
    submit: Submit, run_class: RunClass, sources: Path, value: str, says: str
) -> None:
    loose = check("assert not (np.abs(double(np.ones(1)) - 2) > 0.1).any(), 'Two.'", "loose")
    parts = (
        code("import numpy as np", grade_id="setup"),
        answer("def double(x):\n    return 2 * x"),
    )
    (sources / "double.md").write_text("".join([FRONT, "# Double\n\n", *parts, loose]), "utf-8")
    submit("eve", f"def double(x):\n    return {value}")
    ((test,),) = [o.report.tests for o in run_class()]
    assert (test.verdict, test.points) == ("failed", 0)
    assert says in test.message


@pytest.mark.parametrize("value", ["[]", "()", "{}", "np.empty((3, 0))", "([], [])"])
def test_a_check_that_went_through_nothing_is_not_passed(
    submit: Submit, run_class: RunClass, sources: Path, value: str
) -> None:
    loose = check("for part in double([1]):\n    assert not len(part), 'One.'", "loose")
    setup = code("import numpy as np", grade_id="setup")
    text = "".join([FRONT, "# Double\n\n", setup, answer("def double(x):\n    return ['']"), loose])
    (sources / "double.md").write_text(text, "utf-8")
    submit("eve", f"def double(x):\n    return {value}")
    ((test,),) = [o.report.tests for o in run_class()]
    assert (test.verdict, test.points) == ("failed", 0)


def test_what_is_empty_in_the_solution_may_be_empty(
    submit: Submit, run_class: RunClass, sources: Path
) -> None:
    empty = check("assert double(np.empty(0)).shape == (0,), 'As many as there were.'", "empty")
    nan = check("assert np.isnan(double(np.nan)), 'NaN stays NaN.'", "nan")
    (sources / "double.md").write_text(FRONT + DOUBLE + empty + nan, "utf-8")
    submit("ada", RIGHT)
    assert scores(run_class()) == {"ada": 5}


def test_a_written_answer_waits_for_a_person_unless_nothing_was_written(
    run_class: RunClass, sources: Path, tmp_path: Path
) -> None:
    options = '{"grade_id": "essay", "grade": true, "solution": true, "points": 4}'
    text = f"{FRONT}# In words\n\n+++ {options}\n\nWhy?\n\n+++\n\n"
    (sources / "essay.md").write_text(text, "utf-8")
    released = release(read_exercise(sources / "essay.md"))
    words = {
        "ada": "Because.",
        "bo": " \n",
        "cy": f"  {released.cells[-1].source}\n",
        "di": "x" * 30_000,
    }
    for student, written in words.items():
        released.cells[-1].source = written
        (tmp_path / "class" / student).mkdir(parents=True)
        nbformat.write(released, tmp_path / "class" / student / "essay.ipynb")
    found = {o.report.student: o.report.tests[0] for o in run_class()}
    verdicts = {student: test.verdict for student, test in found.items()}
    assert verdicts == {"ada": "pending", "bo": "missing", "cy": "missing", "di": "pending"}
    assert [found[s].answer for s in ("ada", "bo", "cy", "di")] == [
        "Because.",
        "",
        "",
        "x" * 20_000,
    ]
    assert {test.points for test in found.values()} == {0}


def test_no_submission_is_judged_by_a_check_that_the_solution_fails(
    submit: Submit, run_class: RunClass, sources: Path
) -> None:
    broken = DOUBLE.replace("return 2 * x\n    ### END", "return 3 * x\n    ### END")
    (sources / "double.md").write_text(FRONT + broken, "utf-8")
    submit("ada", RIGHT)
    (outcome,) = run_class()
    assert outcome.report.status == "infrastructure"
    assert "solution of Double does not pass shown (failed), hidden" in outcome.report.message
    assert [o.fresh for o in run_class()] == [True]  # it is tried again, though nothing changed


def test_a_check_that_ends_its_own_process_is_nobody_s_zero(
    submit: Submit, run_class: RunClass, sources: Path
) -> None:
    broken = check("import os\nassert double(3) == 6 or os._exit(3), 'Six.'", "broken")
    (sources / "double.md").write_text(FRONT + DOUBLE + broken, "utf-8")
    submit("ada", SQUARED)
    for _ in range(2):  # it is tried again, though nothing changed
        (outcome,) = run_class()
        assert (outcome.fresh, outcome.report.status) == (True, "infrastructure")
    assert [t.verdict for t in outcome.report.tests] == ["failed", "failed", "infrastructure"]


def test_a_notebook_of_another_version_says_so(
    submit: Submit, run_class: RunClass, sources: Path
) -> None:
    submit("ada", RIGHT)
    changed = FRONT + DOUBLE.replace("Three doubled is six.", "Six is three doubled.")
    (sources / "double.md").write_text(changed, "utf-8")
    (outcome,) = run_class()
    assert outcome.report.score == 3
    assert "another version" in feedback_page(outcome.report)


def test_an_old_notebook_is_marked_by_the_version_that_it_answers(
    submit: Submit, run_class: RunClass, sources: Path
) -> None:
    commit(sources, DOUBLE)
    submit("ada", RIGHT)
    submit("bo", SQUARED)
    commit(sources, DOUBLE.replace("2 * x), '", "x + x), '"))  # the same version for learners
    commit(sources, "# No source\n")
    commit(sources, TRIPLE)
    submit("cy", "def double(x):\n    return 3 * x")
    reports = {o.report.student: o.report for o in run_class()}
    assert {name: report.score for name, report in reports.items()} == {"ada": 3, "bo": 0, "cy": 3}
    assert "was marked by that version" in feedback_page(reports["ada"])
    assert reports["bo"].tests[1].misconception == "You squared <it>."
    assert reports["cy"].message == ""
    assert not any(o.fresh for o in run_class())
    present = {o.report.student: o.report for o in run_class(present=True)}
    assert (present["ada"].score, present["cy"].score) == (0, 3)
    assert "marked by the present one" in present["ada"].message


def test_an_old_notebook_is_marked_by_the_hidden_checks_as_last_mended(
    submit: Submit, run_class: RunClass, sources: Path
) -> None:
    commit(sources, DOUBLE)
    submit("ada", SQUARED)
    commit(sources, DOUBLE.replace("Every number is doubled.", "Mended."))
    commit(sources, TRIPLE)
    (outcome,) = run_class()
    assert outcome.report.tests[1].message == "Mended."


def test_a_hidden_check_that_was_mended_counts_before_it_is_committed(
    submit: Submit, run_class: RunClass, sources: Path
) -> None:
    commit(sources, DOUBLE)
    submit("ada", SQUARED)
    mended = DOUBLE.replace("Every number is doubled.", "Mended.")
    (sources / "double.md").write_text(FRONT + mended, "utf-8")
    (outcome,) = run_class()
    assert outcome.report.tests[1].message == "Mended."
    assert outcome.report.message == ""


def test_a_run_that_stopped_goes_on_and_repeats_nothing(
    submit: Submit, run_class: RunClass
) -> None:
    for number in range(6):
        submit(f"s{number}", RIGHT)
    first = run_class(stop=2)
    second = run_class()
    kept = {o.report.student for o in second if not o.fresh}
    assert {o.report.student for o in first} <= kept
    assert scores(second) == {f"s{number}": 3 for number in range(6)}
    assert not any(o.fresh for o in run_class())


def test_a_changed_submission_exercise_or_seed_is_graded_again(
    submit: Submit, run_class: RunClass, sources: Path
) -> None:
    path = submit("ada", SQUARED)
    run_class()
    path.write_text(path.read_text("utf-8").replace("x * x", "x + x"), "utf-8")
    (outcome,) = run_class()
    assert outcome.before is not None
    assert (outcome.fresh, outcome.before.score, outcome.report.score) == (True, 0, 3)
    (sources / "double.md").write_text(FRONT + DOUBLE.replace("is six", "is 6"), "utf-8")
    assert [o.fresh for o in run_class()] == [True]
    assert [o.fresh for o in run_class(seed=1)] == [True]
    assert [o.fresh for o in run_class(seed=1)] == [False]
    assert [o.fresh for o in run_class(seed=1, regrade=True)] == [True]
    assert [o.fresh for o in run_class(seed=1, environment="other")] == [True]


def test_a_date_that_was_corrected_counts_and_nothing_is_graded_again(
    submit: Submit, run_class: RunClass, tmp_path: Path
) -> None:
    path = submit("ada", RIGHT)
    run_class()
    path.with_name("timestamp.txt").write_text("2026-12-01 12:00:00 UTC", "utf-8")
    assert [o.fresh for o in run_class()] == [False]
    (row,) = csv.DictReader(io.StringIO((tmp_path / "out/grades.csv").read_text("utf-8")))
    assert row["timestamp"] == "2026-12-01T12:00:00+00:00"


@pytest.fixture
def class_book(tmp_path: Path) -> Iterator[Gradebook]:
    with Gradebook(f"sqlite:///{tmp_path / 'book.db'}") as book:
        yield book


def test_no_more_is_read_ahead_than_keeps_the_pool_busy(
    submit: Submit, sources: Path, team: GradingWorkers, tmp_path: Path, class_book: Gradebook
) -> None:
    """Else a class of thousands, all of it in memory, waits for the first report."""
    for number in range(6):
        submit(f"s{number}", RIGHT)
    plan = Plan(exercises=read_exercise_folder(sources)[0], environment="test")
    pool = AtOnce()
    outcomes = grade_batch(tmp_path / "class", plan, class_book, team, (pool, 1))
    next(outcomes)
    assert pool.given == 3
    assert len(list(outcomes)) == 5


def test_a_machine_that_is_lost_costs_nobody_a_mark(
    submit: Submit, sources: Path, team: GradingWorkers, tmp_path: Path, class_book: Gradebook
) -> None:
    submit("ada", RIGHT)
    plan = Plan(exercises=read_exercise_folder(sources)[0], environment="test")
    for problem, says in ((OSError("gone: /home/x"), "OSError"), (GradingError("Why."), "Why.")):
        pool = (AtOnce(problem), 1)
        (outcome,) = grade_batch(tmp_path / "class", plan, class_book, team, pool)
        assert (outcome.report.status, outcome.report.message) == ("infrastructure", says)
    (outcome,) = grade_batch(tmp_path / "class", plan, class_book, team, (AtOnce(), 1))
    assert (outcome.report.status, outcome.report.score) == ("graded", 3)


def test_a_source_has_the_name_of_its_file_and_no_other_has_that(sources: Path) -> None:
    for place in ("week1/week1.ipynb", "week1/more.ipynb", "double/double.ipynb"):
        (sources / place).parent.mkdir(exist_ok=True)
        nbformat.write(nbgrader_source(), sources / place)
    exercises, errors = read_exercise_folder(sources)
    assert list(exercises) == ["double", "week1/more", "week1"]
    assert ["a second exercise called double" in str(error) for error in errors] == [True]


def test_only_those_asked_for_are_graded(submit: Submit, run_class: RunClass) -> None:
    submit("ada", RIGHT)
    submit("bob", RIGHT)
    assert scores(run_class(students=["bob"])) == {"bob": 3}
    assert scores(run_class(only=["other"])) == {}


def test_a_worker_that_is_killed_costs_nobody_a_mark(
    submit: Submit, run_class: RunClass, team: GradingWorkers
) -> None:
    submit("ada", RIGHT)
    workers = team.workers()
    child = workers.answer_zygote.fork("time:sleep", {}, [])
    child.kill()
    workers.answer_zygote.close()
    (outcome,) = run_class()
    assert (outcome.report.status, outcome.report.score) == ("graded", 3)


def test_marks_are_csv_that_a_spreadsheet_takes_for_no_formula(
    submit: Submit, run_class: RunClass, tmp_path: Path
) -> None:
    submit('=cmd|"x", y', RIGHT)
    run_class()
    text = (tmp_path / "out" / "grades.csv").read_text("utf-8")
    (row,) = csv.DictReader(io.StringIO(text))
    assert row["student_id"] == '\'=cmd|"x", y'
    assert (row["assignment"], float(row["score"]), float(row["max_score"])) == ("double", 3, 3)


def test_a_grade_book_that_cannot_be_opened_names_the_remedy(tmp_path: Path) -> None:
    with (
        pytest.raises(GradingError, match="run the same command again"),
        Gradebook(f"sqlite:///{tmp_path / 'no' / 'folder' / 'book.db'}"),
    ):
        pass


def test_nbgrader_s_layout_is_understood(
    submit: Submit, run_class: RunClass, sources: Path, tmp_path: Path
) -> None:
    nested = sources / "week1" / "double.ipynb"
    nested.parent.mkdir()
    nbformat.write(nbgrader_source(), nested)
    handed_in = release(read_exercise(nested))
    handed_in.cells[0].source = "%matplotlib inline\n" + RIGHT
    path = tmp_path / "class" / "ada" / "week1" / "double.ipynb"
    path.parent.mkdir(parents=True)
    nbformat.write(handed_in, path)
    submit("bob", RIGHT)
    assert {o.report.exercise: o.report.score for o in run_class()} == {
        "week1/double": 5,
        "double": 3,
    }
