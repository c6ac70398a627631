"""The page that verifies certificates, in a real browser, from a file and with no network."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
import zxingcpp
from book import ROOT, TOC, Book
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from PIL import Image
from playwright.sync_api import expect

from autograder.certificates.certificate_files import certificate_page
from autograder.certificates.credential import Person, make_credential, public_jwk, sign_credential
from autograder.certificates.criteria import Criteria, Standing
from autograder.certificates.signing_key import public_key_line

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page, Request

pytestmark = [pytest.mark.slow, pytest.mark.browser]

NAME = "back_matter/verify_a_certificate"
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
AWARD = Criteria("Logits", "Reads logits.", "A school", public_key=public_jwk(KEY)["x"])
CONFIG = f"""title = "Logits"
description = "Reads logits."
issuer = "A school"
{public_key_line(AWARD.jwk)}
"""
NOW = datetime.now(UTC) - timedelta(hours=1)
BADGE = make_credential(AWARD, Standing("ada", 46.5, 57.0, 45.6), Person("Ada <b>"), NOW)
TOKEN = sign_credential(BADGE, KEY)


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Book:
    """Build a small book with the page."""
    book = Book(tmp_path_factory.mktemp("certificates"))
    book.write("_toc.yml", f"{TOC}  - file: {NAME}\n")
    book.write(f"{NAME}.md", (ROOT / f"{NAME}.md").read_text("utf-8"))
    book.write("exercises/source/certificate.toml", CONFIG)
    built = book.build()
    assert built.code == 0, built.output
    return book


@pytest.fixture
def page(browser: Browser, book: Book) -> Iterator[Page]:
    page = browser.new_page()
    trouble: list[str] = []

    def watch(request: Request) -> None:
        if request.url.startswith("http"):
            trouble.append(request.url)

    page.on("pageerror", lambda error: trouble.append(str(error)))
    page.on("request", watch)
    page.goto(address(book))
    yield page
    page.close()
    assert trouble == []


def address(book: Book) -> str:
    return (book.site / f"{NAME}.html").as_uri()


def paste(page: Page, token: str) -> None:
    page.get_by_role("textbox", name="The certificate, as text").fill(token)


def says(page: Page, text: str) -> None:
    expect(page.locator("#llb-verdict")).to_contain_text(text)


def resigned(key: Ed25519PrivateKey = KEY, **changed: object) -> str:
    return sign_credential({**BADGE, **changed}, key)


def test_a_certificate_is_verified(page: Page) -> None:
    paste(page, f"\n{TOKEN}\n")
    says(page, "Genuine and unchanged.")
    facts = page.locator("#llb-verdict dd").all_inner_texts()
    assert facts[:5] == [
        "Ada <b>",
        "Logits. Reads logits.",
        "46.5 of 57",
        "At least 80 % of the 57 points of all graded exercises.",
        "A school",
    ]
    paste(page, "")
    expect(page.locator("#llb-verdict")).to_be_empty()


def test_one_changed_character_is_refused(page: Page) -> None:
    head, body, _ = TOKEN.split(".")
    first, second = len(head), len(head) + 1 + len(body)
    places = {0, 9, first - 1, first, first + 1, first + 50, second - 1, second, second + 1}
    for place in sorted({*places, second + 40, len(TOKEN) - 1}):
        other = "B" if TOKEN[place] == "A" else "A"
        paste(page, TOKEN[:place] + other + TOKEN[place + 1 :])
        says(page, "Refused: ")
        expect(page.locator("dl dd")).to_have_count(0)
        paste(page, TOKEN)
        says(page, "Genuine and unchanged.")


def test_what_is_refused_and_why(page: Page) -> None:
    changed = TOKEN[:-86] + resigned(name="Another")[-86:]
    last = TOKEN[:-1] + chr(ord(TOKEN[-1]) + 1)  # the same bytes, spelled otherwise
    later = NOW + timedelta(days=2)
    ended = make_credential(
        replace(AWARD, valid_days=1e-3), Standing("a", 1, 1, 1), Person("A"), NOW
    )
    for token, reason in {
        "hello": "it is no signed token, or not a whole one",
        f"{TOKEN}.x": "it is no signed token, or not a whole one",
        last: "it is no signed token, or not a whole one",
        changed: "its signature does not match what it says: a character of it was changed",
        resigned(Ed25519PrivateKey.generate()): "it is signed with another key",
        sign_credential(make_credential(AWARD, Standing("a", 1, 1, 1), Person("A"), later), KEY): (
            f"it does not hold before {later.day} {later:%B} {later.year}"
        ),
        sign_credential(ended, KEY): "it has expired on",
        resigned(jti="urn:other"): "it is no Open Badges credential",
        resigned(credentialSubject={"id": BADGE["sub"]}): "it is no Open Badges credential",
        resigned(type="VerifiableCredential"): "it is no Open Badges credential",
    }.items():
        paste(page, token)
        says(page, f"Refused: {reason}")


def test_it_comes_by_the_address_or_as_a_file(page: Page, book: Book, tmp_path: Path) -> None:
    page.goto("about:blank")
    page.goto(f"{address(book)}#{TOKEN}")
    says(page, "Genuine and unchanged.")
    path = tmp_path / "ada.jwt"
    path.write_text(resigned(jti="urn:other"))
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Choose a file").press("Enter")
    chooser.value.set_files(path)
    says(page, "Refused: ")
    page.evaluate(
        """text => {
          const data = new DataTransfer();
          data.items.add(new File([text], "ada.jwt"));
          const drop = new DragEvent("drop", { dataTransfer: data, cancelable: true });
          document.getElementById("llb-token").dispatchEvent(drop);
        }""",
        TOKEN,
    )
    says(page, "Genuine and unchanged.")


def test_a_browser_that_cannot_verify_says_so(page: Page) -> None:
    page.evaluate("() => { crypto.subtle.importKey = async () => { throw new Error('no'); }; }")
    paste(page, TOKEN)
    says(page, "This browser cannot verify it: that takes Ed25519")


def test_the_sheet_is_one_and_its_code_leads_to_the_page(browser: Browser, book: Book) -> None:
    criteria = replace(AWARD, verify_page=address(book))
    with browser.new_context(viewport={"width": 900, "height": 1200}) as context:
        sheet = context.new_page()
        sheet.set_content(certificate_page(TOKEN, criteria))
        assert sheet.pdf(prefer_css_page_size=True).count(b"/Type /Page\n") == 1
        found = read_code(sheet)
        assert found == f"{address(book)}#{TOKEN}"
        sheet.goto(found)
        says(sheet, "Genuine and unchanged.")
        sheet.set_content(certificate_page(TOKEN, AWARD))
        assert read_code(sheet) == TOKEN


def read_code(sheet: Page) -> str:
    picture: Any = Image.open(io.BytesIO(sheet.locator("svg").screenshot()))
    (code,) = zxingcpp.read_barcodes(picture)
    return str(code.text)


def test_without_a_published_key_nothing_is_to_be_trusted(browser: Browser, book: Book) -> None:
    with book.changed("exercises/source/certificate.toml", public_key_line(AWARD.jwk), ""):
        assert book.build().code == 0
        page = browser.new_page()
        page.goto(address(book))
        expect(page.get_by_text("This book has published no key yet")).to_be_visible()
        expect(page.get_by_role("textbox")).to_have_count(0)
        page.close()
    with book.changed("exercises/source/certificate.toml", "issuer =", "isuer ="):
        assert "`isuer` is not known" in "\n".join(book.build().summary)
