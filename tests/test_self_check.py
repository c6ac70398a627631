"""`autograder try`: what a learner finds out alone; and `catalogue`, what an instructor reads."""

from __future__ import annotations

import json
import os
import subprocess
import sys
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
from autograder.grading.self_check import check_notebook
from autograder.running import run as run_module

if TYPE_CHECKING:
    from collections.abc import Callable
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


# What Python has on no Windows, taken away before anything of ours is imported.
NO_WINDOWS = """
import ctypes, os, select, socket, sys

for module in "crypt fcntl grp nis pty pwd resource spwd syslog termios tty".split():
    sys.modules[module] = None
for name in "fork forkpty geteuid getuid killpg memfd_create setsid O_DIRECTORY".split():
    delattr(os, name)
for name in "AF_UNIX SO_PASSCRED send_fds recv_fds".split():
    delattr(socket, name)
opened = ctypes.CDLL

def opens_no_nameless(name=None, *arguments, **options):
    if name is None:
        raise TypeError("LoadLibrary() argument 1 must be str, not None")
    return opened(name, *arguments, **options)

def selects_sockets_alone(*_):
    raise OSError(10038, "an operation was attempted on something that is not a socket")

ctypes.CDLL, select.select = opens_no_nameless, selects_sockets_alone
"""


@pytest.fixture
def on_windows(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Return what runs a command in a Python that lacks what Windows lacks."""
    (tmp_path / "lacks").mkdir()
    (tmp_path / "lacks" / "sitecustomize.py").write_text(NO_WINDOWS, "utf-8")

    def command(*words: str) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "PYTHONPATH": str(tmp_path / "lacks")}
        line = [sys.executable, "-c", *words]
        return subprocess.run(line, env=environment, capture_output=True, text=True, check=False)

    return command


def fill(path: Path, **answers: str) -> None:
    made = json.loads(path.read_text("utf-8"))
    for cell in made["cells"]:
        cell["source"] = answers.get(cell["id"], cell["source"])
    path.write_text(json.dumps(made), "utf-8")


def test_a_blank_notebook_says_what_is_blank(notebook: Path, numpy_workers: Workers) -> None:
    trial = check_notebook(notebook, numpy_workers)
    assert (trial.given, trial.blank) == ((), ("answer", "why"))
    assert [check.verdict for check in trial.checks] == ["missing"]
    assert trial.hidden == 1
    assert not trial.complete


@pytest.mark.parametrize(
    ("body", "blank"),
    [
        ("    # raise NotImplementedError()\n    return 2 * x", ()),
        ("    return 2 * x\n    raise NotImplementedError()", ()),
        ("    y = 2 * x\n    raise NotImplementedError()", ("answer",)),
    ],
    ids=["in a comment", "behind the answer", "still reached"],
)
def test_an_answer_is_blank_while_its_stub_is_reached(
    notebook: Path, numpy_workers: Workers, body: str, blank: tuple[str, ...]
) -> None:
    fill(notebook, answer=f"def double(x):\n{body}", why="Because.")
    assert check_notebook(notebook, numpy_workers).blank == blank


def test_a_wrong_answer_gets_the_author_s_message(notebook: Path, numpy_workers: Workers) -> None:
    fill(notebook, answer="def double(x):\n    return x")
    trial = check_notebook(notebook, numpy_workers)
    ((tried),) = trial.checks
    assert (tried.verdict, tried.message) == ("failed", "Three doubled is six.")


def test_a_whole_notebook_is_complete_and_its_receipt_is_its_own(
    notebook: Path, numpy_workers: Workers
) -> None:
    fill(notebook, answer="def double(x):\n    return x + x", why="Because.")
    trial = check_notebook(notebook, numpy_workers)
    assert trial.complete
    assert trial.version == release(read_exercise(notebook.with_suffix(".md"))).metadata[
        "exercise"
    ].get("version")
    assert check_notebook(notebook, numpy_workers).receipt == trial.receipt
    fill(notebook, why="Because of it.")
    assert check_notebook(notebook, numpy_workers).receipt != trial.receipt


@pytest.mark.slow
def test_every_exercise_of_the_book_can_be_tried(
    tmp_path: Path, tensorflow_workers: Workers
) -> None:
    exercises, _ = read_exercise_set(ROOT, [])
    for exercise in exercises:
        path = tmp_path / f"{exercise.slug}.ipynb"
        nbformat.write(release(exercise), path)
        trial = check_notebook(path, tensorflow_workers)
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


def test_it_runs_where_the_system_cannot_fork(
    notebook: Path, on_windows: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    start = "import sys, autograder.cli.{} as role; sys.exit(role.main())"
    fill(notebook, answer="def double(x):\n    print('heard')\n    return x + x", why="Because.")
    done = on_windows(start.format("main"), "try", str(notebook))
    assert (done.returncode, done.stderr) == (0, "")
    assert "check shown: passed" in done.stdout
    assert "the checks ran beside the answers, as in Jupyter" in done.stdout
    fill(notebook, answer="def double(x):\n    return x")
    done = on_windows(start.format("learners"), "try", "--json", str(notebook))
    assert done.returncode == 1
    assert json.loads(done.stdout)["checks"][0]["message"] == "Three doubled is six."


def test_what_cannot_do_without_a_fork_says_so(
    notebook: Path, tmp_path: Path, on_windows: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    (tmp_path / "class" / "ada").mkdir(parents=True)
    notebook.rename(tmp_path / "class" / "ada" / "double.ipynb")
    handed_in, marks = str(tmp_path / "class"), str(tmp_path / "marks")
    start = "import sys, autograder.cli.main as role; sys.exit(role.main())"
    done = on_windows(start, "grade", handed_in, "--exercises", str(tmp_path), "--to", marks)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "run the command on Linux or macOS (on Windows: in WSL)" in done.stderr


@pytest.mark.slow
def test_without_a_fork_an_answer_may_crash_or_never_end(
    notebook: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(notebook, answer="def double(x):\n    __import__('os')._exit(0)")
    assert [tried.verdict for tried in check_notebook(notebook, None).checks] == ["crash"]
    monkeypatch.setattr(run_module, "_RUN_SECONDS", 0.5)
    fill(notebook, answer="def double(x):\n    while True: pass")
    assert [tried.verdict for tried in check_notebook(notebook, None).checks] == ["timeout"]


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


def test_a_module_that_cannot_be_imported_ahead_is_imported_by_its_cell(
    notebook: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    packages = tmp_path / "site-packages"
    packages.mkdir()
    threaded = "import threading, time\nthreading.Thread(target=time.sleep, args=(9,)).start()\n"
    (packages / "opens_threads.py").write_text(threaded, "utf-8")
    monkeypatch.syspath_prepend(packages)
    monkeypatch.setenv("PYTHONPATH", str(packages))
    fill(notebook, answer="import opens_threads\ndef double(x):\n    return 2 * x", why="Two.")
    code = cli.main(["try", str(notebook)])
    assert (code, "answer answer: given" in capsys.readouterr().out) == (0, True)
