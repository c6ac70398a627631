"""How long a writer waits for a change: `book watch` beside `jupyter-book build .`.

Copies the book to a temporary folder, where both begin with it built, and makes the same changes
to both: prose, a cell, the text of one exercise, a check of one. Prints the seconds from the save
until the page shows the change and those of a build of the whole book, one after the other on the
same machine, with their ratio; then the seconds of processor time of `book build` where nothing has
changed. Run it on an otherwise idle machine; it takes a few minutes:

    python benchmarks/watch.py
"""

from __future__ import annotations

import json
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.request import urlopen

if TYPE_CHECKING:
    from collections.abc import Iterator

BOOK = Path(__file__).parents[1]
BIN = Path(sys.executable).parent
LEFT_OUT = shutil.ignore_patterns(".*", "_build", "node_modules", "tests", "benchmarks")


@dataclass(frozen=True)
class Change:
    """A text of a file of the book, what takes its place, and how long that may take."""

    what: str
    name: str
    old: str
    new: str
    limit: str


CHANGES = (
    Change("prose", "chapters/logits.md", "\n## ", "\nOne line more.\n\n## ", "5 s"),
    Change(
        "a cell", "chapters/logits.md", "import numpy as np\n", "import numpy as np  #\n", "5 s +"
    ),
    Change(
        "an exercise's text",
        "exercises/source/stable_softmax.md",
        "\n\nThe first check is",
        "\n\nNow to the checks.\n\nThe first check is",
        "5 s",
    ),
    Change(
        "a check",
        "exercises/source/stable_softmax.md",
        "assert p.shape == (2, 3)",
        "assert p.ndim == 2 and p.shape == (2, 3)",
        "10 s",
    ),
)


class Book:
    """A copy of the book in a folder of its own."""

    def __init__(self, root: Path) -> None:
        self.root = root
        shutil.copytree(BOOK, root, ignore=LEFT_OUT)

    def build(self) -> float:
        """Build it as anybody does, and return the seconds."""
        began = time.monotonic()
        command = [str(BIN / "jupyter-book"), "build", "."]
        done = subprocess.run(command, cwd=self.root, capture_output=True, text=True, check=False)
        if done.returncode:
            sys.exit(done.stderr[-2000:])
        return time.monotonic() - began

    @contextmanager
    def changed(self, change: Change) -> Iterator[None]:
        """Make a change for a while."""
        path = self.root / change.name
        before = path.read_text("utf-8")
        after = before.replace(change.old, change.new, 1)
        if after == before:
            sys.exit(f"{change.name} has no {change.old!r}: mend CHANGES in this script")
        path.write_text(after, "utf-8")
        yield
        path.write_text(before, "utf-8")


class Watched:
    """A book that is being watched, and what its browsers are told."""

    def __init__(self, book: Book) -> None:
        command = [str(BIN / "book"), "watch", "--port", "0"]
        self.process = subprocess.Popen(
            command, cwd=book.root, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        said = self.process.stdout.readline() if self.process.stdout else ""
        found = re.search(r"http://\S+:\d+", said)
        if not found:
            sys.exit(f"no address: {said}")
        self._news = urlopen(f"{found[0]}/-/builds")  # noqa: S310 - our own address

    def wait(self) -> None:
        """Wait for the next build; stop here where it failed."""
        for line in self._news:
            if line.startswith(b"data:"):
                told = json.loads(line.removeprefix(b"data:"))
                if told["toMend"]:
                    sys.exit(told["toMend"])
                return

    def close(self) -> None:
        """End it."""
        self.process.terminate()
        self.process.wait()


def main() -> None:
    """Measure each change in both ways, and a build of what has not changed."""
    with tempfile.TemporaryDirectory() as folder:
        built, shown = Book(Path(folder) / "built"), Book(Path(folder) / "shown")
        built.build()
        watched = Watched(shown)
        for _ in range(2):  # what it says at first, and the first build
            watched.wait()
        print("change               watch [s]  build [s]  ratio  at most")
        for change in CHANGES:
            seconds, build = _watch_seconds(watched, shown, change), _build_seconds(built, change)
            ratio = build / seconds
            print(
                f"{change.what:20} {seconds:9.1f}  {build:9.1f}  {ratio:5.1f}  {change.limit}",
                flush=True,
            )
        watched.close()
        built.build()
        print(f"nothing: {_idle_seconds(built):.1f} s of processor time, at most 5 s")


def _watch_seconds(watched: Watched, book: Book, change: Change) -> float:
    began = time.monotonic()
    with book.changed(change):
        watched.wait()
        seconds = time.monotonic() - began
    watched.wait()
    return seconds


def _build_seconds(book: Book, change: Change) -> float:
    with book.changed(change):
        seconds = book.build()
    book.build()
    return seconds


def _idle_seconds(book: Book) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([BIN / "book", "build"], cwd=book.root, check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


if __name__ == "__main__":
    main()
