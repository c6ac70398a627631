"""Publish the learner's tree: search it for leaks, then replace a folder by it in one step."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from autograder.exceptions import AutograderError, UsageError
from website.build.leaks import author_only_lines, comment_lines, find_leaks, public_text
from website.build.settings import read_configuration, read_settings
from website.build.table_of_contents import handwritten_pages
from website.editions.learner_tree import MARK, learner_tree

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from autograder.format.source import Exercise

_FRONT = "_build/html/index.html"
_RUN = ".binder/postBuild"


def publish(root: Path, exercises: Sequence[Exercise], to: Path) -> tuple[int, int]:
    """Replace ``to`` by the learner's tree of the book at ``root``; its ``.git`` stays.

    Returns
    -------
    tuple
        How many files there are, and how many bytes.

    Raises
    ------
    UsageError
        When ``to`` holds something else.
    AutograderError
        When the tree holds a line that is for the author alone; nothing is written then.

    """
    _refuse_others(to)
    tree = learner_tree(root, exercises)
    to.parent.mkdir(parents=True, exist_ok=True)
    # Beside the folder, hence on the same disk, where renaming is one step.
    with tempfile.TemporaryDirectory(prefix=".publish-", dir=to.parent) as beside:
        made = Path(beside) / "new"
        _write(tree, made)
        _search(root, exercises, made)
        _swap(made, to, Path(beside) / "old")
    return len(tree), sum(map(len, tree.values()))


def is_built(root: Path) -> bool:
    """Return whether the site exists and is newer than every source."""
    front = root / _FRONT
    return front.is_file() and all(
        path.stat().st_mtime <= front.stat().st_mtime for path in _inputs(root)
    )


def build_site(root: Path) -> None:
    """Build the site. Raises ``AutograderError`` when it cannot be built."""
    command = [str(Path(sys.executable).with_name("jupyter-book")), "build", str(root)]
    if subprocess.run(command, check=False).returncode:  # noqa: S603 - our own command
        raise AutograderError("the book was not built; mend what is listed above, then repeat")


def _inputs(root: Path) -> Iterator[Path]:
    settings = read_settings(root)
    bibliographies = read_configuration(root).get("bibtex_bibfiles") or ()
    yield from (root / name for name in ("_config.yml", "_toc.yml", *bibliographies))
    yield from (root / name for name in handwritten_pages(root, settings.release))
    for folder in (settings.exercises, "autograder", "widgets", "_static"):
        found = (root / folder).rglob("*") if (root / folder).is_dir() else ()
        yield from (path for path in found if path.is_file() and "__pycache__" not in path.parts)


def _refuse_others(to: Path) -> None:
    holds = {path.name for path in to.iterdir()} - {".git"} if to.is_dir() else set()
    # The folder is replaced whole: one that nobody published must not be lost.
    if (to.exists() and not to.is_dir()) or (holds and MARK not in holds):
        raise UsageError(
            f"{to}: holds something else (no {MARK}); name an empty folder, or one that was "
            "published before"
        )


def _write(tree: Mapping[str, bytes], to: Path) -> None:
    for name, content in tree.items():
        path = to / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    (to / _RUN).chmod(0o755)  # Binder runs it


def _search(root: Path, exercises: Sequence[Exercise], made: Path) -> None:
    pages = handwritten_pages(root, read_settings(root).release)
    texts = [(root / name).read_text("utf-8") for name in pages]
    hidden = author_only_lines(exercises, [public_text(text) for text in texts])
    for name, text in zip(pages, texts, strict=True):
        # Pages leave out comments, and so must the notebooks that are made of them.
        hidden |= comment_lines(text, name)
    for exercise in exercises:
        shown = (cell.source for cell in exercise.cells if cell.kind == "text" or cell.markdown)
        hidden |= comment_lines("\n\n".join(shown), exercise.path)
    leaks = find_leaks(made, hidden)
    if leaks:
        raise AutograderError("\n".join([*map(str, leaks), "nothing was published"]))


def _swap(made: Path, to: Path, old: Path) -> None:
    """Move ``made`` to ``to``; restore the old folder where that fails."""
    if to.exists():
        to.rename(old)
    try:
        # The history stays with the folder, whose content is replaced.
        if (old / ".git").exists():
            (old / ".git").rename(made / ".git")
        made.rename(to)
    except OSError:
        if (made / ".git").exists():
            (made / ".git").rename(old / ".git")
        if old.exists():
            old.rename(to)
        raise
    shutil.rmtree(old, ignore_errors=True)
