"""Write the answers of a class as files for a program that finds similar ones: Dolos, JPlag."""

from __future__ import annotations

import csv
import io
from difflib import SequenceMatcher
from textwrap import dedent
from typing import TYPE_CHECKING
from urllib.parse import quote

from autograder.exceptions import SubmissionError
from autograder.exchange.collect import read_student_names
from autograder.files import replace_text
from autograder.format.magics import parse_python, translate_magics
from autograder.format.release import answer_stub
from autograder.grading.answer_cells import why_unreadable
from autograder.grading.review import harmless
from autograder.grading.submission import Notebook, find_submissions
from autograder.names import file_name, shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from autograder.format.source import Cell, Exercise
    from autograder.grading.submission import Submission

_INFO_COLUMNS = ("filename", "full_name", "created_at")  # as Dolos documents them
STUB_FILE = "_stub.py"
_MAX_CHARACTERS = 64 * 2**10  # of one answer
_MAX_NAME = 240


def export_for_similarity(
    submissions: Path, exercises: Mapping[str, Exercise], to: Path
) -> list[Path]:
    """Write ``<exercise>/<student>.py``: each student's code without the released stub.

    Beside them are ``_stub.py``, for answers from which the stub could not be removed, and
    ``info.csv``, from which Dolos takes names and times. Answers given with a widget are no code
    and are left out, and so are notebooks that cannot be read.

    Parameters
    ----------
    submissions
        A folder sorted by student.
    exercises
        The sources, by name.
    to
        The folder to write.

    Returns
    -------
    list of Path
        The folder of each exercise that has answers.
    """
    rows: dict[str, list[Sequence[object]]] = {}
    names = read_student_names(submissions)
    for submission in find_submissions(submissions):
        exercise = exercises.get(submission.exercise)
        cells = _code_cells(exercise) if exercise else []
        text = _learners_code(submission, exercise, cells) if exercise and cells else ""
        if text:
            folder = to / submission.exercise.replace("/", "_")
            file = _file_name(submission.student)
            replace_text(folder / file, text)
            replace_text(folder / STUB_FILE, _join_texts(answer_stub(cell) for cell in cells))
            who = names.get((submission.student, submission.exercise), submission.student)
            rows.setdefault(folder.name, []).append((file, harmless(who), _date(submission)))
    return [_write_info(to / folder / "info.csv", found) for folder, found in rows.items()]


def _date(submission: Submission) -> str:
    try:
        return submission.handed_in().isoformat()
    except (SubmissionError, OSError):  # whoever grades it says so
        return ""


def _write_info(path: Path, rows: Sequence[Sequence[object]]) -> Path:
    text = io.StringIO()
    csv.writer(text).writerows([_INFO_COLUMNS, *rows])
    replace_text(path, text.getvalue())
    return path.parent


def _code_cells(exercise: Exercise) -> list[Cell]:
    return [cell for cell in exercise.answers if not cell.widget]


def _learners_code(submission: Submission, exercise: Exercise, cells: Sequence[Cell]) -> str:
    try:
        given = Notebook.of(submission.read()).answers(exercise)
    except (SubmissionError, OSError):
        return ""
    named = ((cell, given.get(str(cell.grade_id))) for cell in cells)
    return _join_texts(
        lines_beyond_stub(shown(text[:_MAX_CHARACTERS]), answer_stub(cell))
        for cell, text in named
        if text
    )


def lines_beyond_stub(answer: str, given: str) -> str:
    """Return the lines of ``answer`` that the stub ``given`` does not have, dedented.

    Returns the whole answer where those lines alone are no Python: a program that compares answers
    has to parse them, and can be told of the stub.
    """
    lines, before = answer.split("\n"), given.split("\n")
    left = []
    for what, _, _, start, end in SequenceMatcher(
        None, before, lines, autojunk=False
    ).get_opcodes():
        if what in ("replace", "insert"):
            left.append(dedent("\n".join(lines[start:end])))
    text = "\n".join(left).strip("\n")
    return text if _is_python(text) or not _is_python(answer) else answer


def _is_python(text: str) -> bool:
    """Return whether ``text`` parses; a text too long to be written by hand is not tried."""
    if len(text) > _MAX_CHARACTERS or why_unreadable(text):
        return False
    try:
        parse_python(translate_magics(text))
    except SyntaxError:
        return False
    return True


def _join_texts(texts: Iterator[str]) -> str:
    text = "\n\n".join(text.strip("\n") for text in texts if text.strip())
    return f"{text}\n" if text else ""


def _file_name(student: str) -> str:
    """Return a file name that is safe on every file system, in a shell and in a spreadsheet."""
    name = quote(file_name(student), safe="@ ~")
    # Each letter of another alphabet becomes six signs or more.
    name = name if len(name) <= _MAX_NAME else quote(file_name(f"{student}/"), safe="@ ~")
    # In front, - is an option, @ a formula, . hidden, and _ our own file.
    return f"%{ord(name[0]):02X}{name[1:]}.py" if name[0] in "-@._" else f"{name}.py"
