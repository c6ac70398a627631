"""The grade book, in SQLite and in a real PostgreSQL: reports, reviews, dates, and the CSV."""

from __future__ import annotations

import csv
import io
import os
import pwd
import shutil
import sqlite3
import subprocess
import tempfile
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy
from hypothesis import example, given
from hypothesis import strategies as st

from autograder.exceptions import GradingError, UsageError
from autograder.grading.feedback import feedback_page
from autograder.grading.gradebook import Gradebook
from autograder.grading.late_policy import Policy
from autograder.grading.report import Report, TestReport
from autograder.grading.review import Review, read_reviews, review_table
from autograder.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

WHEN = datetime(2026, 12, 1, 12, tzinfo=UTC)
CHECK = TestReport("shown", "Shown", 1, 2, Verdict.FAILED, "Not yet.")
ESSAY = TestReport("essay", "In words", 0, 5, Verdict.PENDING, answer="=1+1, because of the bias")
REPORT = Report(
    student="ada",
    exercise="double",
    status="graded",
    score=1,
    max_score=7,
    isolation="namespaces",
    seconds=0.1,
    key="a" * 64,
    tests=(CHECK, ESSAY),
)


def program(name: str) -> str:
    """Find one of PostgreSQL's programs, which Debian keeps off the PATH."""
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    path = str(found[-1]) if found else shutil.which(name)
    assert path, "PostgreSQL is not there: run sh tests/install-system.sh"
    return path


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Callable[[str], str]]:
    """Start a server of our own, as a user who is not root; return what makes a database in it."""
    with tempfile.TemporaryDirectory(prefix="pg") as folder:  # a socket's path has to be short
        user = None
        if os.geteuid() == 0:
            user = "postgres" if "postgres" in {u.pw_name for u in pwd.getpwall()} else "nobody"
            shutil.chown(folder, user)
        data = str(Path(folder, "data"))

        def run(name: str, *arguments: str) -> None:
            command = [program(name), *arguments]
            subprocess.run(command, check=True, capture_output=True, user=user, cwd=folder)

        run("initdb", "-D", data, "-U", "grader", "--auth=trust", "--no-sync")
        options = f"-c listen_addresses= -c unix_socket_directories={folder} -c fsync=off"
        log = str(Path(folder, "log"))
        run("pg_ctl", "-D", data, "-w", "-l", log, "-o", options, "start")

        def make(name: str) -> str:
            run("createdb", "-h", folder, "-U", "grader", name)
            return f"postgresql://grader@/{name}?host={folder}"

        try:
            yield make
        finally:
            run("pg_ctl", "-D", data, "-w", "-m", "immediate", "stop")


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def book(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Gradebook]:
    url = f"sqlite:///{tmp_path / 'book.db'}"
    if request.param == "postgresql":
        url = request.getfixturevalue("postgresql")(f"t{abs(hash(request.node.name))}")
    with Gradebook(url) as opened:
        yield opened


def rows(book: Gradebook, policy: Policy | None = None) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(book.as_csv(policy or Policy()))))


def test_a_report_comes_back_as_it_was(book: Gradebook) -> None:
    book.store_report(REPORT, WHEN)
    assert book.report_of("ada", "double") == REPORT
    assert book.report_of("ada", "other") is None
    assert list(book.reports()) == [(REPORT, WHEN)]


def test_the_csv_has_nbgrader_s_columns_and_a_date_with_its_zone(book: Gradebook) -> None:
    book.store_report(REPORT, WHEN)
    (row,) = rows(book, Policy({"double": WHEN - timedelta(hours=1)}, per_day=50))
    assert list(row) == [
        "assignment",
        "duedate",
        "timestamp",
        "student_id",
        "last_name",
        "first_name",
        "email",
        "raw_score",
        "late_submission_penalty",
        "score",
        "max_score",
    ]
    assert row["duedate"] == "2026-12-01T11:00:00+00:00"
    assert row["timestamp"] == "2026-12-01T12:00:00+00:00"
    assert [float(row[n]) for n in ("raw_score", "late_submission_penalty", "score")] == [
        1,
        0.5,
        0.5,
    ]


def test_a_corrected_date_changes_the_penalty_and_no_mark(book: Gradebook) -> None:
    book.store_report(REPORT, WHEN)
    book.set_handed_in("ada", "double", WHEN - timedelta(days=1))
    (row,) = rows(book, Policy({"double": WHEN - timedelta(hours=1)}, per_day=50))
    assert (float(row["raw_score"]), float(row["late_submission_penalty"])) == (1, 0)


def test_what_a_person_said_outlives_every_regrade(book: Gradebook, tmp_path: Path) -> None:
    book.store_report(REPORT, WHEN)
    table = tmp_path / "table.csv"
    text = review_table(report for report, _ in book.reports())
    assert text.count("\n") == 2
    found = list(csv.DictReader(io.StringIO(text)))
    assert found[0]["answer"] == "'=1+1, because of the bias"
    filled = [found[0] | {"points": "4,5", "comment": "=Good, but say why."}]
    with table.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(found[0]))
        writer.writeheader()
        writer.writerows(filled)
    book.store_reviews(read_reviews(table))
    regraded = replace(
        REPORT, tests=(replace(CHECK, points=2, verdict=Verdict.PASSED), ESSAY), score=2
    )
    book.store_report(regraded, WHEN)
    ((report, _),) = book.reports()
    assert report.score == 6.5
    assert report.tests[1].verdict == "reviewed"
    assert report.tests[1].comment == "=Good, but say why."
    assert float(rows(book)[0]["score"]) == 6.5
    page = feedback_page(report)
    assert "read and marked" in page
    assert "=Good, but say why." in page
    assert "=1+1, because of the bias" in page


def test_a_person_can_correct_a_check(book: Gradebook) -> None:
    book.store_report(REPORT, WHEN)
    book.store_reviews([Review("ada", "double", "shown", 2, "I see what you mean.")])
    report = book.with_reviews(REPORT)
    assert (report.score, report.tests[0].points) == (2, 2)
    assert report.tests[0].message == "Not yet."
    assert report.tests[0].verdict == "failed"


def test_what_a_person_says_last_counts_for_that_exercise_alone(book: Gradebook) -> None:
    book.store_report(REPORT, WHEN)
    book.store_report(replace(REPORT, exercise="half"), WHEN)
    for points in (2, 1.5):
        book.store_reviews([Review("ada", "double", "shown", points, "")])
    assert book.with_reviews(REPORT).score == 1.5
    assert book.with_reviews(replace(REPORT, exercise="half")).score == 1


def test_what_waits_for_a_person_or_failed_by_our_fault_is_not_settled(book: Gradebook) -> None:
    lost = replace(CHECK, grade_id="lost", verdict=Verdict.INFRASTRUCTURE)
    book.store_report(replace(REPORT, tests=(CHECK, ESSAY, lost)), WHEN)
    assert [mark.unsettled for mark in book.marks(Policy())] == [2]


def test_a_new_report_brings_its_own_date(book: Gradebook) -> None:
    book.store_report(REPORT, WHEN)
    book.store_report(REPORT, WHEN + timedelta(days=1))
    assert list(book.reports()) == [(REPORT, WHEN + timedelta(days=1))]


def test_marks_are_in_the_order_of_exercises_and_students(book: Gradebook) -> None:
    for exercise, student in (("half", "bo"), ("double", "cy"), ("half", "ada"), ("double", "bo")):
        book.store_report(replace(REPORT, exercise=exercise, student=student), WHEN)
    named = [(row["assignment"], row["student_id"]) for row in rows(book)]
    assert named == [("double", "bo"), ("double", "cy"), ("half", "ada"), ("half", "bo")]


def test_the_name_of_an_exercise_is_no_formula_either(book: Gradebook) -> None:
    book.store_report(replace(REPORT, exercise="=1+1"), WHEN)
    assert [row["assignment"] for row in rows(book)] == ["'=1+1"]


def test_a_review_of_nothing_changes_nothing(book: Gradebook) -> None:
    book.store_report(REPORT, WHEN)
    good = Review("ada", "double", "shown", 2)
    for bad in (replace(good, student="bob"), replace(good, grade_id="other")):
        with pytest.raises(UsageError, match="not in the grade book"):
            book.store_reviews([good, bad])
        assert book.with_reviews(REPORT) == REPORT


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("student_id,assignment\nada,double\n", "table.csv:1: has no column grade_id, points"),
        ("student_id,assignment,grade_id,points\na,b,c,many\n", "table.csv:2: `many` is not"),
        ("student_id,assignment,grade_id,points\na,b,c,-1\n", "table.csv:2: `-1` is not"),
        ("student_id,assignment,grade_id,points\na,b,c,inf\n", "table.csv:2: `inf` is not"),
        ("\xff", "is no CSV in UTF-8"),
    ],
)
def test_a_table_that_cannot_be_read_names_its_line(tmp_path: Path, text: str, says: str) -> None:
    table = tmp_path / "table.csv"
    table.write_bytes(text.encode("latin-1"))
    with pytest.raises(UsageError, match=says):
        list(read_reviews(table))


@contextmanager
def statements() -> Iterator[list[str]]:
    """Collect what is asked of any database meanwhile."""
    asked: list[str] = []

    def collect(*event: Any) -> None:  # noqa: ANN401 - SQLAlchemy's event: its third is the text
        asked.append(event[2])

    sqlalchemy.event.listen(sqlalchemy.Engine, "before_cursor_execute", collect)
    try:
        yield asked
    finally:
        sqlalchemy.event.remove(sqlalchemy.Engine, "before_cursor_execute", collect)


def test_the_marks_of_a_class_take_two_questions(book: Gradebook) -> None:
    students = [f"student{number:02}" for number in range(30)]
    for student in students:
        book.store_report(replace(REPORT, student=student), WHEN)
    book.store_reviews([Review(student, "double", "essay", 3, "So.") for student in students[::2]])
    with statements() as asked:
        found = {report.student: report.score for report, _ in book.reports()}
    assert found == {student: 1 + 3 * (student in students[::2]) for student in students}
    assert len(asked) == 2


def test_a_grade_book_of_the_first_version_goes_on(tmp_path: Path) -> None:
    """It has one more table, which held replaced reports and which nobody ever read."""
    url = f"sqlite:///{tmp_path / 'book.db'}"
    with Gradebook(url) as book:
        book.store_report(REPORT, WHEN)
    with closing(sqlite3.connect(tmp_path / "book.db")) as old:
        assert [*old.execute("SELECT name FROM sqlite_master WHERE name = 'earlier'")] == []
        old.execute(
            "CREATE TABLE earlier (number INTEGER NOT NULL PRIMARY KEY, student VARCHAR NOT NULL, "
            "exercise VARCHAR NOT NULL, report JSON NOT NULL, graded_at DATETIME NOT NULL, "
            "FOREIGN KEY(student, exercise) REFERENCES result (student, exercise))"
        )
        old.execute("INSERT INTO earlier VALUES (1, 'ada', 'double', '{}', '2026-11-20 12:00:00')")
        old.commit()
    with Gradebook(url) as book:
        assert list(book.reports()) == [(REPORT, WHEN)]
        book.store_report(replace(REPORT, score=2), WHEN)
        assert book.report_of("ada", "double") == replace(REPORT, score=2)


WORDS = st.text(st.characters(codec="utf-8", exclude_characters="\0\r"), max_size=30)


@given(WORDS, WORDS)
@example("x", "'@ of their own")
def test_whatever_is_written_comes_back_from_the_table(answer: str, comment: str) -> None:
    essay = replace(
        ESSAY, answer=answer or "x", verdict=Verdict.REVIEWED, points=1, comment=comment
    )
    with tempfile.TemporaryDirectory() as folder:
        table = Path(folder, "table.csv")
        table.write_text(review_table([replace(REPORT, tests=(essay,))]), "utf-8", newline="")
        (review,) = read_reviews(table)
    assert review == Review("ada", "double", "essay", 1, comment)


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("nonsense", "Could not parse"),
        ("postgresql://nobody@/nothing?host=/nowhere", "make room or mend its address"),
        ("mysql://x/y", "needs MySQLdb; install it"),
    ],
)
def test_a_database_that_is_not_there_is_named(url: str, says: str) -> None:
    with pytest.raises(GradingError, match=says), Gradebook(url):
        pass
