"""A browser, and the built site as static hosts serve it: compressed, with a type and an age."""

from __future__ import annotations

import gzip
import shutil
import threading
from contextlib import contextmanager
from functools import cache, partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from playwright.sync_api import sync_playwright

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Request

_COMPRESSED = (".html", ".css", ".js", ".svg", ".json", ".md", ".ipynb")
_OWN = ("http://127.0.0.1:", "file:", "blob:", "data:")  # what a page asks of its own site


class _Host(SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def send_head(self) -> BytesIO | None:
        path = Path(self.translate_path(self.path))
        path = path / "index.html" if path.is_dir() else path
        if not path.is_file():
            self.send_error(404)
            return None
        body, zipped = content(path)
        self.send_response(200)
        kind = self.guess_type(path)
        self.send_header("Content-Type", f"{kind}; charset=utf-8" if "text" in kind else kind)
        if zipped:
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Cache-Control", "max-age=600")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        return BytesIO(body)


@cache
def content(path: Path) -> tuple[bytes, bool]:
    """Give what goes over the line for a file, and whether it is compressed."""
    zipped = path.suffix in _COMPRESSED
    return (gzip.compress(path.read_bytes(), 9) if zipped else path.read_bytes()), zipped


@contextmanager
def served(site: Path) -> Iterator[str]:
    """Serve ``site`` on a port of this machine, and give its address."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Host, directory=str(site))) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start Debian's Chromium, which asks nobody anything by itself."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"),  # else the one of Playwright
            args=["--no-sandbox", "--disable-background-networking"],
        )
        yield browser
        browser.close()


@contextmanager
def watched(browser: Browser, **options: Any) -> Iterator[BrowserContext]:  # noqa: ANN401
    """Open a context; on leaving it, fail where a page logged an error or asked another host."""
    context = browser.new_context(**options)
    context.set_default_timeout(10_000)
    trouble: list[str] = []

    def hear(line: ConsoleMessage) -> None:
        if _is_error(line):
            trouble.append(line.text)

    def watch(request: Request) -> None:
        if not request.url.startswith(_OWN):
            trouble.append(request.url)

    context.on("weberror", lambda error: trouble.append(str(error.error)))
    context.on("console", hear)
    context.on("request", watch)
    yield context
    context.close()
    assert trouble == []


def _is_error(line: ConsoleMessage) -> bool:
    """Whether a console message is an error; browsers ask for an icon unbidden."""
    return line.type == "error" and not line.location["url"].endswith("/favicon.ico")
