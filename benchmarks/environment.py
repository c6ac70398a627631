"""What a learner's environment costs beside the authors': time to install, size, packages.

Both are installed from their locked files, with whatever pip has cached, into folders that are
removed again. The learner's goes first: what has to be fetched for both counts against it.
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

    seconds: float
    size: int
    packages: int


def main() -> None:
    """Install each environment and print what it cost."""
    costs = {}
    for name, locked in FILES.items():
        costs[name] = install(ROOT / locked)
        print(
            f"{name:10} {costs[name].seconds:6.1f} s {costs[name].size / 2**20:8.0f} MiB "
            f"{costs[name].packages:4} packages"
        )
    learner, authoring = costs["learner"], costs["authoring"]
    print(
        f"learner to authoring: {learner.seconds / authoring.seconds:.2f} of the time, "
        f"{learner.size / authoring.size:.2f} of the size, "
        f"{learner.packages / authoring.packages:.2f} of the packages"
    )


def install(locked: Path) -> Cost:
    """Install what ``locked`` lists into a new environment, and measure it."""
    with tempfile.TemporaryDirectory(prefix="environment-") as name:
        folder = Path(name)
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        pip = (folder / "bin/pip", "--quiet", "--disable-pip-version-check")
        began = time.monotonic()
        subprocess.run([*pip, "install", "--require-hashes", "-r", locked], check=True)
        seconds = time.monotonic() - began
        sizes = [path.lstat().st_size for path in folder.rglob("*") if not path.is_dir()]
        listed = subprocess.run([pip[0], "list"], check=True, capture_output=True, text=True).stdout
        return Cost(seconds, sum(sizes), len(listed.splitlines()) - 2)


if __name__ == "__main__":
    main()
