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

from attacks import ATTACKS, EXERCISE, HONEST_POINTS, POINTS, Attack  # noqa: E402
from nbgrader_course import Course  # noqa: E402

from autograder.export import export_nbgrader  # noqa: E402
from autograder.release import release  # noqa: E402
from autograder.source import Exercise, read_exercise  # noqa: E402

NAME = "logits"


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
            score = by_nbgrader(Path(folder), source, attack)
            theirs += [] if score is None else [score]
            other = "left out" if attack.bomb else "no mark" if score is None else f"{score:g}"
            print(
                f"{attack.name:34} {attack.kind:20} {ours[attack.name]:6g} {other:>9}", flush=True
            )
    gained = sum(score > HONEST_POINTS for score in ours.values())
    cheated = sum(score > HONEST_POINTS for score in theirs)
    print(f"gained here: {gained} of {len(ours)}")
    print(f"gained on stock nbgrader: {cheated} of {len(theirs)} that it gave a mark")
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


def by_nbgrader(folder: Path, source: Path, attack: Attack) -> float | None:
    """Grade one in a course of its own; None where it gives no mark at all."""
    if attack.bomb:
        return None
    exercise = read_exercise(source)
    course = Course(folder / "courses" / attack.name)
    export_nbgrader([exercise], course.folder)
    course.generate([exercise.slug])
    hand_in(course.folder / "submitted" / attack.name / NAME, exercise, attack)
    confined = Course(course.folder, throw_away(course.folder))
    confined.run("autograde", NAME)
    return course.marks().get((attack.name, NAME))


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
