"""`autograder try`: what a learner finds out alone; and `catalogue`, what an instructor reads."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import nbformat
import pytest
from book import ROOT
from sources import CASES, FRONT, answer, check, code, wrong

from autograder.cli import main as cli
from autograder.format.catalogue import catalogue_markdown
from autograder.format.exercise_set import read_exercise_set
from autograder.format.release import release
from autograder.format.source import read_exercise
from autograder.grading.self_check import try_out

if TYPE_CHECKING:
    from pathlib import Path

    from autograder.running.run import Workers

ESSAY = '+++ {"grade_id": "why", "grade": true, "solution": true, "points": 2}\n\nWhy?\n\n+++\n\n'
SOURCE = "".join(
    [
        FRONT,
        "# Double\n\n",
        code("import math", grade_id="setup"),
        answer("def double(x):\n    ### BEGIN SOLUTION\n    return 2 * x\n    ### END SOLUTION"),
        check("assert double(3) == 6, 'Three doubled is six.'", "shown"),
        check("### BEGIN HIDDEN TESTS\nassert double(4) == 8\n### END HIDDEN TESTS", "hidden"),
        ESSAY,
        wrong("def double(x):\n    return x ** 2", "squared|off", "hidden", message="Squared."),
    ]
)


@pytest.fixture
def notebook(tmp_path: Path) -> Path:
    """Release the exercise; return the learner's file."""
    (tmp_path / "double.md").write_text(SOURCE, "utf-8")
    path = tmp_path / "double.ipynb"
    nbformat.write(release(read_exercise(tmp_path / "double.md")), path)
    return path


def fill(path: Path, **answers: str) -> None:
    made = json.loads(path.read_text("utf-8"))
    for cell in made["cells"]:
        cell["source"] = answers.get(cell["id"], cell["source"])
    path.write_text(json.dumps(made), "utf-8")


def test_a_blank_notebook_says_what_is_blank(notebook: Path, numpy_workers: Workers) -> None:
    trial = try_out(notebook, numpy_workers)
    assert (trial.given, trial.blank) == ((), ("answer", "why"))
    assert [check.verdict for check in trial.checks] == ["missing"]
    assert trial.hidden == 1
    assert not trial.complete


def test_a_wrong_answer_gets_the_author_s_message(notebook: Path, numpy_workers: Workers) -> None:
    fill(notebook, answer="def double(x):\n    return x")
    trial = try_out(notebook, numpy_workers)
    ((tried),) = trial.checks
    assert (tried.verdict, tried.message) == ("failed", "Three doubled is six.")


def test_a_whole_notebook_is_complete_and_its_receipt_is_its_own(
    notebook: Path, numpy_workers: Workers
) -> None:
    fill(notebook, answer="def double(x):\n    return x + x", why="Because.")
    trial = try_out(notebook, numpy_workers)
    assert trial.complete
    assert trial.version == release(read_exercise(notebook.with_suffix(".md"))).metadata[
        "exercise"
    ].get("version")
    assert try_out(notebook, numpy_workers).receipt == trial.receipt
    fill(notebook, why="Because of it.")
    assert try_out(notebook, numpy_workers).receipt != trial.receipt


@pytest.mark.slow
def test_every_exercise_of_the_book_can_be_tried(
    tmp_path: Path, tensorflow_workers: Workers
) -> None:
    exercises, _ = read_exercise_set(ROOT, [])
    for exercise in exercises:
        path = tmp_path / f"{exercise.slug}.ipynb"
        nbformat.write(release(exercise), path)
        trial = try_out(path, tensorflow_workers)
        assert "infrastructure" not in {tried.verdict for tried in trial.checks}, exercise.slug
        assert not trial.given, exercise.slug
        assert not trial.complete, exercise.slug


def test_the_command_prints_a_receipt(notebook: Path, capsys: pytest.CaptureFixture[str]) -> None:
    fill(notebook, answer="def double(x):\n    return x + x", why="Because.")
    assert cli.main(["try", str(notebook)]) == 0
    told = capsys.readouterr().out
    assert "answer answer: given" in told
    assert "check shown: passed" in told
    assert "1 hidden check runs when it is graded" in told
    assert cli.main(["try", "--json", str(notebook)]) == 0
    assert json.loads(capsys.readouterr().out)["blank"] == []


def test_a_file_that_is_not_there_or_broken_is_named(
    notebook: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["try", "nowhere.ipynb"]) == 2
    assert "nowhere.ipynb: is no file" in capsys.readouterr().err
    fill(notebook, answer="def double(x:")
    assert cli.main(["try", str(notebook)]) == 1
    assert "cell 3, line 1: is not Python" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "is empty; save the notebook"),
        (b"\xff\xfe", "is not a notebook (no valid JSON)"),
        (b"{}", "is not a notebook of format 4"),
        (
            b'{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": []}',
            "holds no exercise;",
        ),
    ],
)
def test_a_file_that_is_no_exercise_is_named_in_a_learner_s_words(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes, says: str
) -> None:
    path = tmp_path / "mine.ipynb"
    path.write_bytes(content)
    assert cli.main(["try", str(path)]) == 2
    said = capsys.readouterr().err
    assert said.startswith(f"{path}: {says}")
    assert said.count("\n") == 1


def test_the_catalogue_names_checks_and_mistakes(notebook: Path) -> None:
    text = catalogue_markdown([read_exercise(notebook.with_suffix(".md"))])
    assert "1 graded, 4 points" in text
    assert "| hidden | 1 | no |" in text
    assert "| shown | 1 | yes |" in text
    assert "| squared\\|off | `hidden` | Squared. |" in text


def test_the_catalogue_of_every_kind_of_cell_can_be_printed() -> None:
    assert "##" in catalogue_markdown([read_exercise(CASES / "everything.md")])
