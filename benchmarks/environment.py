"""What a learner's environment costs beside the authors': to fetch, to install, to keep.

Each is installed from its locked file into a folder that is removed again. All of it is fetched
before the clock starts, so that the one that goes first does not pay for what both share.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
FILES = {"learner": "requirements-learner.txt", "authoring": "requirements.txt"}


@dataclass(frozen=True)
class Cost:
    """What one environment costs."""

    fetched: int
    seconds: float
    size: int
    packages: int


def main() -> None:
    """Install each environment and print what it cost."""
    costs = {}
    for name, locked in FILES.items():
        costs[name] = install(ROOT / locked)
        print(
            f"{name:10} {costs[name].fetched / 2**20:6.0f} MiB fetched, installed in "
            f"{costs[name].seconds:.1f} s, {costs[name].size / 2**20:.0f} MiB on disk, "
            f"{costs[name].packages} packages",
            flush=True,
        )
    learner, authoring = costs["learner"], costs["authoring"]
    print(
        f"learner to authoring: {learner.fetched / authoring.fetched:.2f} of what is fetched, "
        f"{learner.seconds / authoring.seconds:.2f} of the time, "
        f"{learner.size / authoring.size:.2f} of the size, "
        f"{learner.packages / authoring.packages:.2f} of the packages"
    )


def install(locked: Path) -> Cost:
    """Install what ``locked`` lists into a new environment, and measure it."""
    with tempfile.TemporaryDirectory(prefix="environment-") as name:
        folder, files = Path(name) / "venv", Path(name) / "files"
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        pip = (folder / "bin/pip", "--quiet", "--disable-pip-version-check")
        wanted = ("--no-deps", "--require-hashes", "-r", locked)
        subprocess.run([*pip, "download", "--dest", files, *wanted], check=True)
        began = time.monotonic()
        subprocess.run([*pip, "install", "--find-links", files, *wanted], check=True)
        seconds = time.monotonic() - began
        listed = subprocess.run([pip[0], "list"], check=True, capture_output=True, text=True).stdout
        return Cost(size_of(files), seconds, size_of(folder), len(listed.splitlines()) - 2)


def size_of(folder: Path) -> int:
    """Add up the bytes of all files below a folder."""
    return sum(path.lstat().st_size for path in folder.rglob("*") if not path.is_dir())


if __name__ == "__main__":
    main()
