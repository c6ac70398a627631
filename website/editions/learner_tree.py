"""Collect what the public may have, the learner's tree, as a mapping from path to content."""

from __future__ import annotations

import json
import posixpath
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat

from autograder.format.imports import imports_of
from autograder.format.release import release, release_text
from website.build.settings import book_name, read_configuration, read_settings
from website.build.table_of_contents import handwritten_pages
from website.editions.page_notebooks import (
    glued_values,
    page_notebook,
    read_bibliography,
    with_install_cell,
)
from website.pages.edition import book_version

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from nbformat import NotebookNode

    from autograder.format.source import Exercise
    from website.build.settings import BookSettings

MARK = ".learner-tree"
SITE = "docs"
_HOME = Path(__file__).parents[2]
_PACKAGES = ("autograder", "widgets")
# What a learner runs, what that starts in other processes, and what the install cell looks for.
_ROOTS = (
    "autograder.cli.learners",
    "autograder.running.check_runner",
    "autograder.running.answer_process",
    "autograder.checks",
    "widgets",
)
_CELLS = "\nkernelspec:"  # in the front matter of a page that is a notebook
_PREINSTALLED = ("tensorflow", "jupyterlab", "ipykernel", "setuptools")  # Colab has them, its own
_BINDER_RUNTIME = "python-3.11\n"
# All that it needs is installed already, from the lock; pip is to add nothing to it.
_BINDER_POST_BUILD = (
    "#!/bin/sh\nset -e\npip install --no-cache-dir --no-deps --no-build-isolation .\n"
)
_PYPROJECT = """\
[build-system]
requires = ["setuptools>=77"]
build-backend = "setuptools.build_meta"

[project]
name = "{name}"
version = "{version}"
description = "What readers of the book need to run its chapters and do its exercises"
requires-python = ">=3.11"
dependencies = {dependencies}

[project.scripts]
autograder = "autograder.cli.learners:main"

[tool.setuptools.packages.find]
include = ["autograder*", "widgets*"]

[tool.setuptools.package-data]
widgets = ["static/*"]
"""


def learner_tree(root: Path, exercises: Sequence[Exercise]) -> dict[str, bytes]:
    """Return every file of the learner's tree of the book at ``root``, whose site is built.

    Nothing is taken over because it is there: each file is asked for by what a learner does.
    """
    configuration = read_configuration(root)
    settings = read_settings(root)
    address = str((configuration.get("repository") or {}).get("url") or "").removesuffix("/")
    notebooks = dict(_pages(root, configuration, settings))
    notebooks |= {f"{settings.release}/{e.slug}": release(e) for e in exercises}
    tree: dict[str, bytes] = dict(_site(root))
    for name, notebook in notebooks.items():
        # Without a repository, what a notebook installs is the tree that it lies in.
        up = posixpath.relpath(".", posixpath.dirname(name) or ".")
        whole = with_install_cell(notebook, f"git+{address}" if address else up)
        tree[f"{name}.ipynb"] = f"{nbformat.writes(whole)}\n".encode()
        tree[f"{name}.md"] = release_text(whole).encode()
    tree |= dict(_modules(notebooks.values()))
    title = str(configuration.get("title", ""))
    return tree | {
        name: text.encode() for name, text in _files(root, settings, title, address).items()
    }


def _pages(
    root: Path, configuration: Mapping[str, Any], settings: BookSettings
) -> Iterator[tuple[str, NotebookNode]]:
    bibliography = read_bibliography(root, configuration.get("bibtex_bibfiles") or ())
    for path in handwritten_pages(root, settings.release):
        name, text = path.removesuffix(".md"), (root / path).read_text("utf-8")
        if _CELLS not in text.partition("\n---")[0]:
            continue
        beside = root / "_build/jupyter_execute" / f"{name}.glue.json"
        outputs = json.loads(beside.read_text("utf-8")) if beside.is_file() else {}
        numbers = glued_values(outputs.values())
        site = posixpath.relpath(SITE, posixpath.dirname(name) or ".")
        yield name, page_notebook(text, name, numbers=numbers, bibliography=bibliography, site=site)


def _site(root: Path) -> Iterator[tuple[str, bytes]]:
    site = root / "_build/html"
    for path in sorted(site.rglob("*")):
        if path.is_file():
            yield f"{SITE}/{path.relative_to(site).as_posix()}", path.read_bytes()
    # Without it GitHub Pages leaves out folders such as `_static`.
    yield f"{SITE}/.nojekyll", b""


def _modules(notebooks: Iterable[NotebookNode]) -> Iterator[tuple[str, bytes]]:
    """Yield the modules that a learner's code imports, with the files that they need."""
    found: set[str] = set()
    queue = [*_ROOTS, *(name for notebook in notebooks for name in _imported_by(notebook))]
    while queue:
        name = queue.pop()
        path = _module(name)
        if path and path not in found and (_HOME / path).is_file():
            found.add(path)
            # Importing a module runs the packages around it.
            queue += [name.rpartition(".")[0], *imports_of((_HOME / path).read_text("utf-8"))]
    static = (_HOME / "widgets/static").glob("*")
    for path in sorted({*found, *(f"widgets/static/{file.name}" for file in static)}):
        yield path, (_HOME / path).read_bytes()


def _module(name: str) -> str:
    """Return the file of one of this project's modules or packages; an empty string for others."""
    if name.partition(".")[0] not in _PACKAGES:
        return ""
    path = name.replace(".", "/")
    return f"{path}/__init__.py" if (_HOME / path).is_dir() else f"{path}.py"


def _imported_by(notebook: NotebookNode) -> list[str]:
    code = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    return [name for source in code for name in imports_of(source)]


def _files(root: Path, settings: BookSettings, title: str, address: str) -> dict[str, str]:
    """Return the files that make the tree installable: README, licence, locks, Binder."""
    locked = (root / "requirements-learner.txt").read_text("utf-8")
    version = book_version(root) or "0"
    return {
        MARK: f"{version}\n",
        "README.md": _readme(title, address),
        "LICENSE": (root / "LICENSE").read_text("utf-8"),
        "pyproject.toml": _PYPROJECT.format(
            name=book_name(settings, title),
            version=version,
            dependencies=json.dumps(_dependencies(root)),
        ),
        "requirements.txt": locked,
        ".binder/requirements.txt": locked,
        ".binder/runtime.txt": _BINDER_RUNTIME,
        ".binder/postBuild": _BINDER_POST_BUILD,
        ".gitignore": ".venv/\n.ipynb_checkpoints/\n__pycache__/\nbuild/\n*.egg-info/\n",
    }


def _dependencies(root: Path) -> list[str]:
    """Return the packages that pip must install where a notebook installs the tree, as on Colab."""
    lines = (root / "requirements-learner.in").read_text("utf-8").splitlines()
    names = [line.partition("#")[0].partition(";")[0].strip() for line in lines]
    # Lines with a hyphen are options of pip.
    return [n for n in names if n and not n.startswith(("-", *_PREINSTALLED))]


def _readme(title: str, address: str) -> str:
    text = (files("website.editions") / "templates/learner_readme.md").read_text("utf-8")
    owner = address.removeprefix("https://github.com/")
    site = launch = ""
    # The addresses of pages and of Binder follow from that of a repository on GitHub alone.
    if owner != address:
        name, _, repository = owner.partition("/")
        site = f", or <https://{name.lower()}.github.io/{repository}/>"
        launch = f"Without installing anything: <https://mybinder.org/v2/gh/{owner}/HEAD>.\n\n"
    return text.format(title=title, site=site, launch=launch)
