"""The pages that ``_toc.yml`` lists."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from autograder.shelf import RELEASE, SOURCES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


def pages(root: Path) -> list[str]:
    """Return the text pages that ``_toc.yml`` lists and that exist, in its order."""
    return [name for name, _ in _listed(root) if (root / name).is_file()]


def chapters(root: Path) -> list[str]:
    """Return the pages that are written by hand: all but the released exercises."""
    return [name for name in pages(root) if not name.startswith(RELEASE)]


def mismatches(root: Path, slugs: Sequence[str]) -> list[str]:
    """Find exercises that ``_toc.yml`` lists and nobody has written, and those that it forgets."""
    listed = {Path(name).stem: line for name, line in _listed(root) if name.startswith(RELEASE)}
    absent = [
        f"_toc.yml:{line}: there is no exercise `{slug}`; write {SOURCES}/{slug}.md, or take the "
        "line out"
        for slug, line in listed.items()
        if slug not in slugs
    ]
    forgotten = [
        f"_toc.yml:1: exercise `{slug}` is on no page; add `- file: {RELEASE}/{slug}`"
        for slug in slugs
        if slug not in listed
    ]
    return absent + forgotten


def _listed(root: Path) -> list[tuple[str, int]]:
    tree = yaml.compose((root / "_toc.yml").read_text("utf-8"))
    return list(_files(tree)) if tree is not None else []


def _files(node: yaml.Node) -> Iterator[tuple[str, int]]:
    """Yield each file below ``node`` with its line."""
    if isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _files(item)
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value in ("file", "root"):
                yield f"{value.value.removesuffix('.md')}.md", value.start_mark.line + 1
            yield from _files(value)
