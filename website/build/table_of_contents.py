"""Read the pages that ``_toc.yml`` lists, and compare them with the exercises."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

import yaml

from autograder.exceptions import AutograderError
from autograder.format.exercise_set import RELEASE_FOLDER, SOURCE_FOLDER

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

_TOC = "_toc.yml"


def listed_pages(root: Path) -> list[str]:
    """Return the text pages that ``_toc.yml`` lists and that exist, in its order.

    Raises
    ------
    AutograderError
        When ``_toc.yml`` is not there, or is no table of contents.

    """
    names = (f"{name.removesuffix('.md')}.md" for name, _ in _listed(root))
    return [name for name in names if (root / name).is_file()]


def handwritten_pages(root: Path, release: str = RELEASE_FOLDER) -> list[str]:
    """Return the pages that are written by hand: all but those in the folder ``release``."""
    return [name for name in listed_pages(root) if not _is_in(release, name)]


def find_mismatches(
    root: Path, slugs: Sequence[str], sources: str = SOURCE_FOLDER, release: str = RELEASE_FOLDER
) -> list[str]:
    """Return a message for each page or exercise that is listed but missing, or not listed."""
    listed = {_slug(name): line for name, line in _listed(root) if _is_in(release, name)}
    absent = [
        f"{_TOC}:{line}: there is no exercise `{slug}`; write {sources}/{slug}.md, or take "
        "the line out"
        for slug, line in listed.items()
        if slug not in slugs
    ]
    forgotten = [
        f"{_TOC}:1: exercise `{slug}` is on no page; add `- file: {release}/{slug}`"
        for slug in slugs
        if slug not in listed
    ]
    return absent + forgotten + _unwritten(root, release)


def _unwritten(root: Path, release: str) -> list[str]:
    """Return a message for each listed page that has no file."""
    stems = [(name.removesuffix(".md"), line) for name, line in _listed(root)]
    return [
        f"{_TOC}:{line}: there is no page `{stem}`; write {stem}.md, or take the line out"
        for stem, line in stems
        if not _is_in(release, stem) and not any(root.glob(f"{stem}.*"))
    ]


def _is_in(folder: str, name: str) -> bool:
    return PurePosixPath(name).is_relative_to(folder)


def _slug(name: str) -> str:
    return PurePosixPath(name).name.removesuffix(".md").removesuffix(".ipynb")


def _listed(root: Path) -> list[tuple[str, int]]:
    """Return each file of ``_toc.yml`` as it is written there, with its line."""
    try:
        # Nodes instead of values: they know their lines, which messages name.
        tree = yaml.compose((root / _TOC).read_text("utf-8"))
    except OSError as error:
        problem = f"cannot be read ({error.strerror})"
        raise _broken(1, problem, "write the book's table of contents") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        problem = f"is not YAML ({getattr(error, 'problem', None) or 'it holds odd characters'})"
        raise _broken(mark.line + 1 if mark else 1, problem, "correct this line") from error
    if tree is not None and not isinstance(tree, yaml.MappingNode):
        raise _broken(1, "is no table of contents", "begin it with `format: jb-book` and `root:`")
    return list(_files(tree)) if tree is not None else []


def _files(node: yaml.Node) -> Iterator[tuple[str, int]]:
    """Yield each file below ``node`` with its line."""
    if isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _files(item)
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value in ("file", "root"):
                yield _file(key.value, value), value.start_mark.line + 1
            else:
                yield from _files(value)


def _file(key: str, value: yaml.Node) -> str:
    if not isinstance(value, yaml.ScalarNode) or not value.value:
        line = value.start_mark.line + 1
        raise _broken(line, f"`{key}:` names no page", f"write `{key}: chapters/<name>`")
    return str(value.value)


def _broken(line: int, problem: str, remedy: str) -> AutograderError:
    return AutograderError(f"{_TOC}:{line}: {problem}; {remedy}")
