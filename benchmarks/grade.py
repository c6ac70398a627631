"""Grading against stock nbgrader, on the same submissions of a three-cell TensorFlow exercise.

    python benchmarks/grade.py                10, 100 and 1,000 submissions here, 4 with nbgrader
    python benchmarks/grade.py 10 100 --of 2  fewer

Prints seconds for each submission, start-up included, the ratio, and the memory of our processes.
Isolation is on, at the best tier of this machine; nbgrader has none.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import nbformat
import psutil

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from nbgrader_course import Course  # noqa: E402
from sources import FRONT, answer, check, code  # noqa: E402

from autograder.exchange.nbgrader_export import export_nbgrader  # noqa: E402
from autograder.format.release import release  # noqa: E402
from autograder.format.source import read_exercise  # noqa: E402

NAME = "layer"
EXERCISE = FRONT + "".join(
    [
        "# One layer\n\n",
        code("import tensorflow as tf", grade_id="setup"),
        answer(
            "def layer(x, units):\n"
            "    ### BEGIN SOLUTION\n"
            "    return tf.keras.layers.Dense(units)(x)\n"
            "    ### END SOLUTION"
        ),
        check("assert layer(tf.ones((2, 3)), 4).shape == (2, 4), 'One row an example.'", "shape"),
        check(
            "### BEGIN HIDDEN TESTS\n"
            "p = tf.nn.softmax(layer(tf.random.normal((5, 3)), 7))\n"
            "assert tf.reduce_all(tf.abs(tf.reduce_sum(p, axis=1) - 1) < 1e-5), 'Sum to one.'\n"
            "### END HIDDEN TESTS",
            "hidden",
        ),
    ]
)


def main() -> int:
    """Measure both and print the ratio."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("counts", nargs="*", type=int, default=[10, 100, 1000])
    parser.add_argument("--of", type=int, default=4, help="submissions for nbgrader")
    options = parser.parse_args()
    with TemporaryDirectory(prefix="grade-") as name:
        folder = Path(name)
        (folder / "sources").mkdir()
        (folder / "sources" / f"{NAME}.md").write_text(EXERCISE, "utf-8")
        print(f"{'submissions':>12} {'seconds':>9} {'each':>9} {'our memory, MB':>15}")
        for count in options.counts:
            seconds, memory = ours(folder, count)
            told = f"{count:12} {seconds:9.1f} {seconds / count:9.3f}"
            print(f"{told} {memory / 1e6:15.0f}", flush=True)
        each = seconds / count
        theirs = nbgrader(folder, options.of) / options.of
    print(f"stock nbgrader: {theirs:.2f} s each; ours {each:.3f} s; ratio {theirs / each:.0f}")
    return 0


def hand_in(folder: Path, count: int, nested: str = "") -> Path:
    """Write ``count`` right answers, each of its own text."""
    notebook = json.loads(nbformat.writes(release(read_exercise(folder / f"sources/{NAME}.md"))))
    (cell,) = [c for c in notebook["cells"] if c["id"] == "answer"]
    place = folder / f"class-{count}{nested}"
    for number in range(count):
        path = place / f"student-{number:05}" / nested / f"{NAME}.ipynb"
        path.parent.mkdir(parents=True)
        dense = "tf.keras.layers.Dense(units)(x)"
        cell["source"] = f"def layer(x, units):\n    return {dense}  # {number}"
        path.write_text(json.dumps(notebook), "utf-8")
    return place


def ours(folder: Path, count: int) -> tuple[float, int]:
    """Return the seconds of the whole command, and the most memory that its processes took."""
    place = hand_in(folder, count)
    return measured(folder, place.name, "--exercises", "sources", "--to", f"out-{count}")


def measured(folder: Path, *arguments: str, beside: Sequence[int] = ()) -> tuple[float, int]:
    """Return the seconds of `autograder grade`, and the most memory of it and what is beside it."""
    command = [sys.executable, "-m", "autograder", "grade", *arguments]
    began = time.perf_counter()
    run = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL)
    most = 0
    while run.poll() is None:
        most = max(most, sum(map(memory_of, [run.pid, *beside])))
        try:
            run.wait(0.5)
        except subprocess.TimeoutExpired:
            continue
    if run.returncode:
        raise SystemExit(f"grading failed with {run.returncode}")
    return time.perf_counter() - began, most


def memory_of(pid: int) -> int:
    """Return the bytes that a process and all below it have to themselves, or in equal shares."""
    total = 0
    try:
        for process in [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]:
            total += process.memory_full_info().pss
    except psutil.Error:  # one has ended in between
        return total
    return total


def nbgrader(folder: Path, count: int) -> float:
    """Return the seconds of one `nbgrader autograde` of ``count`` submissions."""
    course = Course(folder / "course")
    export_nbgrader([read_exercise(folder / f"sources/{NAME}.md")], course.folder)
    course.generate([NAME])
    hand_in(folder, count, NAME).rename(course.folder / "submitted")
    began = time.perf_counter()
    done = course.run("autograde", NAME)
    seconds = time.perf_counter() - began
    if done.returncode or len(course.marks()) != count:
        raise SystemExit(done.stderr)
    return seconds


if __name__ == "__main__":
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    sys.exit(main())
