"""What is mounted where, as the kernel lists it (proc(5), /proc/self/mountinfo); nothing where it has no such list."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import NamedTuple

MOUNTINFO = Path("/proc/self/mountinfo")
ESCAPED = re.compile(r"\\([0-7]{3})")  # space, tab, newline and backslash, as octal numbers


class Mount(NamedTuple):
    """``source``: a device, a server's folder, or a word; ``kind``: the type of the file system."""

    point: str
    source: str
    kind: str


def mounts() -> dict[str, Mount]:
    """By mount point; of those on top of each other the last, which is the one that is seen."""
    try:
        lines = MOUNTINFO.read_text(errors="surrogateescape").splitlines()
    except OSError:
        return {}
    found = {}
    for line in lines:
        before, _, after = line.partition(" - ")
        fields, described = before.split(" "), after.split(" ")
        if len(fields) > 4 and len(described) > 1:
            mount = Mount(_plain(fields[4]), _plain(described[1]), described[0])
            found[mount.point] = mount
    return found


def _plain(field: str) -> str:
    return ESCAPED.sub(lambda octal: chr(int(octal[1], 8)), field)


def mount_of(folder: str, mounted: dict[str, Mount]) -> Mount | None:
    """The mount that a folder is on, which need not be there. Links are followed as far as they lead."""
    real = Path(os.path.realpath(folder))
    return next((mounted[str(path)] for path in (real, *real.parents) if str(path) in mounted), None)


def mounts_below(folder: str, mounted: dict[str, Mount]) -> list[Mount]:
    """Those within the folder."""
    real = Path(os.path.realpath(folder))
    return [mount for point, mount in mounted.items() if Path(point) != real and Path(point).is_relative_to(real)]
