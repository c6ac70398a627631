"""Read settings, and write files whole or not at all."""

from __future__ import annotations

import errno
import fcntl
import os
import re
import tempfile
import tomllib
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autograder.exceptions import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_PART = ".part-"


@dataclass(frozen=True)
class Settings:
    """What a TOML file says, and where: the parser keeps no lines, and an error has to name one."""

    path: Path
    text: str
    given: Mapping[str, Any]

    def error_about(self, name: str, problem: str, remedy: str) -> UsageError:
        """Return the error about a key, or about a text in a list, at the line where it stands."""
        place = f"{self.path}:{self._line(name)}" if self._line(name) else f"{self.path}"
        return UsageError(f"{place}: `{name}` {problem}; {remedy}")

    def _line(self, name: str) -> int:
        """Return the line of a key or a section, else of a text in quotes; 0 for neither."""
        word = re.escape(name)
        for pattern in (rf"""^[ \t\[]*["']?{word}["']?[ \t]*[=\].]""", rf"""["']{word}["']"""):
            if found := re.search(pattern, self.text, re.MULTILINE):
                return self.text[: found.start()].count("\n") + 1
        return 0


def read_settings(path: Path, shape: str) -> Settings:
    """Read a TOML file.

    Parameters
    ----------
    path
        The file.
    shape
        What such a file looks like, for those whose own does not.

    Raises
    ------
    FileNotFoundError
        Where there is none: some files need not be there.
    UsageError
        Naming the file, and what is wrong with it, where it cannot be read.

    """
    try:
        text = path.read_text("utf-8")
        return Settings(path, text, tomllib.loads(text))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: is not TOML ({error}); write it like this:\n{shape}") from error


def replace_text(path: Path, text: str) -> None:
    """Put ``text`` at ``path``; see :func:`replace_texts`."""
    replace_texts({path: text})


def replace_texts(wanted: Mapping[Path, str]) -> None:
    """Put each text at its path, in UTF-8; see :func:`replace_files`."""
    replace_files({path: text.encode() for path, text in wanted.items()})


def replace_files(wanted: Mapping[Path, bytes]) -> None:
    """Put each content at its path; a reader, or a crash, finds the old file or the new one.

    Everything is written before the first file is replaced, so that a full disk leaves all as it
    was. A file that holds its content already is left alone. Folders are made as needed. Raises
    ``OSError``.
    """
    partial: dict[Path, Path] = {}
    try:
        for path, content in wanted.items():
            if path.is_dir():
                raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
            if not path.is_file() or path.read_bytes() != content:
                partial[path] = _write_beside(path, content)
        for path in list(partial):
            partial.pop(path).replace(path)
    finally:
        for left in partial.values():
            left.unlink(missing_ok=True)


@contextmanager
def sole_writer(folder: Path) -> Iterator[None]:
    """Keep other runs out of ``folder``, and remove what a killed run left half-written in it.

    The kernel lets go of the lock when a process ends, however it ends. Raises ``UsageError`` while
    another process writes there.
    """
    folder.mkdir(parents=True, exist_ok=True)
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        _lock(handle, folder)
        for left in folder.rglob(f"{_PART}*"):
            left.unlink(missing_ok=True)
        yield
    finally:
        os.close(handle)


def _lock(handle: int, folder: Path) -> None:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise UsageError(f"{folder}: another run writes there; wait until it has ended") from None


def _write_beside(path: Path, content: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=_PART, dir=path.parent)  # any name fits
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(name).chmod(0o644)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    return Path(name)
