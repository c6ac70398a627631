"""Pages as notebooks: what a reader of Jupyter sees of MyST's roles, numbers and directives."""

from __future__ import annotations

import nbformat
import pytest
from book import FRONT
from IPython.core.inputtransformer2 import TransformerManager

from website.editions.page_notebooks import glued_values, page_notebook, with_install_cell

WORKS = """
@book{one2001, author = {One, Ada}, title = {First}, year = {2001}}
@book{two2002, author = {One, Ada and Two, Bo and Three, Cy}, title = {Second}, year = {2002}}
"""
PAGE = (
    FRONT.format(more="")
    + """
(a-label)=
# A page

% a note to ourselves
{term}`Odds <odds ratio>` of {glue:text}`odds:.2f`, {ref}`over
there <elsewhere>`, {term}`logit`, {doc}`write it </exercises/release/write_it>`,
{doc}`letters </back_matter/notation>`, {cite}`one2001` and {cite}`pre-two2002,nobody`, `{p}` stays.

```{warning}
Mind the gap.
Twice.
```

```{code-cell} python
:tags: [hide-input]

plot()
```

```{code-cell} python
:tags: [remove-cell]

glue("odds", 4.0)
```

```{bibliography}
:filter: docname in docnames
```
"""
)


@pytest.fixture(scope="module")
def made() -> nbformat.NotebookNode:
    return page_notebook(PAGE, "chapters/page", numbers={"odds": 4.0}, bibliography=WORKS)


def test_the_text_reads_without_myst(made: nbformat.NotebookNode) -> None:
    text = made.cells[0].source
    assert text == (
        "# A page\n\nOdds of 4.00, over\nthere, logit, "
        "[write it](../exercises/release/write_it.ipynb),\n"
        "[letters](../back_matter/notation.html), (One, 2001) and (One et al., 2002; nobody), "
        "`{p}` stays.\n\n> **Warning.** Mind the gap.\n> Twice."
    )
    assert made.cells[-1].source == "All sources: [bibliography](../back_matter/bibliography.html)."


def test_cells_that_serve_the_page_are_left_out_and_hidden_input_is_folded(
    made: nbformat.NotebookNode,
) -> None:
    (cell,) = [cell for cell in made.cells if cell.cell_type == "code"]
    assert cell.source == "plot()"
    assert cell.metadata["jupyter"] == {"source_hidden": True}
    nbformat.validate(made)


def test_a_number_that_nobody_glued_is_an_ellipsis() -> None:
    text = page_notebook(PAGE, "page").cells[0].source
    assert "Odds of …," in text
    assert "(exercises/release/write_it.ipynb)" in text


def test_numbers_are_found_in_outputs_and_beside_them() -> None:
    about = {"scrapbook": {"name": "odds", "mime_prefix": "application/papermill.record/"}}
    executed = {"data": {"application/papermill.record/text/plain": "4.0"}, "metadata": about}
    beside = {"data": {"text/plain": "(None, 3)"}, "metadata": {"scrapbook": {"name": "shape"}}}
    words = {"data": {"text/plain": "<a thing>"}, "metadata": {"scrapbook": {"name": "thing"}}}
    found = glued_values([executed, beside, words, {"output_type": "stream"}])
    assert found == {"odds": 4.0, "shape": (None, 3), "thing": "<a thing>"}


def test_the_install_cell_is_first_and_does_nothing_here(made: nbformat.NotebookNode) -> None:
    whole = with_install_cell(made, "git+https://example.org/book")
    nbformat.validate(whole)
    assert [cell.id for cell in whole.cells[1:]] == [cell.id for cell in made.cells]
    code = TransformerManager().transform_cell(whole.cells[0].source)
    assert "'pip', 'install --quiet git+https://example.org/book'" in code
    exec(code, {})  # noqa: S102 - without a shell: pip would raise NameError
