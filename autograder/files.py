"""Write files whole or not at all."""

from __future__ import annotations

import errno
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


def replace_text(path: Path, text: str) -> None:
    """Put ``text`` at ``path``; see :func:`replace_texts`."""
    replace_texts({path: text})


def replace_texts(wanted: Mapping[Path, str]) -> None:
    """Put each text at its path; a reader, or a crash, finds the old file or the new one.

    All texts are written before the first file is replaced, so that a full disk leaves everything
    as it was. A file that holds its text already is left alone. Folders are made as needed. Raises
    ``OSError``.
    """
    partial: dict[Path, Path] = {}
    try:
        for path, text in wanted.items():
            if path.is_dir():
                raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
            if not path.is_file() or path.read_bytes() != text.encode():
                partial[path] = _write_beside(path, text)
        for path in list(partial):
            partial.pop(path).replace(path)
    finally:
        for left in partial.values():
            left.unlink(missing_ok=True)


def _write_beside(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=".part-", dir=path.parent)  # any name fits
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
        Path(name).chmod(0o644)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    return Path(name)
