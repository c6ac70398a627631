"""What is taken from a class's folder and from a notebook, and what is not."""

from __future__ import annotations

import contextlib
import json
import os
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest
from sources import answer, check

from autograder.exceptions import SubmissionError
from autograder.grading.submission import Notebook, Submission, digest_of, find_submissions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sources import Read


WIDGET = answer("answer = 1", widget="Weights.missing_bias", start={"b": 0.0, "w1": 0.0, "w2": 0.0})
CHECK = check("assert answer == 1, 'One.'")


def cell(source: str, grade_id: str = "answer", kind: str = "code") -> dict[str, object]:
    return {
        "cell_type": kind,
        "source": source,
        "metadata": {"nbgrader": {"grade_id": grade_id}},
    }


def notebook(*cells: dict[str, object]) -> bytes:
    return json.dumps({"nbformat": 4, "cells": cells}).encode()


@contextlib.contextmanager
def as_nobody() -> Iterator[None]:
    """Give up root's right to read everything, where the tests run as root."""
    before = os.geteuid()
    if before == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(before)


def test_a_folder_that_cannot_be_looked_into_is_reported() -> None:
    with TemporaryDirectory() as folder:  # pytest's own is closed to others
        for student, mode in (("open", 0o755), ("closed", 0)):
            (Path(folder) / student).mkdir()
            (Path(folder) / student / "double.ipynb").touch()
            (Path(folder) / student).chmod(mode)
        Path(folder).chmod(0o755)
        with as_nobody():
            found = list(find_submissions(Path(folder)))
    assert {(s.student, s.exercise) for s in found} == {("open", "double"), ("closed", "(folder)")}


def test_a_widget_s_answer_is_read_as_it_was_handed_in(read: Read) -> None:
    """It may be an expression, which nothing in the grader's own process parses."""
    exercise = read(WIDGET, CHECK)
    for text in ("answer = {'b': 1 / 2}", "answer = " + "[" * 10**6, ""):
        assert Notebook.of(notebook(cell(text))).answers(exercise) == {"answer": text}


def found(folder: Path, *names: str) -> list[tuple[str, str]]:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    return [(s.student, s.exercise) for s in find_submissions(folder)]


def test_nbgrader_s_folder_is_passed_over_where_the_notebook_lies_beside_it(tmp_path: Path) -> None:
    names = found(tmp_path, "ada/double/double.ipynb", "ada/double/more.ipynb", "bo/double.ipynb")
    assert names == [("ada", "double"), ("ada", "double/more"), ("bo", "double")]
    both = found(tmp_path, "ada/double.ipynb")
    assert both == [
        *(("ada", "double/double"), ("ada", "double/more"), ("ada", "double")),
        ("bo", "double"),
    ]


def test_hidden_and_other_files_are_no_submissions(tmp_path: Path) -> None:
    names = (".ipynb_checkpoints/double", "ada/.double", "ada/.git/double", "ada/week/.double")
    assert found(tmp_path, *(f"{name}.ipynb" for name in names), "ada/notes.txt", "x.ipynb") == []


def test_a_linked_folder_is_nobody_s(tmp_path: Path) -> None:
    (tmp_path / "class").mkdir()
    assert found(tmp_path, "elsewhere/double.ipynb") == [("elsewhere", "double")]
    (tmp_path / "class" / "eve").symlink_to(tmp_path / "elsewhere")
    assert found(tmp_path / "class") == []


def test_two_names_never_become_one(tmp_path: Path) -> None:
    names = {student for student, _ in found(tmp_path, "a\nb/x.ipynb", "a\\nb/x.ipynb")}
    assert names == {"a\\nb", "a\\\\nb"}


def test_a_code_cell_is_the_answer_before_any_text(read: Read) -> None:
    exercise = read(answer("x = 1"), check("assert x == 1, 'One.'"))
    given = notebook(cell("x = 2", kind="markdown"), cell("x = 1"), cell("x = 3", "other"))
    assert Notebook.of(given).answers(exercise) == {"answer": "x = 1"}


def test_an_id_is_a_name_only_where_no_metadata_has_that_name(read: Read) -> None:
    exercise = read(answer("x = 1"), check("assert x == 1, 'One.'"))
    bare: dict[str, object] = {
        "cell_type": "code",
        "source": "x = 2",
        "metadata": {},
        "id": "answer",
    }
    assert Notebook.of(notebook(bare)).answers(exercise) == {"answer": "x = 2"}
    assert Notebook.of(notebook(bare, cell("x = 1"))).answers(exercise) == {"answer": "x = 1"}
    other = cell("x = 3", "other") | {"id": "answer"}
    assert Notebook.of(notebook(other)).answers(exercise) == {}


def test_of_a_widget_s_cells_the_last_that_was_moved_counts(read: Read) -> None:
    exercise = read(WIDGET, CHECK)
    (start,) = (one.start_source for one in exercise.answers)
    cells = (cell(start), cell("answer = 2"), cell("answer = 1"), cell(start))
    assert Notebook.of(notebook(*cells)).answers(exercise) == {"answer": "answer = 1"}


def test_endings_may_be_capitals_and_folders_may_have_dots(tmp_path: Path) -> None:
    names = found(
        tmp_path,
        *("ada/week1.IPYNB", "ada/week1.1/week1.1.ipynb", "bo/week1.ipynb", "bo/week1.IPYNB"),
        *("cy/a.json/b.ipynb", "cy/a.ipynb"),
    )
    assert names == [
        *(("ada", "week1.1"), ("ada", "week1"), ("bo", "week1.IPYNB"), ("bo", "week1")),
        *(("cy", "a"), ("cy", "a.json/b")),
    ]


@pytest.mark.parametrize("content", [b"\xff\xfe2", b"0001-01-01 00:00:00+14:00", b"x" * 2**21])
def test_a_date_of_any_bytes_is_a_problem_of_its_submission_alone(
    tmp_path: Path, content: bytes
) -> None:
    (tmp_path / "timestamp.txt").write_bytes(content)
    with pytest.raises(SubmissionError, match="has a date that cannot be read"):
        Submission("ada", "double", tmp_path / "double.ipynb").handed_in()


def test_a_date_is_read_out_of_no_other_file(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("the hidden answer", "utf-8")
    (tmp_path / "timestamp.txt").symlink_to(tmp_path / "secret")
    with pytest.raises(SubmissionError) as caught:
        Submission("ada", "double", tmp_path / "double.ipynb").handed_in()
    assert "hidden" not in str(caught.value)
    (tmp_path / "timestamp.txt").unlink()
    os.mkfifo(tmp_path / "timestamp.txt")  # nobody will ever write to it
    with pytest.raises(SubmissionError):
        Submission("ada", "double", tmp_path / "double.ipynb").handed_in()


@pytest.mark.parametrize("seconds", [10**12, -(10**12), 10**15])
def test_a_file_of_no_calendar_s_date_is_of_today(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seconds: int
) -> None:
    # Not every disk can hold such a date.
    told = os.stat_result((0, 0, 0, 0, 0, 0, 0, 0, seconds, 0))
    monkeypatch.setattr(Path, "lstat", lambda _: told)
    assert Submission("ada", "double", tmp_path / "double.ipynb").handed_in().year >= 2026


def test_parts_of_a_digest_do_not_run_into_one_another() -> None:
    assert (
        len({digest_of(*parts) for parts in ((b"ab",), (b"a", b"b"), (b"", b"ab"), (b"ab", b""))})
        == 4
    )
