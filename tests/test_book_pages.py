"""The book's own site as a reader finds it: in Chromium, with no other host, in many lights."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

import hosting
import nbformat
import pytest
from book import ROOT
from bs4 import BeautifulSoup
from playwright.sync_api import expect

from autograder.format.exercise_set import read_exercise_set
from autograder.format.release import answer_stub
from autograder.grading.submission import Notebook
from website.build.leaks import MIN_LENGTH
from website.build.table_of_contents import listed_pages

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Locator, Page, Route

    from autograder.format.source import Exercise

pytestmark = [pytest.mark.slow, pytest.mark.browser]

PAGES = [name.removesuffix(".md") for name in listed_pages(ROOT)]
EXERCISES = {exercise.slug: exercise for exercise in read_exercise_set(ROOT)[0]}
WIDTHS = (320, 640, 1200)  # a phone, 200 % zoom, a desk
LIGHT = 200_000  # bytes over the line, compressed
HERE = ("http://127.0.0.1:", "file:", "blob:", "data:")
UNRESOLVED = re.compile(
    r"\{(glue|doc|cite|ref|numref|eq|term|download|widget|hint)\b[^}]*\}|System Message|\$\$|\\\("
)
TOO_WIDE = """() => {
  const wide = document.documentElement.clientWidth + 1;
  const apart = (e) => {  // it scrolls by itself, or is a drawer that waits beside the page
    const style = e && getComputedStyle(e);
    return e && (style.overflowX !== "visible" || style.position === "fixed" ||
                 apart(e.parentElement));
  };
  return [...document.querySelectorAll("main *")]
    .filter((e) => e.checkVisibility() && e.getBoundingClientRect().right > wide)
    .filter((e) => getComputedStyle(e).position !== "fixed" && !apart(e.parentElement))
    .map((e) => `${e.tagName} ${e.className} ${e.textContent.trim().slice(0, 40)}`);
}"""
AXE = ROOT / ".venv/page-checks/node_modules/axe-core/axe.min.js"
LAID_OUT = "* { content-visibility: visible !important; }"  # axe asks what stands where
ACCESSIBLE = """async () => (await axe.run()).violations.flatMap(({ id, help, nodes }) =>
  nodes.map((node) => `${id}: ${help}: ${node.html.slice(0, 120)}`))"""
LOADED = """() => [...document.querySelectorAll("img.only-light")]
  .filter((image) => !image.complete || !image.naturalWidth).map((image) => image.src)"""
INK = "rgb(31, 35, 40)"  # of the palette
NAMELESS = """() => [...document.querySelectorAll("img, svg, figure svg")]
  .filter((e) => !e.closest("[aria-hidden=true]"))
  .filter((e) => !(e.getAttribute("alt") || e.getAttribute("aria-label") ||
                   e.querySelector(":scope > title")?.textContent))
  .map((e) => e.outerHTML.slice(0, 120))"""

SHIFTS = """() => new Promise(done => new PerformanceObserver(
  list => done(list.getEntries().map(shift => [shift.value,
    shift.sources.map(source => source.node?.className ?? source.node?.nodeName)]))
  ).observe({ type: "layout-shift", buffered: true }) || requestIdleCallback(() => done([])))"""


@pytest.fixture(scope="module")
def served(site: Path) -> Iterator[str]:
    with hosting.served(site) as address:
        yield address


@pytest.fixture
def context(browser: Browser, request: pytest.FixtureRequest) -> Iterator[BrowserContext]:
    """Open a context that lets nothing out and fails the test on any complaint of a page."""
    context = browser.new_context(**getattr(request, "param", {}))
    context.set_default_timeout(60_000)  # of patience on a busy machine
    trouble: list[str] = []

    def keep_in(route: Route) -> None:
        if route.request.url.startswith(HERE):
            route.continue_()
        else:
            trouble.append(f"asks {route.request.url}")
            route.abort()

    def hear(line: ConsoleMessage) -> None:
        if line.type in ("error", "warning"):
            trouble.append(line.text)

    context.route("**/*", keep_in)
    context.on("weberror", lambda error: trouble.append(str(error.error)))
    context.on("console", hear)
    context.on(
        "page",
        lambda page: page.on("websocket", lambda socket: trouble.append(f"asks {socket.url}")),
    )
    yield context
    context.close()
    assert trouble == []


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()


def test_the_table_of_contents_is_the_site(site: Path) -> None:
    assert PAGES
    assert EXERCISES
    assert [name for name in PAGES if not (site / f"{name}.html").is_file()] == []


@pytest.mark.parametrize("context", [{"color_scheme": s} for s in ("light", "dark")], indirect=True)
@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_in_order(page: Page, served: str, name: str) -> None:
    page.set_viewport_size({"width": WIDTHS[0], "height": 800})
    page.goto(f"{served}/{name}.html", wait_until="networkidle")
    page.add_style_tag(content=LAID_OUT)
    page.evaluate(AXE.read_text())
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        assert_in_order(page)
        assert page.evaluate(ACCESSIBLE) == []


def assert_in_order(page: Page) -> None:
    scheme = (
        "dark" if page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches") else "light"
    )
    expect(page.locator("html")).to_have_attribute("data-theme", scheme)
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.get_by_role("heading", level=1)).to_have_count(1)
    assert page.viewport_size is not None
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]
    assert page.evaluate(TOO_WIDE) == []
    assert page.evaluate(NAMELESS) == []
    for figure in page.locator(".llb-widget").all():
        expect(figure).to_have_attribute("data-live", "")


@pytest.mark.parametrize(
    "name",
    ["intro", "chapters/logits", "exercises/release/model_layers", "exercises/release/and_by_hand"],
)
def test_no_line_moves_while_a_page_arrives(browser: Browser, served: str, name: str) -> None:
    """On a phone with a slow line, where fonts and scripts come late if they come late at all."""
    context = browser.new_context(viewport={"width": 412, "height": 823}, is_mobile=True)
    page = context.new_page()
    line = {"latency": 150, "downloadThroughput": 200_000, "uploadThroughput": 90_000}
    context.new_cdp_session(page).send(
        "Network.emulateNetworkConditions", {"offline": False, **line}
    )
    page.goto(f"{served}/{name}.html", wait_until="networkidle")
    shifts = page.evaluate(SHIFTS)
    context.close()
    assert sum(value for value, _ in shifts) < 0.02, shifts


def test_a_cold_page_is_light(browser: Browser, served: str) -> None:
    weights = {name: weight_of(browser, f"{served}/{name}.html") for name in PAGES}
    assert {name: weight for name, weight in weights.items() if weight > LIGHT} == {}


def weight_of(browser: Browser, address: str) -> float:
    """Load a page with nothing at hand, and give the bytes that came over the line."""
    asked: list[tuple[str, str]] = []
    came: list[tuple[str, float]] = []
    context = browser.new_context(viewport={"width": 390, "height": 844})
    page = context.new_page()
    network = context.new_cdp_session(page)
    network.send("Network.enable")
    network.on(
        "Network.requestWillBeSent", lambda e: asked.append((e["requestId"], e["request"]["url"]))
    )
    network.on(
        "Network.loadingFinished", lambda e: came.append((e["requestId"], e["encodedDataLength"]))
    )
    page.goto(address, wait_until="networkidle")
    inside = {request for request, url in asked if url.startswith("data:")}  # came with a sheet
    weight = sum(size for request, size in came if request not in inside)
    context.close()
    return weight


@pytest.mark.parametrize("name", PAGES)
def test_the_button_changes_the_light(page: Page, served: str, name: str) -> None:
    page.set_viewport_size({"width": 320, "height": 800})
    page.goto(f"{served}/{name}.html", wait_until="networkidle")
    button, seen = page.get_by_role("button", name="Color mode"), set()
    for _ in range(3):
        button.click()
        seen.add(page.locator("html").get_attribute("data-theme"))
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 800})
            assert page.evaluate(TOO_WIDE) == []
    assert seen == {"light", "dark"}


@pytest.mark.parametrize("name", ["index", *PAGES])
def test_a_page_works_as_a_file(page: Page, site: Path, name: str) -> None:
    page.goto(f"file://{site}/{name}.html", wait_until="networkidle")
    expect(page.get_by_role("heading", level=1)).to_have_count(1)
    for figure in page.locator(".llb-widget").all():
        expect(figure).to_have_attribute("data-live", "")


@pytest.mark.parametrize("name", PAGES)
def test_no_role_is_left_unresolved(site: Path, name: str) -> None:
    article = parsed(site / f"{name}.html").article
    assert article is not None
    for code in article.find_all(["pre", "code", "script", "math"]):
        code.decompose()
    assert UNRESOLVED.search(article.get_text()) is None


def test_links_and_anchors_lead_somewhere(site: Path) -> None:
    built = [path for path in site.rglob("*.html") if "_static" not in path.parts]
    read = {path.resolve(): parsed(path) for path in built}
    names = {path: anchors(soup) for path, soup in read.items()}
    broken = [
        f"{path.relative_to(site)}: {address}"
        for path, soup in read.items()
        for address in addresses(soup)
        if not leads(path, address, names)
    ]
    assert broken == []


def parsed(path: Path) -> BeautifulSoup:
    return BeautifulSoup(path.read_text(), "html.parser")


def anchors(soup: BeautifulSoup) -> set[str]:
    return {str(tag[key]) for key in ("id", "name") for tag in soup.select(f"[{key}]")}


def addresses(soup: BeautifulSoup) -> Iterator[str]:
    """Yield what a page links to and what it loads, but for pages on other hosts."""
    for key in ("href", "src"):
        for tag in soup.select(f"[{key}]"):
            outside = urlsplit(str(tag[key])).scheme in ("http", "https", "mailto")
            if not (outside and tag.name == "a"):
                yield str(tag[key])


def leads(page: Path, address: str, names: dict[Path, set[str]]) -> bool:
    parts = urlsplit(address)
    if parts.scheme == "data":
        return True
    if parts.scheme or parts.netloc:
        return False
    target = (page.parent / unquote(parts.path)).resolve() if parts.path else page
    anchor = unquote(parts.fragment)
    return target.is_file() and (not anchor or anchor in names.get(target, ()))


def widget(page: Page, served: str) -> Locator:
    page.goto(f"{served}/exercises/release/missing_bias.html")
    figure = page.locator("#weights-1")
    expect(figure).to_have_attribute("data-live", "")
    expect(figure.locator(".llb-count")).to_have_text(re.compile("^6 of 12 points"))
    return figure


def test_the_widget_by_keyboard(page: Page, served: str) -> None:
    figure = widget(page, served)
    bias = figure.get_by_role("slider", name="b", exact=True)
    bias.focus()
    for _ in range(42):
        page.keyboard.press("ArrowLeft")
    expect(figure.locator(".llb-count")).to_have_text(re.compile("^12 of 12 points"))
    expect(figure.locator("[aria-live]")).to_contain_text("12 of 12 points")


def test_an_exercise_by_keyboard_alone(page: Page, served: str) -> None:
    page.goto(f"{served}/exercises/release/missing_bias.html", wait_until="networkidle")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to main content")).to_be_focused()
    page.keyboard.press("Enter")
    tab_to(page, "#weights-1 input[type=range][id$=b]")
    for _ in range(42):
        page.keyboard.press("ArrowLeft")
    expect(page.locator("#weights-1 [aria-live]")).to_contain_text("12 of 12 points")
    tab_to(page, "details.hint summary")
    page.keyboard.press("Enter")
    expect(page.locator("details.hint p").first).to_be_visible()
    tab_to(page, "a.right-next")
    page.keyboard.press("Enter")
    page.wait_for_url("**/chapters/weighted_connections.html")


def tab_to(page: Page, selector: str) -> None:
    """Press the tabulator until the focus is on ``selector``."""
    for _ in range(200):
        page.keyboard.press("Tab")
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    raise AssertionError(f"no number of tabs leads to {selector}")


def test_the_keyboard_reaches_what_scrolls_and_nothing_far_is_measured(
    page: Page, served: str
) -> None:
    """Measuring lays out what nobody sees; until it comes near, any code block can be reached."""
    for width, stop in ((320, "0"), (1200, "-1")):
        page.set_viewport_size({"width": width, "height": 800})
        page.goto(f"{served}/chapters/weighted_connections.html", wait_until="networkidle")
        near, far = page.locator("pre:visible").first, page.locator("pre:visible").last
        expect(far).to_have_attribute("tabindex", "0")
        near.scroll_into_view_if_needed()
        expect(near).to_have_attribute("tabindex", stop)


def test_the_contents_show_where_the_reader_is(page: Page, served: str) -> None:
    page.set_viewport_size({"width": 1400, "height": 800})
    page.goto(f"{served}/chapters/logits.html", wait_until="networkidle")
    current = page.locator("#pst-page-toc-nav [aria-current=true]")
    page.locator("#summary > h2").evaluate("heading => heading.scrollIntoView()")
    expect(current).to_have_text("Summary")
    expect(page.locator("#pst-page-toc-nav .toc-entry.active")).to_have_text("Summary")
    page.locator("#pst-page-toc-nav").get_by_role("link", name="One word, five meanings").click()
    expect(current).to_have_text("One word, five meanings")


@pytest.mark.parametrize("side", ["primary", "secondary"])
def test_a_drawer_opens_on_a_phone_and_closes_again(page: Page, served: str, side: str) -> None:
    page.set_viewport_size({"width": 390, "height": 800})
    page.goto(f"{served}/chapters/logits.html", wait_until="networkidle")
    drawer, link = page.locator(f"#pst-{side}-sidebar-modal"), f"#pst-{side}-sidebar nav a"
    for close in ("Escape", "beside it"):
        page.get_by_role("button", name=f"Toggle {side} sidebar").click()
        expect(drawer.get_by_role("link").first).to_be_visible()
        assert page.locator(link).count() == 0
        if close == "Escape":
            page.keyboard.press("Escape")
        else:
            page.mouse.click(380 if side == "primary" else 5, 400)
        expect(drawer).to_be_hidden()
        assert page.locator(link).count() > 0


def test_a_search_begun_can_be_left(page: Page, served: str) -> None:
    page.goto(f"{served}/chapters/logits.html", wait_until="networkidle")
    field = page.get_by_role("searchbox")
    for close in ("Escape", "Control+k"):
        page.get_by_role("button", name="Search Ctrl+K").first.click()
        expect(field).to_be_focused()
        page.keyboard.press(close)
        expect(field).to_be_hidden()
    page.goto(f"{served}/search.html", wait_until="networkidle")
    page.keyboard.press("Control+k")
    expect(page.locator(".bd-search-container input[type=search]")).to_be_focused()


def test_the_light_stays_and_follows_the_system_when_asked(page: Page, served: str) -> None:
    page.emulate_media(color_scheme="light")
    page.goto(f"{served}/chapters/logits.html", wait_until="networkidle")
    page.get_by_role("button", name="Color mode").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.goto(f"{served}/intro.html", wait_until="networkidle")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    for mode in ("light", "auto"):
        page.get_by_role("button", name="Color mode").click()
        expect(page.locator("html")).to_have_attribute("data-mode", mode)
    page.emulate_media(color_scheme="dark")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")


def test_the_table_of_contents_stands_where_it_was_left(page: Page, served: str) -> None:
    page.set_viewport_size({"width": 1400, "height": 500})
    page.goto(f"{served}/intro.html", wait_until="networkidle")
    place = "() => document.querySelector('.bd-sidebar-primary').scrollTop"
    page.evaluate("() => { document.querySelector('.bd-sidebar-primary').scrollTop = 120 }")
    page.locator("a.right-next").click()
    page.wait_for_url("**/chapters/*")
    page.wait_for_load_state("networkidle")
    assert page.evaluate(place) == 120


@pytest.mark.parametrize("width", WIDTHS)
def test_a_link_to_a_section_leads_to_it(page: Page, served: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(f"{served}/chapters/weighted_connections.html", wait_until="networkidle")
    for anchor in ("reading-weights-honestly", "exercises", "a-linear-combination"):
        page.goto(f"{served}/chapters/weighted_connections.html#{anchor}")
        expect(page.locator(f"#{anchor} > h2")).to_be_in_viewport()
    page.goto("about:blank")
    page.goto(f"{served}/chapters/weighted_connections.html#reading-weights-honestly")
    expect(page.locator("#reading-weights-honestly > h2")).to_be_in_viewport()


def test_a_search_leads_to_a_page_in_order(page: Page, served: str) -> None:
    page.goto(f"{served}/intro.html", wait_until="networkidle")
    page.keyboard.press("Control+k")
    page.keyboard.type("odds")
    page.keyboard.press("Enter")
    found = page.locator("#search-results li").filter(
        has=page.get_by_role("link", name="Logits", exact=True)
    )
    expect(found.first).to_contain_text("turn a probability into odds and a logit")
    found.first.get_by_role("link").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Logits")
    expect(page.locator("#logit_curve-1")).to_have_attribute("data-live", "")


def test_what_a_search_finds_fits_on_a_phone(page: Page, served: str) -> None:
    page.set_viewport_size({"width": WIDTHS[0], "height": 800})
    page.goto(f"{served}/search.html?q=softmax", wait_until="networkidle")
    expect(page.locator("#search-results .context").last).to_be_attached()
    assert page.evaluate("document.documentElement.scrollWidth") == WIDTHS[0]


@pytest.mark.parametrize("context", [{"color_scheme": "dark"}], indirect=True)
def test_a_page_on_paper(page: Page, served: str) -> None:
    """Whole pages in the light: figures, worked values, and nothing that gives an answer away."""
    page.goto(f"{served}/chapters/weighted_connections.html", wait_until="networkidle")
    assert page.pdf().count(b"/Type /Page\n") > 4
    assert page.evaluate(LOADED) == []
    page.emulate_media(media="print")
    for shown in ("img.only-light", ".llb-worked", "figure svg", ".math-block"):
        expect(page.locator(shown).first).to_be_visible()
    for gone in (".bd-sidebar-primary", ".bd-header-article", ".llb-controls", "img.only-dark"):
        expect(page.locator(gone).first).to_be_hidden()
    assert page.evaluate("getComputedStyle(document.querySelector('article')).color") == INK
    code = "[...document.querySelectorAll('.highlight span')].map((e) => getComputedStyle(e).color)"
    assert set(page.evaluate(code)) == {INK}
    filters = "[...document.images].map((image) => getComputedStyle(image).filter)"
    assert set(page.evaluate(filters)) == {"none"}
    page.goto(f"{served}/exercises/release/model_layers.html", wait_until="networkidle")
    for closed in page.locator("details.hint > *, details.solution > *").all():
        if closed.evaluate("part => part.localName") != "summary":
            expect(closed).to_be_hidden()


@pytest.mark.parametrize(
    "context", [{"java_script_enabled": False, "color_scheme": "dark"}], indirect=True
)
def test_a_chapter_without_script(page: Page, site: Path) -> None:
    page.goto(f"file://{site}/chapters/weighted_connections.html")
    for shown in ("img.only-light", ".llb-worked", "figure svg", ".math-block", "a.right-next"):
        expect(page.locator(shown).first).to_be_visible()
    for gone in ("img.only-dark", ".llb-controls", ".pst-js-only"):
        expect(page.locator(gone).first).to_be_hidden()


def test_the_widget_by_mouse(page: Page, served: str) -> None:
    figure = widget(page, served)
    bias = figure.get_by_role("slider", name="b", exact=True)
    box = bias.bounding_box()
    assert box is not None
    bias.click(position={"x": box["width"] * 0.3, "y": box["height"] / 2})
    expect(figure.locator(".llb-count")).to_have_text(re.compile("^12 of 12 points"))
    bias.click(position={"x": box["width"] - 2, "y": box["height"] / 2})
    expect(figure.locator(".llb-count")).to_have_text(re.compile("^6 of 12 points"))


def test_the_widget_by_numbers(page: Page, served: str) -> None:
    figure = widget(page, served)
    for name, value in (("w1", "2"), ("w2", "2"), ("b", "-8.4")):
        figure.get_by_role("spinbutton", name=f"{name}, as a number").fill(value)
    expect(figure.locator(".llb-count")).to_have_text(re.compile("^12 of 12 points"))
    assert figure.evaluate("figure => figure.llb.source") == (
        'answer = {"b": -8.4, "w1": 2.0, "w2": 2.0}'
    )


@pytest.mark.parametrize("context", [{"java_script_enabled": False}], indirect=True)
def test_without_script_a_picture_stands_for_the_widget(page: Page, served: str) -> None:
    page.goto(f"{served}/exercises/release/missing_bias.html")
    figure = page.locator("#weights-1")
    expect(figure.get_by_role("img", name="Points of two classes")).to_be_visible()
    expect(figure.locator(".llb-count")).to_have_text(re.compile("^6 of 12 points"))
    expect(figure.get_by_role("table")).to_be_visible()
    expect(figure.get_by_role("slider")).to_have_count(0)
    expect(page.get_by_role("heading", level=1)).to_contain_text("The missing bias")
    expect(page.get_by_text("Set w1, w2 and b so that the layer gives")).to_be_visible()


@pytest.mark.parametrize("exercise", EXERCISES.values(), ids=EXERCISES)
def test_the_notebook_can_be_downloaded(page: Page, served: str, exercise: Exercise) -> None:
    page.goto(f"{served}/exercises/release/{exercise.slug}.html")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download the notebook").click()
    assert download.value.suggested_filename == f"{exercise.slug}.ipynb"
    notebook = nbformat.read(download.value.path(), nbformat.NO_CONVERT)
    nbformat.validate(notebook)
    cells = [cell.metadata.nbgrader for cell in notebook.cells if "nbgrader" in cell.metadata]
    assert {cell.schema_version for cell in cells} == {3}
    assert sum(cell.get("points", 0) for cell in cells) == exercise.points
    filled_in = (*exercise.answers, *exercise.written)
    assert {a.grade_id for a in filled_in} == {cell.grade_id for cell in cells if cell.solution}


@pytest.mark.parametrize("exercise", EXERCISES.values(), ids=EXERCISES)
def test_a_solution_is_shown_after_the_hints_or_not_at_all(site: Path, exercise: Exercise) -> None:
    soup = parsed(site / f"exercises/release/{exercise.slug}.html")
    folded = soup.select("details.hint, details.solution")
    hints = (ROOT / exercise.path).read_text().count("```{hint}")
    names = ["hint"] * hints + ["solution"] * exercise.practice
    assert [fold["class"] for fold in folded] == [[name] for name in names]
    assert [fold for fold in folded if fold.has_attr("open")] == []
    shown = "\n".join(
        [answer_stub(cell) for cell in exercise.answers]
        + [cell.source for cell in exercise.cells if cell.kind == "code"]
    )
    lines = {line.strip() for cell in exercise.answers for line in cell.source.splitlines()}
    said = [line for line in lines if line not in shown and not line.startswith("###")]
    solutions = [line for line in said if len(line) >= MIN_LENGTH]  # a bracket gives nothing away
    assert all((line in soup.get_text()) == exercise.practice for line in solutions)


CODE = {s: e for s, e in EXERCISES.items() if not any(cell.widget for cell in e.answers)}
FOLDS = "details.hint, details.solution"


@pytest.mark.parametrize("exercise", CODE.values(), ids=CODE)
def test_hints_open_by_keyboard_one_after_the_other(
    page: Page, served: str, exercise: Exercise
) -> None:
    page.goto(f"{served}/exercises/release/{exercise.slug}.html")
    folds = page.locator(FOLDS).all()
    folds[-1].locator("summary").press("Enter")
    expect(folds[-1].locator("p, pre").first).to_be_hidden()
    page.get_by_role("textbox", name="Your code").first.focus()
    expect(page.locator(".cm-content").first).to_be_focused()  # it knows whole code from half
    for number, fold in enumerate(folds):
        page.get_by_role("textbox", name="Your code").first.fill(f"my_try = {number}")
        inside = fold.locator("p, pre").first
        expect(inside).to_be_hidden()
        fold.locator("summary").focus()
        page.keyboard.press("Enter")
        expect(inside).to_be_visible()
        page.keyboard.press("Space")
        expect(inside).to_be_hidden()


def test_a_hint_needs_a_new_try_that_leaves_nothing_out(page: Page, served: str) -> None:
    address = f"{served}/exercises/release/heads_and_losses.html"
    page.goto(address)
    figure = page.locator("#questions-1")
    expect(figure).to_have_attribute("data-live", "")
    first, second, third = page.locator(FOLDS).all()
    summary = first.locator("summary")
    expect(summary).to_have_text("Hint 1 \u00b7 opens after a complete try")
    expect(page.locator(".hint-how")).to_contain_text("an answer to every question")
    menus = figure.get_by_role("combobox").all()
    for menu in menus:
        summary.press("Enter")
        expect(first.locator("p")).to_be_hidden()
        menu.select_option(index=1)
    summary.press("Enter")
    expect(first.locator("p")).to_be_visible()
    expect(second.locator("summary")).to_have_text("Hint 2 \u00b7 opens after another try")
    second.locator("summary").press("Enter")
    expect(second.locator("p")).to_be_hidden()
    menus[0].select_option(index=2)
    second.locator("summary").press("Enter")
    expect(second.locator("p")).to_be_visible()
    menus[0].select_option(index=1)
    expect(third.locator("summary")).to_have_text("Hint 3 \u00b7 opens after another try")
    page.goto("about:blank")
    page.goto(address)
    expect(second.locator("p")).to_be_visible()
    expect(menus[0]).not_to_have_value("")  # what was chosen is there again
    expect(third.locator("summary")).to_have_text("Hint 3 \u00b7 opens after another try")


@pytest.mark.parametrize("context", [{"java_script_enabled": False}], indirect=True)
def test_without_script_any_hint_folds_open(page: Page, served: str) -> None:
    page.goto(f"{served}/exercises/release/missing_bias.html")
    second = page.locator(FOLDS).nth(1)
    expect(second.locator("p")).to_be_hidden()
    second.locator("summary").click()
    expect(second.locator("p")).to_be_visible()


def test_a_chapter_says_what_its_exercises_ask_for(site: Path) -> None:
    for chapter in {exercise.chapter for exercise in EXERCISES.values()}:
        own = [e for e in EXERCISES.values() if e.chapter == chapter]
        section = parsed(site / f"{chapter}.html").find(id="exercises")
        assert section is not None
        text = " ".join(section.get_text().split())
        for e in own:
            by_hand = sum(cell.points for cell in e.written)
            person = f", {by_hand:g} of them given by a person" if by_hand else ""
            assert f"({e.points:g} points{person}, about {e.minutes} minutes" in text
        graded = [e for e in own if not e.practice]
        points, minutes = (
            sum(e.points for e in graded),
            sum(e.minutes or 0 for e in graded),
        )
        assert f"Graded in this chapter: {points:g} points in about {minutes} minutes." in text


@pytest.mark.parametrize("exercise", EXERCISES.values(), ids=EXERCISES)
def test_a_page_heads_each_check_with_its_points(site: Path, exercise: Exercise) -> None:
    text = parsed(site / f"exercises/release/{exercise.slug}.html").get_text()
    found = Counter(re.findall(r"[Cc]heck, (\S+) points?:", text))
    assert found == Counter(f"{cell.points:g}" if cell.points else "no" for cell in exercise.checks)
    assert "Hidden checks run here" not in text


def test_the_downloaded_notebook_holds_what_the_widget_shows(
    page: Page, served: str, tmp_path: Path
) -> None:
    page.goto(f"{served}/exercises/release/missing_bias.html")
    number = page.get_by_role("spinbutton", name="b, as a number")
    number.fill("-4.2")
    number.press("Tab")
    answer = 'answer = {"b": -4.2, "w1": 1.0, "w2": 1.0}'
    expect(page.get_by_text(answer)).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download the notebook").click()
    path = tmp_path / download.value.suggested_filename
    download.value.save_as(path)
    assert path.name == "missing_bias.ipynb"
    (exercise,) = (e for e in EXERCISES.values() if e.slug == "missing_bias")
    assert Notebook.of(path.read_bytes()).answers(exercise) == {"missing_bias": answer}
