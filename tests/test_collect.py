"""Collecting: what each LMS gives, sorted by student; and archives that mean no good."""

from __future__ import annotations

import json
import os
import stat
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import nbformat
import pytest
from sources import FRONT, answer, check

from autograder.exceptions import UsageError
from autograder.exchange import archives as archive
from autograder.exchange import collect as collecting
from autograder.exchange.collect import collect_submissions, read_collected, why_unsorted
from autograder.format.release import release
from autograder.format.source import read_exercise
from autograder.grading.submission import MAX_BYTES, find_submissions
from autograder.names import legible

if TYPE_CHECKING:
    from collections.abc import Mapping

    from autograder.exchange.collect import Intake
    from autograder.format.source import Exercise

DOUBLE = answer("def double(x):\n    return 2 * x", "double") + check("assert double(1) == 2")
HALF = answer("def half(x):\n    return x / 2", "half") + check("assert half(2) == 1")
GRADESCOPE = """\
submission_101:
  :submitters:
  - :name: Ada Lovelace
    :sid: '17'
    :email: ada@example.org
  - :name: Alan Turing
    :sid: '18'
    :email: alan@example.org
  :created_at: 2026-11-30 22:10:05.123456789 Z
submission_102:
  :submitters:
  - :name: Grace Hopper
    :sid: '19'
    :email:
  :created_at: '2026-12-01T08:00:00+01:00'
"""


@pytest.fixture(scope="module")
def exercises(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Exercise]:
    folder = tmp_path_factory.mktemp("sources")
    for name, text in (("double", DOUBLE), ("half", HALF)):
        (folder / f"{name}.md").write_text(FRONT + text, "utf-8")
    return {path.stem: read_exercise(path) for path in folder.iterdir()}


class Desk:
    """A folder in which a class hands in; what is collected goes to ``to``."""

    def __init__(self, exercises: Mapping[str, Exercise], path: Path) -> None:
        self.exercises = exercises
        self.path = path
        self.to = path / "in"

    def notebook(self, slug: str, text: str = "", *, says: str | None = "itself") -> bytes:
        """Write an exercise with ``text`` in its first cell; it ``says`` which one it is."""
        made = release(self.exercises[slug])
        if text:
            made.cells[0].source = text
        if says is None:
            del made.metadata["exercise"]
        elif says != "itself":
            made.metadata["exercise"]["slug"] = says
        return str(nbformat.writes(made)).encode()

    def zipped(self, content: Mapping[str, bytes | str], dates: Mapping[str, int] = {}) -> Path:
        """Zip files; ``dates`` are days of December, the fifth for all others."""
        path = self.path / "class.zip"
        with zipfile.ZipFile(path, "w") as made:
            for name, data in content.items():
                info = zipfile.ZipInfo(name, (2026, 12, dates.get(name, 5), 12, 0, 0))
                made.writestr(info, data)
        return path

    def unpacked(self, source: Path) -> Path:
        """Unpack a zip into a folder."""
        folder = self.path / "unpacked"
        with zipfile.ZipFile(source) as made:
            made.extractall(folder)
        return folder

    def collect(self, source: Path, on_time: datetime | None = None) -> Intake:
        """Collect what was handed in."""
        return collect_submissions(source, self.to, self.exercises, on_time)

    def taken(self) -> dict[tuple[str, str], str]:
        """Return what lies there for the grader: the first cell, by student and exercise."""
        return {
            (s.student, s.exercise): json.loads(s.path.read_text("utf-8"))["cells"][0]["source"][0]
            for s in find_submissions(self.to)
        }

    def handed_in(self, student: str) -> datetime:
        """Return when a student handed in; there must be one notebook."""
        (found,) = [s for s in find_submissions(self.to) if s.student == student]
        return found.handed_in()


@pytest.fixture
def desk(exercises: Mapping[str, Exercise], tmp_path: Path) -> Desk:
    return Desk(exercises, tmp_path)


def test_canvas_gives_flat_names_and_wants_the_users_id(desk: Desk) -> None:
    source = desk.zipped(
        {
            "lovelaceada_77_9001_double.ipynb": desk.notebook("double", "old"),
            "lovelaceada_77_9002_double-1.ipynb": desk.notebook("double", "new"),
            "turingalan_LATE_78_9003_my_2_homework.ipynb": desk.notebook("double", "late"),
            "hoppergrace_79_9004_essay.pdf": b"%PDF",
        }
    )
    when = datetime(2026, 12, 1, tzinfo=UTC)
    intake = desk.collect(source, when)
    assert desk.taken() == {("77", "double"): "new", ("78", "double"): "late"}
    assert [(item.file, item.reason) for item in intake.left_out] == [
        ("lovelaceada_77_9001_double.ipynb", "an older attempt of 77"),
        ("hoppergrace_79_9004_essay.pdf", "is no notebook; ask for the .ipynb"),
    ]
    ada, alan = intake.kept
    assert (ada.name, ada.system, ada.late, ada.dated) == ("lovelaceada", "canvas", False, True)
    assert (alan.name, alan.late, alan.dated) == ("turingalan", True, False)
    assert desk.handed_in("77") == when
    assert desk.handed_in("78").day == 5


@pytest.mark.parametrize(
    "name",
    [
        "Ada Lovelace_4321_assignsubmission_file_/double.ipynb",
        "Ada Lovelace_4321_assignsubmission_file/part_1/double.ipynb",
        "Ada Lovelace_4321_assignsubmission_file_double.ipynb",
        "Course/Ada Lovelace_4321_assignsubmission_file_/untitled (2).ipynb",
    ],
)
def test_moodle_gives_a_participants_number(desk: Desk, name: str) -> None:
    (item,) = desk.collect(desk.zipped({name: desk.notebook("double")})).kept
    assert (item.student, item.name, item.system) == ("4321", "Ada Lovelace", "moodle")
    assert (item.file, item.dated) == (name, False)


def test_gradescope_says_who_and_when(desk: Desk) -> None:
    source = desk.zipped(
        {
            "assignment_5_export/submission_metadata.yml": GRADESCOPE,
            "assignment_5_export/submission_101/x.ipynb": desk.notebook("double", "both"),
            "assignment_5_export/submission_102/x.ipynb": desk.notebook("half", "hers"),
            "assignment_5_export/submission_103/x.ipynb": desk.notebook("half", "nobody's"),
        }
    )
    intake = desk.collect(source)
    assert desk.taken() == {
        ("ada@example.org", "double"): "both",
        ("alan@example.org", "double"): "both",
        ("19", "half"): "hers",
    }
    assert desk.handed_in("ada@example.org") == datetime(2026, 11, 30, 22, 10, 5, tzinfo=UTC)
    assert desk.handed_in("19") == datetime(2026, 12, 1, 7, tzinfo=UTC)
    (left,) = intake.left_out
    assert left.file == "assignment_5_export/submission_103/x.ipynb"


@pytest.mark.usefixtures("in_tokyo")
@pytest.mark.parametrize("quote", ["", "'"])
def test_gradescopes_dates_are_utc_where_they_name_no_zone(desk: Desk, quote: str) -> None:
    date = f"{quote}2026-12-01 08:00:00{quote}"
    table = GRADESCOPE.replace("'2026-12-01T08:00:00+01:00'", date)
    notebook = desk.notebook("double")
    desk.collect(
        desk.zipped({"e/submission_metadata.yml": table, "e/submission_102/x.ipynb": notebook})
    )
    assert desk.handed_in("19") == datetime(2026, 12, 1, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    "text", ["- a list\n", "a: [\n", "submission_1: {}\n", "a: {':submitters': 3}"]
)
def test_gradescopes_table_may_be_broken(desk: Desk, text: str) -> None:
    with pytest.raises(UsageError, match="is not what Gradescope writes"):
        desk.collect(desk.zipped({"e/submission_metadata.yml": text}))


@pytest.mark.parametrize("top", ["", "class/"])
def test_a_folder_or_zip_of_students(desk: Desk, top: str) -> None:
    source = desk.zipped(
        {
            f"{top}ada/a_1_2_b.ipynb": desk.notebook("double", "ada's"),
            f"{top}alan/hw/half.ipynb": desk.notebook("half", "alan's"),
            "__MACOSX/ada/._a.ipynb": b"",
            f"{top}.DS_Store": b"",
        }
    )
    want = {("ada", "double"): "ada's", ("alan", "half"): "alan's"}
    other = Desk(desk.exercises, desk.path / "other")
    assert desk.collect(source).left_out == ()
    other.collect(desk.unpacked(source))
    assert desk.taken() == other.taken() == want


def test_what_a_notebook_says_of_itself_goes_before_its_cells_and_these_before_its_name(
    desk: Desk,
) -> None:
    source = desk.zipped(
        {
            "a/half.ipynb": desk.notebook("double"),
            "b/half (1).ipynb": desk.notebook("double", says=None),
            "c/half-2.ipynb": b"{}",
            "d/other.ipynb": b"{}",
            "e/double.ipynb": desk.notebook("double", says="half"),
        }
    )
    intake = desk.collect(source)
    assert [item.assignment for item in intake.kept] == ["double", "double", "half", "half"]
    assert [item.reason for item in intake.left_out] == [
        "answers no known exercise; name it after one of them"
    ]


def test_what_was_collected_before_stays_and_a_newer_file_replaces_it(desk: Desk) -> None:
    for slug, text in (("half", "half"), ("double", "first"), ("double", "second")):
        desk.collect(desk.zipped({"a_1_2_x.ipynb": desk.notebook(slug, text)}))
    assert desk.taken() == {("1", "half"): "half", ("1", "double"): "second"}
    assert {(c.student, c.assignment) for c in read_collected(desk.to)} == set(desk.taken())
    desk.collect(desk.zipped({"a_1_3_y.ipynb": desk.notebook("double", "third")}))
    files = {c.assignment: c.file for c in read_collected(desk.to)}
    assert files == {"half": "a_1_2_x.ipynb", "double": "a_1_3_y.ipynb"}


def test_of_two_attempts_the_newer_one_is_kept_whichever_comes_first(desk: Desk) -> None:
    first, second = "ada/one.ipynb", "ada/two.ipynb"
    content = {first: desk.notebook("double", "one"), second: desk.notebook("double", "two")}
    for newest, text in ((first, "one"), (second, "two")):
        other = Desk(desk.exercises, desk.path / text)
        other.collect(desk.zipped(content, {newest: 9}))
        assert other.taken() == {("ada", "double"): text}


def test_a_number_that_canvas_gave_goes_before_the_date_in_the_zip(desk: Desk) -> None:
    first, second = "ada_1_11_double.ipynb", "ada_1_12_double.ipynb"
    content = {first: desk.notebook("double", "one"), second: desk.notebook("double", "two")}
    desk.collect(desk.zipped(content, {first: 9}))
    assert desk.taken() == {("1", "double"): "two"}


def test_cells_that_fit_two_exercises_fit_none(desk: Desk) -> None:
    """Nor is an exercise without an answer in code one that every notebook fits."""
    folder = desk.path / "sources"
    folder.mkdir()
    essay = '+++ {"grade_id": "essay", "points": 1, "task": true}\n\nBecause.\n'
    (folder / "essay.md").write_text(FRONT + essay, "utf-8")
    raw = desk.notebook("double", says=None)
    desk.exercises = {**desk.exercises, "essay": read_exercise(folder / "essay.md")}
    desk.collect(desk.zipped({"ada/x.ipynb": raw}))
    assert set(desk.taken()) == {("ada", "double")}
    desk.exercises = {**desk.exercises, "again": desk.exercises["double"]}
    intake = desk.collect(desk.zipped({"bo/x.ipynb": raw, "cy/again.ipynb": raw}))
    assert [item.assignment for item in intake.kept] == ["again"]
    assert [item.file for item in intake.left_out] == ["bo/x.ipynb"]


def test_a_file_in_a_folder_has_the_date_of_the_file(desk: Desk) -> None:
    path = desk.path / "class" / "ada" / "double.ipynb"
    path.parent.mkdir(parents=True)
    path.write_bytes(desk.notebook("double"))
    os.utime(path, (1_000_000_000, 1_000_000_000))
    desk.collect(desk.path / "class")
    assert desk.handed_in("ada").timestamp() == 1_000_000_000


def test_a_date_that_no_calendar_has_is_that_of_today(desk: Desk) -> None:
    source = desk.path / "class.zip"
    with zipfile.ZipFile(source, "w") as made:
        made.writestr(
            zipfile.ZipInfo("ada/x.ipynb", (2026, 0, 0, 0, 0, 0)), desk.notebook("double")
        )
    before = datetime.now(UTC).replace(microsecond=0)
    desk.collect(source)
    assert before <= desk.handed_in("ada") <= datetime.now(UTC)


@pytest.mark.parametrize("packed", [True, False])
def test_of_a_large_file_only_the_beginning_is_read(desk: Desk, *, packed: bool) -> None:
    source = desk.zipped({"ada/x.ipynb": b"0123456789"})
    with archive.open_files(source if packed else desk.unpacked(source)) as files:
        assert [file.read(3) for file in files] == [b"012"]


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("lovelaceada_77_9001_double.ipynb", "holds no <student>/<exercise>.ipynb"),
        ("Ada Lovelace_4321_assignsubmission_file_/double.ipynb", "is what Moodle gives"),
        ("export/submission_metadata.yml", "is what Gradescope exports"),
        ("ada/double.ipynb", ""),
        ("ada/hw/double.ipynb", ""),
    ],
)
def test_what_an_lms_gave_is_told_from_what_can_be_graded(desk: Desk, name: str, why: str) -> None:
    source = desk.zipped({name: desk.notebook("double")})
    assert why_unsorted(source) == "is a zip"
    assert why_unsorted(desk.unpacked(source)) == why
    if not name.endswith("yml"):
        desk.collect(source)
        assert why_unsorted(desk.to) == ""


# ---- archives that mean no good


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("../../outside/x.ipynb", "leads out of the archive"),
        ("ada/../../x_1_2_double.ipynb", "leads out of the archive"),
        ("/etc/x.ipynb", "leads out of the archive"),
        ("double.ipynb", "does not say whose it is; put it into a folder of that name"),
        (".hidden/double.ipynb", "lies in a hidden folder; rename it"),
    ],
)
def test_a_name_never_becomes_a_path_of_its_own(desk: Desk, name: str, reason: str) -> None:
    source = desk.zipped({name: desk.notebook("double"), "ada/fine.ipynb": desk.notebook("double")})
    before = set(desk.path.parent.rglob("*"))
    (left,) = desk.collect(source).left_out
    assert (left.file, left.reason) == (name, reason)
    assert set(desk.taken()) == {("ada", "double")}
    new = set(desk.path.parent.rglob("*")) - before
    assert all(path.is_relative_to(desk.to) for path in new)


@pytest.mark.parametrize("name", ["a" * 300, "a\x07b", "\u200b" * 90, "a\\b", "aux", "<b>", "-rf"])
def test_a_name_that_fits_no_folder_is_in_the_table(desk: Desk, name: str) -> None:
    source = desk.zipped(
        {f"{name}/x.ipynb": desk.notebook("double"), "ada/x.ipynb": desk.notebook("half")}
    )
    intake = desk.collect(source)
    assert intake.left_out == ()
    (odd,) = (item for item in intake.kept if item.student != "ada")
    assert odd.name == legible(name)[:200]
    assert set(desk.taken()) == {("ada", "half"), (odd.student, "double")}
    assert read_collected(desk.to) == tuple(sorted(intake.kept, key=lambda item: item.student))


def test_links_and_bombs_are_left_out(desk: Desk) -> None:
    source = desk.zipped({})
    with zipfile.ZipFile(source, "w", zipfile.ZIP_DEFLATED) as made:
        link = zipfile.ZipInfo("ada/link.ipynb")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        made.writestr(link, "/etc/passwd")
        made.writestr("ada/bomb.ipynb", b" " * (MAX_BYTES + 1))
    left = desk.collect(source).left_out
    assert [item.reason for item in left] == [
        "is a link or no regular file; ask for the notebook",
        "is larger than 10 MiB; have its outputs cleared",
    ]


def test_a_link_in_a_folder_is_not_followed(desk: Desk) -> None:
    secret, handed_in = desk.path / "secret", desk.path / "class"
    secret.mkdir()
    (secret / "double.ipynb").write_bytes(desk.notebook("double"))
    (handed_in / "ada").mkdir(parents=True)
    (handed_in / "ada" / "double.ipynb").symlink_to(secret / "double.ipynb")
    (handed_in / "eve").symlink_to(secret)
    intake = desk.collect(handed_in)
    assert intake.kept == ()
    assert len(intake.left_out) == 2


def test_damaged_and_encrypted_files_are_left_out(desk: Desk) -> None:
    source = desk.zipped(
        {"ada/double.ipynb": desk.notebook("double"), "bob/half.ipynb": desk.notebook("half")}
    )
    raw = bytearray(source.read_bytes())
    raw[raw.index(b'"cells"')] ^= 1  # the first file no longer fits its checksum
    second = raw.rindex(b"PK\x01\x02")
    raw[second + 8] |= 1  # the second is marked as encrypted
    source.write_bytes(bytes(raw))
    left = desk.collect(source).left_out
    assert ["cannot be unpacked" in item.reason for item in left] == [True, True]


@pytest.mark.parametrize("packing", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
@pytest.mark.parametrize("damage", ["content", "head", "lengths", "place"])
def test_a_member_that_is_broken_is_left_out_however_it_is_packed(
    desk: Desk, packing: int, damage: str
) -> None:
    source = desk.path / "class.zip"
    with zipfile.ZipFile(source, "w", packing) as made:
        made.writestr("ada/x.ipynb", desk.notebook("double"))
        made.writestr("bob/x.ipynb", desk.notebook("half"))
    raw = bytearray(source.read_bytes())
    first, entry = len("ada/x.ipynb") + 30, raw.index(b"PK\x01\x02")
    place, junk = {
        "content": (first + 12, b"\xff" * 40),
        "head": (first, b"\xff" * 12),
        "lengths": (entry + 20, b"\x09\0\0\0\x09\0\0\0"),
        "place": (entry + 42, b"\xff\xff\xff\x7f"),
    }[damage]
    raw[place : place + len(junk)] = junk
    source.write_bytes(bytes(raw))
    (left,) = desk.collect(source).left_out
    assert left.reason.startswith("cannot be unpacked (")
    assert set(desk.taken()) == {("bob", "half")}


def test_a_name_in_no_encoding_is_its_own_student_s_alone(desk: Desk) -> None:
    source = desk.zipped(
        {"zo\u00eb/x.ipynb": desk.notebook("double"), "bob/x.ipynb": desk.notebook("half")}
    )
    raw = source.read_bytes()
    source.write_bytes(raw.replace("zo\u00eb".encode(), b"zo\xff\xfe"))
    intake = desk.collect(source)
    assert intake.left_out == ()
    assert {item.assignment for item in intake.kept} == {"double", "half"}
    assert ("bob", "half") in desk.taken()
    assert source.read_bytes() == raw.replace("zo\u00eb".encode(), b"zo\xff\xfe")


@pytest.mark.parametrize("keep", [100, -30, -5])
def test_a_zip_that_was_cut_off_is_refused(desk: Desk, keep: int) -> None:
    source = desk.zipped({"ada/x.ipynb": desk.notebook("double")})
    source.write_bytes(source.read_bytes()[:keep])
    with pytest.raises(UsageError, match="zip"):
        desk.collect(source)


def test_a_list_of_files_that_is_damaged_is_refused(desk: Desk) -> None:
    source = desk.zipped({"ada/x.ipynb": desk.notebook("double")})
    source.write_bytes(source.read_bytes().replace(b"PK\x01\x02", b"PK\x01\x03"))
    with pytest.raises(UsageError, match="is a damaged zip"):
        desk.collect(source)


# ---- whose file it is


EVE_SAYS = """\
submission_7:
  :submitters:
  - :name: Bob
    :email: bob
  :created_at: 2000-01-01 00:00:00 Z
"""


@pytest.mark.parametrize("top", ["", "class/"])
@pytest.mark.parametrize(
    "name",
    [
        "x_100_assignsubmission_file_p1.ipynb",
        "x_100_assignsubmission_file_/p1.ipynb",
        "hw/x_100_assignsubmission_file_p1.ipynb",
        "bob_100_200_p1.ipynb",
        "bob/double.ipynb",
        "submission_7/double.ipynb",
    ],
)
def test_nothing_in_a_student_s_folder_says_that_it_is_another_s(
    desk: Desk, top: str, name: str
) -> None:
    source = desk.zipped(
        {
            f"{top}bob/double.ipynb": desk.notebook("double", "bob's"),
            f"{top}eve/{name}": desk.notebook("double", "eve's"),
            f"{top}eve/submission_metadata.yml": EVE_SAYS,
        }
    )
    assert why_unsorted(desk.unpacked(source)) == ""
    (left,) = desk.collect(source).left_out
    assert left.file == f"{top}eve/submission_metadata.yml"
    assert desk.taken() == {("bob", "double"): "bob's", ("eve", "double"): "eve's"}


def test_gradescope_s_own_table_alone_says_whose_a_folder_is(desk: Desk) -> None:
    inside = "e/submission_102/submission_101"
    source = desk.zipped(
        {
            "e/submission_metadata.yml": GRADESCOPE,
            f"{inside}/x.ipynb": desk.notebook("double", "hers"),
            f"{inside}/submission_metadata.yml": EVE_SAYS,
        }
    )
    desk.collect(source)
    assert desk.taken() == {("19", "double"): "hers"}


def test_a_name_that_gradescope_lacks_or_nobody_can_write_stops_nobody(desk: Desk) -> None:
    table = """\
submission_1:
  :submitters:
  - :name: "\\e[2J\\u200b"
    :sid: ''
    :email: %s@x
  :created_at: 0001-01-01 00:00:00 +14:00
submission_2:
  :submitters:
  - :name: Ada
    :sid:
  - :name: Bob
    :sid:
    :email:
  :created_at: 2026-01-01
"""
    source = desk.zipped(
        {
            "submission_metadata.yml": table % ("a" * 300),
            **{f"submission_{n}/x.ipynb": desk.notebook("double") for n in (1, 2)},
        }
    )
    intake = desk.collect(source)
    assert intake.left_out == ()
    assert len({item.student for item in intake.kept}) == 3
    assert read_collected(desk.to)
    assert {name for student, _ in desk.taken() for name in [student]} > {"submission_2 Ada"}
    assert min(s.handed_in() for s in find_submissions(desk.to)).year == 1


def test_folders_of_any_depth_and_files_of_any_date_are_gone_through(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = desk.path / "class"
    (folder / "ada").mkdir(parents=True)
    (folder / "ada" / "x.IPYNB").write_bytes(desk.notebook("double"))
    (folder / "bob").mkdir()
    monkeypatch.chdir(folder / "bob")
    for _ in range(30):  # more than a path may have
        Path("d" * 200).mkdir()
        os.chdir("d" * 200)
    (left,) = desk.collect(folder).left_out
    assert "is a folder that cannot be looked into" in left.reason
    assert set(desk.taken()) == {("ada", "double")}


def test_what_no_class_can_hand_in_is_refused(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    source = desk.zipped({f"s{n}/double.ipynb": desk.notebook("double") for n in range(4)})
    monkeypatch.setattr(collecting, "_MAX_BYTES_IN_ALL", 100)
    with pytest.raises(UsageError, match="unpacks to more than"):
        desk.collect(source)
    monkeypatch.setattr(archive, "_MAX_FILES", 3)
    with pytest.raises(UsageError, match="holds more than 3 files"):
        desk.collect(source)
    assert not desk.to.exists()


@pytest.mark.parametrize("content", [None, b"no zip"])
def test_what_is_neither_folder_nor_zip_is_named(desk: Desk, content: bytes | None) -> None:
    path = desk.path / "thing"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UsageError, match="is neither a folder nor a zip"):
        desk.collect(path)


def test_a_table_with_other_columns_is_named(desk: Desk) -> None:
    desk.to.mkdir()
    (desk.to / "collected.csv").write_text("student\nada\n", "utf-8")
    with pytest.raises(UsageError, match="lacks a column"):
        desk.collect(desk.zipped({}))


def test_a_name_that_is_a_formula_comes_back_as_it_was(desk: Desk) -> None:
    name = "=cmd()_5_assignsubmission_file_/double.ipynb"
    desk.collect(desk.zipped({name: desk.notebook("double")}))
    table = (desk.to / "collected.csv").read_text("utf-8")
    assert ",=" not in table
    (item,) = read_collected(desk.to)
    assert (item.name, item.file) == ("=cmd()", name)
