"""Make the page of a released exercise from its notebook, and what the page needs."""

from __future__ import annotations

import copy
import json
import re
from importlib.resources import files
from typing import TYPE_CHECKING

import nbformat

from autograder.format.answer_widget import DEFAULT_MODULE, make_widget, widget_module
from autograder.format.exercise_set import RELEASE_FOLDER
from autograder.format.release import HIDDEN_CHECK, release, release_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from nbformat import NotebookNode

    from autograder.format.source import Cell, Exercise
    from autograder.verification.verify import Verification

_EXERCISES = "\n## Exercises\n"
_ITEM = re.compile(r"^\d+\. .*?(?=\n\d+\. |\n\s*\n|\s*\Z)", re.MULTILINE | re.DOTALL)
_ESCAPED = re.compile(r"[\\`*_\[\]<>${}]")  # signs that MyST would take for markup


def exercise_page_text(exercise: Exercise, verification: Verification) -> str:
    """Return the MyST text of the exercise's page: its notebook, arranged for reading online."""
    notebook = copy.deepcopy(release(exercise))
    # It starts from blank answers, so that its checks would fail on the page.
    notebook.metadata["mystnb"] = {"execution_mode": "off"}
    _mount_widgets(notebook, exercise)
    _mark_cells(notebook, {cell.grade_id for cell in exercise.checks})
    _head_checks(notebook, exercise)
    _add_facts(notebook, exercise)
    notebook.cells.append(nbformat.v4.new_markdown_cell(_what_was_checked(exercise, verification)))
    return release_text(notebook)


def embedded_notebook(exercise: Exercise) -> str:
    """Return the learner's notebook as JSON that is safe inside a script element."""
    # A `</script>` in a cell would end the element that holds the notebook.
    return str(nbformat.writes(release(exercise), indent=None)).replace("<", "\\u003c")


def page_scripts() -> list[str]:
    """Return the scripts of an exercise's page: answers, notebook download, hints."""
    return [_static(name) for name in ("answers.js", "filled_notebook.js", "hints.js")]


def page_style() -> str:
    """Return the style sheet for what the scripts add to an exercise's page."""
    return _static("on_demand/code.css") + _static("answers.css")


def _static(name: str) -> str:
    return (files("website.pages") / "static" / name).read_text("utf-8")


def with_exercise_facts(
    text: str, chapter: str, exercises: Sequence[Exercise], release: str = RELEASE_FOLDER
) -> str:
    """Add points and minutes to a chapter's list of exercises."""
    known = {exercise.slug: exercise for exercise in exercises}
    own = [exercise for exercise in exercises if exercise.chapter == chapter]
    link = re.compile(rf"</{re.escape(release)}/([^>]+)>")
    before, heading, after = text.partition(_EXERCISES)
    listed, next_heading, rest = after.partition("\n## ")

    def with_facts(item: re.Match[str]) -> str:
        found = link.search(item[0])
        exercise = known.get(found[1]) if found else None
        return f"{item[0]} *({', '.join(_facts(exercise))})*" if exercise else item[0]

    # Any other page, and a chapter without that heading, stays as its author wrote it.
    if own and heading:
        listed = f"{_ITEM.sub(with_facts, listed).rstrip()}\n\n{_together(own)}\n"
    return before + heading + listed + next_heading + rest


def _together(exercises: Iterable[Exercise]) -> str:
    graded = [exercise for exercise in exercises if not exercise.practice]
    points = _count(sum(exercise.points for exercise in graded), "point")
    minutes = _count(sum(exercise.minutes or 0 for exercise in graded), "minute")
    return f"Graded in this chapter: {points} in about {minutes}."


def _mount_widgets(notebook: NotebookNode, exercise: Exercise) -> None:
    """Mount our widgets in place of their code; that of another module stays, to run in Jupyter."""
    ours = [c for c in exercise.answers if c.widget and widget_module(c.widget) == DEFAULT_MODULE]
    shown = {f"{cell.grade_id}-widget": cell for cell in ours}
    for number, node in enumerate(notebook.cells):
        cell = shown.get(node.id)
        if cell is not None:
            notebook.cells[number] = nbformat.v4.new_markdown_cell(_mount(cell))


def _mark_cells(notebook: NotebookNode, checks: set[str | None]) -> None:
    """Give answers and checks a class by which the page's scripts find them."""
    for node in notebook.cells:
        answer = node.metadata.get("nbgrader", {}).get("solution")
        if answer and node.cell_type == "markdown":
            # MyST-NB gives the tags of a cell to the page as classes, but only for cells of code.
            node.source = f'<div class="tag_answer-{node.id}">\n\n{node.source}\n\n</div>'
        elif answer or node.id in checks:
            name = f"answer-{node.id}" if answer else "check"
            node.metadata["tags"] = [*node.metadata.get("tags", []), name]


def _head_checks(notebook: NotebookNode, exercise: Exercise) -> None:
    """Put title and points above each check, and leave out the cells of hidden ones."""
    checks = {cell.grade_id: cell for cell in exercise.checks}
    cells: list[NotebookNode] = []
    for node in notebook.cells:
        cell = checks.get(node.id)
        hidden = node.source == HIDDEN_CHECK
        if cell is not None:
            sort = "Hidden check" if hidden else "Check"
            worth = _count(cell.points, "point") if cell.points else "no points"
            text = f"*{sort}, {worth}:* {_ESCAPED.sub(_escape, cell.title)}"
            cells.append(nbformat.v4.new_markdown_cell(text))
        if cell is None or not hidden:
            cells.append(node)
    notebook.cells = cells


def _escape(sign: re.Match[str]) -> str:
    return f"\\{sign[0]}"


def _mount(cell: Cell) -> str:
    """Return the directive that shows the answer cell's widget at its start."""
    widget = make_widget(str(cell.widget), cell.start or {}, cell.options)
    state = json.dumps(widget.state, sort_keys=True)
    return f"```{{widget}} {widget.widget_type}\n:answer: {cell.grade_id}\n{state}\n```"


def _add_facts(notebook: NotebookNode, exercise: Exercise) -> None:
    """Add kind, points, minutes and links below the title."""
    kind = "Practice: the solution comes after the hints" if exercise.practice else "Graded"
    facts = [kind, *_facts(exercise)]
    links = [f"{{download}}`Download the notebook <{exercise.slug}.ipynb>`"]
    links += [f"{{doc}}`Reread the chapter </{exercise.chapter}>`"] if exercise.chapter else []
    text = f"{' · '.join(facts)}\n\n{' · '.join(links)}"
    title, found, rest = notebook.cells[0].source.partition(f"# {exercise.title}")
    if found and notebook.cells[0].cell_type == "markdown":
        notebook.cells[0].source = f"{title}{found}\n\n{text}{rest}"
    else:
        notebook.cells.insert(0, nbformat.v4.new_markdown_cell(text))


def _facts(exercise: Exercise) -> list[str]:
    facts = [_points(exercise)]
    facts += ["about " + _count(exercise.minutes, "minute")] if exercise.minutes else []
    facts += [f"difficulty {exercise.difficulty} of 5"] if exercise.difficulty else []
    return facts


def _points(exercise: Exercise) -> str:
    """Return the number of points in words, and how many of them a person gives."""
    by_hand = sum(cell.points for cell in exercise.written)
    given = f", {by_hand:g} of them given by a person" if by_hand else ""
    return _count(exercise.points, "point") + given


def _count(number: float, thing: str) -> str:
    return f"{number:g} {thing}" if number == 1 else f"{number:g} {thing}s"


def _what_was_checked(exercise: Exercise, verification: Verification) -> str:
    wrong = verification.wrong_answers
    by_checks = sum(cell.points for cell in exercise.checks)
    return (
        "## What the build checked\n\n"
        "When this page was built, the reference solution passed all "
        f"{verification.checks} checks; what you start from earned 0 of {by_checks:g} "
        f"points; {wrong} plausible wrong answers were each caught by the check meant for them. "
        f"That took {verification.runs} runs: each answer once in a process of its own and once as "
        "Jupyter would run it, with the same verdicts."
    )
