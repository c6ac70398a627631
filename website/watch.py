"""Serve the book while its author writes: build at every save, and reload the browser.

One process keeps all modules imported and one worker with TensorFlow running, so that a build takes
no longer than what has changed. The browser shows the last build that passed, with the problems of
a later one on top of the page.
"""

from __future__ import annotations

import copy
import functools
import gc
import json
import os
import shutil
import signal
import sys
import threading
import time
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

import pybtex.plugin

from autograder.running.environment import module_files
from autograder.sandbox.zygote import Zygote
from website.build.gate import TO_MEND
from website.build.settings import preload_of_book, read_configuration, settings_or_default
from website.up_to_date import PACKAGES, input_files

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from types import FrameType

    Snapshot = Mapping[Path, tuple[int, int]]

_PAUSE = 0.2  # seconds between two looks at the files
_KEEP_ALIVE = 15.0  # seconds after which a silent connection says that it is there
_EVENTS = "/-/builds"
_CLIENT: Final = Path(__file__).parent / "pages" / "static" / "watch.js"
_WAITING = (
    "<!DOCTYPE html><html lang=en><title>Building</title><p>The book is being built; this page "
    "shows it when it stands.</p>"
)


@dataclass
class Standing:
    """The state that browsers are sent: the last build that passed, and the problems since then."""

    built: int = field(default_factory=lambda: int(time.time()))  # another one for each start
    to_mend: str = ""
    ended: bool = False
    changed: threading.Condition = field(default_factory=threading.Condition)

    def tell(self, *, to_mend: str = "", ended: bool = False) -> None:
        """Record the result of a build, or that no other will follow, and wake all listeners."""
        with self.changed:
            # A build that failed has no number: browsers go on showing the one before it.
            self.built += not to_mend and not ended
            self.to_mend, self.ended = to_mend, ended
            self.changed.notify_all()

    def news(self) -> Iterator[str]:
        """Yield the state as JSON, now and at each change; an empty text after a silent while."""
        last = ""
        while not self.ended:
            with self.changed:
                now = json.dumps({"built": self.built, "toMend": self.to_mend})
                if now == last and not self.changed.wait(_KEEP_ALIVE):
                    now = ""
            if now != last:
                yield now
            last = now or last


class _Handler(SimpleHTTPRequestHandler):
    """Serves the last build that passed, and adds to every page the script that reloads it."""

    # A stream of news has no length: in HTTP/1.0 the end of the connection ends it.
    protocol_version = "HTTP/1.0"

    def __init__(self, standing: Standing, *arguments: object, directory: str) -> None:
        self._standing = standing
        super().__init__(*arguments, directory=directory)  # type: ignore[arg-type]

    def log_message(self, *_: object) -> None:
        """Log no requests: the messages about builds would be lost among them."""

    def do_GET(self) -> None:
        """Answer a request with the stream of builds, a page, or any other file."""
        if self.path == _EVENTS:
            self._follow()
            return
        path = Path(self.translate_path(self.path))
        page = path / "index.html" if path.is_dir() else path
        if page.suffix == ".html" or not page.suffix:
            text = page.read_text("utf-8") if page.is_file() else _WAITING
            found = HTTPStatus.OK if page.is_file() else HTTPStatus.NOT_FOUND
            # Added on the way out, so that the files stay those of an ordinary build.
            self._send(text + _script(self._standing.built), found)
        else:
            super().do_GET()

    def end_headers(self) -> None:
        """Forbid the browser to cache a response: the next build may change any file."""
        self.send_header("Cache-Control", "no-store")
        super().end_headers()

    def _send(self, text: str, status: HTTPStatus) -> None:
        content = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _follow(self) -> None:
        """Send the results of builds until the browser closes the connection."""
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        try:
            for message in self._standing.news():
                self.wfile.write(f"data: {message}\n\n".encode() if message else b":\n\n")
                self.wfile.flush()
        except ConnectionError:
            pass


class _Server(ThreadingHTTPServer):
    daemon_threads = True


def watch(root: Path, port: int) -> None:
    """Build the book at ``root`` at every save and serve it on localhost, until interrupted.

    Raises ``OSError`` where the port is taken.
    """
    # A folder of its own: in `html` a build that fails has no front page.
    shown, standing = root / "_build" / "watched", Standing()
    handler = functools.partial(_Handler, standing, directory=str(shown))
    with _Server(("localhost", port), handler) as server, _Builder(root, shown) as builder:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        sys.stdout.write(f"The book is on http://localhost:{server.server_port}, Ctrl-C ends it.\n")
        try:
            again = _build_at_every_save(builder, standing)
        finally:
            standing.tell(ended=True)
            server.shutdown()
    if again:
        sys.stdout.flush()
        # Modules stay imported as they were: only a new process runs the changed code.
        os.execv(sys.executable, [sys.executable, "-m", "website", *sys.argv[1:]])  # noqa: S606


def _build_at_every_save(builder: _Builder, standing: Standing) -> bool:
    """Build at every save; return True when the code that builds has changed, False at the end."""
    try:
        while True:
            # Before the build, so that what is saved in the course of it counts as a change.
            before = builder.look()
            standing.tell(to_mend=builder.build())
            gc.collect()
            while (now := builder.look()) == before:
                time.sleep(_PAUSE)
            changed = sorted(str(path) for path, _ in set(now.items()) ^ set(before.items()))
            sys.stdout.write(f"{os.path.relpath(changed[0], builder.root)} has changed ...\n")
            if builder.is_made_of(changed):
                return True
    except KeyboardInterrupt:
        return False


class _Builder:
    """Builds one book again and again in this process, with one warm worker."""

    def __init__(self, root: Path, shown: Path) -> None:
        self.root = root
        self._shown = shown
        self._code = {str(path) for path in module_files(PACKAGES).values()}
        self._worker = self._new_worker()
        self._defaults: dict[str, Any] = {}

    def __enter__(self) -> Self:
        # A build makes millions of objects, and looking among them for garbage takes two fifths of
        # its time: that is done after each build, when the writer has the page.
        gc.disable()
        self._worker.start()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._interrupt)
        return self

    def __exit__(self, *_: object) -> None:
        self._worker.close()
        gc.enable()

    def look(self) -> Snapshot:
        """Return the time of writing and the size of each file, to compare with a later look."""
        found = {}
        for path in {*input_files(self.root), *module_files(PACKAGES).values()}:
            try:
                status = path.stat()
            except OSError:  # it is being replaced, or a link that leads nowhere
                continue
            found[path] = (status.st_mtime_ns, status.st_size)
        return found

    def is_made_of(self, changed: list[str]) -> bool:
        """Return whether one of these files is code that builds, imported in this process."""
        # A file that was removed is in the first set alone, one that is new only in the second.
        present = {str(path) for path in module_files(PACKAGES).values()}
        return not (self._code | present).isdisjoint(changed)

    def build(self) -> str:
        """Build what has changed, and show it; return the problems where the build fails."""
        began = time.monotonic()
        (self._site.parent / TO_MEND).unlink(missing_ok=True)
        problem = self._run_sphinx()
        if problem:
            sys.stderr.write(f"\n{problem}\n")
        else:
            _mirror(self._site, self._shown)
            sys.stdout.write(f"Built in {time.monotonic() - began:.1f} s.\n")
        sys.stdout.flush()
        return problem

    @property
    def _site(self) -> Path:
        return self.root / "_build" / "html"

    def _run_sphinx(self) -> str:
        """Build as ``jupyter-book build`` does, and return the problems; empty if it passes."""
        # The worker starts before what takes long to import here.
        from jupyter_book.sphinx import build_sphinx  # noqa: PLC0415
        from sphinx.config import Config  # noqa: PLC0415

        _remember_citation_styles()
        # Extensions change Sphinx's default lists in place, and each build is to begin with them.
        self._defaults = self._defaults or copy.deepcopy(Config.config_values)
        Config.config_values = copy.deepcopy(self._defaults)
        if self._worker.ended:
            self._worker = self._new_worker()
            self._worker.start()
        settings = {
            "external_toc_path": (self.root / "_toc.yml").as_posix(),
            "latex_individualpages": False,
            "gate_worker": lambda: self._worker,  # a function: Sphinx keeps no other such value
            "gate_preview": True,
        }
        try:
            read_configuration(self.root)  # names the file, which Jupyter Book does not
            found = build_sphinx(
                self.root,
                self._site,
                noconfig=True,
                path_config=self.root / "_config.yml",
                confoverrides=settings,
                quiet=True,
            )
        except (Exception, SystemExit) as error:  # noqa: BLE001 - what cannot be built ends no loop
            found = error
        # Jupyter Book returns what it has caught, an interrupt too.
        if isinstance(found, KeyboardInterrupt):
            raise found
        listed = self._site.parent / TO_MEND
        if listed.is_file():
            return listed.read_text("utf-8")
        return f"The book was not built: {found}" if found else ""

    def _new_worker(self) -> Zygote:
        """Return a worker that imports what the book's cells import; it is not started yet."""
        return Zygote(preload_of_book(self.root, settings_or_default(self.root)))

    def _interrupt(self, _number: int, _frame: FrameType | None) -> None:
        """End the worker, on which a build may be waiting, and then this process."""
        # In a thread: what the signal has interrupted may hold the lock that closing needs.
        threading.Thread(target=self._worker.close).start()
        raise KeyboardInterrupt


@functools.cache
def _remember_citation_styles() -> None:
    """Have pybtex find each of its styles once: it reads all that is installed at every citation.

    That is most of a second of a build, and this process imports the same code all along.
    """
    pybtex.plugin.find_plugin = functools.cache(pybtex.plugin.find_plugin)


def _mirror(site: Path, to: Path) -> None:
    """Copy what changed in the site to ``to``; a browser never reads a file half written."""
    wanted = {path.relative_to(site) for path in site.rglob("*") if path.is_file()}
    for name in wanted:
        source, target = site / name, to / name
        if not target.is_file() or _written(target) != _written(source):
            target.parent.mkdir(parents=True, exist_ok=True)
            part = target.with_name(f".part-{target.name}")
            # With its times, by which the next call sees what has changed.
            shutil.copy2(source, part)
            part.replace(target)
    for path in to.rglob("*"):
        if path.is_file() and path.relative_to(to) not in wanted:
            path.unlink()


def _written(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_mtime_ns, status.st_size


def _script(built: int) -> str:
    """Return the script element that reloads a page of build ``built`` after the next one."""
    return (
        f'<script data-built="{built}" data-news="{_EVENTS}">{_CLIENT.read_text("utf-8")}</script>'
    )
