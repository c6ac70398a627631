"""A whole course: generated submissions to every exercise of the book, nothing lost.

    python benchmarks/load.py [COUNT]      2,000 submissions by default

Hands in solutions, wrong answers, blanks and broken files, and grades them twice: on this machine,
and on a Dask cluster of two workers (here on the same machine, so it shows the cost of the cluster,
not its gain). Prints throughput and memory, and ends with an error unless every submission has
exactly one mark, the mark that it deserves, and the same from both.
"""

from __future__ import annotations

import argparse
import csv
import itertools
import json
import os
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import nbformat
from grade import ROOT, measured

from autograder.format.exercise_set import read_exercise_folder
from autograder.format.release import release

sys.path.insert(0, str(ROOT / "tests"))

from dask_cluster import dask_cluster

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from autograder.format.source import Exercise

SOURCES = ROOT / "exercises" / "source"
SOLUTION, WRONG, BLANK, BROKEN = "solution", "wrong", "blank", "broken"
EVERY_FIVE = (SOLUTION, WRONG, SOLUTION, WRONG, BLANK)
BROKEN_ONE_IN = 100

Marks = dict[tuple[str, str], float]


def main() -> int:
    """Measure both, and compare what they gave."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("count", nargs="?", type=int, default=2000)
    count = parser.parse_args().count
    with TemporaryDirectory(prefix="load-") as name:
        folder = Path(name)
        kinds = hand_in(folder / "class", count)
        print(f"{'':24} {'seconds':>9} {'each':>7} {'a minute':>9} {'memory, MB':>11}")
        alone = grade(folder, count, "this machine")
        with dask_cluster(folder, 2) as (address, workers):
            beside = [worker.pid for worker in workers]
            spread = grade(folder, count, "two Dask workers", "--cluster", address, beside=beside)
    check(kinds, alone)
    if alone != spread:
        raise SystemExit("the cluster gave other marks than this machine")
    print(f"{count} submissions, {count} marks, the same from both; nothing lost, nothing twice")
    return 0


def hand_in(place: Path, count: int) -> dict[tuple[str, str], tuple[str, float]]:
    """Write the submissions; return what each is, and the points that a solution would get."""
    exercises, _ = read_exercise_folder(SOURCES)
    kinds = {}
    turns = [(exercise, answers(exercise)) for exercise in exercises.values()]
    for number in range(count):
        student = f"student-{number // len(turns):05}"
        exercise, variants = turns[number % len(turns)]
        kind, notebook = next(variants)
        path = place / student / f"{exercise.slug}.ipynb"
        path.parent.mkdir(parents=True, exist_ok=True)
        broken = number % BROKEN_ONE_IN == BROKEN_ONE_IN - 1
        path.write_text(notebook[: len(notebook) // 2] if broken else notebook, "utf-8")
        points = sum(cell.points for cell in exercise.checks)
        kinds[student, exercise.slug] = (BROKEN if broken else kind, points)
    return kinds


def answers(exercise: Exercise) -> Iterator[tuple[str, str]]:
    """Yield notebooks without end, no two of them the same, and what kind each is."""
    notebook = release(exercise)
    reference = {str(cell.grade_id): cell.source for cell in exercise.answers}
    wrong = itertools.cycle(exercise.wrong_answers)
    for number, kind in enumerate(itertools.cycle(EVERY_FIVE)):
        filled: Mapping[str, str] = {} if kind == BLANK else reference
        if kind == WRONG:
            mistake = next(wrong)
            filled = reference | {mistake.answer: mistake.source}
        for cell in notebook.cells:
            cell.source = filled.get(cell.id, cell.source)
        notebook.metadata["handed_in_as"] = number
        yield kind, nbformat.writes(notebook)
        notebook = release(exercise)


def grade(
    folder: Path, count: int, name: str, *options: str, beside: list[int] | None = None
) -> Marks:
    """Grade the class into a folder of its own, print what it took, and return the marks."""
    out = folder / name
    command = ("class", "--exercises", str(SOURCES), "--to", str(out), *options)
    seconds, memory = measured(folder, *command, beside=beside or ())
    told = f"{name:24} {seconds:9.1f} {seconds / count:7.3f} {60 * count / seconds:9.0f}"
    print(f"{told} {memory / 1e6:11.0f}", flush=True)
    rows = list(csv.DictReader((out / "grades.csv").read_text("utf-8").splitlines()))
    marks = {(row["student_id"], row["assignment"]): float(row["score"] or 0) for row in rows}
    reports = [json.loads(path.read_text("utf-8")) for path in out.glob("reports/*/*.json")]
    if not len(rows) == len(marks) == len(reports) == count:
        raise SystemExit(f"{name}: {len(rows)} rows and {len(reports)} reports for {count}")
    return marks


def check(kinds: Mapping[tuple[str, str], tuple[str, float]], marks: Marks) -> None:
    """See that each submission got what its kind deserves; written answers are not marked yet."""
    for place, (kind, points) in kinds.items():
        deserved = {
            SOLUTION: marks[place] == points,
            WRONG: marks[place] < points,
            BLANK: marks[place] == 0,
            BROKEN: marks[place] == 0,
        }
        if not deserved[kind]:
            raise SystemExit(f"{place}: {kind}, and has {marks[place]:g} of {points:g}")


if __name__ == "__main__":
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    sys.exit(main())
