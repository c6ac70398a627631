"""What handing in late costs: one file, ``grading.toml``, says it for a whole course."""

from __future__ import annotations

import math
import tomllib
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from autograder.exceptions import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_DAY = timedelta(days=1)
_LATE = ("grace_minutes", "percent_per_day", "at_most_percent")
_SHAPE = """\
[due]
model_layers = 2026-12-01T23:59:00+01:00

[late]
grace_minutes = 10
percent_per_day = 10
at_most_percent = 50"""


@dataclass(frozen=True)
class Policy:
    """When each exercise is due, and what every day begun after that takes away.

    Attributes
    ----------
    due
        By exercise; one that is not here is never late.
    grace
        How late is not late yet.
    per_day, at_most
        Percent of the points earned.

    """

    due: Mapping[str, datetime] = field(default_factory=dict)
    grace: timedelta = timedelta(0)
    per_day: float = 0.0
    at_most: float = 100.0

    def penalty(self, exercise: str, handed_in: datetime, score: float) -> float:
        """Return the points that are taken from ``score``."""
        due = self.due.get(exercise)
        if due is None or handed_in <= due + self.grace:
            return 0.0
        days = math.ceil((handed_in - due) / _DAY)
        share = min(days * self.per_day, self.at_most, 100.0) / 100
        return min(score * share, score)


def read_policy(path: Path) -> Policy:
    """Read ``grading.toml``; nothing is ever late where there is no such file.

    Raises
    ------
    UsageError
        Naming the file, what is wrong with it, and what it should look like.

    """
    try:
        given = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return Policy()
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: is not TOML ({error}); write it like this:\n{_SHAPE}") from error
    _refuse(path, "a section", given, ("due", "late"))
    late = given.get("late", {})
    _refuse(path, "in [late]", late, _LATE)
    numbers = {name: _number(path, name, late) for name in _LATE if name in late}
    return Policy(
        due={name: _date(path, name, when) for name, when in given.get("due", {}).items()},
        grace=timedelta(minutes=numbers.get("grace_minutes", 0.0)),
        per_day=numbers.get("percent_per_day", 0.0),
        at_most=numbers.get("at_most_percent", 100.0),
    )


def _refuse(path: Path, where: str, given: Mapping[str, Any], known: tuple[str, ...]) -> None:
    for name in given:
        if name not in known:
            raise UsageError(f"{path}: `{name}` is not known ({where}); use {', '.join(known)}")


def _number(path: Path, name: str, given: Mapping[str, Any]) -> float:
    value = given[name]
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < math.inf:
        raise UsageError(f"{path}: `{name}` is not a number; give one that is zero or more")
    return float(value)


def _date(path: Path, name: str, value: object) -> datetime:
    if not isinstance(value, datetime):
        raise UsageError(
            f"{path}: `{name}` is due at no date and time; write 2026-12-01T23:59:00+01:00"
        )
    return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)
