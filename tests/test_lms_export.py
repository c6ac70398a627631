"""What goes back to an LMS, where a class would rarely lead: see also test_class.py."""

from __future__ import annotations

import csv
import zipfile
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import nbformat

from autograder.exchange.collect import Collected
from autograder.exchange.lms_export import (
    export_canvas,
    export_feedback,
    export_gradescope,
    split_settled,
)
from autograder.grading.gradebook import Mark
from autograder.grading.report import Report, TestReport
from autograder.verdict import Verdict

if TYPE_CHECKING:
    from pathlib import Path

WHEN = datetime(2026, 12, 1, tzinfo=UTC)
TEST = TestReport("check", "It *works*", 1.0, 2.0, Verdict.FAILED, "Use <b> & `c`.\n# Loud")
REPORT = Report("7", "one", "graded", 1.0, 2.0, "none", 0.1, "k", (TEST,), title="The title")


def mark(**changes: object) -> Mark:
    return Mark(replace(REPORT, **changes), WHEN, None, 0.0)  # type: ignore[arg-type]


def origin(file: str, system: str) -> dict[tuple[str, str], Collected]:
    return {("7", "one"): Collected("7", "one", "Ada", system, file, WHEN.isoformat())}


def test_what_is_not_final_waits_and_what_answers_nothing_has_no_mark() -> None:
    ready = mark()
    ours = mark(status="infrastructure")
    unread = mark(tests=(replace(TEST, verdict=Verdict.PENDING),))
    unknown = mark(status="invalid", max_score=0.0)
    assert split_settled([ready, ours, unread, unknown]) == ([ready], [ours, unread])
    invalid = mark(status="invalid", score=0.0)
    assert split_settled([invalid]) == ([invalid], [])


def test_two_exercises_of_one_title_are_two_columns(tmp_path: Path) -> None:
    marks = [mark(), mark(exercise="two", score=1 / 3)]
    (path,) = export_canvas(marks, {}, tmp_path / "canvas.csv", None)
    header, _, row = csv.reader(path.read_text("utf-8").splitlines())
    assert header[5:] == ["The title [one]", "The title [two]"]
    assert row == ["7", "7", "", "", "", "1", "0.3333333333"]


def test_feedback_shows_every_word_as_it_is(tmp_path: Path) -> None:
    origins = origin("lovelaceada_7_99_one.ipynb", "canvas")
    (path,) = export_feedback([mark()], origins, tmp_path)
    with zipfile.ZipFile(path) as archive:
        notebook = nbformat.reads(archive.read("lovelaceada_7_99_one.ipynb").decode(), as_version=4)
    text = notebook.cells[0].source
    assert "Use &lt;b&gt; &amp; &#96;c&#96;." in text
    assert "\n# Loud" not in text
    assert "## It &#42;works&#42;: not yet, 1 of 2" in text


def test_the_same_marks_make_the_same_file(tmp_path: Path) -> None:
    origins = origin("e/submission_12/one.ipynb", "gradescope")
    contents = [
        export_gradescope([mark()], origins, tmp_path / name)[0].read_bytes() for name in "ab"
    ]
    assert contents[0] == contents[1]
    with zipfile.ZipFile(tmp_path / "a" / "one.zip") as archive:
        assert '"12"' in archive.read("known_results.json").decode()
        modes = {info.filename: info.external_attr >> 16 & 0o777 for info in archive.infolist()}
    assert modes["run_autograder"] == modes["setup.sh"] == 0o755
