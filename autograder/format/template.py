"""Write a new exercise from a template that passes the gate as it is."""

from __future__ import annotations

import re
from importlib.resources import files
from typing import TYPE_CHECKING

from autograder.exceptions import UsageError
from autograder.files import replace_text
from autograder.format.exercise_set import SOURCE_FOLDER, exercise_slugs

if TYPE_CHECKING:
    from pathlib import Path

_SLUG = re.compile(r"[a-z][a-z0-9_]{0,63}")


def new_exercise(root: Path, slug: str, *, widget: bool = False) -> Path:
    """Write a new exercise source into the book at ``root`` and return its path.

    Raises
    ------
    UsageError
        When the name cannot be that of an exercise, or is taken.
    """
    if not _SLUG.fullmatch(slug):
        raise UsageError(
            f"{slug}: is no name for an exercise; use small letters, digits and underscores"
        )
    if slug in exercise_slugs(root):
        raise UsageError(
            f"{SOURCE_FOLDER}: there is an exercise `{slug}` already; take another name"
        )
    name = "exercise_widget.md" if widget else "exercise.md"
    text = (files(__package__) / "templates" / name).read_text("utf-8")
    title = slug.replace("_", " ").capitalize()
    path = root / SOURCE_FOLDER / f"{slug}.md"
    replace_text(path, text.replace("{{ title }}", title))
    return path
