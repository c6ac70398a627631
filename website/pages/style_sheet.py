"""Write one style sheet for the site, of those rules of the theme that some page can use.

The theme brings 540 kB of rules in nine files, and a script of 1.5 MB for its icons. When the pages
stand, the rules whose classes occur on no page and in no script are left out, the icons that occur
become masks in the style sheet, and the book's colours and its font come in.
"""

from __future__ import annotations

import functools
import re
import shutil
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tinycss2 import serialize

from autograder.files import replace_text, replace_texts
from website.pages import prune_css
from widgets._assets import font_face_rule, read_asset, with_palette

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from sphinx.application import Sphinx
    from tinycss2.ast import Declaration

SHEET = "site.css"
FONT_LICENCE = "PublicSans.LICENSE.txt"
_FIRST = ("basic.css", "styles/pydata-sphinx-theme.css")  # what the theme's layout links itself
_ICONS = "scripts/fontawesome.js"
_THEIRS = "scripts/pydata-sphinx-theme.js"  # book_theme.js stands in for it
# They name every icon, or words of the text that are no classes, or are not in the site.
_NO_WORDS = (_ICONS, _THEIRS, "searchindex.js")
_UNUSED = (
    "scripts/fontawesome.js*",
    f"{_THEIRS}*",
    "**/*.map",
    "styles",
    "vendor",
    "locales",
    "*-macros.html",
)
# On paper always light: the doubled attribute outweighs the rule for the dark.
_PALETTE = """
html{/* light */}
html[data-theme=dark]{/* dark */}
@media print{html[data-theme][data-theme]{/* light */}}
"""
_WORD = re.compile(r"[\w-]+")
_MARKUP = re.compile(r"<script.*?</script>|<[^>]*>", re.DOTALL)  # no text that a reader sees
_LINK = re.compile(rf"{re.escape(SHEET)}(\?v=\w+)?\"")
_ICON = re.compile(r'[{,]"?([\w-]+)"?:\[(\d+),(\d+),\[([^\]]*)\],"\w+","([^"]+)"\]')
_MASK = (
    'content:"";display:inline-block;width:1em;height:1em;'
    "background:currentColor;mask:var({icon}) center/contain no-repeat"
)
# In forced colours browsers replace the background that an icon is drawn with, so it gets the
# colour of a button's text.
_ICON_BASE = """
:is(.fa-solid, .fas, .fa-brands, .fab) {
  display: inline-block; flex: none; width: 1.25em; height: 1em; vertical-align: -0.125em;
}
:is(.fa-solid, .fas, .fa-brands, .fab)::before {
  content: ""; display: block; width: 100%; height: 100%; background: currentColor;
  mask: var(--icon) center / contain no-repeat;
}
@media (forced-colors: active) {
  :is(.fa-solid, .fas, .fa-brands, .fab)::before { background: ButtonText; }
}
"""


def replace_style_sheets(app: Sphinx, error: Exception | None) -> None:
    """Replace the theme's style sheets by one that holds the rules in use."""
    if error is not None or app.builder.format != "html":
        return
    if not (app.outdir / "_static" / _ICONS).is_file():  # no page was written anew
        return
    builder: Any = app.builder
    files = [str(file.filename) for file in builder._css_files]  # noqa: SLF001 - no public list
    kept = app.outdir.parent / ".checked" / "style_sheet.css"
    write_sheet(app.outdir, [name for name in files if name.startswith("_static/")], kept)
    _prune(app.outdir / "_static")


def _prune(static: Path) -> None:
    """Remove the files that no page links any more; Sphinx copies them again in the next build."""
    for path in [path for pattern in _UNUSED for path in static.glob(pattern)]:
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)


def write_sheet(site: Path, files: Iterable[str], kept: Path | None = None) -> None:
    """Write one style sheet from the theme's files and ``files``, and link it from every page.

    Parameters
    ----------
    site
        Where the pages are.
    files
        Style sheets besides the theme's, by their names in ``site``.
    kept
        The file that keeps the sheet for the next build.

    """
    static = site / "_static"
    names = [*(static / name for name in _FIRST), *(site / name for name in files)]
    words = frozenset(_words(site))
    sheets = {path.relative_to(site).as_posix(): path.read_text("utf-8") for path in names}
    script = static / _ICONS
    icons = script.read_text("utf-8") if script.is_file() else ""
    text = _kept_sheet(kept, sheets, icons, words)
    # The version has a browser ask again for a sheet that has changed.
    address = f'{SHEET}?v={sha256(text.encode()).hexdigest()[:8]}"'
    # Any suffix after it: the front page that the gate withholds is among them.
    pages = {page: page.read_text("utf-8") for page in site.rglob("*.html*")}
    linked = {page: _LINK.sub(address, before) for page, before in pages.items()}
    licence = {static / FONT_LICENCE: read_asset(FONT_LICENCE)}
    replace_texts({static / SHEET: text, **licence, **linked})


def _kept_sheet(
    kept: Path | None, sheets: Mapping[str, str], icons: str, words: frozenset[str]
) -> str:
    """Return the sheet that an earlier build made of the same, else make it and keep it.

    To parse the theme's rules takes seconds, and most changes of a page use no other ones.
    """
    named = {word for text in (*sheets.values(), icons) for word in _WORD.findall(text)}
    code = [Path(module).read_text("utf-8") for module in (__file__, prune_css.__file__)]
    parts = (code, sheets, icons, sorted(words & named), with_palette(_PALETTE), font_face_rule())
    key = sha256(repr(parts).encode()).hexdigest()
    if kept and kept.is_file() and kept.read_text("utf-8").startswith(key):
        return kept.read_text("utf-8").removeprefix(key)
    text = _made_sheet(sheets, icons, words)
    if kept:
        replace_text(kept, key + text)
    return text


def _made_sheet(sheets: Mapping[str, str], icons: str, words: frozenset[str]) -> str:
    text = "\n".join(prune_css.purge_rules(rules, words, name) for name, rules in sheets.items())
    text += icon_rules(icons, words, text) if icons else ""
    text = prune_css.rewrite(text, masked) + with_palette(_PALETTE)
    return prune_css.without_unused(text, words) + f"/* {FONT_LICENCE} */{font_face_rule()}"


def _words(site: Path) -> Iterator[str]:
    """Yield every word of every tag and script: each may name a class or an anchor."""
    for path in site.rglob("*"):
        if path.as_posix().endswith(_NO_WORDS):
            continue
        if path.suffix == ".js" or ".html" in path.suffixes:
            yield from _words_of(path.read_text("utf-8"), script=path.suffix == ".js")


@functools.lru_cache(maxsize=1024)  # most pages are as they were at the last build of a process
def _words_of(text: str, *, script: bool) -> frozenset[str]:
    marked = [text] if script else _MARKUP.findall(text)
    return frozenset(word for part in marked for word in _WORD.findall(part))


def masked(declaration: Declaration) -> str:
    """Draw an icon that the theme's rules have as a letter of its font by a mask instead."""
    name, text = declaration.lower_name, str(serialize([declaration]))[:-1]
    for asked in declaration.value:
        if name == "content" and asked.type == "function" and asked.lower_name == "var":
            icon = serialize(asked.arguments)
            return _MASK.format(icon=icon) if icon.startswith("--pst-icon-") else text
    return text


def icon_rules(script: str, words: frozenset[str], sheet: str = "") -> str:
    """Give each of the theme's icons that is used, by a page or by ``sheet``, as a mask."""
    shapes: dict[str, str] = {}
    for name, width, height, others, path in _ICON.findall(script):  # the solid ones come last
        shape = f"%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {width} {height}'%3E"
        shape = f"url(\"data:image/svg+xml,{shape}%3Cpath d='{path}'/%3E%3C/svg%3E\")"
        shapes |= dict.fromkeys([name, *re.findall(r'"([\w-]+)"', others)], shape)
    on_pages = [name for name in sorted(shapes) if f"fa-{name}" in words]
    in_rules = [name for name in sorted(shapes) if f"var(--pst-icon-{name})" in sheet]
    masks = [f".fa-{name}{{--icon:{shapes[name]}}}" for name in on_pages]
    masks += [f"html{{--pst-icon-{name}:{shapes[name]}}}" for name in in_rules]
    return "\n".join([_ICON_BASE, *masks])
