"""Read what learners handed in: nothing of it counts but the text of its answer cells."""

from __future__ import annotations

import errno
import hashlib
import json
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from autograder.exceptions import SubmissionError
from autograder.files import file_date, read_regular
from autograder.grading.answer_cells import GivenAnswer, put_together, source_of
from autograder.names import legible, shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from autograder.format.source import Exercise

MAX_BYTES = 10 * 2**20
_MAX_STAMP_BYTES = 1000
_ENDING = ".ipynb"
_FORMAT = 4
_NO_REGULAR_FILE = (errno.ELOOP, errno.EINVAL, errno.ENXIO)  # of links, pipes, sockets


@dataclass(frozen=True)
class Submission:
    """One file that a learner handed in for one exercise."""

    student: str
    exercise: str
    path: Path

    def handed_in(self) -> datetime:
        """Return the hand-in date: from nbgrader's ``timestamp.txt``, else the file's own.

        Raises
        ------
        SubmissionError
            When there is such a file and it holds no date.
        OSError
            When neither can be read.

        """
        # nbgrader writes it when it collects; a copied file has the date of its copy.
        stamp = self.path.with_name("timestamp.txt")
        if not os.path.lexists(stamp):
            return file_date(self.path)
        try:
            return _moment(read_regular(stamp, _MAX_STAMP_BYTES).decode("utf-8").strip())
        # Nothing of the file is quoted: who knows what it is.
        except (OSError, ValueError, OverflowError, ZoneInfoNotFoundError) as error:
            raise SubmissionError(
                "has a date that cannot be read, in timestamp.txt; write it there as "
                "2026-12-01 23:59:00 UTC"
            ) from error

    def read(self) -> bytes:
        """Return the file's bytes.

        Raises
        ------
        SubmissionError
            When it is no regular file, cannot be read, or is larger than any notebook should be.

        """
        if os.path.isdir(self.path):  # noqa: PTH112 - unlike Path's, it raises nothing
            raise SubmissionError("is a folder, or cannot be looked into; hand in a notebook")
        try:
            raw = read_regular(self.path, MAX_BYTES + 1)
        except OSError as error:
            if error.errno in _NO_REGULAR_FILE:
                raise SubmissionError(
                    "is a link or no regular file; hand in the notebook itself"
                ) from error
            raise SubmissionError(f"cannot be read ({error.strerror})") from error
        if len(raw) > MAX_BYTES:
            limit = MAX_BYTES >> 20
            raise SubmissionError(f"is larger than {limit} MiB; clear the outputs and save")
        return raw


def _moment(text: str) -> datetime:
    """Read a date as nbgrader writes it: with an offset, or with the name of a time zone.

    Raises ``ValueError``, ``OverflowError`` or ``ZoneInfoNotFoundError`` where there is none.
    """
    date, _, zone = text.rpartition(" ")
    # nbgrader's own form; ISO 8601 has no names of zones.
    if date and zone[0].isalpha():
        return datetime.fromisoformat(date).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
    when = datetime.fromisoformat(text)
    return when.astimezone(UTC) if when.tzinfo else when.replace(tzinfo=UTC)


def find_submissions(folder: Path) -> Iterator[Submission]:
    """Find ``<student>/<slug>.ipynb`` and nbgrader's ``<student>/<assignment>/<notebook>.ipynb``.

    Hidden files and folders, and those that do not end in ``.ipynb``, are passed over. A folder
    that cannot be read counts as a submission that cannot be read, so that somebody hears of it.
    Characters that nobody can read in a name are escaped, since names are printed and written.
    """
    # In one order, so that two runs and two machines grade and print alike.
    for student in sorted(path for path in folder.iterdir() if _is_folder(path)):
        yield from _of_student(student)


def is_notebook(name: str) -> bool:
    """Whether a file is a notebook by its name, however its ending is written."""
    return name.lower().endswith(_ENDING) and not name.startswith(".")


def _of_student(student: Path) -> list[Submission]:
    """Return what lies in one student's folder, each under a name of its own."""
    who = legible(student.name)
    inside = _inside(student)
    names: dict[str, Path] = {}
    for path in inside:
        if path == student:
            names["(folder)"] = student
        elif is_notebook(path.name):
            _add(names, path, path.name[: -len(_ENDING)])
    for folder in (path for path in inside if path != student and not is_notebook(path.name)):
        for path in _inside(folder) if _is_folder(folder) else ():
            if path == folder:
                names[f"{folder.name}/(folder)"] = folder
            elif is_notebook(path.name):
                # `week1/week1.ipynb` answers `week1`, unless `week1.ipynb` beside it does.
                name = path.name[: -len(_ENDING)]
                alone = name == folder.name and name not in names
                _add(names, path, name if alone else f"{folder.name}/{name}")
    return [
        Submission(who, legible(name), path)
        for name, path in sorted(names.items(), key=lambda found: found[1])
    ]


def _add(names: dict[str, Path], path: Path, name: str) -> None:
    """Add a notebook; of two that differ in the case of their endings, one keeps its ending."""
    while name in names:
        name += path.suffix
    names[name] = path


def _inside(folder: Path) -> list[Path]:
    """Return the entries of a folder; the folder itself where it cannot be read."""
    try:
        # `a.ipynb` goes before `a.IPYNB`, so that it is the one with the name.
        return sorted(folder.iterdir(), key=lambda path: (path.suffix != _ENDING, path))
    except OSError:
        return [folder]


@dataclass(frozen=True)
class Notebook:
    """What a submission holds, parsed once.

    Cells are found by their ``grade_id``. Everything else in the file, points and kinds of cells
    included, is the learner's to change and means nothing.
    """

    cells: tuple[Mapping[str, Any], ...]
    said: Mapping[str, object]

    @classmethod
    def of(cls, raw: bytes) -> Self:
        """Parse the bytes of a file.

        Raises
        ------
        SubmissionError
            When they are no notebook.

        """
        content = _content(raw)
        return cls(tuple(_cells(content)), _said(content))

    @property
    def version(self) -> str | None:
        """The version of the exercise that it says it was made from, if it says so."""
        version = self.said.get("version")
        return version if isinstance(version, str) else None

    @property
    def slug(self) -> str | None:
        """The exercise that it says it answers, if it says so."""
        slug = self.said.get("slug")
        return slug if isinstance(slug, str) else None

    @property
    def starts(self) -> dict[str, str]:
        """What widgets and texts held when the notebook was made, by ``grade_id``."""
        starts = self.said.get("starts")
        said = starts.items() if isinstance(starts, dict) else ()
        return {name: text for name, text in said if isinstance(text, str)}

    @property
    def numbers(self) -> dict[str, dict[str, list[str]]]:
        """The keys of widgets' answers that hold numbers: by ``grade_id``, and by bound name."""
        said = self.said.get("numbers")
        of_cells = said.items() if isinstance(said, dict) else ()
        return {name: of_cell for name, of_cell in of_cells if _are_keys(of_cell)}

    @property
    def grade_ids(self) -> frozenset[str]:
        """The ``grade_id`` of its cells, and nothing for those that have none."""
        return frozenset(_identity(cell) for cell in self.cells)

    @property
    def cell_ids(self) -> frozenset[str]:
        """The ids of cells whose metadata has no ``grade_id``: what some tools leave of it."""
        bare = (cell.get("id") for cell in self.cells if not _identity(cell))
        return frozenset(name for name in bare if isinstance(name, str))

    def answers(self, exercise: Exercise) -> dict[str, str]:
        """Return the source of each answer of ``exercise`` that the notebook holds."""
        return {name: one.source for name, one in self.given_answers(exercise).items()}

    def given_answers(self, exercise: Exercise) -> dict[str, GivenAnswer]:
        """Return each of them with what its learner is to know of how it was found."""
        starts = self.starts
        found = {
            str(cell.grade_id): self._cells_of(str(cell.grade_id)) for cell in exercise.answers
        }
        return {
            name: put_together(cell, found[name], starts.get(name, ""))
            for cell in exercise.answers
            if found[name := str(cell.grade_id)]
        }

    def written(self, exercise: Exercise) -> dict[str, str]:
        """Return the text of each written answer of ``exercise``, which a person will read."""
        found = {
            str(cell.grade_id): self._cells_of(str(cell.grade_id)) for cell in exercise.written
        }
        return {name: shown(source_of(cells[-1])) for name, cells in found.items() if cells}

    def _cells_of(self, name: str) -> list[Mapping[str, Any]]:
        """Return the cells of one ``grade_id``; where it is in no metadata, of the id that it is.

        The ids of cells survive tools that take all metadata away.
        """
        found = [cell for cell in self.cells if _identity(cell) == name]
        return found or [
            cell for cell in self.cells if not _identity(cell) and cell.get("id") == name
        ]


def digest_of(*parts: bytes) -> str:
    """Return one digest of several byte strings, with their boundaries."""
    # Without lengths, ("ab", "c") and ("a", "bc") would be one.
    lengths = [len(part).to_bytes(8, "big") for part in parts]
    return hashlib.sha256(b"".join([*lengths, *parts])).hexdigest()


def _is_folder(path: Path) -> bool:
    # `Path.is_dir` raises for what may not be looked at.
    is_folder = os.path.isdir(path) and not os.path.islink(path)  # noqa: PTH112, PTH114
    return is_folder and not path.name.startswith(".")


def _content(raw: bytes) -> Mapping[str, Any]:
    if not raw.strip():
        raise SubmissionError("is empty; save the notebook and hand it in again")
    try:
        notebook = json.loads(raw)
    # Brackets nested thousands deep are valid JSON that the parser gives up on.
    except (ValueError, RecursionError) as error:
        raise SubmissionError(
            "is not a notebook (no valid JSON); open it in Jupyter and save it"
        ) from error
    if not isinstance(notebook, dict) or notebook.get("nbformat") != _FORMAT:
        raise SubmissionError("is not a notebook of format 4; open it in Jupyter and save it")
    return notebook


def _cells(notebook: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    cells = notebook.get("cells")
    if not isinstance(cells, list):
        raise SubmissionError("has no list of cells; open it in Jupyter and save it")
    return (cell for cell in cells if isinstance(cell, dict))


def _said(notebook: Mapping[str, Any]) -> Mapping[str, object]:
    """Return what the notebook says of its exercise; nothing where it says nothing."""
    metadata = notebook.get("metadata")
    said = metadata.get("exercise") if isinstance(metadata, dict) else None
    return said if isinstance(said, dict) else {}


def _are_keys(numbers: object) -> bool:
    return isinstance(numbers, dict) and all(isinstance(keys, list) for keys in numbers.values())


def _identity(cell: Mapping[str, Any]) -> str:
    metadata = cell.get("metadata")
    nbgrader = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    grade_id = nbgrader.get("grade_id") if isinstance(nbgrader, dict) else None
    return grade_id if isinstance(grade_id, str) else ""
