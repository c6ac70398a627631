"""A real JupyterLab, driven in a real browser."""

from __future__ import annotations

import os
import re
import subprocess
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import quote

import nbformat
from hosting import chromium
from playwright.sync_api import expect

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Locator, Page

PATIENCE = 60_000  # milliseconds: a busy machine starts a kernel slowly
_ANSWERS = "url => fetch(url, {mode: 'no-cors'}).then(() => true, () => false)"
_OPTIONS = (
    "--no-browser",
    "--allow-root",
    "--ServerApp.ip=127.0.0.1",
    "--ServerApp.port=0",
    "--IdentityProvider.token=secret",
    "--LabApp.news_url=None",
    "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
)


class Lab:
    """One notebook at a time, in the window of a JupyterLab that serves ``folder``."""

    def __init__(self, page: Page, address: str, folder: Path) -> None:
        self.page = page
        self.folder = folder
        self._address = address
        self._ids: list[str] = []

    def open(self, name: str) -> None:
        """Open a notebook, or open it again, and wait for its kernel."""
        cells = nbformat.read(self.folder / name, as_version=4).cells
        self._ids = [cell.id for cell in cells]
        self.page.goto(f"{self._address}/doc/tree/{quote(name)}?token=secret&reset")
        expect(self.page.locator(".jp-Notebook .jp-Cell")).to_have_count(len(cells))
        self.page.get_by_text("| Idle").wait_for()

    def cell(self, name: str) -> Locator:
        """Find a cell by its id."""
        return self.page.locator(f'[data-windowed-list-index="{self._ids.index(name)}"]')

    def source(self, name: str) -> Locator:
        """Find the editor of a cell."""
        return self.cell(name).locator(".jp-InputArea .cm-content")

    def write(self, name: str, source: str) -> None:
        """Replace the source of a cell, as somebody who types does."""
        self.source(name).click()
        self.page.keyboard.press("Control+a")
        self.page.keyboard.insert_text(source)

    def run(self, name: str) -> Locator:
        """Run a cell, wait for its end, and give its output."""
        folded = self.cell(name).locator(".jp-InputPlaceholder")
        if folded.count():
            folded.click()
        prompt = self.cell(name).locator(".jp-InputPrompt")
        before = prompt.inner_text()
        self.source(name).click()
        self.page.keyboard.press("Control+Enter")
        expect(prompt).to_have_text(re.compile(r"^\[\d+\]:$"))
        expect(prompt).not_to_have_text(before)
        return self.cell(name).locator(".jp-Cell-outputArea")

    def save(self) -> None:
        """Save, and wait for the server to have it."""
        with self.page.expect_response(lambda answer: answer.request.method == "PUT"):
            self.page.keyboard.press("Control+s")


@contextmanager
def jupyterlab(command: Path, folder: Path, home: Path) -> Iterator[Lab]:
    """Serve ``folder`` with the ``jupyter-lab`` at ``command``; nothing of this user is read."""
    home.mkdir()
    own = {f"JUPYTER_{kind}_DIR": str(home / kind) for kind in ("CONFIG", "DATA", "RUNTIME")}
    environment = {**os.environ, **own, "HOME": str(home), "IPYTHONDIR": str(home / "ipython")}
    with subprocess.Popen(
        [command, *_OPTIONS, f"--ServerApp.root_dir={folder}"],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as server:
        try:
            yield from _in_browser(_address_of(server), folder)
        finally:
            server.terminate()


def _address_of(server: subprocess.Popen[str]) -> str:
    """Read where the server will listen, and let it say the rest to nobody."""
    assert server.stderr
    said = ""
    for line in server.stderr:
        said += line
        found = re.search(r"http://127\.0\.0\.1:\d+", line)
        if found:
            threading.Thread(target=server.stderr.read, daemon=True).start()
            return found[0]
    raise AssertionError(said)


def _in_browser(address: str, folder: Path) -> Iterator[Lab]:
    with chromium() as browser:
        page = browser.new_page(viewport={"width": 1200, "height": 5000})  # every cell is in view
        page.set_default_timeout(PATIENCE)
        expect.set_options(timeout=PATIENCE)
        page.wait_for_function(_ANSWERS, arg=f"{address}/api/status?token=secret")
        yield Lab(page, address, folder)
