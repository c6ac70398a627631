"""Search what is about to be published for lines that are for the author alone."""

from __future__ import annotations

import base64
import binascii
import html
import json
import re
import zlib
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote

import numpy as np
import snowballstemmer

from autograder.release import release

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from autograder.source import Exercise

MIN_LENGTH = 14
_WINDOW = 8
_MAX_DEPTH = 3
_COMPRESSED = (b"\x78\x9c", b"\x78\xda", b"\x78\x01", b"\x1f\x8b")
_HEADER = 512  # bytes in which compressed data must begin
_MOST = 2**26  # bytes that one blob may unfold to
_URL_SAFE = bytes.maketrans(b"-_", b"+/")
_SPACE = re.compile(r"[\s\\]+")
_TAG = re.compile(r"<[^<>]*>")
_ESCAPE = re.compile(r"\\u([0-9a-fA-F]{4})|\\x([0-9a-fA-F]{2})|\\[nrt]")
_BASE64 = re.compile(rb"[A-Za-z0-9+/_-]{24,}={0,2}")
_WORD = re.compile(r"[^\W\d_]{6,}")
_QUOTES = str.maketrans("\u2018\u2019\u201c\u201d\u2032\u2033", "''\"\"'\"")


@dataclass(frozen=True)
class Leak:
    """A published file, and the author's line that stands in it."""

    path: str
    line: str
    place: str

    def __str__(self) -> str:
        """Name the file, the line's place in the source (not the line itself), and the remedy."""
        what = f"the word `{self.line}`" if self.path.endswith("index.js") else "a line"
        return (
            f"{self.path}: holds {what} that is for the author alone (from {self.place}); "
            "take it out of the page, or make it visible in the source on purpose"
        )


def secrets(exercises: Sequence[Exercise], public: Iterable[str]) -> dict[str, str]:
    """Return the author-only lines, normalised, each with the place that it comes from.

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
    everything = "\n".join(shown)
    return {
        line: place
        for exercise in exercises
        for line, place in _author_lines(exercise)
        if len(line) >= MIN_LENGTH and line not in everything
    }


def find_leaks(site: Path, hidden: Mapping[str, str]) -> list[Leak]:
    """Search every file below ``site``, case-insensitively, decoded where it is encoded."""
    leaks = []
    for path in sorted(path for path in site.rglob("*") if path.is_file()):
        shown = path.relative_to(site).as_posix()
        found = _hidden_in(path.read_bytes(), hidden)
        leaks += [Leak(shown, line, hidden[line]) for line in sorted(found)]
    return leaks


def find_leaked_words(
    index: Path, exercises: Sequence[Exercise], public: Iterable[str]
) -> list[Leak]:
    """Search Sphinx's search index, which holds words and no lines, for the author's own words."""
    if not index.is_file():
        return []
    match = re.search(r"Search\.setIndex\((.*)\)", index.read_text("utf-8"), re.DOTALL)
    terms = set(json.loads(match[1]).get("terms", ())) if match else set()
    known = _words("\n".join([*public, *(c.source for e in exercises for c in release(e).cells)]))
    leaks = []
    for exercise in exercises:
        for line, place in _author_lines(exercise, normal=False):
            leaks += [
                Leak(index.name, word, place) for word in sorted((_words(line) - known) & terms)
            ]
    return leaks


def _author_lines(exercise: Exercise, *, normal: bool = True) -> Iterator[tuple[str, str]]:
    for cell in exercise.cells:
        if exercise.practice and cell.kind == "answer":
            continue
        for row, line in enumerate(cell.source.split("\n")):
            if line in cell.author_only.split("\n") and line.strip():
                yield (_normal(line) if normal else line), cell.place.at(row)
    for wrong in exercise.wrong_answers:
        for line in [
            *wrong.source.split("\n"),
            *re.split(r"(?<=[.:;]) ", wrong.message),
            wrong.name,
        ]:
            if line.strip():
                yield (_normal(line) if normal else line), wrong.place.at()


def _words(text: str) -> set[str]:
    """Return the stems of the longer words of ``text``, as the search index writes them."""
    stem = snowballstemmer.stemmer("english").stemWord
    found = {word.lower() for word in _WORD.findall(text)}
    return found | {stem(word) for word in found}


def _normal(text: str) -> str:
    """Fold case, quotes, white space and backslashes, so that a layout hides nothing."""
    return _SPACE.sub("", text.translate(_QUOTES)).lower()


def _hidden_in(raw: bytes, hidden: Mapping[str, str]) -> set[str]:
    found: set[str] = set()
    for text in _views(raw):
        found |= _search(_normal(text), hidden)
    return found


def _views(raw: bytes, depth: int = 0) -> Iterator[str]:
    """Yield the text of a file in every way that it may be read."""
    text = raw.decode("utf-8", "replace")
    plain = _ESCAPE.sub(_unescape, text)
    yield plain
    yield html.unescape(_TAG.sub("", html.unescape(plain) if "&lt;" in plain else plain))
    if "%" in text:
        yield unquote(text)
    if depth < _MAX_DEPTH:
        for inner in _decoded(raw):
            yield from _views(inner, depth + 1)


def _unescape(match: re.Match[str]) -> str:
    digits = match[1] or match[2]
    return chr(int(digits, 16)) if digits else "\n"


def _decoded(raw: bytes) -> Iterator[bytes]:
    """Yield what is compressed or base64 in ``raw``."""
    for magic in _COMPRESSED:
        begin = raw.find(magic, 0, _HEADER)
        if begin >= 0:
            with suppress(zlib.error):
                yield zlib.decompressobj(zlib.MAX_WBITS | 32).decompress(raw[begin:], _MOST)
    for blob in _BASE64.findall(raw):
        with suppress(binascii.Error):
            decoded = base64.b64decode(blob.translate(_URL_SAFE), validate=True)
            if decoded.isascii() or decoded.startswith(_COMPRESSED):
                yield decoded


def _search(text: str, hidden: Mapping[str, str]) -> set[str]:
    """Return those of the ``hidden`` lines that ``text`` holds.

    Looks up every window of eight bytes at once, and compares in full where one begins a line.
    """
    raw = text.encode("utf-8", "replace")
    by_start: dict[int, list[str]] = {}
    for line in hidden:
        by_start.setdefault(_window(line.encode("utf-8", "replace")), []).append(line)
    wanted = np.array(sorted(by_start), dtype="<u8")
    found: set[str] = set()
    for offset in range(min(_WINDOW, len(raw) - _WINDOW + 1)):
        windows = np.frombuffer(raw, "<u8", (len(raw) - offset) // _WINDOW, offset)
        for hit in np.flatnonzero(np.isin(windows, wanted)):
            begin = offset + int(hit) * _WINDOW
            for line in by_start[int(windows[hit])]:
                if raw.startswith(line.encode("utf-8", "replace"), begin):
                    found.add(line)
    return found


def _window(raw: bytes) -> int:
    return int.from_bytes(raw[:_WINDOW], "little")
