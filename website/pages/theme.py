"""Cut what the theme and its companions put on every page down to what the page needs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from docutils import nodes

from website.pages.social_card import NAME as CARD
from website.pages.style_sheet import SHEET

if TYPE_CHECKING:
    from collections.abc import Callable

    from sphinx.application import Sphinx
    from sphinx.config import Config

_FILES = Path(__file__).parent
_LONGEST = 160  # of the description, in characters: search engines show no more
_HEAD = 80  # characters of an inline script that tell whose it is
_NEVER = ("thebe", "documentation_options.pagename", "documentation_options.search_as_you_type")
_ONLY_WITH = {  # a script, and what in the page's body it is for
    "togglebutton": 'class="toggle',
    "togglehint": 'class="toggle',
    "toggleopen": 'class="toggle',
    "design-tabs": "sd-tab-set",
    "clipboard": "highlight",
    "copybutton": "highlight",
}
_SCRIPT = "book_theme.js"


def register(app: Sphinx) -> None:
    """Register the scripts of every page: the theme's Bootstrap, and ours for the theme's own."""
    app.add_js_file("scripts/bootstrap.js", loading_method="defer")
    app.add_js_file(_SCRIPT, loading_method="defer")


def add_files(_app: Sphinx, config: Config) -> None:
    """Let Sphinx find our templates before the theme's, and our script."""
    # Not in place: Sphinx gives the same list to the next build of this process.
    config.templates_path = [str(_FILES / "templates/theme"), *config.templates_path]
    config.html_static_path = [*config.html_static_path, str(_FILES / "static" / _SCRIPT)]


def keep_needed_scripts(
    app: Sphinx, page: str, _template: str, context: dict[str, Any], _tree: object
) -> None:
    """Keep the scripts and styles that a page needs, and let none hold it up."""
    body = context.get("body", "")
    scripts = [file for file in context["script_files"] if _wanted(file, body, page)]
    waiting = page == "search"  # whose own scripts need the others at once
    context["script_files"] = scripts if waiting else [_deferred(file) for file in scripts]
    builder: Any = app.builder
    everywhere = {file.filename for file in builder._orig_css_files}  # noqa: SLF001 - not public
    own = [file for file in context["css_files"] if file.filename not in everywhere]
    context["css_files"] = [f"_static/{SHEET}", *own]
    context["generate_toctree_html"] = _labelled(context["generate_toctree_html"])


def _wanted(file: Any, body: str, page: str) -> bool:  # noqa: ANN401 - Sphinx's own, not public
    text = f"{file.filename or ''} {file.attributes.get('body') or ''}"[:_HEAD].lower()
    if "sphinx_highlight" in text:  # it breaks off at the titles of drawings
        return page == "search"
    needed = [part for script, part in _ONLY_WITH.items() if script in text]
    return not any(part in text for part in _NEVER) and all(part in body for part in needed)


def _deferred(file: Any) -> Any:  # noqa: ANN401 - Sphinx's own, without a public type
    if not file.filename or file.attributes.get("type") == "module":
        return file
    attributes = {**file.attributes, "defer": "defer"}
    return type(file)(file.filename, priority=file.priority, **attributes)


def add_description(
    app: Sphinx, _page: str, _template: str, context: dict[str, Any], tree: nodes.document | None
) -> None:
    """Set the page's description to its first paragraph, cut to what search engines show."""
    paragraphs = tree.findall(nodes.paragraph) if tree else ()
    first = next((p.astext() for p in paragraphs if len(p.astext()) > _LONGEST // 4), "")
    words = " ".join(first.split())
    if len(words) > _LONGEST:
        words = words[: _LONGEST - 1].rpartition(" ")[0] + "\N{HORIZONTAL ELLIPSIS}"
    context["description"] = words
    base = app.config.html_baseurl
    context["social_card"] = f"{base.rstrip('/')}/{CARD}" if base else context["pathto"](CARD, 1)


def _labelled(generate: Callable[..., Any]) -> Callable[..., Any]:
    """Give the folds of the table of contents a name: the theme leaves them an icon alone."""

    def generate_labelled(*arguments: Any, **options: Any) -> Any:  # noqa: ANN401 - the theme's
        contents = generate(*arguments, **options)
        for fold in contents.find_all("summary"):
            fold["aria-label"] = "Pages of this chapter"
        return contents

    return generate_labelled
