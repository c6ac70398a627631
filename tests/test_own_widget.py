"""A widget of somebody else's module: the engine asks it for four things, and imports nothing."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING

import pytest
from sources import FRONT, Read, answer, check, wrong

from autograder.cli.main import main
from autograder.exceptions import SourceError
from autograder.format.release import release
from autograder.verification.verify import Verification
from website.build.exercise_pages import exercise_page_text

if TYPE_CHECKING:
    from pathlib import Path

DIAL = '''\
class Dial:
    """No class of Jupyter's: it holds a number and says so."""

    widget_type = "dial"

    def __init__(self, turn, most):
        if not 0 <= turn <= most:
            raise ValueError(f"a dial turns from 0 to {most}")
        self.answer = {"turn": turn}
        self.state = {"turn": turn, "most": most}

    @classmethod
    def from_answer(cls, answer, most=9):
        return cls(answer.get("turn", 0), most)

    @property
    def answer_source(self):
        return f"answer = {self.answer}"


class Knob:
    def __init__(self, answer):
        pass
'''
TURNED = answer(
    'answer = {"turn": 7}',
    "dial",
    widget="dial_of_mine:Dial.from_answer",
    start={"turn": 0},
    options={"most": 8},
)
CELLS = (
    TURNED,
    check('assert answer["turn"] == 7, "Turn further."', "turned"),
    wrong('answer = {"turn": 5}', "too little", "turned"),
)


@pytest.fixture(autouse=True)
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "modules").mkdir()
    (tmp_path / "modules/dial_of_mine.py").write_text(DIAL, "utf-8")
    monkeypatch.syspath_prepend(tmp_path / "modules")
    return tmp_path


def test_it_is_released_with_a_cell_that_shows_it(read: Read) -> None:
    shown = {cell.id: cell.source for cell in release(read(*CELLS)).cells}
    assert shown["dial"] == "answer = {'turn': 0}"
    assert shown["dial-widget"] == (
        "from dial_of_mine import Dial\n\nDial.from_answer(\n    answer,\n    most=8,\n)"
    )


def test_its_page_shows_the_code_that_makes_it(read: Read) -> None:
    verification = Verification("case", 1, 1, 6, 0.1, ())
    text = exercise_page_text(read(*CELLS), verification)
    assert "```{widget}" not in text
    assert "Dial.from_answer(" in text
    assert "answer-dial" in text


@pytest.mark.slow
def test_its_answer_is_graded(module: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (module / "tasks").mkdir()
    (module / "tasks/dial.md").write_text(FRONT + "".join(CELLS), "utf-8")
    assert main(["release", "--exercises", str(module / "tasks"), "--to", str(module / "out")]) == 0
    for student, turn in (("ada", 7), ("bob", 5)):
        notebook = json.loads((module / "out/dial.ipynb").read_text("utf-8"))
        (cell,) = [cell for cell in notebook["cells"] if cell["id"] == "dial"]
        cell["source"] = f'answer = {{"turn": {turn}}}'
        (module / "in" / student).mkdir(parents=True)
        (module / "in" / student / "dial.ipynb").write_text(json.dumps(notebook), "utf-8")
    marks = module / "marks"
    where = ["--exercises", str(module / "tasks"), "--to", str(marks), "--isolation", "none"]
    assert main(["grade", str(module / "in"), *where]) == 0, capsys.readouterr().err
    with (marks / "grades.csv").open(encoding="utf-8") as file:
        scores = {row["student_id"]: float(row["score"]) for row in csv.DictReader(file)}
    assert scores == {"ada": 1, "bob": 0}
    report = json.loads((marks / "reports/bob/dial.json").read_text("utf-8"))
    assert report["tests"][0]["misconception"] == "You chose too little."


@pytest.mark.parametrize(
    ("cell", "says"),
    [
        (TURNED.replace("dial_of_mine", "dial_of_nobody"), "there is no widget `dial_of_nobody:"),
        (TURNED.replace("Dial.from_answer", "Dail"), "there is no widget `dial_of_mine:Dail`"),
        (TURNED.replace('{"turn": 0}', '{"turn": 12}'), "a dial turns from 0 to 8"),
        (TURNED.replace("Dial.from_answer", "Knob").replace(":options:", ":tags: [] #"), "Knob"),
        (answer("answer = 1", start={"turn": 0}), "`start` is given without a widget; name the"),
    ],
)
def test_what_is_wrong_with_it_names_the_line(read: Read, cell: str, says: str) -> None:
    with pytest.raises(SourceError, match=r"case\.md:\d+: ") as raised:
        read(cell, check("assert answer"))
    assert says in str(raised.value)
