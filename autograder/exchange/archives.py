"""Read the files of a folder or a zip one by one.

Nothing is unpacked to a path that the zip names, which could lie outside its folder. Whose file it
is, by the names that Moodle, Canvas and Gradescope give: :mod:`autograder.exchange.collect`.
"""

from __future__ import annotations

import mmap
import os
import re
import stat
import struct
import zipfile
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from autograder.exceptions import UsageError
from autograder.files import file_date, read_regular

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from typing import BinaryIO

_MAX_FILES = 50_000  # more than a class hands in; a zip can list millions
_LINKED = "is a link or no regular file; ask for the notebook"
_ENTRY = b"PK\x01\x02"  # begins each entry of a zip's list of its files
_FILE = b"PK\x03\x04"
_ENTRY_LENGTH = 46  # of an entry, up to the name
_IS_UTF8 = 0x800
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
        with (
            source.open("rb") as file,
            _mapped(file) as content,
            _open_zip(content, source) as archive,
        ):
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
    for path, problem in sorted(_walk(folder)):
        yield ArchivedFile(
            path.relative_to(folder).as_posix(),
            _date_of(path),
            lambda most, path=path: read_regular(path, most),  # type: ignore[misc]
            problem,
        )


def _date_of(path: Path) -> datetime:
    try:
        return file_date(path)
    except OSError:  # whoever reads it hears why
        return datetime.now(UTC)


def _walk(folder: Path) -> Iterator[tuple[Path, str]]:
    """Yield all that is below a folder but folders, and why it must not be read.

    What cannot be looked into, as for its long path, is named itself, for somebody to hear of it.
    """
    todo = [folder]
    while todo:
        top = todo.pop()
        try:
            found = list(os.scandir(top))
        except OSError as error:
            yield top, f"is a folder that cannot be looked into ({error.strerror})"
            continue
        for entry in found:
            if entry.is_dir(follow_symlinks=False):
                todo.append(top / entry.name)
            else:
                # A link could name any file of this machine, whose content would be shown.
                yield top / entry.name, "" if entry.is_file(follow_symlinks=False) else _LINKED


class _Mapped(mmap.mmap):
    """A file in memory, page by page, that :mod:`zipfile` reads like a file."""

    def seekable(self) -> bool:
        """Return True, as files do."""
        return True

    def seek(self, place: int, whence: Any = 0) -> int:  # type: ignore[override]  # noqa: ANN401
        """Go to a place and return it; raise ``OSError`` where there is none, as files do."""
        try:
            super().seek(place, whence)
        except ValueError as error:
            raise OSError(str(error)) from error
        return self.tell()


def _mapped(file: BinaryIO) -> _Mapped:
    # A copy is changed where one writes to it: the file itself stays as it is.
    return _Mapped(file.fileno(), 0, access=mmap.ACCESS_COPY)


def _open_zip(content: _Mapped, source: Path) -> zipfile.ZipFile:
    """Open a zip of which some names may be in another encoding than they say."""
    try:
        _correct_encodings(content)
        return zipfile.ZipFile(content)
    except Exception as error:
        raise UsageError(f"{source}: is a damaged zip ({error}); download it again") from error


def _correct_encodings(content: mmap.mmap) -> None:
    """Say of names that are no UTF-8 that they are none, since one of them closes the whole zip."""
    place = content.rfind(b"PK\x05\x06")
    # Where the list begins; all ones in zips of over 4 GiB, which say so elsewhere.
    place = struct.unpack_from("<L", content, place + 16)[0] if place >= 0 else len(content)
    while content[place : place + 4] == _ENTRY and place + _ENTRY_LENGTH <= len(content):
        (flags,) = struct.unpack_from("<H", content, place + 8)
        name, extra, comment = struct.unpack_from("<HHH", content, place + 28)
        start = place + _ENTRY_LENGTH
        if flags & _IS_UTF8 and not _is_utf8(content[start : start + name]):
            struct.pack_into("<H", content, place + 8, flags & ~_IS_UTF8)
            (file,) = struct.unpack_from("<L", content, place + 42)
            # Said again at the head of the file itself.
            if content[file : file + 4] == _FILE:
                (flags,) = struct.unpack_from("<H", content, file + 6)
                struct.pack_into("<H", content, file + 6, flags & ~_IS_UTF8)
        place = start + name + extra + comment


def _is_utf8(name: bytes) -> bool:
    try:
        name.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


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
                _LINKED if linked else "",
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
