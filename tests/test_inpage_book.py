"""What the book runs comes to the same on the stand-in: cells of chapters, answers of exercises."""

from __future__ import annotations

import os
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat
import numpy as np
import pytest
from book import ROOT
from nbclient import NotebookClient
from test_chapters import SYLLABUS, exercises

from autograder.format.release import answer_stub
from autograder.running.preload import JUDGE
from autograder.running.run import Workers, run
from autograder.sandbox.zygote import Zygote

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from nbformat import NotebookNode

    from autograder.format.source import Exercise
    from autograder.running.run import CheckResult

# where `import tensorflow` finds the stand-in
STAND_IN = {**os.environ, "PYTHONPATH": str(ROOT / "inpage"), "PYTHONWARNINGS": "ignore"}
NUMBER = re.compile(r"-?(?:\d+\.\d*|\.\d+|\d+)(?:e[-+]?\d+)?|\bnan\b|-?\binf\b")
NO_TEXT = frozenset({"image/svg+xml", "image/png", "application/vnd.jupyter.widget-view+json"})
ADDRESS = re.compile(r"0x[0-9a-f]+")
COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def texts(cell: NotebookNode) -> list[str]:
    """Return what a cell printed, showed, glued and raised, as texts."""
    found = []
    for output in cell.outputs:
        if output.output_type == "stream":
            found += [output.text] if output.name == "stdout" else []
        elif output.output_type == "error":
            found.append(f"{output.ename}: {output.evalue}")
        else:
            found += [str(v) for k, v in sorted(output.data.items()) if k not in NO_TEXT]
            found += [k for k in sorted(output.data) if k in NO_TEXT]
    return found


def alike(one: str, other: str) -> bool:
    """Return whether two texts are the same, numbers in them up to their last digits."""
    one, other = (ADDRESS.sub("", COLOUR.sub("", text)) for text in (one, other))
    shapes = [" ".join(NUMBER.sub("#", text).split()) for text in (one, other)]
    numbers = [[float(n) for n in NUMBER.findall(text)] for text in (one, other)]
    return shapes[0] == shapes[1] and np.allclose(*numbers, rtol=1e-4, atol=2e-6, equal_nan=True)


def on_the_stand_in(path: Path) -> NotebookNode:
    """Execute a notebook in a kernel that finds the stand-in by the name of TensorFlow."""
    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(
        notebook,
        timeout=120,
        allow_errors=True,
        resources={"metadata": {"path": str(ROOT / "chapters")}},
    )
    return client.execute(env=STAND_IN)


@pytest.mark.slow
@pytest.mark.parametrize("name", SYLLABUS)
def test_cells_of_chapters_show_what_they_show_with_tensorflow(site: Path, name: str) -> None:
    path = site.parent / f"jupyter_execute/chapters/{name}.ipynb"
    built, ours = nbformat.read(path, as_version=4), on_the_stand_in(path)
    pairs = [
        (cell.source, texts(cell), texts(mine))
        for cell, mine in zip(built.cells, ours.cells, strict=True)
        if cell.cell_type == "code"
    ]
    assert any(shown for _, shown, _ in pairs)
    for source, wanted, found in pairs:
        assert len(wanted) == len(found), f"{source}\nTensorFlow: {wanted}\nstand-in: {found}"
        for one, other in zip(wanted, found, strict=True):
            assert alike(one, other), f"{source}\nTensorFlow: {one}\nstand-in: {other}"


@pytest.fixture(scope="module")
def stand_in_workers() -> Iterator[Workers]:
    """Give workers that have imported the stand-in."""
    with Zygote(("tensorflow", *JUDGE), env=STAND_IN) as zygote:
        yield Workers(zygote, zygote)


def attempts(exercise: Exercise) -> dict[str, Mapping[str, str]]:
    """Return the solution, the stub and the wrong answers of an exercise."""
    solution = {str(cell.grade_id): cell.source for cell in exercise.answers}
    stub = {str(cell.grade_id): answer_stub(cell) for cell in exercise.answers}
    wrong = {w.name: solution | {w.answer: w.source} for w in exercise.wrong_answers}
    return {"solution": solution, "stub": stub, **wrong}


def judged(results: tuple[CheckResult, ...]) -> list[tuple[Any, ...]]:
    """Return what a learner is told of each check."""
    return [(r.grade_id, r.verdict, r.message, r.exception, r.line) for r in results]


@pytest.mark.parametrize("exercise", exercises(), ids=lambda e: e.slug)
def test_checks_of_exercises_come_to_the_same_verdicts(
    tensorflow_workers: Workers, stand_in_workers: Workers, exercise: Exercise
) -> None:
    def results(given: tuple[Mapping[str, str], Workers]) -> list[tuple[Any, ...]]:
        answers, workers = given
        return judged(run(exercise, answers, workers, isolated=False))

    jobs = [
        (answers, workers)
        for answers in attempts(exercise).values()
        for workers in (tensorflow_workers, stand_in_workers)
    ]
    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(results, jobs))
    for name, real, ours in zip(attempts(exercise), found[::2], found[1::2], strict=True):
        assert ours == real, name
