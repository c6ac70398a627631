"""What code imports, found by reading it: nothing is run, and nobody has to list it.

Workers import these modules once, before they fork; a sandbox shows those of them that are a
book's own.
"""

from __future__ import annotations

import ast
import functools
import json
import re
import sys
from contextlib import suppress
from importlib.machinery import PathFinder
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from autograder.format.answer_widget import widget_module
from autograder.format.magics import parse_python, translate_magics

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from importlib.machinery import ModuleSpec

    from autograder.format.source import Exercise

_CELL = re.compile(
    r"^(?P<fence>`{3,})\{code-cell\}[^\n]*\n(?P<text>.*?)^(?P=fence)[ \t]*$",
    re.MULTILINE | re.DOTALL,
)
_OF_A_KERNEL = frozenset({"anywidget", "ipywidgets"})  # they look for theirs when imported
_ENGINE = __name__.partition(".")[0]
_OPTIONS = re.compile(r"\A(?:---\n.*?^---[ \t]*\n|(?::[^\n]*\n)+)", re.MULTILINE | re.DOTALL)


@functools.lru_cache(maxsize=4096)  # a build asks three times of the same cells and modules
def imports_of(source: str) -> tuple[str, ...]:
    """Return what ``source`` imports when it runs: modules, and names that may be modules.

    Code that is no Python, such as a learner's, imports nothing.
    """
    try:
        tree = parse_python(translate_magics(source))
    except (SyntaxError, ValueError):
        return ()
    return tuple(name for node in _run(tree) for name in _names(node))


def _run(tree: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes of code that runs: not those of imports for type checkers alone."""
    for node in ast.iter_child_nodes(tree):
        if not (isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"):
            yield node
            yield from _run(node)


def _names(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom) and node.module and not node.level:
        return [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    return []


def code_cells_of(path: Path) -> list[str]:
    """Return the source of each code cell of a MyST text or a notebook; of no such file, none."""
    text = ""
    with suppress(OSError, UnicodeDecodeError):
        text = path.read_text("utf-8")
    if path.suffix != ".ipynb":
        return [_OPTIONS.sub("", found["text"], count=1) for found in _CELL.finditer(text)]
    with suppress(ValueError, KeyError, TypeError):
        cells = [cell for cell in json.loads(text)["cells"] if cell["cell_type"] == "code"]
        return ["".join(cell["source"]) for cell in cells]
    return []


def graded_code_of(exercises: Iterable[Exercise]) -> list[str]:
    """Return all code that is run when submissions of these exercises are graded."""
    cells = [c.source for e in exercises for c in e.cells if c.kind in ("code", "answer", "check")]
    return [*cells, *(wrong.source for e in exercises for wrong in e.wrong_answers)]


def installed_modules(sources: Iterable[str]) -> list[str]:
    """Return the installed modules that code imports: neither Python's own nor the book's.

    Each is named as deep as it is a module, in the order in which the code first names them. What
    has to be imported inside a running kernel is left out.
    """
    named = dict.fromkeys(name for source in sources for name in imports_of(source))
    tops = dict.fromkeys(name.partition(".")[0] for name in named)
    homes = {top: _home(top) for top in tops if top not in _OF_A_KERNEL}
    installed = {top for top, home in homes.items() if home and _is_installed(home)}
    specs = [_spec(name) for name in named if name.partition(".")[0] in installed]
    return list(dict.fromkeys(spec.name for spec in specs if spec))


def own_modules(exercises: Iterable[Exercise]) -> list[Path]:
    """Return the files and folders of a book's own modules that its exercises and widgets import.

    That is what lies outside of the folders in which pip installs packages, and what it imports.
    """
    exercises = tuple(exercises)
    names = [name for source in graded_code_of(exercises) for name in imports_of(source)]
    names += [widget_module(cell.widget) for e in exercises for cell in e.answers if cell.widget]
    found: dict[Path, None] = {}
    while names:
        top = names.pop(0).partition(".")[0]
        path = _home(top)
        if path and path not in found and not _is_installed(path):
            found[path] = None
            files = path.rglob("*.py") if path.is_dir() else [path]
            names += [name for file in files for name in imports_of(file.read_text("utf-8"))]
    return list(found)


def _spec(name: str) -> ModuleSpec | None:
    """Find the deepest module that ``name`` begins with, without importing any."""
    top, *parts = name.split(".")
    spec = None
    with suppress(ImportError, ValueError):  # it has none while it is being made
        spec = find_spec(top)
    for part in parts:
        if spec is None or spec.submodule_search_locations is None:
            break
        places = list(spec.submodule_search_locations)
        deeper = PathFinder.find_spec(f"{spec.name}.{part}", places)
        if deeper is None:
            break
        spec = deeper
    return spec


def _home(top: str) -> Path | None:
    """Return the folder of a package, or the file of a module; None for Python's own and ours."""
    spec = None if top in sys.stdlib_module_names or top == _ENGINE else _spec(top)
    if spec is None or not spec.has_location or not spec.origin:
        return None
    path = Path(spec.origin).resolve()
    return path.parent if spec.submodule_search_locations is not None else path


def _is_installed(path: Path) -> bool:
    return not {"site-packages", "dist-packages"}.isdisjoint(path.parts)
