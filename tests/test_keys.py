"""What is graded, verified or run again when something changes, and what is not."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from sources import FRONT, answer, check, code, wrong

from autograder.exceptions import SubmissionError
from autograder.format.exercise_set import read_exercise_folder
from autograder.format.release import release
from autograder.format.source import read_exercise
from autograder.grading.batch import Plan, grade_batch
from autograder.grading.grade_submission import Job, failed_report, marks_environment
from autograder.grading.gradebook import Gradebook
from autograder.grading.submission import Notebook
from autograder.running.environment import (
    RUNS_ANSWERS,
    engine_files,
    environment_digest,
    imported_modules,
    module_files,
)
from autograder.running.executors import thread_executor
from autograder.verdict import Verdict
from autograder.verification.verify import verification_environment, verify_exercise_set

if TYPE_CHECKING:
    from collections.abc import Callable

    import nbformat

    from autograder.grading.report import Report
    from autograder.running.run import Workers

SOURCE = FRONT.replace("kind: graded", "kind: graded\n  minutes: 5") + (
    "# Double\n\nDouble a number.\n\n"
    + code("import math")
    + answer("def double(x):\n    return 2 * x")
    + check("assert double(3) == 6, 'Three.'", title="Three doubled")
    + check(
        "### BEGIN HIDDEN TESTS\nassert double(4) == 8\n### END HIDDEN TESTS",
        grade_id="hidden",
        points=2,
    )
    + "```{hint}\nAdd it to itself.\n```\n\n"
    + "+++\n\n"
    + wrong("def double(x):\n    return x * x", "squared")
)
SAME = {
    "prose": ("Double a number.", "Give twice a number."),
    "title": ("# Double\n", "# Twice\n"),
    "hint": ("Add it to itself.", "Multiply it by two."),
    "minutes": ("minutes: 5", "minutes: 6"),
    "practice": ("kind: graded", "kind: practice"),
    "blank lines between cells": ("```\n\n```", "```\n\n\n\n```"),
    "a name in the catalogue": ('"squared"', '"square"'),
}
OTHER = {
    "set-up": ("import math", "import cmath"),
    "solution": ("return 2 * x", "return x + x"),
    "check": ("double(3) == 6", "double(5) == 10"),
    "message": ("'Three.'", "'Not six.'"),
    "title of a check": ("Three doubled", "Six"),
    "hidden test": ("double(4) == 8", "double(7) == 14"),
    "points": (":points: 2", ":points: 3"),
    "wrong answer": ("return x * x", "return x ** 2"),
    "misconception": ("You chose squared.", "You squared it."),
}


class Counting:
    """Stands for a team: counts what it is asked to grade, and gives no points."""

    def __init__(self) -> None:
        self.graded: list[str] = []

    def grade(self, job: Job) -> Report:
        """Give a report without a run."""
        self.graded.append(job.submission.student)
        found = failed_report(job.submission, job.exercise, Verdict.FAILED, "", key=job.key)
        return replace(found, status="graded")


class Class:
    """A class of one exercise; tells who is graded when the class is graded once more."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.sources = root / "sources"
        self.write(SOURCE)

    def write(self, source: str) -> None:
        """Write the exercise."""
        self.sources.mkdir(exist_ok=True)
        (self.sources / "double.md").write_text(source, "utf-8")

    def submit(self, student: str, change: Callable[[Any], None] = lambda _: None) -> None:
        """Hand in the released notebook with an answer, changed in some way."""
        notebook = release(read_exercise(self.sources / "double.md"))
        next(cell for cell in notebook.cells if cell.id == "answer").source = "double = abs"
        change(notebook)
        path = self.root / "class" / student / "double.ipynb"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(notebook), "utf-8")

    def grade(self, **plan: Any) -> list[str]:  # noqa: ANN401 - of a Plan
        """Return who is graded."""
        exercises, errors = read_exercise_folder(self.sources)
        assert not errors
        team: Any = Counting()
        asked = Plan(**{"exercises": exercises, "environment": "here", **plan})
        with Gradebook(f"sqlite:///{self.root / 'book.db'}") as book, thread_executor(1) as pool:
            self.messages = [
                outcome.report.message
                for outcome in grade_batch(self.root / "class", asked, book, team, pool)
            ]
        return sorted(team.graded)


@pytest.fixture
def course(tmp_path: Path) -> Class:
    return Class(tmp_path)


def changed(old: str, new: str) -> str:
    assert old in SOURCE
    return SOURCE.replace(old, new)


# ---- marks


@pytest.mark.parametrize("what", SAME)
def test_what_no_mark_depends_on_grades_nobody_again(course: Class, what: str) -> None:
    course.submit("ada")
    assert course.grade() == ["ada"]
    course.write(changed(*SAME[what]))
    assert course.grade() == []


@pytest.mark.parametrize("what", OTHER)
def test_what_an_exercise_checks_grades_everybody_again(course: Class, what: str) -> None:
    course.submit("ada")
    course.grade()
    course.write(changed(*OTHER[what]))
    assert course.grade() == ["ada"]


def test_the_path_by_which_exercises_are_named_grades_nobody_again(
    course: Class, monkeypatch: pytest.MonkeyPatch
) -> None:
    course.submit("ada")
    course.grade()
    monkeypatch.chdir(course.root)
    course.sources = Path("sources")
    assert course.grade() == []
    course.sources = course.sources.rename("elsewhere")
    assert course.grade() == []


def test_seed_and_environment_grade_everybody_again(course: Class) -> None:
    course.submit("ada")
    course.grade()
    assert course.grade(seed=1) == ["ada"]
    assert course.grade(seed=1, environment="there") == ["ada"]


def set_output(notebook: nbformat.NotebookNode) -> None:
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.execution_count = 3
            cell.outputs = [{"output_type": "stream", "name": "stdout", "text": "6\n"}]


def add_cell(notebook: nbformat.NotebookNode) -> None:
    notebook.cells.append({**notebook.cells[0], "source": "My notes.", "metadata": {}})


@pytest.mark.parametrize("change", [set_output, add_cell, lambda n: n.metadata.update(toc=True)])
def test_of_a_submission_only_its_answers_count(
    course: Class, change: Callable[[Any], None]
) -> None:
    course.submit("ada")
    course.grade()
    course.submit("ada", change)
    assert course.grade() == []


def test_another_answer_is_graded_and_nobody_else(course: Class) -> None:
    course.submit("ada")
    course.submit("bob")
    assert course.grade() == ["ada", "bob"]
    course.submit("bob", lambda n: n.cells[2].update(source="double = int"))
    assert course.grade() == ["bob"]


def test_another_text_is_an_answer_too(course: Class) -> None:
    written = FRONT + (
        "# Why\n\n+++ "
        '{"grade_id": "why", "grade": true, "solution": true, "points": 2}\n\n'
        "Because it is so.\n"
    )
    course.write(written)

    def say(text: str) -> None:
        notebook = release(read_exercise(course.sources / "double.md"))
        next(cell for cell in notebook.cells if cell.id == "why").source = text
        path = course.root / "class" / "ada" / "double.ipynb"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(notebook), "utf-8")

    say("One.")
    assert course.grade() == ["ada"]
    assert course.grade() == []
    say("Two.")
    assert course.grade() == ["ada"]
    course.write(written.replace("Because it is so.", "It is."))
    assert course.grade() == []


def test_a_notebook_is_parsed_once(course: Class, monkeypatch: pytest.MonkeyPatch) -> None:
    course.submit("ada")
    parsed = []
    of = Notebook.of.__func__  # type: ignore[attr-defined]

    def count(cls: type[Notebook], raw: bytes) -> Notebook:
        parsed.append(raw)
        return of(cls, raw)  # type: ignore[no-any-return]

    monkeypatch.setattr(Notebook, "of", classmethod(count))
    course.grade()
    assert len(parsed) == 1


def test_what_is_no_notebook_has_no_answers() -> None:
    with pytest.raises(SubmissionError):
        Notebook.of(b"{}")


# ---- the history of sources


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[str]]:
    """Count the calls of git: one that stands before the real one writes each to a file."""
    log, fake = tmp_path / "git.log", tmp_path / "bin" / "git"
    real = subprocess.run(
        ["sh", "-c", "command -v git"], check=True, capture_output=True, text=True
    ).stdout.strip()
    fake.parent.mkdir()
    fake.write_text(f'#!/bin/sh\necho "$3" >> {log}\nexec {real} "$@"\n')
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{fake.parent}{os.pathsep}{os.environ['PATH']}")
    return lambda: log.read_text().split() if log.is_file() else []


def commit(course: Class, source: str) -> None:
    course.write(source)
    who = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org")
    for command in (("init",), ("add", "."), (*who, "commit", "--message", "changed")):
        git = ["git", "-C", course.sources, *command]
        subprocess.run(git, check=True, capture_output=True)


def test_history_is_read_once_however_many_versions_are_unknown(
    course: Class, asked: Callable[[], list[str]]
) -> None:
    for number in range(3):
        commit(course, changed("double(3) == 6, 'Three.'", f"double({number}) == {2 * number}"))
        course.submit(f"s{number}")
    for number in range(3):
        course.submit(f"t{number}", lambda n, i=number: n.metadata.exercise.update(version=f"{i}"))  # type: ignore[misc]
    before = len(asked())
    assert len(course.grade()) == 6
    assert asked()[before:] == ["log", "cat-file"]


def test_an_earlier_version_that_checks_the_same_is_the_present_one(course: Class) -> None:
    commit(course, SOURCE)
    course.submit("ada")
    course.grade()
    commit(course, changed(*SAME["hint"]))
    course.submit("bob")
    assert course.grade() == ["bob"]
    assert course.messages == ["", ""]


# ---- what else marks depend on


def test_marks_depend_on_the_modules_that_run_answers_and_on_no_others() -> None:
    names = set(engine_files(*RUNS_ANSWERS))
    assert {"checks.py", "running/run.py", "sandbox/zygote.py", "format/source.py"} <= names
    assert not {name for name in names if name.startswith(("cli/", "exchange/", "certificates/"))}


def test_a_module_of_the_engine_that_changes_changes_the_digest(tmp_path: Path) -> None:
    module = tmp_path / "run.py"
    digests = set()
    for text in ("one", "two", "one"):
        module.write_text(text)
        digests.add(environment_digest({"running/run.py": module}))
    assert len(digests) == 2


def test_marks_depend_on_the_code_that_exercises_import_and_not_on_its_style_sheets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))
    package = tmp_path / "our_figures"
    package.mkdir()
    (package / "__init__.py").write_text("one")
    before = marks_environment(["our_figures", "json", "numpy", "no_such_module"])
    (package / "look.css").write_text("one")
    assert marks_environment(["our_figures", "json"]) == before
    (package / "__init__.py").write_text("two")
    assert marks_environment(["our_figures"]) != before


@pytest.mark.parametrize(("name", "counts"), [("gizmo", True), ("ruff", False), ("mypy", False)])
def test_an_installed_version_counts_and_a_linter_does_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, *, counts: bool
) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))
    seen = set()
    for version in ("1.0", "1.1"):
        installed = tmp_path / f"{name}-{version}.dist-info"
        installed.mkdir()
        seen.add(marks_environment([]))
        installed.rmdir()
    assert len(seen) == (2 if counts else 1)


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("import a.b as c, d", {"a", "d"}),
        ("def f():\n    from e.f import g", {"e"}),
        ("from . import h", set()),
        ("# import i\nimported = j", set()),
        ("import no python", set()),
        ("import autograder.checks", set()),  # the engine counts whole, wherever it is
    ],
)
def test_imports_are_found_however_they_are_written(source: str, found: set[str]) -> None:
    assert imported_modules([source]) == found


def test_what_a_module_of_the_book_imports_counts_with_it(tmp_path: Path) -> None:
    (tmp_path / "near.py").write_text("import far, json")
    (tmp_path / "far.py").write_text("from near import loop")
    assert imported_modules(["import near"], root=tmp_path) == {"near", "far", "json"}


def test_python_and_what_is_installed_have_no_files_of_ours() -> None:
    assert module_files(["json", "numpy", "sphinx", "__main__"]) == {}


# ---- verifications


def run_again(folder: Path, workers: Workers, cache: Path) -> list[str]:
    exercises, errors = read_exercise_folder(folder)
    assert not errors
    told: list[str] = []
    digest = verification_environment(tuple(exercises.values()), folder, {})
    found = verify_exercise_set(
        tuple(exercises.values()), workers, cache / digest, lambda e: told.append(e.slug)
    )
    assert not [miss for verification in found for miss in verification.misses]
    assert [verification.slug for verification in found] == [e.slug for e in exercises.values()]
    return told


def test_only_an_exercise_that_checks_something_else_is_verified_again(
    course: Class, numpy_workers: Workers, tmp_path: Path
) -> None:
    (course.sources / "twice.md").write_text(changed("double(3) == 6", "double(8) == 16"))
    cache = tmp_path / "cache"
    assert run_again(course.sources, numpy_workers, cache) == ["double", "twice"]
    for what, change in SAME.items():
        course.write(changed(*change))
        assert run_again(course.sources, numpy_workers, cache) == [], what
    course.write(changed(*OTHER["hidden test"]))
    assert run_again(course.sources, numpy_workers, cache) == ["double"]


def test_a_module_beside_the_book_that_an_exercise_imports_verifies_it_again(
    course: Class,
) -> None:
    exercise = read_exercise(course.sources / "double.md")
    course.write(changed("import math", "import math, helper_of_tests"))
    helped = read_exercise(course.sources / "double.md")
    seen = []
    for text in ("one", "two"):
        (course.root / "helper_of_tests.py").write_text(text)
        seen.append([verification_environment([e], course.root, {}) for e in (exercise, helped)])
    assert seen[0][0] == seen[1][0]
    assert seen[0][1] != seen[1][1]
