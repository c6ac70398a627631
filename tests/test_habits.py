"""What a contributor leans on: make's Python, git's hooks, what the fast tests leave out."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from book import ROOT

if TYPE_CHECKING:
    from pathlib import Path

MAKE = shutil.which("make") or "make"
CHECK_SUBJECTS = ROOT / ".ci/check-subjects"
GIT = ("git", "-c", "user.name=Ada", "-c", "user.email=ada@example.org")
PYTHONS = ("python3.13", "python3.12", "python3.11")


def run(
    *command: str | Path, cwd: Path = ROOT, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run a command with these variables, and without those by which git or make called us."""
    left_out = ("GIT_", "MAKE", "MFLAGS", "PYTHON")
    kept = {key: value for key, value in os.environ.items() if not key.startswith(left_out)}
    return subprocess.run(
        command, cwd=cwd, env=kept | environment, capture_output=True, text=True, check=False
    )


# ---- the Python that make takes


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """Return a clone in which nothing is installed, with an empty folder for programs."""
    root = tmp_path / "clone"
    (root / "programs").mkdir(parents=True)
    for name in ("Makefile", "pyproject.toml", "requirements.txt"):
        (root / name).write_bytes((ROOT / name).read_bytes())
    return root


def put(program: Path, *, runs: bool) -> None:
    """Write a program that ends well or, as a version manager's for what is not there, badly."""
    program.parent.mkdir(parents=True, exist_ok=True)
    program.write_text(f"#!/bin/sh\nexit {0 if runs else 127}\n", "utf-8")
    program.chmod(0o755)


def python_of_make(clone: Path, *words: str) -> str:
    """Return the Python with which make would make an environment."""
    done = run(MAKE, "-n", ".venv/book", *words, cwd=clone, PATH=str(clone / "programs"))
    assert done.returncode == 0, done.stderr
    (found,) = re.findall(r"^(\S*) -m venv \.venv$", done.stdout, re.MULTILINE)
    return str(found)


@pytest.mark.parametrize(
    ("there", "broken", "taken"),
    [
        (PYTHONS, (), "python3.13"),
        (PYTHONS, PYTHONS[:1], "python3.12"),
        (PYTHONS, PYTHONS[:2], "python3.11"),
        (PYTHONS[1:], (), "python3.12"),
        ((*PYTHONS, "python3.14"), (), "python3.13"),
    ],
)
def test_make_takes_the_newest_python_that_runs(
    clone: Path, there: tuple[str, ...], broken: tuple[str, ...], taken: str
) -> None:
    for name in there:
        put(clone / "programs" / name, runs=name not in broken)
    assert python_of_make(clone) == taken


def test_another_python_can_be_named_and_an_environment_keeps_its_own(clone: Path) -> None:
    for name in PYTHONS:
        put(clone / "programs" / name, runs=True)
    assert python_of_make(clone, "PYTHON=python3.11") == "python3.11"
    put(clone / ".venv/bin/python", runs=True)
    assert python_of_make(clone) == ".venv/bin/python"
    put(clone / ".venv/bin/python", runs=False)
    assert python_of_make(clone) == "python3.13"


def test_without_a_python_make_says_which_it_wants(clone: Path) -> None:
    put(clone / "programs/python3.13", runs=False)
    done = run(MAKE, ".venv/book", cwd=clone, PATH=str(clone / "programs"))
    assert done.returncode != 0
    assert "Python 3.11, 3.12 or 3.13 is needed" in done.stdout


def test_make_github_and_the_package_name_the_same_pythons() -> None:
    workflow = yaml.safe_load((ROOT / ".github/workflows/test.yml").read_text("utf-8"))
    versions = workflow["jobs"]["check"]["strategy"]["matrix"]["python"]
    assert workflow["jobs"]["test"]["needs"] == "check"
    (listed,) = re.findall(
        r"^PYTHONS := (.*)$", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE
    )
    assert listed.split() == [f"python{version}" for version in reversed(versions)] == [*PYTHONS]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert project["requires-python"] == f">={versions[0]}"
    assert (ROOT / "runtime.txt").read_text("utf-8").strip() == f"python-{versions[0]}"


# ---- commits


def test_a_message_whose_subject_is_too_long_is_refused(tmp_path: Path) -> None:
    message = tmp_path / "COMMIT_EDITMSG"
    for subject, code in (("x" * 72, 0), ("é" * 72, 0), ("x" * 73, 1), ("é" * 73, 1)):
        message.write_text(
            f"\n# a comment that says more than {'x' * 72}\n{subject}\n\n{'y' * 99}\n"
        )
        done = run(CHECK_SUBJECTS, message)
        assert done.returncode == code, done.stderr
        assert (f"73 characters, 72 at most: {subject}" in done.stderr) is bool(code)


def test_the_subjects_of_new_commits_are_checked_and_no_others(tmp_path: Path) -> None:
    run(*GIT, "init", "--quiet", tmp_path)
    shutil.copytree(ROOT / ".ci", tmp_path / ".ci")
    for subject in ("old" * 30, "base", "short"):
        run(*GIT, "commit", "--quiet", "--allow-empty", "--message", subject, cwd=tmp_path)
    check = tmp_path / ".ci/check-subjects"
    assert run(check, "HEAD~1..HEAD", cwd=tmp_path).returncode == 0
    assert run(check, f"{'0' * 40}..HEAD", cwd=tmp_path).returncode == 0
    run(*GIT, "commit", "--quiet", "--allow-empty", "--message", "new" * 30, cwd=tmp_path)
    run(*GIT, "commit", "--quiet", "--allow-empty", "--message", "newest", cwd=tmp_path)
    done = run(check, "HEAD~2..HEAD", cwd=tmp_path)
    assert done.returncode == 1
    assert done.stderr.startswith("90 characters, 72 at most: newnew")
    assert "oldold" not in done.stderr


def hooks() -> list[dict[str, Any]]:
    """Return the hooks of `.pre-commit-config.yaml`."""
    config = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text("utf-8"))
    assert [repository["repo"] for repository in config["repos"]] == ["local"]
    return list(config["repos"][0]["hooks"])


def test_hooks_call_what_is_installed_here_and_fetch_nothing() -> None:
    for hook in hooks():
        program = hook["entry"].split()[0]
        assert hook["language"] == "system", hook["id"]
        assert program.startswith((".venv/bin/", ".ci/", "env")), hook["id"]
        name = program.removeprefix(".venv/bin/")
        assert (ROOT / name).exists() or shutil.which(name, path=f"{sys.prefix}/bin:/usr/bin"), name


@pytest.mark.slow
def test_git_refuses_what_the_hooks_refuse(tmp_path: Path) -> None:
    run(*GIT, "init", "--quiet", tmp_path)
    for name in (".pre-commit-config.yaml", "pyproject.toml", ".gitignore", ".ci/check-subjects"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    (tmp_path / ".git/info/exclude").write_text(".venv\n", "utf-8")
    (tmp_path / ".venv").symlink_to(sys.prefix)
    run(f"{sys.prefix}/bin/pre-commit", "install", cwd=tmp_path)

    def commit(source: str, subject: str) -> subprocess.CompletedProcess[str]:
        (tmp_path / "sums.py").write_text(source, "utf-8")
        run("git", "add", "--all", cwd=tmp_path)
        return run(*GIT, "commit", "--message", subject, cwd=tmp_path, SKIP="mypy")

    linted = commit('"""Sums."""\n\nimport os\n', "Sums")
    assert linted.returncode == 1
    assert "F401" in linted.stdout + linted.stderr
    told = commit('"""Sums."""\n', "Sums" * 19)
    assert told.returncode == 1
    assert "76 characters, 72 at most" in told.stdout + told.stderr
    done = commit('"""Sums."""\n', "Sums")
    assert done.returncode == 0, done.stderr


# ---- what git shows, and what the fast tests leave out


def test_bundled_scripts_are_in_no_diff_and_no_search() -> None:
    bundled = run("git", "ls-files", "*/static/*/vendor/*").stdout.splitlines()
    assert any(path.endswith("thebe-core.min.js") for path in bundled)
    attributes = run("git", "check-attr", "diff", "linguist-generated", "--", *bundled).stdout
    assert attributes.count(": diff: unset\n") == len(bundled)
    assert attributes.count(": linguist-generated: set\n") == len(bundled)
    found = run("git", "grep", "-I", "--files-with-matches", "-e", "bracketMatching").stdout
    assert "vendor/codemirror.js" in found.splitlines()  # what the bundle is made from
    assert not set(bundled) & set(found.splitlines())


def test_the_fast_tests_ask_for_no_built_book(request: pytest.FixtureRequest) -> None:
    asking = [
        item
        for item in request.session.items
        if {"site", "tensorflow_workers"} & set(getattr(item, "fixturenames", ()))
    ]
    assert [item.nodeid for item in asking if item.get_closest_marker("slow") is None] == []
