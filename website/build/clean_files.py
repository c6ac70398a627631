"""Remember the contents that were searched for hidden lines and hold none.

The memory holds for one set of hidden lines and one version of the search; when either changes, it
is empty.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING

from autograder.files import replace_text
from website.build import leaks

if TYPE_CHECKING:
    from collections.abc import Iterable


class CleanFiles:
    """The digests of contents that hold none of the hidden lines; kept in one file.

    Parameters
    ----------
    path
        Where they are kept.
    hidden
        The lines.

    """

    def __init__(self, path: Path, hidden: Iterable[str]) -> None:
        self._path = path
        # A search that was mended may find what the one before it passed over.
        search = Path(leaks.__file__).read_bytes()
        self._key = hashlib.sha256(repr((search, sorted(hidden))).encode()).hexdigest()
        self._known = _read(path, self._key)
        self._met: set[str] = set()

    def holds(self, content: bytes) -> bool:
        """Return whether this content was searched before and holds no hidden line."""
        name = hashlib.sha256(content).hexdigest()
        if name in self._known:
            self._met.add(name)
        return name in self._known

    def add(self, content: bytes) -> None:
        """Remember that this content holds no hidden line."""
        self._met.add(hashlib.sha256(content).hexdigest())

    def save(self) -> None:
        """Write the contents that this search met to the file, and forget all others."""
        replace_text(self._path, json.dumps({"key": self._key, "clean": sorted(self._met)}))


def _read(path: Path, key: str) -> frozenset[str]:
    """Return what is kept under ``key``; a file that is not there, or spoiled, holds nothing."""
    try:
        kept = json.loads(path.read_text("utf-8"))
        return frozenset(kept["clean"]) if kept["key"] == key else frozenset()
    except (OSError, ValueError, KeyError, TypeError):
        return frozenset()
