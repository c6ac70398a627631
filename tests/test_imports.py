"""What workers import first and what a sandbox shows: read out of the code that they will run."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import pytest
from book import ROOT
from sources import Read, answer, check, code, wrong

from autograder.cli.main import main
from autograder.format.imports import code_cells_of, imports_of, installed_modules, own_modules
from autograder.running.preload import JUDGE, preload_of

if TYPE_CHECKING:
    from pathlib import Path

SIMPLE = (answer("def f(x):\n    return x"), check("assert f(1) == 1"))


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make modules of a book's own: a package, and a module that it imports."""
    (tmp_path / "shop_parts").mkdir()
    (tmp_path / "shop_parts/__init__.py").write_text("import shop_words\n", "utf-8")
    (tmp_path / "shop_words.py").write_text("import sqlite3, numpy\n", "utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    return tmp_path


def test_imports_are_found_where_they_run() -> None:
    source = """\
%matplotlib inline
import a, b.c as d
from e.f import g
if TYPE_CHECKING:
    import never
def later():
    from . import neither
    import h
"""
    assert imports_of(source) == ("a", "b.c", "e.f", "e.f.g", "h")


def test_code_that_is_no_python_imports_nothing() -> None:
    assert imports_of("import a\ndef (") == ()


def test_a_module_is_named_as_deep_as_it_is_one_and_nothing_is_imported() -> None:
    before = set(sys.modules)
    found = installed_modules(
        [
            "import sqlite3, no_such_module",
            "from sklearn.datasets import load_iris",
            "import tensorflow.keras.layers\nimport matplotlib.pyplot as plt, sklearn.datasets",
        ]
    )
    assert found == ["sklearn.datasets", "tensorflow", "matplotlib.pyplot"]
    assert not {"tensorflow", "sklearn.datasets"} & (set(sys.modules) - before)


def test_a_book_s_own_modules_are_not_among_the_installed(shop: Path) -> None:
    assert (shop / "shop_parts").is_dir()
    assert installed_modules(["import shop_parts, autograder.checks, json"]) == []


def test_widgets_of_jupyter_are_left_to_the_kernel() -> None:
    assert installed_modules(["from ipywidgets import interact"]) == []


def test_workers_import_what_every_part_of_an_exercise_imports(read: Read) -> None:
    exercise = read(
        code("import numpy as np"),
        answer("def f(x):\n    import jinja2\n    return x"),
        check("import yaml\nassert f(1) == 1"),
        wrong("import sqlalchemy\ndef f(x):\n    return 2", "two"),
    )
    assert preload_of([exercise]) == ("numpy", "jinja2", "yaml", "sqlalchemy", *JUDGE)
    assert preload_of([exercise], ["numpy"]) == ("numpy", *JUDGE)


def test_an_exercise_that_imports_nothing_asks_for_nothing(read: Read) -> None:
    assert preload_of([read(*SIMPLE)]) == JUDGE


def test_a_sandbox_shows_a_book_s_own_modules_and_what_they_import(shop: Path, read: Read) -> None:
    exercise = read(code("import shop_parts, numpy"), *SIMPLE)
    assert own_modules([exercise]) == [shop / "shop_parts", shop / "shop_words.py"]
    assert own_modules([read(*SIMPLE)]) == []


def test_the_widgets_of_an_exercise_are_shown() -> None:
    from autograder.format.source import read_exercise  # noqa: PLC0415

    exercise = read_exercise(ROOT / "exercises/source/and_by_hand.md")
    assert own_modules([exercise]) == [ROOT / "widgets"]


def test_cells_are_found_in_texts_and_notebooks(tmp_path: Path) -> None:
    text = tmp_path / "a.md"
    text.write_text(code("import a", tags=["hide-input"]) + "import no\n\n" + code("import b"))
    assert [imports_of(cell) for cell in code_cells_of(text)] == [("a",), ("b",)]
    cells = [{"cell_type": kind, "source": ["import c\n"]} for kind in ("code", "markdown")]
    notebook = tmp_path / "a.ipynb"
    notebook.write_text(json.dumps({"cells": cells}), "utf-8")
    assert code_cells_of(notebook) == ["import c\n"]
    notebook.write_text("{}", "utf-8")
    assert code_cells_of(notebook) == code_cells_of(tmp_path / "none.md") == []


def test_sources_inside_of_what_answers_may_read_are_refused(
    shop: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sources = shop / "shop_parts/exercises"
    (sources / "x").mkdir(parents=True)
    assert main(["new", "mine", "--exercises", str(sources)]) == 0
    path = sources / "mine.md"
    path.write_text(path.read_text("utf-8").replace("import numpy as np", "import shop_parts"))
    (shop / "in/ada").mkdir(parents=True)
    (shop / "in/ada/mine.ipynb").write_text("{}", "utf-8")
    where = ["--exercises", str(sources), "--to", str(shop / "out")]
    assert main(["grade", str(shop / "in"), *where]) == 2
    assert "shop_parts: exercises import it, and it holds their sources" in capsys.readouterr().err
