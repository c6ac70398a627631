"""Right answers in any ordinary style get their marks, where answers run in their sandbox."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import nbformat
import pytest
from book import ROOT
from sources import CASES, FRONT, answer, check, code

from autograder.format.release import release
from autograder.format.source import read_exercise
from autograder.grading.grade_submission import Answers, Job
from autograder.grading.self_check import check_notebook
from autograder.grading.submission import Notebook, Submission
from autograder.grading.workers import GradingWorkers
from autograder.sandbox.isolation import Sandbox, probe_tier

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from autograder.format.source import Exercise
    from autograder.grading.report import Report


@dataclass(frozen=True)
class Style:
    """A right answer, and the exercise that it answers."""

    group: str
    name: str
    answer: str
    check: str
    reference: str
    setup: str


def read_styles() -> Iterator[Style]:
    """Read ``cases/right_answers.txt``, which says how it is written."""
    text = (CASES / "right_answers.txt").read_text("utf-8")
    for group in re.split(r"^=== ", text, flags=re.MULTILINE)[1:]:
        head, *cases = re.split(r"^== ", group, flags=re.MULTILINE)
        name, shared = _parts(head)
        for case in cases:
            title, parts = _parts(case)
            given = {"reference": parts[""], **shared, **parts}
            yield Style(name, title, given.pop(""), **given)


def _parts(text: str) -> tuple[str, dict[str, str]]:
    """Return the first line, and the text of each part by name; "" before the first part."""
    title, _, rest = text.partition("\n")
    first, *others = re.split(r"^-- ", rest, flags=re.MULTILINE)
    named = (part.partition("\n") for part in others)
    return title, {"": first} | {name: body.strip("\n") for name, _, body in named}


STYLES = [*read_styles()]
# The private directory is called /tmp too, unless what is under test lies in /tmp itself.
if ROOT.is_relative_to("/tmp"):  # noqa: S108 - a name, no file
    STYLES = [style for style in STYLES if "/tmp" not in style.name]  # noqa: S108
REFUSED = [style for style in STYLES if style.group == "refused"]


@pytest.fixture(scope="module")
def team() -> Iterator[GradingWorkers]:
    sandbox = Sandbox(probe_tier(), readable=(ROOT / "widgets",))
    with GradingWorkers(sandbox, ("tensorflow",)) as made:
        yield made


def graded(team: GradingWorkers, path: Path, style: Style, source: str) -> Report:
    cells = (code(style.setup, grade_id="setup"), answer(style.reference), check(style.check))
    path.write_text("".join([FRONT, "# Style\n\n", *cells]), "utf-8")
    return team.grade(job(read_exercise(path), {"answer": source}, path))


def job(exercise: Exercise, answers: dict[str, str], path: Path) -> Job:
    return Job(Submission("ada", path.stem, path), Answers(answers), exercise, "key", 0)


@pytest.mark.parametrize(
    "style", [s for s in STYLES if s not in REFUSED], ids=lambda s: f"{s.group}: {s.name}"
)
def test_a_right_answer_gets_its_marks(team: GradingWorkers, tmp_path: Path, style: Style) -> None:
    report = graded(team, tmp_path / "style.md", style, style.answer)
    assert [(test.verdict, test.message) for test in report.tests] == [("passed", "")]


def test_lines_of_windows_are_lines(team: GradingWorkers, tmp_path: Path) -> None:
    style = next(style for style in STYLES if style.group == "cells")
    source = "def double(x):\r\n    y = 2 * x\r\n    return y\r\n"
    assert graded(team, tmp_path / "style.md", style, source).score == 1


@pytest.mark.parametrize("style", REFUSED, ids=lambda style: style.name)
def test_what_the_sandbox_refuses_is_said_so(
    team: GradingWorkers, tmp_path: Path, style: Style
) -> None:
    (test,) = graded(team, tmp_path / "style.md", style, style.answer).tests
    assert test.verdict == "error"
    assert "code starts no other process" in test.message


# ---- answers that a widget writes

BIAS = [
    'import math\nb = -math.sqrt(16) - 1/5\nanswer = {"b": b, "w1": 2 / 2, "w2": 1}',
    'answer = dict(b="-4,2", w1="100%", w2=" 1 ")',
    'answer = dict(b="\u22124.2", w1="3/3", w2=True)',
    '# mine\nanswer = {\n    "b": -4.2,\n    "w1": 1,\n    "w2": 1,\n}\nprint(answer)',
    'answer: dict = {"b": -4.2} | {"w1": 1.0, "w2": 1.0}',
    '%%time\nanswer = {"b": -4.2, "w1": 1.0, "w2": 1.0}\nanswer',
    'answer = {k: v for k, v in zip(("b", "w1", "w2"), (-4.2, 1, 1))}',
    'import numpy as np\nanswer = {"b": np.float32(-4.2), "w1": np.ones(()), "w2": np.int64(1)}',
    'from decimal import Decimal\nanswer = {"b": Decimal("-4.2"), "w1": Decimal(1), "w2": 1}',
    'from fractions import Fraction as F\nanswer = {"b": -F(42, 10), "w1": F(1), "w2": F("1")}',
    "from collections import OrderedDict\nanswer = OrderedDict(b=-4.2, w1=1, w2=1)",
    'import tensorflow as tf\nanswer = {"b": tf.constant(-4.2), "w1": tf.Variable(1.0), "w2": 1}',
]
ORDER = "shuffle batch tape logits loss gradient move measure"
STEPS = [
    f'answer = {{"gradients": "1", "order": "{ORDER}".split(), "steps": 16 * 5}}',
    f'answer = {{"gradients": "1,0", "order": tuple("{ORDER}".split()), "steps": " 80 "}}',
    f'answer = {{"gradients": 1, "order": [*"{ORDER}".split()], "steps": (1000 // 64 + 1) * 5}}',
]
UNFIT = {
    'answer = {"b": [-4.2], "w1": 1.0, "w2": 1.0}': "`b`",
    'answer = {"b": -4.2, "w1": "about 1", "w2": 1.0}': "`w1`",
    'answer = {"b": -4.2, "w1": 1.0, "w2": float("nan")}': "`w2`",
    'answer = {"b": "1e999999999", "w1": 1.0, "w2": 1.0}': "`b`",
    'answer = {"b": "9" * 10**6, "w1": 1.0, "w2": 1.0}': "`b`",
    'answer = {"b": object(), "w1": 1.0, "w2": 1.0}': "`b`",
    'answer = {"b": 1j, "w1": 1.0, "w2": 1.0}': "`b`",
}


def handed_in(folder: Path, slug: str, source: str) -> tuple[Exercise, Path]:
    """Fill the answer into the released notebook; return the exercise and the file."""
    exercise = read_exercise(ROOT / "exercises" / "source" / f"{slug}.md")
    notebook = release(exercise)
    next(cell for cell in notebook.cells if cell.id == slug).source = source
    nbformat.write(notebook, folder / f"{slug}.ipynb")
    return exercise, folder / f"{slug}.ipynb"


@pytest.mark.parametrize(
    ("slug", "source"),
    [("missing_bias", s) for s in BIAS] + [("order_a_training_step", s) for s in STEPS],
)
def test_a_widget_s_answer_may_be_written_in_any_way(
    team: GradingWorkers, tmp_path: Path, slug: str, source: str
) -> None:
    exercise, path = handed_in(tmp_path, slug, source)
    found = Notebook.of(path.read_bytes()).answers(exercise)
    report = team.grade(job(exercise, found, path))
    assert report.score == report.max_score
    assert check_notebook(path, team.workers()).complete


@pytest.mark.parametrize("source", UNFIT)
def test_what_is_no_number_is_named_before_and_after_handing_in(
    team: GradingWorkers, tmp_path: Path, source: str
) -> None:
    exercise, path = handed_in(tmp_path, "missing_bias", source)
    found = Notebook.of(path.read_bytes()).answers(exercise)
    report = team.grade(job(exercise, found, path))
    says = f"{UNFIT[source]} in your answer is no number"
    assert report.score == 0
    assert all(test.message.startswith(says) and not test.misconception for test in report.tests)
    trial = check_notebook(path, team.workers())
    assert all(shown.message.startswith(says) for shown in trial.checks)


def test_a_notebook_that_says_nonsense_of_its_numbers_is_tried_all_the_same(
    team: GradingWorkers, tmp_path: Path
) -> None:
    _, path = handed_in(tmp_path, "missing_bias", BIAS[0])
    notebook = json.loads(path.read_text("utf-8"))
    notebook["metadata"]["exercise"]["numbers"] = {"missing_bias": 5}
    path.write_text(json.dumps(notebook), "utf-8")
    assert check_notebook(path, team.workers()).complete
