"""Reading a source: what it yields, and for each mistake the file, the line and the remedy."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import nbformat
import pytest
from book import ROOT
from sources import CASES, FRONT, answer, check, code, line_of, wrong

from autograder.exceptions import SourceError
from autograder.format.source import read_exercise

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from nbformat import NotebookNode
    from sources import Read

    from autograder.format.source import Cell, WrongAnswer

CHECK = check("assert True")


def refusal(read: Read, *cells: str, front: str = FRONT) -> str:
    with pytest.raises(SourceError) as caught:
        read(*cells, front=front)
    return str(caught.value)


def line_in(needle: str, *cells: str, front: str = FRONT) -> int:
    return line_of(front + "".join(cells), needle)


# ---- what a good source yields


def test_everything_that_a_source_may_hold() -> None:
    exercise = read_exercise(CASES / "everything.md")
    kinds = [(cell.kind, cell.grade_id) for cell in exercise.cells if cell.grade_id]
    assert kinds == [
        ("code", "setup"),
        ("answer", "double"),
        ("answer", "halve"),
        ("check", "visible"),
        ("check", "hidden"),
        ("written", "why"),
    ]
    assert (exercise.slug, exercise.title, exercise.practice) == ("everything", "Twice", False)
    assert (exercise.chapter, exercise.minutes, exercise.difficulty) == ("chapters/one", 5, 2)
    assert exercise.points == 5.5
    assert [cell.grade_id for cell in exercise.answers] == ["double", "halve"]
    assert [cell.grade_id for cell in exercise.checks] == ["visible", "hidden"]
    (square,) = exercise.wrong_answers
    assert (square.name, square.answer, square.fails) == ("square", "double", "visible")
    assert square.message == "You squared it. Reread the task."


def test_every_cell_knows_the_line_of_its_text() -> None:
    path = CASES / "everything.md"
    lines = path.read_text("utf-8").split("\n")
    exercise = read_exercise(path)
    parts: list[Cell | WrongAnswer] = [*exercise.cells, *exercise.wrong_answers]
    for part in parts:
        assert lines[part.place.line - 1] == part.source.split("\n")[0]


def test_the_book_s_own_exercises_can_be_read() -> None:
    sources = sorted((ROOT / "exercises" / "source").glob("*.md"))
    assert sources
    for path in sources:
        assert read_exercise(path).wrong_answers


def test_a_wrong_answer_names_its_answer_cell_only_where_there_are_several(read: Read) -> None:
    exercise = read(answer("x = 1"), CHECK, wrong("x = 2", "two"))
    assert exercise.wrong_answers[0].answer == "answer"


def test_the_title_is_the_first_heading_or_else_the_file_s_name(read: Read) -> None:
    assert read(CHECK).title == "case"
    assert read("text\n\n# Called so\n\n", CHECK).title == "Called so"


def test_a_message_names_the_file_as_it_was_called(tmp_path: Path) -> None:
    path = tmp_path / "empty.md"
    path.write_text(FRONT, "utf-8")
    with pytest.raises(SourceError, match=r"^exercises/source/empty\.md:1: "):
        read_exercise(path, "exercises/source/empty.md")
    with pytest.raises(SourceError, match=f"^{path}:1: "):
        read_exercise(path)


# ---- the file as a whole


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"absent\.md: cannot be read \(No such file.*; check"):
        read_exercise(tmp_path / "absent.md")


def test_a_file_that_is_not_utf_8_names_the_line_of_the_first_bad_byte(tmp_path: Path) -> None:
    path = tmp_path / "latin.md"
    path.write_bytes(FRONT.encode() + "# Übung\n".encode("latin-1"))
    line = FRONT.count("\n") + 1
    with pytest.raises(SourceError, match=rf"latin\.md:{line}: is not UTF-8 text; save the file"):
        read_exercise(path)


@pytest.mark.parametrize(
    "front",
    [
        "",
        "---\njupytext: {text_representation: {format_name: myst}}\n---\n\n",
    ],
    ids=["no front matter", "no kernelspec"],
)
def test_a_source_without_a_kernelspec(read: Read, front: str) -> None:
    message = refusal(read, CHECK, front=front)
    assert message.startswith("case.md:1: has no kernelspec in its front matter; copy the front")


@pytest.mark.parametrize("before", ["A hint that lost its first line.\n```\n\n", "~~~\n"])
def test_a_wrong_answer_that_a_text_swallowed_is_no_text_for_learners(
    read: Read, before: str
) -> None:
    text = CHECK + before
    message = refusal(read, text + wrong("x = 2", "two"))
    line = (FRONT + text).count("\n") + 1
    assert message.startswith(f"case.md:{line}: this code cell stands inside another block; give")


@pytest.mark.parametrize(
    ("good", "bad", "problem"),
    [
        ("  kind: graded", "  kind: [graded", "metadata cannot be read"),
        ("  kind: graded", "  kind: homework", "kind `homework` is neither practice nor graded"),
        ("  kind: graded", "  pionts: 3", "unknown metadata key `exercise.pionts`"),
        ("exercise:", "titel: x\nexercise:", "unknown metadata key `titel`"),
        ("  kind: graded", "  minutes: soon", "`minutes` is not a whole number"),
        ("  kind: graded", "  minutes: 0", "`minutes` is not a whole number"),
        ("  kind: graded", "  minutes: 2.5", "`minutes` is not a whole number"),
        ("  kind: graded", "  difficulty: -1", "`difficulty` is not a whole number"),
        ("  kind: graded", "  difficulty: true", "`difficulty` is not a whole number"),
        ("exercise:\n  kind: graded", "exercise: graded", ""),
        ("exercise:\n  kind: graded", "exercise:", ""),
        ("exercise:\n  kind: graded", "exercise: [graded]", ""),
        ("kernelspec: {display_name: Python 3, name: python3}", "kernelspec: python3", ""),
        (FRONT.split("---")[1], "\n- a list\n", ""),
    ],
)
def test_front_matter_that_cannot_be_used(read: Read, good: str, bad: str, problem: str) -> None:
    assert good in FRONT
    message = refusal(read, CHECK, front=FRONT.replace(good, bad))
    assert message.startswith("case.md:1: ")
    assert problem in message
    assert "; " in message


def test_a_source_with_no_checks(read: Read) -> None:
    message = refusal(read, "# Title\n\n", answer("x = 1"))
    assert message == (
        "case.md:1: has no checks; add a code cell with `:grade: true`, a `:grade_id:` and "
        "`:points:`"
    )


# ---- one cell


@pytest.mark.parametrize(
    ("cell", "problem", "remedy"),
    [
        (check("assert HERE", pionts=1), "unknown cell option `pionts`", "use one of answer"),
        (code("assert HERE", grade=True, points=1), "this check cell has no grade_id", "add `:gr"),
        (code("HERE = 1", solution=True), "this answer cell has no grade_id", "add `:grade_id:"),
        (code("HERE = 1", points=1), "this code cell has no grade_id", "add `:grade_id:"),
        (code("assert HERE", grade=True, grade_id="a"), "has no points", "add `:points: 1`"),
        (
            check("assert HERE", grade_id="two words"),
            "grade_id `two words` has other",
            "use letters",
        ),
        (check("assert HERE", grade_id="é"), "grade_id `é` has other", "use letters"),
        (check("assert HERE", grade_id=""), "grade_id `` has other", "use letters"),
        (check("assert HERE", grade_id="a\n"), "grade_id `a\n` has other", "use letters"),
        (check("assert HERE", grade_id="x" * 65), "grade_id", "use"),
        (check("assert HERE", points=-1), "points `-1` is not a number", "zero or more"),
        (check("assert HERE", points="two"), "points `two` is not a number", "zero or more"),
        (check("assert HERE", points="2"), "points `2` is not a number", "zero or more"),
        (check("assert HERE", points=True), "points `True` is not a number", "zero or more"),
        (check("assert HERE", points=[1]), "points `[1]` is not a number", "zero or more"),
        (check("assert HERE").replace(" 1\n", " .nan\n"), "points `nan` is not", "zero or more"),
        (check("assert HERE").replace(" 1\n", " .inf\n"), "points `inf` is not", "zero or more"),
        (check("assert HERE").replace(" 1\n", " -.inf\n"), "points `-inf` is not", "zero or more"),
        (answer("HERE = 1", start=[1]), "`start` is not a mapping", 'as in `:start: {"b": 0.0}`'),
        (answer("HERE = 1", start="b"), "`start` is not a mapping", 'as in `:start: {"b": 0.0}`'),
        (answer("HERE = 1", widget="Weights"), "has no `start`", "`:start: {...}`"),
        (answer("HERE = 1", widget="Nothing", start={}), "Nothing", ""),
        (answer("HERE = 1", widget="Weights.nothing", start={}), "nothing", ""),
        (answer("HERE = 1", widget=5, start={}), "widget", ""),
        (answer("HERE = 1", start={"b": None}), "start", ""),
        (
            answer("HERE = 1", widget="Weights", start={}).replace("{}", '{"b": .nan}'),
            "start",
            "",
        ),
        (
            answer("HERE = 1", widget="Weights.missing_bias", start={"no_such_weight": 1.0}),
            "start",
            "",
        ),
        (check("assert HERE", schema_version=2), "schema version 2, not 3", "`nbgrader update`"),
        (check("assert HERE").replace(":points", ":grade_id: b\n:points"), "grade_id", ""),
    ],
)
def test_a_cell_option_that_cannot_be_used(
    read: Read, cell: str, problem: str, remedy: str
) -> None:
    cells = ("Some text.\n\n", check("assert True", "other"), cell)
    message = refusal(read, *cells)
    assert message.startswith(f"case.md:{line_in('HERE', *cells)}: ")
    assert problem in message
    assert f"; {remedy}" in message or remedy in message.split("; ", 1)[1]


def test_an_option_line_that_is_not_yaml_names_its_cell(read: Read) -> None:
    cells = ("Text.\n\n", CHECK.replace(":points: 1", ":points: [1"))
    message = refusal(read, *cells)
    assert message.startswith(f"case.md:{line_in('```{code-cell}', *cells)}: ")
    assert message.endswith(
        "write options and front matter as YAML, with quotes around a text with a colon"
    )


@pytest.mark.parametrize(
    "make",
    [answer, check, code, lambda source: wrong(source, "one")],
    ids=["answer", "check", "code", "wrong"],
)
def test_a_syntax_error_names_its_line(read: Read, make: Callable[[str], str]) -> None:
    cells = (answer("x = 1", "first"), CHECK, make("y = 1\nz = (HERE"))
    message = refusal(read, *cells)
    assert message.startswith(f"case.md:{line_in('HERE', *cells)}: is not Python ('(' was never")
    assert "; mend the Python" in message


def test_a_null_byte_is_a_syntax_error_too(tmp_path: Path) -> None:
    path = notebook_file(tmp_path, nbformat.v4.new_code_cell("x = '\0'"))
    with pytest.raises(SourceError, match="is not Python"):
        read_exercise(path, "case.ipynb")


@pytest.mark.parametrize("odd", ["\u2028", "\x0c"])
def test_lines_are_counted_as_editors_count_them(read: Read, odd: str) -> None:
    cells = (f"odd{odd}line\n\n", check("HERE = ("))
    message = refusal(read, *cells)
    assert message.startswith(f"case.md:{line_in('HERE', *cells)}: ")


def test_windows_line_ends_read_alike(tmp_path: Path, read: Read) -> None:
    cells = answer("def f():\n    ### BEGIN SOLUTION\n    return 1\n    ### END SOLUTION") + CHECK
    path = tmp_path / "case.md"
    path.write_bytes((FRONT + cells).replace("\n", "\r\n").encode())
    assert read_exercise(path, "case.md") == read(cells)


# ---- delimiters


@pytest.mark.parametrize(
    ("cell", "needle"),
    [
        (answer("x = 1\n### BEGIN SOLUTION\ny = 2"), "### BEGIN"),
        (answer("x = 1\n### END SOLUTION"), "### END"),
        (answer("x = 1\n###BEGIN SOLUTION\n### END SOLUTION"), "###BEGIN"),
        (answer("x = 1\n# BEGIN SOLUTION\n### END SOLUTION"), "# BEGIN"),
        (answer("x = 1\n### Begin Solution\n### END SOLUTION"), "### Begin"),
        (answer("x = 1\n### BEGIN SOLUTION now\n### END SOLUTION"), "### BEGIN"),
        (answer("x = 1\n### BEGIN HIDDEN TESTS\n### END HIDDEN TESTS"), "### BEGIN"),
        (answer("### BEGIN SOLUTION\nx = 1\n    ### END SOLUTION"), "    ### END"),
        (check("x = 1\n### BEGIN SOLUTION\n### END SOLUTION", "other"), "### BEGIN"),
        (code("x = 1\n### BEGIN SOLUTION\n### END SOLUTION"), "### BEGIN"),
        ("Text\n\n### BEGIN SOLUTION\n\nText\n\n### END SOLUTION\n\n", "### BEGIN"),
        ("Text\n\n### BEGIN HIDDEN TESTS\n\nText\n\n", "### BEGIN"),
        ("```python\n### BEGIN SOLUTION\n```\n\n", "### BEGIN"),
        (
            '+++ {"grade_id": "w", "points": 1, "task": true}\n\nA.\n\n### BEGIN SOLUTION\n',
            "### BEGIN",
        ),
        (wrong("x = 1\n### BEGIN SOLUTION\n### END SOLUTION", "one"), "### BEGIN"),
    ],
)
def test_a_delimiter_out_of_place_names_its_line(read: Read, cell: str, needle: str) -> None:
    cells = ("First.\n\n", answer("z = 1", "first"), CHECK, cell)
    message = refusal(read, *cells)
    assert message.startswith(f"case.md:{line_in(needle, *cells)}: ")
    assert "; " in message


# ---- cells against each other


def test_two_cells_with_one_grade_id(read: Read) -> None:
    cells = (check("assert 1"), check("assert HERE"))
    message = refusal(read, *cells)
    assert message == (
        f"case.md:{line_in('HERE', *cells)}: grade_id `check` is used twice; rename one of them; "
        f"the first is at case.md:{line_in('assert 1', *cells)}"
    )


def test_two_wrong_answers_with_one_name(read: Read) -> None:
    cells = (answer("x = 1"), CHECK, wrong("x = 2", "two"), wrong("HERE = 3", "two"))
    message = refusal(read, *cells)
    assert message.startswith(f"case.md:{line_in('HERE', *cells)}: ")
    assert "`wrong answer two` is used twice; rename" in message


@pytest.mark.parametrize(
    ("cell", "problem", "remedy"),
    [
        (
            wrong("HERE = 2", "two", fails="chekc"),
            "wrong answer `two` names the unknown check `chekc`",
            "name one of check",
        ),
        (
            wrong("HERE = 2", "two", fails="answer"),
            "wrong answer `two` names the unknown check `answer`",
            "name one of check",
        ),
        (
            wrong("HERE = 2", "two", answer="anwser"),
            "wrong answer `two` replaces no answer cell",
            "name one of the answer cells with `:answer:`: answer",
        ),
        (wrong("HERE = 2", "two", fails=""), "wrong answer `two` has no `fails`", "add `:fails:`"),
        (wrong("HERE = 2", "two", message=""), "`two` has no `message`", "add `:message:`"),
        (wrong("HERE = 2", "two", message=" "), "`two` has no `message`", "add `:message:`"),
        (wrong("HERE = 2", "two", points=1), "takes no `points`", "delete `:points:`"),
        (wrong("HERE = 2", "two", title="t"), "takes no `title`", "delete `:title:`"),
        (wrong("HERE = 2", ""), "name", ""),
        (code("HERE = 2", fails="check", message="No."), "wrong", ""),
    ],
)
def test_a_wrong_answer_that_cannot_be_used(
    read: Read, cell: str, problem: str, remedy: str
) -> None:
    cells = (answer("x = 1"), CHECK, cell)
    message = refusal(read, *cells)
    assert message.startswith(f"case.md:{line_in('HERE', *cells)}: ")
    assert problem in message
    assert f"; {remedy}" in message


def test_a_wrong_answer_among_several_answers_has_to_say_which(read: Read) -> None:
    cells = (answer("x = 1", "a"), answer("y = 1", "b"), CHECK, wrong("HERE = 2", "two"))
    message = refusal(read, *cells)
    assert message == (
        f"case.md:{line_in('HERE', *cells)}: wrong answer `two` replaces no answer cell; name one "
        "of the answer cells with `:answer:`: a, b"
    )


@pytest.mark.parametrize(
    "options",
    [
        {"grade_id": "w", "solution": True},
        {"grade_id": "w", "grade": True, "points": 1},
    ],
    ids=["answer", "check"],
)
def test_code_in_a_text_cell_is_an_error(read: Read, options: dict[str, object]) -> None:
    cells = (CHECK, f"+++ {json.dumps(options)}\n\nHERE are words.\n")
    message = refusal(read, *cells)
    assert message.startswith(f"case.md:{line_in('HERE', *cells)}: ")


# ---- notebooks that were written with nbgrader


def nbgrader(source: str, grade_id: str, **options: object) -> NotebookNode:
    about: dict[str, object] = {"grade": False, "solution": False, "locked": False, "task": False}
    about |= {"grade_id": grade_id, "schema_version": 3, **options}
    return nbformat.v4.new_code_cell(source, metadata={"nbgrader": about}, id=grade_id)


def notebook_file(folder: Path, *cells: NotebookNode) -> Path:
    path = folder / "case.ipynb"
    path.write_text(nbformat.writes(nbformat.v4.new_notebook(cells=[*cells])), "utf-8")
    return path


def test_a_notebook_of_nbgrader_is_a_source(tmp_path: Path) -> None:
    path = notebook_file(
        tmp_path,
        nbformat.v4.new_markdown_cell("# Two", id="title"),
        nbgrader(
            "def f():\n    ### BEGIN SOLUTION\n    return 2\n    ### END SOLUTION",
            "f",
            solution=True,
            cell_type="code",
            checksum="0" * 32,
        ),
        nbgrader(
            "### BEGIN HIDDEN TESTS\nassert f() == 2\n### END HIDDEN TESTS",
            "test_f",
            grade=True,
            locked=True,
            points=3,
        ),
    )
    exercise = read_exercise(path, "case.ipynb")
    assert [cell.kind for cell in exercise.cells] == ["text", "answer", "check"]
    assert (exercise.title, exercise.points, exercise.practice) == ("Two", 3.0, False)


def test_in_a_notebook_a_message_names_the_cell_and_its_line(tmp_path: Path) -> None:
    path = notebook_file(
        tmp_path,
        nbformat.v4.new_markdown_cell("text", id="title"),
        nbgrader("x = 1\n### END SOLUTION", "x", solution=True),
    )
    with pytest.raises(SourceError) as caught:
        read_exercise(path, "case.ipynb")
    assert str(caught.value).startswith("case.ipynb: cell 2, line 2: END SOLUTION without BEGIN")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "not json",
        "[]",
        "null",
        "{}",
        '{"cells": [], "metadata": {}, "nbformat": 4}',
        '{"cells": [], "metadata": {}, "nbformat": 99, "nbformat_minor": 0}',
        '{"cells": [{"cell_type": "code"}], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}',
        '{"cells": 5, "metadata": {}, "nbformat": 4, "nbformat_minor": 4}',
    ],
)
def test_a_file_that_is_no_notebook(tmp_path: Path, text: str) -> None:
    path = tmp_path / "case.ipynb"
    path.write_text(text, "utf-8")
    with pytest.raises(SourceError) as caught:
        read_exercise(path, "case.ipynb")
    assert str(caught.value) == (
        "case.ipynb:1: is not a valid notebook; open it in Jupyter and save it again"
    )


@pytest.mark.parametrize("about", [None, [], "text", 5])
def test_metadata_of_nbgrader_that_is_no_mapping(tmp_path: Path, about: object) -> None:
    cell = nbformat.v4.new_code_cell("x = 1", id="x")
    cell.metadata["nbgrader"] = about
    with pytest.raises(SourceError, match=r"^case\.ipynb: cell 1, line 1: "):
        read_exercise(notebook_file(tmp_path, cell), "case.ipynb")
