"""The command ``book``: make the site into what others take away."""

from __future__ import annotations

import argparse
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
from website.editions.pdf import write_pdf
from website.editions.publish import build, is_built, publish
from website.pages.edition import edition_name

if TYPE_CHECKING:
    from collections.abc import Sequence

_DESCRIPTION = """\
Make the book, once it is built, into what others take away.

  book publish ../public    write what the public may have: site, notebooks, widgets, environment
  book pdf                  print the whole book to a PDF
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code: 0 all well, 1 something failed, 2 wrong usage."""
    parser = argparse.ArgumentParser(
        prog="book",
        description=_DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    text = "write what the public may have: the site, notebooks, widgets, an environment"
    public = add_command(commands, "publish", _publish, text)
    public.add_argument("to", type=Path, metavar="DIR", help="where; replaced whole, save for .git")
    text = "print the whole book, which is built, to a PDF; needs Chromium"
    pdf = add_command(commands, "pdf", _pdf, text)
    pdf.add_argument("--to", type=Path, metavar="FILE", help="where (default: in _build)")
    for command in (public, pdf):
        add_book(command)
    return run_command(parser.parse_args(arguments))


def _publish(options: argparse.Namespace) -> int:
    root = options.book.resolve()
    exercises, errors = read_exercise_set(root, sources=read_settings(root).exercises)
    if errors:
        print_errors(errors, "nothing was published")
        return EXIT_FAILED
    if not is_built(root):
        print_error("The site is missing or older than its sources: building it first ...")
        build(root)
    count, size = publish(root, exercises, options.to)
    print(f"{options.to}: {count} files, {size / 2**20:.1f} MiB, searched for what nobody may see")
    return EXIT_OK


def _pdf(options: argparse.Namespace) -> int:
    built = options.book / "_build"
    root = options.book.resolve()
    title = str(read_configuration(root).get("title", ""))
    to = options.to or built / f"{edition_name(root, read_settings(root), title)}.pdf"
    sheets = write_pdf(built / "html", to)
    print(f"{to}: {sheets} pages, {to.stat().st_size / 2**20:.1f} MiB")
    return EXIT_OK
