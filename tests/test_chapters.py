"""The book's contents: eight chapters with all that a chapter has, and the back matter."""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING

import pytest
from book import ROOT
from bs4 import BeautifulSoup, Tag

from autograder.format.exercise_set import read_exercise_set
from website.build.table_of_contents import handwritten_pages

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from playwright.sync_api import Browser

    from autograder.format.source import Exercise

SYLLABUS = [
    "fully_connected_layer",
    "weighted_connections",
    "logits",
    "regression_versus_classification",
    "probabilities",
    "losses_from_logits",
    "training",
    "where_logits_appear",
]
BACK_MATTER = [
    "glossary",
    "notation",
    "cheat_sheet",
    "tensorflow_1_to_2",
    "bibliography",
    "verify_a_certificate",
    "how_this_book_is_built",
]
LISTED = handwritten_pages(ROOT)
TERM = re.compile(r"\{term\}`(?:[^`<]*<)?([^`>]+)>?`")
each_chapter = pytest.mark.parametrize("name", SYLLABUS)


@functools.cache
def exercises() -> Sequence[Exercise]:
    """Return the book's exercises, which are read once."""
    found, errors = read_exercise_set(ROOT)
    assert not errors
    return found


def source(name: str) -> str:
    """Return the text of a chapter."""
    return (ROOT / f"chapters/{name}.md").read_text("utf-8")


def article(site: Path, name: str) -> Tag:
    """Return what the built page of a chapter holds, without its frame."""
    page = BeautifulSoup((site / f"chapters/{name}.html").read_text("utf-8"), "html.parser")
    found = page.article
    assert found is not None
    return found


def section(page: Tag, title: str) -> Tag:
    """Return the section of a page that has this title."""
    headings = [h for h in page.find_all("h2") if h.get_text().rstrip("#") == title]
    assert len(headings) == 1, f"no section {title}"
    found = headings[0].find_parent("section")
    assert found is not None
    return found


def test_the_chapters_come_in_the_order_of_the_syllabus() -> None:
    listed = [name for name in LISTED if name.startswith("chapters/")]
    assert listed == [f"chapters/{name}.md" for name in SYLLABUS]


@pytest.mark.slow
@each_chapter
def test_a_chapter_asks_first_and_says_what_readers_will_be_able_to_do(
    site: Path, name: str
) -> None:
    page = article(site, name)
    first = page.select_one("figure, p:not(.admonition-title)")
    assert first is not None
    assert "llb-widget" in first.get_attribute_list("class"), "the figure comes first"
    caption = first.find("figcaption")
    assert caption is not None
    assert "?" in caption.get_text(), "its caption asks something"
    promise = page.find("p", string=re.compile("^By the end you can"))
    assert promise is not None
    objectives = promise.find_next_sibling("ul")
    assert isinstance(objectives, Tag)
    assert 3 <= len(objectives.find_all("li")) <= 6
    assert all(item.find("strong") for item in objectives.find_all("li")), "verbs are bold"


@pytest.mark.slow
@each_chapter
def test_a_chapter_sums_up(site: Path, name: str) -> None:
    page = article(site, name)
    assert section(page, "Summary").find("p") is not None
    assert len(section(page, "Key points").find_all("li")) >= 4
    assert section(page, "Further reading").find("div", class_="citation") is not None


@pytest.mark.slow
@each_chapter
def test_a_chapter_links_to_its_exercises(site: Path, name: str) -> None:
    links = [str(a["href"]) for a in section(article(site, name), "Exercises").find_all("a")]
    linked = [re.sub(r".*/release/(\w+)\.html.*", r"\1", link) for link in links]
    slugs = {e.slug for e in exercises() if e.chapter == f"chapters/{name}"}
    assert slugs
    assert slugs <= set(linked)


@each_chapter
def test_a_chapter_predicts_before_it_runs(name: str) -> None:
    assert source(name).count("**Predict") >= 3


@pytest.mark.parametrize("name", SYLLABUS[:4])
def test_a_chapter_of_part_one_drives_a_real_layer_with_ipywidgets(name: str) -> None:
    text = source(name)
    assert "from ipywidgets import interact" in text
    assert "if live_kernel():" in text


@each_chapter
def test_a_chapter_has_exercises_in_code_and_with_a_widget(name: str) -> None:
    own = [e for e in exercises() if e.chapter == f"chapters/{name}"]
    kinds = {bool(cell.widget) for exercise in own for cell in exercise.answers}
    assert kinds == {True, False}


def test_there_is_as_much_to_do_as_the_syllabus_asks() -> None:
    assert len(exercises()) >= 18
    assert sum(exercise.points for exercise in exercises() if not exercise.practice) >= 60
    for exercise in exercises():
        assert len(exercise.wrong_answers) >= 3, exercise.slug
        assert exercise.minutes, exercise.slug
        assert exercise.difficulty, exercise.slug


def test_back_matter_ends_the_book() -> None:
    expected = [f"back_matter/{name}.md" for name in BACK_MATTER]
    assert LISTED[-len(BACK_MATTER) :] == expected


def test_every_term_of_the_glossary_is_linked_from_a_chapter() -> None:
    glossary = (ROOT / "back_matter/glossary.md").read_text("utf-8")
    body = glossary.partition(":sorted:")[2].partition("```")[0]
    terms = {line for line in body.splitlines() if line and not line.startswith(" ")}
    used = {term for name in SYLLABUS for term in TERM.findall(source(name))}
    assert terms
    assert terms - used == set()


@each_chapter
def test_a_chapter_links_a_term_only_at_its_first_use(name: str) -> None:
    found = TERM.findall(source(name))
    assert len(found) >= 4
    assert len(found) == len(set(found))


def test_every_source_of_the_bibliography_is_cited() -> None:
    keys = re.findall(
        r"^@\w+\{([^,]+),", (ROOT / "references.bib").read_text("utf-8"), re.MULTILINE
    )
    text = "".join((ROOT / name).read_text("utf-8") for name in LISTED)
    cited = {key for group in re.findall(r"\{cite\}`([^`]+)`", text) for key in group.split(",")}
    assert keys
    assert [key for key in keys if not any(c.strip().endswith(key) for c in cited)] == []


@pytest.mark.slow
@pytest.mark.browser
def test_the_notation_fits_on_one_sheet_of_paper(site: Path, browser: Browser) -> None:
    page = browser.new_page()
    page.goto(f"file://{site}/back_matter/notation.html")
    sheets = {size: page.pdf(format=size) for size in ("A4", "Letter")}
    counts = {size: len(re.findall(rb"/Type\s*/Page\b", pdf)) for size, pdf in sheets.items()}
    assert counts == {"A4": 1, "Letter": 1}
