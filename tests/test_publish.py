"""`book publish`: what the public may have; nothing else in its files or its history."""

from __future__ import annotations

import base64
import json
import os
import subprocess
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import nbformat
import pytest
from book import ADD_BIAS, CHAPTER, ROOT, as_if_built
from lab import jupyterlab
from playwright.sync_api import expect

from autograder.format.exercise_set import read_exercise_set
from autograder.format.release import WRITE_HERE
from website import cli

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.slow  # a whole tree is written and searched, several times in a test

LEARNER = ROOT / ".venv/learner"
SECRETS = ("return rows + bias", "[5.0, 7.0]", "rows - taken", "The bias was taken away.")


@pytest.fixture
def book(tmp_path: Path) -> Path:
    return as_if_built(tmp_path / "book")


def publish(book: Path, to: Path) -> int:
    return cli.main(["publish", str(to), "--book", str(book)])


def files(folder: Path) -> set[str]:
    found = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix() for path in found}


def test_the_tree_has_what_a_learner_needs_and_no_more(book: Path, tmp_path: Path) -> None:
    assert publish(book, tmp_path / "public") == 0
    found = files(tmp_path / "public")
    for page in ("chapters/sums", "exercises/release/add_bias", "exercises/release/separate"):
        assert {f"{page}.md", f"{page}.ipynb"} <= found
        first = nbformat.read(tmp_path / f"public/{page}.ipynb", as_version=4).cells[0]
        assert first.id == "install"
    assert {"docs/index.html", "docs/.nojekyll", ".binder/runtime.txt", "README.md"} <= found
    assert {
        "widgets/static/weights.js",
        "autograder/checks.py",
        "autograder/grading/self_check.py",
    } <= found
    assert (
        not {"widgets/page.py", "website/gate_extension.py", "exercises/source/add_bias.md"} & found
    )
    assert os.access(tmp_path / "public/.binder/postBuild", os.X_OK)


def test_modules_that_only_a_notebook_imports_come_along(book: Path, tmp_path: Path) -> None:
    assert publish(book, tmp_path / "without") == 0
    text = CHAPTER.replace("import numpy as np", "import numpy as np\nimport widgets.figures")
    (book / "chapters/sums.md").write_text(text, "utf-8")
    assert publish(book, tmp_path / "with") == 0
    assert files(tmp_path / "with") - files(tmp_path / "without") == {"widgets/figures.py"}


def git(folder: Path, *arguments: str) -> str:
    who = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org")
    command = ["git", "-C", str(folder), *who, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_neither_files_nor_history_hold_what_is_the_author_s(book: Path, tmp_path: Path) -> None:
    to = tmp_path / "public"
    to.mkdir()
    git(to, "init", "--quiet")
    for text in (ADD_BIAS, ADD_BIAS.replace("# Add the bias", "# Add a bias")):
        (book / "exercises/source/add_bias.md").write_text(text, "utf-8")
        assert publish(book, to) == 0
        git(to, "add", "--all")
        git(to, "commit", "--quiet", "--message", "a version")
    history = git(to, "log", "--patch", "--all")
    assert "Add a bias" in history
    assert not [secret for secret in SECRETS if secret in history]


@pytest.mark.parametrize("disguise", [str, lambda text: base64.b64encode(text.encode()).decode()])
def test_a_leak_is_found_and_nothing_is_put_in_place(
    book: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], disguise: Callable[[str], str]
) -> None:
    assert publish(book, tmp_path / "public") == 0
    before = files(tmp_path / "public")
    (line,) = (line for line in ADD_BIAS.splitlines() if "[5.0, 7.0]" in line)
    (book / "_build/html/extra.txt").write_text(disguise(line), "utf-8")
    assert publish(book, tmp_path / "public") == 1
    told = capsys.readouterr().err
    assert "docs/extra.txt: holds a line that is for the author alone" in told
    assert "nothing was published" in told
    assert files(tmp_path / "public") == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["book", "public"]


def test_a_note_to_oneself_is_in_no_file(
    book: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    note = "ask Bo whether this is still true"
    text = CHAPTER.replace("# Sums", f"% {note}\n\n# Sums\n\n<!-- {note} again -->")
    (book / "chapters/sums.md").write_text(text, "utf-8")
    assert publish(book, tmp_path / "public") == 0
    assert note not in (tmp_path / "public/chapters/sums.md").read_text("utf-8")
    (book / "_build/html/sums.md.txt").write_text(text, "utf-8")
    assert publish(book, tmp_path / "public") == 1
    assert "docs/sums.md.txt" in capsys.readouterr().err
    (book / "_build/html/sums.md.txt").unlink()
    exercise = ADD_BIAS.replace("# Add the bias", f"# Add the bias\n\n<!-- {note} -->")
    (book / "exercises/source/add_bias.md").write_text(exercise, "utf-8")
    assert publish(book, tmp_path / "public") == 1
    assert "exercises/release/add_bias.ipynb: holds a line" in capsys.readouterr().err


def test_another_folder_is_refused_and_git_is_kept(
    book: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    to = tmp_path / "public"
    to.mkdir()
    (to / "thesis.txt").touch()
    assert publish(book, to) == 2
    assert "holds something else" in capsys.readouterr().err
    (to / "thesis.txt").unlink()
    (to / ".git").mkdir()
    (to / ".git/config").write_text("mine", "utf-8")
    assert publish(book, to) == 0
    (to / "chapters/old.ipynb").touch()
    assert publish(book, to) == 0
    assert (to / ".git/config").read_text("utf-8") == "mine"
    assert not (to / "chapters/old.ipynb").exists()


def test_a_missing_site_is_built_first(
    book: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (book / "_build/html/index.html").unlink()
    (book / "_config.yml").write_text("title: Sums\nonly_build_toc_files: true\n", "utf-8")
    assert publish(book, tmp_path / "public") == 0
    assert "building it first" in capsys.readouterr().err
    assert "docs/chapters/sums.html" in files(tmp_path / "public")


def test_the_address_of_the_repository_is_what_a_notebook_installs(
    book: Path, tmp_path: Path
) -> None:
    config = "repository:\n  url: https://github.com/Ada/logits\n"
    (book / "_config.yml").write_text(config, "utf-8")
    assert publish(book, tmp_path / "public") == 0
    notebook = nbformat.read(tmp_path / "public/chapters/sums.ipynb", as_version=4)
    assert "%pip install --quiet git+https://github.com/Ada/logits" in notebook.cells[0].source
    readme = (tmp_path / "public/README.md").read_text("utf-8")
    assert "https://mybinder.org/v2/gh/Ada/logits/HEAD" in readme
    assert "https://ada.github.io/logits/" in readme


@pytest.fixture(scope="module")
def public(site: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Publish the book itself, and install the tree beside what its own files lock."""
    assert site.is_dir()
    tree = tmp_path_factory.mktemp("public") / "tree"
    assert cli.main(["publish", str(tree), "--book", str(ROOT)]) == 0
    locked = (tree / "requirements.txt").read_bytes()
    assert locked == (tree / ".binder/requirements.txt").read_bytes()
    assert locked == (ROOT / "requirements-learner.txt").read_bytes()
    subprocess.run(["make", LEARNER.relative_to(ROOT) / "installed"], cwd=ROOT, check=True)
    pip = (LEARNER / "bin/pip", "install", "--quiet", "--disable-pip-version-check")
    own = ("--no-deps", "--no-build-isolation", "--force-reinstall", ".")
    subprocess.run([*pip, *own], cwd=tree, check=True)
    return tree


def run(public: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """Run a command of the learner's environment in the tree."""
    return subprocess.run(
        [LEARNER / "bin" / command[0], *command[1:]],
        cwd=public,
        env={**os.environ, "PATH": f"{LEARNER / 'bin'}{os.pathsep}{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_every_page_runs_in_the_tree_s_own_environment(public: Path) -> None:
    pages = [
        p for folder in (".", "chapters", "back_matter") for p in public.glob(f"{folder}/*.ipynb")
    ]
    assert len(pages) > len(list(ROOT.glob("chapters/*.md")))
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        runs = list(pool.map(lambda path: run(public, "jupyter-execute", str(path)), pages))
    assert [done.stderr for done in runs if done.returncode] == []


def test_the_visible_checks_of_every_exercise_pass_on_its_solution(public: Path) -> None:
    exercises, _ = read_exercise_set(ROOT)
    paths = []
    for exercise in exercises:
        solved = {str(cell.grade_id): cell.source for cell in exercise.answers}
        solved |= {str(cell.grade_id): "In words." for cell in exercise.written}
        paths.append(public / f"exercises/release/{exercise.slug}.ipynb")
        made: dict[str, Any] = json.loads(paths[-1].read_text("utf-8"))
        assert WRITE_HERE not in solved.values()
        for cell in made["cells"]:
            cell["source"] = solved.get(cell["id"], cell["source"])
        paths[-1].write_text(json.dumps(made), "utf-8")
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        runs = list(pool.map(lambda path: run(public, "autograder", "try", str(path)), paths))
    assert [done.stdout + done.stderr for done in runs if done.returncode] == []


@pytest.mark.browser
def test_jupyterlab_of_the_tree_opens_a_chapter_and_its_figure_moves(
    public: Path, tmp_path: Path
) -> None:
    with jupyterlab(LEARNER / "bin/jupyter-lab", public, tmp_path / "home") as lab:
        lab.open("chapters/fully_connected_layer.ipynb")
        expect(lab.run("install")).not_to_contain_text("Error")
        figure = lab.run("cell-1").locator(".llb-widget")
        slider = figure.get_by_role("slider").first
        before = figure.locator("[data-part=description]").text_content()
        slider.press("ArrowRight")
        expect(figure.locator("[data-part=description]")).not_to_have_text(before or "")
