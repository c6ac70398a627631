"""Nothing that is for the author alone gets into a site; where a book would publish it, it fails.

The search here shares no code with `website.build.leaks`: it looks for words that stand nowhere
else.
"""

from __future__ import annotations

import base64
import gzip
import html
import re
import zlib
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote

import pytest
from book import ADD_BIAS, Book

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.slow

CANARY = "kanarienvogel7f3a"
SOURCE = "exercises/source/add_bias.md"
HIDDEN = "expected = np.array([5.0, 8.0]) + kanarienvogel7f3ahidden"

# Each of the places that only the author sees holds the canary with another ending.
PLANTED = {
    "    return rows + bias": "    kanarienvogel7f3asolution = rows + bias  # KanarienVogel7F3A\n"
    "    return kanarienvogel7f3asolution",
    "assert np.allclose(": f"kanarienvogel7f3ahidden = 0.0\n{HIDDEN}\nassert np.allclose(",
    "wrong: subtracted": "wrong: kanarienvogel7f3aname with some more words",
    "The bias was taken away.": "You took kanarienvogel7f3amessage away from every single row.",
    "    return rows - taken": "    kanarienvogel7f3awrong = rows - taken\n"
    "    return kanarienvogel7f3awrong",
}
MARK_SCHEME = f"""
+++ {{"grade_id": "why", "grade": true, "solution": true, "points": 3}}

Say in words why the shape stays.

### BEGIN MARK SCHEME
One point for naming {CANARY}scheme, two for the reason.
### END MARK SCHEME

+++
"""


@dataclass(frozen=True)
class Leak:
    """A change to a book that publishes a secret, and the built file that the summary names."""

    file: str
    old: str
    new: str
    built: str


LEAKS = {
    "the source as a page": Leak(
        "_toc.yml",
        "exercises/release/add_bias",
        "exercises/release/add_bias\n  - file: chapters/copy",
        built="chapters/copy.html",
    ),
    "the source included": Leak(
        "intro.md", "It begins", f"```{{literalinclude}} {SOURCE}\n```\n\nIt begins", "intro.html"
    ),
    "the source to download": Leak(
        "intro.md", "It begins", f"Take {{download}}`this <{SOURCE}>`. It begins", "add_bias.md"
    ),
    "a hidden line in a comment": Leak(
        "intro.md", "It begins", f"<!-- {HIDDEN} -->\n\nIt begins", "intro.html"
    ),
    "the source printed by a cell": Leak(
        "chapters/sums.md",
        "print(spoken",
        f"print(open('../{SOURCE}').read(), spoken",
        built="chapters/sums.html",
    ),
}


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Book:
    """Give a built book whose every secret holds a canary."""
    book = Book(tmp_path_factory.mktemp("leaks"))
    text = ADD_BIAS
    for old, new in PLANTED.items():
        assert text.count(old) == 1
        text = text.replace(old, new)
    text = text.replace("\n```{hint}", f"{MARK_SCHEME}\n```{{hint}}")
    book.write(SOURCE, text)
    book.write("chapters/copy.md", text)
    built = book.build()
    assert (built.code, built.summary) == (0, []), built.output[-3000:]
    return book


def test_no_canary_is_in_the_site(book: Book) -> None:
    files = [path for path in book.site.rglob("*") if path.is_file()]
    assert {"index.html", "searchindex.js", "add_bias.ipynb", "add_bias.md"} <= {
        path.name for path in files
    }
    assert [path for path in files if sings(path.read_bytes())] == []
    assert [path for path in files if sings(path.name.encode())] == []


@pytest.mark.parametrize("leak", LEAKS.values(), ids=LEAKS)
def test_a_leak_fails_the_build(book: Book, leak: Leak) -> None:
    with book.changed(leak.file, leak.old, leak.new):
        built = book.build()
    assert built.code != 0, "the leak was published"
    assert not [*book.site.rglob("*.html")]
    named = f"{leak.built}: holds a line that is for the author alone (from {SOURCE}:"
    assert [line for line in built.summary if named in line], built.summary
    assert CANARY not in "".join(built.summary).lower(), "the summary itself tells the secret"


@pytest.mark.parametrize(
    "encoded",
    [
        b"Kanarienvogel7F3A",
        b"kanarien<span>vogel</span>7f3a",
        b"&#107;anarienvogel7f3a",
        b"\\u006banarienvogel7f3a",
        gzip.compress(b"a kanarienvogel7f3a"),
        b"# header\n" + zlib.compress(b"kanarienvogel7f3a"),
        b"x" * 3 + b' "' + base64.b64encode(b"the kanarienvogel7f3a in a longer text") + b'"',
        base64.b64encode(gzip.compress(b"the kanarienvogel7f3a in a longer text")),
    ],
)
def test_this_search_finds_it_in_every_disguise(encoded: bytes) -> None:
    assert sings(encoded)
    assert not sings(encoded[4:8] + b"kanarienvogel")


def sings(raw: bytes, depth: int = 3) -> bool:
    """Tell whether the canary is in a file, however it is written."""
    if any(CANARY in view.lower() for view in readings(raw.decode("utf-8", "replace"))):
        return True
    return depth > 0 and any(sings(inner, depth - 1) for inner in unpacked(raw))


def readings(text: str) -> Iterator[str]:
    escaped = re.sub(r"\\u([0-9a-fA-F]{4})", lambda match: chr(int(match[1], 16)), text)
    yield escaped
    yield re.sub("<[^<>]*>", "", escaped)
    yield re.sub("<[^<>]*>", "", html.unescape(escaped))
    yield unquote(text)


def unpacked(raw: bytes) -> Iterator[bytes]:
    for found in re.finditer(rb"\x1f\x8b|\x78[\x01\x9c\xda]", raw):
        with suppress(zlib.error):
            yield zlib.decompressobj(zlib.MAX_WBITS | 32).decompress(raw[found.start() :], 2**24)
    for found in re.finditer(rb"[A-Za-z0-9+/_-]{20,}", raw):
        for start in range(4):  # a letter in front shifts the code
            blob = found[0][start:].translate(bytes.maketrans(b"-_", b"+/"))
            yield base64.b64decode(blob[: len(blob) // 4 * 4])
