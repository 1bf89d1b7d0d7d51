"""Who holds a claim: a process, named so that another process can tell whether it is gone."""

from __future__ import annotations

import os
import socket
from functools import cache
from pathlib import Path


@cache
def _host() -> str:
    """The machine, its boot and its pid namespace: where a pid has a meaning."""
    boot = _read("/proc/sys/kernel/random/boot_id")
    try:
        namespace = os.readlink("/proc/self/ns/pid")
    except OSError:
        namespace = ""
    return f"{socket.gethostname()}|{boot}|{namespace}"


def _read(path: str) -> str:
    try:
        return Path(path).read_text().strip()
    except OSError:
        return ""


def _started(pid: int) -> str:
    """When the process started, in clock ticks after boot (field 22 of its stat); "" when it is gone."""
    stat = _read(f"/proc/{pid}/stat")
    # The command name may hold spaces and brackets: count from the last bracket on.
    fields = stat.rpartition(")")[2].split()
    return fields[19] if len(fields) > 19 and fields[0] not in ("Z", "X") else ""


def me() -> str:
    """This process."""
    return f"{_host()}|{os.getpid()}|{_started(os.getpid())}"


def is_gone(owner: str) -> bool:
    """Whether that process is surely dead. False also when it can't be known from here: then its lease decides."""
    host, _, identity = owner.rpartition("|")[0].rpartition("|")[0], None, owner.split("|")[-2:]
    if host != _host():
        return _same_machine_other_boot(host)
    pid, started = identity
    if not started:  # no /proc: a system where only the lease can tell
        return False
    return _started(int(pid)) != started


def _same_machine_other_boot(host: str) -> bool:
    name, boot, _ = (host.split("|") + ["", ""])[:3]
    own_name, own_boot, _ = _host().split("|")
    return bool(boot and own_boot) and name == own_name and boot != own_boot
