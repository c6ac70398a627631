"""What the theme and its companions put on every page, cut down to what the page needs."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docutils import nodes

from autograder.files import replace_text
from website.pages.social_card import NAME as CARD
from website.pages.style_sheet import SHEET

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.config import Config

_TEMPLATES = Path(__file__).parent / "templates" / "theme"
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
_MENDED = {  # what tells a screen reader something else than the page shows, or nothing
    'role="doc-biblioentry"': 'role="listitem"',
    ' aria-label="Toggle hidden content"': "",
    'title="Search" aria-label="Search"': 'title="Search" aria-label="Search Ctrl+K"',
    '<summary><span class="toctree-toggle"': (
        '<summary aria-label="Pages of this chapter"><span class="toctree-toggle"'
    ),
    '<div id="pst-primary-sidebar" class': (
        '<div id="pst-primary-sidebar" role="region" aria-label="Book" class'
    ),
}

_SCRIPT = "_static/scripts/pydata-sphinx-theme.js"
# The theme lets the keyboard reach what scrolls, and to find it lays out the whole page, once more
# after each change in it. Instead everything can be reached until it comes near the screen, where
# its size is known anyway.
_STOPS = re.compile(
    r'const (\w+)=\(\)=>\{(document\.querySelectorAll\(\["pre",[^()]*\]\.join\(", "\)\))'
    r"\.forEach\((\w+)=>\{\3\.tabIndex=([^{}]*)\}\)\}"
)
_STOPS_NEARBY = (
    r"const near=new IntersectionObserver(all=>all.filter(({isIntersecting:i})=>i)"
    r".map(({target:\3})=>[\3,\4]).forEach(([e,stop])=>{e.tabIndex=stop}),"
    r'{rootMargin:"100%"}),\1=()=>{\2.forEach(e=>{'
    r'e.hasAttribute("tabindex")||(e.tabIndex=0);near.unobserve(e);near.observe(e)})}'
)


def add_templates(_app: Sphinx, config: Config) -> None:
    """Let Sphinx find our templates before the theme's."""
    config.templates_path.insert(0, str(_TEMPLATES))


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


def mend_pages(app: Sphinx, error: Exception | None) -> None:
    """Fix in all finished pages what no template reaches; running it again changes nothing."""
    if error is None and app.builder.format == "html":
        for page in app.outdir.rglob("*.html*"):
            replace_text(page, mended(page.read_text("utf-8")))
        script = app.outdir / _SCRIPT
        replace_text(script, light(script.read_text("utf-8")))


def mended(page: str) -> str:
    """Fix ARIA labels and roles that the theme gets wrong."""
    for found, better in _MENDED.items():
        page = page.replace(found, better)
    return page


def light(script: str) -> str:
    """Limit the theme's search for scrollable elements to those near the screen."""
    return _STOPS.sub(_STOPS_NEARBY, script)
