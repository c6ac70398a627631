"""The warm worker, through its public class; most tests preload nothing heavy."""

from __future__ import annotations

import hashlib
import os
import select
import signal
import subprocess
import sys
import textwrap
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from autograder.exceptions import PreloadFailed, WorkerDied, WorkerError
from autograder.sandbox.zygote import Zygote

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# Each test starts workers of its own.
pytestmark = pytest.mark.slow

JOBS = """
    import hashlib, os, random, signal, subprocess, sys

    def answer(fds, text):
        os.write(fds[0], str(text).encode())

    def nothing(payload, fds): pass
    def echo(payload, fds): answer(fds, payload["text"])
    def digest(payload, fds): answer(fds, hashlib.sha256(payload["text"].encode()).hexdigest())
    def fail(payload, fds): raise ValueError("a job that fails")
    def leave(payload, fds): sys.exit(payload["code"])
    def end_by_signal(payload, fds): os.kill(os.getpid(), signal.SIGTERM)
    def variable(payload, fds): answer(fds, os.environ.get(payload["name"]))
    def chance(payload, fds): answer(fds, random.random())

    def numpy_chance(payload, fds):
        answer(fds, sys.modules["numpy.random"].rand())

    def descriptors(payload, fds):
        found = {n: os.readlink(f"/proc/self/fd/{n}") for n in os.listdir("/proc/self/fd")
                 if os.path.exists(f"/proc/self/fd/{n}") or n == str(fds[0])}
        kept = sorted(int(n) for n, path in found.items() if not path.startswith("/proc/"))
        answer(fds, (kept == [0, 1, 2, fds[0]], found["0"], os.get_inheritable(fds[0])))

    def hang(payload, fds):
        answer(fds, os.getppid())
        signal.pause()

    def hang_with_helper(payload, fds):
        subprocess.Popen(["sleep", "1000"], pass_fds=fds)
        hang(payload, fds)

    def leave_helper_behind(payload, fds):
        subprocess.Popen(["sleep", "1000"], pass_fds=fds)

    def dense(payload, fds):
        assert "tensorflow" in sys.modules
        import tensorflow as tf
        probabilities = tf.nn.softmax(tf.keras.layers.Dense(3)(tf.ones((2, 4))))
        answer(fds, [float(tf.reduce_sum(probabilities)), float(tf.random.normal(()))])
"""
PATIENCE = 20.0  # seconds until a test that waits for an end gives up


class Pipe:
    """Hears what a job writes; its end of file says that every process holding it is gone."""

    def __init__(self) -> None:
        self.reader, self.writer = os.pipe()

    def hear(self) -> str:
        """Return what was written, empty at the end of file."""
        assert select.select([self.reader], [], [], PATIENCE)[0], "nothing was written"
        return os.read(self.reader, 1 << 16).decode()

    def let_go(self) -> None:
        """Leave the writing end to the jobs alone."""
        os.close(self.writer)
        self.writer = -1

    def close(self) -> None:
        """Close what is still open."""
        os.close(self.reader)
        if self.writer >= 0:
            os.close(self.writer)


@pytest.fixture
def pipe() -> Iterator[Pipe]:
    pipe = Pipe()
    yield pipe
    pipe.close()


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    (tmp_path / "jobs.py").write_text(textwrap.dedent(JOBS))
    return {**os.environ, "PYTHONPATH": str(tmp_path)}


@pytest.fixture
def zygote(environment: dict[str, str]) -> Iterator[Zygote]:
    with Zygote(("json",), env=environment) as zygote:
        yield zygote


def gone(pidfd: int) -> bool:
    """Wait for the end of a process that is not ours."""
    return bool(select.select([pidfd], [], [], PATIENCE)[0])


def test_a_job_gets_its_payload_and_its_descriptors(zygote: Zygote, pipe: Pipe) -> None:
    child = zygote.fork("jobs:echo", {"text": "ten logits"}, [pipe.writer])
    assert child.wait() == 0
    assert pipe.hear() == "ten logits"


def test_a_payload_may_be_megabytes(zygote: Zygote, pipe: Pipe) -> None:
    text = "x" * 5_000_000
    zygote.fork("jobs:digest", {"text": text}, [pipe.writer])
    assert pipe.hear() == hashlib.sha256(text.encode()).hexdigest()


def test_fifty_jobs_at_once(zygote: Zygote) -> None:
    children = [zygote.fork("jobs:nothing", {}) for _ in range(50)]
    assert [child.wait(PATIENCE) for child in children] == [0] * 50
    assert len({child.pid for child in children}) == 50


def test_two_threads_get_their_own_children(zygote: Zygote) -> None:
    def ask(number: int) -> str:
        pipe = Pipe()
        try:
            zygote.fork("jobs:echo", {"text": f"{number}"}, [pipe.writer])
            return pipe.hear()
        finally:
            pipe.close()

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(ask, range(40))) == [f"{number}" for number in range(40)]


@pytest.mark.parametrize(
    ("job", "payload", "code"),
    [
        ("fail", {}, 70),
        ("missing", {}, 70),
        ("leave", {"code": 3}, 3),
        ("leave", {"code": None}, 0),
        ("leave", {"code": "a message"}, 1),
        ("end_by_signal", {}, -signal.SIGTERM),
    ],
)
def test_exit_codes(zygote: Zygote, job: str, payload: dict[str, object], code: int) -> None:
    assert zygote.fork(f"jobs:{job}", payload).wait(PATIENCE) == code


def test_a_job_inherits_nothing_but_its_descriptors(zygote: Zygote, pipe: Pipe) -> None:
    zygote.fork("jobs:descriptors", {}, [pipe.writer])
    assert pipe.hear() == str((True, os.devnull, False))


def test_libraries_are_told_to_open_no_threads(zygote: Zygote, pipe: Pipe) -> None:
    zygote.fork("jobs:variable", {"name": "OPENBLAS_NUM_THREADS"}, [pipe.writer])
    assert pipe.hear() == "1"


def test_the_parents_environment_is_the_default(
    environment: dict[str, str], pipe: Pipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", environment["PYTHONPATH"])
    monkeypatch.setenv("COLOUR", "teal")
    with Zygote(("json",)) as zygote:
        zygote.fork("jobs:variable", {"name": "COLOUR"}, [pipe.writer])
        assert pipe.hear() == "teal"


@pytest.mark.parametrize("job", ["chance", "numpy_chance"])
def test_random_numbers_differ_between_jobs(
    environment: dict[str, str], pipe: Pipe, job: str
) -> None:
    with Zygote(("numpy.random",), env=environment) as zygote:
        drawn = []
        for _ in range(2):
            zygote.fork(f"jobs:{job}", {}, [pipe.writer])
            drawn.append(pipe.hear())
    assert drawn[0] != drawn[1]


def test_wait_gives_none_while_the_job_runs(zygote: Zygote, pipe: Pipe) -> None:
    child = zygote.fork("jobs:hang", {}, [pipe.writer])
    pipe.hear()
    assert child.wait(timeout=0) is None
    child.kill()
    assert child.wait(PATIENCE) == -signal.SIGKILL


def test_kill_ends_the_whole_group_and_may_be_repeated(zygote: Zygote, pipe: Pipe) -> None:
    child = zygote.fork("jobs:hang_with_helper", {}, [pipe.writer])
    pipe.hear()
    pipe.let_go()
    child.kill()
    assert pipe.hear() == ""
    assert child.wait(PATIENCE) == -signal.SIGKILL
    child.kill()


def test_what_a_job_leaves_behind_ends_with_it(zygote: Zygote, pipe: Pipe) -> None:
    child = zygote.fork("jobs:leave_helper_behind", {}, [pipe.writer])
    pipe.let_go()
    assert child.wait(PATIENCE) == 0
    assert pipe.hear() == ""


def test_close_ends_every_child(zygote: Zygote, pipe: Pipe) -> None:
    child = zygote.fork("jobs:hang_with_helper", {}, [pipe.writer])
    pipe.hear()
    pipe.let_go()
    zygote.close()
    assert pipe.hear() == ""
    assert child.wait(PATIENCE) == -signal.SIGKILL
    with pytest.raises(WorkerDied):
        zygote.fork("jobs:nothing", {})


def test_a_worker_closed_before_its_start_stays_closed() -> None:
    zygote = Zygote(("json",))
    zygote.close()
    with pytest.raises(WorkerDied):
        zygote.fork("jobs:nothing", {})


def test_the_worker_is_killed(zygote: Zygote, pipe: Pipe) -> None:
    child = zygote.fork("jobs:hang", {}, [pipe.writer])
    worker = int(pipe.hear())
    pipe.let_go()
    os.kill(worker, signal.SIGKILL)
    with pytest.raises(WorkerDied, match="killed by signal 9"):
        child.wait(PATIENCE)
    with pytest.raises(WorkerDied, match="killed by signal 9"):
        zygote.fork("jobs:nothing", {})
    child.kill()
    assert pipe.hear() == ""


def test_the_parent_is_killed(environment: dict[str, str], pipe: Pipe) -> None:
    program = (
        "import sys; from autograder.sandbox.zygote import Zygote; zygote = Zygote(('json',));"
        "zygote.fork('jobs:hang', {}, [int(sys.argv[1])]).wait()"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", program, str(pipe.writer)],
        pass_fds=[pipe.writer],
        env=environment,
    )
    worker = os.pidfd_open(int(pipe.hear()))
    pipe.let_go()
    parent.kill()
    parent.wait()
    assert pipe.hear() == ""
    assert gone(worker)
    os.close(worker)


def test_start_does_not_wait_for_the_imports(
    tmp_path: Path, environment: dict[str, str], pipe: Pipe
) -> None:
    os.mkfifo(tmp_path / "gate")
    (tmp_path / "slow.py").write_text(f"open({str(tmp_path / 'gate')!r}).read()")
    with Zygote(("slow",), env=environment) as zygote:
        with (tmp_path / "gate").open("w"):  # opens once the worker is inside its import
            pass
        zygote.fork("jobs:echo", {"text": "ready"}, [pipe.writer])
        assert pipe.hear() == "ready"


def test_a_worker_is_closed_in_the_middle_of_its_imports(
    tmp_path: Path, environment: dict[str, str]
) -> None:
    os.mkfifo(tmp_path / "gate")
    (tmp_path / "slow.py").write_text(f"open({str(tmp_path / 'gate')!r}).read()")
    with Zygote(("slow",), env=environment) as zygote, ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(zygote.fork, "jobs:nothing", {})
        zygote.close()
        with pytest.raises(WorkerDied):
            waiting.result(PATIENCE)


def test_a_module_that_cannot_be_imported_is_named() -> None:
    with (
        Zygote(("json", "no_such_module")) as zygote,
        pytest.raises(PreloadFailed, match="cannot import no_such_module: No module named"),
    ):
        zygote.fork("jobs:nothing", {})


def test_a_module_that_opens_a_thread_is_named(tmp_path: Path, environment: dict[str, str]) -> None:
    (tmp_path / "busy.py").write_text(
        "import threading; threading.Thread(target=threading.Event().wait, daemon=True).start()"
    )
    with (
        Zygote(("json", "busy"), env=environment) as zygote,
        pytest.raises(PreloadFailed, match="cannot import busy: it leaves 2 threads"),
    ):
        zygote.fork("jobs:nothing", {})


def test_the_system_refuses_another_process(tmp_path: Path, environment: dict[str, str]) -> None:
    (tmp_path / "full.py").write_text(
        "import os\ndef fork(): raise BlockingIOError(11, 'no room')\nos.fork = fork"
    )
    with (
        Zygote(("full",), env=environment) as zygote,
        pytest.raises(WorkerError, match=r"cannot fork: .*no room"),
    ):
        zygote.fork("jobs:nothing", {})


def test_a_closed_descriptor_is_refused_and_the_worker_goes_on(zygote: Zygote, pipe: Pipe) -> None:
    pipe.let_go()
    with pytest.raises(OSError, match="Bad file descriptor"):
        zygote.fork("jobs:nothing", {}, [pipe.reader + 500])
    assert zygote.fork("jobs:nothing", {}).wait(PATIENCE) == 0


def test_a_launcher_comes_before_the_worker(environment: dict[str, str], pipe: Pipe) -> None:
    with Zygote(("json",), launcher=("env", "COLOUR=teal"), env=environment) as zygote:
        zygote.fork("jobs:variable", {"name": "COLOUR"}, [pipe.writer])
        assert pipe.hear() == "teal"


def test_a_launcher_that_is_not_there() -> None:
    zygote = Zygote(("json",), launcher=("no-such-sandbox",))
    with pytest.raises(WorkerError, match="cannot start no-such-sandbox"):
        zygote.start()


@pytest.mark.slow
def test_tensorflow_works_in_every_fork(environment: dict[str, str], pipe: Pipe) -> None:
    found = []
    with Zygote(("tensorflow",), env=environment) as zygote:
        for _ in range(2):
            assert zygote.fork("jobs:dense", {}, [pipe.writer]).wait(60) == 0
            total, drawn = pipe.hear().strip("[]").split(",")
            assert float(total) == pytest.approx(2.0, abs=1e-5)
            found.append(drawn)
    assert found[0] != found[1]


def test_a_job_that_would_outlive_its_worker_does_not_start(
    environment: dict[str, str], tmp_path: Path, pipe: Pipe
) -> None:
    refuses = "import ctypes\nctypes.CDLL = lambda *_: type('C', (), {'prctl': lambda *_: -1})()\n"
    (tmp_path / "refuses_prctl.py").write_text(refuses)
    with Zygote(("refuses_prctl",), env=environment) as zygote:
        child = zygote.fork("jobs:echo", {"text": "I run"}, [pipe.writer])
        pipe.let_go()
        assert (child.wait(PATIENCE), pipe.hear()) == (70, "")
