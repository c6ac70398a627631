"""The notebooks that nbgrader's wheel ships: its marks, or a refusal that says why."""

from __future__ import annotations

from typing import TYPE_CHECKING

import nbformat
import pytest
from nbgrader_course import Course, shipped_notebooks

from autograder.exceptions import GradingError, SourceError
from autograder.format.source import read_exercise
from autograder.grading.grade_submission import blank_answers, run_reference_answers
from autograder.running.run import run

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from autograder.format.source import Exercise
    from autograder.running.run import Workers

pytestmark = pytest.mark.slow

PARTIAL = "def f(n):\n    ### BEGIN SOLUTION\n    return n\n    ### END SOLUTION"
LAST = ("0.5", "2.0;", "1 < 2", "print(f(3))", "f(1)", "None", "[1.0]", "1 if f(1) else 2")


def our_marks(exercise: Exercise, answers: Mapping[str, str], workers: Workers) -> dict[str, float]:
    results = run(exercise, answers, workers)
    found = zip(exercise.checks, results, strict=True)
    return {str(cell.grade_id): result.points_of(cell.points) for cell, result in found}


def both_of_ours(path: Path, workers: Workers) -> list[dict[str, float]] | None:
    """Return our points for the answers in a notebook, and for its stubs; None: it is refused."""
    try:
        exercise = read_exercise(path)
        run_reference_answers(exercise, workers, seed=0)
    except (SourceError, GradingError) as error:
        refusal = str(error)
    else:
        solution = {str(cell.grade_id): cell.source for cell in exercise.answers}
        return [our_marks(exercise, a, workers) for a in (solution, blank_answers(exercise))]
    # It names the file or the exercise, and says what to do.
    assert path.stem in refusal
    assert "; " in refusal
    return None


def without_deletions(path: Path, to: Path) -> Path:
    """Copy a notebook without the checks that delete an answer, which are refused."""
    notebook = nbformat.read(path, as_version=4)
    notebook.cells = [cell for cell in notebook.cells if "del squares" not in cell.source]
    to.write_text(nbformat.writes(notebook), "utf-8")
    return to


def test_what_the_wheel_ships_is_marked_alike_or_refused(
    tmp_path: Path, numpy_workers: Workers
) -> None:
    # Many of them are the same notebook.
    texts = {path.read_bytes(): path for path in shipped_notebooks()}
    ours: dict[Path, list[dict[str, float]]] = {}
    for number, path in enumerate(texts.values()):
        copied = tmp_path / f"n{number}-{path.name}"
        try:
            made = without_deletions(path, copied)
        except Exception:  # noqa: BLE001 - no notebook: nbformat raises many kinds
            made = path
        found = both_of_ours(made, numpy_workers)
        if found and found[0]:
            ours[made] = found
    assert len(ours) > 5
    theirs = Course(tmp_path).marks_of([*ours])
    assert dict(zip([*ours], theirs, strict=True)) == ours


@pytest.mark.parametrize("points", [2])
def test_what_a_check_ends_with_is_what_nbgrader_makes_of_it(
    tmp_path: Path, numpy_workers: Workers, points: int
) -> None:
    """Each check needs the answer, so that the stub earns nothing, and ends in its own way."""
    about = {"schema_version": 3, "locked": True, "grade": False, "solution": False, "task": False}
    make = nbformat.v4.new_code_cell
    solution = {"nbgrader": about | {"grade_id": "f", "solution": True, "locked": False}}
    cells = [make(PARTIAL, metadata=solution)]
    for number, last in enumerate(LAST):
        grade = {"grade": True, "points": points, "grade_id": f"check-{number}"}
        cells.append(make(f"x = f(2)\n{last}", metadata={"nbgrader": about | grade}))
    path = tmp_path / "partial.ipynb"
    path.write_text(nbformat.writes(nbformat.v4.new_notebook(cells=cells)), "utf-8")
    exercise = read_exercise(path)
    solved = {"f": exercise.answers[0].source}
    ours = [our_marks(exercise, a, numpy_workers) for a in (solved, blank_answers(exercise))]
    assert [ours] == Course(tmp_path).marks_of([path])
    assert list(ours[0].values()) == [0.5, 2, 2, 2, 1, 2, 2, 1]
