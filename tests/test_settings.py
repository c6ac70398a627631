"""What a book says in its `_config.yml`: every setting has a default, and errors name the file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from book import ROOT
from sources import CASES, FRONT, answer, check, code

from autograder.exceptions import AutograderError
from autograder.running.preload import JUDGE
from website.build.settings import (
    BookSettings,
    book_name,
    preload_of_book,
    read_configuration,
    read_settings,
)
from website.pages.edition import edition_name

if TYPE_CHECKING:
    from pathlib import Path

KERNEL = "ipykernel.kernelapp"


def test_a_book_that_says_nothing_has_defaults(book: Path) -> None:
    assert read_settings(book) == BookSettings()
    (book / "_config.yml").write_text("title: Sums\n", "utf-8")
    assert read_settings(book) == BookSettings("exercises/source", "exercises/release", (), "")


def test_a_book_says_where_its_exercises_are() -> None:
    found = read_settings(CASES / "sql_book")
    assert (found.exercises, found.release) == ("tasks", "pages/tasks")


@pytest.mark.parametrize("text", ["title: [", "- a list\n"])
def test_a_configuration_that_cannot_be_read_names_the_file(book: Path, text: str) -> None:
    (book / "_config.yml").write_text(text, "utf-8")
    with pytest.raises(AutograderError, match=r"_config\.yml: is no"):
        read_settings(book)


def test_files_are_called_as_the_book_is(book: Path) -> None:
    title = read_configuration(ROOT)["title"]
    assert book_name(read_settings(ROOT), title) == "logits-layer-by-layer"
    assert book_name(BookSettings(name="sql"), "SQL for Beginners") == "sql"
    assert edition_name(book, BookSettings(), "SQL for Beginners!") == "sql-for-beginners"
    (book / "pyproject.toml").write_text('[project]\nversion = "2.1"\n', "utf-8")
    assert edition_name(book, BookSettings(), "SQL for Beginners!") == "sql-for-beginners-2.1"


def test_workers_of_a_book_import_what_its_pages_and_exercises_do(book: Path) -> None:
    assert preload_of_book(book, BookSettings()) == (KERNEL, *JUDGE)
    (book / "intro.md").write_text(FRONT + code("import jinja2"), "utf-8")
    source = FRONT + answer("import yaml") + check("assert yaml")
    (book / "exercises/source/a.md").write_text(source, "utf-8")
    assert preload_of_book(book, BookSettings()) == (KERNEL, "jinja2", "yaml", *JUDGE)
    assert preload_of_book(book, BookSettings(preload=("json",))) == (KERNEL, "json", *JUDGE)


def test_a_book_without_contents_is_left_to_the_gate(book: Path) -> None:
    (book / "_toc.yml").unlink()
    assert preload_of_book(book, BookSettings()) == (KERNEL, *JUDGE)
