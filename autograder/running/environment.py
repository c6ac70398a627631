"""Digest of what results depend on besides their own text: code, installed versions, Python.

Each kind of result (a mark, a verification, a page's outputs) names the files that it depends on;
files are known by a label instead of a path, so that a book gives the same digest anywhere.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import re
import sys
import sysconfig
from importlib.machinery import PathFinder
from pathlib import Path
from typing import TYPE_CHECKING, Final

from autograder.format.imports import graded_code_of, imports_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping
    from importlib.machinery import ModuleSpec

    from autograder.format.source import Exercise

_ENGINE = Path(__file__).parents[1]
RUNS_ANSWERS: Final = ("checks.py", "format", "running", "sandbox", "verdict.py")
# What checks code or tests it and is run by no answer and no cell; anything else may be.
_TOOLS = re.compile(
    r"(ruff|mypy|mypy[-_]extensions|black|pytest.*|hypothesis|playwright|coverage|pre[-_]commit"
    r"|import[-_]linter|zizmor|check[-_]jsonschema|uv|pip|types-.*|.*[-_]stubs)",
    re.IGNORECASE,
)


def environment_digest(files: Mapping[str, Path]) -> str:
    """Return a digest of Python, of the installed distributions, and of ``files`` by their label.

    Linters and the like do not count: no result depends on them.
    """
    digest = hashlib.sha256(sys.version.encode())
    for name in sorted({*_distributions()}):
        digest.update(f"\n{name}".encode())
    for label, path in sorted(files.items()):
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        digest.update(f"\n{label} {content}".encode())
    return digest.hexdigest()


def engine_files(*names: str) -> dict[str, Path]:
    """Return modules of the engine: files, or all below folders, as ``RUNS_ANSWERS`` lists them."""
    named = (_ENGINE / name for name in names)
    return {
        path.relative_to(_ENGINE).as_posix(): path
        for place in named
        for path in ([place] if place.is_file() else files_below(place))
        if path.suffix == ".py"
    }


def modules_of(exercises: Iterable[Exercise], *, root: Path | None = None) -> tuple[str, ...]:
    """Return the modules that the code of exercises imports; see :func:`imported_modules`."""
    return tuple(sorted(imported_modules(graded_code_of(exercises), root=root)))


def imported_modules(sources: Iterable[str], *, root: Path | None = None) -> set[str]:
    """Return the modules that code imports, and what those of them that nobody installed import.

    Parameters
    ----------
    sources
        Python, each text on its own.
    root
        A folder in which modules are looked for first.

    Returns
    -------
    set of str
        The first part of each name, at any depth; without the engine, which is versioned whole.

    """
    found: set[str] = set()
    queue = [*sources]
    while queue:
        named = {name.partition(".")[0] for name in imports_of(queue.pop())}
        new = named - found - {_ENGINE.name}
        found |= new
        files = module_files(new, root=root, suffixes={".py"}).values()
        queue += [path.read_text("utf-8") for path in files]
    return found


def module_files(
    names: Iterable[str], *, root: Path | None = None, suffixes: Collection[str] = ()
) -> dict[str, Path]:
    """Return the files of those modules that no installed version stands for.

    Parameters
    ----------
    names
        Of modules without a dot; what is installed, or part of Python, has no files here.
    root
        A folder to look in first.
    suffixes
        Of the files to return; all of them where there are none.

    """
    found: dict[str, Path] = {}
    for name in names:
        for place in _places(name, root):
            for path in [place] if place.is_file() else files_below(place):
                label = f"{name}: {os.path.relpath(path, place.parent)}"
                found |= {label: path} if not suffixes or path.suffix in suffixes else {}
    return found


def files_below(folder: Path) -> Iterator[Path]:
    """Yield the files below a folder without hidden and generated ones."""
    for place, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name[0] != "." and name != "__pycache__"]
        yield from (Path(place, name) for name in names if name[0] != ".")


def _distributions() -> Iterator[str]:
    """Yield name and version of what is installed, as the names of its folders have them.

    To read all metadata takes half a second, and an installer renames the folder with the version.
    """
    for place in dict.fromkeys(sys.path):
        for kind in ("dist-info", "egg-info"):
            for folder in Path(place).glob(f"*.{kind}"):
                if not _TOOLS.fullmatch(folder.stem.partition("-")[0]):
                    yield folder.stem


def _places(name: str, root: Path | None) -> list[Path]:
    """Return the file or the folders of a module, if it is neither installed nor Python's own."""
    spec = (PathFinder.find_spec(name, [str(root)]) if root else None) or _spec(name)
    if spec is None:
        return []
    origin = [spec.origin] if spec.origin and spec.has_location else []
    places = [Path(place) for place in spec.submodule_search_locations or origin]
    return [place for place in places if not _is_installed(place)]


def _spec(name: str) -> ModuleSpec | None:
    try:
        return importlib.util.find_spec(name)
    except (ImportError, ValueError):  # a module without a specification, such as `__main__`
        return None


def _is_installed(place: Path) -> bool:
    kinds = ("stdlib", "platstdlib", "purelib", "platlib")
    return any(place.is_relative_to(sysconfig.get_path(kind)) for kind in kinds)
