"""The attack suite on our grader and on stock nbgrader, both columns.

    python benchmarks/attacks.py            every attack that a machine survives undefended
    python benchmarks/attacks.py NAME...    some of them

Prints, for each dishonest submission, the marks that it got from each grader. The wrong answer in
all of them earns 1 of 11 points honestly. nbgrader runs in a throw-away mount, process and network
namespace: everything is read-only there but a copy of the course, and bombs are left out.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import nbformat

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from dishonest import ATTACKS, EXERCISE, HONEST_POINTS, POINTS, Attack  # noqa: E402
from nbgrader_course import Course  # noqa: E402

from autograder.exchange.nbgrader_export import export_nbgrader  # noqa: E402
from autograder.format.release import release  # noqa: E402
from autograder.format.source import Exercise, read_exercise  # noqa: E402

NAME = "logits"
PATIENCE = 300.0  # seconds, of some 20 that stock nbgrader takes when nobody stops it
LEFT_OUT, NO_MARK, NO_END = "left out", "no mark", "no end"


def main() -> int:
    """Print both columns; return 1 when an attack gained anything here."""
    asked = set(sys.argv[1:])
    attacks = [a for a in ATTACKS if a.name in asked] if asked else list(ATTACKS)
    with TemporaryDirectory(prefix="attacks-") as folder:
        source = Path(folder, "sources", f"{NAME}.md")
        source.parent.mkdir()
        source.write_text(EXERCISE, "utf-8")
        ours = by_our_grader(Path(folder), source, attacks)
        print(f"{'attack':34} {'class':20} {'ours':>6} {'nbgrader':>9}   of {POINTS:g}")
        theirs = []
        for attack in attacks:
            theirs.append(by_nbgrader(Path(folder), source, attack))
            said = theirs[-1] if isinstance(theirs[-1], str) else f"{theirs[-1]:g}"
            print(f"{attack.name:34} {attack.kind:20} {ours[attack.name]:6g} {said:>9}", flush=True)
    gained = sum(score > HONEST_POINTS for score in ours.values())
    marks = [score for score in theirs if not isinstance(score, str)]
    cheated = sum(score > HONEST_POINTS for score in marks)
    print(f"gained here: {gained} of {len(ours)}")
    print(f"gained on stock nbgrader: {cheated} of {len(marks)} that it gave a mark")
    print(f"ended without a mark: {theirs.count(NO_MARK)}; not ended: {theirs.count(NO_END)}")
    return int(gained > 0)


def hand_in(folder: Path, exercise: Exercise, attack: Attack) -> None:
    """Write the attack's file to ``folder``."""
    released = json.loads(nbformat.writes(release(exercise)))
    folder.mkdir(parents=True)
    (folder / f"{NAME}.ipynb").write_bytes(attack.file(released))


def by_our_grader(folder: Path, source: Path, attacks: list[Attack]) -> dict[str, float]:
    """Grade all of them in one class."""
    exercise = read_exercise(source)
    for attack in attacks:
        hand_in(folder / "class" / attack.name, exercise, attack)
    command = [sys.executable, "-m", "autograder", "grade", "class", "--exercises", "sources"]
    subprocess.run([*command, "--to", "out", "--timeout", "10"], cwd=folder, check=True)
    reports = [json.loads(p.read_text("utf-8")) for p in folder.glob("out/reports/*/*.json")]
    return {report["student"]: report["score"] for report in reports}


def by_nbgrader(folder: Path, source: Path, attack: Attack) -> float | str:
    """Grade one in a course of its own; return its mark, or why there is none."""
    if attack.bomb:
        return LEFT_OUT
    exercise = read_exercise(source)
    course = Course(folder / "courses" / attack.name)
    export_nbgrader([exercise], course.folder)
    course.generate([exercise.slug])
    hand_in(course.folder / "submitted" / attack.name / NAME, exercise, attack)
    confined = Course(course.folder, throw_away(course.folder), PATIENCE)
    try:
        confined.run("autograde", NAME)
    except subprocess.TimeoutExpired:
        return NO_END
    return course.marks().get((attack.name, NAME), NO_MARK)


def throw_away(folder: Path) -> list[str]:
    """Return bubblewrap's command line: nothing is writable but the course, and no network."""
    return [
        *("bwrap", "--unshare-all", "--die-with-parent", "--new-session"),
        *("--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc"),
        *("--tmpfs", "/tmp", "--tmpfs", "/run", "--bind", str(folder), str(folder)),  # noqa: S108
        *("--chdir", str(folder), "--"),
    ]


if __name__ == "__main__":
    sys.exit(main())
