"""Stock nbgrader, the real one: it takes our export, and honest marks are the same from both."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from book import ROOT
from nbgrader_course import Course

from autograder.format.exercise_set import read_exercise_set

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from autograder.format.source import Exercise

pytestmark = pytest.mark.slow

EXERCISES, ERRORS = read_exercise_set(ROOT, [])
GRADED = ("missing_bias", "model_layers")  # a widget's answer, and code with TensorFlow
MOST_WRONG = 2  # stock nbgrader takes seconds for each


def honest_answers(exercise: Exercise) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Yield what honest students hand in: all right, nothing, and some wrong things."""
    right = {str(cell.grade_id): cell.source for cell in exercise.answers}
    yield "right", right
    yield "blank", {}
    for wrong in exercise.wrong_answers[:MOST_WRONG]:
        yield f"wrong-{wrong.name}", right | {wrong.answer: wrong.source}


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Course:
    """Export the book's exercises, generate the learners' versions, hand in, and autograde."""
    folder = tmp_path_factory.mktemp("course")
    command = [sys.executable, "-m", "autograder", "export", "nbgrader", str(folder)]
    subprocess.run([*command, "--book", str(ROOT)], check=True, capture_output=True)
    course = Course(folder)
    assert course.generate(GRADED) == dict.fromkeys(GRADED, True)
    for exercise in chosen():
        hand_in(folder, exercise)
        graded = course.run("autograde", exercise.slug)
        assert graded.returncode == 0, graded.stderr
    return course


def chosen() -> list[Exercise]:
    return [exercise for exercise in EXERCISES if exercise.slug in GRADED]


def hand_in(folder: Path, exercise: Exercise) -> None:
    """Write each honest answer into the notebook that nbgrader released."""
    name = exercise.slug
    released = json.loads((folder / "release" / name / f"{name}.ipynb").read_text("utf-8"))
    for student, answers in honest_answers(exercise):
        path = folder / "submitted" / student / name / f"{name}.ipynb"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(filled(released, answers)), "utf-8")


def filled(released: dict[str, Any], answers: Mapping[str, str]) -> dict[str, Any]:
    cells = []
    for cell in released["cells"]:
        name = cell["metadata"].get("nbgrader", {}).get("grade_id")
        cells.append(cell | {"source": answers[name]} if name in answers else cell)
    return released | {"cells": cells}


def our_marks(course: Course, sources: Path, out: Path) -> dict[tuple[str, str], float]:
    """Grade the same files with our own grader."""
    command = [sys.executable, "-m", "autograder", "grade", str(course.folder / "submitted")]
    where = ["--exercises", str(sources), "--to", str(out)]
    done = subprocess.run([*command, *where], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    reports = [json.loads(path.read_text("utf-8")) for path in out.glob("reports/*/*.json")]
    return {(report["student"], report["exercise"]): report["score"] for report in reports}


@pytest.fixture(scope="module")
def ours(course: Course, tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], float]:
    """Grade by the book's own sources."""
    return our_marks(course, ROOT / "exercises" / "source", tmp_path_factory.mktemp("marks"))


def test_honest_submissions_get_the_same_marks_from_both(
    course: Course, ours: dict[tuple[str, str], float]
) -> None:
    theirs = course.marks()
    assert ours == theirs
    best = {exercise.slug: exercise.points for exercise in chosen()}
    for slug, points in best.items():
        assert ours["right", slug] == points
        assert ours["blank", slug] == 0
    assert any(0 < score < best[slug] for (_, slug), score in ours.items())


def test_a_source_that_is_an_nbgrader_notebook_gives_the_same_marks(
    course: Course, ours: dict[tuple[str, str], float], tmp_path: Path
) -> None:
    assert our_marks(course, course.folder / "source", tmp_path) == ours


def test_nbgrader_validates_a_right_answer_and_not_a_blank(course: Course) -> None:
    name = "model_layers"
    for student, says in (("right", "Success!"), ("blank", "failed")):
        found = course.run("validate", f"submitted/{student}/{name}/{name}.ipynb")
        assert says in found.stdout + found.stderr


def test_what_nbgrader_releases_holds_no_solution_and_no_hidden_test(course: Course) -> None:
    for exercise in chosen():
        path = course.folder / "release" / exercise.slug / f"{exercise.slug}.ipynb"
        text = path.read_text("utf-8")
        assert "BEGIN SOLUTION" not in text
        assert "HIDDEN TESTS" not in text


def test_every_exercise_of_the_book_is_accepted(course: Course) -> None:
    assert not ERRORS
    names = [exercise.slug for exercise in EXERCISES]
    assert course.generate(names) == dict.fromkeys(names, True)
