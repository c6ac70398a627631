"""Search what is about to be published for lines that only the author may see."""

from __future__ import annotations

import binascii
import functools
import html
import json
import re
import zlib
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote, unquote_plus

import snowballstemmer
from ahocorasick import Automaton

from autograder.exceptions import AutograderError
from autograder.format.release import release

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from autograder.format.source import Exercise
    from website.build.clean_files import CleanFiles

MIN_LENGTH = 14  # a shorter line, such as a bracket, gives nothing away
_MAX_DEPTH = 3  # how deep encoded data in encoded data are unfolded
_COMPRESSED = re.compile(rb"\x78[\x01\x5e\x9c\xda]|\x1f\x8b")  # the first bytes of zlib and of gzip
_HEADER = 512  # bytes in which compressed data must begin
_MOST = 2**26  # bytes that one blob may unfold to
_TAG = re.compile(r"<[^<>]*>")
_ESCAPE = re.compile(r"\\+(?:u[0-9a-fA-F]{4}(?:\\+u[0-9a-fA-F]{4})*|x[0-9a-fA-F]{2}|[nrt])")
_UNICODE = re.compile(r"\\+u")
_BASE64 = re.compile(rb'[A-Za-z0-9+/_-]{24,}(?:(?:\\+[nr]|[\s",])+[A-Za-z0-9+/_-]+)*')
_WRAP = re.compile(rb'(?:\\+[nr]|[\s",])+')
_URL_SAFE = bytes.maketrans(b"-_", b"+/")
_QUERY = re.compile(r'[?&;#][\w.-]+=[^\s"<>]+')
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)|^%[^\n]*", re.DOTALL | re.MULTILINE)
_NOTE = re.compile(r"<!--.*?-->|^%[^\n]*", re.DOTALL | re.MULTILINE)
_FENCED = re.compile(r"^(`{3,}).*?^\1[ \t]*$", re.DOTALL | re.MULTILINE)
_SOURCE = re.compile(
    r"^\s*### (?:BEGIN|END) (?:SOLUTION|HIDDEN TESTS|MARK SCHEME)\s*$|^:?wrong: ", re.MULTILINE
)
_WORD = re.compile(r"[^\W\d_]+")
_LONG = 6  # letters of a word that says something; shorter ones stand on any page
_TYPOGRAPHY = (
    *((quote, "'") for quote in "\u2018\u2019\u2032"),
    *((quote, '"') for quote in "\u201c\u201d\u2033"),
    *((unseen, "") for unseen in "\u00ad\u200b\u2060\ufeff"),  # soft hyphens and the like
    ("\u2013", "--"),
    ("\u2014", "---"),
    ("\u2026", "..."),
)


@dataclass(frozen=True)
class Leak:
    """An author-only line or word that stands in a published file."""

    path: str
    line: str
    place: str
    word: bool = False

    def __str__(self) -> str:
        """Name the file, the line's place in the source (not the line itself), and the remedy."""
        what = f"the word `{self.line}`" if self.word else "a line"
        return (
            f"{self.path}: holds {what} that is for the author alone (from {self.place}); "
            "take it out of the page, or make it visible in the source on purpose"
        )


def author_only_lines(exercises: Sequence[Exercise], public: Iterable[str]) -> dict[str, str]:
    """Return the normalised author-only lines, each with its place in a source.

    Parameters
    ----------
    exercises
        The sources.
    public
        Texts that anyone may read: chapters and other pages. What the released exercises show
        counts as well. A line that stands in one of them is no secret.

    """
    shown = {_normal(line) for text in public for line in text.splitlines()}
    for exercise in exercises:
        for cell in release(exercise).cells:
            shown |= {_normal(line) for line in cell.source.splitlines()}
    # A part of a public line is public as well.
    everything = "\n".join(shown)
    lines = [(_normal(line), place) for e in exercises for line, place in _author_lines(e)]
    return {
        line: place for line, place in lines if len(line) >= MIN_LENGTH and line not in everything
    }


def public_text(text: str) -> str:
    """Return the text of a page that its readers see: comments removed, nothing for a source."""
    if _SOURCE.search(text):
        return ""
    return _COMMENT.sub("", text)


def comment_lines(text: str, name: str) -> dict[str, str]:
    """Return the normalised lines of a page's comments, each with the page's name.

    They are no secret in the book's own site, which shows its sources, but what is handed on to the
    public has none.
    """
    said = [line for found in _NOTE.findall(_FENCED.sub("", text)) for line in found.splitlines()]
    lines = (
        _normal(line.removeprefix("%").removeprefix("<!--").removesuffix("-->")) for line in said
    )
    return {line: name for line in lines if len(line) >= MIN_LENGTH}


def find_leaks(
    site: Path, hidden: Mapping[str, str], clean: CleanFiles | None = None
) -> list[Leak]:
    """Search every file below ``site``, case-insensitively and decoded where it is encoded.

    A content that ``clean`` knows is not searched again.
    """
    if not hidden:
        return []
    lines = _automaton(hidden)
    leaks = []
    for path in sorted(path for path in site.rglob("*") if path.is_file()):
        shown = path.relative_to(site).as_posix()
        content = path.read_bytes()
        if clean and clean.holds(content):
            continue
        views = _views(content)
        found = {line for text in views for _, line in lines.iter(_normal(text))}
        leaks += [Leak(shown, line, hidden[line]) for line in sorted(found)]
        # A file with a leak is searched again, until it has none.
        if clean and not found:
            clean.add(content)
    if clean:
        clean.save()
    return leaks


def _automaton(lines: Iterable[str]) -> Automaton:
    """Return what finds all of ``lines`` in one pass over a text (Aho and Corasick, 1975)."""
    automaton = Automaton()
    for line in lines:
        automaton.add_word(line, line)
    automaton.make_automaton()
    return automaton


def find_leaked_words(
    index: Path, exercises: Sequence[Exercise], public: Iterable[str]
) -> list[Leak]:
    """Search Sphinx's search index, which holds stems instead of lines, for author-only words.

    Raises
    ------
    AutograderError
        When the index is not in the form that Sphinx gives it: it cannot be called clean.

    """
    if not index.is_file():
        return []
    terms = _terms(index)
    shown = "\n".join([*public, *(c.source for e in exercises for c in release(e).cells)])
    known = _words(shown, shortest=1)  # the stem of a longer word of the author's may be short
    return [
        Leak(index.name, word, place, word=True)
        for exercise in exercises
        for line, place in _author_lines(exercise)
        for word in sorted((_words(line) - known) & terms)
    ]


def _terms(index: Path) -> set[str]:
    match = re.search(r"Search\.setIndex\((.*)\)", index.read_text("utf-8"), re.DOTALL)
    try:
        found = json.loads(match[1]) if match else {}
        places = [*found["terms"].items(), *found.get("titleterms", {}).items()]
        return {term for term, pages in places if pages != []}  # none: a page that changed had it
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise AutograderError(
            f"{index.name}: this form of Sphinx's search index is unknown, so it cannot be "
            "searched for the author's words; install the Sphinx that requirements.txt locks, or "
            "teach website/build/leaks.py the new form"
        ) from error


def _author_lines(exercise: Exercise) -> Iterator[tuple[str, str]]:
    """Yield the lines of cells that a release hides in part, and of the wrong answers."""
    # The solution of a practice exercise stands on its page, after the hints.
    hiding = ("check", "written") if exercise.practice else ("answer", "check", "written")
    for cell in exercise.cells:
        delimiters = {row for region in cell.regions for row in (region.begin, region.end)}
        for row, line in enumerate(cell.source.split("\n")):
            if cell.kind in hiding and row not in delimiters:
                yield line, cell.place.at(row)
    for wrong in exercise.wrong_answers:
        # A page may hold one sentence of a message without the others.
        sentences = re.split(r"(?<=[.:;]) ", wrong.message)
        for line in [*wrong.source.split("\n"), *sentences, wrong.name]:
            yield line, wrong.place.at()


def _words(text: str, shortest: int = _LONG) -> set[str]:
    """Return the stems of the longer words of ``text``, as the search index holds them."""
    found = {word.lower() for word in _WORD.findall(text) if len(word) >= shortest}
    return found | {_stem(word) for word in found}


@functools.cache  # a book says the same words again and again, and so does its next build
def _stem(word: str) -> str:
    return str(snowballstemmer.stemmer("english").stemWord(word))


def _normal(text: str) -> str:
    """Fold case, typography, white space and backslashes, so that layout hides nothing."""
    text = _unescaped(text).replace("\\", "")
    for typeset, typed in () if text.isascii() else _TYPOGRAPHY:
        text = text.replace(typeset, typed)
    return "".join(text.split()).casefold()


def _unescaped(text: str) -> str:
    r"""Resolve the escapes of JSON and JavaScript, however many: \n, \x41, \u0041."""
    return _ESCAPE.sub(_character, text) if "\\" in text else text


def _character(match: re.Match[str]) -> str:
    kind = match[0].lstrip("\\")[0]
    if kind == "u":  # a run of them, because two may make one character
        return bytes.fromhex(_UNICODE.sub("", match[0])).decode("utf-16-be", "replace")
    return chr(int(match[0][-2:], 16)) if kind == "x" else " "


def _views(raw: bytes, depth: int = 0) -> Iterator[str]:
    """Yield the text of a file in every decoding in which it may be read."""
    text = _text(raw)
    plain = _unescaped(text)
    once = html.unescape(plain)
    yield text
    if plain != text:
        yield plain
    if "<" in plain:
        yield html.unescape(_TAG.sub("", plain))
    if once != plain:  # an attribute, or HTML that is shown as text
        yield once
        yield html.unescape(_TAG.sub("", once))
    if "%" in text:
        yield unquote(text)
    yield unquote_plus("\n".join(_QUERY.findall(text)))
    if depth < _MAX_DEPTH:
        for inner in _decoded(raw):
            yield from _views(inner, depth + 1)


def _text(raw: bytes) -> str:
    """Return the printable parts of ``raw``."""
    pieces = raw.decode("utf-8", "replace").split("\ufffd")
    return "\n".join(piece for piece in pieces if len(piece) >= MIN_LENGTH)


def _decoded(raw: bytes) -> Iterator[bytes]:
    """Yield the content of compressed and base64 parts of ``raw``."""
    for begin in _COMPRESSED.finditer(raw, 0, _HEADER):
        with suppress(zlib.error):
            # The sum of 32 makes zlib find out which of the two formats it is.
            unfold = zlib.decompressobj(zlib.MAX_WBITS | 32).decompress
            yield unfold(raw[begin.start() :], _MOST)
    texts = [text for blob in _BASE64.findall(raw) for text in _from_base64(blob)]
    yield from filter(_COMPRESSED.match, texts)
    if texts:
        yield b"\n".join(texts)


def _from_base64(blob: bytes) -> Iterator[bytes]:
    """Decode ``blob`` from each of its first letters: what stands before it may look like it."""
    letters = _WRAP.sub(b"", blob).translate(_URL_SAFE)
    for start in range(4):
        # A single letter at the end holds six bits, no byte, and base64 refuses it.
        usable = len(letters) - ((len(letters) - start) % 4 == 1)
        yield binascii.a2b_base64(letters[start:usable] + b"===")
