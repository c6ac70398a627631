"""Write the book's font in the three forms that it needs, from what npm publishes.

Public Sans tells l, I and 1 apart, its digits are equally wide, and its licence lets it stand in
the site. It is cut down to the signs of a Latin text: one file with all weights for the pages,
whose browsers slant it themselves, and two for matplotlib, which reads no compressed font.

It runs by hand, when the font changes: `npm pack @fontsource-variable/public-sans@5.3.0`, unpack,
then `python vendor/font.py package` where `fonttools[woff]` is installed.
"""

from __future__ import annotations

import sys
from pathlib import Path

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont
from fontTools.varLib.instancer import instantiateVariableFont

TO = Path(__file__).parents[1] / "widgets/static"
SIGNS = "".join(map(chr, range(0x20, 0x7F))) + (
    "\u00a0\u00a9\u00ab\u00b0\u00b1\u00b2\u00b3\u00b7\u00bb\u00bd\u00d7\u00df\u00e0\u00e4\u00e7\u00e8\u00e9\u00f1"
    "\u00f6\u00f7\u00fc\u2013\u2014\u2018\u2019\u201c\u201d\u2022\u2026\u2032\u2190\u2191\u2192\u2193"
    "\u2212\u2248\u2260\u2264\u2265"
)
FAMILY = "Public Sans"
FORMS = {  # of the file that it is cut from: the weights that stay, and where to
    "public-sans.woff2": ("normal", (400, 700)),
    "PublicSans-Regular.ttf": ("normal", 400),
    "PublicSans-Italic.ttf": ("italic", 400),
}


def cut(source: Path, style: str, weights: tuple[int, int] | int) -> TTFont:
    """Leave the signs of a Latin text and some weights."""
    font = instantiateVariableFont(TTFont(source), {"wght": weights})
    options = Options(layout_features=["kern", "ccmp"], hinting=False)
    subsetter = Subsetter(options)
    subsetter.populate(text=SIGNS)
    subsetter.subset(font)
    for number, name in {1: FAMILY, 4: f"{FAMILY} {style}", 6: f"PublicSans-{style}"}.items():
        font["name"].setName(name, number, 3, 1, 0x409)  # it is called after its thinnest weight
    return font


def main(package: Path) -> None:
    """Write all forms and the licence."""
    for name, (style, weights) in FORMS.items():
        font = cut(package / f"files/public-sans-latin-wght-{style}.woff2", style, weights)
        font.flavor = "woff2" if name.endswith("woff2") else None
        font.save(TO / name)
    licence = (package / "LICENSE").read_text("utf-8")
    (TO / "PublicSans.LICENSE.txt").write_text(licence, "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
