"""Digest everything besides a cell's own text on which its results depend."""

from __future__ import annotations

import hashlib
import importlib.metadata
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_PAGES = frozenset({".md", ".ipynb"})


def environment_digest(root: Path, extra: Iterable[Path] = ()) -> str:
    """Return a digest of all that can change a page's outputs besides its own cells.

    That is the files of ``widgets/`` and ``autograder/``, ``requirements.txt``, Python, the
    installed distributions, and what `extra` names: files, or folders of pages, of which every
    file that is not a page counts (helper modules, data).
    """
    digest = hashlib.sha256(sys.version.encode())
    for name in sorted(_distributions()):
        digest.update(f"\n{name}".encode())
    for path in sorted({*_inputs(root, extra)}):
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        digest.update(f"\n{os.path.relpath(path, root)} {content}".encode())
    return digest.hexdigest()


def _distributions() -> Iterator[str]:
    for distribution in importlib.metadata.distributions():
        yield f"{distribution.name} {distribution.version}"


def _inputs(root: Path, extra: Iterable[Path]) -> Iterator[Path]:
    yield from _files(root / "widgets")
    yield from _files(root / "autograder")
    yield from _files(root / "requirements.txt")
    for path in extra:
        yield from (f for f in _files(path) if f == path or f.suffix not in _PAGES)


def _files(path: Path) -> Iterator[Path]:
    """Yield the file ``path``, or the files of that folder except hidden and generated ones."""
    if path.is_file():
        yield path
    for folder, folders, names in os.walk(path):
        folders[:] = [name for name in folders if name[0] not in "._"]
        yield from (Path(folder, name) for name in names if name[0] != ".")
