"""The page that a learner gets back: a view of the report, every word of it escaped.

``templates/feedback.html`` prints each check's message and misconception; the misconception is
chosen by :mod:`autograder.grading.misconceptions`, from what the exercise's wrong answers do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jinja2 import Environment, PackageLoader, StrictUndefined

from autograder.names import shown
from autograder.verdict import Verdict

if TYPE_CHECKING:
    from autograder.grading.report import Report


def feedback_page(report: Report, name: str = "") -> str:
    """Return the feedback on one submission as a whole HTML page that needs nothing else.

    ``name`` is the learner's, where more is known than what the report calls them.
    """
    # The learner chooses names and words in it, so all is escaped; a name that is misspelt in the
    # template raises, instead of leaving a gap that nobody notices.
    environment = Environment(
        loader=PackageLoader("autograder.grading"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=lambda value: shown(value) if isinstance(value, str) else value,
    )
    return environment.get_template("feedback.html").render(
        report=report, name=name or report.student, words=WORDS
    )


WORDS = {
    Verdict.PASSED: "passed",
    Verdict.PARTIAL: "partly right",
    Verdict.FAILED: "not yet",
    Verdict.ERROR: "stopped with an error",
    Verdict.TIMEOUT: "took too long",
    Verdict.MEMORY: "needed too much memory",
    Verdict.CRASH: "the process ended",
    Verdict.MISSING: "no answer",
    Verdict.INVALID: "could not be read",
    Verdict.INFRASTRUCTURE: "could not be run",
    Verdict.PENDING: "waits for a person to read it",
    Verdict.REVIEWED: "read and marked",
}
