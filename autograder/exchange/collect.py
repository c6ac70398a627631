"""Sort the notebooks that a class handed in by student, from a folder or the zip of an LMS.

The names that each LMS gives were read off the programs that make them: Moodle's
``mod/assign/feedback/file/importziplib.php``, Canvas's ``lib/content_zipper.rb``. Gradescope's
export says in ``submission_metadata.yml`` who handed in which folder, and when.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
import zlib
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from pathlib import PurePosixPath
from shlex import quote
from typing import TYPE_CHECKING, Any

import yaml

from autograder.exceptions import SubmissionError, UsageError
from autograder.exchange.archives import open_files
from autograder.files import replace_files, replace_text
from autograder.grading.review import as_given, harmless
from autograder.grading.submission import MAX_BYTES, Notebook, find_submissions

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
_MAX_NAME_LENGTH = 100  # characters of a name that becomes a folder
_MOODLE_NAME = re.compile(r"(?P<name>[^_]*)_(?P<id>\d+)_assignsubmission_file_?(?P<rest>.*)")
_CANVAS_NAME = re.compile(r"(?P<name>.+?)(?P<late>_LATE)?_(?P<id>\d+)_(?P<file>\d+)_(?P<rest>.+)")
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
        e-mail address.
    name
        The student's name; empty where the LMS gives none.
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
        if PurePosixPath(file.path).name == GRADESCOPE_METADATA:
            continue
        try:
            raw = _read_notebook(file)
            budget -= len(raw)
            _check_budget(budget, source)
            assignment = _exercise_of(raw, file.path, exercises)
            found = owners.owners_of(file.path)
        except SubmissionError as error:
            yield LeftOut(file.path, str(error))
            continue
        for owner in found:
            item = _describe_notebook(owner, assignment, file, on_time)
            # Canvas numbers attempts; otherwise the date decides. The rest only makes it definite.
            rank = (owner.order, file.when, len(file.path), file.path)
            older = _keep_newest(kept, rank, item, file)
            if older:
                yield LeftOut(older, f"an older attempt of {owner.student}")


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
    if any(folder.glob(f"*/{GRADESCOPE_METADATA}")) or (folder / GRADESCOPE_METADATA).is_file():
        return "is what Gradescope exports"
    if any(_MOODLE_NAME.fullmatch(path.name) for path in folder.iterdir()):
        return "is what Moodle gives"
    if not any(find_submissions(folder)):
        return "holds no <student>/<exercise>.ipynb"
    return ""


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
    return sorted(folder.glob("*.ipynb"))


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
    stamp = f"{when:%Y-%m-%d %H:%M:%S} UTC\n"
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
        file=file.path,
        handed_in=when.astimezone(UTC).isoformat(timespec="seconds"),
        late=owner.late,
        dated=stated is not None or owner.system == "folder",
    )


def _read_notebook(file: ArchivedFile) -> bytes:
    if file.problem:
        raise SubmissionError(file.problem)
    if not file.path.endswith(".ipynb"):
        raise SubmissionError("is no notebook; ask for the .ipynb")
    try:
        raw = file.read(MAX_BYTES + 1)
    except (OSError, zipfile.BadZipFile, zlib.error, RuntimeError, NotImplementedError) as error:
        raise SubmissionError(f"cannot be unpacked ({error})") from error
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
    cells = notebook.grade_ids
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
    """Finds out from the path of a file who handed it in."""

    def __init__(self, files: Sequence[ArchivedFile]) -> None:
        self._gradescope = _read_metadata(files)
        paths = [PurePosixPath(file.path) for file in files]
        self._flat = len({path.parent for path in paths}) == 1
        tops = {path.parts[0] for path in paths if path.parts}
        deep = all(len(path.parts) > 2 for path in paths)  # noqa: PLR2004 - top, student, file
        self._skip = 1 if len(tops) == 1 and deep else 0  # the folder that was zipped

    def owners_of(self, path: str) -> list[_Owner]:
        """Return the students who handed in the file at ``path``; more than one for a group."""
        parts = PurePosixPath(path).parts
        # Paths in a zip are whatever its maker wrote.
        if ".." in parts or path.startswith("/"):
            raise SubmissionError("leads out of the archive")
        for part in parts[:-1]:
            if part in self._gradescope:
                return self._gradescope[part]
        owner = self._owner_in_name(parts)
        if owner is None and len(parts) > self._skip + 1:
            owner = _Owner(parts[self._skip], "", "folder")
        if owner is None or self._gradescope:
            raise SubmissionError("does not say whose it is; put it into a folder of that name")
        return [_require_folder_name(owner)]

    def _owner_in_name(self, parts: Sequence[str]) -> _Owner | None:
        for part in parts:
            if found := _MOODLE_NAME.fullmatch(part):
                return _Owner(found["id"], found["name"], "moodle")
        # Canvas gives no folders; inside of one a learner may have chosen such a name.
        if self._flat and (found := _CANVAS_NAME.fullmatch(parts[-1])):
            late = found["late"] is not None
            return _Owner(found["id"], found["name"], "canvas", int(found["file"]), late)
        return None


def _require_folder_name(owner: _Owner) -> _Owner:
    """Return ``owner``, or raise if the student's name cannot be that of a folder."""
    name = owner.student
    plain = name.isprintable() and not name.startswith(".") and not {"/", "\\"} & set(name)
    if not name or not plain or len(name) > _MAX_NAME_LENGTH:
        raise SubmissionError("its student's name cannot be a folder's; rename it")
    return owner


def _read_metadata(files: Sequence[ArchivedFile]) -> dict[str, list[_Owner]]:
    """Return the students by folder of Gradescope's export; empty if it is not one."""
    for file in files:
        if PurePosixPath(file.path).name == GRADESCOPE_METADATA:
            try:
                given = yaml.load(file.read(_MAX_METADATA_BYTES), _YamlLoader)  # noqa: S506 - a safe loader
                return {str(name): _submitters(str(name), about) for name, about in given.items()}
            except (yaml.YAMLError, AttributeError, TypeError, KeyError, ValueError) as error:
                reason = str(error).split("\n", maxsplit=1)[0]
                raise UsageError(
                    f"{file.path}: is not what Gradescope writes ({reason}); export again"
                ) from error
    return {}


def _submitters(folder: str, about: Mapping[str, Any]) -> list[_Owner]:
    when = about.get(":created_at")
    if isinstance(when, str):
        when = datetime.fromisoformat(when)
    # A date without a zone is in UTC, as the others of that file are.
    if isinstance(when, datetime) and when.tzinfo is None:
        when = when.replace(tzinfo=UTC)
    number = re.search(r"\d+$", folder)
    return [
        _require_folder_name(
            _Owner(
                str(one.get(":email") or one[":sid"]),
                str(one.get(":name") or ""),
                "gradescope",
                int(number[0]) if number else 0,
                when=when,
            )
        )
        for one in about[":submitters"] or ()
    ]


_YamlLoader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
