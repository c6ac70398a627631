"""The grade book: every report, in a database, so that a run can stop at any moment."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Self

from sqlalchemy import JSON, DateTime, String, create_engine, event, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from autograder.exceptions import GradingError, UsageError
from autograder.grading.report import Report, TestReport
from autograder.grading.review import harmless
from autograder.verdict import UNSETTLED, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from autograder.grading.late_policy import Policy
    from autograder.grading.review import Review

_CSV_COLUMNS = (
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
)


@dataclass(frozen=True)
class Mark:
    """The final mark of one student on one exercise, with reviews and lateness."""

    report: Report
    handed_in: datetime
    due: datetime | None
    penalty: float

    @property
    def score(self) -> float:
        """The points that count."""
        return self.report.score - self.penalty

    @property
    def unsettled(self) -> int:
        """The number of checks that wait for a person or could not be run."""
        return sum(test.verdict in UNSETTLED for test in self.report.tests)


class _Base(DeclarativeBase):
    pass


class _Result(_Base):
    """The present report of one student on one exercise."""

    __tablename__ = "result"

    student: Mapped[str] = mapped_column(String, primary_key=True)
    exercise: Mapped[str] = mapped_column(String, primary_key=True)
    key: Mapped[str] = mapped_column(String(64))
    report: Mapped[dict[str, Any]] = mapped_column(JSON)
    graded_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    handed_in: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class _Review(_Base):
    """A person's points and comment on one check or written answer; grading never writes here."""

    __tablename__ = "review"

    student: Mapped[str] = mapped_column(String, primary_key=True)
    exercise: Mapped[str] = mapped_column(String, primary_key=True)
    grade_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    points: Mapped[float]
    comment: Mapped[str] = mapped_column(String)
    reviewed_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class Gradebook:
    """A grade book in one database, as a context manager.

    Parameters
    ----------
    url
        Anything that SQLAlchemy opens, as ``sqlite:///grades/gradebook.db``.

    Raises
    ------
    GradingError
        When the database cannot be opened, read or written, with the reason. What was written
        before is safe: each report is one transaction.

    """

    def __init__(self, url: str) -> None:
        with _Explained():
            self._engine = create_engine(_with_driver(url))
        # Other databases survive a kill by themselves.
        if self._engine.dialect.name == "sqlite":
            event.listen(self._engine, "connect", _settle)

    def __enter__(self) -> Self:
        with _Explained():
            # Makes what is not there and changes nothing else: an older grade book stays readable.
            _Base.metadata.create_all(self._engine)
        return self

    def __exit__(self, *_: object) -> None:
        self._engine.dispose()

    def store_report(self, report: Report, handed_in: datetime) -> None:
        """Write one report, in the place of the one that there was."""
        with _Explained(), Session(self._engine) as session, session.begin():
            # One row for each student and exercise: the latest report is the one that counts.
            found = session.get(_Result, (report.student, report.exercise))
            if found is None:
                found = _Result(student=report.student, exercise=report.exercise)
                session.add(found)
            found.key, found.report = report.key, report.as_json()
            found.graded_at, found.handed_in = datetime.now(UTC), handed_in

    def set_handed_in(self, student: str, exercise: str, handed_in: datetime) -> None:
        """Correct the hand-in date of a submission that is already graded."""
        with _Explained(), Session(self._engine) as session, session.begin():
            found = session.get_one(_Result, (student, exercise))
            # Nothing is written for the hundreds whose date has not changed.
            if _utc(found.handed_in) != handed_in:
                found.handed_in = handed_in

    def store_reviews(self, reviews: Iterable[Review]) -> None:
        """Store a person's points and comments, all of them or none.

        Raises
        ------
        UsageError
            When a review is of something that nobody handed in.

        """
        with _Explained(), Session(self._engine) as session, session.begin():
            for given in reviews:
                name = f"{given.student}, {given.exercise}, {given.grade_id}"
                found = session.get(_Result, (given.student, given.exercise))
                known = {test["grade_id"] for test in found.report["tests"]} if found else ()
                # A mistyped name would otherwise be a review of nothing, in silence.
                if given.grade_id not in known:
                    raise UsageError(
                        f"{name}: is not in the grade book; copy the names from `autograder review`"
                    )
                session.merge(_Review(**asdict(given), reviewed_at=datetime.now(UTC)))

    def report_of(self, student: str, exercise: str) -> Report | None:
        """Return the present report as it was graded, or None."""
        with _Explained(), Session(self._engine) as session:
            found = session.get(_Result, (student, exercise))
            return Report.from_json(found.report) if found else None

    def with_reviews(self, report: Report) -> Report:
        """Return the report with a person's points and comments in place of the grader's."""
        with _Explained(), Session(self._engine) as session:
            chosen = select(_Review).where(
                _Review.student == report.student, _Review.exercise == report.exercise
            )
            return _reviewed(report, session.scalars(chosen))

    def reports(self) -> Iterator[tuple[Report, datetime]]:
        """Yield every present report, reviewed, and its hand-in date, by exercise and student.

        The database is asked twice, however many reports there are.
        """
        with _Explained(), Session(self._engine) as session:
            # Reviews are few, so all of them fit in memory beside the reports that stream by.
            said: dict[tuple[str, str], list[_Review]] = defaultdict(list)
            for review in session.scalars(select(_Review)):
                said[review.student, review.exercise].append(review)
            order = select(_Result).order_by(_Result.exercise, _Result.student)
            for found in session.scalars(order):
                of_it = said.get((found.student, found.exercise), ())
                yield _reviewed(Report.from_json(found.report), of_it), _utc(found.handed_in)

    def marks(self, policy: Policy) -> Iterator[Mark]:
        """Yield every final mark, by exercise and student."""
        for report, handed_in in self.reports():
            penalty = policy.penalty(report.exercise, handed_in, report.score)
            yield Mark(report, handed_in, policy.due.get(report.exercise), penalty)

    def as_csv(self, policy: Policy) -> str:
        """Return the marks as CSV, with nbgrader's column names."""
        text = io.StringIO()
        writer = csv.DictWriter(text, _CSV_COLUMNS, restval="")
        writer.writeheader()
        for mark in self.marks(policy):
            writer.writerow(
                {
                    # A spreadsheet would run a name that begins with = or @.
                    "assignment": harmless(mark.report.exercise),
                    "duedate": mark.due.isoformat() if mark.due else "",
                    "timestamp": mark.handed_in.isoformat(),
                    "student_id": harmless(mark.report.student),
                    "raw_score": mark.report.score,
                    "late_submission_penalty": mark.penalty,
                    "score": mark.score,
                    "max_score": mark.report.max_score,
                }
            )
        return text.getvalue()


def _reviewed(report: Report, reviews: Iterable[_Review]) -> Report:
    said = {review.grade_id: review for review in reviews}
    tests = tuple(_reviewed_test(test, said.get(test.grade_id)) for test in report.tests)
    return replace(report, tests=tests, score=sum(test.points for test in tests))


def _reviewed_test(test: TestReport, said: _Review | None) -> TestReport:
    if said is None:
        return test
    # A corrected check keeps what the grader said; a written answer waited for this alone.
    verdict = Verdict.REVIEWED if test.answer else test.verdict
    message = "" if test.answer else test.message
    return replace(test, points=said.points, comment=said.comment, verdict=verdict, message=message)


def _with_driver(url: str) -> str:
    """Add the name of the installed PostgreSQL driver to an address without one."""
    scheme, colon, rest = url.partition(":")
    # Both are in use, and SQLAlchemy takes them for a driver that is not installed here.
    known = ("postgres", "postgresql")
    return f"postgresql+psycopg{colon}{rest}" if scheme in known else url


def _utc(when: datetime) -> datetime:
    """SQLite keeps no time zone; what we write is UTC."""
    return when.astimezone(UTC) if when.tzinfo else when.replace(tzinfo=UTC)


class _Explained:
    """Translates database exceptions to errors that name the remedy."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: object, error: object, _trace: object) -> None:
        if isinstance(error, ModuleNotFoundError):
            raise GradingError(
                f"the grade book's database needs {error.name}; install it "
                "(for PostgreSQL: pip install 'psycopg[binary]')"
            ) from error
        if isinstance(error, SQLAlchemyError):
            # The driver's own words; SQLAlchemy's go on with the statement and its values.
            reason = str(getattr(error, "orig", None) or error).splitlines()[0]
            raise GradingError(
                f"the grade book cannot be used ({reason}); what is in it is safe: make room or "
                "mend its address, then run the same command again"
            ) from error


def _settle(connection: Any, _record: object) -> None:  # noqa: ANN401 - a driver's own connection
    """Have SQLite survive a kill at any moment."""
    # A write-ahead log, synchronised at each commit: half a transaction is never read back.
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
