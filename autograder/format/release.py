"""Make the learner's version of an exercise, without anything that is for the author alone."""

from __future__ import annotations

import copy
import functools
import hashlib
import re
from pprint import pformat
from typing import TYPE_CHECKING, Any

import jupytext
import nbformat

from autograder.files import replace_texts
from autograder.format.answer_widget import widget_maker, widget_module
from autograder.format.markers import replace_regions

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from nbformat import NotebookNode

    from autograder.format.source import Cell, Exercise

STUB = ("# YOUR CODE HERE", "raise NotImplementedError()")
_LINE_LENGTH = 79
WRITE_HERE = "YOUR ANSWER HERE"
HIDDEN_CHECK = "# Hidden checks run here when the exercise is graded."
_FENCE = re.compile(r"^`{3,}", re.MULTILINE)
_HINT_BLOCK = re.compile(
    r"^(?P<fence>`{3,}|:{3,})\{hint\}[^\n]*\n(?P<text>.*?)^(?P=fence)[ \t]*$",
    re.MULTILINE | re.DOTALL,
)


def release(exercise: Exercise) -> NotebookNode:
    """Return the learner's notebook: without solutions, hidden tests and wrong answers.

    A pure function of what a learner may see: changing a solution, a hidden test or a wrong answer
    changes no byte of the result. The solution of a practice exercise is what a learner may see.
    It is made once for each exercise; what is returned is the caller's own.
    """
    return copy.deepcopy(_release(exercise))


@functools.lru_cache(maxsize=1024)
def _release(exercise: Exercise) -> NotebookNode:
    hints = _Hints()
    cells: list[NotebookNode] = []
    for cell in exercise.cells:
        cells.extend(_release_cell(cell, hints))
    if exercise.practice:
        cells.append(_solution_cell(exercise))
    notebook = nbformat.v4.new_notebook(cells=cells)
    named = {str(cell.grade_id) for cell in exercise.cells if cell.grade_id}
    for number, cell in enumerate(cells):
        cell.id = _cell_id(cell, number, named)
    notebook.metadata = _notebook_metadata(exercise, cells)
    return notebook


def _cell_id(cell: NotebookNode, number: int, named: set[str]) -> str:
    """Return the ``grade_id`` of a cell, or a numbered id that is not the ``grade_id`` of any."""
    given = cell.metadata.get("nbgrader", {}).get("grade_id")
    if given:
        return str(given)
    numbered = f"cell-{number}"
    # An author may have called a cell `cell-3`.
    while numbered in named:
        numbered += "-"
    return numbered


def answer_stub(cell: Cell) -> str:
    """Return the code or text that the answer cell ``cell`` holds before it is answered."""
    if cell.start is not None:
        return cell.start_source
    if cell.regions:
        return replace_regions(cell.source, cell.regions, STUB)
    return WRITE_HERE if cell.markdown else "\n".join(STUB)


def release_version(exercise: Exercise) -> str:
    """Return the version, 12 hexadecimal digits, that the released notebook carries."""
    return str(_release(exercise).metadata["exercise"]["version"])


def release_text(notebook: NotebookNode) -> str:
    """Return a released notebook as MyST text, the form in which the book shows it."""
    notebook = copy.deepcopy(notebook)
    notebook.metadata["jupytext"] = {"notebook_metadata_filter": "exercise,kernelspec,mystnb"}
    return str(jupytext.writes(notebook, fmt="md:myst"))


def write_release(exercises: Sequence[Exercise], folder: Path, *, prune: bool) -> None:
    """Write the released ``.md`` and ``.ipynb`` of each exercise to ``folder``, all or none.

    A file whose content has not changed is not touched.

    Parameters
    ----------
    exercises
        What to release.
    folder
        Where to write; made if it is missing.
    prune
        Whether to delete every other ``.md`` and ``.ipynb`` there: only for a folder that holds
        nothing but releases.
    """
    wanted: dict[Path, str] = {}
    for exercise in exercises:
        notebook = release(exercise)
        wanted[folder / f"{exercise.slug}.md"] = release_text(notebook)
        wanted[folder / f"{exercise.slug}.ipynb"] = nbformat.writes(notebook) + "\n"
    replace_texts(wanted)
    # Last: when writing fails, the old releases are all still there.
    for path in folder.glob("*") if prune else ():
        if path.suffix in (".md", ".ipynb") and path not in wanted:
            path.unlink()


def _release_cell(cell: Cell, hints: _Hints) -> list[NotebookNode]:
    source = learner_source(cell)
    if cell.kind == "text":
        return [
            nbformat.v4.new_markdown_cell(hints.fold_hints(source), metadata=_tag_metadata(cell))
        ]
    make = nbformat.v4.new_markdown_cell if cell.markdown else nbformat.v4.new_code_cell
    made = [make(source, metadata=cell_metadata(cell))]
    if cell.widget:
        made.append(widget_cell(cell))
    return made


def learner_source(cell: Cell) -> str:
    """Return the text that a learner finds in ``cell``."""
    if cell.kind == "answer":
        return answer_stub(cell)
    if cell.kind == "written":
        whole = cell.regions or cell.task  # a task is a question, not the place of its answer
        return replace_regions(cell.source, cell.regions) if whole else WRITE_HERE
    if cell.kind == "check":
        return replace_regions(cell.source, cell.regions).strip("\n") or HIDDEN_CHECK
    return cell.source


def cell_metadata(cell: Cell) -> dict[str, Any]:
    """Return a cell's notebook metadata: its tags and nbgrader's fields."""
    if cell.grade_id is None:
        return _tag_metadata(cell)
    nbgrader: dict[str, Any] = {
        "cell_type": "markdown" if cell.markdown else "code",
        "grade": cell.kind in ("check", "written") and not cell.task,
        "grade_id": cell.grade_id,
        "locked": cell.locked or cell.kind == "check",
        "schema_version": 3,
        "solution": cell.kind in ("answer", "written") and not cell.task,
        "task": cell.task,
    }
    if nbgrader["grade"] or cell.task:
        nbgrader["points"] = cell.points
    return {"nbgrader": nbgrader, **_tag_metadata(cell)}


def _tag_metadata(cell: Cell) -> dict[str, Any]:
    return {"tags": list(cell.tags)} if cell.tags else {}


def widget_cell(cell: Cell) -> NotebookNode:
    """Return the locked code cell that shows the widget of the answer cell ``cell``."""
    module, maker = widget_module(str(cell.widget)), widget_maker(str(cell.widget))
    source = (
        f"from {module} import {maker.partition('.')[0]}\n\n{_widget_call(maker, cell.options)}"
    )
    nbgrader = {
        "cell_type": "code",
        "grade": False,
        "grade_id": f"{cell.grade_id}-widget",
        "locked": True,
        "schema_version": 3,
        "solution": False,
        "task": False,
    }
    return nbformat.v4.new_code_cell(source, metadata={"nbgrader": nbgrader})


def _widget_call(widget: str, options: Mapping[str, object]) -> str:
    """Return the code that makes a widget from ``answer``, with one option on each line."""
    if not options:
        return f"{widget}(answer)"
    given = [_keyword_argument(f"    {name}=", value) for name, value in options.items()]
    return "\n".join([f"{widget}(", "    answer,", *given, ")"])


def _keyword_argument(head: str, value: object) -> str:
    text = pformat(value, width=_LINE_LENGTH - len(head), sort_dicts=False)
    return head + text.replace("\n", "\n" + " " * len(head)) + ","


def _solution_cell(exercise: Exercise) -> NotebookNode:
    blocks = "\n\n".join(_fence_python(_without_delimiters(cell)) for cell in exercise.answers)
    return nbformat.v4.new_markdown_cell(_fold_into_details("solution", "Solution", blocks))


def _fence_python(source: str) -> str:
    """Return ``source`` as a code block whose fence is longer than any fence in it."""
    longest = max((len(fence) for fence in _FENCE.findall(source)), default=2)
    fence = "`" * (longest + 1)
    return f"{fence}python\n{source}\n{fence}"


def _without_delimiters(cell: Cell) -> str:
    edges = {row for region in cell.regions for row in (region.begin, region.end)}
    rows = enumerate(cell.source.split("\n"))
    return "\n".join(line for row, line in rows if row not in edges)


class _Hints:
    """Folds the hints of one exercise and numbers them across its cells."""

    def __init__(self) -> None:
        self._count = 0

    def fold_hints(self, source: str) -> str:
        return _HINT_BLOCK.sub(self._numbered_hint, source)

    def _numbered_hint(self, match: re.Match[str]) -> str:
        self._count += 1
        return _fold_into_details("hint", f"Hint {self._count}", match["text"].strip("\n"))


def _fold_into_details(css_class: str, title: str, text: str) -> str:
    """Return ``<details>`` with Markdown inside, which notebooks and pages both open on demand."""
    return f'<details class="{css_class}">\n<summary>{title}</summary>\n\n{text}\n\n</details>'


def _notebook_metadata(exercise: Exercise, cells: list[NotebookNode]) -> NotebookNode:
    # Of what a learner sees: a hidden test that is mended makes no new version.
    shown = "\n".join(f"{cell.cell_type} {cell.id}\n{cell.source}" for cell in cells)
    about: dict[str, Any] = {
        "slug": exercise.slug,
        "version": hashlib.sha256(shown.encode()).hexdigest()[:12],
    }
    answers = (*exercise.answers, *exercise.written)
    starts = {str(c.grade_id): learner_source(c).strip() for c in answers if c.widget or c.markdown}
    if starts:
        about["starts"] = starts  # unlike a stub in code, they look like any other answer
    numbers = {str(c.grade_id): c.numbers for c in exercise.answers if c.numbers}
    if numbers:
        about["numbers"] = numbers
    return nbformat.from_dict(
        {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
            "exercise": about,
        }
    )
