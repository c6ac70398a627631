"""The page that a learner gets back: a view of the report, every word of it escaped."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jinja2 import Environment, PackageLoader, StrictUndefined

if TYPE_CHECKING:
    from autograder.grading.report import Report


def feedback_page(report: Report, name: str = "") -> str:
    """Return the feedback on one submission as a whole HTML page that needs nothing else.

    ``name`` is the learner's, where more is known than what the report calls them.
    """
    environment = Environment(
        loader=PackageLoader("autograder.grading"), autoescape=True, undefined=StrictUndefined
    )
    return environment.get_template("feedback.html").render(
        report=report, name=name or report.student, words=WORDS
    )


WORDS = {
    "passed": "passed",
    "failed": "not yet",
    "error": "stopped with an error",
    "timeout": "took too long",
    "memory": "needed too much memory",
    "crash": "the process ended",
    "missing": "no answer",
    "invalid": "could not be read",
    "infrastructure": "could not be run",
    "pending": "waits for a person to read it",
    "reviewed": "read and marked",
}
