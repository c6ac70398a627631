"""A page runs on a Jupyter server that its reader names: in Chromium, on a real server."""

from __future__ import annotations

import json
import queue
import re
import socket
import subprocess
import sys
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any
from urllib.request import Request, urlopen

import hosting
import pytest
from book import ROOT, Book
from bs4 import BeautifulSoup
from playwright.sync_api import expect

from website.build.table_of_contents import listed_pages
from website.pages.live import binder_address

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Locator, Page
    from playwright.sync_api import Request as PageRequest

pytestmark = [pytest.mark.slow, pytest.mark.browser]

TOKEN = "a-token-for-this-test"  # noqa: S105 - of a server that lives as long as this test
JUPYTER = Path(sys.executable).with_name("jupyter")


class Hub(ThreadingHTTPServer):
    """Plays Binder: says what is put into `news`, one event each, until None."""

    daemon_threads = True

    def __init__(self) -> None:
        self.news: queue.Queue[dict[str, Any] | None] = queue.Queue()
        super().__init__(("127.0.0.1", 0), _Answer)

    @property
    def address(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server_port}"


class _Answer(BaseHTTPRequestHandler):
    server: Hub

    def do_GET(self) -> None:
        assert self.path == "/build/gh/somebody/logits/HEAD"
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Access-Control-Allow-Origin", "*")
        self.end_headers()
        while event := self.server.news.get():
            self.wfile.write(f"data: {json.dumps(event)}\n\n".encode())
            self.server.news.task_done()
        self.server.news.task_done()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def hub() -> Iterator[Hub]:
    with Hub() as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.news.put(None)
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory, hub: Hub) -> Book:
    book = Book(tmp_path_factory.mktemp("live"))
    book.configure(
        repository={"url": "https://github.com/somebody/logits", "branch": "HEAD"},
        launch_buttons={"binderhub_url": hub.address},
    )
    built = book.build()
    assert built.code == 0, built.output
    return book


@pytest.fixture(scope="module")
def server(book: Book, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Start Jupyter in the folder of the chapters, as a reader who has the book."""
    with jupyter(book.root / "chapters", tmp_path_factory.mktemp("home")) as address:
        yield address


@contextmanager
def jupyter(folder: Path, home: Path) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [str(JUPYTER), "server", "--no-browser", "--allow-root", f"--ServerApp.port={port}"]
    command += ["--ServerApp.allow_origin=*", f"--IdentityProvider.token={TOKEN}"]
    environment = {"HOME": str(home), "PATH": f"{JUPYTER.parent}:/usr/bin:/bin"}
    with subprocess.Popen(
        command, cwd=folder, env=environment, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        next(line for line in process.stderr if "?token=" in line)
        drain = Thread(target=process.stderr.read)  # a full pipe would stop it
        drain.start()
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            drain.join()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """Open a page that fails the test when it breaks, or asks any host but those of the test."""
    context = browser.new_context()
    context.set_default_timeout(120_000)  # of patience on a busy machine
    expect.set_options(timeout=120_000)
    trouble: list[str] = []

    def watch(request: PageRequest) -> None:
        if not re.match("http://127.0.0.1:|file:|data:|blob:", request.url):
            trouble.append(request.url)

    context.on("weberror", lambda error: trouble.append(str(error.error)))
    context.on("request", watch)
    yield context.new_page()
    context.close()
    expect.set_options(timeout=5_000)
    assert trouble == []


def ask(page: Page, address: str, token: str = "") -> Locator:
    """Press the button, and name a server; give what the dialogue says of it."""
    dialogue = page.get_by_role("dialog", name="Run this page")
    if not dialogue.is_visible():
        page.get_by_role("button", name="Run this page").click()
    dialogue.get_by_label("Where").select_option("A Jupyter server")
    dialogue.get_by_label("Address").fill(address)
    dialogue.get_by_label("token").fill(token)
    dialogue.get_by_role("button", name="Connect").click()
    return dialogue.get_by_role("status")


def connect(page: Page, address: str) -> None:
    expect(ask(page, address, TOKEN)).to_contain_text("Connected.")
    page.keyboard.press("Escape")


def note(page: Page, number: int) -> Locator:
    return page.locator(".cell").nth(number - 1).get_by_role("status").first


def run(page: Page, number: int) -> Locator:
    page.get_by_role("button", name=f"Run cell {number}", exact=True).click()
    return note(page, number)


def test_nothing_is_loaded_before_somebody_asks(page: Page, book: Book) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"file://{book.site}/chapters/sums.html", wait_until="networkidle")
    assert [url for url in asked if "on_demand" in url] == []
    page.get_by_role("button", name="Run this page").click()
    expect(page.get_by_role("dialog", name="Run this page")).to_be_visible()
    assert [Path(url).name for url in asked if "on_demand" in url] == ["live.js", "code.css"]


def test_a_cell_is_edited_and_run(page: Page, book: Book, server: str) -> None:
    page.goto(f"file://{book.site}/chapters/sums.html")
    expect(page.locator(".cell_output")).to_have_text(re.compile("the helper says 6"))
    connect(page, server)
    editor = page.get_by_role("textbox", name="Code of cell 1")
    editor.fill("from helper import spoken\nprint(spoken(40 + 2))\n7 * 6")
    editor.press("Shift+Enter")
    expect(note(page, 1)).to_have_text(re.compile(r"Ran in \d+\.\d s\."))
    expect(page.locator(".cell_output .stream")).to_have_text(re.compile("the helper says 42"))
    expect(page.locator(".cell_output .text_plain")).to_have_text(re.compile("42"))
    editor.fill("print('[' + '=' * 3, end='\\r')\nprint('done')\nspoken(")
    expect(run(page, 1)).to_contain_text("SyntaxError")
    editor.fill("while True: pass")
    page.get_by_role("button", name="Run cell 1").click()
    page.get_by_role("button", name="Stop cell 1").click()
    expect(note(page, 1)).to_contain_text("KeyboardInterrupt")
    page.get_by_role("button", name="Run this page").click()
    page.get_by_role("button", name="Disconnect").click()
    expect(page.get_by_role("dialog").get_by_role("status")).to_contain_text("Disconnected.")


def test_visible_checks_run_against_the_answer(page: Page, book: Book, server: str) -> None:
    with hosting.served(book.site) as site:
        page.goto(f"{site}/exercises/release/add_bias.html")
        connect(page, server)
        expect(run(page, 2)).to_have_text("The answer is still to be written.")
        answer = page.get_by_role("textbox", name="Your code for add_bias")
        answer.fill("def add_bias(rows, bias): return bias")
        expect(run(page, 2)).to_have_text("This check fails: The shape must stay.")
        answer.fill("def add_bias(rows, bias): return rows + missing")
        expect(run(page, 2)).to_contain_text("NameError")
        answer.fill("def add_bias(rows, bias): return rows + bias")
        expect(run(page, 2)).to_have_text("This check passes.")
        expect(page.get_by_text("its visible checks")).to_be_visible()  # the reader's record


def test_a_widgets_answer_is_checked_too(page: Page, book: Book, server: str) -> None:
    page.goto(f"file://{book.site}/exercises/release/separate.html")
    connect(page, server)
    expect(run(page, 2)).to_have_text("This check fails: The boundary is too near.")
    number = page.get_by_role("spinbutton", name="b, as a number")
    number.fill("-4.2")
    number.press("Tab")
    expect(run(page, 2)).to_have_text("This check passes.")


def sessions(server: str) -> set[str]:
    """Return the sessions that run on the server."""
    question = Request(f"{server}/api/sessions", headers={"Authorization": f"token {TOKEN}"})  # noqa: S310 - ours
    with urlopen(question) as reply:  # noqa: S310 - ours
        return {session["id"] for session in json.load(reply)}


def test_a_kernel_that_fails_while_it_is_set_up_leaves_no_session(
    page: Page, book: Book, server: str
) -> None:
    broken = "globalThis.llbWidgets = () => { throw new Error('out of order'); };"
    page.route("**/live_widgets.js", lambda route: route.fulfill(body=broken))
    before = sessions(server)
    with hosting.served(book.site) as site:
        page.goto(f"{site}/chapters/sums.html")
        expect(ask(page, server, TOKEN)).to_have_text("out of order")
        assert sessions(server) <= before
        expect(page.get_by_role("button", name="Connect", exact=True)).to_be_visible()


def test_a_server_that_is_gone_can_be_left(page: Page, book: Book, server: str) -> None:
    page.goto(f"file://{book.site}/chapters/sums.html")
    expect(ask(page, server, TOKEN)).to_contain_text("Connected.")
    page.route("**/api/sessions/*", lambda route: route.abort())
    page.get_by_role("button", name="Disconnect").click()
    says = page.get_by_role("dialog").get_by_role("status")
    expect(says).to_have_text(
        "Disconnected. The server did not answer: the kernel may run on there."
    )


def test_what_is_wrong_is_said_with_its_remedy(page: Page, book: Book, server: str) -> None:
    page.goto(f"file://{book.site}/chapters/sums.html")
    expect(ask(page, server, "wrong")).to_contain_text("refuses the token")
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        nobody = f"http://127.0.0.1:{deaf.getsockname()[1]}"
        expect(ask(page, nobody)).to_contain_text("Is the server running")
    with hosting.served(book.site) as stranger:  # which is no Jupyter, and lets no page in
        expect(ask(page, stranger)).to_contain_text("--ServerApp.allow_origin='*'")
    pasted = ask(page, f"{server}/lab?token={TOKEN}")
    expect(pasted).to_contain_text("Connected.")


def test_binder_starts_a_server_and_can_be_cancelled(
    page: Page, book: Book, hub: Hub, server: str
) -> None:
    page.goto(f"file://{book.site}/chapters/sums.html")
    page.get_by_role("button", name="Run this page").click()
    dialogue = page.get_by_role("dialog")
    says = dialogue.get_by_role("status")
    dialogue.get_by_label("Where").select_option("Binder")
    hub.news.put({"phase": "building", "message": "Step 3 of 9\n"})
    dialogue.get_by_role("button", name="Connect").click()
    expect(says).to_have_text("Binder: building. Step 3 of 9")
    dialogue.get_by_role("button", name="Cancel").click()
    expect(says).to_have_text("Cancelled. Nothing runs.")
    finish(hub)
    hub.news.put({"phase": "failed", "message": "no space left"})
    dialogue.get_by_role("button", name="Connect").click()
    expect(says).to_have_text("Binder could not start it: no space left")
    finish(hub)
    hub.news.put({"phase": "ready", "url": f"{server}/", "token": TOKEN})
    dialogue.get_by_role("button", name="Connect").click()
    expect(says).to_contain_text("Connected.")


def finish(hub: Hub) -> None:
    """End the answer to the present request, before the next one is made."""
    hub.news.put(None)
    hub.news.join()


@pytest.mark.parametrize(
    ("options", "address"),
    [
        ({}, ""),
        ({"repository_url": "https://github.com/executablebooks/jupyter-book"}, ""),
        ({"repository_url": "https://git.example.org/a/b"}, ""),
        (
            {"repository_url": "https://github.com/a/b.git", "repository_branch": "v1/x"},
            "https://mybinder.org/build/gh/a/b/v1%2Fx",
        ),
        (
            {
                "repository_url": "https://gitlab.com/a/b/",
                "launch_buttons": {"binderhub_url": "https://hub.example.org/"},
            },
            "https://hub.example.org/build/gl/a%2Fb/HEAD",
        ),
    ],
)
def test_binder_builds_the_repository_that_is_configured(
    options: dict[str, Any], address: str
) -> None:
    assert binder_address(options) == address


def test_every_page_with_code_can_be_run(site: Path) -> None:
    for name in listed_pages(ROOT):
        path = site / f"{name.removesuffix('.md')}.html"
        soup = BeautifulSoup(path.read_text(), "html.parser")
        offered = soup.select("button[title='Run this page']")
        assert len(offered) == bool(soup.select(".cell_input")), path


def test_a_tensorflow_cell_of_a_chapter(
    page: Page, site: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with jupyter(ROOT, tmp_path_factory.mktemp("home")) as server:
        page.goto(f"file://{site}/chapters/fully_connected_layer.html")
        connect_without_binder(page, server)
        cell = page.locator(".cell", has_text="import tensorflow as tf").first
        cell.get_by_role("textbox").press("Control+End")
        page.keyboard.type("\nprint('together', float(tf.reduce_sum([1.0, 2.5])))")
        page.keyboard.press("Shift+Enter")
        expect(cell.locator(".cell_output .stream").last).to_have_text(re.compile("together 3.5"))


SLIDER = """\
from ipywidgets import interact
def speak(w=1.0):
    print("twice:", round(2 * w, 1))
interact(speak, w=(-3.0, 3.0))
input("Who? ")"""


def test_a_slider_of_ipywidgets_moves_what_the_kernel_says(
    page: Page, book: Book, server: str
) -> None:
    page.goto(f"file://{book.site}/chapters/sums.html")
    page.on("dialog", lambda dialog: dialog.accept("a reader"))
    connect(page, server)
    page.get_by_role("textbox", name="Code of cell 1").fill(SLIDER)
    expect(run(page, 1)).to_contain_text("Ran in")
    shown = page.locator(".cell_output")
    expect(shown).to_contain_text("'a reader'")
    slider, heard = shown.get_by_role("slider", name="w", exact=True), shown.locator(".output")
    expect(slider).to_have_accessible_name("w")
    expect(heard.first).to_have_text("twice: 2.0")
    slider.press("ArrowRight")
    expect(heard.first).to_have_text("twice: 2.2")
    readout = shown.get_by_role("textbox", name="w, as text")
    readout.fill("-1.5")
    readout.press("Enter")
    expect(heard.first).to_have_text("twice: -3.0")
    box, rail = slider.bounding_box(), shown.locator(".noUi-base").bounding_box()
    assert box is not None
    assert rail is not None
    assert abs(box["x"] + box["width"] / 2 - rail["x"] - rail["width"] / 4) < 2  # it stands there
    expect(run(page, 1)).to_contain_text("Ran in")
    expect(slider).to_have_count(1)  # of the run before nothing is left
    expect(heard.first).to_have_text("twice: 2.0")
    page.get_by_role("button", name="Run this page").click()
    page.get_by_role("button", name="Disconnect").click()
    expect(page.get_by_role("dialog").get_by_role("status")).to_contain_text("Disconnected.")
    page.keyboard.press("Escape")
    expect(page.locator(".llb-ipywidgets")).to_have_attribute("inert", "")
    expect(heard.first).to_have_text("twice: 2.0")


def test_a_chapters_slider_moves_a_layer(
    page: Page, site: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with jupyter(ROOT, tmp_path_factory.mktemp("home")) as server, hosting.served(site) as address:
        page.goto(f"{address}/chapters/fully_connected_layer.html")
        connect_without_binder(page, server)
        cell = page.locator(".cell", has_text="interact(set_weights")
        cell.get_by_role("button", name=re.compile("^Run cell")).click()
        picture = cell.locator(".cell_output img")
        slider = cell.get_by_role("slider", name="b", exact=True)
        expect(slider).to_be_visible()
        before = picture.get_attribute("src")
        slider.press("PageUp")
        expect(picture).not_to_have_attribute("src", str(before))
        page.goto("about:blank")


def connect_without_binder(page: Page, server: str) -> None:
    """Connect from the book itself, which may be in no repository."""
    page.get_by_role("button", name="Run this page").click()
    dialogue = page.get_by_role("dialog", name="Run this page")
    dialogue.get_by_label("Address").fill(server)
    dialogue.get_by_label("token").fill(TOKEN)
    dialogue.get_by_role("button", name="Connect").click()
    expect(dialogue.get_by_role("status")).to_contain_text("Connected.")
    page.keyboard.press("Escape")
