"""Whatever is the author's alone is found in a site, however it is written there."""

from __future__ import annotations

import base64
import gzip
import html
import json
import zlib
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import quote

import pygments
import pytest
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer
from sources import CASES, answer, check, wrong

from autograder.format.release import write_release
from autograder.format.source import read_exercise
from website.build.leaks import (
    author_only_lines,
    comment_lines,
    find_leaked_words,
    find_leaks,
    public_text,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sources import Read

    from autograder.format.source import Exercise

SOLUTION = "canary_of_the_solution = compute(x, 'quoted') < 3 > 2"
HIDDEN = 'assert canary_of_the_hidden_test(7) == ["it\'s", 0.25]'
WRONG = "canary_of_the_wrong_answer = {'b': 4.25} & mask"
MESSAGE = "The canary sings of a misconception & its cure."
CANARIES = {"solution": SOLUTION, "hidden test": HIDDEN, "wrong answer": WRONG, "message": MESSAGE}


@pytest.fixture(scope="module")
def hidden(read: Read) -> dict[str, str]:
    """Return the secrets of an exercise that holds one canary of each kind."""
    exercise = read(
        "# Title\n\n",
        answer(f"def f(x):\n    ### BEGIN SOLUTION\n    {SOLUTION}\n    ### END SOLUTION"),
        check(f"assert f(1)\n### BEGIN HIDDEN TESTS\n{HIDDEN}\n### END HIDDEN TESTS"),
        wrong(WRONG, "n", message=MESSAGE),
    )
    found = author_only_lines([exercise], ["A chapter."])
    assert len(found) == len(CANARIES)
    return found


def notebook(text: str) -> str:
    cell = {"cell_type": "code", "source": ["x = 1\n", f"    {text}\n"], "metadata": {}}
    return json.dumps({"cells": [cell]}, indent=1)


def highlighted(text: str) -> str:
    return str(pygments.highlight(f"def f(x):\n    {text}", PythonLexer(), HtmlFormatter()))


def inventory(text: str, level: int = 9) -> bytes:
    head = b"# Sphinx inventory version 2\n# Project: x\n# Version: \n# zlib:\n"
    return head + zlib.compress(f"{'filler ' * 99}{text}\n".encode(), level)


WAYS: dict[str, Callable[[str], str | bytes]] = {
    "copy of the source": lambda t: f"```python\n{t}\n```",
    "upper case": lambda t: t.upper(),
    "other white space": lambda t: t.replace(" ", " \n\t\u00a0"),
    "highlighted": highlighted,
    "highlighted again": lambda t: highlighted(t).replace("<span", "<SPAN class='a'><span"),
    "plain HTML": lambda t: f"<pre>{html.escape(t)}</pre>",
    "HTML without escaped quotes": lambda t: f"<code>{html.escape(t, quote=False)}</code>",
    "numeric entities": lambda t: "".join(f"&#{ord(c)};" for c in t),
    "hexadecimal entities": lambda t: "".join(f"&#x{ord(c):x};" for c in t),
    "attribute": lambda t: f'<div data-code="{html.escape(t)}">&lt;</div>',
    "attribute of a page without entities": lambda t: f'<div data-code="{html.escape(t)}"></div>',
    "HTML comment": lambda t: f"<!-- {t} -->",
    "escaped HTML": lambda t: html.escape(highlighted(t)),
    "smart quotes": lambda t: t.replace("'", "\u2019").replace('"', "\u201d"),
    "notebook": notebook,
    "notebook in ASCII": lambda t: notebook(t).replace("_", "\\u005f"),
    "notebook in a notebook": lambda t: json.dumps({"text": notebook(t)}),
    "notebook in a script": lambda t: f"<script type='application/json'>{notebook(t)}</script>",
    "HTML in JSON": lambda t: json.dumps({"text/html": highlighted(t)}),
    "JavaScript": lambda t: "var x = '" + "".join(f"\\x{ord(c):02x}" for c in t) + "';",
    "URL": lambda t: f'<a href="x?code={quote(t)}">run</a>',
    "URL with everything quoted": lambda t: "".join(f"%{ord(c):02X}" for c in t),
    "URL of a form": lambda t: f'<a href="x?code={quote(t).replace("%20", "+")}">run</a>',
    "base64": lambda t: f'<a href="data:;base64,{base64.b64encode(t.encode()).decode()}">x</a>',
    "URL-safe base64": lambda t: base64.urlsafe_b64encode(f"???>>>{t}".encode()),
    "base64 without padding": lambda t: base64.b64encode(
        (t + "x" * ((1 - len(t)) % 3)).encode()
    ).rstrip(b"="),
    "base64 of a page": lambda t: base64.b64encode(highlighted(t).encode()),
    "base64 of a page in two languages": lambda t: base64.b64encode(f"\u00fcber {t}".encode()),
    "base64 in lines": lambda t: base64.encodebytes(f"{'filler ' * 9}{t}".encode()),
    "base64 in lines of a notebook": lambda t: json.dumps(
        base64.encodebytes(f"{'filler ' * 9}{t}".encode()).decode()
    ),
    "gzip": lambda t: gzip.compress(t.encode()),
    "gzip with a name": lambda t: (
        b"\x1f\x8b\x08\x08\0\0\0\0\0\xffx78\0" + gzip.compress(t.encode(), mtime=0)[10:]
    ),
    "zlib": lambda t: zlib.compress(t.encode()),
    **{f"inventory, level {n}": partial(inventory, level=n) for n in (0, 1, 2, 5, 6, 9)},
    "base64 right behind letters": lambda t: b"image" + base64.b64encode(t.encode()),
    "gzip in base64": lambda t: base64.b64encode(gzip.compress(t.encode())),
    "gzip in base64 behind a picture": lambda t: (
        f"<img src='{'A' * 999}'><script src='".encode()
        + base64.b64encode(gzip.compress(t.encode()))
    ),
    "base64 in gzip in base64": lambda t: base64.b64encode(
        gzip.compress(base64.b64encode(t.encode()))
    ),
    "search index": lambda t: f"Search.setIndex({json.dumps({'titles': {t: [0]}})})",
    "one long line": lambda t: "x" * 100_003 + t + "x" * 5,
    "bytes that are no text": lambda t: b"\xff\xfe\x00" + t.encode() + b"\xff",
    "end of the file": lambda t: "abc" + t,
}


@pytest.mark.parametrize("canary", CANARIES)
@pytest.mark.parametrize("way", WAYS)
def test_every_way_of_writing_a_secret_is_found(
    tmp_path: Path, hidden: dict[str, str], way: str, canary: str
) -> None:
    made = WAYS[way](CANARIES[canary])
    folder = tmp_path / "a" / "_sources"
    folder.mkdir(parents=True)
    (folder / "page").write_bytes(made.encode() if isinstance(made, str) else made)
    assert [leak.path for leak in find_leaks(tmp_path, hidden)] == ["a/_sources/page"]


def test_the_same_site_without_secrets_is_clean(tmp_path: Path, hidden: dict[str, str]) -> None:
    for number, write in enumerate(WAYS.values()):
        made = write("harmless = compute(x, 'quoted') < 3 > 2")
        path = tmp_path / f"page-{number}"
        path.write_bytes(made.encode() if isinstance(made, str) else made)
    (tmp_path / "empty").touch()
    (tmp_path / "short").write_bytes(b"x")
    assert find_leaks(tmp_path, hidden) == []


@pytest.mark.parametrize(
    "line",
    [
        'assert canary_text.split("\\n")[0] == "first"',
        'assert re.match(r"\\d+\\t\\w", canary_text)',
        "canary_path = 'C:\\\\new\\\\table'",
        'assert canary == "gr\u00fc\u00df \U0001f600 \u4f60\u597d"',
        "assert canary_of_html == '<b>bold</b> &amp; more'",
        "assert canary_percent % 20 == 0x41, '%41 and %d'",
        "assert low_canary < x and y > high_canary",
    ],
)
@pytest.mark.parametrize(
    "way", ["copy of the source", "highlighted", "plain HTML", "notebook", "HTML in JSON", "gzip"]
)
def test_odd_lines_are_found_too(read: Read, tmp_path: Path, line: str, way: str) -> None:
    hidden = f"### BEGIN HIDDEN TESTS\n{line}\n### END HIDDEN TESTS"
    known = author_only_lines([read(check(hidden))], [])
    assert len(known) == 1
    made = WAYS[way](line)
    (tmp_path / "page").write_bytes(made.encode() if isinstance(made, str) else made)
    assert len(find_leaks(tmp_path, known)) == 1


def test_a_leak_names_file_and_place_and_not_the_line(
    tmp_path: Path, hidden: dict[str, str]
) -> None:
    (tmp_path / "searchindex.js").write_text(HIDDEN, "utf-8")
    (leak,) = find_leaks(tmp_path, hidden)
    assert leak.place.startswith("case.md:")
    assert str(leak) == (
        f"searchindex.js: holds a line that is for the author alone (from {leak.place}); take it "
        "out of the page, or make it visible in the source on purpose"
    )


# ---- what a secret is


def places(found: dict[str, str]) -> set[str]:
    return set(found.values())


def test_the_secrets_of_a_graded_exercise_and_their_places() -> None:
    path = CASES / "everything.md"
    lines = path.read_text("utf-8").split("\n")
    found = author_only_lines([read_exercise(path, "e.md")], [])
    at = {key: lines[int(place.split(":")[1]) - 1] for key, place in found.items()}
    assert at['assertdouble(7)==14,"double(7)mustbe14."'].startswith("assert double(7)")
    assert at['assertdouble(7)==14,"double(7)mustbe14."'] in lines
    assert "onepointforthewordlinear,oneforthereason." in found
    assert "returnx**2ifx!=2else5" in found
    assert "rereadthetask." in found


def test_the_solution_of_a_practice_exercise_is_no_secret() -> None:
    exercise = read_exercise(CASES / "practice.md")
    assert author_only_lines([exercise], []) == {}


def test_a_written_model_answer_is_a_secret(read: Read) -> None:
    exercise = read(
        '+++ {"grade_id": "w", "points": 1, "task": true}\n\nBecause the model is linear.\n'
    )
    assert set(author_only_lines([exercise], [])) == {"becausethemodelislinear."}


def test_what_a_widget_s_answer_holds_is_a_secret(read: Read) -> None:
    text = "### BEGIN SOLUTION\nb = 4.25\n### END SOLUTION\nanswer = {'canary_b': 4.25}"
    widget = answer(text, widget="LogitCurve.odds_on_the_curve", start={"z": 0.0})
    exercise = read(widget, check("assert answer"))
    assert "answer={'canary_b':4.25}" in author_only_lines([exercise], [])


@pytest.mark.parametrize(
    "public",
    [
        "Text.\n\n    assert canary_of_the_hidden_test(7)\n",
        "ASSERT  canary_of_the_hidden_test(7)  # and why",
    ],
)
def test_a_line_that_stands_in_a_chapter_is_no_secret(read: Read, public: str) -> None:
    hidden = "### BEGIN HIDDEN TESTS\nassert canary_of_the_hidden_test(7)\n### END HIDDEN TESTS"
    exercise = read(check(hidden))
    assert len(author_only_lines([exercise], [])) == 1
    assert author_only_lines([exercise], ["Other.", public]) == {}


def test_a_line_that_a_release_shows_is_no_secret_of_another_exercise(read: Read) -> None:
    line = "assert double_of(2) == 4"
    one = read(check(f"### BEGIN HIDDEN TESTS\n{line}\n### END HIDDEN TESTS"))
    other = read(check(line))
    assert len(author_only_lines([one], [])) == 1
    assert author_only_lines([one, other], []) == {}


@pytest.mark.parametrize("line", ["return x", "x = 1", "assert f(1)", "    #", ")"])
def test_a_short_line_is_no_secret(read: Read, line: str) -> None:
    text = f"### BEGIN SOLUTION\nif 1: pass\n### END SOLUTION\n# {line}"
    assert author_only_lines([read(answer(text, "a"), check("assert 1"))], []) == {}


def test_the_name_of_a_wrong_answer_is_a_secret(read: Read) -> None:
    exercise = read(answer("x = 1"), check("assert x"), wrong("x = 0", "A canary's own name"))
    assert "acanary'sownname" in author_only_lines([exercise], [])


def test_the_delimiters_are_no_secret(read: Read) -> None:
    found = author_only_lines(
        [read(answer("### BEGIN SOLUTION\nx = 1\n### END SOLUTION"), check("x"))], []
    )
    assert found == {}


def test_the_released_files_hold_no_secret(tmp_path: Path) -> None:
    exercises = [read_exercise(CASES / name) for name in ("everything.md", "practice.md")]
    write_release(exercises, tmp_path, prune=False)
    known = author_only_lines(exercises, [])
    assert known
    assert find_leaks(tmp_path, known) == []


# ---- what is in the open


def test_a_page_says_no_comment_to_its_readers() -> None:
    page = "Text.\n\n<!-- a comment\nof two lines -->\n% one more\nMore text, 5 % of it.\n<!-- open"
    assert public_text(page) == "Text.\n\n\n\nMore text, 5 % of it.\n"


@pytest.mark.parametrize(
    "line",
    ["### BEGIN HIDDEN TESTS", "    ### END SOLUTION  ", ":wrong: squared", "wrong: squared"],
)
def test_the_source_of_an_exercise_is_not_in_the_open(line: str) -> None:
    assert public_text(f"Text.\n{line}\nMore text.\n") == ""
    assert public_text(f"Text.\nAs in `{line}`.\n") != ""


def test_the_notes_of_a_page_are_its_comments_and_no_code() -> None:
    page = (
        "Text.\n\n```\n%time of_a_line_of_code()\n<!-- of HTML that is shown -->\n```\n"
        "% A note to myself.\n<!-- The first of two lines\nand the second line.\n-->\n% short\n"
        "<!-- and all of one line -->\n"
    )
    expected = ("anotetomyself.", "thefirstoftwolines", "andthesecondline.", "andallofoneline")
    assert comment_lines(page, "intro.md") == dict.fromkeys(expected, "intro.md")


# ---- the search index


def index(folder: Path, **parts: object) -> Path:
    path = folder / "searchindex.js"
    path.write_text(f"Search.setIndex({json.dumps(parts)})", "utf-8")
    return path


@pytest.fixture(scope="module")
def wordy(read: Read) -> list[Exercise]:
    hidden = "### BEGIN HIDDEN TESTS\nassert forbidden_multiplications(7)\n### END HIDDEN TESTS"
    return [read("# A normal heading\n\n", check(hidden))]


@pytest.mark.parametrize("word", ["forbidden", "multiplications", "multipl"])
def test_a_word_of_the_author_s_in_the_index_is_found(
    tmp_path: Path, wordy: list[Exercise], word: str
) -> None:
    (leak,) = find_leaked_words(index(tmp_path, terms={word: 0, "normal": 0}), wordy, [])
    assert (leak.path, leak.line) == ("searchindex.js", word)
    assert f"holds the word `{word}` that is for the author alone (from case.md:" in str(leak)


def test_a_word_in_a_title_of_the_index_is_found(tmp_path: Path, wordy: list[Exercise]) -> None:
    made = index(tmp_path, terms={}, titleterms={"forbidden": 0})
    assert [leak.line for leak in find_leaked_words(made, wordy, [])] == ["forbidden"]


def test_public_and_short_words_of_the_index_are_no_leak(
    tmp_path: Path, wordy: list[Exercise]
) -> None:
    made = index(tmp_path, terms={"forbidden": 0, "assert": 0, "heading": 0, "other": 0})
    assert find_leaked_words(made, wordy, ["This is Forbidden; do not assert it."]) == []


def test_a_word_that_a_learner_sees_is_no_leak(read: Read, tmp_path: Path) -> None:
    hidden = "### BEGIN HIDDEN TESTS\nassert doubled(multiplication)\n### END HIDDEN TESTS"
    exercise = read(check(f"multiplication = 7\n{hidden}"))
    made = index(tmp_path, terms={"multiplication": 0, "doubled": 0})
    assert [leak.line for leak in find_leaked_words(made, [exercise], [])] == ["doubled"]


def test_a_word_that_no_page_has_any_longer_is_no_leak(
    tmp_path: Path, wordy: list[Exercise]
) -> None:
    made = index(tmp_path, terms={"forbidden": []}, titleterms={"multiplications": []})
    assert find_leaked_words(made, wordy, []) == []


def test_a_site_without_an_index_has_no_words(tmp_path: Path, wordy: list[Exercise]) -> None:
    assert find_leaked_words(tmp_path / "searchindex.js", wordy, []) == []


def test_an_index_that_cannot_be_read_is_not_called_clean(
    tmp_path: Path, wordy: list[Exercise]
) -> None:
    path = tmp_path / "searchindex.js"
    path.write_text("another format: forbidden", "utf-8")
    with pytest.raises(Exception, match="searchindex"):
        find_leaked_words(path, wordy, [])
