"""What a cell finds in place of IPython's shell, where no notebook is open: in the grader."""

from __future__ import annotations

import asyncio
import inspect
import os
import sys
import timeit
import warnings
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterator

_SHOWN: Final = (
    "html",
    "javascript",
    "js",
    "latex",
    "markdown",
    "svg",
)  # by a notebook, to a reader


class _Nothing:
    """Does nothing, whatever is asked of it, and is false, empty and no error."""

    def __call__(self, *_: object, **__: object) -> _Nothing:
        return self

    def __getattr__(self, name: str) -> _Nothing:
        if name.startswith("__"):
            raise AttributeError(name)
        return self

    def __getitem__(self, _key: object) -> _Nothing:
        return self

    def __iter__(self) -> Iterator[_Nothing]:
        return iter(())

    def __bool__(self) -> bool:
        return False


class Captured(_Nothing):
    """What ``%%capture name`` binds: the outputs of a cell, of which there are none here."""

    stdout = ""
    stderr = ""
    outputs: tuple[object, ...] = ()


class NoShell(_Nothing):
    """Replaces IPython's shell: what is for a reader's eyes does nothing, other languages raise.

    Parameters
    ----------
    names
        The namespace of the cells.
    """

    captured = Captured()
    config: Final[dict[str, object]] = {}

    def __init__(self, names: dict[str, Any]) -> None:
        self.user_ns = names

    def __bool__(self) -> bool:
        return True

    def run_line_magic(self, name: str, line: str, *_: object) -> object:
        """Ignore a line magic such as ``%matplotlib inline``, unless it gives a value."""
        if name == "pwd":
            return str(Path.cwd())
        if name in ("env", "set_env") and "=" in line:
            variable, _sign, value = line.partition("=")
            os.environ[variable.strip()] = value.strip()
        if name == "timeit" and "-o" in line.split():
            seconds = timeit.timeit(line.rpartition("-o")[2], globals=self.user_ns, number=1)
            return SimpleNamespace(average=seconds, best=seconds, worst=seconds, all_runs=[seconds])
        return None

    magic = run_line_magic

    def run_cell_magic(self, name: str, line: str, cell: str, *_: object) -> None:
        """Write the file of ``%%writefile``; raise for a cell in another language, as ``%%bash``.

        Raises
        ------
        RuntimeError
            When the cell is in another language.
        """
        if name in ("writefile", "file"):
            *options, path = line.split()
            with Path(path).open("a" if "-a" in options else "w", encoding="utf-8") as file:
                file.write(cell)
        elif name not in _SHOWN:
            raise RuntimeError(f"%%{name} does not run while an answer is graded")

    def system(self, *_: object) -> None:
        """Ignore a shell command, such as ``!pip install``."""

    def getoutput(self, *_: object, **__: object) -> list[str]:
        """Return no lines: no command runs."""
        return []


def display(*_: object, display_id: object = None, **__: object) -> _Nothing | None:
    """Show nothing. Returns a handle, as IPython does, only where one is asked for."""
    return _Nothing() if display_id else None


def imitate_shell(names: dict[str, Any]) -> None:
    """Have code that imports ``get_ipython`` or ``display`` find those of this module."""
    shell = NoShell(names)
    for module in ("IPython", "IPython.core.getipython"):
        if module in sys.modules:
            sys.modules[module].__dict__["get_ipython"] = lambda: shell
    for module in ("IPython.display", "IPython.core.display_functions"):
        if module in sys.modules:
            sys.modules[module].__dict__["display"] = display


def open_event_loop() -> None:
    """Make the event loop of this process, which cannot make one once it is confined."""
    asyncio.set_event_loop(asyncio.new_event_loop())


def run_to_end(made: Coroutine[Any, Any, None] | None) -> None:
    """Run a cell that awaits something at its top level; nothing is left to do of any other."""
    if inspect.iscoroutine(made):
        _event_loop().run_until_complete(made)


def _event_loop() -> asyncio.AbstractEventLoop:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that a later Python makes none where there is none
        try:
            return asyncio.get_event_loop()
        except RuntimeError:
            return asyncio.new_event_loop()
