"""What a writer sees of ``book watch`` and ``book build``: a small book, served and changed."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING
from urllib.error import HTTPError
from urllib.request import urlopen

import psutil
import pytest
from book import Book

if TYPE_CHECKING:
    from collections.abc import Iterator

COMMAND = str(Path(sys.executable).with_name("book"))
pytestmark = pytest.mark.slow


@dataclass
class Watched:
    """A book that is being watched, as a browser and a terminal see it."""

    book: Book
    process: subprocess.Popen[str]
    address: str
    news: IO[bytes]

    def page(self, name: str) -> str:
        """Load a page."""
        with urlopen(f"{self.address}/{name}.html") as answer:  # noqa: S310 - our own address
            return str(answer.read(), "utf-8")

    def next(self) -> dict[str, object]:
        """Wait until the browser is told of a build."""
        for line in self.news:
            if line.startswith(b"data:"):
                told = json.loads(line.removeprefix(b"data:"))
                assert isinstance(told, dict)
                return told
        raise AssertionError(self.process.stdout.read() if self.process.stdout else "")


@contextmanager
def watching(book: Book) -> Iterator[Watched]:
    """Start the command in the book, and end it."""
    with subprocess.Popen(
        [COMMAND, "watch", "--port", "0"],
        cwd=book.root,
        env=book.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        try:
            assert process.stdout
            found = re.search(r"http://localhost:\d+", process.stdout.readline())
            assert found
            with urlopen(f"{found[0]}/-/builds") as news:  # noqa: S310
                yield Watched(book, process, found[0], news)
        finally:
            process.kill()


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    with watching(Book(tmp_path_factory.mktemp("watched"))) as found:
        first = found.next()
        while found.next()["built"] == first["built"]:
            pass
        yield found


def test_a_save_is_built_and_the_browser_is_told(watched: Watched) -> None:
    assert "A layer adds its bias" in watched.page("chapters/sums")
    other = watched.book.site / "exercises/release/separate.html"
    before = other.stat().st_mtime_ns
    with watched.book.changed("chapters/sums.md", "A layer adds", "Every layer adds"):
        told = watched.next()
        assert told["toMend"] == ""
        page = watched.page("chapters/sums")
        assert "Every layer adds its bias" in page
        assert f'data-built="{told["built"]}"' in page
        assert other.stat().st_mtime_ns == before
    watched.next()


def test_a_cell_is_run_and_its_output_shown(watched: Watched) -> None:
    with watched.book.changed("chapters/sums.md", "np.arange(4)", "np.arange(5)"):
        assert watched.next()["toMend"] == ""
        assert "the helper says 10" in watched.page("chapters/sums")
    watched.next()


@pytest.mark.parametrize(
    ("name", "old", "new", "said"),
    [
        (
            "exercises/source/add_bias.md",
            "rows + bias",
            "rows - bias",
            "the solution does not pass",
        ),
        ("chapters/sums.md", "print(spoken(", "print(unspoken(", "NameError"),
        ("chapters/sums.md", "A layer adds", "{doc}`nowhere` adds", "unknown document"),
        ("_toc.yml", "root: intro", "root: [", "_toc.yml"),
        ("_config.yml", "title:", "title: [", "_config.yml"),
    ],
)
def test_what_cannot_be_built_is_listed_over_the_last_good_build(
    watched: Watched, name: str, old: str, new: str, said: str
) -> None:
    with watched.book.changed(name, old, new):
        told = watched.next()
        assert said in str(told["toMend"])
        assert "A layer adds its bias" in watched.page("chapters/sums")
    mended = watched.next()
    assert mended["toMend"] == ""
    assert mended["built"] != told["built"]


def test_what_is_no_page_yet_comes_with_the_script_that_waits_for_it(watched: Watched) -> None:
    with pytest.raises(HTTPError, match="404") as found:
        watched.page("chapters/new")
    with found.value as answer:
        assert b"EventSource" in answer.read()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_ends_it_with_every_process_that_it_started(
    tmp_path: Path, number: signal.Signals
) -> None:
    with watching(Book(tmp_path)) as watched:  # it is building
        process = psutil.Process(watched.process.pid)
        started = process.children(recursive=True)
        watched.process.send_signal(number)
        assert watched.process.wait() == 0
        assert not psutil.wait_procs(started)[1]


def test_a_build_of_what_has_not_changed_does_nothing(tmp_path: Path) -> None:
    book = Book(tmp_path)

    def build() -> str:
        done = subprocess.run(
            [COMMAND, "build"],
            cwd=book.root,
            env=book.environment,
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout

    assert "Nothing has changed" not in build()
    assert "Nothing has changed" in build()
    with book.changed("chapters/helper.py", "says", "said"):
        assert "ran the cells of sums" in build()
        assert "Nothing has changed" in build()
    assert "Nothing has changed" not in build()
    (book.site / "chapters/sums.html").write_text("")
    assert "Nothing has changed" not in build()
    assert "Sums" in book.page("chapters/sums")
