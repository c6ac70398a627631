"""The report on one submission: what JSON, feedback page, grade book and CSV are views of."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any, Self

from autograder.verdict import Verdict

SCHEMA = 1


@dataclass(frozen=True)
class TestReport:
    """The result of one check, or of one written answer, as a learner may see it.

    Attributes
    ----------
    answer
        What the learner wrote, where a person gives the points; its verdict is ``pending`` until
        somebody has, then ``reviewed``.
    comment
        What that person said.

    """

    __test__ = False  # not a pytest class

    grade_id: str
    title: str
    points: float
    max_points: float
    verdict: Verdict
    message: str = ""
    misconception: str = ""
    answer: str = ""
    comment: str = ""


@dataclass(frozen=True)
class Report:
    """The result of grading one submission.

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

    def as_json(self) -> dict[str, Any]:
        """Return the report as plain JSON values."""
        return {"schema": SCHEMA, **dataclasses.asdict(self)}

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Self:
        """Read back what :meth:`as_json` wrote."""
        # The schema is for other programs that read the JSON; the class has no such field.
        given = {name: value for name, value in values.items() if name != "schema"}
        tests = tuple(
            TestReport(**{**test, "verdict": Verdict(test["verdict"])}) for test in values["tests"]
        )
        return cls(**{**given, "tests": tests})
