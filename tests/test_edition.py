"""The version and the date at the foot of each page."""

from __future__ import annotations

import tomllib
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from book import ROOT, Book

from website.pages.edition import edition

if TYPE_CHECKING:
    from pathlib import Path


def test_the_edition_names_the_version_and_a_date_that_can_be_fixed(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[project]\nversion = "1.2.3"\n', "utf-8")
    fixed = {"SOURCE_DATE_EPOCH": "1767225599"}
    assert edition(tmp_path, fixed) == "Version 1.2.3, built on 2025-12-31"
    (tmp_path / "pyproject.toml").unlink()
    assert edition(tmp_path, fixed) == "Built on 2025-12-31"


def test_without_a_fixed_date_it_is_today(tmp_path: Path) -> None:
    before = datetime.now(UTC)
    built = edition(tmp_path, {}).removeprefix("Built on ")
    assert before.date().isoformat() <= built <= datetime.now(UTC).date().isoformat()


@pytest.mark.slow
def test_every_page_of_the_book_says_which_edition_it_is(site: Path) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    for page in ("intro.html", "chapters/logits.html", "exercises/release/model_layers.html"):
        assert f"Version {project['version']}, built on 2" in (site / page).read_text("utf-8")


@pytest.mark.slow
def test_two_builds_with_one_date_are_the_same_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1767225599")

    def built(name: str) -> dict[str, bytes]:
        book = Book(tmp_path / name)
        assert book.build().code == 0
        found = (path for path in book.site.rglob("*") if path.is_file())
        return {path.relative_to(book.site).as_posix(): path.read_bytes() for path in found}

    first = built("one")
    assert b"Built on 2025-12-31" in first["intro.html"]
    assert first == built("two")
