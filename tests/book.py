"""A small book to be broken: one chapter, one exercise in code and one with a widget."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import uuid
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ROOT = Path(__file__).parents[1]
COMMAND = (str(Path(sys.executable).with_name("jupyter-book")), "build", ".")
VERDICT = "The book was not built"

FRONT = """\
---
jupytext:
  text_representation:
    extension: .md
    format_name: myst
kernelspec:
  display_name: Python 3
  name: python3
{more}---
"""
TOC = """\
format: jb-book
root: intro
chapters:
  - file: chapters/sums
  - file: exercises/release/add_bias
  - file: exercises/release/separate
"""
INTRO = "# A small book\n\nIt begins with {doc}`chapters/sums`.\n"
HELPER = 'def spoken(number):\n    return f"the helper says {number}"\n'
CHAPTER = (
    FRONT.format(more="")
    + """
# Sums

A layer adds its bias to every row of its inputs. A point has its own side of a boundary.

```{code-cell} python
import numpy as np

from helper import spoken

print(spoken(np.arange(4).sum()))
```
"""
)
ADD_BIAS = (
    FRONT.format(more="exercise:\n  kind: graded\n  chapter: chapters/sums\n")
    + """
# Add the bias

Add the bias to every row.

```{code-cell} python
:grade_id: add_bias
:solution: true

def add_bias(rows, bias):
    ### BEGIN SOLUTION
    return rows + bias
    ### END SOLUTION
```

```{code-cell} python
:grade_id: shape
:grade: true
:points: 1

import numpy as np

assert add_bias(np.zeros((3, 2)), np.ones(2)).shape == (3, 2), "The shape must stay."
```

```{code-cell} python
:grade_id: values
:grade: true
:points: 2
:title: The values are right

### BEGIN HIDDEN TESTS
assert np.allclose(add_bias(np.eye(2), np.array([5.0, 7.0]))[1], [5.0, 8.0]), "Look again."
### END HIDDEN TESTS
```

```{hint}
NumPy broadcasts the last axis.
```

```{code-cell} python
---
wrong: subtracted
fails: values
message: The bias was taken away.
---
def add_bias(rows, taken):
    return rows - taken
```
"""
)
SEPARATE = (
    FRONT.format(more="exercise:\n  kind: graded\n")
    + """
# Separate the points

Move the boundary.

```{code-cell} python
:grade_id: separate
:solution: true
:widget: Weights.missing_bias
:start: {"b": 0.0, "w1": 1.0, "w2": 1.0}

answer = {"b": -4.2, "w1": 1.0, "w2": 1.0}
```

```{code-cell} python
:grade_id: far
:grade: true
:points: 1

assert answer["b"] < -3.0, "The boundary is too near."
```

```{code-cell} python
---
wrong: not far enough
fails: far
message: The boundary has to move further.
---
answer = {"b": -1.0, "w1": 1.0, "w2": 1.0}
```
"""
)
FILES = {
    "_toc.yml": TOC,
    "intro.md": INTRO,
    "references.bib": "",
    "chapters/helper.py": HELPER,
    "chapters/sums.md": CHAPTER,
    "exercises/source/add_bias.md": ADD_BIAS,
    "exercises/source/separate.md": SEPARATE,
}


def as_if_built(root: Path) -> Path:
    """Write the small book with what it needs to be published, and a site that stands for one."""
    copied = {name: (ROOT / name).read_text("utf-8") for name in ("LICENSE", "pyproject.toml")}
    locked = {f"requirements-learner.{kind}": "numpy\n" for kind in ("in", "txt")}
    site = {"_config.yml": "title: Sums\n", "_build/html/index.html": "<h1>Sums</h1>"}
    for name, text in {**FILES, **copied, **locked, **site}.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, "utf-8")
    os.utime(root / "_build/html/index.html", (2**32, 2**32))  # newer than any source
    return root


@dataclass(frozen=True)
class Build:
    """How a build ended and what it said, both streams together as a terminal shows them."""

    code: int
    output: str

    @property
    def summary(self) -> list[str]:
        """The last thing that was said, if it is the list of what to mend: one item for a line."""
        lines = self.output.rstrip().splitlines()
        heads = [number for number, line in enumerate(lines) if line.startswith(VERDICT)]
        return [line.strip() for line in lines[heads[-1] + 1 :]] if heads else []


class Book:
    """The small book in a folder of its own, with the configuration of the real one."""

    def __init__(self, root: Path, files: Mapping[str, str] = FILES) -> None:
        self.root = root / "book"
        self.site = self.root / "_build/html"
        self.mark = f"BOOK_UNDER_TEST={uuid.uuid4()}"
        self.environment = {**os.environ, **dict([self.mark.split("=")])}
        for name, text in files.items():
            self.write(name, text)
        self.write("_config.yml", (ROOT / "_config.yml").read_text())
        shutil.copytree(ROOT / "_static", self.root / "_static")

    def write(self, name: str, text: str) -> None:
        """Write a file of the book in one step, as editors do: it is never there by half."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        part = self.root.parent / f"{uuid.uuid4()}.part"
        part.write_text(text)
        part.replace(path)

    def read(self, name: str) -> str:
        """Read a file of the book."""
        return (self.root / name).read_text()

    def page(self, name: str) -> str:
        """Read a built page."""
        return (self.site / f"{name}.html").read_text()

    def line(self, name: str, text: str) -> int:
        """Return the number of the first line of a file that holds ``text``."""
        lines = self.read(name).splitlines()
        return next(number for number, line in enumerate(lines, 1) if text in line)

    @contextmanager
    def changed(self, name: str, old: str, new: str) -> Iterator[None]:
        """Replace ``old``, which stands once in the file, and put it back afterwards."""
        before = self.read(name)
        assert before.count(old) == 1, f"{name} holds {old!r} {before.count(old)} times"
        self.write(name, before.replace(old, new))
        try:
            yield
        finally:
            self.write(name, before)

    def configure(self, **settings: object) -> None:
        """Change settings at the top of ``_config.yml``."""
        self.write(
            "_config.yml", yaml.safe_dump({**yaml.safe_load(self.read("_config.yml")), **settings})
        )

    def build(self) -> Build:
        """Run the command that everybody runs."""
        done = subprocess.run(
            COMMAND,
            cwd=self.root,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        return Build(done.returncode, done.stdout)

    @contextmanager
    def building(self) -> Iterator[subprocess.Popen[str]]:
        """Start the same command and return at once; kill it at the end."""
        with subprocess.Popen(
            COMMAND,
            cwd=self.root,
            env=self.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            text=True,
        ) as build:
            try:
                yield build
            finally:
                build.kill()
