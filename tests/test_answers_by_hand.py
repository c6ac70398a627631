"""From the page to the mark: a browser fills a form, its notebook is handed in and graded."""

from __future__ import annotations

import ast
import csv
import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from book import COMMAND, FRONT, ROOT, Book
from playwright.sync_api import expect, sync_playwright

from autograder.shelf import read_shelf

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from playwright.sync_api import Browser, Locator, Page

pytestmark = [pytest.mark.slow, pytest.mark.browser]

FORM = (
    FRONT.format(more="exercise:\n  kind: graded\n")
    + """
# A form

Fill in the form.

```{code-cell} python
---
grade_id: form
solution: true
widget: Questions.from_answer
options:
  questions:
    - key: number
      ask: "How much?"
      number: {label: "*z*", unit: nats}
    - key: choose
      ask: "Which one?"
      choose: {left: "the `left` one", right: "the other"}
    - key: select
      ask: "Which ones?"
      select: [even, odd, prime]
    - key: order
      ask: "Least first"
      order: {two: "2", three: "3", one: "1"}
    - key: match
      ask: "Pair them."
      match: {dog: "a dog", fish: "a fish"}
      slots: {legs: [none, four], says: {woof: "a bark", nothing: "not a word"}}
  output: |
    the run printed 3
---
answer = {
    "committed": 1.0,
    "number": -0.5,
    "choose": "right",
    "select": ["even", "prime"],
    "order": ["one", "two", "three"],
    "match": {
        "dog": {"legs": "four", "says": "woof"},
        "fish": {"legs": "none", "says": "nothing"},
    },
}
```

"""
    + "".join(
        f"""```{{code-cell}} python
:grade_id: {key}
:grade: true
:points: {2**place}

### BEGIN HIDDEN TESTS
assert {claim}, "Look again."
### END HIDDEN TESTS
```

"""
        for place, (key, claim) in enumerate(
            {
                "check_number": 'abs(answer["number"] + 0.5) < 0.01',
                "check_choose": 'answer["choose"] == "right"',
                "check_select": 'answer["select"] == ["even", "prime"]',
                "check_order": 'answer["order"] == ["one", "two", "three"]',
                "check_match": 'answer["match"]["fish"] == {"legs": "none", "says": "nothing"}',
                "check_committed": 'answer["committed"] == 1.0',
            }.items()
        )
    )
)
TOC = "format: jb-book\nroot: intro\nchapters:\n  - file: exercises/release/form\n"
FILES = {
    "_toc.yml": TOC,
    "intro.md": "# A small book\n\nIt has {doc}`exercises/release/form`.\n",
    "references.bib": "",
    "exercises/source/form.md": FORM,
}
POINTS = {"number": 1, "choose": 2, "select": 4, "order": 8, "match": 16}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium",
            args=["--no-sandbox", "--disable-background-networking"],
        )
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """Open a page that fails the test when it complains."""
    context = browser.new_context()
    context.set_default_timeout(60_000)  # of patience on a busy machine
    trouble: list[str] = []
    context.on("weberror", lambda error: trouble.append(str(error.error)))
    yield context.new_page()
    context.close()
    assert trouble == []


def fill(figure: Locator, answer: Mapping[str, Any]) -> None:
    """Give an answer to a form as a person does."""
    expect(figure).to_have_attribute("data-live", "")
    for key, value in answer.items():
        if key != "committed":
            fill_one(figure.locator(f'[data-question="{key}"]'), value)
    if answer.get("committed"):
        figure.get_by_role("button", name="Commit and see the run").click()


def fill_one(question: Locator, value: Any) -> None:  # noqa: ANN401
    if isinstance(value, float):
        question.get_by_role("spinbutton").fill(str(value))
    elif isinstance(value, str):
        question.locator(f'input[value="{value}"]').check()
    elif isinstance(value, dict):
        for card, slots in value.items():
            for slot, option in slots.items():
                menu = question.locator(f'[data-card="{card}"] [data-slot="{slot}"]')
                menu.select_option(option)
    elif question.locator("ol").count():
        put_in_order(question, value)
    else:
        for option in value:
            question.locator(f'input[value="{option}"]').check()


def put_in_order(question: Locator, value: list[str]) -> None:
    """Bring one card after the other to its place, by the keyboard."""
    for place, option in enumerate(value):
        row = question.locator(f'li[data-option="{option}"]')
        moves = row.evaluate("row => [...row.parentNode.children].indexOf(row)") - place
        for _ in range(moves):
            row.get_by_role("button", name="up").press("Enter")


def hand_in(page: Page, path: Path) -> None:
    """Save the notebook that the page hands out."""
    with page.expect_download() as download:
        page.get_by_role("link", name="Download the notebook").click()
    path.parent.mkdir(parents=True)
    download.value.save_as(path)


def grade(folder: Path, sources: Path) -> dict[tuple[str, str], float]:
    """Grade a class as an instructor does; give the marks by student and exercise."""
    out = folder.with_name("out")
    command = [sys.executable, "-m", "autograder", "grade", folder, "--exercises", sources]
    subprocess.run([*map(str, command), "--to", str(out)], check=True)
    with (out / "grades.csv").open() as file:
        return {
            (row["student_id"], row["assignment"]): float(row["raw_score"])
            for row in csv.DictReader(file)
        }


def reference(source: str) -> dict[str, Any]:
    """Read the answer that the author gives."""
    (statement,) = ast.parse(source).body
    assert isinstance(statement, ast.Assign)
    answer: dict[str, Any] = ast.literal_eval(statement.value)
    return answer


def test_each_kind_of_question_earns_its_points(tmp_path: Path, page: Page) -> None:
    book = Book(tmp_path, FILES)
    built = book.build()
    assert built.code == 0, built.output
    (exercise,), _ = read_shelf(book.root)
    right = reference(exercise.answers[0].source)
    students: dict[str, dict[str, Any]] = {key: {key: right[key]} for key in POINTS}
    students |= {"all": right, "nobody": {}}
    for student, answer in students.items():
        page.goto(f"file://{book.site}/exercises/release/form.html#")
        page.reload()  # a clean form: the address held the last one
        fill(page.locator("#questions-1"), answer)
        hand_in(page, tmp_path / "class" / student / "form.ipynb")
    marks = grade(tmp_path / "class", book.root / "exercises/source")
    assert marks == {(s, "form"): POINTS.get(s, 0) for s in students} | {("all", "form"): 63}


FORMS = {
    exercise.slug: exercise
    for exercise in read_shelf(ROOT)[0]
    if any((cell.widget or "").startswith("Questions") for cell in exercise.answers)
}


def test_the_answers_of_the_book_can_be_given_by_hand(tmp_path: Path, page: Page) -> None:
    site = ROOT / "_build/html"
    if not (site / "index.html").is_file():
        subprocess.run(COMMAND, cwd=ROOT, check=True)
    for slug, exercise in FORMS.items():
        page.goto(f"file://{site}/exercises/release/{slug}.html")
        right = reference(exercise.answers[0].source)
        figure = page.locator("#questions-1")
        fill(figure, right)
        assert json.loads(figure.evaluate("figure => figure.llb.answer")) == right
        hand_in(page, tmp_path / "class" / f"student-of-{slug}" / f"{slug}.ipynb")
    marks = grade(tmp_path / "class", ROOT / "exercises/source")
    assert marks == {(f"student-of-{s}", s): e.points for s, e in FORMS.items()}
