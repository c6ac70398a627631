"""The command line: what it prints, how it ends, and what it leaves behind."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import nbformat
import pytest
from sources import CASES, FRONT, answer, check

from autograder.cli import authors as authors_cli
from autograder.cli import main as cli
from autograder.exceptions import PreloadFailed, WorkerDied
from autograder.sandbox.zygote import Zygote

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

RIGHT = FRONT + answer("def f(x):\n    return x") + check("assert f(1) == 1, 'f(1) must be 1.'")


class Borrowed:
    """The session's warm worker, in place of one that imports TensorFlow."""

    def __init__(self, zygote: Zygote) -> None:
        self._zygote = zygote

    def __enter__(self) -> Zygote:
        return self._zygote

    def __exit__(self, *_: object) -> None:
        pass


@pytest.fixture(autouse=True)
def light(monkeypatch: pytest.MonkeyPatch, numpy_zygote: Zygote) -> None:
    """Import no TensorFlow for exercises that use none."""
    monkeypatch.setattr(authors_cli, "Zygote", lambda *_, **__: Borrowed(numpy_zygote))


@pytest.fixture
def add(book: Path) -> Callable[..., Path]:
    def write(name: str, text: str = RIGHT) -> Path:
        path = book / "exercises" / "source" / name
        path.write_text(text, "utf-8")
        return path

    return write


@pytest.fixture
def run_cli(book: Path, capfd: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Run a command in the book; return its exit code and what it and its workers wrote."""

    def run(*arguments: object) -> tuple[int, str, str]:
        code = cli.main([*map(str, arguments), "--book", str(book)])
        return code, *capfd.readouterr()

    return run


Run = Any  # what run_cli returns


# ---- verify


def test_verify_prints_one_line_an_exercise(add: Callable[..., Path], run_cli: Run) -> None:
    add("a.md")
    add("b.md")
    code, out, err = run_cli("verify")
    assert code == 0
    first, second = out.splitlines()
    assert first.startswith("a: holds (1 check")
    assert second.startswith("b: holds (1 check")
    assert err == ""


def test_verify_can_be_asked_for_some(add: Callable[..., Path], run_cli: Run) -> None:
    add("a.md")
    add("b.md", "")
    code, out, err = run_cli("verify", "a")
    assert (code, err) == (0, "")
    assert [line.split(":")[0] for line in out.splitlines()] == ["a"]


def test_verify_says_what_to_mend_and_ends_with_1(add: Callable[..., Path], run_cli: Run) -> None:
    add("a.md")
    add("b.md", RIGHT.replace("f(1) == 1", "f(1) == 2"))
    code, out, err = run_cli("verify")
    assert code == 1
    assert out.splitlines()[1] == "b: 1 to mend"
    line = RIGHT.split("\n").index("assert f(1) == 1, 'f(1) must be 1.'") + 1
    assert err == (
        f"exercises/source/b.md:{line}: check `check`: the solution does not pass (failed); mend "
        "the solution or the check\n"
    )


def test_verify_reports_a_source_that_cannot_be_read_beside_the_others(
    add: Callable[..., Path], run_cli: Run
) -> None:
    add("a.md")
    add("b.md", FRONT)
    code, out, err = run_cli("verify")
    assert code == 1
    assert out.startswith("a: holds")
    assert err.startswith("exercises/source/b.md:1: has no checks; add")


def test_verify_of_an_unknown_exercise(add: Callable[..., Path], run_cli: Run) -> None:
    add("a.md")
    code, out, err = run_cli("verify", "aa")
    assert (code, out) == (1, "")
    assert err == "exercises/source: there is no exercise `aa`; did you mean `a`?\n"
    _, _, err = run_cli("verify", "something")
    assert err == "exercises/source: there is no exercise `something`; the exercises are a\n"


@pytest.mark.parametrize("broken", [False, True])
def test_verify_for_machines_prints_one_json_object(
    add: Callable[..., Path], run_cli: Run, *, broken: bool
) -> None:
    add("a.md")
    if broken:
        add("b.md", FRONT)
        add("c.md", RIGHT.replace("f(1) == 1", "f(1) == 2"))
    code, out, _ = run_cli("verify", "--json")
    report = json.loads(out)
    assert code == int(broken)
    assert len(report["errors"]) == int(broken)
    slugs = [(e["slug"], len(e["misses"])) for e in report["exercises"]]
    assert slugs == [("a", 0), ("c", 1)] if broken else [("a", 0)]


def test_verify_lists_the_mutants_that_no_check_notices(
    add: Callable[..., Path], run_cli: Run
) -> None:
    add("a.md", FRONT + answer("f = 1 + 1") + check("assert f > 0, 'More.'"))
    code, out, _ = run_cli("verify", "--mutants")
    assert code == 1
    assert "a: 1 of 3 mutants caught" in out
    assert "missed: answer, line 1: 1 -> 2" in out
    assert out.endswith("1 of 3 mutants caught (33.3 %)\n")
    code, out, _ = run_cli("verify", "--mutants", "--json")
    assert (code, json.loads(out)[0]["total"]) == (1, 3)


def test_what_an_answer_prints_is_no_part_of_the_json(
    add: Callable[..., Path], run_cli: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(authors_cli, "Zygote", lambda *_: Zygote(("numpy",)))
    add("a.md", RIGHT.replace("    return x", "    print('noise', flush=True)\n    return x"))
    code, out, _ = run_cli("verify", "--json")
    assert code == 0
    assert json.loads(out)["errors"] == []


def test_verify_remembers_nothing_from_an_earlier_call(
    add: Callable[..., Path], run_cli: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    add("a.md")
    assert run_cli("verify")[0] == 0
    asked: list[list[Path]] = []

    def verify(_exercises: object, _workers: object, cache: Path, **_: object) -> list[object]:
        asked.append(list(cache.iterdir()))
        return []

    monkeypatch.setattr(authors_cli, "verify_exercise_set", verify)
    run_cli("verify")
    assert asked == [[]]


# ---- release


def test_release_writes_both_files_and_names_the_notebooks(
    add: Callable[..., Path], run_cli: Run, tmp_path: Path
) -> None:
    add("a.md")
    add("b.md")
    target = tmp_path / "handout"
    code, out, err = run_cli("release", "--to", target)
    assert (code, err) == (0, "")
    assert out.splitlines() == [str(target / "a.ipynb"), str(target / "b.ipynb")]
    assert sorted(path.name for path in target.iterdir()) == ["a.ipynb", "a.md", "b.ipynb", "b.md"]


def test_release_of_one_leaves_what_else_is_there(
    add: Callable[..., Path], run_cli: Run, tmp_path: Path
) -> None:
    add("a.md")
    add("b.md")
    target = tmp_path / "handout"
    target.mkdir()
    (target / "other.md").write_text("mine", "utf-8")
    assert run_cli("release", "a", "--to", target)[0] == 0
    assert sorted(path.name for path in target.iterdir()) == ["a.ipynb", "a.md", "other.md"]


@pytest.mark.parametrize("slugs", [[], ["a", "b"], ["a", "nothing"]])
def test_where_one_source_is_broken_nothing_is_released(
    add: Callable[..., Path], run_cli: Run, tmp_path: Path, slugs: list[str]
) -> None:
    add("a.md")
    add("b.md", FRONT)
    target = tmp_path / "handout"
    code, out, err = run_cli("release", *slugs, "--to", target)
    assert (code, out) == (1, "")
    assert not target.exists()
    assert err.splitlines()[-1] == "nothing was released: mend what is listed above first"
    assert len(err.splitlines()) == 2


def test_a_target_that_is_a_file_is_named_and_stays(
    add: Callable[..., Path], run_cli: Run, tmp_path: Path
) -> None:
    add("a.md")
    target = tmp_path / "handout"
    target.write_text("mine", "utf-8")
    code, out, err = run_cli("release", "--to", target)
    assert (code, out) == (1, "")
    assert err.startswith(f"{target}: File exists; ")
    assert target.read_text("utf-8") == "mine"


def test_a_target_below_a_file_is_named(
    add: Callable[..., Path], run_cli: Run, tmp_path: Path
) -> None:
    add("a.md")
    (tmp_path / "handout").write_text("mine", "utf-8")
    code, _, err = run_cli("release", "--to", tmp_path / "handout" / "deep")
    assert code == 1
    assert err.startswith(f"{tmp_path / 'handout'}")
    assert "; " in err


def test_a_release_that_fails_half_way_leaves_the_folder_as_it_was(
    add: Callable[..., Path], run_cli: Run, tmp_path: Path
) -> None:
    add("a.md")
    add("b.md")
    target = tmp_path / "handout"
    (target / "b.ipynb").mkdir(parents=True)
    (target / "a.md").write_text("last year's", "utf-8")
    code, out, err = run_cli("release", "--to", target)
    assert (code, out) == (1, "")
    assert "b.ipynb" in err
    assert {path.name for path in target.iterdir()} == {"a.md", "b.ipynb"}
    assert (target / "a.md").read_text("utf-8") == "last year's"


def test_a_release_never_overwrites_the_sources(
    add: Callable[..., Path], run_cli: Run, book: Path
) -> None:
    source = add("a.md")
    code, _, err = run_cli("release", "--to", book / "exercises" / "source")
    assert source.read_text("utf-8") == RIGHT
    assert code == 1
    assert "exercises/source" in err


# ---- errors, usage, and the way out


@pytest.mark.parametrize("command", [["verify"], ["release", "--to", "x"]])
def test_a_folder_without_sources_is_no_book(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], command: list[str]
) -> None:
    assert cli.main([*command, "--book", str(tmp_path)]) == 1
    assert capsys.readouterr().err == (
        f"{tmp_path}: holds no exercises/source; run this in the book's folder, name it with "
        "--book, or name a folder of exercises with --exercises\n"
    )


@pytest.mark.parametrize(
    "arguments",
    [[], ["grad"], ["release"], ["verify", "--nonsense"], ["release", "--to"]],
)
def test_wrong_usage_ends_with_2(capsys: pytest.CaptureFixture[str], arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as left:
        cli.main(arguments)
    assert left.value.code == 2
    assert capsys.readouterr().err.startswith("usage: autograder")


@pytest.mark.parametrize(
    ("raised", "code", "says"),
    [
        (WorkerDied("killed by signal 9"), 1, "killed by signal 9); start a new one and try again"),
        (PreloadFailed("tensorflow", "No module"), 1, "name the modules to import first"),
        (PermissionError(13, "Permission denied", "x.md"), 1, "x.md: Permission denied; "),
        (OSError("odd"), 1, "odd"),
        (KeyboardInterrupt(), 130, "stopped; run the same command again"),
    ],
)
def test_an_error_is_one_line_with_a_remedy(  # noqa: PLR0913, PLR0917
    add: Callable[..., Path],
    run_cli: Run,
    monkeypatch: pytest.MonkeyPatch,
    raised: BaseException,
    code: int,
    says: str,
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise raised

    add("a.md")
    monkeypatch.setattr(authors_cli, "verify_exercise_set", fail)
    found, out, err = run_cli("verify")
    assert (found, out) == (code, "")
    assert says in err
    assert err.count("\n") == 1


def test_it_runs_as_a_module_and_explains_itself() -> None:
    shown = subprocess.run(
        [sys.executable, "-m", "autograder", "--help"], capture_output=True, text=True, check=True
    )
    for command in ("verify", "release"):
        assert command in shown.stdout
    assert shown.stderr == ""


def test_the_sample_source_can_be_released_from_the_command_line(
    add: Callable[..., Path], run_cli: Run, book: Path, tmp_path: Path
) -> None:
    (book / "chapters" / "one.md").touch()
    add("everything.md", (CASES / "everything.md").read_text("utf-8"))
    assert run_cli("release", "--to", tmp_path / "handout")[0] == 0


# ---- anybody's exercises


@pytest.fixture
def theirs(tmp_path: Path) -> Path:
    """Make the `source` folder of a course that was written for nbgrader: no book around it."""
    folder = tmp_path / "course/source"
    (folder / "ps1").mkdir(parents=True)
    (folder / "ps2").mkdir()
    solved = "def f(x):\n    ### BEGIN SOLUTION\n    return x\n    ### END SOLUTION"
    for place, points in (("ps1/one", 1), ("ps2/one", 2)):
        cells = [
            graded(solved, grade_id="f", solution=True),
            graded("assert f(1) == 1", grade_id="right", grade=True, points=points, locked=True),
        ]
        notebook = nbformat.v4.new_notebook(cells=cells)
        nbformat.write(notebook, folder / f"{place}.ipynb")
    return folder


def graded(source: str, **about: object) -> nbformat.NotebookNode:
    """Make a cell as nbgrader's toolbar does."""
    about = {"grade": False, "solution": False, "locked": False, **about}
    return nbformat.v4.new_code_cell(source, metadata={"nbgrader": {"schema_version": 3, **about}})


def test_verify_takes_a_folder_of_nbgrader_s(
    theirs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["verify", "--exercises", str(theirs)]) == 0
    out, err = capsys.readouterr()
    assert [line.partition(" (1 check")[0] for line in out.splitlines()] == [
        "ps1/one: holds",
        "ps2/one: holds",
    ]
    assert err == ""


def test_verify_of_one_of_theirs_as_json(theirs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["verify", "ps2/one", "--json", "--exercises", str(theirs)]) == 0
    (found,) = json.loads(capsys.readouterr().out)["exercises"]
    assert (found["slug"], found["misses"]) == ("ps2/one", [])


def test_mutants_of_theirs(theirs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = theirs / "ps1/one.ipynb"
    path.write_text(path.read_text("utf-8").replace("return x", "return x + 0"), "utf-8")
    code = cli.main(["verify", "ps1/one", "--mutants", "--exercises", str(theirs)])
    out = capsys.readouterr().out
    assert (code, out.splitlines()[0].partition(":")[0]) == (1, "ps1/one")
    assert "x + 0 -> x - 0" in out


def test_what_is_wrong_with_theirs_names_file_and_remedy(
    theirs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = theirs / "ps2/one.ipynb"
    path.write_text(path.read_text("utf-8").replace("### END SOLUTION", "# end"), "utf-8")
    wrong = theirs / "ps1/one.ipynb"
    wrong.write_text(wrong.read_text("utf-8").replace("f(1) == 1", "f(1) == 2"), "utf-8")
    assert cli.main(["verify", "--exercises", str(theirs)]) == 1
    err = capsys.readouterr().err
    assert f"{wrong}: cell 2, line 1: check `right`: the solution does not pass (failed); " in err
    assert f"{path}: cell 1, line 2: BEGIN SOLUTION is never closed; " in err


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["verify", "two"], "holds no `two`; the exercises are ps1/one, ps2/one"),
        (["release", "--to", "{theirs}"], "holds the sources; release to another folder"),
        (["new", "x", "--exercises", "{theirs}/none"], "none: is no folder; make it first"),
        (["verify", "--exercises", "{theirs}/none"], "holds no exercise source; name the right"),
    ],
)
def test_a_folder_of_theirs_that_is_named_wrongly(
    theirs: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], says: str
) -> None:
    given = ["--exercises", str(theirs), *(one.format(theirs=theirs) for one in arguments[1:])]
    assert cli.main([arguments[0], *given]) != 0
    assert says in capsys.readouterr().err


def test_what_is_wrong_elsewhere_stops_no_verification_of_one(theirs: Path) -> None:
    (theirs / "ps1/one.ipynb").write_text("{}", "utf-8")
    assert cli.main(["verify", "ps2/one", "--exercises", str(theirs)]) == 0
    assert cli.main(["verify", "ps1/one", "--exercises", str(theirs)]) == 1


def test_theirs_are_released_a_folder_for_each_assignment(theirs: Path, tmp_path: Path) -> None:
    to = tmp_path / "handout"
    assert cli.main(["release", "--exercises", str(theirs), "--to", str(to)]) == 0
    assert "return x" not in (to / "ps1/one.ipynb").read_text("utf-8")
    assert (to / "ps2/one.ipynb").is_file()


def test_a_new_exercise_goes_where_it_was_named(
    theirs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["new", "mine", "--exercises", str(theirs)]) == 0
    assert (theirs / "mine.md").is_file()
    out = capsys.readouterr().out
    assert f"`autograder verify mine --exercises {theirs}`" in out
    assert "_toc.yml" not in out
