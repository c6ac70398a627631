"""Keep learners' processes in a sandbox, and watch them from outside.

There are two walls. The worker that imports TensorFlow starts inside bubblewrap, which hides files,
processes and the network from everything that is forked later. Each forked process then confines
itself (`autograder.sandbox.confine`), so that two submissions cannot reach each other either. Which
tier the host allows is found out by trying.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

from autograder.exceptions import SandboxError
from autograder.sandbox.confine import Limits, Tier
from autograder.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from autograder.sandbox.zygote import Child

__all__ = ["Limits", "Sandbox", "Tier", "Watch", "probe_tier", "require_tier"]

# The whole of /usr would be too much: course folders in /usr/src are common in images.
_SYSTEM_PATHS: Final = (
    "/usr/bin", "/usr/lib", "/usr/lib32", "/usr/lib64", "/usr/share", "/usr/local/lib",
    "/bin", "/lib", "/lib32", "/lib64", "/sys/devices/system/cpu",
    "/etc/alternatives", "/etc/fonts", "/etc/ld.so.cache", "/etc/localtime", "/etc/mime.types",
)  # fmt: skip
_PRIVATE_FOLDER: Final = Path("/scratch")  # where each process mounts a directory that only it sees
_TEMPORARY_FOLDER: Final = Path("/tmp")  # noqa: S108 - by this name answers look for it
_USER: Final = "learner"  # by environment alone: the sandbox knows no users
_WATCH_INTERVAL: Final = 0.02  # seconds between two looks at a process
_TRIAL_SECONDS: Final = 30.0  # seconds that a trial may take
_CREDENTIALS: Final = struct.Struct("iII")
_TRIAL_PROGRAM: Final = (
    "import json, sys, autograder.sandbox.confine as c; "
    "c.check_confinement(json.loads(sys.argv[1]))"
)
_REMEDIES: Final = {
    Tier.NAMESPACES: "install bubblewrap (apt-get install bubblewrap) and allow user namespaces "
    "(sysctl kernel.unprivileged_userns_clone=1 kernel.apparmor_restrict_unprivileged_userns=0)",
    Tier.LANDLOCK: "run on Linux 5.13 or newer with landlock among the lsm= modules, "
    "and install libseccomp2",
    Tier.LIMITS: "run on Linux or macOS",
}


@dataclass(frozen=True)
class Sandbox:
    """What learners' processes are confined to.

    Attributes
    ----------
    tier
        What the host allows, from `probe`.
    limits
        What each process may use.
    readable
        Files and folders that answers need beyond Python, its packages and this one. Never the
        folder of the exercise sources.
    """

    tier: Tier
    limits: Limits = field(default_factory=Limits)
    readable: tuple[Path, ...] = ()

    def launcher(self) -> list[str]:
        """Return bubblewrap's command line, to put before the worker's; empty in lower tiers."""
        if self.tier < Tier.NAMESPACES:
            return []
        return [
            *("bwrap", "--die-with-parent", "--new-session"),
            *("--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts"),
            *_privilege_options(),
            *("--proc", "/proc", "--dev", "/dev"),
            *_bind_options(self._readable_paths()),
            *self._temporary_options(),
            *("--size", str(self.limits.temporary), "--tmpfs", str(_PRIVATE_FOLDER)),
            *("--remount-ro", "/", "--chdir", str(_PRIVATE_FOLDER), "--"),
        ]

    def environment(self) -> dict[str, str]:
        """Return the worker's whole environment; ours could hold passwords."""
        home = _PRIVATE_FOLDER if self.tier == Tier.NAMESPACES else Path.home()
        return {
            "HOME": str(home),
            "JOBLIB_MULTIPROCESSING": "0",  # one job after another: it may start no process
            "LANG": "C.UTF-8",
            "LOGNAME": _USER,
            "PATH": os.environ.get("PATH", os.defpath),
            "PYTHONDONTWRITEBYTECODE": "1",
            "TF_NUM_INTEROP_THREADS": "1",
            "TF_NUM_INTRAOP_THREADS": "1",
            "USER": _USER,
        }

    def watch(self) -> Watch:
        """Return a new :class:`Watch` for one process."""
        return Watch(self)

    def _temporary_options(self) -> list[str]:
        """Return bubblewrap's options that make ``/tmp`` another name of the private directory."""
        # Unless something that answers need lies there.
        taken = any(path.is_relative_to(_TEMPORARY_FOLDER) for path in self._readable_paths())
        return [] if taken else ["--symlink", str(_PRIVATE_FOLDER), str(_TEMPORARY_FOLDER)]

    def _readable_paths(self) -> list[Path]:
        """Return the paths that may be read, leaving out those inside another of them."""
        package = Path(__file__).parents[1]
        wanted = [
            *map(Path, _SYSTEM_PATHS),
            *_python_paths(),
            package,
            *map(Path.absolute, self.readable),
        ]
        present = [path for path in dict.fromkeys(wanted) if path.exists()]
        return [path for path in present if not any(up in present for up in path.parents)]


class Watch:
    """Confines one process, watches its limits, and gives the verdict on how it ended.

    A context manager; leaving it removes the process's private directory. Fork with `payload`
    merged into the job's own and `fd` among its descriptors, have the job call
    ``confine_process(payload, fd)``, then call `start`.

    Attributes
    ----------
    payload
        JSON data for `autograder.sandbox.confine.confine_process`.
    fd
        The descriptor to pass.
    """

    def __init__(self, sandbox: Sandbox) -> None:
        self._limits = sandbox.limits
        self._ours, self._theirs = socket.socketpair()
        self._ours.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        self.fd = self._theirs.fileno()
        own = sandbox.tier == Tier.NAMESPACES
        self._directory = None if own else Path(tempfile.mkdtemp(prefix="learner-"))
        self.payload: dict[str, object] = {
            "tier": int(sandbox.tier),
            "limits": asdict(sandbox.limits),
            "readable": [str(path) for path in sandbox._readable_paths()],  # noqa: SLF001 - our own half
            "directory": str(self._directory or _PRIVATE_FOLDER),
        }
        self._stop_asked = threading.Event()
        self._thread: threading.Thread | None = None
        self._verdict: Verdict | None = None
        self._memory = 0
        self._cpu = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        self._theirs.close()
        self._ours.close()
        if self._directory is not None:
            # Not shutil.rmtree, which folders inside folders inside folders make fail.
            subprocess.run(["/bin/rm", "-rf", "--", self._directory], check=False)  # noqa: S603

    def start(self, child: Child) -> None:
        """Start a thread that watches ``child`` and kills it when it exceeds a limit."""
        self._theirs.close()
        self._thread = threading.Thread(target=self._watch_and_kill, args=(child,), daemon=True)
        self._thread.start()

    def stop(self, grace: float = 0.0) -> Verdict | None:
        """Stop watching and return what has gone wrong so far.

        Call it before you kill the process yourself, which would look like a crash.

        Parameters
        ----------
        grace
            Seconds to wait for the process to end first.

        Returns
        -------
        Verdict or None
            ``TIMEOUT``, ``MEMORY``, ``CRASH``, ``INFRASTRUCTURE`` (it could not confine itself,
            somebody else killed it, or the worker died), or None: nothing.
        """
        if self._thread is not None:
            self._thread.join(grace)
        self._stop_asked.set()
        return self.wait_for_end()

    def wait_for_end(self) -> Verdict | None:
        """Wait for the process to end and return what :meth:`stop` returns."""
        if self._thread is not None:
            self._thread.join()
        return self._verdict

    def _watch_and_kill(self, child: Child) -> None:
        try:
            self._verdict = self._watch_until_end(child)
        except Exception:  # noqa: BLE001 - a process that cannot be watched must not go on
            self._verdict = Verdict.INFRASTRUCTURE
        if self._verdict:
            child.kill()

    def _watch_until_end(self, child: Child) -> Verdict | None:
        pid = self._await_confined_pid()
        if pid is None:
            return Verdict.INFRASTRUCTURE
        deadline = time.monotonic() + self._limits.seconds
        while (code := child.wait(_WATCH_INTERVAL)) is None:
            if self._stop_asked.is_set():
                return None
            if excess := self._exceeded_limit(pid, deadline):
                return excess
        return self._verdict_of_exit(code)

    def _await_confined_pid(self) -> int | None:
        """Return the pid, by the kernel's word, once the process is confined; None if never."""
        self._ours.settimeout(_TRIAL_SECONDS)
        space = socket.CMSG_SPACE(_CREDENTIALS.size)
        with contextlib.suppress(TimeoutError):
            said, ancillary, _, _ = self._ours.recvmsg(1, space)
            for _, message_type, data in ancillary:
                if said and message_type == socket.SCM_CREDENTIALS:
                    return int(_CREDENTIALS.unpack(data)[0])
        return None

    def _verdict_of_exit(self, code: int) -> Verdict | None:
        """Return the verdict on a process that this watch did not stop."""
        if code != -signal.SIGKILL:
            return Verdict.CRASH if code else None
        # It cannot send that to itself: the kernel's limit of processor time came first, or the
        # machine ran out of memory. Whose fault was it?
        if self._cpu > self._limits.cpu_seconds / 2:
            return Verdict.TIMEOUT
        return Verdict.MEMORY if self._memory > self._limits.memory / 2 else Verdict.INFRASTRUCTURE

    def _exceeded_limit(self, pid: int, deadline: float) -> Verdict | None:
        if time.monotonic() > deadline:
            return Verdict.TIMEOUT
        if self._directory and self._is_full(self._directory):
            return Verdict.CRASH
        with contextlib.suppress(FileNotFoundError, ProcessLookupError, KeyError):  # it ended
            self._cpu = _cpu_seconds(pid)
            if self._cpu > self._limits.cpu_seconds:
                return Verdict.TIMEOUT
            self._memory, threads = _memory_and_threads(pid)
            if self._memory > self._limits.memory:
                return Verdict.MEMORY
            if threads > self._limits.threads:  # where RLIMIT_NPROC would count other processes
                return Verdict.CRASH
        return None

    def _is_full(self, directory: Path) -> bool:
        try:
            return _directory_size(directory) > self._limits.temporary
        except OSError:  # a path that is too long, for example
            return True


def probe_tier() -> Tier:
    """Return the highest tier at which this host confines a process, found by trying each."""
    return next((tier for tier in reversed(Tier) if not _tier_obstacle(tier)), Tier.NONE)


def require_tier(least: Tier) -> Tier:
    """Return the highest tier of this host, as :func:`probe_tier` finds it.

    Raises
    ------
    SandboxError
        If that is below `least`.
    """
    found = probe_tier()
    if found < least:
        raise SandboxError(
            found.name.lower(), least.name.lower(), _tier_obstacle(least), _REMEDIES[least]
        )
    return found


def _tier_obstacle(tier: Tier) -> str:
    """Return why this host cannot confine a process at ``tier``, or an empty text."""
    if tier == Tier.NONE:
        return ""
    if not hasattr(os, "fork"):
        return "this system cannot fork processes"
    sandbox = Sandbox(tier)
    command = [*sandbox.launcher(), sys.executable, "-c", _TRIAL_PROGRAM]
    with sandbox.watch() as watch:
        try:
            subprocess.run(  # noqa: S603 - our own
                [*command, json.dumps(watch.payload)],
                env=sandbox.environment(),
                capture_output=True,
                check=True,
                timeout=_TRIAL_SECONDS,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            return str(error)
        except subprocess.CalledProcessError as error:
            return (error.stderr.decode().strip() or f"exit code {error.returncode}").splitlines()[
                -1
            ]
    return ""


def _privilege_options() -> list[str]:
    """Return bubblewrap's options on users: root must change and kill other users' processes."""
    if os.geteuid() != 0:
        return ["--unshare-user"]
    kept = ("CAP_SETUID", "CAP_SETGID", "CAP_KILL")
    return [word for capability in kept for word in ("--cap-add", capability)]


def _bind_options(paths: Sequence[Path]) -> Iterator[str]:
    """Yield bubblewrap's options that mount ``paths`` read-only and make the folders above them."""
    above = {folder for path in paths for folder in path.parents if folder != Path("/")}
    for folder in sorted(above):
        yield from ("--perms", "0755", "--dir", str(folder))
    for path in paths:
        yield from ("--ro-bind", str(path), str(path))


def _python_paths() -> list[Path]:
    """Return the parts of the installation folders that Python and its packages are in."""
    parts = ("bin", "lib", "lib64", "share", "pyvenv.cfg")
    return [Path(prefix, part) for prefix in (sys.prefix, sys.base_prefix) for part in parts]


def _cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _memory_and_threads(pid: int) -> tuple[int, int]:
    """Return the bytes of memory, without mapped files, and the threads of a process."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    status = {name: value.split() for name, _, value in (line.partition(":") for line in lines)}
    kilobytes = sum(int(status[name][0]) for name in ("RssAnon", "RssShmem", "VmSwap"))
    return kilobytes * 1024, int(status["Threads"][0])


def _directory_size(directory: Path) -> int:
    """Return the bytes that a folder takes, at least 4096 for each name in it.

    Its owner may be malicious and changes it meanwhile: there is no recursion, which deep folders
    would break, and a folder that disappears counts as empty.
    """
    size, folders = 0, [str(directory)]
    while folders:
        with contextlib.suppress(FileNotFoundError), os.scandir(folders.pop()) as entries:
            for entry in entries:
                size += max(4096, entry.stat(follow_symlinks=False).st_blocks * 512)
                if entry.is_dir(follow_symlinks=False):
                    folders.append(entry.path)
    return size
