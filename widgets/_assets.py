"""Read the scripts, style sheets and fonts of the widgets."""

from __future__ import annotations

import json
from base64 import b64encode
from hashlib import sha256
from importlib.resources import files


def read_asset(name: str) -> str:
    """Return the text of one file of ``widgets/static``."""
    return files("widgets").joinpath("static", name).read_text(encoding="utf-8")


def module_parts(widget_type: str) -> tuple[str, str]:
    """Return the two texts that make up the ES module of a widget: the shared one, then its own."""
    return read_asset("common.js"), read_asset(f"{widget_type}.js")


def module_text(widget_type: str) -> str:
    """Return the ES module of a widget: the shared functions, then its own file."""
    return "".join(module_parts(widget_type))


def style_text() -> str:
    """Return the style sheet of the widgets, with the palette as custom properties."""
    return with_palette(read_asset("widgets.css"))


def with_palette(rules: str) -> str:
    """Return ``rules`` with the palette in place of ``/* light */`` and ``/* dark */``."""
    palette = json.loads(read_asset("palette.json"))
    light, dark = (_custom_properties(palette[theme]) for theme in ("light", "dark"))
    return rules.replace("/* light */", light).replace("/* dark */", dark)


def font_face_rule() -> str:
    """Return a ``@font-face`` rule that contains the book's font.

    A font that was loaded by a request would arrive late and move the text.
    """
    font = files("widgets").joinpath("static/public-sans.woff2").read_bytes()
    source = f"url(data:font/woff2;base64,{b64encode(font).decode()}) format('woff2')"
    return f"@font-face{{font-family:'Public Sans';font-weight:400 700;src:{source}}}"


def package_digest() -> str:
    """Return a digest of the files of this package, by which a build sees that they changed."""
    folder = files("widgets")
    # Sorted, as a folder lists its files in any order.
    names = sorted(item.name for item in folder.iterdir() if item.name.endswith(".py"))
    assets = sorted(item.name for item in folder.joinpath("static").iterdir())
    texts = [folder.joinpath(name).read_bytes() for name in names]
    texts += [folder.joinpath("static", name).read_bytes() for name in assets]
    return sha256(b"\0".join(texts)).hexdigest()


def _custom_properties(colours: dict[str, str]) -> str:
    return " ".join(f"--llb-{name}: {value};" for name, value in colours.items())
