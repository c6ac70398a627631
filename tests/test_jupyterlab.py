"""An exercise answered in JupyterLab: widgets, checks, saving, trying, handing in."""

from __future__ import annotations

import csv
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from book import ROOT
from lab import Lab, jupyterlab
from playwright.sync_api import expect

from autograder.format.exercise_set import read_exercise_set
from autograder.format.release import write_release

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SLUGS = ["missing_bias", "undo_softmax"]
UNCENTRED = "def logits_of(p):\n    return np.log(p)"
CENTRED = "def logits_of(p):\n    z = np.log(p)\n    return z - z.mean(axis=1, keepdims=True)"


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    folder = tmp_path_factory.mktemp("handout")
    exercises, errors = read_exercise_set(ROOT, SLUGS)
    assert errors == ()
    write_release(exercises, folder, prune=False)
    command = Path(sys.executable).with_name("jupyter-lab")
    with jupyterlab(command, folder, tmp_path_factory.mktemp("lab") / "home") as opened:
        yield opened


def autograder(*arguments: str | Path) -> tuple[int, str]:
    """Run the command; return how it ended and what it printed."""
    done = subprocess.run(
        [sys.executable, "-m", "autograder", *arguments],
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def grade(notebook: Path, to: Path) -> dict[str, str]:
    """Hand a file in as it is; return its row in the table of marks."""
    handed_in = to / "class" / "ada" / notebook.name
    handed_in.parent.mkdir(parents=True)
    shutil.copyfile(notebook, handed_in)
    sources = ROOT / "exercises" / "source"
    code, said = autograder("grade", to / "class", "--exercises", sources, "--to", to / "marks")
    assert code == 0, said
    (row,) = csv.DictReader((to / "marks" / "grades.csv").read_text("utf-8").splitlines())
    return row


def test_a_widget_is_moved_saved_reopened_tried_and_handed_in(lab: Lab, tmp_path: Path) -> None:
    notebook = lab.folder / "missing_bias.ipynb"
    lab.open(notebook.name)
    for name in ("setup", "missing_bias"):
        expect(lab.run(name)).not_to_contain_text("Error")
    widget = lab.run("missing_bias-widget").locator(".llb-widget")
    expect(widget.locator(".llb-count")).to_have_text("6 of 12 points on their own side")
    expect(lab.run("separates")).to_contain_text(
        "AssertionError: A point of class 0 has a logit that is not negative."
    )

    slider = widget.get_by_role("slider", name="b", exact=True)
    slider.focus()
    for _ in range(42):
        slider.press("ArrowLeft")
    expect(widget.locator(".llb-count")).to_have_text("12 of 12 points on their own side")
    lab.run("missing_bias")
    moved = 'answer = {"b": -4.2, "w1": 1.0, "w2": 1.0}'
    expect(lab.source("missing_bias")).to_have_text(moved)
    expect(lab.run("separates")).not_to_contain_text("Error")
    lab.save()

    lab.open(notebook.name)
    expect(lab.source("missing_bias")).to_have_text(moved)
    code, said = autograder("try", notebook)
    assert code == 0, said
    assert "check separates: passed" in said
    assert re.search(r"^receipt [0-9a-f]{16}:", said, re.MULTILINE)
    row = grade(notebook, tmp_path)
    assert (float(row["score"]), float(row["max_score"])) == (4, 4)


def test_code_is_written_checked_saved_reopened_tried_and_handed_in(
    lab: Lab, tmp_path: Path
) -> None:
    notebook = lab.folder / "undo_softmax.ipynb"
    lab.open(notebook.name)
    lab.run("setup")
    lab.write("logits_of", UNCENTRED)
    lab.run("logits_of")
    expect(lab.run("example")).not_to_contain_text("Error")
    expect(lab.run("centred")).to_contain_text(
        "AssertionError: The mean of the first row is not 0."
    )
    lab.save()
    code, said = autograder("try", notebook)
    assert code == 1
    assert "check centred: failed: The mean of the first row is not 0." in said

    lab.write("logits_of", CENTRED)
    lab.run("logits_of")
    expect(lab.run("centred")).not_to_contain_text("Error")
    lab.save()
    lab.open(notebook.name)
    expect(lab.source("logits_of")).to_contain_text("z.mean(axis=1, keepdims=True)")
    code, said = autograder("try", notebook)
    assert code == 0, said
    row = grade(notebook, tmp_path)
    assert float(row["score"]) == float(row["max_score"]) > 0
