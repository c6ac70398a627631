"""Checks that work beside the answers only are refused, with line and remedy; others are not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sources import answer, check, code

from autograder.exceptions import SourceError

if TYPE_CHECKING:
    from sources import Read

SOLVED = "import numpy as np\ndef f(x):\n    ### BEGIN SOLUTION\n    return x\n    ### END SOLUTION"


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("### AUTOTEST f(1)", "`### AUTOTEST f(1)` is not supported"),
        ("  ### HASHED AUTOTEST f(1)", "HASHED AUTOTEST f(1)` is not supported"),
        ("# AUTOTEST f", "is not supported"),
        ("assert 'f' in globals()", "(`globals`)"),
        ("assert 'f' in locals()", "(`locals`)"),
        ("assert 'f' in dir()", "(`dir`)"),
        ("assert 'f' in vars()", "(`vars`)"),
        ("assert 'return' in In[-2]", "(`In`)"),
        ("assert 'f' in get_ipython().user_ns", "(`get_ipython`)"),
        ("ip = get_ipython()\nassert ip", "(`get_ipython`)"),
        ("import inspect\nassert 'for' not in inspect.getsource(f)", "`inspect.getsource`"),
        ("from inspect import getsource as g\nassert g(f)", "`inspect.getsource`"),
        ("import __main__\nassert __main__.f(1)", "`__main__.f`"),
        ("assert f.__code__.co_argcount == 1", "`__code__`"),
        ("del f\nassert True", "deletes the answer's `f`"),
        ("np.linalg.solve = None\nassert f(1) == 1", "`numpy.linalg.solve`"),
        ("import numpy.linalg as la\nla.solve = None", "`numpy.linalg.solve`"),
        ("del np.linalg.solve", "`numpy.linalg.solve`"),
        ("setattr(np.linalg, 'solve', None)", "setattr(numpy.linalg, ...)"),
        ("from unittest.mock import patch\nwith patch('numpy.sum'):\n    f(1)", "mock.patch`"),
        ("from unittest import mock\nwith mock.patch('numpy.sum'):\n    f(1)", "mock.patch`"),
        ("monkeypatch.setattr(np, 'sum', None)", "(`monkeypatch`)"),
        ("import io, sys\nsys.stdout = io.StringIO()\nf(1)", "`sys.stdout`"),
        ("import builtins\nbuiltins.input = lambda: '1'", "`builtins.input`"),
        ("import contextlib\nwith contextlib.redirect_stdout(None):\n    f(1)", "redirect_stdout`"),
        ("import os\nos.environ['A'] = 'b'", "`os.environ`"),
    ],
)
def test_a_check_that_needs_the_answers_beside_it_is_refused(
    read: Read, source: str, says: str
) -> None:
    with pytest.raises(SourceError) as refused:
        read(answer(SOLVED), check(f"x = 1\n{source}"))
    assert says in refused.value.problem
    assert refused.value.remedy
    assert refused.value.place.startswith("case.md:")


@pytest.mark.parametrize(
    "source",
    [
        "assert f(1) == 1\ndel_ = 1",
        "y = f(1)\ndel y",
        "In = f(1)\nassert In == 1",
        "assert 'real' in dir(f(1))",
        "%matplotlib inline\nassert f(1) == 1",
        "import matplotlib.pyplot as plt\nplt.rcParams['figure.dpi'] = 1\nassert f(1) == 1",
        "class A: pass\na = A()\na.x = f(1)\nassert a.x == 1",
        "# see AUTOTEST in the guide\nassert f(1) == 1",
        "import inspect\nassert inspect.isclass(type(f(1)))",
        "a = np.zeros(2)\na[0] = 1\nassert f(a)[0] == 1",
    ],
)
def test_an_ordinary_check_is_not(read: Read, source: str) -> None:
    assert read(answer(SOLVED), check(source)).checks


def test_a_locked_cell_before_the_answer_may_replace_things(read: Read) -> None:
    assert read(code("import numpy as np\nnp.linalg.solve = None"), answer(SOLVED), check("f(1)"))
