"""How heavy and how fast a page is: ours beside a stock Jupyter Book page of the same source.

Serves the built site compressed, as static hosts do, and asks Lighthouse (mobile) for the median of
three runs: performance, accessibility, best practices and SEO, of 100 each, and what it transferred
for a cold page. The stock page is the same chapter with none of this book's extensions but
the one that knows its widgets:

    make page-checks && python benchmarks/page.py [--pages PAGE...] [--runs N] [--no-stock]

Builds the book first if it is not built.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import yaml

ROOT = Path(__file__).parents[1]
SITE = ROOT / "_build/html"
LIGHTHOUSE = ROOT / ".venv/page-checks/node_modules/lighthouse/cli/index.js"
sys.path.insert(0, str(ROOT / "tests"))

from hosting import served  # noqa: E402

PAGES = (
    "intro",
    "chapters/weighted_connections",
    "chapters/logits",
    "chapters/losses_from_logits",
    "exercises/release/missing_bias",
    "back_matter/glossary",
)
CATEGORIES = ("performance", "accessibility", "best-practices", "seo")
NAMES = {"best-practices": "practices"}


@dataclass(frozen=True)
class Found:
    """What Lighthouse says of one run: four scores and the bytes that came over the line."""

    scores: tuple[float, ...]
    kilobytes: float
    hosts: int


def main() -> None:
    """Print a line for each page, ours and stock."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", nargs="+", default=PAGES)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--no-stock", action="store_true")
    asked = parser.parse_args()
    if not (SITE / "index.html").is_file():
        subprocess.run([Path(sys.executable).with_name("jupyter-book"), "build", ROOT], check=True)
    heads = "".join(f"{NAMES.get(name, name):>15}" for name in CATEGORIES)
    print(f"{'':44}{heads}{'kB':>8}{'other hosts':>13}")
    with served(SITE) as address:
        for page in asked.pages:
            show(page, measure(f"{address}/{page}.html", asked.runs))
    if not asked.no_stock:
        compare(asked.runs)


def show(name: str, found: Found) -> None:
    """Print what was found of one page."""
    scores = "".join(f"{100 * score:15.0f}" for score in found.scores)
    print(f"{name:44}{scores}{found.kilobytes:8.0f}{found.hosts:13d}", flush=True)


def measure(address: str, runs: int) -> Found:
    """Ask Lighthouse ``runs`` times, and give the median of each number."""
    found = [run(address) for _ in range(runs)]
    return Found(
        tuple(statistics.median(scores) for scores in zip(*(f.scores for f in found), strict=True)),
        statistics.median(f.kilobytes for f in found),
        max(f.hosts for f in found),
    )


def run(address: str) -> Found:
    """Ask Lighthouse once, with its own settings for a phone."""
    flags = "--headless=new --no-sandbox --disable-background-networking"
    only = f"--only-categories={','.join(CATEGORIES)}"
    command = ["node", str(LIGHTHOUSE), address, "--output=json", "--quiet", only]
    home = Path(sys.executable).parent  # the node of the locked environment
    done = subprocess.run(
        [*command, f"--chrome-flags={flags}"],
        env={**os.environ, "PATH": f"{home}:{os.environ['PATH']}", "CHROME_PATH": chromium()},
        stdout=subprocess.PIPE,
        check=True,
    )
    report = json.loads(done.stdout)
    found = report["audits"]["network-requests"]["details"]["items"]
    requests = [each for each in found if each["url"].startswith("http")]  # fonts come in a sheet
    here = address.split("/")[2]
    return Found(
        tuple(report["categories"][name]["score"] or 0.0 for name in CATEGORIES),
        sum(r["transferSize"] for r in requests) / 1000,
        len({r["url"].split("/")[2] for r in requests} - {here}),
    )


def chromium() -> str:
    """Find the browser."""
    return shutil.which("chromium") or "/usr/bin/chromium"


def compare(runs: int, chapter: str = "chapters/weighted_connections") -> None:
    """Build ``chapter`` with stock Jupyter Book, and measure it."""
    with TemporaryDirectory(prefix="stock-") as folder:
        book = Path(folder)
        text = (ROOT / f"{chapter}.md").read_text()
        (book / "chapter.md").write_text(text)
        (book / "_toc.yml").write_text("format: jb-book\nroot: chapter\n")
        ours = yaml.safe_load((ROOT / "_config.yml").read_text())
        config = {key: ours[key] for key in ("title", "bibtex_bibfiles", "execute", "parse")}
        config["sphinx"] = {"extra_extensions": ["widgets.page"]}
        (book / "_config.yml").write_text(yaml.safe_dump(config))
        shutil.copy(ROOT / "references.bib", book)
        command = (Path(sys.executable).with_name("jupyter-book"), "build", "--quiet", book)
        subprocess.run(command, check=True, capture_output=True)
        with served(book / "_build/html") as address:
            show(f"{chapter}, stock", measure(f"{address}/chapter.html", runs))


if __name__ == "__main__":
    main()
