"""Sort the notebooks that a class handed in by student, from a folder or the zip of an LMS.

The names that each LMS gives were read off the programs that make them: Moodle's
``mod/assign/feedback/file/importziplib.php``, Canvas's ``lib/content_zipper.rb``. Gradescope's
export says in ``submission_metadata.yml`` who handed in which folder, and when.
"""

from __future__ import annotations

import csv
import io
import os
import re
import zipfile
from dataclasses import asdict, dataclass, fields, replace
from datetime import UTC, datetime
from pathlib import PurePosixPath
from shlex import quote
from typing import TYPE_CHECKING, Any

import yaml

from autograder.exceptions import SubmissionError, UsageError
from autograder.exchange.archives import open_files
from autograder.files import replace_files, replace_text
from autograder.grading.review import as_given, harmless
from autograder.grading.submission import MAX_BYTES, Notebook, find_submissions, is_notebook
from autograder.names import file_name, legible, shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from autograder.exchange.archives import ArchivedFile
    from autograder.format.source import Exercise

    _Newest = dict[tuple[str, str], tuple[tuple[object, ...], "Collected", ArchivedFile]]

COLLECTED_TABLE = "collected.csv"
GRADESCOPE_METADATA = "submission_metadata.yml"
_MAX_BYTES_IN_ALL = 4 * 2**30  # of notebooks, unpacked
_MAX_METADATA_BYTES = 256 * 2**20
_MAX_NAME_LENGTH = 200  # of a student's name
_MAX_REASON_LENGTH = 200  # of what Python says of a broken file
_MOODLE_NAME = re.compile(
    r"(?P<name>[^_]*)_(?P<id>[0-9]{1,18})_assignsubmission_file_?(?P<rest>.*)"
)
_CANVAS_NAME = re.compile(
    r"(?P<name>.+?)(?P<late>_LATE)?_(?P<id>[0-9]{1,18})_(?P<file>[0-9]{1,18})_(?P<rest>.+)"
)
_COPY_SUFFIX = re.compile(
    r"(?: ?\(\d+\)|-\d+)$"
)  # what a browser or Canvas adds to a second upload


@dataclass(frozen=True)
class Collected:
    """One notebook that was collected.

    Attributes
    ----------
    student
        The id by which the LMS takes marks back: Canvas's user id, Moodle's participant id, an
        e-mail address. Where that is no name for a folder, what stands for it.
    name
        The student's name, or the id that is no name for a folder; empty where there is neither.
    system
        ``canvas``, ``moodle``, ``gradescope`` or ``folder``.
    file
        Its path in the folder or zip.
    handed_in
        In UTC, as ISO 8601.
    late
        Whether the LMS marked it so.
    dated
        Whether ``handed_in`` is the student's date, not that of the zip.
    """

    student: str
    assignment: str
    name: str
    system: str
    file: str
    handed_in: str
    late: bool = False
    dated: bool = True


@dataclass(frozen=True)
class LeftOut:
    """A file that was not collected, and why."""

    file: str
    reason: str


@dataclass(frozen=True)
class Intake:
    """The notebooks that were collected, and the files that were not."""

    kept: tuple[Collected, ...]
    left_out: tuple[LeftOut, ...]


@dataclass(frozen=True)
class _Owner:
    """The student who handed a file in; a higher ``order`` is a newer attempt."""

    student: str
    name: str
    system: str
    order: int = 0
    late: bool = False
    when: datetime | None = None


def collect_submissions(
    source: Path, to: Path, exercises: Mapping[str, Exercise], on_time: datetime | None = None
) -> Intake:
    """Write the newest notebooks of ``source`` to ``<student>/<exercise>/<exercise>.ipynb``.

    Parameters
    ----------
    source
        A folder, or a zip; nothing in it is unpacked to a path that it names itself.
    to
        Gets the notebooks, each with a ``timestamp.txt``, and ``collected.csv``: what came from
        where, which the exports need. What was collected before stays, unless it is here again.
    exercises
        The sources, by name.
    on_time
        When notebooks were handed in whose LMS says neither when nor that they are late.

    Raises
    ------
    UsageError
        When ``source`` is neither a folder nor a zip, or holds more than a class can hand in.
    """
    kept: _Newest = {}
    with open_files(source) as files:
        left = tuple(_sort_files(files, source, exercises, on_time, kept))
        for _, item, file in kept.values():
            _write_notebook(to, item, file)
    taken = tuple(item for _, item, _ in kept.values())
    _write_collected_table(to, taken)
    return Intake(taken, left)


def _sort_files(
    files: Sequence[ArchivedFile],
    source: Path,
    exercises: Mapping[str, Exercise],
    on_time: datetime | None,
    kept: _Newest,
) -> Iterator[LeftOut]:
    """Find owner and exercise of each file; yield the files that belong to none.

    The newest attempts are put into ``kept``.
    """
    owners = _Owners(files)
    budget = _MAX_BYTES_IN_ALL  # a zip of a few megabytes can unpack to terabytes
    for file in files:
        if file is owners.table:
            continue
        try:
            raw = _read_notebook(file)
            budget -= len(raw)
            _check_budget(budget, source)
            assignment = _exercise_of(raw, file.path, exercises)
            found = owners.owners_of(file.path)
        except SubmissionError as error:
            yield LeftOut(shown(file.path), str(error))
            continue
        for owner in found:
            item = _describe_notebook(owner, assignment, file, on_time)
            # Canvas numbers attempts; otherwise the date decides. The rest only makes it definite.
            rank = (owner.order, file.when, len(file.path), file.path)
            older = _keep_newest(kept, rank, item, file)
            if older:
                yield LeftOut(shown(older), f"an older attempt of {owner.student}")


def read_collected(to: Path) -> tuple[Collected, ...]:
    """Return every notebook collected into ``to``, by any run; empty if there is none."""
    path = to / COLLECTED_TABLE
    if not path.is_file():
        return ()
    rows = csv.DictReader(io.StringIO(path.read_text("utf-8")))
    return tuple(_collected_of_row(row, path) for row in rows)


def read_student_names(to: Path) -> dict[tuple[str, str], str]:
    """Return the students' names where the LMS gave them, by student and exercise."""
    return {(c.student, c.assignment): c.name for c in read_collected(to) if c.name}


def why_unsorted(folder: Path) -> str:
    """Return why ``folder`` is not sorted by student, as from which LMS it is; empty if it is."""
    if folder.is_file() and zipfile.is_zipfile(folder):
        return "is a zip"
    if not folder.is_dir() or (folder / COLLECTED_TABLE).is_file():
        return ""
    if any(_is_gradescope(top) for top in (folder, *_sole_folder(folder))):
        return "is what Gradescope exports"
    if any(_MOODLE_NAME.fullmatch(path.name) for path in folder.iterdir()):
        return "is what Moodle gives"
    if not any(find_submissions(folder)):
        return "holds no <student>/<exercise>.ipynb"
    return ""


def _is_gradescope(folder: Path) -> bool:
    # Gradescope puts no notebook beside its table; a student's file of that name lies beside some.
    table = folder / GRADESCOPE_METADATA
    return os.path.isfile(table) and not any(is_notebook(name) for name in os.listdir(folder))  # noqa: PTH113, PTH208


def _sole_folder(folder: Path) -> list[Path]:
    """Return the one folder that everything is in, if there is one."""
    inside = [path for path in folder.iterdir() if not path.name.startswith(".")]
    return (
        inside if len(inside) == 1 and os.access(inside[0], os.X_OK) and inside[0].is_dir() else []
    )


def require_sorted_by_student(folder: Path, exercises: Path) -> list[Path]:
    """Raise unless ``folder`` is sorted by student.

    Parameters
    ----------
    folder
        The submissions.
    exercises
        The folder of the sources, for the command that sorts them.

    Returns
    -------
    list of Path
        The notebooks that lie in no student's folder, and will be passed over.

    Raises
    ------
    UsageError
        With the command that sorts what is there.
    """
    if why := why_unsorted(folder):
        raise UsageError(
            f"{folder}: {why}; sort it by student first: autograder collect {quote(str(folder))} "
            f"--exercises {quote(str(exercises))} --to handed-in"
        )
    if not folder.is_dir():
        raise UsageError(f"{folder}: is no folder; name the one that holds <student>/")
    return sorted(path for path in folder.iterdir() if is_notebook(path.name))


def copy_collected_table(submissions: Path, beside: Path) -> None:
    """Copy the table of collected notebooks beside the marks, where exports look for it."""
    if (submissions / COLLECTED_TABLE).is_file():
        replace_text(beside / COLLECTED_TABLE, (submissions / COLLECTED_TABLE).read_text("utf-8"))


def collected_path(to: Path, student: str, assignment: str) -> Path:
    """Return the path of a submission in nbgrader's layout, in which each has a date file."""
    name = assignment if "/" in assignment else f"{assignment}/{assignment}"
    return to / student / f"{name}.ipynb"


def _collected_of_row(row: Mapping[str, str], path: Path) -> Collected:
    names = [field.name for field in fields(Collected)]
    if any(row.get(name) is None for name in names):
        raise UsageError(f"{path}: lacks a column; delete it and collect again")
    given = {name: as_given(row[name]) for name in names}
    flags = {name: given[name] == "True" for name in ("late", "dated")}
    return Collected(**{**given, **flags})  # type: ignore[arg-type]  # texts, but for the flags


def _write_collected_table(to: Path, taken: Sequence[Collected]) -> None:
    # Earlier runs stay in it: late submissions are often collected by themselves.
    rows = {(item.student, item.assignment): item for item in (*read_collected(to), *taken)}
    text = io.StringIO()
    writer = csv.DictWriter(text, [field.name for field in fields(Collected)])
    writer.writeheader()
    for key in sorted(rows):
        writer.writerow({name: harmless(value) for name, value in asdict(rows[key]).items()})
    replace_text(to / COLLECTED_TABLE, text.getvalue())


def _write_notebook(to: Path, item: Collected, file: ArchivedFile) -> None:
    path = collected_path(to, item.student, item.assignment)
    when = datetime.fromisoformat(item.handed_in)
    # Not `strftime`, which writes the year 1 with one digit.
    stamp = f"{when.replace(tzinfo=None).isoformat(' ', 'seconds')} UTC\n"
    # Both or neither: a notebook without its date would count as handed in now.
    replace_files({path: file.read(MAX_BYTES), path.with_name("timestamp.txt"): stamp.encode()})


def _keep_newest(
    kept: _Newest,
    rank: tuple[object, ...],
    item: Collected,
    file: ArchivedFile,
) -> str:
    """Keep the newer of two attempts in ``kept``; return the path of the older one, if any."""
    key = (item.student, item.assignment)
    before = kept.get(key)
    if before and before[0] > rank:
        return file.path
    kept[key] = (rank, item, file)
    return before[2].path if before else ""


def _describe_notebook(
    owner: _Owner, assignment: str, file: ArchivedFile, on_time: datetime | None
) -> Collected:
    stated = owner.when or (None if owner.late else on_time)
    when = stated or file.when
    return Collected(
        student=owner.student,
        assignment=assignment,
        name=owner.name,
        system=owner.system,
        file=shown(file.path),
        handed_in=_in_utc(when).isoformat(timespec="seconds"),
        late=owner.late,
        dated=stated is not None or owner.system == "folder",
    )


def _in_utc(when: datetime) -> datetime:
    try:
        return when.astimezone(UTC)
    except OverflowError:  # within a day of either end of the calendar
        return when.replace(tzinfo=UTC)


def _read_notebook(file: ArchivedFile) -> bytes:
    if file.problem:
        raise SubmissionError(file.problem)
    if not is_notebook(PurePosixPath(file.path).name):
        raise SubmissionError("is no notebook; ask for the .ipynb")
    try:
        raw = file.read(MAX_BYTES + 1)
    # Each way of packing breaks with errors of its own; none of them is anybody else's.
    except Exception as error:
        reason = shown(str(error) or type(error).__name__)[:_MAX_REASON_LENGTH]
        raise SubmissionError(f"cannot be unpacked ({reason})") from error
    if len(raw) > MAX_BYTES:
        raise SubmissionError(f"is larger than {MAX_BYTES >> 20} MiB; have its outputs cleared")
    return raw


def _check_budget(left: int, source: Path) -> None:
    if left < 0:
        most = _MAX_BYTES_IN_ALL >> 30
        raise UsageError(f"{source}: unpacks to more than {most} GiB of notebooks; split it")


def _exercise_of(raw: bytes, path: str, exercises: Mapping[str, Exercise]) -> str:
    """Return the exercise that a notebook answers: by its metadata, its cells, or its name."""
    try:
        notebook = Notebook.of(raw)
    except SubmissionError:  # whoever marks it says so to its learner
        notebook = Notebook((), {})
    # Its own word first: a notebook keeps it when it is renamed, copied or merged.
    if notebook.slug in exercises:
        return str(notebook.slug)
    # The metadata may be lost, and the file renamed: the cells still tell.
    cells = notebook.grade_ids | notebook.cell_ids
    answers = {name: {c.grade_id for c in e.answers} for name, e in exercises.items()}
    fitting = [name for name, wanted in answers.items() if wanted and wanted <= cells]
    if len(fitting) == 1:
        return fitting[0]
    stem = PurePosixPath(_learners_file_name(path)).stem
    for name in (stem, _COPY_SUFFIX.sub("", stem)):
        if name in exercises:
            return name
    raise SubmissionError("answers no known exercise; name it after one of them")


def _learners_file_name(path: str) -> str:
    """Return the file name that the learner chose, without what an LMS put before it."""
    name = PurePosixPath(path).name
    found = _MOODLE_NAME.fullmatch(name) or _CANVAS_NAME.fullmatch(name)
    return found["rest"] if found else name


class _Owners:
    """Finds out from the path of a file who handed it in.

    Only the LMS writes the first name of a path, or the second where one folder holds everything;
    what lies deeper is the student's, whatever it is called.

    Attributes
    ----------
    table
        Gradescope's own table of who handed in what, if there is one.
    """

    def __init__(self, files: Sequence[ArchivedFile]) -> None:
        self._paths = [PurePosixPath(file.path).parts for file in files]
        self._wrapped = len({parts[:1] for parts in self._paths}) == 1 and self._are_deeper_than(1)
        self.table = self._gradescope_table(files)
        self._gradescope = _read_metadata(self.table) if self.table else {}
        self._moodle_level = self._level_of(_MOODLE_NAME)
        self._canvas_level = self._level_of(_CANVAS_NAME)
        self._canvas = all(len(parts) == self._canvas_level + 1 for parts in self._paths)
        # The folder that was zipped.
        self._skip = 1 if self._wrapped and self._are_deeper_than(2) else 0

    def owners_of(self, path: str) -> list[_Owner]:
        """Return the students who handed in the file at ``path``; more than one for a group."""
        parts = PurePosixPath(path).parts
        # Paths in a zip are whatever its maker wrote.
        if ".." in parts or path.startswith("/"):
            raise SubmissionError("leads out of the archive")
        if self.table:
            level = len(PurePosixPath(self.table.path).parts) - 1
            owners = self._gradescope.get(parts[level], []) if len(parts) > level + 1 else []
        else:
            owners = self._owner_in_name(parts) or self._owner_of_folder(parts)
        if not owners:
            raise SubmissionError("does not say whose it is; put it into a folder of that name")
        return [_with_folder_name(owner) for owner in owners]

    def _are_deeper_than(self, level: int) -> bool:
        return all(len(parts) > level for parts in self._paths)

    def _gradescope_table(self, files: Sequence[ArchivedFile]) -> ArchivedFile | None:
        for file in files:
            *folder, name = PurePosixPath(file.path).parts or ("",)
            # No notebook lies beside Gradescope's table: one of a student lies beside some.
            if name == GRADESCOPE_METADATA and len(folder) <= int(self._wrapped):
                beside = (parts for parts in self._paths if parts[:-1] == tuple(folder))
                if not any(is_notebook(parts[-1]) for parts in beside):
                    return file
        return None

    def _level_of(self, pattern: re.Pattern[str]) -> int:
        """Return at which part of each path are the names that an LMS gives."""
        if not self._wrapped or pattern.fullmatch(self._paths[0][0]):
            return 0
        found = [pattern.fullmatch(parts[1]) for parts in self._paths]
        # The files of one student alone could be called anything.
        several = len({one["id"] for one in found if one}) > 1 or self._are_deeper_than(2)
        return 1 if all(found) and several else 0

    def _owner_in_name(self, parts: Sequence[str]) -> list[_Owner]:
        if found := _MOODLE_NAME.fullmatch(parts[self._moodle_level]):
            return [_Owner(found["id"], found["name"], "moodle")]
        if self._canvas and (found := _CANVAS_NAME.fullmatch(parts[-1])):
            late = found["late"] is not None
            return [_Owner(found["id"], found["name"], "canvas", int(found["file"]), late)]
        return []

    def _owner_of_folder(self, parts: Sequence[str]) -> list[_Owner]:
        return [_Owner(parts[self._skip], "", "folder")] if len(parts) > self._skip + 1 else []


def _with_folder_name(owner: _Owner) -> _Owner:
    """Return ``owner`` with an id that can be a folder's name; a name tells then whose it is."""
    if owner.student.startswith("."):
        raise SubmissionError("lies in a hidden folder; rename it")
    student = file_name(owner.student)
    name = owner.name or (legible(owner.student) if student != owner.student else "")
    return replace(owner, student=student, name=shown(name)[:_MAX_NAME_LENGTH])


def _read_metadata(file: ArchivedFile) -> dict[str, list[_Owner]]:
    """Return the students by folder of Gradescope's export."""
    try:
        given = yaml.load(file.read(_MAX_METADATA_BYTES), _YamlLoader)  # noqa: S506 - a safe loader
        return {str(name): _submitters(str(name), about) for name, about in given.items()}
    except (yaml.YAMLError, AttributeError, TypeError, KeyError, ValueError) as error:
        reason = str(error).split("\n", maxsplit=1)[0]
        raise UsageError(
            f"{file.path}: is not what Gradescope writes ({reason}); export again"
        ) from error


def _submitters(folder: str, about: Mapping[str, Any]) -> list[_Owner]:
    when = about.get(":created_at")
    if isinstance(when, str):
        when = datetime.fromisoformat(when)
    # A date without a zone is in UTC, as the others of that file are.
    if isinstance(when, datetime) and when.tzinfo is None:
        when = when.replace(tzinfo=UTC)
    number = re.search(r"[0-9]{1,18}$", folder)
    return [
        _Owner(
            # Without either, two people of one name are still two.
            str(one.get(":email") or one[":sid"] or f"{folder} {one.get(':name') or ''}".strip()),
            str(one.get(":name") or ""),
            "gradescope",
            int(number[0]) if number else 0,
            when=when if isinstance(when, datetime) else None,
        )
        for one in about[":submitters"] or ()
    ]


_YamlLoader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
