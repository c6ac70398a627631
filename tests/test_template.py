"""The templates of `autograder new`: they hold as they stand, and overwrite nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from autograder.exceptions import UsageError
from autograder.format.exercise_set import SOURCE_FOLDER
from autograder.format.release import release, release_text
from autograder.format.source import read_exercise
from autograder.format.template import new_exercise
from autograder.verification.verify import verify_exercise_set

if TYPE_CHECKING:
    from pathlib import Path

    from autograder.running.run import Workers


@pytest.mark.parametrize("widget", [False, True])
def test_a_template_holds_and_its_comments_are_for_the_author(
    book: Path, numpy_workers: Workers, *, widget: bool
) -> None:
    path = new_exercise(book / SOURCE_FOLDER, "order_rows", widget=widget)
    exercise = read_exercise(path)
    (found,) = verify_exercise_set(
        [exercise], numpy_workers, book / "cache", progress=lambda _: None
    )
    assert found.misses == ()
    assert exercise.title == "Order rows"
    assert len(exercise.wrong_answers) >= 2
    text = release_text(release(exercise))
    for line in path.read_text("utf-8").splitlines():
        if line.startswith("# ") and line != "# Order rows":
            assert line not in text


@pytest.mark.parametrize("slug", ["Rows", "a-b", "../a", "", "1st", "a" * 65])
def test_a_name_that_no_exercise_can_have_is_refused(book: Path, slug: str) -> None:
    with pytest.raises(UsageError, match="use small letters"):
        new_exercise(book / SOURCE_FOLDER, slug)


def test_what_is_there_is_not_overwritten(book: Path) -> None:
    (book / "exercises" / "source" / "taken.ipynb").write_text("mine", "utf-8")
    with pytest.raises(UsageError, match="there is an exercise `taken` already"):
        new_exercise(book / SOURCE_FOLDER, "taken")
    assert [p.name for p in (book / "exercises" / "source").iterdir()] == ["taken.ipynb"]
