"""Read the settings of a book's exercises, workers and downloads from its ``_config.yml``.

The values stand under ``sphinx: config:``, and each has a default. The gate gets them from Sphinx,
and the command ``book``, which starts no build, from the file.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml

from autograder.exceptions import AutograderError
from autograder.format.exercise_set import RELEASE_FOLDER, SOURCE_FOLDER
from autograder.format.imports import code_cells_of
from autograder.running.preload import preload_for
from website.build.table_of_contents import handwritten_pages

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from sphinx.application import Sphinx
    from sphinx.config import Config

_PREFIX = "autograder_"
_KERNEL = "ipykernel.kernelapp"
_NO_LETTER = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True)
class BookSettings:
    """The settings of one book.

    Attributes
    ----------
    exercises
        The folder of the sources, from the book's root.
    release
        The folder of the learners' versions, which are the pages in ``_toc.yml``.
    preload
        The modules that workers import first; if there are none, what the cells import.
    name
        What the files are called that a reader takes home, and part of the keys under which a
        reader's browser keeps progress and answers; if there is none, the title, in small letters
        and hyphens. Whoever changes the title of a published book sets it to what it was.
    """

    exercises: str = SOURCE_FOLDER
    release: str = RELEASE_FOLDER
    preload: tuple[str, ...] = ()
    name: str = ""


def register_settings(app: Sphinx) -> BookSettings:
    """Register the settings with Sphinx, and return the values of this book."""
    for name, value in vars(BookSettings()).items():
        # A list, since YAML knows no tuple, and Sphinx warns of a value of another type.
        kind = list if isinstance(value, tuple) else str
        app.add_config_value(f"{_PREFIX}{name}", kind(value), "env", types=(kind,))
    return settings_in(app.config)


def settings_in(config: Config) -> BookSettings:
    """Return the book's settings from Sphinx's configuration."""
    return settings_of({name: getattr(config, name) for name in _names()})


def settings_of(values: Mapping[str, Any]) -> BookSettings:
    """Return the settings among the ``values`` of a configuration."""
    given = {name.removeprefix(_PREFIX): values[name] for name in _names() if name in values}
    if "preload" in given:
        given["preload"] = tuple(given["preload"])
    return BookSettings(**given)


def _names() -> list[str]:
    return [f"{_PREFIX}{name}" for name in vars(BookSettings())]


def read_configuration(root: Path) -> dict[str, Any]:
    """Read the ``_config.yml`` of the book at ``root``; a missing file gives an empty mapping.

    Raises
    ------
    AutograderError
        When it cannot be read, or is no mapping.

    """
    path = root / "_config.yml"
    try:
        found = yaml.safe_load(path.read_text("utf-8")) if path.is_file() else {}
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise AutograderError(f"{path}: is not YAML; correct it ({error})") from error
    if not isinstance(found or {}, dict):
        raise AutograderError(f"{path}: is no mapping; begin it with `title:`")
    return found or {}


def read_settings(root: Path) -> BookSettings:
    """Return the settings in the ``_config.yml`` of the book at ``root``."""
    sphinx = read_configuration(root).get("sphinx") or {}
    return settings_of(sphinx.get("config") or {})


def settings_or_default(root: Path) -> BookSettings:
    """Return the book's settings, or the defaults while its ``_config.yml`` cannot be read."""
    try:
        return read_settings(root)
    except AutograderError:  # the build reports it
        return BookSettings()


def book_name(settings: BookSettings, title: str) -> str:
    """Return the name of the book's files: its setting, or else its title with hyphens."""
    return settings.name or _NO_LETTER.sub("-", title.lower()).strip("-") or "book"


def preload_of_book(root: Path, settings: BookSettings) -> tuple[str, ...]:
    """Return the modules that a worker imports first: those of kernels and of the book's cells."""
    try:
        pages = [root / name for name in handwritten_pages(root, settings.release)]
    except AutograderError:  # the gate reports it
        pages = []
    sources = sorted((root / settings.exercises).glob("*"))
    cells = [cell for path in (*pages, *sources) for cell in code_cells_of(path)]
    return (_KERNEL, *preload_for(cells, settings.preload))
