"""What handing in late costs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.exceptions import SubmissionError, UsageError
from autograder.grading.late_policy import Policy, read_policy
from autograder.grading.submission import Submission

if TYPE_CHECKING:
    from pathlib import Path

DUE = datetime(2026, 12, 1, 23, 59, tzinfo=UTC)
POLICY = Policy({"double": DUE}, timedelta(minutes=10), per_day=10, at_most=50)
TEXT = """
[due]
double = 2026-12-02T00:59:00+01:00

[late]
grace_minutes = 10
percent_per_day = 10
at_most_percent = 50
"""


def test_the_file_says_it_all(tmp_path: Path) -> None:
    path = tmp_path / "grading.toml"
    path.write_text(TEXT, "utf-8")
    assert read_policy(path) == POLICY


@pytest.mark.usefixtures("in_tokyo")
def test_a_date_without_a_zone_is_utc_wherever_the_grader_stands(tmp_path: Path) -> None:
    path = tmp_path / "grading.toml"
    path.write_text("[due]\ndouble = 2026-12-01T23:59:00\n", "utf-8")
    assert read_policy(path).due == {"double": DUE}


def test_without_the_file_nothing_is_late(tmp_path: Path) -> None:
    policy = read_policy(tmp_path / "grading.toml")
    assert policy.penalty("double", datetime.max.replace(tzinfo=UTC), 9) == 0


@pytest.mark.parametrize(
    ("late", "penalty"),
    [
        (timedelta(days=-1), 0),
        (timedelta(minutes=10), 0),
        (timedelta(minutes=11), 0.8),
        (timedelta(days=1), 0.8),
        (timedelta(days=1, seconds=1), 1.6),
        (timedelta(days=90), 4),
    ],
)
def test_each_day_begun_takes_its_part(late: timedelta, penalty: float) -> None:
    assert POLICY.penalty("double", DUE + late, 8) == pytest.approx(penalty)
    assert POLICY.penalty("other", DUE + late, 8) == 0


@given(
    st.floats(0, 1e6),
    st.timedeltas(timedelta(0), timedelta(days=999)),
    st.floats(0, 300),
    st.floats(0, 300),
)
def test_a_penalty_takes_no_more_than_there_is_and_never_shrinks_with_time(
    score: float, late: timedelta, per_day: float, at_most: float
) -> None:
    policy = Policy({"double": DUE}, per_day=per_day, at_most=at_most)
    penalty = policy.penalty("double", DUE + late, score)
    assert 0 <= penalty <= score
    assert penalty <= policy.penalty("double", DUE + late + timedelta(days=1), score)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[due", "is not TOML"),
        ("[deu]\nx = 2026-01-01T00:00:00Z", "`deu` is not known"),
        ("[late]\n\nper_day = 1", r"grading\.toml:3: `per_day` is not known"),
        ('[late]\npercent_per_day = "x"', "`percent_per_day` is not a number"),
        ("[late]\npercent_per_day = nan", "`percent_per_day` is not a number"),
        ("[late]\npercent_per_day = true", "`percent_per_day` is not a number"),
        ("[late]\ngrace_minutes = -1", "`grace_minutes` is not a number"),
        ("[late]\nat_most_percent = inf", "`at_most_percent` is not a number"),
        ("[due]\ndouble = 2026-12-01", r"toml:2: `double` is due at no date and time"),
        ("late = 5\n", r"toml:1: `late` is no section; write \[late\] on a line of its own"),
    ],
)
def test_a_mistake_in_the_file_is_named(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "grading.toml"
    path.write_text(text, "utf-8")
    with pytest.raises(UsageError, match=says) as caught:
        read_policy(path)
    assert str(caught.value).startswith(str(path))


@pytest.mark.parametrize(
    ("stamp", "expected"),
    [
        ("2026-12-01 23:59:00 UTC", DUE),
        ("2026-12-01 23:59:00.000000 UTC\n", DUE),
        ("2026-12-02 00:59:00 Europe/Berlin", DUE),
        ("2026-12-02T00:59:00+01:00", DUE),
        ("2026-12-01 23:59:00", DUE),
    ],
)
def test_nbgrader_s_timestamp_says_when(tmp_path: Path, stamp: str, expected: datetime) -> None:
    (tmp_path / "timestamp.txt").write_text(stamp, "utf-8")
    assert Submission("ada", "double", tmp_path / "double.ipynb").handed_in() == expected


@pytest.mark.parametrize("stamp", ["yesterday", "", "2026-12-01 23:59:00 Nowhere/Land"])
def test_a_date_that_cannot_be_read_is_said(tmp_path: Path, stamp: str) -> None:
    (tmp_path / "timestamp.txt").write_text(stamp, "utf-8")
    with pytest.raises(SubmissionError, match="in timestamp"):
        Submission("ada", "double", tmp_path / "double.ipynb").handed_in()


def test_without_one_it_is_the_file_s_own_date(tmp_path: Path) -> None:
    path = tmp_path / "double.ipynb"
    path.touch()
    assert Submission("ada", "double", path).handed_in().timestamp() == pytest.approx(
        path.stat().st_mtime
    )
