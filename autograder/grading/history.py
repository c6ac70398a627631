"""Earlier versions of an exercise, out of git's history, so that an old answer keeps its marks."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from autograder.exceptions import SourceError
from autograder.format.release import release_version
from autograder.format.source import read_exercise
from autograder.grading.submission import version_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from autograder.format.source import Exercise

EARLIER = "answers an earlier version of the exercise, and was marked by that version"


class Versions:
    """Finds the version of an exercise that a notebook was made from, in git's history."""

    def __init__(self, present: Mapping[str, Exercise]) -> None:
        self._present = present
        self._found: dict[tuple[str, str], Exercise] = {}

    def answered(self, name: str, raw: bytes) -> Exercise | None:
        """Return the exercise that a notebook answers.

        It is the present one where the notebook names no version, or one that is in no history;
        None where there is no such exercise.
        """
        present, wanted = self._present.get(name), version_of(raw)
        if present is None or wanted is None:
            return present
        if (name, wanted) not in self._found:
            self._found[name, wanted] = _of_version(present, wanted)
        return self._found[name, wanted]


def _of_version(present: Exercise, wanted: str) -> Exercise:
    if release_version(present) == wanted:
        return present
    candidates = (exercise for exercise in _earlier(present) if release_version(exercise) == wanted)
    return next(candidates, present)


def _earlier(present: Exercise) -> Iterator[Exercise]:
    """Yield the exercise as each commit has it, the newest first; what cannot be read is left out.

    Of the commits with one version, the newest has its hidden checks as last mended.
    """
    path = Path(present.path)
    with tempfile.TemporaryDirectory(prefix="autograder-") as folder:
        copy = Path(folder) / path.name
        for commit in _git(path.parent, "log", "--format=%H", "--", path.name).split():
            copy.write_text(_git(path.parent, "show", f"{commit}:./{path.name}"), "utf-8")
            try:
                yield read_exercise(copy, present.path)
            except SourceError:
                continue  # a version that its author mended later


def _git(folder: Path, *arguments: str) -> str:
    """Return what git says; nothing where there is no git, or no repository."""
    command = ["git", "-C", str(folder), *arguments]
    try:
        done = subprocess.run(command, capture_output=True, check=False)  # noqa: S603 - no shell
    except OSError:
        return ""
    return done.stdout.decode("utf-8", "replace") if done.returncode == 0 else ""
