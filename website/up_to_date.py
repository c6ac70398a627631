"""Find out whether anything has changed since the last build that passed.

A build writes a stamp beside the site: a digest of all files that it may have read, taken before it
read any, and a digest of all files that it wrote. While both are unchanged, another build would
write the same site.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from autograder.files import replace_text
from autograder.running.environment import environment_digest, module_files
from website.build.settings import settings_or_default
from website.pages.edition import edition

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sphinx.application import Sphinx
    from sphinx.config import Config

_STAMP = "stamp.json"
_BUILT = "_build"
_NO_INPUTS = frozenset({_BUILT, "node_modules", "__pycache__"})
PACKAGES = ("autograder", "website", "widgets", "inpage")


class Stamp:
    """Writes the stamp of one build."""

    def __init__(self) -> None:
        self._inputs = ""

    def note_inputs(self, app: Sphinx, _config: Config) -> None:
        """Take the digest of what this build will read, and remove the stamp of the last one."""
        self._inputs = _inputs_digest(Path(app.srcdir))
        # A build that is killed leaves no stamp, and is repeated.
        _stamp(Path(app.srcdir)).unlink(missing_ok=True)

    def write_stamp(self, app: Sphinx, error: Exception | None) -> None:
        """Write the stamp, if the whole book was built and has passed."""
        # A preview leaves out the archive and the edition on paper, and a build that writes
        # somewhere else says nothing of the site in `_build`.
        root, whole = Path(app.srcdir), not app.config.gate_preview
        ours = Path(app.outdir) == root / _BUILT / "html"
        if error is None and not app.statuscode and app.builder.name == "html" and whole and ours:
            found = {"inputs": self._inputs, "outputs": _outputs_digest(root)}
            replace_text(_stamp(root), json.dumps(found))


def is_up_to_date(root: Path) -> bool:
    """Return whether another build of the book at ``root`` would write the site that is there.

    A site that is not as its build left it is removed: Sphinx would write only the pages whose
    source is newer, and keep whatever became of the others.
    """
    try:
        found = json.loads(_stamp(root).read_text("utf-8"))
    except (OSError, ValueError):
        return False
    as_left = found.get("outputs") == _outputs_digest(root)
    if not as_left:
        shutil.rmtree(root / _BUILT / "html", ignore_errors=True)
    return as_left and bool(found.get("inputs") == _inputs_digest(root))


def _stamp(root: Path) -> Path:
    return root / _BUILT / ".checked" / _STAMP


def _inputs_digest(root: Path) -> str:
    """Return the digest of the book's files, of the code that builds it, and of the edition."""
    files = {path.relative_to(root).as_posix(): path for path in input_files(root)}
    # The edition holds the date of the build, which stands at the foot of every page.
    code = environment_digest({**files, **module_files(PACKAGES)})
    return hashlib.sha256(f"{code} {edition(root, os.environ)}".encode()).hexdigest()


def input_files(root: Path) -> Iterator[Path]:
    """Yield every file that a build may read: all below ``root`` but what builds leave."""
    release = root / settings_or_default(root).release
    for place, folders, names in os.walk(root):
        folders[:] = [name for name in folders if name[0] != "." and name not in _NO_INPUTS]
        if not Path(place).is_relative_to(release):  # written by the build
            yield from (Path(place, name) for name in names)


def _outputs_digest(root: Path) -> str:
    """Return the digest of what a build leaves: the site, its archive, and released exercises."""
    release = root / settings_or_default(root).release
    left = [*(root / _BUILT / "html").rglob("*"), *release.rglob("*")]
    left += (root / _BUILT).glob("*.zip")
    digest = hashlib.sha256()
    for path in sorted(path for path in left if path.is_file()):
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        digest.update(f"\n{path.relative_to(root).as_posix()} {content}".encode())
    return digest.hexdigest()
