"""Choose the misconception that a learner is shown: that of the wrong answer that behaves alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

from autograder.running.transcript import same_replies
from autograder.verdict import MAY_SHOW_MISCONCEPTION

if TYPE_CHECKING:
    from collections.abc import Sequence

    from autograder.format.source import WrongAnswer
    from autograder.running.run import CheckResult


def choose_misconception(
    result: CheckResult, wrong_answers: Sequence[tuple[WrongAnswer, Sequence[CheckResult]]]
) -> str:
    """Return the message of the wrong answer that gave the same replies to this check.

    Parameters
    ----------
    result
        What a check found of a learner's answer.
    wrong_answers
        The exercise's wrong answers, and what each check found of them.
    """
    if result.verdict not in MAY_SHOW_MISCONCEPTION:
        return ""
    for wrong, theirs in wrong_answers:
        twin = next((other for other in theirs if other.grade_id == result.grade_id), None)
        # At other checks than the one it is meant for, a wrong answer may reply as many others do,
        # and a check without replies tells nobody apart.
        if twin is None or result.grade_id != wrong.fails or not result.transcript:
            continue
        if same_replies(result, twin):
            return wrong.message
    return ""
