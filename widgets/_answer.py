"""Read and write the one line of source in which a widget's answer is kept.

The line is a Python literal and JSON at once, so that the page, Jupyter, nbgrader and the grader
all read it. ``canonical`` in ``static/common.js`` writes the same bytes.
"""

from __future__ import annotations

import ast
import json
import math
from collections.abc import Mapping
from numbers import Real
from typing import TYPE_CHECKING, Any, Protocol

from IPython.core.getipython import get_ipython

if TYPE_CHECKING:
    from IPython.core.interactiveshell import ExecutionResult, InteractiveShell


class AnsweringWidget(Protocol):
    """What the answer cell uses of a widget."""

    name: str

    @property
    def answer(self) -> dict[str, Any]:
        """The present answer."""


def canonical(answer: Mapping[str, object]) -> str:
    """Return an answer as one line of source, with sorted keys and every number as a float.

    A whole number is written ``1.0`` because JavaScript cannot tell it from ``1``. A switch is
    written ``1.0`` or ``0.0`` because ``true`` is no Python. Strings are not escaped beyond JSON.

    Raises
    ------
    TypeError
        For anything but mappings, lists, tuples, strings and real numbers.
    ValueError
        For a number that is not finite, a key that is not ASCII, or half a character.
    """
    return json.dumps(_to_json_value(answer), ensure_ascii=False, sort_keys=True)


def write_assignment(widget: AnsweringWidget) -> str:
    """Return the code of an answer cell with the present answer: ``name = literal``."""
    return f"{widget.name} = {canonical(widget.answer)}"


def register_widget(widget: AnsweringWidget) -> None:
    """Update this notebook's answer cell from ``widget`` whenever the cell has run."""
    shell = get_ipython()
    if shell is not None:
        _hook_of_shell(shell).live[widget.name] = widget


def read_assignment(source: str) -> tuple[str, object] | None:
    """Return name and value of ``name = literal``; None for any other source."""
    try:
        (statement,) = ast.parse(source).body
        if isinstance(statement, ast.Assign):
            (target,) = statement.targets
            if isinstance(target, ast.Name):
                return target.id, ast.literal_eval(statement.value)
    except (SyntaxError, ValueError, TypeError):
        pass  # several statements, a magic, an expression: not an answer cell
    return None


class _AnswerCellHook:
    """A callback of one IPython shell that updates its answer cells."""

    def __init__(self, shell: InteractiveShell) -> None:
        self.shell = shell
        self.live: dict[str, AnsweringWidget] = {}

    def post_run_cell(self, result: ExecutionResult) -> None:
        """Replace the answer cell that has just run by its widget's present answer."""
        found = read_assignment(str(result.info.raw_cell)) if result.info else None
        widget = self.live.get(found[0]) if found else None
        if found is None or widget is None or widget.answer == found[1]:
            return
        self.shell.set_next_input(write_assignment(widget), replace=True)
        # The cells that run next get what the notebook now says.
        self.shell.user_ns[widget.name] = widget.answer


def _hook_of_shell(shell: InteractiveShell) -> _AnswerCellHook:
    for callback in shell.events.callbacks["post_run_cell"]:
        owner = getattr(callback, "__self__", None)
        if isinstance(owner, _AnswerCellHook):
            return owner
    hook = _AnswerCellHook(shell)
    shell.events.register("post_run_cell", hook.post_run_cell)
    return hook


def _to_json_value(value: object) -> object:
    if isinstance(value, Mapping):
        return {_require_ascii_key(key): _to_json_value(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_to_json_value(item) for item in value]
    if isinstance(value, str):
        return value.encode().decode()  # UnicodeEncodeError is a ValueError
    if isinstance(value, Real):
        return _require_finite(float(value))
    raise TypeError(f"an answer holds numbers, strings, lists and dicts, not {value!r}")


def _require_finite(number: float) -> float:
    if not math.isfinite(number):
        raise ValueError(f"an answer holds finite numbers only, not {number}")
    return number + 0.0  # -0.0 becomes 0.0


def _require_ascii_key(key: object) -> str:
    # Beyond ASCII, Python and JavaScript may sort the same keys in different orders.
    if isinstance(key, str) and key.isascii():
        return key
    raise ValueError(f"an answer's keys are ASCII strings, not {key!r}")
