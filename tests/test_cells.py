"""Pages executed ahead: outputs as MyST-NB makes them, found by MyST-NB; failures with lines."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import textwrap
from typing import TYPE_CHECKING

import nbclient
import pytest
from jupyter_cache import get_cache
from myst_nb.core.config import NbParserConfig
from myst_parser.config.main import MdParserConfig

from autograder.exceptions import PreloadFailed
from autograder.sandbox.zygote import Zygote
from website.build.cells import (
    Page,
    PageFailure,
    cells_environment,
    execute_pages,
    missing_pages,
    prune_caches,
    read_page,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FRONT = """\
---
jupytext:
  text_representation:
    extension: .md
    format_name: myst
kernelspec:
  display_name: Python 3
  language: python
  name: python3
{more}---

# A page
"""
CONFIG = NbParserConfig(execution_mode="cache", execution_timeout=60)


@pytest.fixture(scope="module")
def page_worker() -> Iterator[Zygote]:
    """Start a warm worker whose children are kernels."""
    with Zygote(("matplotlib.pyplot", "ipykernel.kernelapp")) as zygote:
        yield zygote


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


def write(path: Path, *cells: str, more: str = "") -> Path:
    """Write a page whose first cell's first line is line 15, plus the lines of `more`."""
    path.parent.mkdir(exist_ok=True)
    blocks = [f"\n```{{code-cell}} ipython3\n{textwrap.dedent(cell)}\n```\n" for cell in cells]
    path.write_text(FRONT.format(more=more) + "".join(blocks))
    return path


def page(path: Path, *cells: str, more: str = "", config: NbParserConfig = CONFIG) -> Page:
    found = read_page(write(path, *cells, more=more), MdParserConfig(), config)
    assert found is not None
    return found


def outputs(page: Page, cache: Path) -> list[list[dict[str, object]]]:
    _, notebook = get_cache(cache).merge_match_into_notebook(page.notebook)
    return [cell.outputs for cell in notebook.cells if cell.cell_type == "code"]


def failure_of(page: Page, zygote: Zygote, cache: Path) -> PageFailure:
    (failure,) = execute_pages([page], zygote, cache)
    return failure


def no_worker() -> Zygote:
    pytest.fail("a worker was started")


def test_the_outputs_are_those_of_a_stock_kernel(
    tmp_path: Path, page_worker: Zygote, cache: Path
) -> None:
    ours = page(
        tmp_path / "figures.md",
        "import sys\nimport matplotlib.pyplot as plt\nfrom IPython.display import display",
        "print('out'); print('err', file=sys.stderr)\n1 + 1",
        "handle = display('before', display_id='fixed')\nhandle.update('after')",
        "figure, axes = plt.subplots(figsize=(2, 2))\naxes.plot([1, 2])",
        "%config InlineBackend.figure_formats = ['svg']\nplt.rcParams['svg.hashsalt'] = 'x'",
        "figure, axes = plt.subplots(figsize=(1, 1))",
        "print(__name__, plt.get_backend(), sorted(name for name in dir() if name[0] != '_'))",
    )
    assert execute_pages([ours], page_worker, cache) == []
    stock = nbclient.execute(ours.notebook, cwd=str(tmp_path), record_timing=False)
    expected = [cell.outputs for cell in stock.cells if cell.cell_type == "code"]
    assert plain(outputs(ours, cache)) == plain(expected)


def test_a_line_that_arrived_in_pieces_is_one_line(
    tmp_path: Path, page_worker: Zygote, cache: Path
) -> None:
    one = page(
        tmp_path / "pieces.md",
        "import sys\nprint('one', end=' ', flush=True)\nprint('!', file=sys.stderr, flush=True)\n"
        "print('line', flush=True)\ndisplay('between')\nprint('last')",
    )
    assert execute_pages([one], page_worker, cache) == []
    texts = [output.get("text") for output in outputs(one, cache)[0]]
    assert texts == ["one line\n", "!\n", None, "last\n"]


def plain(outputs: object) -> str:
    """Leave out what differs from run to run: dates in SVG files, addresses."""
    return re.sub(r"<dc:date>[^<]*|at 0x[0-9a-f]+", "", json.dumps(outputs, sort_keys=True))


def test_mystnb_finds_every_page_and_starts_no_kernel(
    tmp_path: Path, page_worker: Zygote, cache: Path
) -> None:
    book = tmp_path / "book"
    one = page(book / "index.md", "import os\nprint('process', os.getpid())")
    assert execute_pages([one], page_worker, cache) == []
    (book / "conf.py").write_text(
        "extensions = ['myst_nb']\nnb_execution_mode = 'cache'\n"
        f"nb_execution_cache_path = {str(cache)!r}\nnb_execution_timeout = 1\n"
    )
    build = [sys.executable, "-m", "sphinx", "-W", "-q", str(book), str(tmp_path / "site")]
    subprocess.run(build, check=True)
    (printed,) = outputs(one, cache)
    assert str(printed[0]["text"]).strip() in (tmp_path / "site/index.html").read_text()


def test_pages_in_the_cache_start_no_worker(
    tmp_path: Path, page_worker: Zygote, cache: Path
) -> None:
    pages = [page(tmp_path / f"{number}.md", f"print({number})") for number in range(3)]
    seen = []
    failures = execute_pages(
        pages, lambda: page_worker, cache, progress=lambda *report: seen.append(report)
    )
    assert failures == []
    assert sorted(done.path.name for done, _, _ in seen) == ["0.md", "1.md", "2.md"]
    assert [report[1:] for report in seen] == [(1, 3), (2, 3), (3, 3)]
    assert all(cell.get("outputs", []) == [] for one in pages for cell in one.notebook.cells)
    assert missing_pages(pages, cache) == []
    assert execute_pages(pages, no_worker, cache) == []


def test_a_changed_cell_is_executed_again(tmp_path: Path, page_worker: Zygote, cache: Path) -> None:
    execute_pages([page(tmp_path / "a.md", "print(1)")], page_worker, cache)
    changed = page(tmp_path / "a.md", "print(2)")
    assert missing_pages([changed], cache) == [changed]
    assert execute_pages([changed], page_worker, cache) == []
    assert outputs(changed, cache)[0][0]["text"] == "2\n"


def test_a_page_runs_in_its_own_folder(tmp_path: Path, page_worker: Zygote, cache: Path) -> None:
    one = page(tmp_path / "chapters/a.md", "import helper_of_a\nhelper_of_a.VALUE")
    (tmp_path / "chapters/helper_of_a.py").write_text("VALUE = 'beside the page'")
    assert execute_pages([one], page_worker, cache) == []
    assert "beside the page" in str(outputs(one, cache))


def test_no_widget_state_is_kept(tmp_path: Path, page_worker: Zygote, cache: Path) -> None:
    one = page(tmp_path / "a.md", "import ipywidgets\nipywidgets.IntSlider(description='x')")
    assert execute_pages([one], page_worker, cache) == []
    _, notebook = get_cache(cache).merge_match_into_notebook(one.notebook)
    assert "widgets" not in notebook.metadata


@pytest.mark.parametrize(
    ("cells", "line", "name"),
    [
        (["1 / 0"], 15, "ZeroDivisionError"),
        (["good = 1", "\nfine = good\nbad = good.bad\nlast = 1"], 21, "AttributeError"),
        ([":tags: [hide-input]\n\nfirst = 1\nopen('not there')"], 18, "FileNotFoundError"),
        (["def f():\n    raise KeyError('k')", "x = 1\nf()"], 21, "KeyError"),
        (
            [
                "try:\n    1 / 0\nexcept ZeroDivisionError as error:\n    old = error",
                "x = 1\ny = 2\nraise ValueError from old",
            ],
            24,
            "ValueError",
        ),
        (["x = 1\nfor"], 16, "SyntaxError"),
        (["import os\nos._exit(3)"], 15, "DeadKernelError"),
    ],
)
def test_a_failing_cell_is_reported_with_its_line(
    tmp_path: Path, page_worker: Zygote, cells: list[str], line: int, name: str
) -> None:
    failure = failure_of(page(tmp_path / "bad.md", *cells), page_worker, tmp_path / "cache")
    assert (failure.path, failure.line, failure.name) == (tmp_path / "bad.md", line, name)


def test_a_failure_says_what_and_where(tmp_path: Path, page_worker: Zygote, cache: Path) -> None:
    failure = failure_of(page(tmp_path / "bad.md", "x = 3\nx.y"), page_worker, cache)
    message = "'int' object has no attribute 'y'"
    place = tmp_path / "bad.md"
    assert str(failure) == f"{place}:16: AttributeError: {message}; in the cell `x = 3`"
    assert failure.traceback.endswith(f"AttributeError: {message}")


def test_nothing_of_a_failed_page_is_kept(tmp_path: Path, page_worker: Zygote, cache: Path) -> None:
    bad = page(tmp_path / "bad.md", "print('half')", "1 / 0")
    good = page(tmp_path / "good.md", "print('whole')")
    failures = execute_pages([bad, good], page_worker, cache)
    assert [failure.path for failure in failures] == [bad.path]
    assert missing_pages([bad, good], cache) == [bad]


def test_a_cell_that_takes_too_long(tmp_path: Path, page_worker: Zygote, cache: Path) -> None:
    limit = "mystnb:\n  execution_timeout: 1\n"
    slow = page(tmp_path / "slow.md", "while True:\n    pass", more=limit)
    failure = failure_of(slow, page_worker, cache)
    assert (failure.line, failure.name) == (17, "CellTimeoutError")
    assert "1 seconds" in failure.message


def test_an_expected_error_is_an_output(tmp_path: Path, page_worker: Zygote, cache: Path) -> None:
    one = page(tmp_path / "a.md", ":tags: [raises-exception]\n1 / 0")
    assert execute_pages([one], page_worker, cache) == []
    assert outputs(one, cache)[0][0]["ename"] == "ZeroDivisionError"


def test_a_page_may_allow_errors(tmp_path: Path, page_worker: Zygote, cache: Path) -> None:
    one = page(tmp_path / "a.md", "1 / 0", more="mystnb:\n  execution_allow_errors: true\n")
    assert execute_pages([one], page_worker, cache) == []


def test_an_unknown_kernel_is_a_failure_of_the_page(
    tmp_path: Path, page_worker: Zygote, cache: Path
) -> None:
    config = CONFIG.copy(kernel_rgx_aliases={"python.*": "fortran"})
    failure = failure_of(page(tmp_path / "a.md", "1", config=config), page_worker, cache)
    assert (failure.line, failure.name) == (12, "NoSuchKernel")


@pytest.mark.slow
def test_another_interpreters_kernel_is_not_forked(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "kernels/other"
    folder.mkdir(parents=True)
    (folder / "python").write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"')
    (folder / "python").chmod(0o755)
    (folder / "kernel.json").write_text(
        f'{{"argv": ["{folder}/python", "-m", "ipykernel_launcher", "-f", "{{connection_file}}"],'
        ' "display_name": "Other", "language": "python"}'
    )
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    config = CONFIG.copy(kernel_rgx_aliases={"python3": "other"})
    with Zygote(("no_such_module",)) as broken:
        assert execute_pages([page(tmp_path / "a.md", "1", config=config)], broken, cache) == []
        with pytest.raises(PreloadFailed):
            execute_pages([page(tmp_path / "b.md", "2")], broken, cache)


def test_pages_that_mystnb_would_not_look_for(tmp_path: Path) -> None:
    off = write(tmp_path / "off.md", "1", more="mystnb:\n  execution_mode: 'off'\n")
    text = tmp_path / "text.md"
    text.write_text("# Only text\n")
    excluded = CONFIG.copy(execution_excludepatterns=["on.m*"])
    on = write(tmp_path / "on.md", "1")
    assert read_page(off, MdParserConfig(), CONFIG) is None
    assert read_page(text, MdParserConfig(), CONFIG) is None
    assert read_page(on, MdParserConfig(), excluded) is None
    assert read_page(on, MdParserConfig(), CONFIG) is not None


def test_an_invalid_override_is_left_to_mystnb(tmp_path: Path) -> None:
    found = page(tmp_path / "a.md", "1", more="mystnb:\n  execution_timeout: soon\n")
    assert found.timeout == CONFIG.execution_timeout


@pytest.mark.slow
def test_tensorflow_pages(tmp_path: Path, cache: Path) -> None:
    cell = "import tensorflow as tf\nprint(tf.nn.softmax([0.0, {}.0]).shape)"
    pages = [page(tmp_path / f"{number}.md", cell.format(number)) for number in range(4)]
    with Zygote(("tensorflow", "ipykernel.kernelapp")) as zygote:
        assert execute_pages(pages, zygote, cache) == []
    assert [outputs(one, cache)[0][0]["text"] for one in pages] == ["(2,)\n"] * 4


@pytest.fixture
def book(tmp_path: Path) -> Path:
    for name in (
        "models/layers.py",
        "prose.txt",
        "widgets/dial.py",
        "widgets/static/dial.js",
        "chapters/helper.py",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("one")
    (tmp_path / "chapters/a.md").write_text(
        "import prose\n\n```{code-cell}\nfrom models.layers import one\n```\n"
    )
    return tmp_path


def digest(book: Path) -> str:
    return cells_environment(book, [book / "chapters/a.md"])


@pytest.mark.parametrize(
    "name",
    [
        "widgets/dial.py",
        "widgets/static/dial.js",
        "models/layers.py",
        "chapters/helper.py",
        "chapters/data/points.csv",
        "alone.py",
    ],
)
def test_whatever_changes_a_result_changes_the_digest(book: Path, name: str) -> None:
    before = digest(book)
    (book / name).parent.mkdir(exist_ok=True)
    (book / name).write_text("two")
    assert digest(book) != before


@pytest.mark.parametrize(
    "name",
    [
        "chapters/b.md",
        "chapters/__pycache__/helper.pyc",
        "chapters/.hidden",
        "README.rst",
        "website/page.css",
    ],
)
def test_what_cannot_change_a_result_leaves_the_digest(book: Path, name: str) -> None:
    before = digest(book)
    (book / name).parent.mkdir(exist_ok=True)
    (book / name).write_text("two")
    assert digest(book) == before


def test_the_digest_does_not_depend_on_where_the_book_is(book: Path) -> None:
    before = digest(book)
    moved = book.rename(book.with_name("moved"))
    assert digest(moved) == before


def test_an_installed_version_changes_the_digest(
    book: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(book / "site"))
    seen = set()
    for version in ("1.0", "1.1"):
        installed = book / f"site/gizmo-{version}.dist-info"
        installed.mkdir(parents=True)
        seen.add(digest(book))
        installed.rmdir()
    assert len(seen) == 2


def test_pruning_keeps_this_cache_and_the_newest_other(tmp_path: Path) -> None:
    for age, name in enumerate(("kept", "new", "old", "older")):
        (tmp_path / name / "executed").mkdir(parents=True)
        os.utime(tmp_path / name, (1000 - age, 1000 - age))
    os.utime(tmp_path / "kept", (0, 0))
    (tmp_path / "a file").touch()
    prune_caches(tmp_path, tmp_path / "kept")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a file", "kept", "new"]
