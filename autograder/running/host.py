"""What a confined process lacks of an ordinary machine, and can be given from within."""

from __future__ import annotations

import getpass
import os
import threading
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import TracebackType

_RECURSIVE_MUTEX = 0


def imitate_host() -> None:
    """Name the user of this process, and make locks for threads where those for processes fail.

    The sandbox has no list of users and no shared memory. Thread pools of ``multiprocessing``, and
    all that is built on them, ask for both.
    """
    os.getlogin = getpass.getuser
    vars(import_module("pwd"))["getpwuid"] = _entry_of_user
    vars(import_module("_multiprocessing"))["SemLock"] = ThreadLock


def _entry_of_user(uid: int) -> tuple[object, ...]:
    fields = (getpass.getuser(), "x", uid, os.getgid(), "", os.environ["HOME"], "/bin/sh")
    entry: tuple[object, ...] = import_module("pwd").struct_passwd(fields)
    return entry


class ThreadLock:
    """Replaces ``_multiprocessing.SemLock`` in a process that can start no other."""

    SEM_VALUE_MAX = 2**31 - 1

    def __init__(self, kind: int, value: int, maxvalue: int, _name: str, _unlink: bool) -> None:  # noqa: FBT001 - the signature of what it replaces
        self.kind, self.maxvalue, self.handle = kind, maxvalue, id(self)
        self.name = None  # nothing that a process would have to watch and remove
        self._free = threading.Semaphore(value)
        self._value = value
        self._owner: int | None = None
        self._depth = 0

    def acquire(self, block: bool = True, timeout: float | None = None) -> bool:  # noqa: FBT001, FBT002 - as above
        """Take it, once more where this thread holds it; return whether that was possible."""
        if not (self.kind == _RECURSIVE_MUTEX and self._is_mine()):
            if not self._free.acquire(block, timeout if block else None):
                return False
            self._value -= 1
            self._owner = threading.get_ident()
        self._depth += 1
        return True

    def release(self) -> None:
        """Give it back."""
        self._depth -= 1
        if self.kind == _RECURSIVE_MUTEX and self._depth > 0:
            return
        self._owner = None
        self._value += 1
        self._free.release()

    def __enter__(self) -> bool:
        return self.acquire()

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        self.release()

    def _count(self) -> int:
        return self._depth

    def _is_mine(self) -> bool:
        return self._depth > 0 and self._owner == threading.get_ident()

    def _get_value(self) -> int:
        return self._value

    def _is_zero(self) -> bool:
        return self._value == 0
