"""The command ``book``: build and serve the site, publish it, print it."""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from autograder.cli.common import (
    EXIT_FAILED,
    EXIT_OK,
    add_book,
    add_command,
    print_error,
    print_errors,
    run_command,
)
from autograder.format.exercise_set import read_exercise_set
from website.build.settings import read_configuration, read_settings
from website.editions.publish import build_site, is_built, publish
from website.pages.edition import edition_name
from website.up_to_date import is_up_to_date

if TYPE_CHECKING:
    from collections.abc import Sequence

_DESCRIPTION = """\
Build the book, and make it into what others take away.

  book build                build the book, unless nothing has changed since it was built
  book watch                build it at every save, and show it in the browser
  book publish ../public    write what the public may have: site, notebooks, widgets, environment
  book pdf                  print the whole book to a PDF
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code: 0 success, 1 failure, 2 wrong usage."""
    parser = argparse.ArgumentParser(
        prog="book",
        description=_DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    text = "build the book, unless nothing has changed since it was built"
    building = add_command(commands, "build", _build, text)
    text = "build the book at every save, serve it, and reload the browser"
    watching = add_command(commands, "watch", _watch, text)
    watching.add_argument("--port", type=int, default=8000, help="of localhost (default: 8000)")
    text = "write what the public may have: the site, notebooks, widgets, an environment"
    public = add_command(commands, "publish", _publish, text)
    public.add_argument("to", type=Path, metavar="DIR", help="where; replaced whole, save for .git")
    text = "print the whole book, which is built, to a PDF; needs Chromium"
    pdf = add_command(commands, "pdf", _pdf, text)
    pdf.add_argument("--to", type=Path, metavar="FILE", help="where (default: in _build)")
    for command in (building, watching, public, pdf):
        add_book(command)
    return run_command(parser.parse_args(arguments))


def _build(options: argparse.Namespace) -> int:
    if is_up_to_date(options.book.resolve()):
        print("Nothing has changed since the book was built.")
        return EXIT_OK
    # The one beside this interpreter: another on the path may belong to another environment.
    command = str(Path(sys.executable).with_name("jupyter-book"))
    done = subprocess.run([command, "build", str(options.book)], check=False)  # noqa: S603 - ours
    return done.returncode


def _watch(options: argparse.Namespace) -> int:
    from website.watch import watch  # noqa: PLC0415 - it brings Sphinx

    watch(options.book.resolve(), options.port)
    return EXIT_OK


def _publish(options: argparse.Namespace) -> int:
    root = options.book.resolve()
    exercises, errors = read_exercise_set(root, sources=read_settings(root).exercises)
    if errors:
        print_errors(errors, "nothing was published")
        return EXIT_FAILED
    if not is_built(root):
        print_error("The site is missing or older than its sources: building it first ...")
        build_site(root)
    count, size = publish(root, exercises, options.to)
    print(f"{options.to}: {count} files, {size / 2**20:.1f} MiB, searched for what nobody may see")
    return EXIT_OK


def _pdf(options: argparse.Namespace) -> int:
    from website.editions.pdf import write_pdf  # noqa: PLC0415 - `book build` needs none of it

    built = options.book / "_build"
    root = options.book.resolve()
    title = str(read_configuration(root).get("title", ""))
    to = options.to or built / f"{edition_name(root, read_settings(root), title)}.pdf"
    sheets = write_pdf(built / "html", to)
    print(f"{to}: {sheets} pages, {to.stat().st_size / 2**20:.1f} MiB")
    return EXIT_OK
