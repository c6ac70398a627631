"""The workflows: well-formed, safe, and each step that can run here does."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from book import ADD_BIAS, ROOT, as_if_built

if TYPE_CHECKING:
    from collections.abc import Iterator

WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
FORMS = sorted((ROOT / ".github/ISSUE_TEMPLATE").glob("*.yml"))
BIN = Path(sys.executable).parent


def run(*command: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command with these variables and none of the ones that configure publishing."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("PUBLIC_")}
    return subprocess.run(
        command, cwd=ROOT, env=kept | environment, capture_output=True, text=True, check=False
    )


def steps() -> Iterator[dict[str, Any]]:
    for path in WORKFLOWS:
        for job in yaml.safe_load(path.read_text("utf-8"))["jobs"].values():
            yield from job["steps"]


def test_the_schema_accepts_them() -> None:
    for kind, paths in (("workflows", WORKFLOWS), ("issue-forms", FORMS)):
        schema = ("--builtin-schema", f"vendor.github-{kind}")
        done = run(BIN / "check-jsonschema", *schema, *paths)
        assert done.returncode == 0, done.stdout


def test_an_attacker_s_eye_finds_nothing() -> None:
    done = run(BIN / "zizmor", "--offline", "--persona=pedantic", "--no-progress", *WORKFLOWS)
    assert done.returncode == 0, done.stdout


def test_they_call_commands_and_scripts_that_are_there() -> None:
    called = "\n".join(step.get("run", "") for step in steps())
    targets = set(re.findall(r"^make (\w+)", called, re.MULTILINE))
    assert {"book", "lock", "test"} <= targets
    known = re.findall(r"^(\w+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    assert targets <= set(known)
    scripts = re.findall(r"\.ci/[\w-]+", called)
    assert len(scripts) > 3
    assert all(os.access(ROOT / script, os.X_OK) for script in scripts)


def test_publishing_that_is_not_configured_says_so_and_is_no_failure() -> None:
    for script in ("publish", "warm-binder"):
        done = run(ROOT / ".ci" / script)
        assert done.returncode == 0, done.stderr
        assert "::notice title=" in done.stdout
        assert "PUBLIC_REPOSITORY is not set" in done.stdout


@pytest.mark.slow
def test_the_tree_is_pushed_and_pushed_again_when_it_has_changed(tmp_path: Path) -> None:
    book = as_if_built(tmp_path / "book")
    remote = tmp_path / "public.git"
    run("git", "init", "--quiet", "--bare", "--initial-branch=main", remote)

    def publish() -> str:
        done = run(ROOT / ".ci/publish", PUBLIC_REPOSITORY=f"file://{remote}", BOOK=str(book))
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert "Published version" in publish()
    assert "Nothing has changed since the last time." in publish()
    renamed = ADD_BIAS.replace("# Add the bias", "# Add a bias")
    (book / "exercises/source/add_bias.md").write_text(renamed, "utf-8")
    assert "Published version" in publish()
    listed = run("git", "-C", remote, "ls-tree", "-r", "--name-only", "main").stdout
    assert {"docs/index.html", "exercises/release/add_bias.ipynb"} <= set(listed.splitlines())
    history = run("git", "-C", remote, "log", "--patch", "main").stdout
    assert history.count("\ncommit ") + 1 == 2
    assert "Add a bias" in history
    assert "return rows + bias" not in history


@pytest.mark.parametrize("asked", ["", "404"])
def test_a_weekly_failure_makes_one_issue(tmp_path: Path, asked: str) -> None:
    fake = tmp_path / "gh"
    did = tmp_path / "did"
    fake.write_text(f'#!/bin/sh\n[ "$2" = list ] && echo "{asked}" || echo "$2" "$3" >> {did}\n')
    fake.chmod(0o755)
    path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
    done = run(ROOT / ".ci/report-failure", PATH=path, RUN="https://example.org/1")
    assert done.returncode == 0, done.stderr
    assert did.read_text().startswith("comment 404" if asked else "create --title")


def test_a_tag_must_name_the_version(tmp_path: Path) -> None:
    (tmp_path / ".ci").mkdir()
    script = tmp_path / ".ci/check-tag"
    script.write_bytes((ROOT / ".ci/check-tag").read_bytes())
    script.chmod(0o755)
    (tmp_path / "pyproject.toml").write_text('version = "1.2.3"\n', "utf-8")
    (tmp_path / "CITATION.cff").write_text("version: 1.2.3\n", "utf-8")
    (tmp_path / "CHANGELOG.md").write_text("## 1.2.3, unreleased\n", "utf-8")
    assert "CHANGELOG.md: does not state version 1.2.3" in run(script, "v1.2.3").stderr
    (tmp_path / "CHANGELOG.md").write_text("## 1.2.3, 2026-12-01\n", "utf-8")
    assert run(script, "v1.2.3").returncode == 0
    assert "pyproject.toml: does not state version 1.2.4" in run(script, "v1.2.4").stderr
