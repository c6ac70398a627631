"""The whole book on paper: one page, nothing twice, nothing cut off, nothing given away."""

from __future__ import annotations

import re
import subprocess
import sys
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from book import ROOT
from bs4 import BeautifulSoup
from playwright.sync_api import expect
from pypdf import PdfReader, PdfWriter
from pypdf.generic import Destination
from sphinx_external_toc.parsing import parse_toc_data

from autograder.exceptions import AutograderError
from autograder.format.exercise_set import RELEASE_FOLDER, read_exercise_set
from autograder.format.release import answer_stub
from website.build.table_of_contents import listed_pages
from website.editions.article import article_on_paper
from website.editions.pdf import write_pdf
from website.editions.print_edition import PAGE, book_pages, whole_book

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from playwright.sync_api import Browser
    from playwright.sync_api import Page as Tab

slow = pytest.mark.slow
in_browser = pytest.mark.browser

TOC = {
    "format": "jb-book",
    "root": "intro",
    "parts": [
        {
            "caption": "First",
            "chapters": [{"file": "chapters/a", "sections": [{"file": f"{RELEASE_FOLDER}/x"}]}],
        },
        {"caption": "Tools", "chapters": [{"file": "guides/use", "sections": [{"file": "more"}]}]},
        {"caption": "Last", "chapters": [{"file": "guides/why"}, {"file": "words.md"}]},
    ],
}
A4 = {"width": 650, "height": 1000}  # of the sheet's 794 pixels, those between the margins
TOO_WIDE = """() => {
  const edge = document.querySelector("main").getBoundingClientRect();
  const paints = (e) => e.checkVisibility() && e.getBoundingClientRect().width > 2;
  const cut = (e) =>
    getComputedStyle(e).overflowX !== "visible" && e.scrollWidth > e.clientWidth + 1;
  return [...document.querySelectorAll("main *")].filter(paints)
    .filter((e) => e.getBoundingClientRect().right > edge.right + 1 ||
                   e.getBoundingClientRect().left < edge.left - 1 || cut(e))
    .map((e) => `${e.tagName} ${e.className} ${e.textContent.trim().slice(0, 40)}`);
}"""
AXE = ROOT / ".venv/page-checks/node_modules/axe-core/axe.min.js"
ACCESSIBLE = """async () => (await axe.run({ preload: false })).violations.flatMap((found) =>
  found.nodes.map((node) => `${found.id}: ${found.help}: ${node.html.slice(0, 120)}`))"""
ON_PAPER = [
    name.removesuffix(".md")
    for name in listed_pages(ROOT)
    if not name.startswith(("guides/", "back_matter/verify"))
]
EXERCISES = {
    f"{RELEASE_FOLDER}/{exercise.slug}": exercise for exercise in read_exercise_set(ROOT)[0]
}


def page(body: str, head: str = "") -> str:
    return f'<head>{head}</head><body><article class="bd-article">{body}</article></body>'


def on_paper(body: str, name: str = "chapters/a", **options: str) -> str:
    included = {"intro", "chapters/a", "chapters/b"}
    return article_on_paper(page(body), name, 3, included=included, **options).decode_contents()


def test_what_a_page_holds_stays_as_it_stands() -> None:
    drawn = (
        '<svg viewBox="0 0 1 1"><path d="M0 0"/></svg>&lt;&#8212;<br><p title="a &quot; b">c</p>'
        "<pre>\n &amp;lt;  x\n</pre><math><mi>&#x1D465;</mi></math>"
    )
    assert BeautifulSoup(on_paper(drawn), "html.parser") == BeautifulSoup(drawn, "html.parser")


def test_anchors_are_those_of_the_page() -> None:
    assert on_paper(
        '<p id="one">x</p><label for="two">y</label><i aria-labelledby="a b">z</i>'
    ) == (
        '<p id="chapters/a/one">x</p><label for="chapters/a/two">y</label>'
        '<i aria-labelledby="chapters/a/a chapters/a/b">z</i>'
    )


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("#one", "#chapters/a/one"),
        ("b.html", "#chapters/b"),
        ("b.html#two", "#chapters/b/two"),
        ("../intro.html", "#intro"),
        ("../guides/use.html#now", "SITE/guides/use.html#now"),
        ("../_sources/chapters/a.md", "SITE/_sources/chapters/a.md"),
        ("https://example.org/b.html#x", "https://example.org/b.html#x"),
        ("mailto:a@example.org", "mailto:a@example.org"),
    ],
)
@pytest.mark.parametrize("site", ["", "https://book.example/"])
def test_a_link_leads_into_the_document_or_where_it_led(before: str, after: str, site: str) -> None:
    expected = after.replace("SITE/", site)
    assert on_paper(f'<a href="{before}">x</a>', site=site) == f'<a href="{expected}">x</a>'


def test_headings_stand_below_those_of_the_document() -> None:
    assert on_paper("<h1>a</h1><h2>b</h2><h6>c</h6>") == "<h3>a</h3><h4>b</h4><h6>c</h6>"


def test_what_paper_has_no_use_for_is_left_out() -> None:
    assert (
        on_paper(
            'a<details class="hint"><summary>Hint</summary><p>secret<br></p></details>'
            "<script>x < 1</script><noscript><p>no</p></noscript><button>Press</button>"
            '<img class="figure only-dark" src="d.svg" /><a class="headerlink" href="#x">#</a>'
            '<div class="llb-controls"><div>more</div></div>'
            '<img class="figure only-light" src="../l.svg" loading="lazy" />z'
        )
        == 'a<img class="figure only-light" src="l.svg"/>z'
    )


def test_an_exercise_says_where_its_hints_are() -> None:
    sections = (
        '<p><a class="reference download internal" href="x">Download</a> and more</p>'
        '<section id="hints"><h2>Hints</h2><p>secret</p></section>'
        '<section id="what-the-build-checked"><h2>What</h2></section><p>end</p>'
    )
    text = on_paper(sections, f"{RELEASE_FOLDER}/x")
    assert BeautifulSoup(text, "html.parser").get_text() == (
        "Its hints open one by one on its page.end"
    )
    assert "secret" in on_paper(sections, "chapters/a")  # a chapter may have a section of that name


def test_a_page_without_an_article_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"a\.html holds no article"):
        article_on_paper("<body></body>", "a", 2, included=())


def test_pages_are_in_order_and_parts_on_their_first_page() -> None:
    leaves = book_pages(parse_toc_data(TOC), ["guides/*"])
    assert [(leaf.name, leaf.level, leaf.part) for leaf in leaves] == [
        ("intro", 2, ""),
        ("chapters/a", 3, "First"),
        ("words", 3, "Last"),
    ]
    assert [(leaf.name, leaf.level) for leaf in leaves[1].below] == [(f"{RELEASE_FOLDER}/x", 4)]


def small(**changed: str) -> BeautifulSoup:
    leaves = book_pages(parse_toc_data(TOC), ["guides/*"])
    texts = {
        "intro": '<section id="t"><h1>A &amp; B</h1></section>',
        "chapters/a": '<h1>"One" <code>&lt;i&gt;</code></h1>',
        f"{RELEASE_FOLDER}/x": "<h1>X</h1>",
        "words": f'<h1>W</h1><a href="{RELEASE_FOLDER}/x.html#hints">hints</a>',
    } | changed
    style = "<style>b { color: red }</style>"
    found = {name: page(text, style) for name, text in texts.items()}
    about = {"author": "N. N.", "edition": "Version 1", "picture": "logo.svg"}
    return BeautifulSoup(whole_book(leaves, found, title="A & B", **about), "html.parser")


def test_a_document_has_a_cover_and_contents() -> None:
    made = small()
    assert made.header is not None
    assert made.header.get_text(" ", strip=True) == "A & B N. N. Version 1"
    contents = made.select_one("nav.llb-contents")
    assert contents is not None
    assert [a["href"] for a in contents.find_all("a")] == [
        f"#{name}" for name in ("intro", "chapters/a", f"{RELEASE_FOLDER}/x", "words")
    ]
    assert contents.get_text(" ", strip=True) == ('Contents Introduction First "One" <i> X Last W')


def test_the_first_page_is_not_called_as_the_book() -> None:
    assert [h.get_text() for h in small().find_all("h2")] == [
        "Contents",
        "Introduction",
        "First",
        "Last",
    ]
    other = small(intro="<h1>Welcome</h1>")
    assert [h.get_text() for h in other.find_all("h2")][1] == "Welcome"


def test_a_chapter_stands_above_its_sheets() -> None:
    (style,) = (s.get_text() for s in small().find_all("style") if "@page sheet-2" in s.get_text())
    assert r'@page sheet-2 { @top-right { content: "\22 One\22  \3c i>"; } }' in style


def test_a_style_of_many_pages_is_there_once() -> None:
    assert str(small()).count("b { color: red }") == 1


def test_a_link_to_what_was_left_out_leads_to_the_page() -> None:
    assert small().find("a", string="hints")["href"] == f"#{RELEASE_FOLDER}/x"  # type: ignore[index]


@pytest.fixture(scope="module")
def book(site: Path) -> BeautifulSoup:
    return BeautifulSoup((site / PAGE).read_text("utf-8"), "html.parser")


@slow
def test_every_page_is_in_the_book_once(book: BeautifulSoup) -> None:
    assert [article["id"] for article in book.find_all("article")] == ON_PAPER
    assert set(EXERCISES) <= set(ON_PAPER)


@slow
def test_every_link_inside_leads_to_one_place(book: BeautifulSoup) -> None:
    anchors = [str(tag["id"]) for tag in book.find_all(id=True)]
    assert len(anchors) == len(set(anchors))
    inside = {str(a["href"])[1:] for a in book.find_all("a", href=re.compile("^#"))}
    assert inside - set(anchors) == set()
    assert len(inside) > 100


@slow
def test_no_link_leaves_the_book_for_a_page_that_is_in_it(site: Path, book: BeautifulSoup) -> None:
    out = [str(a["href"]).partition("#")[0] for a in book.select("article a[href]")]
    local = {to for to in out if to and not to.startswith(("http:", "https:", "mailto:"))}
    assert [to for to in local if not (site / to).is_file()] == []
    assert [to for to in local if to.removesuffix(".html") in ON_PAPER] == []


@slow
def test_nothing_in_the_book_gives_an_answer_away(site: Path, book: BeautifulSoup) -> None:
    assert book.select("details, .hint, .solution, script") == []
    for name, exercise in EXERCISES.items():
        text = " ".join(book.find(id=name).get_text().split())  # type: ignore[union-attr]
        own = BeautifulSoup((site / f"{name}.html").read_text("utf-8"), "html.parser")
        hints = [" ".join(p.get_text().split()) for p in own.select("details.hint p")]
        assert hints
        assert [hint for hint in hints if hint in text] == []
        shown = "".join(map(answer_stub, exercise.answers)) + "".join(
            c.source for c in exercise.cells
        )
        lines = {line.strip() for cell in exercise.answers for line in cell.source.splitlines()}
        said = {line for line in lines if len(line) > 20 and shown.count(line) < 2}
        assert [line for line in said if line in text and line not in shown] == []


@slow
def test_search_engines_and_the_search_find_the_pages_alone(
    site: Path, book: BeautifulSoup
) -> None:
    (robots,) = book.select("meta[name=robots]")
    assert robots["content"] == "noindex"
    assert "book.html" not in (site / "searchindex.js").read_text("utf-8")
    assert '"book"' not in re.findall(r"docnames:\[.*?\]", (site / "searchindex.js").read_text())


@pytest.fixture
def tab(browser: Browser, site: Path) -> Iterator[Tab]:
    """Open the book from a file, in the dark; a complaint of the page fails the test."""
    context = browser.new_context(color_scheme="dark", viewport=A4)  # type: ignore[arg-type]
    context.set_default_timeout(120_000)  # of patience on a busy machine
    opened, trouble = context.new_page(), list[str]()
    opened.on("console", lambda line: trouble.append(line.text))
    opened.on("pageerror", lambda error: trouble.append(str(error)))
    opened.on("requestfailed", lambda request: trouble.append(request.url))
    opened.goto(f"file://{site / PAGE}")
    yield opened
    context.close()
    assert trouble == []


@slow
@in_browser
def test_nothing_is_wider_than_the_paper(tab: Tab) -> None:
    tab.emulate_media(media="print")
    assert tab.evaluate(TOO_WIDE) == []


@slow
@in_browser
def test_paper_shows_figures_and_no_controls(tab: Tab) -> None:
    tab.emulate_media(media="print")
    for shown in (
        "img.only-light",
        ".llb-worked",
        "figure svg[viewBox]",  # for a browser it has its capital
        ".math-block",
        ".llb-contents",
    ):
        expect(tab.locator(shown).first).to_be_visible()
    expect(tab.locator(".llb-book-top")).to_be_hidden()
    assert tab.locator("main button").count() == 0
    assert tab.evaluate("getComputedStyle(document.querySelector('main')).color") == (
        "rgb(31, 35, 40)"
    )
    unloaded = "[...document.images].filter((i) => !i.naturalWidth).map((i) => i.src)"
    assert tab.evaluate(unloaded) == []


@slow
@in_browser
def test_axe_finds_nothing_in_the_book(tab: Tab) -> None:
    tab.evaluate(AXE.read_text())
    assert tab.evaluate(ACCESSIBLE) == []


@slow
@in_browser
def test_the_sidebar_leads_to_the_book(browser: Browser, site: Path) -> None:
    opened = browser.new_page(viewport={"width": 1200, "height": 900})
    opened.goto(f"file://{site}/chapters/logits.html")
    opened.get_by_role("link", name="Print the whole book").click()
    expect(opened.get_by_role("heading", level=1)).to_have_text("Logits, Layer by Layer")
    opened.get_by_role("link", name="Back to the pages").click()
    opened.wait_for_url("**/intro.html")
    opened.close()


@pytest.fixture(scope="module")
def printed(site: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[int, bytes]:
    """Run the command as `make pdf` does: in the book's folder."""
    to = tmp_path_factory.mktemp("pdf") / "book.pdf"
    command = [str(Path(sys.executable).with_name("book")), "pdf", "--to", str(to)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert not list(site.parent.glob(".pdf-*"))
    found = re.fullmatch(rf"{re.escape(str(to))}: (\d+) pages, [\d.]+ MiB\n", done.stdout)
    assert found is not None
    return int(found[1]), to.read_bytes()


@slow
@in_browser
def test_the_pdf_has_an_outline_of_all_chapters(
    printed: tuple[int, bytes], book: BeautifulSoup
) -> None:
    sheets, pdf = printed
    assert 100 < sheets < 200
    assert b"/MarkInfo <</Type /MarkInfo\n/Marked true" in pdf
    listed = list(outline(PdfReader(BytesIO(pdf)).outline))
    assert listed[0] == "Logits, Layer by Layer"
    links = book.select("nav.llb-contents a[href]")
    titles = [" ".join(link.get_text().split()) for link in links]
    assert [title for title in listed if title in titles] == titles


@slow
@in_browser
def test_the_pdf_names_no_file_of_this_machine(printed: tuple[int, bytes]) -> None:
    assert re.findall(rb"/URI \((?!https?:)[^)]*", printed[1]) == []
    assert b"file:" not in printed[1]


def outline(entries: Iterable[object]) -> Iterator[str]:
    """Yield the titles of the outline, in its order: each entry, then those below it."""
    for entry in entries:
        if isinstance(entry, Destination):
            yield str(entry.title)
        elif isinstance(entry, list):
            yield from outline(entry)


def test_the_contents_say_on_which_sheet_a_page_begins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The browser here hands out a PDF of three sheets, and keeps the page that it was given."""
    pdf = PdfWriter()
    for _ in range(3):
        pdf.add_blank_page(100, 100)
    pdf.add_named_destination("chapters/a b", page_number=2)
    pdf.write(tmp_path / "made.pdf")
    (tmp_path / "html").mkdir()
    (tmp_path / "html" / PAGE).write_text(
        '<head></head><nav class="llb-contents"><a href="#chapters/a b">A</a> <a href="#x">X</a>'
        '</nav><a href="#x">inside</a><a class="k" href="index.html">back</a>'
        '<a href="https://example.org/">out</a><svg viewBox="0 0 1 1"></svg>&lt;',
        "utf-8",
    )
    browser = tmp_path / "chromium"
    browser.write_text(
        f"#!{sys.executable}\nimport shutil, sys\nfrom urllib.request import urlretrieve\n"
        f'urlretrieve(sys.argv[-1], "{tmp_path}/given.html")\n'
        'made = next(a.partition("=")[2] for a in sys.argv if a.startswith("--print-to-pdf="))\n'
        f'shutil.copy("{tmp_path}/made.pdf", made)\n'
    )
    browser.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert write_pdf(tmp_path / "html", tmp_path / "book.pdf") == 3
    given = (tmp_path / "given.html").read_text("utf-8")
    assert given.startswith("<head><style>@page { size: A4; }</style></head>")
    for link in (
        '<a data-page="3" href="#chapters/a b">A</a>',
        '<a href="#x">X</a>',
        '<a href="#x">inside</a>',
        '<a class="k">back</a>',
        '<a href="https://example.org/">out</a>',
    ):
        assert link in given
    assert given.endswith("</svg>&lt;")


def test_without_chromium_the_pdf_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "html").mkdir()
    (tmp_path / "html" / PAGE).write_text("<head></head>", "utf-8")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(AutograderError, match=r"apt-get install chromium\), or open book\.html"):
        write_pdf(tmp_path / "html", tmp_path / "book.pdf")


def test_a_browser_that_prints_nothing_is_quoted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "html").mkdir()
    (tmp_path / "html" / PAGE).write_text("<head></head>", "utf-8")
    (tmp_path / "chromium").write_text("#!/bin/sh\necho no display >&2\n")
    (tmp_path / "chromium").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(AutograderError, match="wrote no PDF; it said: no display"):
        write_pdf(tmp_path / "html", tmp_path / "book.pdf")
    assert not list(tmp_path.glob(".pdf-*"))


def test_without_a_built_book_there_is_no_pdf(tmp_path: Path) -> None:
    with pytest.raises(AutograderError, match=r"book\.html: is not there; build the book first"):
        write_pdf(tmp_path, tmp_path / "book.pdf")
