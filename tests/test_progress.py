"""A reader's progress, in a real browser: kept, undone, moved to another browser, and cleared."""

from __future__ import annotations

import json
import re
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest
from book import Book
from playwright.sync_api import expect

from website.pages.progress import text_version

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page, Route

pytestmark = [pytest.mark.slow, pytest.mark.browser]

BOOK = "logits-layer-by-layer"
KEY = f"llb:{BOOK}/progress"
FORMER = "llb:progress"  # of every book on a host
BY_THEME = "blocked"  # the theme's own script minds
BLOCKED = """Object.defineProperty(window, "localStorage", {
  get() { throw new DOMException("blocked", "SecurityError"); },
});"""
PLACES = """() => [...document.querySelectorAll(".bd-links, .bd-article > *, footer")]
  .map((e) => { const { x, y } = e.getBoundingClientRect(); return [x, y]; })"""


@pytest.fixture(scope="module")
def small_book(tmp_path_factory: pytest.TempPathFactory) -> Book:
    book = Book(tmp_path_factory.mktemp("progress"))
    book.write("chapters/sums.md", book.read("chapters/sums.md") + "\n## More sums\n\nAnd so on.\n")
    built = book.build()
    assert built.code == 0, built.output
    return book


@pytest.fixture(scope="module")
def address(small_book: Book) -> Iterator[str]:
    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=small_book.site)) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture
def page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    """Open a page of a browser that has never been here; no script may fail."""
    context = browser.new_context(**getattr(request, "param", {}))
    trouble: list[str] = []
    context.on("weberror", lambda error: trouble.append(str(error.error)))
    yield context.new_page()
    context.close()
    assert [error for error in trouble if error != BY_THEME] == []


def complete(page: Page, address: str) -> None:
    page.goto(address)
    page.get_by_role("button", name="Mark as completed").click()
    expect(page.get_by_role("button", name="Completed: undo")).to_be_visible()


def open_settings(page: Page) -> None:
    page.get_by_text("Keep it, move it, clear it").press("Enter")


def kept(page: Page) -> dict[str, dict[str, list[str]]]:
    """Return what the browser keeps: the states of each page."""
    found = json.loads(page.evaluate("key => localStorage[key]", KEY))
    assert found["schema"] == 1
    pages: dict[str, dict[str, list[str]]] = found["pages"]
    return pages


def percent(page: Page) -> str:
    return page.locator(".llb-percent").inner_text()


def test_a_page_is_completed_and_undone(page: Page, address: str, small_book: Book) -> None:
    complete(page, f"{address}/chapters/sums.html")
    expect(page.get_by_role("status").first).to_have_text(re.compile(r"^Completed on \d+ \w+ \d+"))
    expect(page.get_by_role("progressbar", name="Your progress")).to_have_attribute("value", "33")
    expect(page.locator(".llb-count")).to_have_text("1 of 3 completed")
    assert kept(page)["chapters/sums"]["done"][0] == text_version(
        small_book.read("chapters/sums.md")
    )
    page.goto(f"{address}/intro.html")
    assert percent(page) == "33 %"
    expect(page.get_by_role("link", name="Sums (completed)")).to_be_visible()
    page.get_by_role("link", name="Sums (completed)").click()
    page.get_by_role("button", name="Completed: undo").press("Enter")
    expect(page.get_by_role("button", name="Mark as completed")).to_be_focused()
    expect(page.get_by_role("link", name="Sums (completed)")).to_have_count(0)
    assert percent(page) == "0 %"
    assert kept(page) == {"chapters/sums": {}}


@pytest.mark.parametrize("page", [{"viewport": {"width": 1200, "height": 300}}], indirect=True)
def test_the_front_page_knows_where_one_stopped(page: Page, address: str) -> None:
    page.goto(f"{address}/intro.html")
    expect(page.locator(".llb-continue")).to_contain_text("leads to where you stopped")
    page.goto(f"{address}/chapters/sums.html")
    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    page.goto(f"{address}/intro.html")
    link = page.get_by_role("link", name="Sums: More sums")
    expect(page.locator(".llb-continue")).to_have_text(
        "Continue where you left off: Sums: More sums"
    )
    link.click()
    expect(page).to_have_url(f"{address}/chapters/sums.html#more-sums")


def test_an_exercise_is_tried_and_its_visible_checks_pass(page: Page, address: str) -> None:
    page.goto(f"{address}/exercises/release/separate.html")
    number = page.get_by_role("spinbutton", name="b, as a number")
    number.fill("-1.5")
    number.press("Tab")
    expect(page.get_by_text("You tried this exercise.")).to_be_visible()
    expect(page.get_by_role("link", name="Separate the points (tried)")).to_be_attached()
    page.evaluate(
        'document.dispatchEvent(new CustomEvent("llb:try", { detail: { passed: true } }))'
    )
    expect(page.get_by_text("its visible checks pass")).to_be_visible()
    page.reload()
    expect(page.get_by_text("its visible checks pass")).to_be_visible()
    assert percent(page) == "0 %"
    page.get_by_role("button", name="Mark as completed").click()
    status = page.locator(".llb-complete").get_by_role("status")
    expect(status).to_have_text(re.compile(r"^Completed on .*\. You tried .* checks pass\.$"))


def test_code_that_is_written_in_the_page_is_a_try(page: Page, address: str) -> None:
    page.goto(f"{address}/exercises/release/add_bias.html")
    editor = page.get_by_role("textbox", name="Your code")
    editor.fill("def add_bias(rows, bias):\n    raise NotImplementedError()")
    expect(page.get_by_text("You tried this exercise.")).to_have_count(0)
    editor.fill("def add_bias(rows, bias):\n    return rows")
    expect(page.get_by_text("You tried this exercise.")).to_be_visible()


def test_code_that_is_written_before_the_editor_is_there_is_a_try(page: Page, address: str) -> None:
    held: list[Route] = []
    page.route("**/codemirror.js", lambda route: held.append(route))  # noqa: PLW0108 - it gets marked
    page.goto(f"{address}/exercises/release/add_bias.html")
    editor = page.get_by_role("textbox", name="Your code")
    with page.expect_request("**/codemirror.js"):
        editor.fill("def add_bias(rows, bias):\n    return rows")
    expect(page.locator(".llb-plain")).to_be_visible()
    held.pop().continue_()
    expect(page.locator(".llb-edited")).to_be_visible()
    expect(page.get_by_text("You tried this exercise.")).to_be_visible()


def test_progress_moves_to_another_browser_and_nothing_is_lost(
    page: Page, browser: Browser, address: str, tmp_path: Path
) -> None:
    complete(page, f"{address}/chapters/sums.html")
    open_settings(page)
    with page.expect_download() as download:
        page.get_by_role("button", name="Export to a file").press("Enter")
    exported = tmp_path / download.value.suggested_filename
    download.value.save_as(exported)
    assert re.fullmatch(r"progress-\d{4}-\d\d-\d\d\.json", exported.name)
    with browser.new_context() as context:
        other = context.new_page()
        complete(other, f"{address}/exercises/release/add_bias.html")
        open_settings(other)
        take(other, exported)
        said(other, f"Taken over from {exported.name}: 1 pages.")
        assert percent(other) == "66 %"
        assert set(kept(other)) == {"chapters/sums", "exercises/release/add_bias"}
        for text, complaint in WRONG_FILES.items():
            wrong = tmp_path / "wrong.json"
            wrong.write_text(text, "utf-8")
            take(other, wrong)
            said(other, f"wrong.json cannot be used: {complaint}.")
            assert percent(other) == "66 %"


WRONG_FILES = {
    "a diary": "it is no JSON",
    "[1, 2]": "it is no progress file of this book",
    '{"schema": 2, "pages": {}}': "it comes from another version of the book",
    '{"schema": 1, "pages": {"intro": {"done": ["abc", "yesterday"]}}}': (
        "what it says of intro (done) has no date"
    ),
    '{"schema": 1, "pages": {"intro": {"done": 7}}}': "what it says of intro (done) has no date",
}


def take(page: Page, path: Path) -> None:
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Import from a file").click()
    chooser.value.set_files(path)


def said(page: Page, text: str) -> None:
    expect(page.locator(".llb-progress [role=status]")).to_contain_text(text)


def test_an_imported_mark_never_replaces_a_later_one(
    page: Page, address: str, tmp_path: Path
) -> None:
    complete(page, f"{address}/chapters/sums.html")
    mine = kept(page)["chapters/sums"]["done"]
    early = {"chapters/sums": {"done": ["old", "2020-01-01T00:00:00.000Z"]}}
    path = tmp_path / "early.json"
    path.write_text(json.dumps({"schema": 1, "pages": early}))
    open_settings(page)
    take(page, path)
    said(page, "Taken over")
    assert kept(page)["chapters/sums"]["done"] == mine


def test_all_is_cleared_after_a_question(page: Page, address: str) -> None:
    complete(page, f"{address}/chapters/sums.html")
    open_settings(page)
    page.once("dialog", lambda dialog: dialog.dismiss())
    page.get_by_role("button", name="Clear all").click()
    assert percent(page) == "33 %"
    page.once("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Clear all").click()
    said(page, "All progress is cleared.")
    assert (percent(page), kept(page)) == ("0 %", {})


def test_what_another_tab_did_is_seen(page: Page, address: str) -> None:
    page.goto(f"{address}/intro.html")
    complete(page.context.new_page(), f"{address}/chapters/sums.html")
    expect(page.locator(".llb-percent")).to_have_text("33 %")


def test_blocked_storage_is_said(page: Page, address: str) -> None:
    page.add_init_script(BLOCKED)
    page.goto(f"{address}/chapters/sums.html")
    expect(page.locator(".llb-count")).to_have_text("Not kept: storage is blocked")
    page.get_by_role("button", name="Mark as completed").click()
    assert percent(page) == "33 %"


def keep(page: Page, key: str, text: str) -> None:
    page.evaluate("([key, text]) => { localStorage[key] = text }", [key, text])


def stored(page: Page) -> dict[str, str]:
    """Return what the browser keeps of progress, by key and word for word."""
    found: dict[str, str] = page.evaluate("({ ...localStorage })")
    return {key: text for key, text in found.items() if "progress" in key}


@pytest.mark.parametrize("text", ['{"schema": 1, "pages": {"in', '{"schema": 2, "pages": {}}'])
def test_what_cannot_be_read_is_left_and_the_page_says_so(
    page: Page, address: str, text: str
) -> None:
    page.goto(f"{address}/intro.html")
    expect(page.locator(".llb-unreadable")).to_be_hidden()
    keep(page, KEY, text)
    page.goto(f"{address}/chapters/sums.html")
    expect(page.locator(".llb-count")).to_have_text("Not kept: what is stored cannot be read")
    expect(page.locator(".llb-unreadable")).to_contain_text("progress that this page cannot read")
    page.get_by_role("button", name="Mark as completed").click()
    page.reload()
    assert stored(page) == {KEY: text, f"{KEY}:unreadable": text}
    open_settings(page)
    page.once("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Clear all").click()
    expect(page.locator(".llb-unreadable")).to_be_hidden()
    page.get_by_role("button", name="Mark as completed").click()
    assert set(kept(page)) == {"chapters/sums"}
    assert stored(page)[f"{KEY}:unreadable"] == text
    page.once("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Clear all").click()
    assert set(stored(page)) == {KEY}


def test_another_tab_that_writes_what_cannot_be_read_is_left_alone(
    page: Page, address: str
) -> None:
    complete(page, f"{address}/chapters/sums.html")
    keep(page, KEY, '{"schema": 2}')
    page.get_by_role("button", name="Completed: undo").click()
    assert stored(page)[KEY] == '{"schema": 2}'
    expect(page.locator(".llb-count")).to_have_text("Not kept: what is stored cannot be read")


def test_books_of_one_host_keep_apart(page: Page, address: str) -> None:
    def rename(route: Route) -> None:
        text = route.fetch().text()
        assert f'data-book="{BOOK}"' in text
        route.fulfill(body=text.replace(BOOK, "another-book"), content_type="text/html")

    complete(page, f"{address}/chapters/sums.html")
    page.route("**/sums.html", rename)
    page.reload()
    expect(page.get_by_role("button", name="Mark as completed")).to_be_visible()
    assert percent(page) == "0 %"


def test_what_was_kept_before_is_taken_over_once(page: Page, address: str) -> None:
    complete(page, f"{address}/chapters/sums.html")
    page.goto(f"{address}/_static/storage.js")  # where no script of a page keeps anything
    keep(page, FORMER, stored(page)[KEY])
    page.evaluate("key => localStorage.removeItem(key)", KEY)
    page.goto(f"{address}/chapters/sums.html")
    page.get_by_role("button", name="Completed: undo").click()
    page.reload()
    expect(page.get_by_role("button", name="Mark as completed")).to_be_visible()
    assert set(stored(page)) == {KEY, FORMER}, "another book may want it too"
    open_settings(page)
    page.once("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Clear all").click()
    assert set(stored(page)) == {KEY}


def test_it_works_from_a_file(page: Page, small_book: Book) -> None:
    complete(page, (small_book.site / "chapters/sums.html").as_uri())
    page.goto((small_book.site / "intro.html").as_uri())
    assert percent(page) == "33 %"
    expect(page.get_by_role("link", name="Sums (completed)")).to_be_visible()
    expect(page.locator(".llb-continue")).to_have_text("Continue where you left off: Sums")


@pytest.mark.parametrize("page", [{"java_script_enabled": False}], indirect=True)
def test_without_script_nothing_of_it_shows(page: Page, address: str) -> None:
    for name in ("intro", "chapters/sums"):
        page.goto(f"{address}/{name}.html")
        for part in page.locator(".llb-progress, .llb-complete, .llb-continue").all():
            expect(part).to_be_hidden()


@pytest.mark.parametrize("width", [320, 1200])
def test_nothing_moves_when_it_appears(page: Page, address: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    complete(page, f"{address}/exercises/release/add_bias.html")
    for name in ("chapters/sums", "intro"):
        page.goto(f"{address}/{name}.html")
        alive = page.evaluate(PLACES)
        page.route("**/progress.js*", lambda route: route.abort())
        page.reload()
        assert page.locator(".llb-complete").is_visible()
        assert page.evaluate(PLACES) == alive
        page.unroute("**/progress.js*")


@pytest.mark.parametrize("page", [{"viewport": {"width": 320, "height": 700}}], indirect=True)
def test_the_bar_is_in_the_drawer(page: Page, address: str) -> None:
    complete(page, f"{address}/chapters/sums.html")
    page.get_by_role("button", name="Toggle primary sidebar").click()
    expect(page.get_by_role("progressbar", name="Your progress")).to_be_visible()
    expect(page.get_by_role("link", name="Sums (completed)")).to_be_visible()
    open_settings(page)
    page.once("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Clear all").click()
    expect(page.get_by_role("link", name="Sums (completed)")).to_have_count(0)


def test_paper_shows_the_record_and_nothing_else(page: Page, address: str) -> None:
    complete(page, f"{address}/chapters/sums.html")
    page.evaluate("document.dispatchEvent(new CustomEvent('llb:try'))")
    page.emulate_media(media="print")
    for part in page.locator(".llb-progress, .llb-complete").all():
        expect(part).to_be_hidden()
    page.emulate_media(media="screen")
    page.evaluate("window.print = () => {}")
    open_settings(page)
    page.get_by_role("button", name="Print a self-study record").click()
    page.emulate_media(media="print")
    record = page.locator(".llb-record")
    expect(record).to_contain_text("This is not a certificate.")
    expect(record.get_by_role("row", name=re.compile(r"^Sums \d+ \w+ \d+ tried$"))).to_be_visible()
    expect(page.get_by_role("main")).to_be_hidden()
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    page.emulate_media(media="screen")
    expect(record).to_have_count(0)
    expect(page.get_by_role("main")).to_be_visible()


def test_a_page_that_changed_says_so(page: Page, address: str, small_book: Book) -> None:
    complete(page, f"{address}/chapters/sums.html")
    with small_book.changed("chapters/sums.md", "And so on.", "And on."):
        assert small_book.build().code == 0
        page.reload()
        expect(page.get_by_text("This page has changed since you completed it on")).to_be_visible()
        expect(
            page.get_by_role("link", name="Sums (changed since you completed it)")
        ).to_be_visible()
        page.get_by_role("button", name="Mark as completed again").click()
        expect(page.get_by_role("link", name="Sums (completed)")).to_be_visible()


def test_white_space_is_no_change() -> None:
    assert text_version("a  b\n") == text_version("a b") != text_version("a c")
