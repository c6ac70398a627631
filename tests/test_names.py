"""Names on disk and on screens, whatever learners and systems call things."""

from __future__ import annotations

from hypothesis import assume, example, given
from hypothesis import strategies as st

from autograder.names import file_name, file_path, legible, shown

NAMES = st.text(st.characters(exclude_characters="/\0"), min_size=1, max_size=300)


@given(NAMES)
@example("a" * 255)
@example("\\" * 255)
@example("\u200b" * 80)
@example("\udcff")
@example("..")
@example("CON")
@example("-rf")
def test_a_name_on_disk_is_short_and_safe(name: str) -> None:
    safe = file_name(name)
    assert len(f"{safe}.json".encode()) <= 255 - 16
    assert safe.isprintable()
    assert safe[0] not in ".- "
    assert safe[-1] not in ". "
    assert not set(safe) & set('/\\<>:"|?*')
    assert file_path(f"{name}/x").count("/") == 1


@given(NAMES, NAMES)
@example("é", "e\u0301")
@example("a<", file_name("a<"))
@example(file_name("a<"), file_name(file_name("a<")))
def test_no_two_names_share_a_file(one: str, other: str) -> None:
    assume(one != other)
    assert file_name(one) != file_name(other)
    assert legible(one) != legible(other)


def test_ordinary_names_are_their_own() -> None:
    for name in (
        "ada",
        "ada@example.org",
        "Müller, Zoë",
        "王小明",
        "4321",
        "O'Neil (2)",
        "(folder)",
    ):
        assert file_name(name) == legible(name) == name
    assert file_path("week1/a.json") == "week1/a.json"


def test_no_folder_lies_where_a_report_has_to() -> None:
    for ending in (".json", ".html", ".JSON"):
        assert not file_path(f"a{ending}/b").startswith(f"a{ending}/")


@given(st.text())
def test_what_is_shown_moves_no_cursor_and_turns_no_line(text: str) -> None:
    seen = shown(f"{text}\x1b[2J\u202e\ud800\r")
    assert not set(seen) & set("\x1b\u202e\ud800\r\x00\x9b")
    seen.encode()


def test_languages_that_join_letters_are_shown_as_they_are() -> None:
    for text in (
        "\u0645\u06cc\u200c\u062e",
        "\u0915\u094d\u200d\u0937",
        "👩\u200d👧 ❤\ufe0f",
        "two\nlines\tand",
    ):
        assert shown(text) == text
