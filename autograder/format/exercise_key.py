"""Digest of what an exercise checks: what marks and verifications of it are remembered under."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from autograder.format.release import learner_source

if TYPE_CHECKING:
    from autograder.format.source import Cell, Exercise


def exercise_key(exercise: Exercise) -> str:
    """Return the digest of everything in a source that a verdict on an answer depends on.

    These are the code cells in their order (set-up, reference answers with their widgets, checks
    with titles and points), written answers with titles, points and what a learner starts from,
    and the wrong answers without their names: a report shows the message of the one that an answer
    behaves like. The text between them, hints, minutes, the chapter, the file's path and the lines
    on which cells stand are left out.
    """
    cells = [_checked(cell) for cell in exercise.cells if cell.kind != "text"]
    wrong = [(w.answer, w.source, w.fails, w.message) for w in exercise.wrong_answers]
    return hashlib.sha256(repr((cells, wrong)).encode()).hexdigest()


def _checked(cell: Cell) -> tuple[object, ...]:
    if cell.kind == "written":  # its mark scheme is for the person who reads the answer
        return cell.kind, cell.grade_id, cell.title, cell.points, learner_source(cell)
    widget = (cell.widget, cell.start, cell.start_source, cell.options)
    return cell.kind, cell.grade_id, cell.title, cell.points, cell.source, *widget
