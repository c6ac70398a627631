"""Prune style sheets: rules that no page can use, and custom properties that nothing asks for."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

from tinycss2 import parse_blocks_contents, parse_rule_list, parse_stylesheet, serialize

from autograder.exceptions import AutograderError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from tinycss2.ast import Declaration, Node

_CHOICES = ("is", "where", "has")  # pseudo-classes of which one selector must hold
_NESTED = ("media", "supports")
_DROPPED = ("charset", "import", "font-face")  # the theme's only font is the one of the icons


def purge_rules(css: str, words: frozenset[str], name: str = "style sheet") -> str:
    """Remove the rules whose selectors all name a class or anchor that is not in ``words``.

    Parameters
    ----------
    name
        Of the file, for the message of an error.

    Raises
    ------
    AutograderError
        When a part of the file is no rule.

    """
    return "\n".join(_usable_rules(_rules(css, name), words, name))


def rewrite(css: str, change: Callable[[Declaration], str]) -> str:
    """Replace each declaration by the text that ``change`` gives; without one it is left out."""
    return "\n".join(_rewritten(_rules(css), change))


def without_unused(css: str, words: frozenset[str]) -> str:
    """Remove custom properties that no rule, page or script uses.

    A property that only such properties use is removed as well.
    """
    asks: dict[str, set[str]] = {}
    for name, asked in _uses(_rules(css)):
        asks.setdefault(name, set()).update(asked)
    # From what is asked for on, step by step: two that ask for each other alone are not used.
    used, found = set(words), asks.pop("", set()) | (words & asks.keys())
    while found:
        used |= found
        found = {name for one in found for name in asks.get(one, ())} - used
    # Each declaration is written with a semicolon, which `rewrite` sets itself.
    return rewrite(css, lambda one: serialize([one])[:-1] if _is_used(one, used) else "")


def _is_used(declaration: Declaration, used: set[str]) -> bool:
    return not declaration.name.startswith("--") or declaration.name in used


def _rules(css: str | list[Node], name: str = "style sheet") -> list[Any]:
    parse = parse_stylesheet if isinstance(css, str) else parse_rule_list
    rules = parse(css, skip_comments=True, skip_whitespace=True)
    for rule in rules:
        if rule.type == "error":
            raise AutograderError(
                f"{name}:{rule.source_line}: {rule.message}; mend the rule, or take it out"
            )
    return list(rules)


def _contents(rule: Node) -> list[Any]:
    """Return the declarations of a rule and the rules in it; what browsers pass over is gone."""
    found = parse_blocks_contents(rule.content, skip_comments=True, skip_whitespace=True)
    return [part for part in found if part.type != "error"]


def _usable_rules(rules: Iterable[Node], words: frozenset[str], name: str) -> Iterator[str]:
    for rule in rules:
        if rule.type == "qualified-rule":
            used = [one for one in _selectors(rule.prelude) if _is_usable(one, words)]
            if used:
                selectors = ",".join(serialize(one).strip() for one in used)
                yield f"{selectors}{{{serialize(rule.content).strip()}}}"
        elif rule.lower_at_keyword in _NESTED:
            inner = "\n".join(_usable_rules(_rules(rule.content, name), words, name))
            yield from _around(rule, inner)
        elif rule.lower_at_keyword not in _DROPPED:
            yield serialize([rule])


def _rewritten(rules: Iterable[Node], change: Callable[[Declaration], str]) -> Iterator[str]:
    for rule in rules:
        if rule.type == "qualified-rule":
            body = [
                change(p) if p.type == "declaration" else serialize([p]) for p in _contents(rule)
            ]
            if any(body):
                yield f"{serialize(rule.prelude).strip()}{{{';'.join(filter(None, body))}}}"
        elif rule.lower_at_keyword in _NESTED:
            yield from _around(rule, "\n".join(_rewritten(_rules(rule.content), change)))
        else:
            yield serialize([rule])


def _around(rule: Node, inner: str) -> Iterator[str]:
    if inner:
        yield f"@{rule.at_keyword}{serialize(rule.prelude).rstrip()}{{{inner}}}"


def _uses(rules: Iterable[Node]) -> Iterator[tuple[str, set[str]]]:
    """Yield each custom property with those that it asks for, and "" with those of all else."""
    for rule in rules:
        if rule.type == "qualified-rule":
            for part in _contents(rule):
                custom = part.type == "declaration" and part.name.startswith("--")
                yield (part.name if custom else "", set(_custom_names([part])))
        elif rule.lower_at_keyword in _NESTED:
            yield from _uses(_rules(rule.content))
        else:
            yield "", set(_custom_names([rule]))


def _custom_names(nodes: Iterable[Node]) -> Iterator[str]:
    """Yield the names that begin as those of custom properties do, however deep they stand."""
    for node in nodes:
        if node.type == "ident" and node.value.startswith("--"):
            yield node.value
        for inside in ("prelude", "content", "arguments", "value"):
            part = getattr(node, inside, None)
            if isinstance(part, list):
                yield from _custom_names(part)


def _selectors(prelude: Iterable[Node]) -> list[list[Node]]:
    """Split a list of selectors at its commas; those in parentheses are parts of a selector."""
    parts: list[list[Node]] = [[]]
    for node in prelude:
        if node == ",":
            parts.append([])
        else:
            parts[-1].append(node)
    return parts


def _is_usable(selector: list[Node], words: frozenset[str]) -> bool:
    """Tell whether all classes and anchors that a selector needs occur."""
    names = [node.value for node in selector if node.type == "hash"]
    names += [node.value for dot, node in pairwise(selector) if dot == "." and node.type == "ident"]
    choices = [n for n in selector if n.type == "function" and n.lower_name in _CHOICES]
    # The rules of single icons go in any case: those in use are drawn as masks. A name inside
    # `:not()` is not needed, so it is not looked for.
    return all(name in words and not name.startswith("fa-") for name in names) and all(
        any(_is_usable(one, words) for one in _selectors(choice.arguments)) for choice in choices
    )
