"""Read an exercise source, MyST text or nbgrader ``.ipynb``, and check it."""

from __future__ import annotations

import functools
import math
import re
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

import nbformat
from traitlets import TraitError

from autograder.exceptions import SourceError
from autograder.format.answer_widget import make_widget, number_keys
from autograder.format.check_rules import check_autotest, check_isolated, top_level_names
from autograder.format.magics import parse_python, translate_magics
from autograder.format.markers import HIDDEN_TESTS, MARK_SCHEME, SOLUTION, Region, find_regions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from nbformat import NotebookNode

CellKind = Literal["text", "code", "answer", "check", "written"]

_NBGRADER_KEYS = frozenset(
    {"grade_id", "points", "grade", "solution", "locked", "task", "schema_version", "cell_type"}
) | {"checksum"}
_CELL_KEYS = frozenset({"title", "widget", "start", "options", "equivalent"})
_WRONG_KEYS = frozenset({"wrong", "answer", "fails", "message"})
_PASSED_ON_KEYS = frozenset({"tags", "mystnb"})
_TOP_KEYS = frozenset({"kind", "chapter", "minutes", "difficulty"})
_RELEASED_KEYS = frozenset(
    {"slug", "version", "starts", "numbers"}
)  # what a released notebook says of itself
_FRONT_MATTER = frozenset(
    {"jupytext", "kernelspec", "exercise", "source_map", "language_info", "nbformat", "celltoolbar"}
)
# A region in any other kind of cell would not be taken out, and so would be published.
_ALLOWED_REGION = {"answer": SOLUTION, "check": HIDDEN_TESTS, "written": MARK_SCHEME}
_SWALLOWED_CELL = re.compile(r"^ {0,3}(?:`{3,}|~{3,})\{code-cell\}", re.MULTILINE)
_WARNING = re.compile(r"ParseWarnings\(msg='(.*?)'.*\)")  # as MyST-NB shows its own
_GRADE_ID_FORM = re.compile(r"[A-Za-z0-9_\-]{1,64}")  # as wide as its column in the grade book
_SCHEMA_VERSION = 3


@dataclass(frozen=True)
class Place:
    """Where the text of a cell begins: a 1-based line of a text, or a 0-based notebook cell."""

    path: str
    line: int
    cell: int | None = None

    def at(self, row: int = 0) -> str:
        """Return the place of the 0-based ``row`` of the cell as text, for an error message."""
        if self.cell is None:
            return f"{self.path}:{self.line + row}"
        return f"{self.path}: cell {self.cell + 1}, line {row + 1}"


@dataclass(frozen=True)
class Cell:
    """One cell of a source.

    Attributes
    ----------
    kind
        What it is for; ``code`` is a set-up cell, ``written`` an answer in words.
    locked
        Whether learners cannot edit it.
    task
        Whether it asks for work in other cells: then what it says itself is no answer.
    regions
        The delimited parts: solution, hidden tests or mark scheme.
    widget
        The name of the widget that fills the cell; None for a cell that learners type into.
    start, start_source
        The widget's first answer, and the code of the cell that holds it.
    options
        What else the widget takes.
    numbers
        The keys of the widget's answer whose values are numbers, by the name that it is bound to.
    equivalent
        Mutants that are no mistakes, as ``verify --mutants`` prints them, with the reasons.
    """

    kind: CellKind
    source: str
    place: Place
    grade_id: str | None = None
    title: str = ""
    points: float = 0.0
    locked: bool = False
    task: bool = False
    markdown: bool = False
    regions: tuple[Region, ...] = ()
    widget: str | None = None
    start: Mapping[str, object] | None = None
    start_source: str = ""
    options: Mapping[str, object] = field(default_factory=dict)
    numbers: Mapping[str, Sequence[str]] = field(default_factory=dict)
    equivalent: Mapping[str, str] = field(default_factory=dict)
    tags: tuple[str, ...] = ()


@dataclass(frozen=True)
class WrongAnswer:
    """A wrong answer that learners really give, and how it must be caught.

    Attributes
    ----------
    answer
        The ``grade_id`` of the answer cell that it replaces.
    fails
        The ``grade_id`` of the check that must fail.
    message
        What to tell a learner whose answer behaves the same.
    """

    name: str
    answer: str
    source: str
    fails: str
    message: str
    place: Place


@dataclass(frozen=True)
class Exercise:
    """An exercise as its author wrote it.

    Attributes
    ----------
    slug
        Its name: that of its file, without the suffix.
    path
        The file, as messages name it.
    practice
        Whether its solution may be shown to learners; if not, it is graded.
    language
        The ``kernelspec`` of the source.
    """

    slug: str
    path: str
    title: str
    practice: bool
    chapter: str
    minutes: int | None
    difficulty: int | None
    cells: tuple[Cell, ...]
    wrong_answers: tuple[WrongAnswer, ...]
    language: Mapping[str, str] = field(default_factory=dict)

    def __hash__(self) -> int:
        """Hash what tells exercises apart; the options of their cells have no hash."""
        return hash((self.path, tuple(cell.source for cell in self.cells)))

    @property
    def answers(self) -> tuple[Cell, ...]:
        """The answer cells in code, in order."""
        return tuple(cell for cell in self.cells if cell.kind == "answer")

    @property
    def checks(self) -> tuple[Cell, ...]:
        """The cells that test the answers, in order."""
        return tuple(cell for cell in self.cells if cell.kind == "check")

    @property
    def written(self) -> tuple[Cell, ...]:
        """The answer cells in words, which a person marks, in order."""
        return tuple(cell for cell in self.cells if cell.kind == "written")

    @property
    def points(self) -> float:
        """The sum of the points of all cells."""
        return sum(cell.points for cell in self.cells)


def read_exercise(path: Path, name: str | None = None) -> Exercise:
    """Read one exercise source and check everything that can be checked without running it.

    Parameters
    ----------
    path
        A MyST text notebook (``.md``) or an nbgrader notebook (``.ipynb``).
    name
        What to call the file in messages; its path as given by default.

    Raises
    ------
    SourceError
        Naming file, line and remedy, for anything that an author can get wrong.
    """
    shown = name or path.as_posix()
    return _parse_exercise(_read_text(path, shown), path.stem, path.suffix, shown)


@functools.lru_cache(maxsize=512)  # `book watch` reads all sources again when one has changed
def _parse_exercise(text: str, slug: str, suffix: str, shown: str) -> Exercise:
    notebook = _read_ipynb(text, shown) if suffix == ".ipynb" else _read_myst(text, shown)
    places = _cell_places(notebook, text, shown)
    cells, wrong = _read_cells(notebook, places)
    exercise = _make_exercise(slug, shown, notebook, cells, wrong)
    _check_exercise(exercise)
    return exercise


def _read_text(path: Path, shown: str) -> str:
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise SourceError(
            shown, f"cannot be read ({error.strerror})", "check the path and its permissions"
        ) from error
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        remedy = "save the file as UTF-8"
        raise SourceError(f"{shown}:{line}", "is not UTF-8 text", remedy) from error


def _read_myst(text: str, shown: str) -> NotebookNode:
    # Only authors have MyST-NB: a learner's environment reads notebooks.
    from myst_nb.core.read import read_myst_markdown_notebook  # noqa: PLC0415

    try:
        notebook = read_myst_markdown_notebook(text, add_source_map=True)
    except Exception as error:  # the library raises many kinds
        found = re.search(r"at line (\d+)", str(error))
        line = int(found[1]) if found else 1
        remedy = "write options and front matter as YAML, with quotes around a text with a colon"
        reason = _WARNING.sub(r"\1", _first_error_line(error))
        raise SourceError(
            f"{shown}:{line}", f"its metadata cannot be read ({reason})", remedy
        ) from error
    about = notebook.metadata
    if not isinstance(about, dict) or not isinstance(about.get("kernelspec"), dict):
        remedy = "copy the front matter of another exercise (jupytext, kernelspec, exercise)"
        raise SourceError(f"{shown}:1", "has no kernelspec in its front matter", remedy)
    return notebook


def _first_error_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]


def _read_ipynb(text: str, shown: str) -> NotebookNode:
    try:
        notebook = nbformat.reads(text, as_version=4)
        nbformat.validate(notebook)
    except Exception as error:  # the library raises many kinds
        remedy = "open it in Jupyter and save it again"
        raise SourceError(f"{shown}:1", "is not a valid notebook", remedy) from error
    return notebook


def _cell_places(notebook: NotebookNode, text: str, shown: str) -> list[Place]:
    """Return the place of each cell, by searching each for the line where its text begins."""
    starts = notebook.metadata.get("source_map")
    if starts is None:
        return [Place(shown, 1, number) for number in range(len(notebook.cells))]
    lines = re.split(r"\r\n|\r|\n", text)
    places = []
    for start, cell in zip(starts, notebook.cells, strict=True):
        first = _find_lines(lines, start, cell.source.split("\n"))
        places.append(Place(shown, first + 1))
        if cell.cell_type == "code":
            _check_options_once(lines[start:first], places[-1])
    return places


def _check_options_once(lines: Sequence[str], place: Place) -> None:
    """Raise for a cell option that is given twice: YAML would silently keep the last."""
    found = [match[1] for line in lines if (match := re.match(r":?([A-Za-z_]+):", line))]
    for key in found:
        if found.count(key) > 1:
            raise SourceError(place.at(), f"cell option `{key}` is given twice", "delete one")


def _find_lines(lines: Sequence[str], start: int, wanted: Sequence[str]) -> int:
    rows = range(start, len(lines) - len(wanted) + 1)
    return next((row for row in rows if lines[row : row + len(wanted)] == [*wanted]), start)


def _read_cells(
    notebook: NotebookNode, places: Sequence[Place]
) -> tuple[list[Cell], list[WrongAnswer]]:
    cells: list[Cell] = []
    wrong: list[WrongAnswer] = []
    for node, place in zip(notebook.cells, places, strict=True):
        _check_fences(node.source, place)
        options = _cell_options(node, place)
        if options.keys() & _WRONG_KEYS:
            wrong.append(_read_wrong_answer(node, options, place))
        else:
            cells.append(_read_cell(node, options, place))
    return cells, wrong


def _check_fences(source: str, place: Place) -> None:
    """Raise for a cell that contains the fence of another: it would be published with it."""
    found = _SWALLOWED_CELL.search(source)
    if found:
        raise SourceError(
            place.at(source[: found.start()].count("\n")),
            "this code cell stands inside another block",
            "give each ``` above it that opens a block one that closes it, and the other way round",
        )


def _cell_options(node: NotebookNode, place: Place) -> dict[str, Any]:
    """Return a cell's options: flat in a text, nested by program in a notebook's metadata."""
    if place.cell is not None:
        options: dict[str, Any] = {}
        for name in ("nbgrader", "exercise"):
            given = node.metadata.get(name, {})
            if not isinstance(given, dict):
                raise SourceError(place.at(), f"its `{name}` metadata is no mapping", "delete it")
            options |= given
        options["tags"] = node.metadata.get("tags", [])
    else:
        options = dict(node.metadata)
    known = _NBGRADER_KEYS | _CELL_KEYS | _WRONG_KEYS | _PASSED_ON_KEYS
    for key in options:
        if key not in known:
            raise SourceError(
                place.at(), f"unknown cell option `{key}`", f"use one of {_comma_list(known)}"
            )
    if not isinstance(options.get("tags", []), list):
        raise SourceError(place.at(), "`tags` is no list", "write `:tags: [hide-input]`")
    return options


def _comma_list(words: Iterable[str]) -> str:
    return ", ".join(sorted(words))


def _read_cell(node: NotebookNode, options: Mapping[str, Any], place: Place) -> Cell:
    kind = _cell_kind(node, options, place)
    markdown = node.cell_type != "code"
    cell = Cell(
        kind=kind,
        source=node.source,
        place=place,
        grade_id=_read_grade_id(options, kind, place),
        title=str(options.get("title", options.get("grade_id", ""))),
        points=_read_points(options, kind, place),
        locked=bool(options.get("locked")),
        # In a text, `task` has always been another word for a written answer, which is taken out.
        task=bool(options.get("task")) and place.cell is not None,
        markdown=markdown,
        regions=find_regions(node.source, _ALLOWED_REGION.get(kind), _source_error_at(place)),
        widget=options.get("widget"),
        start=options.get("start"),
        options=options.get("options", {}),
        equivalent=_equivalent_mutants(options, place),
        tags=tuple(options.get("tags", ())),
    )
    return cell if markdown else _check_code_cell(cell)


def _equivalent_mutants(options: Mapping[str, Any], place: Place) -> Mapping[str, str]:
    """Return the reasons why some mutants are no mistakes, by the label of the mutant."""
    given = options.get("equivalent", {})
    texts = given.values() if isinstance(given, dict) else [None]
    if not all(isinstance(text, str) and text.strip() for text in texts):
        remedy = "write the mutant as `verify --mutants` prints it, a colon, and the reason"
        raise SourceError(place.at(), "`equivalent` is not a mapping of mutants to reasons", remedy)
    return dict(given)


def _source_error_at(place: Place) -> Callable[[int, str, str], SourceError]:
    return lambda row, problem, remedy: SourceError(place.at(row), problem, remedy)


def _cell_kind(node: NotebookNode, options: Mapping[str, Any], place: Place) -> CellKind:
    version = options.get("schema_version", _SCHEMA_VERSION)
    if version != _SCHEMA_VERSION:
        remedy = "run `nbgrader update` on it"
        raise SourceError(place.at(), f"has nbgrader's schema version {version}, not 3", remedy)
    grade, solution = bool(options.get("grade")), bool(options.get("solution"))
    # nbgrader's two kinds of manually marked cells: a task, and an answer that has points.
    if options.get("task") or (grade and solution):
        return "written"
    if (grade or solution) and node.cell_type != "code":
        remedy = "make it a code cell, or a written answer with both `grade` and `solution`"
        raise SourceError(place.at(), "a text cell is neither an answer nor a check", remedy)
    if solution:
        return "answer"
    if grade:
        return "check"
    return "code" if node.cell_type == "code" else "text"


def _read_grade_id(options: Mapping[str, Any], kind: CellKind, place: Place) -> str | None:
    grade_id = options.get("grade_id")
    if grade_id is None and (kind in _ALLOWED_REGION or "points" in options):
        remedy = "add `:grade_id: a_short_name`, and keep it when the exercise changes"
        raise SourceError(place.at(), f"this {kind} cell has no grade_id", remedy)
    if grade_id is not None and not _GRADE_ID_FORM.fullmatch(str(grade_id)):
        remedy = "use letters, digits, hyphens and underscores, 64 at most"
        raise SourceError(place.at(), f"grade_id `{grade_id}` has other characters", remedy)
    return None if grade_id is None else str(grade_id)


def _read_points(options: Mapping[str, Any], kind: CellKind, place: Place) -> float:
    graded = kind in ("check", "written")
    points = options.get("points")
    if points is None:
        if graded:
            remedy = "add `:points: 1`, or `:points: 0` for a check that earns nothing"
            raise SourceError(place.at(), f"this {kind} cell has no points", remedy)
        return 0.0
    # True is an int, and YAML reads `yes` as True.
    number = isinstance(points, int | float) and not isinstance(points, bool)
    if not number or not math.isfinite(points) or points < 0:
        remedy = "give a number that is zero or more"
        raise SourceError(place.at(), f"points `{points}` is not a number of points", remedy)
    return float(points) if graded else 0.0


def _check_code_cell(cell: Cell) -> Cell:
    _check_python(cell.source, cell.place)
    check_autotest(cell.source, _source_error_at(cell.place))
    if cell.start is not None:
        _check_start(cell.start, cell.place)
    if cell.widget is None and cell.start is not None:
        remedy = "name the widget that it belongs to with `:widget:`, or delete it"
        raise SourceError(cell.place.at(), "`start` is given without a widget", remedy)
    if cell.widget is None:
        return cell
    if cell.start is None and not cell.options:
        remedy = "say where the learner starts with `:start: {...}`"
        raise SourceError(cell.place.at(), "a widget answer has no `start`", remedy)
    return _with_whole_start(cell)


def _check_start(start: object, place: Place) -> None:
    if not isinstance(start, dict):
        remedy = 'give the widget\'s start as numbers by name, as in `:start: {"b": 0.0}`'
        raise SourceError(place.at(), "`start` is not a mapping", remedy)


def _with_whole_start(cell: Cell) -> Cell:
    """Return ``cell`` with the widget's whole answer as its start; what was left out is blank."""
    if not isinstance(cell.options, dict):
        remedy = "write `options:` and, indented below it, what the widget takes"
        raise SourceError(cell.place.at(), "`options` is not a mapping", remedy)
    try:
        widget = make_widget(str(cell.widget), cell.start or {}, cell.options)
        start, source = widget.answer, widget.answer_source
    except (AttributeError, ImportError) as error:
        remedy = "name what makes it, as in `:widget: Weights.missing_bias`"
        raise SourceError(cell.place.at(), f"there is no widget `{cell.widget}`", remedy) from error
    except (TypeError, ValueError, TraitError) as error:
        problem = f"widget `{cell.widget}` cannot begin at its `start` ({error})"
        remedy = "correct `:start:`, `:options:` or `:widget:`"
        raise SourceError(cell.place.at(), problem, remedy) from error
    made = partial(make_widget, str(cell.widget), options=cell.options)
    numbers = {source.partition(" = ")[0]: number_keys(made, start)}
    return replace(cell, start=start, start_source=source, numbers=numbers)


def _check_python(source: str, place: Place) -> None:
    try:
        parse_python(translate_magics(source))
    except SyntaxError as error:
        row = (error.lineno or 1) - 1
        remedy = "mend the Python"
        raise SourceError(place.at(row), f"is not Python ({error.msg})", remedy) from error


def _read_wrong_answer(node: NotebookNode, options: Mapping[str, Any], place: Place) -> WrongAnswer:
    for key in ("wrong", "fails", "message"):
        if not str(options.get(key, "")).strip():
            name = options.get("wrong") or "without a name"
            remedy = (
                f"add `:{key}:`; a wrong answer has a name, the check it fails, and a message that "
                "says what it shows"
            )
            raise SourceError(place.at(), f"wrong answer `{name}` has no `{key}`", remedy)
    for key in sorted((_NBGRADER_KEYS | _CELL_KEYS) & options.keys()):
        raise SourceError(place.at(), f"a wrong answer takes no `{key}`", f"delete `:{key}:`")
    # A wrong answer is whole: delimiters in it would be read by nobody.
    find_regions(node.source, None, _source_error_at(place))
    _check_python(node.source, place)
    return WrongAnswer(
        name=str(options["wrong"]),
        answer=str(options.get("answer", "")),
        source=node.source,
        fails=str(options["fails"]),
        message=" ".join(str(options["message"]).split()),
        place=place,
    )


def _make_exercise(
    slug: str,
    shown: str,
    notebook: NotebookNode,
    cells: Sequence[Cell],
    wrong: Sequence[WrongAnswer],
) -> Exercise:
    about = _front_matter(notebook, shown)
    # With a single answer cell, wrong answers need not name it.
    only = [cell.grade_id for cell in cells if cell.kind == "answer"]
    default = str(only[0]) if len(only) == 1 else ""
    return Exercise(
        slug=slug,
        path=shown,
        title=_exercise_title(cells, slug),
        practice=about.get("kind", "graded") == "practice",
        chapter=str(about.get("chapter", "")),
        minutes=about.get("minutes"),
        difficulty=about.get("difficulty"),
        cells=tuple(cells),
        wrong_answers=tuple(
            w if w.answer else WrongAnswer(**{**vars(w), "answer": default}) for w in wrong
        ),
        language=dict(notebook.metadata.get("kernelspec", {})),
    )


def _front_matter(notebook: NotebookNode, shown: str) -> dict[str, Any]:
    about = notebook.metadata.get("exercise", {})
    if not isinstance(about, dict):
        remedy = "write `exercise:` and, indented below it, `kind: graded`"
        raise SourceError(f"{shown}:1", "`exercise` is no mapping", remedy)
    # In a text every key was typed, so an unknown one is a typo; tools add keys to notebooks.
    strict = "source_map" in notebook.metadata
    known = _TOP_KEYS if strict else _TOP_KEYS | _RELEASED_KEYS
    unknown = [f"exercise.{key}" for key in about.keys() - known]
    unknown += list(notebook.metadata.keys() - _FRONT_MATTER) if strict else []
    if unknown:
        remedy = f"use {_comma_list(_TOP_KEYS)} under `exercise:`"
        raise SourceError(f"{shown}:1", f"unknown metadata key `{min(unknown)}`", remedy)
    if about.get("kind", "graded") not in ("practice", "graded"):
        problem = f"kind `{about['kind']}` is neither practice nor graded"
        raise SourceError(f"{shown}:1", problem, "write `kind: practice` or `kind: graded`")
    for key in ("minutes", "difficulty"):
        if key in about and (type(about[key]) is not int or about[key] < 1):
            raise SourceError(f"{shown}:1", f"`{key}` is not a whole number", "write 1 or more")
    return about


def _exercise_title(cells: Sequence[Cell], slug: str) -> str:
    for cell in cells:
        found = re.search(r"^# +(.+?)\s*$", cell.source, re.MULTILINE) if cell.markdown else None
        if found:
            return found[1]
    return slug


def _check_exercise(exercise: Exercise) -> None:
    _check_unique_names(exercise)
    if not exercise.checks and not any(cell.kind == "written" for cell in exercise.cells):
        remedy = "add a code cell with `:grade: true`, a `:grade_id:` and `:points:`"
        raise SourceError(f"{exercise.path}:1", "has no checks", remedy)
    _check_isolated(exercise)
    answers = {cell.grade_id for cell in exercise.answers}
    checks = {cell.grade_id for cell in exercise.checks}
    for wrong in exercise.wrong_answers:
        if wrong.answer not in answers:
            remedy = (
                f"name one of the answer cells with `:answer:`: {_comma_list(map(str, answers))}"
            )
            problem = f"wrong answer `{wrong.name}` replaces no answer cell"
            raise SourceError(wrong.place.at(), problem, remedy)
        if wrong.fails not in checks:
            problem = f"wrong answer `{wrong.name}` names the unknown check `{wrong.fails}`"
            remedy = f"name one of {_comma_list(map(str, checks))}"
            raise SourceError(wrong.place.at(), problem, remedy)


def _check_isolated(exercise: Exercise) -> None:
    answered: set[str] = set()
    for cell in exercise.answers:
        answered.update(top_level_names(parse_python(translate_magics(cell.source))))
    for cell in exercise.checks:
        check_isolated(cell.source, answered, _source_error_at(cell.place))


def _check_unique_names(exercise: Exercise) -> None:
    seen: dict[str, str] = {}
    named = [(str(c.grade_id), "grade_id", c.place) for c in exercise.cells if c.grade_id]
    # The released notebook calls the cell that shows the widget so.
    named += [(f"{c.grade_id}-widget", "grade_id", c.place) for c in exercise.answers if c.widget]
    named += [(f"wrong answer {w.name}", "name", w.place) for w in exercise.wrong_answers]
    for name, what, place in named:
        if name in seen:
            remedy = f"rename one of them; the first is at {seen[name]}"
            raise SourceError(place.at(), f"{what} `{name}` is used twice", remedy)
        seen[name] = place.at()
