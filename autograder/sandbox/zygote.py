"""Keep a warm worker: a process that imports what is slow once and forks a process for each job.

Importing TensorFlow takes seconds, forking a process that has imported it milliseconds. The worker
imports and does nothing else (no operation, no device query, one thread), because the forked copy
of a running TensorFlow hangs. The parent talks to it over a socket, in JSON messages with file
descriptors beside them; nothing is pickled.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import importlib
import json
import os
import random
import select
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
from collections import deque
from concurrent.futures import Future
from pathlib import Path
from types import MappingProxyType
from typing import IO, TYPE_CHECKING, Final, NoReturn, Self

from autograder.exceptions import PreloadFailed, WorkerDied, WorkerError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

# Threads do not survive a fork, so libraries must not open any while they are imported.
_ONE_THREAD_SETTINGS: Final = MappingProxyType(
    {
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "TF_ENABLE_ONEDNN_OPTS": "0",
    }
)
_HEADER: Final = struct.Struct("!I")
_MAX_DESCRIPTORS: Final = 250  # Linux passes at most 253 at once
_END_SECONDS: Final = 5.0  # seconds that a worker gets to end its children
_EXIT_UNCAUGHT: Final = 70  # EX_SOFTWARE of sysexits.h
_PR_SET_PDEATHSIG: Final = 1


class Child:
    """The parent's view of a process that the worker forked.

    Attributes
    ----------
    pid
        Its number where the worker runs; another one here if the launcher gives the worker a
        pid namespace.
    exited
        Becomes the exit code; for those who wait in an event loop.
    """

    def __init__(self, pid: int, send: Callable[[Mapping[str, object]], None]) -> None:
        self.pid = pid
        self.exited: Future[int] = Future()
        self._send = send

    def wait(self, timeout: float | None = None) -> int | None:
        """Return the exit code, negative for a signal; None if it still runs at ``timeout``.

        Raises
        ------
        WorkerDied
            If the worker ended and took this process with it.
        """
        try:
            return self.exited.result(timeout)
        except TimeoutError:
            return None

    def signal(self, number: int) -> None:
        """Send a signal to the process and its group; nothing happens once it has ended."""
        if not self.exited.done():
            self._send({"signal": int(number), "pid": self.pid})

    def kill(self) -> None:
        """Kill the process and its group; nothing happens once it has ended."""
        self.signal(signal.SIGKILL)


class Zygote:
    """A warm worker process and what it forked; a context manager that threads may share.

    Parameters
    ----------
    preload
        Modules that the worker imports before it forks.
    launcher
        Command line put before the worker's own, for example a sandbox's. It must let inherited
        file descriptors through.
    env
        The worker's whole environment, as in `subprocess`; by default the parent's.
    """

    def __init__(
        self,
        preload: Sequence[str] = (),
        *,
        launcher: Sequence[str] = (),
        env: Mapping[str, str] | None = None,
    ) -> None:
        self._command = [*launcher, sys.executable, "-m", "autograder.sandbox.zygote"]
        self._preload = tuple(preload)
        self._env = env
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._listener: threading.Thread | None = None
        self._ended = False
        self._ready: Future[None] = Future()
        self._requests: deque[Future[Child]] = deque()
        self._children: dict[int, Child] = {}

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def ended(self) -> bool:
        """Whether nothing can be forked from it any more."""
        return self._ended

    def start(self) -> None:
        """Start the worker and return while it still imports; further calls do nothing.

        Raises
        ------
        WorkerError
            If the launcher is not installed, or the system cannot fork, as Windows cannot.
        """
        with self._lock:
            if self._process is not None or self._ended:
                return
            if not hasattr(os, "fork"):
                raise WorkerError(
                    "this system cannot fork processes; run the command on Linux or macOS (on "
                    "Windows: in WSL)"
                )
            ours, theirs = socket.socketpair()
            with theirs:
                try:
                    self._process = self._launch_worker(theirs.fileno())
                except OSError as error:
                    ours.close()
                    raise WorkerError(
                        f"cannot start {self._command[0]}: {error.strerror}; install it"
                    ) from error
            self._control = ours
            self._listener = threading.Thread(
                target=self._listen_to_worker, args=(ours,), daemon=True
            )
            self._listener.start()

    def fork(self, target: str, payload: Mapping[str, object], fds: Sequence[int] = ()) -> Child:
        """Run ``target`` in a new process, forked once the worker has imported its modules.

        Parameters
        ----------
        target
            ``package.module:function``, called in the new process as ``function(payload, fds)``.
            When it returns the process exits with 0, when it raises with 70.
        payload
            JSON data of any size.
        fds
            File descriptors to pass; the caller's own copies stay open.

        Raises
        ------
        PreloadFailed
            If the worker could not import its modules.
        WorkerDied
            If the worker has ended.
        WorkerError
            If the system refuses another process.
        OSError
            If one of `fds` is not open, or there are more than the system passes at once.
        """
        self.start()
        self._ready.result()
        request: Future[Child] = Future()
        with _payload_file(payload) as file, self._lock:
            if self._ended or self._control is None:
                raise WorkerDied(self._reason_of_end())
            self._requests.append(request)
            try:
                _send_message(self._control, {"fork": target}, [file.fileno(), *fds])
            except ConnectionError:
                pass  # the worker died just now: the listener answers
            except OSError:
                self._requests.remove(request)
                raise
        return request.result()

    def close(self) -> None:
        """End the worker and every process forked from it."""
        with self._lock:
            process, control, self._ended = self._process, self._control, True
        if process is None or control is None or self._listener is None:
            self._fail_all_who_wait()
            return
        if self._ready.done():
            with contextlib.suppress(OSError):
                control.shutdown(socket.SHUT_WR)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(_END_SECONDS)
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        with contextlib.suppress(OSError):
            control.shutdown(socket.SHUT_RDWR)
        self._listener.join()
        control.close()

    def _launch_worker(self, control: int) -> subprocess.Popen[bytes]:
        return subprocess.Popen(  # noqa: S603 - our own module, behind the caller's launcher
            [*self._command, str(control), *self._preload],
            stdin=subprocess.DEVNULL,
            pass_fds=(control,),
            env=self._env,
            start_new_session=True,
        )

    def _send_without_reply(self, message: Mapping[str, object]) -> None:
        """Send a message that gets no reply; a worker that has ended is no error."""
        with self._lock, contextlib.suppress(OSError):
            if self._control is not None:
                _send_message(self._control, message)

    def _listen_to_worker(self, control: socket.socket) -> None:
        while (received := _receive_message(control)) is not None:
            self._handle_message(received[0])
        self._fail_all_who_wait()

    def _handle_message(self, message: Mapping[str, object]) -> None:
        match message:
            case {"ready": True}:
                self._ready.set_result(None)
            case {"broken": str(module), "problem": str(problem)}:
                self._ready.set_exception(PreloadFailed(module, problem))
            case {"forked": int(pid)}:
                self._children[pid] = child = Child(pid, self._send_without_reply)
                self._requests.popleft().set_result(child)
            case {"refused": str(problem)}:
                self._requests.popleft().set_exception(
                    WorkerError(f"cannot fork: {problem}; run fewer jobs at once")
                )
            case {"exited": int(pid), "code": int(code)}:
                self._children.pop(pid).exited.set_result(code)

    def _fail_all_who_wait(self) -> None:
        """Raise ``WorkerDied`` in everything that waits for the worker."""
        with self._lock:
            self._ended = True
        reason = self._reason_of_end()
        waiting: list[Future[None] | Future[Child] | Future[int]] = [self._ready, *self._requests]
        waiting += [child.exited for child in self._children.values()]
        for future in waiting:
            if not future.done():
                future.set_exception(WorkerDied(reason))

    def _reason_of_end(self) -> str:
        code = None
        if self._process is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                code = self._process.wait(_END_SECONDS)
        if code is None:
            return "it was closed or does not answer"
        return f"killed by signal {-code}" if code < 0 else f"exit code {code}"


def _payload_file(payload: Mapping[str, object]) -> IO[bytes]:
    """Return an unnamed file that holds ``payload``: a message would limit its size."""
    file: IO[bytes]
    if sys.platform == "linux":
        file = os.fdopen(os.memfd_create("payload"), "w+b")
    else:
        file = tempfile.TemporaryFile()  # noqa: SIM115 - the caller closes it
    file.write(json.dumps(payload).encode())
    file.seek(0)
    return file


def _send_message(
    control: socket.socket, message: Mapping[str, object], fds: Sequence[int] = ()
) -> None:
    body = json.dumps(message).encode()
    socket.send_fds(control, [_HEADER.pack(len(body))], fds)
    control.sendall(body)


def _receive_message(control: socket.socket) -> tuple[dict[str, object], list[int]] | None:
    """Return the next message and its file descriptors; None once the other side has closed."""
    try:
        header, fds, _, _ = socket.recv_fds(control, _HEADER.size, _MAX_DESCRIPTORS)
        if len(header) < _HEADER.size:
            return None
        body = b""
        (length,) = _HEADER.unpack(header)
        while len(body) < length and (part := control.recv(length - len(body))):
            body += part
    except OSError:
        return None
    return (json.loads(body), fds) if len(body) == length else None


class _Worker:
    """The worker's side of the socket: forks when asked, and reports each process that ends."""

    def __init__(self, control: socket.socket) -> None:
        self._control = control
        self._children: set[int] = set()
        self._libc = ctypes.CDLL(None)
        self._woken, wake = os.pipe()
        os.set_blocking(self._woken, False)
        os.set_blocking(wake, False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(wake, warn_on_full_buffer=False)

    def serve_requests(self) -> None:
        """Serve requests until the parent has closed the socket, then kill every child."""
        while True:
            readable, _, _ = select.select([self._control.fileno(), self._woken], [], [])
            if self._woken in readable:
                os.read(self._woken, 4096)
                self._report_ended_children(os.WNOHANG)
            if self._control.fileno() in readable and not self._handle_request():
                break
        for pid in self._children:
            _signal_group(pid, signal.SIGKILL)
        self._report_ended_children(0)

    def _handle_request(self) -> bool:
        received = _receive_message(self._control)
        match received:
            case {"fork": str(target)}, [payload, *fds]:
                self._fork_job(target, payload, fds)
            case {"signal": int(number), "pid": int(pid)}, _ if pid in self._children:
                _signal_group(pid, number)
        return received is not None

    def _fork_job(self, target: str, payload: int, fds: list[int]) -> None:
        parent = os.getpid()
        try:
            pid = os.fork()
        except OSError as error:
            self._send_to_parent({"refused": str(error)})
        else:
            if pid == 0:
                self._run_job_and_exit(target, payload, fds, parent)
            self._children.add(pid)
            self._send_to_parent({"forked": pid})
        for fd in (payload, *fds):
            os.close(fd)

    def _run_job_and_exit(self, target: str, payload: int, fds: list[int], parent: int) -> NoReturn:
        """Run the job in the process just forked, and exit without returning to the worker."""
        code = _EXIT_UNCAUGHT
        try:
            if sys.platform == "linux" and self._libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL) != 0:
                raise OSError("the kernel will not end this process with its worker")  # noqa: TRY301
            if os.getppid() == parent:
                _reset_process_state([payload, *fds])
                _call_target(target, payload, fds)
                code = 0
        except SystemExit as leave:
            code = leave.code if isinstance(leave.code, int) else int(leave.code is not None)
        except BaseException:  # noqa: BLE001 - it becomes the exit code, as in any process
            sys.excepthook(*sys.exc_info())
        finally:
            for stream in (sys.stdout, sys.stderr):
                with contextlib.suppress(OSError, ValueError):
                    stream.flush()
            os._exit(code & 0xFF)

    def _report_ended_children(self, options: int) -> None:
        """Report each child that has ended, and kill what it left in its process group."""
        while self._children:
            pid, status = os.waitpid(-1, options)
            if pid == 0:
                break
            if pid in self._children:  # as process 1 of a namespace it inherits strangers
                self._children.remove(pid)
                _signal_group(pid, signal.SIGKILL)
                self._send_to_parent({"exited": pid, "code": os.waitstatus_to_exitcode(status)})

    def _send_to_parent(self, message: Mapping[str, object]) -> None:
        with contextlib.suppress(OSError):  # the parent is gone: the next read says so
            _send_message(self._control, message)


def _signal_group(pid: int, number: int) -> None:
    """Signal a child and its group, or the child alone while it has not made its group yet."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, number)
        return
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


def _reset_process_state(fds: Sequence[int]) -> None:
    """Give a forked process its own session, signals, descriptors and random numbers."""
    os.setsid()
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    _close_other_descriptors(fds)
    random.seed(os.urandom(32))
    if "numpy.random" in sys.modules:
        sys.modules["numpy.random"].seed()


def _close_other_descriptors(fds: Sequence[int]) -> None:
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    low = 3
    for fd in sorted(fds):
        os.set_inheritable(fd, False)  # noqa: FBT003 - it takes no keyword
        os.closerange(low, fd)
        low = fd + 1
    os.closerange(low, os.sysconf("SC_OPEN_MAX"))


def _call_target(target: str, payload: int, fds: list[int]) -> None:
    module, _, function = target.partition(":")
    with os.fdopen(payload, "rb") as file:
        data = json.load(file)
    getattr(importlib.import_module(module), function)(data, fds)


def _thread_count() -> int:
    tasks = Path("/proc/self/task")
    return len(list(tasks.iterdir())) if tasks.exists() else threading.active_count()


def _import_all(modules: Sequence[str]) -> None:
    """Import `modules` in order.

    Raises
    ------
    PreloadFailed
        If one cannot be imported, or starts a thread.
    """
    gc.disable()  # nothing of an import is garbage: a fifth of TensorFlow's time
    for module in modules:
        try:
            importlib.import_module(module)
        except Exception as error:
            raise PreloadFailed(module, f"{type(error).__name__}: {error}") from error
        if (threads := _thread_count()) != 1:
            raise PreloadFailed(module, f"it leaves {threads} threads, and a fork keeps one")
    gc.freeze()  # so that a collection in a child does not copy every page of memory
    gc.enable()


def main(arguments: Sequence[str]) -> int:
    """Run the worker: ``python -m autograder.sandbox.zygote SOCKET [MODULE...]``."""
    with socket.socket(fileno=int(arguments[0])) as control:
        control.set_inheritable(False)
        os.environ.update(_ONE_THREAD_SETTINGS)
        if sys.path[0] == str(Path.cwd()):
            del sys.path[0]  # -m put it there; a job's imports do not depend on it
        try:
            _import_all(arguments[1:])
            _send_message(control, {"ready": True})
        except PreloadFailed as error:
            _send_message(
                control, {"broken": error.module, "problem": str(error.__cause__ or error)}
            )
            return 1
        except OSError:  # the parent ended while we imported
            return 1
        _Worker(control).serve_requests()
    return 0


if __name__ == "__main__":
    os._exit(main(sys.argv[1:]))  # taking TensorFlow down in good order takes a quarter second
