"""Answers in a process of their own: the same verdicts as in plain Jupyter, and nothing to gain."""

from __future__ import annotations

import dataclasses
import json
import textwrap
import time
from typing import TYPE_CHECKING, Any

import pytest
from sources import CASES, answer, check, code

from autograder.checks import on_learner_side
from autograder.format.source import read_exercise
from autograder.running import run as running
from autograder.running.run import CheckResult, Workers, bound_names, run
from autograder.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable

    from sources import Read

    from autograder.format.source import Exercise
    from autograder.sandbox.zygote import Child, Zygote

NUMPY = code("import numpy as np", grade_id="setup", locked=True)


def essence(result: CheckResult) -> CheckResult:
    """Leave out what only a crossing has."""
    return dataclasses.replace(result, transcript=(), origins=())


@pytest.fixture
def both(read: Read, numpy_workers: Workers) -> Callable[..., CheckResult]:
    """Run one check on one answer, isolated and in one process; return the shared verdict."""

    def run_both(
        source: str, test: str, *, reference: str = "def f(x=None): return x"
    ) -> CheckResult:
        exercise = read(NUMPY, answer(reference), check(textwrap.dedent(test).strip()))
        given = {"answer": textwrap.dedent(source).strip()}
        (isolated,) = run(exercise, given, numpy_workers)
        (in_process,) = run(exercise, given, numpy_workers, isolated=False)
        assert essence(isolated) == essence(in_process)
        return isolated

    return run_both


@pytest.fixture
def both_ways(read: Read, numpy_workers: Workers) -> Callable[..., dict[str, CheckResult]]:
    """Run many checks on one answer, isolated and in one process; return results by test."""

    def run_both_ways(source: str, tests: list[str]) -> dict[str, CheckResult]:
        checks = [check(textwrap.dedent(t).strip(), f"check-{n}") for n, t in enumerate(tests)]
        exercise = read(NUMPY, answer("def f(x=None): return x"), *checks)
        given = {"answer": textwrap.dedent(source).strip()}
        isolated = run(exercise, given, numpy_workers)
        in_process = run(exercise, given, numpy_workers, isolated=False)
        assert [essence(result) for result in isolated] == [
            essence(result) for result in in_process
        ]
        return dict(zip(tests, isolated, strict=True))

    return run_both_ways


@pytest.fixture
def across(read: Read, numpy_workers: Workers) -> Callable[..., list[CheckResult]]:
    """Run several checks on one answer, isolated only."""

    def run_across(source: str, *tests: str, **options: Any) -> list[CheckResult]:  # noqa: ANN401
        checks = [
            check(textwrap.dedent(test).strip(), f"check-{number}")
            for number, test in enumerate(tests)
        ]
        reference = answer("def f(x=None): return x\nvalue = None")
        exercise = read(NUMPY, reference, *checks)
        given = {"answer": textwrap.dedent(source).strip()}
        return list(run(exercise, given, numpy_workers, **options))

    return run_across


def verdicts(results: list[CheckResult]) -> list[str]:
    return [result.verdict for result in results]


# ---- one answer, one check, the same verdict on both ways


def test_a_right_answer_passes(both: Callable[..., CheckResult]) -> None:
    result = both("def f(x): return 2 * x", "assert f(2) == 4, 'must be 4'")
    assert essence(result) == CheckResult("check", Verdict.PASSED)
    assert result.passed


def test_a_failed_assertion_shows_the_author_s_literal(both: Callable[..., CheckResult]) -> None:
    result = both("def f(x): return x", "y = f(2)\nassert y == 4, 'f(2) must be 4.'")
    assert essence(result) == CheckResult(
        "check", Verdict.FAILED, "f(2) must be 4.", "AssertionError", check_line=2
    )
    assert not result.passed


def test_no_value_gets_into_a_message(
    both_ways: Callable[..., dict[str, CheckResult]],
) -> None:
    tests = [
        "assert f(2) == 31337, f'{f(2)} is not 31337'",
        "assert f(2) == 31337, 'not %d' % 31337",
        "assert f(2) == 31337, 'not ' + str(31337)",
        "assert f(2) == 31337, 31337",
        "assert f(2) == 31337",
        "np.testing.assert_equal(f(2), 31337)",
        "np.testing.assert_equal(f(2), 31337, err_msg=f'{31337}')",
        "raise AssertionError(f'{31337}')",
    ]
    for result in both_ways("def f(x): return 90210", tests).values():
        assert (result.verdict, result.message) == ("failed", "")
        assert "31337" not in repr(essence(result))
        assert "90210" not in repr(essence(result))


def test_every_usual_way_of_asserting_keeps_its_message(
    both_ways: Callable[..., dict[str, CheckResult]],
) -> None:
    tests = [
        "np.testing.assert_allclose(f(2.0), 4.0, err_msg='Close to 4.')",
        "np.testing.assert_allclose(\n    f(2.0),\n    4.0,\n    err_msg='Close to 4.',\n)",
        "assert f(2) == 4, (\n    'Close '\n    'to 4.'\n)",
        "raise AssertionError('Close to 4.')",
        "def same(a, b):\n    assert a == b, 'Close to 4.'\nsame(f(2), 4)",
        "for _ in range(3):\n    assert f(2) == 4, 'Close to 4.'",
        "assert f(2) == 2, 'one'; assert f(2) == 4, 'Close to 4.'",
    ]
    results = both_ways("def f(x): return x", tests)
    assert {t: (r.verdict, r.message) for t, r in results.items()} == dict.fromkeys(
        tests, ("failed", "Close to 4.")
    )


def test_what_a_learner_s_code_raises_is_named_with_their_own_line(
    both: Callable[..., CheckResult],
) -> None:
    source = """
        def helper(x):
            raise ValueError(f"secret {x}")

        def f(x):
            return helper(x)
    """
    result = both(source, "x = 3\nassert f(x) == 4, 'no'")
    assert essence(result) == CheckResult(
        "check", Verdict.ERROR, "", "ValueError", learner_line=2, check_line=2
    )


def test_the_line_is_the_learner_s_own_even_if_a_set_up_function_raised(
    read: Read, numpy_workers: Workers
) -> None:
    exercise = read(
        code("x = 1\ny = 2\n\ndef need(x):\n    raise ValueError(x)", grade_id="setup"),
        answer("def f(x): return x"),
        check("f(1)"),
    )
    given = {"answer": "def f(x):\n    return need(x)"}
    (isolated,) = run(exercise, given, numpy_workers)
    (in_process,) = run(exercise, given, numpy_workers, isolated=False)
    assert in_process.learner_line == 2
    assert essence(isolated) == essence(in_process)


RAISES = """
    import numpy as np
    class Own(KeyError, ValueError): pass
    class Bare(Exception): pass
    def f(expression):
        raise eval(expression)
"""


def test_any_exception_of_the_learner_gives_the_same_verdict(
    both_ways: Callable[..., dict[str, CheckResult]],
) -> None:
    raised = {
        "ValueError('no')": "ValueError",
        "AssertionError('no')": "AssertionError",
        "KeyError('no')": "KeyError",
        "OSError(2, 'no')": "FileNotFoundError",
        "ConnectionResetError()": "ConnectionResetError",
        "EOFError()": "EOFError",
        "ZeroDivisionError()": "ZeroDivisionError",
        "RecursionError()": "RecursionError",
        "MemoryError()": "MemoryError",
        "StopIteration(1)": "StopIteration",
        "NameError('no')": "NameError",
        "ImportError('no')": "ImportError",
        "SyntaxError('no')": "SyntaxError",
        "UnicodeDecodeError('utf-8', b'a', 0, 1, 'no')": "UnicodeDecodeError",
        "UnicodeEncodeError('utf-8', 'a', 0, 1, 'no')": "UnicodeEncodeError",
        "ExceptionGroup('no', [ValueError()])": "ExceptionGroup",
        "np.linalg.LinAlgError('no')": "ValueError",
        "Own('no')": "KeyError",
        "Bare('no')": "Exception",
        "SystemExit(0)": "SystemExit",
        "KeyboardInterrupt()": "KeyboardInterrupt",
        "GeneratorExit()": "GeneratorExit",
        "BaseException()": "BaseException",
    }
    results = both_ways(RAISES, [f"f({expression!r})" for expression in raised])
    found = [(r.verdict, r.exception, r.learner_line) for r in results.values()]
    memory = {"MemoryError": "memory"}
    assert found == [(memory.get(kind, "error"), kind, 5) for kind in raised.values()]


def test_a_check_can_catch_what_the_learner_s_code_raises(
    both_ways: Callable[..., dict[str, CheckResult]],
) -> None:
    pairs = [
        ("ValueError()", "ValueError"),
        ("ValueError()", "Exception"),
        ("KeyError()", "LookupError"),
        ("FileNotFoundError()", "OSError"),
        ("NotImplementedError()", "NotImplementedError"),
        ("UnicodeDecodeError('utf-8', b'a', 0, 1, 'no')", "ValueError"),
        ("np.linalg.LinAlgError()", "ValueError"),
        ("Own()", "KeyError"),
        ("Own()", "ValueError"),
    ]
    tests = [
        f"""
        try:
            f({raised!r})
        except {caught}:
            pass
        else:
            assert False, "It must raise."
        """
        for raised, caught in pairs
    ]
    results = both_ways(RAISES, tests)
    assert [p for p, r in zip(pairs, results.values(), strict=True) if not r.passed] == []
    for result in both_ways("def f(x): return x", tests).values():
        assert (result.verdict, result.message) == ("failed", "It must raise.")


def test_an_exception_of_another_kind_is_not_caught(both: Callable[..., CheckResult]) -> None:
    test = "try:\n    f(1)\nexcept ValueError:\n    pass"
    assert both("def f(x):\n    raise KeyError(x)", test).exception == "KeyError"


@pytest.mark.parametrize(
    "source",
    [
        "",
        "# nothing yet",
        "def g(x): return x",
        "def f(x):\n    raise NotImplementedError()",
        "# YOUR CODE HERE\nraise NotImplementedError()",
    ],
)
def test_a_blank_is_missing(both: Callable[..., CheckResult], source: str) -> None:
    assert both(source, "assert f(1) == 1, 'one'").verdict == "missing"


def test_an_answer_that_is_left_out_is_missing(read: Read, numpy_workers: Workers) -> None:
    exercise = read(answer("def f(x): return x"), check("assert f(1) == 1"))
    for isolated in (True, False):
        assert verdicts(list(run(exercise, {}, numpy_workers, isolated=isolated))) == ["missing"]


@pytest.mark.parametrize(
    ("source", "exception", "line"),
    [
        ("x = 1\ny = 1 / 0\ndef f(x): return x", "ZeroDivisionError", 2),
        ("import no_such_module", "ModuleNotFoundError", 1),
        ("x = 1\nundefined", "NameError", 2),
        ("x = 1\ndef f(x) return x", "SyntaxError", 2),
        ("def f(x):\nreturn x", "IndentationError", 2),
        ("x = 1\nraise SystemExit", "SystemExit", 2),
        ("x = '\0'", "SyntaxError", None),
    ],
)
def test_an_answer_that_cannot_be_run_says_why_and_where(
    both: Callable[..., CheckResult], source: str, exception: str, line: int | None
) -> None:
    result = both(source, "assert f(1) == 1, 'one'")
    assert (result.verdict, result.exception) == ("error", exception)
    assert result.learner_line == line


def test_what_an_answer_bound_before_it_failed_is_still_checked(
    both: Callable[..., CheckResult],
) -> None:
    assert both("def f(x): return x\n1 / 0", "assert f(1) == 1").passed


def test_a_name_that_another_answer_lacks_is_the_learner_s_error_on_both_ways(
    read: Read, numpy_workers: Workers
) -> None:
    exercise = read(
        answer("def g(x): return x", "g"),
        answer("def f(x): return g(x)", "f"),
        check("assert f(1) == 1"),
    )
    given = {"f": "def f(x):\n    return g(x)"}
    (isolated,) = run(exercise, given, numpy_workers)
    (in_process,) = run(exercise, given, numpy_workers, isolated=False)
    assert essence(isolated) == essence(in_process)


def test_a_mistake_in_the_check_itself_is_an_error_of_no_learner_s_line(
    both: Callable[..., CheckResult],
) -> None:
    result = both("def f(x): return x", "f(1)\nundefined_in_the_check")
    assert essence(result) == CheckResult("check", Verdict.ERROR, "", "NameError", None, 2)


@pytest.mark.parametrize(
    "reference",
    [
        "if True:\n    def f(x): return 1",
        "try:\n    def f(x): return 1\nexcept ImportError:\n    pass",
        "with open('/dev/null'):\n    class f:\n        def __init__(self, x): pass",
        "f, g = abs, len",
        "[*f] = [1]",
        "for f in (abs, len): pass",
        "import operator as f",
        "from operator import abs as f",
        "f: object = abs",
        "print(f := abs)",
        "match [abs]:\n    case [f]: pass",
        "match [abs]:\n    case [*f]: pass",
        "match {}:\n    case {**f}: pass",
        "y = [f := abs for _ in range(3)]",
        "global f\nf = abs",
    ],
)
def test_every_way_of_binding_a_name_is_seen(reference: str) -> None:
    assert "f" in bound_names(reference)


@pytest.mark.parametrize(
    "reference",
    [
        "y = [x for x in range(3)]",
        "y = {x: 1 for x in range(3)}",
        "y = sorted([1], key=lambda x: x)",
        "if True:\n    def y():\n        x = 1",
        "class y:\n    x = 1",
    ],
)
def test_a_name_of_an_inner_scope_is_not_bound(reference: str) -> None:
    assert bound_names(reference) == ["y"]


def test_an_answer_defined_under_a_condition_crosses(
    both: Callable[..., CheckResult],
) -> None:
    source = "if True:\n    def f(x): return x"
    assert both(source, "assert f(1) == 1", reference=source).passed


# ---- processes that end, or do not


@pytest.mark.parametrize("code_of_exit", [0, 1, 137])
def test_an_answer_that_ends_its_process_is_a_crash(
    across: Callable[..., list[CheckResult]], code_of_exit: int
) -> None:
    source = f"import os\nos._exit({code_of_exit})"
    for isolated in (True, False):
        results = across(source, "assert f(1)", "assert True", isolated=isolated)
        assert verdicts(results) == ["crash", "crash"]


@pytest.mark.parametrize(
    "ending", ["os._exit(0)", "os._exit(3)", "os.kill(os.getpid(), 9)", "os.abort()"]
)
def test_a_call_that_ends_the_process_is_a_crash_of_that_check_alone(
    across: Callable[..., list[CheckResult]], ending: str
) -> None:
    source = f"""
        import os, resource
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        def f(x):
            return x or {ending}
    """
    for isolated in (True, False):
        results = across(source, "assert f(1)", "f(0)", "f(1)", isolated=isolated)
        assert verdicts(results) == ["passed", "crash", "passed"]
        assert [result.grade_id for result in results] == ["check-0", "check-1", "check-2"]


def test_a_set_up_cell_after_a_crash_is_not_our_fault(read: Read, numpy_workers: Workers) -> None:
    exercise = read(answer("f = 1"), code("x = 1", grade_id="more"), check("assert f == 1"))
    results = run(exercise, {"answer": "import os\nos._exit(0)"}, numpy_workers)
    assert verdicts(list(results)) == ["crash"]


@pytest.mark.slow
@pytest.mark.parametrize("isolated", [True, False])
def test_an_endless_loop_ends_at_the_limit_and_the_checks_before_it_stand(
    read: Read, numpy_workers: Workers, *, isolated: bool
) -> None:
    exercise = read(answer("f = 1"), check("f(1)", "a"), check("f(0)", "b"), check("f(1)", "c"))
    patient = dataclasses.replace(numpy_workers, seconds=1)
    given = {"answer": "def f(x):\n    while not x: pass"}
    results = run(exercise, given, patient, isolated=isolated)
    assert verdicts(list(results)) == ["passed", "timeout", "timeout"]


class Clock:
    """The time, and a zygote at whose every fork ten minutes are lost."""

    def __init__(self, zygote: Zygote) -> None:
        self._zygote = zygote
        self._lost = 0.0

    def monotonic(self) -> float:
        """Return the time with what was lost."""
        return time.monotonic() + self._lost

    def fork(self, *arguments: Any) -> Child:  # noqa: ANN401 - as a zygote's
        """Lose time, and fork."""
        self._lost += 600.0
        return self._zygote.fork(*arguments)


def test_all_checks_share_one_limit_however_often_their_process_ends(
    read: Read, numpy_workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock: Any = Clock(numpy_workers.check_zygote)
    monkeypatch.setattr(running, "time", clock)
    exercise = read(answer("f = 1"), *(check("f()", name) for name in "abc"))
    given = {"answer": "import os\ndef f(): os._exit(0)"}
    results = run(
        exercise, given, dataclasses.replace(numpy_workers, check_zygote=clock, seconds=1000)
    )
    assert verdicts(list(results)) == ["crash", "timeout", "timeout"]


def test_an_answer_that_closes_the_channel_is_a_crash(
    across: Callable[..., list[CheckResult]],
) -> None:
    source = "import os\nos.closerange(3, 256)\ndef f(x=None): return x"
    assert verdicts(across(source, "assert True", "f()")) == ["crash", "crash"]


# ---- set-up


@pytest.mark.parametrize("isolated", [True, False])
@pytest.mark.parametrize("source", ["1 / 0", "import sys\nsys.exit()"])
def test_every_check_says_that_the_set_up_failed(
    read: Read, numpy_workers: Workers, source: str, *, isolated: bool
) -> None:
    set_up = code(source, grade_id="setup") + code("more = 1", grade_id="more")
    cells = (set_up, answer("f = 1"), check("f", "a"), check("f", "b"))
    results = run(read(*cells), {"answer": "f = 1"}, numpy_workers, isolated=isolated)
    assert verdicts(list(results)) == ["infrastructure", "infrastructure"]
    kind = "SystemExit" if "exit" in source else "ZeroDivisionError"
    assert [r.exception for r in results] == [f"{kind} in the set-up cell setup"] * 2


@pytest.mark.parametrize("isolated", [True, False])
@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("def f(x=None): return x", ["passed", "passed"]),
        ("def f(x=None): return 0", ["failed", "passed"]),
        ("def f(x=None): raise ValueError", ["error", "passed"]),
        ("", ["missing", "passed"]),
    ],
)
def test_a_cell_between_may_use_the_answer_and_stops_nothing(
    read: Read, numpy_workers: Workers, given: str, expected: list[str], *, isolated: bool
) -> None:
    cells = (
        answer("def f(x=None): return x"),
        code("shown = f(3)\nassert shown == 3"),
        code("later = 5", grade_id="later"),
        check("assert f(1) == 1", "a"),
        check("assert later == 5", "b"),
    )
    results = run(read(*cells), {"answer": given}, numpy_workers, isolated=isolated)
    assert verdicts(list(results)) == expected


@pytest.mark.parametrize("isolated", [True, False])
def test_a_name_that_a_later_answer_deletes_is_missing_from_then_on(
    read: Read, numpy_workers: Workers, *, isolated: bool
) -> None:
    cells = (
        *(answer("def f(x): return x", "first"), check("assert f(1) == 1", "a")),
        *(answer("g = f", "second"), check("assert f(1) == 1", "b")),
    )
    given = {"first": "def f(x): return x", "second": "del f"}
    results = run(read(*cells), given, numpy_workers, isolated=isolated)
    assert verdicts(list(results)) == ["passed", "missing"]


def test_set_up_runs_on_both_sides(both: Callable[..., CheckResult]) -> None:
    assert both("def f(x): return np.sum(x)", "assert f(np.ones(3)) == 3").passed


def test_what_an_answer_does_to_the_set_up_does_not_reach_the_checks(
    across: Callable[..., list[CheckResult]],
) -> None:
    source = "np.allclose = lambda *a: True\ndel np\ndef f(x=None): return 0"
    assert verdicts(across(source, "assert np.allclose(f(), 1)")) == ["failed"]


@pytest.mark.parametrize(
    ("reference", "source"),
    [
        (
            "import numpy as np\ndef f(): return 1",
            "class np:\n    allclose = lambda *a: True\ndef f(): return 0",
        ),
        (
            "def f(): return 1\nones = [expected for expected in range(1)]",
            "expected = 0\ndef f(): return 0",
        ),
    ],
    ids=["import", "comprehension"],
)
def test_an_answer_cell_cannot_take_over_a_name_of_the_set_up(
    read: Read, numpy_workers: Workers, reference: str, source: str
) -> None:
    exercise = read(
        code("import numpy as np\nexpected = 1", grade_id="setup"),
        answer(reference),
        check("assert np.allclose(f(), expected)"),
    )
    assert verdicts(list(run(exercise, {"answer": reference}, numpy_workers))) == ["passed"]
    assert verdicts(list(run(exercise, {"answer": source}, numpy_workers))) == ["failed"]


# ---- what crosses


def test_plain_values_are_fetched_afresh_for_each_check(
    across: Callable[..., list[CheckResult]],
) -> None:
    spoil = "assert value == {'a': [1]}\nvalue['a'].append(2)\nvalue['b'] = 3"
    assert verdicts(across("value = {'a': [1]}", spoil, spoil)) == ["passed", "passed"]


def test_changed_arguments_do_not_come_back(across: Callable[..., list[CheckResult]]) -> None:
    source = "def f(x):\n    x.append(2)\n    return x"
    test = "x = [1]\nassert f(x) == [1, 2]\nassert x == [1]\nassert f(x) == [1, 2]"
    assert verdicts(across(source, test)) == ["passed"]


def test_state_lives_on_from_call_to_call_and_from_check_to_check(
    both: Callable[..., CheckResult], across: Callable[..., list[CheckResult]]
) -> None:
    source = "seen = []\ndef f(x):\n    seen.append(x)\n    return len(seen)"
    assert both(source, "assert f(0) == 1\nassert f(0) == 2").passed
    assert verdicts(across(source, "assert f(0) == 1", "assert f(0) == 2")) == ["passed"] * 2


def test_data_of_every_kind_crosses_both_ways(both: Callable[..., CheckResult]) -> None:
    test = """
        for value in (None, True, 2**90, -0.0, "é", b"a", [1, (2,)], {"a": {1: 2.0}}, slice(1, 2)):
            assert f(value) == value and type(f(value)) is type(value)
        for array in (np.zeros((2, 0)), np.array(3, ">i2"), np.ones(2, "c8"), np.float32(0.5)):
            assert type(f(array)) is type(array)
            assert f(array).dtype == array.dtype
            np.testing.assert_array_equal(f(array), array)
        assert f(x=1) == 1
    """
    assert both("def f(x): return x", test).passed


def test_objects_stay_with_the_learner_and_are_used_through_handles(
    both: Callable[..., CheckResult],
) -> None:
    source = """
        class Layer:
            def __init__(self, units):
                self.units, self.calls = units, []
            def __call__(self, x, *, times=1):
                self.calls.append(x)
                return self.units * x * times
            def __getitem__(self, key):
                return [self, key][key]
            def __len__(self):
                return 2

        def f(x):
            return x.units if isinstance(x, Layer) else Layer(x)
    """
    test = """
        layer = f(3)
        assert layer.units == 3
        assert layer(2) == 6 and layer(2, times=2) == 12
        assert layer.calls == [2, 2]
        assert f(layer) == 3
        assert layer[0].units == 3 and layer[1] == 1
        assert len(layer) == 2
        assert len([part for part in [layer, layer]]) == 2
        assert layer.__call__ if hasattr(layer, "__call__") else True
    """
    assert both(source, test).passed


def test_objects_behave_alike_on_both_ways(
    both_ways: Callable[..., dict[str, CheckResult]],
) -> None:
    tests = [
        "assert f() is not None",
        "assert f().missing == 1, 'no'",
        "try:\n    f().missing\nexcept AttributeError:\n    pass",
        "assert not hasattr(f(), 'missing')",
        "assert getattr(f(), 'missing', 5) == 5",
        "assert callable(f().method)",
    ]
    both_ways("class A:\n    def method(self): pass\ndef f(): return A()", tests)


def test_an_object_is_no_evidence(across: Callable[..., list[CheckResult]]) -> None:
    source = "class A:\n    def __len__(self): return 1\ndef f(x=None): return A()"
    results = across(source, "assert f()", "assert not f()", "assert bool(f())")
    assert verdicts(results) == ["error"] * 3


def test_one_object_is_one_object_however_often_it_is_fetched(
    both: Callable[..., CheckResult],
) -> None:
    source = "class A: pass\na = A()\ndef f(x=None): return a if x is None else x is a"
    assert both(source, "assert f() is f()\nassert f(f()) is True").passed


def test_what_a_check_cannot_send_is_an_error_that_says_so(
    across: Callable[..., list[CheckResult]],
) -> None:
    results = across("def f(x): return x", "f(lambda: 1)", "f([object()])", "f(1)")
    assert verdicts(results) == ["error", "error", "passed"]
    assert [r.exception for r in results[:2]] == ["TypeError", "TypeError"]


@pytest.mark.parametrize(
    "made", ["np.zeros(257 * 2**20, 'u1')", "[0] * 10**6", "'x' * (20 * 2**20)"]
)
def test_a_value_beyond_the_limits_is_an_error_of_its_own_check(
    across: Callable[..., list[CheckResult]], made: str
) -> None:
    source = f"def f(x=None):\n    return {made} if x is None else 1"
    results = across(source, "f()", "f(1)", f"f({made})", "f(1)")
    assert verdicts(results) == ["error", "passed", "error", "passed"]
    assert results[0].message.startswith("Your answer gives a value that is too large to check: it")


def test_the_helper_of_authors_returns_its_argument_in_plain_python() -> None:
    assert on_learner_side(dict) is dict


def test_the_helper_of_authors_makes_things_beside_the_answer(
    both: Callable[..., CheckResult],
) -> None:
    source = "import fractions\ndef f(x): return isinstance(x, fractions.Fraction)"
    test = """
        import fractions
        from autograder.checks import on_learner_side
        half = on_learner_side(fractions.Fraction)(1, 2)
        assert f(half) is True
        assert half.denominator == 2
        assert f(on_learner_side(fractions.Fraction.from_float)(0.5)) is True
    """
    assert both(source, test).passed


# ---- chance


def test_each_check_has_the_same_chance_from_run_to_run_and_on_both_sides(
    across: Callable[..., list[CheckResult]],
) -> None:
    source = "import random\ndef f(x=None): return random.random(), float(np.random.rand())"
    test = "import random\nassert f() == (random.random(), float(np.random.rand())), 'other'"
    show = "raise_with = np.random.randint(2**31)\nf(int(raise_with))"
    first, second, other = (across(source, test, show, show, seed=s) for s in (1, 1, 2))
    assert verdicts(first) == ["passed", "passed", "passed"]
    assert [r.transcript for r in first] == [r.transcript for r in second]
    assert [r.transcript for r in first] != [r.transcript for r in other]
    assert first[1].transcript != first[2].transcript
    assert len(first[1].transcript) == len(first[2].transcript)  # each begins with none


def test_a_check_draws_the_same_numbers_isolated_and_in_one_process(
    both: Callable[..., CheckResult],
) -> None:
    test = "n = np.random.randint(1000)\nassert n < 0, 'small' if n < 500 else 'large'"
    source = "def f(x): return x"
    assert both(source, test).verdict == "failed"
    odd = "assert np.random.randint(1000) % 2 == 0, 'odd'"
    assert both(source, odd) == both(source, odd)


def test_what_the_learner_draws_moves_no_check(across: Callable[..., list[CheckResult]]) -> None:
    test = "f(int(np.random.randint(2**31)))"
    plain = across("def f(x): pass", test)
    drawing = across("np.random.rand(7)\ndef f(x): np.random.seed(0)", test, test)
    assert plain[0].transcript == drawing[0].transcript


# ---- nothing to gain


@pytest.mark.parametrize(
    "trick",
    [
        "type('Yes', (), {'__eq__': lambda s, o: True, '__hash__': None})()",
        "type('Yes', (int,), {'__eq__': lambda s, o: True})(0)",
        "type('Yes', (float,), {'__eq__': lambda s, o: True})(0)",
        "type('Yes', (str,), {'__eq__': lambda s, o: True})('')",
        "type('Yes', (), {'__eq__': lambda s, o: True, '__len__': lambda s: 4})()",
        "np.zeros(1).view(type('Yes', (np.ndarray,), {'__eq__': lambda s, o: True}))",
        "type('Yes', (np.float64,), {'__eq__': lambda s, o: True})(0)",
        "type('Yes', (), {'__class__': int, '__eq__': lambda s, o: True})()",
    ],
)
def test_an_object_that_equals_everything_gains_nothing(
    across: Callable[..., list[CheckResult]], trick: str
) -> None:
    results = across(f"def f(x=None): return {trick}", "assert f() == 4", "assert 4 == f()")
    assert not any(result.passed for result in results)


def test_an_object_cannot_pass_for_an_array(across: Callable[..., list[CheckResult]]) -> None:
    source = """
        class Claim:
            __array_interface__ = property(lambda self: np.ones(2).__array_interface__)
            def __array__(self, dtype=None, copy=None): return np.ones(2)
        def f(x=None): return Claim()
    """
    results = across(source, "assert np.allclose(f(), 1)", "assert (np.asarray(f()) == 1).all()")
    assert verdicts(results) == ["error", "failed"]


def test_a_numpy_subclass_gains_nothing(across: Callable[..., list[CheckResult]]) -> None:
    source = """
        class Yes(np.ndarray):
            def __array_function__(self, *args, **kwargs): return True
            def __array_ufunc__(self, *args, **kwargs): return self
            def __eq__(self, other): return True
            def all(self, *args): return True
            def __bool__(self): return True

        def f(x=None): return np.zeros(1).view(Yes)
    """
    results = across(
        source,
        "assert np.allclose(f(), 1)",
        "assert np.array_equal(f(), np.ones(1))",
        "np.testing.assert_allclose(f(), np.ones(1))",
    )
    assert not any(result.passed for result in results)


@pytest.mark.parametrize(
    "forged",
    [
        "{'raised': 5}",
        "{'raised': [[], 5]}",
        "{'raised': ['<b>'], 'line': '<b>'}",
    ],
)
def test_a_forged_exception_is_an_error_with_a_line_that_is_a_number(
    across: Callable[..., list[CheckResult]], forged: str
) -> None:
    source = f"""
        import sys
        sys.modules["autograder.running.answer_process"]._describe_exception = lambda e: {forged}
        def f(x=None): raise ValueError
    """
    (result,) = across(source, "try:\n    f()\nexcept TypeError:\n    pass\nassert False, 'told'")
    assert result.verdict in ("error", "crash")
    assert result.learner_line is None or isinstance(result.learner_line, int)
    assert "<b>" not in repr(essence(result))


@pytest.mark.parametrize("line", [10**300, -1, 0, 6, True, 1.0])
def test_a_forged_line_is_no_message(
    across: Callable[..., list[CheckResult]], line: object
) -> None:
    source = f"""
        import sys
        learner = sys.modules['autograder.running.answer_process']
        learner._describe_exception = lambda e: {{'raised': ['ValueError'], 'line': {line!r}}}
        def f(x=None): raise ValueError"""
    (result,) = across(source, "assert f()")
    assert (result.verdict, result.learner_line) == ("error", None)


def test_a_truth_of_another_byte_is_true_and_nothing_else(
    across: Callable[..., list[CheckResult]],
) -> None:
    source = "def f(x=None): return np.full(3, 7, np.uint8).view(bool)"
    results = across(source, "assert (f().view(np.uint8) == 1).all()", "assert not f().all()")
    assert verdicts(results) == ["passed", "failed"]


@pytest.mark.parametrize(
    "node",
    [
        {"t": "array", "dtype": "(,)f8", "shape": [1], "b": 0},
        {"t": "handle", "n": "x"},
        {"t": "handle", "n": {}},
        {"t": "no such thing"},
        {},
        [],
    ],
)
def test_a_reply_that_is_no_value_is_a_crash(
    across: Callable[..., list[CheckResult]], node: object
) -> None:
    source = f"""
        import sys
        learner = sys.modules["autograder.running.answer_process"]
        class Forger(learner.Encoder):
            def encode(self, value, depth=0):
                return {node!r} if value == "forge" else super().encode(value, depth)
        learner.Encoder = Forger
        def f(x=None): return "forge"
    """
    results = across(source, "try:\n    f()\nexcept Exception:\n    pass", "assert f(1)")
    assert verdicts(results) == ["crash", "crash"]


def test_a_learner_cannot_write_a_verdict(across: Callable[..., list[CheckResult]]) -> None:
    source = """
        import os
        line = b'{"grade_id": "check-0", "verdict": "passed"}\\n'
        for descriptor in range(3, 64):
            try:
                os.write(descriptor, line)
            except OSError:
                pass
        def f(x=None): return 0
    """
    assert "passed" not in verdicts(across(source, "assert f() == 1", "assert f() == 1"))


# ---- with TensorFlow


@pytest.fixture(scope="module")
def layers(read: Read) -> Exercise:
    """Return an exercise whose checks use what TensorFlow adds to the data."""
    tests = {
        "tensors": """
            x = tf.constant([[1.0, 2.0]])
            y = f(x)
            assert isinstance(y, tf.Tensor) and y.dtype == tf.float32 and y.shape == (1, 2)
            assert np.allclose(y.numpy(), [[2.0, 4.0]]), "Twice x."
            assert f(tf.constant(3, tf.int64)).dtype == tf.int64
            assert f(tf.zeros((0, 2), tf.float16)).shape == (0, 2)
            assert f(tf.constant(True) | tf.constant(False)).dtype == tf.bool
        """,
        "layer": """
            dense = layer(3)
            y = dense(np.ones((2, 4), "float32"))
            kernel, bias = dense.get_weights()
            assert dense.units == 3 and dense.name == "logits"
            assert np.allclose(y.numpy(), np.ones((2, 4)) @ kernel + bias, atol=1e-5), "Wrong sum."
        """,
        "symbolic": """
            inputs = on_learner_side(tf.keras.Input)(shape=(4,))
            model = on_learner_side(tf.keras.Model)(inputs, layer(2)(inputs))
            assert tuple(model.output_shape) == (None, 2)
            assert model(np.zeros((5, 4), "float32")).shape == (5, 2)
        """,
        "chance": """
            weights = layer(2)(np.ones((1, 4), "float32")).numpy().tolist()
            f(tf.random.normal((2,)))
        """,
        "strings": 'assert f(tf.constant("a")) is not None',
    }
    return read(
        code(
            "import numpy as np\nimport tensorflow as tf\n"
            "from autograder.checks import on_learner_side",
            grade_id="setup",
        ),
        answer(
            "def f(x):\n    return x if x.dtype in (tf.bool, tf.string) else 2 * x\n\n"
            "def layer(units):\n    return tf.keras.layers.Dense(units, name='logits')"
        ),
        *(check(textwrap.dedent(test).strip(), name) for name, test in tests.items()),
    )


@pytest.mark.slow
def test_tensors_layers_and_models_give_the_same_verdicts_on_both_ways(
    layers: Exercise, tensorflow_workers: Workers
) -> None:
    given = {"answer": layers.answers[0].source}
    isolated = run(layers, given, tensorflow_workers)
    in_process = run(layers, given, tensorflow_workers, isolated=False)
    assert [essence(r) for r in in_process] == [
        CheckResult(str(c.grade_id), Verdict.PASSED) for c in layers.checks
    ]
    assert [essence(r) for r in isolated[:4]] == [essence(r) for r in in_process[:4]]
    assert run(layers, given, tensorflow_workers) == isolated


@pytest.mark.slow
@pytest.mark.parametrize(
    "node",
    [
        {"t": "tensor", "dtype": ">f4", "shape": [1], "b": 0},
        {"t": "tensor", "dtype": "<f16", "shape": [], "b": 0},
        {"t": "tensor", "dtype": "<f4", "shape": [7], "b": 0},
        {"t": "tfdtype", "v": "nothing"},
        {"t": "tfdtype", "v": "resource"},
        {"t": "tensorshape", "v": {"a": 1}},
        {"t": "tensorshape", "v": [-5]},
        {"t": "tensorshape", "v": [2**70]},
    ],
)
def test_a_forged_tensor_is_a_value_or_a_crash_and_no_mark(
    read: Read, tensorflow_workers: Workers, node: object
) -> None:
    exercise = read(
        code("import tensorflow as tf", grade_id="setup"),
        answer("f = 1"),
        check("caught = False\ntry:\n    f()\nexcept Exception:\n    caught = True\nassert caught"),
    )
    source = f"""
import sys
learner = sys.modules["autograder.running.answer_process"]
class Forger(learner.Encoder):
    def encode(self, value, depth=0):
        if value != "forge":
            return super().encode(value, depth)
        self.buffers.append(bytes(16 if "f16" in {str(node)!r} else 4))
        return {node!r}
learner.Encoder = Forger
def f(x=None): return "forge"
"""
    (result,) = run(exercise, {"answer": source}, tensorflow_workers)
    assert result.verdict in ("failed", "crash")


@pytest.mark.slow
def test_an_error_of_tensorflow_names_the_learner_s_line(
    read: Read, tensorflow_workers: Workers
) -> None:
    exercise = read(
        code("import tensorflow as tf", grade_id="setup"),
        answer("def f(x): return x"),
        check("f(1)"),
    )
    given = {"answer": "def f(x):\n    return tf.matmul(tf.zeros((1, 2)), tf.zeros((3, 1)))"}
    for isolated in (True, False):
        (result,) = run(exercise, given, tensorflow_workers, isolated=isolated)
        assert (result.verdict, result.learner_line) == ("error", 2)
        assert result.exception == "InvalidArgumentError"


KERAS = code(
    "import numpy as np\nimport tensorflow as tf\nfrom autograder.checks import on_learner_side",
    grade_id="setup",
)
A_MODEL = """
def make():
    return tf.keras.Sequential([tf.keras.Input((3,)), tf.keras.layers.Dense(1)])
"""
NEW_MODEL = "m = tf.keras.Sequential([tf.keras.Input((3,)), tf.keras.layers.Dense(1)])\n"
ON_KERAS_OBJECTS = {
    "a model": (
        A_MODEL,
        """
        m = make()
        assert isinstance(m, tf.keras.Model) and [layer.units for layer in m.layers] == [1]
        x = np.ones((2, 3))
        assert m is not make() and np.allclose(m(x), x @ m.get_weights()[0])
        """,
    ),
    "a model of the check's is trained": (
        """
        def train(m):
            m.compile("sgd", "mse")
            m.fit(np.ones((8, 3)), np.ones(8), verbose=0)
            return m
        """,
        """
        before = m.get_weights()
        assert train(m) is m
        assert not np.allclose(before[0], m.get_weights()[0])
        assert m.evaluate(np.ones((8, 3)), np.ones(8), verbose=0) < 10
        """,
    ),
    "what the check does to its model is seen": (
        "def weights(m): return m.get_weights()",
        """
        m.set_weights([np.full((3, 1), 2.0), np.zeros(1)])
        assert np.allclose(weights(m)[0], 2)
        m.set_weights([np.ones((3, 1)), np.zeros(1)])
        assert np.allclose(weights(m)[0], 1)
        """,
    ),
    "layers change": (
        """
        def freeze(m):
            m.layers[0].trainable = False
            m.add(tf.keras.layers.Dense(4))
        """,
        """
        freeze(m)
        assert len(m.layers) == 2 and m(np.ones((1, 3))).shape == (1, 4)
        assert len(m.trainable_weights) == 2
        """,
    ),
    "operations in a graph": (
        """
        def make():
            x = tf.keras.Input((4,))
            return tf.keras.Model(x, tf.keras.layers.Dense(2)(x) * 2 + 1)
        """,
        """
        m = make()
        m.set_weights([np.zeros((4, 2)), np.ones(2)])
        assert np.allclose(m(np.ones((1, 4))), 3)
        """,
    ),
    "a loss": (
        "def make(): return tf.keras.losses.BinaryCrossentropy(from_logits=True)",
        "assert np.isclose(make()([[1.0]], [[0.0]]), np.log(2))",
    ),
    "a metric and its state": (
        """
        def make():
            m = tf.keras.metrics.BinaryAccuracy(threshold=0.0)
            m.update_state([1, 0], [2.0, 3.0])
            return m
        """,
        """
        m = make()
        assert float(m.result()) == 0.5
        m.update_state([0], [-1.0])
        assert np.isclose(float(m.result()), 2 / 3)
        """,
    ),
    "a class of the answer's own": (
        """
        class Twice(tf.keras.layers.Layer):
            def call(self, x):
                return 2 * x

        def make():
            return tf.keras.Sequential([Twice()])
        """,
        "assert np.allclose(make()(np.ones((1, 2))).numpy(), 2)",
    ),
    "a function of TensorFlow's": (
        "def make(): return tf.keras.layers.Dense(2, activation=tf.nn.relu)",
        "assert (make()(np.ones((1, 2))).numpy() >= 0).all()",
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize(("source", "test"), ON_KERAS_OBJECTS.values(), ids=ON_KERAS_OBJECTS.keys())
def test_keras_objects_behave_as_in_one_process(
    read: Read, tensorflow_workers: Workers, source: str, test: str
) -> None:
    source, test = textwrap.dedent(source).strip(), textwrap.dedent(test).strip()
    exercise = read(KERAS, answer(source), check(NEW_MODEL + test))
    for isolated in (False, True):
        (result,) = run(exercise, {"answer": source}, tensorflow_workers, isolated=isolated)
        assert essence(result) == CheckResult("check", Verdict.PASSED)


FORGED_CALL = """
import keras
keras.src.models.model.Model.__call__ = lambda self, x, **_: tf.fill((len(x), 1), 7.0)
keras.src.layers.core.dense.Dense.call = lambda self, x, **_: tf.fill((len(x), 1), 7.0)
keras.Sequential.get_weights = lambda self: [np.full((3, 1), 7.0)]
"""
A_LAMBDA = {"class_name": "__lambda__", "config": {"code": "4w==", "defaults": None}}
FORGED_CONFIGS: list[object] = [
    {"module": "keras.layers", "class_name": "Lambda", "config": {"function": A_LAMBDA}},
    {"module": "os", "class_name": "system", "config": {}},
    {"module": "keras.src.ops.function", "class_name": "Function", "config": {}},
    {"module": "keras.layers", "class_name": "Dense", "config": {"units": 10**11}},
    {
        "module": "keras.layers",
        "class_name": "Dense",
        "config": {"units": 1},
        "registered_name": "their>own",
    },
    {"module": "keras.utils", "class_name": "get_file", "config": {"origin": "file:///etc/hosts"}},
    [],
    None,
    {},
    "[" * 5000,
]


@pytest.mark.slow
def test_a_replaced_keras_changes_nothing(read: Read, tensorflow_workers: Workers) -> None:
    test = "assert np.allclose(make()(np.ones((2, 3))), 7), 'Not seven.'"
    exercise = read(KERAS, answer(A_MODEL), check(test))
    given = {"answer": f"{FORGED_CALL}\n{A_MODEL}"}
    (beside,) = run(exercise, given, tensorflow_workers, isolated=False)
    (apart,) = run(exercise, given, tensorflow_workers)
    assert (beside.verdict, apart.verdict) == (Verdict.PASSED, Verdict.FAILED)


@pytest.mark.slow
@pytest.mark.parametrize("config", FORGED_CONFIGS, ids=lambda config: json.dumps(config)[:60])
def test_a_configuration_of_no_object_of_keras_is_none(
    read: Read, tensorflow_workers: Workers, config: object
) -> None:
    test = "assert isinstance(make(), tf.keras.layers.Layer)"
    exercise = read(KERAS, answer(A_MODEL), check(test))
    text = config if isinstance(config, str) else json.dumps(config)
    forged = (
        "import sys\nlearner = sys.modules['autograder.running.answer_process']\n"
        f"learner.take_apart = lambda value, compiled=True: learner.Parts({text!r}, [])\n"
    )
    (result,) = run(exercise, {"answer": forged + A_MODEL}, tensorflow_workers)
    assert result.verdict in (Verdict.FAILED, Verdict.ERROR, Verdict.CRASH)


def test_the_sample_source_gives_full_marks_to_its_solution(numpy_workers: Workers) -> None:
    exercise = read_exercise(CASES / "everything.md")
    given = {str(cell.grade_id): cell.source for cell in exercise.answers}
    assert all(result.passed for result in run(exercise, given, numpy_workers))


@pytest.mark.slow
def test_a_tensor_that_only_the_learner_asked_for_is_a_value(
    read: Read, numpy_workers: Workers
) -> None:
    exercise = read(
        code("import numpy as np", grade_id="setup"),
        answer("def f(x):\n    return x + 1"),
        check("assert np.allclose(f(np.zeros(2)), np.ones(2))"),
    )
    given = {"answer": "import tensorflow as tf\ndef f(x):\n    return tf.constant(x) + 1"}
    patient = dataclasses.replace(numpy_workers, seconds=300)
    (result,) = run(exercise, given, patient)
    assert result.verdict == Verdict.PASSED
