"""Read the files of a folder or a zip one by one.

Nothing is unpacked to a path that the zip names, which could lie outside its folder.
"""

from __future__ import annotations

import re
import stat
import zipfile
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from autograder.exceptions import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

_MAX_FILES = 50_000  # more than a class hands in; a zip can list millions
_CLUTTER = re.compile(r"(?:^|/)(?:__MACOSX|\.ipynb_checkpoints)(?:/|$)|(?:^|/)\.[^/]*$")


@dataclass(frozen=True)
class ArchivedFile:
    """A file of a folder or a zip, whose content is read only on demand.

    Attributes
    ----------
    when
        When it was last changed, in UTC.
    read
        Returns its first bytes, at most as many as its argument says.
    problem
        Why it must not be read; empty for a regular file.
    """

    path: str
    when: datetime
    read: Callable[[int], bytes]
    problem: str = ""


@contextmanager
def open_files(source: Path) -> Iterator[list[ArchivedFile]]:
    """Give the files of the folder or zip ``source``, except those that a system put there.

    Raises
    ------
    UsageError
        When there is no such folder or zip, or it holds more files than a class hands in.
    """
    if source.is_dir():
        yield _without_clutter(_in_folder(source), source)
    elif source.is_file() and zipfile.is_zipfile(source):
        with zipfile.ZipFile(source) as archive:
            yield _without_clutter(_in_zip(archive), source)
    else:
        raise UsageError(f"{source}: is neither a folder nor a zip; name what the LMS gave you")


def _without_clutter(files: Iterator[ArchivedFile], source: Path) -> list[ArchivedFile]:
    found: list[ArchivedFile] = []
    for file in files:
        if not _CLUTTER.search(file.path):
            found.append(file)
        # While they are listed: the list of a hostile zip is itself too long.
        if len(found) > _MAX_FILES:
            raise UsageError(f"{source}: holds more than {_MAX_FILES:,} files; name a smaller one")
    return found


def _in_folder(folder: Path) -> Iterator[ArchivedFile]:
    for path in sorted(folder.rglob("*")):
        if path.is_dir() and not path.is_symlink():
            continue
        # A link could name any file of this machine, and its content would be graded and shown.
        linked = path.is_symlink() or not path.is_file()
        yield ArchivedFile(
            path.relative_to(folder).as_posix(),
            datetime.fromtimestamp(path.lstat().st_mtime, UTC),
            lambda most, path=path: _read_head(path, most),  # type: ignore[misc]
            "is a link or no regular file; ask for the notebook" if linked else "",
        )


def _read_head(path: Path, most: int) -> bytes:
    with path.open("rb") as file:
        return file.read(most)


def _in_zip(archive: zipfile.ZipFile) -> Iterator[ArchivedFile]:
    for info in archive.infolist():
        if not info.is_dir():
            # The upper half is a Unix mode; 0 in zips that are made elsewhere.
            file_type = stat.S_IFMT(info.external_attr >> 16)
            linked = file_type not in (0, stat.S_IFREG)
            yield ArchivedFile(
                info.filename,
                _zip_date(info),
                lambda most, info=info: _read_member(archive, info, most),  # type: ignore[misc]
                "is a link or no regular file; ask for the notebook" if linked else "",
            )


def _read_member(archive: zipfile.ZipFile, info: zipfile.ZipInfo, most: int) -> bytes:
    with archive.open(info) as file:
        return file.read(most)


def _zip_date(info: zipfile.ZipInfo) -> datetime:
    """Return the date of a zip member in UTC, taking it for local time: zips store no zone."""
    try:
        return datetime(*info.date_time).astimezone(UTC)
    except ValueError:
        return datetime.now(UTC)
