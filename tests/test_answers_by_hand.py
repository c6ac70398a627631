"""From the page to the mark: a browser gives the answers, the notebook is handed in and graded."""

from __future__ import annotations

import ast
import csv
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from book import COMMAND, FRONT, ROOT, Book
from playwright.sync_api import expect

from autograder.format.exercise_set import read_exercise_set
from autograder.grading.submission import Notebook

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from playwright.sync_api import Browser, Locator, Page, Route

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
DOUBLE = (
    FRONT.format(more="exercise:\n  kind: graded\n")
    + """
# Double it

Write `double`, and say why it is right.

```{code-cell} python
:grade_id: double
:solution: true

def double(x):
    ### BEGIN SOLUTION
    return 2 * x
    ### END SOLUTION
```

```{code-cell} python
:grade_id: zero
:grade: true
:points: 1

assert double(0) == 0, "Nothing, doubled, is nothing."
```

```{code-cell} python
:grade_id: others
:grade: true
:points: 2

### BEGIN HIDDEN TESTS
assert double(-3) == -6, "Look again."
### END HIDDEN TESTS
```

+++ {"grade_id": "reason", "points": 4, "grade": true, "solution": true}

*Write your text here, in place of this line.*

### BEGIN MARK SCHEME
Four points for a reason that convinces.
### END MARK SCHEME

+++

```{hint}
What is twice as much as three?
```

```{hint}
Which sign multiplies?
```

```{code-cell} python
---
wrong: squared
fails: others
message: The number was multiplied by itself.
---
def double(x):
    return x * x
```
"""
)
FILES = {
    "_toc.yml": "format: jb-book\nroot: intro\nchapters:\n"
    "  - file: exercises/release/form\n  - file: exercises/release/double\n",
    "intro.md": "# A small book\n\nIt has {doc}`exercises/release/form`.\n",
    "references.bib": "",
    "exercises/source/form.md": FORM,
    "exercises/source/double.md": DOUBLE,
}
FULL = """
const set = Storage.prototype.setItem;
Storage.prototype.setItem = function (key, value) {
  if (key.startsWith("llb:")) throw new DOMException("full", "QuotaExceededError");
  set.call(this, key, value);
};
"""
POINTS = {"number": 1, "choose": 2, "select": 4, "order": 8, "match": 16}


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Book:
    book = Book(tmp_path_factory.mktemp("forms"), FILES)
    built = book.build()
    assert built.code == 0, built.output
    return book


@pytest.fixture
def page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    """Open a page that fails the test when it complains."""
    context = browser.new_context(**getattr(request, "param", {}))
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


def start_afresh(page: Page, address: str) -> None:
    """Open a page as somebody who was never there."""
    page.goto(address)
    page.evaluate("localStorage.clear()")
    page.goto("about:blank")
    page.goto(address)


def test_each_kind_of_question_earns_its_points(tmp_path: Path, page: Page, book: Book) -> None:
    (exercise,) = (e for e in read_exercise_set(book.root)[0] if e.slug == "form")
    right = reference(exercise.answers[0].source)
    students: dict[str, dict[str, Any]] = {key: {key: right[key]} for key in POINTS}
    students |= {"all": right, "nobody": {}}
    for student, answer in students.items():
        start_afresh(page, f"file://{book.site}/exercises/release/form.html")
        fill(page.locator("#questions-1"), answer)
        hand_in(page, tmp_path / "class" / student / "form.ipynb")
    marks = grade(tmp_path / "class", book.root / "exercises/source")
    assert marks == {(s, "form"): POINTS.get(s, 0) for s in students} | {("all", "form"): 63}


def code(page: Page, grade_id: str) -> Locator:
    """Turn to an answer, and return its editor once it is there."""
    place = page.locator(f'[data-answer="{grade_id}"]')
    place.get_by_role("textbox").focus()
    expect(place.locator(".cm-content")).to_be_visible()
    return place.get_by_role("textbox")


def plain(page: Page) -> Locator:
    """Return the field of an answer that nobody has turned to."""
    field = page.get_by_role("textbox", name="Your code for double")
    expect(field).to_have_value(re.compile("# YOUR CODE HERE"))
    expect(field).to_have_accessible_description("Escape, then Tab leaves the editor.")
    return field


def test_code_earns_its_points_and_text_reaches_its_reader(
    tmp_path: Path, page: Page, book: Book
) -> None:
    (exercise,) = (e for e in read_exercise_set(book.root)[0] if e.slug == "double")
    text = "It adds *x* to itself,\n\n    and `2 * x` is that."
    students = {"right": (2, 3), "wrong": (-2, 1), "nobody": (None, 0)}
    for student, (factor, _) in students.items():
        start_afresh(page, f"file://{book.site}/exercises/release/double.html")
        editor = code(page, "double")
        expect(editor).to_contain_text("# YOUR CODE HERE")
        if factor is not None:
            editor.press("Control+A")
            page.keyboard.type(f"def double(x):\n# an indent of its own\nreturn {factor} * x")
            page.get_by_label("Your text").fill(text)
        hand_in(page, tmp_path / "class" / student / "double.ipynb")
    raw = (tmp_path / "class/right/double.ipynb").read_bytes()
    assert Notebook.of(raw).answers(exercise) == {
        "double": "def double(x):\n    # an indent of its own\n    return 2 * x"
    }
    assert Notebook.of(raw).written(exercise) == {"reason": text}
    marks = grade(tmp_path / "class", book.root / "exercises/source")
    assert marks == {(s, "double"): points for s, (_, points) in students.items()}


def test_what_was_written_is_there_again(page: Page, book: Book) -> None:
    page.goto(f"file://{book.site}/exercises/release/double.html")
    editor, note = code(page, "double"), page.locator(".llb-foot").get_by_role("status").first
    editor.fill("def double(x): return x + x")
    expect(note).to_have_text("Kept in this browser.")
    page.get_by_label("Your text").fill("Three plain words")
    expect(page.locator(".llb-foot").get_by_role("status").last).to_have_text(
        "3 words. Kept in this browser."
    )
    page.reload()
    expect(editor).to_have_text("def double(x): return x + x")
    expect(note).to_have_text("Kept from your last visit.")
    expect(page.get_by_label("Your text")).to_have_value("Three plain words")
    page.get_by_role("button", name="Reset to the stub").first.click()
    expect(editor).to_contain_text("# YOUR CODE HERE")
    page.get_by_role("button", name="Undo the reset").click()
    expect(editor).to_have_text("def double(x): return x + x")


def keys(page: Page) -> list[str]:
    """Return the keys under which the browser keeps answers."""
    found: list[str] = page.evaluate("Object.keys(localStorage)")
    return sorted(key for key in found if "answers" in key)


OURS = "llb:logits-layer-by-layer/answers/double"


def test_an_answer_outlives_a_change_of_its_exercise(page: Page, book: Book) -> None:
    page.goto(f"file://{book.site}/exercises/release/double.html")
    code(page, "double").fill("def double(x): return x + x")
    page.get_by_label("Your text").fill("Three plain words")
    page.goto(f"file://{book.site}/exercises/release/form.html")
    fill(page.locator("#questions-1"), {"choose": "right"})
    with (
        book.changed("exercises/source/double.md", "and say why it is right", "and say why"),
        book.changed("exercises/source/form.md", "Fill in the form.", "Fill in this form."),
    ):
        assert book.build().code == 0
        page.goto(f"file://{book.site}/exercises/release/double.html")
        note = page.locator(".llb-foot").get_by_role("status").first
        changed = "Kept from your last visit. The exercise has changed since."
        expect(note).to_have_text(changed)
        expect(code(page, "double")).to_have_text("def double(x): return x + x")
        expect(page.get_by_label("Your text")).to_have_value("Three plain words")
        code(page, "double").fill("def double(x): return 2 * x")
        page.reload()
        expect(note).to_have_text("Kept from your last visit.")
        assert keys(page)[:2] == [f"{OURS}/double", f"{OURS}/reason"]
        for _ in range(2):  # to come and look is no answer to the changed exercise
            page.goto(f"file://{book.site}/exercises/release/form.html")
            expect(page.locator('input[value="right"]')).to_be_checked()
            expect(page.get_by_text(changed)).to_be_visible()
            page.goto("about:blank")
    assert book.build().code == 0


def test_answers_of_the_first_edition_are_taken_over(page: Page, book: Book) -> None:
    page.goto(f"file://{book.site}/exercises/release/double.html")
    version = page.evaluate(
        "JSON.parse(document.getElementById('exercise-notebook').textContent).metadata.exercise.version"
    )
    former = {
        "0000": {"double": "an older one", "reason": "Because."},
        version: {"double": "def double(x): return x + x"},
    }
    for known, texts in former.items():
        page.evaluate(
            "([key, text]) => { localStorage[key] = text }",
            [f"llb:answers:double:{known}", json.dumps(texts)],
        )
    page.reload()
    first, last = page.locator(".llb-foot").get_by_role("status").all()
    expect(first).to_have_text("Kept from your last visit.")
    expect(last).to_have_text("Kept from your last visit. The exercise has changed since.")
    expect(page.get_by_label("Your text")).to_have_value("Because.")
    expect(code(page, "double")).to_have_text("def double(x): return x + x")
    assert keys(page) == [f"{OURS}/double", f"{OURS}/reason"]
    page.get_by_role("button", name="Reset to the stub").first.click()
    assert keys(page) == [f"{OURS}/reason"]
    page.reload()
    expect(first).to_have_text("")


def test_an_answer_that_cannot_be_read_is_left_and_the_page_says_so(page: Page, book: Book) -> None:
    page.goto(f"file://{book.site}/exercises/release/double.html")
    page.evaluate("key => { localStorage[key] = '{' }", f"{OURS}/double")
    page.reload()
    note = page.locator(".llb-foot").get_by_role("status").first
    expect(note).to_contain_text("This browser holds an answer that this page cannot read.")
    code(page, "double").fill("def double(x): return x + x")
    expect(note).to_contain_text("download the notebook before you leave")
    assert page.evaluate("key => localStorage[key]", f"{OURS}/double") == "{"
    assert keys(page) == [f"{OURS}/double", f"{OURS}/double:unreadable"]
    page.get_by_role("button", name="Reset to the stub").first.click()
    code(page, "double").fill("def double(x): return x + x")
    expect(note).to_have_text("Kept in this browser.")


def test_the_keyboard_gets_into_the_editor_and_out(page: Page, book: Book) -> None:
    page.goto(f"file://{book.site}/exercises/release/double.html")
    editor = code(page, "double")
    expect(editor).to_have_accessible_name("Your code for double")
    expect(editor).to_have_accessible_description("Escape, then Tab leaves the editor.")
    editor.press("Control+End")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(editor).to_be_focused()
    page.keyboard.press("Escape")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Reset to the stub").first).to_be_focused()


@pytest.mark.parametrize("turn", ["hover", "focus", "tap"])
@pytest.mark.parametrize("page", [{"has_touch": True}], indirect=True)
def test_the_editor_loads_when_somebody_turns_to_the_answer(
    page: Page, book: Book, turn: str
) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(Path(request.url).name))
    page.goto(f"file://{book.site}/exercises/release/double.html", wait_until="networkidle")
    field = plain(page)
    assert asked.count("codemirror.js") == 0
    getattr(field, turn)()
    expect(page.locator(".cm-content")).to_be_visible()
    assert asked.count("codemirror.js") == 1


def test_what_is_typed_while_the_editor_loads_goes_on_in_it(page: Page, book: Book) -> None:
    held: list[Route] = []
    page.route("**/codemirror.js", lambda route: held.append(route))  # noqa: PLW0108 - it gets marked
    page.goto(f"file://{book.site}/exercises/release/double.html")
    field = plain(page)
    with page.expect_request("**/codemirror.js"):
        field.press("Control+A")
    page.keyboard.type("def double(x): return 2 * x")
    for key in ("ArrowLeft", "ArrowLeft", "Shift+ArrowLeft", "Shift+ArrowLeft"):
        page.keyboard.press(key)
    expect(page.locator(".llb-foot").get_by_role("status").first).to_have_text(
        "Kept in this browser."
    )
    held[0].continue_()
    expect(page.locator(".cm-content")).to_be_focused()
    page.keyboard.press("Shift+ArrowLeft")  # the end that moved goes on moving
    page.keyboard.type("3 +")
    expect(page.locator(".cm-content")).to_have_text("def double(x): return 3 + x")


def test_a_long_line_of_an_answer_is_seen_whole(page: Page, book: Book) -> None:
    page.set_viewport_size({"width": 320, "height": 700})
    page.goto(f"file://{book.site}/exercises/release/double.html")
    plain(page).fill(f"def double(x): return {' + '.join('x' * 40)}")
    code = page.locator(".cm-scroller")
    expect(code).to_contain_text("x + x")
    assert code.evaluate("e => e.scrollWidth <= e.clientWidth")


def test_without_the_editor_a_plain_field_takes_the_answer(
    page: Page, book: Book, tmp_path: Path
) -> None:
    page.route("**/codemirror.js", lambda route: route.abort())
    page.goto(f"file://{book.site}/exercises/release/double.html")
    field, note = plain(page), page.locator(".llb-foot").get_by_role("status").first
    field.focus()
    expect(note).to_contain_text("The editor could not be loaded")
    field.fill("def double(x): return x + x")
    expect(note).to_have_text("Kept in this browser.")
    page.locator("details.hint summary").first.click()
    expect(page.locator("details.hint p").first).to_be_visible()
    hand_in(page, tmp_path / "one" / "double.ipynb")
    assert "return x + x" in (tmp_path / "one/double.ipynb").read_text()


def test_a_hint_needs_code_that_is_new_and_whole(page: Page, book: Book) -> None:
    page.goto(f"file://{book.site}/exercises/release/double.html")
    editor = code(page, "double")
    first, second = page.locator("details.hint").all()
    for unfinished in ("def double(x:", "def double(x):", "print 3", "# only a comment", ""):
        editor.fill(unfinished)
        expect(first).to_contain_text("opens after a complete try")
    editor.fill("def double(x): return 3")
    first.locator("summary").press("Enter")
    expect(first.locator("p")).to_be_visible()
    for same in ("def double(x):   return 3  # again", "def double( x ):\n    return 3\n"):
        editor.fill(same)
        expect(second).to_contain_text("opens after another try")
    editor.fill("def double(x): return 3 * x")
    second.locator("summary").press("Enter")
    expect(second.locator("p")).to_be_visible()


def test_a_browser_that_keeps_nothing_says_so(page: Page, book: Book, tmp_path: Path) -> None:
    page.add_init_script(FULL)
    page.goto(f"file://{book.site}/exercises/release/double.html")
    code(page, "double").fill("def double(x): return x + x")
    expect(page.locator(".llb-foot").get_by_role("status").first).to_contain_text(
        "This browser keeps nothing"
    )
    hand_in(page, tmp_path / "one" / "double.ipynb")
    assert "return x + x" in (tmp_path / "one/double.ipynb").read_text()


@pytest.mark.parametrize("page", [{"java_script_enabled": False}], indirect=True)
def test_without_script_the_stub_and_the_notebook_are_there(page: Page, book: Book) -> None:
    page.goto(f"file://{book.site}/exercises/release/double.html")
    expect(page.get_by_text("# YOUR CODE HERE")).to_be_visible()
    expect(page.get_by_text("Write your text here")).to_be_visible()
    link = page.get_by_role("link", name="Download the notebook").get_attribute("href")
    notebook = book.site / "exercises/release" / str(link)
    assert "# YOUR CODE HERE" in notebook.read_text()


FORMS = {
    exercise.slug: exercise
    for exercise in read_exercise_set(ROOT)[0]
    if any((cell.widget or "").startswith("Questions") for cell in exercise.answers)
}
WRITTEN = {
    e.slug: e for e in read_exercise_set(ROOT)[0] if e.slug in ("model_layers", "digits_project")
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
    for slug, exercise in WRITTEN.items():
        page.goto(f"file://{site}/exercises/release/{slug}.html")
        for cell in exercise.answers:
            code(page, str(cell.grade_id)).fill(cell.source)
        for _ in exercise.written:
            page.get_by_label("Your text").fill("To a colleague: ask.")
        hand_in(page, tmp_path / "class" / f"student-of-{slug}" / f"{slug}.ipynb")
    marks = grade(tmp_path / "class", ROOT / "exercises/source")
    by_hand = {slug: sum(cell.points for cell in e.written) for slug, e in WRITTEN.items()}
    assert marks == {
        (f"student-of-{slug}", slug): e.points - by_hand.get(slug, 0)
        for slug, e in {**FORMS, **WRITTEN}.items()
    }
    project = tmp_path / "class/student-of-digits_project/digits_project.ipynb"
    assert Notebook.of(project.read_bytes()).written(WRITTEN["digits_project"]) == {
        "explanation": "To a colleague: ask."
    }
