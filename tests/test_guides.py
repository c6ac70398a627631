"""The guides: every command in them is run, in their order, in a copy of the book."""

from __future__ import annotations

import csv
import io
import os
import re
import shlex
import subprocess
import sys
import zipfile
from contextlib import chdir, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import nbformat
import pytest
from book import ROOT

from autograder.cli import main as cli
from website.build.settings import BookSettings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

OWN_BOOK = "guides/your_own_book.md"  # its commands are typed in a book that it describes itself
GUIDES = (
    "README.md",
    *(f"guides/{name}.md" for name in ("contributors", "instructors", "learners")),
)
FENCE = re.compile(
    r"^(?P<indent> *)(?P<fence>`{3,})(?P<language>[^\n`]*)\n(?P<text>.*?)^(?P=indent)(?P=fence)$",
    re.MULTILINE | re.DOTALL,
)
NO_COMMANDS = {
    "markdown",
    "toml",
    "yaml",
    "text",
    "{figure} ../_static/class.svg",
    "{figure} ../_static/build.svg",
}

# What is not run here, and why.
ELSEWHERE = {
    "make book": "the site that the tests read is built by it",
    "make check": "it is a part of `make test`, which runs this",
    "make check-pythons": "it installs an environment for each Python, and runs this",
    "make hooks": "it would change this repository; tests/test_habits.py does it in another",
    "make test": "it runs this",
    ".ci/check-tag": "it tags and pushes; tests/test_workflows.py runs its first part",
    "make vendor": "it asks the npm registry, and would change what is bundled",
    "book publish": "it builds the whole book; tests/test_publish.py runs it",
    "book pdf": "it prints the whole book; tests/test_print_edition.py runs it",
    "make lock": "it asks the package index, and would change what is locked",
    "python3 -m venv .venv": "tests/test_publish.py makes an environment so",
    ".venv/bin/pip install": "the same test installs so",
    "pip install": "tests/test_own_book.py installs so, into an environment of its own",
    ".venv/bin/jupyter lab": "the same test opens it in a browser",
    "dolos run": "another program; it is given what `export answers` wrote",
    "java -jar jplag.jar": "another program; it is given what `export answers` wrote",
    "git-crypt init": "another program, which would encrypt the copy",
    "echo 'exercises/source/** filter=git-crypt": "a part of setting up git-crypt",
}


@dataclass(frozen=True)
class Command:
    """One line of a guide that somebody types."""

    guide: str
    line: str

    @property
    def elsewhere(self) -> bool:
        """Whether it is not run here; ELSEWHERE says why."""
        return any(self.line.startswith(known) for known in ELSEWHERE)


def blocks(guide: str) -> Iterator[tuple[str, str]]:
    """Yield language and text of each fenced block."""
    for found in FENCE.finditer((ROOT / guide).read_text("utf-8")):
        yield found["language"].strip(), found["text"]


def commands(*guides: str) -> Iterator[Command]:
    """Yield the commands of guides, in order; what follows two spaces and # is a remark."""
    for guide in guides:
        for language, text in blocks(guide):
            if language == "shell":
                lines = (line.strip() for line in re.sub(r" +# .*", "", text).splitlines())
                yield from (Command(guide, line) for line in lines if line)


COMMANDS = list(commands(*GUIDES))
OWN_COMMANDS = list(commands(OWN_BOOK))


class Copy:
    """A copy of what a command of the guides reads, and the shell that it is typed into."""

    def __init__(
        self,
        root: Path,
        files: Mapping[str, bytes],
        prepared: Mapping[str, Callable[[Copy], None]],
    ) -> None:
        self.root = root / "book"
        self.said: dict[str, str] = {}
        (root / "home").mkdir()
        for name, content in files.items():
            (self.root / name).parent.mkdir(parents=True, exist_ok=True)
            (self.root / name).write_bytes(content)
        folder = Path(sys.executable).parent
        path = f"{folder}{os.pathsep}{os.environ['PATH']}"
        self._prepared = prepared
        self._environment = {**os.environ, "PATH": path, "HOME": str(root / "home")}

    def run(self, line: str) -> None:
        """Type one line, and keep what it prints."""
        for begins, prepare in self._prepared.items():
            if line.startswith(begins):
                prepare(self)
        name, *words = shlex.split(line.removeprefix(".venv/bin/"))
        plain = name == "autograder" and not {">", "~"} & set(line)
        self.said[line] = self._run_here(words) if plain else self._run_in_shell(line)

    def _run_in_shell(self, line: str) -> str:
        done = subprocess.run(
            ["sh", "-c", line],
            cwd=self.root,
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{line}\n{done.stdout}"
        return done.stdout

    def _run_here(self, words: list[str]) -> str:
        """Run a command in this process, which has imported all that it needs."""
        said = io.StringIO()
        with chdir(self.root), redirect_stdout(said), redirect_stderr(said):
            try:
                code: object = cli.main(words)
            except SystemExit as left:
                code = left.code
        assert code == 0, f"{words}\n{said.getvalue()}"
        return said.getvalue()


def of_this_book() -> dict[str, bytes]:
    """Return the files that the commands of the guides read."""
    command = ["git", "ls-files", "exercises", "chapters", "_toc.yml"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return {name: (ROOT / name).read_bytes() for name in listed.stdout.splitlines()}


def of_your_own() -> dict[str, bytes]:
    """Return the files that the guide to a book of one's own shows, and a course for nbgrader."""
    yaml = [text for language, text in blocks(OWN_BOOK) if language == "yaml"]
    (first,) = [text for language, text in blocks(OWN_BOOK) if language == "markdown"]
    shown = {text.partition("\n")[0].removeprefix("# "): text for text in yaml}
    assert set(shown) == {"_config.yml", "_toc.yml"}
    return {name: text.encode() for name, text in (shown | {"intro.md": first}).items()}


def hand_in_own(copy: Copy) -> None:
    """Be the learner who does the exercise of a book of one's own."""
    notebook = nbformat.read(copy.root / "handout" / "row_means.ipynb", as_version=4)
    (cell,) = [cell for cell in notebook.cells if cell.id == "centre"]
    cell.source = "def centre(z):\n    return z - z.mean(axis=1, keepdims=True)"
    (copy.root / "handed-in" / "ada").mkdir(parents=True, exist_ok=True)
    for folder in (copy.root, copy.root / "handed-in" / "ada"):
        nbformat.write(notebook, folder / "row_means.ipynb")


def write_course(copy: Copy) -> None:
    """Be the teacher whose exercises were written for nbgrader."""
    cells: list[tuple[str, dict[str, object]]] = [
        (
            "def f(x):\n    ### BEGIN SOLUTION\n    return x\n    ### END SOLUTION",
            {"solution": True},
        ),
        ("assert f(1) == 1", {"grade": True, "points": 1, "locked": True}),
    ]
    made = nbformat.v4.new_notebook()
    for number, (source, about) in enumerate(cells):
        given = {"schema_version": 3, "grade_id": f"cell_{number}", **about}
        made.cells.append(nbformat.v4.new_code_cell(source, metadata={"nbgrader": given}))
    (copy.root / "course/source/ps1").mkdir(parents=True, exist_ok=True)
    nbformat.write(made, copy.root / "course/source/ps1/one.ipynb")


def hand_in(copy: Copy) -> None:
    """Be three learners, and the LMS that packs what they hand in."""
    right = "def centre(z):\n    return z - z.mean(axis=1, keepdims=True)"
    with zipfile.ZipFile(copy.root / "submissions.zip", "w") as archive:
        for number, name in enumerate(("lovelaceada", "turingalan_LATE", "hoppergrace")):
            notebook = nbformat.read(copy.root / "handout" / "my_first.ipynb", as_version=4)
            (cell,) = [cell for cell in notebook.cells if cell.id == "centre"]
            cell.source = right if number else cell.source
            packed = f"{name}_{70 + number}_{9000 + number}_my_first.ipynb"
            archive.writestr(packed, nbformat.writes(notebook))


def fill_in(copy: Copy) -> None:
    """Be the person who takes a point away from one learner."""
    with (copy.root / "table.csv").open("a", newline="", encoding="utf-8") as file:
        csv.writer(file).writerow(["71", "my_first", "example", "0", "1", "See me.", ""])


def do_exercise(copy: Copy) -> None:
    """Be the learner who has done the exercise before trying it out."""
    notebook = nbformat.read(copy.root / "handout" / "and_by_hand.ipynb", as_version=4)
    source = (copy.root / "exercises" / "source" / "and_by_hand.md").read_text("utf-8")
    solved = re.search(r"^(answer = .*)$", source, re.MULTILINE)
    assert solved
    (cell,) = [cell for cell in notebook.cells if cell.source.startswith("answer = ")]
    cell.source = solved[1]
    nbformat.write(notebook, copy.root / "and_by_hand.ipynb")


def publish_key(copy: Copy) -> None:
    """Be the instructor who publishes the key, for a course that 71 has just passed."""
    path = copy.root / "exercises" / "source" / "certificate.toml"
    (key,) = re.findall(r"^public_key = .*", "".join(copy.said.values()), re.MULTILINE)
    text = path.read_text("utf-8").replace("percent = 80", "percent = 1")
    path.write_text(f"{text}\n{key}\n", "utf-8")
    (copy.root / "names.csv").write_text("student_id,name\n71,Alan Turing\n", "utf-8")


PREPARED: dict[str, Callable[[Copy], None]] = {
    "autograder collect": hand_in,
    "autograder review marks table.csv": fill_in,
    ".venv/bin/autograder try": do_exercise,
    "autograder certificate marks": publish_key,
}


OWN_PREPARED: dict[str, Callable[[Copy], None]] = {
    "autograder try": hand_in_own,
    "autograder verify --exercises": write_course,
}


@pytest.mark.parametrize("guide", [*GUIDES, OWN_BOOK])
def test_every_block_says_what_it_is(guide: str) -> None:
    assert {language for language, _ in blocks(guide)} <= NO_COMMANDS | {"shell"}


def test_every_reason_is_still_needed() -> None:
    for begins in ELSEWHERE:
        known = (*COMMANDS, *OWN_COMMANDS)
        assert any(command.line.startswith(begins) for command in known), begins


def test_everything_that_the_command_line_can_do_is_in_a_guide(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit):
        cli.main(["--help"])
    known = set(re.findall(r"^    (\w+)", capsys.readouterr().out, re.MULTILINE))
    assert len(known) >= 9
    assert known <= {
        command.line.split()[1] for command in COMMANDS if "autograder" in command.line
    }


@pytest.mark.slow
def test_every_command_of_the_guides_works(tmp_path: Path) -> None:
    copy = Copy(tmp_path, of_this_book(), PREPARED)
    for command in COMMANDS:
        if not command.elsewhere:
            copy.run(command.line)
    said = copy.said
    assert said["autograder verify my_first"].startswith("my_first: holds")
    (collected,) = [text for line, text in said.items() if line.startswith("autograder collect")]
    assert "3 notebooks of 3 students" in collected
    assert said["autograder review marks table.csv"].startswith("1 taken over")
    header, *rows = csv.reader(io.StringIO((copy.root / "marks/grades.csv").read_text("utf-8")))
    score, student = header.index("score"), header.index("student_id")
    assert {row[student]: float(row[score]) for row in rows} == {"70": 0, "71": 2, "72": 3}
    assert "71,,,,2" in (copy.root / "canvas.csv").read_text("utf-8")
    assert "Alan Turing" in (copy.root / "marks/certificates/71.html").read_text("utf-8")
    (tried,) = [text for line, text in said.items() if "autograder try" in line]
    assert "blank" not in tried
    assert sorted(path.name for path in (copy.root / "answers/my_first").iterdir()) == [
        "71.py",
        "72.py",
        "_stub.py",
        "info.csv",
    ]


@pytest.mark.slow
def test_every_command_of_your_own_book_works(tmp_path: Path) -> None:
    copy = Copy(tmp_path, of_your_own(), OWN_PREPARED)
    for command in OWN_COMMANDS:
        if not command.elsewhere:
            copy.run(command.line)
    assert copy.said["autograder verify"].startswith("row_means: holds")
    assert "3 plausible wrong answers" in (
        copy.root / "_build/html/exercises/release/row_means.html"
    ).read_text("utf-8")
    assert "answer centre: given" in copy.said["autograder try row_means.ipynb"]
    (row,) = csv.DictReader(io.StringIO((copy.root / "marks/grades.csv").read_text("utf-8")))
    assert (row["student_id"], float(row["score"])) == ("ada", 3)
    (found,) = [said for line, said in copy.said.items() if "verify --exercises course" in line]
    assert found.startswith("ps1/one: holds")


def test_the_guide_s_table_has_every_setting() -> None:
    text = (ROOT / OWN_BOOK).read_text("utf-8")
    assert re.findall(r"^\| `(autograder_\w+)`", text, re.MULTILINE) == [
        f"autograder_{name}" for name in vars(BookSettings())
    ]


def test_the_reference_names_every_module() -> None:
    pages = (ROOT / "guides" / "api").glob("*.md")
    named = re.findall(r"automodule:: ([\w.]+)", "".join(p.read_text("utf-8") for p in pages))
    public = {
        ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for package in ("autograder", "widgets")
        for path in (ROOT / package).rglob("*.py")
        if not path.name.startswith("_")
    }
    shown_as_a_whole = {  # by the package, whose public names these modules hold
        name for name in public if name.startswith("widgets.") and name not in named
    }
    assert len(named) == len(set(named))
    assert public - shown_as_a_whole <= set(named)
    assert "widgets" in named


@pytest.mark.slow
def test_the_reference_shows_the_docstrings(site: Path) -> None:
    grading = (site / "guides/api/grading.html").read_text("utf-8")
    assert 'id="autograder.exchange.collect.collect_submissions"' in grading
    widgets = (site / "guides/api/widgets.html").read_text("utf-8")
    for name in ("SoftmaxBars", "Questions", "missing_bias_data"):
        assert f'id="widgets.{name}"' in widgets


@pytest.mark.slow
def test_the_threat_model_is_on_a_page(site: Path) -> None:
    title = (ROOT / "THREAT-MODEL.md").read_text("utf-8").splitlines()[0].removeprefix("# ")
    assert title in (site / "guides/threat_model.html").read_text("utf-8")
