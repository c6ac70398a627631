"""The verdicts: everything that a check or a submission can come to.

To add one, add a member of :class:`Verdict` and say below which groups it belongs to. What a
learner reads of it is in two places, and a test fails while one lacks it: ``WORDS`` of
:mod:`autograder.grading.feedback` (a word or two on the feedback page) and ``describe_result`` of
:mod:`autograder.grading.grade_submission` (a sentence; tests/test_verdict.py lists the verdicts
whose sentence comes from elsewhere). Its colour is in ``feedback.html``.
"""

from __future__ import annotations

from enum import StrEnum


class Verdict(StrEnum):
    """What came of one check; the value is the word in reports, grade books and messages.

    Attributes
    ----------
    PASSED
        It holds, and earns its points.
    PARTIAL
        Its last value is a number: it earns that many of its points.
    FAILED
        It does not hold: an assertion failed.
    ERROR
        It could not be decided, since the answer or the check raised.
    TIMEOUT
        The answer took more time than it is given.
    MEMORY
        The answer took more memory than it is given.
    CRASH
        The process that ran the answer ended.
    MISSING
        There is no answer.
    INVALID
        The submission cannot be read.
    INFRASTRUCTURE
        The grader failed. Never a zero: it is retried and reported.
    PENDING
        A written answer waits for a person to read it.
    REVIEWED
        A person has read the written answer.

    """

    PASSED = "passed"
    PARTIAL = "partial"
    FAILED = "failed"
    ERROR = "error"
    TIMEOUT = "timeout"
    MEMORY = "memory"
    CRASH = "crash"
    MISSING = "missing"
    INVALID = "invalid"
    INFRASTRUCTURE = "infrastructure"
    PENDING = "pending"
    REVIEWED = "reviewed"


# After one of these no further check of a run is tried: it would only use up the same limit again.
ENDS_THE_RUN = frozenset({Verdict.TIMEOUT, Verdict.MEMORY, Verdict.INFRASTRUCTURE})

# The check itself decided against the answer, so a known misconception may explain why.
MAY_SHOW_MISCONCEPTION = frozenset({Verdict.PARTIAL, Verdict.FAILED, Verdict.ERROR})

# The check has found something right, if there was anything to compare.
EARNS_POINTS = frozenset({Verdict.PASSED, Verdict.PARTIAL})

# Points may still change: another run, or a person, decides.
UNSETTLED = frozenset({Verdict.PENDING, Verdict.INFRASTRUCTURE})

# Of written answers, which no program marks.
OF_WRITTEN_ANSWERS = frozenset({Verdict.PENDING, Verdict.REVIEWED})
