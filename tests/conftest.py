"""The fixtures that several test files share: sources, books, sites, browsers and warm workers."""

from __future__ import annotations

import subprocess
import time
from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING

import hosting
import pytest
import widget_pages
from book import COMMAND, ROOT
from hypothesis import settings
from sources import FRONT, Read
from standin import Both

from autograder.format.source import Exercise, read_exercise
from autograder.running.preload import JUDGE
from autograder.running.run import Workers
from autograder.sandbox.zygote import Zygote

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, BrowserContext, Page


# How often a property is tried does not depend on the machine, and no busy one fails it.
settings.register_profile("any machine", deadline=None)
settings.register_profile("quick", deadline=None, max_examples=20)  # for `make check`
settings.load_profile("any machine")

# Whoever asks for one of these waits: for a build, TensorFlow, kernels, a graded class, a browser.
COSTLY = MappingProxyType(
    {
        "site": ("slow",),
        "tensorflow_workers": ("slow",),
        "on_both": ("slow",),
        "page_worker": ("slow",),
        "team": ("slow",),
        "on_windows": ("slow",),  # a cold start of the whole command, each time
        "browser": ("slow", "browser"),
    }
)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark each test by what it asks for, so that the fast tests build no book."""
    for item in items:
        for fixture in COSTLY.keys() & set(getattr(item, "fixturenames", ())):
            for mark in COSTLY[fixture]:
                item.add_marker(mark)


@pytest.fixture(scope="session")
def on_both() -> Both:
    """Import TensorFlow and the stand-in for it."""
    return Both(import_module("tensorflow"), import_module("inpage.tensorflow"))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with hosting.chromium() as started:
        yield started


@pytest.fixture
def context(browser: Browser, request: pytest.FixtureRequest) -> Iterator[BrowserContext]:
    """Open a browser context that fails the test on a console error or a foreign request."""
    with hosting.watched(browser, **getattr(request, "param", {})) as opened:
        yield opened


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()


@pytest.fixture(scope="session")
def widget_site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the site that has every widget on it."""
    folder = tmp_path_factory.mktemp("widgets")
    done = widget_pages.build(folder, widget_pages.PAGES, "-W", "--keep-going")
    assert done.returncode == 0, done.stderr
    return folder / "site"


@pytest.fixture(scope="module")
def widget_address(widget_site: Path) -> Iterator[str]:
    with hosting.served(widget_site) as address:
        yield address


@pytest.fixture(scope="session")
def read(tmp_path_factory: pytest.TempPathFactory) -> Read:
    """Read exercises from cells; messages call the file ``case.md``."""
    path = tmp_path_factory.mktemp("source") / "case.md"

    def read_cells(*cells: str, front: str = FRONT) -> Exercise:
        path.write_text(front + "".join(cells), "utf-8")
        return read_exercise(path, "case.md")

    return read_cells


@pytest.fixture
def in_tokyo(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Have a test run where local time is not UTC."""
    with monkeypatch.context() as elsewhere:
        elsewhere.setenv("TZ", "Asia/Tokyo")
        time.tzset()
        yield
    time.tzset()


@pytest.fixture
def book(tmp_path: Path) -> Path:
    """Return the root of an empty book."""
    (tmp_path / "exercises" / "source").mkdir(parents=True)
    (tmp_path / "chapters").mkdir()
    (tmp_path / "_toc.yml").write_text("format: jb-book\nroot: intro\n", "utf-8")
    (tmp_path / "intro.md").touch()
    return tmp_path


@pytest.fixture(scope="session")
def site() -> Path:
    """Give the site of the book itself; `make test` has built it just before."""
    built = ROOT / "_build/html"
    if not (built / "index.html").is_file():
        subprocess.run(COMMAND, cwd=ROOT, check=True)
    return built


@pytest.fixture(scope="session")
def numpy_zygote() -> Iterator[Zygote]:
    """Start a warm worker that has imported no TensorFlow."""
    with Zygote(("numpy", *JUDGE)) as zygote:
        yield zygote


@pytest.fixture(scope="session")
def numpy_workers(numpy_zygote: Zygote) -> Workers:
    """Judge and learner on NumPy alone; hangs end soon."""
    return Workers(numpy_zygote, numpy_zygote, seconds=20)


@pytest.fixture(scope="session")
def tensorflow_workers() -> Iterator[Workers]:
    """Judge and learner as the build has them."""
    with Zygote(("tensorflow", *JUDGE)) as zygote:
        yield Workers(zygote, zygote)
