"""The small book with and without the address of a repository."""

from __future__ import annotations

import json
import zipfile
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import nbformat
import pytest
import yaml
from book import CHAPTER, Book
from bs4 import BeautifulSoup

from website.editions.offline_zip import write_zip

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Browser

pytestmark = pytest.mark.slow

ADDRESS = "https://github.com/somebody/logits-for-learners"
PAGE = "chapters/sums"
FIGURE = """
```{code-cell} python
from IPython.display import SVG

SVG('<svg xmlns="http://www.w3.org/2000/svg" width="72pt" height="36pt" viewBox="0 0 72 36">'
    '<path d="M0 0h72v36z" style="fill: #0072b2"/></svg>')
```
"""


@pytest.fixture(scope="module")
def make(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Book]:
    def make_book(name: str, **settings: object) -> Book:
        book = Book(tmp_path_factory.mktemp(name))
        book.write("chapters/sums.md", CHAPTER + FIGURE)
        book.write("pyproject.toml", '[project]\nname = "sums"\nversion = "0.7.1"\n')
        config = yaml.safe_load(book.read("_config.yml"))
        config["sphinx"]["config"]["redirects"] = settings.pop("redirects", {})
        book.configure(**{**config, **settings})
        built = book.build()
        assert (built.code, built.summary) == (0, []), built.output[-3000:]
        return book

    return make_book


@pytest.fixture(scope="module")
def alone(make: Callable[..., Book]) -> Book:
    return make("alone", redirects={"sums/old": PAGE}, repository={"url": ""})


@pytest.fixture(scope="module")
def public(make: Callable[..., Book]) -> Book:
    return make("public", repository={"url": ADDRESS, "branch": "main"})


def links(book: Book, page: str = PAGE) -> dict[str, str]:
    """Give the addresses behind the buttons at the top of a page, by their words."""
    header = BeautifulSoup(book.page(page), "html.parser").select_one(".article-header-buttons")
    assert header is not None
    return {a.get_text(strip=True): str(a["href"]) for a in header.find_all("a", href=True)}


def test_without_an_address_no_button_leads_out(alone: Book) -> None:
    assert set(links(alone)) == {".ipynb", ".md"}


def test_launch_buttons_open_notebooks(public: Book) -> None:
    found = links(public)
    notebook = "chapters/sums.ipynb"
    assert found["Binder"].endswith(f"/logits-for-learners/main?urlpath=lab/tree/{notebook}")
    assert found["Colab"].endswith(f"/logits-for-learners/blob/main/{notebook}")
    exercise = links(public, "exercises/release/add_bias")
    assert exercise["Binder"].endswith("urlpath=lab/tree/exercises/release/add_bias.ipynb")
    assert "Binder" not in links(public, "intro")


def test_a_report_names_page_and_version(public: Book) -> None:
    found = links(public)
    report = parse_qs(urlsplit(found["Report an issue"]).query)
    assert found["Report an issue"].startswith(f"{ADDRESS}/issues/new?")
    assert report["title"] == ["chapters/sums: "]
    assert "Page: chapters/sums\nVersion: 0.7.1\n" in report["body"][0]
    assert found["Ask a question"].startswith(f"{ADDRESS}/discussions/new?")
    assert found["Suggest edit"] == f"{ADDRESS}/edit/main/chapters/sums.md"
    assert found["Repository"] == ADDRESS


@pytest.mark.browser
def test_a_report_names_the_section_and_what_the_widgets_show(
    public: Book, browser: Browser
) -> None:
    page = browser.new_page()
    state = "weights-1=b:-3.5,w1:1,w2:1"
    page.goto(f"file://{public.site}/exercises/release/separate.html#{state}")
    page.get_by_role("button", name="Source repositories").click()
    link = page.get_by_role("link", name="Report an issue")
    for _ in range(2):  # what is said once is not said twice
        link.focus()
        link.blur()
    (body,) = parse_qs(urlsplit(link.get_attribute("href") or "").query)["body"]
    assert body.count("Section: Separate the points") == 1
    assert body.count(f"Widgets and place: #{state}") == 1
    assert "Page: exercises/release/separate" in body


def test_a_page_downloads_as_a_notebook(public: Book, alone: Book) -> None:
    path = alone.site / "_sources/chapters/sums.ipynb"
    assert (path.parent.parent / "chapters" / links(alone)[".ipynb"]).name == path.name
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    sources = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    assert "from helper import spoken" in sources[0]
    assert not any(cell.get("outputs") for cell in notebook.cells)
    installing = json.loads((public.site / "_sources/chapters/sums.ipynb").read_text())
    assert f"git+{ADDRESS}" in "".join(installing["cells"][0]["source"])


def test_a_second_build_leaves_the_same_site(alone: Book) -> None:
    (archive,) = alone.site.parent.glob("logits-layer-by-layer*.zip")
    before = archive.read_bytes()
    assert alone.build().code == 0
    assert archive.read_bytes() == before
    assert not list(alone.site.rglob("fontawesome*"))


def test_an_old_address_leads_to_the_new_page(alone: Book) -> None:
    note = BeautifulSoup(alone.page("sums/old"), "html.parser")
    assert note.a is not None
    assert note.a["href"] == "../chapters/sums.html"
    assert 'location.replace("../chapters/sums.html" + location.hash)' in str(note.script)


def test_a_figure_stands_in_both_lights(alone: Book) -> None:
    page = BeautifulSoup(alone.page(PAGE), "html.parser")
    light, dark = page.select("img.figure")
    assert (light["class"], dark["class"]) == (["figure", "only-light"], ["figure", "only-dark"])
    assert "#0072b2" not in (alone.site / "chapters" / str(dark["src"])).read_text()
    assert {light["loading"], dark["loading"]} == {"lazy"}
    assert (light["width"], light["height"]) == ("96", "48")


def test_the_offline_copy_is_the_site(alone: Book, tmp_path: Path) -> None:
    (archive,) = alone.site.parent.glob("logits-layer-by-layer*.zip")
    with zipfile.ZipFile(archive) as packed:
        names = packed.namelist()
        assert f"{archive.stem}/index.html" in names
        packed.extractall(tmp_path / "unpacked")
    again = tmp_path / archive.name
    write_zip(tmp_path / "unpacked" / archive.stem, again)
    assert again.read_bytes() == archive.read_bytes()
