"""The table of contents and the sources, held against each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from book import ROOT
from sources import FRONT, check

from autograder.exceptions import AutograderError
from autograder.format.exercise_set import SOURCE_FOLDER, exercise_slugs, read_exercise_set
from website.build.table_of_contents import find_mismatches, handwritten_pages, listed_pages

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

TOC = """\
format: jb-book
root: intro
parts:
  - caption: One
    chapters:
      - file: chapters/one.md
        title: file
        sections:
          - file: exercises/release/first
          - file: exercises/release/second.md
      - url: https://example.org
  - caption: Two
    chapters:
      - file: chapters/absent
      - file: chapters/two
"""
ABSENT = "_toc.yml:14: there is no page `chapters/absent`; write chapters/absent.md, or take the "
ABSENT += "line out"


@pytest.fixture
def add(book: Path) -> Callable[..., None]:
    """Write sources by name."""

    def write(*names: str, text: str = FRONT + check("assert True")) -> None:
        for name in names:
            (book / "exercises" / "source" / name).write_text(text, "utf-8")

    return write


@pytest.fixture
def full(book: Path) -> Path:
    (book / "_toc.yml").write_text(TOC, "utf-8")
    for name in ("intro.md", "chapters/one.md", "chapters/two.md"):
        (book / name).touch()
    (book / "exercises" / "release").mkdir()
    (book / "exercises" / "release" / "second.md").touch()
    return book


# ---- contents


def test_the_pages_are_those_listed_that_exist_in_their_order(full: Path) -> None:
    assert listed_pages(full) == [
        "intro.md",
        "chapters/one.md",
        "exercises/release/second.md",
        "chapters/two.md",
    ]


def test_the_chapters_are_the_pages_written_by_hand(full: Path) -> None:
    assert handwritten_pages(full) == ["intro.md", "chapters/one.md", "chapters/two.md"]


def test_a_page_whose_name_merely_begins_like_an_exercise_is_a_chapter(book: Path) -> None:
    name = "exercises/release_notes"
    (book / "_toc.yml").write_text(f"root: intro\nchapters:\n  - file: {name}\n", "utf-8")
    (book / f"{name}.md").touch()
    assert handwritten_pages(book) == ["intro.md", f"{name}.md"]
    assert find_mismatches(book, []) == []


def test_an_exercise_that_does_not_exist_names_its_line(full: Path) -> None:
    assert find_mismatches(full, ["second"]) == [
        (
            "_toc.yml:9: there is no exercise `first`; write exercises/source/first.md, or take "
            "the line out"
        ),
        ABSENT,
    ]


def test_a_forgotten_exercise_names_the_line_to_add(full: Path) -> None:
    assert find_mismatches(full, ["first", "second", "third"]) == [
        "_toc.yml:1: exercise `third` is on no page; add `- file: exercises/release/third`",
        ABSENT,
    ]


def test_a_page_that_is_in_no_file_names_its_line(full: Path) -> None:
    assert find_mismatches(full, ["second", "first"]) == [ABSENT]
    (full / "chapters" / "absent.md").touch()
    assert find_mismatches(full, ["second", "first"]) == []


def test_a_notebook_listed_by_its_full_name_is_the_same_exercise(book: Path) -> None:
    text = "root: intro\nchapters:\n  - file: exercises/release/one.ipynb\n"
    (book / "_toc.yml").write_text(text, "utf-8")
    assert find_mismatches(book, ["one"]) == []


def test_empty_contents_list_nothing(book: Path) -> None:
    (book / "_toc.yml").write_text("# nothing\n", "utf-8")
    assert listed_pages(book) == []
    assert find_mismatches(book, []) == []


@pytest.mark.parametrize(
    "text", ["root: [intro\n", "root: intro\nchapters:\n  - file: [a]\n", None]
)
def test_contents_that_cannot_be_read_name_the_file_and_the_remedy(
    book: Path, text: str | None
) -> None:
    toc = book / "_toc.yml"
    toc.unlink() if text is None else toc.write_text(text, "utf-8")
    with pytest.raises(AutograderError, match=r"_toc\.yml.*; "):
        listed_pages(book)


def test_the_book_s_own_contents_agree_with_its_sources() -> None:
    assert find_mismatches(ROOT, exercise_slugs(ROOT / SOURCE_FOLDER)) == []


# ---- shelf


def test_the_slugs_are_the_names_of_the_sources(book: Path, add: Callable[..., None]) -> None:
    add("b.md", "a.ipynb", "a.md", "notes.txt")
    assert exercise_slugs(book / SOURCE_FOLDER) == ["a", "b"]


def test_exercises_come_in_order_of_their_slug_with_their_path_in_the_book(
    book: Path, add: Callable[..., None]
) -> None:
    add("b.md", "a.md")
    exercises, errors = read_exercise_set(book)
    assert [(e.slug, e.path) for e in exercises] == [
        ("a", "exercises/source/a.md"),
        ("b", "exercises/source/b.md"),
    ]
    assert errors == ()


def test_only_those_named_are_read(book: Path, add: Callable[..., None]) -> None:
    add("a.md", "b.md")
    add("broken.md", text="")
    exercises, errors = read_exercise_set(book, ["b"])
    assert ([e.slug for e in exercises], errors) == (["b"], ())


def test_a_broken_source_hides_no_other(book: Path, add: Callable[..., None]) -> None:
    add("a.md", "c.md")
    add("b.md", text=FRONT)
    exercises, errors = read_exercise_set(book)
    assert [e.slug for e in exercises] == ["a", "c"]
    (error,) = errors
    assert str(error).startswith("exercises/source/b.md:1: has no checks; add")


def test_an_unknown_name_lists_the_known_ones(book: Path, add: Callable[..., None]) -> None:
    add("a.md", "b.md")
    exercises, (error,) = read_exercise_set(book, ["c"])
    assert exercises == ()
    assert str(error) == ("exercises/source: there is no exercise `c`; the exercises are a, b")


def test_an_unknown_name_in_an_empty_book(book: Path) -> None:
    _, (error,) = read_exercise_set(book, ["c"])
    assert str(error).endswith("the exercises are none at all")


def test_two_sources_of_one_name(book: Path, add: Callable[..., None]) -> None:
    add("a.md")
    add(
        "a.ipynb",
        text=(
            '{"cells": [{"cell_type": "code", "execution_count": null, "id": "c", "outputs": [], '
            '"source": "assert 1", "metadata": {"nbgrader": {"grade_id": "c", "grade": true, '
            '"points": 1}}}], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}'
        ),
    )
    (kept,), (error,) = read_exercise_set(book)
    assert kept.path == "exercises/source/a.ipynb"
    assert str(error) == (
        "exercises/source/a.md:1: exercises/source/a.ipynb has the same name; rename one of them: "
        "the file name is the exercise's name"
    )


def test_a_chapter_that_is_not_there(book: Path, add: Callable[..., None]) -> None:
    text = FRONT.replace("  kind: graded", "  kind: graded\n  chapter: chapters/none")
    add("a.md", text=text + check("assert True"))
    _, (error,) = read_exercise_set(book)
    assert str(error) == (
        "exercises/source/a.md:1: there is no chapter `chapters/none`; write `chapter: "
        "chapters/<name>` in the front matter"
    )
    (book / "chapters" / "none.md").touch()
    assert read_exercise_set(book)[1] == ()
