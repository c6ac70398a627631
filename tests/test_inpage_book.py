"""What the book runs comes to the same on the stand-in: cells of chapters, answers of exercises."""

from __future__ import annotations

import copy
import functools
import json
import os
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from book import ROOT
from jupyter_cache import get_cache
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
    """Return what a cell printed, and what it showed, glued and raised, as texts."""
    found, printed = [], ""
    for output in cell.outputs:
        if output.output_type == "stream":
            printed += output.text if output.name == "stdout" else ""
        elif output.output_type == "error":
            found.append(f"{output.ename}: {output.evalue}")
        else:
            kept = {k: v for k, v in output.data.items() if k not in NO_TEXT}
            found += [json.dumps(kept, sort_keys=True, ensure_ascii=False).replace("\\n", "\n")]
            found += [k for k in sorted(output.data) if k in NO_TEXT]
    return [printed, *found]


def alike(one: str, other: str) -> bool:
    """Return whether two texts are the same, numbers in them up to their last digits."""
    one, other = (ADDRESS.sub("", COLOUR.sub("", text)) for text in (one, other))
    shapes = [" ".join(NUMBER.sub("#", text).split()) for text in (one, other)]
    numbers = [[float(n) for n in NUMBER.findall(text)] for text in (one, other)]
    near = functools.partial(np.allclose, rtol=1e-4, atol=2e-6, equal_nan=True)
    return shapes[0] == shapes[1] and bool(near(numbers[0], numbers[1]))


@pytest.fixture(scope="module")
def stand_in() -> Iterator[Zygote]:
    """Start a worker that has imported the stand-in."""
    with Zygote(("tensorflow", *JUDGE), env=STAND_IN) as zygote:
        yield zygote


@pytest.fixture(scope="module")
def built_cells(site: Path) -> dict[str, NotebookNode]:
    """Give the code cells of each chapter with the outputs that the build got from TensorFlow."""
    folders = (site.parent / ".checked/cells").iterdir()
    cache = get_cache(max(folders, key=lambda folder: folder.stat().st_mtime))
    records = {Path(record.uri).stem: record.pk for record in cache.list_cache_records()}
    return {name: cache.get_cache_bundle(records[name]).nb for name in SYLLABUS}


def on_the_stand_in(notebook: NotebookNode) -> NotebookNode:
    """Execute a notebook in a kernel that finds the stand-in by the name of TensorFlow."""
    client = NotebookClient(
        copy.deepcopy(notebook),
        timeout=120,
        allow_errors=True,
        store_widget_state=False,
        resources={"metadata": {"path": str(ROOT / "chapters")}},
    )
    return client.execute(env=STAND_IN)


@pytest.mark.parametrize("name", SYLLABUS)
def test_cells_of_chapters_show_what_they_show_with_tensorflow(
    built_cells: dict[str, NotebookNode], name: str
) -> None:
    built = built_cells[name]
    pairs = list(zip(built.cells, on_the_stand_in(built).cells, strict=True))
    assert any(texts(cell) != [""] for cell, _ in pairs)
    for cell, mine in pairs:
        wanted, found = texts(cell), texts(mine)
        said = f"{cell.source}\nTensorFlow: {wanted}\nstand-in: {found}"
        assert len(wanted) == len(found), said
        assert all(map(alike, wanted, found)), said


def attempts(exercise: Exercise) -> dict[str, Mapping[str, str]]:
    """Return the solution, the stub and the wrong answers of an exercise."""
    solution = {str(cell.grade_id): cell.source for cell in exercise.answers}
    stub = {str(cell.grade_id): answer_stub(cell) for cell in exercise.answers}
    wrong = {w.name: solution | {w.answer: w.source} for w in exercise.wrong_answers}
    return {"solution": solution, "stub": stub, **wrong}


def judged(results: tuple[CheckResult, ...]) -> list[tuple[Any, ...]]:
    """Return what a learner is told of each check."""
    return [(r.grade_id, r.verdict, r.message, r.exception, r.learner_line) for r in results]


@pytest.mark.parametrize("exercise", exercises(), ids=lambda e: e.slug)
def test_checks_of_exercises_come_to_the_same_verdicts(
    tensorflow_workers: Workers, stand_in: Zygote, exercise: Exercise
) -> None:
    def results(given: tuple[Mapping[str, str], Workers]) -> list[tuple[Any, ...]]:
        answers, workers = given
        return judged(run(exercise, answers, workers, isolated=False))

    jobs = [
        (answers, workers)
        for answers in attempts(exercise).values()
        for workers in (tensorflow_workers, Workers(stand_in, stand_in))
    ]
    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(results, jobs))
    for name, real, ours in zip(attempts(exercise), found[::2], found[1::2], strict=True):
        assert ours == real, name
