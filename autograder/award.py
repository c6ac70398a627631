"""What a certificate is given for, by whom, and who has met it: ``certificate.toml`` says it."""

from __future__ import annotations

import math
import tomllib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from autograder.exceptions import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from autograder.gradebook import Mark
    from autograder.source import Exercise

CONFIG = "certificate.toml"
_DUST = 1e-9  # points: what adding floating-point numbers may lose
_WORDS = ("title", "description", "issuer", "issuer_url", "verify_page")
_NEEDED = ("title", "description", "issuer")
_KNOWN = (*_WORDS, "percent", "valid_days", "public_key")
_JWK = {"kty": "OKP", "crv": "Ed25519"}
_X_LENGTH = 43  # 32 bytes in base64url
_SHAPE = """\
title = "A course"
description = "What whoever has it can do."
issuer = "Who gives it"
percent = 80
public_key = { kty = "OKP", crv = "Ed25519", x = "..." }"""


@dataclass(frozen=True)
class Award:
    """What the one file says.

    Attributes
    ----------
    percent
        Of all graded points, that a learner has to earn.
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
    valid_days: float | None = None
    public_key: str = ""

    @property
    def jwk(self) -> dict[str, str]:
        """The published key as a JSON web key."""
        return {**_JWK, "x": self.public_key}


@dataclass(frozen=True)
class Standing:
    """What one learner has of all graded points.

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
    def met(self) -> bool:
        """Whether that is enough: exactly enough is."""
        return self.score >= self.needed - _DUST

    @property
    def percent(self) -> float:
        """Rounded down to tenths, so that nothing looks like enough that is not."""
        return math.floor(1000 * self.score / self.total + _DUST) / 10


def read_award(path: Path) -> Award:
    """Read ``certificate.toml``.

    Raises
    ------
    UsageError
        Naming the file, what is wrong with it, and what it should look like.

    """
    try:
        given = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise UsageError(f"{path}: is no file; write it like this:\n{_SHAPE}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: is not TOML ({error}); write it like this:\n{_SHAPE}") from error
    for name in given:
        if name not in _KNOWN:
            raise UsageError(f"{path}: `{name}` is not known; use {', '.join(_KNOWN)}")
    words = {name: _text(path, name, given) for name in _WORDS if name in given or name in _NEEDED}
    days = _number(path, "valid_days", given, math.inf) if "valid_days" in given else None
    percent = _number(path, "percent", given, 100.0) if "percent" in given else 80.0
    return Award(**words, percent=percent, valid_days=days, public_key=_key(path, given))


def _text(path: Path, name: str, given: Mapping[str, Any]) -> str:
    value = given.get(name)
    if not isinstance(value, str) or (name in _NEEDED and not value.strip()):
        raise UsageError(f'{path}: `{name}` is no text; write {name} = "..."')
    if name not in _NEEDED and value and not value.startswith(("https://", "http://")):
        raise UsageError(f"{path}: `{name}` is no address; begin it with https://")
    return value


def _number(path: Path, name: str, given: Mapping[str, Any], most: float) -> float:
    value = given[name]
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= most:
        limit = f" and at most {most:g}" if most < math.inf else ""
        raise UsageError(f"{path}: `{name}` is no number; give one above zero{limit}")
    return float(value)


def _key(path: Path, given: Mapping[str, Any]) -> str:
    """Return the key's ``x``; a private key here would be published, so it is refused."""
    key = given.get("public_key", {})
    x = key.get("x", "") if isinstance(key, dict) else None
    whole = {**_JWK, "x": x} if x else {}
    if key != whole or (x and (not isinstance(x, str) or len(x) != _X_LENGTH)):
        raise UsageError(
            f"{path}: `public_key` is no public Ed25519 key; copy the line that "
            "`autograder certificate --new-key FILE` prints"
        )
    return str(x)


def standings(
    marks: Iterable[Mark], exercises: Mapping[str, Exercise], percent: float
) -> list[Standing]:
    """Add up what each learner has in the graded exercises; what nobody handed in counts zero.

    Raises
    ------
    UsageError
        When there is no graded exercise, or one was worth something else when it was graded.

    """
    graded = {name: exercise for name, exercise in exercises.items() if not exercise.practice}
    total = math.fsum(exercise.points for exercise in graded.values())
    if not total:
        raise UsageError("there is no graded exercise; name their folder with --exercises")
    by_student: dict[str, list[Mark]] = {}
    for mark in marks:
        own = by_student.setdefault(mark.report.student, [])
        exercise = graded.get(mark.report.exercise)
        if exercise is not None:
            _agree(mark, exercise)
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


def _agree(mark: Mark, exercise: Exercise) -> None:
    report = mark.report
    if report.status == "graded" and abs(report.max_score - exercise.points) > _DUST:
        raise UsageError(
            f"{report.student}, {report.exercise}: was graded out of {report.max_score:g} points, "
            f"and is worth {exercise.points:g} now; run `autograder grade` again"
        )
