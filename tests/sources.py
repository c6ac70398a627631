"""Sources of exercises, written from a few cells."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from autograder.format.source import Exercise

CASES = Path(__file__).parent / "cases"
FRONT = """\
---
jupytext:
  text_representation: {extension: .md, format_name: myst}
kernelspec: {display_name: Python 3, name: python3}
exercise:
  kind: graded
---

"""


class Read(Protocol):
    """Writes a source to a file and reads it."""

    def __call__(self, *cells: str, front: str = FRONT) -> Exercise:
        """Read ``case.md``, made of ``front`` and ``cells``."""
        ...


def code(source: str, **options: object) -> str:
    """Write a code cell of a source."""
    lines = [f":{key}: {json.dumps(value)}" for key, value in options.items()]
    return "\n".join(["```{code-cell} python", *lines, "", source, "```", "", ""])


def answer(source: str, grade_id: str = "answer", **options: object) -> str:
    """Write an answer cell."""
    return code(source, grade_id=grade_id, solution=True, **options)


def check(source: str, grade_id: str = "check", points: object = 1, **options: object) -> str:
    """Write a check."""
    return code(source, grade_id=grade_id, grade=True, points=points, **options)


def wrong(source: str, name: str, fails: str = "check", **options: object) -> str:
    """Write a wrong answer."""
    return code(source, wrong=name, fails=fails, **{"message": f"You chose {name}.", **options})


def line_of(text: str, needle: str) -> int:
    """Return the 1-based line of ``text`` on which ``needle`` first stands."""
    return text[: text.index(needle)].count("\n") + 1
