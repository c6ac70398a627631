"""An environment that holds what the project declares and nothing else: no TensorFlow, no network.

Its packages are hard links to those of the environment that runs the tests, so it costs seconds.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from importlib.metadata import Distribution, distribution
from pathlib import Path
from typing import TYPE_CHECKING

from book import ROOT
from packaging.requirements import Requirement

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_PROJECT = ("autograder", "website", "widgets", "inpage", "pyproject.toml", "README.md", "LICENSE")


def declared(*extras: str) -> list[Requirement]:
    """Return what ``pip install .[extras]`` asks for, by ``pyproject.toml``."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    more = [one for extra in extras for one in project["optional-dependencies"][extra]]
    return [Requirement(text) for text in (*project["dependencies"], *more)]


def needed(requirements: Iterable[Requirement]) -> dict[str, Distribution]:
    """Return the distributions that satisfy ``requirements``, and all that those need."""
    found: dict[str, Distribution] = {}
    done: set[tuple[str, str]] = set()
    queue = [(one, "") for one in requirements]
    while queue:
        one, extra = queue.pop()
        if one.marker and not one.marker.evaluate({"extra": extra}):
            continue
        brought = distribution(one.name)
        found[brought.metadata["Name"].lower()] = brought
        for wanted in {"", *one.extras} - {name for done_, name in done if done_ == one.name}:
            done.add((one.name, wanted))
            queue += [(Requirement(text), wanted) for text in brought.requires or ()]
    return found


def make_environment(folder: Path, *extras: str) -> Path:
    """Make an environment with the project, and return its Python.

    Parameters
    ----------
    folder
        Where to make it: on the same file system as the environment that runs the tests.

    """
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder / "env"], check=True)
    python = folder / "env/bin/python"
    for one in needed(declared(*extras)).values():
        for path in _files(one):
            place = folder / "env" / path.relative_to(sys.prefix)
            place.parent.mkdir(parents=True, exist_ok=True)
            if not place.exists():
                os.link(path, place)
    wheel = _wheel(folder)
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    wanted = f"{wheel}[{','.join(extras)}]" if extras else str(wheel)
    offline = ["install", "--no-index", "--no-warn-script-location", wanted]
    subprocess.run([*pip, "--python", python, *offline], check=True)
    return python


def _files(one: Distribution) -> Iterator[Path]:
    """Yield the files of a distribution, its compiled modules too; not its commands."""
    for file in one.files or ():
        path = Path(os.path.normpath(str(one.locate_file(file))))
        if path.is_file() and path.is_relative_to(sys.prefix) and path.parent.name != "bin":
            yield path
            if path.suffix == ".py":
                yield from (path.parent / "__pycache__").glob(f"{path.stem}.*.pyc")


def _wheel(folder: Path) -> Path:
    """Build the project's wheel from a copy: building leaves files behind."""
    copy = folder / "project"
    for name in _PROJECT:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
        elif (ROOT / name).exists():
            copy.mkdir(exist_ok=True)
            shutil.copy(ROOT / name, copy / name)
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", "wheel"]
    options = ["--no-deps", "--no-build-isolation", "--no-index", "--wheel-dir", str(folder)]
    subprocess.run([*pip, *options, str(copy)], check=True)
    (made,) = folder.glob("*.whl")
    return made
