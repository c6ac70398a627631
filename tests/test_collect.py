"""Collecting: what each LMS gives, sorted by student; and archives that mean no good."""

from __future__ import annotations

import json
import stat
import zipfile
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import nbformat
import pytest
from conftest import FRONT, answer, check

from autograder import archive
from autograder import collect as collecting
from autograder.collect import collect, read_collected, uncollected
from autograder.exceptions import UsageError
from autograder.release import release
from autograder.source import read_exercise
from autograder.submission import MAX_BYTES, find_submissions

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from autograder.source import Exercise

    Archive = Callable[..., Path]

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


@pytest.fixture(scope="module")
def notebook(exercises: Mapping[str, Exercise]) -> Callable[..., bytes]:
    def write(slug: str, text: str = "", *, says: str | None = "itself") -> bytes:
        made = release(exercises[slug])
        if text:
            made.cells[0].source = text
        if says is None:
            del made.metadata["exercise"]
        elif says != "itself":
            made.metadata["exercise"]["slug"] = says
        return str(nbformat.writes(made)).encode()

    return write


@pytest.fixture
def zipped(tmp_path: Path) -> Archive:
    def write(content: Mapping[str, bytes | str], dates: Mapping[str, int] = {}) -> Path:
        path = tmp_path / "class.zip"
        with zipfile.ZipFile(path, "w") as made:
            for name, data in content.items():
                info = zipfile.ZipInfo(name, (2026, 12, dates.get(name, 5), 12, 0, 0))
                made.writestr(info, data)
        return path

    return write


def taken(to: Path) -> dict[tuple[str, str], str]:
    """Return what lies in the folder for the grader: the first cell, by student and exercise."""
    return {
        (s.student, s.exercise): json.loads(s.path.read_text("utf-8"))["cells"][0]["source"][0]
        for s in find_submissions(to)
    }


def one(to: Path, student: str) -> datetime:
    (found,) = [s for s in find_submissions(to) if s.student == student]
    return found.handed_in()


def test_canvas_gives_flat_names_and_wants_the_users_id(
    exercises: Mapping[str, Exercise],
    notebook: Callable[..., bytes],
    zipped: Archive,
    tmp_path: Path,
) -> None:
    source = zipped(
        {
            "lovelaceada_77_9001_double.ipynb": notebook("double", "old"),
            "lovelaceada_77_9002_double-1.ipynb": notebook("double", "new"),
            "turingalan_LATE_78_9003_my_2_homework.ipynb": notebook("double", "late"),
            "hoppergrace_79_9004_essay.pdf": b"%PDF",
        }
    )
    when = datetime(2026, 12, 1, tzinfo=UTC)
    intake = collect(source, tmp_path / "in", exercises, when)
    assert taken(tmp_path / "in") == {("77", "double"): "new", ("78", "double"): "late"}
    assert [(item.file, item.reason) for item in intake.left_out] == [
        ("lovelaceada_77_9001_double.ipynb", "an older attempt of 77"),
        ("hoppergrace_79_9004_essay.pdf", "is no notebook; ask for the .ipynb"),
    ]
    ada, alan = intake.kept
    assert (ada.name, ada.system, ada.late, ada.dated) == ("lovelaceada", "canvas", False, True)
    assert (alan.name, alan.late, alan.dated) == ("turingalan", True, False)
    assert one(tmp_path / "in", "77") == when
    assert one(tmp_path / "in", "78").day == 5


@pytest.mark.parametrize(
    "name",
    [
        "Ada Lovelace_4321_assignsubmission_file_/double.ipynb",
        "Ada Lovelace_4321_assignsubmission_file/part_1/double.ipynb",
        "Ada Lovelace_4321_assignsubmission_file_double.ipynb",
        "Course/Ada Lovelace_4321_assignsubmission_file_/untitled (2).ipynb",
    ],
)
def test_moodle_gives_a_participants_number(
    exercises: Mapping[str, Exercise],
    notebook: Callable[..., bytes],
    zipped: Archive,
    tmp_path: Path,
    name: str,
) -> None:
    (item,) = collect(zipped({name: notebook("double")}), tmp_path / "in", exercises).kept
    assert (item.student, item.name, item.system) == ("4321", "Ada Lovelace", "moodle")
    assert (item.file, item.dated) == (name, False)


def test_gradescope_says_who_and_when(
    exercises: Mapping[str, Exercise],
    notebook: Callable[..., bytes],
    zipped: Archive,
    tmp_path: Path,
) -> None:
    source = zipped(
        {
            "assignment_5_export/submission_metadata.yml": GRADESCOPE,
            "assignment_5_export/submission_101/x.ipynb": notebook("double", "both"),
            "assignment_5_export/submission_102/x.ipynb": notebook("half", "hers"),
            "assignment_5_export/submission_103/x.ipynb": notebook("half", "nobody's"),
        }
    )
    intake = collect(source, tmp_path / "in", exercises)
    assert taken(tmp_path / "in") == {
        ("ada@example.org", "double"): "both",
        ("alan@example.org", "double"): "both",
        ("19", "half"): "hers",
    }
    assert one(tmp_path / "in", "ada@example.org") == datetime(2026, 11, 30, 22, 10, 5, tzinfo=UTC)
    assert one(tmp_path / "in", "19") == datetime(2026, 12, 1, 7, tzinfo=UTC)
    reasons = {item.file.rpartition("export/")[2]: item.reason for item in intake.left_out}
    assert reasons.keys() == {"submission_103/x.ipynb"}


@pytest.mark.parametrize(
    "text", ["- a list\n", "a: [\n", "submission_1: {}\n", "a: {':submitters': 3}"]
)
def test_gradescopes_table_may_be_broken(
    exercises: Mapping[str, Exercise], zipped: Archive, tmp_path: Path, text: str
) -> None:
    with pytest.raises(UsageError, match="is not what Gradescope writes"):
        collect(zipped({"e/submission_metadata.yml": text}), tmp_path / "in", exercises)


@pytest.mark.parametrize("top", ["", "class/"])
def test_a_folder_or_zip_of_students(
    exercises: Mapping[str, Exercise],
    notebook: Callable[..., bytes],
    zipped: Archive,
    tmp_path: Path,
    top: str,
) -> None:
    content = {
        f"{top}ada/a_1_2_b.ipynb": notebook("double", "ada's"),
        f"{top}alan/hw/half.ipynb": notebook("half", "alan's"),
        "__MACOSX/ada/._a.ipynb": b"",
        f"{top}.DS_Store": b"",
    }
    want = {("ada", "double"): "ada's", ("alan", "half"): "alan's"}
    intake = collect(zipped(content), tmp_path / "one", exercises)
    assert intake.left_out == ()
    with zipfile.ZipFile(tmp_path / "class.zip") as made:
        made.extractall(tmp_path / "unpacked")
    collect(tmp_path / "unpacked", tmp_path / "two", exercises)
    assert taken(tmp_path / "one") == taken(tmp_path / "two") == want


def test_what_a_notebook_says_of_itself_goes_before_its_cells_and_these_before_its_name(
    exercises: Mapping[str, Exercise],
    notebook: Callable[..., bytes],
    zipped: Archive,
    tmp_path: Path,
) -> None:
    source = zipped(
        {
            "a/half.ipynb": notebook("double"),
            "b/half (1).ipynb": notebook("double", says=None),
            "c/half-2.ipynb": b"{}",
            "d/other.ipynb": b"{}",
            "e/double.ipynb": notebook("double", says="half"),
        }
    )
    intake = collect(source, tmp_path / "in", exercises)
    assert [item.assignment for item in intake.kept] == ["double", "double", "half", "half"]
    assert [item.reason for item in intake.left_out] == [
        "answers no known exercise; name it after one of them"
    ]


def test_what_was_collected_before_stays_and_a_newer_file_replaces_it(
    exercises: Mapping[str, Exercise],
    notebook: Callable[..., bytes],
    zipped: Archive,
    tmp_path: Path,
) -> None:
    to = tmp_path / "in"
    name = "a_1_2_x.ipynb"
    collect(zipped({name: notebook("half", "half")}), to, exercises)
    collect(zipped({name: notebook("double", "first")}), to, exercises)
    collect(zipped({name: notebook("double", "second")}), to, exercises)
    assert taken(to) == {("1", "half"): "half", ("1", "double"): "second"}
    assert {(c.student, c.assignment) for c in read_collected(to)} == set(taken(to))


def test_of_two_attempts_the_newer_one_is_kept_whichever_comes_first(
    exercises: Mapping[str, Exercise],
    notebook: Callable[..., bytes],
    zipped: Archive,
    tmp_path: Path,
) -> None:
    first, second = "ada/one.ipynb", "ada/two.ipynb"
    content = {first: notebook("double", "one"), second: notebook("double", "two")}
    for newest, text in ((first, "one"), (second, "two")):
        collect(zipped(content, {newest: 9}), tmp_path / text, exercises)
        assert taken(tmp_path / text) == {("ada", "double"): text}


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
def test_what_an_lms_gave_is_told_from_what_can_be_graded(  # noqa: PLR0913, PLR0917
    exercises: Mapping[str, Exercise],
    notebook: Callable[..., bytes],
    zipped: Archive,
    tmp_path: Path,
    name: str,
    why: str,
) -> None:
    source = zipped({name: notebook("double")})
    assert uncollected(source) == "is a zip"
    with zipfile.ZipFile(source) as made:
        made.extractall(tmp_path / "unpacked")
    assert uncollected(tmp_path / "unpacked") == why
    if not name.endswith("yml"):
        collect(source, tmp_path / "in", exercises)
        assert uncollected(tmp_path / "in") == ""


# ---- archives that mean no good


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("../../outside/x.ipynb", "leads out of the archive"),
        ("ada/../../x_1_2_double.ipynb", "leads out of the archive"),
        ("/etc/x.ipynb", "leads out of the archive"),
        ("double.ipynb", "does not say whose it is; put it into a folder of that name"),
        (f"{'a' * 101}/double.ipynb", "its student's name cannot be a folder's; rename it"),
        ("a\x07b/double.ipynb", "its student's name cannot be a folder's; rename it"),
        (".hidden/double.ipynb", "its student's name cannot be a folder's; rename it"),
    ],
)
def test_a_name_never_becomes_a_path_of_its_own(  # noqa: PLR0913, PLR0917
    exercises: Mapping[str, Exercise],
    notebook: Callable[..., bytes],
    zipped: Archive,
    tmp_path: Path,
    name: str,
    reason: str,
) -> None:
    source = zipped({name: notebook("double"), "ada/fine.ipynb": notebook("double")})
    before = set(tmp_path.parent.rglob("*"))
    (left,) = collect(source, tmp_path / "in", exercises).left_out
    assert (left.file, left.reason) == (name, reason)
    assert set(taken(tmp_path / "in")) == {("ada", "double")}
    new = set(tmp_path.parent.rglob("*")) - before
    assert all(path.is_relative_to(tmp_path / "in") for path in new)


def test_links_and_bombs_are_left_out(
    exercises: Mapping[str, Exercise], zipped: Archive, tmp_path: Path
) -> None:
    source = zipped({})
    with zipfile.ZipFile(source, "w", zipfile.ZIP_DEFLATED) as made:
        link = zipfile.ZipInfo("ada/link.ipynb")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        made.writestr(link, "/etc/passwd")
        made.writestr("ada/bomb.ipynb", b" " * (MAX_BYTES + 1))
    left = collect(source, tmp_path / "in", exercises).left_out
    assert [item.reason for item in left] == [
        "is a link or no regular file; ask for the notebook",
        "is larger than 10 MiB; have its outputs cleared",
    ]


def test_a_link_in_a_folder_is_not_followed(
    exercises: Mapping[str, Exercise], notebook: Callable[..., bytes], tmp_path: Path
) -> None:
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "double.ipynb").write_bytes(notebook("double"))
    (tmp_path / "class" / "ada").mkdir(parents=True)
    (tmp_path / "class" / "ada" / "double.ipynb").symlink_to(tmp_path / "secret" / "double.ipynb")
    (tmp_path / "class" / "eve").symlink_to(tmp_path / "secret")
    intake = collect(tmp_path / "class", tmp_path / "in", exercises)
    assert intake.kept == ()
    assert len(intake.left_out) == 2


def test_damaged_and_encrypted_files_are_left_out(
    exercises: Mapping[str, Exercise],
    notebook: Callable[..., bytes],
    zipped: Archive,
    tmp_path: Path,
) -> None:
    source = zipped({"ada/double.ipynb": notebook("double"), "bob/half.ipynb": notebook("half")})
    raw = bytearray(source.read_bytes())
    raw[raw.index(b'"cells"')] ^= 1  # the first file no longer fits its checksum
    second = raw.rindex(b"PK\x01\x02")
    raw[second + 8] |= 1  # the second is marked as encrypted
    source.write_bytes(bytes(raw))
    left = collect(source, tmp_path / "in", exercises).left_out
    assert ["cannot be unpacked" in item.reason for item in left] == [True, True]


def test_what_no_class_can_hand_in_is_refused(
    exercises: Mapping[str, Exercise],
    notebook: Callable[..., bytes],
    zipped: Archive,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    source = zipped({f"s{n}/double.ipynb": notebook("double") for n in range(4)})
    monkeypatch.setattr(collecting, "_MOST_BYTES", 100)
    with pytest.raises(UsageError, match="unpacks to more than"):
        collect(source, tmp_path / "in", exercises)
    monkeypatch.setattr(archive, "_MOST_FILES", 3)
    with pytest.raises(UsageError, match="holds more than 3 files"):
        collect(source, tmp_path / "in", exercises)
    assert not (tmp_path / "in").exists()


@pytest.mark.parametrize("content", [None, b"no zip"])
def test_what_is_neither_folder_nor_zip_is_named(
    exercises: Mapping[str, Exercise], tmp_path: Path, content: bytes | None
) -> None:
    path = tmp_path / "thing"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UsageError, match="is neither a folder nor a zip"):
        collect(path, tmp_path / "in", exercises)


def test_a_table_with_other_columns_is_named(
    exercises: Mapping[str, Exercise], zipped: Archive, tmp_path: Path
) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "collected.csv").write_text("student\nada\n", "utf-8")
    with pytest.raises(UsageError, match="lacks a column"):
        collect(zipped({}), tmp_path / "in", exercises)


def test_a_name_that_is_a_formula_comes_back_as_it_was(
    exercises: Mapping[str, Exercise],
    notebook: Callable[..., bytes],
    zipped: Archive,
    tmp_path: Path,
) -> None:
    name = "=cmd()_5_assignsubmission_file_/double.ipynb"
    collect(zipped({name: notebook("double")}), tmp_path / "in", exercises)
    table = (tmp_path / "in" / "collected.csv").read_text("utf-8")
    assert ",=" not in table
    (item,) = read_collected(tmp_path / "in")
    assert (item.name, item.file) == ("=cmd()", name)
