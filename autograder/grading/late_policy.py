"""What handing in late costs: one file, ``grading.toml``, says it for a whole course."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from autograder.files import read_settings

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from autograder.files import Settings

POLICY = "grading.toml"
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
        # Counted from the date itself: grace forgives minutes, it moves no deadline.
        days = math.ceil((handed_in - due) / _DAY)
        # Whatever the file says, no more than all is taken: no mark falls below zero.
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
        settings = read_settings(path, _SHAPE)
    # Most courses have no such file, and an empty policy takes nothing.
    except FileNotFoundError:
        return Policy()
    _refuse(settings, "a section", settings.given, ("due", "late"))
    due, late = (_section(settings, name) for name in ("due", "late"))
    _refuse(settings, "in [late]", late, _LATE)
    numbers = {name: _number(settings, name, late) for name in _LATE if name in late}
    return Policy(
        due={name: _date(settings, name, when) for name, when in due.items()},
        grace=timedelta(minutes=numbers.get("grace_minutes", 0.0)),
        per_day=numbers.get("percent_per_day", 0.0),
        at_most=numbers.get("at_most_percent", 100.0),
    )


def _section(settings: Settings, name: str) -> Mapping[str, Any]:
    section = settings.given.get(name, {})
    if not isinstance(section, dict):
        raise settings.error_about(name, "is no section", f"write [{name}] on a line of its own")
    return section


def _refuse(
    settings: Settings, where: str, given: Mapping[str, Any], known: tuple[str, ...]
) -> None:
    # A misspelt name that is passed over would take nothing from anybody, and nobody would hear.
    for name in given:
        if name not in known:
            raise settings.error_about(name, f"is not known ({where})", f"use {', '.join(known)}")


def _number(settings: Settings, name: str, given: Mapping[str, Any]) -> float:
    value = given[name]
    # TOML knows `true`, `inf` and `nan`, and Python takes `True` for 1.
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < math.inf:
        raise settings.error_about(name, "is not a number", "give one that is zero or more")
    return float(value)


def _date(settings: Settings, name: str, value: object) -> datetime:
    if not isinstance(value, datetime):
        raise settings.error_about(
            name, "is due at no date and time", "write 2026-12-01T23:59:00+01:00"
        )
    # Without a zone it is UTC, so that no mark depends on where the grader stands.
    return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)
