"""Earlier versions of an exercise, out of git's history, so that an old answer keeps its marks."""

from __future__ import annotations

import contextlib
import functools
import os
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from autograder.exceptions import SourceError
from autograder.format.exercise_key import exercise_key
from autograder.format.release import release_version
from autograder.format.source import read_exercise

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from autograder.format.source import Exercise

EARLIER = "answers an earlier version of the exercise, and was marked by that version"
OTHER_VERSION = (
    "was made from another version of the exercise; it was marked by the present one, so some "
    "checks may be new to you"
)


class ExerciseVersions:
    """The exercises as they are, and as they were when a notebook was handed out.

    Parameters
    ----------
    exercises
        As they are.
    present
        Mark everything by them, whatever it answers.

    """

    def __init__(self, exercises: Mapping[str, Exercise], *, present: bool = False) -> None:
        self._exercises = exercises
        self._only_present = present
        self._read: dict[str, dict[str, Exercise]] = {}
        self._unread: dict[str, Iterator[Exercise]] = {}
        self._history = functools.cache(_history)  # git is asked once for each folder of sources

    def answered(self, name: str, wanted: str | None) -> tuple[Exercise | None, str]:
        """Return the exercise that a notebook answers, and what its learner is to know of that.

        It is the present one where the notebook names no version, where the version is in no
        history, and where it checks the same as the present one; None where there is no such
        exercise.
        """
        exercise = self._exercises.get(name)
        if exercise is None or wanted in (None, release_version(exercise)):
            return exercise, ""
        found = None if self._only_present else self._of_version(name, exercise, str(wanted))
        if found is None:
            return exercise, OTHER_VERSION
        if exercise_key(found) == exercise_key(exercise):
            return exercise, ""
        return found, EARLIER

    def _of_version(self, name: str, exercise: Exercise, wanted: str) -> Exercise | None:
        """Read on in an exercise's history until it has the version; each commit is read once.

        Of the commits with one version, the newest has its hidden checks as last mended.
        """
        known = self._read.setdefault(name, {})
        if name not in self._unread:
            self._unread[name] = self._earlier(exercise)
        while wanted not in known:
            earlier = next(self._unread[name], None)
            if earlier is None:
                return None
            # Newest first, so the first commit of a version stays: its checks were mended last.
            known.setdefault(release_version(earlier), earlier)
        return known[wanted]

    def _earlier(self, exercise: Exercise) -> Iterator[Exercise]:
        """Yield an exercise as each commit has it, newest first, without what cannot be read."""
        path = Path(exercise.path)
        commits = self._history(path.parent).get(path.name, ())
        for content in _contents(path.parent, [f"{one}:./{path.name}" for one in commits]):
            with contextlib.suppress(SourceError):  # a version that its author mended later
                yield _read(content, path)


def _read(content: bytes, path: Path) -> Exercise:
    # The reader takes a path, for messages that name file and line.
    with tempfile.TemporaryDirectory(prefix="autograder-") as folder:
        copy = Path(folder) / path.name
        copy.write_bytes(content)
        return read_exercise(copy, path.as_posix())


def _history(folder: Path) -> dict[str, list[str]]:
    """Return the commits that changed each file of a folder, newest first."""
    # One call for the folder; -m lists what merges changed too, and NUL parts any file name.
    told = _git(
        folder, "log", "-m", "-z", "--format=%x00%H", "--name-only", "--relative", "--", "."
    )
    found: dict[str, list[str]] = {}
    commit = ""
    for part in told.decode("utf-8", "surrogateescape").split("\0"):
        name = part.lstrip("\n")
        if _is_commit(name):
            commit = name
        elif name and commit not in found.setdefault(name, []):
            found[name].append(commit)
    return found


def _is_commit(text: str) -> bool:
    return len(text) in _LENGTHS and set(text) <= set("0123456789abcdef")


_LENGTHS = (40, 64)  # of the names of commits: SHA-1 and SHA-256


def _contents(folder: Path, objects: list[str]) -> Iterator[bytes]:
    """Yield the content of each of git's objects; what was deleted has none."""
    # One process for all versions instead of one `git show` for each.
    asked = b"".join(os.fsencode(name) + b"\n" for name in objects)
    told = _git(folder, "cat-file", "--batch", asked=asked)
    start = 0
    while start < len(told):
        end = told.index(b"\n", start)
        head, start = told[start:end].split(b" "), end + 1
        # `NAME missing` is the answer for a file that the commit deleted.
        if head[-1].isdigit() and head[-2] == b"blob":
            size = int(head[-1])
            yield told[start : start + size]
            start += size + 1


def _git(folder: Path, *arguments: str, asked: bytes = b"") -> bytes:
    """Return what git says; nothing where there is no git, or no repository."""
    command = ["git", "-C", str(folder), *arguments]
    try:
        done = subprocess.run(  # noqa: S603 - no shell
            command, input=asked, capture_output=True, check=False
        )
    except OSError:
        return b""
    return done.stdout if done.returncode == 0 else b""
