"""One style sheet of what the pages use, and icons without a script."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name

from autograder.exceptions import AutograderError
from website.pages.code_lines import CodeFormatter, allow_breaks_in_words
from website.pages.figures import dark_form
from website.pages.prune_css import purge_rules, without_unused
from website.pages.style_sheet import icon_rules, write_sheet
from widgets.figures import palette

if TYPE_CHECKING:
    from pathlib import Path

ICON = 'bars:[448,512,["navicon"],"f0c9","M0 1z"],"sun":[9,8,[9728],"f1","M2 3z"]'


@pytest.mark.parametrize(
    ("css", "kept"),
    [
        (".on{a:b}.off{c:d}", ".on{a:b}"),
        (".on,.off, p .on{a:b}", ".on,p .on{a:b}"),
        ("p{a:b}#off p{c:d}", "p{a:b}"),
        ("@media print{.on{a:b}.off{c:d}}@media print{.off{c:d}}", "@media print{.on{a:b}}"),
        ("p:not(.off):is(.off, .on){a:b}", "p:not(.off):is(.off, .on){a:b}"),
        ("p:not(.off:is(.off)) .on,:is(p:not(.off), .off){a:b}",) * 2,
        ("p:is(.off, #off q):hover,p:where(.off){a:b}p:is(.off, q){c:d}", "p:is(.off, q){c:d}"),
        ('a[href=".off"]{a:b}', 'a[href=".off"]{a:b}'),
        ('.on{content:"}.off{/*"}', '.on{content:"}.off{/*"}'),
        (r".on\:off{a:b}.on{c:d}", ".on{c:d}"),
        ("@layer a,b;@import url(x);p{a:b}", "@layer a,b;\np{a:b}"),
        (".off{a:b}.on{c:d", ".on{c:d}"),  # as browsers read it
        ("@charset 'x';/* .off{ */.on{a:b}", ".on{a:b}"),
        ("@keyframes turn{to{a:b}}@font-face{src:url(x)}", "@keyframes turn{to{a:b}}"),
    ],
)
def test_only_rules_that_a_page_can_use_are_kept(css: str, kept: str) -> None:
    assert purge_rules(css, frozenset({"on"})) == kept


@pytest.mark.parametrize("css", ["p{a:b}\n.on", "p{a:b}\n@media print{.on}"])
def test_what_is_no_rule_is_named(css: str) -> None:
    with pytest.raises(AutograderError, match=r"book\.css:2: EOF reached before {}.*mend the rule"):
        purge_rules(css, frozenset({"on"}), "book.css")


def test_icons_in_use_are_masks() -> None:
    sheet = icon_rules(f"{{{ICON}}}", frozenset({"fa-navicon"}), "p{content:var(--pst-icon-sun)}")
    assert "fa-navicon{--icon:url(\"data:image/svg+xml,%3Csvg xmlns='http://www.w3.org" in sheet
    assert "viewBox='0 0 448 512'%3E%3Cpath d='M0 1z'/%3E" in sheet
    assert "html{--pst-icon-sun:url(" in sheet
    assert ".fa-bars" not in sheet


@pytest.mark.parametrize(
    ("css", "kept"),
    [
        (
            """p{--a:var(--b);--b:1px;--c:url("d;e}");color:var(--f)}q{--f:red;--g:2px}""",
            "p{color:var(--f)}\nq{--f:red;--g:2px}",
        ),
        ("p{--a:var(--b);--b:var(--a)}q{--g:var(--h);--h:1px}", "q{--g:var(--h);--h:1px}"),
        ("@media print{p{--a:1;b:c}q{--a:1}}", "@media print{p{b:c}}"),
        ("p{--a:1;transition:--a 1s}", "p{--a:1;transition:--a 1s}"),
        ("p{--a:1;b:calc(1px + (2*var(--a,3))) !important}",) * 2,
    ],
)
def test_a_property_that_nothing_asks_for_is_left_out_with_what_it_alone_asks_for(
    css: str, kept: str
) -> None:
    assert without_unused(css, frozenset({"--g"})) == kept


def test_an_icon_of_the_theme_s_rules_is_a_mask(tmp_path: Path) -> None:
    (tmp_path / "_static/styles").mkdir(parents=True)
    (tmp_path / "_static/basic.css").write_text(
        "p{content: var(--pst-icon-sun) ;a:b}q{content:var(--other)}"
    )
    (tmp_path / "_static/styles/pydata-sphinx-theme.css").write_text("")
    write_sheet(tmp_path, [])
    sheet = (tmp_path / "_static/site.css").read_text()
    assert "mask:var(--pst-icon-sun) center/contain no-repeat;a:b}" in sheet
    assert "q{content:var(--other)}" in sheet


def test_the_sheet_holds_the_palette_and_the_font(tmp_path: Path) -> None:
    (tmp_path / "_static/styles").mkdir(parents=True)
    (tmp_path / "_static/basic.css").write_text("p{color:var(--llb-ink)}")
    (tmp_path / "_static/styles/pydata-sphinx-theme.css").write_text("")
    write_sheet(tmp_path, [])
    sheet = (tmp_path / "_static/site.css").read_text()
    for theme in ("light", "dark"):
        assert f"{{--llb-ink: {palette(theme)['ink']}}}" in sheet
    assert "--llb-paper" not in sheet  # for which nothing asks here
    assert "@font-face{font-family:'Public Sans'" in sheet


def lines(language: str, code: str) -> str:
    return str(highlight(code, get_lexer_by_name(language), CodeFormatter(code_lines=True)))


def test_each_line_of_a_cell_knows_how_far_in_it_begins() -> None:
    made = lines("python", "if a:\n    b < 1\n\nc")
    assert re.sub(r'<span class="\w+">([^<]*)</span>', r"\1", made) == (
        '<div class="highlight"><pre><span></span><span class="code-line">if a:\n</span>'
        '<span class="code-line" style="--depth:4">    b &lt; 1\n</span>'
        '<span class="code-line">\n</span><span class="code-line">c\n</span></pre></div>\n'
    )


def test_what_asks_for_no_lines_is_as_pygments_writes_it() -> None:
    theirs, code = HtmlFormatter(), "a-b\n  c"
    lexer = get_lexer_by_name("text")
    assert highlight(code, lexer, CodeFormatter()) == highlight(code, lexer, theirs)


def test_an_option_stays_whole_in_its_line() -> None:
    assert lines("text", "a - b-1 --to x/b-c <d-e>").splitlines()[0] == (
        '<div class="highlight"><pre><span></span><span class="code-line">a - b-1 '
        '<span class="whole">--to</span> <span class="whole">x/b-c</span> '
        '<span class="whole">&lt;d-e&gt;</span>'
    )


def test_a_long_word_of_code_breaks_between_its_parts() -> None:
    for word, parts in {
        "SparseCategoricalCrossentropy": "Sparse<wbr>Categorical<wbr>Crossentropy",
        "tf.nn.log_softmax": "tf.<wbr>nn.<wbr>log_<wbr>softmax",
        "from_logits": "from_logits",
        "&lt;student&gt;/&lt;exercise&gt;": "&lt;student&gt;/&lt;exercise&gt;",
        "1.25e-10, 3.75": "1.25e-10, 3.75",
    }.items():
        assert (
            allow_breaks_in_words(f'<span class="pre">{word}</span>')
            == f'<span class="pre">{parts}</span>'
        )
    assert allow_breaks_in_words("SparseCategoricalCrossentropy") == "SparseCategoricalCrossentropy"


def test_every_page_links_the_sheet_by_its_content(tmp_path: Path) -> None:
    styles = tmp_path / "_static/styles"
    styles.mkdir(parents=True)
    (tmp_path / "_static/basic.css").write_text(".off{a:b}")
    (styles / "pydata-sphinx-theme.css").write_text(".on{a:b}")
    page = tmp_path / "page.html"
    page.write_text('<link href="_static/site.css" /><p class="on">')
    write_sheet(tmp_path, [])
    assert (tmp_path / "_static/site.css").read_text().strip().startswith(".on{a:b}")
    first = page.read_text()
    assert 'href="_static/site.css?v=' in first
    write_sheet(tmp_path, [])
    assert page.read_text() == first
    (styles / "pydata-sphinx-theme.css").write_text(".on{c:d}")
    write_sheet(tmp_path, [])
    assert page.read_text() != first


def test_a_figure_in_the_dark_has_the_dark_colours_of_the_same_roles() -> None:
    light, dark = palette("light"), palette("dark")
    drawn = "".join(f'<path style="fill: {colour}"/>' for colour in light.values())
    expected = "".join(f'<path style="fill: {dark[role]}"/>' for role in light)
    assert dark_form(drawn) == expected.replace(dark["class0"], dark["negative"])
