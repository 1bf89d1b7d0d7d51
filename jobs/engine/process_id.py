"""Process ids that are unique across hosts and boots, so that another process can tell whether one is gone."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from functools import cache
from pathlib import Path

from jobs.conf import conf

PR_SET_PDEATHSIG = 1  # linux/prctl.h


@cache
def _host() -> str:
    """The machine, its boot and its pid namespace: where a pid has a meaning."""
    boot = _read("/proc/sys/kernel/random/boot_id")
    try:
        namespace = str(Path("/proc/self/ns/pid").readlink())
    except OSError:
        namespace = ""
    return f"{conf.host_name}|{boot}|{namespace}"


def _read(path: str) -> str:
    try:
        return Path(path).read_text().strip()
    except OSError:
        return ""


def _stat(pid: int) -> list[str]:
    """The fields of the process's stat from the third one (its state) on; none when it is gone."""
    # The command name may hold spaces and brackets: count from the last bracket on.
    return _read(f"/proc/{pid}/stat").rpartition(")")[2].split()


def _started(pid: int) -> str:
    """When the process started, in clock ticks after boot (field 22 of its stat); "" when it is gone."""
    fields = _stat(pid)
    return fields[19] if len(fields) > 19 and fields[0] not in ("Z", "X") else ""


def is_stopped(pid: int) -> bool:
    """Whether the process is stopped by a signal or a debugger, as far as can be known."""
    return _stat(pid)[:1] in (["T"], ["t"])


def current() -> str:
    """This process."""
    return f"{_host()}|{os.getpid()}|{_started(os.getpid())}"


def is_gone(process: str) -> bool:
    """Whether the process is certainly dead. False also when that can't be known on this host: its lease decides."""
    name, boot, namespace, pid, started = process.split("|")
    own_name, own_boot, own_namespace = _host().split("|")
    if name != own_name or not boot:  # without /proc only the lease decides
        return False
    if boot != own_boot:
        return True
    return namespace == own_namespace and _started(int(pid)) != started


def pid_here(process: str) -> int | None:
    """The process's pid if it runs in this pid namespace, else None."""
    host, pid, _ = process.rsplit("|", 2) if process.count("|") >= 2 else ("", "", "")
    return int(pid) if host == _host() else None


def die_with_parent() -> None:
    """Have the kernel send SIGKILL when the parent dies; Linux only, elsewhere the supervisor cleans up."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
