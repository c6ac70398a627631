"""Write marks and feedback as files that learning management systems import.

Each form was read off the program that takes it: Canvas's ``lib/gradebook_importer.rb``; Moodle's
``mod/assign/feedback/offline/importgradeslib.php`` (an assignment's grading worksheet),
``grade/import/csv/classes/load_data.php`` (a course's grades) and
``mod/assign/feedback/file/importziplib.php`` (feedback files); Gradescope's documentation of
``results.json`` and ``submission_metadata.json`` at gradescope-autograders.readthedocs.io.
"""

from __future__ import annotations

import csv
import html
import io
import json
import zipfile
from importlib.resources import files
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import nbformat

from autograder.exceptions import UsageError
from autograder.files import replace_files, replace_text
from autograder.grading.feedback import WORDS, feedback_page
from autograder.grading.review import harmless
from autograder.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from autograder.exchange.collect import Collected
    from autograder.grading.gradebook import Mark
    from autograder.grading.report import Report

    Origins = Mapping[tuple[str, str], Collected]

_CANVAS_COLUMNS = ("Student", "ID", "SIS User ID", "SIS Login ID", "Section")
_MOODLE_COLUMNS = ("Identifier", "Full name", "Grade", "Maximum Grade", "Last modified (grade)")
_FIXED_DATE = (1980, 1, 1, 0, 0, 0)  # the same marks make the same bytes; zips begin in 1980


def split_settled(marks: Iterable[Mark]) -> tuple[list[Mark], list[Mark]]:
    """Return the final marks, and those that wait for another run or for a person.

    A submission that answers no known exercise has no mark and is in neither.
    """
    known = [mark for mark in marks if mark.report.max_score]
    waiting = [mark for mark in known if _is_unsettled(mark.report)]
    return [mark for mark in known if not _is_unsettled(mark.report)], waiting


def _is_unsettled(report: Report) -> bool:
    pending = any(test.verdict == Verdict.PENDING for test in report.tests)
    return report.status == Verdict.INFRASTRUCTURE or pending


def export_canvas(
    marks: Sequence[Mark], origins: Origins, to: Path, like: Path | None
) -> list[Path]:
    """Write one CSV for Canvas's gradebook import, with a column for each exercise.

    Parameters
    ----------
    marks
        The final marks.
    origins
        What was collected, by student and exercise: names, where Canvas gave them.
    to
        The file to write.
    like
        A gradebook as Canvas exports it: its rows of students, and its ``Title (id)`` columns,
        are used where they fit. Without it, Canvas matches students by id and columns by title.
    """
    titles = _titles_by_exercise(marks)
    rows = {mark.report.student: _canvas_student(mark, origins) for mark in marks}
    if like is not None:
        students, columns = _read_canvas_gradebook(like)
        titles = {
            slug: columns.get(title, columns.get(slug, title)) for slug, title in titles.items()
        }
        rows = {student: students.get(student, row) for student, row in rows.items()}
    most = {mark.report.exercise: _format_points(mark.report.max_score) for mark in marks}
    scores = _points_by_student(marks)
    table = [[*_CANVAS_COLUMNS, *titles.values()]]
    table.append(["    Points Possible", "", "", "", "", *(most[slug] for slug in titles)])
    for student, row in sorted(rows.items()):
        table.append([*row, *(scores[student].get(slug, "") for slug in titles)])
    replace_text(to, _csv_text(table))
    return [to]


def export_moodle(marks: Sequence[Mark], origins: Origins, to: Path) -> list[Path]:
    """Write CSV files for Moodle: a grading worksheet for each assignment collected from it.

    All other marks go into ``grades.csv``, for the import into a course's gradebook, where one
    chooses which field of a user the first column is.
    """
    participants = [mark for mark in marks if _lms_of(mark, origins) == "moodle"]
    others = [mark for mark in marks if _lms_of(mark, origins) != "moodle"]
    texts = {
        to / f"{_file_name(slug)}.csv": _moodle_worksheet(of, origins)
        for slug, of in _marks_by_exercise(participants).items()
    }
    if others:
        titles, scores = _titles_by_exercise(others), _points_by_student(others)
        table: list[list[object]] = [["Student", *titles.values()]]
        table += [[who, *map(scores[who].get, titles)] for who in sorted(scores)]
        texts[to / "grades.csv"] = _csv_text(table)
    for path, text in texts.items():
        replace_text(path, text)
    return list(texts)


def _moodle_worksheet(marks: Sequence[Mark], origins: Origins) -> str:
    table: list[Sequence[object]] = [_MOODLE_COLUMNS]
    for mark in marks:
        report = mark.report
        name = origins[report.student, report.exercise].name
        most = _format_points(report.max_score)
        table.append([f"Participant {report.student}", name, _format_points(mark.score), most, ""])
    return _csv_text(table)


def export_gradescope(marks: Sequence[Mark], origins: Origins, to: Path) -> list[Path]:
    """Write an autograder zip for each exercise, which reports the marks that we have.

    Gradescope imports no table of marks, but runs a program on each submission and reads its
    ``results.json``. Ours looks the submission up, by its number or by e-mail.
    """
    written = []
    for slug, of in _marks_by_exercise(marks).items():
        results = {_gradescope_id(mark, origins): _gradescope_results(mark) for mark in of}
        folder = files(__package__) / "templates" / "gradescope"
        content = {f.name: f.read_bytes() for f in folder.iterdir()}
        content["known_results.json"] = json.dumps(results, indent=1, sort_keys=True).encode()
        path = to / f"{_file_name(slug)}.zip"
        replace_files({path: _zip_bytes(content)})
        written.append(path)
    return written


def _gradescope_id(mark: Mark, origins: Origins) -> str:
    """Return Gradescope's number of the submission, or else the student's e-mail address."""
    origin = origins.get((mark.report.student, mark.report.exercise))
    if origin is None or origin.system != "gradescope":
        return mark.report.student
    parts = PurePosixPath(origin.file).parts
    numbers = [part.rpartition("_")[2] for part in parts if part.startswith("submission_")]
    return numbers[0] if numbers else mark.report.student


def _gradescope_results(mark: Mark) -> dict[str, object]:
    report = mark.report
    late = (
        f"{_format_points(mark.penalty)} points are taken off: it was late." if mark.penalty else ""
    )
    return {
        "score": mark.score,
        "output": "\n".join(filter(None, [report.message, late])),
        "visibility": "visible",
        "stdout_visibility": "hidden",
        "tests": [
            {
                "name": test.title,
                "score": test.points,
                "max_score": test.max_points,
                "output": "\n".join(
                    filter(
                        None, [WORDS[test.verdict], test.message, test.comment, test.misconception]
                    )
                ),
            }
            for test in report.tests
        ],
    }


def export_feedback(marks: Sequence[Mark], origins: Origins, to: Path) -> list[Path]:
    """Write a zip of feedback for each exercise, with the file names that the LMS expects.

    Moodle and folders get pages. Canvas returns a file under the name of the submitted notebook, so
    it gets notebooks. Gradescope has its feedback in its results.
    """
    written = []
    for slug, of in _marks_by_exercise(marks).items():
        content = dict(_feedback_file(mark, origins) for mark in of)
        path = to / f"{_file_name(slug)}.zip"
        replace_files({path: _zip_bytes(content)})
        written.append(path)
    return written


def _feedback_file(mark: Mark, origins: Origins) -> tuple[str, bytes]:
    report = mark.report
    origin = origins.get((report.student, report.exercise))
    if origin is not None and origin.system == "canvas":
        return PurePosixPath(origin.file).name, _feedback_notebook(report).encode()
    folder = report.student
    if origin is not None and origin.system == "moodle":
        folder = f"{origin.name}_{report.student}_assignsubmission_file_"
    name = f"{_file_name(report.exercise)}_feedback.html"
    return f"{folder}/{name}", feedback_page(report, origin.name if origin else "").encode()


def _feedback_notebook(report: Report) -> str:
    """Return the feedback as a notebook with one text cell; everything in it is escaped."""
    lines = [f"# Feedback: {_escape_markdown(report.title or report.exercise)}"]
    lines += [f"{_format_points(report.score)} of {_format_points(report.max_score)} points"]
    lines += [f"This file {_escape_markdown(report.message)}."] if report.message else []
    for test in report.tests:
        points = f"{_format_points(test.points)} of {_format_points(test.max_points)}"
        lines.append(f"## {_escape_markdown(test.title)}: {WORDS[test.verdict]}, {points}")
        lines += map(
            _escape_markdown, filter(None, [test.message, test.comment, test.misconception])
        )
    cell = nbformat.v4.new_markdown_cell("\n\n".join(lines), id="feedback")
    return str(nbformat.writes(nbformat.v4.new_notebook(cells=[cell]))) + "\n"


def _escape_markdown(text: str) -> str:
    """Return text that Markdown shows as it is."""
    return "".join(
        f"&#{ord(sign)};" if sign in _MARKDOWN_SIGNS else sign for sign in html.escape(text)
    )


_MARKDOWN_SIGNS = frozenset("\\`*_[]$#!|~")


def _zip_bytes(content: Mapping[str, bytes]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in sorted(content.items()):
            info = zipfile.ZipInfo(name, _FIXED_DATE)
            info.compress_type = zipfile.ZIP_DEFLATED
            # Gradescope executes the scripts as they are unpacked.
            info.external_attr = (0o100755 if data.startswith(b"#!") else 0o100644) << 16
            archive.writestr(info, data)
    return made.getvalue()


def _titles_by_exercise(marks: Sequence[Mark]) -> dict[str, str]:
    """Return the title of each exercise; two that are equal get their slugs too."""
    titles = {mark.report.exercise: mark.report.title or mark.report.exercise for mark in marks}
    known = list(titles.values())
    return {
        slug: title if known.count(title) == 1 else f"{title} [{slug}]"
        for slug, title in sorted(titles.items())
    }


def _canvas_student(mark: Mark, origins: Origins) -> list[str]:
    student = mark.report.student
    origin = origins.get((student, mark.report.exercise))
    name = origin.name if origin and origin.name else student
    return [name, student, "", "", ""] if student.isdecimal() else [name, "", "", student, ""]


def _read_canvas_gradebook(path: Path) -> tuple[dict[str, list[str]], dict[str, str]]:
    """Return Canvas's rows by each id of a student, and its columns by their titles."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            header, *rows = list(csv.reader(file)) or [[]]
    except (UnicodeDecodeError, csv.Error) as error:
        raise UsageError(f"{path}: is no CSV in UTF-8 ({error}); save it as such") from error
    if header[:2] != ["Student", "ID"] or "Section" not in header:
        raise UsageError(f"{path}: is no gradebook; in Canvas, choose Grades, Export")
    places = [header.index(name) if name in header else None for name in _CANVAS_COLUMNS]
    students: dict[str, list[str]] = {}
    for row in rows:
        full = [row[place] if place is not None and place < len(row) else "" for place in places]
        students |= {name: full for name in full[1:4] if name}
    columns = header[header.index("Section") + 1 :]
    return students, {name.rpartition(" (")[0] or name: name for name in columns}


def _marks_by_exercise(marks: Iterable[Mark]) -> dict[str, list[Mark]]:
    found: dict[str, list[Mark]] = {}
    for mark in marks:
        found.setdefault(mark.report.exercise, []).append(mark)
    return found


def _points_by_student(marks: Iterable[Mark]) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for mark in marks:
        found.setdefault(mark.report.student, {})[mark.report.exercise] = _format_points(mark.score)
    return found


def _lms_of(mark: Mark, origins: Origins) -> str:
    origin = origins.get((mark.report.student, mark.report.exercise))
    return origin.system if origin else "folder"


def _file_name(slug: str) -> str:
    return slug.replace("/", "_")


def _format_points(points: float) -> str:
    return f"{points:.10g}"


def _csv_text(table: Iterable[Sequence[object]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text)
    # Names come from learners, and a spreadsheet runs what begins with `=`.
    writer.writerows([harmless(value) for value in row] for row in table)
    return text.getvalue()
