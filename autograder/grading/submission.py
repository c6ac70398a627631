"""Read what learners handed in: nothing of it counts but the text of its answer cells."""

from __future__ import annotations

import contextlib
import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from autograder.exceptions import SubmissionError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from autograder.format.source import Exercise

MAX_BYTES = 10 * 2**20
_FORMAT = 4


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
        if not stamp.is_file():
            return datetime.fromtimestamp(self.path.stat().st_mtime, UTC)
        return _moment(stamp.read_text("utf-8").strip())

    def read(self) -> bytes:
        """Return the file's bytes.

        Raises
        ------
        SubmissionError
            When it is no regular file, cannot be read, or is larger than any notebook should be.

        """
        if self.path.is_dir():
            raise SubmissionError("is a folder, or cannot be looked into; hand in a notebook")
        # A link could lead to another student's file, and a pipe would be read for ever.
        if self.path.is_symlink() or not self.path.is_file():
            raise SubmissionError("is a link or no regular file; hand in the notebook itself")
        try:
            # Asked before reading: a file of gigabytes would be in memory first.
            size = self.path.stat().st_size
            if size > MAX_BYTES:
                limit = MAX_BYTES >> 20
                raise SubmissionError(f"is larger than {limit} MiB; clear the outputs and save")
            return self.path.read_bytes()
        except OSError as error:
            raise SubmissionError(f"cannot be read ({error.strerror})") from error


def _moment(text: str) -> datetime:
    """Read a date as nbgrader writes it: with an offset, or with the name of a time zone."""
    date, _, zone = text.rpartition(" ")
    with contextlib.suppress(ValueError, ZoneInfoNotFoundError):
        # nbgrader's own form; ISO 8601 has no names of zones.
        if date and zone[0].isalpha():
            return datetime.fromisoformat(date).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
        when = datetime.fromisoformat(text)
        return when.astimezone(UTC) if when.tzinfo else when.replace(tzinfo=UTC)
    raise SubmissionError(
        f"has a date that cannot be read (`{text[:40]}` in timestamp.txt); write it as "
        "2026-12-01 23:59:00 UTC"
    )


def find_submissions(folder: Path) -> Iterator[Submission]:
    """Find ``<student>/<slug>.ipynb`` and nbgrader's ``<student>/<assignment>/<notebook>.ipynb``.

    Hidden files and folders, and those that do not end in ``.ipynb``, are passed over. A folder
    that cannot be read counts as a submission that cannot be read, so that somebody hears of it.
    Characters that nobody can read in a name are escaped, since names are printed and written.
    """
    # In one order, so that two runs and two machines grade and print alike.
    for student in sorted(path for path in folder.iterdir() if _is_folder(path)):
        for path in _inside(student):
            if path == student:
                yield Submission(_legible(student.name), "(folder)", student)
            elif path.suffix == ".ipynb" and not path.name.startswith("."):
                yield Submission(_legible(student.name), _legible(path.stem), path)
            elif _is_folder(path):
                yield from _in_assignment(student, path)


def _in_assignment(student: Path, folder: Path) -> Iterator[Submission]:
    """Find nbgrader's ``<assignment>/<notebook>.ipynb``; one of two equal names is enough."""
    for path in _inside(folder):
        if path == folder:
            yield Submission(_legible(student.name), _legible(f"{folder.name}/(folder)"), folder)
        elif path.suffix == ".ipynb" and not path.name.startswith("."):
            # `week1/week1.ipynb` answers `week1`, unless `week1.ipynb` beside it does.
            alone = path.stem == folder.name and not folder.with_suffix(".ipynb").exists()
            name = path.stem if alone else f"{folder.name}/{path.stem}"
            yield Submission(_legible(student.name), _legible(name), path)


def _inside(folder: Path) -> list[Path]:
    """Return the entries of a folder; the folder itself where it cannot be read."""
    try:
        return sorted(folder.iterdir())
    except OSError:
        return [folder]


def _legible(name: str) -> str:
    """Escape unprintable characters, and the escape sign, so that names stay distinct."""
    return "".join(
        sign if sign.isprintable() and sign != "\\" else sign.encode("unicode_escape").decode()
        for sign in name
    )


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

    def answers(self, exercise: Exercise) -> dict[str, str]:
        """Return the source of each answer cell of ``exercise`` that the notebook holds.

        Raises
        ------
        SubmissionError
            When two different cells claim to be the same answer.

        """
        answers: dict[str, str] = {}
        wanted = {str(cell.grade_id) for cell in exercise.answers}
        for cell in self.cells:
            grade_id, source = _identity(cell), _source(cell)
            # Tests, set-up and cells of one's own come from the source, whatever is handed in.
            if grade_id not in wanted or cell.get("cell_type") != "code":
                continue
            # Editors copy metadata with a cell; of two texts nobody can say which is meant.
            if answers.get(grade_id, source) != source:
                raise SubmissionError(f"holds two different cells for the answer `{grade_id}`")
            answers[grade_id] = source
        return answers

    def written(self, exercise: Exercise) -> dict[str, str]:
        """Return the text of each written answer of ``exercise``, which a person will read."""
        wanted = {cell.grade_id for cell in exercise.written}
        found = ((_identity(cell), _source(cell)) for cell in self.cells)
        return {name: text for name, text in found if name in wanted}


def digest_of(*parts: bytes) -> str:
    """Return one digest of several byte strings, with their boundaries."""
    # Without lengths, ("ab", "c") and ("a", "bc") would be one.
    lengths = [len(part).to_bytes(8, "big") for part in parts]
    return hashlib.sha256(b"".join([*lengths, *parts])).hexdigest()


def _is_folder(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink() and not path.name.startswith(".")


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


def _source(cell: Mapping[str, Any]) -> str:
    source = cell.get("source")
    if isinstance(source, list):
        source = "".join(part for part in source if isinstance(part, str))
    return source if isinstance(source, str) else ""
