"""Stock nbgrader as an oracle: a course of its own, run by its own commands."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

ENVIRONMENT = Path(sys.prefix) / "nbgrader"
_GENERATE = """
import json, sys
from nbgrader.apps import NbGraderAPI
from traitlets.config.loader import PyFileConfigLoader
api = NbGraderAPI(config=PyFileConfigLoader("nbgrader_config.py").load_config())
made = {name: api.generate_assignment(name, force=True)["success"] for name in sys.argv[1:]}
print(json.dumps(made))
"""
_MARKS = """
import json, sys
import nbformat
from nbgrader.preprocessors import ClearSolutions, Execute
from nbgrader.utils import determine_grade, is_grade, is_solution

def marks(path, cleared):
    notebook = nbformat.read(path, as_version=4)
    if cleared:
        ClearSolutions().preprocess(notebook, {"language": "python"})
    Execute(timeout=20, allow_errors=True).preprocess(notebook, {})
    checks = [cell for cell in notebook.cells if is_grade(cell) and not is_solution(cell)]
    return {cell.metadata.nbgrader.grade_id: determine_grade(cell)[0] for cell in checks}

print(json.dumps([[marks(path, False), marks(path, True)] for path in sys.argv[1:]]))
"""


def shipped_notebooks() -> list[Path]:
    """Return the notebooks of nbgrader's own wheel: of its tests and its documentation."""
    [package] = ENVIRONMENT.glob("lib/python*/site-packages/nbgrader")
    return sorted(package.rglob("*.ipynb"))


class Course:
    """One course folder that nbgrader works on.

    Parameters
    ----------
    folder
        Where it is; `nbgrader_config.py` and `source/` are there already.
    launcher
        Command line put before nbgrader's own, for example a sandbox's.
    seconds
        How long a command may take; one that takes longer is killed, and raises TimeoutExpired.

    """

    def __init__(
        self, folder: Path, launcher: Sequence[str] = (), seconds: float | None = None
    ) -> None:
        self.folder = folder
        self._launcher = list(launcher)
        self._seconds = seconds

    def run(self, command: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run ``nbgrader COMMAND``; the caller looks at how it ended."""
        return self._call("nbgrader", command, *arguments)

    def generate(self, assignments: Sequence[str]) -> dict[str, bool]:
        """Have nbgrader make the learners' versions, all in one process; say which it made."""
        done = self._call("python", "-c", _GENERATE, *assignments)
        return dict(json.loads(done.stdout.splitlines()[-1]))

    def marks_of(self, notebooks: Sequence[Path]) -> list[list[dict[str, float]]]:
        """Return the points of each check of notebooks, for their answers and for their stubs."""
        done = self._call("python", "-c", _MARKS, *map(str, notebooks))
        assert done.returncode == 0, done.stderr
        return list(json.loads(done.stdout.splitlines()[-1]))

    def _call(self, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        if not (ENVIRONMENT / "installed").exists():
            raise FileNotFoundError(
                "stock nbgrader is not there: run `make .venv/nbgrader/installed`"
            )
        # nbgrader calls alembic by name, and takes its kernels from where it is installed.
        names = {"PATH": f"{ENVIRONMENT / 'bin'}{os.pathsep}{os.environ['PATH']}"}
        home = {"HOME": str(self.folder), "IPYTHONDIR": str(self.folder / ".ipython")}
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("JUPYTER", "PYTHON"))}
        return subprocess.run(
            [*self._launcher, str(ENVIRONMENT / "bin" / program), *arguments],
            cwd=self.folder,
            env=kept | names | home | {"TF_CPP_MIN_LOG_LEVEL": "3"},
            capture_output=True,
            text=True,
            check=False,
            timeout=self._seconds,
        )

    def marks(self) -> dict[tuple[str, str], float]:
        """Return the automatic marks by student and notebook."""
        query = """
            SELECT submitted_assignment.student_id, notebook.name, SUM(grade.auto_score)
            FROM grade
            JOIN submitted_notebook ON grade.notebook_id = submitted_notebook.id
            JOIN notebook ON submitted_notebook.notebook_id = notebook.id
            JOIN submitted_assignment ON submitted_notebook.assignment_id = submitted_assignment.id
            GROUP BY submitted_notebook.id
        """
        with sqlite3.connect(self.folder / "gradebook.db") as book:
            return {(student, name): score or 0.0 for student, name, score in book.execute(query)}
