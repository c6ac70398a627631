"""Read the criteria for a certificate from ``certificate.toml``, and see who meets them."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from autograder.exceptions import UsageError
from autograder.files import read_settings
from autograder.format.exercise_set import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from autograder.files import Settings
    from autograder.format.source import Exercise
    from autograder.grading.gradebook import Mark

CRITERIA_FILE = "certificate.toml"
_ROUNDING = 1e-9  # points: what adding floating-point numbers may lose
_TEXT_KEYS = ("title", "description", "issuer", "issuer_url", "verify_page")
_REQUIRED_KEYS = ("title", "description", "issuer")
_KNOWN_KEYS = (*_TEXT_KEYS, "percent", "exercises", "valid_days", "public_key")
_ED25519_JWK = {"kty": "OKP", "crv": "Ed25519"}
_X_LENGTH = 43  # 32 bytes in base64url
_EXERCISES_REMEDY = (
    'write exercises = ["model_layers", "missing_bias"], or leave it out: then all count'
)
_EXAMPLE_FILE = """\
title = "A course"
description = "What whoever has it can do."
issuer = "Who gives it"
percent = 80
public_key = { kty = "OKP", crv = "Ed25519", x = "..." }"""


@dataclass(frozen=True)
class Criteria:
    """The content of ``certificate.toml``.

    Attributes
    ----------
    percent
        Of all points that count, that a learner has to earn.
    exercises
        Those that count; all graded ones where there are none.
    issuer_url, verify_page
        Addresses, or nothing; the second is the published page that verifies certificates.
    valid_days
        How long a certificate holds; for ever where there is none.
    public_key
        The ``x`` of the published key, in base64url; empty as long as there is none.
    """

    title: str
    description: str
    issuer: str
    issuer_url: str = ""
    verify_page: str = ""
    percent: float = 80.0
    exercises: tuple[str, ...] = ()
    valid_days: float | None = None
    public_key: str = ""

    @property
    def jwk(self) -> dict[str, str]:
        """The published key as a JSON web key."""
        return {**_ED25519_JWK, "x": self.public_key}

    def counted_exercises(self, exercises: Mapping[str, Exercise]) -> dict[str, Exercise]:
        """Return those of ``exercises`` whose points count."""
        graded = {name: exercise for name, exercise in exercises.items() if not exercise.practice}
        return {name: graded[name] for name in self.exercises or graded}


@dataclass(frozen=True)
class Standing:
    """The points of one learner in all exercises that count.

    Attributes
    ----------
    unsettled
        Answers that wait for a person, and submissions that could not be graded.
    """

    student: str
    score: float
    total: float
    needed: float
    unsettled: int = field(default=0, compare=False)

    @property
    def has_earned(self) -> bool:
        """Whether the points are enough; exactly enough is."""
        return self.score >= self.needed - _ROUNDING

    @property
    def percent(self) -> float:
        """The share of all points in percent, rounded down to tenths: never up to the limit."""
        return math.floor(1000 * self.score / self.total + _ROUNDING) / 10


def read_criteria(path: Path, exercises: Mapping[str, Exercise] | None = None) -> Criteria:
    """Read ``certificate.toml``.

    Parameters
    ----------
    path
        The file.
    exercises
        The sources, by name, where it matters that the file names none that counts for nothing.

    Raises
    ------
    UsageError
        Naming file and line, what is wrong there, and what it should look like.

    """
    try:
        settings = read_settings(path, _EXAMPLE_FILE)
    except FileNotFoundError:
        raise UsageError(f"{path}: is no file; write it like this:\n{_EXAMPLE_FILE}") from None
    given = settings.given
    for name in given:
        if name not in _KNOWN_KEYS:
            raise settings.error_about(name, "is not known", f"use {', '.join(_KNOWN_KEYS)}")
    words = {
        name: _read_text(settings, name)
        for name in _TEXT_KEYS
        if name in given or name in _REQUIRED_KEYS
    }
    return Criteria(
        **words,
        percent=_read_number(settings, "percent", 100.0) if "percent" in given else 80.0,
        exercises=_read_exercises(settings, exercises) if "exercises" in given else (),
        valid_days=_read_number(settings, "valid_days", math.inf)
        if "valid_days" in given
        else None,
        public_key=_read_public_key(settings),
    )


def _read_text(settings: Settings, name: str) -> str:
    value = settings.given.get(name)
    if not isinstance(value, str) or (name in _REQUIRED_KEYS and not value.strip()):
        raise settings.error_about(name, "is no text", f'write {name} = "..."')
    if name not in _REQUIRED_KEYS and value and not value.startswith(("https://", "http://")):
        raise settings.error_about(name, "is no address", "begin it with https://")
    return value


def _read_number(settings: Settings, name: str, most: float) -> float:
    value = settings.given[name]
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= most:
        limit = f" and at most {most:g}" if most < math.inf else ""
        raise settings.error_about(name, "is no number", f"give one above zero{limit}")
    return float(value)


def _read_exercises(settings: Settings, known: Mapping[str, Exercise] | None) -> tuple[str, ...]:
    """Return the exercises that count; raise for one that is not known to be graded."""
    names = settings.given["exercises"]
    if not isinstance(names, list) or not names or not all(isinstance(n, str) for n in names):
        raise settings.error_about("exercises", "is no list of names", _EXERCISES_REMEDY)
    for name in names:
        if names.count(name) > 1:
            raise settings.error_about(name, "is there twice", "name each exercise once")
        if known is not None and name not in known:
            raise settings.error_about(name, "is no exercise", did_you_mean(name, known))
        if known is not None and known[name].practice:
            raise settings.error_about(name, "is for practice and gives no points", "take it out")
    return tuple(names)


def _read_public_key(settings: Settings) -> str:
    """Return the key's ``x``; raise for a private key, which would be published."""
    key = settings.given.get("public_key", {})
    x = key.get("x", "") if isinstance(key, dict) else None
    whole = {**_ED25519_JWK, "x": x} if x else {}
    # A private key has one member more, `d`, and this file is published.
    if key != whole or (x and (not isinstance(x, str) or len(x) != _X_LENGTH)):
        remedy = "copy the line that `autograder certificate --new-key FILE` prints"
        raise settings.error_about("public_key", "is no public Ed25519 key", remedy)
    return str(x)


def compute_standings(
    marks: Iterable[Mark], counted: Mapping[str, Exercise], percent: float
) -> list[Standing]:
    """Add up the points of each learner in the exercises that count.

    Parameters
    ----------
    marks
        All marks; an exercise that counts and is not among a learner's gives zero points.
    counted
        The exercises that count, by name.
    percent
        Of all points, that a certificate needs.

    Raises
    ------
    UsageError
        When there is no graded exercise, or one was worth something else when it was graded.
    """
    # Exact sums: in floating point the order of exercises could decide at the limit.
    total = math.fsum(exercise.points for exercise in counted.values())
    if not total:
        raise UsageError("there is no graded exercise; name their folder with --exercises")
    by_student: dict[str, list[Mark]] = {}
    for mark in marks:
        # A learner of whom nothing counts is listed too, with zero points.
        own = by_student.setdefault(mark.report.student, [])
        exercise = counted.get(mark.report.exercise)
        if exercise is not None:
            _require_same_points(mark, exercise)
            own.append(mark)
    needed = percent * total / 100
    return [
        Standing(
            student,
            math.fsum(mark.score for mark in own),
            total,
            needed,
            sum(mark.unsettled for mark in own),
        )
        for student, own in sorted(by_student.items())
    ]


def _require_same_points(mark: Mark, exercise: Exercise) -> None:
    report = mark.report
    if report.status == "graded" and abs(report.max_score - exercise.points) > _ROUNDING:
        raise UsageError(
            f"{report.student}, {report.exercise}: was graded out of {report.max_score:g} points, "
            f"and is worth {exercise.points:g} now; run `autograder grade` again"
        )
