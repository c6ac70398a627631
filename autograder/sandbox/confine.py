"""Confine the present process, before it reads a learner's answer.

A process that is forked warm cannot be started inside a sandbox, so it gives up its rights itself,
in Python, between the fork and the first line of the answer. Afterwards it can start threads but no
process, open no socket, read only the installation and write only its own directory. Nothing that
runs in it can undo that.
"""

from __future__ import annotations

import contextlib
import ctypes
import enum
import functools
import os
import random
import socket
import struct
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from autograder.sandbox.output import discard_output

with contextlib.suppress(ModuleNotFoundError):  # Windows has none, and nothing is confined there
    import resource

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence


class Tier(enum.IntEnum):
    """How strictly the host lets a process be confined; each tier includes those below it."""

    NONE = 0
    LIMITS = 1
    LANDLOCK = 2
    NAMESPACES = 3


@dataclass(frozen=True)
class Limits:
    """What the process of one learner's answer may use.

    Attributes
    ----------
    cpu_seconds
        Processor time.
    seconds
        Wall clock, from when the process is confined. It is there for those who wait for ever. It
        runs while other processes use the machine or the checks compute, so it is far longer.
    memory
        Bytes of memory that is not shared with a file; TensorFlow's own (0.3 GB) count.
    threads
        Threads at one time. Further processes cannot be started at all.
    files
        Open file descriptors.
    temporary
        Bytes in the private directory, and in any one file.
    """

    cpu_seconds: float = 20.0
    seconds: float = 60.0
    memory: int = 2 * 2**30
    threads: int = 64
    files: int = 256
    temporary: int = 64 * 2**20


def confine_process(order: Mapping[str, Any], watch: int | None = None) -> None:
    """Confine this process for as long as it lives.

    Parameters
    ----------
    order
        What `autograder.sandbox.isolation.Watch.payload` holds.
    watch
        Descriptor on which the watching parent learns, from the kernel, which process this is
        and that it is confined. Closed afterwards.

    Raises
    ------
    OSError
        If the system refuses a step; the answer must not be read then.
    """
    tier, limits = Tier(order["tier"]), Limits(**order["limits"])
    directory = Path(order["directory"])
    if tier >= Tier.LIMITS:
        _be_first_killed_for_memory()
    if tier == Tier.NAMESPACES:
        _enter_own_namespaces(directory, limits.temporary)
    _move_into(directory)
    if tier >= Tier.LIMITS:
        _set_limits(limits, tier)
    if tier >= Tier.LANDLOCK:
        _drop_capabilities()
        _restrict_files([Path(path) for path in order["readable"]], directory)
        _restrict_calls()
    discard_output()
    if watch is not None:
        os.write(watch, b"!")
        os.close(watch)


def check_confinement(order: Mapping[str, Any]) -> None:
    """Confine this process, then try what must be refused now.

    Raises
    ------
    OSError
        If a step is refused, or what must be refused is not.
    """
    errors = os.dup(2)
    confine_process(order)
    os.dup2(errors, 2)
    if order["tier"] < Tier.LANDLOCK:
        return
    attempts: tuple[Callable[[], object], ...] = (socket.socket, lambda: os.scandir("/"), os.fork)
    for attempt in attempts:
        with contextlib.suppress(PermissionError):
            attempt()
            raise OSError("confined, and yet it could open a socket, list / or fork")


def _move_into(directory: Path) -> None:
    os.chdir(directory)
    for name in ("HOME", "TMPDIR", "MPLCONFIGDIR"):
        os.environ[name] = str(directory)
    tempfile.tempdir = None


# --- limits of the process ----------------------------------------------------------------------


def _be_first_killed_for_memory() -> None:
    """Have the kernel choose this process when the machine runs out of memory."""
    with contextlib.suppress(FileNotFoundError):
        Path("/proc/self/oom_score_adj").write_text("1000")


def _set_limits(limits: Limits, tier: Tier) -> None:
    cpu = int(limits.cpu_seconds) + 1  # the parent stops it at the limit and says "timeout"
    chosen = {
        resource.RLIMIT_CPU: cpu,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_FSIZE: limits.temporary,
        resource.RLIMIT_NOFILE: limits.files,
    }
    if tier == Tier.NAMESPACES:  # elsewhere it counts all that the user runs on this machine
        chosen[resource.RLIMIT_NPROC] = limits.threads
    if sys.platform == "linux":
        # RLIMIT_AS would count what TensorFlow only reserves. The parent stops the process at
        # `memory`; this bounds a single huge allocation, which raises MemoryError.
        in_use = int(Path("/proc/self/statm").read_text().split()[5]) * resource.getpagesize()
        chosen |= {resource.RLIMIT_DATA: in_use + 2 * limits.memory, resource.RLIMIT_MSGQUEUE: 0}
    for name, value in chosen.items():
        _, hard = resource.getrlimit(name)
        least = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(name, (least, least))


# --- namespaces ---------------------------------------------------------------------------------

_CLONE_NEWNS: Final = 0x00020000
_CLONE_NEWUSER: Final = 0x10000000
_MS_NOSUID, _MS_NODEV, _MS_NOEXEC = 2, 4, 8
_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_NO_NEW_PRIVS = 1, 4, 38
_SIGKILL: Final = 9
_MIN_USER_IDS: Final = 2**16


def _enter_own_namespaces(directory: Path, size: int) -> None:
    """Enter user and mount namespaces of its own, and mount a private ``directory``."""
    worker = os.getppid()
    _give_up_root()
    uid, gid = os.getuid(), os.getgid()
    _call_libc("unshare", _CLONE_NEWUSER | _CLONE_NEWNS)
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{uid} {uid} 1")
    Path("/proc/self/gid_map").write_text(f"{gid} {gid} 1")
    options = f"size={size},nr_inodes=4096,mode=700"
    flags = _MS_NOSUID | _MS_NODEV | _MS_NOEXEC
    _call_libc(
        "mount", b"learner", bytes(directory), b"tmpfs", ctypes.c_ulong(flags), options.encode()
    )
    _call_libc("prctl", _PR_SET_PDEATHSIG, _SIGKILL, 0, 0, 0)  # a change of user clears it
    if os.getppid() != worker:
        raise ProcessLookupError("the worker has ended")


def _give_up_root() -> None:
    """Change from root to an unused user id: the kernel sets no thread limit for root."""
    first, _, length = map(int, Path("/proc/self/uid_map").read_text().split()[-3:])
    if os.geteuid() != 0 or length < _MIN_USER_IDS:
        return
    chance = random.SystemRandom().randrange(min(length // 2, 2**24))
    spare = first + length - 2 - chance
    os.setgroups([])
    os.setresgid(spare, spare, spare)
    os.setresuid(spare, spare, spare)
    _call_libc("prctl", _PR_SET_DUMPABLE, 1, 0, 0, 0)  # or /proc/self belongs to root


def _drop_capabilities() -> None:
    header = struct.pack("=Ii", 0x20080522, 0)
    _call_libc("capset", header, bytes(24))
    _call_libc("prctl", _PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)


# --- Landlock: which files ----------------------------------------------------------------------

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446  # the same on every architecture
_RIGHTS_BY_VERSION: Final = (13, 14, 15, 15, 16)
_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1, 2, 4, 8
_MAKE_CHAR, _MAKE_SOCK, _MAKE_BLOCK = 1 << 6, 1 << 9, 1 << 11
_TRUNCATE, _IOCTL_DEV = 1 << 14, 1 << 15
_SCOPED_SINCE: Final = 6
_NETWORK_SINCE: Final = 4
_READABLE_DEVICES: Final = tuple(map(Path, ("/dev/zero", "/dev/random", "/dev/urandom")))
_READABLE_PROC_FILES: Final = tuple(map(Path, ("/proc/cpuinfo", "/proc/meminfo", "/proc/stat")))


def landlock_version() -> int:
    """Return the version of Landlock that this kernel offers, or 0."""
    with contextlib.suppress(OSError):
        return _call_kernel(_CREATE_RULESET, None, ctypes.c_size_t(0), 1)
    return 0


def _restrict_files(readable: Iterable[Path], writable: Path) -> None:
    version = landlock_version()
    if version == 0:
        raise OSError("this kernel has no Landlock")
    every = (1 << _RIGHTS_BY_VERSION[min(version, len(_RIGHTS_BY_VERSION)) - 1]) - 1
    network = 3 if version >= _NETWORK_SINCE else 0
    scoped = 3 if version >= _SCOPED_SINCE else 0  # no signal and no abstract socket out of here
    attributes = struct.pack("=QQQ", every, network, scoped)
    rules = _call_kernel(_CREATE_RULESET, attributes, ctypes.c_size_t(len(attributes)), 0)
    for path in (*readable, *_READABLE_DEVICES, *_READABLE_PROC_FILES):
        with contextlib.suppress(FileNotFoundError):
            os.close(_allow_path(rules, path, _READ_FILE | (_READ_DIR if path.is_dir() else 0)))
    # TensorFlow aborts when it cannot read its own command line. The descriptor stays open: a rule
    # belongs to an inode, and without a user the kernel may make /proc/self a new one.
    _allow_path(rules, Path("/proc/self"), _READ_FILE | _READ_DIR)
    os.close(_allow_path(rules, Path(os.devnull), every & (_READ_FILE | _WRITE_FILE | _TRUNCATE)))
    unwanted = _EXECUTE | _MAKE_CHAR | _MAKE_SOCK | _MAKE_BLOCK | _IOCTL_DEV
    os.close(_allow_path(rules, writable, every & ~unwanted))
    _call_kernel(_RESTRICT_SELF, rules, 0)
    os.close(rules)


def _allow_path(rules: int, path: Path, rights: int) -> int:
    place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    _call_kernel(_ADD_RULE, rules, 1, struct.pack("=Qi", rights, place), 0)
    return place


# --- seccomp: which system calls ----------------------------------------------------------------

_ALLOW_CALL: Final = 0x7FFF0000
_REFUSE_CALL: Final = 0x00050001  # EPERM
_REPORT_CALL_ABSENT: Final = 0x00050026  # ENOSYS, so that libc takes the older call
_REPORT_CALL_UNSUPPORTED: Final = 0x0005005F  # ENOTSUP, so that a copy goes on without
_PRETEND_CALL: Final = 0x00050000  # says that it was done
_EQUAL, _MASKED = 4, 7
_OPTIMIZE: Final = 8
_CLONE_THREAD: Final = 0x00010000

_ALLOWED_CALLS: Final = """
    read write readv writev pread64 pwrite64 preadv pwritev lseek close close_range
    stat fstat lstat newfstatat statx access faccessat faccessat2 readlink readlinkat statfs fstatfs
    getdents64 getcwd chdir fchdir umask mkdir mkdirat rmdir unlink unlinkat
    rename renameat renameat2 symlink symlinkat ftruncate fallocate fsync fdatasync
    flock fadvise64 copy_file_range sendfile dup dup2 dup3 pipe pipe2 poll ppoll select pselect6
    epoll_create1 epoll_ctl epoll_wait epoll_pwait eventfd2
    recvfrom recvmsg sendto sendmsg shutdown getsockopt getsockname getpeername
    mmap munmap mprotect mremap madvise brk msync mincore membarrier get_mempolicy
    futex set_robust_list rseq set_tid_address exit exit_group wait4 waitid
    rt_sigaction rt_sigprocmask rt_sigreturn rt_sigpending rt_sigtimedwait rt_sigsuspend sigaltstack
    pause restart_syscall
    sched_yield sched_getaffinity sched_getparam sched_getscheduler sched_get_priority_max
    sched_get_priority_min getcpu
    clock_gettime clock_getres clock_nanosleep nanosleep gettimeofday time times
    alarm setitimer getitimer
    uname sysinfo getrandom getrusage getrlimit getpid getppid gettid getpgrp getpgid getsid
    getuid geteuid getgid getegid getresuid getresgid getgroups arch_prctl
"""
# Of dates and rights of files: `shutil.copy` needs no more than to be told that they are set.
_PRETENDED_CALLS: Final = """
    chmod fchmod fchmodat fchmodat2 chown fchown lchown fchownat utime utimes futimesat utimensat
"""
_UNSUPPORTED_CALLS: Final = """
    listxattr llistxattr flistxattr getxattr lgetxattr fgetxattr setxattr lsetxattr fsetxattr
"""
# To itself alone. No SIGKILL: that one means that the kernel or the parent ended the process.
_SIGNALS_TO_ITSELF: Final = (0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 12, 13, 14, 15, 32, 33)
_FCNTL_COMMANDS: Final = (0, 1, 2, 3, 4, 5, 6, 7, 36, 37, 38, 1030)  # not F_SETOWN: it signals
_IOCTL_REQUESTS: Final = (0x5401, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451)
_PRCTL_OPTIONS: Final = (15, 16, 0x53564D41)  # names of threads and mappings


class _Condition(ctypes.Structure):
    _fields_ = (
        ("argument", ctypes.c_uint),
        ("comparison", ctypes.c_int),
        ("first", ctypes.c_uint64),
        ("second", ctypes.c_uint64),
    )


def _argument_equals(argument: int, value: int) -> _Condition:
    return _Condition(argument, _EQUAL, value, 0)


def _masked_argument_equals(argument: int, mask: int, value: int) -> _Condition:
    return _Condition(argument, _MASKED, mask, value)


def _conditional_calls() -> Iterator[tuple[str, tuple[_Condition, ...]]]:
    """Yield each system call that is allowed only with some arguments, and the conditions."""
    yield "clone", (_masked_argument_equals(0, _CLONE_THREAD, _CLONE_THREAD),)
    for name, argument in (("open", 1), ("openat", 2)):
        # Before version 3, Landlock lets O_RDONLY | O_TRUNC empty a file that may be read.
        yield name, (_masked_argument_equals(argument, os.O_TRUNC, 0),)
        yield name, (_masked_argument_equals(argument, os.O_ACCMODE, os.O_WRONLY),)
        yield name, (_masked_argument_equals(argument, os.O_ACCMODE, os.O_RDWR),)
    for signal in _SIGNALS_TO_ITSELF:
        yield "kill", (_argument_equals(0, os.getpid()), _argument_equals(1, signal))
        yield "tgkill", (_argument_equals(0, os.getpid()), _argument_equals(2, signal))
    yield "prlimit64", (_argument_equals(0, 0), _argument_equals(2, 0))  # ask, not set
    for name, argument, values in (
        ("fcntl", 1, _FCNTL_COMMANDS),
        ("ioctl", 1, _IOCTL_REQUESTS),
        ("prctl", 0, _PRCTL_OPTIONS),
    ):
        yield from ((name, (_argument_equals(argument, value),)) for value in values)


def _restrict_calls() -> None:
    """Allow the system calls that TensorFlow, NumPy and matplotlib make, refuse the rest."""
    library = ctypes.CDLL("libseccomp.so.2")
    library.seccomp_init.restype = ctypes.c_void_p
    rules = ctypes.c_void_p(library.seccomp_init(_REFUSE_CALL))

    def add(action: int, name: str, conditions: Sequence[_Condition] = ()) -> None:
        number = library.seccomp_syscall_resolve_name(name.encode())
        if number < 0:
            return  # not on this architecture, or newer than the library
        given = (_Condition * len(conditions))(*conditions)
        _raise_if_negative(
            library.seccomp_rule_add_array(rules, action, number, len(given), given), name
        )

    _raise_if_negative(library.seccomp_attr_set(rules, _OPTIMIZE, 2), "seccomp_attr_set")
    for name in _ALLOWED_CALLS.split():
        add(_ALLOW_CALL, name)
    for name, conditions in _conditional_calls():
        add(_ALLOW_CALL, name, conditions)
    for action, names in (
        (_REPORT_CALL_ABSENT, "clone3 openat2"),
        (_REPORT_CALL_UNSUPPORTED, _UNSUPPORTED_CALLS),
        (_PRETEND_CALL, _PRETENDED_CALLS),
    ):
        for name in names.split():
            add(action, name)
    _raise_if_negative(library.seccomp_load(rules), "seccomp_load")
    library.seccomp_release(rules)


def _raise_if_negative(result: int, what: str) -> None:
    if result < 0:
        raise OSError(-result, f"{what}: {os.strerror(-result)}")


@functools.cache
def _library() -> ctypes.CDLL:
    """Return the C library of this process; only when it is called, since Windows has none."""
    return ctypes.CDLL(None, use_errno=True)


def _call_libc(name: str, *arguments: object) -> int:
    """Call a function of the C library; raise ``OSError`` whenever it says that it failed."""
    ctypes.set_errno(0)  # what an earlier call left there is no reason for this one
    result: int = getattr(_library(), name)(*arguments)
    if result < 0:
        number = ctypes.get_errno()
        reason = os.strerror(number) if number else "failed, and gave no reason"
        raise OSError(number, f"{name}: {reason}")
    return result


def _call_kernel(number: int, *arguments: object) -> int:
    return _call_libc("syscall", ctypes.c_long(number), *arguments)
