"""Verdicts: the words of each, and that what is stored and exported stays as it was."""

from __future__ import annotations

import csv
import io
import json

import pytest

from autograder.grading.feedback import WORDS, feedback_page
from autograder.grading.grade_submission import describe_result
from autograder.grading.report import Report, TestReport
from autograder.running.run import CheckResult
from autograder.verdict import OF_WRITTEN_ANSWERS, Verdict

SAID_ELSEWHERE = {Verdict.PASSED, Verdict.FAILED, *OF_WRITTEN_ANSWERS}  # by author, or by a person


def report(verdict: Verdict) -> Report:
    tests = (TestReport("check", "It works", 0.0, 1.0, verdict),)
    return Report("ada", "one", "graded", 0.0, 1.0, "none", 0.0, "key", tests)


def test_every_verdict_has_words_on_the_feedback_page() -> None:
    assert [verdict for verdict in Verdict if not WORDS.get(verdict)] == []


def test_every_verdict_that_nobody_else_explains_has_a_sentence() -> None:
    silent = {verdict for verdict in Verdict if not describe_result(CheckResult("check", verdict))}
    assert silent == SAID_ELSEWHERE


@pytest.mark.parametrize("verdict", Verdict)
def test_a_verdict_is_stored_and_shown_as_its_word(verdict: Verdict) -> None:
    stored = json.dumps(report(verdict).as_json())
    assert f'"verdict": "{verdict.name.lower()}"' in stored
    assert Report.from_json(json.loads(stored)) == report(verdict)
    assert type(Report.from_json(json.loads(stored)).tests[0].verdict) is Verdict
    text = io.StringIO()
    csv.writer(text).writerow([verdict])
    assert text.getvalue() == f"{verdict.name.lower()}\r\n"
    assert f'<li class="{verdict.name.lower()}">' in feedback_page(report(verdict))
