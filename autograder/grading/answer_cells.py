"""Put an answer together from the cells that an editor made of it; refuse what nobody wrote.

Nothing of it is run here, and nothing of the outcome depends on what a cell says of itself.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from autograder.format.magics import parse_python, translate_magics
from autograder.format.release import STUB, learner_source

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from autograder.format.source import Cell

_MAX_SOURCE = 256 * 2**10  # characters of one answer
_MAX_MAGIC_WORK = 500_000  # characters times magics: two seconds
_MAGIC = re.compile(r"^[ \t]*(?:[\w, \t]+=[ \t]*)?[%!?]|\?[ \t]*$", re.MULTILINE)
_AS_TEXT = "holds text where the code was, and it was read as code"
_CHANGED = "has several cells of one answer, and the one that was changed was read"
_JOINED = "has several cells of one answer, and they were read as one, in their order"
_LAST = "has several cells of one answer, and the last that was changed was read"


@dataclass(frozen=True)
class GivenAnswer:
    """An answer as it was handed in.

    Attributes
    ----------
    note
        What its learner is to know of how it was found; often nothing.
    """

    source: str
    note: str = ""


def put_together(cell: Cell, found: Sequence[Mapping[str, Any]], start: str) -> GivenAnswer:
    """Return the answer to ``cell`` from all cells of its name.

    Parameters
    ----------
    cell
        The answer cell of the exercise.
    found
        The cells of the notebook, at least one. Editors copy the name with a cell that is split
        or pasted.
    start
        What the notebook says that the cell held at first.
    """
    code = [one for one in found if one.get("cell_type") == "code"]
    sources = list(dict.fromkeys(map(source_of, code or found)))
    if len(sources) == 1:
        # Whoever presses M or R in a cell makes it text, and sees little of that.
        return GivenAnswer(sources[0], "" if code else _AS_TEXT)
    changed = _changed(sources, (learner_source(cell).strip(), start.strip()))
    if len(changed) <= 1:
        return GivenAnswer(changed[0], _CHANGED) if changed else GivenAnswer(sources[0])
    # Of a widget, the whole state is in each cell.
    joined = "" if cell.widget else _joined(changed)
    return GivenAnswer(joined, _JOINED) if joined else GivenAnswer(changed[-1], _LAST)


def _changed(sources: Sequence[str], starts: Sequence[str]) -> Sequence[str]:
    """Return the sources that somebody has worked on."""
    changed = [text for text in sources if text.strip() and text.strip() not in starts]
    # A line of the stub that is left shows a draft, unless it is left in all of them.
    return [text for text in changed if STUB[-1] not in text] or changed


def _joined(parts: Sequence[str]) -> str:
    """Return the parts as one, as Jupyter runs them one after the other; empty if that is no code.

    A cell that was split within a function is code only as a whole. Where a second part begins with
    a cell magic, each is made Python first.
    """
    whole = "\n".join(parts)
    if _is_python(whole):
        return whole
    if any(map(why_unreadable, parts)):
        return ""
    translated = "\n".join(map(translate_magics, parts))
    return translated if _is_python(translated) else ""


def why_unreadable(source: str) -> str:
    """Return why an answer's source is not even tried; empty for all that a person writes.

    Such sources take a parser minutes, or break it, and would hold up everybody else. What is
    merely no Python runs, and its error is the learner's to read.
    """
    if len(source) > _MAX_SOURCE:
        return f"is longer than {_MAX_SOURCE >> 10} KiB"
    try:
        parse_python(source)
    except SyntaxError as error:
        is_deep = "too many" in str(error.msg)
        return _BREAKS_PARSERS if is_deep or "\0" in source else _why_untranslatable(source)
    except (ValueError, MemoryError, RecursionError):  # ValueError of half a pair of surrogates
        return _BREAKS_PARSERS
    return ""


def _why_untranslatable(source: str) -> str:
    # IPython reads all lines again for each magic in them.
    if len(source) * len(_MAGIC.findall(source)) > _MAX_MAGIC_WORK:
        return "has too many magics"
    try:
        translate_magics(source)
    except Exception:  # noqa: BLE001 - whatever breaks IPython is no cell of a notebook
        return _BREAKS_PARSERS
    return ""


_BREAKS_PARSERS = "is nested too deeply, or holds signs that no code has"


def _is_python(source: str) -> bool:
    if why_unreadable(source):
        return False
    try:
        parse_python(translate_magics(source))
    except SyntaxError:
        return False
    return True


def source_of(cell: Mapping[str, Any]) -> str:
    """Return the text of a notebook's cell; empty where it has none."""
    source = cell.get("source")
    if isinstance(source, list):
        source = "".join(part for part in source if isinstance(part, str))
    return source if isinstance(source, str) else ""
