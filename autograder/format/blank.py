"""Decide whether an answer is blank: as it was handed out, or with its stub still to be reached.

When a submission is graded, blank code shows when it runs: :mod:`autograder.running.check_runner`
gives the verdict *missing* where the stub's exception is raised, or a name was never bound.
"""

from __future__ import annotations

import ast

from autograder.format.magics import parse_python, translate_magics
from autograder.format.release import STUB


def is_blank(text: str, start: str = "") -> bool:
    """Return whether an answer says nothing.

    Parameters
    ----------
    text
        The cell as it is.
    start
        As it was handed out, for a text or a widget's answer, which have no stub.
    """
    return text.strip() in ("", start.strip())


def is_stub(source: str) -> bool:
    """Return whether code still comes to the stub's ``raise``, wherever its comment may stand."""
    if STUB[-1] not in source:
        return False
    try:
        tree = parse_python(translate_magics(source))
    except SyntaxError:
        return True
    bodies = (vars(node).get("body") for node in ast.walk(tree))
    return any(_ends_in_stub(body) for body in bodies if isinstance(body, list))


def _ends_in_stub(body: list[ast.stmt]) -> bool:
    ends = (each for each in body if isinstance(each, ast.Return | ast.Raise))
    first = next(ends, None)
    return first is not None and ast.unparse(first) == STUB[-1]
