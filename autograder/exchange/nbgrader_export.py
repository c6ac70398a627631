"""Write a course folder for stock nbgrader."""

from __future__ import annotations

from typing import TYPE_CHECKING

import nbformat

from autograder.files import replace_text
from autograder.format.release import answer_stub, cell_metadata, release, widget_cell

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from nbformat import NotebookNode

    from autograder.format.source import Cell, Exercise

_CONFIG = '''\
"""Settings of this nbgrader course. Its notebooks were exported: edit their sources instead."""

c = get_config()  # noqa: F821 - nbgrader provides it

c.CourseDirectory.course_id = "logits"
c.CourseDirectory.root = __import__("os").path.dirname(__import__("os").path.abspath(__file__))
c.ExecutePreprocessor.timeout = 120  # importing TensorFlow takes its time
c.ExecutePreprocessor.iopub_timeout = 60
c.ClearSolutions.code_stub = {"python": "# YOUR CODE HERE\\nraise NotImplementedError()"}
'''


def export_nbgrader(exercises: Sequence[Exercise], to: Path) -> list[Path]:
    """Write a course folder that stock nbgrader accepts; return its notebooks.

    Each exercise is one assignment, ``source/<slug>/<slug>.ipynb``, with its solution: the
    instructor's version, from which ``nbgrader generate_assignment`` makes the learner's.
    """
    replace_text(to / "nbgrader_config.py", _CONFIG)
    written = []
    for exercise in exercises:
        path = to / "source" / exercise.slug / f"{exercise.slug}.ipynb"
        replace_text(path, nbformat.writes(instructor_notebook(exercise)) + "\n")
        written.append(path)
    return written


def instructor_notebook(exercise: Exercise) -> NotebookNode:
    """Return the exercise as nbgrader's instructor version, with its solution."""
    cells = []
    for number, cell in enumerate(exercise.cells):
        make = nbformat.v4.new_markdown_cell if cell.markdown else nbformat.v4.new_code_cell
        node = make(_instructor_source(cell), metadata=cell_metadata(cell))
        node.id = cell.grade_id or f"cell-{number}"
        cells.append(node)
        if cell.widget:
            cells.append(widget_cell(cell))
    notebook = nbformat.v4.new_notebook(cells=cells)
    notebook.metadata = release(exercise).metadata
    return notebook


def _instructor_source(cell: Cell) -> str:
    """Return a cell's source; nbgrader removes the solution and keeps a widget's start."""
    if cell.kind != "answer" or cell.regions:
        return cell.source
    start = f"{answer_stub(cell)}\n" if cell.start is not None else ""
    return f"{start}### BEGIN SOLUTION\n{cell.source}\n### END SOLUTION"
