"""A build fails for each thing that is wrong, says what to mend, and passes when it is mended."""

from __future__ import annotations

import contextlib
import os
import select
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml
from book import Book

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.slow

ADD_BIAS, SEPARATE = "exercises/source/add_bias.md", "exercises/source/separate.md"
SUMS, HELPER, TOC = "chapters/sums.md", "chapters/helper.py", "_toc.yml"
ANSWER = "print(spoken(np.arange(4).sum()))"
PATIENCE = 100_000  # milliseconds


@dataclass(frozen=True)
class Break:
    """One change to a book that builds.

    Attributes
    ----------
    where
        The file that the summary has to name; the changed one by default.
    at
        What stands in the line of it that the summary has to name.
    says
        What else the summary's one line has to hold.
    """

    file: str
    old: str
    new: str
    at: str
    says: tuple[str, ...]
    where: str = ""


BREAKS = {
    "hidden test": Break(
        ADD_BIAS,
        "[5.0, 8.0]",
        "[5.0, 9.0]",
        at="[5.0, 9.0]",
        says=("check `values`: the solution does not pass", "; mend the solution or the check"),
    ),
    "solution": Break(
        ADD_BIAS,
        "return rows + bias",
        "return rows * bias",
        at="[5.0, 8.0]",
        says=("check `values`: the solution does not pass", "; mend the solution or the check"),
    ),
    "expectation of a wrong answer": Break(
        ADD_BIAS,
        "fails: values",
        "fails: shape",
        at="(rows, taken)",
        says=("check `shape`: wrong answer `subtracted` passes it (it fails values)", "`:fails:`"),
    ),
    "points for nothing": Break(
        SEPARATE,
        '"b": 0.0',
        '"b": -4.0',
        at="The boundary is too near",
        says=("check `far`: the released stub earns 1 points", "; make the check need an answer"),
    ),
    "unclosed marker": Break(
        ADD_BIAS,
        "    ### END SOLUTION\n",
        "",
        at="### BEGIN SOLUTION",
        says=("BEGIN SOLUTION is never closed", "; add `### END SOLUTION`"),
    ),
    "unknown widget of an exercise": Break(
        SEPARATE,
        ":widget: Weights.missing_bias",
        ":widget: Weights.nobody",
        at='answer = {"b": -4.2',
        says=("nobody", "Weights", "; "),
    ),
    "cell": Break(
        SUMS, "print(spoken", "raise ValueError(spoken", at="raise", says=("ValueError",)
    ),
    "helper module": Break(
        HELPER,
        'return f"the helper says {number}"',
        "raise LookupError(number)",
        where=SUMS,
        at=ANSWER,
        says=("LookupError: 6", "in the cell"),
    ),
    "page that MyST-NB would not run": Break(
        SUMS,
        "jupytext:\n  text_representation:\n    extension: .md\n    format_name: myst\n",
        "",
        at="```{code-cell}",
        says=("Jupytext header content was missing",),
    ),
    "page that does not exist": Break(
        TOC,
        "chapters/sums\n",
        "chapters/sums\n  - file: chapters/none\n",
        at="none",
        says=("chapters/none", "; "),
    ),
    "exercise that does not exist": Break(
        TOC,
        "release/separate\n",
        "release/separate\n  - file: exercises/release/none\n",
        at="none",
        says=("there is no exercise `none`; write exercises/source/none.md",),
    ),
    "exercise on no page": Break(
        TOC,
        "  - file: exercises/release/separate\n",
        "",
        at="format",
        says=("exercise `separate` is on no page; add `- file: exercises/release/separate`",),
    ),
    "cross-reference": Break(
        "intro.md", "`chapters/sums`", "`chapters/none`", at="none", says=("chapters/none",)
    ),
    "unknown widget on a page": Break(
        SUMS,
        "A layer adds",
        "```{widget} nobody\n```\n\nA layer adds",
        at="nobody",
        says=("there is no widget 'nobody'; there are ",),
    ),
}


@pytest.fixture(scope="module")
def small_book(tmp_path_factory: pytest.TempPathFactory) -> Book:
    return Book(tmp_path_factory.mktemp("breaks"))


@pytest.fixture
def book(small_book: Book) -> Book:
    """Give a book that was built; a test that passes leaves it so, for the next one."""
    if not (small_book.site / "index.html").is_file():
        assert_passes(small_book)
    return small_book


def assert_passes(book: Book) -> None:
    built = book.build()
    assert (built.code, built.summary) == (0, []), built.output[-3000:]
    assert (book.site / "index.html").is_file()
    assert (book.site / "exercises/release/separate.html").is_file()


@pytest.mark.parametrize("broken", BREAKS.values(), ids=BREAKS)
def test_it_fails_says_what_to_mend_and_passes_when_mended(book: Book, broken: Break) -> None:
    where = broken.where or broken.file
    with book.changed(broken.file, broken.old, broken.new):
        built = book.build()
        place = f"{where}:{book.line(where, broken.at)}:"
    assert built.code != 0
    assert not [*book.site.rglob("*.html")]
    assert len(built.summary) == 1, built.output[-3000:]
    assert built.summary[0].count(place) == 1
    assert [part for part in broken.says if part not in built.summary[0]] == []
    assert_passes(book)


def test_what_a_helper_module_changes_is_printed_again(book: Book) -> None:
    assert "the helper says 6" in book.page("chapters/sums")
    with book.changed(HELPER, "says", "shouts"):
        assert_passes(book)
        assert "the helper shouts 6" in book.page("chapters/sums")
        assert "the helper says 6" not in book.page("chapters/sums")
    assert_passes(book)
    assert "the helper says 6" in book.page("chapters/sums")


def test_a_killed_build_leaves_no_site_and_no_process(book: Book) -> None:
    told, never = (book.root.parent / name for name in ("told", "never"))
    os.mkfifo(told)
    os.mkfifo(never)
    waits = f"open({str(told)!r}, 'w').write('.')\nopen({str(never)!r}).read()"
    with book.changed(SUMS, ANSWER, waits), book.building() as build:
        wait_for_writer(told)
        running = {pid: os.pidfd_open(pid) for pid in processes(book.mark)}
        assert build.pid in running
        assert len(running) > 2, "neither worker nor kernel"
        build.kill()
        build.wait()
        assert not (book.site / "index.html").exists()
        for process in running.values():
            wait_until_readable(process)
            os.close(process)
        assert [*processes(book.mark)] == []
    assert_passes(book)


def test_the_front_page_is_there_only_once_the_site_is_searched(book: Book) -> None:
    book.write(
        "spy.py",
        "from website.build import gate\n"
        "search = gate.find_leaks\n"
        "def look(site, *rest):\n"
        "    front = site / 'index.html'\n"
        "    (site.parents[1] / 'seen').write_text(str(front.exists()))\n"
        "    return search(site, *rest)\n"
        "def setup(app):\n"
        "    gate.find_leaks = look\n",
    )
    before = book.read("_config.yml")
    settings = yaml.safe_load(before)
    settings["sphinx"]["local_extensions"] = {"spy": "."}
    book.write("_config.yml", yaml.safe_dump(settings))
    assert_passes(book)
    book.write("_config.yml", before)
    assert book.read("seen") == "False"
    assert (book.site / "index.html").is_file()


def test_everything_that_is_wrong_is_listed_at_once(book: Book) -> None:
    breaks = [
        BREAKS[name] for name in ("solution", "helper module", "exercise that does not exist")
    ]
    with contextlib.ExitStack() as stack:
        for broken in breaks:
            stack.enter_context(book.changed(broken.file, broken.old, broken.new))
        built = book.build()
    assert built.code != 0
    assert len(built.summary) == 3
    for broken in breaks:
        assert [line for line in built.summary if all(part in line for part in broken.says)]


def wait_for_writer(fifo: Path) -> None:
    descriptor = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    wait_until_readable(descriptor)
    os.close(descriptor)


def wait_until_readable(descriptor: int) -> None:
    """Wait for a pipe's first byte, or for the end of a process."""
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    assert poll.poll(PATIENCE), "it takes too long"


def processes(mark: str) -> Iterator[int]:
    """Yield the processes that have ``mark`` in their environment, wherever they were started."""
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            if entry.name.isdigit() and mark.encode() in (entry / "environ").read_bytes():
                yield int(entry.name)
