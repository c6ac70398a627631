"""Sabotage the arithmetic of the stand-in by 1 %, one place at a time, and see who notices.

Each mutant multiplies the value of one operation, the first slope of one operation, or one number
of Keras by 1.01, in a process of its own, and runs the programs of the tests on it. A mutant that
no program notices is printed, and makes the exit status 1.

Run ``python benchmarks/standin_mutants.py [NUMBER]``: so many mutants, drawn with a fixed seed.
"""

from __future__ import annotations

import random
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "inpage" / "tensorflow"
TESTS = ["tests/test_inpage_tensorflow.py", "tests/test_inpage_keras.py"]
FILES = [
    "_elementwise.py", "_reductions.py", "_linear.py", "_normalized.py", "_philox.py",
    "keras/_loss_functions.py", "keras/initializers.py", "keras/optimizers/_kinds.py",
    "keras/metrics/_confusion.py", "keras/_chance_layers.py", "keras/losses.py",
]  # fmt: skip
MARKS = (" * ", " + ", " - ", " / ")


def places() -> list[tuple[str, int, int]]:
    """Return where arithmetic stands: file, line, column of an operator between two values."""
    found = []
    for name in FILES:
        lines = (PACKAGE / name).read_text().splitlines()
        for number, line in enumerate(lines):
            code = line.split("#")[0]
            if '"' in code or "def " in code or "import" in code or "Signature" in code:
                continue
            found += [
                (name, number, column)
                for mark in MARKS
                for column in range(len(code))
                if code.startswith(mark, column)
            ]
    return found


def sabotaged(text: str, number: int, column: int) -> str:
    """Return a source in which the value before an operator is 1 % larger."""
    lines = text.splitlines()
    line = lines[number]
    lines[number] = f"{line[:column]} * 1.01{line[column:]}"
    return "\n".join(lines) + "\n"


def tested(place: tuple[str, int, int] | None) -> subprocess.CompletedProcess[str]:
    """Run the tests on a copy of the stand-in, with a mutant in a place of it if one is given."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        parts = [ROOT / part for part in ("inpage", "tests", "pyproject.toml")]
        subprocess.run(["cp", "-r", *parts, copy], check=True)
        if place is not None:
            name, number, column = place
            target = copy / "inpage" / "tensorflow" / name
            target.write_text(sabotaged(target.read_text(), number, column))
        command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *TESTS]
        environment = {"PYTHONPATH": f"{copy}:{ROOT}", "PATH": "/usr/bin:/bin"}
        return subprocess.run(
            command, cwd=copy, env=environment, capture_output=True, text=True, check=False
        )


def noticed(place: tuple[str, int, int]) -> bool:
    """Return whether a value is found to differ; a mutant that cannot run is not noticed by it."""
    done = tested(place)
    return done.returncode == 1 and "stand-in: " in done.stdout and "error=None" not in done.stdout


def main() -> int:
    """Try mutants and say which of them nobody noticed."""
    wanted = int(sys.argv[1]) if len(sys.argv) > 1 else 5  # each takes a minute
    chosen = random.Random(1).sample(places(), wanted)  # noqa: S311 - a choice, not a secret
    if (whole := tested(None)).returncode:
        print(f"The tests fail without a mutant:\n{whole.stdout[-2000:]}")
        return 2
    missed = []
    for name, number, column in chosen:
        seen = noticed((name, number, column))
        print(f"{'noticed' if seen else 'MISSED '}  {name}:{number + 1}:{column + 1}")
        missed += [] if seen else [name]
    print(f"{wanted - len(missed)} of {wanted} mutants noticed")
    return 1 if missed else 0


if __name__ == "__main__":
    raise SystemExit(main())
