"""Questions in a browser: answered by keyboard, kept in the address, committed before a run."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect
from widget_pages import ASKED, answer_of, live, open_page, start_module

from widgets import Questions

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Page

pytestmark = pytest.mark.browser


def test_questions_are_answered_by_keyboard(page: Page, widget_site: Path) -> None:
    open_page(page, widget_site)
    figure = live(page, "questions-1")
    figure.get_by_label("p", exact=True).press_sequentially("-0.25")
    figure.get_by_role("radio", name="one").focus()
    page.keyboard.press("ArrowDown")
    figure.get_by_role("checkbox", name="c < a").press("Space")
    figure.get_by_role("checkbox", name="a < b").press("Space")
    up = figure.get_by_role("button", name="Move z up")
    up.press("Enter")
    up.press("Enter")
    expect(up).to_be_focused()
    expect(up).to_have_attribute("aria-disabled", "true")
    up.press("Enter")
    card = figure.get_by_role("group", name="What does it cost?")
    card.get_by_label("head").select_option("1 output")
    expect(figure.locator("[data-part=count]")).to_have_text("Recorded: 5 of 8 answered")
    assert answer_of(figure) == {
        "cards": {"price": {"head": "one", "loss": ""}, "spam": {"head": "", "loss": ""}},
        "head": "`BinaryCrossentropy(from_logits=True)`",
        "p": -0.25,
        "row": ["z", "x", "y"],
        "true": ["a < b", "c < a"],
    }
    expect(figure.locator(".llb-live")).to_contain_text("Largest first z; one; two")


def test_questions_come_back_from_the_address_and_reset(page: Page, widget_site: Path) -> None:
    open_page(page, widget_site)
    figure = live(page, "questions-1")
    blank = answer_of(figure)
    figure.get_by_label("p", exact=True).fill("0.5")
    figure.get_by_role("checkbox", name="b < c").check()
    figure.get_by_role("button", name="Move one down").click()
    figure.get_by_label("loss").last.select_option("cross")
    given = answer_of(figure)
    page.wait_for_function("location.hash.includes('cross')")  # what was given last
    page.reload()
    assert answer_of(live(page, "questions-1")) == given != blank
    expect(figure.get_by_role("checkbox", name="b < c")).to_be_checked()
    expect(figure.get_by_label("loss").last).to_have_value("cross")
    expect(figure.get_by_role("listitem").first).to_have_attribute("data-option", "y")
    assert figure.evaluate("figure => [figure.llb.moved, figure.llb.complete]") == [True, False]
    figure.get_by_role("button", name="Reset").click()
    page.wait_for_function("location.hash === ''")
    assert answer_of(figure) == blank
    expect(figure.get_by_label("p", exact=True)).to_have_value("")
    assert figure.evaluate("figure => figure.llb.moved") is False


def test_a_hostile_address_answers_no_question(page: Page, widget_site: Path) -> None:
    hash_ = "#questions-1=p:1e999,head:%E0,true:%5B%22d%22%5D,row:%5B%22x%22,cards:null,z:1"
    open_page(page, widget_site, hash_=hash_ + "&questions-2=same:maybe,committed:1")
    assert live(page, "questions-1").evaluate("figure => figure.llb.moved") is False
    assert live(page, "questions-2").evaluate("figure => figure.llb.moved") is False
    expect(page.locator(".llb-output")).to_be_hidden()


def test_a_run_is_seen_after_the_commitment(page: Page, widget_site: Path) -> None:
    open_page(page, widget_site)
    figure = live(page, "questions-2")
    commit = figure.get_by_role("button", name="Commit and see the run")
    printed = figure.get_by_text("[0.1 0.9]")
    expect(commit).to_be_disabled()
    expect(printed).to_be_hidden()
    figure.get_by_role("radio", name="yes").check()
    commit.press("Enter")
    expect(printed).to_be_visible()
    expect(figure.get_by_text("What the run printed")).to_be_focused()
    expect(figure.get_by_role("radio", name="no")).to_be_disabled()
    expect(figure.locator(".llb-live")).to_contain_text("The run printed: [0.1 0.9]")
    assert answer_of(figure) == {"committed": 1.0, "same": "yes"}
    page.wait_for_function("location.hash === '#questions-2=committed:1,same:yes'")
    page.reload()
    expect(live(page, "questions-2").get_by_text("[0.1 0.9]")).to_be_visible()
    figure.get_by_role("button", name="Reset").click()
    expect(printed).to_be_hidden()
    expect(figure.get_by_role("radio", name="no")).to_be_enabled()


@pytest.mark.parametrize("context", [{"java_script_enabled": False}], indirect=True)
def test_without_script_the_questions_are_read_and_the_run_folds_open(
    page: Page, widget_site: Path
) -> None:
    open_page(page, widget_site)
    figure = page.locator("#questions-1")
    expect(figure.get_by_role("table")).to_contain_text("one (1 output), many (K outputs)")
    expect(figure.locator("noscript")).to_be_visible()
    expect(figure.get_by_role("radio", name="one")).to_be_disabled()
    other = page.locator("#questions-2")
    expect(other.get_by_role("button")).to_have_count(0)
    other.get_by_text("What the run printed").click()
    expect(other.get_by_text("[0.1 0.9]")).to_be_visible()


def test_questions_run_under_anywidget(page: Page) -> None:
    asked = json.loads(ASKED)
    start_module(page, "questions", Questions.from_answer({"p": 1.5}, questions=asked, output="7"))
    page.get_by_role("checkbox", name="b < c").check()
    assert page.evaluate("[model.get('values').true, model.get('values').p, saved]") == [
        ["b < c"],
        1.5,
        1,
    ]
    page.get_by_role("checkbox", name="b < c").uncheck()
    assert page.evaluate("model.get('values').true") == ""
    full = {
        "p": 0.1,
        "head": "one",
        "true": ["c < a"],
        "row": ["y", "x", "z"],
        "committed": 1.0,
        "cards": {card: {"head": "one", "loss": "cross"} for card in ("spam", "price")},
    }
    page.evaluate("values => model.set('values', values)", full)
    moved = page.locator(".llb-live")
    expect(moved).to_have_text(
        Questions.from_answer(full, questions=asked, output="7").describe_state()
    )
    expect(page.get_by_text("7", exact=True)).to_be_visible()
    page.get_by_role("button", name="Reset").click()
    blank = Questions(questions=asked, output="7")
    assert page.evaluate("model.get('values')") == blank.answer
    expect(moved).to_have_text(blank.describe_state())
