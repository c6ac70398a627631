"""Delimiters: what counts as one, what a near-miss is, and where every line of a cell goes."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.format.markers import HIDDEN_TESTS, SOLUTION, Region, find_regions, replace_regions


def inside(source: str, regions: tuple[Region, ...]) -> str:
    """Return what stands between the delimiters."""
    rows = source.split("\n")
    return "\n".join("\n".join(rows[r.begin + 1 : r.end]) for r in regions)


class ProblemAt(Exception):  # noqa: N818 - it stands for the caller's own exception
    """What the tests have find_regions raise."""

    def __init__(self, row: int, problem: str, remedy: str) -> None:
        super().__init__(f"{problem}; {remedy}")
        self.row = row


def regions(source: str, allowed: str | None = SOLUTION) -> tuple[Region, ...]:
    return find_regions(source, allowed, ProblemAt)


def test_a_region_holds_both_delimiters_and_their_indent() -> None:
    source = "def f():\n    ### BEGIN SOLUTION\n    return 1\n    ### END SOLUTION\nf()"
    assert regions(source) == (Region(SOLUTION, 1, 3, "    "),)


def test_each_region_is_replaced_by_the_stub_at_its_own_indent() -> None:
    first = "### BEGIN SOLUTION\na\n### END SOLUTION\n"
    source = first + "if b:\n\t### BEGIN SOLUTION\n\tc\n\t### END SOLUTION"
    found = regions(source)
    assert (
        replace_regions(source, found, ("# here", "pass"))
        == "# here\npass\nif b:\n\t# here\n\tpass"
    )
    assert inside(source, found) == "a\n\tc"


@pytest.mark.parametrize("trailing", ["", " ", "\t", "  \t"])
def test_white_space_after_a_delimiter_does_not_matter(trailing: str) -> None:
    assert len(regions(f"### BEGIN SOLUTION{trailing}\n### END SOLUTION{trailing}")) == 1


def test_blank_lines_inside_an_indented_region_are_its_own() -> None:
    source = "    ### BEGIN SOLUTION\n    a\n\n    b\n    ### END SOLUTION"
    assert inside(source, regions(source)) == "    a\n\n    b"


@pytest.mark.parametrize(
    "near_miss",
    [
        "###BEGIN SOLUTION",
        "# BEGIN SOLUTION",
        "## BEGIN SOLUTION",
        "#### BEGIN SOLUTION",
        "### Begin Solution",
        "### begin solution",
        "### BEGIN  SOLUTION",
        "### BEGIN\tSOLUTION",
        "### BEGIN_SOLUTION",
        "### BEGIN-SOLUTION",
        "### BEGINSOLUTION",
        "### BEGIN SOLUTIONS",
        "### BEGIN SOLUTION here",
        "### BEGIN SOLUTION ###",
        "x = 1  ### BEGIN SOLUTION",
        "BEGIN SOLUTION",
        "### END Solution",
        "### BEGIN HIDDEN TEST",
        "### BEGIN HIDDENTESTS",
        "### END HIDDEN_TESTS",
        "### BEGIN MARKSCHEME",
        "### END MARK SCHEMES",
    ],
)
def test_a_near_miss_is_an_error_on_its_own_line(near_miss: str) -> None:
    with pytest.raises(ProblemAt, match=r"not quite a delimiter; .*alone on its line") as caught:
        regions(f"a\nb\n{near_miss}\nc")
    assert caught.value.row == 2
    assert f"`{near_miss.strip()}`" in str(caught.value)


@pytest.mark.parametrize(
    ("source", "row", "message"),
    [
        ("a\n### END SOLUTION", 1, "END SOLUTION without BEGIN SOLUTION; add `### BEGIN SOLUTION`"),
        ("a\n### BEGIN SOLUTION\nb", 1, "BEGIN SOLUTION is never closed; add `### END SOLUTION`"),
        (
            "### BEGIN SOLUTION\n### BEGIN SOLUTION\n### END SOLUTION\n### END SOLUTION",
            1,
            "inside another region; close the region of line 1",
        ),
        (
            "### BEGIN SOLUTION\n### END SOLUTION\n### END SOLUTION",
            2,
            "END SOLUTION without BEGIN SOLUTION",
        ),
        (
            "    ### BEGIN SOLUTION\n    a\n### END SOLUTION",
            2,
            "indented unlike its BEGIN; indent both",
        ),
        (
            "### BEGIN SOLUTION\n    ### END SOLUTION",
            1,
            "indented unlike its BEGIN; indent both",
        ),
        (
            "\t### BEGIN SOLUTION\n        ### END SOLUTION",
            1,
            "indented unlike its BEGIN; indent both",
        ),
        (
            "    ### BEGIN SOLUTION\n    a\n  b\n    ### END SOLUTION",
            2,
            "`b` is indented less than its region; indent the delimiters",
        ),
        (
            "### BEGIN HIDDEN TESTS\n### END HIDDEN TESTS",
            0,
            "BEGIN HIDDEN TESTS does not belong in this kind of cell; SOLUTION stands in answer",
        ),
    ],
)
def test_a_misplaced_delimiter_is_an_error(source: str, row: int, message: str) -> None:
    with pytest.raises(ProblemAt) as caught:
        regions(source)
    assert caught.value.row == row
    assert message in str(caught.value)


def test_no_region_belongs_where_none_is_allowed() -> None:
    with pytest.raises(ProblemAt, match="does not belong"):
        regions("### BEGIN SOLUTION\n### END SOLUTION", allowed=None)


def test_a_region_of_one_kind_does_not_close_another() -> None:
    with pytest.raises(ProblemAt, match="does not belong"):
        regions("### BEGIN HIDDEN TESTS\n### END SOLUTION", allowed=HIDDEN_TESTS)


@pytest.mark.parametrize(
    "prose",
    [
        "the solution begins here",
        "We extend solutions of the first kind",
        "send hidden tests by post",
        "legend: solution in blue",
    ],
)
def test_prose_about_solutions_is_no_delimiter(prose: str) -> None:
    assert regions(prose) == ()


LINE = st.text(st.sampled_from("ab #'\"()=\t"), max_size=8)
INDENT = st.sampled_from(["", "    ", "\t", "  "])


@st.composite
def cells(draw: st.DrawFn) -> tuple[list[str], list[str], list[str]]:
    """Draw a cell's lines, and those of them that stand outside and inside its regions."""
    rows, outside, hidden = [], draw(st.lists(LINE, max_size=4)), []
    rows += outside
    for _ in range(draw(st.integers(0, 3))):
        indent = draw(INDENT)
        body = [indent + line for line in draw(st.lists(LINE, min_size=1, max_size=4))]
        after = draw(st.lists(LINE, max_size=3))
        rows += [f"{indent}### BEGIN SOLUTION", *body, f"{indent}### END SOLUTION", *after]
        hidden += body
        outside = outside + after
    return rows, outside, hidden


@settings(max_examples=60)
@given(cells())
def test_every_line_of_a_cell_is_outside_or_inside_or_a_delimiter(
    cell: tuple[list[str], list[str], list[str]],
) -> None:
    rows, outside, hidden = cell
    source = "\n".join(rows)
    found = regions(source)
    assert replace_regions(source, found) == "\n".join(outside)
    assert inside(source, found) == "\n".join(hidden)
    assert len(rows) == len(outside) + len(hidden) + 2 * len(found)


@settings(max_examples=60)
@given(st.text(st.sampled_from("abc BEGINSOLUT#\n\r\x0c\u2028")))
def test_text_without_regions_is_kept_to_the_letter(source: str) -> None:
    try:
        found = regions(source)
    except ProblemAt:
        return
    if not found:
        assert replace_regions(source, found) == source
        assert inside(source, found) == ""
