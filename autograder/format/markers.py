"""Find the regions that nbgrader's delimiters enclose; no other module parses delimiters.

A delimiter is alone on its line, ``### BEGIN SOLUTION`` or ``### END SOLUTION``. A line that merely
resembles one is an error: a remover that is stricter than its detector would publish a solution.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SOLUTION = "SOLUTION"
HIDDEN_TESTS = "HIDDEN TESTS"
MARK_SCHEME = "MARK SCHEME"

# The second form is that of nbgrader's own notebooks in Markdown, where ### begins a heading.
_EXACT_MARKER = re.compile(
    r"^(?P<indent>[ \t]*)(?:### |(?P<bar>=== ))"
    r"(?P<edge>BEGIN|END) (?P<name>[A-Z ]+?)(?(bar) ===)\s*$"
)
# Whatever an author may have meant as a delimiter; one that is not exact is an error.
_LOOSE_MARKER = re.compile(
    r"\b(BEGIN|END)[\s_-]*(SOLUTIONS?|HIDDEN[\s_-]*TESTS?|MARK[\s_-]*SCHEMES?)\b", re.IGNORECASE
)
_REGION_NAMES = (SOLUTION, HIDDEN_TESTS, MARK_SCHEME)


@dataclass(frozen=True)
class Region:
    """Lines ``begin`` to ``end`` of one cell, 0-based, with both delimiters."""

    name: str
    begin: int
    end: int
    indent: str


@dataclass(frozen=True)
class _Marker:
    row: int
    edge: str
    name: str
    indent: str


def find_regions(
    source: str, allowed: str | None, make_error: Callable[[int, str, str], Exception]
) -> tuple[Region, ...]:
    """Find the regions of a cell, in order.

    Parameters
    ----------
    source
        The text of the cell.
    allowed
        The one region name that this kind of cell may hold, or None.
    make_error
        Makes the exception to raise, from a 0-based row, a problem and a remedy. It is raised for
        delimiters that are misspelt, misplaced, nested, unclosed or not indented alike.
    """
    found: list[Region] = []
    opened: _Marker | None = None
    for marker in _find_markers(source, make_error):
        if marker.name != allowed:
            raise make_error(
                marker.row, f"{_marker_text(marker)} does not belong in this kind of cell", _BELONGS
            )
        if marker.edge == "BEGIN":
            if opened:
                remedy = f"close the region of line {opened.row + 1} of the cell first"
                raise make_error(
                    marker.row, f"{_marker_text(marker)} inside another region", remedy
                )
            opened = marker
            continue
        found.append(_close_region(opened, marker, source, make_error))
        opened = None
    if opened:
        remedy = f"add `### END {opened.name}` where the region ends, in the same cell"
        raise make_error(opened.row, f"{_marker_text(opened)} is never closed", remedy)
    return tuple(found)


def replace_regions(source: str, regions: tuple[Region, ...], stub: tuple[str, ...] = ()) -> str:
    """Return ``source`` with each region replaced by the lines of ``stub``, indented as it was."""
    rows = source.split("\n")
    # From the end, so that the rows of the regions before stay right.
    for region in reversed(regions):
        rows[region.begin : region.end + 1] = [region.indent + line for line in stub]
    return "\n".join(rows)


_BELONGS = (
    "SOLUTION stands in answer cells, HIDDEN TESTS in check cells, MARK SCHEME in written answers"
)


def _marker_text(marker: _Marker) -> str:
    return f"{marker.edge} {marker.name}"


def _find_markers(
    source: str, make_error: Callable[[int, str, str], Exception]
) -> Iterator[_Marker]:
    for row, line in enumerate(source.split("\n")):
        if not _LOOSE_MARKER.search(line):
            continue
        match = _EXACT_MARKER.match(line)
        if not match or match["name"] not in _REGION_NAMES:
            remedy = "write the delimiter alone on its line, as in `### BEGIN SOLUTION`, or reword"
            raise make_error(row, f"`{line.strip()}` is not quite a delimiter", remedy)
        yield _Marker(row, match["edge"], match["name"], match["indent"])


def _close_region(
    opened: _Marker | None,
    marker: _Marker,
    source: str,
    make_error: Callable[[int, str, str], Exception],
) -> Region:
    if opened is None:
        remedy = f"add `### BEGIN {marker.name}` above it, or delete this line"
        raise make_error(marker.row, f"{_marker_text(marker)} without BEGIN {marker.name}", remedy)
    if opened.indent != marker.indent:
        remedy = "indent both delimiters of a region alike"
        raise make_error(marker.row, f"{_marker_text(marker)} is indented unlike its BEGIN", remedy)
    for row, line in enumerate(source.split("\n")[opened.row : marker.row], opened.row):
        if line.strip() and not line.startswith(opened.indent):
            remedy = "indent the delimiters as the outermost line between them"
            raise make_error(row, f"`{line.strip()}` is indented less than its region", remedy)
    return Region(marker.name, opened.row, marker.row, marker.indent)
