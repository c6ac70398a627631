"""The sandbox, by attacks on it; what a plain process could do shows that an attack is one."""

from __future__ import annotations

import contextlib
import ctypes
import errno
import json
import os
import select
import signal
import socket
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import pytest

from autograder.exceptions import SandboxError, WorkerError
from autograder.sandbox import confine
from autograder.sandbox import isolation as sandbox_module
from autograder.sandbox.isolation import Limits, Sandbox, Tier, Watch, probe_tier, require_tier
from autograder.sandbox.zygote import Child, Zygote

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from autograder.verdict import Verdict

pytestmark = pytest.mark.slow  # each tier is tried for real, in processes of its own

PATIENCE = 60.0
MEGABYTE = 2**20
JOBS = """
    import json, os
    from autograder.sandbox.confine import confine_process

    def attack(payload, fds):
        confine_process(payload, fds[1])
        def say(value):
            os.write(fds[0], json.dumps(value).encode() + b"\\n")
        try:
            exec(payload["source"], {"say": say, "hear": lambda: os.read(fds[2], 99)})
        except Exception as error:
            say(type(error).__name__)
"""


class Attempt:
    """One hostile process."""

    def __init__(self, sandbox: Sandbox, worker: Zygote, source: str) -> None:
        self.watch = Watch(sandbox)
        self._reader, writer = os.pipe()
        hearing, self._teller = os.pipe()
        self._heard = b""
        payload = {**self.watch.payload, "source": textwrap.dedent(source)}
        fds = (writer, self.watch.fd, hearing)
        self.child: Child = worker.fork("sandbox_jobs:attack", payload, fds)
        self.watch.start(self.child)
        os.close(writer)
        os.close(hearing)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.child.kill()
        self.watch.__exit__()
        os.close(self._reader)
        os.close(self._teller)

    def hear(self) -> Any:  # noqa: ANN401 - any JSON
        """Return the next thing that it says, None when all that could say something is gone."""
        while b"\n" not in self._heard:
            assert select.select([self._reader], [], [], PATIENCE)[0], "it says nothing"
            part = os.read(self._reader, 1 << 16)
            if not part:
                return None
            self._heard += part
        line, _, self._heard = self._heard.partition(b"\n")
        return json.loads(line)

    def tell(self) -> None:
        """Let it go on from its ``hear()``."""
        os.write(self._teller, b"go on")


class Arena:
    """A worker at one tier, and the folders around it."""

    def __init__(self, tier: Tier, worker: Zygote, folder: Path) -> None:
        self.tier, self.worker, self.folder = tier, worker, folder
        self.secret = folder / "exercises" / "source" / "model_layers.md"

    def attempt(self, source: str, **limits: float) -> Attempt:
        """Have `source` run in a fresh process."""
        chosen: dict[str, Any] = {"seconds": PATIENCE, "memory": 400 * MEGABYTE, **limits}
        sandbox = Sandbox(self.tier, Limits(**chosen), (self.folder / "jobs",))
        return Attempt(sandbox, self.worker, source)

    def outcome(self, source: str, **limits: float) -> tuple[Any, Verdict | None]:
        """Return the first thing that an attack says, and the verdict on its end."""
        with self.attempt(source, **limits) as attempt:
            return attempt.hear(), attempt.watch.wait_for_end()


@contextlib.contextmanager
def an_arena(tier: Tier, folder: Path) -> Iterator[Arena]:
    (folder / "jobs").mkdir()
    (folder / "jobs" / "sandbox_jobs.py").write_text(textwrap.dedent(JOBS))
    sandbox = Sandbox(tier, readable=(folder / "jobs",))
    env = {**sandbox.environment(), "PYTHONPATH": str(folder / "jobs")}
    with Zygote(("numpy", "sandbox_jobs"), launcher=sandbox.launcher(), env=env) as worker:
        arena = Arena(tier, worker, folder)
        arena.secret.parent.mkdir(parents=True)
        arena.secret.write_text("### BEGIN HIDDEN TESTS")
        yield arena


@pytest.fixture(scope="module")
def best() -> Tier:
    return probe_tier()


@pytest.fixture(scope="module", params=[Tier.NAMESPACES, Tier.LANDLOCK], ids=lambda t: t.name)
def arena(
    request: pytest.FixtureRequest, best: Tier, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Arena]:
    if best < request.param:
        # A contributor's machine may allow less; a build that vouches for the sandbox may not.
        refuse = pytest.fail if os.environ.get("CI") else pytest.skip
        refuse(f"this host allows {best.name} only")
    with an_arena(request.param, tmp_path_factory.mktemp("arena")) as made:
        yield made


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Arena]:
    """Without a sandbox: shows that an attack would succeed."""
    with an_arena(Tier.NONE, tmp_path_factory.mktemp("plain")) as made:
        yield made


ATTACKS = {
    "tcp": "import socket; socket.create_connection(('127.0.0.1', 9))",
    "tcp6": "import socket; socket.socket(socket.AF_INET6)",
    "datagram": "import socket as s; s.socket(type=s.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', 9))",
    "netlink": "import socket; socket.socket(socket.AF_NETLINK, socket.SOCK_RAW)",
    "packet": "import socket; socket.socket(socket.AF_PACKET, socket.SOCK_RAW)",
    "socketpair": "import socket; socket.socketpair()",
    "fork": "import os; os.fork() or os._exit(0)",
    "process": "import subprocess; subprocess.run(['/bin/true'])",
    "exec": "import os; os.execv('/bin/true', ['true'])",
    "affinity": "import os; os.sched_setaffinity(os.getppid(), os.sched_getaffinity(0))",
    "priority": "import os; os.setpriority(os.PRIO_PROCESS, os.getppid(), 1)",
    "limits": "import os, resource; resource.prlimit(os.getppid(), resource.RLIMIT_CPU)",
    "signal": "import os; os.kill(os.getppid(), 0)",
    "signal all": "import os; os.kill(-1, 0)",
    "signal by descriptor": """
        import fcntl, os, sys
        fcntl.fcntl(0, fcntl.F_SETOWN, os.getppid())
    """,
    "list /": "import os; os.listdir('/')",
    "list processes": "import os; os.listdir('/proc')",
    "shadow": "open('/etc/shadow').read()",
    "root": "import os; os.listdir('/root')",
    "parent's variables": "import os; open(f'/proc/{os.getppid()}/environ').read()",
    "parent's memory": "import os; open(f'/proc/{os.getppid()}/mem', 'rb')",
    "parent's files": "import os; os.listdir(f'/proc/{os.getppid()}/fd')",
    "memory file": "import os; os.memfd_create('x')",
}
DENIED = ("PermissionError", "FileNotFoundError", "OSError")


@pytest.mark.parametrize("source", ATTACKS.values(), ids=ATTACKS)
def test_an_attack_is_refused(arena: Arena, plain: Arena, source: str) -> None:
    refused, _ = arena.outcome(textwrap.dedent(source) + "\nsay('done')")
    assert refused in DENIED
    succeeded = {"done", "ConnectionRefusedError", None}  # None: exec replaced it
    if os.geteuid() != 0:
        succeeded.add("PermissionError")  # some are for root only
    assert plain.outcome(textwrap.dedent(source) + "\nsay('done')")[0] in succeeded


CALLS = {
    "ptrace": 101, "process_vm_readv": 310, "unshare": 272, "setns": 308, "mount": 165,
    "pivot_root": 155, "chroot": 161, "keyctl": 250, "add_key": 248, "bpf": 321,
    "userfaultfd": 323, "perf_event_open": 298, "io_uring_setup": 425, "pidfd_open": 434,
    "pidfd_getfd": 438, "shmget": 29, "msgget": 68, "open_by_handle_at": 304, "init_module": 175,
    "personality": 135, "vfork": 58,
    "clone3": 435, "openat2": 437, "setuid": 105, "capset": 126, "seccomp": 317, "truncate": 76,
    "mknod": 133, "timer_create": 222, "rt_sigqueueinfo": 129, "tkill": 200, "swapon": 167,
}  # fmt: skip


@pytest.mark.skipif(os.uname().machine != "x86_64", reason="the numbers are those of x86-64")
def test_dangerous_system_calls_are_refused(arena: Arena, plain: Arena) -> None:
    """Each call with arguments that do no harm: what matters is which error comes back."""
    source = f"""
        import ctypes, errno
        call = ctypes.CDLL(None, use_errno=True).syscall
        refused = []
        for name, number in {CALLS}.items():
            if number == 58: continue
            ctypes.set_errno(0)
            call(number, *[ctypes.c_long(-1)] * 6)
            if ctypes.get_errno() in (errno.EPERM, errno.ENOSYS): refused.append(name)
        say(refused)
    """
    assert arena.outcome(source)[0] == [name for name in CALLS if name != "vfork"]
    assert len(plain.outcome(source)[0]) < len(CALLS) / 2


def test_rights_and_dates_of_files_stay_as_they_are(arena: Arena) -> None:
    """A copy is told that they were set, and goes on; nothing was."""
    source = """
        import errno, os, shutil
        with open("mine", "w") as file:
            file.write("a")
        before = os.stat("mine")
        os.chmod("mine", 0o4777)
        os.chown("mine", 1, 1)
        os.utime("mine", (0, 0))
        shutil.copy2("mine", "copy")
        after = os.stat("mine")
        try:
            os.setxattr("mine", "user.a", b"1")
        except OSError as error:
            refused = error.errno == errno.ENOTSUP
        kept = [getattr(before, n) == getattr(after, n) for n in ("st_mode", "st_uid", "st_mtime")]
        say([*kept, refused, open("copy").read()])
    """
    assert arena.outcome(source)[0] == [True, True, True, True, "a"]


def test_the_x32_and_i386_ways_in_are_closed(arena: Arena) -> None:
    source = """
        import ctypes
        say(ctypes.CDLL(None).syscall(ctypes.c_long(0x40000000 + 41), 2, 1, 0))
    """
    said, verdict = arena.outcome(source)
    assert (said, verdict) in ((-1, None), (None, "crash"))


def test_no_name_is_resolved(arena: Arena) -> None:
    assert arena.outcome("import socket; socket.getaddrinfo('example.org', 80)")[0] == "gaierror"


def test_an_abstract_socket_is_out_of_reach(arena: Arena, plain: Arena) -> None:
    name = f"\0autograder-{os.getpid()}"
    source = f"""
        import socket
        socket.socket(socket.AF_UNIX).connect({name!r})
        say("done")
    """
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(name)
        listener.listen()
        assert arena.outcome(source)[0] == "PermissionError"
        assert plain.outcome(source)[0] == "done"


@pytest.mark.parametrize("path", ["absolute", "relative", "through a link"])
def test_the_exercise_source_cannot_be_read(arena: Arena, plain: Arena, path: str) -> None:
    source = """
        import os
        path = {path!r}
        if {how!r} == "relative": path = os.path.relpath(path)
        if {how!r} == "through a link": os.symlink(path, "link"); path = "link"
        say(open(path).read())
    """
    refused = arena.outcome(source.format(path=str(arena.secret), how=path))[0]
    assert refused in ("PermissionError", "FileNotFoundError")
    read = plain.outcome(source.format(path=str(plain.secret), how=path))[0]
    assert read == "### BEGIN HIDDEN TESTS"


def test_the_real_exercises_cannot_be_seen(arena: Arena) -> None:
    folder = Path(__file__).parents[1] / "exercises"
    said, _ = arena.outcome(f"import os; say(os.listdir({str(folder)!r}))")
    assert said in ("PermissionError", "FileNotFoundError")
    if arena.tier == Tier.NAMESPACES:
        assert arena.outcome(f"import os; say(os.path.exists({str(folder)!r}))")[0] is False


ELSEWHERE = ("/etc", "/usr/lib", "/dev/shm", "/", f"{sys.prefix}/lib", "..")  # noqa: S108


@pytest.mark.parametrize("folder", ELSEWHERE)
def test_nothing_can_be_written_elsewhere(arena: Arena, folder: str) -> None:
    path = Path(folder, "from-a-submission")
    said, _ = arena.outcome(f"open({str(path)!r}, 'w'); say('written')")
    assert said in ("PermissionError", "OSError", "FileNotFoundError")
    assert not Path(arena.folder, path).exists()
    assert not list(arena.folder.rglob(path.name))


def test_what_may_be_read_may_not_be_emptied(arena: Arena) -> None:
    source = "import os, sandbox_jobs as s; os.open(s.__file__, os.O_RDONLY | os.O_TRUNC); say('x')"
    assert arena.outcome(source)[0] in DENIED
    assert (arena.folder / "jobs" / "sandbox_jobs.py").read_text() == textwrap.dedent(JOBS)


def test_the_private_directory_works_and_goes_away(arena: Arena) -> None:
    source = """
        import os, tempfile
        with tempfile.NamedTemporaryFile("w+") as file: file.write("x")
        open("notes", "w").write("mine")
        os.rename("notes", "kept")
        say([os.getcwd(), os.listdir(), tempfile.gettempdir(), os.path.expanduser("~")])
        hear()
    """
    with arena.attempt(source) as attempt:
        place, names, *others = attempt.hear()
        assert names == ["kept"]
        assert others == [place, place]
        with arena.attempt("import os; say(os.listdir())") as other:
            assert other.hear() == []
    assert not Path(place).exists()


def test_the_directory_of_another_is_out_of_reach(arena: Arena) -> None:
    with arena.attempt("import os; open('mine', 'w'); say(os.path.abspath('mine')); hear()") as one:
        path = one.hear()
        said, _ = arena.outcome(f"say(open({path!r}).read())")
    assert said in ("PermissionError", "FileNotFoundError")


def test_the_disk_cannot_be_filled(arena: Arena) -> None:
    source = """
        block = bytes(2**20)
        for number in range(1000):
            with open(f"file{number}", "wb") as file: file.write(block)
            say(number)
    """
    with arena.attempt(source, temporary=8 * MEGABYTE) as attempt:
        heard = [attempt.hear()]
        while isinstance(heard[-1], int):
            heard.append(attempt.hear())
        verdict = attempt.watch.wait_for_end()
    if arena.tier == Tier.NAMESPACES:
        assert heard == [*range(8), "OSError"]
    else:
        assert verdict == "crash"


def test_folders_inside_folders_harm_nobody(arena: Arena) -> None:
    source = """
        import os
        say(os.getcwd())
        for _ in range(3000):
            os.mkdir("d")
            os.chdir("d")
        say("deep")
    """
    with arena.attempt(source) as attempt:
        place = attempt.hear()
        verdict = attempt.watch.wait_for_end()
    assert verdict in (None, "crash")
    assert not Path(place).exists()


def test_a_file_has_a_largest_size(arena: Arena) -> None:
    source = "import os; os.truncate(os.open('x', os.O_CREAT | os.O_RDWR), 2**40); say('done')"
    assert arena.outcome(source)[0] == "OSError"


def test_threads_are_counted(arena: Arena) -> None:
    source = """
        import threading
        try:
            for number in range(2000):
                threading.Thread(target=threading.Event().wait, daemon=True).start()
                if number == 20: say("some work")
        except RuntimeError:
            say("refused")
        hear()
    """
    with arena.attempt(source, threads=50) as attempt:
        assert attempt.hear() == "some work"
        if arena.tier == Tier.NAMESPACES:
            assert attempt.hear() == "refused"
            attempt.tell()
        assert attempt.watch.wait_for_end() == (None if arena.tier == Tier.NAMESPACES else "crash")


def test_one_thread_bomb_leaves_the_others_alone(arena: Arena) -> None:
    bomb = """
        import threading
        try:
            for number in range(60): threading.Thread(target=hear, daemon=True).start()
        except RuntimeError: pass
        say("full")
        hear()
    """
    peaceful = "import threading as t; a = t.Thread(target=say, args=('ok',)); a.start(); a.join()"
    threads = 50 if arena.tier == Tier.NAMESPACES else 100
    with arena.attempt(bomb, threads=threads) as attempt:
        assert attempt.hear() == "full"
        assert arena.outcome(peaceful)[0] == "ok"


def test_memory_has_a_limit(arena: Arena) -> None:
    source = """
        kept = []
        while True: kept.append(b"x" * 2**22)
    """
    assert arena.outcome(source, memory=200 * MEGABYTE) == (None, "memory")


def test_shared_memory_counts(arena: Arena) -> None:
    source = """
        import mmap
        kept = []
        while True:
            kept.append(mmap.mmap(-1, 2**22))
            kept[-1].write(bytes(2**22))
    """
    assert arena.outcome(source, memory=200 * MEGABYTE) == (None, "memory")


def test_one_huge_allocation_is_refused(arena: Arena) -> None:
    assert arena.outcome("bytearray(2**33)", memory=200 * MEGABYTE) == ("MemoryError", None)


SWALLOW = """
    import signal
    for number in range(1, 65):
        try: signal.signal(number, lambda *_: None)
        except (OSError, ValueError): pass
    while True:
        try:
            while True: {work}
        except BaseException: pass
"""


def test_an_endless_loop_is_a_timeout(arena: Arena) -> None:
    assert arena.outcome(SWALLOW.format(work="1 / 0"), cpu_seconds=0.2) == (None, "timeout")


def test_sleeping_for_ever_is_a_timeout(arena: Arena) -> None:
    assert arena.outcome(SWALLOW.format(work="signal.pause()"), seconds=0.2) == (None, "timeout")


def test_deep_recursion_is_a_crash(arena: Arena) -> None:
    source = """
        import sys
        sys.setrecursionlimit(10**9)
        nested = lambda *_: sorted([0], key=nested)
        nested()
    """
    assert arena.outcome(source) == (None, "crash")


def test_printing_goes_nowhere(arena: Arena) -> None:
    source = """
        import os
        null = os.stat(os.devnull).st_rdev
        for _ in range(100): os.write(1, bytes(2**20)); os.write(2, bytes(2**20))
        say([os.fstat(n).st_rdev == null for n in (0, 1, 2)])
    """
    assert arena.outcome(source) == ([True, True, True], None)


def test_writing_to_every_descriptor_harms_nobody(arena: Arena) -> None:
    source = """
        import os
        for number in range(1024):
            try: os.write(number, b'{"exited": 1, "code": 0}')
            except OSError: pass
        os.closerange(0, 1024)
    """
    with arena.attempt(source) as attempt:
        assert attempt.watch.wait_for_end() is None
    assert arena.outcome("say('still here')") == ("still here", None)


@pytest.mark.parametrize(("code", "verdict"), [(0, None), (3, "crash"), (70, "crash")])
def test_leaving_at_once(arena: Arena, code: int, verdict: str | None) -> None:
    assert arena.outcome(f"import os; os._exit({code})") == (None, verdict)


DAEMON = """
    import os, time
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            say(os.getpid())
            time.sleep(1000)
        os._exit(0)
    os.wait()
"""


def test_no_daemon_stays_behind(arena: Arena, plain: Arena) -> None:
    with arena.attempt(DAEMON) as attempt:
        assert attempt.hear() == "PermissionError"
        assert attempt.hear() is None  # nobody holds the pipe any more
    with plain.attempt(DAEMON) as attempt:
        daemon = attempt.hear()
        attempt.watch.wait_for_end()
        os.kill(daemon, signal.SIGKILL)  # raises if the daemon did not outlive its parent


def test_a_thread_that_goes_on_ends_with_the_process(arena: Arena) -> None:
    source = """
        import threading, time
        threading.Thread(target=time.sleep, args=(1000,)).start()
        say("left")
    """
    with arena.attempt(source) as attempt:
        assert attempt.hear() == "left"
        attempt.child.kill()
        assert attempt.hear() is None


def test_another_child_cannot_be_touched(arena: Arena) -> None:
    with arena.attempt("import os; say(os.getpid()); hear(); say('alive')") as victim:
        pid = victim.hear()
        source = f"""
            import ctypes, os
            said = []
            for attempt in (
                lambda: os.kill({pid}, 9),
                lambda: os.killpg({pid}, 9),
                lambda: open("/proc/{pid}/mem", "r+b"),
                lambda: open("/proc/{pid}/status"),
                lambda: os.listdir("/proc/{pid}/cwd"),
            ):
                try: attempt(); said.append("done")
                except OSError as error: said.append(type(error).__name__)
            say(said)
        """
        assert arena.outcome(source)[0] == ["PermissionError"] * 5
        victim.tell()
        assert victim.hear() == "alive"


def test_the_judge_cannot_be_seen(arena: Arena) -> None:
    for name in ("environ", "mem", "maps", "cmdline", "status", "cwd", "fd"):
        source = f"say(open('/proc/{os.getpid()}/{name}', 'rb').read(1).decode('latin-1'))"
        assert arena.outcome(source)[0] in ("PermissionError", "FileNotFoundError")


def test_no_variable_of_ours_is_inherited(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, best: Tier
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://password")
    with an_arena(best, tmp_path) as arena:
        said, _ = arena.outcome("import os; say(dict(os.environ))")
    assert "DATABASE_URL" not in said


def test_the_process_may_signal_itself(arena: Arena) -> None:
    source = """
        import signal
        signal.signal(signal.SIGUSR1, lambda *_: say("heard"))
        signal.raise_signal(signal.SIGUSR1)
    """
    assert arena.outcome(source) == ("heard", None)


def test_everything_ends_with_the_parent(best: Tier, tmp_path: Path) -> None:
    """The parent is killed, and has no time to tidy up."""
    source = f"""
        import sys; sys.path.insert(0, {str(Path(__file__).parent)!r})
        import os, pathlib, test_sandbox as t
        with t.an_arena(t.Tier({int(best)}), pathlib.Path({str(tmp_path)!r})) as arena:
            with arena.attempt("say('here'); hear()") as attempt:
                attempt.hear()
                os.write(1, b"ready")
                os.kill(os.getpid(), 9)
    """
    script = textwrap.dedent(source)
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        assert select.select([parent.stdout], [], [], PATIENCE)[0]
        assert parent.stdout.read() == b"ready"  # to the end: all that inherited it are gone
    assert parent.returncode == -signal.SIGKILL


def test_it_cannot_pretend_to_be_killed(arena: Arena) -> None:
    kill = "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"
    assert arena.outcome(kill) == ("PermissionError", None)
    limit = "import resource as r; r.setrlimit(r.RLIMIT_CPU, (1, 1))"
    assert arena.outcome(limit) == ("ValueError", None)  # what Python makes of EPERM there


def test_the_lowest_tier_has_limits(tmp_path: Path) -> None:
    with an_arena(Tier.LIMITS, tmp_path) as arena:
        endless = SWALLOW.format(work="1 / 0")
        assert arena.outcome(endless, cpu_seconds=0.2) == (None, "timeout")
        assert arena.outcome("bytearray(2**33)", memory=200 * MEGABYTE) == ("MemoryError", None)
        growing = "kept = []\nwhile True: kept.append(b'x' * 2**22)"
        assert arena.outcome(growing, memory=200 * MEGABYTE) == (None, "memory")


def test_a_kill_from_outside_is_our_fault(arena: Arena) -> None:
    with arena.attempt("say(1); hear()") as attempt:
        attempt.hear()
        attempt.child.kill()
        assert attempt.watch.wait_for_end() == "infrastructure"


def test_a_failure_to_confine_is_our_fault(arena: Arena) -> None:
    sandbox = Sandbox(arena.tier, Limits(), ())
    with Watch(sandbox) as watch:
        child = arena.worker.fork("sandbox_jobs:attack", {**watch.payload, "tier": 99}, (watch.fd,))
        watch.start(child)
        assert watch.wait_for_end() == "infrastructure"


def test_a_dead_worker_is_our_fault(best: Tier, tmp_path: Path) -> None:
    with an_arena(best, tmp_path) as arena, arena.attempt("say(1); hear()") as attempt:
        attempt.hear()
        arena.worker.close()
        assert attempt.watch.wait_for_end() == "infrastructure"


def test_the_watch_can_be_ended_early(arena: Arena) -> None:
    with arena.attempt("say(1); hear()") as attempt:
        attempt.hear()
        assert attempt.watch.stop() is None
    with arena.attempt("import os; os._exit(3)") as attempt:
        assert attempt.watch.stop(PATIENCE) == "crash"


def test_the_tiers_are_tried_for_real(best: Tier, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert probe_tier() < Tier.NAMESPACES
    with pytest.raises(SandboxError, match="apt-get install bubblewrap"):
        require_tier(Tier.NAMESPACES)
    assert require_tier(Tier.NONE) == min(best, Tier.LANDLOCK)


def test_a_sandbox_that_leaks_is_not_taken_for_one(monkeypatch: pytest.MonkeyPatch) -> None:
    call = "c.check_confinement("
    broken = sandbox_module._TRIAL_PROGRAM.replace(  # noqa: SLF001
        call, "setattr(c, '_restrict_calls', int); " + call
    )
    monkeypatch.setattr(sandbox_module, "_TRIAL_PROGRAM", broken)
    with pytest.raises(SandboxError, match="and yet it could"):
        require_tier(Tier.LANDLOCK)


def test_tensorflow_works_inside(best: Tier, tmp_path: Path) -> None:
    source = """
        import numpy as np, os, tensorflow as tf, matplotlib.pyplot as plt
        model = tf.keras.Sequential([tf.keras.Input((4,)), tf.keras.layers.Dense(3)])
        loss = tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        model.compile("adam", loss)
        model.fit(np.ones((8, 4)), np.zeros(8), epochs=2, verbose=0)
        rows = tf.data.Dataset.range(4).map(lambda x: x + 1, num_parallel_calls=2).batch(2)
        plt.plot([1, 2])
        plt.savefig("figure.png")
        model.save("model.keras")
        tf.keras.models.load_model("model.keras")
        say([sorted(os.listdir()), [row.numpy().tolist() for row in rows]])
    """
    with an_arena(best, tmp_path) as arena:
        sandbox = Sandbox(best, readable=(tmp_path / "jobs",))
        env = {**sandbox.environment(), "PYTHONPATH": str(tmp_path / "jobs")}
        preload = ("numpy", "tensorflow", "matplotlib.pyplot")
        with Zygote(preload, launcher=sandbox.launcher(), env=env) as worker:
            arena.worker = worker
            assert arena.outcome(source, memory=2**31) == (
                [["figure.png", "model.keras"], [[1, 2], [3, 4]]],
                None,
            )


class _FailsWithoutReason:
    """A C library in which every call fails and sets no `errno`."""

    def __getattr__(self, name: str) -> Callable[..., int]:
        return lambda *_: -1


@pytest.mark.parametrize("left_behind", [0, errno.ENOENT])
def test_a_call_that_fails_without_a_reason_has_failed(
    monkeypatch: pytest.MonkeyPatch, left_behind: int
) -> None:
    monkeypatch.setattr(confine, "_library", _FailsWithoutReason)
    ctypes.set_errno(left_behind)
    assert confine.landlock_version() == 0
    with pytest.raises(OSError, match="syscall: failed, and gave no reason"):
        confine._call_kernel(0)  # noqa: SLF001 - the one way to the kernel


def test_a_system_that_cannot_fork_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "fork")
    with pytest.raises(SandboxError, match=r"cannot fork processes.*run on Linux"):
        require_tier(Tier.LIMITS)
    with pytest.raises(WorkerError, match="cannot fork processes; run the command on Linux"):
        Zygote(()).start()
