"""Points and comments that a person gives, as a table to fill in: CSV out, CSV in."""

from __future__ import annotations

import csv
import io
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from autograder.exceptions import UsageError
from autograder.verdict import OF_WRITTEN_ANSWERS, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from autograder.grading.report import Report

COLUMNS = ("student_id", "assignment", "grade_id", "points", "max_points", "comment", "answer")


@dataclass(frozen=True)
class Review:
    """What a person says of one check or written answer; it outlives every regrade."""

    student: str
    exercise: str
    grade_id: str
    points: float
    comment: str = ""


def review_table(reports: Iterable[Report]) -> str:
    """Return the table to fill in: a row for each written answer, as CSV."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for report in reports:
        for test in report.tests:
            if test.verdict in OF_WRITTEN_ANSWERS:
                # A zero would be read back as a mark, and a blank is passed over.
                points = f"{test.points:g}" if test.verdict == Verdict.REVIEWED else ""
                what = (report.student, report.exercise, test.grade_id, points, test.max_points)
                writer.writerow([*map(harmless, what), *map(harmless, (test.comment, test.answer))])
    return text.getvalue()


def read_reviews(path: Path) -> Iterator[Review]:
    """Read the filled-in table; rows without points are passed over.

    Raises
    ------
    UsageError
        Naming file and line, where a row cannot be understood.

    """
    try:
        # With or without a byte order mark, which would else be part of the first column's name.
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = list(csv.DictReader(file))
    except (UnicodeDecodeError, csv.Error) as error:
        raise UsageError(f"{path}: is no CSV in UTF-8 ({error}); save it as such") from error
    # The other columns are for the person who reads; a table of corrections can leave them out.
    missing = set(COLUMNS[:4]) - set(rows[0] if rows else COLUMNS)
    if missing:
        raise UsageError(f"{path}:1: has no column {', '.join(sorted(missing))}; keep the header")
    # The header is row 1. Rows are counted, not lines: an answer may span many of these.
    for line, row in enumerate(rows, start=2):
        if (row["points"] or "").strip():
            yield _review(f"{path}:{line}", row)


def _review(place: str, row: Mapping[str, str | None]) -> Review:
    # Spreadsheets write 2,5 where the comma is the decimal sign.
    text = (row["points"] or "").strip().replace(",", ".")
    try:
        points = float(text)
    except ValueError:
        points = math.nan
    # NaN fails this comparison too; in a sum of points it would take all the others with it.
    if not 0 <= points < math.inf:
        raise UsageError(f"{place}: `{text}` is not a number of points; give zero or more")
    student, exercise, grade_id = (as_given(row[name] or "") for name in COLUMNS[:3])
    return Review(student, exercise, grade_id, points, as_given(row.get("comment") or ""))


def harmless(value: object) -> object:
    """Keep a spreadsheet from taking a text for a formula."""
    # Quotes in front count as none, so that a text that has one of its own gets it back.
    if isinstance(value, str) and value.lstrip("'").startswith(_FORMULAS):
        return f"'{value}"
    return value


def as_given(text: str) -> str:
    """Undo what :func:`harmless` does."""
    return text[1:] if text.startswith("'") and text.lstrip("'").startswith(_FORMULAS) else text


_FORMULAS = ("=", "+", "-", "@", "\t", "\r")
