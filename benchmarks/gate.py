"""What one more exercise costs the build gate, against starting a process for every answer.

Prints the cost of one answer (a solution, stub or wrong answer: run once across two processes and
once in plain Python) on warm workers, the cost of one fresh Python process that imports TensorFlow
and judges the same answer once, and the ratio.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from autograder.format.source import Exercise, read_exercise
from autograder.running.preload import preload_of
from autograder.running.run import Workers, run
from autograder.sandbox.zygote import Zygote
from autograder.verification.verify import verify

BOOK = Path(__file__).parents[1]
FRESH = """\
import json, os, sys
from autograder.running.check_runner import run_checks_in_process
run_checks_in_process(json.load(open(sys.argv[1])), [os.open(os.devnull, os.O_WRONLY)])
"""


def main() -> None:
    """Measure, and print the ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--exercise", default="model_layers", help="the exercise to add")
    parser.add_argument("--times", type=int, default=5, help="how often to add it")
    options = parser.parse_args()
    exercise = read_exercise(BOOK / "exercises" / "source" / f"{options.exercise}.md")
    answers = 2 + len(exercise.wrong_answers)
    warm = _warm(exercise, options.times) / answers
    fresh = _fresh(exercise, options.times)
    print(f"one answer on warm workers, judged twice  {warm:.3f} s")
    print(f"one answer in a fresh process, judged once {fresh:.3f} s")
    print(f"one more exercise ({answers} answers)            {warm * answers:.2f} s")
    print(f"ratio per judgement                       {2 * fresh / warm:.0f}x")


def _warm(exercise: Exercise, times: int) -> float:
    """Return the seconds that one more exercise takes once the workers are warm."""
    with Zygote(preload_of((exercise,))) as zygote, ThreadPoolExecutor(os.cpu_count()) as pool:
        workers = Workers(zygote, zygote)
        run(exercise, {}, workers)
        began = time.perf_counter()
        for _ in range(times):
            verify(exercise, workers, pool)
        return (time.perf_counter() - began) / times


def _fresh(exercise: Exercise, times: int) -> float:
    """Return the seconds that one answer takes in a process of its own that imports everything."""
    cells: list[dict[str, object]] = [
        {"kind": c.kind, "grade_id": c.grade_id, "source": c.source, "names": []}
        for c in exercise.cells
        if c.kind in ("code", "answer", "check")
    ]
    with tempfile.NamedTemporaryFile("w", suffix=".json") as payload:
        json.dump({"seed": 0, "cells": cells}, payload)
        payload.flush()
        command = [sys.executable, "-c", FRESH, payload.name]
        began = time.perf_counter()
        for _ in range(times):
            subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
        return (time.perf_counter() - began) / times


if __name__ == "__main__":
    main()
