"""What the learner gets: nothing of the author's own, and files that are whole or not there."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import jupytext
import nbformat
import pytest
from book import ROOT
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from sources import CASES, FRONT, answer, check, code, wrong

from autograder.format.release import (
    HIDDEN_CHECK,
    STUB,
    answer_stub,
    release,
    release_text,
    write_release,
)
from autograder.format.source import read_exercise
from autograder.verification.verify import Verification
from website.build.exercise_pages import exercise_page_text, with_exercise_facts

if TYPE_CHECKING:
    from pathlib import Path

    from nbformat import NotebookNode
    from sources import Read

    from autograder.format.source import Exercise

START = {"b": 0.0, "w1": 1.0, "w2": 1.0}
SOURCES = [
    CASES / "everything.md",
    CASES / "practice.md",
    *sorted((ROOT / "exercises" / "source").glob("*.md")),
]
PRACTICE = FRONT.replace("graded", "practice")


def sources_of(notebook: NotebookNode) -> dict[str, str]:
    return {cell.id: cell.source for cell in notebook.cells}


# ---- what the learner sees


@pytest.fixture(scope="module")
def everything() -> dict[str, str]:
    return sources_of(release(read_exercise(CASES / "everything.md")))


def test_a_solution_region_becomes_the_stub_of_nbgrader(everything: dict[str, str]) -> None:
    assert everything["double"] == (
        'def double(x):\n    """Return twice x."""\n'
        "    # YOUR CODE HERE\n    raise NotImplementedError()"
    )


def test_an_answer_without_regions_is_replaced_whole(everything: dict[str, str]) -> None:
    assert everything["halve"] == "\n".join(STUB)


def test_a_check_keeps_its_visible_part_only(everything: dict[str, str]) -> None:
    assert everything["visible"] == 'assert double(2) == 4, "double(2) must be 4."'
    assert everything["hidden"] == "# Hidden checks run here when the exercise is graded."


def test_empty_lines_between_hidden_tests_are_not_shown(read: Read) -> None:
    region = "### BEGIN HIDDEN TESTS\nassert x\n### END HIDDEN TESTS"
    notebook = release(read(answer("x = 1"), check(f"{region}\n\n\n{region}")))
    assert sources_of(notebook)["check"] == HIDDEN_CHECK


def test_a_notebook_says_what_widgets_and_texts_held_at_first(read: Read) -> None:
    widget = answer("answer = 1", widget="Weights.missing_bias", start={"b": 0.0, "w1": 1, "w2": 1})
    words = '+++ {"grade_id": "words", "points": 1, "task": true}\n\nBecause.\n\n+++\n\n'
    notebook = release(read(widget, words, answer("x = 1", "code"), check("assert answer")))
    starts = notebook.metadata["exercise"]["starts"]
    assert starts == {"answer": sources_of(notebook)["answer"], "words": "YOUR ANSWER HERE"}


def test_a_written_answer_keeps_its_question(everything: dict[str, str]) -> None:
    assert everything["why"] == "Say why.\n"


def test_a_written_answer_without_a_mark_scheme_is_replaced_whole(read: Read) -> None:
    exercise = read('+++ {"grade_id": "w", "points": 1, "task": true}\n\nA model answer.\n')
    assert sources_of(release(exercise))["w"] == "YOUR ANSWER HERE"


def test_hints_are_numbered_and_folded_away(everything: dict[str, str]) -> None:
    (text,) = [source for source in everything.values() if "<details" in source]
    assert re.findall("<summary>(.*)</summary>", text) == ["Hint 1", "Hint 2"]
    assert "\n\nMultiply.\n\n</details>" in text
    assert "By two:\n\n```python\nx + x\n```\n\n</details>" in text
    assert "Some prose between the hints." in text
    assert "{hint}" not in text


def test_an_empty_hint_swallows_nothing(read: Read) -> None:
    exercise = read("```{hint}\n```\n\nText.\n\n```python\nx\n```\n\n", check("assert True"))
    (text, _) = release(exercise).cells
    assert text.source.endswith("</details>\n\nText.\n\n```python\nx\n```")


def test_cells_carry_the_metadata_of_nbgrader_3() -> None:
    notebook = release(read_exercise(CASES / "everything.md"))
    found = {cell.id: cell.metadata["nbgrader"] for cell in notebook.cells if cell.metadata}
    assert found["setup"] == {
        "cell_type": "code",
        "grade": False,
        "grade_id": "setup",
        "locked": True,
        "schema_version": 3,
        "solution": False,
        "task": False,
    }
    assert (found["double"]["solution"], found["double"]["grade"]) == (True, False)
    assert "points" not in found["double"]
    assert (found["hidden"]["grade"], found["hidden"]["locked"]) == (True, True)
    assert found["hidden"]["points"] == 2.5
    assert (found["why"]["cell_type"], found["why"]["points"]) == ("markdown", 2)


def test_a_graded_exercise_shows_no_solution(everything: dict[str, str]) -> None:
    shown = "\n".join(everything.values())
    for secret in ("return 2 * x", "x / 2", "double(7)", "halve(9)", "linear", "squared", "x**2"):
        assert secret not in shown


def test_a_practice_exercise_ends_with_its_solution_folded_away() -> None:
    last = release(read_exercise(CASES / "practice.md")).cells[-1].source
    assert last == (
        '<details class="solution">\n<summary>Solution</summary>\n\n```python\ndef hello(name):\n'
        '    return f"hello {name}"\n```\n\n</details>'
    )


def test_a_solution_that_holds_a_fence_stays_in_one_block(read: Read) -> None:
    solution = 'TEXT = """\n```\nx\n```\n"""'
    exercise = read(
        answer(solution).replace("```{", "````{").replace('"""\n```\n\n', '"""\n````\n\n'),
        check("assert True"),
        front=PRACTICE,
    )
    assert exercise.answers[0].source == solution
    last = release(exercise).cells[-1].source
    fence = last.split("\n\n")[1].partition("python")[0]
    assert last.count(f"\n{fence}\n") == 1


def test_a_widget_s_answer_starts_where_its_author_says(read: Read) -> None:
    exercise = read(
        answer(
            'answer = {"b": 2.0}', widget="Weights.missing_bias", start={"w1": 1, "w2": 0, "b": 0.5}
        ),
        check("assert answer"),
    )
    shown = sources_of(release(exercise))
    assert shown["answer"] == 'answer = {"b": 0.5, "w1": 1.0, "w2": 0.0}'
    assert shown["answer-widget"] == "from widgets import Weights\n\nWeights.missing_bias(answer)"
    assert answer_stub(exercise.answers[0]) == shown["answer"]


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_a_release_is_a_valid_notebook_of_stable_bytes(path: Path) -> None:
    notebook = release(read_exercise(path))
    nbformat.validate(notebook)
    assert nbformat.writes(notebook) == nbformat.writes(release(read_exercise(path)))


@pytest.mark.parametrize(
    "cells",
    [
        ("# Title\n\n", check("assert True", "cell-0")),
        (
            answer(
                "answer = {}",
                "a",
                widget="Weights.missing_bias",
                start=START,
            ),
            check("assert True", "b-widget"),
        ),
        (check("assert True", "x" * 64),),
    ],
    ids=["looks like a number", "looks like a widget", "as long as may be"],
)
def test_any_grade_id_gives_every_cell_an_id_of_its_own(read: Read, cells: tuple[str]) -> None:
    notebook = release(read(*cells))
    nbformat.validate(notebook)
    ids = [cell.id for cell in notebook.cells]
    assert len(set(ids)) == len(ids)


def test_the_version_follows_what_is_shown_and_nothing_else(read: Read) -> None:
    def version(*cells: str) -> str:
        return str(release(read(*cells)).metadata["exercise"]["version"])

    first = version("# Title\n\n", answer("x = 1"), check("assert x"))
    assert version("# Title\n\n", answer("x = 2"), check("assert x")) == first
    assert version("# Other\n\n", answer("x = 1"), check("assert x")) != first
    assert version("# Title\n\n", answer("x = 1", "other"), check("assert x")) != first
    as_text, as_code = "same\n\n", code("same")
    assert version(as_text, check("assert 1")) != version(as_code, check("assert 1"))


# ---- nothing of the author's own gets through, whatever it is

WORD = st.text(st.characters(codec="ascii", categories=["L"]), min_size=1, max_size=6)
VALUE = st.integers() | st.text(st.characters(codec="ascii")) | st.booleans() | st.floats()
LINE = (
    st.builds("v_{} = {!r}".format, WORD, VALUE)
    | st.builds("# {}".format, WORD)
    | st.builds("for v_{} in (1, 2): pass".format, WORD)
    | st.builds("def v_{}(x): return x".format, WORD)
    | st.just("")
)
PYTHON = st.lists(LINE, min_size=1, max_size=5)
TEXT = st.text(st.characters(max_codepoint=0x2FF, exclude_categories=["C", "Z"]), min_size=1)


@st.composite
def author_only(draw: st.DrawFn) -> tuple[str, ...]:
    """Draw an exercise whose visible parts are always the same."""
    region = "\n".join(f"    {line}" for line in draw(PYTHON))
    hidden = "\n".join(draw(PYTHON))
    names = draw(st.lists(TEXT, max_size=3, unique=True))
    return (
        "# Title\n\n",
        answer(f"def f(x):\n    ### BEGIN SOLUTION\n{region}\n    pass\n    ### END SOLUTION", "f"),
        answer("\n".join(draw(PYTHON)), "g"),
        answer("\n".join(draw(PYTHON)), "w", widget="Weights.missing_bias", start=START),
        check(f"assert f\n### BEGIN HIDDEN TESTS\n{hidden}\n### END HIDDEN TESTS", "part"),
        check(f"### BEGIN HIDDEN TESTS\n{hidden}\n### END HIDDEN TESTS", "whole"),
        *(
            wrong("\n".join(draw(PYTHON)), name, answer="f", fails="part", message=draw(TEXT))
            for name in names
        ),
        '+++ {"grade_id": "why", "points": 1, "task": true}\n\nWhy?\n\n### BEGIN MARK SCHEME\n',
        f"{draw(WORD)}\n### END MARK SCHEME\n",
    )


@settings(max_examples=25, phases=[Phase.explicit, Phase.generate])
@given(author_only(), author_only())
def test_what_is_for_the_author_alone_changes_no_byte(
    read: Read, one: tuple[str, ...], other: tuple[str, ...]
) -> None:
    first, second = release(read(*one)), release(read(*other))
    assert nbformat.writes(first) == nbformat.writes(second)
    assert release_text(first) == release_text(second)


# ---- the page's text is the notebook


def cells_of(notebook: NotebookNode) -> list[tuple[str, str, object]]:
    return [(cell.cell_type, cell.source, cell.metadata.get("nbgrader")) for cell in notebook.cells]


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_reading_the_text_again_gives_the_same_cells(path: Path) -> None:
    notebook = release(read_exercise(path))
    again = jupytext.reads(release_text(notebook), fmt="md:myst")
    assert [cell[:2] for cell in cells_of(again)] == [
        (kind, source.strip("\n")) for kind, source, _ in cells_of(notebook)
    ]
    assert [cell[2] for cell in cells_of(again)] == [cell[2] for cell in cells_of(notebook)]
    assert again.metadata["exercise"] == notebook.metadata["exercise"]


@settings(max_examples=40)
@given(
    st.lists(
        st.tuples(
            st.booleans(),
            st.lists(
                st.sampled_from(["x = 1", "", "```", "~~~", "    y", "# z", "+++", "---", ":a: b"])
            ),
        ),
        max_size=4,
    )
)
def test_any_cells_survive_the_way_to_text_and_back(cells: list[tuple[bool, list[str]]]) -> None:
    made = []
    for is_code, lines in cells:
        source = "\n".join(lines).strip("\n")
        if is_code:
            made.append(nbformat.v4.new_code_cell(source, metadata={"nbgrader": {"grade_id": "x"}}))
        elif not set(lines) & {"```", "~~~", "+++", "---", "    y"} and source:
            made.append(nbformat.v4.new_markdown_cell(source))
    notebook = nbformat.v4.new_notebook(cells=made)
    notebook.metadata["kernelspec"] = {"display_name": "P", "language": "python", "name": "p"}
    again = jupytext.reads(release_text(notebook), fmt="md:myst")
    assert cells_of(again) == cells_of(notebook)


def test_writing_the_text_leaves_the_notebook_as_it_was() -> None:
    notebook = release(read_exercise(CASES / "everything.md"))
    before = nbformat.writes(notebook)
    release_text(notebook)
    assert nbformat.writes(notebook) == before


# ---- the page


def verification(checks: int = 2, runs: int = 6) -> Verification:
    return Verification("everything", checks, 1, runs, 0.1, ())


def test_a_page_says_what_the_build_checked_and_how_to_get_the_notebook() -> None:
    text = exercise_page_text(
        read_exercise(CASES / "everything.md"), verification(checks=17, runs=23)
    )
    assert "Graded · 5.5 points, 2 of them given by a person · about 5 minutes" in text
    assert " · difficulty 2 of 5" in text
    assert "{download}`Download the notebook <everything.ipynb>`" in text
    assert "{doc}`Reread the chapter </chapters/one>`" in text
    assert "passed all 17 checks" in text
    assert "earned 0 of 3.5 points" in text  # what a person gives is no check's
    assert "That took 23 runs" in text
    assert "\nmystnb:\n  execution_mode: 'off'\n" in text


def test_a_page_mounts_the_widget_in_place_of_its_code() -> None:
    exercise = read_exercise(ROOT / "exercises" / "source" / "missing_bias.md")
    text = exercise_page_text(exercise, verification())
    assert "Weights.missing_bias(answer)" not in text
    mount = re.search(r"```\{widget\} (\w+)\n:answer: missing_bias\n(.*)\n```", text)
    assert mount is not None
    assert json.loads(mount[2])


def test_a_page_names_hidden_checks_and_hides_their_code(read: Read) -> None:
    hidden = "### BEGIN HIDDEN TESTS\nassert f(2) == 2\n### END HIDDEN TESTS"
    exercise = read(
        answer("def f(x):\n    return x"),
        check("assert f(1) == 1", "shown", points=0, title="It is *one*"),
        check(hidden, "hidden", points=2.5, title="And two"),
    )
    text = exercise_page_text(exercise, verification())
    assert "*Check, no points:* It is \\*one\\*" in text
    assert "*Hidden check, 2.5 points:* And two" in text
    assert "assert f(1) == 1" in text
    assert "Hidden checks run here" not in text


LISTED = """# Sums

## Exercises

1. Practice: {doc}`one </exercises/release/practice>`.
2. Graded: {doc}`everything </exercises/release/everything>`,
   of which there is much.
3. Elsewhere: {doc}`other </exercises/release/other>`.

## Further reading

1. A book.
"""


def test_a_chapter_s_list_says_what_each_exercise_asks_for() -> None:
    exercises = [read_exercise(CASES / f"{slug}.md") for slug in ("everything", "practice")]
    exercises = [replace(exercise, chapter="chapters/one") for exercise in exercises]
    text = with_exercise_facts(LISTED, "chapters/one", exercises)
    assert "</exercises/release/practice>`. *(1 point)*\n2. " in text
    assert "there is much. *(5.5 points, " in text
    assert ", about 5 minutes, difficulty 2 of 5)*\n3. " in text
    assert "\n3. Elsewhere: {doc}`other </exercises/release/other>`.\n\nGraded in this" in text
    assert "Graded in this chapter: 5.5 points in about 5 minutes.\n\n## Further" in text
    assert text.endswith("1. A book.\n")


def test_a_page_that_lists_no_exercise_of_its_own_stays_as_it_is() -> None:
    exercises = [read_exercise(CASES / "everything.md")]
    assert with_exercise_facts(LISTED, "chapters/two", exercises) == LISTED
    assert with_exercise_facts("# One\n", "chapters/one", exercises) == "# One\n"


def test_a_practice_page_says_where_the_solution_is() -> None:
    text = exercise_page_text(read_exercise(CASES / "practice.md"), verification())
    assert "\n\nPractice: the solution comes after the hints · 1 point\n\n" in text


def test_a_page_whose_first_cell_is_no_title_still_states_its_facts_first(read: Read) -> None:
    exercise = read(code("import math", grade_id="setup"), "# Title\n\n", check("assert True"))
    text = exercise_page_text(exercise, verification())
    again = jupytext.reads(text, fmt="md:myst")
    assert [cell.cell_type for cell in again.cells[:2]] != ["code", "code"]
    assert "import math" in [cell.source for cell in again.cells if cell.cell_type == "code"]


# ---- files


@pytest.fixture
def exercises() -> list[Exercise]:
    return [read_exercise(CASES / "everything.md"), read_exercise(CASES / "practice.md")]


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def test_each_exercise_becomes_a_text_and_a_notebook(
    tmp_path: Path, exercises: list[Exercise]
) -> None:
    folder = tmp_path / "deep" / "handout"
    write_release(exercises, folder, prune=False)
    assert sorted(contents(folder)) == [
        "everything.ipynb",
        "everything.md",
        "practice.ipynb",
        "practice.md",
    ]
    notebook = nbformat.read(folder / "everything.ipynb", as_version=4)
    assert cells_of(notebook) == cells_of(release(exercises[0]))
    assert (folder / "everything.ipynb").read_text("utf-8").endswith("}\n")


def test_what_has_not_changed_is_left_alone(tmp_path: Path, exercises: list[Exercise]) -> None:
    write_release(exercises, tmp_path, prune=False)
    (tmp_path / "practice.md").write_text("edited", "utf-8")
    before = {path: path.stat().st_ino for path in tmp_path.iterdir()}
    write_release(exercises, tmp_path, prune=False)
    changed = [path.name for path, inode in before.items() if path.stat().st_ino != inode]
    assert changed == ["practice.md"]


def test_pruning_takes_away_the_notebooks_of_other_exercises_only(
    tmp_path: Path, exercises: list[Exercise]
) -> None:
    for name in ("old.md", "old.ipynb", "picture.png"):
        (tmp_path / name).write_text("old", "utf-8")
    write_release(exercises[:1], tmp_path, prune=True)
    assert sorted(contents(tmp_path)) == ["everything.ipynb", "everything.md", "picture.png"]


def test_without_pruning_nothing_else_is_touched(tmp_path: Path, exercises: list[Exercise]) -> None:
    (tmp_path / "old.md").write_text("old", "utf-8")
    write_release(exercises[:1], tmp_path, prune=False)
    assert (tmp_path / "old.md").read_text("utf-8") == "old"


def test_a_file_that_is_not_text_is_replaced(tmp_path: Path, exercises: list[Exercise]) -> None:
    (tmp_path / "everything.md").write_bytes(b"\xff\xfe")
    write_release(exercises, tmp_path, prune=False)
    assert "# Twice" in (tmp_path / "everything.md").read_text("utf-8")


def test_a_target_that_is_a_file_is_an_error_and_stays(
    tmp_path: Path, exercises: list[Exercise]
) -> None:
    target = tmp_path / "handout"
    target.write_text("mine", "utf-8")
    with pytest.raises(OSError, match="handout"):
        write_release(exercises, target, prune=False)
    assert target.read_text("utf-8") == "mine"


@pytest.mark.parametrize("blocked", ["everything.ipynb", "practice.md", "practice.ipynb"])
def test_where_one_file_cannot_be_replaced_none_is(
    tmp_path: Path, exercises: list[Exercise], blocked: str
) -> None:
    (tmp_path / blocked).mkdir()
    (tmp_path / "everything.md").write_text("last year's", "utf-8")
    (tmp_path / "old.md").write_text("old", "utf-8")
    before = contents(tmp_path)
    with pytest.raises(OSError, match=re.escape(blocked)):
        write_release(exercises, tmp_path, prune=True)
    assert contents(tmp_path) == before


FULL_DISK = """
import resource, sys
from pathlib import Path
import nbformat
from autograder.format.release import write_release
from autograder.format.release import release, release_text
from autograder.format.source import read_exercise

exercise = read_exercise(Path(sys.argv[1]))
limit = len(release_text(release(exercise)).encode())
assert limit < len(nbformat.writes(release(exercise)))
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
try:
    write_release([exercise], Path(sys.argv[2]), prune=True)
except OSError as error:
    print(error.strerror)
"""


def test_a_full_disk_leaves_nothing_half_written(tmp_path: Path) -> None:
    """No file may grow beyond what the text needs: the disk is full before the notebook is."""
    (tmp_path / "everything.md").write_text("last year's", "utf-8")
    command = [sys.executable, "-c", FULL_DISK, str(CASES / "everything.md"), str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "large" in done.stdout
    assert contents(tmp_path) == {"everything.md": b"last year's"}
