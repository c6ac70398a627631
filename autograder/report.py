"""The report on one submission: what JSON, feedback page, grade book and CSV are views of."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any, Self

SCHEMA = 1


@dataclass(frozen=True)
class TestReport:
    """What one check found, as a learner may see it."""

    __test__ = False  # not a pytest class

    grade_id: str
    title: str
    points: float
    max_points: float
    verdict: str
    message: str = ""
    misconception: str = ""


@dataclass(frozen=True)
class Report:
    """All that is known about one submission.

    Attributes
    ----------
    status
        ``graded``, ``invalid`` (the file could not be read) or ``infrastructure`` (our fault).
    isolation
        The tier at which the learner's code ran, as the sandbox names it.
    key
        Digest of submission, exercise, environment and seed: the same key, the same marks.

    """

    student: str
    exercise: str
    status: str
    score: float
    max_score: float
    isolation: str
    seconds: float
    key: str
    tests: tuple[TestReport, ...]
    title: str = ""
    chapter: str = ""
    message: str = ""
    schema: int = SCHEMA

    def as_json(self) -> dict[str, Any]:
        """Return the report as plain JSON values."""
        return dataclasses.asdict(self)

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Self:
        """Read back what :meth:`as_json` wrote."""
        tests = tuple(TestReport(**test) for test in values["tests"])
        return cls(**{**values, "tests": tests})
