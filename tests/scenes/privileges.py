"""Root without its privilege over files, for one thread: permissions then hold as for everybody else."""

from __future__ import annotations

import contextlib
import ctypes
import os
from collections.abc import Iterator

VERSION = 0x20080522  # _LINUX_CAPABILITY_VERSION_3
DAC_OVERRIDE, DAC_READ_SEARCH, FOWNER = 1, 2, 3


class Header(ctypes.Structure):
    _fields_ = [("version", ctypes.c_uint32), ("pid", ctypes.c_int)]


class Sets(ctypes.Structure):
    _fields_ = [(name, ctypes.c_uint32) for name in ("effective", "permitted", "inheritable")]


@contextlib.contextmanager
def unprivileged() -> Iterator[None]:
    """Inside, this thread may do with files only what owner, group and mode allow."""
    if os.geteuid() != 0:
        yield
        return
    kept = _get()
    dropped = _get()
    dropped[0].effective &= ~(1 << DAC_OVERRIDE | 1 << DAC_READ_SEARCH | 1 << FOWNER)
    _set(dropped)
    try:
        yield
    finally:
        _set(kept)


def _get() -> ctypes.Array[Sets]:
    sets = (Sets * 2)()
    _call("capget", sets)
    return sets


def _set(sets: ctypes.Array[Sets]) -> None:
    _call("capset", sets)


def _call(name: str, sets: ctypes.Array[Sets]) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if getattr(libc, name)(ctypes.byref(Header(VERSION, 0)), sets):
        raise OSError(ctypes.get_errno(), f"{name} failed")
