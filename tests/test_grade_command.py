"""The real `autograder grade`, killed, starved and started again; nothing is lost or repeated."""

from __future__ import annotations

import csv
import json
import re
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
from typing import TYPE_CHECKING

import nbformat
import psutil
import pytest
from dask_cluster import dask_cluster
from sources import FRONT, answer, check, code

from autograder.files import sole_writer
from autograder.format.release import release
from autograder.format.source import read_exercise

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.slow

GRADE = ("grade", "class", "--exercises", "sources", "--to", "out", "--jobs", "2")
STUDENTS = [f"student-{number:02}" for number in range(10)]
SOURCE = "".join(
    [
        "# Double\n\n",
        code("import time", grade_id="setup"),
        answer("def double(x):\n    ### BEGIN SOLUTION\n    return 2 * x\n    ### END SOLUTION"),
        check("assert double(3) == 6, 'Three doubled is six.'", points=2),
    ]
)
# Long enough for somebody to be in the middle of it, whenever the first is done.
SLOW = "def double(x):\n    time.sleep(1)\n    return x + x"


class Class:
    """A folder of submissions, and the command that grades it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "sources").mkdir()
        source = folder / "sources" / "double.md"
        source.write_text(FRONT + SOURCE, "utf-8")
        notebook = release(read_exercise(source))
        (cell,) = [cell for cell in notebook.cells if cell.id == "answer"]
        cell.source = SLOW
        for student in STUDENTS:
            path = folder / "class" / student / "double.ipynb"
            path.parent.mkdir(parents=True)
            nbformat.write(notebook, path)

    def start(self, *options: str, largest_file: int | None = None) -> subprocess.Popen[str]:
        """Start grading; with a largest size of a file, as if the disk were full beyond it."""

        def limit() -> None:
            signal.signal(signal.SIGINT, signal.SIG_DFL)  # a shell's background jobs ignore it
            if largest_file is not None:
                resource.setrlimit(resource.RLIMIT_FSIZE, (largest_file, largest_file))

        return subprocess.Popen(
            [sys.executable, "-m", "autograder", *GRADE, *options],
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=limit,  # noqa: PLW1509 - no thread is running here
        )

    def command(self, *arguments: str) -> str:
        """Run another command to its end; return what it prints."""
        done = subprocess.run(
            [sys.executable, "-m", "autograder", *arguments],
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def kept(self) -> set[str]:
        """Return the students whose reports are in the grade book, which is sound."""
        with sqlite3.connect(self.folder / "out" / "gradebook.db") as book:
            assert book.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            rows = book.execute("SELECT student, report FROM result").fetchall()
        assert all(json.loads(report)["score"] == 2 for _, report in rows)
        return {student for student, _ in rows}

    def finish(self) -> tuple[int, int]:
        """Grade to the end; return how many were graded now and how many were done before."""
        out, err = self.start().communicate()
        found = re.search(r"(\d+) graded, (\d+) already done", out)
        assert found, err
        return int(found[1]), int(found[2])

    def assert_whole(self) -> None:
        """See that everybody has one mark, one report and one feedback page."""
        out = self.folder / "out"
        rows = list(csv.DictReader((out / "grades.csv").read_text("utf-8").splitlines()))
        assert [(row["student_id"], float(row["score"])) for row in rows] == [
            (student, 2.0) for student in STUDENTS
        ]
        for student in STUDENTS:
            report = json.loads((out / "reports" / student / "double.json").read_text("utf-8"))
            assert (report["status"], report["score"]) == ("graded", 2)
            assert "2 of 2" in (out / "feedback" / student / "double.html").read_text("utf-8")
        assert not list(out.rglob(".part-*"))


@pytest.fixture
def graded_class(tmp_path: Path) -> Class:
    return Class(tmp_path)


def first_line(run: subprocess.Popen[str]) -> str:
    assert run.stdout is not None
    line = run.stdout.readline()
    assert "2 of 2 (graded)" in line
    return line.split()[0]


def test_a_run_that_is_killed_goes_on_and_repeats_nothing(graded_class: Class) -> None:
    run = graded_class.start()
    first = first_line(run)
    everything = [run, *psutil.Process(run.pid).children(recursive=True)]
    run.kill()
    run.communicate()
    psutil.wait_procs([p for p in everything if p is not run], timeout=60)
    assert not [p for p in everything[1:] if p.is_running()]
    kept = graded_class.kept()
    assert first in kept
    assert len(kept) < len(STUDENTS)
    assert graded_class.finish() == (len(STUDENTS) - len(kept), len(kept))
    graded_class.assert_whole()
    assert graded_class.finish() == (0, len(STUDENTS))


def test_who_waits_is_not_stopped_as_who_computes_is(graded_class: Class) -> None:
    """As on a machine that is busy with others: it takes long and uses no processor."""
    run = graded_class.start("--timeout", "1", "--student", STUDENTS[0])
    out, err = run.communicate()
    assert f"{STUDENTS[0]} double: 2 of 2 (graded)" in out, err


def test_what_a_killed_run_left_half_written_is_removed(graded_class: Class) -> None:
    half = graded_class.folder / "out" / "reports" / STUDENTS[0] / ".part-1a2b3c4d"
    half.parent.mkdir(parents=True)
    half.write_text("{", "utf-8")
    assert graded_class.finish() == (len(STUDENTS), 0)
    graded_class.assert_whole()


def test_two_runs_do_not_write_to_one_folder_at_once(graded_class: Class) -> None:
    with sole_writer(graded_class.folder / "out"):
        second = graded_class.start()
        assert "another run writes there; wait until it has ended" in second.communicate()[1]
        assert second.returncode == 2
    assert graded_class.finish() == (len(STUDENTS), 0)


@pytest.mark.parametrize("victim", ["judges", "learners", "sandbox"])
def test_a_worker_or_sandbox_that_is_killed_costs_nobody_a_mark(
    graded_class: Class, victim: str
) -> None:
    run = graded_class.start()
    first_line(run)
    killed = processes(run.pid)[victim]
    for process in killed:
        process.kill()
    out, err = run.communicate()
    assert run.returncode == 0, out + err
    assert graded_class.kept() == set(STUDENTS)
    graded_class.assert_whole()


def is_sandbox(process: psutil.Process) -> bool:
    """Say whether this is bubblewrap; the process of an answer may have ended meanwhile."""
    try:
        return bool(process.name() == "bwrap")
    except psutil.NoSuchProcess:
        return False


def processes(pid: int) -> dict[str, list[psutil.Process]]:
    """Return the grader's helpers: where checks run, where answers run, what keeps these in."""
    found = psutil.Process(pid).children()
    sandbox = [p for p in found if is_sandbox(p)]
    judges = [p for p in found if not is_sandbox(p)]
    boxes = [p for box in sandbox for p in (box, *box.children(recursive=True)) if is_sandbox(p)]
    learners = [p for box in boxes for p in box.children() if not is_sandbox(p)]
    assert sandbox
    assert judges
    assert learners
    return {"judges": judges, "learners": learners, "sandbox": sandbox}


def test_a_full_disk_is_named_and_loses_nothing(graded_class: Class) -> None:
    run = graded_class.start(largest_file=40_000)
    out, err = run.communicate()
    assert run.returncode == 1, out
    assert "what is in it is safe: make room" in err.splitlines()[-1]  # matplotlib complains too
    assert "Traceback" not in err
    kept = graded_class.kept()
    assert len(kept) < len(STUDENTS)
    assert graded_class.finish() == (len(STUDENTS) - len(kept), len(kept))
    graded_class.assert_whole()


ESSAY = """\
# In words

+++ {"grade_id": "essay", "grade": true, "solution": true, "points": 4}

Why does a boundary without a bias pass through the origin?

+++

"""


def test_late_written_answers_are_marked_by_hand_and_stay_so(graded_class: Class) -> None:
    folder = graded_class.folder
    shutil.rmtree(folder / "class")
    (folder / "sources" / "double.md").unlink()
    source = folder / "sources" / "essay.md"
    source.write_text(FRONT + ESSAY, "utf-8")
    (folder / "sources" / "grading.toml").write_text(
        "[due]\nessay = 2026-01-01T00:00:00Z\n[late]\npercent_per_day = 50\n", "utf-8"
    )
    path = folder / "class" / "ada" / "essay" / "essay.ipynb"
    path.parent.mkdir(parents=True)
    notebook = release(read_exercise(source))
    notebook.cells[-1].source = "Because x = 0 gives z = 0, <b>whatever</b> the kernel is."
    nbformat.write(notebook, path)
    (path.parent / "timestamp.txt").write_text("2026-01-01 08:00:00 UTC", "utf-8")
    graded_class.finish()
    table = graded_class.command("review", "out")
    (row,) = csv.DictReader(table.splitlines())
    assert (row["student_id"], row["points"], row["answer"][:7]) == ("ada", "", "Because")
    (folder / "table.csv").write_text(
        "student_id,assignment,grade_id,points,comment\nada,essay,essay,3,Say why.\n", "utf-8"
    )
    assert "1 taken over" in graded_class.command("review", "out", "table.csv")
    graded_class.command(*GRADE, "--regrade")
    (row,) = csv.DictReader((folder / "out" / "grades.csv").read_text("utf-8").splitlines())
    points = [float(row[name]) for name in ("raw_score", "late_submission_penalty", "score")]
    assert points == [3, 1.5, 1.5]
    page = (folder / "out" / "feedback" / "ada" / "essay.html").read_text("utf-8")
    assert "Say why." in page
    assert "&lt;b&gt;whatever" in page


def test_ctrl_c_ends_it_in_one_line(graded_class: Class) -> None:
    run = graded_class.start()
    first = first_line(run)
    run.send_signal(signal.SIGINT)
    _, err = run.communicate()
    assert run.returncode == 130
    assert err == "stopped; run the same command again\n"
    assert first in graded_class.kept()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda folder: (folder / "out").touch(), "out: "),
        (lambda folder: (folder / "sources" / "double.md").unlink(), "holds no exercise source"),
        (lambda folder: (folder / "class").rename(folder / "hidden"), "is no folder"),
        (
            lambda folder: [p.unlink() for p in folder.rglob("*.ipynb")],
            "holds no <student>/<exercise>.ipynb; sort it by student first: autograder collect ",
        ),
    ],
)
def test_what_cannot_be_graded_is_one_line_with_a_remedy(
    graded_class: Class, change: object, says: str
) -> None:
    change(graded_class.folder)  # type: ignore[operator]
    run = graded_class.start()
    _, err = run.communicate()
    assert run.returncode in (1, 2)
    assert says in err
    assert err.count("\n") == 1


@pytest.fixture
def two_workers(tmp_path: Path) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    with dask_cluster(tmp_path, 2) as cluster:
        yield cluster


def test_a_cluster_that_loses_a_worker_marks_everybody_once(
    graded_class: Class, two_workers: tuple[str, list[subprocess.Popen[bytes]]]
) -> None:
    address, workers = two_workers
    run = graded_class.start("--cluster", address)
    first = first_line(run)
    workers[0].kill()
    out, err = run.communicate()
    assert run.returncode == 0, out + err
    assert graded_class.kept() == set(STUDENTS)
    graded_class.assert_whole()
    told = [first, *re.findall(r"^(\S+) double:", out, re.MULTILINE)]
    assert sorted(told) == sorted(STUDENTS), "somebody was graded twice"


def test_a_cluster_that_is_not_there_is_named(graded_class: Class) -> None:
    run = graded_class.start("--cluster", "nonsense://nowhere")
    _, err = run.communicate()
    assert run.returncode == 2
    assert "write tcp://HOST:8786" in err
    assert err.count("\n") == 1
