"""The attack suite: whatever a submission does, it earns no more than its wrong answer does."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest
from dishonest import ATTACKS, EXERCISE, HIDDEN, HONEST_POINTS, POINTS, RIGHT, Attack

from autograder.format.release import release
from autograder.format.source import read_exercise

pytestmark = pytest.mark.slow

HONEST = Attack("honest", "honest")
GOOD = Attack("right", "honest", source=RIGHT)
STATUSES = {"graded", "invalid"}


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Grade a class of attackers, with one honest and one right answer among them."""
    folder = tmp_path_factory.mktemp("attacks")
    source = folder / "sources" / "logits.md"
    source.parent.mkdir()
    source.write_text(EXERCISE, "utf-8")
    released = json.loads(nbformat.writes(release(read_exercise(source))))
    for attack in (*ATTACKS, HONEST, GOOD):
        path = folder / "class" / attack.name / "logits.ipynb"
        path.parent.mkdir(parents=True)
        path.write_bytes(attack.file(released))
    command = [sys.executable, "-m", "autograder", "grade", "class", "--exercises", "sources"]
    options = ["--to", "out", "--timeout", "10", "--memory", "1024"]
    run = subprocess.run(
        [*command, *options], cwd=folder, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stdout + run.stderr
    return folder


def report(graded: Path, attack: Attack) -> dict[str, Any]:
    path = graded / "out" / "reports" / attack.name / "logits.json"
    return dict(json.loads(path.read_text("utf-8")))


def test_the_honest_get_what_they_deserve(graded: Path) -> None:
    assert report(graded, HONEST)["score"] == HONEST_POINTS
    assert report(graded, GOOD)["score"] == report(graded, GOOD)["max_score"] == POINTS


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
def test_an_attack_gains_nothing_and_has_a_verdict(graded: Path, attack: Attack) -> None:
    found = report(graded, attack)
    assert found["score"] <= HONEST_POINTS
    assert found["max_score"] == POINTS
    assert found["status"] in STATUSES
    assert "infrastructure" not in {test["verdict"] for test in found["tests"]}


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
def test_an_attack_learns_no_hidden_test(graded: Path, attack: Attack) -> None:
    place = f"{attack.name}/logits"
    told = (graded / "out" / "feedback" / f"{place}.html").read_text("utf-8")
    told += json.dumps(report(graded, attack))
    for hidden in (HIDDEN, "assert_allclose", "np.eye", "isclose", "tf.constant"):
        assert hidden not in told


def test_an_attack_leaves_nothing_behind(graded: Path) -> None:
    assert {path.name for path in graded.iterdir()} == {"sources", "class", "out"}
    assert (graded / "sources" / "logits.md").read_text("utf-8") == EXERCISE
    site = Path(os.__file__).parent / "site-packages"
    written = {"evil.pth", "sitecustomize.py", "usercustomize.py", "numpy.py"}
    for folder in (site, Path(sys.prefix) / "lib" / f"python3.{sys.version_info[1]}"):
        assert not written & {path.name for path in folder.rglob("*.pth")}
        assert not written & {path.name for path in folder.glob("*.py")}
