"""Read all exercise sources of a book or of a folder."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

from autograder.exceptions import SourceError
from autograder.format.source import Exercise, read_exercise

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

SOURCE_FOLDER = "exercises/source"
RELEASE_FOLDER = "exercises/release"


def exercise_slugs(folder: Path) -> list[str]:
    """Return the file name, without suffix, of every source in ``folder``, sorted."""
    return sorted({path.stem for path in _source_paths(folder)})


def read_exercise_set(
    root: Path, only: Collection[str] = (), sources: str = SOURCE_FOLDER
) -> tuple[tuple[Exercise, ...], tuple[SourceError, ...]]:
    """Read all exercise sources of the book at ``root``, or those whose slug is in ``only``.

    ``sources`` is the folder that they are in, from ``root``.

    Returns
    -------
    tuple
        The exercises in order of their slug, and an error for each source that cannot be used.
    """
    known = exercise_slugs(root / sources)
    errors = [
        SourceError(sources, f"there is no exercise `{slug}`", did_you_mean(slug, known))
        for slug in only
        if slug not in known
    ]
    exercises: list[Exercise] = []
    for path in _source_paths(root / sources):
        if only and path.stem not in only:
            continue
        try:
            exercises.append(_read_source(path, root, exercises))
        except SourceError as error:
            errors.append(error)
    return tuple(exercises), tuple(errors)


def read_exercise_folder(folder: Path) -> tuple[dict[str, Exercise], list[SourceError]]:
    """Read every source in ``folder``: ``<slug>.md``, ``<assignment>/<notebook>.ipynb``.

    Returns
    -------
    tuple
        The exercises by the name that a submission uses, and the sources that cannot be used.
    """
    exercises: dict[str, Exercise] = {}
    errors: list[SourceError] = []
    for path in sorted([*folder.glob("*.md"), *folder.glob("*.ipynb"), *folder.glob("*/*.ipynb")]):
        place = path.relative_to(folder).with_suffix("")
        # nbgrader's `ps1/ps1.ipynb`, an assignment of one notebook, is called `ps1`.
        name = path.stem if place.parent.name == path.stem else place.as_posix()
        if name in exercises:
            errors.append(SourceError(str(path), f"a second exercise called {name}", "rename one"))
            continue
        try:
            exercises[name] = read_exercise(path)
        except SourceError as error:
            errors.append(error)
    return exercises, errors


def _source_paths(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("*") if path.suffix in (".md", ".ipynb"))


def _read_source(path: Path, root: Path, earlier: Collection[Exercise]) -> Exercise:
    shown = path.relative_to(root).as_posix()
    for other in earlier:
        if other.slug == path.stem:
            remedy = "rename one of them: the file name is the exercise's name"
            raise SourceError(f"{shown}:1", f"{other.path} has the same name", remedy)
    exercise = read_exercise(path, shown)
    if exercise.chapter and not (root / f"{exercise.chapter}.md").is_file():
        remedy = "write `chapter: chapters/<name>` in the front matter"
        raise SourceError(f"{shown}:1", f"there is no chapter `{exercise.chapter}`", remedy)
    return exercise


def did_you_mean(slug: str, known: Collection[str]) -> str:
    """Return a remedy for an unknown slug: the known ones that resemble it, else all of them."""
    near = similar_slugs(slug, known)
    if near:
        return f"did you mean {' or '.join(f'`{name}`' for name in near)}?"
    return f"the exercises are {', '.join(sorted(known)) or 'none at all'}"


def similar_slugs(slug: str, known: Collection[str]) -> list[str]:
    """Return the slugs in ``known`` that resemble ``slug``, the most similar first."""
    name = slug.rpartition("/")[2].partition(".")[0]
    return get_close_matches(name, known) or sorted(other for other in known if name in other)
