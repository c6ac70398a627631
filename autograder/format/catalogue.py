"""List exercises for instructors: what each checks, and which mistakes it tells apart.

The list names hidden checks and wrong answers, so it is printed and never part of a site.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from autograder.format.source import Exercise


def catalogue_markdown(exercises: Sequence[Exercise]) -> str:
    """Return the list of ``exercises`` as Markdown, one section with two tables each."""
    points = sum(exercise.points for exercise in exercises if not exercise.practice)
    graded = sum(not exercise.practice for exercise in exercises)
    head = f"# Exercises\n\n{graded} graded, {points:g} points; for instructors only.\n"
    return "\n".join([head, *("\n".join(_exercise_entry(exercise)) for exercise in exercises)])


def _exercise_entry(exercise: Exercise) -> Iterator[str]:
    yield f"## {exercise.title}\n"
    facts = [
        f"`{exercise.slug}`",
        "practice" if exercise.practice else "graded",
        f"{exercise.points:g} points",
        f"difficulty {exercise.difficulty}" if exercise.difficulty else "",
        f"{exercise.minutes} minutes" if exercise.minutes else "",
        exercise.chapter,
    ]
    yield ", ".join(filter(None, facts)) + "\n"
    yield "| check | points | seen by learners |\n|---|---|---|"
    for cell in (*exercise.checks, *exercise.written):
        hidden = bool(cell.regions) or cell.kind == "written"
        yield f"| {_table_cell(cell.title)} | {cell.points:g} | {'no' if hidden else 'yes'} |"
    yield ""
    if exercise.wrong_answers:
        yield "| wrong answer | caught by | what the learner is told |\n|---|---|---|"
    for wrong in exercise.wrong_answers:
        yield f"| {_table_cell(wrong.name)} | `{wrong.fails}` | {_table_cell(wrong.message)} |"
    yield ""


def _table_cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
