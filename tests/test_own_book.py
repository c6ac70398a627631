"""A book of somebody else's: SQL, no NumPy in its exercises, no widgets, and no TensorFlow at all.

It is built, gated, released and graded in an environment that holds what the project declares.
"""

from __future__ import annotations

import csv
import json
import shutil
import subprocess
import sys
import tempfile
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import TYPE_CHECKING

import nbformat
import pytest
from book import ROOT
from environments import declared, make_environment, needed
from sources import CASES

from autograder.format.imports import code_cells_of, imports_of

if TYPE_CHECKING:
    from collections.abc import Iterator

BUILD = "import sys; from jupyter_book.cli.main import main; sys.exit(main())"
SOLVED = 'query = "SELECT title FROM books WHERE year < 1900 ORDER BY year"'
UNORDERED = SOLVED.replace(" ORDER BY year", "")


class OwnBook:
    """The book in a folder of its own, and the Python of an environment that is its own too."""

    def __init__(self, root: Path, python: Path) -> None:
        self.root = root
        self._python = python
        shutil.copytree(CASES / "sql_book", root)

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run ``python WORDS`` in the book's folder."""
        command = [str(self._python), *words]
        return subprocess.run(command, cwd=self.root, capture_output=True, text=True, check=False)

    def autograder(self, *words: str) -> str:
        """Run a command of the engine, and return what it printed."""
        done = self.run("-m", "autograder", *words)
        assert done.returncode == 0, f"{words}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def build(self) -> subprocess.CompletedProcess[str]:
        """Do what ``jupyter-book build .`` does."""
        return self.run("-c", BUILD, "build", ".")

    def hand_in(self, student: str, source: str) -> None:
        """Put a learner's notebook where a class's are collected."""
        notebook = nbformat.read(self.root / "handout/old_books.ipynb", as_version=4)
        (cell,) = [cell for cell in notebook.cells if cell.id == "query"]
        cell.source = source
        path = self.root / "handed-in" / student / "old_books.ipynb"
        path.parent.mkdir(parents=True)
        nbformat.write(notebook, path)


@pytest.fixture(scope="module")
def python() -> Iterator[Path]:
    """Make the environment, beside the one that runs the tests: its packages are hard links."""
    with tempfile.TemporaryDirectory(prefix="own-book-", dir=sys.prefix) as folder:
        yield make_environment(Path(folder), "site")


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory, python: Path) -> OwnBook:
    return OwnBook(tmp_path_factory.mktemp("own") / "book", python)


@pytest.fixture(scope="module")
def built(own: OwnBook) -> OwnBook:
    done = own.build()
    assert done.returncode == 0, done.stdout + done.stderr
    return own


@pytest.mark.slow
@pytest.mark.parametrize("module", ["tensorflow", "keras", "sklearn"])
def test_its_environment_has_no(own: OwnBook, module: str) -> None:
    assert f"No module named '{module}'" in own.run("-c", f"import {module}").stderr


@pytest.mark.slow
def test_it_is_built_with_its_exercises(built: OwnBook) -> None:
    site = built.root / "_build/html"
    page = (site / "pages/tasks/old_books.html").read_text("utf-8")
    assert "2 plausible wrong answers were each caught" in page
    assert "ORDER BY year" not in page
    assert "1931 The Waves" in (site / "chapters/select.html").read_text("utf-8")
    assert "3 points, about 5 minutes" in (site / "chapters/select.html").read_text("utf-8")


@pytest.mark.slow
def test_its_gate_holds_a_broken_exercise_back(built: OwnBook) -> None:
    path = built.root / "tasks/old_books.md"
    whole = path.read_text("utf-8")
    path.write_text(whole.replace('"Emma", "Moby-Dick"], "Which', '"Emma"], "Which'), "utf-8")
    try:
        done = built.build()
    finally:
        path.write_text(whole, "utf-8")
    assert done.returncode != 0
    said = done.stderr.rstrip().splitlines()
    assert said[-2].startswith("The book was not built: 1 thing to mend.")
    assert "tasks/old_books.md:" in said[-1]
    assert "check `titles`: the solution does not pass (failed)" in said[-1]


@pytest.mark.slow
def test_its_class_is_graded(own: OwnBook) -> None:
    assert own.autograder("verify", "--exercises", "tasks").count(": holds (2 checks") == 2
    own.autograder("release", "--exercises", "tasks", "--to", "handout")
    own.hand_in("ada", SOLVED)
    own.hand_in("bob", UNORDERED)
    own.autograder("grade", "handed-in", "--exercises", "tasks", "--to", "marks")
    with (own.root / "marks/grades.csv").open(encoding="utf-8") as file:
        marks = {row["student_id"]: float(row["score"]) for row in csv.DictReader(file)}
    assert marks == {"ada": 3, "bob": 1}
    report = json.loads((own.root / "marks/reports/bob/old_books.json").read_text("utf-8"))
    assert report["tests"][1]["misconception"].startswith("You left the order to the database")


@pytest.mark.slow
def test_its_learners_try_what_they_hand_in(own: OwnBook) -> None:
    own.autograder("release", "--exercises", "tasks", "--to", "tried")
    done = own.run("-m", "autograder", "try", "tried/search_titles.ipynb")
    assert done.returncode == 1
    assert "answer search: blank" in done.stdout


def test_its_exercises_import_neither_numpy_nor_a_widget() -> None:
    cells = [cell for path in (CASES / "sql_book").rglob("*.md") for cell in code_cells_of(path)]
    assert {name for cell in cells for name in imports_of(cell)} == {"sqlite3"}


@pytest.mark.slow
def test_what_the_packages_import_is_declared() -> None:
    ours = {"autograder", "website", "widgets", "inpage"}
    optional = {"distributed", "tensorflow"}  # extras, which say so where they are missing
    homes = packages_distributions()
    engine, site = (needed(declared(*extras)).keys() for extras in ((), ("site",)))
    for package, brought in (("autograder", engine), ("website", site), ("widgets", site)):
        for path in (ROOT / package).rglob("*.py"):
            for name in imports_of(path.read_text("utf-8")):
                top = name.partition(".")[0]
                if top not in ours | optional | sys.stdlib_module_names:
                    assert {home.lower() for home in homes[top]} & brought, f"{path}: {name}"
