"""The grade book: every report, in a database, so that a run can stop at any moment."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Self

from sqlalchemy import JSON, DateTime, ForeignKeyConstraint, String, create_engine, event, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from autograder.exceptions import GradingError
from autograder.report import Report

if TYPE_CHECKING:
    from collections.abc import Iterator

_CSV_COLUMNS = (
    "assignment",
    "student_id",
    "raw_score",
    "late_submission_penalty",
    "score",
    "max_score",
    "timestamp",
)


class _Base(DeclarativeBase):
    pass


class _Result(_Base):
    """The present report of one student on one exercise."""

    __tablename__ = "result"

    student: Mapped[str] = mapped_column(String(255), primary_key=True)
    exercise: Mapped[str] = mapped_column(String(255), primary_key=True)
    key: Mapped[str] = mapped_column(String(64))
    report: Mapped[dict[str, Any]] = mapped_column(JSON)
    graded_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class _Earlier(_Base):
    """What a result was before it was graded again."""

    __tablename__ = "earlier"
    __table_args__ = (
        ForeignKeyConstraint(["student", "exercise"], ["result.student", "result.exercise"]),
    )

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    student: Mapped[str] = mapped_column(String(255))
    exercise: Mapped[str] = mapped_column(String(255))
    report: Mapped[dict[str, Any]] = mapped_column(JSON)
    graded_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class Gradebook:
    """A context manager around one database.

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
        self._engine = create_engine(url)
        if self._engine.dialect.name == "sqlite":
            event.listen(self._engine, "connect", _settle)

    def __enter__(self) -> Self:
        with _Explained():
            _Base.metadata.create_all(self._engine)
        return self

    def __exit__(self, *_: object) -> None:
        self._engine.dispose()

    def keep(self, report: Report) -> None:
        """Write one report, and keep the one that it replaces."""
        with _Explained(), Session(self._engine) as session, session.begin():
            found = session.get(_Result, (report.student, report.exercise))
            now = datetime.now(UTC)
            if found is None:
                found = _Result(student=report.student, exercise=report.exercise)
                session.add(found)
            else:
                session.add(
                    _Earlier(
                        student=found.student,
                        exercise=found.exercise,
                        report=found.report,
                        graded_at=found.graded_at,
                    )
                )
            found.key, found.report, found.graded_at = report.key, report.as_json(), now

    def get(self, student: str, exercise: str) -> Report | None:
        """Return the present report, if there is one."""
        with _Explained(), Session(self._engine) as session:
            found = session.get(_Result, (student, exercise))
            return Report.from_json(found.report) if found else None

    def reports(self) -> Iterator[tuple[Report, datetime]]:
        """Return every present report and when it was made, by exercise and student."""
        with _Explained(), Session(self._engine) as session:
            order = select(_Result).order_by(_Result.exercise, _Result.student)
            for found in session.scalars(order):
                yield Report.from_json(found.report), found.graded_at

    def as_csv(self) -> str:
        """Return the marks as CSV, with nbgrader's column names."""
        text = io.StringIO()
        writer = csv.writer(text)
        writer.writerow(_CSV_COLUMNS)
        for report, graded_at in self.reports():
            row = (report.exercise, report.student, report.score, 0.0, report.score)
            writer.writerow([*map(_harmless, row), report.max_score, graded_at.isoformat()])
        return text.getvalue()


class _Explained:
    """Turns what the database says into an error that names the remedy."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: object, error: object, _trace: object) -> None:
        if isinstance(error, SQLAlchemyError):
            reason = str(getattr(error, "orig", None) or error).splitlines()[0]
            raise GradingError(
                f"the grade book cannot be used ({reason}); what is in it is safe: make room or "
                "mend its address, then run the same command again"
            ) from error


def _settle(connection: Any, _record: object) -> None:  # noqa: ANN401 - a driver's own connection
    """Have SQLite survive a kill at any moment."""
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")


def _harmless(value: object) -> object:
    """Keep a spreadsheet from taking a name for a formula."""
    if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r")):
        return f"'{value}"
    return value
