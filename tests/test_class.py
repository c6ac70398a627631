"""A class from start to finish: from a template to marks and feedback in three LMSs."""

from __future__ import annotations

import ast
import csv
import io
import json
import subprocess
import sys
import zipfile
from contextlib import chdir, redirect_stderr, redirect_stdout
from typing import TYPE_CHECKING

import nbformat
import pytest
from sources import FRONT

from autograder.cli import main as cli

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow

ESSAY = """\
# In words

+++ {"grade_id": "essay", "grade": true, "solution": true, "points": 4, "title": "Your words"}

Why does a boundary without a bias pass through the origin?

+++

"""
RIGHT = '''def centre(z):
    """Return `z`, of shape `(n, k)`, with the mean of each row subtracted from that row."""
    means = z.mean(axis=1)
    return z - means[:, None]'''
WRONG = RIGHT.replace("axis=1", "axis=0").replace("[:, None]", "")
METADATA = """\
submission_501:
  :submitters:
  - {':name': Grace Hopper, ':email': grace@example.org, ':sid': '9'}
  :created_at: 2026-12-03 09:00:00 Z
"""
POLICY = """\
[due]
centre_rows = 2026-12-01T23:59:00Z
essay = 2026-12-01T23:59:00Z

[late]
percent_per_day = 10
"""


class Course:
    """A book's folder, and the commands that an instructor types there."""

    def __init__(self, root: Path) -> None:
        self.root = root
        (root / "exercises" / "source").mkdir(parents=True)
        self.said: dict[str, str] = {}

    def run(self, *arguments: str, code: int = 0) -> str:
        """Run one command, in this process; return all that it says."""
        said = io.StringIO()
        with chdir(self.root), redirect_stdout(said), redirect_stderr(said):
            assert cli.main(arguments) == code, said.getvalue()
        self.said[" ".join(arguments[:3])] = said.getvalue()
        return said.getvalue()

    def rows(self, name: str) -> list[list[str]]:
        """Read a CSV file."""
        return list(csv.reader(io.StringIO((self.root / name).read_text("utf-8"))))

    def notebook(self, slug: str, grade_id: str, text: str) -> bytes:
        """Fill in one cell of what was handed out."""
        made = nbformat.read(self.root / "handout" / f"{slug}.ipynb", as_version=4)
        (cell,) = [cell for cell in made.cells if cell.id == grade_id]
        cell.source = text
        return str(nbformat.writes(made)).encode()

    def pack(self, name: str, content: dict[str, bytes | str]) -> None:
        """Write the zip that an LMS would give."""
        with zipfile.ZipFile(self.root / name, "w") as archive:
            for path, data in content.items():
                archive.writestr(path, data)


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Course:
    """Go the whole way once."""
    course = Course(tmp_path_factory.mktemp("course"))
    author(course)
    hand_in(course)
    course.run("grade", "handed-in", "--exercises", "exercises/source", "--to", "marks")
    course.run("export", "canvas", "early.csv", "--marks", "marks")
    table = course.run("review", "marks")
    filled = [[*row[:3], "3", row[4], "Say why.", ""] for row in csv.reader(io.StringIO(table))]
    with (course.root / "table.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([table.splitlines()[0].split(","), *filled[1:]])
    course.run("review", "marks", "table.csv")
    for name, to in (
        ("canvas", "canvas.csv"),
        ("moodle", "moodle"),
        ("gradescope", "gradescope"),
        ("feedback", "feedback"),
    ):
        course.run("export", name, to, "--marks", "marks")
    course.run("export", "nbgrader", "nbgrader")
    sources = ("--exercises", "exercises/source")
    course.run("export", "answers", "answers", "--submissions", "handed-in", *sources)
    return course


def author(course: Course) -> None:
    course.run("new", "centre_rows")
    (course.root / "exercises" / "source" / "essay.md").write_text(FRONT + ESSAY, "utf-8")
    (course.root / "exercises" / "source" / "grading.toml").write_text(POLICY, "utf-8")
    course.run("verify")
    course.run("release", "--to", "handout")


def hand_in(course: Course) -> None:
    right, wrong = (course.notebook("centre_rows", "centre", text) for text in (RIGHT, WRONG))
    course.pack(
        "canvas.zip",
        {
            "lovelaceada_77_9001_centre_rows.ipynb": wrong,
            "lovelaceada_77_9002_centre_rows-1.ipynb": right,
            "turingalan_LATE_78_9003_centre_rows.ipynb": wrong,
        },
    )
    essay = course.notebook("essay", "essay", "Because x = 0 gives z = 0, *whatever* w is.")
    course.pack("moodle.zip", {"=Ada Lovelace_41_assignsubmission_file_/essay.ipynb": essay})
    course.pack(
        "gradescope.zip", {"e/submission_metadata.yml": METADATA, "e/submission_501/x.ipynb": right}
    )
    for name, more in (
        ("canvas", ["--on-time", "2026-12-01T12:00Z"]),
        ("moodle", ["--on-time", "2026-12-01T12:00Z"]),
        ("gradescope", []),
    ):
        sources = ("--exercises", "exercises/source")
        course.run("collect", f"{name}.zip", *sources, "--to", "handed-in", *more)


def test_a_new_exercise_says_what_comes_next(course: Course) -> None:
    said = course.said["new centre_rows"]
    assert "autograder verify centre_rows" in said
    assert "- file: exercises/release/centre_rows" in said
    assert "centre_rows: holds (2 checks, 3 wrong answers" in course.said["verify"]
    assert "there is an exercise `centre_rows` already" in course.run("new", "centre_rows", code=2)


def test_collecting_says_what_it_left_out_and_what_is_late(course: Course) -> None:
    assert course.said["collect canvas.zip --exercises"].splitlines() == [
        "left out: lovelaceada_77_9001_centre_rows.ipynb: an older attempt of 77",
        "late, says the LMS: turingalan_LATE_78_9003_centre_rows.ipynb",
        "1 is dated as its zip is; `--on-time` says when they were handed in",
        "2 notebooks of 2 students in handed-in",
    ]


def test_the_marks_are_those_of_grades_csv_lateness_and_reviews_included(course: Course) -> None:
    header, *rows = course.rows("marks/grades.csv")
    marks = {
        (row[header.index("student_id")], row[0]): float(row[header.index("score")]) for row in rows
    }
    late = marks.pop(("grace@example.org", "centre_rows"))
    assert late == pytest.approx(3 * 0.8)
    assert marks.pop(("41", "essay")) == 3
    assert marks == {("77", "centre_rows"): 3, ("78", "centre_rows"): 0}


def test_canvas_finds_its_students_and_assignments(course: Course) -> None:
    header, possible, *students = course.rows("canvas.csv")
    assert header == [
        "Student",
        "ID",
        "SIS User ID",
        "SIS Login ID",
        "Section",
        "Centre rows",
        "In words",
    ]
    assert possible == ["    Points Possible", "", "", "", "", "3", "4"]
    assert students == [
        ["'=Ada Lovelace", "41", "", "", "", "", "3"],
        ["lovelaceada", "77", "", "", "", "3", ""],
        ["turingalan", "78", "", "", "", "0", ""],
        ["Grace Hopper", "", "", "grace@example.org", "", "2.4", ""],
    ]


def test_canvas_gets_the_columns_and_rows_of_its_own_gradebook(course: Course) -> None:
    gradebook = (
        "Student,ID,SIS Login ID,Section,centre_rows (5512),Quiz (5513),Final Score\n"
        "    Points Possible,,,,3,1,(read only)\n"
        '"Lovelace, Ada",77,al7,A1,,1,90\n'
        '"Hopper, Grace",79,grace@example.org,A1,,,\n'
    )
    (course.root / "canvas-export.csv").write_text(gradebook, "utf-8")
    more = ("--marks", "marks", "--gradebook", "canvas-export.csv")
    course.run("export", "canvas", "like.csv", *more)
    header, _, *students = course.rows("like.csv")
    assert header[5:] == ["centre_rows (5512)", "In words"]
    assert ["Lovelace, Ada", "77", "", "al7", "A1", "3", ""] in students
    assert ["Hopper, Grace", "79", "", "grace@example.org", "A1", "2.4", ""] in students
    (course.root / "canvas-export.csv").write_text("a,b\n", "utf-8")
    assert "is no gradebook" in course.run("export", "canvas", "like.csv", *more, code=2)
    (course.root / "canvas-export.csv").write_bytes(b"\xff")
    assert "is no CSV in UTF-8" in course.run("export", "canvas", "like.csv", *more, code=2)


@pytest.mark.parametrize(
    ("command", "says"),
    [
        ("export canvas x.csv --marks handout", "handout: holds no grade book; name what"),
        ("review handout", "handout: holds no grade book; name what"),
        ("review nowhere", "nowhere: is no folder; name the one that"),
        ("export answers x --submissions canvas.zip --exercises exercises/source", "sort it by"),
        ("export answers x --submissions handed-in --exercises marks", "holds no exercise source"),
    ],
)
def test_what_a_class_cannot_be_read_from_is_named_and_left_alone(
    course: Course, command: str, says: str
) -> None:
    before = sorted(course.root.rglob("*"))
    said = course.run(*command.split(), code=2)
    assert says in said
    assert said.count("\n") == 1
    assert sorted(course.root.rglob("*")) == before


def test_where_nothing_can_be_taken_over_the_remedy_is_said(course: Course) -> None:
    course.pack("nothing.zip", {"readme.txt": "x"})
    sources = ("--exercises", "exercises/source")
    said = course.run("collect", "nothing.zip", *sources, "--to", "other", code=1)
    assert "nothing.zip: holds nothing to take over; name what the LMS gave you" in said


def test_moodle_finds_its_participants(course: Course) -> None:
    assert course.rows("moodle/essay.csv") == [
        ["Identifier", "Full name", "Grade", "Maximum Grade", "Last modified (grade)"],
        ["Participant 41", "'=Ada Lovelace", "3", "4", ""],
    ]
    header, *rows = course.rows("moodle/grades.csv")
    assert header == ["Student", "Centre rows"]
    assert rows == [["77", "3"], ["78", "0"], ["grace@example.org", "2.4"]]


@pytest.mark.parametrize(
    ("about", "score"),
    [
        ({"id": 501, "users": [{"email": "grace@example.org"}]}, 2.4),
        ({"id": 502, "users": [{"email": "new@example.org"}]}, 0),
    ],
)
def test_gradescope_runs_what_hands_out_our_result(
    course: Course, tmp_path: Path, about: dict[str, object], score: float
) -> None:
    (tmp_path / "results").mkdir()
    with zipfile.ZipFile(course.root / "gradescope" / "centre_rows.zip") as archive:
        assert sorted(archive.namelist()) == ["known_results.json", "run_autograder", "setup.sh"]
        archive.extractall(tmp_path / "source")
    (tmp_path / "submission_metadata.json").write_text(json.dumps(about), "utf-8")
    program = (tmp_path / "source" / "run_autograder").read_text("utf-8")
    here = program.replace('Path("/autograder")', f"Path({str(tmp_path)!r})")
    subprocess.run([sys.executable, "-c", here], check=True)
    result = json.loads((tmp_path / "results" / "results.json").read_text("utf-8"))
    assert result["score"] == pytest.approx(score)
    if score:
        assert "it was late" in result["output"]
        names = [(test["name"], test["score"], test["max_score"]) for test in result["tests"]]
        assert names == [("Two rows", 1, 1), ("Any number of rows and columns", 2, 2)]


def test_feedback_goes_back_under_the_names_that_came(course: Course) -> None:
    with zipfile.ZipFile(course.root / "feedback" / "essay.zip") as archive:
        (name,) = archive.namelist()
        page = archive.read(name).decode()
    assert name == "=Ada Lovelace_41_assignsubmission_file_/essay_feedback.html"
    assert "Say why." in page
    assert "<p>=Ada Lovelace: <strong>3 of 4 points" in page
    written = (course.root / "marks/feedback/41/essay.html").read_text("utf-8")
    assert written == page
    with zipfile.ZipFile(course.root / "feedback" / "centre_rows.zip") as archive:
        names = archive.namelist()
        notebook = nbformat.reads(archive.read(names[1]).decode(), as_version=4)
    assert names == [
        "grace@example.org/centre_rows_feedback.html",
        "lovelaceada_77_9002_centre_rows-1.ipynb",
        "turingalan_LATE_78_9003_centre_rows.ipynb",
    ]
    nbformat.validate(notebook)
    assert "3 of 3 points" in notebook.cells[0].source


def test_what_waits_for_a_person_is_left_out_and_counted(course: Course) -> None:
    assert course.rows("early.csv")[0][5:] == ["Centre rows"]
    assert "1 wait for `autograder review`" in course.said["export canvas early.csv"]
    assert "wait for" not in course.said["export canvas canvas.csv"]


def test_answers_are_laid_out_without_the_stub(course: Course) -> None:
    folder = course.root / "answers" / "centre_rows"
    text = (folder / "77.py").read_text("utf-8")
    assert text == "means = z.mean(axis=1)\nreturn z - means[:, None]\n"
    ast.parse(text)
    assert "def centre(z):" in (folder / "_stub.py").read_text("utf-8")
    header, *rows = course.rows("answers/centre_rows/info.csv")
    assert header == ["filename", "full_name", "created_at"]
    assert [row[:2] for row in rows] == [
        ["77.py", "lovelaceada"],
        ["78.py", "turingalan"],
        ["grace@example.org.py", "Grace Hopper"],
    ]
    assert not (course.root / "answers" / "essay").exists()


def test_the_exercises_go_to_nbgrader(course: Course) -> None:
    assert (course.root / "nbgrader" / "source" / "centre_rows" / "centre_rows.ipynb").is_file()
