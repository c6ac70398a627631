"""Write a new exercise from a template that passes the gate as it is."""

from __future__ import annotations

import re
from importlib.resources import files
from typing import TYPE_CHECKING

from autograder.exceptions import UsageError
from autograder.files import replace_text
from autograder.format.exercise_set import exercise_slugs

if TYPE_CHECKING:
    from pathlib import Path

_SLUG = re.compile(r"[a-z][a-z0-9_]{0,63}")


def new_exercise(folder: Path, slug: str, *, widget: bool = False) -> Path:
    """Write a new exercise source into ``folder`` and return its path.

    Raises
    ------
    UsageError
        When the name cannot be that of an exercise, or is taken.
    """
    if not _SLUG.fullmatch(slug):
        raise UsageError(
            f"{slug}: is no name for an exercise; use small letters, digits and underscores"
        )
    if slug in exercise_slugs(folder):
        raise UsageError(f"{folder}: there is an exercise `{slug}` already; take another name")
    name = "exercise_widget.md" if widget else "exercise.md"
    text = (files(__package__) / "templates" / name).read_text("utf-8")
    title = slug.replace("_", " ").capitalize()
    path = folder / f"{slug}.md"
    replace_text(path, text.replace("{{ title }}", title))
    return path
