"""Read TOML settings and strangers' files; replace files so that nobody finds one half-written."""

from __future__ import annotations

import errno
import os
import re
import stat
import tempfile
import tomllib
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autograder.exceptions import UsageError

with suppress(ModuleNotFoundError):  # Windows has none, and no command that locks runs there
    import fcntl

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_PART = ".part-"
# Windows has neither, and there nobody grades.
_NO_LINK = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


@dataclass(frozen=True)
class Settings:
    """The parsed content of a TOML file, with its text, so that errors can name a line."""

    path: Path
    text: str
    given: Mapping[str, Any]

    def error_about(self, name: str, problem: str, remedy: str) -> UsageError:
        """Return an error that names the line of a key, or of a text in a list."""
        place = f"{self.path}:{self._line(name)}" if self._line(name) else f"{self.path}"
        return UsageError(f"{place}: `{name}` {problem}; {remedy}")

    def _line(self, name: str) -> int:
        """Return the 1-based line of a key or section, else of a quoted text, else 0."""
        word = re.escape(name)
        for pattern in (rf"""^[ \t\[]*["']?{word}["']?[ \t]*[=\].]""", rf"""["']{word}["']"""):
            if found := re.search(pattern, self.text, re.MULTILINE):
                return self.text[: found.start()].count("\n") + 1
        return 0


def read_settings(path: Path, shape: str) -> Settings:
    """Read and parse a TOML file.

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


def read_regular(path: Path, most: int) -> bytes:
    """Return the first ``most`` bytes of a file that somebody else put there.

    Raises
    ------
    OSError
        When it cannot be read, or is anything but a regular file: a link could name any file of
        this machine, and a pipe would be read for ever.
    """
    # Asked of the open file, so that nobody can put a link in its place in between.
    handle = os.open(path, os.O_RDONLY | _NO_LINK)
    with os.fdopen(handle, "rb") as file:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise OSError(errno.EINVAL, "no regular file", str(path))
        return file.read(most)


def file_date(path: Path) -> datetime:
    """Return when a file was last changed; now, where no calendar has that date.

    Raises
    ------
    OSError
        When there is no such file. Of a link it is the date of the link itself.
    """
    try:
        return datetime.fromtimestamp(path.lstat().st_mtime, UTC)
    except (ValueError, OverflowError):  # beyond the year 9999
        return datetime.now(UTC)


def replace_text(path: Path, text: str) -> None:
    """Write ``text`` to ``path`` in UTF-8; see :func:`replace_files`."""
    replace_texts({path: text})


def replace_texts(wanted: Mapping[Path, str]) -> None:
    """Write each text to its path in UTF-8; see :func:`replace_files`.

    What UTF-8 cannot hold, half of a pair of surrogates, is escaped.
    """
    replace_files({path: text.encode("utf-8", "backslashreplace") for path, text in wanted.items()})


def replace_files(wanted: Mapping[Path, bytes]) -> None:
    """Replace the content of each path; readers find the old file or the new one, never half of it.

    Everything is written beside its path before the first file is replaced, so a full disk leaves
    all files as they were. A file that has its content already is not touched, and missing folders
    are made.

    Parameters
    ----------
    wanted
        The content of each file by its path.

    Raises
    ------
    IsADirectoryError
        When a path is a folder.
    OSError
        When something cannot be written.
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
    """Lock ``folder`` against other runs, and delete the half-written files of a killed run.

    The kernel releases the lock when the process ends, however it ends.

    Raises
    ------
    UsageError
        While another process holds the lock; on Windows always, since it locks no folder.
    """
    if not hasattr(os, "O_DIRECTORY"):
        raise UsageError(
            f"{folder}: this system cannot keep other runs out of a folder; run the command on "
            "Linux or macOS (on Windows: in WSL)"
        )
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
