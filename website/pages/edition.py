"""Say at the foot of each page which version of the book it is, and when it was built."""

from __future__ import annotations

import os
import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sphinx.application import Sphinx
    from sphinx.config import Config

NAME = "logits-layer-by-layer"  # the distribution that is installed


def edition(root: Path, environment: Mapping[str, str]) -> str:
    """Return the version in ``pyproject.toml``, if there is one, and the date of the build.

    The date is that of ``SOURCE_DATE_EPOCH`` where that is set, so that the same sources make the
    same pages on any day.
    """
    given = environment.get("SOURCE_DATE_EPOCH")
    date = datetime.fromtimestamp(int(given), UTC) if given else datetime.now(UTC)
    about = root / "pyproject.toml"
    project = tomllib.loads(about.read_text("utf-8"))["project"] if about.is_file() else {}
    version = f"Version {project['version']}, built" if "version" in project else "Built"
    return f"{version} on {date:%Y-%m-%d}"


def show_edition(app: Sphinx, config: Config) -> None:
    """Show version and date of the book in the footer of each page."""
    text = edition(Path(app.srcdir), os.environ)
    config.html_theme_options["extra_footer"] = f'<p class="edition">{text}.</p>'
